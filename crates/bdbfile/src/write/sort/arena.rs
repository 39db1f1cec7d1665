//! The records in memory, one after the other as they came.

use crate::write::sort::record::{ALIGN, Codec, Entry};

/// Records, in pieces of one length that are allocated as they are needed and
/// kept: growing moves nothing.
#[derive(Debug)]
pub(super) struct Arena {
    codec: Codec,
    pieces: Vec<Vec<u8>>,
    piece_len: usize,
    /// The piece being filled.
    current: usize,
    records: usize,
}

/// Where a record is in an arena: it grows with the order of arrival.
pub(super) type Slot = u32;

impl Arena {
    /// `piece_len` is a power of two and no record is longer.
    pub(super) fn new(codec: Codec, piece_len: usize) -> Self {
        Self {
            codec,
            pieces: Vec::new(),
            piece_len,
            current: 0,
            records: 0,
        }
    }

    /// Records held.
    pub(super) fn records(&self) -> usize {
        self.records
    }

    /// Bytes that will be in use when a record of `size` bytes has been added;
    /// `None` when there are no slots for so many.
    pub(super) fn bytes_with(&self, size: usize) -> Option<usize> {
        let more = usize::from(!self.fits(size));
        let pieces = self.current.checked_add(1)?.checked_add(more)?;
        let bytes = pieces.checked_mul(self.piece_len)?;
        Slot::try_from(bytes / ALIGN).ok()?;
        Some(bytes)
    }

    fn fits(&self, size: usize) -> bool {
        let used = self.pieces.get(self.current).map_or(0, Vec::len);
        used.saturating_add(size) <= self.piece_len
    }

    /// Adds a record that takes `size` bytes.
    pub(super) fn push(&mut self, entry: &Entry<'_>, size: usize) {
        if !self.fits(size) {
            self.current = self.current.saturating_add(1);
        }
        if self.current >= self.pieces.len() {
            self.pieces.push(Vec::with_capacity(self.piece_len));
        }
        if let Some(piece) = self.pieces.get_mut(self.current) {
            Codec::put(entry, piece);
            self.records = self.records.saturating_add(1);
        }
    }

    /// The bytes from a record on.
    #[inline]
    pub(super) fn bytes(&self, slot: Slot) -> &[u8] {
        self.divided(slot)
            .and_then(|(piece, at)| self.pieces.get(piece)?.get(at..))
            .unwrap_or_default()
    }

    /// The piece that a record is in, and where in it.
    #[inline]
    fn divided(&self, slot: Slot) -> Option<(usize, usize)> {
        let at = (slot as usize).checked_mul(ALIGN)?;
        let piece = at.checked_div(self.piece_len)?;
        Some((piece, at.checked_rem(self.piece_len)?))
    }

    /// A record.
    #[inline]
    pub(super) fn entry(&self, slot: Slot) -> Entry<'_> {
        self.codec.entry(self.bytes(slot)).unwrap_or_default()
    }

    /// The encoded bytes of a record.
    pub(super) fn encoded(&self, slot: Slot) -> &[u8] {
        let bytes = self.bytes(slot);
        let size = self.codec.size_at(bytes).unwrap_or_default();
        bytes.get(..size).unwrap_or_default()
    }

    /// All records as they came.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.pieces
            .iter()
            .enumerate()
            .flat_map(move |(index, piece)| {
                let mut at = 0;
                std::iter::from_fn(move || {
                    let size = self.codec.size_at(piece.get(at..)?)?;
                    let before = index.checked_mul(self.piece_len)?;
                    let slot = before.checked_add(at)? / ALIGN;
                    at = at.saturating_add(size);
                    Slot::try_from(slot).ok()
                })
            })
    }

    /// Lets all records go; keeps the memory.
    pub(super) fn clear(&mut self) {
        self.pieces.iter_mut().for_each(Vec::clear);
        self.current = 0;
        self.records = 0;
    }
}
