//! The page header and the index array behind it.

use super::{Endian, Lsn, PageNo};

// Page header, in the order of the file.
const LSN: usize = 0;
const PGNO: usize = LSN + Lsn::SIZE;
const PREV_PGNO: usize = PGNO + 4;
const NEXT_PGNO: usize = PREV_PGNO + 4;
const ENTRIES: usize = NEXT_PGNO + 4;
const HF_OFFSET: usize = ENTRIES + 2;
const LEVEL: usize = HF_OFFSET + 2;
const TYPE: usize = LEVEL + 1;
/// Bytes of the header of a page without checksum.
const PLAIN: usize = TYPE + 1;
const CHECKSUM_UNUSED: usize = PLAIN;
const CHECKSUM: usize = CHECKSUM_UNUSED + 2;
/// Bytes of the header of a page with checksum.
const CHECKSUMMED: usize = CHECKSUM + 4;
/// The most bytes that a header has.
pub const LARGEST_HEADER: usize = CHECKSUMMED;

/// Bytes of the header of a queue page without checksum.
const QUEUE_PLAIN: usize = PLAIN + 2;
/// Bytes of the header of a queue page with checksum, which has room for the
/// longest kind.
const QUEUE_CHECKSUMMED: usize = QUEUE_PLAIN + 20;

/// Bytes of one entry of the index array.
pub const INDEX_ENTRY: usize = 2;

/// The types of pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PageType {
    /// Free, or never used.
    Free = 0,
    /// Page of a chain of duplicates (up to 3.0).
    DuplicateChain = 1,
    /// Page of a hash bucket, pairs in any order.
    Hash = 2,
    /// Internal page of a btree, or of a tree of sorted duplicates.
    BtreeInternal = 3,
    /// Internal page of a recno tree, or of a tree of unsorted duplicates.
    RecnoInternal = 4,
    /// Leaf of a btree.
    BtreeLeaf = 5,
    /// Leaf of a recno tree, or of a tree of unsorted duplicates.
    RecnoLeaf = 6,
    /// Page of an overflow chain.
    Overflow = 7,
    /// Metadata page of a hash database.
    HashMeta = 8,
    /// Metadata page of a btree or recno database.
    BtreeMeta = 9,
    /// Metadata page of a queue.
    QueueMeta = 10,
    /// Records of a queue.
    QueueData = 11,
    /// Leaf of a tree of sorted duplicates.
    DuplicateLeaf = 12,
    /// Page of a hash bucket, pairs sorted by key (4.6 and later).
    HashSorted = 13,
}

impl PageType {
    /// All types that are known here.
    pub const ALL: [Self; 14] = [
        Self::Free,
        Self::DuplicateChain,
        Self::Hash,
        Self::BtreeInternal,
        Self::RecnoInternal,
        Self::BtreeLeaf,
        Self::RecnoLeaf,
        Self::Overflow,
        Self::HashMeta,
        Self::BtreeMeta,
        Self::QueueMeta,
        Self::QueueData,
        Self::DuplicateLeaf,
        Self::HashSorted,
    ];

    /// The type of a number on a page.
    pub fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|known| *known as u8 == number)
    }
}

/// How the pages of a file are laid out: what a page's bytes mean follows from
/// these three and the page itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLayout {
    /// Byte order of the file.
    pub endian: Endian,
    /// Page size in bytes, a power of two from 512 to 65536.
    pub page_size: u32,
    /// Whether pages carry a checksum, which makes their header longer.
    pub checksums: bool,
    /// Whether type bytes are laid out as bit fields the other way round, as
    /// Sun's compiler did up to 2.3.4: the type in the upper seven bits, the
    /// mark of deletion in the lowest (read: the change log of 2.3.5).
    pub bit_fields: bool,
}

impl PageLayout {
    /// Bytes before the index array (or before the data of an overflow page).
    pub const fn header_size(self) -> usize {
        if self.checksums { CHECKSUMMED } else { PLAIN }
    }

    /// Page size as a length in memory.
    pub const fn page_len(self) -> usize {
        self.page_size as usize
    }

    /// Bytes before the records of a page of a queue.
    pub const fn queue_header_size(self) -> usize {
        if self.checksums {
            QUEUE_CHECKSUMMED
        } else {
            QUEUE_PLAIN
        }
    }

    /// Where a page begins in its file.
    pub const fn offset_of(self, pgno: PageNo) -> u64 {
        (pgno as u64).saturating_mul(self.page_size as u64)
    }

    /// Where the entry of a slot is in its page.
    pub const fn entry_at(self, slot: usize) -> usize {
        let before = slot.saturating_mul(INDEX_ENTRY);
        self.header_size().saturating_add(before)
    }

    /// Where a slot of `size` bytes is in a page of a queue.
    pub const fn queue_slot_at(self, slot: u32, size: usize) -> usize {
        let before = (slot as usize).saturating_mul(size);
        self.queue_header_size().saturating_add(before)
    }

    /// Bytes of data that a full overflow page holds.
    pub const fn overflow_room(self) -> usize {
        self.page_len().saturating_sub(self.header_size())
    }

