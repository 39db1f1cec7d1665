//! The records of a btree leaf.

use std::borrow::Cow;

use crate::error::{Place, Rule};
use crate::layout::{Item, PageView};
use crate::read::duplicates::{self, item};
use crate::read::overflow;
use crate::read::quirks;
use crate::read::record::{Record, Scratch};
use crate::read::walk::Walk;
use crate::source::PageSource;

/// Visits the records of a leaf in order.
///
/// Duplicates on the page share one stored key: their key slots hold the same
/// offset, and it is the offsets that are compared, not the keys. A deleted
/// record is marked on its data item.
pub(crate) fn visit<S: PageSource, E: From<crate::Error>>(
    walk: Walk<'_, S>,
    view: &PageView<'_>,
    scratch: &mut Scratch,
    each: &mut impl FnMut(Record<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let pages = walk.pages;
    let pgno = view.header.pgno;
    let entries = view.header.entries;
    if !entries.is_multiple_of(2) {
        let found = format!("{entries} entries");
        return Err(pages
            .broken(Place::page(pgno), Rule::OddEntries, found)
            .into());
    }
    let mended = mend_key_lengths(walk, view);
    let view = &PageView {
        bytes: &mended,
        ..*view
    };
    // Chains of the keys of deleted records. A record that is not deleted may
    // share one, so they are claimed last.
    let mut deleted_keys = Vec::new();
    // The key of the last record given out, by the offset of its item.
    let mut last: Option<(usize, Key<'_>)> = None;
    for slot in (0..entries).step_by(2) {
        let data_slot = slot.saturating_add(1);
        let (key_at, data_at) = (Place::slot(pgno, slot), Place::slot(pgno, data_slot));
        let data = item(pages, view, data_at, data_slot)?;
        if data.deleted {
            walk.notes.deleted();
            match data.content {
                Item::Overflow { first, .. } => overflow::claim_chain(walk, first),
                Item::Duplicates { root } => duplicates::claim(walk, root, data_at),
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
        let (repeats_key, key) = match last {
            Some((at, key)) if at == offset => (true, key),
            _ => {
                let key = match item(pages, view, key_at, slot)?.content {
                    Item::Inline(bytes) => Key::InPage(bytes),
                    Item::Overflow { first, len } => {
                        overflow::read_chain(walk, (first, len), key_at, &mut scratch.key)?;
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
        let record = Record {
            key,
            value: &[],
            number: None,
            page: pgno,
            slot: data_slot,
            repeats_key,
        };
        match data.content {
            Item::Inline(value) => each(Record { value, ..record })?,
            Item::Overflow { first, len } => {
                overflow::read_chain(walk, (first, len), data_at, &mut scratch.value)?;
                each(Record {
                    value: &scratch.value,
                    ..record
                })?;
            }
            Item::Duplicates { root } => {
                duplicates::visit_records(walk, root, data_at, record, each)?;
            }
        }
    }
    for first in deleted_keys {
        overflow::claim_chain(walk, first);
    }
    Ok(())
}

/// Whether a leaf ends with another key than the next begins with. Not where
/// either key is in an overflow chain, or a leaf is empty: then nothing is
/// known without more pages.
pub(crate) fn differ<S: PageSource>(
    walk: Walk<'_, S>,
    before: &PageView<'_>,
    after: &PageView<'_>,
) -> crate::error::Result<bool> {
    let (last, first) = (
        mend_key_lengths(walk, before),
        mend_key_lengths(walk, after),
    );
    let before = PageView {
        bytes: &last,
        ..*before
    };
    let after = PageView {
        bytes: &first,
        ..*after
    };
    let Some(slot) = before.header.entries.checked_sub(2) else {
        return Ok(false);
    };
    if after.header.entries == 0 {
        return Ok(false);
    }
    let key = |view: &PageView<'_>, slot: u16| {
        let place = Place::slot(view.header.pgno, slot);
        item(walk.pages, view, place, slot).map(|key| match key.content {
            Item::Inline(bytes) => Some(bytes.to_vec()),
            Item::Overflow { .. } | Item::Duplicates { .. } => None,
        })
    };
    let (last, first) = (key(&before, slot)?, key(&after, 0)?);
    Ok(last.is_some() && first.is_some() && last != first)
}

/// Where the bytes of a key are.
#[derive(Clone, Copy)]
enum Key<'a> {
    InPage(&'a [u8]),
    InScratch,
}

/// The page with the lengths of its keys in the file's byte order, where 2.x
/// may have left some in the other. An upgrade in place leaves them so.
pub(crate) fn mend_key_lengths<'a, S: PageSource>(
    walk: Walk<'_, S>,
    view: &PageView<'a>,
) -> Cow<'a, [u8]> {
    let mut bytes = Cow::Borrowed(view.bytes);
    if !walk.meta.has_duplicates() {
        return bytes;
    }
    let mut items = None;
    let mut slot = 0;
    while slot < view.header.entries {
        let offset = view.item_offset(slot);
        let mut sharers = 0_u16;
        while slot < view.header.entries && view.item_offset(slot) == offset {
            sharers = sharers.saturating_add(1);
            slot = slot.saturating_add(2);
        }
        if sharers.is_multiple_of(2)
            && let Some(offset) = offset
            && quirks::key_length_may_be_swapped(view, offset)
            && let items = items.get_or_insert_with(|| quirks::Items::of(view))
            && let Some(len) = quirks::key_length_before(view, offset, items.after(offset))
        {
            walk.notes.find_once(view.header.pgno, Rule::KeyLengthOrder);
            view.layout.endian.put_u16(bytes.to_mut(), offset, len);
        }
    }
    bytes
}
