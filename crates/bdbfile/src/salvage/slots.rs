//! The items of one page, each with a judgement of its own: a damaged one does
//! not take its neighbours along.

use std::borrow::Cow;

use crate::layout::{
    BadItem, DuplicateSet, HashItem, Item, LeafItem, PageNo, PageView, hash_item, leaf_item,
};
use crate::read::quirks;

/// What an item holds, on whatever kind of page.
#[derive(Debug, Clone, Copy)]
pub(super) enum Field<'a> {
    Inline(&'a [u8]),
    Chain(PageNo, u32),
    Set(DuplicateSet<'a>),
    Duplicates(PageNo),
}

/// The items of a btree, recno or duplicate page.
pub(super) struct Slots<'a> {
    view: PageView<'a>,
    /// Where items begin, ascending, each place once.
    offsets: Vec<usize>,
}

impl<'a> Slots<'a> {
    pub(super) fn new(view: PageView<'a>) -> Self {
        let mut offsets: Vec<usize> = (0..view.header.entries)
            .filter_map(|slot| view.item_offset(slot))
            .filter(|offset| *offset >= view.index_end())
            .collect();
        offsets.sort_unstable();
        offsets.dedup();
        Self { view, offsets }
    }

    /// The item of a slot; none that reaches into the next one, or that begins
    /// in the header or index array.
    pub(super) fn item(&self, slot: u16) -> Result<(LeafItem<'a>, usize), BadItem> {
        let offset = self.view.item_offset(slot).unwrap_or_default();
        let out = BadItem::Bounds { offset, len: 0 };
        let index = self.offsets.binary_search(&offset).map_err(|_| out)?;
        let item = leaf_item(self.view.layout, self.view.bytes, offset)?;
        let len = item.content.size();
        match self.offsets.get(index.saturating_add(1)) {
            Some(next) if offset.saturating_add(len) > *next => {
                Err(BadItem::Bounds { offset, len })
            }
            _ => Ok((item, offset)),
        }
    }
}

impl<'a> From<Item<'a>> for Field<'a> {
    fn from(item: Item<'a>) -> Self {
        match item {
            Item::Inline(bytes) => Self::Inline(bytes),
            Item::Overflow { first, len } => Self::Chain(first, len),
            Item::Duplicates { root } => Self::Duplicates(root),
        }
    }
}

/// The page with the lengths of its keys in the file's order, where 2.x may
/// have left some in the other, and whether there were any.
pub(super) fn mend_key_lengths<'a>(view: &PageView<'a>) -> (Cow<'a, [u8]>, bool) {
    let mut bytes = Cow::Borrowed(view.bytes);
    let offsets = Slots::new(*view).offsets;
    let mut mended = false;
    let mut slot = 0;
    while slot < view.header.entries {
        let Some(offset) = view.item_offset(slot) else {
            break;
        };
        // Duplicates that share a key stand side by side.
        let mut sharers = 0_u16;
        while slot < view.header.entries && view.item_offset(slot) == Some(offset) {
            sharers = sharers.saturating_add(1);
            slot = slot.saturating_add(2);
        }
        if !sharers.is_multiple_of(2) {
            continue;
        }
        let Ok(index) = offsets.binary_search(&offset) else {
            continue;
        };
        let next = offsets.get(index.saturating_add(1)).copied();
        let next = next.unwrap_or(view.bytes.len());
        if let Some(len) = quirks::key_length_before(view, offset, next) {
            mended = true;
            view.layout.endian.put_u16(bytes.to_mut(), offset, len);
        }
    }
    (bytes, mended)
}

/// The item of a slot of a hash page. An item has no length but the place of
/// the one before it, so it is only believed where the places around it fall.
pub(super) fn hash_slot<'a>(view: &PageView<'a>, slot: u16) -> Result<Field<'a>, BadItem> {
    let len = view.bytes.len();
    let at = |slot: Option<u16>| slot.and_then(|slot| view.item_offset(slot));
    let start = at(Some(slot)).unwrap_or_default();
    let end = at(slot.checked_sub(1)).unwrap_or(len);
    let beyond = at(slot.checked_sub(2)).unwrap_or(len.saturating_add(1));
    let below = at(slot.checked_add(1)).unwrap_or(view.index_end());
    let after_end = end < beyond || slot == 0;
    let is_last = slot.saturating_add(1) >= view.header.entries;
    let falls = (below < start || is_last) && start < end && end <= len && after_end;
    if start < view.index_end() || !falls {
        return Err(BadItem::Bounds {
            offset: start,
            len: end.saturating_sub(start),
        });
    }
    Ok(
        match hash_item(view.layout.endian, view.bytes, start, end)? {
            HashItem::Inline(bytes) => Field::Inline(bytes),
            HashItem::Duplicates(set) => Field::Set(set),
            HashItem::Overflow { first, len } => Field::Chain(first, len),
            HashItem::OffPageDuplicates { root } => Field::Duplicates(root),
        },
    )
}
