//! Stores of killed processes, left by real libraries of several releases, are
//! recovered to exactly what the recovery of that release made of them. A new
//! case is a new folder: nothing here lists them.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bdbfile::Error;
use bdbfile::layout::Kind;
use bdbfile::log::EnvironmentFiles;
use bdbfile::read::{Database, DatabaseFile};
use bdbfile::recover::{
    FileState, Given, Outcome, RecoverOptions, Recovered, RecoveredSource, Refusal, recover,
};
use bdbfile::source::FileSource;
use bdbfile::verify::verify;
use support::{Pair, from_hex, samples};

/// The folders of cases: release, case, path.
fn cases(root: &Path) -> Vec<(String, String, PathBuf)> {
    let mut found = Vec::new();
    for release in folders(root) {
        for case in folders(&release) {
            if case.join("expected-files.txt").exists() {
                let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
                found.push((name(&release), name(&case), case));
            }
        }
    }
    found.sort();
    found
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

/// Recovers the files of a folder, as whoever finds such a folder does: all
/// that is in it but what is told apart by its name.
fn recover_folder(dir: &Path, options: &RecoverOptions) -> Result<Recovered, Refusal> {
    let logs = EnvironmentFiles::find(dir).unwrap().logs;
    let mut given = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let other = ["log.", "expected-", "mode.txt"]
            .iter()
            .any(|start| name.starts_with(start))
            || (name.starts_with("__db.") && name.len() == "__db.001".len());
        if !other {
            let source = Arc::new(FileSource::open(&path).unwrap());
            given.push(Given { name, source });
        }
    }
    given.sort_by(|one, other| one.name.cmp(&other.name));
    match recover(&logs, given, options).unwrap() {
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
    let mut failed = 0;
    for (release, case, dir) in cases(&root) {
        let what = format!("{release} {case}");
        let [cases, refused, records] = counts.entry(release.clone()).or_default();
        *cases += 1;
        // What is not to be recovered is that of which too much is missing.
        let outcome =
            std::panic::catch_unwind(|| match recover_folder(&dir, &RecoverOptions::default()) {
                Err(refusal) => {
                    assert_eq!(case, "missinglogs-insufficient", "{what}: {refusal}");
                    println!("{what}: {refusal}");
                    None
                }
                Ok(recovered) => {
                    assert_ne!(case, "missinglogs-insufficient", "{what}");
                    Some(compare_folder(&dir, &what, &recovered))
                }
            });
        match outcome {
            Err(_) => failed += 1,
            Ok(None) => *refused += 1,
            Ok(Some(n)) => *records += n,
        }
    }
    for (release, [cases, refused, records]) in &counts {
        println!("{release}: {cases} cases, {refused} refused, {records} records compared");
        assert_eq!(*refused, 1, "{release}");
    }
    assert_eq!(failed, 0);
}
