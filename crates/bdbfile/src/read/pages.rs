//! One page by its number.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::budget::{Budgets, Meter};
use crate::error::{Error, Place, Result, Rule, broken};
use crate::layout::{LARGEST_HEADER, Lsn, PageHeader, PageLayout, PageNo, PageType, PageView};
use crate::source::PageSource;

/// The pages of a file.
#[derive(Debug)]
pub(crate) struct Pages<S> {
    source: S,
    layout: PageLayout,
    count: PageNo,
    /// The newest position in the log seen on any page, file number above,
    /// offset below: ordered as positions are.
    newest_lsn: AtomicU64,
    /// Whether the file's checksums are known to be wrong throughout.
    checksums_ignored: bool,
    meter: Meter,
}

/// A page that has been read.
pub(crate) struct Page<'a> {
    bytes: Cow<'a, [u8]>,
    view_header: PageHeader,
    layout: PageLayout,
}

impl Page<'_> {
    /// The page as a view.
    pub(crate) fn view(&self) -> PageView<'_> {
        PageView {
            bytes: &self.bytes,
            layout: self.layout,
            header: self.view_header,
        }
    }
}

impl<S: PageSource> Pages<S> {
    /// The pages of `source`, `count` of them.
    pub(crate) fn new(source: S, layout: PageLayout, count: PageNo, budgets: Budgets) -> Self {
        let meter = Meter::new(budgets, count, source.len());
        Self {
            source,
            layout,
            count,
            newest_lsn: AtomicU64::new(0),
            checksums_ignored: false,
            meter,
        }
    }

    /// Looks at no checksum from now on.
    pub(crate) fn ignore_checksums(&mut self) {
        self.checksums_ignored = true;
    }

    /// Whether checksums are looked at.
    pub(crate) fn checks_checksums(&self) -> bool {
        !self.checksums_ignored
    }

    /// Reads pages in another layout from now on.
    pub(crate) fn set_layout(&mut self, layout: PageLayout) {
        self.layout = layout;
    }

    /// What was spent of the budgets.
    pub(crate) fn meter(&self) -> &Meter {
        &self.meter
    }

    pub(crate) fn name(&self) -> &str {
        self.source.name()
    }

    pub(crate) fn layout(&self) -> PageLayout {
        self.layout
    }

    /// Number of whole pages in the file.
    pub(crate) fn count(&self) -> PageNo {
        self.count
    }

    /// Length of the file in bytes.
    pub(crate) fn file_len(&self) -> u64 {
        self.source.len()
    }

    /// The newest position in the log on any page read so far.
    pub(crate) fn newest_lsn(&self) -> Lsn {
        let packed = self.newest_lsn.load(Ordering::Relaxed);
        let half = |bits: u64| u32::try_from(bits & u64::from(u32::MAX)).unwrap_or_default();
        Lsn {
            file: half(packed >> 32),
            offset: half(packed),
        }
    }

    /// Notes the position on a page that was read by other means.
    pub(crate) fn note_lsn(&self, lsn: Lsn) {
        let packed = u64::from(lsn.file) << 32 | u64::from(lsn.offset);
        if packed > self.newest_lsn.load(Ordering::Relaxed) {
            self.newest_lsn.fetch_max(packed, Ordering::Relaxed);
        }
    }

