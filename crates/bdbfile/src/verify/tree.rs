//! A tree from its root down: levels, kinds of pages, order, counts, the row of
//! leaves, and what its items refer to.

use crate::error::{Place, Result, Rule};
use crate::layout::{Meta, NO_PAGE, PageNo, internal_item, recno_item};
use crate::read::pages::Page;
use crate::read::tree::TreeKind;
use crate::source::PageSource;
use crate::verify::chains::{self, Referrer};
use crate::verify::check::{Check, type_of};
use crate::verify::keys::{self, Bound, Side};
use crate::verify::leaf;
use crate::verify::tally::Tally;

/// What a tree is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// The records of a btree.
    Btree,
    /// The records of a recno database.
    Recno,
    /// The duplicates of one key.
    SortedDuplicates,
    /// The duplicates of one key, in the order they were put.
    UnsortedDuplicates,
}

impl Role {
    const fn kind(self) -> TreeKind {
        match self {
            Self::Btree => TreeKind::BTREE,
            Self::Recno => TreeKind::RECNO,
            Self::SortedDuplicates => TreeKind::SORTED_DUPLICATES,
            Self::UnsortedDuplicates => TreeKind::UNSORTED_DUPLICATES,
        }
    }

    /// Whether internal entries have separators.
    const fn is_ordered(self) -> bool {
        matches!(self, Self::Btree | Self::SortedDuplicates)
    }

    /// Whether internal entries count the records below.
    fn is_counted(self, meta: &Meta) -> bool {
        self != Self::Btree || meta.has_record_numbers()
    }
}

/// The orders of a database that its file does not name.
#[derive(Debug)]
pub(super) struct Orders {
    pub(super) keys: Tally,
    pub(super) duplicates: Tally,
}

impl Orders {
    /// Those of a database. The library itself orders a directory of names.
    pub(super) fn new(meta: &Meta) -> Self {
        let bytewise = meta.pgno == 0 && meta.is_directory();
        Self {
            keys: Tally::new(Rule::KeyOrder, bytewise),
            duplicates: Tally::new(Rule::DuplicateOrder, bytewise),
        }
    }

    /// The order that the keys of a tree are in.
    pub(super) fn of(&mut self, role: Role) -> &mut Tally {
        match role {
            Role::Btree | Role::Recno => &mut self.keys,
            Role::SortedDuplicates | Role::UnsortedDuplicates => &mut self.duplicates,
        }
    }

    /// Whether all were kept.
    pub(super) fn are_kept(&self) -> bool {
        self.keys.is_kept() && self.duplicates.is_kept()
    }

    /// Reports what the orders hold.
    pub(super) fn finish<S>(self, check: &mut Check<'_, S>, at: Place) {
        self.keys.finish(check, at);
        self.duplicates.finish(check, at);
    }
}

/// How many records are below a page, with and without those that are marked
/// deleted; unknown where a page below is broken.
#[derive(Debug, Clone, Copy)]
pub(super) struct Count {
    pub(super) live: u64,
    pub(super) all: u64,
    pub(super) known: bool,
}

impl Count {
    pub(super) const NONE: Self = Self {
        live: 0,
        all: 0,
        known: true,
    };
    const UNKNOWN: Self = Self {
        live: 0,
        all: 0,
        known: false,
    };

    fn add(&mut self, other: Self) {
        self.live = self.live.saturating_add(other.live);
        self.all = self.all.saturating_add(other.all);
        self.known &= other.known;
    }

    /// Whether a stated number is this one.
    fn is(self, stated: u32) -> bool {
        !self.known || (self.live..=self.all).contains(&u64::from(stated))
    }
}

/// A tree to check.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tree<'m> {
    pub(super) meta: &'m Meta,
    pub(super) role: Role,
}

/// Between which separators a page stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bounds {
    pub(super) low: Option<Bound>,
    pub(super) high: Option<Bound>,
}

/// An internal page on the way down.
struct Frame<'f> {
    page: Page<'f>,
    bounds: Bounds,
    /// The entry whose child comes next.
    slot: u16,
    /// Records below the entries before.
    count: Count,
}

/// The end of the row of leaves so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Row {
    /// No leaf yet.
    Empty,
    /// The last leaf and the one it says is next.
    Ends(PageNo, PageNo),
    /// A page is missing: what is next to it is not known.
    Torn,
}

