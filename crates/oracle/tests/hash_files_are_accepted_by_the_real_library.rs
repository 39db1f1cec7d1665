//! Hash files that `bdbfile` builds are verified and read by the real library,
//! which can go on working in them, and are hardly larger than its own.
//!
//! The databases are the same in every run. `ORACLE_SEED` (a number) makes
//! others, `ORACLE_CASES` makes more.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::read::DatabaseFile;
use bdbfile::source::MappedSource;
use bdbfile::write::{
    self, FileParams, FileSink, HashBuilder, HashParams, HashSpool, HashTable, NewFile, Repeats,
    SortBudget,
};
use oracle::{
    ByteOrder, Database, DatabaseOptions, Duplicates, Durability, EnvironmentOptions, Exercise,
    HashFunction, Method, Record, Verify,
};
use support::chance::{Chance, number};

/// Databases, unless `ORACLE_CASES` says otherwise.
const CASES: u64 = 150;
/// One in so many is also worked in.
const EXERCISED: u64 = 3;

/// Records by key, the data of each in the order of the file.
type Held = BTreeMap<Vec<u8>, Vec<Vec<u8>>>;

fn held(records: Vec<Record>) -> Held {
    let mut held = Held::new();
    for (key, value) in records {
        held.entry(key).or_default().push(value);
    }
    held
}

/// What makes a file: how it is laid out and what is put in it.
#[derive(Debug)]
struct Shape {
    seed: u64,
    file: FileParams,
    params: HashParams,
    puts: usize,
    /// Keys and data that go to overflow pages, in percent.
    long_keys: usize,
    long_values: usize,
    /// Most duplicates of a key.
    copies: usize,
}

impl Shape {
    fn new(seed: u64) -> Self {
        let mut chance = Chance(seed);
        let version = chance.pick(&[7, 8, 8, 9]);
        let duplicates = chance.pick(&[
            write::Duplicates::None,
            write::Duplicates::None,
            write::Duplicates::Unsorted,
            write::Duplicates::Sorted,
        ]);
        let most = chance.pick(&[1, 10, 300, 1500, 4000]);
        let mut file_id = [0; 20];
        file_id[..8].copy_from_slice(&seed.to_be_bytes());
        file_id[8] = 1;
        Self {
            seed,
            file: FileParams {
                layout: PageLayout {
                    endian: chance.pick(&Endian::BOTH),
                    page_size: 512 << chance.below(8),
                    checksums: version > 7 && chance.percent(40),
                    bit_fields: false,
                },
                file_id,
            },
            params: HashParams {
                version,
                duplicates,
                ffactor: chance.pick(&[0, 0, 5]),
                table: chance
                    .percent(30)
                    .then(|| HashTable::of_buckets(chance.next() % 2000)),
                ..HashParams::default()
            },
            puts: chance.below(most + 1),
            long_keys: chance.pick(&[0, 0, 1, 10]),
            long_values: chance.pick(&[0, 1, 5, 30]),
            copies: if duplicates == write::Duplicates::None {
                1
            } else {
                chance.pick(&[1, 3, 20, 400])
            },
        }
    }

    /// The records, in no order.
    fn records(&self) -> Vec<Record> {
        let mut chance = Chance(self.seed ^ 0x5eed);
        let page = self.file.layout.page_len();
        let mut records = Vec::new();
        for _ in 0..self.puts {
            let mut key = Vec::new();
            if chance.percent(self.long_keys) {
                key.resize(page / 4 - 20 + chance.below(2 * page), b'k');
            }
            let tail = chance.next().to_be_bytes();
            // Now and then the empty key, and keys that begin others.
            key.extend_from_slice(&tail[..chance.below(tail.len() + 1)]);
            let copies = if chance.percent(20) {
                1 + chance.below(self.copies)
            } else {
                1
            };
            for _ in 0..copies {
                let length = if chance.percent(self.long_values) {
                    page / 8 + chance.below(3 * page)
                } else {
                    chance.below(40)
                };
                let mut value = chance.next().to_be_bytes().to_vec();
                value.resize(8 + length, b'v');
                records.push((key.clone(), value));
            }
        }
        records
    }

