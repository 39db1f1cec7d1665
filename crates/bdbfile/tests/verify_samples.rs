//! Files that real libraries wrote, and that their own `db_verify` passes, are
//! clean for ours; those that it fails are not.

mod support;

use std::path::{Path, PathBuf};

use bdbfile::Rule;
use bdbfile::source::MappedSource;
use bdbfile::verify::{Verification, verify};
use support::samples;

/// The database files of a folder, in order.
fn databases(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && path.extension().is_some_and(|ext| ext == "db"))
        .collect();
    found.sort();
    found
}

/// The folders of writers: one for each release and machine.
fn writers(root: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            ["x86", "x64", "sparc"]
                .iter()
                .any(|start| name.starts_with(start))
        })
        .collect();
    found.sort();
    found
}

fn rules(found: &Verification) -> Vec<Rule> {
    let mut rules: Vec<Rule> = found.findings.iter().map(|problem| problem.rule).collect();
    rules.sort();
    rules.dedup();
    rules
}

/// The rules that a sample breaks for its own release too.
fn broken_for_its_own_release(path: &Path) -> &'static [Rule] {
    let name = path.to_string_lossy();
    if name.contains("-crypt-") {
        return &[Rule::Encrypted];
    }
    // 4.8.30 builds the tree of record numbers from sorted records wrong; its
    // own db_verify and all later ones fail it.
    if name.contains("x64-4.8.30/bt-recnum") {
        return &[Rule::RecordCount];
    }
    // Before 4.1 a queue in foreign byte order gets pages of type 2.
    let foreign_queue = [
        "x86-3.2.9/q-fix-be",
        "sparc-3.2.9/q-fix-le",
        "x64-3.0.55/q-fix-be",
    ];
    if foreign_queue.iter().any(|queue| name.contains(queue)) {
        return &[Rule::QueuePageType];
    }
    &[]
}

#[test]
fn files_that_their_own_release_passes_are_clean() {
    let Some(root) = samples() else { return };
    let (mut clean, mut broken, mut wrong) = (0, 0, 0);
    for path in writers(&root).iter().flat_map(|folder| databases(folder)) {
        let found = verify(MappedSource::open(&path).unwrap()).unwrap();
        let expected = broken_for_its_own_release(&path);
        if rules(&found) != expected {
            wrong += 1;
            println!(
                "{}: {} problems, expected {expected:?}",
                path.display(),
                found.count()
            );
            for problem in found.findings.iter().take(5) {
                println!("    {problem}");
            }
        } else if found.is_clean() {
            clean += 1;
        } else {
            broken += 1;
        }
    }
    println!("{clean} clean, {broken} broken for their own release too");
    assert_eq!(wrong, 0);
    assert!(clean > 500, "the samples have hundreds of files");
}

#[test]
fn deletions_leave_clean_files_and_marks_of_deletion_are_named() {
    let Some(root) = samples() else { return };
    let mut seen = 0;
    for path in databases(&root.join("odd")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let found = verify(MappedSource::open(&path).unwrap()).unwrap();
        if name.starts_with("bdelete-") {
            assert_eq!(rules(&found), [Rule::Deleted], "{name}");
            assert_eq!(found.count(), 40, "{name}: 40 items are left with the mark");
            seen += 1;
        } else if name.starts_with("del-") || name.starts_with("hdel-") {
            assert!(found.is_clean(), "{name}: {:?}", found.findings.first());
            seen += 1;
        }
    }
    println!("{seen} files with deleted records");
    assert!(seen >= 15);
}

/// Stores closed as they should be; of others a verification only has to end,
/// since their pages may lag behind their logs.
#[test]
fn stores_closed_properly_are_clean() {
    let Some(root) = samples() else { return };
    let mut folders: Vec<PathBuf> = Vec::new();
    for parent in ["odd", "3.2.9-m32", "4.2.52-m32", "4.2.52-sparc"] {
        if let Ok(entries) = std::fs::read_dir(root.join(parent)) {
            folders.extend(entries.map(|entry| entry.unwrap().path()));
        }
    }
    folders.retain(|path| path.is_dir());
    folders.sort();
    let (mut clean, mut others) = (0, 0);
    for folder in folders {
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        for path in databases(&folder) {
            let found = verify(MappedSource::open(&path).unwrap()).unwrap();
            if name == "clean" || name.starts_with("envclean-") {
                assert!(found.is_clean(), "{}: {:?}", path.display(), found.findings);
                clean += 1;
            } else {
                others += 1;
            }
        }
    }
    println!("{clean} databases of stores closed properly, {others} others");
    assert!(clean > 0);
}