    /// Reads a page that `referrer` names, and checks its checksum and its
    /// own number.
    pub(crate) fn page(&self, pgno: PageNo, referrer: Place) -> Result<Page<'_>> {
        if pgno >= self.count {
            let found = format!("page {pgno} of {}", self.count);
            return Err(self.broken(referrer, Rule::PageBeyondEnd, found));
        }
        let bytes = self.raw(pgno)?;
        let header = match PageView::parse(self.layout, &bytes) {
            Some(view) => view.header,
            None => return Err(self.broken(Place::page(pgno), Rule::TooShort, "")),
        };
        // What is on a page of a chain is copied in one.
        if let Cow::Borrowed(bytes) = bytes
            && !header.is(PageType::Overflow)
        {
            fetch(bytes);
        }
        if header.pgno != pgno {
            let found = if bytes.iter().all(|byte| *byte == 0) {
                "the whole page is zeros".to_owned()
            } else {
                format!("it says {}", header.pgno)
            };
            return Err(self.broken(Place::page(pgno), Rule::PageNumber, found));
        }
        if let Some(found) = self.wrong_checksum(&bytes) {
            return Err(self.broken(Place::page(pgno), Rule::Checksum, found));
        }
        self.note_lsn(header.lsn);
        Ok(Page {
            bytes,
            view_header: header,
            layout: self.layout,
        })
    }

    /// How the checksum of a page that is no metadata page is wrong, if it is.
    pub(crate) fn wrong_checksum(&self, bytes: &[u8]) -> Option<String> {
        if !self.layout.checksums || self.checksums_ignored {
            return None;
        }
        let (stored, right) = self.layout.checksums_of(bytes)?;
        (stored != right).then(|| format!("stored {stored:08x}, computed {right:08x}"))
    }

    /// The bytes of a page of the file, unchecked.
    pub(crate) fn raw(&self, pgno: PageNo) -> Result<Cow<'_, [u8]>> {
        self.meter.read(self.name(), 1)?;
        let offset = self.layout.offset_of(pgno);
        self.source
            .bytes(offset, self.layout.page_len())
            .map_err(|source| Error::Io {
                file: self.name().to_owned(),
                action: format!("read page {pgno}"),
                source,
            })
    }

    /// Whether the source has its bytes in memory.
    pub(crate) fn are_in_memory(&self) -> bool {
        matches!(self.source.bytes(0, 1), Ok(Cow::Borrowed(_)))
    }

    /// The bytes of pages that follow each other, unchecked; `None` where not
    /// all of them can be read at once.
    pub(crate) fn raw_run<'a>(
        &'a self,
        pages: Range<PageNo>,
        room: &'a mut Vec<u8>,
    ) -> Option<&'a [u8]> {
        let start = self.layout.offset_of(pages.start);
        let len = self.layout.offset_of(pages.end).checked_sub(start)?;
        let len = usize::try_from(len).ok()?;
        self.meter
            .count_read(u64::from(pages.end.saturating_sub(pages.start)));
        self.source.run(start, len, room).ok()
    }

    /// The header of a page of the file, unchecked, without the rest of it.
    pub(crate) fn header(&self, pgno: PageNo) -> Option<PageHeader> {
        self.meter.count_read(1);
        let offset = self.layout.offset_of(pgno);
        let mut start = [0; LARGEST_HEADER];
        let start = start.get_mut(..self.layout.header_size())?;
        self.source.read_into(offset, start).ok()?;
        PageHeader::read(self.layout.endian, start)
    }

    /// The next pages from `pgno` on that have bytes in the source; those
    /// between are zeros.
    pub(crate) fn data(&self, pgno: PageNo) -> Option<Range<PageNo>> {
        let size = u64::from(self.layout.page_size);
        let range = self.source.data(self.layout.offset_of(pgno))?;
        let start = PageNo::try_from(range.start.checked_div(size)?).ok()?;
        let end = PageNo::try_from(range.end.div_ceil(size)).unwrap_or(PageNo::MAX);
        let end = end.min(self.count);
        (start < end).then_some(start..end)
    }

    /// The error for a rule this file breaks.
    pub(crate) fn broken(&self, place: Place, rule: Rule, found: impl Into<String>) -> Error {
        broken(self.name(), place, rule, found)
    }
}

/// Bytes that the processor fetches at once.
const LINE: usize = 64;

/// Touches a page from its beginning to its end. Items are found from the end of
/// a page towards its beginning, some hundred bytes apart: on pages that lie in
/// mapped memory the processor would wait for each.
pub(crate) fn fetch(page: &[u8]) {
    let (lines, _) = page.as_chunks::<LINE>();
    let touched = lines.iter().fold(0, |all, [first, ..]| all | first);
    std::hint::black_box(touched);
}
