//! From one hash database to another: every key into the bucket it was in, so
//! that the hash function need not be known. Where it is known, that bucket has
//! to be the right one.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::Workers;
use crate::convert::copied::{Ascending, Copied};
use crate::error::{Error, Result};
use crate::layout::HashFields;
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
///
/// # Errors
/// [`Error::Order`] where the default hash function says otherwise: a key is in
/// another bucket than it has, or all are in those that it has though the file
/// is said to go by another function. A damaged key, or a damaged test value,
/// would make a new file in which nothing is found. What reading and writing
/// return.
pub(super) fn copy<S: PageSource, W: PageSink>(
    database: &Database<'_, S>,
    scan: &Scan<'_, S>,
    page_size: u32,
    file: &mut NewFile<W>,
    name: Option<&[u8]>,
    params: &HashParams,
    workers: Workers,
) -> Result<Copied> {
    let sorted = params.duplicates == Duplicates::Sorted;
    let duplicates_in_order = AtomicBool::new(true);
    let fields = database.meta().hash();
    let default = fields.is_some_and(HashFields::has_default_hash);
    // Keys, and those that are in another bucket than the default function
    // gives them.
    let [keys, elsewhere] = [const { AtomicU64::new(0) }; 2];
    let writer = file.hash(name, params)?;
    let ranges = scan.pieces(page_size)?;
    workers.all(ranges.len(), |index| {
        let mut piece = writer.piece(index);
        let mut order = Ascending::default();
        let (mut own_keys, mut own_elsewhere) = (0_u64, 0_u64);
        for unit in ranges.get(index).cloned().unwrap_or_default() {
            let Some(bucket) = scan.bucket(unit) else {
                continue;
            };
            scan.visit(unit..unit.saturating_add(1), |record: Record<'_>| {
                if sorted {
                    order.take(record.key, record.value);
                }
                if !record.repeats_key {
                    own_keys = own_keys.saturating_add(1);
                    if fields.is_some_and(|fields| fields.bucket_by_default(record.key) != bucket) {
                        own_elsewhere = own_elsewhere.saturating_add(1);
                        if default {
                            return Err(other_function(database));
                        }
                    }
                }
                piece.push(bucket, record.key, record.value)
            })?;
        }
        keys.fetch_add(own_keys, Ordering::Relaxed);
        elsewhere.fetch_add(own_elsewhere, Ordering::Relaxed);
        duplicates_in_order.fetch_and(order.duplicates, Ordering::Relaxed);
        piece.finish()
    })?;
    let records = writer.finish()?.records;
    let shown = fields.is_some_and(|fields| fields.show_default(keys.into_inner()));
    if !default && shown && elsewhere.into_inner() == 0 {
        return Err(other_function(database));
    }
    Ok(Copied {
        records,
        keys_in_order: true,
        duplicates_in_order: duplicates_in_order.into_inner(),
    })
}

/// The hash function is another one than the buckets are by.
fn other_function<S: PageSource>(database: &Database<'_, S>) -> Error {
    Error::Order {
        file: database.file().name().to_owned(),
        record: 0,
    }
}
