//! One key or one record number, without reading the whole database.
//!
//! * `btree`: down the tree by the bytes of the keys.
//! * `hash`: into the bucket of the key.
//! * `number`: records by their numbers.

mod btree;
mod hash;
mod number;

use crate::error::{Error, Result};
use crate::layout::Method;
use crate::read::claims::Claims;
use crate::read::database::Database;
use crate::read::walk::{Notes, Walk};
use crate::source::PageSource;

impl<S: PageSource> Database<'_, S> {
    /// The data of a key, of all its duplicates in their order; none where the
    /// database does not have the key.
    ///
    /// **Btree**: one way down the tree, by the bytes of the keys. The file
    /// does not say whether the application ordered its keys otherwise, so a
    /// key that is found is certain and one that is not may have been passed
    /// by. The first key that is not found is therefore looked for among all
    /// keys; whether these were in bytewise order is kept with this
    /// `Database`. Where they were, later keys cost one way down, found or
    /// not; where not, each costs a look at all keys. Data are read of the key
    /// asked for alone. A damaged tree can have a key in two places; the data
    /// are then those of the place that the way leads to.
    ///
    /// **Hash**: the bucket of the key by the default hash function. The file
    /// says when it was made with another one; then all buckets are read. Here,
    /// too, the first key that is not found is looked for among all keys, so
    /// that a table whose numbers are damaged is not taken for one without it.
    ///
    /// Memory: the answer, one bit a page of the file, and the longest key or
    /// datum in between.
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
    /// let database = file.database();
    /// assert_eq!(database.get(b"jdoe")?, [b"properties of jdoe"]);
    /// assert!(database.get(b"nobody")?.is_empty());
    /// # Ok::<(), bdbfile::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] where records have numbers and no keys; else what
    /// the file breaks on the way.
    pub fn get(&self, key: &[u8]) -> Result<Vec<Vec<u8>>> {
        self.file.pages.meter().grant();
        match &self.meta.method {
            Method::Btree(fields) if !self.meta.is_recno() => btree::get(self, fields.root, key),
            Method::Hash(fields) => hash::get(self, fields, key),
            Method::Btree(_) | Method::Queue(_) => Err(Error::Parameter(format!(
                "{}: a {} database has record numbers, not keys",
                self.file.name(),
                self.meta.method_name()
            ))),
        }
    }

    /// The record of a number in a recno database or a queue; `None` where
    /// there is none: never put, deleted, taken from the queue.
    ///
    /// In a recno database the counts of records on internal pages lead to the
    /// leaf. Counts that do not agree with each other or with the leaf on the
    /// way are not believed, and all leaves counted; those of the parts passed
    /// over are.
    ///
    /// ```no_run
    /// use bdbfile::read::DatabaseFile;
    /// use bdbfile::source::QueueExtents;
    ///
    /// let file = DatabaseFile::open(QueueExtents::open("jobs.db".as_ref()).unwrap())?;
    /// if let Some(job) = file.database().get_record(17)? {
    ///     println!("{}", String::from_utf8_lossy(&job));
    /// }
    /// # Ok::<(), bdbfile::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] where records have keys and no numbers of their
    /// own; else what the file breaks on the way.
    pub fn get_record(&self, number: u32) -> Result<Option<Vec<u8>>> {
        self.file.pages.meter().grant();
        match &self.meta.method {
            Method::Btree(fields) if self.meta.is_recno() => {
                number::of_recno(self, fields.root, number)
            }
            Method::Queue(fields) => number::of_queue(self, fields, number),
            Method::Btree(_) | Method::Hash(_) => Err(Error::Parameter(format!(
                "{}: a {} database has keys, not record numbers",
                self.file.name(),
                self.meta.method_name()
            ))),
        }
    }

    /// A walk over this database.
    fn walk<'a>(&'a self, claims: &'a Claims, notes: &'a Notes) -> Walk<'a, S> {
        Walk {
            pages: &self.file.pages,
            claims,
            meta: &self.meta,
            notes,
        }
    }
}
