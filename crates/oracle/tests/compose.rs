//! The composer writes what its plan says, and leaves it as it was told to.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use oracle::compose::{
    Composed, End, Format, Nature, Special, StoreFile, StorePlan, Surroundings, VERSION_FILE,
    compose,
};
use oracle::{
    ByteOrder, Database, DatabaseOptions, Environment, EnvironmentOptions, HashFunction, Method,
    Record, Recovery, verify,
};

fn records(file: &Path) -> Vec<Record> {
    let database = Database::open_read_only(None, file, &DatabaseOptions::default()).unwrap();
    let records = database.read_all().unwrap();
    database.close().unwrap();
    records
}

fn judge(plan: &StorePlan, dir: &Path, composed: &Composed) {
    for file in StoreFile::ALL {
        let path = dir.join(file.name());
        verify(&path).unwrap();
        let found = records(&path);
        assert_eq!(found, plan.contents(file), "{file}");
        assert_eq!(found.len() as u64, composed.count(file), "{file}");
    }
}

fn byte_order(file: &Path) -> ByteOrder {
    let head = fs::read(file).unwrap();
    match head[12..16] {
        [0x62, 0x31, 0x05, 0x00] => ByteOrder::Little,
        [0x00, 0x05, 0x31, 0x62] => ByteOrder::Big,
        _ => panic!("no btree: {}", file.display()),
    }
}

#[test]
fn a_store_verifies_and_holds_its_plan_in_both_byte_orders() {
    for order in [ByteOrder::Little, ByteOrder::Big] {
        for (duplicates, deletes) in [(false, false), (true, true)] {
            let plan = StorePlan {
                byte_order: order,
                duplicates,
                deletes,
                ..StorePlan::default()
            };
            let dir = tempfile::tempdir().unwrap();
            let composed = compose(&plan, dir.path()).unwrap();
            judge(&plan, dir.path(), &composed);
            for file in StoreFile::ALL {
                assert_eq!(byte_order(&dir.path().join(file.name())), order);
            }
        }
    }
}

#[test]
fn a_store_holds_its_plan_at_the_smallest_and_the_largest_page_size() {
    for page_size in [512, 65536] {
        let plan = StorePlan {
            page_size,
            duplicates: true,
            deletes: true,
            ..StorePlan::default()
        };
        let dir = tempfile::tempdir().unwrap();
        let composed = compose(&plan, dir.path()).unwrap();
        judge(&plan, dir.path(), &composed);
    }
}

#[test]
fn components_are_as_many_as_the_plan_asks_for() {
    let plan = StorePlan {
        calendars: 30,
        components: 17,
        ..StorePlan::default()
    };
    let count = |file| plan.contents(file).len();
    assert_eq!(count(StoreFile::Events) + count(StoreFile::Todos), 30 * 17);
    assert_eq!(count(StoreFile::Journals), 0);
}

#[test]
fn keys_are_unique_but_for_the_duplicates_asked_for() {
    let mut plan = StorePlan {
        calendars: 40,
        ..StorePlan::default()
    };
    let keys = |plan: &StorePlan, file| {
        let records = plan.contents(file);
        let keys: BTreeSet<_> = records.iter().map(|(key, _)| key.clone()).collect();
        (records.len(), keys.len())
    };
    for file in StoreFile::ALL {
        let (records, distinct) = keys(&plan, file);
        assert_eq!(records, distinct, "{file}");
    }
    plan.duplicates = true;
    let (records, distinct) = keys(&plan, StoreFile::DeleteLog);
    assert!(records > distinct);
}

#[test]
fn a_seed_fixes_the_records_and_another_changes_them() {
    let plan = StorePlan::default();
    let other = StorePlan {
        seed: 2,
        ..StorePlan::default()
    };
    let events = |plan: &StorePlan| plan.contents(StoreFile::Events);
    assert_eq!(events(&plan), events(&plan));
    assert_ne!(events(&plan), events(&other));
}

