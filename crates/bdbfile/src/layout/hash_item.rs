//! Items on the pages of hash buckets. They are not aligned, and an item has no
//! length of its own: it ends where the one before it begins.

use std::cmp::Ordering;

use super::item::BadItem;
use super::{Endian, PageNo};

// Reference to an overflow chain: u8 type, 3 unused, u32 page, u32 length; to a
// duplicate tree: the same without the length.
const TYPE: usize = 0;
const CONTENT: usize = TYPE + 1;
const OFF_PAGE_PGNO: usize = CONTENT + 3;
/// Where in a reference to a chain its length is.
pub(crate) const HASH_CHAIN_LEN: usize = OFF_PAGE_PGNO + 4;

/// Bytes before the content of an item of a hash bucket.
pub const HASH_ITEM_HEADER: usize = CONTENT;
/// Where in a reference the number of the page is.
pub const HASH_REFERENCE: usize = OFF_PAGE_PGNO;
/// Bytes of a reference to an overflow chain.
pub const HASH_CHAIN_ITEM: usize = HASH_CHAIN_LEN + 4;
/// Bytes of a reference to a duplicate tree.
pub const HASH_TREE_ITEM: usize = HASH_CHAIN_LEN;
/// Bytes that a duplicate of a set takes beside its own: its length, twice.
pub const HASH_DUPLICATE_LENGTHS: usize = 2 + 2;

/// The type byte of an item whose bytes stand in the page.
pub(crate) const HASH_PLAIN: u8 = 1;
/// The type byte of a set of duplicates in the page.
pub(crate) const HASH_DUPLICATES: u8 = 2;
/// The type byte of a reference to an overflow chain.
pub(crate) const HASH_OVERFLOW: u8 = 3;
/// The type byte of a reference to a tree of duplicates.
pub(crate) const HASH_TREE: u8 = 4;
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
            bytes: self.bytes.get(end.saturating_add(2)..).unwrap_or_default(),
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
        HASH_PLAIN => Ok(HashItem::Inline(content)),
        HASH_DUPLICATES => Ok(HashItem::Duplicates(DuplicateSet {
            endian,
            bytes: content,
        })),
        HASH_OVERFLOW => Ok(HashItem::Overflow {
            first: endian.u32(item, OFF_PAGE_PGNO).ok_or(out)?,
            len: endian.u32(item, HASH_CHAIN_LEN).ok_or(out)?,
        }),
        HASH_TREE => Ok(HashItem::OffPageDuplicates {
            root: endian.u32(item, OFF_PAGE_PGNO).ok_or(out)?,
        }),
        KIND_BLOB => Err(BadItem::Blob),
        kind => Err(BadItem::Type(kind)),
    }
}

/// A key as the pages of type 13 have it in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortedKey<'a> {
    /// All of its bytes.
    pub bytes: &'a [u8],
    /// Whether they stand in the page, and not in an overflow chain.
    pub in_page: bool,
}

impl SortedKey<'_> {
    /// The order of pages of type 13: bytewise; of two keys in the page the
    /// one that begins with the other comes first, of two in chains the other.
    /// A key in a chain comes before a key in the page that it begins with,
    /// which is how the library looks for it; see also
    /// [`hides`](Self::hides).
    pub fn order(self, other: SortedKey<'_>) -> Ordering {
        let common = self.bytes.len().min(other.bytes.len());
        let bytes = self.bytes.get(..common).cmp(&other.bytes.get(..common));
        // The end of a key in the page counts as more than any byte, that of
        // one in a chain as less.
        bytes.then_with(|| match self.bytes.len().cmp(&other.bytes.len()) {
            Ordering::Less if self.in_page => Ordering::Greater,
            Ordering::Greater if other.in_page => Ordering::Less,
            unlike => unlike,
        })
    }

    /// Whether the library may fail to find `other` in the page because this
    /// key is there too: it looks for a key in the page before one in a chain
    /// that begins with it, and for the latter before the former.
    pub fn hides(self, other: SortedKey<'_>) -> bool {
        !self.in_page && other.in_page && self.bytes.starts_with(other.bytes)
    }
}

/// Appends an in-page item.
pub fn put_hash_inline(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(HASH_PLAIN);
    out.extend_from_slice(bytes);
}

