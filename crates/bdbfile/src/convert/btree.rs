//! From one btree to another: in the order of the source, by ranges of its
//! leaves, several at a time.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::Workers;
use crate::convert::copied::{Ascending, Copied};
use crate::error::Result;
use crate::read::{Record, Scan};
use crate::source::PageSource;
use crate::write::{BtreeParams, Duplicates, NewFile, PageSink};

/// Copies the records of a btree in the order of the source.
///
/// # Errors
/// [`Error::Order`](crate::Error::Order) when that is not bytewise and `params` want it to be.
pub(super) fn copy<S: PageSource, W: PageSink>(
    scan: &Scan<'_, S>,
    page_size: u32,
    file: &mut NewFile<W>,
    name: Option<&[u8]>,
    params: &BtreeParams,
    workers: Workers,
) -> Result<Copied> {
    let ranges = scan.pieces(page_size)?;
    let writer = file.btree(name, params)?;
    let sorted = params.duplicates == Duplicates::Sorted;
    let duplicates_in_order = AtomicBool::new(true);
    workers.all(ranges.len(), |index| {
        let mut piece = writer.piece(index);
        let range = ranges.get(index).cloned().unwrap_or_default();
        if !sorted {
            scan.visit(range, |record: Record<'_>| {
                piece.push(record.key, record.value)
            })?;
            return piece.finish();
        }
        let mut in_order = Ascending::default();
        scan.visit(range, |record: Record<'_>| {
            in_order.take(record.key, record.value);
            piece.push(record.key, record.value)
        })?;
        if !in_order.so_far {
            duplicates_in_order.store(false, Ordering::Relaxed);
        }
        piece.finish()
    })?;
    Ok(Copied {
        records: writer.finish()?.records,
        duplicates_in_order: duplicates_in_order.into_inner(),
    })
}