/// A page that a walk comes to: its number, the level it has to have, and
/// between which separators it stands.
pub(super) type Child = (PageNo, Option<u8>, Bounds);

/// What a page of the tree turned out to be.
enum Entered<'f> {
    Leaf(Count),
    Internal(Frame<'f>),
    Broken,
}

/// Checks the tree at `root`.
pub(super) fn check<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    orders: &mut Orders,
    root: PageNo,
    referrer: Place,
) -> Result<()> {
    let mut row = Row::Empty;
    let root = (root, None, Bounds::default());
    walk(check, tree, orders, &mut row, (root, referrer), |_, _| {
        false
    })?;
    finish_row(check, row);
    Ok(())
}

/// Checks what is at and below a page, but for the pages that `passes_over`,
/// and adds its leaves to a row. The walk goes down one level a step, so the
/// pages held on the way are at most 255, and claims each page before it
/// enters it.
pub(super) fn walk<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    orders: &mut Orders,
    row: &mut Row,
    (top, referrer): (Child, Place),
    mut passes_over: impl FnMut(Child, Place) -> bool,
) -> Result<()> {
    let mut path: Vec<Frame<'_>> = Vec::new();
    let (mut child, mut referrer) = (top, referrer);
    loop {
        if passes_over(child, referrer) {
            climb(check, tree, &mut path, Count::UNKNOWN);
        } else {
            match enter(check, tree, orders, row, child, referrer)? {
                Entered::Internal(frame) => path.push(frame),
                Entered::Leaf(count) => climb(check, tree, &mut path, count),
                Entered::Broken => {
                    *row = Row::Torn;
                    climb(check, tree, &mut path, Count::UNKNOWN);
                }
            }
        }
        let Some(frame) = path.last() else {
            return Ok(());
        };
        (child, referrer) = next_child(frame, tree);
    }
}

/// Counts a subtree that has ended where it hangs, and leaves every page that
/// ends with it. The path is empty when that was all.
fn climb<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    path: &mut Vec<Frame<'_>>,
    below: Count,
) {
    let mut below = below;
    while let Some(frame) = path.last_mut() {
        stated_count(check, tree, frame, below);
        frame.count.add(below);
        frame.slot = frame.slot.saturating_add(1);
        if frame.slot < frame.page.view().header.entries {
            return;
        }
        below = frame.count;
        if path.len() == 1 {
            root_count(check, tree, path, below);
        }
        path.pop();
    }
}

/// The child of a frame's entry, the level it has to have, and its bounds.
fn next_child(frame: &Frame<'_>, tree: Tree<'_>) -> (Child, Place) {
    let view = frame.page.view();
    let (page, slot) = (view.header.pgno, frame.slot);
    let (child, _) = entry(frame, tree);
    let bounds = if tree.role.is_ordered() {
        let next = slot.saturating_add(1);
        Bounds {
            low: if slot == 0 {
                frame.bounds.low
            } else {
                Some(Bound { page, slot })
            },
            high: if next < view.header.entries {
                Some(Bound { page, slot: next })
            } else {
                frame.bounds.high
            },
        }
    } else {
        Bounds::default()
    };
    let level = view.header.level.saturating_sub(1);
    ((child, Some(level), bounds), Place::slot(page, slot))
}

/// The child of a frame's entry and the records it states.
fn entry(frame: &Frame<'_>, tree: Tree<'_>) -> (PageNo, u32) {
    let view = frame.page.view();
    let offset = view.item_offset(frame.slot).unwrap_or_default();
    // Pages whose items cannot be read are not entered.
    if tree.role.is_ordered() {
        internal_item(view.layout, view.bytes, offset)
            .map_or((NO_PAGE, 0), |item| (item.child, item.records))
    } else {
        recno_item(view.layout.endian, view.bytes, offset).unwrap_or((NO_PAGE, 0))
    }
}

