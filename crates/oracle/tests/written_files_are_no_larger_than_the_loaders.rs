//! What `bdbfile` builds of sorted records is at most 1.02 times as large as
//! what the real library makes of them when it puts one after the other, as
//! its loader does, and its trees are no higher.

mod support;

use std::fs;
use std::path::Path;

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::write::{BtreeParams, Duplicates, FileParams, FixedLength, HashParams, RecnoParams};
use oracle::{Database, DatabaseOptions, Method, Record, TreeStatistics};
use support::chance::Chance;
use support::written::{Contents, judge, write_one};

/// Lengths of keys and data.
#[derive(Debug, Clone, Copy)]
enum Shape {
    /// Keys and data of a few bytes.
    Tiny,
    /// Like the entries of a calendar store.
    Calendar,
    /// The same with some data on overflow pages.
    CalendarWithOverflow,
    /// Data of about the same length, of which few fit a page.
    Bulky,
    /// Long keys that begin alike.
    LongKeys,
    /// Duplicates on the leaf and off it.
    Copies,
    /// The same with some of them on overflow pages.
    CopiesWithOverflow,
}

fn records(shape: Shape, page_size: u32) -> Vec<Record> {
    let page = page_size as usize;
    let mut chance = Chance(u64::from(page_size));
    let mut records = Vec::new();
    let (count, with_overflow) = match shape {
        Shape::Tiny => (100_000, false),
        Shape::Bulky => (10_000, false),
        Shape::CalendarWithOverflow => (20_000, true),
        Shape::Copies => (5_000, false),
        Shape::CopiesWithOverflow => (5_000, true),
        _ => (30_000, false),
    };
    for number in 0..count {
        let mut key = format!("calendar {:04}\0event {number:08}", number / 400).into_bytes();
        let (least, most) = match shape {
            Shape::Tiny => (0, 8),
            Shape::Bulky => (page / 6, page / 4),
            Shape::LongKeys => (5, 20),
            _ => (20, 320),
        };
        match shape {
            Shape::Tiny => key = u32::to_be_bytes(number).to_vec(),
            Shape::LongKeys => key
                .splice(0..0, vec![b'k'; (page / 8).min(200)])
                .for_each(drop),
            _ => {}
        }
        let copies = match (shape, number % 500) {
            (Shape::Copies | Shape::CopiesWithOverflow, 0) => 2000,
            (Shape::Copies | Shape::CopiesWithOverflow, 1..50) => 4,
            _ => 1,
        };
        for copy in 0..copies {
            let mut value = if copies > 1 {
                format!("{copy:08} ").into_bytes()
            } else {
                Vec::new()
            };
            let length = if with_overflow && (number + copy) % 50 == 0 {
                3000 + chance.below(20_000)
            } else {
                least + chance.below(most - least + 1)
            };
            value.resize(value.len() + length, b'v');
            records.push((key.clone(), value));
        }
    }
    records
}

fn file_params(page_size: u32, checksums: bool) -> FileParams {
    FileParams {
        layout: PageLayout {
            endian: Endian::Little,
            page_size,
            checksums,
            bit_fields: false,
        },
        ..FileParams::default()
    }
}

/// What the library makes of records, put one after the other.
fn load(path: &Path, contents: &Contents, options: &DatabaseOptions) {
    let database = Database::create(None, path, options).unwrap();
    match contents {
        Contents::Btree(_, _, records) | Contents::Hash(_, records) => {
            for (key, value) in records {
                database.put(None, key, value).unwrap();
            }
        }
        Contents::Recno(_, records) | Contents::Queue(_, records) => {
            for (_, value) in records {
                database.append(None, value).unwrap();
            }
        }
    }
    database.close().unwrap();
}

fn levels(path: &Path, options: &DatabaseOptions) -> TreeStatistics {
    if options.method == Method::Hash {
        return TreeStatistics::default();
    }
    let database = Database::open_read_only(None, path, options).unwrap();
    let statistics = database.tree_statistics().unwrap();
    database.close().unwrap();
    statistics
}

