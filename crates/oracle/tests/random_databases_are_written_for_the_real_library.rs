//! Databases of every kind written by `bdbfile` from random records: the real
//! library verifies them, reads what was written and finds the keys.
//!
//! The databases are the same in every run. `ORACLE_SEED` (a number) makes
//! others, `ORACLE_CASES` makes more.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::write::{
    BtreeParams, Duplicates, FileParams, FixedLength, HashParams, HashTable, KeyOrder, QueueParams,
    RecnoParams,
};
use oracle::Record;
use support::chance::{Chance, number};
use support::written::{Contents, judge, write_one, write_several};

/// Files, unless `ORACLE_CASES` says otherwise.
const CASES: u64 = 2000;
/// Bytes after which a database gets no more keys.
const ENOUGH: usize = 3 << 20;

fn file_params(chance: &mut Chance) -> FileParams {
    FileParams {
        layout: PageLayout {
            endian: chance.pick(&Endian::BOTH),
            page_size: 512 << chance.below(8),
            checksums: chance.percent(30),
            bit_fields: false,
        },
        file_id: std::array::from_fn(|_| chance.next().to_be_bytes()[0]),
    }
}

/// A random database for a file, of any kind but a queue where it has a name.
fn contents(chance: &mut Chance, file: &FileParams, named: bool) -> Contents {
    let PageLayout {
        page_size,
        checksums,
        ..
    } = file.layout;
    let version = |old, new| if checksums { new } else { old };
    match chance.below(if named { 9 } else { 10 }) {
        0..5 => {
            let mut params = BtreeParams {
                version: version(chance.pick(&[8, 9]), 9),
                duplicates: duplicates(chance),
                minkey: chance.pick(&[2, 2, 2, 3, 4, 7]),
                // One order is named for all that are in a file.
                order: if chance.percent(20) && !named {
                    KeyOrder::AsFed
                } else {
                    KeyOrder::Bytewise
                },
                ..BtreeParams::default()
            };
            params.record_numbers = params.duplicates == Duplicates::None && chance.percent(40);
            let mut records = keyed(chance, page_size, params.duplicates);
            if params.order == KeyOrder::AsFed {
                // By key, from the last; the duplicates of a key as they are.
                records.sort_by(|left, right| right.0.cmp(&left.0));
            }
            Contents::Btree(params, 1 + chance.below(5), records)
        }
        5..8 => {
            let params = HashParams {
                version: version(chance.pick(&[7, 8, 9]), chance.pick(&[8, 9])),
                duplicates: duplicates(chance),
                ffactor: chance.pick(&[0, 0, 1, 30]),
                table: chance
                    .percent(25)
                    .then(|| HashTable::of_buckets(1 << chance.below(10))),
                ..HashParams::default()
            };
            let records = keyed(chance, page_size, params.duplicates);
            Contents::Hash(params, records)
        }
        8 => {
            let fixed = chance.percent(40).then(|| FixedLength {
                len: 1 + u32::try_from(chance.below(300)).unwrap(),
                pad: chance.pick(b" \0x"),
            });
            let params = RecnoParams {
                version: version(chance.pick(&[8, 9]), 9),
                renumber: chance.percent(30),
                fixed,
            };
            // Only where they stay do numbers leave gaps.
            let gaps = if params.renumber { 0 } else { 10 };
            let len = fixed.map(|fixed| fixed.len as usize);
            let records = numbered(chance, page_size, 1, gaps, len);
            Contents::Recno(params, records)
        }
        _ => {
            let len = 1 + chance.below((page_size as usize / 2).min(300));
            let first = 1 + u32::try_from(chance.below(500)).unwrap();
            let records = numbered(chance, page_size, first, 10, Some(len));
            let params = QueueParams {
                len: u32::try_from(len).unwrap(),
                pad: chance.pick(b" \0x"),
                first,
                next: records.last().map_or(first, |(number, _)| number + 1),
            };
            Contents::Queue(params, records)
        }
    }
}

fn duplicates(chance: &mut Chance) -> Duplicates {
    chance.pick(&[Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted])
}