/// Appends a set of duplicates: each shorter than 64 KiB, which the caller has
/// seen to.
pub fn put_hash_duplicates<'a>(
    endian: Endian,
    out: &mut Vec<u8>,
    duplicates: impl Iterator<Item = &'a [u8]>,
) {
    out.push(HASH_DUPLICATES);
    for bytes in duplicates {
        let mut len = [0; 2];
        endian.put_u16(&mut len, 0, u16::try_from(bytes.len()).unwrap_or(u16::MAX));
        out.extend_from_slice(&len);
        out.extend_from_slice(bytes);
        out.extend_from_slice(&len);
    }
}

/// Appends a reference to an overflow chain.
pub fn put_hash_chain(endian: Endian, out: &mut Vec<u8>, first: PageNo, len: u32) {
    let mut item = [0; HASH_CHAIN_ITEM];
    if let Some(kind) = item.get_mut(TYPE) {
        *kind = HASH_OVERFLOW;
    }
    endian.put_u32(&mut item, OFF_PAGE_PGNO, first);
    endian.put_u32(&mut item, HASH_CHAIN_LEN, len);
    out.extend_from_slice(&item);
}

/// Appends a reference to a duplicate tree.
pub fn put_hash_tree(endian: Endian, out: &mut Vec<u8>, root: PageNo) {
    let mut item = [0; HASH_TREE_ITEM];
    if let Some(kind) = item.get_mut(TYPE) {
        *kind = HASH_TREE;
    }
    endian.put_u32(&mut item, OFF_PAGE_PGNO, root);
    out.extend_from_slice(&item);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_sorted_page_are_ordered_as_the_library_has_them() {
        let here = |bytes: &'static str| SortedKey {
            bytes: bytes.as_bytes(),
            in_page: true,
        };
        let chain = |bytes: &'static str| SortedKey {
            bytes: bytes.as_bytes(),
            in_page: false,
        };
        // As 5.3 has them, but for the two of both kinds: those it puts as they
        // come.
        let keys = [
            chain("kkkkk"),
            chain("kkkkkk"),
            chain("kkkkkz"),
            here("kkk"),
            here("kk"),
            here("kz"),
            here("k"),
            here("z"),
            here(""),
        ];
        for (place, key) in keys.into_iter().enumerate() {
            for (other_place, other) in keys.into_iter().enumerate() {
                assert_eq!(key.order(other), place.cmp(&other_place));
            }
        }
        assert!(chain("kkkkk").hides(here("kk")) && chain("kkkkk").hides(here("")));
        assert!(!here("kk").hides(here("k")) && !chain("kkkkk").hides(here("z")));
        assert!(!here("k").hides(chain("kkkkk")));
    }

    #[test]
    fn what_is_written_is_what_is_read() {
        for endian in Endian::BOTH {
            let mut out = Vec::new();
            put_hash_inline(&mut out, b"plain");
            let item = hash_item(endian, &out, 0, out.len());
            assert_eq!(item, Ok(HashItem::Inline(b"plain")));

            out.clear();
            put_hash_chain(endian, &mut out, 7, 70_000);
            assert_eq!(out.len(), HASH_CHAIN_ITEM);
            assert_eq!(endian.u32(&out, HASH_REFERENCE), Some(7));
            let item = hash_item(endian, &out, 0, out.len());
            let (first, len) = (7, 70_000);
            assert_eq!(item, Ok(HashItem::Overflow { first, len }));

            out.clear();
            put_hash_tree(endian, &mut out, 9);
            assert_eq!(out.len(), HASH_TREE_ITEM);
            let item = hash_item(endian, &out, 0, out.len());
            assert_eq!(item, Ok(HashItem::OffPageDuplicates { root: 9 }));

            out.clear();
            let set: [&[u8]; 3] = [b"one", b"", b"three"];
            put_hash_duplicates(endian, &mut out, set.into_iter());
            let bytes: usize = set
                .iter()
                .map(|one| one.len() + HASH_DUPLICATE_LENGTHS)
                .sum();
            assert_eq!(out.len(), HASH_ITEM_HEADER + bytes);
            let Ok(HashItem::Duplicates(mut rest)) = hash_item(endian, &out, 0, out.len()) else {
                panic!("no set of duplicates");
            };
            let mut found = Vec::new();
            while let Some((one, others)) = rest.split_first().unwrap() {
                found.push(one);
                rest = others;
            }
            assert_eq!(found, set);
        }
    }
}
