//! A key of a btree.

use std::cmp::Ordering;

use crate::error::{Place, Result, Rule};
use crate::layout::{Item, PageNo, PageView, internal_item};
use crate::read::claims::Claims;
use crate::read::database::Database;
use crate::read::duplicates::{self, item};
use crate::read::leaf;
use crate::read::overflow;
use crate::read::tree::{self, TreeKind};
use crate::read::walk::{Notes, Walk};
use crate::source::PageSource;

/// The data of a key.
pub(super) fn get<S: PageSource>(
    database: &Database<'_, S>,
    root: PageNo,
    key: &[u8],
) -> Result<Vec<Vec<u8>>> {
    let notes = Notes::default();
    let bytewise = database.in_order.get().copied();
    if bytewise != Some(false) {
        let claims = Claims::not_kept();
        let found = descend(database.walk(&claims, &notes), root, key)?;
        if bytewise == Some(true) || !found.is_empty() {
            return Ok(found);
        }
    }
    let claims = Claims::new(database.file.page_count());
    let (found, ascending) = look_at_all(database.walk(&claims, &notes), root, key)?;
    // Set by another thread meanwhile: to the same.
    let _ = database.in_order.set(ascending);
    Ok(found)
}

/// Goes down to the leaf where bytewise order puts the key. Each step goes one
/// level down, so there are at most 255.
fn descend<S: PageSource>(walk: Walk<'_, S>, root: PageNo, key: &[u8]) -> Result<Vec<Vec<u8>>> {
    let mut long = Vec::new();
    let mut referrer = Place::page(walk.meta.pgno);
    let mut pgno = root;
    let mut level = walk.pages.page(root, referrer)?.view().header.level;
    walk.pages.meter().depth(walk.pages.name(), level)?;
    while level > 1 {
        let page = walk.pages.page(pgno, referrer)?;
        let view = page.view();
        tree::check_internal(walk.pages, TreeKind::BTREE, &view, level)?;
        // The first entry stands for "less than everything".
        let after = partition(1, view.header.entries, |slot| {
            Ok(separator(walk, &view, slot, &mut long)? <= key)
        })?;
        let slot = after.saturating_sub(1);
        let place = Place::slot(pgno, slot);
        let offset = tree::item_offset(&view, slot);
        let child = offset.and_then(|offset| internal_item(view.layout, view.bytes, offset));
        pgno = child
            .map_err(|bad| tree::bad_item(walk.pages, place, bad))?
            .child;
        referrer = place;
        level = level.saturating_sub(1);
    }
    let page = walk.pages.page(pgno, referrer)?;
    let view = page.view();
    let own = (view.header.prev, view.header.next);
    tree::check_leaf(walk.pages, TreeKind::BTREE, &view, own)?;
    let mended = leaf::mend_key_lengths(walk, &view);
    let view = PageView {
        bytes: &mended,
        ..view
    };
    let pair = partition(0, pairs(walk, &view)?, |pair| {
        Ok(leaf_key(walk, &view, pair.saturating_mul(2), &mut long)? < key)
    })?;
    let claims = Claims::new(walk.pages.count());
    let walk = Walk {
        claims: &claims,
        ..walk
    };
    let mut found = Vec::new();
    let mut last = None;
    for slot in (pair.saturating_mul(2)..view.header.entries).step_by(2) {
        let offset = view.item_offset(slot);
        if offset != last && leaf_key(walk, &view, slot, &mut long)? != key {
            break;
        }
        last = offset;
        collect(walk, &view, slot, &mut found)?;
    }
    Ok(found)
}