    /// What the file holds once all are put.
    fn expected(&self, records: &[Record]) -> Held {
        let mut held = Held::new();
        for (key, value) in records {
            let data = held.entry(key.clone()).or_default();
            if self.params.duplicates == write::Duplicates::None {
                data.clear();
            }
            data.push(value.clone());
        }
        if self.params.duplicates == write::Duplicates::Sorted {
            for data in held.values_mut() {
                data.sort();
            }
        }
        held
    }

    fn build(&self, path: &Path, records: &[Record]) {
        let budget = SortBudget {
            bytes: 1 << 20,
            ..SortBudget::default()
        };
        let mut builder = HashBuilder::new(
            sink(path),
            &self.file,
            &self.params,
            Repeats::LastWins,
            &budget,
        )
        .unwrap();
        for (key, value) in records {
            builder.push(key, value).unwrap();
        }
        builder.finish().unwrap();
    }
}

fn sink(path: &Path) -> FileSink {
    let file = fs::File::create_new(path).unwrap();
    FileSink::new(path.display().to_string(), file)
}

/// The records of a file as the real library reads them. It also has to find
/// every key.
fn library_reads(path: &Path, hash_function: HashFunction) -> Held {
    let options = DatabaseOptions {
        hash_function,
        cache_bytes: Some(2 << 20),
        ..DatabaseOptions::default()
    };
    let database = Database::open_read_only(None, path, &options).unwrap();
    assert_eq!(database.method().unwrap(), Some(Method::Hash));
    let held = held(database.read_all().unwrap());
    for (key, data) in &held {
        assert!(database.get(None, key).unwrap().as_ref() == data.first());
    }
    database.close().unwrap();
    held
}

/// That our own verification finds nothing.
fn is_clean(path: &Path) {
    let found = bdbfile::verify::verify(MappedSource::open(path).unwrap()).unwrap();
    assert!(found.is_clean(), "{:?}", found.findings);
}

fn exercise(dir: &Path, file: &str, hash_function: HashFunction) {
    let exercise = Exercise {
        records: 2000,
        hash_function,
        environment: EnvironmentOptions {
            durability: Durability::Buffered,
            ..EnvironmentOptions::default()
        },
        ..Exercise::default()
    };
    exercise.run(dir, &[file]).unwrap();
}

#[test]
fn the_first_half_is_built_and_accepted() {
    let cases = number("ORACLE_CASES", CASES);
    build_and_judge(0..cases / 2);
}

#[test]
fn the_second_half_is_built_and_accepted() {
    let cases = number("ORACLE_CASES", CASES);
    build_and_judge(cases / 2..cases);
}

fn build_and_judge(cases: Range<u64>) {
    let (mut exercised, mut read) = (0, 0);
    let count = cases.end - cases.start;
    let first = number("ORACLE_SEED", 1).wrapping_mul(1_000_003);
    for case in cases {
        let shape = Shape::new(first.wrapping_add(case));
        // Shown with a failure, whichever assertion it is.
        println!("{shape:?}");
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hash.db");
        let records = shape.records();
        shape.build(&path, &records);
        is_clean(&path);
        oracle::verify(&path).unwrap();
        let expected = shape.expected(&records);
        assert!(library_reads(&path, HashFunction::Default) == expected);
        read += expected.values().map(Vec::len).sum::<usize>();
        // The library loses keys, in its own files as well, once it has put
        // some that begin others and are long enough for chains.
        if case % EXERCISED == 0 && shape.long_keys == 0 {
            exercise(dir.path(), "hash.db", HashFunction::Default);
            exercised += 1;
        }
    }
    println!("{count} databases of {read} records accepted, {exercised} of them worked in");
}

