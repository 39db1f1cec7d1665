//! All records of a database, by ranges of leaves.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Place, Result, Rule};
use crate::layout::{NO_PAGE, PageHeader, PageType};
use crate::read::claims::Claims;
use crate::read::duplicates::neighbours;
use crate::read::finding::{Finding, ScanReport};
use crate::read::leaf::{self, Scratch};
use crate::read::open::Database;
use crate::read::overflow;
use crate::read::record::Record;
use crate::read::tree::{self, Leaves, TreeKind};
use crate::source::PageSource;

/// A walk over the records of a database. Ranges of leaves can be visited by
/// several threads at once; each leaf is to be visited once.
#[derive(Debug)]
pub struct Scan<'db, S> {
    database: &'db Database<S>,
    claims: Claims,
    leaves: Leaves,
    records: AtomicU64,
    deleted: AtomicU64,
    leaves_visited: AtomicU64,
}

impl<S: PageSource> Database<S> {
    /// Walks the tree down to its leaves and is then ready to visit records.
    pub fn scan(&self) -> Result<Scan<'_, S>> {
        Scan::new(self)
    }
}

impl<'db, S: PageSource> Scan<'db, S> {
    /// Walks the internal pages and lists the leaves.
    fn new(database: &'db Database<S>) -> Result<Self> {
        let claims = Claims::new(database.page_count());
        claims.claim(0);
        let leaves = tree::leaves(
            &database.pages,
            &claims,
            TreeKind::BTREE,
            database.meta.root,
            Place::page(0),
        )?;
        Ok(Self {
            database,
            claims,
            leaves,
            records: AtomicU64::new(0),
            deleted: AtomicU64::new(0),
            leaves_visited: AtomicU64::new(0),
        })
    }

    /// The range of all leaves.
    pub fn all(&self) -> Range<usize> {
        0..self.leaves.pages.len()
    }

    /// Visits the records of a range of leaves in the order of the file.
    ///
    /// # Errors
    /// Whatever `each` returns ends the visit, as does the first rule that the
    /// file breaks.
    pub fn visit<E: From<crate::Error>>(
        &self,
        range: Range<usize>,
        mut each: impl FnMut(Record<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let pages = &self.database.pages;
        let flags = self.database.meta.flags;
        let mut scratch = Scratch::default();
        let mut records = 0_u64;
        for index in range {
            let Some(&pgno) = self.leaves.pages.get(index) else {
                break;
            };
            let page = pages.page(pgno, Place::FILE)?;
            let view = page.view();
            let beside = neighbours(&self.leaves.pages, index);
            tree::check_leaf(pages, TreeKind::BTREE, &view, beside)?;
            let deleted = leaf::visit(
                pages,
                &self.claims,
                flags,
                &view,
                &mut scratch,
                &mut |record| {
                    records += 1;
                    each(record)
                },
            )?;
            self.deleted.fetch_add(deleted, Ordering::Relaxed);
            self.leaves_visited.fetch_add(1, Ordering::Relaxed);
        }
        self.records.fetch_add(records, Ordering::Relaxed);
        Ok(())
    }

    /// Ends the scan: looks at the free list and, when every leaf was visited,
    /// for pages that nothing refers to.
    pub fn finish(self) -> Result<ScanReport> {
        let pages = &self.database.pages;
        let mut report = ScanReport {
            records: self.records.into_inner(),
            deleted: self.deleted.into_inner(),
            ..ScanReport::default()
        };
        for finding in self.database.findings() {
            report.add(finding.clone());
        }
        for &(first, _) in &self.leaves.key_chains {
            overflow::claim_chain(pages, &self.claims, first);
        }
        claim_free_list(self.database, &self.claims, &mut report);
        if self.leaves_visited.into_inner() == self.leaves.pages.len() as u64 {
            for pgno in (0..pages.count()).filter(|pgno| !self.claims.is_claimed(*pgno)) {
                let bytes = pages.raw(pgno)?;
                let Some(header) = PageHeader::read(pages.layout().endian, &bytes) else {
                    continue;
                };
                // A page that was allocated and never written reads as zeros.
                if bytes.iter().any(|byte| *byte != 0) {
                    report.add(Finding {
                        place: Place::page(pgno),
                        rule: Rule::Unreferenced,
                        detail: format!("type {}, {} entries", header.page_type, header.entries),
                    });
                }
            }
        }
        report.newest_lsn = pages.newest_lsn();
        Ok(report)
    }
}

/// Claims the pages of the free list. A damaged list costs no record.
fn claim_free_list<S: PageSource>(
    database: &Database<S>,
    claims: &Claims,
    report: &mut ScanReport,
) {
    let pages = &database.pages;
    let mut referrer = Place::page(0);
    let mut pgno = database.meta.free;
    while pgno != NO_PAGE {
        let detail = match pages.page(pgno, referrer) {
            Err(error) => error.to_string(),
            Ok(page) => {
                let header = page.view().header;
                if !header.is(PageType::Free) {
                    format!("page {pgno} has type {}", header.page_type)
                } else if !claims.claim(pgno) {
                    format!("page {pgno} is referred to twice")
                } else {
                    referrer = Place::page(pgno);
                    pgno = header.next;
                    continue;
                }
            }
        };
        report.add(Finding {
            place: referrer,
            rule: Rule::FreeList,
            detail,
        });
        return;
    }
}
