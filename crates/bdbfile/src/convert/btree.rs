//! From one btree to another: in the order of the source, by ranges of its
//! leaves, several at a time.

use crate::Workers;
use crate::convert::copied::{Ascending, Copied};
use crate::error::{Error, Result};
use crate::read::{Record, Scan};
use crate::source::PageSource;
use crate::write::{BtreeParams, Duplicates, KeyOrder, NewFile, PageSink};

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
    let watched = sorted || params.order == KeyOrder::AsFed;
    let orders = workers.all(ranges.len(), |index| {
        let mut piece = writer.piece(index);
        let range = ranges.get(index).cloned().unwrap_or_default();
        if !watched {
            scan.visit(range, |record: Record<'_>| {
                piece.push(record.key, record.value)
            })?;
            piece.finish()?;
            return Ok(Ascending::default());
        }
        let mut order = Ascending::default();
        scan.visit(range, |record: Record<'_>| {
            order.take(record.key, record.value);
            piece.push(record.key, record.value)
        })?;
        piece.finish()?;
        Ok::<_, Error>(order)
    })?;
    let mut all = Ascending::default();
    for order in orders {
        all.append(order);
    }
    Ok(Copied {
        records: writer.finish()?.records,
        keys_in_order: all.keys,
        duplicates_in_order: !sorted || all.duplicates,
    })
}
