//! Stores of killed processes, left by real libraries of several releases, are
//! recovered to exactly what the recovery of that release made of them. A new
//! case is a new folder: nothing here lists them.

mod support;
#[path = "support/unclean.rs"]
mod unclean;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use bdbfile::Error;
use bdbfile::layout::Kind;
use bdbfile::log::EnvironmentFiles;
use bdbfile::read::{Database, DatabaseFile};
use bdbfile::recover::{
    FileState, Outcome, RecoverOptions, Recovered, RecoveredSource, Refusal, recover,
};
use bdbfile::source::PageSource;
use bdbfile::verify::verify;
use support::{Pair, from_hex, samples};
use unclean::{cases, given};

/// Recovers the files of a folder, as whoever finds such a folder does: all
/// that is in it but what is told apart by its name.
fn recover_folder(dir: &Path, options: &RecoverOptions) -> Result<Recovered, Refusal> {
    let logs = EnvironmentFiles::find(dir).unwrap().logs;
    match recover(&logs, given(dir), options).unwrap() {
        Outcome::Recovered(recovered) => Ok(recovered),
        Outcome::Refused(refusal) => Err(refusal),
    }
}

/// The records of a database.
fn records(database: &Database<'_, RecoveredSource>) -> Vec<Pair> {
    let scan = database.scan().unwrap();
    let mut pairs = Vec::new();
    scan.visit(scan.all(), |record| {
        pairs.push((record.key.to_vec(), record.value.to_vec()));
        Ok::<_, Error>(())
    })
    .unwrap();
    scan.finish().unwrap();
    pairs
}

/// The lines of a dump: key and data, or data alone where records have numbers.
fn expected(path: &Path, numbered: bool) -> Vec<Pair> {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().map(str::as_bytes);
    if numbered {
        let nothing: &[u8] = b" ";
        return from_hex(lines.flat_map(|line| [nothing, line]));
    }
    from_hex(lines)
}

/// Compares a database with what is expected of it; the number of its records.
fn compare(database: &Database<'_, RecoveredSource>, path: &Path, what: &str) -> usize {
    let meta = database.meta();
    let numbered = meta.is_recno() || meta.kind == Kind::Queue;
    let mut found = records(database);
    let mut wanted = expected(path, numbered);
    if numbered {
        for (key, _) in &mut found {
            key.clear();
        }
    }
    if meta.kind == Kind::Hash {
        found.sort();
        wanted.sort();
    }
    assert_eq!(found.len(), wanted.len(), "{what}: records");
    for (index, (found, wanted)) in found.iter().zip(&wanted).enumerate() {
        assert_eq!(found, wanted, "{what}: record {index}");
    }
    found.len()
}

/// Compares all files with what the recovery of the release left.
fn compare_folder(dir: &Path, what: &str, recovered: &Recovered) -> usize {
    let mut left: BTreeMap<&str, &RecoveredSource> = recovered
        .files
        .iter()
        .filter(|file| file.state != FileState::Removed)
        .map(|file| (file.name.as_str(), &file.source))
        .collect();
    let mut count = 0;
    for line in fs::read_to_string(dir.join("expected-files.txt"))
        .unwrap()
        .lines()
    {
        let name = line.split(' ').next().unwrap();
        let source = left.remove(name);
        let source = source.unwrap_or_else(|| panic!("{what}: {name} is not there"));
        let what = format!("{what} {name}");
        let file =
            DatabaseFile::open(source.clone()).unwrap_or_else(|error| panic!("{what}: {error}"));
        if file.meta().is_directory() {
            for entry in file.names().unwrap() {
                let database = file.at(&entry).unwrap();
                let of = String::from_utf8_lossy(&entry.name).into_owned();
                let path = dir.join(format!("expected-{name}--{of}.txt"));
                count += compare(&database, &path, &format!("{what} {of}"));
            }
        } else {
            let mut path = dir.join(format!("expected-{name}.txt"));
            // The recovery of 3.2.9 breaks a file that was renamed; 4.2.52 has
            // the same records in the same case and keeps them (README-dirty.md).
            if fs::metadata(&path).unwrap().len() == 0 && dir.ends_with("3.2.9-m32/rename") {
                path = dir
                    .join("../../4.2.52-m32/rename")
                    .join(format!("expected-{name}.txt"));
            }
            if path.exists() {
                count += compare(&file.database(), &path, &what);
            }
        }
        let verdict = verify(source.clone()).unwrap();
        // Pages that a release leaves unreferenced itself are no fault of ours.
        let verified = fs::read_to_string(dir.join(format!("expected-{name}-verify.txt"))).unwrap();
        if verified.starts_with("ok") {
            assert!(
                verdict.is_clean(),
                "{what}: {:?}",
                verdict.findings.iter().take(3).collect::<Vec<_>>()
            );
        }
    }
    assert!(left.is_empty(), "{what}: also there: {left:?}");
    count
}

