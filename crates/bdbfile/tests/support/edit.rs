//! One field of a file changed by its name. Offsets are those of
//! `docs/format.md`, written out here again so that a mistake in the crate's
//! own is not repeated. What is not in the file is `None`.

#![allow(dead_code)]

use bdbfile::layout::{Endian, page_checksum};

/// Fields of the header of every page.
pub(crate) const NUMBER: usize = 8;
pub(crate) const PREV: usize = 12;
pub(crate) const NEXT: usize = 16;
pub(crate) const ENTRIES: usize = 20;
/// The start of the item area; on an overflow page its number of bytes.
pub(crate) const AREA: usize = 22;
pub(crate) const LEVEL: usize = 24;
pub(crate) const TYPE: usize = 25;

/// Types of pages.
pub(crate) const FREE: u8 = 0;
pub(crate) const DUPLICATE_CHAIN: u8 = 1;
pub(crate) const BUCKET_OLD: u8 = 2;
pub(crate) const INTERNAL: u8 = 3;
pub(crate) const RECNO_INTERNAL: u8 = 4;
pub(crate) const LEAF: u8 = 5;
pub(crate) const RECNO_LEAF: u8 = 6;
pub(crate) const OVERFLOW: u8 = 7;
pub(crate) const QUEUE: u8 = 11;
pub(crate) const DUPLICATE_LEAF: u8 = 12;
pub(crate) const BUCKET: u8 = 13;

/// Fields of metadata pages, from 3.1 on.
pub(crate) mod meta {
    pub(crate) const MAGIC: usize = 12;
    pub(crate) const VERSION: usize = 16;
    pub(crate) const PAGE_SIZE: usize = 20;
    pub(crate) const ENCRYPTION: usize = 24;
    pub(crate) const META_FLAGS: usize = 26;
    pub(crate) const FREE: usize = 28;
    pub(crate) const LAST_PAGE: usize = 32;
    pub(crate) const FLAGS: usize = 48;
    pub(crate) const MINKEY: usize = 76;
    pub(crate) const RE_LEN: usize = 80;
    pub(crate) const ROOT: usize = 88;
    pub(crate) const MAX_BUCKET: usize = 72;
    pub(crate) const HIGH_MASK: usize = 76;
    pub(crate) const LOW_MASK: usize = 80;
    pub(crate) const FFACTOR: usize = 84;
    pub(crate) const ELEMENTS: usize = 88;
    pub(crate) const SPARES: usize = 96;
    pub(crate) const FIRST: usize = 72;
    pub(crate) const NEXT: usize = 76;
    pub(crate) const QUEUE_RE_LEN: usize = 80;
    pub(crate) const REC_PAGE: usize = 88;
    pub(crate) const CHECKSUM: usize = 492;
}

/// The checksum of a page that is no metadata page.
pub(crate) const CHECKSUM: usize = 28;

/// Kinds of items; on a leaf the third byte, on a bucket page the first.
const LONG: u8 = 3;

/// An item with more data than fit its page: where it is, and its chain.
#[derive(Debug, Clone)]
pub(crate) struct Long {
    pub(crate) page: u32,
    pub(crate) slot: u16,
    /// Where on the page the item begins.
    pub(crate) item: usize,
    pub(crate) chain: Vec<u32>,
}

/// A file being damaged.
#[derive(Debug, Clone)]
pub(crate) struct Edited {
    pub(crate) bytes: Vec<u8>,
    endian: Endian,
    size: usize,
    checksums: bool,
}

impl Edited {
    /// A sound file.
    pub(crate) fn new(bytes: Vec<u8>, endian: Endian, page_size: u32, checksums: bool) -> Self {
        Self {
            bytes,
            endian,
            size: page_size as usize,
            checksums,
        }
    }

