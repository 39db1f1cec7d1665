//! What chains are made of, kept from when every page was looked at by itself,
//! so that to follow them no page is read a second time.

use crate::layout::{PageHeader, PageNo};

/// What the header of an overflow page says of its chain.
#[derive(Debug, Clone, Copy)]
pub(super) struct Link {
    pub(super) prev: PageNo,
    pub(super) next: PageNo,
    /// References to the chain, on its first page.
    pub(super) references: u16,
    /// Bytes of the item on the page.
    pub(super) held: u16,
}

impl Link {
    pub(super) fn of(header: &PageHeader) -> Self {
        Self {
            prev: header.prev,
            next: header.next,
            references: header.entries,
            held: header.hf_offset,
        }
    }
}

/// Links that are kept, in all: 64 MiB. Chains of files with more overflow pages
/// are read again.
const MOST: usize = 4 << 20;

/// The links of overflow pages that passed.
#[derive(Debug, Clone, Default)]
pub(super) struct Links {
    /// In the order of the pages.
    kept: Vec<(PageNo, Link)>,
    /// Whether none is kept: to read pages again costs nothing.
    unwanted: bool,
}

impl Links {
    /// For pages that are in memory, or are not.
    pub(super) fn of_pages(in_memory: bool) -> Self {
        Self {
            kept: Vec::new(),
            unwanted: in_memory,
        }
    }

    /// None yet, of the same pages.
    pub(super) fn another(&self) -> Self {
        Self::of_pages(self.unwanted)
    }

    /// Keeps the link of a page. Pages come in order.
    pub(super) fn keep(&mut self, pgno: PageNo, link: Link) {
        if !self.unwanted {
            self.kept.push((pgno, link));
        }
    }

    /// Keeps those of pages that follow.
    pub(super) fn append(&mut self, after: &Self) {
        if self.kept.len().saturating_add(after.kept.len()) <= MOST {
            self.kept.extend_from_slice(&after.kept);
        }
    }

    /// The link of an overflow page, where it is kept. `last` is where the last
    /// one was found: the next is mostly beside it.
    pub(super) fn of(&self, pgno: PageNo, last: &mut usize) -> Option<Link> {
        let beside = last.saturating_add(1);
        let found = match self.kept.get(beside) {
            Some((at, _)) if *at == pgno => beside,
            _ => self.kept.binary_search_by_key(&pgno, |(at, _)| *at).ok()?,
        };
        *last = found;
        self.kept.get(found).map(|(_, link)| *link)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_found_in_any_order() {
        let link = |next| Link {
            prev: 0,
            next,
            references: 1,
            held: 9,
        };
        let (mut links, mut after) = (Links::default(), Links::default());
        for pgno in [3, 4, 7] {
            links.keep(pgno, link(pgno + 100));
            after.keep(pgno + 1000, link(pgno + 1100));
        }
        links.append(&after);
        let mut last = 0;
        for pgno in [4, 7, 3, 4, 1007, 0, 3, 1004, 5, u32::MAX] {
            let found = links.of(pgno, &mut last).map(|link| link.next);
            let there = [3, 4, 7].contains(&(pgno % 1000)) && pgno < 2000;
            assert_eq!(found, there.then(|| pgno + 100), "{pgno}");
        }
    }
}
