//! Items on the pages of hash buckets. They are not aligned, and an item has no
//! length of its own: it ends where the one before it begins.

use super::item::BadItem;
use super::{Endian, PageNo};

// Reference to an overflow chain: u8 type, 3 unused, u32 page, u32 length; to a
// duplicate tree: the same without the length.
const TYPE: usize = 0;
const CONTENT: usize = TYPE + 1;
const OFF_PAGE_PGNO: usize = CONTENT + 3;
const OFF_PAGE_LEN: usize = OFF_PAGE_PGNO + 4;

const KIND_PLAIN: u8 = 1;
const KIND_DUPLICATES: u8 = 2;
const KIND_OVERFLOW: u8 = 3;
const KIND_OFF_PAGE_DUPLICATES: u8 = 4;
/// A large object kept in a file of its own (6.x and 18.1).
const KIND_BLOB: u8 = 5;

/// An item of a hash bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HashItem<'a> {
    /// The bytes stand in the page.
    Inline(&'a [u8]),
    /// The data of all duplicates of the key stand in the page.
    Duplicates(DuplicateSet<'a>),
    /// The bytes stand in an overflow chain.
    Overflow {
        /// First page of the chain.
        first: PageNo,
        /// Total length in bytes.
        len: u32,
    },
    /// The data of all duplicates of the key stand in a tree of their own.
    OffPageDuplicates {
        /// Root of that tree (up to 3.0: first page of a chain).
        root: PageNo,
    },
}

/// A set of duplicates in a page: each is length, bytes, length again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DuplicateSet<'a> {
    endian: Endian,
    bytes: &'a [u8],
}

impl<'a> DuplicateSet<'a> {
    /// The next duplicate and those after it; `None` at the end. An error is
    /// the two lengths that differ, or the one that does not fit.
    #[allow(clippy::type_complexity)]
    pub fn split_first(self) -> Result<Option<(&'a [u8], Self)>, (u16, Option<u16>)> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let len = self.endian.u16(self.bytes, 0).ok_or((0, None))?;
        let end = 2 + usize::from(len);
        let data = self.bytes.get(2..end).ok_or((len, None))?;
        let again = self.endian.u16(self.bytes, end).ok_or((len, None))?;
        if again != len {
            return Err((len, Some(again)));
        }
        let rest = Self {
            endian: self.endian,
            bytes: self.bytes.get(end + 2..).unwrap_or_default(),
        };
        Ok(Some((data, rest)))
    }
}

/// Reads the item that occupies `start..end` of a page.
pub fn hash_item(
    endian: Endian,
    page: &[u8],
    start: usize,
    end: usize,
) -> Result<HashItem<'_>, BadItem> {
    let out = BadItem::Bounds {
        offset: start,
        len: end.saturating_sub(start),
    };
    let item = page.get(start..end).ok_or(out)?;
    let content = item.get(CONTENT..).ok_or(out)?;
    match *item.get(TYPE).ok_or(out)? {
        KIND_PLAIN => Ok(HashItem::Inline(content)),
        KIND_DUPLICATES => Ok(HashItem::Duplicates(DuplicateSet {
            endian,
            bytes: content,
        })),
        KIND_OVERFLOW => Ok(HashItem::Overflow {
            first: endian.u32(item, OFF_PAGE_PGNO).ok_or(out)?,
            len: endian.u32(item, OFF_PAGE_LEN).ok_or(out)?,
        }),
        KIND_OFF_PAGE_DUPLICATES => Ok(HashItem::OffPageDuplicates {
            root: endian.u32(item, OFF_PAGE_PGNO).ok_or(out)?,
        }),
        KIND_BLOB => Err(BadItem::Blob),
        kind => Err(BadItem::Type(kind)),
    }
}
