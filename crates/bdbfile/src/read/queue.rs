//! The records of a queue.

use std::cmp::Ordering;
use std::ops::Range;

use crate::error::{Place, Result, Rule};
use crate::layout::{PageHeader, PageNo, PageType, QUEUE_RECORD_VALID, QueueFields, queue_number};
use crate::read::pages::Pages;
use crate::read::record::Record;
use crate::read::walk::Walk;
use crate::source::PageSource;

/// The pages of a queue that are there, in the order of its records: where the
/// numbers have begun again at 1, from the first record's page to the end and
/// then from the beginning.
#[derive(Debug)]
pub(crate) struct QueuePages {
    ranges: Vec<Range<PageNo>>,
}

impl QueuePages {
    /// Finds them. Pages that should be there and are not are noted: the
    /// application may never have written them, or a file has been lost.
    pub(crate) fn find<S: PageSource>(walk: Walk<'_, S>, fields: &QueueFields) -> Result<Self> {
        check_extents(walk.pages, fields)?;
        let mut found = Self { ranges: Vec::new() };
        let mut missing = 0_u64;
        for wanted in wanted(fields) {
            let mut next = wanted.start;
            while let Some(there) = walk
                .pages
                .data(next)
                .filter(|there| there.start < wanted.end)
            {
                missing = missing.saturating_add(u64::from(there.start.saturating_sub(next)));
                let end = there.end.min(wanted.end);
                found.ranges.push(there.start..end);
                next = end;
                if next >= wanted.end {
                    break;
                }
            }
            missing = missing.saturating_add(u64::from(wanted.end.saturating_sub(next)));
        }
        if missing > 0 {
            let (place, found) = (Place::page(walk.meta.pgno), format!("{missing} pages"));
            walk.notes.find(place, Rule::QueuePagesMissing, found);
        }
        Ok(found)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.ranges.iter().map(ExactSizeIterator::len).sum()
    }

    /// The page at a place in their order.
    pub(crate) fn get(&self, index: usize) -> Option<PageNo> {
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

/// The pages that the records between the first and the next stand on: two
/// ranges, either of which may be empty.
fn wanted(fields: &QueueFields) -> [Range<PageNo>; 2] {
    let page = |record| fields.place(record).map(|(page, _)| page);
    let first = page(fields.first).unwrap_or(1);
    let last = fields.next.checked_sub(1).and_then(page);
    let none = 1..1;
    match fields.first.cmp(&fields.next) {
        Ordering::Equal => [none.clone(), none],
        Ordering::Less => [first..last.unwrap_or(first).saturating_add(1), none],
        // The numbers have begun again at 1. A page that both ends share is
        // visited once.
        Ordering::Greater => {
            let end = page(u32::MAX).unwrap_or(PageNo::MAX).saturating_add(1);
            let again = last.map_or(1, |last| last.saturating_add(1).min(first));
            [first..end, 1..again]
        }
    }
}

/// Refuses a queue whose pages are all in extent files that are not there.
pub(crate) fn check_extents<S: PageSource>(pages: &Pages<S>, fields: &QueueFields) -> Result<()> {
    if fields.pages_are_elsewhere(pages.count()) {
        let found = format!("{} pages an extent", fields.page_ext);
        return Err(pages.broken(Place::page(0), Rule::QueueExtents, found));
    }
    Ok(())
}

/// Visits the records on a page, from the first of the queue on.
pub(crate) fn visit<S: PageSource, E: From<crate::Error>>(
    walk: Walk<'_, S>,
    fields: &QueueFields,
    pgno: PageNo,
    each: &mut impl FnMut(Record<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    let bytes = walk.pages.raw(pgno)?;
    walk.claims.claim(pgno);
    // A page whose records were all taken may never have been written.
    if bytes.iter().all(|byte| *byte == 0) {
        walk.notes.unwritten();
        return Ok(());
    }
    check(walk, pgno, &bytes)?;
    let size = fields.slot_size();
    let layout = walk.pages.layout();
    for slot in 0..fields.rec_page {
        // Past the last number a record can have the slots mean nothing.
        let Some(number) = queue_number(fields.rec_page, pgno, slot) else {
            break;
        };
        if !fields.holds(number) {
            continue;
        }
        let start = layout.queue_slot_at(slot, size);
        let place = u16::try_from(slot).unwrap_or(u16::MAX);
        let Some((flags, rest)) = bytes.get(start..).and_then(<[u8]>::split_first) else {
            break;
        };
        if flags & QUEUE_RECORD_VALID == 0 {
            continue;
        }
        let Some(value) = rest.get(..fields.re_len as usize) else {
            let found = format!("record {number} at {start}");
            let error = walk
                .pages
                .broken(Place::slot(pgno, place), Rule::ItemBounds, found);
            return Err(error.into());
        };
        each(Record {
            key: &[],
            value,
            number: Some(number),
            page: pgno,
            slot: place,
            repeats_key: false,
        })?;
    }
    Ok(())
}

fn check<S: PageSource>(walk: Walk<'_, S>, pgno: PageNo, bytes: &[u8]) -> Result<()> {
    let place = Place::page(pgno);
    let Some(header) = PageHeader::read(walk.pages.layout().endian, bytes) else {
        return Err(walk.pages.broken(place, Rule::TooShort, ""));
    };
    if header.pgno != pgno {
        let found = format!("it says {}", header.pgno);
        return Err(walk.pages.broken(place, Rule::PageNumber, found));
    }
    if let Some(found) = walk.pages.wrong_checksum(bytes) {
        return Err(walk.pages.broken(place, Rule::Checksum, found));
    }
    if header.is(PageType::Free) || header.is(PageType::Hash) {
        walk.notes.find(place, Rule::QueuePageType, "");
    } else if !header.is(PageType::QueueData) {
        let found = format!("type {} in a queue", header.page_type);
        return Err(walk.pages.broken(place, Rule::PageType, found));
    }
    walk.pages.note_lsn(header.lsn);
    Ok(())
}
