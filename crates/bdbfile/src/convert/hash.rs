//! From one hash database to another: every key into the bucket it was in, so
//! that the hash function need not be known.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::Workers;
use crate::convert::copied::{Ascending, Copied};
use crate::error::Result;
use crate::read::{Record, Scan};
use crate::source::PageSource;
use crate::write::{Duplicates, HashParams, NewFile, PageSink};

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
