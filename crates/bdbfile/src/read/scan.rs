//! All records of a database, by ranges of its units: leaves, buckets, pages.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Place, Result, Rule};
use crate::layout::{Kind, Meta, Method, NO_PAGE, PageHeader, PageType};
use crate::read::claims::Claims;
use crate::read::database::Database;
use crate::read::finding::{Finding, ScanReport};
use crate::read::hash::{self, Buckets};
use crate::read::leaf;
use crate::read::open::DatabaseFile;
use crate::read::overflow;
use crate::read::queue::{self, QueuePages};
use crate::read::recno;
use crate::read::record::{Record, Scratch};
use crate::read::tree::{self, Leaves, TreeKind};
use crate::read::walk::{Notes, Walk};
use crate::source::PageSource;

/// A walk over the records of a database. Ranges of units can be visited by
/// several threads at once; each unit is to be visited once.
#[derive(Debug)]
pub struct Scan<'db, S> {
    database: &'db Database<'db, S>,
    claims: Claims,
    notes: Notes,
    units: Units,
    /// Those that are visited, the first.
    end: usize,
    records: AtomicU64,
    keys: AtomicU64,
    visited: AtomicU64,
}

/// Bytes of the leaves of a piece of a database.
const PIECE_BYTES: u64 = 2 << 20;

/// Bytes of a piece with what its leaves lead to.
const PIECE_BYTES_IN_ALL: u64 = 8 << 20;

/// The fewest pages of one.
const PIECE_PAGES: u64 = 256;

/// What a database is visited by.
#[derive(Debug)]
enum Units {
    Leaves(Leaves),
    /// Leaves, each with the number of its first record.
    Numbered(Leaves, Vec<u32>),
    Buckets(Buckets),
    Queue(QueuePages),
}

impl Units {
    fn len(&self) -> usize {
        match self {
            Self::Leaves(leaves) | Self::Numbered(leaves, _) => leaves.pages.len(),
            Self::Buckets(buckets) => buckets.len(),
            Self::Queue(pages) => pages.len(),
        }
    }
}

impl<'db, S: PageSource> Scan<'db, S> {
    /// Finds the first units of the database.
    pub(super) fn new(database: &'db Database<'db, S>, first: usize) -> Result<Self> {
        // The pages of a queue refer to none, and with extents there may be
        // many more of them than are there.
        let claims = match database.meta.kind {
            Kind::Queue => Claims::not_kept(),
            _ => Claims::new(database.file.page_count()),
        };
        let notes = Notes::default();
        database.file.pages.meter().grant();
        claims.claim(0);
        claims.claim(database.meta.pgno);
        if database.little_endian_entry {
            notes.find(Place::FILE, Rule::DirectoryOrder, "");
        }
        let walk = Walk {
            pages: &database.file.pages,
            claims: &claims,
            meta: &database.meta,
            notes: &notes,
        };
        // A leaf is held against its neighbours: one more is listed.
        let units = units(walk, &database.file.meta, first.saturating_add(1))?;
        Ok(Self {
            end: units.len().min(first),
            database,
            claims,
            notes,
            units,
            records: AtomicU64::new(0),
            keys: AtomicU64::new(0),
            visited: AtomicU64::new(0),
        })
    }

    /// The range of all units, or of the first that were asked for.
    pub fn all(&self) -> Range<usize> {
        0..self.end
    }