/// Records in bytewise order.
fn keyed(chance: &mut Chance, page_size: u32, duplicates: Duplicates) -> Vec<Record> {
    let page = page_size as usize;
    let most = chance.pick(&[0, 1, 2, 10, 300, 1500, 4000]);
    let common = chance.pick(&[0, 0, 4, 100, 600]);
    let long_keys = chance.pick(&[0, 0, 1, 10]);
    let long_values = chance.pick(&[0, 1, 5, 30]);
    let copies = chance.pick(&[1, 3, 20, 400]);
    // Values of one length fill pages evenly.
    let one_length = chance.percent(20).then(|| chance.below(page / 2));
    let mut keys = BTreeSet::new();
    for _ in 0..chance.below(most + 1) {
        let mut key = vec![b'k'; chance.below(common + 1)];
        if chance.percent(long_keys) {
            key.resize(page / 4 + chance.below(2 * page), b'k');
        }
        let tail = chance.next().to_be_bytes();
        // Now and then the empty key, and keys that begin others.
        key.extend_from_slice(&tail[..chance.below(tail.len() + 1)]);
        keys.insert(key);
    }
    let mut records = Vec::new();
    let mut bytes = 0;
    for key in keys {
        if bytes > ENOUGH {
            break;
        }
        let copies = if duplicates != Duplicates::None && chance.percent(20) {
            1 + chance.below(copies)
        } else {
            1
        };
        let mut values: Vec<Vec<u8>> = Vec::new();
        for _ in 0..copies {
            let length = match one_length {
                Some(length) => length,
                None if chance.percent(long_values) => page / 8 + chance.below(3 * page),
                None => chance.below(40),
            };
            let mut value = chance.next().to_be_bytes().to_vec();
            value.resize(length, b'v');
            values.push(value);
        }
        if duplicates == Duplicates::Sorted {
            values.sort();
            values.dedup();
        }
        for value in values {
            bytes += key.len() + value.len();
            records.push((key.clone(), value));
        }
    }
    records
}

/// Records from a number on, of some length or at most of that of all.
fn numbered(
    chance: &mut Chance,
    page_size: u32,
    first: u32,
    gaps: usize,
    len: Option<usize>,
) -> Vec<(u32, Vec<u8>)> {
    let most = chance.pick(&[0, 1, 10, 300, 4000]);
    let mut next = first;
    let mut records = Vec::new();
    for _ in 0..chance.below(most + 1) {
        let length = match len {
            Some(len) => chance.below(len + 1),
            None if chance.percent(3) => chance.below(3 * page_size as usize),
            None => chance.below(60),
        };
        records.push((
            next,
            vec![b'a' + chance.next().to_be_bytes()[0] % 26; length],
        ));
        next += 1;
        if chance.percent(gaps) {
            next += u32::try_from(chance.below(20)).unwrap();
        }
    }
    records
}

fn written_and_judged(cases: Range<u64>) {
    let first = number("ORACLE_SEED", 1).wrapping_mul(1_000_003);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("written.db");
    let (mut kinds, mut records) = (BTreeMap::<&str, u64>::new(), 0);
    let files = cases.end - cases.start;
    for case in cases {
        let mut chance = Chance(first.wrapping_add(case));
        let params = file_params(&mut chance);
        // Shown with a failure, whichever assertion it is.
        println!("case {case}: {:?}", params.layout);
        if chance.percent(15) {
            let several: Vec<(String, Contents)> = (0..=chance.below(5))
                .map(|index| {
                    let contents = contents(&mut chance, &params, true);
                    println!("  {}", contents.describe());
                    (format!("database {index}"), contents)
                })
                .collect();
            write_several(&path, &params, &several);
            let several: Vec<(Option<String>, &Contents)> = several
                .iter()
                .map(|(name, contents)| (Some(name.clone()), contents))
                .collect();
            judge(&path, &several);
            *kinds.entry("several").or_default() += 1;
            records += several.iter().map(|(_, one)| one.len()).sum::<usize>();
        } else {
            let contents = contents(&mut chance, &params, false);
            println!("  {}", contents.describe());
            write_one(&path, &params, &contents);

            judge(&path, &[(None, &contents)]);
            *kinds.entry(contents.kind()).or_default() += 1;
            records += contents.len();
        }
        std::fs::remove_file(&path).unwrap();
    }
    println!("{files} files of {records} records written, verified and read: {kinds:?}");
}

#[test]
fn the_first_half_is_accepted() {
    written_and_judged(0..number("ORACLE_CASES", CASES) / 2);
}

#[test]
fn the_second_half_is_accepted() {
    let cases = number("ORACLE_CASES", CASES);
    written_and_judged(cases / 2..cases);
}
