//! Items, slots and roots of trees.

use super::Effect;
use crate::layout::{
    FieldName as F, INTERNAL_HEADER, LEAF_ITEM_HEADER, Lsn, NO_PAGE, PageHeader, PageType,
};
use crate::recover::page::PageEdit;
use crate::recover::refusal::Result;

/// Opcodes up to version 5, and after.
const ADD: [u32; 2] = [0x10, 1];
const PAGE_ADDED: [u32; 2] = [0x70, 5];

/// Replaces the middle of an internal item, as 4.8 does in compacting. What is
/// counted begins behind the length of its key.
fn replace_in_internal(
    edit: &mut PageEdit<'_>,
    slot: u16,
    (prefix, middle, suffix): (usize, &[u8], usize),
) -> Option<()> {
    let endian = edit.layout.endian;
    let at = edit.slot(slot)?;
    let len = usize::from(endian.u16(edit.bytes, at)?);
    let item = edit.bytes.get(at..at.checked_add(INTERNAL_HEADER + len)?)?;
    let counted = item.get(LEAF_ITEM_HEADER..)?;
    let head = counted.get(..prefix)?;
    let tail = counted.get(counted.len().checked_sub(suffix)?..)?;
    let mut new = [item.get(..LEAF_ITEM_HEADER)?, head, middle, tail].concat();
    let key = u16::try_from(new.len().checked_sub(INTERNAL_HEADER)?).ok()?;
    endian.put_u16(&mut new, 0, key);
    edit.replace_whole(slot, INTERNAL_HEADER + len, &new)
}

/// Set in the flags of a count: the root's total changes as well.
const COUNT_ROOT: u32 = 1;

impl Effect<'_, '_> {
    /// Which of two opcodes a version has for a thing.
    pub(super) fn is_opcode(&self, of: [u32; 2]) -> bool {
        let [old, new] = of;
        let wanted = if self.layout.version <= 5 { old } else { new };
        self.opcode(F::opcode) == wanted
    }

    /// An opcode or flags. From version 17 on the type of a page is beside it.
    pub(super) fn opcode(&self, field: F) -> u32 {
        if self.layout.version < 17 {
            self.u32(field)
        } else {
            self.u32(field) >> 8
        }
    }

    /// An item is added or removed.
    pub(super) fn item(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let slot = self.u16(F::indx, page)?;
        let size = self.u32(F::nbytes) as usize;
        let (header, data) = (self.body.bytes(F::hdr), self.body.bytes(F::dbt));
        let adds = self.is_opcode(ADD) == self.redoes();
        // From 17 on the type of the page is told beside the opcode.
        let of_internal = self.layout.version >= 17
            && self.u32(F::opcode) & 0xff == PageType::BtreeInternal as u32;
        let header = if of_internal {
            self.entry(header)
        } else {
            header.into()
        };
        self.change(page, self.body.lsn(F::pagelsn), true, |edit| {
            if adds {
                edit.add(slot, size, &header, data)
            } else {
                edit.remove(slot, size)
            }
        })?;
        Ok(())
    }

    /// A slot that shares its item with another comes or goes.
    pub(super) fn slot(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let slot = self.u16(F::indx, page)?;
        let with = self.u16(F::indx_copy, page)?;
        let opens = (self.u32(F::is_insert) != 0) == self.redoes();
        self.change(page, self.body.lsn(F::lsn), false, |edit| {
            if opens {
                edit.share(slot, with)
            } else {
                edit.unshare(slot)
            }
        })?;
        Ok(())
    }

    /// The count of records below an entry of an internal page.
    pub(super) fn count(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let slot = self.u16(F::indx, page)?;
        let adjust = self.body.i32(F::adjust);
        let by = if self.redoes() {
            adjust
        } else {
            adjust.wrapping_neg()
        };
        let of_root = self.u32(F::opflags) & COUNT_ROOT != 0;
        self.change(page, self.body.lsn(F::lsn), false, |edit| {
            let field = if edit.header()?.is(PageType::RecnoInternal) {
                crate::layout::RECNO_RECORDS
            } else {
                crate::layout::INTERNAL_RECORDS
            };
            edit.count(edit.slot(slot)?.checked_add(field)?, by)?;
            if of_root {
                edit.count(PageHeader::PREV_AT, by)?;
            }
            Some(())
        })?;
        Ok(())
    }

    /// An item is marked deleted.
    pub(super) fn mark(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let slot = self.u16(F::indx, page)?;
        let deleted = self.redoes();
        self.change(page, self.body.lsn(F::lsn), false, |edit| {
            // On a leaf with keys the data is marked, not the key.
            let data = u16::from(edit.header()?.is(PageType::BtreeLeaf));
            edit.mark(slot.checked_add(data)?, deleted)
        })?;
        Ok(())
    }

