//! The buckets of hash tables.

use super::space::set_last;
use super::{CUTS, Effect};
use crate::layout::{FieldName as F, HASH_DUPLICATES, HASH_PLAIN, Lsn, NO_PAGE, PageNo, PageType};
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

/// From this version on the pairs of a page are sorted by their keys (4.6).
const SORTED: u32 = 13;

/// Whether items of a type are logged without their type byte.
fn is_bare(kind: u8) -> bool {
    matches!(kind, HASH_PLAIN | HASH_DUPLICATES)
}

/// The type byte that is missing in what is logged of an item, by the field
/// that has its type.
fn type_byte(field: u32) -> Option<u8> {
    u8::try_from(field >> 8).ok().filter(|kind| is_bare(*kind))
}

impl Effect<'_, '_> {
    /// The type of new pages of buckets: sorted from 4.6 on.
    pub(super) fn bucket_type(&self) -> u8 {
        if self.layout.version < SORTED {
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
        let sorts = self.layout.version >= SORTED;
        let redoes = self.redoes();
        // The type bytes of what is put; whole items have their own.
        let heads = if self.body.has(F::keytype) {
            [F::keytype, F::datatype].map(|field| type_byte(self.u32(field)))
        } else if puts {
            let data = if opcode & DUPLICATES == 0 {
                HASH_PLAIN
            } else {
                HASH_DUPLICATES
            };
            [
                (opcode & WHOLE_KEY == 0).then_some(HASH_PLAIN),
                (opcode & WHOLE_DATA == 0).then_some(data),
            ]
        } else {
            // What is deleted is logged whole.
            [None, None]
        };
        let [key_head, data_head] = &heads;
        let pair = [[key_head.as_slice(), key], [data_head.as_slice(), data]];
        self.change_bucket(page, self.body.lsn(F::pagelsn), true, |edit| {
            if puts != redoes {
                return edit.remove_pair(slot);
            }
            let at = if puts && !sorts {
                edit.header()?.entries
            } else {
                slot
            };
            edit.put_pair(at, pair)
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
        let kind = if self.body.has(F::oldtype) {
            let kind = self.u32(if redoes { F::newtype } else { F::oldtype });
            u8::try_from(kind >> 8).ok()
        } else {
            makes_set.then_some(if redoes { HASH_DUPLICATES } else { HASH_PLAIN })
        };
        // A whole item is logged without its type byte where that stands in a
        // field of its own.
        let head = kind.filter(|kind| off < 0 && self.body.has(F::oldtype) && is_bare(*kind));
        let to = [head.as_slice(), to].concat();
        self.change_bucket(page, self.body.lsn(F::pagelsn), true, |edit| {
            edit.replace_part(slot, off, from.len(), &to)?;
            match kind {
                Some(kind) => edit.set_bucket_type(slot, kind),
                None => Some(()),
            }
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
        let cuts = version >= CUTS;
        let redoes = self.redoes();
        let before_last = self.u32(F::last_pgno);
        if redoes {
            let (found, _) = self.made(last)?;
            if !found.is_logged() {
                let lsn = if version <= 5 { Lsn::ZERO } else { self.lsn };
                self.apply(last, lsn, |edit| edit.init(empty(last, page_type)))?;
            }
        }
        if redoes || cuts {
            return self.change_meta(0, of_meta, |meta| {
                if cuts {
                    set_last(meta, redoes, last, before_last);
                }
                Some(())
            });
        }
        let (found, _) = self.made(last)?;
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
pub(super) fn empty_bucket(edit: &mut PageEdit<'_>, page: PageNo, page_type: u8) -> Option<()> {
    let header = edit.header()?;
    if header.is(PageType::Free) && header.hf_offset == 0 && header.entries == 0 {
        edit.init(empty(page, page_type))?;
    }
    Some(())
}