/// Builds and loads the same, and compares the files.
fn compare(what: &str, params: &FileParams, contents: &Contents) {
    let dir = tempfile::tempdir().unwrap();
    let (loaded, built) = (dir.path().join("loaded.db"), dir.path().join("built.db"));
    let mut options = DatabaseOptions {
        page_size: Some(params.layout.page_size),
        checksums: params.layout.checksums,
        cache_bytes: Some(64 << 20),
        ..DatabaseOptions::default()
    };
    match contents {
        Contents::Btree(params, ..) => {
            options.duplicates = theirs(params.duplicates);
            options.record_numbers = params.record_numbers;
        }
        Contents::Hash(params, _) => {
            options.method = Method::Hash;
            options.duplicates = theirs(params.duplicates);
        }
        Contents::Recno(params, _) => {
            options.method = Method::Recno;
            options.record_length = params.fixed.map(|fixed| fixed.len);
        }
        Contents::Queue(params, _) => {
            options.method = Method::Queue;
            options.record_length = Some(params.len);
        }
    }
    load(&loaded, contents, &options);
    write_one(&built, params, contents);
    judge(&built, &[(None, contents)]);
    let size = |path: &Path| fs::metadata(path).unwrap().len();
    let (theirs, ours) = (size(&loaded), size(&built));
    let (their_tree, our_tree) = (levels(&loaded, &options), levels(&built, &options));
    println!(
        "{what}, pages of {}: loaded {theirs} bytes, {} levels; built {ours}, {} levels; {} per \
         mille",
        params.layout.page_size,
        their_tree.levels,
        our_tree.levels,
        ours * 1000 / theirs
    );
    assert!(our_tree.levels <= their_tree.levels, "higher");
    assert!(ours * 100 <= theirs * 102, "{ours} of {theirs}");
}

fn theirs(duplicates: Duplicates) -> oracle::Duplicates {
    match duplicates {
        Duplicates::None => oracle::Duplicates::None,
        Duplicates::Unsorted => oracle::Duplicates::Unsorted,
        Duplicates::Sorted => oracle::Duplicates::Sorted,
    }
}

#[test]
fn btrees_are_no_larger_and_no_higher() {
    for page_size in [512, 4096, 16384, 65536] {
        for shape in [
            Shape::Tiny,
            Shape::Calendar,
            Shape::CalendarWithOverflow,
            Shape::Bulky,
            Shape::LongKeys,
        ] {
            let input = records(shape, page_size);
            for (record_numbers, checksums) in [(false, false), (true, true)] {
                let btree = BtreeParams {
                    record_numbers,
                    ..BtreeParams::default()
                };
                let params = file_params(page_size, checksums);
                let what =
                    format!("btree, {shape:?}, numbers {record_numbers}, checksums {checksums}");
                compare(&what, &params, &Contents::Btree(btree, 1, input.clone()));
            }
        }
    }
}

#[test]
fn btrees_with_duplicates_are_no_larger_and_no_higher() {
    for page_size in [512, 4096, 16384, 65536] {
        for shape in [Shape::Copies, Shape::CopiesWithOverflow] {
            let input = records(shape, page_size);
            for duplicates in [Duplicates::Unsorted, Duplicates::Sorted] {
                let btree = BtreeParams {
                    duplicates,
                    ..BtreeParams::default()
                };
                let params = file_params(page_size, false);
                let what = format!("btree, {shape:?}, {duplicates:?}");
                compare(&what, &params, &Contents::Btree(btree, 1, input.clone()));
            }
        }
    }
}

#[test]
fn hash_databases_are_no_larger() {
    for page_size in [512, 4096, 65536] {
        for shape in [Shape::Tiny, Shape::Calendar, Shape::CalendarWithOverflow] {
            let input = records(shape, page_size);
            let params = file_params(page_size, false);
            let what = format!("hash, {shape:?}");
            compare(
                &what,
                &params,
                &Contents::Hash(HashParams::default(), input),
            );
        }
        for duplicates in [Duplicates::Unsorted, Duplicates::Sorted] {
            let input = records(Shape::Copies, page_size);
            let hash = HashParams {
                duplicates,
                ..HashParams::default()
            };
            let params = file_params(page_size, false);
            let what = format!("hash, {duplicates:?}");
            compare(&what, &params, &Contents::Hash(hash, input));
        }
    }
}

#[test]
fn numbered_databases_are_no_larger_and_no_higher() {
    for page_size in [512, 4096, 65536] {
        for fixed in [None, Some(FixedLength { len: 30, pad: b' ' })] {
            let length = if fixed.is_some() { 31 } else { 90 };
            let input: Vec<(u32, Vec<u8>)> = (1..=60_000)
                .map(|number| (number, vec![b'r'; number as usize % length]))
                .collect();
            let recno = RecnoParams {
                fixed,
                ..RecnoParams::default()
            };
            let params = file_params(page_size, false);
            let what = format!("recno, {fixed:?}");
            compare(&what, &params, &Contents::Recno(recno, input));
        }
    }
}
