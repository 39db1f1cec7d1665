//! The buckets of hash tables.

use super::Effect;
use crate::layout::{FieldName as F, Lsn, NO_PAGE, PageNo, PageType};
use crate::recover::page::{Fresh, PageEdit};
use crate::recover::refusal::Result;

const PUT: u32 = 0x20;
const DELETE: u32 = 0x30;
/// Beside an opcode: what is logged of the key, or of the data, is the whole
/// item; the data is a set of duplicates.
const WHOLE_KEY: u32 = 1;
const WHOLE_DATA: u32 = 2;
const DUPLICATES: u32 = 4;

const PAGE_ADDED: u32 = 0x40;
const OLD_IMAGE: u32 = 0x80;

/// Type bytes of items.
const PLAIN: u8 = 1;
const SET: u8 = 2;

impl Effect<'_, '_> {
    /// The type of new pages of buckets: sorted from 4.6 on.
    fn bucket_type(&self) -> u8 {
        if self.layout.version < 13 {
            PageType::Hash as u8
        } else {
            PageType::HashSorted as u8
        }
    }

    /// Changes a page of a bucket where that is due. One that was never written
    /// is an empty one.
    fn change_bucket(
        &mut self,
        page: PageNo,
        before: Lsn,
        makes: bool,
        change: impl FnOnce(&mut PageEdit<'_>) -> Option<()>,
    ) -> Result<()> {
        if page == NO_PAGE {
            return Ok(());
        }
        let page_type = self.bucket_type();
        self.change(page, before, makes, |edit| {
            empty_bucket(edit, page, page_type)?;
            change(edit)
        })?;
        Ok(())
    }

    /// A pair is put on a page of a bucket, or deleted.
    pub(super) fn hash_pair(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let slot = self.u16(F::ndx, page)?;
        let opcode = self.u32(F::opcode);
        let puts = opcode & !(WHOLE_KEY | WHOLE_DATA | DUPLICATES) == PUT;
        if !puts && opcode & !(WHOLE_KEY | WHOLE_DATA | DUPLICATES) != DELETE {
            return Err(self.unfit(page));
        }
        let (key, data) = (self.body.bytes(F::key), self.body.bytes(F::data));
        let is_typed = self.body.has(F::keytype);
        let sorts = self.layout.version >= 13;
        let redoes = self.redoes();
        // The type bytes of what is put; whole items have their own.
        let set = if opcode & DUPLICATES == 0 {
            [PLAIN]
        } else {
            [SET]
        };
        let plain = [PLAIN];
        let key_head = if opcode & WHOLE_KEY == 0 {
            &plain[..]
        } else {
            &[]
        };
        let data_head = if opcode & WHOLE_DATA == 0 {
            &set[..]
        } else {
            &[]
        };
        let _ = is_typed;
        self.change_bucket(page, self.body.lsn(F::pagelsn), true, |edit| {
            if puts != redoes {
                return edit.remove_pair(slot);
            }
            if puts {
                let at = if sorts { slot } else { edit.header()?.entries };
                edit.put_pair(at, [[key_head, key], [data_head, data]])
            } else {
                // What is deleted is logged whole.
                edit.put_pair(slot, [[&[], key], [&[], data]])
            }
        })
    }

    /// A page joins a bucket, or leaves it.
    pub(super) fn hash_page(&mut self) -> Result<()> {
        let (prev, page, next) = (
            self.u32(F::prev_pgno),
            self.u32(F::new_pgno),
            self.u32(F::next_pgno),
        );
        let joins = (self.u32(F::opcode) == PAGE_ADDED) == self.redoes();
        let builds = joins;
        let page_type = self.bucket_type();
        self.change(page, self.body.lsn(F::pagelsn), true, |edit| {
            if !builds {
                return Some(());
            }
            edit.init(Fresh {
                pgno: page,
                prev,
                next,
                level: 0,
                page_type,
            })
        })?;
        let (to_next, to_prev) = if joins { (page, page) } else { (next, prev) };
        self.change_bucket(prev, self.body.lsn(F::prevlsn), true, |edit| {
            edit.change(|header| header.next = to_next)
        })?;
        self.change_bucket(next, self.body.lsn(F::nextlsn), true, |edit| {
            edit.change(|header| header.prev = to_prev)
        })
    }

    /// A page before its bucket is split, or after.
    pub(super) fn hash_split(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let image = self.body.bytes(F::pageimage);
        let is_old = self.u32(F::opcode) == OLD_IMAGE;
        let redoes = self.redoes();
        let page_type = self.bucket_type();
        self.change(page, self.body.lsn(F::pagelsn), true, |edit| {
            if is_old != redoes {
                edit.put(0, image)
            } else if redoes {
                Some(())
            } else {
                edit.init(empty(page, page_type))
            }
        })?;
        Ok(())
    }

    /// Part of an item is replaced.
    pub(super) fn hash_replace(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let slot = self.u16(F::ndx, page)?;
        let off = self.body.i32(F::off);
        let (old, new) = (self.body.bytes(F::olditem), self.body.bytes(F::newitem));
        let redoes = self.redoes();
        let (from, to) = if redoes { (old, new) } else { (new, old) };
        let makes_set = self.u32(F::makedup) != 0;
        let types = self
            .body
            .has(F::oldtype)
            .then(|| self.u32(if redoes { F::newtype } else { F::oldtype }));
        self.change_bucket(page, self.body.lsn(F::pagelsn), true, |edit| {
            edit.replace_part(slot, off, from.len(), to)?;
            if makes_set {
                edit.set_bucket_type(slot, if redoes { SET } else { PLAIN })?;
            }
            let _ = types;
            Some(())
        })
    }

    /// The second page of a bucket moves into the first.
    pub(super) fn hash_copy(&mut self) -> Result<()> {
        let (page, next, after) = (
            self.u32(F::pgno),
            self.u32(F::next_pgno),
            self.u32(F::nnext_pgno),
        );
        let image = self.body.bytes(F::page);
        let redoes = self.redoes();
        let page_type = self.bucket_type();
        self.change(page, self.body.lsn(F::pagelsn), true, |edit| {
            if redoes {
                edit.put(0, image)?;
                edit.change(|header| {
                    header.pgno = page;
                    header.prev = NO_PAGE;
                })
            } else {
                edit.init(Fresh {
                    next,
                    ..empty(page, page_type)
                })
            }
        })?;
        self.change(next, self.body.lsn(F::nextlsn), true, |edit| {
            if redoes { Some(()) } else { edit.put(0, image) }
        })?;
        let prev = if redoes { page } else { next };
        self.change_bucket(after, self.body.lsn(F::nnextlsn), true, |edit| {
            edit.change(|header| header.prev = prev)
        })
    }

    /// A table gets one more bucket, and its number of pages doubles where that
    /// takes the number of buckets past a power of two.
    pub(super) fn hash_grow(&mut self) -> Result<()> {
        let bucket = self.u32(F::bucket);
        let page = self.u32(F::pgno);
        let of_page = self.body.lsn(F::pagelsn);
        let number = bucket.wrapping_add(1);
        let doubles = number.is_power_of_two();
        let old = self.layout.version <= 4;
        let allocates = if old {
            doubles
        } else {
            self.u32(F::newalloc) != 0
        };
        // All pages of a doubling are made by touching the last of them.
        let last = if allocates {
            page.checked_add(bucket)
        } else {
            Some(page)
        };
        let last = last.ok_or_else(|| self.unfit(page))?;
        let page_type = self.bucket_type();
        if self.redoes() || !old {
            self.pages.extend(self.file, last)?;
        }
        self.change(last, of_page, true, |edit| {
            empty_bucket(edit, last, page_type)
        })?;

        let meta = if old { self.meta } else { self.u32(F::mpgno) };
        let of_meta = self.body.lsn(F::metalsn);
        let redoes = self.redoes();
        let doubling = number.checked_ilog2().and_then(|log| log.checked_add(1));
        let starts = if old { doubles } else { allocates };
        let due = self.is_due(meta, of_meta, false)?;
        let change = |meta: &mut crate::layout::Meta| {
            let crate::layout::Method::Hash(fields) = &mut meta.method else {
                return None;
            };
            if due && redoes {
                fields.max_bucket = fields.max_bucket.checked_add(1)?;
                if doubles {
                    fields.low_mask = fields.high_mask;
                    fields.high_mask = number | fields.low_mask;
                }
            } else if due {
                fields.max_bucket = fields.max_bucket.checked_sub(1)?;
                if doubles {
                    fields.high_mask = fields.low_mask;
                    fields.low_mask = fields.high_mask >> 1;
                }
            }
            // Where the doubling's pages are stays known once they are there.
            if starts {
                let spare = fields.spares.get_mut(usize::try_from(doubling?).ok()?)?;
                if *spare == 0 {
                    *spare = page.checked_sub(number)?;
                }
            }
            Some(())
        };
        if due {
            let after = self.after(of_meta);
            self.apply_meta(meta, after, change)?;
        } else if starts && let Some(now) = self.pages.lsn(self.file, meta)? {
            self.apply_meta(meta, now, change)?;
        }
        let master = self.u32(F::mmpgno);
        if !old && master != meta {
            self.change_meta(master, self.body.lsn(F::mmetalsn), |_| Some(()))?;
        }
        Ok(())
    }

    /// The pages of the buckets of a new table are allocated.
    pub(super) fn hash_group(&mut self) -> Result<()> {
        let (start, num) = (self.u32(F::start_pgno), self.u32(F::num));
        let last = start
            .checked_add(num)
            .and_then(|end| end.checked_sub(1))
            .ok_or_else(|| self.unfit(start))?;
        let of_meta = self.body.lsn(F::meta_lsn);
        let version = self.layout.version;
        let page_type = self.bucket_type();
        let (found, _) = self.made(last)?;
        if self.redoes() {
            if !found.is_logged() {
                let lsn = if version <= 5 { Lsn::ZERO } else { self.lsn };
                self.apply(last, lsn, |edit| edit.init(empty(last, page_type)))?;
            }
            return self.change_meta(0, of_meta, |_| Some(()));
        }
        if found == self.lsn {
            self.apply(last, Lsn::ZERO, |_| Some(()))?;
        }
        for page in start..=last {
            self.limbo.add(self.file, page)?;
        }
        self.change_meta(0, of_meta, |_| Some(()))
    }
}

/// An empty page of a bucket.
fn empty(pgno: PageNo, page_type: u8) -> Fresh {
    Fresh {
        pgno,
        prev: NO_PAGE,
        next: NO_PAGE,
        level: 0,
        page_type,
    }
}

/// Makes a page that was never written an empty one of a bucket.
fn empty_bucket(edit: &mut PageEdit<'_>, page: PageNo, page_type: u8) -> Option<()> {
    let header = edit.header()?;
    if header.is(PageType::Free) && header.hf_offset == 0 && header.entries == 0 {
        edit.init(empty(page, page_type))?;
    }
    Some(())
}
