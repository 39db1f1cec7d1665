//! Databases: one file, or one name in a file.

use std::ops::ControlFlow;
use std::path::Path;

use crate::bulk::Bulk;
use crate::environment::{Environment, Transaction};
use crate::error::Error;
use crate::ffi::{self, Access};
use crate::options::{ByteOrder, DatabaseOptions, Duplicates, Method};
use crate::statistics::TreeStatistics;

/// A key and its data.
pub type Record = (Vec<u8>, Vec<u8>);

/// Where a cursor puts a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// In the place of the one it is at.
    Here,
    /// Before it: a duplicate of its key, or a number of its own.
    Before,
    /// After it.
    After,
}

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
        Self::come_by(environment, None, file, Access::Create, options)
    }

    /// Makes a database in a transaction: if that is aborted the database is
    /// gone, and nothing can be done with it but to drop it.
    pub fn create_within(
        environment: &Environment,
        txn: &Transaction,
        file: &Path,
        options: &DatabaseOptions,
    ) -> Result<Self, Error> {
        Self::come_by(Some(environment), Some(txn), file, Access::Create, options)
    }

    /// Opens an existing database in a transaction, which may have made or
    /// renamed it; if that is aborted nothing can be done with it but to drop it.
    pub fn open_within(
        environment: &Environment,
        txn: &Transaction,
        file: &Path,
        options: &DatabaseOptions,
    ) -> Result<Self, Error> {
        Self::come_by(Some(environment), Some(txn), file, Access::Write, options)
    }

    /// Opens an existing database for reading and writing.
    pub fn open(
        environment: Option<&Environment>,
        file: &Path,
        options: &DatabaseOptions,
    ) -> Result<Self, Error> {
        Self::come_by(environment, None, file, Access::Write, options)
    }

    /// Opens an existing database for reading.
    pub fn open_read_only(
        environment: Option<&Environment>,
        file: &Path,
        options: &DatabaseOptions,
    ) -> Result<Self, Error> {
        Self::come_by(environment, None, file, Access::Read, options)
    }

    fn come_by(
        environment: Option<&Environment>,
        txn: Option<&Transaction>,
        file: &Path,
        access: Access,
        options: &DatabaseOptions,
    ) -> Result<Self, Error> {
        let environment = environment.map(Environment::env);
        ffi::Db::open(environment, raw(txn), file, access, options).map(Self)
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

    /// The byte order of the file.
    pub fn byte_order(&self) -> Result<ByteOrder, Error> {
        self.0.byte_order()
    }

    /// Whether a btree keeps record numbers.
    pub fn record_numbers(&self) -> Result<bool, Error> {
        self.0.has_flag(ffi::flag::DB_RECNUM)
    }

    /// Whether a recno database renumbers its records after each that is
    /// deleted.
    pub fn renumbers(&self) -> Result<bool, Error> {
        self.0.has_flag(ffi::flag::DB_RENUMBER)
    }

    /// Whether every page has a checksum.
    pub fn checksums(&self) -> Result<bool, Error> {
        self.0.has_flag(ffi::flag::DB_CHKSUM)
    }

    /// The length of the records of a recno or queue database, where they all
    /// have the same.
    pub fn record_length(&self) -> Result<Option<u32>, Error> {
        self.0.record_length()
    }

    /// Pages, levels and records of a btree or recno database, by reading all
    /// of it.
    pub fn tree_statistics(&self) -> Result<TreeStatistics, Error> {
        self.0.tree_statistics()
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

    /// Puts `value` in the place of `length` bytes of a key's data from
    /// `offset` on; behind the end of the data lie zeros.
    pub fn put_part(
        &self,
        txn: Option<&Transaction>,
        key: &[u8],
        (offset, length): (u32, u32),
        value: &[u8],
    ) -> Result<(), Error> {
        self.0.put_part(raw(txn), key, (offset, length), value)
    }

    /// Puts a record by a cursor in the place of the first of a key, or beside
    /// it; false if there is none.
    pub fn put_by_cursor(
        &self,
        txn: &Transaction,
        key: &[u8],
        value: &[u8],
        position: Position,
    ) -> Result<bool, Error> {
        self.0.put_by_cursor(Some(&txn.0), key, value, position)
    }

    /// Deletes up to `count` records by a cursor, from a key on; how many.
    /// Only a tree knows the next of a key that is absent.
    pub fn delete_run(&self, txn: &Transaction, key: &[u8], count: u32) -> Result<u32, Error> {
        self.0.delete_run(Some(&txn.0), key, count)
    }

    /// Takes the first record from a queue; false if it is empty.
    pub fn consume(&self, txn: Option<&Transaction>) -> Result<bool, Error> {
        self.0.consume(raw(txn))
    }

    /// Deletes all records.
    pub fn truncate(&self, txn: Option<&Transaction>) -> Result<(), Error> {
        self.0.truncate(raw(txn))
    }

    /// Moves what is in a btree or recno database together; with `give_back`
    /// the pages at the end of the file that get free go back to the file system.
    pub fn compact(&self, txn: Option<&Transaction>, give_back: bool) -> Result<(), Error> {
        self.0.compact(raw(txn), give_back)
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

    /// The data of a record of a recno or queue database.
    pub fn get_at(&self, txn: Option<&Transaction>, number: u32) -> Result<Option<Vec<u8>>, Error> {
        self.0.get(raw(txn), &ffi::number_bytes(number))
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

    /// Shows every record of a btree or hash database in database order, many
    /// at a time (`DB_MULTIPLE_KEY`): as many as fit into `bulk`, which grows
    /// where one does not.
    pub fn for_each_bulk(
        &self,
        bulk: &mut Bulk,
        each: impl FnMut(&mut Bulk) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.0.walk_bulk(bulk, each)
    }

    /// Puts many records of a btree or hash database in one call
    /// (`DB_MULTIPLE_KEY`), in their order.
    pub fn put_bulk(&self, txn: Option<&Transaction>, bulk: &mut Bulk) -> Result<(), Error> {
        self.0.put_bulk(raw(txn), bulk)
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

    /// Closes the database and leaves its pages in the cache of its
    /// environment.
    pub fn close_unflushed(self) -> Result<(), Error> {
        self.0.close_unflushed()
    }

    pub(crate) fn label(&self) -> &str {
        self.0.label()
    }
}

fn raw(txn: Option<&Transaction>) -> Option<&ffi::Txn> {
    txn.map(|txn| &txn.0)
}
