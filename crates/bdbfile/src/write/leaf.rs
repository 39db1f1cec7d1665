//! One leaf being filled.

use crate::error::Result;
use crate::layout::{
    ItemKind, LEAF_ITEM_HEADER, OFF_PAGE_ITEM, OFF_PAGE_PGNO, PageLayout, PageNo, PageType, align4,
    encode_deleted, encode_leaf_inline, encode_off_page, leaf_item_len,
};
use crate::write::overflow;
use crate::write::page::{Linked, PageBuf, Seal};
use crate::write::pages::Pages;

/// A leaf being filled.
#[derive(Debug)]
pub(super) struct Leaf {
    page_type: PageType,
    overflow_limit: usize,
    page: PageBuf,
    records: u64,
}

/// The links of a leaf to its neighbours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Neighbours {
    pub(super) prev: PageNo,
    pub(super) next: PageNo,
}

impl Leaf {
    pub(super) fn new(layout: PageLayout, page_type: PageType, overflow_limit: usize) -> Self {
        Self {
            page_type,
            overflow_limit,
            page: PageBuf::new(layout),
            records: 0,
        }
    }

    /// Space that an item of `len` bytes takes on a leaf.
    pub(super) fn space(&self, len: usize) -> usize {
        if len > self.overflow_limit {
            OFF_PAGE_ITEM
        } else {
            align4(leaf_item_len(len))
        }
    }

    /// Whether there is room.
    pub(super) fn has_room(&self, slots: usize, bytes: usize) -> bool {
        self.page.has_room(slots, bytes)
    }

    /// Puts an item on the leaf, its bytes in an overflow chain if they are
    /// too many; gives its offset, for slots to name.
    pub(super) fn item<P: Pages>(&mut self, pages: &mut P, bytes: &[u8]) -> Result<usize> {
        if bytes.len() > self.overflow_limit {
            let (first, len) = overflow::write_chain(pages, bytes)?;
            return Ok(self.reference(ItemKind::Overflow, first, len));
        }
        let endian = self.page.endian();
        let (offset, item) = self.page.item(leaf_item_len(bytes.len()));
        encode_leaf_inline(endian, item, bytes);
        Ok(offset)
    }

    /// Puts a deleted item on the leaf.
    pub(super) fn deleted(&mut self) -> usize {
        let endian = self.page.endian();
        let (offset, item) = self.page.item(LEAF_ITEM_HEADER);
        encode_deleted(endian, item);
        offset
    }

    /// Puts a reference to a tree of duplicates on the leaf.
    pub(super) fn duplicates(&mut self, root: PageNo) -> usize {
        self.reference(ItemKind::Duplicates, root, 0)
    }

    /// Adds a slot for the item at `offset`.
    pub(super) fn slot(&mut self, offset: usize) {
        self.page.slot(offset);
    }

    /// Counts records put on the leaf.
    pub(super) fn count(&mut self, records: u64) {
        self.records = self.records.saturating_add(records);
    }

    /// Finishes the leaf, gives it to `take` with the places of its links, and
    /// empties it for the next. Gives the number of its records.
    pub(super) fn seal(
        &mut self,
        pgno: PageNo,
        neighbours: Neighbours,
        linked: Linked,
        take: impl FnOnce(&mut [u8], &[u16]) -> Result<()>,
    ) -> Result<u64> {
        let seal = Seal {
            pgno,
            prev: neighbours.prev,
            next: neighbours.next,
            level: 1,
            page_type: self.page_type,
        };
        self.page.seal(seal, linked, take)?;
        Ok(std::mem::take(&mut self.records))
    }

    fn reference(&mut self, kind: ItemKind, page: PageNo, len: u32) -> usize {
        let endian = self.page.endian();
        let (offset, item) = self.page.item(OFF_PAGE_ITEM);
        encode_off_page(endian, item, kind, page, len);
        self.page.link(offset.saturating_add(OFF_PAGE_PGNO));
        offset
    }
}
