//! Extremes that `bdbfile` writes please the real library: it verifies them,
//! reads what was written and finds the keys. Nothing and one record, pages
//! filled to the last byte, the longest keys and data, very many duplicates
//! and very many records.
//!
//! `ORACLE_TINY` is the number of tiny records (1,000,000); the whole thing is
//! 10,000,000.

mod support;

use std::path::Path;

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::write::{
    BtreeBuilder, BtreeParams, Duplicates, FileParams, FixedLength, HashBuilder, HashParams,
    NewFile, QueueParams, RecnoParams, Repeats, SortBudget,
};
use oracle::{Database, DatabaseOptions, Record, Verify};
use support::chance::number;
use support::written::{Contents, each_bulk, judge, sink, write_one};

const DUPLICATES: [Duplicates; 3] = [Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted];

fn file_params(endian: Endian, page_size: u32, checksums: bool) -> FileParams {
    FileParams {
        layout: PageLayout {
            endian,
            page_size,
            checksums,
            bit_fields: false,
        },
        ..FileParams::default()
    }
}

/// Writes databases one after the other and lets the library judge each.
#[derive(Default)]
struct Judged {
    files: u64,
    records: u64,
}

impl Judged {
    fn judge(&mut self, params: &FileParams, contents: &Contents) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("written.db");
        // Shown with a failure, whichever assertion it is.
        println!("{:?}", params.layout);
        println!("  {}", contents.describe());
        write_one(&path, params, contents);
        judge(&path, &[(None, contents)]);
        self.files += 1;
        self.records += contents.len() as u64;
    }

    fn say(&self, what: &str) {
        println!(
            "{what}: {} files of {} records written, verified and read",
            self.files, self.records
        );
    }
}

/// The same records as a btree and as a hash database, in all versions, with
/// every kind of duplicates.
fn keyed(records: &[Record], duplicates: Duplicates, checksums: bool) -> Vec<Contents> {
    let mut all = Vec::new();
    for version in [8, 9] {
        let params = BtreeParams {
            version,
            duplicates,
            ..BtreeParams::default()
        };
        if version == 9 || !checksums {
            all.push(Contents::Btree(params.clone(), 1, records.to_vec()));
        }
        if version == 9 && duplicates == Duplicates::None {
            let params = BtreeParams {
                record_numbers: true,
                ..params
            };
            all.push(Contents::Btree(params, 3, records.to_vec()));
        }
    }
    for version in [7, 8, 9] {
        if version > 7 || !checksums {
            let params = HashParams {
                version,
                duplicates,
                ..HashParams::default()
            };
            all.push(Contents::Hash(params, records.to_vec()));
        }
    }
    all
}

#[test]
fn nothing_and_one_record_are_databases() {
    let mut judged = Judged::default();
    let several = [
        vec![],
        vec![(vec![], vec![])],
        vec![(vec![], b"value".to_vec())],
        vec![(b"k".to_vec(), vec![])],
        vec![(b"k".to_vec(), vec![7; 100_000])],
        vec![(vec![7; 100_000], vec![])],
    ];
    for endian in Endian::BOTH {
        for (page_size, checksums) in [(512, false), (4096, true), (65536, false)] {
            let params = file_params(endian, page_size, checksums);
            for records in &several {
                for duplicates in DUPLICATES {
                    for contents in keyed(records, duplicates, checksums) {
                        judged.judge(&params, &contents);
                    }
                }
                let numbered: Vec<_> = records.iter().map(|(_, v)| (1, v.clone())).collect();
                judged.judge(
                    &params,
                    &Contents::Recno(RecnoParams::default(), numbered.clone()),
                );
                let len = numbered.first().map_or(0, |(_, value)| value.len());
                if len < 100 {
                    let len = u32::try_from(len).unwrap().max(1);
                    let fixed = Some(FixedLength { len, pad: b' ' });
                    let recno = RecnoParams {
                        fixed,
                        ..RecnoParams::default()
                    };
                    judged.judge(&params, &Contents::Recno(recno, numbered.clone()));
                    let queue = QueueParams {
                        len,
                        pad: b' ',
                        first: 1,
                        next: 1 + u32::try_from(numbered.len()).unwrap(),
                    };
                    judged.judge(&params, &Contents::Queue(queue, numbered));
                }
            }
        }
    }
    judged.say("nothing and one record");
}