    /// The size above which libdb moves a key or data item to an overflow
    /// chain. A policy of writers; readers never rely on it. `None` when
    /// `minkey` leaves no room for an item.
    pub fn overflow_limit(self, minkey: u32) -> Option<usize> {
        let minkey = usize::try_from(minkey).ok()?;
        let shares = minkey.checked_mul(2)?;
        self.overflow_room().checked_div(shares)?.checked_sub(10)
    }

    /// The stored checksum of a page, and the right one.
    pub fn checksums_of(self, page: &[u8]) -> Option<(u32, u32)> {
        Some((
            self.endian.u32(page, CHECKSUM)?,
            super::page_checksum(page, CHECKSUM),
        ))
    }

    /// Stores the right checksum in a page, where the file has checksums.
    pub fn seal(self, page: &mut [u8]) {
        if self.checksums {
            let sum = super::page_checksum(page, CHECKSUM);
            self.endian.put_u32(page, CHECKSUM, sum);
        }
    }
}

/// The header of a page other than a metadata page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageHeader {
    /// Position in the log of the page's last change.
    pub lsn: Lsn,
    /// The page's own number.
    pub pgno: PageNo,
    /// Previous page of the chain; on the root of a counted tree, the number
    /// of records below it.
    pub prev: PageNo,
    /// Next page of the chain.
    pub next: PageNo,
    /// Entries of the index array; references on an overflow page.
    pub entries: u16,
    /// Lowest used byte of the item area; bytes of data on an overflow page.
    pub hf_offset: u16,
    /// 0 outside trees, 1 on leaves, 2 and more on internal pages.
    pub level: u8,
    /// The page type, as [`PageType`] numbers it.
    pub page_type: u8,
}

impl PageHeader {
    /// Where the page's own number stands.
    pub const PGNO_AT: usize = PGNO;
    /// Where the number of the previous page stands.
    pub const PREV_AT: usize = PREV_PGNO;
    /// Where the number of the next page stands.
    pub const NEXT_AT: usize = NEXT_PGNO;

    /// Reads a header; `None` where `page` is too short for one.
    pub fn read(endian: Endian, page: &[u8]) -> Option<Self> {
        Some(Self {
            lsn: Lsn::read(endian, page, LSN)?,
            pgno: endian.u32(page, PGNO)?,
            prev: endian.u32(page, PREV_PGNO)?,
            next: endian.u32(page, NEXT_PGNO)?,
            entries: endian.u16(page, ENTRIES)?,
            hf_offset: endian.u16(page, HF_OFFSET)?,
            level: *page.get(LEVEL)?,
            page_type: *page.get(TYPE)?,
        })
    }

    /// Writes the header at the start of `page`.
    pub fn write(&self, endian: Endian, page: &mut [u8]) {
        self.lsn.put(endian, page, LSN);
        endian.put_u32(page, PGNO, self.pgno);
        endian.put_u32(page, PREV_PGNO, self.prev);
        endian.put_u32(page, NEXT_PGNO, self.next);
        endian.put_u16(page, ENTRIES, self.entries);
        endian.put_u16(page, HF_OFFSET, self.hf_offset);
        if let Some(byte) = page.get_mut(LEVEL) {
            *byte = self.level;
        }
        if let Some(byte) = page.get_mut(TYPE) {
            *byte = self.page_type;
        }
    }

    /// Whether the page is of a type.
    pub const fn is(&self, page_type: PageType) -> bool {
        self.page_type == page_type as u8
    }
}

/// A page with its header read.
#[derive(Debug, Clone, Copy)]
pub struct PageView<'a> {
    /// The page's bytes, page-size many.
    pub bytes: &'a [u8],
    /// How to read them.
    pub layout: PageLayout,
    /// The header.
    pub header: PageHeader,
}

impl<'a> PageView<'a> {
    /// Reads the header of a page; `None` unless `bytes` is one whole page.
    pub fn parse(layout: PageLayout, bytes: &'a [u8]) -> Option<Self> {
        (bytes.len() == layout.page_len()).then_some(())?;
        Some(Self {
            bytes,
            layout,
            header: PageHeader::read(layout.endian, bytes)?,
        })
    }

    /// Whether this is a page of a bucket that was allocated with others and
    /// never used, as the recovery of 5.3 leaves it: of the right type, with no
    /// number of its own, and with nothing on it (seen: the library's own
    /// verification passes over it).
    pub fn is_unused_bucket(&self) -> bool {
        let header = &self.header;
        header.is(PageType::HashSorted)
            && header.pgno == 0
            && header.entries == 0
            && header.prev == 0
            && header.next == 0
            && !header.lsn.is_logged()
    }

    /// First byte after the index array.
    pub fn index_end(&self) -> usize {
        self.layout.entry_at(self.header.entries.into())
    }

    /// Where the item of a slot begins; `None` past the index array.
    pub fn item_offset(&self, slot: u16) -> Option<usize> {
        (slot < self.header.entries).then_some(())?;
        let at = self.layout.entry_at(slot.into());
        self.layout.endian.u16(self.bytes, at).map(usize::from)
    }

    /// The data of an overflow page; `None` when it states more than fits.
    pub fn overflow_data(&self) -> Option<&'a [u8]> {
        let data = self.bytes.get(self.layout.header_size()..)?;
        data.get(..self.header.hf_offset.into())
    }
}
