//! Finished files changed byte by byte into what older libraries wrote.
//!
//! Nothing here goes through libdb, which must never see the result: newer
//! releases damage some of these files by opening them. `docs/format.md` draws
//! the places that are changed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::format::{Format, Nature};
use super::plan::{StorePlan, Surroundings};
use crate::error::Error;
use crate::options::ByteOrder;

// The shared head of metadata pages.
const MAGIC: usize = 12;
const VERSION: usize = 16;
const PAGE_SIZE: usize = 20;
const META_FLAGS: usize = 26;
const FREE: usize = 28;
const LAST_PGNO: usize = 32;
const FLAGS: usize = 48;
const UID: usize = 52;
const UID_SIZE: usize = 20;
// Behind it, in a btree.
const MINKEY: usize = 76;
const RE_LEN: usize = 80;
const RE_PAD: usize = 84;
const ROOT: usize = 88;
/// The used part of a metadata page.
const META_SIZE: usize = 512;
const META_CHECKSUM: usize = 492;

// The head of every other page.
const ENTRIES: usize = 20;
const PAGE_TYPE: usize = 25;
const PLAIN_HEADER: usize = 26;
const CHECKSUM: usize = 28;
const CHECKSUMMED_HEADER: usize = 32;

// Types of pages.
const HASH_UNSORTED: u8 = 2;
const BTREE_INTERNAL: u8 = 3;
const BTREE_LEAF: u8 = 5;
const RECNO_LEAF: u8 = 6;
const HASH_META: u8 = 8;
const BTREE_META: u8 = 9;
const DUPLICATE_LEAF: u8 = 12;
const HASH_SORTED: u8 = 13;

const BTREE_MAGIC: u32 = 0x0005_3162;

// Items of btrees.
const ITEM_TYPE: usize = 2;
const ITEM_BYTES: usize = 3;
const OVERFLOW: u8 = 3;
const INTERNAL_KEY: usize = 12;

/// Gives a file the format, the natures and the log positions of its plan.
pub(super) fn patch(plan: &StorePlan, path: &Path) -> Result<(), Error> {
    let failed = |what: &str, error| Error::io(&error, format!("{what} {}", path.display()));
    let bytes = fs::read(path).map_err(|error| failed("read", error))?;
    let mut file = File::new(bytes)
        .ok_or_else(|| Error::refused("no btree or hash file", path.display().to_string()))?;
    if plan.surroundings != Surroundings::Library {
        file.forget_log(plan.format);
    }
    for nature in &plan.natures {
        match nature {
            Nature::DirectoryOrder => file.turn_directory(),
            Nature::BitFields => file.lay_out_bit_fields(),
            Nature::KeyLengths => file.turn_key_lengths(),
            // These come with the metadata page, and last.
            Nature::NoLastPage | Nature::LastPageTooHigh | Nature::Checksums => {}
        }
    }
    file.set_last_page(plan);
    file.set_format(plan.format);
    file.sum();
    if plan.natures.contains(&Nature::Checksums) {
        file.spoil_checksums();
    }
    fs::write(path, file.bytes).map_err(|error| failed("write", error))
}

/// A file in memory.
struct File {
    bytes: Vec<u8>,
    order: ByteOrder,
    page_size: usize,
    header: usize,
}

impl File {
    fn new(bytes: Vec<u8>) -> Option<Self> {
        let order = [ByteOrder::Little, ByteOrder::Big]
            .into_iter()
            .find(|order| {
                let magic = read_u32(*order, &bytes, MAGIC);
                matches!(magic, BTREE_MAGIC | 0x0006_1561)
            })?;
        let page_size = read_u32(order, &bytes, PAGE_SIZE) as usize;
        let header = match bytes[META_FLAGS] & 1 {
            0 => PLAIN_HEADER,
            _ => CHECKSUMMED_HEADER,
        };
        Some(Self {
            bytes,
            order,
            page_size,
            header,
        })
    }