#[test]
fn every_case_recovers_to_what_its_release_made_of_it() {
    let Some(root) = samples() else { return };
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for case in cases(&root) {
        let what = format!("{} {}", case.release, case.name);
        let [cases, refused, records] = counts.entry(case.release).or_default();
        *cases += 1;
        match recover_folder(&case.dir, &RecoverOptions::default()) {
            // That of which too much is missing, and no other.
            Err(refusal) => {
                assert_eq!(case.name, "missinglogs-insufficient", "{what}: {refusal}");
                assert!(
                    matches!(refusal, Refusal::StartMissing { .. }),
                    "{what}: {refusal}"
                );
                *refused += 1;
            }
            Ok(recovered) => *records += compare_folder(&case.dir, &what, &recovered),
        }
    }
    for (release, [cases, refused, records]) in &counts {
        println!("{release}: {cases} cases, {refused} refused, {records} records compared");
        assert_eq!(*refused, 1, "{release}");
    }
    assert!(!counts.is_empty());
}

#[test]
fn recovery_repeated_changes_nothing_and_writes_nothing() {
    let Some(root) = samples() else { return };
    for case in cases(&root) {
        let before = bytes_of(&case.dir);
        let Ok(once) = recover_folder(&case.dir, &RecoverOptions::default()) else {
            continue;
        };
        // With room for a page or two everything else goes through the
        // temporary file.
        let little = RecoverOptions {
            memory: 4096,
            ..RecoverOptions::default()
        };
        let again = recover_folder(&case.dir, &little).unwrap();
        assert_eq!(once.summary, again.summary, "{:?}", case.dir);
        let what = format!("{} {}", case.release, case.name);
        assert_eq!(once.files.len(), again.files.len(), "{what}");
        let over = tempfile::tempdir().unwrap();
        for (one, other) in once.files.iter().zip(&again.files) {
            assert_eq!(
                (&one.name, &one.state),
                (&other.name, &other.state),
                "{what}"
            );
            let bytes = whole(&one.source);
            assert!(bytes == whole(&other.source), "{what} {}", one.name);
            if one.state != FileState::Removed {
                fs::write(over.path().join(&one.name), bytes).unwrap();
            }
        }
        // What was recovered is recovered already.
        for log in EnvironmentFiles::find(&case.dir).unwrap().logs {
            fs::copy(&log, over.path().join(log.file_name().unwrap())).unwrap();
        }
        let done = recover_folder(over.path(), &RecoverOptions::default()).unwrap();
        for file in &done.files {
            let before = fs::read(over.path().join(&file.name)).unwrap();
            assert!(before == whole(&file.source), "{what} {}", file.name);
            // Records of queues are undone whatever is there, and redone.
            if DatabaseFile::open(file.source.clone()).unwrap().meta().kind != Kind::Queue {
                assert_eq!(file.pages_changed, 0, "{what} {}", file.name);
            }
        }
        assert!(before == bytes_of(&case.dir), "{what}");
    }
}

/// All bytes of a source.
fn whole(source: &RecoveredSource) -> Vec<u8> {
    let len = usize::try_from(source.len()).unwrap();
    source.bytes(0, len).unwrap().into_owned()
}

/// All files of a folder.
fn bytes_of(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read(path).unwrap())
        })
        .collect()
}