/// Data of every length around the limits of a page: some fill it to the last
/// byte, some miss that by one, some go to overflow pages by one byte.
#[test]
fn pages_are_filled_to_the_last_byte() {
    let mut judged = Judged::default();
    for checksums in [false, true] {
        let params = file_params(Endian::BOTH[usize::from(checksums)], 512, checksums);
        for length in 0..520 {
            let records: Vec<Record> = (0..24_u32)
                .map(|number| {
                    let mut value = number.to_be_bytes().to_vec();
                    value.resize(length, b'v');
                    (format!("{number:04}").into_bytes(), value)
                })
                .collect();
            let btree = BtreeParams {
                record_numbers: length % 2 == 1,
                ..BtreeParams::default()
            };
            judged.judge(&params, &Contents::Btree(btree, 1, records.clone()));
            let hash = HashParams {
                version: [8, 9][length % 2],
                ..HashParams::default()
            };
            judged.judge(&params, &Contents::Hash(hash, records.clone()));
            let numbered: Vec<_> = (1..).zip(records.iter().map(|r| r.1.clone())).collect();
            judged.judge(
                &params,
                &Contents::Recno(RecnoParams::default(), numbered.clone()),
            );
            if (4..200).contains(&length) {
                let queue = QueueParams {
                    len: u32::try_from(length).unwrap(),
                    pad: b' ',
                    first: 1,
                    next: 25,
                };
                judged.judge(&params, &Contents::Queue(queue, numbered));
            }
            // The same as so many keys, and as duplicates of two keys.
            let keys = records
                .iter()
                .map(|(key, value)| ([value.as_slice(), key].concat(), key.clone()));
            let mut keys: Vec<Record> = keys.collect();
            keys.sort();
            judged.judge(&params, &Contents::Btree(BtreeParams::default(), 1, keys));
            if length < 4 {
                continue;
            }
            let twice =
                |(index, (_, value)): (usize, Record)| (vec![b'a' + u8::from(index >= 12)], value);
            let copies: Vec<Record> = records.into_iter().enumerate().map(twice).collect();
            let duplicates = DUPLICATES[1 + length % 2];
            let btree = BtreeParams {
                duplicates,
                ..BtreeParams::default()
            };
            judged.judge(&params, &Contents::Btree(btree, 1, copies.clone()));
            let hash = HashParams {
                version: [7, 8][usize::from(checksums)],
                duplicates,
                ..HashParams::default()
            };
            judged.judge(&params, &Contents::Hash(hash, copies));
        }
    }
    judged.say("pages filled to the last byte");
    assert!(judged.files > 5000);
}

#[test]
fn keys_of_a_megabyte_and_data_of_sixty_four_are_found() {
    let mut judged = Judged::default();
    let long = |first: u8, len: usize| {
        let mut bytes: Vec<u8> = (0..len).map(|at| at.to_le_bytes()[0] ^ 0x5a).collect();
        bytes[0] = first;
        bytes
    };
    let mut records = vec![
        (vec![], b"of no key".to_vec()),
        (vec![0], b"of the first key of one byte".to_vec()),
        (vec![255], b"of the last key of one byte".to_vec()),
        (b"sixty-four".to_vec(), long(0, 64 << 20)),
        (b"sixty-three".to_vec(), long(1, (64 << 20) - 1)),
    ];
    for first in 2..12 {
        records.push((long(first, 1 << 20), vec![first; 10]));
        // Keys that differ by their last byte only.
        let mut key = long(first, 1 << 20);
        *key.last_mut().unwrap() ^= 1;
        records.push((key, vec![first; 20_000]));
    }
    records.sort();
    for (endian, page_size, checksums) in [
        (Endian::Little, 512, false),
        (Endian::Big, 4096, true),
        (Endian::Little, 65536, false),
    ] {
        let params = file_params(endian, page_size, checksums);
        let btree = Contents::Btree(BtreeParams::default(), 2, records.clone());
        judged.judge(&params, &btree);
        let hash = Contents::Hash(HashParams::default(), records.clone());
        judged.judge(&params, &hash);
        let numbered = (1..).zip(records.iter().map(|record| record.1.clone()));
        let recno = Contents::Recno(RecnoParams::default(), numbered.collect());
        judged.judge(&params, &recno);
    }
    judged.say("keys of a megabyte, data of 64");
}

