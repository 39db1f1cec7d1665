//! Every page is referred to once: by a database, a chain or the free list.

use crate::error::{Place, Result, Rule};
use crate::layout::{NO_PAGE, PageHeader, PageType};
use crate::source::PageSource;
use crate::verify::check::{Check, State};

/// Walks the free list.
pub(super) fn free_list<S: PageSource>(check: &mut Check<'_, S>) -> Result<()> {
    let mut referrer = Place::page(0);
    let mut pgno = check.file.meta().free;
    while pgno != NO_PAGE {
        if !check.claim(pgno, referrer) {
            check.broken(referrer, Rule::FreeList, format!("page {pgno}"), "");
            return Ok(());
        }
        let Some(page) = check.walkable(pgno)? else {
            return Ok(());
        };
        let header = page.view().header;
        if !header.is(PageType::Free) {
            let found = format!("page {pgno} has type {}", header.page_type);
            check.broken(referrer, Rule::FreeList, found, "0");
            return Ok(());
        }
        referrer = Place::page(pgno);
        pgno = header.next;
    }
    Ok(())
}

/// Reports the pages that nothing refers to.
pub(super) fn unreferenced<S: PageSource>(check: &mut Check<'_, S>) -> Result<()> {
    let pages = check.pages();
    for pgno in 1..check.count() {
        if check.claims.is_claimed(pgno) {
            continue;
        }
        let place = Place::page(pgno);
        if check.state(pgno) == State::Zero {
            check.note(place, Rule::Unreferenced, "a page of zeros");
            continue;
        }
        let bytes = pages.raw(pgno)?;
        let header = PageHeader::read(pages.layout().endian, &bytes);
        let found = header.map_or(String::new(), |header| {
            format!("type {}, {} entries", header.page_type, header.entries)
        });
        check.broken(place, Rule::Unreferenced, found, "");
    }
    Ok(())
}
