//! Duplicates of one key that moved to a tree of their own.

use crate::error::{Place, Result, Rule};
use crate::layout::{Item, LeafItem, NO_PAGE, PageNo, leaf_item};
use crate::read::claims::Claims;
use crate::read::overflow;
use crate::read::pages::Pages;
use crate::read::tree::{self, TreeKind};
use crate::source::PageSource;

/// Visits the data items of a duplicate tree in order: page and slot, and the
/// bytes. Returns how many deleted items were passed over.
pub(crate) fn visit<S: PageSource, E: From<crate::Error>>(
    pages: &Pages<S>,
    claims: &Claims,
    kind: TreeKind,
    root: PageNo,
    referrer: Place,
    mut each: impl FnMut(PageNo, u16, &[u8]) -> std::result::Result<(), E>,
) -> std::result::Result<u64, E> {
    let tree::Leaves {
        pages: leaves,
        key_chains,
    } = tree::leaves(pages, claims, kind, root, referrer)?;
    let mut deleted = 0;
    let mut long = Vec::new();
    for (index, &pgno) in leaves.iter().enumerate() {
        let page = pages.page(pgno, referrer)?;
        let view = page.view();
        tree::check_leaf(pages, kind, &view, neighbours(&leaves, index))?;
        for slot in 0..view.header.entries {
            let place = Place::slot(pgno, slot);
            match item(pages, &view, place, slot)? {
                LeafItem {
                    deleted: true,
                    content,
                } => {
                    deleted += 1;
                    if let Item::Overflow { first, .. } = content {
                        overflow::claim_chain(pages, claims, first);
                    }
                }
                LeafItem { content, .. } => match content {
                    Item::Inline(bytes) => each(pgno, slot, bytes)?,
                    Item::Overflow { first, len } => {
                        overflow::read_chain(pages, claims, (first, len), place, &mut long)?;
                        each(pgno, slot, &long)?;
                    }
                    Item::Duplicates { .. } => {
                        let found = "duplicates of a duplicate";
                        return Err(pages.broken(place, Rule::ItemType, found).into());
                    }
                },
            }
        }
    }
    for (first, _) in key_chains {
        overflow::claim_chain(pages, claims, first);
    }
    Ok(deleted)
}

/// Claims the pages of a duplicate tree whose records nobody needs: that of a
/// deleted item. What is broken in it costs no record.
pub(crate) fn claim_tree<S: PageSource>(
    pages: &Pages<S>,
    claims: &Claims,
    kind: TreeKind,
    root: PageNo,
    referrer: Place,
) {
    // The walk itself claims whatever it gets to.
    let _ = visit(pages, claims, kind, root, referrer, |_, _, _| {
        Ok::<_, crate::Error>(())
    });
}

/// The leaves before and after the one at `index`.
pub(crate) fn neighbours(leaves: &[PageNo], index: usize) -> (PageNo, PageNo) {
    let at = |index: Option<usize>| {
        index
            .and_then(|index| leaves.get(index))
            .copied()
            .unwrap_or(NO_PAGE)
    };
    (at(index.checked_sub(1)), at(index.checked_add(1)))
}

/// Reads one leaf item.
pub(crate) fn item<'a, S: PageSource>(
    pages: &Pages<S>,
    view: &crate::layout::PageView<'a>,
    place: Place,
    slot: u16,
) -> Result<LeafItem<'a>> {
    tree::item_offset(view, slot)
        .and_then(|offset| leaf_item(view.layout.endian, view.bytes, offset))
        .map_err(|bad| tree::bad_item(pages, place, bad))
}