    /// The middle of an item's content is replaced.
    pub(super) fn replace(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let slot = self.u16(F::indx, page)?;
        let (prefix, suffix) = (self.u32(F::prefix) as usize, self.u32(F::suffix) as usize);
        let middle = self
            .body
            .bytes(if self.redoes() { F::repl } else { F::orig });
        let deleted = !self.redoes() && self.u32(F::isdeleted) != 0;
        self.change(page, self.body.lsn(F::lsn), false, |edit| {
            if edit.header()?.is(PageType::BtreeInternal) {
                return replace_in_internal(edit, slot, (prefix, middle, suffix));
            }
            let old = edit.content(slot)?;
            let head = old.get(..prefix)?;
            let tail = old.get(old.len().checked_sub(suffix)?..)?;
            let new = [head, middle, tail].concat();
            edit.replace(slot, &new, deleted)
        })?;
        Ok(())
    }

    /// A metadata page names the root of its tree.
    pub(super) fn root(&mut self) -> Result<()> {
        let meta = self.u32(F::meta_pgno);
        let root = self.u32(F::root_pgno);
        let sets = self.redoes();
        self.change_meta(meta, self.body.lsn(F::meta_lsn), |meta| {
            if sets && let crate::layout::Method::Btree(fields) = &mut meta.method {
                fields.root = root;
            }
            Some(())
        })
    }

    /// A leaf joins its neighbours or leaves them.
    pub(super) fn relink(&mut self) -> Result<()> {
        let (page, prev, next) = (self.u32(F::pgno), self.u32(F::prev), self.u32(F::next));
        let (of_page, of_prev, of_next) = (
            self.body.lsn(F::lsn),
            self.body.lsn(F::lsn_prev),
            self.body.lsn(F::lsn_next),
        );
        let redoes = self.redoes();
        if self.body.has(F::new_pgno) {
            return self.relink_neighbours();
        }
        if self.is_opcode(PAGE_ADDED) {
            let to = if redoes { page } else { prev };
            return self.change_link(next, of_next, false, |header| header.prev = to);
        }
        self.change(page, of_page, false, |edit| {
            if redoes {
                return Some(());
            }
            edit.change(|header| {
                header.prev = prev;
                header.next = next;
            })
        })?;
        let (to_prev, to_next) = if redoes { (prev, next) } else { (page, page) };
        self.change_link(next, of_next, false, |header| header.prev = to_prev)?;
        self.change_link(prev, of_prev, false, |header| header.next = to_next)
    }

    /// A leaf leaves its neighbours, or another takes its place between them:
    /// from 4.4 on nothing changes on the leaf itself.
    fn relink_neighbours(&mut self) -> Result<()> {
        let (page, new) = (self.u32(F::pgno), self.u32(F::new_pgno));
        let (prev, next) = (self.u32(F::prev), self.u32(F::next));
        let (to_prev, to_next) = match (self.redoes(), new) {
            (true, NO_PAGE) => (prev, next),
            (true, new) => (new, new),
            (false, _) => (page, page),
        };
        let (of_prev, of_next) = (self.body.lsn(F::lsn_prev), self.body.lsn(F::lsn_next));
        self.change_link(next, of_next, false, |header| header.prev = to_prev)?;
        self.change_link(prev, of_prev, false, |header| header.next = to_next)
    }

    /// The item of a slot of an internal page is replaced.
    pub(super) fn replace_internal(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let slot = self.u16(F::indx, page)?;
        let new = [self.body.bytes(F::hdr), self.body.bytes(F::data)].concat();
        let new = self.entry(&new).into_owned();
        let old = self.entry(self.body.bytes(F::old)).into_owned();
        let (from, to) = if self.redoes() {
            (old, new)
        } else {
            (new, old)
        };
        self.change(page, self.body.lsn(F::lsn), false, |edit| {
            edit.replace_whole(slot, from.len(), &to)
        })?;
        Ok(())
    }

    /// The LSN of a page alone.
    pub(super) fn touch(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        self.change(page, self.body.lsn(F::prevlsn), false, |_| Some(()))?;
        Ok(())
    }

    /// The first image of a page. Undone is its LSN alone, whatever it was
    /// (seen: recovery does not compare).
    pub(super) fn first_image(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let before = self.body.lsn(F::lsn);
        let image = self.body.bytes(F::page);
        if !self.redoes() {
            if page != NO_PAGE && self.pages.lsn(self.file, page)? == Some(self.lsn) {
                self.apply(page, before, |_| Some(()))?;
            }
            return Ok(());
        }
        self.change(page, before, true, |edit| edit.put(0, image))?;
        Ok(())
    }

    /// The LSN that an image of a page has.
    pub(super) fn lsn_in(&self, image: &[u8]) -> Lsn {
        let endian = self.pages.layout(self.file).endian;
        Lsn::read(endian, image, 0).unwrap_or_default()
    }
}
