//! From one hash database to another: every key into the bucket it was in, so
//! that the hash function need not be known.

use std::num::NonZeroUsize;

use crate::convert::btree::PIECE;
use crate::convert::pieces;
use crate::error::Result;
use crate::read::{Record, Scan};
use crate::source::PageSource;
use crate::write::{HashParams, NewFile, PageSink};

/// Copies the records of a hash database, bucket by bucket; gives how many
/// they are.
pub(super) fn copy<S: PageSource, W: PageSink>(
    scan: &Scan<'_, S>,
    file: &mut NewFile<W>,
    name: Option<&[u8]>,
    params: &HashParams,
    threads: NonZeroUsize,
) -> Result<u64> {
    let writer = file.hash(name, params)?;
    let ranges = scan.ranges(PIECE);
    pieces::build(ranges.len(), threads, |index| {
        let mut piece = writer.piece(index);
        for unit in ranges.get(index).cloned().unwrap_or_default() {
            let Some(bucket) = scan.bucket(unit) else {
                continue;
            };
            scan.visit(unit..unit + 1, |record: Record<'_>| {
                piece.push(bucket, record.key, record.value)
            })?;
        }
        piece.finish()
    })?;
    Ok(writer.finish()?.records)
}
