//! Databases emptied and compacted, from 4.4 on (seen: 4.8 and 5.3).

use super::Effect;
use super::space::free_page;
use crate::layout::{
    Endian, FieldName as F, HASH_REFERENCE, HashFields, INTERNAL_CHILD, INTERNAL_HEADER, Lsn,
    Method, NO_PAGE, OFF_PAGE_PGNO, PageHeader, PageNo, PageType, RECNO_CHILD,
};
use crate::recover::page::{Fresh, PageEdit};
use crate::recover::refusal::Result;

/// Bytes of an entry of a list of free pages: page, next page, LSN.
const LISTED: usize = 4 + 4 + Lsn::SIZE;

/// A page of the free list as it was before the list was sorted.
struct Listed {
    page: PageNo,
    next: PageNo,
    lsn: Lsn,
}

impl Effect<'_, '_> {
    /// A page becomes an empty leaf, or an empty page of a bucket.
    pub(super) fn empty_page(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let (header, data) = (self.body.bytes(F::header), self.body.bytes(F::data));
        let before = self.lsn_in(header);
        let endian = self.pages.layout(self.file).endian;
        let Some(old) = PageHeader::read(endian, header) else {
            return Err(self.unfit(page));
        };
        let redoes = self.redoes();
        self.change(page, before, true, |edit| {
            if !redoes {
                return put_image(edit, header, data);
            }
            let (level, page_type) = match PageType::of(old.page_type)? {
                PageType::BtreeInternal => (1, PageType::BtreeLeaf),
                PageType::RecnoInternal => (1, PageType::RecnoLeaf),
                bucket @ (PageType::Hash | PageType::HashSorted) => (0, bucket),
                leaf => (1, leaf),
            };
            edit.init(Fresh {
                pgno: page,
                prev: NO_PAGE,
                next: NO_PAGE,
                level,
                page_type: page_type as u8,
            })
        })?;
        Ok(())
    }

    /// A page takes in the items of the page after it, or becomes that page.
    pub(super) fn merge(&mut self) -> Result<()> {
        let (page, from) = (self.u32(F::pgno), self.u32(F::npgno));
        let (header, data) = (self.body.bytes(F::hdr), self.body.bytes(F::data));
        let becomes = self.body.i32(F::pg_copy) != 0;
        let redoes = self.redoes();
        self.change(page, self.body.lsn(F::lsn), false, |edit| {
            match (becomes, redoes) {
                (true, true) => {
                    put_image(edit, header, data)?;
                    edit.change(|header| header.pgno = page)
                }
                (true, false) => {
                    let old = edit.header()?;
                    edit.init(Fresh {
                        pgno: page,
                        prev: old.prev,
                        next: old.next,
                        level: old.level,
                        page_type: old.page_type,
                    })
                }
                (false, true) => edit.append(header, data),
                (false, false) => edit.take_back(header),
            }
        })?;
        self.change(from, self.body.lsn(F::nlsn), false, |edit| {
            if !redoes {
                return put_image(edit, header, data);
            }
            if becomes {
                return Some(());
            }
            let old = edit.header()?;
            edit.init(Fresh {
                pgno: from,
                prev: old.prev,
                next: old.next,
                level: old.level,
                page_type: old.page_type,
            })
        })?;
        Ok(())
    }

    /// An item leads to another page from now on: to another child, or where it
    /// does not lead to the old page as its child, to another chain for its key.
    pub(super) fn renumber(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let slot = self.u16(F::indx, page)?;
        let (old, new) = (self.u32(F::opgno), self.u32(F::npgno));
        let (from, to) = if self.redoes() {
            (old, new)
        } else {
            (new, old)
        };
        self.change(page, self.body.lsn(F::lsn), false, |edit| {
            let at = edit.slot(slot)?;
            let fields: &[usize] = match PageType::of(edit.header()?.page_type)? {
                PageType::RecnoInternal => &[RECNO_CHILD],
                PageType::BtreeInternal => &[INTERNAL_CHILD, INTERNAL_HEADER + OFF_PAGE_PGNO],
                PageType::Hash | PageType::HashSorted => &[HASH_REFERENCE],
                _ => &[OFF_PAGE_PGNO],
            };
            let endian = edit.layout.endian;
            let field = fields
                .iter()
                .map(|field| at.saturating_add(*field))
                .find(|at| endian.u32(edit.bytes, *at) == Some(from))?;
            edit.put_u32(field, to)
        })?;
        Ok(())
    }

