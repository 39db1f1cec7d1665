//! The safe API does with libdb what it says.

use std::fs;
use std::path::Path;

use oracle::{
    Bulk, BulkCopy, ByteOrder, Database, DatabaseOptions, Duplicates, Environment,
    EnvironmentOptions, HashFunction, Method, Order, Record, Verify, dump, verify, version,
};

fn create(path: &Path, options: &DatabaseOptions) -> Database {
    Database::create(None, path, options).unwrap()
}

#[test]
fn the_linked_library_is_the_one_the_feature_names() {
    let expected = if cfg!(feature = "v4_8") {
        (4, 8, 30)
    } else {
        (5, 3, 21)
    };
    assert_eq!(version(), expected);
}

#[test]
fn a_file_has_the_byte_order_that_was_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    for (name, byte_order, magic) in [
        ("le.db", ByteOrder::Little, [0x62, 0x31, 0x05, 0x00]),
        ("be.db", ByteOrder::Big, [0x00, 0x05, 0x31, 0x62]),
    ] {
        let path = dir.path().join(name);
        let options = DatabaseOptions {
            byte_order,
            ..DatabaseOptions::default()
        };
        let database = create(&path, &options);
        database.put(None, b"key", b"value").unwrap();
        database.close().unwrap();
        assert_eq!(fs::read(&path).unwrap()[12..16], magic);
        let database = Database::open(None, &path, &DatabaseOptions::default()).unwrap();
        assert_eq!(database.get(None, b"key").unwrap().unwrap(), b"value");
    }
}

#[test]
fn a_reversed_order_is_kept_and_judged_only_when_it_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("reversed.db");
    let options = DatabaseOptions {
        order: Order::Reversed,
        ..DatabaseOptions::default()
    };
    let database = create(&path, &options);
    for key in [b"b", b"a", b"c"] {
        database.put(None, key, b"").unwrap();
    }
    let keys: Vec<_> = database
        .read_all()
        .unwrap()
        .into_iter()
        .map(|(key, _)| key)
        .collect();
    assert_eq!(keys, [b"c", b"b", b"a"]);
    database.close().unwrap();

    let error = verify(&path).unwrap_err();
    assert!(error.is_verify_failure(), "{error}");
    let named = Verify {
        order: Order::Reversed,
        ..Verify::default()
    };
    named.run(&path).unwrap();
    let unknown = Verify {
        skip_order: true,
        ..Verify::default()
    };
    unknown.run(&path).unwrap();
}

#[test]
fn a_hash_function_of_its_own_is_judged_only_when_it_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("times33.db");
    let options = DatabaseOptions {
        method: Method::Hash,
        hash_function: HashFunction::Times33,
        ..DatabaseOptions::default()
    };
    let database = create(&path, &options);
    database.put(None, b"key", b"value").unwrap();
    database.close().unwrap();
    // Both libraries open the file without the function, and would look for
    // keys in the wrong buckets.
    let error = verify(&path).unwrap_err();
    assert!(error.is_verify_failure(), "{error}");
    let named = Verify {
        hash_function: HashFunction::Times33,
        ..Verify::default()
    };
    named.run(&path).unwrap();
    let unknown = Verify {
        skip_order: true,
        ..Verify::default()
    };
    unknown.run(&path).unwrap();
}

#[test]
fn one_duplicate_goes_and_the_others_stay() {
    let dir = tempfile::tempdir().unwrap();
    let environment = Environment::create(dir.path(), &EnvironmentOptions::default()).unwrap();
    for (name, duplicates, expected) in [
        ("dup.db", Duplicates::Unsorted, [b"3", b"2"]),
        ("dupsort.db", Duplicates::Sorted, [b"2", b"3"]),
    ] {
        let options = DatabaseOptions {
            duplicates,
            ..DatabaseOptions::default()
        };
        let path = Path::new(name);
        let database = Database::create(Some(&environment), path, &options).unwrap();
        for value in [b"3", b"1", b"2"] {
            database.put(None, b"key", value).unwrap();
        }
        assert!(database.delete_pair(None, b"key", b"1").unwrap());
        assert!(!database.delete_pair(None, b"key", b"1").unwrap());
        let values = database
            .read_all()
            .unwrap()
            .into_iter()
            .map(|(_, value)| value);
        assert_eq!(values.collect::<Vec<_>>(), expected);
        assert_eq!(database.duplicates().unwrap(), duplicates);
        assert!(database.delete(None, b"key").unwrap());
        assert!(!database.delete(None, b"key").unwrap());
    }
}

