//! The real library can go on working in what `bdbfile` has written: in a
//! fresh transactional environment it puts 10,000 records into each database,
//! deletes as many and more, writes a checkpoint, and verifies the file again.
//! A tree that only looks right fails here.
//!
//! Converted samples are worked in as well, one of each kind of contents;
//! `ORACLE_CONVERSIONS=all` takes all that big-endian libraries wrote.

mod support;

use std::fs::File;
use std::path::Path;

use bdbfile::convert::{ConvertOptions, convert};
use bdbfile::layout::{Endian, PageLayout};
use bdbfile::read::DatabaseFile;
use bdbfile::source::MappedSource;
use bdbfile::write::{
    BtreeParams, Duplicates, FileParams, FileSink, FixedLength, HashParams, QueueParams,
    RecnoParams,
};
use oracle::{Durability, EnvironmentOptions, Exercise, Exercised, Record};
use support::chance::Chance;
use support::samples;
use support::written::{Contents, judge, write_one, write_several};

/// Records put, and the least deleted.
const RECORDS: u32 = 10_000;

/// Works in a file in an environment of its own.
fn work(dir: &Path, file: &str, page_size: u32) -> Vec<Exercised> {
    let exercise = Exercise {
        records: RECORDS,
        environment: EnvironmentOptions {
            cache_bytes: 32 << 20,
            page_size,
            max_locks: 200_000,
            durability: Durability::Buffered,
            ..EnvironmentOptions::default()
        },
        ..Exercise::default()
    };
    let summary = exercise.run(dir, &[file]);
    let summary = summary.unwrap_or_else(|error| panic!("{error}"));
    for database in &summary.databases {
        assert!(database.put >= u64::from(RECORDS), "{database:?}");
        assert!(database.deleted >= u64::from(RECORDS), "{database:?}");
    }
    summary.databases
}

/// Records of several levels, with overflow keys and data and with duplicates
/// on the leaf and off it.
fn keyed(page_size: u32, duplicates: Duplicates) -> Vec<Record> {
    let page = page_size as usize;
    let mut chance = Chance(u64::from(page_size));
    let mut records = Vec::new();
    for number in 0..8000_u32 {
        let mut key = format!("calendar {:03} event {number:06}", number / 100).into_bytes();
        if number % 397 == 0 {
            key.resize(page / 2 + chance.below(page), b'k');
        }
        let copies = match (duplicates, number) {
            (Duplicates::None, _) => 1,
            (_, 777) => 5000,
            (_, number) if number % 500 == 3 => 300,
            (_, number) if number % 10 == 5 => 3,
            _ => 1,
        };
        for copy in 0..copies {
            let mut value = format!("{copy:05}").into_bytes();
            let length = if (number + copy) % 101 == 0 {
                page / 3 + chance.below(2 * page)
            } else {
                5 + chance.below(60)
            };
            value.resize(length, b'v');
            records.push((key.clone(), value));
        }
    }
    records
}

fn numbered(count: u32, length: usize) -> Vec<(u32, Vec<u8>)> {
    (1..=count)
        .map(|number| (number, vec![b'r'; number as usize % (length + 1)]))
        .collect()
}

/// Every kind of database, for a file of a layout.
fn every_kind(layout: PageLayout) -> Vec<Contents> {
    let mut all = Vec::new();
    let older = usize::from(!layout.checksums && layout.endian == Endian::Big);
    for duplicates in [Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted] {
        let records = keyed(layout.page_size, duplicates);
        let btree = BtreeParams {
            version: [9, 8][older],
            duplicates,
            ..BtreeParams::default()
        };
        all.push(Contents::Btree(btree.clone(), 4, records.clone()));
        if duplicates == Duplicates::None {
            let counted = BtreeParams {
                record_numbers: true,
                ..btree
            };
            all.push(Contents::Btree(counted, 4, records.clone()));
        }
        for version in [[8, 9], [7, 9]][older] {
            let hash = HashParams {
                version,
                duplicates,
                ..HashParams::default()
            };
            all.push(Contents::Hash(hash, records.clone()));
        }
    }
    let recno = RecnoParams {
        version: [9, 8][older],
        ..RecnoParams::default()
    };
    let fixed = FixedLength { len: 40, pad: b' ' };
    for recno in [
        recno.clone(),
        RecnoParams {
            renumber: true,
            ..recno.clone()
        },
        RecnoParams {
            fixed: Some(fixed),
            ..recno
        },
    ] {
        let length = if recno.fixed.is_some() { 40 } else { 700 };
        all.push(Contents::Recno(recno, numbered(12_000, length)));
    }
    all
}

