//! Random databases of every kind, made by the real library, alone in a file
//! and several in one, are read as it reads them: by a scan, record by record,
//! and key by key.
//!
//! The databases are the same in every run. `ORACLE_SEED` (a number) makes
//! others, `ORACLE_CASES` makes more.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use bdbfile::Rule;
use bdbfile::read::{Database as Read, DatabaseFile, OwnedRecord};
use bdbfile::source::{FileSource, MappedSource, PageSource};
use oracle::{
    ByteOrder, Database, DatabaseOptions, Duplicates, HashFunction, Method, Order, Record, Verify,
};
use support::chance::{Chance, number};

/// Files, unless `ORACLE_CASES` says otherwise.
const CASES: u64 = 600;
/// Keys looked up in each database, of those it has; and of others.
const LOOKED_UP: usize = 60;
const ABSENT: usize = 20;

/// What a file has in common for all databases in it.
#[derive(Debug, Clone, Copy)]
struct Common {
    page_size: u32,
    byte_order: ByteOrder,
    checksums: bool,
}

/// What makes a database: how it is laid out and how it is filled.
#[derive(Debug)]
struct Shape {
    seed: u64,
    options: DatabaseOptions,
    puts: usize,
    /// Keys and data that go to overflow pages, in percent.
    long_keys: usize,
    long_values: usize,
    /// Most duplicates of a key.
    copies: usize,
    /// Keys deleted in the end, in percent; and single duplicates by cursor.
    deleted: usize,
    thinned: usize,
}

impl Shape {
    fn new(chance: &mut Chance, method: Method, common: Common, name: Option<String>) -> Self {
        let keyed = matches!(method, Method::Btree | Method::Hash);
        let duplicates = if keyed {
            chance.pick(&[Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted])
        } else {
            Duplicates::None
        };
        let fixed = method == Method::Queue || (method == Method::Recno && chance.percent(40));
        let longest = (common.page_size as usize / 2 - 40).min(300);
        let most = chance.pick(&[1, 10, 300, 1500, 4000]);
        Self {
            seed: chance.next(),
            options: DatabaseOptions {
                method,
                page_size: Some(common.page_size),
                byte_order: common.byte_order,
                checksums: common.checksums,
                duplicates,
                record_numbers: method == Method::Btree
                    && duplicates == Duplicates::None
                    && chance.percent(40),
                renumber: method == Method::Recno && chance.percent(40),
                record_length: fixed.then(|| 1 + u32::try_from(chance.below(longest)).unwrap()),
                order: if method == Method::Btree && chance.percent(20) {
                    Order::Reversed
                } else {
                    Order::Bytewise
                },
                hash_function: if method == Method::Hash && chance.percent(20) {
                    HashFunction::Times33
                } else {
                    HashFunction::Default
                },
                name,
                cache_bytes: Some(2 << 20),
            },
            puts: chance.below(most + 1),
            long_keys: chance.pick(&[0, 0, 1, 10]),
            long_values: chance.pick(&[0, 1, 5, 30]),
            copies: if duplicates == Duplicates::None {
                1
            } else {
                chance.pick(&[1, 3, 20, 400])
            },
            deleted: chance.pick(&[0, 0, 10, 50, 97, 100]),
            thinned: chance.pick(&[0, 0, 20]),
        }
    }

    fn page(&self) -> usize {
        self.options.page_size.unwrap() as usize
    }

    /// Makes the database; false where the library cannot: in hash databases
    /// with long keys it loses pages of its own now and then, and says so at a
    /// put or only when it verifies the file.
    fn make(&self, path: &Path) -> bool {
        let mut chance = Chance(self.seed);
        let database = Database::create(None, path, &self.options).unwrap();
        let filled = match self.options.method {
            Method::Btree | Method::Hash => self.fill_keyed(&mut chance, &database),
            Method::Recno | Method::Queue => self.fill_numbered(&mut chance, &database),
        };
        if let Err(error) = &filled {
            println!("the library fails: {error}");
            assert_eq!(self.options.method, Method::Hash, "{error}");
            return false;
        }
        database.close().unwrap();
        let verify = Verify {
            skip_order: true,
            ..Verify::default()
        };
        if let Err(error) = verify.run(path) {
            println!("the library refuses its own file: {error}");
            assert!(self.options.method == Method::Hash && self.long_keys > 0);
            return false;
        }
        true
    }

