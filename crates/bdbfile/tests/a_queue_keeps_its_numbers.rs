//! A queue is written with the numbers its records had, also where they begin
//! again at 1.

use std::fs::File;

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;
use bdbfile::verify::verify;
use bdbfile::write::{FileParams, FileSink, NewFile, QueueParams};

/// The numbers of a queue from `first` up to `next`, but for every third.
fn numbers(first: u32, next: u32) -> Vec<u32> {
    let mut numbers = Vec::new();
    let mut number = first;
    while number != next {
        if !number.is_multiple_of(3) {
            numbers.push(number);
        }
        number = number.checked_add(1).unwrap_or(1);
    }
    numbers
}

#[test]
fn what_is_pushed_is_read_back() {
    let dir = tempfile::tempdir().unwrap();
    for (first, next, page_size) in [
        (1, 1, 512),
        (5, 2000, 1024),
        (3, 100_000, 65536),
        // The file is as long as its highest number says, most of it a hole.
        (u32::MAX - 500, 700, 4096),
    ] {
        for endian in Endian::BOTH {
            let path = dir.path().join("queue.db");
            let params = QueueParams {
                len: 30,
                pad: b'.',
                first,
                next,
            };
            let head = FileParams {
                layout: PageLayout {
                    endian,
                    page_size,
                    checksums: first == 5,
                    bit_fields: false,
                },
                ..FileParams::default()
            };
            let sink = FileSink::new("queue.db", File::create(&path).unwrap());
            let mut file = NewFile::new(sink, &head).unwrap();
            let mut queue = file.queue(&params).unwrap();
            let numbers = numbers(first, next);
            for number in &numbers {
                let value = format!("record {number}");
                queue.push(*number, value.as_bytes()).unwrap();
            }
            assert!(queue.push(next, b"not given out").is_err());
            assert!(queue.push(first, &[b'x'; 31]).is_err(), "too long");
            assert_eq!(queue.finish().unwrap(), numbers.len() as u64);
            file.finish().unwrap();

            let read = DatabaseFile::open(FileSource::open(&path).unwrap()).unwrap();
            let mut found = Vec::new();
            for record in read.database().records() {
                let record = record.unwrap();
                let number = record.number.unwrap();
                let mut value = format!("record {number}").into_bytes();
                value.resize(30, b'.');
                assert_eq!(record.value, value);
                found.push(number);
            }
            assert_eq!(found, numbers);
            if first <= next {
                let verified = verify(FileSource::open(&path).unwrap()).unwrap();
                assert!(verified.findings.is_empty(), "{:?}", verified.findings);
            }
        }
    }
}

#[test]
fn a_page_is_not_begun_again() {
    let params = QueueParams {
        len: 200,
        pad: 0,
        first: 1,
        next: 100,
    };
    let dir = tempfile::tempdir().unwrap();
    let sink = FileSink::new(
        "queue.db",
        File::create(dir.path().join("queue.db")).unwrap(),
    );
    let mut file = NewFile::new(sink, &FileParams::default()).unwrap();
    let mut queue = file.queue(&params).unwrap();
    for number in [40, 80] {
        queue.push(number, b"").unwrap();
    }
    for number in [41, 20] {
        let refused = queue.push(number, b"");
        let order = matches!(refused, Err(bdbfile::Error::Order { .. }));
        assert_eq!(order, number == 41, "{refused:?}");
    }
}