/// A database of the real library rebuilt bucket by bucket, in several pieces.
fn rebuild_in_its_buckets(from: &Path, to: &Path, version: u32, endian: Endian) {
    // No two files of an environment may have one id.
    let id = [u8::try_from(version).unwrap() << 1 | u8::from(endian == Endian::Big); 20];
    let file = DatabaseFile::open(MappedSource::open(from).unwrap()).unwrap();
    let database = file.database();
    let head = FileParams {
        layout: PageLayout {
            endian,
            checksums: false,
            ..file.layout()
        },
        file_id: id,
    };
    let params = HashParams {
        version,
        ..HashParams::like(database.meta()).unwrap()
    };
    let mut built = NewFile::new(sink(to), &head).unwrap();
    let writer = built.hash(None, &params).unwrap();
    let scan = database.scan().unwrap();
    // 5.3 and 4.8 have all pages of buckets in the file: units are buckets.
    let buckets: Vec<usize> = scan.all().collect();
    for (index, some) in buckets.chunks(7).enumerate() {
        let mut piece = writer.piece(index);
        for bucket in some {
            scan.visit(*bucket..bucket + 1, |record| {
                let number = u32::try_from(*bucket).unwrap();
                piece.push(number, record.key, record.value)
            })
            .unwrap();
        }
        piece.finish().unwrap();
    }
    writer.finish().unwrap();
    built.finish().unwrap();
}

#[test]
fn keys_of_an_unknown_function_stay_in_their_buckets() {
    for (case, duplicates) in [Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted]
        .into_iter()
        .enumerate()
    {
        for hash_function in [HashFunction::Times33, HashFunction::Default] {
            let mut chance = Chance(case as u64);
            let dir = tempfile::tempdir().unwrap();
            let made = dir.path().join("made.db");
            let options = DatabaseOptions {
                method: Method::Hash,
                page_size: Some(512),
                byte_order: ByteOrder::Little,
                duplicates,
                hash_function,
                ..DatabaseOptions::default()
            };
            let database = Database::create(None, &made, &options).unwrap();
            for number in 0..3000_u32 {
                let key = format!("key {}", number % 2000);
                let length = if number % 50 == 0 { 2000 } else { 30 };
                let mut value = chance.next().to_be_bytes().to_vec();
                value.resize(8 + chance.below(length), b'v');
                database.put(None, key.as_bytes(), &value).unwrap();
            }
            database.close().unwrap();
            let expected = library_reads(&made, hash_function);
            for (version, endian) in [
                (7, Endian::Little),
                (8, Endian::Big),
                (8, Endian::Little),
                (9, Endian::Big),
            ] {
                let name = format!("built-{version}-{endian}.db");
                let path = dir.path().join(&name);
                rebuild_in_its_buckets(&made, &path, version, endian);
                is_clean(&path);
                let verify = Verify {
                    hash_function,
                    ..Verify::default()
                };
                verify.run(&path).unwrap();
                assert!(library_reads(&path, hash_function) == expected);
                exercise(dir.path(), &name, hash_function);
            }
        }
    }
}

#[test]
fn several_in_a_file_are_worked_in() {
    let dir = tempfile::tempdir().unwrap();
    for (version, endian) in [(8, Endian::Little), (8, Endian::Big), (9, Endian::Little)] {
        let name = format!("named-{version}-{endian}.db");
        let path = dir.path().join(&name);
        let head = FileParams {
            layout: PageLayout {
                endian,
                page_size: 1024,
                ..FileParams::default().layout
            },
            file_id: [u8::try_from(version).unwrap() << 1 | u8::from(endian == Endian::Big); 20],
        };
        let mut file = NewFile::with_names(sink(&path), &head).unwrap();
        let records = sized(2000, 8, 10..1500, 1);
        for duplicates in [write::Duplicates::None, write::Duplicates::Sorted] {
            let params = HashParams {
                version,
                duplicates,
                ..HashParams::default()
            };
            let budget = SortBudget::default();
            let mut spool =
                HashSpool::new(file.layout(), &params, Repeats::Refused, &budget).unwrap();
            for (key, value) in &records {
                spool.push(key, value).unwrap();
            }
            let name = format!("{duplicates:?}");
            spool.write(&mut file, Some(name.as_bytes())).unwrap();
        }
        file.finish().unwrap();
        is_clean(&path);
        oracle::verify(&path).unwrap();
        let exercise = Exercise {
            records: 2000,
            ..Exercise::default()
        };
        let summary = exercise.run(dir.path(), &[&name]).unwrap();
        assert_eq!(summary.databases.len(), 2);
        assert_eq!(summary.records_before(), 2 * records.len() as u64);
    }
}

