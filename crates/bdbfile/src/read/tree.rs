//! From a root down to the list of leaves.

use crate::error::{Error, Place, Result, Rule};
use crate::layout::{BadItem, PageNo, PageType, PageView, internal_child, recno_child};
use crate::read::page_list::PageList;
use crate::read::pages::Pages;
use crate::read::walk::Walk;
use crate::source::PageSource;

/// Which page types a tree is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TreeKind {
    pub(crate) internal: PageType,
    pub(crate) leaf: PageType,
}

impl TreeKind {
    /// The tree of a btree database.
    pub(crate) const BTREE: Self = Self {
        internal: PageType::BtreeInternal,
        leaf: PageType::BtreeLeaf,
    };
    /// The tree of a recno database.
    pub(crate) const RECNO: Self = Self {
        internal: PageType::RecnoInternal,
        leaf: PageType::RecnoLeaf,
    };
    /// A tree of sorted duplicates of one key.
    pub(crate) const SORTED_DUPLICATES: Self = Self {
        internal: PageType::BtreeInternal,
        leaf: PageType::DuplicateLeaf,
    };
    /// A tree of unsorted duplicates of one key.
    pub(crate) const UNSORTED_DUPLICATES: Self = Self {
        internal: PageType::RecnoInternal,
        leaf: PageType::RecnoLeaf,
    };
}

/// What a walk down a tree brought.
#[derive(Debug, Default)]
pub(crate) struct Leaves {
    /// The leaves in key order. Each is claimed; none has been read yet but
    /// the root.
    pub(crate) pages: PageList,
    /// Overflow chains of keys on internal pages: first page, length.
    pub(crate) key_chains: Vec<(PageNo, u32)>,
}

/// Lists the leaves below `root` in key order: whole levels at a time, each
/// level one below the last, so that the walk has at most 255 steps down and
/// claims each page once. Of each level no more than the first `most` are
/// listed.
pub(crate) fn leaves<S: PageSource>(
    walk: Walk<'_, S>,
    kind: TreeKind,
    root: PageNo,
    referrer: Place,
    most: usize,
) -> Result<Leaves> {
    let pages = walk.pages;
    claim(walk, root, referrer)?;
    let mut level = pages.page(root, referrer)?.view().header.level;
    pages.meter().depth(pages.name(), level)?;
    let mut found = Leaves {
        pages: PageList::of(root),
        key_chains: Vec::new(),
    };
    let mut parent = referrer;
    while level > 1 {
        let mut below = PageList::default();
        for pgno in found.pages.iter() {
            if below.len() >= most {
                break;
            }
            let page = pages.page(pgno, parent)?;
            let view = page.view();
            check_internal(pages, kind, &view, level)?;
            if below.len() == 0 {
                // As if all pages had as many entries as the first.
                let expected = usize::from(view.header.entries).saturating_mul(found.pages.len());
                below = PageList::with_room(expected.min(pages.count() as usize).min(most));
            }
            let left = most.saturating_sub(below.len());
            for slot in (0..view.header.entries).take(left) {
                let place = Place::slot(pgno, slot);
                let (child, chain) =
                    child(kind, &view, slot).map_err(|bad| bad_item(pages, place, bad))?;
                claim(walk, child, place)?;
                below.push(child);
                found.key_chains.extend(chain);
            }
            parent = Place::page(pgno);
        }
        found.pages = below;
        level = level.saturating_sub(1);
    }
    Ok(found)
}

/// Reads a leaf and checks that it is one, and that its neighbours are those
/// of the tree walk: a child lost from an internal page shows here.
pub(crate) fn check_leaf<S: PageSource>(
    pages: &Pages<S>,
    kind: TreeKind,
    view: &PageView<'_>,
    neighbours: (PageNo, PageNo),
) -> Result<()> {
    let header = view.header;
    let place = Place::page(header.pgno);
    if !header.is(kind.leaf) {
        let found = format!("type {}, level {}", header.page_type, header.level);
        return Err(pages.broken(place, Rule::PageType, found));
    }
    if header.level != 1 {
        return Err(pages.broken(place, Rule::Level, header.level.to_string()));
    }
    if (header.prev, header.next) != neighbours {
        let (prev, next) = neighbours;
        let found = format!(
            "the page says {} and {}, the tree {prev} and {next}",
            header.prev, header.next
        );
        return Err(pages.broken(place, Rule::LeafLink, found));
    }
    check_index(pages, view)
}

/// The error for an item that cannot be read.
pub(crate) fn bad_item<S: PageSource>(pages: &Pages<S>, place: Place, bad: BadItem) -> Error {
    match bad {
        BadItem::Bounds { offset, len } => pages.broken(
            place,
            Rule::ItemBounds,
            format!("offset {offset}, {len} bytes"),
        ),
        BadItem::Type(kind) => pages.broken(place, Rule::ItemType, format!("type {kind:#04x}")),
        BadItem::Blob => pages.broken(place, Rule::Blob, ""),
    }
}

fn child(
    kind: TreeKind,
    view: &PageView<'_>,
    slot: u16,
) -> std::result::Result<(PageNo, Option<(PageNo, u32)>), BadItem> {
    let offset = item_offset(view, slot)?;
    match kind.internal {
        PageType::RecnoInternal => {
            let child = recno_child(view.layout.endian, view.bytes, offset)?;
            Ok((child, None))
        }
        _ => internal_child(view.layout, view.bytes, offset),
    }
}

/// Where the item of a slot begins: never inside the header or index array.
pub(crate) fn item_offset(view: &PageView<'_>, slot: u16) -> std::result::Result<usize, BadItem> {
    let offset = view.item_offset(slot).unwrap_or_default();
    if offset < view.index_end() {
        return Err(BadItem::Bounds { offset, len: 0 });
    }
    Ok(offset)
}

/// Checks that a page is an internal one of a tree, at `level`.
pub(crate) fn check_internal<S: PageSource>(
    pages: &Pages<S>,
    kind: TreeKind,
    view: &PageView<'_>,
    level: u8,
) -> Result<()> {
    let header = view.header;
    let place = Place::page(header.pgno);
    if !header.is(kind.internal) {
        let found = format!("type {} at level {level}", header.page_type);
        return Err(pages.broken(place, Rule::PageType, found));
    }
    if header.level != level {
        let found = format!("level {} where the tree is at {level}", header.level);
        return Err(pages.broken(place, Rule::Level, found));
    }
    if header.entries == 0 {
        return Err(pages.broken(place, Rule::EmptyInternal, ""));
    }
    check_index(pages, view)
}

/// Checks that the index array ends within the page.
pub(crate) fn check_index<S: PageSource>(pages: &Pages<S>, view: &PageView<'_>) -> Result<()> {
    if view.index_end() > view.bytes.len() {
        let place = Place::page(view.header.pgno);
        let found = format!("{} entries", view.header.entries);
        return Err(pages.broken(place, Rule::Entries, found));
    }
    Ok(())
}

/// Claims a page for the place that refers to it.
pub(crate) fn claim<S: PageSource>(walk: Walk<'_, S>, pgno: PageNo, referrer: Place) -> Result<()> {
    let pages = walk.pages;
    if pgno >= pages.count() {
        let found = format!("page {pgno} of {}", pages.count());
        return Err(pages.broken(referrer, Rule::PageBeyondEnd, found));
    }
    if !walk.claims.claim(pgno) {
        return Err(pages.broken(referrer, Rule::PageTwice, format!("page {pgno}")));
    }
    Ok(())
}