    /// The bytes, every checksum made right again.
    pub(crate) fn sealed(mut self) -> Vec<u8> {
        if !self.checksums {
            return self.bytes;
        }
        for page in 0..self.count() {
            let at = page as usize * self.size;
            let bytes = &mut self.bytes[at..at + self.size];
            // A page of zeros is a hole, and has none.
            if bytes.iter().all(|byte| *byte == 0) {
                continue;
            }
            let (used, field) = if matches!(bytes[TYPE], 8..=10) {
                (512, meta::CHECKSUM)
            } else {
                (self.size, CHECKSUM)
            };
            let sum = page_checksum(&bytes[..used], field);
            self.endian.put_u32(bytes, field, sum);
        }
        self.bytes
    }

    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.bytes.len() / self.size).unwrap()
    }

    fn place(&self, page: u32, at: usize) -> usize {
        page as usize * self.size + at
    }

    pub(crate) fn page_size(&self) -> usize {
        self.size
    }

    pub(crate) fn header(&self) -> usize {
        if self.checksums { 32 } else { 26 }
    }

    pub(crate) fn get8(&self, page: u32, at: usize) -> u8 {
        self.bytes[self.place(page, at)]
    }

    pub(crate) fn get16(&self, page: u32, at: usize) -> u16 {
        self.endian.u16(&self.bytes, self.place(page, at)).unwrap()
    }

    pub(crate) fn get32(&self, page: u32, at: usize) -> u32 {
        self.endian.u32(&self.bytes, self.place(page, at)).unwrap()
    }

    pub(crate) fn set8(&mut self, page: u32, at: usize, value: u8) {
        let at = self.place(page, at);
        self.bytes[at] = value;
    }

    pub(crate) fn set16(&mut self, page: u32, at: usize, value: u16) {
        let at = self.place(page, at);
        self.endian.put_u16(&mut self.bytes, at, value);
    }

    pub(crate) fn set32(&mut self, page: u32, at: usize, value: u32) {
        let at = self.place(page, at);
        self.endian.put_u32(&mut self.bytes, at, value);
    }

    /// Fills a page with zeros.
    pub(crate) fn zero(&mut self, page: u32) {
        let at = self.place(page, 0);
        self.bytes[at..at + self.size].fill(0);
    }

    /// Turns the bytes of a number round.
    pub(crate) fn swap32(&mut self, page: u32, at: usize) {
        self.set32(page, at, self.get32(page, at).swap_bytes());
    }

    pub(crate) fn kind(&self, page: u32) -> u8 {
        self.get8(page, TYPE)
    }

    pub(crate) fn entries(&self, page: u32) -> u16 {
        self.get16(page, ENTRIES)
    }

    /// Where on its page the offset of a slot's item stands.
    pub(crate) fn index(&self, slot: u16) -> usize {
        self.header() + 2 * usize::from(slot)
    }

    /// Where on its page the item of a slot begins.
    pub(crate) fn item(&self, page: u32, slot: u16) -> usize {
        self.get16(page, self.index(slot)).into()
    }

    /// The pages of a type, in the order they stand.
    pub(crate) fn of_type(&self, kind: u8) -> Vec<u32> {
        // Page 0 of 2.x has no type.
        (1..self.count())
            .filter(|page| self.kind(*page) == kind)
            .collect()
    }

    /// The pages from one on, by their links.
    pub(crate) fn row(&self, first: u32) -> Vec<u32> {
        let mut row = vec![first];
        let mut page = first;
        while self.get32(page, NEXT) != 0 && row.len() <= self.count() as usize {
            page = self.get32(page, NEXT);
            row.push(page);
        }
        row
    }

    /// The longest row of linked pages of one of these types.
    pub(crate) fn longest_row(&self, kinds: &[u8]) -> Option<Vec<u32>> {
        kinds
            .iter()
            .flat_map(|kind| self.of_type(*kind))
            .filter(|page| self.get32(*page, PREV) == 0)
            .map(|page| self.row(page))
            .max_by_key(Vec::len)
    }

    /// The leaves of the tree that has most of them, in their order.
    pub(crate) fn leaves(&self) -> Option<Vec<u32>> {
        self.longest_row(&[LEAF, RECNO_LEAF])
            .filter(|row| row.len() >= 4)
    }

    /// The pages of a bucket that has at least three.
    pub(crate) fn bucket(&self) -> Option<Vec<u32>> {
        self.longest_row(&[BUCKET, BUCKET_OLD])
            .filter(|row| row.len() >= 3)
    }

    /// The internal pages of a level.
    pub(crate) fn internal(&self, level: u8) -> Vec<u32> {
        (1..self.count())
            .filter(|page| matches!(self.kind(*page), INTERNAL | RECNO_INTERNAL))
            .filter(|page| self.get8(*page, LEVEL) == level)
            .collect()
    }

    /// The last internal page right above leaves that has three entries.
    pub(crate) fn inner(&self) -> Option<u32> {
        let pages = self.internal(2);
        pages
            .into_iter()
            .rfind(|page| self.entries(*page) >= 3 && *page != 1)
    }

    /// Where on its page the child's number of an entry stands.
    pub(crate) fn child(&self, page: u32, slot: u16) -> usize {
        let item = self.item(page, slot);
        match self.kind(page) {
            RECNO_INTERNAL => item,
            _ => item + 4,
        }
    }

    /// The first item with a chain of at least so many pages on a page of these
    /// types, in a slot that `wanted` wants.
    fn long(&self, kinds: &[u8], pages: usize, wanted: impl Fn(u16) -> bool) -> Option<Long> {
        for page in 1..self.count() {
            let kind = self.kind(page);
            if !kinds.contains(&kind) {
                continue;
            }
            for slot in (0..self.entries(page)).filter(|slot| wanted(*slot)) {
                let item = self.item(page, slot);
                let at = match kind {
                    BUCKET | BUCKET_OLD => item,
                    _ => item + 2,
                };
                if self.get8(page, at) != LONG {
                    continue;
                }
                let chain = self.row(self.get32(page, item + 4));
                if chain.len() >= pages {
                    return Some(Long {
                        page,
                        slot,
                        item,
                        chain,
                    });
                }
            }
        }
        None
    }

    /// Long data, on whatever page there is first.
    pub(crate) fn long_data(&self) -> Option<Long> {
        self.long(&[LEAF, BUCKET, BUCKET_OLD], 3, |slot| slot % 2 == 1)
            .or_else(|| self.long(&[RECNO_LEAF], 3, |_| true))
    }

    /// A long key.
    pub(crate) fn long_key(&self) -> Option<Long> {
        self.long(&[LEAF, BUCKET, BUCKET_OLD], 3, |slot| slot % 2 == 0)
    }

    /// Long data in a tree or chain of duplicates.
    pub(crate) fn long_duplicate(&self) -> Option<Long> {
        let kinds = [DUPLICATE_LEAF, RECNO_LEAF, DUPLICATE_CHAIN];
        self.long(&kinds, 3, |_| true)
    }

    /// The first item that refers to duplicates off its page: page, slot, and
    /// where on the page the number of their first page stands.
    pub(crate) fn off_page_duplicates(&self) -> Option<(u32, u16, usize)> {
        for page in 1..self.count() {
            let kind = self.kind(page);
            if !matches!(kind, LEAF | BUCKET | BUCKET_OLD) {
                continue;
            }
            for slot in (1..self.entries(page)).step_by(2) {
                let item = self.item(page, slot);
                let refers = match kind {
                    LEAF => self.get8(page, item + 2) == 2,
                    _ => self.get8(page, item) == 4,
                };
                if refers {
                    return Some((page, slot, item + 4));
                }
            }
        }
        None
    }

    /// The first set of duplicates on a bucket page: page, slot, item.
    pub(crate) fn set_on_page(&self) -> Option<(u32, u16, usize)> {
        for page in self
            .of_type(BUCKET)
            .into_iter()
            .chain(self.of_type(BUCKET_OLD))
        {
            for slot in (1..self.entries(page)).step_by(2) {
                let item = self.item(page, slot);
                if self.get8(page, item) == 2 {
                    return Some((page, slot, item));
                }
            }
        }
        None
    }

    /// A pair of a leaf with key and data on the page, each of more than eight
    /// bytes, and with another pair before it: page and slot of the key.
    pub(crate) fn plain_pair(&self) -> Option<(u32, u16)> {
        let on_page = |page: u32, slot: u16| {
            let item = self.item(page, slot);
            self.get8(page, item + 2) == 1 && self.get16(page, item) >= 8
        };
        self.of_type(LEAF).into_iter().find_map(|page| {
            (2..self.entries(page).saturating_sub(2))
                .step_by(2)
                .find(|slot| {
                    (slot - 2..slot + 4).all(|slot| on_page(page, slot))
                        && self.item(page, *slot) != self.item(page, slot - 2)
                        && self.item(page, *slot) != self.item(page, slot + 2)
                })
                .map(|slot| (page, slot))
        })
    }

    /// Adds so many free pages at the end, and a list of them.
    pub(crate) fn add_free_pages(&mut self, count: u32) -> Vec<u32> {
        let first = self.count();
        let pages: Vec<u32> = (first..first + count).collect();
        self.bytes
            .resize(self.bytes.len() + count as usize * self.size, 0);
        for page in &pages {
            self.set32(*page, 4, 1);
            self.set32(*page, NUMBER, *page);
            self.set16(*page, AREA, u16::try_from(self.size).unwrap());
            if page + 1 < first + count {
                self.set32(*page, NEXT, page + 1);
            }
        }
        self.set32(0, meta::FREE, first);
        self.set32(0, meta::LAST_PAGE, first + count - 1);
        pages
    }
}