#[test]
fn every_special_component_is_there() {
    let everything = StorePlan {
        components: 20,
        specials: Special::ALL.iter().copied().collect(),
        ..StorePlan::default()
    };
    let dir = tempfile::tempdir().unwrap();
    for (name, count) in compose(&everything, dir.path()).unwrap().census.entries() {
        assert!(count > 0, "{name}");
    }
    let nothing = StorePlan {
        specials: BTreeSet::new(),
        ..everything
    };
    let dir = tempfile::tempdir().unwrap();
    let usual = ["masters", "exceptions", "hidden"];
    for (name, count) in compose(&nothing, dir.path()).unwrap().census.entries() {
        assert_eq!(count > 0, usual.contains(&name), "{name}");
    }
    let plan = StorePlan {
        components: 20,
        ..StorePlan::default()
    };
    let dir = tempfile::tempdir().unwrap();
    let composed = compose(&plan, dir.path()).unwrap();
    let entries = composed.census.entries();
    let usual = entries
        .iter()
        .take_while(|(name, _)| *name != "masters_without_instances");
    for (name, count) in usual.copied() {
        assert!(count > 0, "{name}");
    }
    let events_and_todos = || {
        let mut records = plan.contents(StoreFile::Events);
        records.extend(plan.contents(StoreFile::Todos));
        records
    };
    let holding = |text: &[u8]| {
        let holds = |value: &[u8]| value.windows(text.len()).any(|window| window == text);
        let records = events_and_todos();
        records.iter().filter(|(_, value)| holds(value)).count() as u64
    };
    let census = composed.census;
    assert_eq!(holding(b"\r\nX-NSCP-TOMBSTONE:1\r\n"), census.tombstones);
    assert_eq!(holding(b"\r\nDESCRIPTION:<NONE>\r\n"), census.none_texts);
    assert_eq!(holding(b"\r\nRECURRENCE-ID:"), census.exceptions);
    assert_eq!(holding(b"\r\nRRULE:"), census.masters);
    assert_eq!(
        plan.contents(StoreFile::Recurring).len() as u64,
        census.masters
    );
    let long = |limit: usize| move |bytes: &[u8]| bytes.len() > limit;
    let values = events_and_todos();
    let long_values = values.iter().filter(|(_, value)| long(3 * 4096)(value));
    assert_eq!(long_values.count() as u64, census.long_components);
    let long_keys = values.iter().filter(|(key, _)| long(1007)(key));
    assert_eq!(long_keys.count() as u64, census.long_keys);
}

/// Names in a store: databases, the version file, logs, regions.
fn names(dir: &Path) -> (usize, bool, usize, usize) {
    let entries = fs::read_dir(dir).unwrap();
    let names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let count = |start: &str| names.iter().filter(|name| name.starts_with(start)).count();
    let databases = StoreFile::ALL.map(StoreFile::name);
    let databases = databases
        .iter()
        .filter(|name| dir.join(name).exists())
        .count();
    let version = dir.join(VERSION_FILE).exists();
    (databases, version, count("log."), count("__db."))
}

#[test]
fn every_end_leaves_the_documented_files() {
    for end in [End::Clean, End::NoCheckpoint, End::Abandoned, End::Active] {
        let plan = StorePlan {
            end,
            ..StorePlan::default()
        };
        let dir = tempfile::tempdir().unwrap();
        compose(&plan, dir.path()).unwrap();
        let (databases, version, logs, regions) = names(dir.path());
        assert_eq!(
            (databases, version),
            (StoreFile::ALL.len(), true),
            "{end:?}"
        );
        assert!(logs > 0, "{end:?}");
        assert!(regions > 0, "{end:?}");
    }
}

#[test]
fn a_store_closed_without_checkpoint_is_complete_in_its_files() {
    let plan = StorePlan {
        end: End::NoCheckpoint,
        ..StorePlan::default()
    };
    let dir = tempfile::tempdir().unwrap();
    let composed = compose(&plan, dir.path()).unwrap();
    judge(&plan, dir.path(), &composed);
}

