//! The items of a btree, recno or duplicate page: each by itself, and that
//! together they fill the item area.

use std::borrow::Cow;

use crate::error::{Place, Rule};
use crate::layout::{
    BadItem, Item, OFF_PAGE_ITEM, PageType, PageView, RECNO_INTERNAL_ITEM, align4,
    internal_item_len, leaf_item, leaf_item_len,
};
use crate::read::leaf::mend_key_lengths;
use crate::read::walk::{Notes, Walk};
use crate::source::PageSource;
use crate::verify::alone;
use crate::verify::check::{Check, State};

/// Where an item stands in its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    start: usize,
    end: usize,
    slot: u16,
}

/// Checks a page whose items are found through the index array.
pub(super) fn check<S: PageSource>(
    check: &mut Check<'_, S>,
    kind: PageType,
    view: &PageView<'_>,
) -> State {
    if !alone::index_fits(check, view) {
        return State::Broken;
    }
    let mended = mended(check, view);
    let view = &PageView {
        bytes: &mended,
        ..*view
    };
    let entries = view.header.entries;
    let pgno = view.header.pgno;
    let mut state = State::Sound;
    if kind == PageType::BtreeLeaf && !entries.is_multiple_of(2) {
        check.broken(Place::page(pgno), Rule::OddEntries, entries.to_string(), "");
        state = State::Broken;
    }
    if entries == 0 && matches!(kind, PageType::BtreeInternal | PageType::RecnoInternal) {
        check.broken(Place::page(pgno), Rule::EmptyInternal, "", "");
        state = State::Broken;
    }
    let mut spans = Vec::with_capacity(usize::from(entries));
    let mut last_key = None;
    for slot in 0..entries {
        match span(check, kind, view, slot) {
            // The keys of a set of duplicates are one item. Without the others
            // the items of most pages stand in the order of their slots, which
            // need not be sorted.
            Some(span) if is_key(kind, slot) && last_key == Some(span.start) => {}
            Some(span) => {
                if is_key(kind, slot) {
                    last_key = Some(span.start);
                }
                spans.push(span);
            }
            None => state = State::Broken,
        }
    }
    if state == State::Sound && !area(check, kind, view, spans) {
        state = State::Broken;
    }
    state
}

/// Whether a slot of a page is that of a key with data.
fn is_key(kind: PageType, slot: u16) -> bool {
    kind == PageType::BtreeLeaf && slot.is_multiple_of(2)
}

/// The bytes of a page with what 2.x wrote wrong put right. In a later version
/// it is damage that an upgrade left: what can be read is not sound for that.
pub(super) fn mended<'a, S: PageSource>(
    check: &Check<'_, S>,
    view: &PageView<'a>,
) -> Cow<'a, [u8]> {
    let may_be_wrong = check.file.meta().is_first_generation();
    if !may_be_wrong || !view.header.is(PageType::BtreeLeaf) {
        return Cow::Borrowed(view.bytes);
    }
    let walk = Walk {
        pages: check.pages(),
        claims: &check.claims,
        meta: check.file.meta(),
        notes: &Notes::default(),
    };
    mend_key_lengths(walk, view)
}

/// The bytes that the item of a slot takes; `None` when it cannot be read.
fn span<S: PageSource>(
    check: &mut Check<'_, S>,
    kind: PageType,
    view: &PageView<'_>,
    slot: u16,
) -> Option<Span> {
    let place = Place::slot(view.header.pgno, slot);
    let start = view.item_offset(slot).unwrap_or_default();
    if start < view.index_end() {
        let expected = format!("{} or more", view.index_end());
        check.broken(place, Rule::ItemBounds, format!("offset {start}"), expected);
        return None;
    }
    if !start.is_multiple_of(4) {
        check.broken(place, Rule::ItemAlignment, format!("offset {start}"), "");
    }
    match size(check, kind, view, slot, start) {
        Ok(size) if start.saturating_add(size) <= view.bytes.len() => Some(Span {
            start,
            end: start.saturating_add(align4(size)),
            slot,
        }),
        Ok(size) => {
            let found = format!("offset {start}, {size} bytes");
            check.broken(place, Rule::ItemBounds, found, "");
            None
        }
        Err(BadItem::Bounds { offset, len }) => {
            let found = format!("offset {offset}, {len} bytes");
            check.broken(place, Rule::ItemBounds, found, "");
            None
        }
        Err(BadItem::Type(found)) => {
            check.broken(place, Rule::ItemType, format!("{found:#04x}"), "");
            None
        }
        Err(BadItem::Blob) => {
            check.broken(place, Rule::Blob, "", "");
            None
        }
    }
}

