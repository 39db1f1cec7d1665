//! A page becomes two, and a root takes the place of its only child.

use std::borrow::Cow;

use super::{CUTS, Effect};
use crate::layout::{
    DELETED, FieldName as F, ITEM_TYPE, Lsn, NO_PAGE, PageHeader, PageNo, PageType, PageView,
    RECNO_INTERNAL_ITEM, align4, has_key_in_chain, internal_item, recno_item, turn_internal_item,
    turn_key_length, turn_recno_item,
};
use crate::recover::page::Fresh;
use crate::recover::refusal::Result;

/// Set in the flags of a split: the tree keeps counts of records.
const COUNTED: u32 = 1;

impl Effect<'_, '_> {
    /// A page is split in two.
    pub(super) fn split(&mut self) -> Result<()> {
        let image = self.body.bytes(F::pg).to_vec();
        let layout = self.pages.layout(self.file);
        let Some(whole) = PageView::parse(layout, &image) else {
            return Err(self.unfit(self.u32(F::left)));
        };
        if self.redoes() {
            self.redo_split(&whole)
        } else {
            self.undo_split(&whole)
        }
    }

    /// The number of the root, where the root is what is split.
    fn split_root(&self, whole: &PageView<'_>) -> Option<PageNo> {
        let root = self.u32(F::root_pgno);
        if self.body.has(F::ppgno) {
            let parent = self.u32(F::ppgno);
            return (parent == whole.header.pgno).then_some(parent);
        }
        let is_root = if self.layout.version <= 4 {
            root == whole.header.pgno
        } else {
            root != NO_PAGE
        };
        is_root.then_some(root)
    }

    fn redo_split(&mut self, whole: &PageView<'_>) -> Result<()> {
        let (left, right) = (self.u32(F::left), self.u32(F::right));
        let at = self.u16(F::indx, whole.header.pgno)?;
        let entries = whole.header.entries;
        let header = whole.header;
        let root = self.split_root(whole);
        let internal = is_internal(&header);
        // Pages above the leaves are not linked.
        let link = |page| if internal { NO_PAGE } else { page };
        let (outer_prev, outer_next, split) = match root {
            Some(_) => (NO_PAGE, NO_PAGE, left),
            None => (link(header.prev), link(header.next), header.pgno),
        };
        let fresh = |pgno, prev, next| Fresh {
            pgno,
            prev,
            next,
            level: header.level,
            page_type: header.page_type,
        };
        let halves = [
            (left, F::llsn, fresh(split, outer_prev, link(right)), 0..at),
            (
                right,
                F::rlsn,
                fresh(right, link(split), outer_next),
                at..entries,
            ),
        ];
        let len = whole.layout.page_len();
        // Seen: 4.8 and 5.3 do, 3.2 and 4.2 do not.
        let drops_key = self.layout.version >= CUTS && header.is(PageType::BtreeInternal);
        for (page, before, fresh, slots) in halves {
            self.change(page, self.body.lsn(before), true, |edit| {
                let lsn = edit.bytes.get(..Lsn::SIZE)?.to_vec();
                edit.bytes.get_mut(..len)?.fill(0);
                edit.put(0, &lsn)?;
                edit.init(fresh)?;
                let first = slots.start != 0;
                edit.copy(whole, slots, drops_key && first)
            })?;
        }
        if let Some(root) = root {
            return self.redo_root(root, whole);
        }
        self.change_next_of_split(right)?;
        self.change_parent()
    }

    /// The root of a tree that gets one more level.
    fn redo_root(&mut self, root: PageNo, whole: &PageView<'_>) -> Result<()> {
        let header = whole.header;
        let in_btree = is_btree(&header);
        let counted = self.opcode(F::opflags) & COUNTED != 0;
        let entries = self.body.has(F::pentry);
        let total = if counted || (!in_btree && !entries) {
            records(whole).ok_or_else(|| self.unfit(root))?
        } else {
            0
        };
        let left = self.entry(self.body.bytes(F::pentry));
        let right = self.entry(self.body.bytes(F::rentry));
        self.change(root, self.lsn_in(whole.bytes), true, |edit| {
            edit.init(Fresh {
                pgno: root,
                prev: total,
                next: NO_PAGE,
                level: header.level.checked_add(1)?,
                page_type: internal_type(in_btree),
            })?;
            if entries {
                edit.add(0, align4(left.len()), &left, &[])?;
                edit.add(1, align4(right.len()), &right, &[])?;
            }
            Some(())
        })?;
        Ok(())
    }

    /// The page after the one that was split leads back to its right half.
    fn change_next_of_split(&mut self, to: PageNo) -> Result<()> {
        let (next, before) = (self.u32(F::npgno), self.body.lsn(F::nlsn));
        if before.is_logged() || before == Lsn::NOT_LOGGED {
            self.change_link(next, before, false, |header| header.prev = to)?;
        }
        Ok(())
    }

    /// The page above gets an entry for the right half, from 4.8 on by the same
    /// record. Where trees keep counts 5.x has another record for it.
    fn change_parent(&mut self) -> Result<()> {
        if !self.body.has(F::ppgno) {
            return Ok(());
        }
        let parent = self.u32(F::ppgno);
        let slot = self.u16(F::pindx, parent)?.saturating_add(1);
        let entry = self.entry(self.body.bytes(F::rentry));
        let has_record = self.layout.version >= 17 && self.opcode(F::opflags) != 0;
        let redoes = self.redoes();
        self.change(parent, self.body.lsn(F::plsn), false, |edit| {
            let size = align4(entry.len());
            match (has_record, redoes) {
                (true, _) => Some(()),
                (false, true) => edit.add(slot, size, &entry, &[]),
                (false, false) => edit.remove(slot, size),
            }
        })?;
        Ok(())
    }

