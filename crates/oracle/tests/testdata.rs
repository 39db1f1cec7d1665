//! The committed stores are what their README says.
//!
//! libdb can write to what it opens, so it only ever sees copies.

use std::fs;
use std::path::{Path, PathBuf};

use oracle::compose::{StoreFile, StorePlan, VERSION_FILE};
use oracle::{ByteOrder, Database, DatabaseOptions, Record, verify};
use tempfile::TempDir;

const STORES: [(&str, ByteOrder); 2] = [
    ("composed-le", ByteOrder::Little),
    ("composed-be", ByteOrder::Big),
];

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")
}

/// A copy of the files of a store, without its environment.
fn copy(store: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in StoreFile::ALL {
        let from = testdata().join(store).join(file.name());
        fs::copy(from, dir.path().join(file.name())).unwrap();
    }
    dir
}

fn records(file: &Path) -> Vec<Record> {
    let database = Database::open_read_only(None, file, &DatabaseOptions::default()).unwrap();
    database.read_all().unwrap()
}

/// The number a table of the README gives for a file.
fn promised(readme: &str, file: StoreFile) -> usize {
    let start = format!("| {file} | ");
    let line = readme.lines().find(|line| line.starts_with(&start));
    let rest = &line.expect("a line for every file")[start.len()..];
    rest.trim_end_matches(" |").parse().unwrap()
}

#[test]
fn the_committed_stores_verify_and_have_the_promised_counts() {
    let readme = fs::read_to_string(testdata().join("README.md")).unwrap();
    for (store, _) in STORES {
        let copy = copy(store);
        for file in StoreFile::ALL {
            let path = copy.path().join(file.name());
            verify(&path).unwrap();
            assert_eq!(
                records(&path).len(),
                promised(&readme, file),
                "{store}/{file}"
            );
        }
    }
}

#[test]
fn the_committed_stores_hold_what_their_command_composes() {
    for (store, byte_order) in STORES {
        let plan = StorePlan {
            seed: 1,
            calendars: 12,
            components: 22,
            page_size: 4096,
            byte_order,
            duplicates: true,
            deletes: true,
            ..StorePlan::default()
        };
        let copy = copy(store);
        for file in StoreFile::ALL {
            let found = records(&copy.path().join(file.name()));
            assert_eq!(found, plan.contents(file), "{store}/{file}");
        }
    }
}

#[test]
fn the_committed_stores_come_with_version_logs_and_regions() {
    for (store, _) in STORES {
        let dir = testdata().join(store);
        let version = fs::read_to_string(dir.join(VERSION_FILE)).unwrap();
        assert!(version.contains("3.0.0"));
        let entries = fs::read_dir(&dir).unwrap();
        let names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert!(names.iter().any(|name| name.starts_with("log.")), "{store}");
        assert!(
            names.iter().any(|name| name.starts_with("__db.")),
            "{store}"
        );
    }
}

#[test]
fn the_committed_stores_stay_under_three_megabytes() {
    let size = |(store, _): (&str, _)| -> u64 {
        let entries = fs::read_dir(testdata().join(store)).unwrap();
        entries
            .map(|entry| entry.unwrap().metadata().unwrap())
            // A directory is the backup of a run that somebody tried.
            .filter(fs::Metadata::is_file)
            .map(|metadata| metadata.len())
            .sum()
    };
    assert!(STORES.into_iter().map(size).sum::<u64>() < 3_000_000);
}
