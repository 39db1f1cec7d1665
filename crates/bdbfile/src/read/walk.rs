//! What every walk over a database takes with it.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Place, Rule};
use crate::layout::{Meta, PageNo};
use crate::read::claims::Claims;
use crate::read::finding::{Finding, ScanReport};
use crate::read::pages::Pages;

/// The pages a walk reads, the claims it makes, the database it walks, and
/// what it notes on the way.
#[derive(Debug)]
pub(crate) struct Walk<'a, S> {
    pub(crate) pages: &'a Pages<S>,
    pub(crate) claims: &'a Claims,
    pub(crate) meta: &'a Meta,
    pub(crate) notes: &'a Notes,
}

impl<S> Clone for Walk<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Walk<'_, S> {}

/// What walks on several threads note.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    deleted: AtomicU64,
    /// Pages of a bucket or a queue that were never written, or were lost.
    unwritten: AtomicU64,
    findings: Mutex<ScanReport>,
}

impl Notes {
    /// Counts an item passed over because it is marked deleted.
    pub(crate) fn deleted(&self) {
        self.deleted.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a page that may have held records and was never written.
    pub(crate) fn unwritten(&self) {
        self.unwritten.fetch_add(1, Ordering::Relaxed);
    }

    /// How many of these there are.
    pub(crate) fn unwritten_count(&self) -> u64 {
        self.unwritten.load(Ordering::Relaxed)
    }

    /// Notes something odd.
    pub(crate) fn find(&self, place: Place, rule: Rule, detail: impl Into<String>) {
        self.add(Finding {
            place,
            rule,
            detail: detail.into(),
        });
    }

    /// Notes something odd, once for each rule and page.
    pub(crate) fn find_once(&self, page: PageNo, rule: Rule) {
        if let Ok(mut report) = self.findings.lock() {
            let place = Place::page(page);
            if !report
                .findings
                .iter()
                .any(|known| known.rule == rule && known.place == place)
            {
                report.add(Finding {
                    place,
                    rule,
                    detail: String::new(),
                });
            }
        }
    }

    pub(crate) fn add(&self, finding: Finding) {
        if let Ok(mut report) = self.findings.lock() {
            report.add(finding);
        }
    }

    /// The report with what was noted.
    pub(crate) fn into_report(self) -> ScanReport {
        let mut report = self.findings.into_inner().unwrap_or_default();
        report.deleted = self.deleted.into_inner();
        report
    }
}
