//! A database whose application compares keys in its own way keeps its order:
//! the real library, told of that order, verifies the new file and finds every
//! key in it. So with duplicates of both kinds, on their leaf and off it, with
//! record numbers and with checksums.

mod support;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use csmigrate::report::RecordOrder;
use oracle::compose::{StoreFile, StorePlan, compose};
use oracle::{ByteOrder, Database, DatabaseOptions, Duplicates, Exercise, Order, Record, Verify};
use support::{Places, copies, installed_verify, records};

/// Enough keys for several levels. Some share long starts, some are too long
/// for a leaf, some data go to overflow pages, and of two sets of duplicates
/// one stays on its leaf and one does not.
fn made(path: &Path, options: &DatabaseOptions) {
    let database = Database::create(None, path, options).unwrap();
    for number in 0..4000_u32 {
        let spread = number.wrapping_mul(0x9e37_79b1);
        let mut key = format!("event {:03} of calendar {spread:08x}", spread % 400).into_bytes();
        if number % 97 == 0 {
            key.resize(key.len() + 900, b'k');
        }
        let length = if number % 50 == 1 { 5000 } else { 30 };
        let value = vec![b'v'; length];
        database.put(None, &key, &value).unwrap();
        if options.duplicates != Duplicates::None {
            let further = match number % 100 {
                1 => 300,
                7 => 3,
                _ => 0,
            };
            for copy in (0..further).rev() {
                let value = format!("duplicate {copy:04} {}", "d".repeat(copy % 40));
                database.put(None, &key, value.as_bytes()).unwrap();
            }
        }
    }
    // Emptied and thinned out leaves.
    for number in (0..4000_u32).filter(|number| number % 5 == 0) {
        let spread = number.wrapping_mul(0x9e37_79b1);
        let key = format!("event {:03} of calendar {spread:08x}", spread % 400);
        database.delete(None, key.as_bytes()).unwrap();
    }
    database.close().unwrap();
}

fn variants() -> Vec<(&'static str, DatabaseOptions)> {
    let plain = DatabaseOptions {
        page_size: Some(1024),
        ..DatabaseOptions::default()
    };
    let unsorted = DatabaseOptions {
        duplicates: Duplicates::Unsorted,
        ..plain.clone()
    };
    let sorted = DatabaseOptions {
        duplicates: Duplicates::Sorted,
        ..plain.clone()
    };
    let numbered = DatabaseOptions {
        record_numbers: true,
        ..plain.clone()
    };
    let summed = DatabaseOptions {
        checksums: true,
        ..plain.clone()
    };
    let summed_duplicates = DatabaseOptions {
        checksums: true,
        ..unsorted.clone()
    };
    vec![
        ("plain", plain),
        ("unsorted duplicates", unsorted),
        ("sorted duplicates", sorted),
        ("record numbers", numbered),
        ("checksums", summed),
        ("checksums and duplicates", summed_duplicates),
    ]
}

/// Every key is found where the tree says it is, with its first datum.
fn assert_found(file: &Path, order: Order, expected: &[Record], of: &str) {
    let options = DatabaseOptions {
        order,
        ..DatabaseOptions::default()
    };
    let mut first: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
    for (key, value) in expected {
        first.entry(key).or_insert(value);
    }
    let database = Database::open_read_only(None, file, &options).unwrap();
    for (key, value) in first {
        let found = database.get(None, key).unwrap();
        assert_eq!(found.as_deref(), Some(value), "{of}");
    }
    database.close().unwrap();
}

fn judge(order: Order, byte_order: ByteOrder, expected_order: RecordOrder) {
    let name = StoreFile::Events.name();
    for (what, options) in variants() {
        let of = format!("{what}, {order:?}, {byte_order:?}");
        let options = DatabaseOptions {
            order,
            byte_order,
            ..options
        };
        let source = tempfile::tempdir().unwrap();
        compose(&StorePlan::default(), source.path()).unwrap();
        let events = source.path().join(name);
        fs::remove_file(&events).unwrap();
        made(&events, &options);
        let copies = copies(source.path());
        let copy = copies.path().join(name);

        let places = Places::new();
        let report = places.migrate(source.path(), false).unwrap();
        let told = report
            .files
            .iter()
            .find(|file| file.name == OsStr::new(name))
            .unwrap();
        assert_eq!(told.order, expected_order, "{of}");
        let warned = told.warnings.iter().any(|it| it.text.contains("bytewise"));
        assert_eq!(warned, expected_order == RecordOrder::AsFound, "{of}");

        let new = places.target.join(name);
        let verify = Verify {
            order,
            ..Verify::default()
        };
        verify
            .run(&new)
            .unwrap_or_else(|error| panic!("{of}: {error}"));
        let expected = records(&copy, order);
        assert!(records(&new, order) == expected, "{of}");
        assert_eq!(told.records_written, expected.len() as u64, "{of}");
        assert_found(&new, order, &expected, &of);
        if order == Order::Bytewise {
            installed_verify(&new);
        }
        let exercise = Exercise {
            order,
            ..Exercise::default()
        };
        let summary = exercise.run(&places.target, &[name]).unwrap();
        assert_eq!(summary.records_before(), expected.len() as u64, "{of}");
        println!("{of}: {} records", expected.len());
    }
}

#[test]
fn a_reversed_order_is_kept() {
    judge(Order::Reversed, ByteOrder::Little, RecordOrder::AsFound);
    judge(Order::Reversed, ByteOrder::Big, RecordOrder::AsFound);
}

#[test]
fn the_librarys_own_order_is_known_for_it() {
    judge(Order::Bytewise, ByteOrder::Little, RecordOrder::Bytewise);
    judge(Order::Bytewise, ByteOrder::Big, RecordOrder::Bytewise);
}
