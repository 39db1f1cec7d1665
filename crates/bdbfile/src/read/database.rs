//! One database of a file: the only one, or one by its name.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::error::{Place, Result, Rule};
use crate::layout::{META_USED, Meta, PageNo};
use crate::read::open::{DatabaseFile, check_meta, meta_checksum};
use crate::read::records::Records;
use crate::read::scan::Scan;
use crate::source::PageSource;

/// A database in an open file.
#[derive(Debug)]
pub struct Database<'f, S> {
    pub(super) file: &'f DatabaseFile<S>,
    pub(super) meta: Meta,
    name: Option<Vec<u8>>,
    /// Whether the directory has its page number little-endian.
    pub(super) little_endian_entry: bool,
    /// Whether the keys stand where their bytes lead to, once all were looked
    /// at: in bytewise order, in a hash database in the buckets of their hash
    /// values.
    pub(super) in_order: OnceLock<bool>,
}

/// An entry of the directory of named databases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedDatabase {
    /// The name, as the file has it.
    pub name: Vec<u8>,
    /// The page of its metadata.
    pub page: PageNo,
    /// Whether its page number is stored little-endian, which it should not.
    pub little_endian: bool,
}

impl<S: PageSource> DatabaseFile<S> {
    /// The file's own database. Of a file with named databases that is their
    /// directory: names and page numbers.
    pub fn database(&self) -> Database<'_, S> {
        Database {
            file: self,
            meta: self.meta.clone(),
            name: None,
            little_endian_entry: false,
            in_order: OnceLock::new(),
        }
    }

    /// The named databases in the file, in the order of the directory; none
    /// where the file is not a directory.
    ///
    /// # Errors
    /// What is broken in the directory; an entry that leads to no metadata
    /// page, or to that of another name: its records would be read twice.
    pub fn names(&self) -> Result<Vec<NamedDatabase>> {
        let mut found = Vec::new();
        let mut pages = BTreeSet::new();
        self.visit_names(|entry, place| {
            if !pages.insert(entry.page) {
                let again = format!("page {}", entry.page);
                return Err(self.pages.broken(place, Rule::PageTwice, again));
            }
            found.push(entry);
            Ok(())
        })?;
        Ok(found)
    }

    /// Visits the entries of the directory, each with its place, though
    /// several may lead to one page.
    pub(crate) fn visit_names(
        &self,
        mut each: impl FnMut(NamedDatabase, Place) -> Result<()>,
    ) -> Result<()> {
        if !self.meta.is_directory() {
            return Ok(());
        }
        let directory = self.database();
        let scan = directory.scan()?;
        scan.visit(scan.all(), |record| {
            let place = Place::slot(record.page, record.slot);
            each(self.entry(record.key, record.value, place)?, place)
        })
    }

    /// Opens a named database.
    pub fn named(&self, name: &[u8]) -> Result<Database<'_, S>> {
        let entry = self
            .names()?
            .into_iter()
            .find(|entry| entry.name == name)
            .ok_or_else(|| {
                let found = String::from_utf8_lossy(name).into_owned();
                self.pages.broken(Place::FILE, Rule::NoSuchName, found)
            })?;
        self.at(&entry)
    }

    /// Opens the database of a directory entry.
    pub fn at(&self, entry: &NamedDatabase) -> Result<Database<'_, S>> {
        let meta = self.meta_at(entry.page).ok_or_else(|| {
            let found = format!("page {}", entry.page);
            self.pages.broken(Place::FILE, Rule::DirectoryEntry, found)
        })?;
        check_meta(self.name(), &meta, self.layout(), entry.page)?;
        Ok(Database {
            file: self,
            meta,
            name: Some(entry.name.clone()),
            little_endian_entry: entry.little_endian,
            in_order: OnceLock::new(),
        })
    }

    /// Page numbers in the directory are big-endian in all files but those of
    /// 3.0 and of misbuilt libraries: what leads to a metadata page is right.
    fn entry(&self, name: &[u8], number: &[u8], place: Place) -> Result<NamedDatabase> {
        let broken = || {
            let found = format!("{}: {number:02x?}", String::from_utf8_lossy(name));
            self.pages.broken(place, Rule::DirectoryEntry, found)
        };
        let bytes: [u8; 4] = number.try_into().map_err(|_| broken())?;
        let big = PageNo::from_be_bytes(bytes);
        for (page, little_endian) in [(big, false), (big.swap_bytes(), true)] {
            if self.meta_at(page).is_some() {
                return Ok(NamedDatabase {
                    name: name.to_vec(),
                    page,
                    little_endian,
                });
            }
        }
        Err(broken())
    }

    /// The metadata on a page, if it holds some and they say so.
    fn meta_at(&self, page: PageNo) -> Option<Meta> {
        if page == 0 || page >= self.page_count() {
            return None;
        }
        let bytes = self.pages.raw(page).ok()?;
        let meta = Meta::read(self.layout().endian, bytes.get(..META_USED)?)?;
        if self.layout().checksums && self.pages.checks_checksums() {
            // A wrong one: no metadata page, or a damaged one.
            if meta_checksum(self.layout().endian, &bytes).is_some() {
                return None;
            }
        }
        (meta.pgno == page && meta.page_size == self.layout().page_size).then_some(meta)
    }
}

impl<'f, S: PageSource> Database<'f, S> {
    /// The file it is in.
    pub fn file(&self) -> &'f DatabaseFile<S> {
        self.file
    }

    /// Its metadata.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// Its name; `None` for the only database of a file.
    pub fn name(&self) -> Option<&[u8]> {
        self.name.as_deref()
    }

    /// Finds the pages of the database and is then ready to visit its records.
    pub fn scan(&self) -> Result<Scan<'_, S>> {
        Scan::new(self, usize::MAX)
    }

    /// The same for no more than the first units, of which there may be very
    /// many: of a tree only the internal pages above them are read. What a scan
    /// finds out when all records were visited is left out then, unless there
    /// are no more units.
    pub fn scan_first(&self, units: usize) -> Result<Scan<'_, S>> {
        Scan::new(self, units)
    }

    /// The records one after the other, each a copy of its own.
    ///
    /// Memory: the records of one unit at a time, with their overflow items
    /// and duplicates: of a leaf, a bucket, a page of a queue. It is most for
    /// a key with many duplicates, all of which belong to its unit (the key
    /// itself is held once);
    /// [`scan`](Self::scan) holds one record at a time whatever they are.
    ///
    /// ```
    /// # use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, MemorySink};
    /// # let mut builder = BtreeBuilder::new(
    /// #     MemorySink::new("doc.db"),
    /// #     &FileParams::default(),
    /// #     &BtreeParams::default(),
    /// # )?;
    /// # builder.push(b"jdoe", b"properties of jdoe")?;
    /// # let bytes = builder.finish()?.0.into_bytes();
    /// use bdbfile::read::DatabaseFile;
    /// use bdbfile::source::MemorySource;
    ///
    /// let file = DatabaseFile::open(MemorySource::new("doc.db", bytes))?;
    /// for record in file.database().records() {
    ///     let record = record?;
    ///     assert_eq!(record.key, b"jdoe");
    ///     assert_eq!(record.value, b"properties of jdoe");
    /// }
    /// # Ok::<(), bdbfile::Error>(())
    /// ```
    pub fn records(&self) -> Records<'_, S> {
        Records::new(self.scan())
    }
}