#[test]
fn a_hundred_thousand_duplicates_of_a_key_are_kept() {
    let mut judged = Judged::default();
    for (endian, page_size, checksums) in [
        (Endian::Little, 4096, false),
        (Endian::Big, 512, true),
        (Endian::Big, 65536, false),
    ] {
        let params = file_params(endian, page_size, checksums);
        for duplicates in [Duplicates::Unsorted, Duplicates::Sorted] {
            let mut records = vec![(b"a".to_vec(), b"alone".to_vec())];
            for number in 0..100_000_u32 {
                // In falling order, where the library does not sort them.
                let shown = match duplicates {
                    Duplicates::Sorted => number,
                    _ => 100_000 - number,
                };
                let mut value = shown.to_be_bytes().to_vec();
                // One in a thousand goes to overflow pages.
                let length = if number % 1000 == 7 {
                    3 * page_size as usize
                } else {
                    12
                };
                value.resize(length, b'v');
                records.push((b"key".to_vec(), value));
            }
            records.push((b"z".to_vec(), b"alone".to_vec()));
            let btree = BtreeParams {
                duplicates,
                ..BtreeParams::default()
            };
            judged.judge(&params, &Contents::Btree(btree, 3, records.clone()));
            for version in [8, 9] {
                let hash = HashParams {
                    version,
                    duplicates,
                    ..HashParams::default()
                };
                judged.judge(&params, &Contents::Hash(hash, records.clone()));
            }
        }
    }
    judged.say("100,000 duplicates of a key");
}

/// Tiny records, made as they are needed.
fn tiny(number: u32) -> ([u8; 4], [u8; 1]) {
    (number.to_be_bytes(), [number.to_le_bytes()[0]])
}

fn verified(path: &Path) -> Database {
    let verify = Verify {
        cache_bytes: Some(64 << 20),
        ..Verify::default()
    };
    verify.run(path).unwrap();
    let options = DatabaseOptions {
        cache_bytes: Some(64 << 20),
        ..DatabaseOptions::default()
    };
    Database::open_read_only(None, path, &options).unwrap()
}

#[test]
fn millions_of_tiny_records_are_found() {
    let count = u32::try_from(number("ORACLE_TINY", 1_000_000)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let params = file_params(Endian::Big, 4096, false);

    let path = dir.path().join("btree.db");
    let mut btree = BtreeBuilder::new(sink(&path), &params, &BtreeParams::default()).unwrap();
    for (key, value) in (0..count).map(tiny) {
        btree.push(&key, &value).unwrap();
    }
    btree.finish().unwrap();
    let database = verified(&path);
    let mut next = 0;
    each_bulk(&database, |key, value| {
        let expected = tiny(next);
        assert!(key == expected.0 && value == expected.1);
        next += 1;
    });
    assert_eq!(next, count);
    find(&database, count);

    let path = dir.path().join("hash.db");
    let budget = SortBudget::default();
    let mut hash = HashBuilder::new(
        sink(&path),
        &params,
        &HashParams::default(),
        Repeats::Refused,
        &budget,
    )
    .unwrap();
    for (key, value) in (0..count).map(tiny) {
        hash.push(&key, &value).unwrap();
    }
    hash.finish().unwrap();
    let database = verified(&path);
    let mut seen = vec![false; count as usize];
    each_bulk(&database, |key, value| {
        let number = u32::from_be_bytes(key.try_into().unwrap());
        assert_eq!(value, tiny(number).1);
        assert!(!std::mem::replace(&mut seen[number as usize], true));
    });
    assert!(seen.iter().all(|seen| *seen));
    find(&database, count);

    let path = dir.path().join("recno.db");
    let mut file = NewFile::new(sink(&path), &params).unwrap();
    let mut recno = file.recno(None, &RecnoParams::default()).unwrap();
    for number in 1..=count {
        recno.push(number, &tiny(number).1).unwrap();
    }
    recno.finish().unwrap();
    file.finish().unwrap();
    let database = verified(&path);
    assert_eq!(database.tree_statistics().unwrap().records, count);
    for number in (1..=count).step_by(9973) {
        let found = database.get_at(None, number).unwrap();
        assert_eq!(found.as_deref(), Some(&tiny(number).1[..]));
    }
    println!("{count} tiny records written, verified and read as btree, hash and recno");
}

fn find(database: &Database, count: u32) {
    for (key, value) in (0..count).step_by(9973).map(tiny) {
        let found = database.get(None, &key).unwrap();
        assert_eq!(found.as_deref(), Some(&value[..]));
    }
    assert_eq!(database.get(None, &count.to_be_bytes()).unwrap(), None);
}
