//! Items too big for a page: a chain of pages of their own.

use crate::error::{Error, Result};
use crate::layout::{Lsn, NO_PAGE, PageHeader, PageNo, PageType};
use crate::write::pages::Pages;

/// Writes `bytes`, which are not none, as a chain; gives its first page and
/// its length as an item states it.
pub(super) fn write_chain<P: Pages>(pages: &mut P, bytes: &[u8]) -> Result<(PageNo, u32)> {
    let layout = pages.layout();
    let len = u32::try_from(bytes.len()).map_err(|_| Error::Limit {
        file: pages.name().to_owned(),
        what: "the length of an item",
        limit: u64::from(u32::MAX),
    })?;
    let mut head = vec![0; layout.header_size()];
    let first = pages.allocate()?;
    let mut pgno = first;
    let mut prev = NO_PAGE;
    let mut chunks = bytes.chunks(layout.overflow_room()).peekable();
    while let Some(chunk) = chunks.next() {
        let next = if chunks.peek().is_some() {
            pages.allocate()?
        } else {
            NO_PAGE
        };
        let header = PageHeader {
            lsn: Lsn::NOT_LOGGED,
            pgno,
            prev,
            next,
            // References: one, on every page of the chain.
            entries: 1,
            hf_offset: u16::try_from(chunk.len()).unwrap_or_default(),
            level: 0,
            page_type: PageType::Overflow as u8,
        };
        header.write(layout.endian, &mut head);
        pages.write_parts(pgno, [&head, chunk], &LINKS)?;
        prev = pgno;
        pgno = next;
    }
    Ok((first, len))
}

/// Where numbers of pages stand on a page of a chain.
#[allow(clippy::cast_possible_truncation)]
const LINKS: [u16; 3] = [
    PageHeader::PGNO_AT as u16,
    PageHeader::PREV_AT as u16,
    PageHeader::NEXT_AT as u16,
];
