//! One page being filled: the index grows up, the items grow down.

use crate::error::Result;
use crate::layout::{Endian, Lsn, NO_PAGE, PageHeader, PageLayout, PageNo, PageType, align4};
use crate::write::pages::Pages;

/// A page being filled.
#[derive(Debug)]
pub(super) struct PageBuf {
    layout: PageLayout,
    bytes: Vec<u8>,
    entries: u16,
    /// Lowest used byte of the item area.
    low: usize,
    /// Where page numbers stand in the items.
    links: Vec<u16>,
}

/// What the header of a finished page says beside what the page knows itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seal {
    pub(super) pgno: PageNo,
    pub(super) prev: PageNo,
    pub(super) next: PageNo,
    pub(super) level: u8,
    pub(super) page_type: PageType,
}

impl PageBuf {
    pub(super) fn new(layout: PageLayout) -> Self {
        Self {
            layout,
            bytes: vec![0; layout.page_len()],
            entries: 0,
            low: layout.page_len(),
            links: Vec::new(),
        }
    }

    pub(super) fn entries(&self) -> u16 {
        self.entries
    }

    pub(super) fn endian(&self) -> Endian {
        self.layout.endian
    }

    /// Whether `slots` more slots and items of `bytes` in all (each aligned)
    /// fit. 4.2's verify counts six bytes for every entry, also for those that
    /// share a key, so that is kept too.
    pub(super) fn has_room(&self, slots: usize, bytes: usize) -> bool {
        let entries = slots.saturating_add(self.entries.into());
        let all = self.layout.entry_at(entries).saturating_add(bytes);
        all <= self.low && entries.saturating_mul(6) <= self.layout.page_len()
    }

    /// Room for an item of `len` bytes: its offset, and its bytes to fill.
    /// The caller has asked [`has_room`](Self::has_room).
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "it ends before `low`, or begins at 0"
    )]
    pub(super) fn item(&mut self, len: usize) -> (usize, &mut [u8]) {
        let start = self.low.saturating_sub(align4(len));
        self.low = start;
        let bytes = self.bytes.get_mut(start..start + len);
        (start, bytes.unwrap_or_default())
    }

    /// As [`item`](Self::item), with no alignment: pages of hash buckets have
    /// none.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "it ends before `low`, or begins at 0"
    )]
    pub(super) fn packed_item(&mut self, len: usize) -> (usize, &mut [u8]) {
        let start = self.low.saturating_sub(len);
        self.low = start;
        let bytes = self.bytes.get_mut(start..start + len);
        (start, bytes.unwrap_or_default())
    }

    /// Adds a slot for the item at `offset`.
    pub(super) fn slot(&mut self, offset: usize) {
        let at = self.layout.entry_at(self.entries.into());
        let offset = u16::try_from(offset).unwrap_or_default();
        self.layout.endian.put_u16(&mut self.bytes, at, offset);
        self.entries = self.entries.saturating_add(1);
    }

    /// Notes that a page number stands at `at`.
    pub(super) fn link(&mut self, at: usize) {
        self.links.push(u16::try_from(at).unwrap_or_default());
    }

    /// Finishes the page, gives it to `take` with the places of its links, and
    /// empties it for the next. `linked` says which numbers of the header are
    /// links beside the page's own.
    pub(super) fn seal<T>(
        &mut self,
        seal: Seal,
        linked: Linked,
        take: impl FnOnce(&mut [u8], &[u16]) -> Result<T>,
    ) -> Result<T> {
        PageHeader {
            lsn: Lsn::NOT_LOGGED,
            pgno: seal.pgno,
            prev: seal.prev,
            next: seal.next,
            entries: self.entries,
            // 65536 does not fit and is written as 0, as libdb does.
            hf_offset: u16::try_from(self.low).unwrap_or_default(),
            level: seal.level,
            page_type: seal.page_type as u8,
        }
        .write(self.layout.endian, &mut self.bytes);
        for (is_link, at) in [
            (linked.own, PageHeader::PGNO_AT),
            (linked.prev && seal.prev != NO_PAGE, PageHeader::PREV_AT),
            (linked.next && seal.next != NO_PAGE, PageHeader::NEXT_AT),
        ] {
            if is_link {
                self.link(at);
            }
        }
        let taken = take(&mut self.bytes, &self.links)?;
        self.bytes.fill(0);
        self.links.clear();
        self.entries = 0;
        self.low = self.layout.page_len();
        Ok(taken)
    }

    /// Finishes a page whose header names only numbers of `pages`.
    pub(super) fn write<P: Pages>(&mut self, pages: &mut P, seal: Seal) -> Result<()> {
        self.seal(seal, Linked::ALL, |page, links| {
            pages.write(seal.pgno, page, links)
        })
    }
}

/// Which numbers of a page's header were handed out where its links were.
#[derive(Debug, Clone, Copy)]
pub(super) struct Linked {
    pub(super) own: bool,
    pub(super) prev: bool,
    pub(super) next: bool,
}

impl Linked {
    /// All three.
    pub(super) const ALL: Self = Self {
        own: true,
        prev: true,
        next: true,
    };
    /// None.
    pub(super) const NONE: Self = Self {
        own: false,
        prev: false,
        next: false,
    };
}
