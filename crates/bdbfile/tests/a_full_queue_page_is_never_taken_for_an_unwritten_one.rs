//! Verification called a queue clean though the records of one of its pages
//! could not be read: the page's number and type were damaged to those that a
//! bucket of a hash database has which was never written.

use bdbfile::layout::{PageHeader, PageType};
use bdbfile::read::DatabaseFile;
use bdbfile::source::MemorySource;
use bdbfile::verify::verify;
use bdbfile::write::{FileParams, MemorySink, NewFile, QueueParams};
use bdbfile::{Error, Rule};

/// Where a page says of what type it is.
const TYPE_AT: usize = 25;

fn queue() -> Vec<u8> {
    let mut head = FileParams::default();
    head.layout.page_size = 512;
    let params = QueueParams {
        len: 20,
        pad: b'.',
        first: 1,
        next: 61,
    };
    let mut file = NewFile::new(MemorySink::new("queue.db"), &head).unwrap();
    let mut queue = file.queue(&params).unwrap();
    for number in 1..=60 {
        queue.push(number, b"a record").unwrap();
    }
    queue.finish().unwrap();
    file.finish().unwrap().0.into_bytes()
}

#[test]
fn its_number_and_type_are_found_wrong() {
    let sound = queue();
    for page in 1..sound.len() / 512 {
        let mut bytes = sound.clone();
        let page = &mut bytes[page * 512..][..512];
        page[PageHeader::PGNO_AT..][..4].fill(0);
        page[TYPE_AT] = PageType::HashSorted as u8;
        let found = verify(MemorySource::new("queue.db", bytes.clone())).unwrap();
        let rules: Vec<_> = found.findings.iter().map(|it| it.rule).collect();
        assert_eq!(rules, [Rule::PageNumber]);
        let file = DatabaseFile::open(MemorySource::new("queue.db", bytes)).unwrap();
        let read: Result<Vec<_>, Error> = file.database().records().collect();
        assert_eq!(read.unwrap_err().rule(), Some(Rule::PageNumber));
    }
}