    fn fill_keyed(&self, chance: &mut Chance, database: &Database) -> Result<(), oracle::Error> {
        let mut put: Vec<Record> = Vec::new();
        for _ in 0..self.puts {
            let mut key = vec![b'k'; chance.below(5)];
            if chance.percent(self.long_keys) {
                key.resize(self.page() / 4 + chance.below(2 * self.page()), b'k');
            }
            let tail = chance.next().to_be_bytes();
            // Now and then the empty key, and keys that begin others.
            key.extend_from_slice(&tail[..chance.below(tail.len() + 1)]);
            let copies = if chance.percent(20) {
                1 + chance.below(self.copies)
            } else {
                1
            };
            for copy in 0..copies {
                let value = self.value(chance, copy);
                database.put(None, &key, &value)?;
                put.push((key.clone(), value));
            }
        }
        for (key, value) in &put {
            if chance.percent(self.thinned) {
                database.delete_pair(None, key, value)?;
            } else if chance.percent(self.deleted) {
                database.delete(None, key)?;
            }
        }
        Ok(())
    }

    fn fill_numbered(&self, chance: &mut Chance, database: &Database) -> Result<(), oracle::Error> {
        let mut numbers = Vec::new();
        for _ in 0..self.puts {
            let value = self.value(chance, 0);
            numbers.push(database.append(None, &value)?);
        }
        // Numbers that were never appended: those before them stay empty.
        for _ in 0..chance.pick(&[0, 0, 3]) {
            let number = 1 + u32::try_from(chance.below(self.puts + 40)).unwrap();
            let value = self.value(chance, 0);
            database.put_at(None, number, &value)?;
        }
        // A queue is emptied from its head.
        if self.options.method == Method::Queue && chance.percent(50) {
            let taken = chance.below(numbers.len() + 1);
            for number in numbers.drain(..taken) {
                database.delete_at(None, number)?;
            }
        }
        for number in numbers {
            if chance.percent(self.deleted) {
                database.delete_at(None, number)?;
            }
        }
        Ok(())
    }

    fn value(&self, chance: &mut Chance, copy: usize) -> Vec<u8> {
        if let Some(most) = self.options.record_length {
            let byte = b'a' + u8::try_from(chance.below(26)).unwrap();
            return vec![byte; chance.below(most as usize + 1)];
        }
        let mut value = Vec::new();
        if self.options.duplicates == Duplicates::Sorted {
            // Of equal pairs only one can be kept.
            value.extend_from_slice(&chance.next().to_be_bytes()[..4]);
            value.extend_from_slice(&u32::try_from(copy).unwrap().to_be_bytes());
        }
        let length = if chance.percent(self.long_values) {
            self.page() / 8 + chance.below(3 * self.page())
        } else {
            chance.below(40)
        };
        let byte = b'a' + u8::try_from(copy % 26).unwrap();
        value.resize(value.len() + length, byte);
        value
    }
}

/// Records in the order of a btree or of numbers; of a hash database by key,
/// each key's in their order.
#[derive(Debug, PartialEq, Eq)]
enum Contents {
    Ordered(Vec<Record>),
    ByKey(BTreeMap<Vec<u8>, Vec<Vec<u8>>>),
    Numbered(Vec<(u32, Vec<u8>)>),
}

impl Contents {
    fn len(&self) -> usize {
        match self {
            Self::Ordered(records) => records.len(),
            Self::ByKey(keys) => keys.values().map(Vec::len).sum(),
            Self::Numbered(records) => records.len(),
        }
    }
}

fn by_key(records: Vec<Record>) -> BTreeMap<Vec<u8>, Vec<Vec<u8>>> {
    let mut keys: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
    for (key, value) in records {
        keys.entry(key).or_default().push(value);
    }
    keys
}

/// What the real library reads.
fn theirs(path: &Path, options: &DatabaseOptions) -> Contents {
    let database = Database::open_read_only(None, path, options).unwrap();
    let contents = match options.method {
        Method::Btree => Contents::Ordered(database.read_all().unwrap()),
        Method::Hash => Contents::ByKey(by_key(database.read_all().unwrap())),
        Method::Recno | Method::Queue => Contents::Numbered(database.read_numbered().unwrap()),
    };
    database.close().unwrap();
    contents
}

