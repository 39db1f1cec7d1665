//! The internal pages above a row of leaves.

use crate::error::Result;
use crate::layout::{
    INTERNAL_HEADER, ItemKind, OFF_PAGE_ITEM, PageLayout, PageNo, PageType, RECNO_INTERNAL_ITEM,
    align4, encode_internal, encode_off_page, encode_recno_internal,
};
use crate::write::out::Out;
use crate::write::overflow;
use crate::write::page::{PageBuf, Seal};
use crate::write::sink::PageSink;

/// What the entries of internal pages hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entries {
    /// Child and separator.
    Keyed,
    /// Child, separator and the number of records below.
    KeyedAndCounted,
    /// Child and the number of records below.
    Counted,
}

/// A page below, as its parent will know it.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) pgno: PageNo,
    /// Records below it.
    pub(super) records: u64,
    /// A key greater than all before the child and not greater than its
    /// first; empty for the first child of a level.
    pub(super) separator: Vec<u8>,
}

/// The levels above the leaves, each with one page that is being filled:
/// memory is one page a level, whatever the size of the file.
#[derive(Debug)]
pub(super) struct Spine {
    layout: PageLayout,
    entries: Entries,
    /// Separators longer than this go to an overflow chain.
    overflow_limit: usize,
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    page: PageBuf,
    /// Records below the page being filled.
    records: u64,
    /// The separator of its first child: what the page's own parent gets.
    separator: Vec<u8>,
}

impl Spine {
    pub(super) fn new(layout: PageLayout, entries: Entries, overflow_limit: usize) -> Self {
        Self {
            layout,
            entries,
            overflow_limit,
            levels: Vec::new(),
        }
    }

    /// Adds the next leaf.
    pub(super) fn add<W: PageSink>(&mut self, out: &mut Out<W>, leaf: Child) -> Result<()> {
        self.add_at(out, 0, leaf)
    }

    /// Adds a child to a level; a page that is full goes to the level above.
    fn add_at<W: PageSink>(&mut self, out: &mut Out<W>, from: usize, child: Child) -> Result<()> {
        let mut index = from;
        let mut child = child;
        loop {
            if self.levels.len() <= index {
                self.levels.push(Level {
                    page: PageBuf::new(self.layout),
                    records: 0,
                    separator: Vec::new(),
                });
            }
            let size = self.item_size(&child);
            let Some(level) = self.levels.get_mut(index) else {
                return Ok(());
            };
            if level.page.has_room(1, align4(size)) {
                return self.put(out, index, child);
            }
            let pgno = out.allocate()?;
            let full = self.close(out, index, pgno)?;
            self.put(out, index, child)?;
            child = full;
            index += 1;
        }
    }

    /// Writes the page of a level that is being filled; gives it as a child.
    fn close<W: PageSink>(
        &mut self,
        out: &mut Out<W>,
        index: usize,
        pgno: PageNo,
    ) -> Result<Child> {
        self.close_with(out, index, pgno, |_| 0)
    }

    fn close_with<W: PageSink>(
        &mut self,
        out: &mut Out<W>,
        index: usize,
        pgno: PageNo,
        prev: impl FnOnce(u64) -> PageNo,
    ) -> Result<Child> {
        let page_type = match self.entries {
            Entries::Keyed | Entries::KeyedAndCounted => PageType::BtreeInternal,
            Entries::Counted => PageType::RecnoInternal,
        };
        let Some(level) = self.levels.get_mut(index) else {
            return Ok(Child {
                pgno,
                records: 0,
                separator: Vec::new(),
            });
        };
        let records = std::mem::take(&mut level.records);
        let seal = Seal {
            pgno,
            prev: prev(records),
            next: 0,
            // Leaves are at level 1. A level holds at least two children of
            // the one below, so 255 levels are never reached.
            level: u8::try_from(index + 2).unwrap_or(u8::MAX),
            page_type,
        };
        level.page.write(out, seal)?;
        Ok(Child {
            pgno,
            records,
            separator: std::mem::take(&mut level.separator),
        })
    }

    /// Puts a child on the page being filled, where there is room for it.
    fn put<W: PageSink>(&mut self, out: &mut Out<W>, index: usize, child: Child) -> Result<()> {
        let size = self.item_size(&child);
        let limit = self.overflow_limit;
        let entries = self.entries;
        let Some(level) = self.levels.get_mut(index) else {
            return Ok(());
        };
        let endian = level.page.endian();
        // Only counted trees state numbers of records; 0 elsewhere.
        let records = match entries {
            Entries::Keyed => 0,
            Entries::KeyedAndCounted | Entries::Counted => saturated(child.records),
        };
        let mut reference = [0; OFF_PAGE_ITEM];
        let (key, long) = if child.separator.len() > limit && entries != Entries::Counted {
            let (first, len) = overflow::write_chain(out, &child.separator)?;
            encode_off_page(endian, &mut reference, ItemKind::Overflow, first, len);
            (reference.as_slice(), true)
        } else {
            (child.separator.as_slice(), false)
        };
        let (offset, item) = level.page.item(size);
        match entries {
            Entries::Counted => encode_recno_internal(endian, item, child.pgno, records),
            Entries::Keyed | Entries::KeyedAndCounted => {
                encode_internal(endian, item, child.pgno, records, key, long);
            }
        }
        level.page.slot(offset);
        level.records += child.records;
        if level.page.entries() == 1 {
            level.separator = child.separator;
        }
        Ok(())
    }

    fn item_size(&self, child: &Child) -> usize {
        match self.entries {
            Entries::Counted => RECNO_INTERNAL_ITEM,
            Entries::Keyed | Entries::KeyedAndCounted => {
                INTERNAL_HEADER
                    + if child.separator.len() > self.overflow_limit {
                        OFF_PAGE_ITEM
                    } else {
                        child.separator.len()
                    }
            }
        }
    }

    /// Writes what is still being filled, the topmost page as `root` (or on a
    /// page of its own choosing). Gives the root and the height of the tree,
    /// the leaves counted.
    pub(super) fn finish<W: PageSink>(
        mut self,
        out: &mut Out<W>,
        root: Option<PageNo>,
    ) -> Result<(PageNo, usize)> {
        let mut index = 0;
        while index + 1 < self.levels.len() {
            let pgno = out.allocate()?;
            let child = self.close(out, index, pgno)?;
            self.add_at(out, index + 1, child)?;
            index += 1;
        }
        let root = match root {
            Some(root) => root,
            None => out.allocate()?,
        };
        // The root of a counted tree states its total in place of a link.
        let counted = self.entries != Entries::Keyed;
        self.close_with(out, index, root, |records| {
            if counted { saturated(records) } else { 0 }
        })?;
        Ok((root, index + 2))
    }
}

/// Numbers of records are 32 bits wide on disk.
fn saturated(records: u64) -> u32 {
    u32::try_from(records).unwrap_or(u32::MAX)
}
