//! Databases: one file, or one name in a file.

use std::ops::ControlFlow;
use std::path::Path;

use crate::environment::{Environment, Transaction};
use crate::error::Error;
use crate::ffi::{self, Access};
use crate::options::{DatabaseOptions, Duplicates, Method};

/// A key and its data.
pub type Record = (Vec<u8>, Vec<u8>);

/// An open database.
///
/// With an environment, paths are relative to its directory and a call without
/// a transaction is one of its own.
#[derive(Debug)]
pub struct Database(ffi::Db);

impl Database {
    /// Makes a database. The file must not exist, unless `options` name a
    /// sub-database.
    pub fn create(
        environment: Option<&Environment>,
        file: &Path,
        options: &DatabaseOptions,
    ) -> Result<Self, Error> {
        Self::come_by(environment, file, Access::Create, options)
    }

    /// Opens an existing database for reading and writing.
    pub fn open(
        environment: Option<&Environment>,
        file: &Path,
        options: &DatabaseOptions,
    ) -> Result<Self, Error> {
        Self::come_by(environment, file, Access::Write, options)
    }

    /// Opens an existing database for reading.
    pub fn open_read_only(
        environment: Option<&Environment>,
        file: &Path,
        options: &DatabaseOptions,
    ) -> Result<Self, Error> {
        Self::come_by(environment, file, Access::Read, options)
    }

    fn come_by(
        environment: Option<&Environment>,
        file: &Path,
        access: Access,
        options: &DatabaseOptions,
    ) -> Result<Self, Error> {
        ffi::Db::open(environment.map(Environment::env), file, access, options).map(Self)
    }

    /// The access method, or `None` for one this crate has no name for.
    pub fn method(&self) -> Result<Option<Method>, Error> {
        self.0.method()
    }

    /// The page size in bytes.
    pub fn page_size(&self) -> Result<u32, Error> {
        self.0.page_size()
    }

    /// Whether a key may have several data items.
    pub fn duplicates(&self) -> Result<Duplicates, Error> {
        self.0.duplicates()
    }

    /// The names of the sub-databases, none if this is a plain database.
    pub fn subdatabases(&self) -> Result<Vec<String>, Error> {
        if !self.0.has_subdatabases() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        self.for_each(|name, _| names.push(String::from_utf8_lossy(name).into_owned()))?;
        Ok(names)
    }

    /// Puts a record: a further one under the key if duplicates are allowed, in
    /// the place of the present one otherwise.
    pub fn put(&self, txn: Option<&Transaction>, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.0.put(raw(txn), key, value, 0)
    }

    /// Puts a record under a key that must be new.
    pub fn insert(&self, txn: Option<&Transaction>, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.0.put(raw(txn), key, value, ffi::flag::DB_NOOVERWRITE)
    }

    /// Appends a record to a recno or queue database and returns its number.
    pub fn append(&self, txn: Option<&Transaction>, value: &[u8]) -> Result<u32, Error> {
        self.0.append(raw(txn), value)
    }

    /// Puts a record of a recno or queue database under a number.
    pub fn put_at(
        &self,
        txn: Option<&Transaction>,
        number: u32,
        value: &[u8],
    ) -> Result<(), Error> {
        self.0.put(raw(txn), &ffi::number_bytes(number), value, 0)
    }

    /// Deletes a record of a recno or queue database; false if there was none.
    pub fn delete_at(&self, txn: Option<&Transaction>, number: u32) -> Result<bool, Error> {
        self.0.delete(raw(txn), &ffi::number_bytes(number))
    }

    /// Every record of a recno or queue database that is there, with its
    /// number.
    pub fn read_numbered(&self) -> Result<Vec<(u32, Vec<u8>)>, Error> {
        let mut records = Vec::new();
        self.for_each(|key, value| {
            if let Ok(number) = key.try_into() {
                records.push((ffi::native_number(number), value.to_vec()));
            }
        })?;
        Ok(records)
    }

    /// The data of a key; of several the first.
    pub fn get(&self, txn: Option<&Transaction>, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.0.get(raw(txn), key)
    }

    /// Deletes a key with all its data; false if there was none.
    pub fn delete(&self, txn: Option<&Transaction>, key: &[u8]) -> Result<bool, Error> {
        self.0.delete(raw(txn), key)
    }

    /// Deletes one data item of a key by a cursor, leaving its other
    /// duplicates; false if there was no such pair.
    pub fn delete_pair(
        &self,
        txn: Option<&Transaction>,
        key: &[u8],
        value: &[u8],
    ) -> Result<bool, Error> {
        match (self.0.env(), txn) {
            // libdb commits no cursor on its own.
            (Some(env), None) => {
                let txn = ffi::Txn::begin(env)?;
                let found = self.0.delete_pair(Some(&txn), key, value)?;
                txn.commit()?;
                Ok(found)
            }
            _ => self.0.delete_pair(raw(txn), key, value),
        }
    }

    /// Shows every record in database order, each duplicate for itself.
    pub fn for_each(&self, mut each: impl FnMut(&[u8], &[u8])) -> Result<(), Error> {
        self.0.walk(|key, value| {
            each(key, value);
            ControlFlow::Continue(())
        })
    }

    /// Every record in database order, each duplicate for itself.
    pub fn read_all(&self) -> Result<Vec<Record>, Error> {
        let mut records = Vec::new();
        self.for_each(|key, value| records.push((key.to_vec(), value.to_vec())))?;
        Ok(records)
    }

    /// The number of records, each duplicate for itself, by walking over them.
    pub fn count(&self) -> Result<u64, Error> {
        let mut count = 0;
        self.for_each(|_, _| count += 1)?;
        Ok(count)
    }

    /// Flushes the database to its file.
    pub fn sync(&self) -> Result<(), Error> {
        self.0.sync()
    }

    /// Flushes and closes the database.
    pub fn close(self) -> Result<(), Error> {
        self.0.close()
    }

    pub(crate) fn label(&self) -> &str {
        self.0.label()
    }
}

fn raw(txn: Option<&Transaction>) -> Option<&ffi::Txn> {
    txn.map(|txn| &txn.0)
}
