//! The records of a hash database, bucket by bucket.

use std::ops::Range;

use crate::error::{Place, Result, Rule};
use crate::layout::{
    DuplicateSet, HashFields, HashItem, Meta, NO_PAGE, PageNo, PageType, PageView, hash_item,
};
use crate::read::duplicates;
use crate::read::overflow;
use crate::read::record::{Record, Scratch};
use crate::read::tree;
use crate::read::walk::Walk;
use crate::source::PageSource;

/// The buckets whose first pages are in the file. Those of one doubling stand
/// side by side, so what lies past the end of the file is left out by ranges,
/// however many buckets a damaged page claims.
#[derive(Debug)]
pub(crate) struct Buckets {
    ranges: Vec<Range<u32>>,
}

impl Buckets {
    pub(crate) fn new(fields: &HashFields, pages: PageNo) -> Self {
        let ranges = doublings(fields)
            .filter_map(|(begin, last)| {
                let first_page = fields.bucket_page(begin)?;
                let room = pages.checked_sub(first_page).filter(|room| *room > 0)?;
                let end = last.saturating_add(1);
                Some(begin..end.min(begin.saturating_add(room)))
            })
            .collect();
        Self { ranges }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ranges.iter().map(ExactSizeIterator::len).sum()
    }

    /// The bucket at a place in their order.
    pub(crate) fn get(&self, index: usize) -> Option<u32> {
        let mut index = index;
        for range in &self.ranges {
            match index.checked_sub(range.len()) {
                Some(rest) => index = rest,
                None => return range.start.checked_add(u32::try_from(index).ok()?),
            }
        }
        None
    }
}

/// The first and the last bucket of each doubling in use, whose pages stand side
/// by side: 0, 1, 2 to 3, 4 to 7, ...
fn doublings(fields: &HashFields) -> impl Iterator<Item = (u32, u32)> {
    let most = fields.max_bucket;
    std::iter::successors(Some((0, 0)), move |&(_, last): &(u32, u32)| {
        let begin = last.checked_add(1).filter(|begin| *begin <= most)?;
        let next = begin.checked_mul(2);
        let end = next.map_or(u32::MAX, |next| next.saturating_sub(1));
        Some((begin, end.min(most)))
    })
}

/// Refuses a table that has lost buckets with the end of the file: `head`, the
/// file's first metadata page, states that their pages were there. Pages that
/// were never written lie past that as well.
pub(crate) fn check_cut_off<S: PageSource>(
    walk: Walk<'_, S>,
    head: &Meta,
    fields: &HashFields,
) -> Result<()> {
    let count = walk.pages.count();
    for (begin, last) in doublings(fields).filter(|_| head.keeps_last_page()) {
        let Some(first_page) = fields.bucket_page(begin) else {
            continue;
        };
        // The first of these buckets that is not in the file.
        let page = first_page.max(count);
        let bucket = begin.saturating_add(page.saturating_sub(first_page));
        if bucket <= last && page <= head.last_pgno {
            let found = format!("bucket {bucket} at page {page} of {count}");
            let place = Place::page(walk.meta.pgno);
            return Err(walk.pages.broken(place, Rule::BucketPage, found));
        }
    }
    Ok(())
}

/// What is missing of a table, in words, where buckets have nothing written and
/// fewer keys were found than the metadata page states. The number it states
/// may be too small, and never is too big: 2.x alone counts below zero.
pub(crate) fn missing(
    fields: &HashFields,
    buckets: &Buckets,
    unwritten: u64,
    keys: u64,
) -> Option<String> {
    let all = u64::from(fields.max_bucket).saturating_add(1);
    let past = all.saturating_sub(buckets.len() as u64);
    let empty = past.saturating_add(unwritten);
    let stated = i32::try_from(fields.nelem).ok()?;
    let fewer = u64::try_from(stated).is_ok_and(|stated| keys < stated);
    (fewer && empty > 0)
        .then(|| format!("{keys} keys of {stated}, {empty} buckets without anything"))
}

