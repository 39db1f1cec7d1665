//! A part of a file, built in memory before it is known where it will stand.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::layout::{NO_PAGE, PageLayout, PageNo};
use crate::write::file::Shared;
use crate::write::file::buffer::Buffer;
use crate::write::pages::{FinalPages, Pages, shifted, write_at};
use crate::write::sink::PageSink;

/// Bytes gathered before they are written, once it is known where to.
const CHUNK: usize = 1 << 20;

/// Bytes gathered at most before the part waits for its turn: memory is
/// bounded by this for each part being built, whatever a part holds. What the
/// part before it has left is mostly built by then.
pub(super) const GATHERED_AT_MOST: usize = 8 << 20;

/// A part of a file. Page numbers are handed out from 1 on; when the parts
/// before it have their places, the number of the page before it is added to
/// every number that a page names as a link.
#[derive(Debug)]
pub(crate) struct Part<W: PageSink> {
    file: Arc<Shared<W>>,
    /// Its place in the order of parts.
    ticket: u64,
    /// What is added to local numbers, once known.
    shift: Option<PageNo>,
    /// Numbers handed out.
    allocated: PageNo,
    /// The local number of the first page gathered.
    start: PageNo,
    /// Pages by their local numbers.
    gathered: Gathered,
    /// Pages whose own numbers are final.
    fixed: Gathered,
    fixed_numbers: Vec<PageNo>,
    done: bool,
}

/// Pages side by side in memory.
#[derive(Debug, Default)]
struct Gathered {
    bytes: Buffer,
    /// For each page, whether it was written.
    present: Vec<bool>,
    /// Where in `bytes` there are numbers to be shifted.
    links: Vec<u32>,
}

impl Gathered {
    /// Puts a page at an index; those passed over come later.
    fn put(&mut self, index: usize, page: &[u8], links: &[u16]) -> io::Result<()> {
        let at = index.saturating_mul(page.len());
        self.room(at, page.len())?.copy_from_slice(page);
        self.note(index, at, links);
        Ok(())
    }

    /// Puts a page at an index, which is these parts and zeros.
    fn put_parts(
        &mut self,
        index: usize,
        page_len: usize,
        parts: [&[u8]; 2],
        links: &[u16],
    ) -> io::Result<()> {
        let at = index.saturating_mul(page_len);
        let mut room = self.room(at, page_len)?;
        for part in parts {
            let (place, rest) = room.split_at_mut(part.len().min(room.len()));
            place.copy_from_slice(part.get(..place.len()).unwrap_or_default());
            room = rest;
        }
        room.fill(0);
        self.note(index, at, links);
        Ok(())
    }

    /// The bytes of a page, all of which are to be put.
    fn room(&mut self, at: usize, page_len: usize) -> io::Result<&mut [u8]> {
        let end = at.saturating_add(page_len);
        self.bytes.lengthen_to(end)?;
        Ok(self.bytes.bytes_mut().get_mut(at..end).unwrap_or_default())
    }

    /// Notes a page that was put.
    fn note(&mut self, index: usize, at: usize, links: &[u16]) {
        if self.present.len() <= index {
            self.present.resize(index.saturating_add(1), false);
        }
        if let Some(present) = self.present.get_mut(index) {
            *present = true;
        }
        let places = links.iter().filter_map(|link| {
            let place = u32::try_from(at).ok()?;
            place.checked_add(u32::from(*link))
        });
        self.links.extend(places);
    }

    /// Shifts the numbers of all links and fills in the checksums.
    fn settle(&mut self, layout: PageLayout, shift: PageNo, name: &str) -> Result<()> {
        for link in self.links.drain(..) {
            shift_link(layout, self.bytes.bytes_mut(), link as usize, shift, name)?;
        }
        if layout.checksums {
            let pages = self.bytes.bytes_mut().chunks_exact_mut(layout.page_len());
            for (page, present) in pages.zip(&self.present) {
                if *present {
                    layout.seal(page);
                }
            }
        }
        Ok(())
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.present.clear();
        self.links.clear();
    }
}

impl<W: PageSink> Part<W> {
    pub(crate) fn new(file: &Arc<Shared<W>>, ticket: u64) -> Self {
        Self {
            file: Arc::clone(file),
            ticket,
            shift: None,
            allocated: 0,
            start: 1,
            gathered: Gathered {
                bytes: file.take_buffer(),
                ..Gathered::default()
            },
            fixed: Gathered::default(),
            fixed_numbers: Vec::new(),
            done: false,
        }
    }

    /// Waits until the parts before this one have their places. Gives what is
    /// added to the numbers handed out here, and the first number after them.
    pub(crate) fn place(&mut self) -> Result<(PageNo, PageNo)> {
        let shift = if let Some(shift) = self.shift {
            shift
        } else {
            let base = self.file.turns.wait(self.ticket, self.file.sink.name())?;
            // No part stands on page 0.
            let shift = base.saturating_sub(1);
            self.shift = Some(shift);
            shift
        };
        let end = shifted(self.name(), shift, self.allocated)?;
        Ok((shift, shifted(self.name(), end, 1)?))
    }

