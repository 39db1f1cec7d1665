//! From one hash database to another: every key into the bucket it was in, so
//! that the hash function need not be known.

use std::num::NonZeroUsize;

use crate::convert::pieces;
use crate::error::Result;
use crate::read::{Record, Scan};
use crate::source::PageSource;
use crate::write::{HashParams, NewFile, PageSink};

/// Bytes of the first pages of source buckets that make one piece.
const PIECE: usize = 16 << 20;

/// Copies the records of a hash database, bucket by bucket; gives how many
/// they are.
pub(super) fn copy<S: PageSource, W: PageSink>(
    scan: &Scan<'_, S>,
    page_len: usize,
    file: &mut NewFile<W>,
    name: Option<&[u8]>,
    params: &HashParams,
    threads: NonZeroUsize,
) -> Result<u64> {
    let writer = file.hash(name, params)?;
    let step = (PIECE / page_len).max(1);
    let all = scan.all().end;
    let ranges: Vec<_> = (0..all)
        .step_by(step)
        .map(|begin| begin..begin.saturating_add(step).min(all))
        .collect();
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
