//! What is still left on free pages. A page that is freed keeps its bytes but
//! for the header, so its index array may still lead to its items; where the
//! items were deleted one by one before that, only some of them are left, at
//! places that nothing names any more.

use crate::layout::{INDEX_ENTRY, Item, PageNo, PageView, align4, leaf_item};
use crate::salvage::duplicates::Owner;
use crate::salvage::passes::Work;
use crate::salvage::record::{Origin, Salvaged, State};
use crate::source::PageSource;

use crate::error::Place;

impl<S: PageSource> Work<'_, S> {
    /// Gives out what looks like items on a free page.
    pub(super) fn freed_page<E: From<crate::Error>>(
        &mut self,
        pgno: PageNo,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let pages = self.pages;
        let Ok(bytes) = pages.raw(pgno) else {
            return Ok(());
        };
        let Some(view) = self.view(&bytes) else {
            return Ok(());
        };
        let pairs = indexed_pairs(&view);
        for (slot, key, value) in &pairs {
            let place = Place::slot(pgno, *slot);
            let key = Owner::Key(Some(key));
            self.value(key, value, None, place, Origin::FreePage, each)?;
        }
        if !pairs.is_empty() {
            return Ok(());
        }
        for (index, value) in bare_items(&view).into_iter().enumerate() {
            let record = Salvaged {
                key: None,
                value,
                number: None,
                page: pgno,
                slot: u16::try_from(index).unwrap_or(u16::MAX),
                state: State::Loose,
                origin: Origin::FreePage,
            };
            self.give(record, each)?;
        }
        Ok(())
    }
}

/// The bytes of an item in the page, and where it ends.
fn item<'a>(view: &PageView<'a>, offset: usize) -> Option<(Item<'a>, usize)> {
    if !offset.is_multiple_of(4) {
        return None;
    }
    let item = leaf_item(view.layout, view.bytes, offset).ok()?;
    let end = offset.checked_add(item.content.size())?;
    Some((item.content, align4(end)))
}

/// The pairs that an index array of unknown length leads to: as long as its
/// entries lead to items that lie side by side up to the end of the page.
fn indexed_pairs<'a>(view: &PageView<'a>) -> Vec<(u16, &'a [u8], &'a [u8])> {
    let header = view.layout.header_size();
    let mut found: Vec<(Item<'a>, usize)> = Vec::new();
    let mut at = header;
    let mut lowest = view.bytes.len();
    let mut slot = 0_usize;
    while at.saturating_add(INDEX_ENTRY) <= lowest {
        let Some(offset) = view.layout.endian.u16(view.bytes, at).map(usize::from) else {
            break;
        };
        // Only keys are shared, and by neighbours.
        let before = slot.checked_sub(2).and_then(|before| found.get(before));
        let known = slot.is_multiple_of(2) && before.is_some_and(|(_, start)| *start == offset);
        let behind = offset >= at.saturating_add(INDEX_ENTRY);
        let Some((content, end)) = item(view, offset).filter(|_| behind) else {
            break;
        };
        if !known {
            if end != lowest {
                break;
            }
            lowest = offset;
        }
        found.push((content, offset));
        at = at.saturating_add(INDEX_ENTRY);
        slot = slot.saturating_add(1);
    }
    let mut pairs = Vec::new();
    let mut slots = found.iter();
    let mut slot = 1_u16;
    while let (Some((key, ..)), Some((value, ..))) = (slots.next(), slots.next()) {
        if let (Item::Inline(key), Item::Inline(value)) = (key, value) {
            pairs.push((slot, *key, *value));
        }
        slot = slot.saturating_add(2);
    }
    pairs
}

/// Items without index: what lies side by side up to the end of the page, or a
/// run of at least two that do.
fn bare_items<'a>(view: &PageView<'a>) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    let mut at = align4(view.layout.header_size());
    while at < view.bytes.len() {
        let next = item(view, at).filter(|(_, end)| {
            *end == view.bytes.len() || item(view, *end).is_some_and(|(_, after)| after > *end)
        });
        match next {
            Some((Item::Inline(value), end)) if !value.is_empty() => {
                found.push(value);
                at = end;
            }
            Some((Item::Overflow { .. } | Item::Duplicates { .. }, end)) => at = end,
            _ => at = at.saturating_add(4),
        }
    }
    found
}
