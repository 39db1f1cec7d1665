//! What every part of a verification works with.

use std::sync::Arc;

use crate::Workers;
use crate::error::{Error, Place, Result, Rule};
use crate::layout::{PageHeader, PageLayout, PageNo};
use crate::read::DatabaseFile;
use crate::read::claims::Claims;
use crate::read::pages::{Page, Pages};
use crate::source::PageSource;
use crate::verify::chains::Chains;
use crate::verify::links::Links;
use crate::verify::report::{Problem, Verification};

/// What looking at a page alone told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// It can be walked, though something on it may have been reported.
    Sound,
    /// Its items or links cannot be relied on: it is referred to, no more.
    Broken,
    /// Every byte is zero.
    Zero,
}

/// A verification under way.
pub(super) struct Check<'f, S> {
    pub(super) file: &'f DatabaseFile<S>,
    pub(super) workers: Workers,
    /// One for each page.
    pub(super) states: Arc<Vec<State>>,
    pub(super) links: Arc<Links>,
    /// Which pages have been referred to.
    pub(super) claims: Arc<Claims>,
    pub(super) chains: Chains,
    /// The page of the last separator that bounded a key: it bounds many.
    pub(super) bound_page: Option<Page<'f>>,
    pub(super) report: Verification,
}

impl<'f, S> Check<'f, S> {
    /// Nothing looked at yet.
    pub(super) fn new(file: &'f DatabaseFile<S>, claims: Claims, workers: Workers) -> Self {
        Self {
            file,
            workers,
            states: Arc::default(),
            links: Arc::default(),
            claims: Arc::new(claims),
            chains: Chains::default(),
            bound_page: None,
            report: Verification::default(),
        }
    }

    /// A part of the same verification, for the calling thread: all pages were
    /// looked at alone, and what it claims is claimed for `claims`.
    pub(super) fn part(&self, claims: &Arc<Claims>) -> Self {
        Self {
            file: self.file,
            workers: Workers::ALONE,
            states: Arc::clone(&self.states),
            links: Arc::clone(&self.links),
            claims: Arc::clone(claims),
            chains: Chains::default(),
            bound_page: None,
            report: Verification::default(),
        }
    }

    /// Reports a broken rule.
    pub(super) fn broken(
        &mut self,
        place: Place,
        rule: Rule,
        found: impl Into<String>,
        expected: impl Into<String>,
    ) {
        self.report.add(Problem {
            place,
            rule,
            expected: expected.into(),
            found: found.into(),
        });
    }

    /// Notes what is odd and no damage.
    pub(super) fn note(&mut self, place: Place, rule: Rule, found: impl Into<String>) {
        self.report.note(Problem {
            place,
            rule,
            expected: String::new(),
            found: found.into(),
        });
    }

    /// Reports what another report holds.
    pub(super) fn take(&mut self, other: Verification) {
        for problem in other.findings {
            self.report.add(problem);
        }
        for problem in other.notes {
            self.report.note(problem);
        }
        self.report.more = self.report.more.saturating_add(other.more);
    }
}

impl<'f, S: PageSource> Check<'f, S> {
    pub(super) fn pages(&self) -> &'f Pages<S> {
        &self.file.pages
    }

    pub(super) fn layout(&self) -> PageLayout {
        self.file.layout()
    }

    pub(super) fn count(&self) -> PageNo {
        self.pages().count()
    }

    /// What looking at a page alone told; `Broken` past the end of the file.
    pub(super) fn state(&self, pgno: PageNo) -> State {
        self.states
            .get(pgno as usize)
            .copied()
            .unwrap_or(State::Broken)
    }

    /// Reports the error if the file is to blame; gives others back.
    pub(super) fn absorb<T>(&mut self, result: Result<T>) -> Result<Option<T>> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Error::Format(error)) => {
                self.report.add(Problem::from(&*error));
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    /// Claims a page for the place that refers to it, and reports where that
    /// cannot be: past the end of the file, or a second reference.
    pub(super) fn claim(&mut self, pgno: PageNo, referrer: Place) -> bool {
        if pgno == 0 || pgno >= self.count() {
            let found = format!("page {pgno} of {}", self.count());
            self.broken(referrer, Rule::PageBeyondEnd, found, "");
            return false;
        }
        let first = self.claims.claim(pgno);
        if !first {
            self.broken(referrer, Rule::PageTwice, format!("page {pgno}"), "");
        }
        first
    }

    /// A page that can be walked; `None` where looking at it alone has
    /// reported that it cannot. A page of zeros is reported here, since only
    /// its referrer knows whether it may be one.
    pub(super) fn walkable(&mut self, pgno: PageNo) -> Result<Option<Page<'f>>> {
        match self.state(pgno) {
            State::Broken => Ok(None),
            State::Zero => {
                self.broken(Place::page(pgno), Rule::ZeroPage, "", "");
                Ok(None)
            }
            State::Sound => {
                let page = self.pages().page(pgno, Place::FILE);
                self.absorb(page)
            }
        }
    }

    /// The header of a page that can be walked, as [`walkable`](Self::walkable)
    /// has it. What else is on the page was looked at with the page alone.
    pub(super) fn walkable_header(&mut self, pgno: PageNo) -> Result<Option<PageHeader>> {
        if self.state(pgno) == State::Sound
            && let Some(header) = self.pages().header(pgno)
        {
            return Ok(Some(header));
        }
        Ok(self.walkable(pgno)?.map(|page| page.view().header))
    }

    /// The item area's usual beginning on an empty page.
    pub(super) fn page_len(&self) -> usize {
        self.layout().page_len()
    }
}

/// The type of a page and its place in words.
pub(super) fn type_of(header: &PageHeader) -> String {
    format!("type {}", header.page_type)
}
