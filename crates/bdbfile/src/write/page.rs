//! One page being filled: the index grows up, the items grow down.

use crate::error::Result;
use crate::layout::{Endian, INDEX_ENTRY, Lsn, PageHeader, PageLayout, PageNo, PageType, align4};
use crate::write::out::Out;
use crate::write::sink::PageSink;

/// A page being filled.
#[derive(Debug)]
pub(super) struct PageBuf {
    layout: PageLayout,
    bytes: Vec<u8>,
    entries: u16,
    /// Lowest used byte of the item area.
    low: usize,
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
        let entries = usize::from(self.entries) + slots;
        let index_end = self.layout.header_size() + INDEX_ENTRY * entries;
        index_end + bytes <= self.low && entries * 6 <= self.layout.page_len()
    }

    /// Room for an item of `len` bytes: its offset, and its bytes to fill.
    /// The caller has asked [`has_room`](Self::has_room).
    pub(super) fn item(&mut self, len: usize) -> (usize, &mut [u8]) {
        let start = self.low.saturating_sub(align4(len));
        self.low = start;
        let bytes = self.bytes.get_mut(start..start + len).unwrap_or_default();
        (start, bytes)
    }

    /// Adds a slot for the item at `offset`.
    pub(super) fn slot(&mut self, offset: usize) {
        let at = self.layout.header_size() + INDEX_ENTRY * usize::from(self.entries);
        let offset = u16::try_from(offset).unwrap_or_default();
        self.layout.endian.put_u16(&mut self.bytes, at, offset);
        self.entries += 1;
    }

    /// Finishes the page, writes it, and empties it for the next.
    pub(super) fn write<W: PageSink>(&mut self, out: &mut Out<W>, seal: Seal) -> Result<()> {
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
        self.layout.seal(&mut self.bytes);
        out.write(seal.pgno, &self.bytes)?;
        self.bytes.fill(0);
        self.entries = 0;
        self.low = self.layout.page_len();
        Ok(())
    }
}
