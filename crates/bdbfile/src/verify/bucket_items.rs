//! The items of a page of a hash bucket.

use crate::error::{Place, Rule};
use crate::layout::{
    BadItem, DuplicateSet, HASH_CHAIN_ITEM, HASH_TREE_ITEM, HashItem, PageView, hash_item,
};
use crate::source::PageSource;
use crate::verify::alone;
use crate::verify::check::{Check, State};

/// Checks the items: each begins where the one after it ends, so that their
/// offsets fall.
pub(super) fn check<S: PageSource>(check: &mut Check<'_, S>, view: &PageView<'_>) -> State {
    if !alone::index_fits(check, view) {
        return State::Broken;
    }
    let entries = view.header.entries;
    let mut state = State::Sound;
    if !entries.is_multiple_of(2) {
        let place = Place::page(view.header.pgno);
        check.broken(place, Rule::OddEntries, entries.to_string(), "");
        state = State::Broken;
    }
    let mut end = view.bytes.len();
    for slot in 0..entries {
        let place = Place::slot(view.header.pgno, slot);
        let start = view.item_offset(slot).unwrap_or_default();
        if start < view.index_end() || start >= end {
            let expected = format!("{} to {}", view.index_end(), end.saturating_sub(1));
            check.broken(place, Rule::ItemBounds, format!("offset {start}"), expected);
            return State::Broken;
        }
        if !item(check, view, slot, (start, end)) {
            state = State::Broken;
        }
        end = start;
    }
    alone::item_area(check, view, end);
    state
}

/// Whether an item can be read.
fn item<S: PageSource>(
    check: &mut Check<'_, S>,
    view: &PageView<'_>,
    slot: u16,
    (start, end): (usize, usize),
) -> bool {
    let place = Place::slot(view.header.pgno, slot);
    let len = end.saturating_sub(start);
    let key = slot.is_multiple_of(2);
    match hash_item(view.layout.endian, view.bytes, start, end) {
        Ok(HashItem::Inline(_)) => true,
        Ok(HashItem::Duplicates(_) | HashItem::OffPageDuplicates { .. }) if key => {
            check.broken(
                place,
                Rule::ItemType,
                "duplicates in the place of a key",
                "",
            );
            false
        }
        Ok(HashItem::Duplicates(set)) => duplicates(check, set, place),
        Ok(HashItem::Overflow { .. }) => exactly(check, place, len, HASH_CHAIN_ITEM),
        Ok(HashItem::OffPageDuplicates { .. }) => exactly(check, place, len, HASH_TREE_ITEM),
        Err(BadItem::Blob) => {
            check.broken(place, Rule::Blob, "", "");
            false
        }
        Err(BadItem::Type(found)) => {
            check.broken(place, Rule::ItemType, found.to_string(), "");
            false
        }
        Err(BadItem::Bounds { offset, len }) => {
            let found = format!("offset {offset}, {len} bytes");
            check.broken(place, Rule::ItemBounds, found, "");
            false
        }
    }
}

fn exactly<S: PageSource>(
    check: &mut Check<'_, S>,
    place: Place,
    len: usize,
    right: usize,
) -> bool {
    if len != right {
        check.broken(
            place,
            Rule::ItemBounds,
            format!("a reference of {len} bytes"),
            right.to_string(),
        );
    }
    len >= right
}

fn duplicates<S: PageSource>(
    check: &mut Check<'_, S>,
    set: DuplicateSet<'_>,
    place: Place,
) -> bool {
    let mut rest = set;
    loop {
        match rest.split_first() {
            Ok(None) => return true,
            Ok(Some((_, after))) => rest = after,
            Err((before, after)) => {
                let found = match after {
                    Some(after) => format!("{before} before, {after} after"),
                    None => format!("{before} before, and no room for it"),
                };
                check.broken(place, Rule::DuplicateLength, found, "");
                return false;
            }
        }
    }
}
