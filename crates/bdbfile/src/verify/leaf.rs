//! The items of a leaf: their order, and what they refer to.

use crate::error::{Error, Place, Result, Rule};
use crate::layout::{Item, LeafItem, NO_PAGE, PageNo, PageType, PageView, leaf_item};
use crate::source::PageSource;
use crate::verify::chains::{self, Referrer};
use crate::verify::check::{Check, State, type_of};
use crate::verify::items;
use crate::verify::keys::{self, Side};
use crate::verify::tree::{self, Bounds, Count, Orders, Role, Tree};

/// Checks a leaf; gives the number of its records.
pub(super) fn check<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    orders: &mut Orders,
    view: &PageView<'_>,
    bounds: Bounds,
) -> Result<Count> {
    match tree.role {
        Role::Btree => pairs(check, tree, orders, view, bounds),
        _ => singles(check, tree, orders, view, bounds),
    }
}

/// A leaf of a btree: pairs of key and data.
fn pairs<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    orders: &mut Orders,
    view: &PageView<'_>,
    bounds: Bounds,
) -> Result<Count> {
    let mended = items::mended(check, view);
    let view = &PageView {
        bytes: &mended,
        ..*view
    };
    let pgno = view.header.pgno;
    let mut count = Count::NONE;
    let (mut compared, mut breaches) = (0_u64, 0_u64);
    let mut last_offset = None;
    let mut last_key = None;
    for slot in (0..view.header.entries).step_by(2) {
        let key_at = Place::slot(pgno, slot);
        let offset = view.item_offset(slot);
        if last_offset == offset {
            if !tree.meta.has_duplicates() {
                check.broken(key_at, Rule::UnexpectedDuplicates, "", "");
            }
        } else {
            let item = item(view, slot);
            refer(check, item, key_at)?;
            if let Some(key) = keys::of_item(check, item)? {
                if slot == 0 {
                    let tally = &mut orders.keys;
                    keys::within(check, tally, (&key, key_at), bounds.low, Side::Low)?;
                }
                if let Some(last) = &last_key {
                    compared = compared.saturating_add(1);
                    if *last == key {
                        check.broken(
                            key_at,
                            Rule::UnexpectedDuplicates,
                            "the key stands there twice",
                            "",
                        );
                    } else if *last > key {
                        breaches = breaches.saturating_add(1);
                        orders.keys.hold(key_at, Rule::KeyOrder, "");
                    }
                }
                last_key = Some(key);
            }
        }
        let data_slot = slot.saturating_add(1);
        let same_key = last_offset == offset;
        let data = item(view, data_slot);
        datum(check, tree, orders, view, data, (data_slot, same_key))?;
        last_offset = offset;
        count.all = count.all.saturating_add(1);
        count.live = count.live.saturating_add(u64::from(!is_deleted(data)));
    }
    if let (Some(slot), Some(key)) = (view.header.entries.checked_sub(2), &last_key) {
        let place = Place::slot(pgno, slot);
        keys::within(
            check,
            &mut orders.keys,
            (key, place),
            bounds.high,
            Side::High,
        )?;
    }
    orders.keys.page(compared, breaches);
    Ok(count)
}

/// The data of a pair: what it refers to, and with `repeats` that it follows
/// the data of the pair before, which has the same key.
fn datum<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    orders: &mut Orders,
    view: &PageView<'_>,
    data: Option<LeafItem<'_>>,
    (slot, repeats): (u16, bool),
) -> Result<()> {
    let place = Place::slot(view.header.pgno, slot);
    refer(check, data, place)?;
    if let Some(Item::Duplicates { root }) = data.map(|item| item.content) {
        return duplicates(check, tree, orders, root, place);
    }
    if repeats && tree.meta.has_sorted_duplicates() {
        let before = keys::of_item(check, item(view, slot.saturating_sub(2)))?;
        let this = keys::of_item(check, data)?;
        if let (Some(before), Some(this)) = (before, this) {
            let breach = before >= this;
            orders.duplicates.page(1, u64::from(breach));
            if breach {
                orders.duplicates.hold(place, Rule::DuplicateOrder, "");
            }
        }
    }
    Ok(())
}

/// The duplicates of a key that moved off its page.
pub(super) fn duplicates<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    orders: &mut Orders,
    root: PageNo,
    place: Place,
) -> Result<()> {
    if !tree.meta.has_duplicates() {
        check.broken(
            place,
            Rule::UnexpectedDuplicates,
            format!("page {root}"),
            "",
        );
    }
    if is_chain(check, root)? {
        return chain(check, root, place);
    }
    let role = if tree.meta.has_sorted_duplicates() {
        Role::SortedDuplicates
    } else {
        Role::UnsortedDuplicates
    };
    tree::check(check, Tree { role, ..tree }, orders, root, place)
}