/// What `bdbfile` reads by a scan, and that iterating gives the same.
fn ours<S: PageSource>(database: &Read<'_, S>, shape: &Shape) -> Contents {
    let scan = database.scan().unwrap();
    let mut found: Vec<OwnedRecord> = Vec::new();
    scan.visit(scan.all(), |record| {
        found.push(record.into());
        Ok::<_, bdbfile::Error>(())
    })
    .unwrap();
    let report = scan.finish().unwrap();
    assert_eq!(report.records, found.len() as u64);
    let own_hash = shape.options.hash_function != HashFunction::Default;
    let expected: &[Rule] = if own_hash { &[Rule::HashFunction] } else { &[] };
    // Pages of a queue that were never written look as zeroed ones do, and are
    // told of.
    let gap = |rule: &Rule| shape.options.method == Method::Queue && *rule == Rule::ZeroPage;
    let rules = report.findings.iter().map(|finding| finding.rule);
    let rules: Vec<Rule> = rules.filter(|rule| !gap(rule)).collect();
    assert_eq!(rules, expected, "{:?}", report.findings);
    let iterated: Vec<OwnedRecord> = database.records().map(Result::unwrap).collect();
    assert!(iterated == found, "iterating gives other records");
    let numbered = matches!(shape.options.method, Method::Recno | Method::Queue);
    if numbered {
        let pair = |record: OwnedRecord| (record.number.unwrap(), record.value);
        return Contents::Numbered(found.into_iter().map(pair).collect());
    }
    // Where a key stands again it says so.
    let mut before = None;
    for record in &found {
        let same = before == Some(&record.key);
        // A hash database of the library may hold a key in two places.
        let twice = same && shape.options.method == Method::Hash;
        assert!(record.repeats_key == same || twice);
        before = Some(&record.key);
    }
    let pairs = found
        .into_iter()
        .map(|record| (record.key, record.value))
        .collect();
    match shape.options.method {
        Method::Hash => Contents::ByKey(by_key(pairs)),
        _ => Contents::Ordered(pairs),
    }
}

/// Looks up keys and numbers that are there and that are not; how many.
fn look_up<S: PageSource>(database: &Read<'_, S>, shape: &Shape, contents: &Contents) -> u64 {
    let mut chance = Chance(shape.seed ^ 0x1001);
    let keys = match contents {
        Contents::Numbered(records) => return look_up_numbers(database, records),
        Contents::Ordered(records) => by_key(records.clone()),
        Contents::ByKey(keys) => keys.clone(),
    };
    let mut asked = 0;
    let step = keys.len().div_ceil(LOOKED_UP).max(1);
    for (key, values) in keys.iter().step_by(step) {
        assert!(database.get(key).unwrap() == *values, "{key:02x?}");
        asked += 1;
    }
    let first = keys.keys().next().cloned().unwrap_or_default();
    let last = keys.keys().next_back().cloned().unwrap_or_default();
    let mut others: BTreeSet<Vec<u8>> = [Vec::new(), vec![0xff; 40], vec![0; 3]].into();
    for near in [first, last] {
        others.insert([near.as_slice(), b"\0"].concat());
        others.insert(near[..near.len().saturating_sub(1)].to_vec());
    }
    while others.len() < ABSENT {
        let bytes = chance.next().to_be_bytes();
        others.insert([&b"kkkk"[..chance.below(5)], &bytes].concat());
    }
    for key in others.iter().filter(|key| !keys.contains_key(*key)) {
        assert!(database.get(key).unwrap().is_empty(), "{key:02x?}");
        asked += 1;
    }
    assert!(database.get_record(1).is_err());
    asked
}

fn look_up_numbers<S: PageSource>(database: &Read<'_, S>, records: &[(u32, Vec<u8>)]) -> u64 {
    let there: BTreeMap<u32, &Vec<u8>> = records.iter().map(|(n, value)| (*n, value)).collect();
    let last = there.keys().next_back().copied().unwrap_or_default();
    let step = (last as usize + 50) / (2 * LOOKED_UP) + 1;
    let mut numbers: BTreeSet<u32> = (0..last + 50).step_by(step).collect();
    numbers.extend([0, 1, last, last + 1, u32::MAX]);
    for number in &numbers {
        let found = database.get_record(*number).unwrap();
        assert!(found.as_ref() == there.get(number).copied(), "{number}");
    }
    assert!(database.get(b"key").is_err());
    numbers.len() as u64
}

