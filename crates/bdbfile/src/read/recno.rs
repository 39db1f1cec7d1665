//! The records of a leaf of a recno database.

use crate::error::{Place, Result, Rule};
use crate::layout::{Item, LeafItem, PageView};
use crate::read::duplicates::item;
use crate::read::overflow;
use crate::read::record::{Record, Scratch};
use crate::read::walk::Walk;
use crate::source::PageSource;

/// Visits the records of a leaf whose first slot has the number `first`. A
/// deleted item is an empty place that keeps its number.
pub(crate) fn visit<S: PageSource, E: From<crate::Error>>(
    walk: Walk<'_, S>,
    view: &PageView<'_>,
    first: u32,
    scratch: &mut Scratch,
    each: &mut impl FnMut(Record<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let pgno = view.header.pgno;
    for slot in 0..view.header.entries {
        let Some(value) = value(walk, view, slot, &mut scratch.value)? else {
            continue;
        };
        each(Record {
            key: &[],
            value,
            number: first.checked_add(u32::from(slot)),
            page: pgno,
            slot,
            repeats_key: false,
        })?;
    }
    Ok(())
}

/// The record of a slot; `None` where it is deleted.
pub(crate) fn value<'a, S: PageSource>(
    walk: Walk<'_, S>,
    view: &PageView<'a>,
    slot: u16,
    long: &'a mut Vec<u8>,
) -> Result<Option<&'a [u8]>> {
    let place = Place::slot(view.header.pgno, slot);
    let LeafItem { deleted, content } = item(walk.pages, view, place, slot)?;
    if deleted {
        walk.notes.deleted();
        if let Item::Overflow { first, .. } = content {
            overflow::claim_chain(walk, first);
        }
        return Ok(None);
    }
    match content {
        Item::Inline(bytes) => Ok(Some(bytes)),
        Item::Overflow { first, len } => {
            overflow::read_chain(walk, (first, len), place, long)?;
            Ok(Some(long))
        }
        Item::Duplicates { .. } => {
            let found = "duplicates in a recno database";
            Err(walk.pages.broken(place, Rule::ItemType, found))
        }
    }
}
