//! The internal pages above a row of leaves.

use crate::error::Result;
use crate::layout::{
    INTERNAL_CHILD, INTERNAL_HEADER, ItemKind, OFF_PAGE_ITEM, OFF_PAGE_PGNO, PageLayout, PageNo,
    PageType, RECNO_CHILD, RECNO_INTERNAL_ITEM, align4, encode_internal, encode_off_page,
    encode_recno_internal, internal_item_len,
};
use crate::write::overflow;
use crate::write::page::{Linked, PageBuf, Seal};
use crate::write::pages::Pages;

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

impl Child {
    /// A page with nothing below it.
    fn none(pgno: PageNo) -> Self {
        Self {
            pgno,
            records: 0,
            separator: Vec::new(),
        }
    }
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
    pub(super) fn add<P: Pages>(&mut self, pages: &mut P, leaf: Child) -> Result<()> {
        self.add_at(pages, 0, leaf)
    }

    /// Adds a child to a level; a page that is full goes to the level above.
    fn add_at<P: Pages>(&mut self, pages: &mut P, from: usize, child: Child) -> Result<()> {
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
                return self.put(pages, index, child);
            }
            let pgno = pages.allocate()?;
            let full = self.close(pages, index, pgno)?;
            self.put(pages, index, child)?;
            child = full;
            index = index.saturating_add(1);
        }
    }

    /// Writes the page of a level that is being filled; gives it as a child.
    fn close<P: Pages>(&mut self, pages: &mut P, index: usize, pgno: PageNo) -> Result<Child> {
        let seal = self.heading(index, pgno);
        let Some(level) = self.levels.get_mut(index) else {
            return Ok(Child::none(pgno));
        };
        level.page.write(pages, seal)?;
        Ok(Child {
            pgno,
            records: std::mem::take(&mut level.records),
            separator: std::mem::take(&mut level.separator),
        })
    }

    /// Writes the topmost page as the root: the page `fixed`, whose number is
    /// final, or one of its own choosing.
    fn close_root<P: Pages>(
        &mut self,
        pages: &mut P,
        index: usize,
        fixed: Option<PageNo>,
    ) -> Result<PageNo> {
        let pgno = match fixed {
            Some(root) => root,
            None => pages.allocate()?,
        };
        let mut seal = self.heading(index, pgno);
        let counted = self.entries != Entries::Keyed;
        let Some(level) = self.levels.get_mut(index) else {
            return Ok(pgno);
        };
        // The root of a counted tree states its total in place of a link.
        seal.prev = if counted { saturated(level.records) } else { 0 };
        let linked = Linked {
            own: fixed.is_none(),
            ..Linked::NONE
        };
        level.page.seal(seal, linked, |page, links| {
            if fixed.is_some() {
                pages.write_fixed(pgno, page, links)
            } else {
                pages.write(pgno, page, links)
            }
        })?;
        Ok(pgno)
    }

    fn heading(&self, index: usize, pgno: PageNo) -> Seal {
        Seal {
            pgno,
            prev: 0,
            next: 0,
            // Leaves are at level 1. A level holds at least two children of
            // the one below, so 255 levels are never reached.
            level: u8::try_from(index.saturating_add(2)).unwrap_or(u8::MAX),
            page_type: match self.entries {
                Entries::Keyed | Entries::KeyedAndCounted => PageType::BtreeInternal,
                Entries::Counted => PageType::RecnoInternal,
            },
        }
    }

    /// Puts a child on the page being filled, where there is room for it.
    fn put<P: Pages>(&mut self, pages: &mut P, index: usize, child: Child) -> Result<()> {
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
            let (first, len) = overflow::write_chain(pages, &child.separator)?;
            encode_off_page(endian, &mut reference, ItemKind::Overflow, first, len);
            (reference.as_slice(), true)
        } else {
            (child.separator.as_slice(), false)
        };
        let (offset, item) = level.page.item(size);
        let child_at = match entries {
            Entries::Counted => RECNO_CHILD,
            Entries::Keyed | Entries::KeyedAndCounted => INTERNAL_CHILD,
        };
        match entries {
            Entries::Counted => encode_recno_internal(endian, item, child.pgno, records),
            Entries::Keyed | Entries::KeyedAndCounted => {
                encode_internal(endian, item, child.pgno, records, key, long);
            }
        }
        level.page.slot(offset);
        level.page.link(offset.saturating_add(child_at));
        if long {
            level
                .page
                .link(offset.saturating_add(INTERNAL_HEADER + OFF_PAGE_PGNO));
        }
        level.records = level.records.saturating_add(child.records);
        if level.page.entries() == 1 {
            level.separator = child.separator;
        }
        Ok(())
    }

    fn item_size(&self, child: &Child) -> usize {
        match self.entries {
            Entries::Counted => RECNO_INTERNAL_ITEM,
            Entries::Keyed | Entries::KeyedAndCounted => {
                internal_item_len(if child.separator.len() > self.overflow_limit {
                    OFF_PAGE_ITEM
                } else {
                    child.separator.len()
                })
            }
        }
    }

    /// Writes what is still being filled, the topmost page as the page
    /// `root`, whose number is final (or on a page of its own choosing). Gives the root and the height of the tree,
    /// the leaves counted.
    pub(super) fn finish<P: Pages>(
        mut self,
        pages: &mut P,
        root: Option<PageNo>,
    ) -> Result<(PageNo, usize)> {
        let (mut index, mut above) = (0, 1_usize);
        while above < self.levels.len() {
            let pgno = pages.allocate()?;
            let child = self.close(pages, index, pgno)?;
            self.add_at(pages, above, child)?;
            (index, above) = (above, above.saturating_add(1));
        }
        let root = self.close_root(pages, index, root)?;
        Ok((root, above.saturating_add(1)))
    }
}

/// Numbers of records are 32 bits wide on disk.
fn saturated(records: u64) -> u32 {
    u32::try_from(records).unwrap_or(u32::MAX)
}