/// What was compared, for the line at the end.
#[derive(Debug, Default)]
struct Counts {
    databases: BTreeMap<&'static str, u64>,
    records: usize,
    looked_up: u64,
    not_made: u64,
}

fn compare<S: PageSource>(path: &Path, database: &Read<'_, S>, shape: &Shape, to: &mut Counts) {
    let expected = theirs(path, &shape.options);
    let found = ours(database, shape);
    assert!(found == expected, "read other records");
    to.records += expected.len();
    to.looked_up += look_up(database, shape, &expected);
    let kind = match shape.options.method {
        Method::Btree => "btree",
        Method::Hash => "hash",
        Method::Recno => "recno",
        Method::Queue => "queue",
    };
    assert_eq!(database.meta().method_name(), kind);
    *to.databases.entry(kind).or_default() += 1;
}

fn common(chance: &mut Chance) -> Common {
    Common {
        page_size: 512 << chance.below(8),
        byte_order: chance.pick(&[ByteOrder::Little, ByteOrder::Big]),
        checksums: chance.percent(40),
    }
}

/// A file of one database.
fn one(chance: &mut Chance, path: &Path, counts: &mut Counts) {
    let method = chance.pick(&[Method::Btree, Method::Hash, Method::Recno, Method::Queue]);
    let common = common(chance);
    let shape = Shape::new(chance, method, common, None);
    // Shown with a failure, whichever assertion it is.
    println!("{shape:?}");
    if !shape.make(path) {
        counts.not_made += 1;
        return;
    }
    let file = DatabaseFile::open(MappedSource::open(path).unwrap()).unwrap();
    compare(path, &file.database(), &shape, counts);
}

/// A file of several named databases.
fn several(chance: &mut Chance, path: &Path, counts: &mut Counts) {
    let common = common(chance);
    let mut shapes = BTreeMap::new();
    for index in 0..=chance.below(5) {
        let method = chance.pick(&[Method::Btree, Method::Hash, Method::Recno]);
        let name = format!("{} {index}", chance.pick(&["a", "name", "Zz", "éü"]));
        let shape = Shape::new(chance, method, common, Some(name.clone()));
        println!("{shape:?}");
        if !shape.make(path) {
            counts.not_made += 1;
            return;
        }
        shapes.insert(name.into_bytes(), shape);
    }
    let file = DatabaseFile::open(FileSource::open(path).unwrap()).unwrap();
    assert!(file.meta().is_directory());
    let names = file.names().unwrap();
    let listed: Vec<&[u8]> = names.iter().map(|entry| entry.name.as_slice()).collect();
    assert!(listed.iter().copied().eq(shapes.keys().map(Vec::as_slice)));
    for (entry, shape) in names.iter().zip(shapes.values()) {
        assert!(!entry.little_endian);
        compare(path, &file.at(entry).unwrap(), shape, counts);
    }
    *counts.databases.entry("files of several").or_default() += 1;
}

#[test]
fn the_first_half_reads_the_same() {
    let cases = number("ORACLE_CASES", CASES);
    read(0..cases / 2);
}

#[test]
fn the_second_half_reads_the_same() {
    let cases = number("ORACLE_CASES", CASES);
    read(cases / 2..cases);
}

fn read(cases: Range<u64>) {
    let first = number("ORACLE_SEED", 1).wrapping_mul(1_000_003);
    let count = cases.end - cases.start;
    let mut counts = Counts::default();
    for case in cases {
        println!("case {case}");
        let mut chance = Chance(first.wrapping_add(case) ^ 0xd1ff);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("made.db");
        if chance.percent(20) {
            several(&mut chance, &path, &mut counts);
        } else {
            one(&mut chance, &path, &mut counts);
        }
    }
    let read = count - counts.not_made;
    println!("{read} files read as the real library reads them: {counts:?}");
    assert!(read * 10 >= count * 9, "the library made too few");
    let kinds = ["btree", "hash", "recno", "queue", "files of several"];
    for kind in kinds {
        assert!(count < 100 || counts.databases.contains_key(kind), "{kind}");
    }
}