#[test]
fn a_commit_lasts_and_an_abort_or_a_drop_takes_back() {
    let dir = tempfile::tempdir().unwrap();
    let environment = Environment::create(dir.path(), &EnvironmentOptions::default()).unwrap();
    let path = Path::new("a.db");
    let options = DatabaseOptions::default();
    let database = Database::create(Some(&environment), path, &options).unwrap();
    let put = |key: &[u8]| {
        let txn = environment.begin().unwrap();
        database.put(Some(&txn), key, b"value").unwrap();
        txn
    };
    put(b"committed").commit().unwrap();
    put(b"aborted").abort().unwrap();
    drop(put(b"dropped"));
    let records = database.read_all().unwrap();
    assert_eq!(records, [(b"committed".to_vec(), b"value".to_vec())]);
}

#[test]
fn an_environment_is_not_closed_under_an_open_database() {
    let dir = tempfile::tempdir().unwrap();
    let environment = Environment::create(dir.path(), &EnvironmentOptions::default()).unwrap();
    let path = Path::new("a.db");
    let options = DatabaseOptions::default();
    let database = Database::create(Some(&environment), path, &options).unwrap();
    assert!(environment.close().is_err());
    database.put(None, b"still", b"open").unwrap();
}

#[test]
fn a_transaction_of_another_environment_is_refused() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mine = Environment::create(one.path(), &EnvironmentOptions::default()).unwrap();
    let other = Environment::create(two.path(), &EnvironmentOptions::default()).unwrap();
    let path = Path::new("a.db");
    let options = DatabaseOptions::default();
    let database = Database::create(Some(&mine), path, &options).unwrap();
    let txn = other.begin().unwrap();
    assert!(database.put(Some(&txn), b"key", b"value").is_err());
}

#[test]
fn numbered_records_come_back_under_their_numbers() {
    let dir = tempfile::tempdir().unwrap();
    for method in [Method::Recno, Method::Queue] {
        let options = DatabaseOptions {
            method,
            record_length: Some(8),
            ..DatabaseOptions::default()
        };
        let database = create(&dir.path().join(format!("{method:?}.db")), &options);
        assert_eq!(database.append(None, b"first").unwrap(), 1);
        assert_eq!(database.append(None, b"second").unwrap(), 2);
        let records = database.read_all().unwrap();
        let values: Vec<_> = records.iter().map(|(_, value)| value.len()).collect();
        assert_eq!(values, [8, 8]);
    }
}

#[test]
fn damage_is_found_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let options = DatabaseOptions {
        page_size: Some(512),
        ..DatabaseOptions::default()
    };
    let database = create(&path, &options);
    for number in 0..1000_u32 {
        database.put(None, &number.to_be_bytes(), &[1; 20]).unwrap();
    }
    database.close().unwrap();
    verify(&path).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    bytes[512 * 5 + 25] = 0x55;
    fs::write(&path, bytes).unwrap();
    let error = verify(&path).unwrap_err();
    assert!(!error.messages().is_empty(), "{error}");
}

#[test]
fn a_missing_file_is_an_error_and_is_not_made() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("absent.db");
    let error = Database::open(None, &path, &DatabaseOptions::default()).unwrap_err();
    assert_eq!(error.code(), 2);
    assert!(error.doing().contains("absent.db"));
    assert!(!path.exists());
}

