//! Items on btree, recno and duplicate pages.

use super::{Endian, PageLayout, PageNo};

// Leaf item in the page: u16 length, u8 type, bytes.
const LEN: usize = 0;
/// Where in an item of a leaf, or of an internal page of a btree, its type byte
/// stands.
pub(crate) const ITEM_TYPE: usize = LEN + 2;
/// Bytes before the content of a leaf item.
pub const LEAF_ITEM_HEADER: usize = ITEM_TYPE + 1;

// Reference to an overflow chain or a duplicate tree: u16 unused, u8 type,
// u8 unused, u32 page, u32 length.
/// Where in such a reference its page number stands.
pub const OFF_PAGE_PGNO: usize = LEAF_ITEM_HEADER + 1;
/// Where in such a reference the length stands.
pub(crate) const OFF_PAGE_LEN: usize = OFF_PAGE_PGNO + 4;
/// Bytes of a reference to an overflow chain or a duplicate tree.
pub const OFF_PAGE_ITEM: usize = OFF_PAGE_LEN + 4;

// Btree internal item: u16 length, u8 type, u8 unused, u32 child, u32 records,
// key bytes.
/// Where in a btree internal item its page number stands.
pub const INTERNAL_CHILD: usize = LEAF_ITEM_HEADER + 1;
/// Where in a btree internal item its count of records stands.
pub(crate) const INTERNAL_RECORDS: usize = INTERNAL_CHILD + 4;
/// Bytes before the key of a btree internal item.
pub const INTERNAL_HEADER: usize = INTERNAL_RECORDS + 4;

// Recno internal item: u32 child, u32 records.
/// Where in a recno internal item its page number stands.
pub const RECNO_CHILD: usize = 0;
/// Where in a recno internal item its count of records stands.
pub(crate) const RECNO_RECORDS: usize = RECNO_CHILD + 4;
/// Bytes of a recno internal item.
pub const RECNO_INTERNAL_ITEM: usize = RECNO_RECORDS + 4;

/// The type byte of an item whose bytes stand in the page.
pub(crate) const KIND_INLINE: u8 = 1;
const KIND_DUPLICATES: u8 = 2;
/// The type byte of an item whose bytes stand in an overflow chain.
pub(crate) const KIND_OVERFLOW: u8 = 3;
/// A large object kept in a file of its own (6.x and 18.1).
const KIND_BLOB: u8 = 4;
/// Set in the type byte of a deleted item.
pub(crate) const DELETED: u8 = 0x80;

/// What the type byte of a leaf item says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemKind {
    /// A tree of duplicates elsewhere.
    Duplicates,
    /// An overflow chain elsewhere.
    Overflow,
}

/// The content of a leaf item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Item<'a> {
    /// The bytes stand in the page.
    Inline(&'a [u8]),
    /// The bytes stand in an overflow chain.
    Overflow {
        /// First page of the chain.
        first: PageNo,
        /// Total length in bytes.
        len: u32,
    },
    /// The data of all duplicates of the key stand in a tree of their own.
    Duplicates {
        /// Root of that tree.
        root: PageNo,
    },
}

/// A leaf item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeafItem<'a> {
    /// Deleted, but kept for a cursor that stood on it.
    pub deleted: bool,
    /// The content.
    pub content: Item<'a>,
}

impl Item<'_> {
    /// Bytes that the item takes on a leaf, without those that align the next.
    pub const fn size(&self) -> usize {
        match self {
            Self::Inline(bytes) => leaf_item_len(bytes.len()),
            Self::Overflow { .. } | Self::Duplicates { .. } => OFF_PAGE_ITEM,
        }
    }
}

/// Why an item cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadItem {
    /// It begins or ends outside the page.
    Bounds {
        /// Where it begins.
        offset: usize,
        /// The length it states.
        len: usize,
    },
    /// Its type byte is not known here.
    Type(u8),
    /// It is a large object in a file of its own, which is not read.
    Blob,
}

/// Items begin at multiples of four.
pub const fn align4(len: usize) -> usize {
    len.saturating_add(3) & !3
}