    /// Divides all units into ranges, each for one thread at a time, to be read
    /// or built into a file of pages of `page_size` bytes: about 2 MiB of leaves
    /// each, or fewer where all pages of the file, shared out among its leaves,
    /// make 8 MiB of them; and no fewer than 256 pages of either file, so that
    /// the last page of a range, which may be half empty, is not missed. The
    /// records of a key are all in one range. There is always one.
    ///
    /// Ranges are small so that what is built of one stays in the processor's
    /// cache until it is written, and so that no thread waits long for another.
    pub fn pieces(&self, page_size: u32) -> Result<Vec<Range<usize>>> {
        let own_size = u64::from(self.database.file.layout().page_size);
        let fewest = PIECE_PAGES.saturating_mul(own_size.max(page_size.into()));
        let all = self.end;
        let pages = u64::from(self.database.file.page_count());
        let pages_each = pages.checked_div(all as u64).unwrap_or_default().max(1);
        let of = |bytes: u64, each: u64| bytes.max(fewest).checked_div(each).unwrap_or_default();
        let with_all = of(PIECE_BYTES_IN_ALL, own_size.saturating_mul(pages_each));
        let units = of(PIECE_BYTES, own_size).min(with_all);
        let units = usize::try_from(units).unwrap_or(usize::MAX).max(1);
        let duplicates = self.database.meta.has_duplicates();
        let mut pieces = Vec::with_capacity(all.div_ceil(units).max(1));
        let mut begin = 0_usize;
        loop {
            let mut end = begin.saturating_add(units).min(all);
            while duplicates && end < all && !self.begins_with_new_key(end)? {
                end = end.saturating_add(1);
            }
            pieces.push(begin..end);
            begin = end;
            if begin >= all {
                return Ok(pieces);
            }
        }
    }

    /// Visits the records of a range of units in the order of the file.
    ///
    /// # Errors
    /// Whatever `each` returns ends the visit, as does the first rule that the
    /// file breaks.
    pub fn visit<E: From<crate::Error>>(
        &self,
        range: Range<usize>,
        mut each: impl FnMut(Record<'_>) -> std::result::Result<(), E>,
    ) -> std::result::Result<(), E> {
        let walk = self.walk();
        let pages = walk.pages;
        let mut scratch = Scratch::default();
        let (mut records, mut keys, mut given) = (0_u64, 0_u64, 0_u64);
        let mut left = pages.meter().output_left();
        let mut each = |record: Record<'_>| {
            records = records.saturating_add(1);
            keys = keys.saturating_add(u64::from(!record.repeats_key));
            let len = record.key.len().saturating_add(record.value.len());
            given = given.saturating_add(len as u64);
            if given > left {
                // Another operation may have been granted more meanwhile.
                pages.meter().give(pages.name(), given)?;
                (given, left) = (0, pages.meter().output_left());
            }
            each(record)
        };
        let range = range.start..range.end.min(self.end);
        let units = range.len() as u64;
        for index in range {
            match &self.units {
                Units::Leaves(leaves) => {
                    let kind = TreeKind::BTREE;
                    let page = leaf_page(walk, kind, leaves, index)?;
                    leaf::visit(walk, &page.view(), &mut scratch, &mut each)?;
                }
                Units::Numbered(leaves, firsts) => {
                    let page = leaf_page(walk, TreeKind::RECNO, leaves, index)?;
                    let first = firsts.get(index).copied().unwrap_or_default();
                    recno::visit(walk, &page.view(), first, &mut scratch, &mut each)?;
                }
                Units::Buckets(buckets) => {
                    if let (Some(bucket), Some(fields)) =
                        (buckets.get(index), self.database.meta.hash())
                    {
                        hash::visit(walk, fields, bucket, &mut scratch, &mut each)?;
                    }
                }
                Units::Queue(pages) => {
                    if let (Some(page), Some(fields)) =
                        (pages.get(index), self.database.meta.queue())
                    {
                        queue::visit(walk, fields, page, &mut each)?;
                    }
                }
            }
        }
        self.visited.fetch_add(units, Ordering::Relaxed);
        self.records.fetch_add(records, Ordering::Relaxed);
        self.keys.fetch_add(keys, Ordering::Relaxed);
        Ok(pages.meter().give(pages.name(), given)?)
    }

    /// The bucket that a unit of a hash database is.
    pub(crate) fn bucket(&self, index: usize) -> Option<u32> {
        match &self.units {
            Units::Buckets(buckets) => buckets.get(index),
            _ => None,
        }
    }