    /// Hands out final numbers from `next` on. The part has its turn.
    pub(crate) fn final_pages(&self, next: PageNo) -> FinalPages<'_, W> {
        FinalPages::new(&self.file.sink, self.file.layout, next)
    }

    /// Ends the part, which has been given its place and reaches up to page
    /// `end`: the next one gets its place while this one is written.
    pub(crate) fn finish(mut self, end: PageNo) -> Result<()> {
        self.file.turns.pass(end);
        self.flush()?;
        self.done = true;
        Ok(())
    }

    /// Shifts the links of a page that is kept outside the part.
    pub(crate) fn settle(&self, page: &mut [u8], links: &[u16]) -> Result<()> {
        let shift = self.shift.unwrap_or_default();
        for link in links {
            let (layout, at) = (self.file.layout, usize::from(*link));
            shift_link(layout, page, at, shift, self.file.sink.name())?;
        }
        Ok(())
    }

    /// A page was put to those that are gathered, if there was memory for it.
    fn kept(&mut self, put: io::Result<()>) -> Result<()> {
        put.map_err(|source| Error::Io {
            file: self.file.sink.name().to_owned(),
            action: "gather pages in memory".to_owned(),
            source,
        })?;
        self.relieve()
    }

    /// Writes what is gathered where that is much, as soon as it is known
    /// where to.
    fn relieve(&mut self) -> Result<()> {
        let bytes = self
            .gathered
            .bytes
            .len()
            .saturating_add(self.fixed.bytes.len());
        if bytes < CHUNK {
            return Ok(());
        }
        if self.shift.is_none() {
            let base = self.file.turns.poll(self.ticket);
            self.shift = base.map(|base| base.saturating_sub(1));
        }
        if self.shift.is_none() {
            if bytes < GATHERED_AT_MOST {
                return Ok(());
            }
            self.place()?;
        }
        self.flush()
    }

    /// Writes what is gathered. The part has its place.
    fn flush(&mut self) -> Result<()> {
        let (layout, sink) = (self.file.layout, &self.file.sink);
        let shift = self.shift.unwrap_or_default();
        let name = sink.name();
        self.gathered.settle(layout, shift, name)?;
        let first = shifted(name, shift, self.start)?;
        let mut index = 0;
        for run in self.gathered.present.chunk_by(|left, right| left == right) {
            let bytes = bytes_of(layout, index, run.len());
            if let (Some(true), Some(bytes)) = (run.first(), self.gathered.bytes.bytes().get(bytes))
            {
                let after = PageNo::try_from(index).unwrap_or(PageNo::MAX);
                write_at(sink, layout, shifted(name, first, after)?, bytes)?;
            }
            index = index.saturating_add(run.len());
        }
        let pages = PageNo::try_from(self.gathered.present.len()).unwrap_or(PageNo::MAX);
        self.start = shifted(name, self.start, pages)?;
        self.gathered.clear();

        self.fixed.settle(layout, shift, name)?;
        let mut index = 0;
        let numbers = &self.fixed_numbers;
        for run in numbers.chunk_by(|left, right| left.checked_add(1) == Some(*right)) {
            let bytes = bytes_of(layout, index, run.len());
            if let (Some(first), Some(bytes)) = (run.first(), self.fixed.bytes.bytes().get(bytes)) {
                write_at(sink, layout, *first, bytes)?;
            }
            index = index.saturating_add(run.len());
        }
        self.fixed_numbers.clear();
        self.fixed.clear();
        Ok(())
    }
}

impl<W: PageSink> Pages for Part<W> {
    fn layout(&self) -> PageLayout {
        self.file.layout
    }

    fn name(&self) -> &str {
        self.file.sink.name()
    }

    fn allocate(&mut self) -> Result<PageNo> {
        self.allocated = shifted(self.file.sink.name(), self.allocated, 1)?;
        Ok(self.allocated)
    }

    fn write(&mut self, pgno: PageNo, page: &mut [u8], links: &[u16]) -> Result<()> {
        let Some(index) = pgno.checked_sub(self.start) else {
            // Those around it have gone out already, so its place is known.
            self.settle(page, links)?;
            let (layout, sink) = (self.file.layout, &self.file.sink);
            layout.seal(page);
            let pgno = shifted(sink.name(), self.shift.unwrap_or_default(), pgno)?;
            return write_at(sink, layout, pgno, page);
        };
        let put = self.gathered.put(index as usize, page, links);
        self.kept(put)
    }

    fn write_parts(&mut self, pgno: PageNo, parts: [&[u8]; 2], links: &[u16]) -> Result<()> {
        let page_len = self.file.layout.page_len();
        let Some(index) = pgno.checked_sub(self.start) else {
            let mut page = parts.concat();
            page.resize(page_len, 0);
            return self.write(pgno, &mut page, links);
        };
        let put = self
            .gathered
            .put_parts(index as usize, page_len, parts, links);
        self.kept(put)
    }

    fn write_fixed(&mut self, pgno: PageNo, page: &mut [u8], links: &[u16]) -> Result<()> {
        let put = self.fixed.put(self.fixed_numbers.len(), page, links);
        self.fixed_numbers.push(pgno);
        self.kept(put)
    }
}

impl<W: PageSink> Drop for Part<W> {
    fn drop(&mut self) {
        if !self.done {
            self.file.turns.give_up(self.ticket);
        }
        self.gathered.clear();
        self.file
            .keep_buffer(std::mem::take(&mut self.gathered.bytes));
    }
}

/// Where the bytes of `count` pages are, from the page at `index` on.
fn bytes_of(layout: PageLayout, index: usize, count: usize) -> Range<usize> {
    let at = |index: usize| index.saturating_mul(layout.page_len());
    at(index)..at(index.saturating_add(count))
}

/// Adds to the page number that stands at `at`, unless it is none.
fn shift_link(
    layout: PageLayout,
    bytes: &mut [u8],
    at: usize,
    shift: PageNo,
    name: &str,
) -> Result<()> {
    let endian = layout.endian;
    match endian.u32(bytes, at) {
        Some(NO_PAGE) | None => {}
        Some(local) => endian.put_u32(bytes, at, shifted(name, local, shift)?),
    }
    Ok(())
}
