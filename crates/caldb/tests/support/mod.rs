//! The sample stores under `testdata`, read by bdbfile.

#![allow(dead_code, reason = "no test uses all of it")]

use std::path::{Path, PathBuf};

use bdbfile::read::{DatabaseFile, OwnedRecord};
use bdbfile::source::MemorySource;
use caldb::Store;
use caldb::files::Role;

/// The composed stores.
pub(crate) const STORES: [&str; 2] = ["composed-le", "composed-be"];

pub(crate) fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")
}

/// A database of a store.
pub(crate) struct Database {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) records: Vec<OwnedRecord>,
}

/// The databases of a sample store, with their records in the order of the file.
pub(crate) fn databases(store: &str) -> Vec<Database> {
    let store = Store::find(&testdata().join(store)).unwrap();
    store
        .databases
        .iter()
        .map(|file| {
            let name = file.name.to_str().unwrap().to_owned();
            let source = MemorySource::new(&name, std::fs::read(&file.path).unwrap());
            let opened = DatabaseFile::open(source).unwrap();
            let database = opened.database();
            let scan = database.scan().unwrap();
            let mut records = Vec::new();
            scan.visit(scan.all(), |record| {
                records.push(OwnedRecord::from(record));
                Ok::<_, bdbfile::Error>(())
            })
            .unwrap();
            Database {
                name,
                role: file.fact.unwrap().role,
                records,
            }
        })
        .collect()
}
