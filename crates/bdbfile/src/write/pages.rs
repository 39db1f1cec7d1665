//! Page numbers handed out, finished pages taken.

use crate::error::{Error, Result};
use crate::layout::{PageLayout, PageNo};
use crate::write::sink::PageSink;

/// Hands out page numbers and takes the pages. The numbers may be final, or
/// local to a part of the file that does not know yet where it will stand.
pub(super) trait Pages {
    fn layout(&self) -> PageLayout;

    /// The name that errors give the file.
    fn name(&self) -> &str;

    /// The next page number nobody has.
    fn allocate(&mut self) -> Result<PageNo>;

    /// Takes a page whose number was handed out here. `links` are the places
    /// in the page where numbers stand that were handed out here, its own
    /// included. The checksum is filled in by the taker.
    fn write(&mut self, pgno: PageNo, page: &mut [u8], links: &[u16]) -> Result<()>;

    /// Takes a page as [`write`](Self::write) does, in parts that stand one
    /// after the other; the rest of it is zeros.
    fn write_parts(&mut self, pgno: PageNo, parts: [&[u8]; 2], links: &[u16]) -> Result<()> {
        let mut page = parts.concat();
        page.resize(self.layout().page_len(), 0);
        self.write(pgno, &mut page, links)
    }

    /// Takes a page whose number is final and was not handed out here.
    fn write_fixed(&mut self, pgno: PageNo, page: &mut [u8], links: &[u16]) -> Result<()>;
}

/// The file itself: numbers are final and pages go straight to the sink.
#[derive(Debug)]
pub(super) struct FinalPages<'f, W> {
    sink: &'f W,
    layout: PageLayout,
    next: PageNo,
}

impl<'f, W: PageSink> FinalPages<'f, W> {
    /// Hands out numbers from `next` on.
    pub(super) fn new(sink: &'f W, layout: PageLayout, next: PageNo) -> Self {
        Self { sink, layout, next }
    }

    /// The first number not handed out.
    pub(super) fn end(&self) -> PageNo {
        self.next
    }
}

impl<W: PageSink> Pages for FinalPages<'_, W> {
    fn layout(&self) -> PageLayout {
        self.layout
    }

    fn name(&self) -> &str {
        self.sink.name()
    }

    fn allocate(&mut self) -> Result<PageNo> {
        let page = self.next;
        self.next = following(self.sink.name(), page)?;
        Ok(page)
    }

    fn write(&mut self, pgno: PageNo, page: &mut [u8], _links: &[u16]) -> Result<()> {
        self.layout.seal(page);
        write_at(self.sink, self.layout, pgno, page)
    }

    fn write_fixed(&mut self, pgno: PageNo, page: &mut [u8], links: &[u16]) -> Result<()> {
        self.write(pgno, page, links)
    }
}

/// The page number after another.
pub(super) fn following(name: &str, page: PageNo) -> Result<PageNo> {
    shifted(name, page, 1)
}

/// The page number so many after another.
pub(super) fn shifted(name: &str, page: PageNo, by: PageNo) -> Result<PageNo> {
    page.checked_add(by).ok_or_else(|| Error::Limit {
        file: name.to_owned(),
        what: "the number of pages",
        limit: u64::from(PageNo::MAX),
    })
}

/// Passes sealed pages on, the first of which has the number `pgno`.
pub(super) fn write_at<W: PageSink>(
    sink: &W,
    layout: PageLayout,
    pgno: PageNo,
    pages: &[u8],
) -> Result<()> {
    let offset = layout.offset_of(pgno);
    sink.write_at(offset, pages).map_err(|source| Error::Io {
        file: sink.name().to_owned(),
        action: format!("write page {pgno}"),
        source,
    })
}
