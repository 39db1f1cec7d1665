//! What log records do to the bytes of a page: the primitives of
//! `docs/recovery.md`.
//!
//! Every one checks what it is about to touch and leaves the page as it was
//! where that would lie outside of it: `None`.

use crate::layout::{
    DELETED, Endian, INDEX_ENTRY, INTERNAL_HEADER, ITEM_TYPE, KIND_INLINE, LEAF_ITEM_HEADER, Lsn,
    OFF_PAGE_ITEM, PageHeader, PageLayout, PageNo, PageType, PageView, RECNO_INTERNAL_ITEM, align4,
    internal_item_len, leaf_item_len,
};

/// A page that is being changed.
pub(super) struct PageEdit<'a> {
    /// All of its bytes.
    pub(super) bytes: &'a mut [u8],
    /// How they are laid out.
    pub(super) layout: PageLayout,
}

/// The fields that [`PageEdit::init`] sets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fresh {
    pub(super) pgno: PageNo,
    pub(super) prev: PageNo,
    pub(super) next: PageNo,
    pub(super) level: u8,
    pub(super) page_type: u8,
}

impl<'a> PageEdit<'a> {
    /// Edits these bytes.
    pub(super) fn new(layout: PageLayout, bytes: &'a mut [u8]) -> Self {
        Self { bytes, layout }
    }

    fn endian(&self) -> Endian {
        self.layout.endian
    }

    /// The header.
    pub(super) fn header(&self) -> Option<PageHeader> {
        PageHeader::read(self.endian(), self.bytes)
    }

