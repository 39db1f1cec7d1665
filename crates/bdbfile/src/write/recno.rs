//! Recno databases: records by their numbers.

use crate::error::{Error, Result};
use crate::layout::{LEAF_ITEM_HEADER, PageNo, PageType, align4};
use crate::write::btree::Written;
use crate::write::file::{Home, NewFile, Part};
use crate::write::pages::Pages;
use crate::write::params::RecnoParams;
use crate::write::row::Row;
use crate::write::sink::PageSink;
use crate::write::spine::Entries;

/// The most record numbers in a row that are left out. Each takes room in the
/// file, and a number far off is a sign of damage.
const MISSING_AT_MOST: u32 = 1 << 24;

/// A recno database being written: records in the order of their numbers.
#[derive(Debug)]
pub struct RecnoWriter<'f, W: PageSink> {
    file: &'f mut NewFile<W>,
    home: Home,
    root: PageNo,
    params: RecnoParams,
    part: Part<W>,
    row: Row,
    /// The number of the record that would follow.
    next: u64,
    records: u64,
    long: Vec<u8>,
}

impl<'f, W: PageSink> RecnoWriter<'f, W> {
    pub(super) fn new(file: &'f mut NewFile<W>, home: Home, params: &RecnoParams) -> Result<Self> {
        let layout = file.shared().layout;
        let overflow_limit = params.overflow_limit(layout)?;
        let root = file.root(home)?;
        let (first, _) = file.now()?;
        Ok(Self {
            home,
            root,
            params: params.clone(),
            part: Part::new(file.shared(), first),
            row: Row::new(
                layout,
                PageType::RecnoLeaf,
                Entries::Counted,
                overflow_limit,
            ),
            next: 1,
            records: 0,
            long: Vec::new(),
            file,
        })
    }

    /// Adds a record. Numbers ascend from 1; those left out stay free, and
    /// count for those after them. A record shorter than the fixed length is
    /// padded.
    ///
    /// # Errors
    /// [`Error::Order`] when the number does not follow the one before it;
    /// [`Error::Parameter`] for a record longer than the fixed length;
    /// [`Error::Limit`] where more than 2^24 numbers in a row are left out.
    pub fn push(&mut self, number: u32, value: &[u8]) -> Result<()> {
        let missing = u64::from(number).checked_sub(self.next);
        let Some(missing) = missing else {
            return Err(Error::Order {
                file: self.part.name().to_owned(),
                record: self.records,
            });
        };
        if missing > u64::from(MISSING_AT_MOST) {
            return Err(Error::Limit {
                file: self.part.name().to_owned(),
                what: "the numbers left out in a row",
                limit: u64::from(MISSING_AT_MOST),
            });
        }
        for _ in 0..missing {
            self.make_room(align4(LEAF_ITEM_HEADER))?;
            let offset = self.row.leaf.deleted();
            self.row.leaf.slot(offset);
            self.row.leaf.count(1);
        }
        let mut value = value;
        if let Some(fixed) = self.params.fixed {
            let len = fixed.len as usize;
            if value.len() > len {
                return Err(Error::Parameter(format!(
                    "{}: record {number} has {} bytes, and the fixed length is {len}",
                    self.part.name(),
                    value.len()
                )));
            }
            if value.len() < len {
                self.long.clear();
                self.long.extend_from_slice(value);
                self.long.resize(len, fixed.pad);
                value = &self.long;
            }
        }
        let space = self.row.leaf.space(value.len());
        if !self.row.leaf.has_room(1, space) {
            self.row.turn(&mut self.part, Vec::new())?;
        }
        let offset = self.row.leaf.item(&mut self.part, value)?;
        self.row.leaf.slot(offset);
        self.row.leaf.count(1);
        self.records = self.records.saturating_add(1);
        self.next = u64::from(number) + 1;
        Ok(())
    }

    /// Writes what is left.
    pub fn finish(mut self) -> Result<Written> {
        let tree = self.row.finish(&mut self.part, Some(self.root))?;
        let (_, end) = self.part.place()?;
        self.part.finish(end)?;
        let meta = self.params.meta(self.file.heading(self.home), self.root);
        self.file.finished(self.home, meta)?;
        Ok(Written {
            records: self.records,
            leaves: tree.leaves,
            height: tree.height,
        })
    }

    fn make_room(&mut self, bytes: usize) -> Result<()> {
        if self.row.leaf.has_room(1, bytes) {
            return Ok(());
        }
        self.row.turn(&mut self.part, Vec::new())
    }
}
