//! Pages turned from one byte order to the other.
//!
//! In memory libdb has pages in the order of the machine, and up to 4.8 writes
//! their images into the log in that order. So a file in the other order is
//! turned round as its pages come in, changed, and turned back as they go out
//! (read: all numbers on a page but those of the application).

use super::hash_item::{
    HASH_CHAIN_LEN, HASH_DUPLICATES, HASH_ITEM_HEADER, HASH_OVERFLOW, HASH_REFERENCE, HASH_TREE,
};
use super::item::{
    DELETED, INTERNAL_CHILD, INTERNAL_HEADER, INTERNAL_RECORDS, ITEM_TYPE, KIND_INLINE,
    KIND_OVERFLOW, OFF_PAGE_LEN, OFF_PAGE_PGNO, RECNO_CHILD, RECNO_RECORDS,
};
use super::{Endian, Meta, PageHeader, PageLayout, PageType, PageView};

/// Turns a page of `layout` into the other byte order. What is no page that
/// could be is left as far as it could not be turned.
pub(crate) fn turn(layout: PageLayout, bytes: &mut [u8], to: Endian) {
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

/// Whether an item of an internal page of a btree has its key in a chain.
pub(crate) fn has_key_in_chain(item: &[u8]) -> bool {
    item.get(ITEM_TYPE)
        .is_some_and(|kind| kind & !DELETED == KIND_OVERFLOW)
}

/// Turns the length of the key of such an item.
pub(crate) fn turn_key_length(item: &mut [u8], from: Endian, to: Endian) {
    turn_u32(item, INTERNAL_HEADER + OFF_PAGE_LEN, from, to);
}

/// Turns an item of an internal page of a btree.
pub(crate) fn turn_internal_item(item: &mut [u8], from: Endian, to: Endian) {
    turn_u16(item, 0, from, to);
    turn_u32(item, INTERNAL_CHILD, from, to);
    turn_u32(item, INTERNAL_RECORDS, from, to);
    if has_key_in_chain(item)
        && let Some(key) = item.get_mut(INTERNAL_HEADER..)
    {
        turn_reference(key, from, to);
    }
}

/// Turns an item of an internal page of a tree by record numbers.
pub(crate) fn turn_recno_item(item: &mut [u8], from: Endian, to: Endian) {
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
        let entry = layout.entry_at(slot);
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
                if item.get(ITEM_TYPE)? & !DELETED == KIND_INLINE {
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
        Some(&HASH_OVERFLOW) => {
            turn_u32(item, HASH_REFERENCE, from, to);
            turn_u32(item, HASH_CHAIN_LEN, from, to);
        }
        Some(&HASH_TREE) => turn_u32(item, HASH_REFERENCE, from, to),
        Some(&HASH_DUPLICATES) => {
            // Each: its length, its bytes, its length again.
            let mut at = HASH_ITEM_HEADER;
            while let Some(len) = from.u16(item, at) {
                let again = at.saturating_add(2).saturating_add(len.into());
                turn_u16(item, at, from, to);
                turn_u16(item, again, from, to);
                at = again.saturating_add(2);
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

fn turn_u32(bytes: &mut [u8], at: usize, from: Endian, to: Endian) {
    if let Some(value) = from.u32(bytes, at) {
        to.put_u32(bytes, at, value);
    }
}
