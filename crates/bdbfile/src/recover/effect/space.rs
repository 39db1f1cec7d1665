//! Pages are allocated and freed.

use super::compact::put_image;
use super::{CUTS, Effect};
use crate::layout::{FieldName as F, Lsn, Meta, NO_PAGE, PageNo, PageType};
use crate::recover::page::Fresh;
use crate::recover::refusal::Result;

impl Effect<'_, '_> {
    /// A page is taken from the free list, or from beyond the end of the file.
    pub(super) fn allocate(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let meta = self.u32(F::meta_pgno);
        let (of_page, of_meta) = (self.body.lsn(F::page_lsn), self.body.lsn(F::meta_lsn));
        let (page_type, next) = (self.u32(F::ptype), self.u32(F::next));
        let Ok(page_type) = u8::try_from(page_type) else {
            return Err(self.unfit(page));
        };
        let cuts = self.layout.version >= CUTS;
        let before_last = self.u32(F::last_pgno);
        if self.redoes() {
            let found = self.made(page)?.0;
            let fresh_as = if cuts {
                false
            } else if self.layout.version <= 7 {
                found <= of_meta
            } else {
                found == Lsn::FROM_RECOVERY
            };
            let is_due = if !of_page.is_logged() && fresh_as {
                true
            } else {
                !found.is_logged() || self.stands_at(page, found, of_page)?
            };
            if is_due {
                self.gone.settle(self.file, page);
                self.apply(page, self.lsn, |edit| {
                    edit.init(Fresh {
                        pgno: page,
                        prev: NO_PAGE,
                        next: NO_PAGE,
                        level: u8::from(is_leaf(page_type)),
                        page_type,
                    })
                })?;
            }
            return self.change_meta(meta, of_meta, |meta| {
                meta.free = next;
                if cuts {
                    meta.last_pgno = meta.last_pgno.max(page);
                }
                Some(())
            });
        }
        let (found, is_new) = if (5..CUTS).contains(&self.layout.version) {
            self.made(page)?
        } else {
            (self.pages.lsn(self.file, page)?.unwrap_or_default(), false)
        };
        if found == self.lsn || is_new {
            let gone = cuts && !of_page.is_logged();
            self.apply(page, of_page, |edit| {
                if gone {
                    edit.bytes.fill(0);
                    return Some(());
                }
                edit.init(free_page(page, next))
            })?;
        }
        let now = self.pages.lsn(self.file, page)?;
        let was_new = !of_page.is_logged();
        if was_new && !cuts && now.is_some_and(|now| !now.is_logged()) {
            self.limbo.add(self.file, page)?;
        }
        self.change_meta(meta, of_meta, |meta| {
            if !was_new {
                meta.free = page;
            }
            if cuts {
                meta.last_pgno = before_last;
            }
            Some(())
        })
    }

    /// A page is put on the free list: at its head, which the metadata page
    /// knows, or where the list was sorted behind a page before it, which is
    /// named instead.
    pub(super) fn free(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let meta = self.u32(F::meta_pgno);
        let of_meta = self.body.lsn(F::meta_lsn);
        let next = self.u32(F::next);
        let header = self.body.bytes(F::header);
        let before = self.lsn_in(header);
        let before_last = self.u32(F::last_pgno);
        let cuts = self.layout.version >= CUTS;
        // The last page of a file is not put on the list: the file ends before
        // it from then on.
        let is_last = cuts && page == before_last;
        if self.redoes() {
            let is_due = if cuts {
                self.is_due(page, before, true)?
            } else {
                let found = self.made(page)?.0;
                (!before.is_logged() && found <= of_meta) || self.stands_at(page, found, before)?
            };
            if is_last {
                self.gone.settle(self.file, page);
            }
            if is_due && is_last {
                self.apply(page, Lsn::ZERO, |edit| {
                    edit.bytes.fill(0);
                    Some(())
                })?;
            } else if is_due {
                self.apply(page, self.lsn, |edit| edit.init(free_page(page, next)))?;
            }
            if meta != NO_PAGE {
                return self.change_link(meta, of_meta, false, |header| header.next = page);
            }
            return self.change_meta(meta, of_meta, |meta| {
                if is_last {
                    meta.last_pgno = page.saturating_sub(1);
                } else {
                    meta.free = page;
                }
                Some(())
            });
        }
        let items = self.body.bytes(F::data);
        if is_last && self.made(page)?.0 == Lsn::ZERO {
            // It is there again, whether or not the file was cut.
            self.apply(page, self.lsn, |_| Some(()))?;
        }
        self.change(page, before, false, |edit| put_image(edit, header, items))?;
        if meta != NO_PAGE {
            return self.change_link(meta, of_meta, false, |header| header.next = next);
        }
        self.change_meta(meta, of_meta, |meta| {
            meta.free = next;
            if cuts {
                meta.last_pgno = before_last;
            }
            Some(())
        })
    }

    /// A page that a transaction had got anew goes to limbo again.
    pub(super) fn take_from_limbo(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        if !self.redoes() && self.pages.lsn(self.file, page)? == Some(self.lsn) {
            self.limbo.add(self.file, page)?;
        }
        Ok(())
    }

    /// The LSN of a page, which is made where it is not there, and whether it
    /// had to be.
    pub(super) fn made(&mut self, page: u32) -> Result<(Lsn, bool)> {
        if let Some(found) = self.pages.lsn(self.file, page)? {
            return Ok((found, false));
        }
        self.pages.extend(self.file, page)?;
        Ok((Lsn::ZERO, true))
    }
}

/// Keeps on a metadata page which page is the last: one that was added, or the
/// one that was the last before.
pub(super) fn set_last(meta: &mut Meta, redoes: bool, added: PageNo, before: PageNo) {
    meta.last_pgno = if redoes {
        meta.last_pgno.max(added)
    } else {
        before
    };
}

/// A page on the free list.
pub(in crate::recover) fn free_page(pgno: u32, next: u32) -> Fresh {
    Fresh {
        pgno,
        prev: NO_PAGE,
        next,
        level: 0,
        page_type: PageType::Free as u8,
    }
}

/// Whether pages of a type are leaves of a tree.
fn is_leaf(page_type: u8) -> bool {
    [
        PageType::BtreeLeaf,
        PageType::RecnoLeaf,
        PageType::DuplicateLeaf,
    ]
    .into_iter()
    .any(|kind| kind as u8 == page_type)
}