    /// The pages, but for holes.
    fn pages(&mut self) -> impl Iterator<Item = Page<'_>> {
        let (order, header) = (self.order, self.header);
        self.bytes
            .chunks_exact_mut(self.page_size)
            .filter(|bytes| bytes.iter().any(|byte| *byte != 0))
            .map(move |bytes| Page {
                bytes,
                order,
                header,
            })
    }

    /// No page has a position in a log, as where none was kept.
    fn forget_log(&mut self, format: Format) {
        let not_logged = match format {
            Format::Current | Format::V4 => 1,
            _ => 0,
        };
        for mut page in self.pages() {
            page.put_u32(0, 0);
            page.put_u32(4, not_logged);
        }
    }

    /// The directory is the btree at page 0, and so small that it is a leaf.
    fn turn_directory(&mut self) {
        let root = read_u32(self.order, &self.bytes, ROOT) as usize;
        let page = Page {
            bytes: &mut self.bytes[root * self.page_size..][..self.page_size],
            order: self.order,
            header: self.header,
        };
        if !page.is_btree_leaf() {
            return;
        }
        for slot in (1..page.entries()).step_by(2) {
            let at = page.item(slot);
            if page.u16(at) == 4 {
                page.bytes[at + ITEM_BYTES..at + ITEM_BYTES + 4].reverse();
            }
        }
    }

    fn lay_out_bit_fields(&mut self) {
        let lay_out = |kind: &mut u8| *kind = kind.rotate_left(1);
        for page in self.pages() {
            match page.kind() {
                BTREE_LEAF | RECNO_LEAF | DUPLICATE_LEAF => {
                    for at in page.items().into_keys() {
                        lay_out(&mut page.bytes[at + ITEM_TYPE]);
                    }
                }
                BTREE_INTERNAL => {
                    for at in page.items().into_keys() {
                        if page.bytes[at + ITEM_TYPE] == OVERFLOW {
                            lay_out(&mut page.bytes[at + INTERNAL_KEY + ITEM_TYPE]);
                        }
                        lay_out(&mut page.bytes[at + ITEM_TYPE]);
                    }
                }
                _ => {}
            }
        }
    }

    fn turn_key_lengths(&mut self) {
        for page in self.pages().filter(Page::is_btree_leaf) {
            for (at, slots) in page.items() {
                if slots.len() % 2 == 0 {
                    page.bytes[at..at + 2].reverse();
                }
            }
        }
    }

    fn set_last_page(&mut self, plan: &StorePlan) {
        let last = self.bytes.len() / self.page_size - 1;
        let mut last = u32::try_from(last).expect("a file has less than 2^32 pages");
        if plan.natures.contains(&Nature::LastPageTooHigh) {
            last += 1;
        }
        if plan.natures.contains(&Nature::NoLastPage) || !plan.format.keeps_last_page() {
            last = 0;
        }
        put_u32(self.order, &mut self.bytes, LAST_PGNO, last);
    }

    fn set_format(&mut self, format: Format) {
        if format == Format::Current {
            return;
        }
        for mut page in self.pages() {
            match page.kind() {
                BTREE_META if format == Format::V2 => page.make_btree_6(),
                BTREE_META => page.put_u32(VERSION, format.btree()),
                HASH_META => page.put_u32(VERSION, format.hash()),
                HASH_SORTED => page.bytes[PAGE_TYPE] = HASH_UNSORTED,
                _ => {}
            }
        }
    }

    /// Sums up every page anew, where pages carry sums.
    fn sum(&mut self) {
        if self.header == PLAIN_HEADER {
            return;
        }
        for mut page in self.pages() {
            let (field, end) = page.sum_place();
            page.put_u32(field, 0);
            let sum = sum(&page.bytes[..end]);
            page.put_u32(field, sum);
        }
    }

    fn spoil_checksums(&mut self) {
        for page in self.pages() {
            let (field, _) = page.sum_place();
            page.bytes[field] ^= 0x5a;
        }
    }
}

/// A page of a file.
struct Page<'a> {
    bytes: &'a mut [u8],
    order: ByteOrder,
    header: usize,
}

impl Page<'_> {
    fn kind(&self) -> u8 {
        self.bytes[PAGE_TYPE]
    }

    fn is_btree_leaf(&self) -> bool {
        self.kind() == BTREE_LEAF
    }

    fn entries(&self) -> usize {
        self.u16(ENTRIES)
    }

    /// Where the item of a slot is.
    fn item(&self, slot: usize) -> usize {
        self.u16(self.header + 2 * slot)
    }

    /// Each item once, by its place, with the slots that share it.
    fn items(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut items: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for slot in 0..self.entries() {
            items.entry(self.item(slot)).or_default().push(slot);
        }
        items
    }

    /// The metadata page of 2.x, which has no type and other places.
    fn make_btree_6(&mut self) {
        let field = |at: usize| self.bytes[at..at + 4].to_vec();
        let fields = [MINKEY, FREE, FLAGS, RE_LEN, RE_PAD].map(field);
        let uid = self.bytes[UID..UID + UID_SIZE].to_vec();
        self.bytes[PAGE_SIZE + 4..].fill(0);
        let mut at = PAGE_SIZE + 8;
        for bytes in fields.iter().chain([&uid]) {
            self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
            at += bytes.len();
        }
        self.put_u32(VERSION, Format::V2.btree());
    }

    /// Where the checksum is, and where the bytes end that it is of.
    fn sum_place(&self) -> (usize, usize) {
        match self.kind() {
            HASH_META | BTREE_META => (META_CHECKSUM, META_SIZE),
            _ => (CHECKSUM, self.bytes.len()),
        }
    }

    fn u16(&self, at: usize) -> usize {
        let bytes = [self.bytes[at], self.bytes[at + 1]];
        usize::from(match self.order {
            ByteOrder::Big => u16::from_be_bytes(bytes),
            _ => u16::from_le_bytes(bytes),
        })
    }

    fn put_u32(&mut self, at: usize, value: u32) {
        put_u32(self.order, self.bytes, at, value);
    }
}

/// The sum that guards pages and log records: `h = h * 33 + byte`.
pub(super) fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum: u32, byte| {
        sum.wrapping_mul(33).wrapping_add(u32::from(*byte))
    })
}

/// The bytes of a number in a byte order.
pub(super) fn bytes_of(order: ByteOrder, value: u32) -> [u8; 4] {
    let big = match order {
        ByteOrder::Native => cfg!(target_endian = "big"),
        ByteOrder::Little => false,
        ByteOrder::Big => true,
    };
    if big {
        value.to_be_bytes()
    } else {
        value.to_le_bytes()
    }
}

fn put_u32(order: ByteOrder, bytes: &mut [u8], at: usize, value: u32) {
    bytes[at..at + 4].copy_from_slice(&bytes_of(order, value));
}

fn read_u32(order: ByteOrder, bytes: &[u8], at: usize) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&bytes[at..at + 4]);
    match order {
        ByteOrder::Big => u32::from_be_bytes(four),
        _ => u32::from_le_bytes(four),
    }
}
