//! The pages of one bucket: the first at its fixed place, then a chain.

use std::collections::VecDeque;

use crate::error::Result;
use crate::layout::{PageLayout, PageNo, PageType};
use crate::write::hash::page::{NewPair, Number, OpenPage};
use crate::write::page::PageBuf;
use crate::write::pages::Pages;

/// Pages of a bucket that are filled at the same time. A pair goes on the first
/// with room for it.
const OPEN_AT_MOST: usize = 8;

/// A bucket being written.
#[derive(Debug)]
pub(super) struct Bucket {
    layout: PageLayout,
    page_type: PageType,
    /// Its pages that still may have room, in the order of the chain; none
    /// before the first bucket is begun.
    open: VecDeque<OpenPage>,
    /// The page before them.
    before: Number,
    /// Emptied pages.
    spare: Vec<OpenPage>,
    buffer: PageBuf,
}

impl Bucket {
    pub(super) fn new(layout: PageLayout, page_type: PageType) -> Self {
        Self {
            layout,
            page_type,
            open: VecDeque::new(),
            before: Number::None,
            spare: Vec::new(),
            buffer: PageBuf::new(layout),
        }
    }

    /// Begins a bucket with its first page. The one before it was ended.
    pub(super) fn begin(&mut self, first: PageNo) {
        self.open_page(Number::Fixed(first));
    }

    /// Adds a pair.
    pub(super) fn push<P: Pages>(&mut self, pages: &mut P, pair: NewPair<'_>) -> Result<()> {
        let sorted = self.page_type == PageType::HashSorted;
        let layout = self.layout;
        if let Some(page) = self
            .open
            .iter_mut()
            .find(|page| page.has_room(layout, &pair, sorted))
        {
            page.push(pair, sorted);
            return Ok(());
        }
        let number = Number::Local(pages.allocate()?);
        self.open_page(number);
        if let Some(page) = self.open.back_mut() {
            page.push(pair, sorted);
        }
        if self.open.len() > OPEN_AT_MOST {
            self.write_first(pages)?;
        }
        Ok(())
    }

    /// Writes all pages of the bucket.
    pub(super) fn end<P: Pages>(&mut self, pages: &mut P) -> Result<()> {
        while !self.open.is_empty() {
            self.write_first(pages)?;
        }
        self.before = Number::None;
        Ok(())
    }

    fn open_page(&mut self, number: Number) {
        let mut page = self.spare.pop().unwrap_or_else(OpenPage::new);
        page.number = number;
        self.open.push_back(page);
    }

    /// Writes the first of the open pages, whose successor is known.
    fn write_first<P: Pages>(&mut self, pages: &mut P) -> Result<()> {
        let Some(mut page) = self.open.pop_front() else {
            return Ok(());
        };
        let next = self.open.front().map_or(Number::None, |next| next.number);
        let neighbours = (self.before, next);
        page.write(pages, &mut self.buffer, self.page_type, neighbours)?;
        self.before = page.number;
        self.spare.push(page);
        Ok(())
    }
}
