//! A tree checked in parts, by several threads if there are: each some of the
//! pages above the leaves with what is below them. They only tell whether all
//! is well: where it is not, the tree is walked again from its root, and that
//! walk tells what is wrong, in its order.

use std::sync::Arc;

use crate::error::{Place, Result};
use crate::layout::{NO_PAGE, PageNo};
use crate::read::claims::Claims;
use crate::source::PageSource;
use crate::verify::chains;
use crate::verify::check::Check;
use crate::verify::tree::{self, Bounds, Child, Orders, Role, Row, Tree};

/// Pages of this level are checked with what is below them, each by one thread.
const LEVEL: u8 = 2;

/// Parts for each thread: the fewer, the longer one may wait for another.
const PARTS: usize = 16;

/// Whether the tree at `root`, the only one of a file, is sound. If so its pages
/// are claimed. If not, or if it is to be walked as a whole, nothing is claimed
/// and nothing reported. For one thread as well, which has the chains of one
/// part in memory then and not those of all.
pub(super) fn is_sound<S: PageSource>(
    check: &mut Check<'_, S>,
    tree: Tree<'_>,
    root: PageNo,
) -> Result<bool> {
    if !check.report.is_clean() || !is_plain(check, tree) {
        return Ok(false);
    }
    let claims = Arc::new(Claims::new(check.count()));
    claims.claim(0);
    // What is above, and which pages are for the threads.
    let mut above = check.part(&claims);
    let mut orders = Orders::new(tree.meta);
    let mut tops: Vec<(Child, Place)> = Vec::new();
    let most = check.count() as usize;
    let top = ((root, None, Bounds::default()), Place::page(tree.meta.pgno));
    let mut row = Row::Empty;
    tree::walk(
        &mut above,
        tree,
        &mut orders,
        &mut row,
        top,
        |child, place| {
            let (_, level, _) = child;
            let passes = level == Some(LEVEL);
            // Where there are as many as pages some are there twice.
            if passes && tops.len() < most {
                tops.push((child, place));
            }
            passes
        },
    )?;
    // A separator in a chain is read where the chain was followed, by nobody
    // else. A row is there where the tree is too low for parts.
    let whole = above.chains.is_empty() && row == Row::Empty && tops.len() < most;
    if !whole || !is_clean(&above, &orders) {
        return Ok(false);
    }
    let len = tops
        .len()
        .div_ceil(check.workers.threads.get().saturating_mul(PARTS))
        .max(1);
    let parts: Vec<&[(Child, Place)]> = tops.chunks(len).collect();
    let whole = check.part(&claims);
    let rows = check.workers.all(parts.len(), |index| {
        let tops = parts.get(index).copied().unwrap_or_default();
        part(whole.part(&claims), tree, tops)
    })?;
    let mut last = (NO_PAGE, None);
    for ends in rows {
        let Some(Ends { first, last: after }) = ends else {
            return Ok(false);
        };
        if !follows(last, first) {
            return Ok(false);
        }
        last = (after.0, Some(after.1));
    }
    if last.1.is_some_and(|next| next != NO_PAGE) {
        return Ok(false);
    }
    check.claims = claims;
    Ok(true)
}

/// Whether a tree is of a kind whose leaves say no more than that of themselves
/// and of their neighbours.
fn is_plain<S: PageSource>(check: &Check<'_, S>, tree: Tree<'_>) -> bool {
    let meta = tree.meta;
    tree.role == Role::Btree
        && !check.file.meta().is_directory()
        && !meta.has_duplicates()
        && !meta.has_record_numbers()
        && !meta.is_first_generation()
}

/// The ends of a row of leaves.
struct Ends {
    /// The first leaf, and the one it says is before it.
    first: (PageNo, PageNo),
    /// The last leaf, and the one it says is next.
    last: (PageNo, PageNo),
}

