//! The records of a btree leaf.

use crate::error::{Place, Rule};
use crate::layout::{BtreeFlags, Item, PageView};
use crate::read::claims::Claims;
use crate::read::duplicates::{self, item};
use crate::read::overflow;
use crate::read::pages::Pages;
use crate::read::record::Record;
use crate::read::tree::TreeKind;
use crate::source::PageSource;

/// Buffers for items that are put together from overflow chains, kept from
/// leaf to leaf.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    key: Vec<u8>,
    value: Vec<u8>,
}

/// Visits the records of a leaf in order and returns how many deleted items
/// were passed over.
///
/// Duplicates on the page share one stored key: their key slots hold the same
/// offset, and it is the offsets that are compared, not the keys. A deleted
/// record is marked on its data item.
pub(crate) fn visit<S: PageSource, E: From<crate::Error>>(
    pages: &Pages<S>,
    claims: &Claims,
    flags: BtreeFlags,
    view: &PageView<'_>,
    scratch: &mut Scratch,
    each: &mut impl FnMut(Record<'_>) -> Result<(), E>,
) -> Result<u64, E> {
    let pgno = view.header.pgno;
    let entries = view.header.entries;
    if !entries.is_multiple_of(2) {
        let found = format!("{entries} entries");
        return Err(pages
            .broken(Place::page(pgno), Rule::OddEntries, found)
            .into());
    }
    let mut deleted = 0;
    // Chains of the keys of deleted records. A record that is not deleted may
    // share one, so they are claimed last.
    let mut deleted_keys = Vec::new();
    // The key of the last record given out, by the offset of its item.
    let mut last: Option<(usize, Key<'_>)> = None;
    for slot in (0..entries).step_by(2) {
        let (key_at, data_at) = (Place::slot(pgno, slot), Place::slot(pgno, slot + 1));
        let data = item(pages, view, data_at, slot + 1)?;
        if data.deleted {
            deleted += 1;
            match data.content {
                Item::Overflow { first, .. } => overflow::claim_chain(pages, claims, first),
                Item::Duplicates { root } => {
                    duplicates::claim_tree(pages, claims, duplicate_kind(flags), root, data_at);
                }
                Item::Inline(_) => {}
            }
            if let Ok(key) = item(pages, view, key_at, slot)
                && let Item::Overflow { first, .. } = key.content
            {
                deleted_keys.push(first);
            }
            continue;
        }
        let offset = view.item_offset(slot).unwrap_or_default();
        let (repeated, key) = match last {
            Some((at, key)) if at == offset => (true, key),
            _ => {
                let key = match item(pages, view, key_at, slot)?.content {
                    Item::Inline(bytes) => Key::InPage(bytes),
                    Item::Overflow { first, len } => {
                        overflow::read_chain(
                            pages,
                            claims,
                            (first, len),
                            key_at,
                            &mut scratch.key,
                        )?;
                        Key::InScratch
                    }
                    Item::Duplicates { .. } => {
                        let found = "duplicates in the place of a key";
                        return Err(pages.broken(key_at, Rule::ItemType, found).into());
                    }
                };
                (false, key)
            }
        };
        last = Some((offset, key));
        let key = match key {
            Key::InPage(bytes) => bytes,
            Key::InScratch => &scratch.key,
        };
        match data.content {
            Item::Inline(value) => each(Record {
                key,
                value,
                page: pgno,
                slot: slot + 1,
                repeats_key: repeated,
            })?,
            Item::Overflow { first, len } => {
                overflow::read_chain(pages, claims, (first, len), data_at, &mut scratch.value)?;
                each(Record {
                    key,
                    value: &scratch.value,
                    page: pgno,
                    slot: slot + 1,
                    repeats_key: repeated,
                })?;
            }
            Item::Duplicates { root } => {
                let kind = duplicate_kind(flags);
                let mut repeats_key = repeated;
                deleted +=
                    duplicates::visit(pages, claims, kind, root, data_at, |page, slot, value| {
                        let record = Record {
                            key,
                            value,
                            page,
                            slot,
                            repeats_key,
                        };
                        repeats_key = true;
                        each(record)
                    })?;
            }
        }
    }
    for first in deleted_keys {
        overflow::claim_chain(pages, claims, first);
    }
    Ok(deleted)
}

/// The kind of tree that duplicates moved to.
fn duplicate_kind(flags: BtreeFlags) -> TreeKind {
    if flags.has(BtreeFlags::DUPSORT) {
        TreeKind::SORTED_DUPLICATES
    } else {
        TreeKind::UNSORTED_DUPLICATES
    }
}

/// Where the bytes of a key are.
#[derive(Clone, Copy)]
enum Key<'a> {
    InPage(&'a [u8]),
    InScratch,
}