#[test]
fn a_dump_is_text_that_db_load_knows() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let options = DatabaseOptions {
        page_size: Some(4096),
        duplicates: Duplicates::Unsorted,
        ..DatabaseOptions::default()
    };
    let database = create(&path, &options);
    database.put(None, b"key", b"a\\b\r\n").unwrap();
    database.put(None, b"key", b"").unwrap();
    database.close().unwrap();
    let expected = "VERSION=3\nformat=print\ntype=btree\nduplicates=1\ndb_pagesize=4096\n\
                    HEADER=END\n key\n a\\\\b\\0d\\0a\n key\n \nDATA=END\n";
    assert_eq!(dump(&path).unwrap(), expected);
}

/// Records with overflow items and duplicates among them.
fn many(duplicates: Duplicates) -> Vec<Record> {
    let mut records = Vec::new();
    for number in 0..5000_u32 {
        let copies = match duplicates {
            Duplicates::None => 1,
            _ => 1 + u32::from(number % 10 == 0) * (number % 7) + u32::from(number == 500) * 400,
        };
        for copy in 0..copies {
            let length = 20 + (number as usize * 7 + copy as usize) % 100;
            let mut value = format!("value {copy:05} ").into_bytes();
            value.resize(length + usize::from(number % 1000 == 3) * 2_000_000, b'v');
            records.push((format!("key {number:06}").into_bytes(), value));
        }
    }
    records
}

#[test]
fn many_records_at_a_time_are_the_same_records() {
    let dir = tempfile::tempdir().unwrap();
    for method in [Method::Btree, Method::Hash] {
        for duplicates in [Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted] {
            let options = DatabaseOptions {
                method,
                duplicates,
                page_size: Some(1024),
                ..DatabaseOptions::default()
            };
            let records = many(duplicates);
            let path = dir.path().join(format!("{method:?}-{duplicates:?}.db"));
            let database = create(&path, &options);
            let mut bulk = Bulk::new(1 << 20);
            for (key, value) in &records {
                if bulk.push(key, value) {
                    continue;
                }
                database.put_bulk(None, &mut bulk).unwrap();
                bulk.clear();
                if !bulk.push(key, value) {
                    bulk = Bulk::new(key.len() + value.len() + 1024);
                    assert!(bulk.push(key, value));
                }
            }
            database.put_bulk(None, &mut bulk).unwrap();
            let mut one_by_one = database.read_all().unwrap();
            let mut together: Vec<Record> = Vec::new();
            database
                .for_each_bulk(&mut Bulk::new(4096), |bulk| {
                    together.extend(
                        bulk.iter()
                            .map(|(key, value)| (key.to_vec(), value.to_vec())),
                    );
                    Ok(())
                })
                .unwrap();
            assert!(together == one_by_one);
            database.close().unwrap();
            verify(&path).unwrap();

            let copy = path.with_extension("copy");
            assert_eq!(
                BulkCopy::default().run(&path, &copy).unwrap(),
                records.len() as u64
            );
            verify(&copy).unwrap();
            let copy = Database::open_read_only(None, &copy, &options).unwrap();
            let mut copied = copy.read_all().unwrap();
            let mut records = records;
            // Stable: the duplicates of a key stay as they are.
            for records in [&mut copied, &mut one_by_one, &mut records] {
                records.sort_by(|left, right| left.0.cmp(&right.0));
            }
            assert!(copied == one_by_one && one_by_one == records);
        }
    }
}

#[test]
fn a_tree_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let options = DatabaseOptions {
        page_size: Some(512),
        ..DatabaseOptions::default()
    };
    let path = dir.path().join("a.db");
    let database = create(&path, &options);
    for number in 0..1000_u32 {
        database.put(None, &number.to_be_bytes(), &[1; 20]).unwrap();
    }
    database.put(None, b"long", &[1; 2000]).unwrap();
    let found = database.tree_statistics().unwrap();
    database.close().unwrap();
    assert_eq!((found.keys, found.records, found.levels), (1001, 1001, 3));
    let pages = fs::metadata(&path).unwrap().len() / 512;
    assert_eq!(u64::from(found.pages), pages);
    let in_use = 1 + found.internal + found.leaves + found.overflow;
    assert_eq!((in_use, found.free, found.duplicates), (found.pages, 0, 0));
}
