//! The first units of a database are found and visited, whatever the rest is.

use bdbfile::layout::{NO_PAGE, PageType};
use bdbfile::read::{DatabaseFile, Record};
use bdbfile::source::MemorySource;
use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, MemorySink};

const RECORDS: u32 = 40_000;
const PAGE: usize = 4096;

/// A tree of three levels, of which one page was damaged by `damage`.
fn tree(damage: impl FnOnce(&mut [u8])) -> DatabaseFile<MemorySource> {
    let sink = MemorySink::new("tree");
    let params = BtreeParams::default();
    let mut builder = BtreeBuilder::new(sink, &FileParams::default(), &params).unwrap();
    for number in 0..RECORDS {
        let key = format!("{number:030}");
        builder.push(key.as_bytes(), &[7; 40]).unwrap();
    }
    let mut bytes = builder.finish().unwrap().0.into_bytes();
    assert_eq!(bytes.len() % PAGE, 0);
    damage(&mut bytes);
    DatabaseFile::open(MemorySource::new("tree", bytes)).unwrap()
}

/// The keys of the first leaves. Nothing else is found.
fn first(file: &DatabaseFile<MemorySource>, leaves: usize) -> bdbfile::Result<Vec<Vec<u8>>> {
    let database = file.database();
    let scan = database.scan_first(leaves)?;
    let mut keys = Vec::new();
    scan.visit(0..usize::MAX, |record: Record<'_>| {
        keys.push(record.key.to_vec());
        Ok::<_, bdbfile::Error>(())
    })?;
    let report = scan.finish()?;
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(report.records, keys.len() as u64);
    Ok(keys)
}

/// Where the last internal page of the lowest level begins.
fn last_internal(bytes: &[u8]) -> usize {
    let internal = |page: &[u8]| page[24] == 2 && page[25] == PageType::BtreeInternal as u8;
    bytes.chunks(PAGE).rposition(internal).unwrap() * PAGE
}

#[test]
fn they_are_the_first_of_all() {
    let file = tree(|_| ());
    let all = first(&file, usize::MAX).unwrap();
    assert_eq!(all.len(), RECORDS as usize);
    let mut before = 0;
    for leaves in [0, 1, 2, 63, 64, 65, 200] {
        let some = first(&file, leaves).unwrap();
        assert_eq!(some, all[..some.len()]);
        assert_eq!(some.is_empty(), leaves == 0);
        assert!(before < some.len() || leaves == 0);
        before = some.len();
    }
    assert!(before < all.len());
    let same = first(&file, 1_000_000).unwrap();
    assert_eq!(same, all);
}

/// A look at the first leaves of a large file read every internal page of it.
#[test]
fn pages_that_lead_to_others_are_not_read() {
    let file = tree(|bytes| {
        let at = last_internal(bytes);
        bytes[at..at + PAGE].fill(0xff);
    });
    first(&file, usize::MAX).unwrap_err();
    let keys = first(&file, 64).unwrap();
    assert_eq!(keys[0], format!("{:030}", 0).into_bytes());
}

/// The last leaf that is listed has a neighbour that is not.
#[test]
fn the_last_is_held_against_its_neighbour() {
    let file = tree(|bytes| {
        // Leaves stand in order: the third says that none follows it.
        let leaf = |page: &&mut [u8]| page[25] == PageType::BtreeLeaf as u8;
        let third = bytes.chunks_mut(PAGE).filter(leaf).nth(2).unwrap();
        third[16..20].copy_from_slice(&NO_PAGE.to_le_bytes());
    });
    first(&file, 2).unwrap();
    let error = first(&file, 3).unwrap_err().to_string();
    assert!(error.contains("the page says"), "{error}");
}
