//! In which order pages give out their records.
//!
//! Whoever comes first claims what it names, so the sound go before the
//! doubtful: items in use, then deleted ones, then unsound pages, and data
//! without key only when every item that could name them has been seen.

use crate::error::{Error, Place, Rule};
use crate::layout::{NO_PAGE, PageHeader, PageNo, PageView};
use crate::read::claims::Claims;
use crate::read::pages::Pages;
use crate::salvage::census::{Census, Class};
use crate::salvage::record::{Mode, Origin, Reporter, SalvageReport, Salvaged, State};
use crate::salvage::shape::Shape;
use crate::source::PageSource;

/// A salvage at work.
pub(super) struct Work<'a, S> {
    pub(super) pages: &'a Pages<S>,
    pub(super) shape: &'a Shape,
    pub(super) census: &'a Census,
    pub(super) mode: Mode,
    /// Pages of chains and of duplicates that belong to an item, and leaves
    /// that were visited.
    pub(super) claims: Claims,
    /// Pages with items marked deleted.
    pub(super) with_deleted: Claims,
    /// Pages of chains that were read in vain.
    pub(super) wasted: u64,
    /// The first item that was longer than its budget.
    pub(super) too_long: Option<Error>,
    pub(super) report: Reporter<'a>,
}

impl<'a, S: PageSource> Work<'a, S> {
    pub(super) fn new(
        pages: &'a Pages<S>,
        shape: &'a Shape,
        census: &'a Census,
        mode: Mode,
        report: Reporter<'a>,
    ) -> Self {
        Self {
            pages,
            shape,
            census,
            mode,
            claims: Claims::new(pages.count()),
            with_deleted: Claims::new(pages.count()),
            wasted: 0,
            too_long: None,
            report,
        }
    }

    pub(super) fn run<E: From<Error>>(
        &mut self,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let all = 1..self.pages.count();
        for pgno in all.clone() {
            self.keyed_page(pgno, self.census.sound(pgno), Origin::Live, each)?;
        }
        for pgno in all.clone() {
            if self.with_deleted.is_claimed(pgno) {
                self.keyed_page(pgno, self.census.sound(pgno), Origin::Deleted, each)?;
            }
        }
        if self.mode == Mode::Aggressive {
            for pgno in all.clone() {
                let class = self.census.unsound(pgno);
                self.keyed_page(pgno, class, Origin::UnsoundPage, each)?;
            }
        }
        self.numbered_pages(each)?;
        for pgno in all.clone() {
            self.keyless_page(pgno, self.census.sound(pgno), Origin::Live, each)?;
        }
        if self.mode == Mode::Aggressive {
            for pgno in all.clone() {
                let class = self.census.unsound(pgno);
                self.keyless_page(pgno, class, Origin::UnsoundPage, each)?;
            }
            for pgno in all.clone() {
                if self.census.sound(pgno) == Some(Class::Overflow) {
                    self.loose_chain(pgno, each)?;
                }
            }
            for pgno in all.clone() {
                let overflow = self.census.sound(pgno) == Some(Class::Overflow);
                if overflow && !self.claims.is_claimed(pgno) {
                    let found = "an overflow page that no chain leads to";
                    self.report
                        .find(Place::page(pgno), Rule::Unreferenced, found);
                }
            }
            for pgno in all {
                if self.census.sound(pgno) == Some(Class::Free) {
                    self.freed_page(pgno, each)?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn finish(mut self) -> SalvageReport {
        let claimed = (0..self.pages.count()).filter(|pgno| self.claims.is_claimed(*pgno));
        self.report.used = PageNo::try_from(claimed.count()).unwrap_or(PageNo::MAX);
        self.report.report
    }

    /// Gives out a record.
    pub(super) fn give<E: From<Error>>(
        &mut self,
        record: Salvaged<'_>,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let key = record.key.map_or(0, <[u8]>::len);
        let len = key.saturating_add(record.value.len());
        self.pages
            .meter()
            .give(self.pages.name(), len as u64)
            .map_err(E::from)?;
        self.claim(record.page);
        self.report.count(&record);
        each(record)
    }

    pub(super) fn claim(&self, pgno: PageNo) {
        self.claims.claim(pgno);
    }

    /// The header of a page that the census has seen.
    pub(super) fn header(&self, pgno: PageNo) -> Option<PageHeader> {
        self.pages.header(pgno)
    }

    /// An overflow chain that begins here and that no item names.
    fn loose_chain<E: From<Error>>(
        &mut self,
        first: PageNo,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut value = Vec::new();
        let mut members = Vec::new();
        self.follow(first, None, &mut value, &mut members);
        for page in &members {
            self.claim(*page);
        }
        if members.is_empty() {
            return Ok(());
        }
        let record = Salvaged {
            key: None,
            value: &value,
            number: None,
            page: first,
            slot: 0,
            state: State::Loose,
            origin: Origin::Live,
        };
        self.give(record, each)
    }

    /// Whether four bytes of data are an entry of the directory of named
    /// databases: they lead to a metadata page.
    pub(super) fn is_directory_entry(&self, value: &[u8]) -> bool {
        let Ok(bytes) = <[u8; 4]>::try_from(value) else {
            return false;
        };
        let known = self.shape.meta.as_ref();
        if known.is_some_and(|meta| !meta.is_directory()) {
            return false;
        }
        let big = PageNo::from_be_bytes(bytes);
        [big, big.swap_bytes()]
            .into_iter()
            .any(|page| page != NO_PAGE && self.census.sound(page) == Some(Class::Meta))
    }

    /// Parses a page; the census has seen that it is one.
    pub(super) fn view<'b>(&self, bytes: &'b [u8]) -> Option<PageView<'b>> {
        PageView::parse(self.pages.layout(), bytes)
    }

    /// Notes an item in use that gives nothing.
    pub(super) fn lose(&mut self, place: Place, bad: crate::layout::BadItem) {
        use crate::layout::BadItem;
        self.report.lost = self.report.lost.saturating_add(1);
        match bad {
            BadItem::Bounds { offset, len } => {
                let found = format!("offset {offset}, {len} bytes");
                self.report.find(place, Rule::ItemBounds, found);
            }
            BadItem::Type(kind) => {
                self.report
                    .find(place, Rule::ItemType, format!("type {kind:#04x}"));
            }
            BadItem::Blob => self.report.find(place, Rule::Blob, ""),
        }
    }
}