/// Whether a page begins a chain of duplicates, as up to 3.0.
fn is_chain<S: PageSource>(check: &Check<'_, S>, root: PageNo) -> Result<bool> {
    if check.state(root) != State::Sound {
        return Ok(false);
    }
    match check.pages().page(root, Place::FILE) {
        Ok(page) => Ok(page.view().header.is(PageType::DuplicateChain)),
        // Reported where the page is entered.
        Err(Error::Format(_)) => Ok(false),
        Err(other) => Err(other),
    }
}

fn chain<S: PageSource>(check: &mut Check<'_, S>, first: PageNo, place: Place) -> Result<()> {
    let (mut referrer, mut before, mut pgno) = (place, NO_PAGE, first);
    while pgno != NO_PAGE {
        if !check.claim(pgno, referrer) {
            return Ok(());
        }
        let Some(page) = check.walkable(pgno)? else {
            return Ok(());
        };
        let view = page.view();
        let at = Place::page(pgno);
        if !view.header.is(PageType::DuplicateChain) {
            check.broken(at, Rule::PageType, type_of(&view.header), "1");
            return Ok(());
        }
        if view.header.prev != before {
            let found = format!("previous page {}", view.header.prev);
            check.broken(at, Rule::LeafLink, found, before.to_string());
        }
        for slot in 0..view.header.entries {
            refer(check, item(&view, slot), Place::slot(pgno, slot))?;
        }
        (referrer, before, pgno) = (at, pgno, view.header.next);
    }
    Ok(())
}

/// A leaf of a recno database or of duplicates: one item a record.
fn singles<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    orders: &mut Orders,
    view: &PageView<'_>,
    bounds: Bounds,
) -> Result<Count> {
    let pgno = view.header.pgno;
    let entries = view.header.entries;
    let mut count = Count::NONE;
    let (mut compared, mut breaches) = (0_u64, 0_u64);
    let mut last = None;
    for slot in 0..entries {
        let place = Place::slot(pgno, slot);
        let item = item(view, slot);
        refer(check, item, place)?;
        count.all = count.all.saturating_add(1);
        count.live = count.live.saturating_add(u64::from(!is_deleted(item)));
        if tree.role == Role::Recno {
            fixed_length(check, tree, item, place);
        }
        if tree.role != Role::SortedDuplicates {
            continue;
        }
        let Some(key) = keys::of_item(check, item)? else {
            continue;
        };
        let tally = &mut orders.duplicates;
        if slot == 0 {
            keys::within(check, tally, (&key, place), bounds.low, Side::Low)?;
        }
        if slot == entries.saturating_sub(1) {
            keys::within(check, tally, (&key, place), bounds.high, Side::High)?;
        }
        if let Some(last) = &last {
            compared = compared.saturating_add(1);
            if *last >= key {
                breaches = breaches.saturating_add(1);
                tally.hold(place, Rule::DuplicateOrder, "");
            }
        }
        last = Some(key);
    }
    orders.duplicates.page(compared, breaches);
    Ok(count)
}

/// A record of fixed length has that length.
fn fixed_length<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    item: Option<LeafItem<'_>>,
    place: Place,
) {
    // 2.x leaves the length 0 on the metadata page (seen: 2.7.7).
    let Some(right) = tree.meta.fixed_length().filter(|len| *len != 0) else {
        return;
    };
    let len = match item {
        Some(LeafItem { deleted: true, .. }) | None => return,
        Some(LeafItem { content, .. }) => match content {
            Item::Inline(bytes) => u32::try_from(bytes.len()).unwrap_or(u32::MAX),
            Item::Overflow { len, .. } => len,
            Item::Duplicates { .. } => return,
        },
    };
    if len != right {
        check.broken(
            place,
            Rule::RecordLength,
            len.to_string(),
            right.to_string(),
        );
    }
}

/// Follows the overflow chain of an item, if it has one.
fn refer<S: PageSource>(
    check: &mut Check<'_, S>,
    item: Option<LeafItem<'_>>,
    place: Place,
) -> Result<()> {
    match item.map(|item| item.content) {
        Some(Item::Overflow { first, len }) => {
            chains::refer(check, (first, len), place, Referrer::Leaf)
        }
        _ => Ok(()),
    }
}

fn is_deleted(item: Option<LeafItem<'_>>) -> bool {
    item.is_some_and(|item| item.deleted)
}

/// The item of a slot. Pages with items that cannot be read are not walked.
fn item<'a>(view: &PageView<'a>, slot: u16) -> Option<LeafItem<'a>> {
    leaf_item(view.layout, view.bytes, view.item_offset(slot)?).ok()
}
