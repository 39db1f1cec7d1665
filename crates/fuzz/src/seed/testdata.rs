//! The composed stores of this project, and the calendar texts beside them.

use std::fs;
use std::path::{Path, PathBuf};

use bdbfile::layout::PageLayout;
use bdbfile::read::DatabaseFile;
use bdbfile::source::MemorySource;
use bdbfile::write::{BtreeBuilder, BtreeParams, Duplicates, FileParams, MemorySink};

/// How many records a small copy of a database has.
const FIRST: usize = 8;

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")
}

/// The files of a directory, by name.
fn files(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = fs::read_dir(dir)
        .expect("testdata is part of the project")
        .map(|entry| entry.expect("a directory that can be read"))
        .filter(|entry| entry.path().is_file())
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (
                name,
                fs::read(entry.path()).expect("a file that can be read"),
            )
        })
        .collect();
    files.sort();
    files
}

/// The files of each composed store, by name.
pub fn stores() -> Vec<Vec<(String, Vec<u8>)>> {
    ["composed-le", "composed-be"]
        .iter()
        .map(|name| files(&testdata().join(name)))
        .collect()
}

/// Texts of calendars.
pub fn contents() -> Vec<Vec<u8>> {
    let files = files(&testdata().join("ics"));
    files.into_iter().map(|(_, bytes)| bytes).collect()
}

/// The records of a composed database.
pub fn records(bytes: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let source = MemorySource::new("composed.db", bytes.to_vec());
    let file = DatabaseFile::open(source).expect("composed stores are sound");
    let database = file.database();
    database
        .records()
        .map(|record| record.expect("composed stores are sound"))
        .map(|record| (record.key, record.value))
        .collect()
}

/// A smaller database of the same byte order with the first of its records.
pub fn first_records(bytes: &[u8]) -> Vec<u8> {
    let source = MemorySource::new("composed.db", bytes.to_vec());
    let file = DatabaseFile::open(source).expect("composed stores are sound");
    let params = FileParams {
        layout: PageLayout {
            page_size: 1024,
            ..file.layout()
        },
        file_id: [3; 20],
    };
    let btree = BtreeParams {
        duplicates: Duplicates::Unsorted,
        ..BtreeParams::default()
    };
    let mut builder = BtreeBuilder::new(MemorySink::new("seed.db"), &params, &btree)
        .expect("the parameters go together");
    for (key, value) in records(bytes).into_iter().take(FIRST) {
        builder.push(&key, &value).expect("they come in order");
    }
    let (sink, ..) = builder.finish().expect("memory can be written");
    sink.into_bytes()
}
