//! From one hash database to another: every key into the bucket it was in, so
//! that the hash function need not be known.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::convert::btree::{Ascending, Copied, PIECE};
use crate::convert::pieces;
use crate::error::Result;
use crate::read::{Record, Scan};
use crate::source::PageSource;
use crate::write::{Duplicates, HashParams, NewFile, PageSink};

/// Copies the records of a hash database, bucket by bucket.
pub(super) fn copy<S: PageSource, W: PageSink>(
    scan: &Scan<'_, S>,
    file: &mut NewFile<W>,
    name: Option<&[u8]>,
    params: &HashParams,
    threads: NonZeroUsize,
) -> Result<Copied> {
    let writer = file.hash(name, params)?;
    let ranges = scan.ranges(PIECE);
    let sorted = params.duplicates == Duplicates::Sorted;
    let in_order = AtomicBool::new(true);
    pieces::build(ranges.len(), threads, |index| {
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
        if !order.duplicates {
            in_order.store(false, Ordering::Relaxed);
        }
        piece.finish()
    })?;
    Ok(Copied {
        records: writer.finish()?.records,
        keys_in_order: true,
        duplicates_in_order: in_order.into_inner(),
    })
}
