//! Buckets of a hash database, written one after the other.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::error::{Error, Result};
use crate::layout::{put_hash_chain, put_hash_duplicates, put_hash_inline, put_hash_tree};
use crate::write::duplicates::{DuplicateTree, Gathered};
use crate::write::file::Part;
use crate::write::hash::Shared;
use crate::write::hash::bucket::Bucket;
use crate::write::hash::page::NewPair;
use crate::write::hash::space::{DataOfKey, Form};
use crate::write::overflow;
use crate::write::pages::Pages;
use crate::write::params::Duplicates;
use crate::write::sink::PageSink;

/// A piece of a hash database: some of its buckets.
#[derive(Debug)]
pub struct HashPiece<W: PageSink> {
    part: Part<W>,
    shared: Arc<Shared>,
    bucket: Bucket,
    /// The number of the bucket being written.
    number: Option<u32>,
    /// The key whose data are being gathered.
    key: Vec<u8>,
    data: DataOfKey,
    /// Whether duplicates are sorted bytewise; then the last one.
    bytewise: bool,
    last: Vec<u8>,
    gathered: Gathered,
    /// The data of `key`, once they are too many for the page.
    tree: Option<DuplicateTree>,
    records: u64,
    keys: u64,
    key_item: Vec<u8>,
    data_item: Vec<u8>,
}

impl<W: PageSink> HashPiece<W> {
    pub(super) fn new(part: Part<W>, shared: Arc<Shared>) -> Self {
        let bucket = Bucket::new(part.layout(), shared.params.page_type());
        Self {
            part,
            bytewise: shared.params.has_bytewise_duplicates(),
            last: Vec::new(),
            shared,
            bucket,
            number: None,
            key: Vec::new(),
            data: DataOfKey::default(),
            gathered: Gathered::default(),
            tree: None,
            records: 0,
            keys: 0,
            key_item: Vec::new(),
            data_item: Vec::new(),
        }
    }

    /// Adds a record to a bucket. The records of a bucket come one after the
    /// other, and among them those of a key, which are duplicates where these
    /// are allowed. Which bucket a key belongs to is not checked: that may be
    /// for a function to say that is not known here.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a bucket that there is not or that was written
    /// before; [`Error::Order`] for a key that comes twice where there are no
    /// duplicates, and for a sorted duplicate that does not follow the one
    /// before it; [`Error::Io`].
    pub fn push(&mut self, bucket: u32, key: &[u8], value: &[u8]) -> Result<()> {
        if self.number != Some(bucket) {
            self.end_bucket()?;
            self.shared.begin_bucket(bucket, self.part.name())?;
            self.bucket.begin(self.shared.page_of(bucket));
            self.number = Some(bucket);
        } else if self.key == key {
            let refused = match self.shared.params.duplicates {
                Duplicates::None => true,
                Duplicates::Unsorted => false,
                Duplicates::Sorted => self.bytewise && value <= self.last.as_slice(),
            };
            if refused {
                return Err(Error::Order {
                    file: self.part.name().to_owned(),
                    record: self.records,
                });
            }
            self.records = self.records.saturating_add(1);
            return self.gather(value);
        } else {
            self.place()?;
        }
        self.key.clear();
        self.key.extend_from_slice(key);
        self.keys = self.keys.saturating_add(1);
        self.records = self.records.saturating_add(1);
        self.gather(value)
    }

    /// Ends the piece: waits until those before it are finished, and writes
    /// what was not written yet.
    ///
    /// # Errors
    /// [`Error::GivenUp`] when a piece before it was dropped, [`Error::Io`].
    pub fn finish(mut self) -> Result<()> {
        self.end_bucket()?;
        let (_, end) = self.part.place()?;
        let Self {
            part,
            shared,
            records,
            keys,
            ..
        } = self;
        shared.records.fetch_add(records, Ordering::Relaxed);
        shared.keys.fetch_add(keys, Ordering::Relaxed);
        // Whoever waits for this part finds no other owner.
        drop(shared);
        part.finish(end)
    }

    /// Writes what there is of the current bucket.
    fn end_bucket(&mut self) -> Result<()> {
        self.place()?;
        self.bucket.end(&mut self.part)
    }

    /// Keeps a datum of the current key until all are known, or passes it to
    /// the tree they have become too many for a page.
    fn gather(&mut self, value: &[u8]) -> Result<()> {
        self.data.push(self.shared.space, value.len());
        if self.bytewise {
            self.last.clear();
            self.last.extend_from_slice(value);
        }
        if let Some(tree) = &mut self.tree {
            return tree.push(&mut self.part, value);
        }
        self.gathered.push(value, 0);
        if self.data.form(self.shared.space) == Form::Tree {
            let mut tree = DuplicateTree::new(
                self.part.layout(),
                self.shared.params.duplicates,
                self.shared.overflow_limit,
            );
            if self.bytewise {
                tree = tree.bytewise();
            }
            for value in self.gathered.values() {
                tree.push(&mut self.part, value)?;
            }
            self.gathered.clear();
            self.tree = Some(tree);
        }
        Ok(())
    }

    /// Puts the current key and its data on the pages of the bucket.
    fn place(&mut self) -> Result<()> {
        if self.data.count() == 0 {
            return Ok(());
        }
        let endian = self.part.layout().endian;
        self.key_item.clear();
        let key_is_reference = item(&mut self.part, &self.shared, &self.key, &mut self.key_item)?;
        self.data_item.clear();
        let data_is_reference = if let Some(tree) = self.tree.take() {
            let (root, _) = tree.finish(&mut self.part)?;
            put_hash_tree(endian, &mut self.data_item, root);
            true
        } else if self.gathered.len() > 1 {
            put_hash_duplicates(endian, &mut self.data_item, self.gathered.values());
            false
        } else {
            let value = self.gathered.values().next().unwrap_or_default();
            item(&mut self.part, &self.shared, value, &mut self.data_item)?
        };
        let pair = NewPair {
            key_item: &self.key_item,
            key_is_reference,
            data_item: &self.data_item,
            data_is_reference,
            key: &self.key,
        };
        self.bucket.push(&mut self.part, pair)?;
        self.gathered.clear();
        self.data = DataOfKey::default();
        Ok(())
    }
}

/// Encodes an item, its bytes in an overflow chain if they are too many; gives
/// whether it is a reference.
fn item<W: PageSink>(
    part: &mut Part<W>,
    shared: &Shared,
    bytes: &[u8],
    out: &mut Vec<u8>,
) -> Result<bool> {
    if !shared.space.is_big(bytes.len()) {
        put_hash_inline(out, bytes);
        return Ok(false);
    }
    let (first, len) = overflow::write_chain(part, bytes)?;
    put_hash_chain(part.layout().endian, out, first, len);
    Ok(true)
}
