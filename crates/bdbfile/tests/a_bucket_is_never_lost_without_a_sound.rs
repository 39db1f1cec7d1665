//! A hash table whose damaged numbers lead past some of its buckets is refused:
//! their records would be missing, and nothing else would be wrong.

use bdbfile::Rule;
use bdbfile::layout::Endian;
use bdbfile::read::DatabaseFile;
use bdbfile::source::MemorySource;
use bdbfile::write::{FileParams, HashBuilder, HashParams, MemorySink, Repeats, SortBudget};

const RECORDS: u32 = 2000;
const MAX_BUCKET: usize = 72;
const SPARES: usize = 96;

fn table() -> Vec<u8> {
    let mut builder = HashBuilder::new(
        MemorySink::new("hash.db"),
        &FileParams::default(),
        &HashParams::default(),
        Repeats::Refused,
        &SortBudget::default(),
    )
    .unwrap();
    for number in 0..RECORDS {
        builder.push(&number.to_be_bytes(), &[7; 40]).unwrap();
    }
    builder.finish().unwrap().0.into_bytes()
}

fn number(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// How many records a scan gives, or the rule that ends it.
fn scanned(bytes: Vec<u8>) -> Result<u64, Rule> {
    let rule = |error: bdbfile::Error| error.rule().unwrap();
    let file = DatabaseFile::open(MemorySource::new("hash.db", bytes)).map_err(rule)?;
    let database = file.database();
    let scan = database.scan().map_err(rule)?;
    scan.visit(scan.all(), |_| Ok::<_, bdbfile::Error>(()))
        .map_err(rule)?;
    Ok(scan.finish().map_err(rule)?.records)
}

#[test]
fn where_a_doubling_is_said_to_be_past_the_end() {
    let sound = table();
    assert_eq!(scanned(sound.clone()), Ok(u64::from(RECORDS)));
    let last = number(&sound, MAX_BUCKET).next_power_of_two().ilog2() as usize;
    assert!(last > 2, "too small a table");
    for doubling in 0..=last {
        let mut bytes = sound.clone();
        Endian::Little.put_u32(&mut bytes, SPARES + 4 * doubling, 0x1000_0000);
        assert_eq!(
            scanned(bytes),
            Err(Rule::Unreferenced),
            "doubling {doubling}"
        );
    }
}

#[test]
fn where_there_are_said_to_be_fewer() {
    let sound = table();
    let mut bytes = sound.clone();
    Endian::Little.put_u32(&mut bytes, MAX_BUCKET, number(&sound, MAX_BUCKET) - 1);
    assert_eq!(scanned(bytes), Err(Rule::Unreferenced));
}