/// Bytes of a leaf item that holds `len` bytes.
pub const fn leaf_item_len(len: usize) -> usize {
    len.saturating_add(LEAF_ITEM_HEADER)
}

/// Bytes of an internal item whose key takes `len` bytes.
pub const fn internal_item_len(len: usize) -> usize {
    len.saturating_add(INTERNAL_HEADER)
}

/// Reads the leaf item at `offset` of a page.
pub fn leaf_item(layout: PageLayout, page: &[u8], offset: usize) -> Result<LeafItem<'_>, BadItem> {
    let endian = layout.endian;
    let out = BadItem::Bounds { offset, len: 0 };
    let item = page.get(offset..).ok_or(out)?;
    let kind = plain_kind(layout, *item.get(ITEM_TYPE).ok_or(out)?);
    let content = match kind & !DELETED {
        KIND_INLINE => {
            let len = usize::from(endian.u16(item, LEN).ok_or(out)?);
            let bytes = item.get(LEAF_ITEM_HEADER..LEAF_ITEM_HEADER + len);
            Item::Inline(bytes.ok_or(BadItem::Bounds { offset, len })?)
        }
        KIND_OVERFLOW => Item::Overflow {
            first: endian.u32(item, OFF_PAGE_PGNO).ok_or(out)?,
            len: endian.u32(item, OFF_PAGE_LEN).ok_or(out)?,
        },
        KIND_DUPLICATES => {
            // The unused length behind it is part of the item all the same.
            endian.u32(item, OFF_PAGE_LEN).ok_or(out)?;
            Item::Duplicates {
                root: endian.u32(item, OFF_PAGE_PGNO).ok_or(out)?,
            }
        }
        KIND_BLOB => return Err(BadItem::Blob),
        _ => return Err(BadItem::Type(kind)),
    };
    Ok(LeafItem {
        deleted: kind & DELETED != 0,
        content,
    })
}

/// An item of a btree internal page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InternalItem<'a> {
    /// Marked as deleted, which none should be.
    pub deleted: bool,
    /// A page one level below.
    pub child: PageNo,
    /// How many records are below it, in trees that are counted.
    pub records: u32,
    /// The separator, or the reference to the chain that holds it.
    pub key: &'a [u8],
    /// First page and length of that chain.
    pub overflow: Option<(PageNo, u32)>,
}

/// Reads the btree internal item at `offset` of a page.
pub fn internal_item(
    layout: PageLayout,
    page: &[u8],
    offset: usize,
) -> Result<InternalItem<'_>, BadItem> {
    let endian = layout.endian;
    let out = BadItem::Bounds { offset, len: 0 };
    let item = page.get(offset..).ok_or(out)?;
    let len = usize::from(endian.u16(item, LEN).ok_or(out)?);
    let child = endian.u32(item, INTERNAL_CHILD).ok_or(out)?;
    let records = endian.u32(item, INTERNAL_RECORDS).ok_or(out)?;
    let key = item
        .get(INTERNAL_HEADER..INTERNAL_HEADER + len)
        .ok_or(BadItem::Bounds { offset, len })?;
    let kind = plain_kind(layout, *item.get(ITEM_TYPE).ok_or(out)?);
    let overflow = match kind & !DELETED {
        KIND_INLINE => None,
        KIND_OVERFLOW => {
            let first = endian.u32(key, OFF_PAGE_PGNO).ok_or(out)?;
            Some((first, endian.u32(key, OFF_PAGE_LEN).ok_or(out)?))
        }
        _ => return Err(BadItem::Type(kind)),
    };
    Ok(InternalItem {
        deleted: kind & DELETED != 0,
        child,
        records,
        key,
        overflow,
    })
}

/// The child page of the btree internal item at `offset`, and the overflow
/// chain that holds its key, if one does.
pub fn internal_child(
    layout: PageLayout,
    page: &[u8],
    offset: usize,
) -> Result<(PageNo, Option<(PageNo, u32)>), BadItem> {
    internal_item(layout, page, offset).map(|item| (item.child, item.overflow))
}

