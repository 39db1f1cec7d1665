//! From one hash database to another: every key into the bucket it was in, so
//! that the hash function need not be known.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::Workers;
use crate::convert::copied::{Ascending, Copied};
use crate::error::{Error, Result};
use crate::read::{Database, Record, Scan};
use crate::source::PageSource;
use crate::write::{Duplicates, HashParams, NewFile, PageSink};

/// For each page of the source the buckets that a table may have. Each becomes
/// a page, and buckets that were never used need none in old files: at most as
/// many again as there are. A table beyond this is a damaged number.
const BUCKETS_A_PAGE: u64 = 8;

/// Whether a table has no more buckets than its file can be the reason for.
pub(super) fn is_plausible<S: PageSource>(database: &Database<'_, S>) -> bool {
    let pages = u64::from(database.file().page_count());
    let fields = database.meta().hash();
    fields.is_none_or(|fields| u64::from(fields.high_mask) <= BUCKETS_A_PAGE * pages)
}

/// Refuses a table with more.
pub(super) fn check_plausible<S: PageSource>(database: &Database<'_, S>) -> Result<()> {
    if is_plausible(database) {
        return Ok(());
    }
    Err(Error::Limit {
        file: database.file().name().to_owned(),
        what: "the number of buckets for each page of the file",
        limit: BUCKETS_A_PAGE,
    })
}

/// Copies the records of a hash database, bucket by bucket.
pub(super) fn copy<S: PageSource, W: PageSink>(
    scan: &Scan<'_, S>,
    page_size: u32,
    file: &mut NewFile<W>,
    name: Option<&[u8]>,
    params: &HashParams,
    workers: Workers,
) -> Result<Copied> {
    let sorted = params.duplicates == Duplicates::Sorted;
    let duplicates_in_order = AtomicBool::new(true);
    let writer = file.hash(name, params)?;
    let ranges = scan.pieces(page_size)?;
    workers.all(ranges.len(), |index| {
        let mut piece = writer.piece(index);
        let mut order = Ascending::default();
        for unit in ranges.get(index).cloned().unwrap_or_default() {
            let Some(bucket) = scan.bucket(unit) else {
                continue;
            };
            scan.visit(unit..unit + 1, |record: Record<'_>| {
                if sorted {
                    order.take(record.key, record.value);
                }
                piece.push(bucket, record.key, record.value)
            })?;
        }
        duplicates_in_order.fetch_and(order.duplicates, Ordering::Relaxed);
        piece.finish()
    })?;
    Ok(Copied {
        records: writer.finish()?.records,
        keys_in_order: true,
        duplicates_in_order: duplicates_in_order.into_inner(),
    })
}
