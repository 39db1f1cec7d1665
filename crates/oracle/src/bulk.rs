//! Many records in one call: libdb's bulk buffers, and copying with them.

use std::path::Path;

use crate::database::Database;
use crate::error::Error;
use crate::ffi::{native_number, number_bytes};
use crate::options::DatabaseOptions;

/// Bytes of a number of the index.
const NUMBER: usize = size_of::<u32>();
/// Numbers for one record: where its key and its data are, and their lengths.
const RECORD: usize = 4 * NUMBER;
/// Ends the index.
const END: u32 = u32::MAX;
/// libdb wants buffers of whole kilobytes.
const UNIT: usize = 1024;

/// A buffer of many records in the form that libdb gives and takes them with
/// `DB_MULTIPLE_KEY`: their bytes from its start on, an index of them from its
/// end backwards.
#[derive(Debug)]
pub struct Bulk {
    bytes: Vec<u8>,
    /// Bytes taken from the start, and of the index, by `push`.
    filled: usize,
    index: usize,
}

impl Bulk {
    /// A buffer of `size` bytes, rounded up, with no records.
    pub fn new(size: usize) -> Self {
        let mut bulk = Self {
            bytes: Vec::new(),
            filled: 0,
            index: 0,
        };
        bulk.grow(size);
        bulk
    }

    /// Takes all records out.
    pub fn clear(&mut self) {
        self.filled = 0;
        self.index = 0;
        self.set(0, END);
    }

    /// Adds a record behind the others; false, and nothing is added, where it
    /// does not fit. Not into a buffer that libdb has filled: clear it first.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> bool {
        let needed = key.len() + value.len() + RECORD + NUMBER;
        if self.filled + self.index + needed > self.bytes.len() {
            return false;
        }
        for (at, item) in [(0, key), (2 * NUMBER, value)] {
            self.bytes[self.filled..self.filled + item.len()].copy_from_slice(item);
            self.set(self.index + at, number(self.filled));
            self.set(self.index + at + NUMBER, number(item.len()));
            self.filled += item.len();
        }
        self.index += RECORD;
        self.set(self.index, END);
        true
    }

    /// Whether no record is in it.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The records, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let item = |at: usize| {
            let start = self.get(at) as usize;
            let len = self.get(at + NUMBER) as usize;
            &self.bytes[start..start + len]
        };
        (0..)
            .step_by(RECORD)
            .take_while(|at| self.get(*at) != END)
            .map(move |at| (item(at), item(at + 2 * NUMBER)))
    }

    /// Makes room for `size` bytes, but for more than before; the records are
    /// gone.
    pub(crate) fn grow(&mut self, size: usize) {
        let size = size.max(self.bytes.len() + 1).next_multiple_of(UNIT);
        self.bytes.resize(size, 0);
        self.clear();
    }

    pub(crate) fn as_mut_bytes(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// The number of the index that lies `back` bytes before the last one.
    fn get(&self, back: usize) -> u32 {
        let end = self.bytes.len() - back;
        let bytes = self.bytes[end - NUMBER..end].try_into();
        native_number(bytes.expect("the length of a number"))
    }

    fn set(&mut self, back: usize, number: u32) {
        let end = self.bytes.len() - back;
        self.bytes[end - NUMBER..end].copy_from_slice(&number_bytes(number));
    }
}

/// A place or a length in a buffer, which has less than 4 GiB.
fn number(place: usize) -> u32 {
    u32::try_from(place).expect("less than 4 GiB")
}

/// How to copy a database with the library's own interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BulkCopy {
    /// Bytes of the buffer that records are read into and put from.
    pub buffer: usize,
    /// Cache of the file that is read.
    pub source_cache: u32,
    /// Cache of the file that is written.
    pub target_cache: u32,
}

impl Default for BulkCopy {
    /// A buffer of 1 MiB, caches of 256 MiB.
    fn default() -> Self {
        Self {
            buffer: 1 << 20,
            source_cache: 256 << 20,
            target_cache: 256 << 20,
        }
    }
}

impl BulkCopy {
    /// Copies a btree or hash database: bulk reads in order, each buffer put as
    /// it came in one call, no environment and no log. The new file gets the
    /// source's page size, flags and byte order, and is synced and closed.
    ///
    /// The number of records. The library may write to the source.
    pub fn run(&self, source: &Path, target: &Path) -> Result<u64, Error> {
        let options = DatabaseOptions {
            cache_bytes: Some(self.source_cache),
            ..DatabaseOptions::default()
        };
        let old = Database::open_read_only(None, source, &options)?;
        let Some(method) = old.method()? else {
            return Err(Error::refused("no btree or hash", old.label().to_owned()));
        };
        let options = DatabaseOptions {
            method,
            page_size: Some(old.page_size()?),
            byte_order: old.byte_order()?,
            duplicates: old.duplicates()?,
            record_numbers: old.record_numbers()?,
            checksums: old.checksums()?,
            cache_bytes: Some(self.target_cache),
            ..DatabaseOptions::default()
        };
        let new = Database::create(None, target, &options)?;
        let mut records = 0;
        old.for_each_bulk(&mut Bulk::new(self.buffer), |bulk| {
            records += bulk.iter().count() as u64;
            new.put_bulk(None, bulk)
        })?;
        new.sync()?;
        new.close()?;
        old.close()?;
        Ok(records)
    }
}
