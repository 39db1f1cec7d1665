//! Finished files can be put to work in an environment of their own.

use std::fs;
use std::path::Path;

use oracle::{
    ByteOrder, Database, DatabaseOptions, Duplicates, Environment, EnvironmentOptions, Exercise,
    HashFunction, Method, Order, exercise, verify,
};

/// A finished file with 3000 records under as many keys, or a third as many.
fn file(path: &Path, options: &DatabaseOptions) {
    let database = Database::create(None, path, options).unwrap();
    let keys = if options.duplicates == Duplicates::None {
        3000
    } else {
        1000
    };
    for number in 0..3000_u32 {
        let key = format!("key {:05}", number % keys);
        let value = format!("value {number:05}").repeat(1 + number as usize % 20);
        database
            .put(None, key.as_bytes(), value.as_bytes())
            .unwrap();
    }
    database.close().unwrap();
}

fn small_pages() -> DatabaseOptions {
    DatabaseOptions {
        page_size: Some(1024),
        ..DatabaseOptions::default()
    }
}

#[test]
fn lone_files_of_every_layout_work_in_a_fresh_environment() {
    let layouts = [
        (
            "btree-le.db",
            DatabaseOptions {
                byte_order: ByteOrder::Little,
                ..small_pages()
            },
        ),
        (
            "btree-be.db",
            DatabaseOptions {
                byte_order: ByteOrder::Big,
                ..small_pages()
            },
        ),
        (
            "btree-dup.db",
            DatabaseOptions {
                duplicates: Duplicates::Unsorted,
                ..small_pages()
            },
        ),
        (
            "btree-dupsort.db",
            DatabaseOptions {
                duplicates: Duplicates::Sorted,
                ..small_pages()
            },
        ),
        (
            "btree-recnum.db",
            DatabaseOptions {
                record_numbers: true,
                ..small_pages()
            },
        ),
        (
            "btree-checksum.db",
            DatabaseOptions {
                checksums: true,
                ..small_pages()
            },
        ),
        (
            "hash-be.db",
            DatabaseOptions {
                method: Method::Hash,
                byte_order: ByteOrder::Big,
                ..small_pages()
            },
        ),
        (
            "hash-dup.db",
            DatabaseOptions {
                method: Method::Hash,
                duplicates: Duplicates::Unsorted,
                ..small_pages()
            },
        ),
    ];
    let dir = tempfile::tempdir().unwrap();
    for (name, options) in &layouts {
        file(&dir.path().join(name), options);
    }
    let names: Vec<_> = layouts.iter().map(|(name, _)| name).collect();
    let summary = exercise(dir.path(), &names).unwrap();
    assert_eq!(summary.databases.len(), layouts.len());
    assert_eq!(summary.records_before(), 3000 * layouts.len() as u64);
    for database in &summary.databases {
        assert_eq!(
            database.before + database.put,
            database.deleted + database.after
        );
        let path = dir.path().join(&database.file);
        let lone = Database::open_read_only(None, &path, &DatabaseOptions::default()).unwrap();
        assert_eq!(lone.count().unwrap(), database.after);
    }
}

#[test]
fn files_with_an_order_or_a_hash_of_their_own_work_when_it_is_named() {
    let reversed = DatabaseOptions {
        order: Order::Reversed,
        ..small_pages()
    };
    let times33 = DatabaseOptions {
        method: Method::Hash,
        hash_function: HashFunction::Times33,
        ..small_pages()
    };
    let dir = tempfile::tempdir().unwrap();
    file(&dir.path().join("reversed.db"), &reversed);
    file(&dir.path().join("times33.db"), &times33);
    let order = Exercise {
        order: Order::Reversed,
        ..Exercise::default()
    };
    let hash = Exercise {
        hash_function: HashFunction::Times33,
        ..Exercise::default()
    };
    for (run, name) in [(order, "reversed.db"), (hash, "times33.db")] {
        let summary = run.run(dir.path(), &[name]).unwrap();
        assert_eq!(summary.records_before(), 3000);
    }
}

#[test]
fn numbered_files_work_in_a_fresh_environment() {
    let variants = [
        ("variable.db", Method::Recno, None, false),
        ("fixed.db", Method::Recno, Some(30), false),
        ("renumbered.db", Method::Recno, None, true),
        ("queue.db", Method::Queue, Some(30), false),
    ];
    let dir = tempfile::tempdir().unwrap();
    for (name, method, record_length, renumber) in variants {
        let options = DatabaseOptions {
            method,
            record_length,
            renumber,
            ..small_pages()
        };
        let database = Database::create(None, &dir.path().join(name), &options).unwrap();
        for number in 0..3000_u32 {
            let value = format!("value {number:05}");
            database.append(None, value.as_bytes()).unwrap();
        }
        database.close().unwrap();
    }
    let ten_thousand = Exercise {
        records: 10_000,
        ..Exercise::default()
    };
    for (name, ..) in variants {
        let summary = ten_thousand.run(dir.path(), &[name]).unwrap();
        let [database] = summary.databases.as_slice() else {
            panic!("one database");
        };
        assert_eq!((database.before, database.put), (3000, 10_000));
        assert_eq!((database.deleted, database.after), (10_000, 3000));
        let reopened =
            Database::open_read_only(None, &dir.path().join(name), &DatabaseOptions::default());
        assert_eq!(reopened.unwrap().count().unwrap(), 3000);
    }
}

#[test]
fn every_sub_database_of_a_file_is_exercised() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("many.db");
    for (name, method) in [("first", Method::Btree), ("second", Method::Hash)] {
        let options = DatabaseOptions {
            method,
            name: Some(name.into()),
            ..small_pages()
        };
        file(&path, &options);
    }
    let summary = exercise(dir.path(), &["many.db"]).unwrap();
    let names: Vec<_> = summary
        .databases
        .iter()
        .map(|d| d.database.as_deref())
        .collect();
    assert_eq!(names, [Some("first"), Some("second")]);
    assert_eq!(summary.records_before(), 6000);
}

#[test]
fn a_file_with_log_positions_of_another_environment_is_refused() {
    let old = tempfile::tempdir().unwrap();
    let environment = Environment::create(old.path(), &EnvironmentOptions::default()).unwrap();
    let name = Path::new("a.db");
    let database = Database::create(Some(&environment), name, &small_pages()).unwrap();
    for number in 0..2000_u32 {
        database.put(None, &number.to_be_bytes(), &[7; 50]).unwrap();
    }
    database.close().unwrap();
    environment.close().unwrap();

    let new = tempfile::tempdir().unwrap();
    fs::copy(old.path().join(name), new.path().join(name)).unwrap();
    verify(&new.path().join(name)).unwrap();
    let error = exercise(new.path(), &[name]).unwrap_err();
    assert!(error.to_string().contains("past end of log"), "{error}");
}
