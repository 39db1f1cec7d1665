//! A hash table whose damaged numbers claim a thousand million buckets does not
//! become a file with a page for each.

use bdbfile::Error;
use bdbfile::convert::{ConvertOptions, convert};
use bdbfile::layout::Endian;
use bdbfile::read::DatabaseFile;
use bdbfile::source::MemorySource;
use bdbfile::write::{FileParams, HashBuilder, HashParams, MemorySink, Repeats, SortBudget};

const MAX_BUCKET: usize = 72;
const HIGH_MASK: usize = 76;
const LOW_MASK: usize = 80;
const CHARKEY: usize = 92;

fn damaged() -> Vec<u8> {
    let mut builder = HashBuilder::new(
        MemorySink::new("hash.db"),
        &FileParams::default(),
        &HashParams::default(),
        Repeats::Refused,
        &SortBudget::default(),
    )
    .unwrap();
    for number in 0..1000_u32 {
        builder.push(&number.to_be_bytes(), b"value").unwrap();
    }
    let mut bytes = builder.finish().unwrap().0.into_bytes();
    for (at, value) in [
        (MAX_BUCKET, 0x3fff_ffff),
        (HIGH_MASK, 0x3fff_ffff),
        (LOW_MASK, 0x1fff_ffff),
    ] {
        Endian::Little.put_u32(&mut bytes, at, value);
    }
    bytes
}

#[test]
fn with_the_usual_hash_function_the_table_is_made_anew() {
    let file = DatabaseFile::open(MemorySource::new("hash.db", damaged())).unwrap();
    let options = ConvertOptions::default();
    let sink = || Ok(MemorySink::new("new.db"));
    match convert(&file, sink, &options) {
        Ok((sink, converted)) => {
            assert!(converted.records() <= 1000);
            assert!(sink.into_bytes().len() < 1 << 20);
        }
        Err(error) => assert!(error.rule().is_some(), "{error}"),
    }
}

#[test]
fn with_another_it_is_refused() {
    let mut bytes = damaged();
    Endian::Little.put_u32(&mut bytes, CHARKEY, 7);
    let file = DatabaseFile::open(MemorySource::new("hash.db", bytes)).unwrap();
    let sink = || Ok(MemorySink::new("new.db"));
    let refused = convert(&file, sink, &ConvertOptions::default());
    assert!(matches!(refused, Err(Error::Limit { .. })), "{refused:?}");
}
