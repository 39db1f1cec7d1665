//! What old libraries are known to have written wrong, recognised so that it
//! can be read right. `docs/format.md` lists them.

use crate::layout::{ITEM_TYPE, Meta, PageType, PageView, align4, leaf_item_len};
use crate::read::pages::Pages;
use crate::source::PageSource;

/// Pages looked at before a judgement on a whole file.
const TRIED: u32 = 64;

/// Whether no page has a right checksum: a mistake of the library that wrote
/// the file (4.1.25 in foreign byte order), where damage would spare some.
pub(super) fn checksums_all_wrong<S: PageSource>(pages: &Pages<S>) -> bool {
    let mut tried = 0_u32;
    for pgno in 1..pages.count().min(TRIED) {
        let Ok(bytes) = pages.raw(pgno) else {
            return false;
        };
        // A hole has no checksum.
        if bytes.iter().all(|byte| *byte == 0) {
            continue;
        }
        match pages.layout().checksums_of(&bytes) {
            Some((stored, right)) if stored != right => tried = tried.saturating_add(1),
            _ => return false,
        }
    }
    tried > 0
}

/// Whether the type bytes of a btree are laid out as bit fields the other way
/// round, as up to 2.3.4; an upgrade in place leaves them so. A key is stored in the page or in an overflow chain: types 1 and
/// 3, or as bit fields 2 and 6. One key of type 1 or one of type 6 decides.
pub(super) fn has_bit_fields<S: PageSource>(pages: &Pages<S>, meta: &Meta) -> bool {
    meta.btree().is_some() && !meta.is_recno() && has_shifted_types(pages)
}

/// The same for a file whose kind is not known.
pub(crate) fn has_shifted_types<S: PageSource>(pages: &Pages<S>) -> bool {
    let mut shifted = false;
    for pgno in 1..pages.count().min(TRIED) {
        let Ok(bytes) = pages.raw(pgno) else {
            return false;
        };
        let Some(view) = PageView::parse(pages.layout(), &bytes) else {
            return false;
        };
        // Keys stand in every slot of an internal page, in every other one of a
        // leaf. The root, page 1, is one or the other.
        let step = match PageType::of(view.header.page_type) {
            Some(PageType::BtreeInternal) => 1,
            Some(PageType::BtreeLeaf) => 2,
            _ => continue,
        };
        for slot in (0..view.header.entries).step_by(step) {
            let at = view.item_offset(slot).unwrap_or_default();
            match bytes.get(at.saturating_add(ITEM_TYPE)) {
                Some(1 | 0x81) => return false,
                Some(2 | 6) => shifted = true,
                _ => {}
            }
        }
    }
    shifted
}

/// Where the items of a page are.
pub(super) struct Items {
    /// Ascending.
    offsets: Vec<usize>,
    end: usize,
}

impl Items {
    pub(super) fn of(view: &PageView<'_>) -> Self {
        let mut offsets: Vec<usize> = (0..view.header.entries)
            .filter_map(|slot| view.item_offset(slot))
            .collect();
        offsets.sort_unstable();
        Self {
            offsets,
            end: view.bytes.len(),
        }
    }

    /// Where the item that follows the one at `offset` in memory begins.
    pub(super) fn after(&self, offset: usize) -> usize {
        let at = self.offsets.partition_point(|other| *other <= offset);
        self.offsets.get(at).copied().unwrap_or(self.end)
    }
}

/// The right length of a key in the page at `offset`, where 2.x may have
/// written it in the other byte order: `None` where it is as it should be. The
/// next item in memory begins at `next`.
///
/// 2.x swaps the length of a shared key once for each duplicate, so in a file
/// of foreign order it comes out wrong where their number is even. The item
/// that follows in memory begins where the key ends: that decides.
pub(crate) fn key_length_before(view: &PageView<'_>, offset: usize, next: usize) -> Option<u16> {
    let stored = view.layout.endian.u16(view.bytes, offset)?;
    let swapped = stored.swap_bytes();
    (key_end(offset, stored) != next && key_end(offset, swapped) == next).then_some(swapped)
}

/// Whether a key at `offset` ends within the page if its length is in the other
/// byte order: only then can it be so.
pub(super) fn key_length_may_be_swapped(view: &PageView<'_>, offset: usize) -> bool {
    let stored = view.layout.endian.u16(view.bytes, offset);
    stored.is_some_and(|stored| key_end(offset, stored.swap_bytes()) <= view.bytes.len())
}

/// Where a key in the page ends, with what fills it up.
fn key_end(offset: usize, len: u16) -> usize {
    align4(offset.saturating_add(leaf_item_len(len.into())))
}