/// Looks for a key among all keys, and whether they stand in bytewise order.
fn look_at_all<S: PageSource>(
    walk: Walk<'_, S>,
    root: PageNo,
    key: &[u8],
) -> Result<(Vec<Vec<u8>>, bool)> {
    let at = Place::page(walk.meta.pgno);
    let leaves = tree::leaves(walk, TreeKind::BTREE, root, at, usize::MAX)?.pages;
    let (mut found, mut ascending) = (Vec::new(), true);
    let (mut long, mut before) = (Vec::new(), None::<Vec<u8>>);
    for index in 0..leaves.len() {
        let [prev, pgno, next] = leaves.around(index);
        let page = walk.pages.page(pgno, at)?;
        let view = page.view();
        tree::check_leaf(walk.pages, TreeKind::BTREE, &view, (prev, next))?;
        let mended = leaf::mend_key_lengths(walk, &view);
        let view = PageView {
            bytes: &mended,
            ..view
        };
        pairs(walk, &view)?;
        // The last key looked at: where it stands, whether it is the one.
        let mut last = (None, false);
        for slot in (0..view.header.entries).step_by(2) {
            if is_deleted(walk, &view, slot.saturating_add(1))? {
                continue;
            }
            let offset = view.item_offset(slot);
            if offset != last.0 {
                let this = leaf_key(walk, &view, slot, &mut long)?;
                last = (offset, this == key);
                match before.as_deref().map(|before| before.cmp(this)) {
                    Some(Ordering::Greater) => ascending = false,
                    Some(Ordering::Equal) => {}
                    None | Some(Ordering::Less) => {
                        let before = before.get_or_insert_default();
                        before.clear();
                        before.extend_from_slice(this);
                    }
                }
            }
            if last.1 {
                collect(walk, &view, slot, &mut found)?;
            }
        }
    }
    Ok((found, ascending))
}

/// The first number of a range for which `goes_on` is not true, where it is
/// true up to some number and not from there on.
fn partition(start: u16, end: u16, mut goes_on: impl FnMut(u16) -> Result<bool>) -> Result<u16> {
    let (mut low, mut high) = (start, end.max(start));
    while low < high {
        let middle = low.midpoint(high);
        if goes_on(middle)? {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// How many pairs a leaf has.
fn pairs<S: PageSource>(walk: Walk<'_, S>, view: &PageView<'_>) -> Result<u16> {
    let entries = view.header.entries;
    if entries.is_multiple_of(2) {
        return Ok(entries / 2);
    }
    let (place, found) = (Place::page(view.header.pgno), format!("{entries} entries"));
    Err(walk.pages.broken(place, Rule::OddEntries, found))
}

/// The separator of an entry of an internal page.
fn separator<'a, S: PageSource>(
    walk: Walk<'_, S>,
    view: &PageView<'a>,
    slot: u16,
    long: &'a mut Vec<u8>,
) -> Result<&'a [u8]> {
    let place = Place::slot(view.header.pgno, slot);
    let item = tree::item_offset(view, slot)
        .and_then(|offset| internal_item(view.layout, view.bytes, offset))
        .map_err(|bad| tree::bad_item(walk.pages, place, bad))?;
    match item.overflow {
        None => Ok(item.key),
        Some(chain) => {
            overflow::read_chain(walk, chain, place, long)?;
            Ok(long)
        }
    }
}

/// The key in a slot of a leaf.
fn leaf_key<'a, S: PageSource>(
    walk: Walk<'_, S>,
    view: &PageView<'a>,
    slot: u16,
    long: &'a mut Vec<u8>,
) -> Result<&'a [u8]> {
    let place = Place::slot(view.header.pgno, slot);
    match item(walk.pages, view, place, slot)?.content {
        Item::Inline(key) => Ok(key),
        Item::Overflow { first, len } => {
            overflow::read_chain(walk, (first, len), place, long)?;
            Ok(long)
        }
        Item::Duplicates { .. } => {
            let found = "duplicates in the place of a key";
            Err(walk.pages.broken(place, Rule::ItemType, found))
        }
    }
}

fn is_deleted<S: PageSource>(walk: Walk<'_, S>, view: &PageView<'_>, slot: u16) -> Result<bool> {
    let place = Place::slot(view.header.pgno, slot);
    Ok(item(walk.pages, view, place, slot)?.deleted)
}

/// Adds the data that stand beside the key in `slot`.
fn collect<S: PageSource>(
    walk: Walk<'_, S>,
    view: &PageView<'_>,
    slot: u16,
    found: &mut Vec<Vec<u8>>,
) -> Result<()> {
    let slot = slot.saturating_add(1);
    let place = Place::slot(view.header.pgno, slot);
    let data = item(walk.pages, view, place, slot)?;
    if data.deleted {
        return Ok(());
    }
    match data.content {
        Item::Inline(value) => found.push(value.to_vec()),
        Item::Overflow { first, len } => {
            let mut value = Vec::new();
            overflow::read_chain(walk, (first, len), place, &mut value)?;
            found.push(value);
        }
        Item::Duplicates { root } => duplicates::visit(walk, root, place, |_, _, value| {
            found.push(value.to_vec());
            Ok::<_, crate::Error>(())
        })?,
    }
    Ok(())
}