#[test]
fn an_abandoned_store_lacks_records_until_its_log_is_replayed() {
    let plan = StorePlan {
        end: End::Abandoned,
        ..StorePlan::default()
    };
    let dir = tempfile::tempdir().unwrap();
    let composed = compose(&plan, dir.path()).unwrap();
    let events = dir.path().join(StoreFile::Events.name());
    // Half of the calendars came after the checkpoint.
    let on_disk = fs::read(&events).unwrap();
    let late = b"\r\nORGANIZER;CN=\"";
    let seen = on_disk.windows(late.len()).filter(|window| window == late);
    assert!((seen.count() as u64) < composed.count(StoreFile::Events));

    recover(dir.path());
    judge(&plan, dir.path(), &composed);
}

#[test]
fn an_active_store_holds_uncommitted_records_until_they_are_rolled_back() {
    let plan = StorePlan {
        end: End::Active,
        ..StorePlan::default()
    };
    let dir = tempfile::tempdir().unwrap();
    let composed = compose(&plan, dir.path()).unwrap();
    assert!(composed.uncommitted > 0);
    let events = dir.path().join(StoreFile::Events.name());
    let found = records(&events).len() as u64;
    assert_eq!(
        found,
        composed.count(StoreFile::Events) + composed.uncommitted
    );

    recover(dir.path());
    judge(&plan, dir.path(), &composed);
}

fn recover(dir: &Path) {
    let options = EnvironmentOptions {
        recovery: Recovery::Normal,
        ..EnvironmentOptions::default()
    };
    let environment = Environment::create(dir, &options).unwrap();
    environment.checkpoint().unwrap();
    environment.close().unwrap();
}

#[test]
fn a_directory_with_anything_in_it_is_refused_untouched() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("precious"), "mine").unwrap();
    assert!(compose(&StorePlan::default(), dir.path()).is_err());
    let left: Vec<_> = fs::read_dir(dir.path()).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn every_file_is_a_btree_of_the_asked_page_size() {
    let plan = StorePlan {
        page_size: 8192,
        ..StorePlan::default()
    };
    let dir = tempfile::tempdir().unwrap();
    compose(&plan, dir.path()).unwrap();
    for file in StoreFile::ALL {
        let path = dir.path().join(file.name());
        let database = Database::open_read_only(None, &path, &DatabaseOptions::default()).unwrap();
        assert_eq!(database.method().unwrap(), Some(Method::Btree));
        assert_eq!(database.page_size().unwrap(), 8192);
        assert!(database.subdatabases().unwrap().is_empty());
    }
}

#[test]
fn what_cannot_be_together_is_refused_before_anything_is_written() {
    let changes: [fn(&mut StorePlan); 8] = [
        |plan| plan.method = Method::Queue,
        |plan| {
            plan.format = Format::V4;
            plan.end = End::Abandoned;
        },
        |plan| {
            plan.format = Format::V2;
            plan.named = true;
        },
        |plan| {
            plan.format = Format::V3_2;
            plan.checksums = true;
        },
        |plan| plan.natures = [Nature::DirectoryOrder].into(),
        |plan| plan.natures = [Nature::KeyLengths].into(),
        |plan| {
            plan.natures = [Nature::BitFields].into();
            plan.method = Method::Hash;
        },
        |plan| plan.hash_function = HashFunction::Times33,
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut plan = StorePlan::default();
        change(&mut plan);
        let dir = tempfile::tempdir().unwrap();
        assert!(compose(&plan, dir.path()).is_err(), "{at}");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0, "{at}");
    }
}

/// What is put into files byte by byte stays away from files that need none.
#[test]
fn a_store_without_an_environment_is_as_good_as_one_with() {
    for byte_order in [ByteOrder::Little, ByteOrder::Big] {
        let plan = StorePlan {
            byte_order,
            checksums: true,
            duplicates: true,
            deletes: true,
            surroundings: Surroundings::Nothing,
            ..StorePlan::default()
        };
        let dir = tempfile::tempdir().unwrap();
        let composed = compose(&plan, dir.path()).unwrap();
        let (databases, version, logs, regions) = names(dir.path());
        assert_eq!((databases, version, logs, regions), (8, true, 0, 0));
        judge(&plan, dir.path(), &composed);
    }
}
