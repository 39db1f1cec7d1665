//! Random btree databases made by the real library are read as it reads them,
//! and rebuilt in either byte order so that it verifies them, reads the same
//! and can go on working in them.
//!
//! The databases are the same in every run. `ORACLE_SEED` (a number) makes
//! others, `ORACLE_CASES` makes more.

mod support;

use std::fs;
use std::ops::Range;
use std::path::Path;

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::read::DatabaseFile;
use bdbfile::source::MappedSource;
use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, FileSink, KeyOrder};
use oracle::{
    ByteOrder, Database, DatabaseOptions, Duplicates, Durability, EnvironmentOptions, Exercise,
    Order, Record, Verify,
};
use support::chance::{Chance, number};
use support::records;

/// Databases, unless `ORACLE_CASES` says otherwise.
const CASES: u64 = 200;
/// One in so many is also worked in.
const EXERCISED: u64 = 4;

/// What makes a database: how it is laid out and how it is filled.
#[derive(Debug)]
struct Shape {
    seed: u64,
    options: DatabaseOptions,
    /// Puts.
    puts: usize,
    /// Longest start that keys share.
    common: usize,
    /// Keys that go to overflow pages, in percent; and data.
    long_keys: usize,
    long_values: usize,
    /// Most duplicates of a key.
    copies: usize,
    /// Keys deleted in the end, in percent; and single duplicates.
    deleted: usize,
    thinned: usize,
    /// Whether keys are put in ascending order.
    ascending: bool,
}

impl Shape {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let page_size = 512 << chance.below(8);
        let duplicates = chance.pick(&[
            Duplicates::None,
            Duplicates::None,
            Duplicates::Unsorted,
            Duplicates::Sorted,
        ]);
        let most = chance.pick(&[1, 10, 300, 1500, 4000]);
        Self {
            seed,
            options: DatabaseOptions {
                page_size: Some(page_size),
                byte_order: chance.pick(&[ByteOrder::Little, ByteOrder::Big]),
                duplicates,
                record_numbers: duplicates == Duplicates::None && chance.percent(40),
                checksums: chance.percent(40),
                order: chance.pick(&[
                    Order::Bytewise,
                    Order::Bytewise,
                    Order::Bytewise,
                    Order::Reversed,
                ]),
                cache_bytes: Some(2 << 20),
                ..DatabaseOptions::default()
            },
            puts: chance.below(most + 1),
            common: chance.pick(&[0, 0, 4, 100, 600]),
            long_keys: chance.pick(&[0, 0, 1, 10]),
            long_values: chance.pick(&[0, 1, 5, 30]),
            copies: if duplicates == Duplicates::None {
                1
            } else {
                chance.pick(&[1, 3, 20, 400])
            },
            deleted: chance.pick(&[0, 0, 10, 50, 97, 100]),
            thinned: chance.pick(&[0, 0, 20]),
            ascending: chance.percent(25),
        }
    }

    /// Makes the database.
    fn make(&self, path: &Path) {
        let mut chance = Chance(self.seed ^ 0x5eed);
        let page = self.options.page_size.unwrap() as usize;
        let database = Database::create(None, path, &self.options).unwrap();
        let mut keys: Vec<Vec<u8>> = (0..self.puts)
            .map(|_| self.key(&mut chance, page))
            .collect();
        if self.ascending {
            keys.sort();
        }
        let mut put: Vec<Record> = Vec::new();
        for key in keys {
            let copies = if chance.percent(20) {
                1 + chance.below(self.copies)
            } else {
                1
            };
            for copy in 0..copies {
                let value = self.value(&mut chance, page, copy);
                database.put(None, &key, &value).unwrap();
                put.push((key.clone(), value));
            }
        }
        for (key, value) in &put {
            if chance.percent(self.thinned) {
                database.delete_pair(None, key, value).unwrap();
            } else if chance.percent(self.deleted) {
                database.delete(None, key).unwrap();
            }
        }
        database.close().unwrap();
    }

    fn key(&self, chance: &mut Chance, page: usize) -> Vec<u8> {
        let mut key = vec![b'k'; chance.below(self.common + 1)];
        if chance.percent(self.long_keys) {
            key.resize(page / 4 + chance.below(2 * page), b'k');
        }
        let tail = chance.next().to_be_bytes();
        // Now and then the empty key, and keys that begin others.
        key.extend_from_slice(&tail[..chance.below(tail.len() + 1)]);
        key
    }

    fn value(&self, chance: &mut Chance, page: usize, copy: usize) -> Vec<u8> {
        let length = if chance.percent(self.long_values) {
            page / 8 + chance.below(3 * page)
        } else {
            chance.below(40)
        };
        let mut value = Vec::new();
        if self.options.duplicates == Duplicates::Sorted {
            // Of equal pairs only one can be kept.
            value.extend_from_slice(&chance.next().to_be_bytes()[..4]);
            value.extend_from_slice(&u32::try_from(copy).unwrap().to_be_bytes());
        }
        value.resize(
            value.len() + length,
            b'a' + u8::try_from(copy % 26).unwrap(),
        );
        value
    }
}