    fn undo_split(&mut self, whole: &PageView<'_>) -> Result<()> {
        let page = whole.header.pgno;
        let before = self.lsn_in(whole.bytes);
        self.change(page, before, false, |edit| edit.put(0, whole.bytes))?;
        if self.split_root(whole).is_some() {
            for (half, before) in [(F::left, F::llsn), (F::right, F::rlsn)] {
                let (page, before) = (self.u32(half), self.body.lsn(before));
                self.change(page, before, false, |_| Some(()))?;
            }
            return Ok(());
        }
        // The right half is a page that was allocated, and is given back.
        let (right, before) = (self.u32(F::right), self.body.lsn(F::rlsn));
        self.change(right, before, false, |_| Some(()))?;
        self.change_next_of_split(self.u32(F::left))?;
        self.change_parent()
    }

    /// An item of an internal page as it is on the page. From 5.0 on images are
    /// in the order of the file, all but the length of a key in a chain (seen:
    /// 5.3, in an entry that a split makes).
    pub(super) fn entry<'e>(&self, item: &'e [u8]) -> Cow<'e, [u8]> {
        let order = self.pages.layout(self.file).endian;
        let mut item = Cow::Borrowed(item);
        if self.layout.version >= 17 && order != self.layout.endian && has_key_in_chain(&item) {
            turn_key_length(item.to_mut(), self.layout.endian, order);
        }
        item
    }

    /// A root takes the place of its only child.
    pub(super) fn reverse_split(&mut self) -> Result<()> {
        let root = self.u32(F::root_pgno);
        let child = self.u32(F::pgno);
        let image = self.body.bytes(F::pgdbt);
        let mut entry = self.body.bytes(F::rootent).to_vec();
        let order = self.pages.layout(self.file).endian;
        if order != self.layout.endian {
            // This alone is in the order of the machine (seen: 5.3).
            if entry.len() == RECNO_INTERNAL_ITEM {
                turn_recno_item(&mut entry, self.layout.endian, order);
            } else {
                turn_internal_item(&mut entry, self.layout.endian, order);
            }
        }
        let records = self.u32(F::nrec);
        let layout = self.pages.layout(self.file);
        let Some(of_child) = PageView::parse(layout, image) else {
            return Err(self.unfit(child));
        };
        let header = of_child.header;
        let redoes = self.redoes();
        self.change(root, self.body.lsn(F::rootlsn), false, |edit| {
            if redoes {
                edit.put(0, image)?;
                let internal = is_internal(&header);
                return edit.change(|header| {
                    header.pgno = root;
                    // A root that is no leaf keeps the count of all records.
                    if internal {
                        header.prev = records;
                    }
                });
            }
            let level = edit.header()?.level.checked_add(1)?;
            edit.init(Fresh {
                pgno: root,
                prev: records,
                next: NO_PAGE,
                level,
                page_type: internal_type(is_btree(&header)),
            })?;
            edit.add(0, align4(entry.len()), &entry, &[])
        })?;
        let before = self.lsn_in(image);
        self.change(child, before, false, |edit| {
            if redoes {
                // It is freed by a record of its own.
                Some(())
            } else {
                edit.put(0, image)
            }
        })?;
        Ok(())
    }
}

/// Whether a page is one above the leaves.
fn is_internal(header: &PageHeader) -> bool {
    header.is(PageType::BtreeInternal) || header.is(PageType::RecnoInternal)
}

/// Whether a page is one of a btree, or of a tree of sorted duplicates, and not
/// of one by record numbers.
fn is_btree(header: &PageHeader) -> bool {
    [
        PageType::BtreeInternal,
        PageType::BtreeLeaf,
        PageType::DuplicateLeaf,
    ]
    .into_iter()
    .any(|kind| header.is(kind))
}

/// The type of the pages above such pages.
fn internal_type(in_btree: bool) -> u8 {
    if in_btree {
        PageType::BtreeInternal as u8
    } else {
        PageType::RecnoInternal as u8
    }
}

/// How many records are on a page or below it.
fn records(page: &PageView<'_>) -> Option<u32> {
    let entries = page.header.entries;
    let mut total: u32 = 0;
    match PageType::of(page.header.page_type)? {
        PageType::BtreeLeaf => {
            for slot in (1..entries).step_by(2) {
                total = total.saturating_add(u32::from(!is_deleted(page, slot)?));
            }
        }
        PageType::RecnoLeaf | PageType::DuplicateLeaf => {
            total = u32::from(entries);
        }
        PageType::BtreeInternal => {
            for slot in 0..entries {
                let item = internal_item(page.layout, page.bytes, page.item_offset(slot)?).ok()?;
                total = total.checked_add(item.records)?;
            }
        }
        PageType::RecnoInternal => {
            for slot in 0..entries {
                let at = page.item_offset(slot)?;
                let (_, records) = recno_item(page.layout.endian, page.bytes, at).ok()?;
                total = total.checked_add(records)?;
            }
        }
        _ => return None,
    }
    Some(total)
}

/// Whether the item of a slot of a leaf is marked deleted.
fn is_deleted(page: &PageView<'_>, slot: u16) -> Option<bool> {
    let at = page.item_offset(slot)?;
    Some(page.bytes.get(at.checked_add(ITEM_TYPE)?)? & DELETED != 0)
}