    /// The free list is sorted, and the free pages at the end of the file go.
    pub(super) fn truncate(&mut self) -> Result<()> {
        let meta = self.u32(F::meta);
        let (last_free, next_free) = (self.u32(F::last_free), self.u32(F::next_free));
        let last = self.u32(F::last_pgno);
        let listed: Vec<Listed> = self
            .body
            .bytes(F::list)
            .chunks_exact(LISTED)
            .filter_map(|entry| self.listed(entry))
            .collect();
        // What is at the end of the list and of the file.
        let mut kept = listed.len();
        let mut end = last;
        while let Some((before, entry)) = kept
            .checked_sub(1)
            .and_then(|at| Some((at, listed.get(at)?)))
            && entry.page == end
            && let Some(page) = end.checked_sub(1)
        {
            (kept, end) = (before, page);
        }
        let head = match listed.first() {
            Some(entry) if kept > 0 => entry.page,
            _ => NO_PAGE,
        };
        let redoes = self.redoes();
        for (at, entry) in listed.iter().enumerate() {
            let next = if !redoes {
                entry.next
            } else if at.saturating_add(1) < kept {
                listed
                    .get(at.saturating_add(1))
                    .map_or(NO_PAGE, |next| next.page)
            } else {
                NO_PAGE
            };
            let page = entry.page;
            if redoes && at >= kept {
                // The file ends before it.
                self.gone.settle(self.file, page);
                if self.pages.lsn(self.file, page)? == Some(entry.lsn) {
                    self.apply(page, Lsn::ZERO, |edit| {
                        edit.bytes.fill(0);
                        Some(())
                    })?;
                }
            } else if redoes {
                self.change(page, entry.lsn, true, |edit| {
                    edit.init(free_page(page, next))
                })?;
            } else {
                let (found, _) = self.made(page)?;
                if found == self.lsn || found == Lsn::ZERO {
                    self.apply(page, entry.lsn, |edit| edit.init(free_page(page, next)))?;
                }
            }
        }
        self.change_meta(meta, self.body.lsn(F::meta_lsn), |meta| {
            if redoes {
                meta.last_pgno = end;
                if last_free == NO_PAGE {
                    meta.free = head;
                }
            } else {
                meta.last_pgno = last;
                if last_free == NO_PAGE {
                    meta.free = next_free;
                }
            }
            Some(())
        })?;
        let next = if redoes { head } else { next_free };
        self.change_link(last_free, self.body.lsn(F::last_lsn), false, |header| {
            header.next = next;
        })
    }

    /// An entry of a list of free pages, which is in the order of the log.
    fn listed(&self, entry: &[u8]) -> Option<Listed> {
        let endian: Endian = self.layout.endian;
        Some(Listed {
            page: endian.u32(entry, 0)?,
            next: endian.u32(entry, 4)?,
            lsn: Lsn::read(endian, entry, 8)?,
        })
    }

    /// A table loses its last bucket.
    pub(super) fn contract(&mut self) -> Result<()> {
        let meta = self.u32(F::meta);
        let bucket = self.u32(F::bucket);
        let page = self.u32(F::pgno);
        let redoes = self.redoes();
        self.change_meta(meta, self.body.lsn(F::meta_lsn), |meta| {
            let Method::Hash(fields) = &mut meta.method else {
                return None;
            };
            (bucket != 0).then_some(())?;
            // The first bucket of a doubling takes the doubling with it.
            let halves = bucket.is_power_of_two();
            let doubling = HashFields::doubling_of(bucket);
            if redoes {
                fields.max_bucket = bucket.checked_sub(1)?;
                if halves {
                    fields.high_mask = fields.low_mask;
                    fields.low_mask >>= 1;
                    *fields.spares.get_mut(doubling)? = 0;
                }
            } else {
                fields.max_bucket = bucket;
                if halves {
                    fields.low_mask = fields.high_mask;
                    fields.high_mask = bucket | fields.low_mask;
                    *fields.spares.get_mut(doubling)? = page.checked_sub(bucket)?;
                }
            }
            Some(())
        })
    }
}

impl PageEdit<'_> {
    /// Appends the items of an image: its header with the slots, and the bytes
    /// of its items.
    fn append(&mut self, header: &[u8], data: &[u8]) -> Option<()> {
        let endian = self.layout.endian;
        let image = PageHeader::read(endian, header)?;
        let mine = self.header()?;
        let low = self.items()?;
        let to = low.checked_sub(data.len())?;
        let entries = mine.entries.checked_add(image.entries)?;
        let slots_end = self.layout.entry_at(entries.into());
        (to >= slots_end).then_some(())?;
        self.put(to, data)?;
        let their_low = self.layout.page_len().checked_sub(data.len())?;
        for slot in 0..image.entries {
            let offset = endian.u16(header, self.layout.entry_at(slot.into()))?;
            let offset = usize::from(offset);
            let here = offset.checked_sub(their_low)?.checked_add(to)?;
            let place = mine.entries.checked_add(slot)?;
            let at = self.layout.entry_at(place.into());
            endian.put_u16(self.bytes, at, u16::try_from(here).ok()?);
        }
        self.set_items(to, entries)
    }

    /// Takes away the items of an image that were appended. They need not stand
    /// together any more: what was removed and put back stands where there was
    /// room.
    fn take_back(&mut self, header: &[u8]) -> Option<()> {
        let image = PageHeader::read(self.layout.endian, header)?;
        for _ in 0..image.entries {
            let slot = self.header()?.entries.checked_sub(1)?;
            let at = self.slot(slot)?;
            let shared = self.header()?.is(PageType::BtreeLeaf)
                && slot % 2 == 0
                && slot.checked_sub(2).and_then(|twin| self.slot(twin)) == Some(at);
            if shared {
                self.unshare(slot)?;
            } else {
                let size = self.item_size(slot)?;
                self.remove(slot, size)?;
            }
        }
        Some(())
    }
}

/// Puts back a page that is logged in two parts: its header with the slots, and
/// the bytes of its items, or of its part of a chain.
pub(super) fn put_image(edit: &mut PageEdit<'_>, header: &[u8], data: &[u8]) -> Option<()> {
    edit.put(0, header)?;
    if data.is_empty() {
        return Some(());
    }
    let at = if edit.header()?.is(PageType::Overflow) {
        header.len()
    } else {
        edit.items()?
    };
    edit.put(at, data)
}