fn enter<'f, S: PageSource>(
    check: &mut Check<'f, S>,
    tree: Tree<'_>,
    orders: &mut Orders,
    row: &mut Row,
    (pgno, level, bounds): Child,
    referrer: Place,
) -> Result<Entered<'f>> {
    if !check.claim(pgno, referrer) {
        return Ok(Entered::Broken);
    }
    let Some(page) = check.walkable(pgno)? else {
        return Ok(Entered::Broken);
    };
    let header = page.view().header;
    let kind = tree.role.kind();
    let place = Place::page(pgno);
    if let Some(level) = level
        && header.level != level
    {
        let found = header.level.to_string();
        check.broken(place, Rule::Level, found, level.to_string());
        return Ok(Entered::Broken);
    }
    if header.is(kind.leaf) && header.level == 1 {
        link(check, row, (pgno, header.prev, header.next));
        let count = leaf::check(check, tree, orders, &page.view(), bounds)?;
        return Ok(Entered::Leaf(count));
    }
    if !header.is(kind.internal) || header.level < 2 {
        let found = format!("{}, level {}", type_of(&page.view().header), header.level);
        let expected = if header.level > 1 {
            kind.internal
        } else {
            kind.leaf
        };
        check.broken(place, Rule::PageType, found, (expected as u8).to_string());
        return Ok(Entered::Broken);
    }
    if tree.role.is_ordered() {
        separators(check, tree, orders, &page, bounds)?;
    }
    Ok(Entered::Internal(Frame {
        page,
        bounds,
        slot: 0,
        count: Count::NONE,
    }))
}

/// Checks a leaf's links against the leaf before it.
fn link<S: PageSource>(
    check: &mut Check<'_, S>,
    row: &mut Row,
    (pgno, prev, next): (PageNo, PageNo, PageNo),
) {
    let before = match *row {
        Row::Empty => Some(NO_PAGE),
        Row::Ends(last, stated) => {
            if stated != pgno {
                let found = format!("next page {stated}");
                check.broken(Place::page(last), Rule::LeafLink, found, pgno.to_string());
            }
            Some(last)
        }
        Row::Torn => None,
    };
    if let Some(before) = before
        && before != prev
    {
        let found = format!("previous page {prev}");
        check.broken(Place::page(pgno), Rule::LeafLink, found, before.to_string());
    }
    *row = Row::Ends(pgno, next);
}

fn finish_row<S: PageSource>(check: &mut Check<'_, S>, row: Row) {
    if let Row::Ends(last, next) = row
        && next != NO_PAGE
    {
        let found = format!("next page {next}");
        check.broken(Place::page(last), Rule::LeafLink, found, "0");
    }
}

/// The separators of an internal page: their chains, their order, and that the
/// entries above bound them. The first entry's stands for "less than all".
fn separators<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    orders: &mut Orders,
    page: &Page<'_>,
    bounds: Bounds,
) -> Result<()> {
    let view = page.view();
    let pgno = view.header.pgno;
    let tally = orders.of(tree.role);
    let (mut pairs, mut breaches) = (0_u64, 0_u64);
    let mut last = None;
    for slot in 0..view.header.entries {
        let place = Place::slot(pgno, slot);
        let offset = view.item_offset(slot).unwrap_or_default();
        if let Ok(item) = internal_item(view.layout, view.bytes, offset)
            && let Some(chain) = item.overflow
        {
            chains::refer(check, chain, place, Referrer::Internal)?;
        }
        if slot == 0 {
            continue;
        }
        let Some(key) = keys::of_internal(check, &view, slot)? else {
            continue;
        };
        if slot == 1 {
            keys::within(check, tally, (&key, place), bounds.low, Side::Low)?;
        }
        if slot == view.header.entries.saturating_sub(1) {
            keys::within(check, tally, (&key, place), bounds.high, Side::High)?;
        }
        if let Some(last) = &last {
            pairs = pairs.saturating_add(1);
            if *last >= key {
                breaches = breaches.saturating_add(1);
                tally.hold(place, Rule::KeyOrder, "a separator");
            }
        }
        last = Some(key);
    }
    tally.page(pairs, breaches);
    Ok(())
}

/// Checks the records that a frame's entry states against those met below.
fn stated_count<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    frame: &Frame<'_>,
    below: Count,
) {
    let (_, stated) = entry(frame, tree);
    if tree.role.is_counted(tree.meta) && !below.is(stated) {
        let place = Place::slot(frame.page.view().header.pgno, frame.slot);
        let found = stated.to_string();
        check.broken(place, Rule::RecordCount, found, below.live.to_string());
    }
}

/// Checks the total on an internal root.
fn root_count<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    path: &[Frame<'_>],
    total: Count,
) {
    let Some(root) = path.first() else { return };
    let header = root.page.view().header;
    if tree.role.is_counted(tree.meta) && !total.is(header.prev) {
        let found = format!("{} in all", header.prev);
        let place = Place::page(header.pgno);
        check.broken(place, Rule::RecordCount, found, total.live.to_string());
    }
}