    /// Changes fields of the header.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut PageHeader)) -> Option<()> {
        let mut header = self.header()?;
        change(&mut header);
        header.write(self.endian(), self.bytes);
        Some(())
    }

    /// Sets the position in the log of the page's last change, which stands in
    /// the same place on all pages.
    pub(super) fn set_lsn(&mut self, lsn: Lsn) {
        lsn.put(self.layout.endian, self.bytes, 0);
    }

    /// Makes an empty page of a type. Its LSN and the rest of its bytes stay.
    pub(super) fn init(&mut self, fresh: Fresh) -> Option<()> {
        let hf_offset = stored(self.layout.page_len());
        self.change(|header| {
            *header = PageHeader {
                lsn: header.lsn,
                pgno: fresh.pgno,
                prev: fresh.prev,
                next: fresh.next,
                entries: 0,
                hf_offset,
                level: fresh.level,
                page_type: fresh.page_type,
            };
        })
    }

    /// Where the items begin.
    pub(super) fn items(&self) -> Option<usize> {
        let stored = usize::from(self.header()?.hf_offset);
        // 65536 has no room in the field.
        Some(if stored == 0 {
            self.layout.page_len()
        } else {
            stored
        })
    }

    pub(super) fn set_items(&mut self, at: usize, entries: u16) -> Option<()> {
        let hf_offset = stored(at);
        self.change(|header| {
            header.hf_offset = hf_offset;
            header.entries = entries;
        })
    }

    fn entries(&self) -> Option<u16> {
        Some(self.header()?.entries)
    }

    /// Where the entry of a slot stands.
    fn entry_at(&self, slot: usize) -> usize {
        self.layout.entry_at(slot)
    }

    /// Where the item of a slot begins.
    pub(super) fn slot(&self, slot: u16) -> Option<usize> {
        (slot < self.entries()?).then_some(())?;
        let at = self.entry_at(slot.into());
        self.endian().u16(self.bytes, at).map(usize::from)
    }

    fn set_slot(&mut self, slot: u16, offset: usize) -> Option<()> {
        let at = self.entry_at(slot.into());
        let offset = u16::try_from(offset).ok()?;
        self.endian().put_u16(self.bytes, at, offset);
        Some(())
    }

    /// Opens a slot for `offset` before the slot of this number; the count of
    /// slots is the caller's to change.
    fn open_slot(&mut self, slot: u16, offset: usize) -> Option<()> {
        let entries = self.entries()?;
        (slot <= entries && entries < u16::MAX).then_some(())?;
        let from = self.entry_at(slot.into());
        let end = self.entry_at(entries.into());
        let to = from.saturating_add(INDEX_ENTRY);
        (end.saturating_add(INDEX_ENTRY) <= self.bytes.len()).then_some(())?;
        self.bytes.copy_within(from..end, to);
        self.set_slot(slot, offset)
    }

    /// Closes a slot; the count of slots is the caller's to change.
    fn close_slot(&mut self, slot: u16, width: u16) -> Option<()> {
        let entries = self.entries()?;
        let after = slot.checked_add(width)?;
        (after <= entries).then_some(())?;
        let from = self.entry_at(after.into());
        let end = self.entry_at(entries.into());
        self.bytes.get(from..end)?;
        self.bytes
            .copy_within(from..end, self.entry_at(slot.into()));
        Some(())
    }

    /// Adds to every slot whose offset `takes` asks for.
    fn shift(&mut self, by: isize, takes: impl Fn(u16, usize) -> bool) -> Option<()> {
        for slot in 0..self.entries()? {
            let offset = self.slot(slot)?;
            if takes(slot, offset) {
                self.set_slot(slot, offset.checked_add_signed(by)?)?;
            }
        }
        Some(())
    }

    /// Adds an item of `nbytes` before a slot: a header and data, or where there
    /// is no header one of its own that says that the bytes stand in the page.
    pub(super) fn add(
        &mut self,
        slot: u16,
        nbytes: usize,
        header: &[u8],
        data: &[u8],
    ) -> Option<()> {
        let entries = self.entries()?;
        let at = self.items()?.checked_sub(nbytes)?;
        (at >= self.entry_at(usize::from(entries) + 1)).then_some(())?;
        let endian = self.endian();
        let item = self.bytes.get_mut(at..at.checked_add(nbytes)?)?;
        let start = if header.is_empty() {
            let len = u16::try_from(data.len()).ok()?;
            item.get(..LEAF_ITEM_HEADER)?;
            endian.put_u16(item, 0, len);
            *item.get_mut(ITEM_TYPE)? = KIND_INLINE;
            LEAF_ITEM_HEADER
        } else {
            item.get_mut(..header.len())?.copy_from_slice(header);
            header.len()
        };
        let end = start.checked_add(data.len())?;
        item.get_mut(start..end)?.copy_from_slice(data);
        self.open_slot(slot, at)?;
        self.set_items(at, entries.checked_add(1)?)
    }

    /// Removes the item of a slot, of `nbytes`, and the slot.
    pub(super) fn remove(&mut self, slot: u16, nbytes: usize) -> Option<()> {
        let entries = self.entries()?;
        let at = self.slot(slot)?;
        if entries == 1 {
            return self.set_items(self.layout.page_len(), 0);
        }
        let items = self.items()?;
        (items <= at && at.checked_add(nbytes)? <= self.bytes.len()).then_some(())?;
        self.bytes
            .copy_within(items..at, items.checked_add(nbytes)?);
        self.shift(nbytes.cast_signed(), |_, offset| offset < at)?;
        self.close_slot(slot, 1)?;
        self.set_items(items.checked_add(nbytes)?, entries.checked_sub(1)?)
    }

    /// Opens a slot that shares the item of another.
    pub(super) fn share(&mut self, slot: u16, with: u16) -> Option<()> {
        let offset = self.slot(with)?;
        let entries = self.entries()?;
        (self.items()? >= self.entry_at(usize::from(entries) + 1)).then_some(())?;
        self.open_slot(slot, offset)?;
        self.change(|header| header.entries = entries.saturating_add(1))
    }

    /// Closes a slot and leaves its item, which others share.
    pub(super) fn unshare(&mut self, slot: u16) -> Option<()> {
        self.close_slot(slot, 1)?;
        self.change(|header| header.entries = header.entries.saturating_sub(1))
    }

    /// The bytes of the item of a slot that stands in the page.
    pub(super) fn content(&self, slot: u16) -> Option<&[u8]> {
        let at = self.slot(slot)?;
        let len = usize::from(self.endian().u16(self.bytes, at)?);
        let start = at.checked_add(LEAF_ITEM_HEADER)?;
        self.bytes.get(start..start.checked_add(len)?)
    }

    /// Bytes that the item of a slot takes, with what it is aligned by.
    pub(super) fn item_size(&self, slot: u16) -> Option<usize> {
        item_size(&PageView::parse(self.layout, self.bytes)?, self.slot(slot)?)
    }

    /// Replaces the bytes of the item of a slot; it is not deleted any more,
    /// unless it is to be. Slots that share the item go on sharing it.
    pub(super) fn replace(&mut self, slot: u16, data: &[u8], deleted: bool) -> Option<()> {
        let old = leaf_item_len(self.content(slot)?.len());
        let to = self.resize(slot, old, leaf_item_len(data.len()))?;
        let endian = self.endian();
        let item = self.bytes.get_mut(to..)?;
        endian.put_u16(item, 0, u16::try_from(data.len()).ok()?);
        *item.get_mut(ITEM_TYPE)? = if deleted {
            KIND_INLINE | DELETED
        } else {
            KIND_INLINE
        };
        item.get_mut(LEAF_ITEM_HEADER..)?
            .get_mut(..data.len())?
            .copy_from_slice(data);
        Some(())
    }

    /// Replaces the item of a slot, of `old` bytes, header and all.
    pub(super) fn replace_whole(&mut self, slot: u16, old: usize, item: &[u8]) -> Option<()> {
        let to = self.resize(slot, old, item.len())?;
        self.put(to, item)
    }

    /// Makes room for another item in the place of that of a slot; tells where
    /// it begins.
    fn resize(&mut self, slot: u16, old: usize, new: usize) -> Option<usize> {
        let at = self.slot(slot)?;
        let (old, new) = (align4(old), align4(new));
        if old == new {
            return Some(at);
        }
        let items = self.items()?;
        let entries = self.entries()?;
        let to_items = items.checked_add(old)?.checked_sub(new)?;
        (items <= at && to_items >= self.entry_at(entries.into())).then_some(())?;
        let by = old.cast_signed().checked_sub(new.cast_signed())?;
        let to = at.checked_add_signed(by)?;
        self.bytes.get(to..to.checked_add(new)?)?;
        self.bytes.copy_within(items..at, to_items);
        self.shift(by, |_, offset| offset <= at)?;
        self.set_items(to_items, entries)?;
        Some(to)
    }

    /// Marks the item of a slot as deleted, or takes the mark away.
    pub(super) fn mark(&mut self, slot: u16, deleted: bool) -> Option<()> {
        let at = self.slot(slot)?.checked_add(ITEM_TYPE)?;
        let byte = self.bytes.get_mut(at)?;
        if deleted {
            *byte |= DELETED;
        } else {
            *byte &= !DELETED;
        }
        Some(())
    }

    /// Puts bytes at an offset of the page.
    pub(super) fn put(&mut self, at: usize, bytes: &[u8]) -> Option<()> {
        let end = at.checked_add(bytes.len())?;
        self.bytes.get_mut(at..end)?.copy_from_slice(bytes);
        Some(())
    }

    /// Sets a number of four bytes.
    pub(super) fn put_u32(&mut self, at: usize, value: u32) -> Option<()> {
        self.bytes.get(at..at.checked_add(4)?)?;
        self.layout.endian.put_u32(self.bytes, at, value);
        Some(())
    }

    /// Adds to a number of four bytes.
    pub(super) fn count(&mut self, at: usize, by: i32) -> Option<()> {
        let count = self.endian().u32(self.bytes, at)?;
        self.endian()
            .put_u32(self.bytes, at, count.wrapping_add_signed(by));
        Some(())
    }

    /// Appends the items of the slots of a page of a tree. Where leaves have
    /// duplicates, slots that share a key there share it here. The first may go
    /// `without_key`: nobody looks at the first key of a page above the leaves.
    pub(super) fn copy(
        &mut self,
        from: &PageView<'_>,
        slots: std::ops::Range<u16>,
        without_key: bool,
    ) -> Option<()> {
        let shares = from.header.is(PageType::BtreeLeaf);
        for slot in slots.clone() {
            let at = from.item_offset(slot)?;
            let entries = self.entries()?;
            let twin = slot
                .checked_sub(2)
                .filter(|twin| *twin >= slots.start && slot % 2 == 0);
            let to = if shares
                && let Some(twin) = twin
                && from.item_offset(twin) == Some(at)
            {
                let twin = self.slot(entries.checked_sub(2)?)?;
                (self.items()? >= self.entry_at(usize::from(entries) + 1)).then_some(())?;
                self.open_slot(entries, twin)?;
                self.items()?
            } else {
                let bare = without_key && slot == slots.start;
                let len = if bare {
                    INTERNAL_HEADER
                } else {
                    item_size(from, at)?
                };
                let to = self.items()?.checked_sub(len)?;
                (to >= self.entry_at(usize::from(entries) + 1)).then_some(())?;
                let item = from.bytes.get(at..at.checked_add(len)?)?;
                self.put(to, item)?;
                if bare {
                    self.put(to, &[0, 0, KIND_INLINE])?;
                }
                self.open_slot(entries, to)?;
                to
            };
            self.set_items(to, entries.checked_add(1)?)?;
        }
        Some(())
    }

    // ---- pages of hash buckets: items are not aligned, and each ends where
    // the one before it begins.

    /// Where the item of a slot of a bucket ends.
    fn bucket_end(&self, slot: u16) -> Option<usize> {
        match slot.checked_sub(1) {
            None => Some(self.layout.page_len()),
            Some(before) => self.slot(before),
        }
    }

    /// Puts a pair of items before a slot of a bucket, each in two parts.
    pub(super) fn put_pair(&mut self, slot: u16, items: [[&[u8]; 2]; 2]) -> Option<()> {
        let entries = self.entries()?;
        let end = self.bucket_end(slot)?;
        let [key, data] = items.map(|[head, rest]| head.len().checked_add(rest.len()));
        let (key, data) = (key?, data?);
        let size = key.checked_add(data)?;
        let low = self.items()?;
        let to = low.checked_sub(size)?;
        (to >= self.entry_at(usize::from(entries) + 2) && low <= end).then_some(())?;
        self.bytes.get(low..end)?;
        self.bytes.copy_within(low..end, to);
        self.shift(size.cast_signed().checked_neg()?, |at, _| at >= slot)?;
        let mut at = end.checked_sub(size)?;
        let data_at = at;
        for [head, rest] in [items[1], items[0]] {
            self.put(at, head)?;
            self.put(at.checked_add(head.len())?, rest)?;
            at = at.checked_add(head.len())?.checked_add(rest.len())?;
        }
        self.open_slot(slot, data_at)?;
        self.change(|header| header.entries = entries.saturating_add(1))?;
        self.open_slot(slot, data_at.checked_add(data)?)?;
        self.set_items(to, entries.checked_add(2)?)
    }

    /// Removes the pair of a slot of a bucket and the slot after it.
    pub(super) fn remove_pair(&mut self, slot: u16) -> Option<()> {
        let entries = self.entries()?;
        let end = self.bucket_end(slot)?;
        let start = self.slot(slot.checked_add(1)?)?;
        let size = end.checked_sub(start)?;
        let low = self.items()?;
        (low <= start && end <= self.bytes.len()).then_some(())?;
        self.bytes.copy_within(low..start, low.checked_add(size)?);
        self.shift(size.cast_signed(), |at, _| at > slot)?;
        self.close_slot(slot, 2)?;
        self.set_items(low.checked_add(size)?, entries.checked_sub(2)?)
    }

    /// Replaces `old` bytes at `off` of the content of an item of a bucket by
    /// others; with a negative `off` the whole item is.
    pub(super) fn replace_part(
        &mut self,
        slot: u16,
        off: i32,
        old: usize,
        new: &[u8],
    ) -> Option<()> {
        let start = self.slot(slot)?;
        let end = self.bucket_end(slot)?;
        let item = end.checked_sub(start)?;
        // The part, from the item's first byte on.
        let (from, old) = match usize::try_from(off) {
            Ok(off) => (off.checked_add(1)?, old),
            Err(_) => (0, item),
        };
        // Behind the end there is nothing to replace, and zeros in between.
        let gap = from.saturating_sub(item);
        let old = old.min(item.saturating_sub(from));
        let part = new.len().checked_add(gap)?;
        let by = old.cast_signed().checked_sub(part.cast_signed())?;
        let low = self.items()?;
        let to = low.checked_add_signed(by)?;
        let entries = self.entries()?;
        (to >= self.entry_at(entries.into()) && low <= start).then_some(())?;
        let kept = start.checked_add(from.min(item))?;
        self.bytes.get(low..kept)?;
        self.bytes.get(to..kept.checked_add_signed(by)?)?;
        self.bytes.copy_within(low..kept, to);
        self.shift(by, |at, _| at >= slot)?;
        self.set_items(to, entries)?;
        let at = kept.checked_add_signed(by)?;
        self.bytes.get_mut(at..at.checked_add(gap)?)?.fill(0);
        self.put(at.checked_add(gap)?, new)
    }

    /// Sets the type byte of an item of a bucket.
    pub(super) fn set_bucket_type(&mut self, slot: u16, kind: u8) -> Option<()> {
        let at = self.slot(slot)?;
        *self.bytes.get_mut(at)? = kind;
        Some(())
    }
}

/// Bytes that an item of a page of a tree takes, with what it is aligned by.
fn item_size(page: &PageView<'_>, at: usize) -> Option<usize> {
    let endian = page.layout.endian;
    let len = || endian.u16(page.bytes, at).map(usize::from);
    Some(match PageType::of(page.header.page_type)? {
        PageType::BtreeInternal => align4(internal_item_len(len()?)),
        PageType::RecnoInternal => RECNO_INTERNAL_ITEM,
        _ => match page.bytes.get(at.checked_add(ITEM_TYPE)?)? & !DELETED {
            KIND_INLINE => align4(leaf_item_len(len()?)),
            _ => OFF_PAGE_ITEM,
        },
    })
}

/// An offset as the header stores it: 65536 has no room there, and is 0.
fn stored(offset: usize) -> u16 {
    u16::try_from(offset % 65536).unwrap_or_default()
}