/// Visits the records of a bucket in the order they stand.
pub(crate) fn visit<S: PageSource, E: From<crate::Error>>(
    walk: Walk<'_, S>,
    fields: &HashFields,
    bucket: u32,
    scratch: &mut Scratch,
    each: &mut impl FnMut(Record<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let bucket_place = || {
        let found = format!("bucket {bucket}");
        walk.pages
            .broken(Place::page(walk.meta.pgno), Rule::BucketPage, found)
    };
    // Page 0 would end the chain before it begins: an empty bucket.
    let first = fields
        .bucket_page(bucket)
        .filter(|page| *page != NO_PAGE)
        .ok_or_else(bucket_place)?;
    if is_unwritten(walk, first)? {
        walk.notes.unwritten();
        tree::claim(walk, first, Place::page(walk.meta.pgno))?;
        return Ok(());
    }
    let mut referrer = Place::page(walk.meta.pgno);
    let mut pgno = first;
    while pgno != NO_PAGE {
        let page = walk.pages.page(pgno, referrer)?;
        let view = page.view();
        let header = view.header;
        // 3.x leaves pages of a new doubling with type 0 until they are used.
        let unused = header.is(PageType::Free) && header.entries == 0;
        if !(header.is(PageType::Hash) || header.is(PageType::HashSorted) || unused) {
            let found = format!("type {} in a bucket", header.page_type);
            return Err(walk
                .pages
                .broken(Place::page(pgno), Rule::PageType, found)
                .into());
        }
        tree::claim(walk, pgno, referrer)?;
        if unused {
            return Ok(());
        }
        tree::check_index(walk.pages, &view)?;
        visit_page(walk, &view, scratch, each)?;
        referrer = Place::page(pgno);
        pgno = header.next;
    }
    Ok(())
}

/// Whether the first page of a bucket was never written: all zeros, in 2.x with
/// a number that is not its own and nothing on it, or as the recovery of 5.3
/// leaves it.
pub(crate) fn is_unwritten<S: PageSource>(walk: Walk<'_, S>, pgno: PageNo) -> Result<bool> {
    let bytes = walk.pages.raw(pgno)?;
    let Some(view) = PageView::parse(walk.pages.layout(), &bytes) else {
        return Ok(false);
    };
    if view.header.pgno == pgno {
        return Ok(false);
    }
    if walk.meta.is_first_generation() {
        return Ok(view.header.entries == 0);
    }
    Ok(view.is_unused_bucket() || bytes.iter().all(|byte| *byte == 0))
}

fn visit_page<S: PageSource, E: From<crate::Error>>(
    walk: Walk<'_, S>,
    view: &PageView<'_>,
    scratch: &mut Scratch,
    each: &mut impl FnMut(Record<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let (pages, pgno, entries) = (walk.pages, view.header.pgno, view.header.entries);
    if !entries.is_multiple_of(2) {
        let found = format!("{entries} entries");
        return Err(pages
            .broken(Place::page(pgno), Rule::OddEntries, found)
            .into());
    }
    for slot in (0..entries).step_by(2) {
        let key_at = Place::slot(pgno, slot);
        let data_slot = slot.saturating_add(1);
        let data_at = Place::slot(pgno, data_slot);
        let key = match item(walk, view, slot)? {
            HashItem::Inline(bytes) => bytes,
            HashItem::Overflow { first, len } => {
                overflow::read_chain(walk, (first, len), key_at, &mut scratch.key)?;
                &scratch.key
            }
            HashItem::Duplicates(_) | HashItem::OffPageDuplicates { .. } => {
                let found = "duplicates in the place of a key";
                return Err(pages.broken(key_at, Rule::ItemType, found).into());
            }
        };
        let record = Record {
            key,
            value: &[],
            number: None,
            page: pgno,
            slot: data_slot,
            repeats_key: false,
        };
        match item(walk, view, data_slot)? {
            HashItem::Inline(value) => each(Record { value, ..record })?,
            HashItem::Overflow { first, len } => {
                overflow::read_chain(walk, (first, len), data_at, &mut scratch.value)?;
                each(Record {
                    value: &scratch.value,
                    ..record
                })?;
            }
            HashItem::Duplicates(set) => visit_set(walk, set, data_at, record, each)?,
            HashItem::OffPageDuplicates { root } => {
                duplicates::visit_records(walk, root, data_at, record, each)?;
            }
        }
    }
    Ok(())
}

fn visit_set<S: PageSource, E: From<crate::Error>>(
    walk: Walk<'_, S>,
    set: DuplicateSet<'_>,
    place: Place,
    record: Record<'_>,
    each: &mut impl FnMut(Record<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let mut rest = set;
    let mut repeats_key = false;
    loop {
        match rest.split_first() {
            Ok(None) => return Ok(()),
            Ok(Some((value, after))) => {
                each(Record {
                    value,
                    repeats_key,
                    ..record
                })?;
                repeats_key = true;
                rest = after;
            }
            Err((before, after)) => {
                let found = match after {
                    Some(after) => format!("{before} before, {after} after"),
                    None => format!("{before} before, and no room for it"),
                };
                let error = walk.pages.broken(place, Rule::DuplicateLength, found);
                return Err(error.into());
            }
        }
    }
}

/// The item of a slot: it ends where the one before it begins.
fn item<'a, S: PageSource>(
    walk: Walk<'_, S>,
    view: &PageView<'a>,
    slot: u16,
) -> Result<HashItem<'a>> {
    let end = match slot.checked_sub(1) {
        Some(before) => view.item_offset(before).unwrap_or_default(),
        None => view.bytes.len(),
    };
    tree::item_offset(view, slot)
        .and_then(|start| hash_item(view.layout.endian, view.bytes, start, end))
        .map_err(|bad| tree::bad_item(walk.pages, Place::slot(view.header.pgno, slot), bad))
}
