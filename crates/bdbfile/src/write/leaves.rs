//! The row of leaves of a tree: linked to each other, each given to the spine.

use crate::error::Result;
use crate::layout::{
    ItemKind, LEAF_ITEM_HEADER, NO_PAGE, OFF_PAGE_ITEM, PageLayout, PageNo, PageType, align4,
    encode_leaf_inline, encode_off_page,
};
use crate::write::out::Out;
use crate::write::overflow;
use crate::write::page::{PageBuf, Seal};
use crate::write::sink::PageSink;
use crate::write::spine::{Child, Entries, Spine};

/// Leaves being written, and the internal pages above them.
#[derive(Debug)]
pub(super) struct Leaves {
    page_type: PageType,
    overflow_limit: usize,
    page: PageBuf,
    /// The number of the leaf being filled. The first has none until a second
    /// one exists: a tree of one leaf is its own root.
    pgno: Option<PageNo>,
    prev: PageNo,
    separator: Vec<u8>,
    records: u64,
    count: u64,
    spine: Spine,
}

/// A finished tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree {
    pub(super) root: PageNo,
    pub(super) leaves: u64,
    pub(super) height: usize,
}

impl Leaves {
    pub(super) fn new(
        layout: PageLayout,
        page_type: PageType,
        entries: Entries,
        overflow_limit: usize,
    ) -> Self {
        Self {
            page_type,
            overflow_limit,
            page: PageBuf::new(layout),
            pgno: None,
            prev: NO_PAGE,
            separator: Vec::new(),
            records: 0,
            count: 1,
            spine: Spine::new(layout, entries, overflow_limit),
        }
    }

    /// Space that an item of `len` bytes takes on a leaf.
    pub(super) fn space(&self, len: usize) -> usize {
        if len > self.overflow_limit {
            OFF_PAGE_ITEM
        } else {
            align4(LEAF_ITEM_HEADER + len)
        }
    }

    /// Whether the leaf being filled has room.
    pub(super) fn has_room(&self, slots: usize, bytes: usize) -> bool {
        self.page.has_room(slots, bytes)
    }

    /// Writes the leaf being filled and begins the next, which `separator`
    /// (greater than all before, not greater than the next key) divides from it.
    pub(super) fn turn<W: PageSink>(&mut self, out: &mut Out<W>, separator: Vec<u8>) -> Result<()> {
        let pgno = match self.pgno {
            Some(pgno) => pgno,
            None => out.allocate()?,
        };
        let next = out.allocate()?;
        self.close(out, pgno, next)?;
        self.prev = pgno;
        self.pgno = Some(next);
        self.separator = separator;
        self.count += 1;
        Ok(())
    }

    /// Puts an item on the leaf, its bytes in an overflow chain if they are
    /// too many; gives its offset, for slots to name.
    pub(super) fn item<W: PageSink>(&mut self, out: &mut Out<W>, bytes: &[u8]) -> Result<usize> {
        if bytes.len() > self.overflow_limit {
            let (first, len) = overflow::write_chain(out, bytes)?;
            return Ok(self.reference(ItemKind::Overflow, first, len));
        }
        let endian = self.page.endian();
        let (offset, item) = self.page.item(LEAF_ITEM_HEADER + bytes.len());
        encode_leaf_inline(endian, item, bytes);
        Ok(offset)
    }

    /// Puts a reference to a tree of duplicates on the leaf.
    pub(super) fn duplicates(&mut self, root: PageNo) -> usize {
        self.reference(ItemKind::Duplicates, root, 0)
    }

    /// Adds a slot for the item at `offset`.
    pub(super) fn slot(&mut self, offset: usize) {
        self.page.slot(offset);
    }

    /// Counts records put on the leaf being filled.
    pub(super) fn count(&mut self, records: u64) {
        self.records += records;
    }

    /// Writes the last leaf and the pages above, the root as page `root` (or
    /// on a page of its own choosing).
    pub(super) fn finish<W: PageSink>(
        mut self,
        out: &mut Out<W>,
        root: Option<PageNo>,
    ) -> Result<Tree> {
        let Some(pgno) = self.pgno else {
            let root = match root {
                Some(root) => root,
                None => out.allocate()?,
            };
            self.write(out, root, NO_PAGE)?;
            return Ok(Tree {
                root,
                leaves: 1,
                height: 1,
            });
        };
        self.close(out, pgno, NO_PAGE)?;
        let (root, height) = self.spine.finish(out, root)?;
        Ok(Tree {
            root,
            leaves: self.count,
            height,
        })
    }

    fn reference(&mut self, kind: ItemKind, page: PageNo, len: u32) -> usize {
        let endian = self.page.endian();
        let (offset, item) = self.page.item(OFF_PAGE_ITEM);
        encode_off_page(endian, item, kind, page, len);
        offset
    }

    fn close<W: PageSink>(&mut self, out: &mut Out<W>, pgno: PageNo, next: PageNo) -> Result<()> {
        self.write(out, pgno, next)?;
        let leaf = Child {
            pgno,
            records: std::mem::take(&mut self.records),
            separator: std::mem::take(&mut self.separator),
        };
        self.spine.add(out, leaf)
    }

    fn write<W: PageSink>(&mut self, out: &mut Out<W>, pgno: PageNo, next: PageNo) -> Result<()> {
        let seal = Seal {
            pgno,
            prev: self.prev,
            next,
            level: 1,
            page_type: self.page_type,
        };
        self.page.write(out, seal)
    }
}