    /// Whether the leaf of a unit begins with another key than the one before
    /// it ends with, so that the records of no key lie on both; false where
    /// that cannot be told from the two leaves alone.
    fn begins_with_new_key(&self, index: usize) -> Result<bool> {
        let Units::Leaves(leaves) = &self.units else {
            return Ok(true);
        };
        let walk = self.walk();
        let page = |index: usize| leaf_page(walk, TreeKind::BTREE, leaves, index);
        let Some(before) = index.checked_sub(1) else {
            return Ok(true);
        };
        let (before, after) = (page(before)?, page(index)?);
        leaf::differ(walk, &before.view(), &after.view())
    }

    /// Ends the scan: looks at the free list and, when every unit of the only
    /// database of a file was visited, for pages that nothing refers to.
    pub fn finish(self) -> Result<ScanReport> {
        let file = self.database.file;
        let pages = &file.pages;
        let walk = self.walk();
        if let Units::Leaves(leaves) | Units::Numbered(leaves, _) = &self.units {
            for &(first, _) in &leaves.key_chains {
                overflow::claim_chain(walk, first);
            }
        }
        let whole = self.visited.load(Ordering::Relaxed) == self.units.len() as u64;
        if whole {
            self.find_missing();
        }
        if self.database.name().is_none() && !self.database.meta.is_directory() {
            claim_free_list(file, walk);
            claim_spare_buckets(walk)?;
            // A queue drops pages by leaving them as they are.
            if whole && self.database.meta.queue().is_none() {
                find_unreferenced(walk)?;
            }
        }
        let mut report = self.notes.into_report();
        for finding in file.findings().iter().rev() {
            report.findings.insert(0, finding.clone());
        }
        report.records = self.records.into_inner();
        report.newest_lsn = pages.newest_lsn();
        Ok(report)
    }

    /// Notes pages where records are to be expected and there is nothing: they
    /// were never written, or were lost.
    fn find_missing(&self) {
        let meta = &self.database.meta;
        let unwritten = self.notes.unwritten_count();
        let at = Place::page(meta.pgno);
        match (&meta.method, &self.units) {
            (Method::Queue(_), _) if unwritten > 0 => {
                let found = format!("{unwritten} pages between the first and the last record");
                self.notes.find(at, Rule::ZeroPage, found);
            }
            (Method::Hash(fields), Units::Buckets(buckets)) => {
                let keys = self.keys.load(Ordering::Relaxed);
                let found = hash::missing(fields, buckets, unwritten, keys);
                if let Some(found) = found {
                    self.notes.find(at, Rule::BucketsMissing, found);
                }
            }
            _ => {}
        }
    }

    fn walk(&self) -> Walk<'_, S> {
        Walk {
            pages: &self.database.file.pages,
            claims: &self.claims,
            meta: &self.database.meta,
            notes: &self.notes,
        }
    }
}

/// Finds the units of a database, of a tree the first of them; `head` is the
/// file's first metadata page.
fn units<S: PageSource>(walk: Walk<'_, S>, head: &Meta, most: usize) -> Result<Units> {
    let meta = walk.meta;
    let at = Place::page(meta.pgno);
    match &meta.method {
        Method::Btree(fields) if meta.is_recno() => {
            let leaves = tree::leaves(walk, TreeKind::RECNO, fields.root, at, most)?;
            let mut firsts = Vec::with_capacity(leaves.pages.len());
            let mut next = 1_u32;
            for pgno in leaves.pages.iter() {
                firsts.push(next);
                let entries = walk.pages.page(pgno, at)?.view().header.entries;
                next = next.saturating_add(u32::from(entries));
            }
            Ok(Units::Numbered(leaves, firsts))
        }
        Method::Btree(fields) => {
            let leaves = tree::leaves(walk, TreeKind::BTREE, fields.root, at, most)?;
            Ok(Units::Leaves(leaves))
        }
        Method::Hash(fields) => {
            if !fields.has_default_hash() {
                let found = format!("it gives {:#010x} for the test text", fields.charkey);
                walk.notes.find(at, Rule::HashFunction, found);
            }
            let buckets = Buckets::new(fields, walk.pages.count());
            hash::check_cut_off(walk, head, fields)?;
            Ok(Units::Buckets(buckets))
        }
        Method::Queue(fields) => Ok(Units::Queue(QueuePages::find(walk, fields)?)),
    }
}

