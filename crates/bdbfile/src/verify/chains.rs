//! Overflow chains: each page once, in the chain of one item, or of an item
//! and the separators made of it.

use std::collections::BTreeMap;

use crate::error::{Place, Result, Rule};
use crate::layout::{NO_PAGE, PageNo, PageType};
use crate::source::PageSource;
use crate::verify::check::{Check, type_of};
use crate::verify::links::Link;

/// How often one chain is read to compare keys. A valid file asks for a few
/// readings a level; many references to one chain must not make the work grow
/// with their product.
const MOST_READS: u32 = 1024;

/// Who refers to a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Referrer {
    /// An item with a record, of which a chain has one.
    Leaf,
    /// A separator on an internal page: up to 4.4 it shares the leaf's chain.
    Internal,
}

/// A chain that has been followed.
#[derive(Debug, Clone, Copy)]
struct Chain {
    place: Place,
    len: u32,
    /// References that its first page counts.
    stated: u16,
    from_leaves: u32,
    from_internal: u32,
    /// Its pages are its own and hold its length.
    whole: bool,
    reads: u32,
}

/// The chains followed so far, by their first pages.
#[derive(Debug, Default)]
pub(super) struct Chains {
    known: BTreeMap<PageNo, Chain>,
    /// Where the last link was found.
    last_link: usize,
}

impl Chains {
    /// Whether none was followed.
    pub(super) fn is_empty(&self) -> bool {
        self.known.is_empty()
    }
}

/// Follows the chain that an item refers to, when it is the first to do so.
pub(super) fn refer<S: PageSource>(
    check: &mut Check<'_, S>,
    (first, len): (PageNo, u32),
    place: Place,
    referrer: Referrer,
) -> Result<()> {
    let known = check.chains.known.get(&first).copied();
    let mut chain = if let Some(known) = known {
        if known.len != len {
            let expected = format!("{} as {} has it", known.len, known.place);
            check.broken(place, Rule::OverflowLength, len.to_string(), expected);
        }
        known
    } else {
        let Some(chain) = follow(check, (first, len), place)? else {
            return Ok(());
        };
        chain
    };
    match referrer {
        Referrer::Leaf => {
            chain.from_leaves = chain.from_leaves.saturating_add(1);
            if chain.from_leaves > 1 {
                check.broken(place, Rule::PageTwice, format!("page {first}"), "");
            }
        }
        Referrer::Internal => chain.from_internal = chain.from_internal.saturating_add(1),
    }
    check.chains.known.insert(first, chain);
    Ok(())
}

/// Walks a chain, claiming its pages; `None` where it has no first page.
fn follow<S: PageSource>(
    check: &mut Check<'_, S>,
    (first, len): (PageNo, u32),
    place: Place,
) -> Result<Option<Chain>> {
    if u64::from(len) > check.pages().file_len() {
        check.broken(place, Rule::OverflowLength, len.to_string(), "");
    }
    let mut chain = Chain {
        place,
        len,
        stated: 0,
        from_leaves: 0,
        from_internal: 0,
        whole: false,
        reads: 0,
    };
    let (mut referrer, mut before, mut pgno) = (place, NO_PAGE, first);
    let mut held = 0_u64;
    // The first page is one, whatever its number.
    while pgno != NO_PAGE || before == NO_PAGE {
        if !check.claim(pgno, referrer) {
            return Ok((before != NO_PAGE).then_some(chain));
        }
        let Some(link) = link(check, pgno)? else {
            return Ok(Some(chain));
        };
        let at = Place::page(pgno);
        if before == NO_PAGE {
            chain.stated = link.references;
        } else if link.references != 1 {
            // Only the first page counts what refers to the chain.
            let found = link.references.to_string();
            check.broken(at, Rule::OverflowReferences, found, "1");
        }
        if link.prev != before {
            let found = link.prev.to_string();
            check.broken(at, Rule::OverflowLink, found, before.to_string());
        }
        held = held.saturating_add(u64::from(link.held));
        (referrer, before, pgno) = (at, pgno, link.next);
    }
    chain.whole = held == u64::from(len);
    if !chain.whole {
        let rule = if held < u64::from(len) {
            Rule::OverflowShort
        } else {
            Rule::OverflowLong
        };
        check.broken(place, rule, held.to_string(), len.to_string());
    }
    Ok(Some(chain))
}

/// What a page of a chain says of it; `None` where it is none, which is
/// reported.
fn link<S: PageSource>(check: &mut Check<'_, S>, pgno: PageNo) -> Result<Option<Link>> {
    if let Some(link) = check.links.of(pgno, &mut check.chains.last_link) {
        return Ok(Some(link));
    }
    let Some(header) = check.walkable_header(pgno)? else {
        return Ok(None);
    };
    if header.is(PageType::Overflow) {
        return Ok(Some(Link::of(&header)));
    }
    check.broken(Place::page(pgno), Rule::PageType, type_of(&header), "7");
    Ok(None)
}

/// The bytes of a chain that has been followed and is whole.
pub(super) fn read<S: PageSource>(
    check: &mut Check<'_, S>,
    first: PageNo,
) -> Result<Option<Vec<u8>>> {
    let Some(chain) = check.chains.known.get_mut(&first) else {
        return Ok(None);
    };
    chain.reads = chain.reads.saturating_add(1);
    if !chain.whole || chain.reads > MOST_READS {
        return Ok(None);
    }
    // It holds as many bytes in its pages.
    let mut bytes = Vec::with_capacity(chain.len as usize);
    let mut pgno = first;
    while pgno != NO_PAGE {
        let page = check.pages().page(pgno, Place::FILE)?;
        let view = page.view();
        bytes.extend_from_slice(view.overflow_data().unwrap_or_default());
        pgno = view.header.next;
    }
    Ok(Some(bytes))
}

/// Compares the references that chains count with those that were met.
pub(super) fn finish<S>(check: &mut Check<'_, S>) {
    let chains = std::mem::take(&mut check.chains);
    for (first, chain) in chains.known {
        let met = chain.from_leaves.saturating_add(chain.from_internal);
        if chain.whole && u32::from(chain.stated) != met {
            let place = Place::page(first);
            let found = chain.stated.to_string();
            check.broken(place, Rule::OverflowReferences, found, met.to_string());
        }
    }
}
