//! Pages turned from one byte order to the other.
//!
//! In memory libdb has pages in the order of the machine, and up to 4.8 writes
//! their images into the log in that order. So a file in the other order is
//! turned round as its pages come in, changed, and turned back as they go out
//! (read: all numbers on a page but those of the application).

use crate::layout::{
    Endian, HASH_REFERENCE, INTERNAL_CHILD, INTERNAL_HEADER, INTERNAL_RECORDS, Meta, OFF_PAGE_PGNO,
    PageHeader, PageLayout, PageType, PageView, RECNO_CHILD, RECNO_RECORDS,
};

/// Where the number of the items' length stands in a reference to a chain.
const OFF_PAGE_LEN: usize = OFF_PAGE_PGNO + 4;

/// The types of items of buckets, without what they hold.
const BUCKET_DUPLICATES: u8 = 2;
const BUCKET_OVERFLOW: u8 = 3;
const BUCKET_TREE: u8 = 4;

/// The type of items that stand in the page, and the bits that do not count.
const INLINE: u8 = 1;
const DELETED: u8 = 0x80;
const OVERFLOW: u8 = 3;

/// Turns a page of `layout` into the other byte order. What is no page that
/// could be is left as far as it could not be turned.
pub(super) fn turn(layout: PageLayout, bytes: &mut [u8], to: Endian) {
    let from = layout.endian;
    if from == to || bytes.iter().all(|byte| *byte == 0) {
        return;
    }
    let Some(header) = PageHeader::read(from, bytes) else {
        return;
    };
    match PageType::of(header.page_type) {
        Some(PageType::HashMeta | PageType::BtreeMeta | PageType::QueueMeta) => {
            Meta::turn(bytes, from, to);
            return;
        }
        Some(
            PageType::BtreeInternal
            | PageType::RecnoInternal
            | PageType::BtreeLeaf
            | PageType::RecnoLeaf
            | PageType::DuplicateLeaf
            | PageType::Hash
            | PageType::HashSorted,
        ) => {
            let _ = turn_items(layout, bytes, to);
        }
        _ => {}
    }
    header.write(to, bytes);
}

/// Turns an item of an internal page of a btree.
pub(super) fn turn_internal_item(item: &mut [u8], from: Endian, to: Endian) {
    turn_u16(item, 0, from, to);
    turn_u32(item, INTERNAL_CHILD, from, to);
    turn_u32(item, INTERNAL_RECORDS, from, to);
    if item.get(2).is_some_and(|kind| kind & !DELETED == OVERFLOW)
        && let Some(key) = item.get_mut(INTERNAL_HEADER..)
    {
        turn_reference(key, from, to);
    }
}

/// Turns an item of an internal page of a tree by record numbers.
pub(super) fn turn_recno_item(item: &mut [u8], from: Endian, to: Endian) {
    turn_u32(item, RECNO_CHILD, from, to);
    turn_u32(item, RECNO_RECORDS, from, to);
}

/// Turns the slots of a page and the items they lead to.
fn turn_items(layout: PageLayout, bytes: &mut [u8], to: Endian) -> Option<()> {
    let from = layout.endian;
    let (header, offsets) = {
        let view = PageView::parse(layout, bytes)?;
        let offsets: Option<Vec<usize>> = (0..view.header.entries)
            .map(|slot| view.item_offset(slot))
            .collect();
        (view.header, offsets?)
    };
    let kind = PageType::of(header.page_type)?;
    let mut end = bytes.len();
    for (slot, at) in offsets.iter().copied().enumerate() {
        let entry = layout.header_size() + 2 * slot;
        turn_u16(bytes, entry, from, to);
        // The data of a key stand under one key, which slots share.
        let shared = slot
            .checked_sub(2)
            .and_then(|before| offsets.get(before))
            .is_some_and(|before| kind == PageType::BtreeLeaf && slot % 2 == 0 && *before == at);
        if shared {
            continue;
        }
        match kind {
            PageType::BtreeInternal => turn_internal_item(bytes.get_mut(at..)?, from, to),
            PageType::RecnoInternal => turn_recno_item(bytes.get_mut(at..)?, from, to),
            PageType::Hash | PageType::HashSorted => {
                turn_bucket_item(bytes.get_mut(at..end)?, from, to);
                end = at;
            }
            _ => {
                let item = bytes.get_mut(at..)?;
                if item.get(2)? & !DELETED == INLINE {
                    turn_u16(item, 0, from, to);
                } else {
                    turn_reference(item, from, to);
                }
            }
        }
    }
    Some(())
}

/// Turns a reference to a chain or a tree of duplicates.
fn turn_reference(item: &mut [u8], from: Endian, to: Endian) {
    turn_u32(item, OFF_PAGE_PGNO, from, to);
    turn_u32(item, OFF_PAGE_LEN, from, to);
}

/// Turns an item of a bucket.
fn turn_bucket_item(item: &mut [u8], from: Endian, to: Endian) {
    match item.first() {
        Some(&BUCKET_OVERFLOW) => {
            turn_u32(item, HASH_REFERENCE, from, to);
            turn_u32(item, HASH_REFERENCE + 4, from, to);
        }
        Some(&BUCKET_TREE) => turn_u32(item, HASH_REFERENCE, from, to),
        Some(&BUCKET_DUPLICATES) => {
            // Each: its length, its bytes, its length again.
            let mut at = 1;
            while let Some(len) = from.u16(item, at) {
                let again = at + 2 + usize::from(len);
                turn_u16(item, at, from, to);
                turn_u16(item, again, from, to);
                at = again + 2;
            }
        }
        _ => {}
    }
}

fn turn_u16(bytes: &mut [u8], at: usize, from: Endian, to: Endian) {
    if let Some(value) = from.u16(bytes, at) {
        to.put_u16(bytes, at, value);
    }
}

/// Turns a number of four bytes.
pub(super) fn turn_u32(bytes: &mut [u8], at: usize, from: Endian, to: Endian) {
    if let Some(value) = from.u32(bytes, at) {
        to.put_u32(bytes, at, value);
    }
}
