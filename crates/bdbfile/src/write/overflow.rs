//! Items too big for a page: a chain of pages of their own.

use crate::error::{Error, Result};
use crate::layout::{Lsn, NO_PAGE, PageHeader, PageNo, PageType};
use crate::write::out::Out;
use crate::write::sink::PageSink;

/// Writes `bytes`, which are not none, as a chain; gives its first page and
/// its length as an item states it.
pub(super) fn write_chain<W: PageSink>(out: &mut Out<W>, bytes: &[u8]) -> Result<(PageNo, u32)> {
    let layout = out.layout();
    let len = u32::try_from(bytes.len()).map_err(|_| Error::Limit {
        file: out.name().to_owned(),
        what: "the length of an item",
        limit: u64::from(u32::MAX),
    })?;
    let mut page = vec![0; layout.page_len()];
    let first = out.allocate()?;
    let mut pgno = first;
    let mut prev = NO_PAGE;
    let mut chunks = bytes.chunks(layout.overflow_room()).peekable();
    while let Some(chunk) = chunks.next() {
        let next = if chunks.peek().is_some() {
            out.allocate()?
        } else {
            NO_PAGE
        };
        page.fill(0);
        PageHeader {
            lsn: Lsn::NOT_LOGGED,
            pgno,
            prev,
            next,
            // References: one, on every page of the chain.
            entries: 1,
            hf_offset: u16::try_from(chunk.len()).unwrap_or_default(),
            level: 0,
            page_type: PageType::Overflow as u8,
        }
        .write(layout.endian, &mut page);
        let start = layout.header_size();
        if let Some(place) = page.get_mut(start..start + chunk.len()) {
            place.copy_from_slice(chunk);
        }
        layout.seal(&mut page);
        out.write(pgno, &page)?;
        prev = pgno;
        pgno = next;
    }
    Ok((first, len))
}
