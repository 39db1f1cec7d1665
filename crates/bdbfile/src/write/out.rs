//! Page numbers handed out, finished pages passed on.

use crate::error::{Error, Result};
use crate::layout::{PageLayout, PageNo};
use crate::write::sink::PageSink;

/// The file being written.
#[derive(Debug)]
pub(super) struct Out<W> {
    sink: W,
    layout: PageLayout,
    next: PageNo,
}

impl<W: PageSink> Out<W> {
    /// A file whose pages below `first` are kept for the caller.
    pub(super) fn new(sink: W, layout: PageLayout, first: PageNo) -> Self {
        Self {
            sink,
            layout,
            next: first,
        }
    }

    pub(super) fn layout(&self) -> PageLayout {
        self.layout
    }

    pub(super) fn name(&self) -> &str {
        self.sink.name()
    }

    /// The next page number nobody has.
    pub(super) fn allocate(&mut self) -> Result<PageNo> {
        let page = self.next;
        self.next = page.checked_add(1).ok_or_else(|| Error::Limit {
            file: self.sink.name().to_owned(),
            what: "the number of pages",
            limit: u64::from(PageNo::MAX),
        })?;
        Ok(page)
    }

    /// Passes a page on.
    pub(super) fn write(&mut self, pgno: PageNo, page: &[u8]) -> Result<()> {
        self.sink
            .write_page(pgno, page)
            .map_err(|source| self.failed(format!("write page {pgno}"), source))
    }

    /// The number of pages handed out, and the sink with everything in it.
    pub(super) fn finish(mut self) -> Result<(PageNo, W)> {
        if let Err(source) = self.sink.flush() {
            return Err(self.failed("write the last pages".to_owned(), source));
        }
        Ok((self.next, self.sink))
    }

    fn failed(&self, action: String, source: std::io::Error) -> Error {
        Error::Io {
            file: self.sink.name().to_owned(),
            action,
            source,
        }
    }
}