/// The child page of the recno internal item at `offset`.
pub fn recno_child(endian: Endian, page: &[u8], offset: usize) -> Result<PageNo, BadItem> {
    recno_item(endian, page, offset).map(|(child, _)| child)
}

/// The child page of the recno internal item at `offset`, and how many records
/// are below it.
pub fn recno_item(endian: Endian, page: &[u8], offset: usize) -> Result<(PageNo, u32), BadItem> {
    let out = BadItem::Bounds {
        offset,
        len: RECNO_INTERNAL_ITEM,
    };
    let item = page.get(offset..).ok_or(out)?;
    let child = endian.u32(item, RECNO_CHILD).ok_or(out)?;
    Ok((child, endian.u32(item, RECNO_RECORDS).ok_or(out)?))
}

/// A type byte as all releases but the first have it.
const fn plain_kind(layout: PageLayout, byte: u8) -> u8 {
    if layout.bit_fields {
        byte.rotate_right(1)
    } else {
        byte
    }
}

/// Writes an in-page leaf item at the start of `out`. The caller has seen to
/// it that `bytes` is shorter than 64 KiB and fits.
pub fn encode_leaf_inline(endian: Endian, out: &mut [u8], bytes: &[u8]) {
    endian.put_u16(out, LEN, u16::try_from(bytes.len()).unwrap_or(u16::MAX));
    put_byte(out, ITEM_TYPE, KIND_INLINE);
    put_bytes(out, LEAF_ITEM_HEADER, bytes);
}

/// Writes a deleted item of no bytes at the start of `out`: a record number
/// that is not given to any record.
pub fn encode_deleted(endian: Endian, out: &mut [u8]) {
    encode_leaf_inline(endian, out, &[]);
    put_byte(out, ITEM_TYPE, KIND_INLINE | DELETED);
}

/// Writes a reference to an overflow chain or a duplicate tree at the start of
/// `out`; `len` is 0 for a duplicate tree.
pub fn encode_off_page(endian: Endian, out: &mut [u8], kind: ItemKind, page: PageNo, len: u32) {
    let kind = match kind {
        ItemKind::Duplicates => KIND_DUPLICATES,
        ItemKind::Overflow => KIND_OVERFLOW,
    };
    put_byte(out, ITEM_TYPE, kind);
    endian.put_u32(out, OFF_PAGE_PGNO, page);
    endian.put_u32(out, OFF_PAGE_LEN, len);
}

/// Writes a btree internal item at the start of `out`: `key` is the key itself,
/// or with `overflow` the encoded reference to the chain that holds it.
pub fn encode_internal(
    endian: Endian,
    out: &mut [u8],
    child: PageNo,
    records: u32,
    key: &[u8],
    overflow: bool,
) {
    endian.put_u16(out, LEN, u16::try_from(key.len()).unwrap_or(u16::MAX));
    put_byte(
        out,
        ITEM_TYPE,
        if overflow { KIND_OVERFLOW } else { KIND_INLINE },
    );
    endian.put_u32(out, INTERNAL_CHILD, child);
    endian.put_u32(out, INTERNAL_RECORDS, records);
    put_bytes(out, INTERNAL_HEADER, key);
}

/// Writes a recno internal item at the start of `out`.
pub fn encode_recno_internal(endian: Endian, out: &mut [u8], child: PageNo, records: u32) {
    endian.put_u32(out, RECNO_CHILD, child);
    endian.put_u32(out, RECNO_RECORDS, records);
}

fn put_byte(out: &mut [u8], at: usize, value: u8) {
    if let Some(byte) = out.get_mut(at) {
        *byte = value;
    }
}

fn put_bytes(out: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(field) = out.get_mut(at..at.saturating_add(bytes.len())) {
        field.copy_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_aligned_the_longest_too() {
        for (len, aligned) in [(0, 0), (1, 4), (4, 4), (5, 8), (65535, 65536)] {
            assert_eq!(align4(len), aligned, "{len}");
        }
        assert_eq!(align4(usize::MAX), usize::MAX - 3);
        assert_eq!(leaf_item_len(usize::MAX), usize::MAX);
    }
}