/// Checks what is below some pages that stand side by side; `None` where it is
/// not sound.
fn part<S: PageSource>(
    mut part: Check<'_, S>,
    tree: Tree<'_>,
    tops: &[(Child, Place)],
) -> Result<Option<Ends>> {
    let mut orders = Orders::new(tree.meta);
    let mut row = Row::Torn;
    let mut first = None;
    for top in tops {
        tree::walk(&mut part, tree, &mut orders, &mut row, *top, |child, _| {
            if let (pgno, Some(1), _) = child {
                first.get_or_insert(pgno);
            }
            false
        })?;
        if !is_clean(&part, &orders) {
            return Ok(None);
        }
    }
    chains::finish(&mut part);
    let (Row::Ends(last, next), Some(first)) = (row, first) else {
        return Ok(None);
    };
    let Some(header) = part.walkable_header(first)? else {
        return Ok(None);
    };
    Ok(is_clean(&part, &orders).then_some(Ends {
        first: (first, header.prev),
        last: (last, next),
    }))
}

/// Whether nothing was found, not even what is only to be noted.
fn is_clean<S>(check: &Check<'_, S>, orders: &Orders) -> bool {
    check.report.is_clean() && check.report.notes.is_empty() && orders.are_kept()
}

/// Whether a leaf and the one before it, if there is one, say that they are
/// neighbours.
fn follows(
    (before, its_next): (PageNo, Option<PageNo>),
    (leaf, its_prev): (PageNo, PageNo),
) -> bool {
    its_prev == before && its_next.is_none_or(|next| next == leaf)
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use super::*;
    use crate::Workers;
    use crate::layout::{Method, PageType};
    use crate::read::DatabaseFile;
    use crate::source::MemorySource;
    use crate::verify::alone;
    use crate::verify::check::State;
    use crate::write::{BtreeBuilder, BtreeParams, FileParams, MemorySink};

    fn tall() -> Vec<u8> {
        let mut head = FileParams::default();
        head.layout.page_size = 512;
        let sink = MemorySink::new("tall.db");
        let mut builder = BtreeBuilder::new(sink, &head, &BtreeParams::default()).unwrap();
        for number in 0..4000_u32 {
            builder.push(&number.to_be_bytes(), &[1; 30]).unwrap();
        }
        builder.finish().unwrap().0.into_bytes()
    }

    fn sound(bytes: Vec<u8>, threads: usize) -> bool {
        let file = DatabaseFile::open(MemorySource::new("tall.db", bytes)).unwrap();
        let threads = NonZeroUsize::new(threads).unwrap();
        let claims = Claims::new(file.page_count());
        let mut check = Check::new(&file, claims, Workers { threads });
        Arc::make_mut(&mut check.states).push(State::Broken);
        alone::check(&mut check).unwrap();
        let meta = file.meta();
        let Method::Btree(fields) = &meta.method else {
            panic!("a btree");
        };
        let role = Role::Btree;
        let told = check.report.clone();
        let sound = is_sound(&mut check, Tree { meta, role }, fields.root).unwrap();
        assert_eq!(check.report, told, "it reports nothing");
        assert_eq!(check.claims.is_claimed(1), sound);
        sound
    }

    #[test]
    fn a_tall_tree_is_checked_in_parts_by_any_number() {
        assert!(sound(tall(), 2));
        assert!(sound(tall(), 7));
        assert!(sound(tall(), 1));
    }

    #[test]
    fn a_wrong_link_between_parts_is_seen() {
        let bytes = tall();
        let leaves: Vec<usize> = (1..bytes.len() / 512)
            .filter(|page| bytes[page * 512 + 25] == PageType::BtreeLeaf as u8)
            .collect();
        for leaf in leaves {
            for link in [12, 16] {
                let mut bytes = bytes.clone();
                bytes[leaf * 512 + link] ^= 2;
                assert!(!sound(bytes, 3), "page {leaf}, byte {link}");
            }
        }
    }
}
