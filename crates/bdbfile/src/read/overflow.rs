//! Overflow items: a chain of pages that holds one key or one datum.

use crate::error::{Place, Result, Rule};
use crate::layout::{NO_PAGE, PageNo, PageType};
use crate::read::walk::Walk;
use crate::source::PageSource;

/// Reads the chain that the item at `place` refers to into `out`, which is
/// emptied first. Claims its pages, so that no chain leads in a circle or into
/// another; memory is bounded by the file's own size.
pub(crate) fn read_chain<S: PageSource>(
    walk: Walk<'_, S>,
    (first, len): (PageNo, u32),
    place: Place,
    out: &mut Vec<u8>,
) -> Result<()> {
    let pages = walk.pages;
    out.clear();
    if u64::from(len) > pages.file_len() {
        return Err(pages.broken(place, Rule::OverflowLength, format!("{len} bytes")));
    }
    pages.meter().item(pages.name(), u64::from(len))?;
    let len = len as usize;
    let mut pgno = first;
    let mut referrer = place;
    while pgno != NO_PAGE {
        if out.len() >= len {
            let found = format!("page {pgno} after all {len} bytes");
            return Err(pages.broken(place, Rule::OverflowLong, found));
        }
        let page = pages.page(pgno, referrer)?;
        let view = page.view();
        if !view.header.is(PageType::Overflow) {
            let found = format!("type {} in an overflow chain", view.header.page_type);
            return Err(pages.broken(Place::page(pgno), Rule::PageType, found));
        }
        if !walk.claims.claim(pgno) {
            return Err(pages.broken(referrer, Rule::PageTwice, format!("page {pgno}")));
        }
        let data = view.overflow_data().unwrap_or_default();
        if data.is_empty() {
            let found = format!("{} bytes", view.header.hf_offset);
            return Err(pages.broken(Place::page(pgno), Rule::OverflowFill, found));
        }
        let all = out.len().saturating_add(data.len());
        if all > len {
            let found = format!("{all} bytes where {len} are stated");
            return Err(pages.broken(place, Rule::OverflowLong, found));
        }
        out.extend_from_slice(data);
        referrer = Place::page(pgno);
        pgno = view.header.next;
    }
    if out.len() < len {
        let found = format!("{} of {len} bytes", out.len());
        return Err(pages.broken(place, Rule::OverflowShort, found));
    }
    Ok(())
}

/// Claims the pages of a chain whose bytes nobody needs: of a deleted item, or
/// of a key on an internal page (which up to 4.4 shares the leaf's chain). What
/// is broken in it costs no record, so the walk just ends there.
pub(crate) fn claim_chain<S: PageSource>(walk: Walk<'_, S>, first: PageNo) {
    // Without claims kept nothing would end a circle, nor be gained.
    if !walk.claims.are_kept() {
        return;
    }
    let mut pgno = first;
    while pgno != NO_PAGE {
        let Ok(page) = walk.pages.page(pgno, Place::FILE) else {
            return;
        };
        let header = page.view().header;
        if !header.is(PageType::Overflow) || !walk.claims.claim(pgno) {
            return;
        }
        pgno = header.next;
    }
}