/// What a file and the database in it are built by.
type Params = (FileParams, BtreeParams);

/// Reads a file with `bdbfile`: its parameters for a rebuilding, its records.
fn read(path: &Path) -> (Params, Vec<Record>) {
    let file = DatabaseFile::open(MappedSource::open(path).unwrap()).unwrap();
    let database = file.database();
    let scan = database.scan().unwrap();
    let mut records = Vec::new();
    scan.visit(scan.all(), |record| {
        records.push((record.key.to_vec(), record.value.to_vec()));
        Ok::<_, bdbfile::Error>(())
    })
    .unwrap();
    let report = scan.finish().unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    assert_eq!(report.records, records.len() as u64);
    let head = FileParams {
        layout: file.layout(),
        file_id: file.meta().uid,
    };
    let params = BtreeParams::like(database.meta()).unwrap();
    ((head, params), records)
}

/// Builds a file of records with `bdbfile`; its size.
fn build(path: &Path, (head, params): &Params, records: &[Record]) -> u64 {
    let file = fs::File::create_new(path).unwrap();
    let sink = FileSink::new(path.display().to_string(), file);
    let mut builder = BtreeBuilder::new(sink, head, params).unwrap();
    for (key, value) in records {
        builder.push(key, value).unwrap();
    }
    builder.finish().unwrap();
    fs::metadata(path).unwrap().len()
}

/// The parameters of a rebuilding in another byte order, under another id.
fn in_order((head, params): &Params, endian: Endian, order: Order) -> Params {
    let mut file_id = head.file_id;
    file_id[0] ^= 0xff;
    file_id[1] ^= u8::from(endian == Endian::Big);
    let layout = PageLayout {
        endian,
        ..head.layout
    };
    let order = match order {
        Order::Bytewise => KeyOrder::Bytewise,
        Order::Reversed => KeyOrder::AsFed,
    };
    let params = BtreeParams {
        order,
        ..params.clone()
    };
    (FileParams { layout, file_id }, params)
}

#[test]
fn the_first_half_is_read_and_rebuilt() {
    let cases = number("ORACLE_CASES", CASES);
    read_and_rebuild(0..cases / 2);
}

#[test]
fn the_second_half_is_read_and_rebuilt() {
    let cases = number("ORACLE_CASES", CASES);
    read_and_rebuild(cases / 2..cases);
}

fn read_and_rebuild(cases: Range<u64>) {
    let (mut rebuilt, mut exercised, mut read_in_all) = (0_u64, 0_u64, 0);
    let count = cases.end - cases.start;
    let first = number("ORACLE_SEED", 1).wrapping_mul(1_000_003);
    for case in cases {
        let shape = Shape::new(first.wrapping_add(case));
        // Shown with a failure, whichever assertion it is.
        println!("{shape:?}");
        let order = shape.options.order;
        let dir = tempfile::tempdir().unwrap();
        let made = dir.path().join("made.db");
        shape.make(&made);
        let expected = records(&made, order);
        let (params, found) = read(&made);
        assert!(found == expected, "read other records");
        read_in_all += found.len();
        for (endian, name) in [(Endian::Little, "le.db"), (Endian::Big, "be.db")] {
            let path = dir.path().join(name);
            build(&path, &in_order(&params, endian, order), &found);
            let verify = Verify {
                order,
                ..Verify::default()
            };
            verify.run(&path).unwrap();
            assert!(records(&path, order) == expected, "{name} holds others");
            rebuilt += 1;
        }
        if case % EXERCISED == 0 {
            let exercise = Exercise {
                records: 200,
                order,
                environment: EnvironmentOptions {
                    durability: Durability::Buffered,
                    ..EnvironmentOptions::default()
                },
                ..Exercise::default()
            };
            let summary = exercise.run(dir.path(), &["le.db", "be.db"]).unwrap();
            assert_eq!(summary.records_before(), 2 * expected.len() as u64);
            exercised += 2;
        }
    }
    assert!(rebuilt == 2 * count && exercised >= count / EXERCISED);
    println!(
        "{count} databases of {read_in_all} records read, {rebuilt} rebuilt and verified, \
         {exercised} of them worked in"
    );
}
