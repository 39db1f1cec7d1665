//! Stores of killed servers, left by real libraries of several releases, with
//! what the recovery of the same release made of them.

use std::fs;
use std::path::{Path, PathBuf};

use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;

use super::names;

/// A key and its data.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

/// The folders that are called `case`, one of each release; none, which is
/// said, where the samples are not unpacked.
pub(crate) fn folders(case: &str) -> Vec<PathBuf> {
    let place = std::env::var_os("CSMIGRATE_SAMPLES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/samples"),
        PathBuf::from,
    );
    let mut found = Vec::new();
    if place.is_dir() {
        let folders = names(&place)
            .into_iter()
            .map(|name| place.join(name).join(case));
        found.extend(folders.filter(|folder| folder.join("expected-files.txt").exists()));
    }
    if found.is_empty() {
        println!(
            "skipped: no {case} in {} (./test unpacks the samples where it has them)",
            place.display()
        );
    }
    found
}

/// Copies what a killed server left of a folder into a new directory. Files
/// that have not the name of a calendar database get one.
pub(crate) fn copy(folder: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for name in names(folder) {
        let name = name.to_str().unwrap();
        if is_database(name) || name.starts_with("log.") || name.starts_with("__db.") {
            fs::copy(folder.join(name), to.join(as_calendar(name))).unwrap();
        }
    }
}

/// The name that a database gets in a copy.
pub(crate) fn as_calendar(name: &str) -> String {
    match name {
        _ if name.starts_with("ics50") || !is_database(name) => name.to_owned(),
        _ => format!("ics50{name}"),
    }
}

fn is_database(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|end| end == "db")
}

/// What recovery left: the databases' names and records, in their order.
pub(crate) fn expected(folder: &Path) -> Vec<(String, Vec<Pair>)> {
    let files = fs::read_to_string(folder.join("expected-files.txt")).unwrap();
    let names = files.lines().map(|line| line.split(' ').next().unwrap());
    names
        .map(|name| {
            let text = fs::read_to_string(folder.join(format!("expected-{name}.txt"))).unwrap();
            let items: Vec<Vec<u8>> = text.lines().map(item).collect();
            let pairs = items.chunks(2).map(|two| (two[0].clone(), two[1].clone()));
            (name.to_owned(), pairs.collect())
        })
        .collect()
}

/// The bytes of a line of a dump: a blank and hexadecimal digits.
fn item(line: &str) -> Vec<u8> {
    line.as_bytes()[1..]
        .chunks(2)
        .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
        .collect()
}

/// The records of a file of one database, in their order.
pub(crate) fn records(path: &Path) -> Vec<Pair> {
    let file = DatabaseFile::open(FileSource::open(path).unwrap()).unwrap();
    let database = file.database();
    let scan = database.scan().unwrap();
    let mut pairs = Vec::new();
    scan.visit(scan.all(), |record| {
        pairs.push((record.key.to_vec(), record.value.to_vec()));
        Ok::<_, bdbfile::Error>(())
    })
    .unwrap();
    scan.finish().unwrap();
    pairs
}