/// Records for a comparison of sizes: so many, with keys and data of so many
/// bytes.
fn sized(count: usize, key: usize, value: Range<usize>, copies: usize) -> Vec<Record> {
    let mut chance = Chance(count as u64);
    let mut records = Vec::new();
    for number in 0..count {
        let key = format!("{number:0key$}").into_bytes();
        for copy in 0..if number % 20 == 0 { copies } else { 1 } {
            let length = value.start + chance.below(value.len());
            let mut value = format!("{copy:08}").into_bytes();
            value.resize(length.max(8), b'v');
            records.push((key.clone(), value));
        }
    }
    records
}

#[test]
fn files_are_hardly_larger_than_those_of_the_real_loader() {
    for page in [512_u32, 4096, 65536] {
        let bytes = page as usize;
        for (duplicates, copies) in [
            (Duplicates::None, 1),
            (Duplicates::Unsorted, 3),
            (Duplicates::Sorted, 150),
        ] {
            for (key, value) in [
                (10, 8..21),
                (16, 8..100),
                (16, 10..bytes / 4),
                (12, bytes / 8..bytes / 8 + 1),
                (12, bytes / 5..bytes),
            ] {
                for count in [3, 25, 40, 70, 110, 600, 1000, 1500, 9000, 20_000] {
                    let average = key + value.start.midpoint(value.end);
                    if count * average * copies > 20_000_000 {
                        continue;
                    }
                    let records = sized(count, key, value.clone(), copies);
                    let (ours, theirs) = sizes(page, duplicates, &records);
                    println!(
                        "{count} keys of {key} with {value:?}, {duplicates:?} up to {copies}, \
                         pages of {page}: loaded {theirs} bytes, built {ours}, {} per mille",
                        ours * 1000 / theirs
                    );
                    assert!(ours * 100 <= theirs * 102, "{ours} of {theirs}");
                }
            }
        }
    }
}

/// The sizes of a file that `bdbfile` built and of one that the real library
/// filled.
fn sizes(page_size: u32, duplicates: Duplicates, records: &[Record]) -> (u64, u64) {
    let dir = tempfile::tempdir().unwrap();
    let loaded = dir.path().join("loaded.db");
    let options = DatabaseOptions {
        method: Method::Hash,
        page_size: Some(page_size),
        duplicates,
        cache_bytes: Some(64 << 20),
        ..DatabaseOptions::default()
    };
    let database = Database::create(None, &loaded, &options).unwrap();
    for (key, value) in records {
        database.put(None, key, value).unwrap();
    }
    database.close().unwrap();
    let shape = Shape {
        file: FileParams {
            layout: PageLayout {
                page_size,
                ..FileParams::default().layout
            },
            ..FileParams::default()
        },
        params: HashParams {
            duplicates: match duplicates {
                Duplicates::None => write::Duplicates::None,
                Duplicates::Unsorted => write::Duplicates::Unsorted,
                Duplicates::Sorted => write::Duplicates::Sorted,
            },
            ..HashParams::default()
        },
        ..Shape::new(0)
    };
    let built = dir.path().join("built.db");
    shape.build(&built, records);
    assert!(
        library_reads(&built, HashFunction::Default)
            == library_reads(&loaded, HashFunction::Default)
    );
    let size = |path: &Path| fs::metadata(path).unwrap().len();
    (size(&built), size(&loaded))
}
