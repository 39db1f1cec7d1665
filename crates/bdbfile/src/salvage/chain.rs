//! Overflow chains, put together again.

use crate::error::{Place, Rule};
use crate::layout::{NO_PAGE, PageNo, PageView};
use crate::salvage::census::Class;
use crate::salvage::passes::Work;
use crate::source::PageSource;

/// What a chain brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Chain {
    /// All of the item.
    Whole,
    /// Its beginning.
    Cut,
    /// Nothing.
    Lost,
}

impl<S: PageSource> Work<'_, S> {
    /// Reads the chain of an item into `out` and claims its pages.
    ///
    /// Each page must name the one before it, and the first none: so no chain
    /// leads in a circle or begins in the middle of another. A chain that is
    /// longer than its item is another item's, and is left to that one; what
    /// such items may cost is limited.
    pub(super) fn chain(
        &mut self,
        (first, len): (PageNo, u32),
        place: Place,
        out: &mut Vec<u8>,
    ) -> Chain {
        out.clear();
        if u64::from(len) > self.pages.file_len() {
            self.report
                .find(place, Rule::OverflowLength, format!("{len} bytes"));
            return Chain::Lost;
        }
        if let Err(error) = self.pages.meter().item(self.pages.name(), u64::from(len)) {
            self.too_long.get_or_insert(error);
            return Chain::Lost;
        }
        let mut members = Vec::new();
        let end = self.follow(first, Some(len as usize), out, &mut members);
        let whole = out.len() == len as usize && end == NO_PAGE;
        if !whole && out.len() >= len as usize {
            let found = format!("page {end} after all {len} bytes");
            self.report.find(place, Rule::OverflowLong, found);
            match self.wasted.checked_add(members.len() as u64) {
                Some(wasted) if wasted <= u64::from(self.pages.count()) => self.wasted = wasted,
                // From now on pages that lead nowhere are used up, too.
                _ => members.iter().for_each(|page| self.claim(*page)),
            }
            return Chain::Cut;
        }
        for page in &members {
            self.claim(*page);
        }
        if whole {
            return Chain::Whole;
        }
        let found = format!("{} of {len} bytes, then page {end}", out.len());
        self.report.find(place, Rule::OverflowShort, found);
        if members.is_empty() {
            Chain::Lost
        } else {
            Chain::Cut
        }
    }

    /// Follows a chain as far as it holds, up to `len` bytes where that is
    /// known: the page that was not read any more, none at a proper end.
    pub(super) fn follow(
        &self,
        first: PageNo,
        len: Option<usize>,
        out: &mut Vec<u8>,
        members: &mut Vec<PageNo>,
    ) -> PageNo {
        let mut before = NO_PAGE;
        let mut pgno = first;
        while pgno != NO_PAGE {
            if self.census.sound(pgno) != Some(Class::Overflow) || self.claims.is_claimed(pgno) {
                break;
            }
            // However many items name it, a page that cannot follow costs a
            // look at its header.
            if self.header(pgno).is_none_or(|header| header.prev != before) {
                break;
            }
            let Ok(bytes) = self.pages.raw(pgno) else {
                break;
            };
            let Some(view) = PageView::parse(self.pages.layout(), &bytes) else {
                break;
            };
            let data = view.overflow_data().unwrap_or_default();
            if data.is_empty() {
                break;
            }
            let rest = len.map(|len| len.saturating_sub(out.len()));
            if let Some(rest) = rest
                && data.len() > rest
            {
                out.extend_from_slice(data.get(..rest).unwrap_or_default());
                break;
            }
            out.extend_from_slice(data);
            members.push(pgno);
            before = pgno;
            pgno = view.header.next;
        }
        pgno
    }
}
