//! The samples of stores that killed processes left.

#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bdbfile::recover::Given;
use bdbfile::source::FileSource;

/// A folder as a killed process left it, and what is expected of it.
pub(crate) struct Case {
    pub(crate) release: String,
    pub(crate) name: String,
    pub(crate) dir: PathBuf,
}

/// All cases, in the order of their names. A new case is a new folder.
pub(crate) fn cases(root: &Path) -> Vec<Case> {
    let mut found = Vec::new();
    for release in folders(root) {
        for dir in folders(&release) {
            if dir.join("expected-files.txt").exists() {
                let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
                found.push(Case {
                    release: name(&release),
                    name: name(&dir),
                    dir,
                });
            }
        }
    }
    found.sort_by(|one, other| one.dir.cmp(&other.dir));
    found
}

fn folders(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).unwrap();
    entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect()
}

/// The database files of a folder: all that is in it but what its name tells.
pub(crate) fn database_files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let other = ["log.", "expected-", "mode.txt"]
            .iter()
            .any(|start| name.starts_with(start))
            || (name.starts_with("__db.") && name.len() == "__db.001".len());
        if !other {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The same, to be recovered.
pub(crate) fn given(dir: &Path) -> Vec<Given> {
    let files = database_files(dir).into_iter();
    files
        .map(|path| Given {
            name: path.file_name().unwrap().to_str().unwrap().to_owned(),
            source: Arc::new(FileSource::open(&path).unwrap()),
        })
        .collect()
}
