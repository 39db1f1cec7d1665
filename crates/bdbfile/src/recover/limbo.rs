//! Pages by which a transaction made its file longer that did not commit: they
//! cannot be given back, and the log never saw them free. When all is replayed,
//! those that nobody else got go to the head of the free list.

use std::collections::{BTreeSet, HashSet};

use super::effect::edit_meta;
use super::page::PageEdit;
use super::pages::{FileNo, Pages};
use super::refusal::{Refusal, Result};
use crate::Error;
use crate::layout::{Kind, Lsn, META_USED, Meta, NO_PAGE, PageHeader, PageNo, PageType};

/// The most pages there may be in limbo.
const MOST: usize = 16_000_000;

/// The pages in limbo.
#[derive(Debug, Default)]
pub(super) struct Limbo {
    pages: BTreeSet<(FileNo, PageNo)>,
}

impl Limbo {
    /// A page goes to limbo.
    pub(super) fn add(&mut self, file: FileNo, page: PageNo) -> Result<()> {
        self.pages.insert((file, page));
        if self.pages.len() > MOST {
            return Err(Error::Limit {
                file: "the log".to_owned(),
                what: "the number of pages that were allocated and not kept",
                limit: MOST as u64,
            }
            .into());
        }
        Ok(())
    }

    /// Puts the pages that are in limbo still on the free lists of their files.
    /// `version` is that of the log. Gives the number of changed pages.
    pub(super) fn free(self, pages: &mut Pages, version: u32) -> Result<u64> {
        let mut changed = 0_u64;
        let files: BTreeSet<FileNo> = self.pages.iter().map(|(file, _)| *file).collect();
        for file in files {
            let of_file = (file, 0)..=(file, PageNo::MAX);
            let wanted: Vec<PageNo> = self.pages.range(of_file).map(|(_, page)| *page).collect();
            changed = changed.saturating_add(free(pages, file, &wanted, version)?);
        }
        Ok(changed)
    }
}

fn free(pages: &mut Pages, file: FileNo, wanted: &[PageNo], version: u32) -> Result<u64> {
    let Some(meta) = meta(pages, file)? else {
        return Ok(0);
    };
    let listed = listed(pages, file, meta.free)?;
    let mut head = meta.free;
    let mut changed = 0_u64;
    let lsn = if version <= 7 {
        meta.lsn
    } else {
        Lsn::FROM_RECOVERY
    };
    for page in wanted {
        let untaken = pages.lsn(file, *page)?.is_some_and(|lsn| !lsn.is_logged());
        if !untaken || listed.contains(page) || is_bucket(&meta, *page) {
            continue;
        }
        let name = pages.name(file);
        let Some(mut edit) = pages.edit(file, *page)? else {
            continue;
        };
        edit.init(super::effect::free_page(*page, head))
            .ok_or_else(|| unfit(name, *page))?;
        edit.set_lsn(lsn);
        head = *page;
        changed = changed.saturating_add(1);
    }
    if head != meta.free {
        let name = pages.name(file);
        if let Some(mut edit) = pages.edit(file, 0)? {
            set_free(&mut edit, head).ok_or_else(|| unfit(name, 0))?;
            changed = changed.saturating_add(1);
        }
    }
    Ok(changed)
}

fn set_free(edit: &mut PageEdit<'_>, head: PageNo) -> Option<()> {
    edit_meta(edit, |meta| {
        meta.free = head;
        Some(())
    })
}

/// The metadata page of a file.
pub(super) fn meta(pages: &mut Pages, file: FileNo) -> Result<Option<Meta>> {
    meta_at(pages, file, 0)
}

/// The metadata page of a database in a file.
pub(super) fn meta_at(pages: &mut Pages, file: FileNo, page: PageNo) -> Result<Option<Meta>> {
    let endian = pages.layout(file).endian;
    let page = pages.page(file, page)?;
    Ok(page
        .and_then(|page| Meta::read(endian, page.get(..META_USED)?))
        .filter(Meta::is_newest_generation))
}

/// The pages of a free list, as far as it can be followed.
fn listed(pages: &mut Pages, file: FileNo, head: PageNo) -> Result<HashSet<PageNo>> {
    let endian = pages.layout(file).endian;
    let mut listed = HashSet::new();
    let mut at = head;
    while at != NO_PAGE && listed.insert(at) {
        at = match pages
            .page(file, at)?
            .and_then(|page| PageHeader::read(endian, page))
        {
            Some(header) if header.is(PageType::Free) => header.next,
            _ => NO_PAGE,
        };
    }
    Ok(listed)
}

/// Whether a page is the first of a bucket of a table that is alone in its
/// file: those are allocated many at a time, and may never have been written.
fn is_bucket(meta: &Meta, page: PageNo) -> bool {
    let Some(fields) = meta.hash().filter(|_| meta.kind == Kind::Hash) else {
        return false;
    };
    // The buckets of a doubling stand side by side.
    (0..).zip(fields.spares).any(|(doubling, start)| {
        // 0, 1, 2..4, 4..8, ...
        let end = 1_u32.checked_shl(doubling).unwrap_or_default();
        let (first, last) = (end >> 1, end.saturating_sub(1));
        first <= fields.high_mask
            && start != 0
            && page
                .checked_sub(start)
                .is_some_and(|bucket| (first..=last).contains(&bucket))
    })
}

fn unfit(name: String, page: PageNo) -> super::refusal::Stop {
    Refusal::File {
        name,
        found: format!("page {page} cannot be put on the free list"),
    }
    .into()
}
