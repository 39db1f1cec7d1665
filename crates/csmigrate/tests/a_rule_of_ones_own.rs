//! A program that links the library adds a rule in Rust.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;
use caldb::rules::{Change, Rule};
use caldb::{Fact, Provenance, Role};
use csmigrate::observer::Event;
use csmigrate::{Error, Migration};

/// Writes summaries as they are and adds a mark, or gives records another key.
struct Mark {
    keys: bool,
}

impl Rule for Mark {
    fn fact(&self) -> Fact<&str> {
        Fact {
            id: "mark",
            text: "every event gets a mark",
            provenance: Provenance::Assumed("a test"),
        }
    }

    fn apply(&self, role: Role, key: &[u8], value: &[u8]) -> Option<Change> {
        (role == Role::Events).then(|| Change {
            key: if self.keys {
                [key, b"!"].concat()
            } else {
                key.to_vec()
            },
            value: [value, b"X-MARK:1\r\n"].concat(),
        })
    }
}

fn store(dir: &Path) -> PathBuf {
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/composed-be");
    let store = dir.join("old");
    std::fs::create_dir(&store).unwrap();
    for entry in std::fs::read_dir(sample).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            std::fs::copy(entry.path(), store.join(entry.file_name())).unwrap();
        }
    }
    store
}

fn events(dir: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let source = FileSource::open(&dir.join("ics50events.db")).unwrap();
    let file = DatabaseFile::open(source).unwrap();
    let database = file.database();
    let records = database.records();
    records
        .map(|record| record.map(|record| (record.key, record.value)).unwrap())
        .collect()
}

#[test]
fn it_changes_recognised_records_and_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (store(dir.path()), dir.path().join("new"));
    let report = Migration::new(&old, &new)
        .add_rule(Arc::new(Mark { keys: false }))
        .run(&mut |_: Event<'_>| {})
        .unwrap();
    assert_eq!(report.rules.of("mark").unwrap().count, 102);
    assert_eq!(report.rules.of("mark").unwrap().examples.len(), 3);
    assert_eq!(report.checks.recognised(), 519);
    let (was, is) = (events(&old), events(&new));
    assert_eq!(was.len(), 102);
    for ((key, value), (new_key, new_value)) in was.iter().zip(&is) {
        assert_eq!(key, new_key);
        assert_eq!(*new_value, [value.as_slice(), b"X-MARK:1\r\n"].concat());
    }
}

#[test]
fn one_that_changes_keys_ends_the_run() {
    let dir = tempfile::tempdir().unwrap();
    let (old, new) = (store(dir.path()), dir.path().join("new"));
    let ended = Migration::new(&old, &new)
        .add_rule(Arc::new(Mark { keys: true }))
        .run(&mut |_: Event<'_>| {});
    assert!(
        matches!(ended, Err(Error::RuleChangesKey { .. })),
        "{ended:?}"
    );
    assert!(!new.exists());
}
