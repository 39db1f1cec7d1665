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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Result;
    use crate::write::{
        BtreeParams, BtreeSortBuilder, Duplicates, FileParams, HashBuilder, HashParams, MemorySink,
        NewFile, NumberSpool, QueueParams, RecnoParams, Repeats, SortBudget,
    };

    const LAYOUT: PageLayout = PageLayout {
        endian: Endian::Little,
        page_size: 512,
        checksums: false,
        bit_fields: false,
    };

    /// Short and long keys and data; of some keys a few records, of one many.
    fn records() -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut records = Vec::new();
        for number in 0..200_usize {
            let long = if number % 20 == 0 { 700 } else { 5 };
            let mut key = format!("{number:04}").into_bytes();
            key.resize(key.len() + long, b'k');
            for copy in 0..if number == 7 { 300 } else { number % 3 + 1 } {
                let mut value = format!("{copy} of {number}").into_bytes();
                value.resize(value.len() + if copy == 1 { long } else { 0 }, b'v');
                records.push((key.clone(), value));
            }
        }
        records
    }

    /// A file of each kind, as it is in one byte order.
    fn files(endian: Endian) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let head = FileParams {
            layout: PageLayout { endian, ..LAYOUT },
            file_id: [3; 20],
        };
        let (repeats, budget) = (Repeats::LastWins, SortBudget::default());
        let sink = || MemorySink::new("turned.db");
        let mut files = Vec::new();
        for duplicates in [Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted] {
            let params = BtreeParams {
                duplicates,
                record_numbers: duplicates == Duplicates::None,
                ..BtreeParams::default()
            };
            let mut builder = BtreeSortBuilder::new(sink(), &head, &params, repeats, &budget)?;
            for (key, value) in records() {
                builder.push(&key, &value)?;
            }
            files.push(("btree", builder.finish()?.0.into_bytes()));
            for version in [8, 9] {
                let params = HashParams {
                    version,
                    duplicates,
                    ..HashParams::default()
                };
                let mut builder = HashBuilder::new(sink(), &head, &params, repeats, &budget)?;
                for (key, value) in records() {
                    builder.push(&key, &value)?;
                }
                files.push(("hash", builder.finish()?.0.into_bytes()));
            }
        }
        let mut spool = NumberSpool::new(repeats, &budget);
        for (number, (key, _)) in (1..).zip(records()) {
            spool.push(number * 2, &key)?;
        }
        let mut file = NewFile::new(sink(), &head)?;
        spool.write_recno(&mut file, None, &RecnoParams::default(), &mut |_| {})?;
        files.push(("recno", file.finish()?.0.into_bytes()));

        let mut file = NewFile::new(sink(), &head)?;
        let mut queue = file.queue(&QueueParams {
            len: 12,
            pad: b' ',
            first: 1,
            next: 100,
        })?;
        for number in 1..100 {
            queue.push(number, format!("{number}").as_bytes())?;
        }
        queue.finish()?;
        files.push(("queue", file.finish()?.0.into_bytes()));
        Ok(files)
    }

    #[test]
    fn a_file_turned_is_the_file_of_the_other_order() {
        let (little, big) = (files(Endian::Little).unwrap(), files(Endian::Big).unwrap());
        let mut types = std::collections::BTreeSet::new();
        for (from, (one, other)) in [
            (Endian::Little, (&little, &big)),
            (Endian::Big, (&big, &little)),
        ] {
            let layout = PageLayout {
                endian: from,
                ..LAYOUT
            };
            let to = if from == Endian::Little {
                Endian::Big
            } else {
                Endian::Little
            };
            for ((kind, one), (_, other)) in one.iter().zip(other) {
                assert_eq!(one.len(), other.len(), "{kind}");
                let page_len = layout.page_len();
                let pages = one.chunks_exact(page_len).zip(other.chunks_exact(page_len));
                for (pgno, (page, wanted)) in pages.enumerate() {
                    types.insert(PageHeader::read(from, page).unwrap().page_type);
                    let mut page = page.to_vec();
                    turn(layout, &mut page, to);
                    assert!(page == wanted, "{kind}: page {pgno} from {from:?}");
                }
            }
        }
        // Overflow pages, leaves of duplicates and internal pages among them.
        assert!(types.len() >= 10, "{types:?}");
    }

    #[test]
    fn what_is_no_page_is_left_as_it_is() {
        for bytes in [vec![0; 512], vec![7; 10], {
            // More slots than a page has room for.
            let mut page = vec![0; 512];
            page[20..22].copy_from_slice(&u16::MAX.to_le_bytes());
            page[25] = PageType::BtreeLeaf as u8;
            page
        }] {
            let mut turned = bytes.clone();
            turn(LAYOUT, &mut turned, Endian::Big);
            let mut back = turned.clone();
            turn(
                PageLayout {
                    endian: Endian::Big,
                    ..LAYOUT
                },
                &mut back,
                Endian::Little,
            );
            assert!(back == bytes);
        }
    }
}