fn leaf_page<'a, S: PageSource>(
    walk: Walk<'a, S>,
    kind: TreeKind,
    leaves: &Leaves,
    index: usize,
) -> Result<crate::read::pages::Page<'a>> {
    let [before, pgno, after] = leaves.pages.around(index);
    let page = walk.pages.page(pgno, Place::page(walk.meta.pgno))?;
    tree::check_leaf(walk.pages, kind, &page.view(), (before, after))?;
    Ok(page)
}

/// Claims the pages of the free list. A damaged list costs no record.
fn claim_free_list<S: PageSource>(file: &DatabaseFile<S>, walk: Walk<'_, S>) {
    let mut referrer = Place::page(0);
    let mut pgno = file.meta().free;
    while pgno != NO_PAGE {
        let detail = match walk.pages.page(pgno, referrer) {
            Err(error) => error.to_string(),
            Ok(page) => {
                let header = page.view().header;
                if !header.is(PageType::Free) {
                    format!("page {pgno} has type {}", header.page_type)
                } else if !walk.claims.claim(pgno) {
                    format!("page {pgno} is referred to twice")
                } else {
                    referrer = Place::page(pgno);
                    pgno = header.next;
                    continue;
                }
            }
        };
        walk.notes.find(referrer, Rule::FreeList, detail);
        return;
    }
}

/// Claims the pages that a hash database keeps for buckets to come: those of
/// the doubling that is going on, as long as nothing is on them.
fn claim_spare_buckets<S: PageSource>(walk: Walk<'_, S>) -> Result<()> {
    let Some(fields) = walk.meta.hash() else {
        return Ok(());
    };
    let spare = fields.max_bucket.saturating_add(1)..=fields.high_mask;
    for bucket in spare {
        let Some(pgno) = fields.bucket_page(bucket) else {
            return Ok(());
        };
        if pgno >= walk.pages.count() {
            return Ok(());
        }
        let bytes = walk.pages.raw(pgno)?;
        let header = PageHeader::read(walk.pages.layout().endian, &bytes);
        if header.is_some_and(|header| header.entries == 0 && header.next == NO_PAGE) {
            walk.claims.claim(pgno);
        }
    }
    Ok(())
}

fn find_unreferenced<S: PageSource>(walk: Walk<'_, S>) -> Result<()> {
    for pgno in (0..walk.pages.count()).filter(|pgno| !walk.claims.is_claimed(*pgno)) {
        let bytes = walk.pages.raw(pgno)?;
        let Some(header) = PageHeader::read(walk.pages.layout().endian, &bytes) else {
            continue;
        };
        // No library frees a page of a bucket without emptying it: what leads
        // to it is damaged, and its records would be lost without a sound.
        let bucket = header.is(PageType::Hash) || header.is(PageType::HashSorted);
        if walk.meta.hash().is_some() && bucket && header.pgno == pgno && header.entries > 0 {
            let found = format!("it is of a bucket and has {} entries", header.entries);
            let place = Place::page(pgno);
            return Err(walk.pages.broken(place, Rule::Unreferenced, found));
        }
        // A page that was allocated and never written reads as zeros.
        if bytes.iter().any(|byte| *byte != 0) {
            walk.notes.add(Finding {
                place: Place::page(pgno),
                rule: Rule::Unreferenced,
                detail: format!("type {}, {} entries", header.page_type, header.entries),
            });
        }
    }
    Ok(())
}