/// Bytes of the item at `start`, without filling.
fn size<S: PageSource>(
    check: &mut Check<'_, S>,
    kind: PageType,
    view: &PageView<'_>,
    slot: u16,
    start: usize,
) -> Result<usize, BadItem> {
    let place = Place::slot(view.header.pgno, slot);
    match kind {
        PageType::RecnoInternal => Ok(RECNO_INTERNAL_ITEM),
        PageType::BtreeInternal => {
            let item = crate::layout::internal_item(view.layout, view.bytes, start)?;
            if item.deleted {
                check.broken(place, Rule::Deleted, "", "");
            }
            if item.overflow.is_some() && item.key.len() != OFF_PAGE_ITEM {
                let found = format!("a reference of {} bytes", item.key.len());
                check.broken(place, Rule::ItemType, found, OFF_PAGE_ITEM.to_string());
            }
            Ok(internal_item_len(item.key.len()))
        }
        _ => {
            let item = leaf_item(view.layout, view.bytes, start)?;
            // In a recno database a deleted record is an empty place.
            if item.deleted && kind != PageType::RecnoLeaf {
                check.broken(place, Rule::Deleted, "", "");
            }
            let key = is_key(kind, slot);
            match item.content {
                Item::Inline(bytes) => Ok(leaf_item_len(bytes.len())),
                Item::Overflow { .. } => Ok(OFF_PAGE_ITEM),
                Item::Duplicates { .. } => {
                    if key || kind != PageType::BtreeLeaf {
                        let found = "duplicates in the place of a key or of a duplicate";
                        check.broken(place, Rule::ItemType, found, "");
                    }
                    Ok(OFF_PAGE_ITEM)
                }
            }
        }
    }
}

/// Checks that the items fill the area from its stated beginning to the end of
/// the page, each byte once. Only keys of a set of duplicates share an item.
/// Whether none lies over another.
fn area<S: PageSource>(
    check: &mut Check<'_, S>,
    kind: PageType,
    view: &PageView<'_>,
    mut spans: Vec<Span>,
) -> bool {
    spans.sort_unstable();
    let mut sound = true;
    let mut last: Option<Span> = None;
    for span in spans {
        let place = Place::slot(view.header.pgno, span.slot);
        match last {
            None => alone::item_area(check, view, span.start),
            Some(last) if last.start == span.start => {
                if !(is_key(kind, last.slot) && is_key(kind, span.slot)) {
                    let found = format!("the same item as slot {}", last.slot);
                    check.broken(place, Rule::ItemOverlap, found, "");
                    sound = false;
                }
            }
            Some(last) if last.end > span.start => {
                let found = format!(
                    "it begins at {}, slot {} ends at {}",
                    span.start, last.slot, last.end
                );
                check.broken(place, Rule::ItemOverlap, found, "");
                sound = false;
            }
            Some(last) if last.end < span.start => {
                let found = format!("{} to {}", last.end, span.start);
                check.broken(place, Rule::ItemGap, found, "");
            }
            Some(_) => {}
        }
        last = Some(span);
    }
    let len = check.page_len();
    match last {
        None => alone::item_area(check, view, len),
        Some(last) if last.end < len => {
            let found = format!("{} to the end of the page", last.end);
            check.broken(Place::page(view.header.pgno), Rule::ItemGap, found, "");
        }
        Some(_) => {}
    }
    sound
}
