//! A hash table whose damaged numbers claim a thousand million buckets does not
//! become a file with a page for each.

use bdbfile::convert::{ConvertOptions, convert};
use bdbfile::layout::Endian;
use bdbfile::read::DatabaseFile;
use bdbfile::source::MemorySource;
use bdbfile::verify::verify;
use bdbfile::write::{FileParams, HashBuilder, HashParams, MemorySink, Repeats, SortBudget};
use bdbfile::{Error, Rule};

const MAX_BUCKET: usize = 72;
const HIGH_MASK: usize = 76;
const LOW_MASK: usize = 80;
const CHARKEY: usize = 92;

/// A table of a thousand records, with damaged numbers put into it.
fn damaged(numbers: &[(usize, u32)]) -> Vec<u8> {
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
    for (at, value) in numbers {
        Endian::Little.put_u32(&mut bytes, *at, *value);
    }
    bytes
}

fn converted(bytes: Vec<u8>) -> Result<(Vec<u8>, u64), Error> {
    let file = DatabaseFile::open(MemorySource::new("hash.db", bytes)).unwrap();
    let sink = || Ok(MemorySink::new("new.db"));
    let (sink, converted) = convert(&file, sink, &ConvertOptions::default())?;
    Ok((sink.into_bytes(), converted.records()))
}

const MASKS: [(usize, u32); 2] = [(HIGH_MASK, 0x3fff_ffff), (LOW_MASK, 0x1fff_ffff)];

#[test]
fn with_the_usual_hash_function_the_table_is_made_anew() {
    let (bytes, records) = converted(damaged(&MASKS)).unwrap();
    assert_eq!(records, 1000);
    assert_eq!(bytes.len(), damaged(&[]).len());
    let verified = verify(MemorySource::new("new.db", bytes)).unwrap();
    assert!(verified.findings.is_empty(), "{:?}", verified.findings);
}

#[test]
fn with_another_it_is_refused() {
    let [high, low] = MASKS;
    let refused = converted(damaged(&[high, low, (CHARKEY, 7)]));
    assert!(matches!(refused, Err(Error::Limit { .. })), "{refused:?}");
}

#[test]
fn buckets_that_lead_to_the_pages_of_others_are_refused() {
    let [high, low] = MASKS;
    let refused = converted(damaged(&[high, low, (MAX_BUCKET, 0x3fff_ffff)])).unwrap_err();
    assert_eq!(refused.rule(), Some(Rule::PageTwice), "{refused}");
}
