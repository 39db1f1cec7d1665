//! Duplicates of one key that moved off the key's page: to a tree of their own,
//! or up to 3.0 to a chain of pages.

use crate::error::{Place, Result, Rule};
use crate::layout::{Item, LeafItem, NO_PAGE, PageNo, PageType, PageView, leaf_item};
use crate::read::overflow;
use crate::read::pages::Pages;
use crate::read::record::Record;
use crate::read::tree::{self, TreeKind};
use crate::read::walk::Walk;
use crate::source::PageSource;

/// Visits the data items of a set of duplicates in order: page and slot, and
/// the bytes.
pub(crate) fn visit<S: PageSource, E: From<crate::Error>>(
    walk: Walk<'_, S>,
    root: PageNo,
    referrer: Place,
    mut each: impl FnMut(PageNo, u16, &[u8]) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let first = walk.pages.page(root, referrer)?.view().header;
    if first.is(PageType::DuplicateChain) {
        return visit_chain(walk, root, referrer, &mut each);
    }
    let kind = if walk.meta.has_sorted_duplicates() {
        TreeKind::SORTED_DUPLICATES
    } else {
        TreeKind::UNSORTED_DUPLICATES
    };
    let tree::Leaves {
        pages: leaves,
        key_chains,
    } = tree::leaves(walk, kind, root, referrer, usize::MAX)?;
    let mut long = Vec::new();
    for index in 0..leaves.len() {
        let [prev, pgno, next] = leaves.around(index);
        let page = walk.pages.page(pgno, referrer)?;
        let view = page.view();
        tree::check_leaf(walk.pages, kind, &view, (prev, next))?;
        visit_items(walk, &view, &mut long, &mut each)?;
    }
    for (first, _) in key_chains {
        overflow::claim_chain(walk, first);
    }
    Ok(())
}

/// Visits the records of a key whose data moved off its page. `first` has the
/// key, and whether the first of them repeats the key of a record before it.
pub(crate) fn visit_records<S: PageSource, E: From<crate::Error>>(
    walk: Walk<'_, S>,
    root: PageNo,
    referrer: Place,
    first: Record<'_>,
    each: &mut impl FnMut(Record<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let mut repeats_key = first.repeats_key;
    visit(walk, root, referrer, |page, slot, value| {
        let record = Record {
            value,
            page,
            slot,
            repeats_key,
            ..first
        };
        repeats_key = true;
        each(record)
    })
}

/// Claims the pages of duplicates whose records nobody needs: those of a
/// deleted item. What is broken in it costs no record.
pub(crate) fn claim<S: PageSource>(walk: Walk<'_, S>, root: PageNo, referrer: Place) {
    // The walk itself claims whatever it gets to.
    let _ = visit(walk, root, referrer, |_, _, _| Ok::<_, crate::Error>(()));
}

fn visit_chain<S: PageSource, E: From<crate::Error>>(
    walk: Walk<'_, S>,
    first: PageNo,
    referrer: Place,
    each: &mut impl FnMut(PageNo, u16, &[u8]) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let mut long = Vec::new();
    let mut referrer = referrer;
    let mut pgno = first;
    while pgno != NO_PAGE {
        let page = walk.pages.page(pgno, referrer)?;
        let view = page.view();
        if !view.header.is(PageType::DuplicateChain) {
            let found = format!("type {} in a chain of duplicates", view.header.page_type);
            return Err(walk
                .pages
                .broken(Place::page(pgno), Rule::PageType, found)
                .into());
        }
        tree::claim(walk, pgno, referrer)?;
        tree::check_index(walk.pages, &view)?;
        visit_items(walk, &view, &mut long, each)?;
        referrer = Place::page(pgno);
        pgno = view.header.next;
    }
    Ok(())
}

/// Visits the items of a page that are not pairs.
fn visit_items<S: PageSource, E: From<crate::Error>>(
    walk: Walk<'_, S>,
    view: &PageView<'_>,
    long: &mut Vec<u8>,
    each: &mut impl FnMut(PageNo, u16, &[u8]) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let pgno = view.header.pgno;
    for slot in 0..view.header.entries {
        let place = Place::slot(pgno, slot);
        let LeafItem { deleted, content } = item(walk.pages, view, place, slot)?;
        if deleted {
            walk.notes.deleted();
            if let Item::Overflow { first, .. } = content {
                overflow::claim_chain(walk, first);
            }
            continue;
        }
        match content {
            Item::Inline(bytes) => each(pgno, slot, bytes)?,
            Item::Overflow { first, len } => {
                overflow::read_chain(walk, (first, len), place, long)?;
                each(pgno, slot, long)?;
            }
            Item::Duplicates { .. } => {
                let found = "duplicates of a duplicate";
                return Err(walk.pages.broken(place, Rule::ItemType, found).into());
            }
        }
    }
    Ok(())
}

/// Reads one leaf item.
pub(crate) fn item<'a, S: PageSource>(
    pages: &Pages<S>,
    view: &PageView<'a>,
    place: Place,
    slot: u16,
) -> Result<LeafItem<'a>> {
    tree::item_offset(view, slot)
        .and_then(|offset| leaf_item(view.layout, view.bytes, offset))
        .map_err(|bad| tree::bad_item(pages, place, bad))
}
