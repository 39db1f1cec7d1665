//! A directory with databases, logs and the rest of a store: looked at, run
//! dry, and migrated.
//!
//! Whatever is in it, the source is the same afterwards; a run that failed
//! leaves no target, one that did not leaves a target of databases that are
//! clean, but for an order of keys that was found in the source.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;

use bdbfile::Rule;
use bdbfile::source::MappedSource;
use bdbfile::verify::verify;
use csmigrate::inspect::StoreView;
use csmigrate::observer::Event;
use csmigrate::{Error, Migration, Salvage};

use super::one_line;
use crate::scratch::in_empty_dir;
use crate::{archive, seed};

/// Names of files that a store has, and of some that it has not.
const NAMES: [&str; 16] = [
    "ics50calprops.db",
    "ics50events.db",
    "ics50todos.db",
    "ics50alarms.db",
    "ics50gse.db",
    "ics50journals.db",
    "ics50recurring.db",
    "ics50deletelog.db",
    "ics50caldb.conf",
    "log.0000000001",
    "log.0000000002",
    "log.0000000020",
    "__db.001",
    "__db.002",
    "other.db",
    "notes.txt",
];

/// The longest record file that is taken from a composed store as it is.
const AS_IT_IS: usize = 1 << 14;

/// What is taken of a region file: its head.
const REGION: usize = 1 << 12;

/// Looks at a store, runs it dry and migrates it.
///
/// # Panics
/// Where something does not hold.
pub fn run(input: &[u8]) {
    let (how, input) = input.split_first().unwrap_or((&0, &[]));
    let files = archive::files(input, NAMES.len());
    in_empty_dir(|dir| {
        let source = dir.join("csdb");
        fs::create_dir(&source).expect("the directory is empty");
        for (which, bytes) in &files {
            fs::write(source.join(NAMES[*which]), bytes).expect("the directory is ours");
        }
        let before = contents(&source);
        migrate(dir, &source, *how);
        assert_eq!(contents(&source), before, "the source is never changed");
    });
}

fn migrate(dir: &Path, source: &Path, how: u8) {
    if let Err(error) = StoreView::look(source, caldb::Profile::shipped()) {
        one_line(&error);
    }
    let target = dir.join("target");
    let migration = Migration::new(source, &target)
        .backup_dir(dir.join("backup"))
        .threads(NonZeroUsize::MIN)
        .ignore_logs(how & 1 != 0)
        .recover(how & 2 == 0)
        .salvage(if how & 4 == 0 {
            Salvage::default()
        } else {
            Salvage::Publish
        });
    let mut told = |event: Event<'_>| {
        if let Event::Warning(warning) = event {
            one_line(&warning);
        }
    };
    let dry = migration.dry_run(&mut told);
    assert!(
        !target.exists() && !dir.join("backup").exists(),
        "a dry run writes nothing"
    );
    let run = migration.run(&mut told);
    match run {
        Ok(_) => {
            dry.expect("a dry run finds no fault in a store that can be migrated");
            all_clean(&target);
        }
        Err(error @ Error::SalvagedWithLosses { .. }) => {
            one_line(&error);
            all_clean(&target);
        }
        Err(error) => {
            one_line(&error);
            assert!(!target.exists(), "a run that failed leaves no target");
        }
    }
}

/// All databases of a target are clean, but for the order of their keys.
fn all_clean(target: &Path) {
    for entry in fs::read_dir(target).expect("the target is there") {
        let path = entry.expect("a directory of ours").path();
        if path.extension().is_some_and(|ext| ext == "db") {
            let source = MappedSource::open(&path).expect("we wrote it");
            let found = verify(source).expect("we wrote it");
            for problem in found.findings {
                // An order of the server's own is kept, and told of.
                let of_order = matches!(problem.rule, Rule::KeyOrder | Rule::KeyBounds);
                assert!(of_order, "{}: {problem}", path.display());
            }
        }
    }
}

/// The names and bytes of all files of a directory.
fn contents(dir: &Path) -> Vec<(std::ffi::OsString, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(dir)
        .expect("the directory is ours")
        .map(|entry| {
            let entry = entry.expect("the directory is ours");
            let bytes = fs::read(entry.path()).expect("the file is ours");
            (entry.file_name(), bytes)
        })
        .collect();
    files.sort();
    files
}

/// Small stores: of each composed one its files with their first records, clean
/// and with logs.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for store in seed::stores() {
        let mut files = Vec::new();
        for (name, bytes) in &store {
            let Some(which) = NAMES.iter().position(|known| known == name) else {
                continue;
            };
            let small = if name.ends_with(".db") && bytes.len() > AS_IT_IS {
                seed::first_records(bytes)
            } else {
                let mut bytes = bytes.clone();
                if name.starts_with("__db.") {
                    bytes.truncate(REGION);
                }
                bytes
            };
            files.push((which, small));
        }
        let databases = |(which, _): &&(usize, Vec<u8>)| *which <= 8;
        let clean: Vec<_> = files.iter().filter(databases).cloned().collect();
        for how in [0, 4] {
            seeds.push(archive::join(how, &clean));
        }
        for how in [0, 1, 2] {
            seeds.push(archive::join(how, &files));
        }
        for one in &clean {
            seeds.push(archive::join(0, std::slice::from_ref(one)));
        }
    }
    for (number, one) in seed::databases().into_iter().enumerate() {
        let files = [
            (number % 8, one.bytes),
            (8, b"caldb.version=3.0.0\n".to_vec()),
        ];
        seeds.push(archive::join(
            u8::try_from(number % 5).unwrap_or_default(),
            &files,
        ));
    }
    seeds
}
