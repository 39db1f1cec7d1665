//! The records of a queue.

use crate::error::{Place, Result, Rule};
use crate::layout::{PageHeader, PageNo, PageType, QueueFields};
use crate::read::record::Record;
use crate::read::walk::Walk;
use crate::source::PageSource;

/// A record is there.
const VALID: u8 = 0x01;

/// The pages of a queue that are in the file, in the order of its records:
/// where the numbers have begun again at 1, from the first record's page to
/// the end and then from the beginning.
pub(crate) fn pages(fields: &QueueFields, count: PageNo) -> Vec<PageNo> {
    let first = fields.place(fields.first).map_or(1, |(page, _)| page);
    let wrapped = fields.next < fields.first;
    if wrapped {
        (first..count).chain(1..first.min(count)).collect()
    } else {
        (first.min(count)..count).collect()
    }
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
        return Ok(());
    }
    check(walk, pgno, &bytes)?;
    let size = fields.slot_size();
    let header = walk.pages.layout().queue_header_size();
    let before = u64::from(pgno - 1) * u64::from(fields.rec_page);
    for slot in 0..fields.rec_page {
        let number = u32::try_from(before + u64::from(slot) + 1).unwrap_or_default();
        if !is_between(number, fields) {
            continue;
        }
        let start = header + slot as usize * size;
        let place = u16::try_from(slot).unwrap_or(u16::MAX);
        let Some((flags, rest)) = bytes.get(start..).and_then(<[u8]>::split_first) else {
            break;
        };
        if flags & VALID == 0 {
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

/// Whether a record's number is one that the queue has given out and not yet
/// taken back.
fn is_between(number: u32, fields: &QueueFields) -> bool {
    let (first, next) = (fields.first, fields.next);
    if first <= next {
        (first..next).contains(&number)
    } else {
        number >= first || number < next
    }
}