fn worked_in(layout: PageLayout) {
    let params = FileParams {
        layout,
        file_id: *b"a file of the test..",
    };
    let mut all = Vec::new();
    let mut kinds = every_kind(layout);
    let queue = QueueParams {
        len: 40,
        pad: b' ',
        first: 1,
        next: 12_001,
    };
    kinds.push(Contents::Queue(queue, numbered(12_000, 40)));
    for contents in &kinds {
        // Shown with a failure, whichever assertion it is.
        println!("{layout:?}, {}", contents.describe());
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.db");
        write_one(&path, &params, contents);
        judge(&path, &[(None, contents)]);
        let worked = work(dir.path(), "a.db", layout.page_size);
        assert_eq!(worked[0].before, contents.len() as u64);
        all.extend(worked);
    }
    kinds.pop();
    let several: Vec<(String, Contents)> = (0..)
        .zip(kinds.into_iter().step_by(3))
        .map(|(index, contents)| (format!("database {index}"), contents))
        .collect();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("several.db");
    println!("{layout:?}, several");
    write_several(&path, &params, &several);
    let worked = work(dir.path(), "several.db", layout.page_size);
    assert_eq!(worked.len(), several.len());
    all.extend(worked);
    say(&format!("{layout:?}"), &all);
}

fn say(what: &str, all: &[Exercised]) {
    let sum = |of: fn(&Exercised) -> u64| all.iter().map(of).sum::<u64>();
    println!(
        "{what}: {} databases of {} records worked in: {} put, {} deleted, {} left, verified again",
        all.len(),
        sum(|one| one.before),
        sum(|one| one.put),
        sum(|one| one.deleted),
        sum(|one| one.after)
    );
}

#[test]
fn small_pages_go_on_working() {
    worked_in(PageLayout {
        endian: Endian::Little,
        page_size: 512,
        checksums: false,
        bit_fields: false,
    });
}

#[test]
fn older_versions_in_the_other_byte_order_go_on_working() {
    worked_in(PageLayout {
        endian: Endian::Big,
        page_size: 4096,
        checksums: false,
        bit_fields: false,
    });
}

#[test]
fn checksummed_pages_go_on_working() {
    worked_in(PageLayout {
        endian: Endian::Big,
        page_size: 2048,
        checksums: true,
        bit_fields: false,
    });
}

#[test]
fn large_pages_go_on_working() {
    worked_in(PageLayout {
        endian: Endian::Little,
        page_size: 65536,
        checksums: false,
        bit_fields: false,
    });
}

#[test]
fn converted_samples_go_on_working() {
    let Some(root) = samples::root() else { return };
    let whole = std::env::var("ORACLE_CONVERSIONS").is_ok_and(|text| text == "all");
    let writer = if whole { "sparc-" } else { "sparc-4.2.52" };
    let mut all = Vec::new();
    for sample in samples::all(&root) {
        let name = sample.path.display().to_string();
        let of_the_writer = name.contains(writer) && !name.contains("/odd/");
        // Of those in several page sizes the one that is the default.
        if !of_the_writer || !name.ends_with("-be.db") || sample.is_encrypted() {
            continue;
        }
        println!("{name}");
        let file = DatabaseFile::open(MappedSource::open(&sample.path).unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("converted.db");
        let sink = || {
            let file = File::create(&path).unwrap();
            Ok(FileSink::new(path.display().to_string(), file))
        };
        let options = ConvertOptions {
            file_id: *b"a converted sample..",
            ..ConvertOptions::default()
        };
        convert(&file, sink, &options).unwrap();
        all.extend(work(dir.path(), "converted.db", 4096));
    }
    say("converted samples", &all);
    assert!(all.len() > 20);
}
