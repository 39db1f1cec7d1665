//! From one btree to another: in the order of the source, by ranges of its
//! leaves, several at a time.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::convert::pieces;
use crate::error::Result;
use crate::read::{Record, Scan};
use crate::source::PageSource;
use crate::write::{BtreeParams, Duplicates, NewFile, PageSink};

/// Bytes of source pages that make one piece. The pieces are part of what the
/// new file looks like, so this never depends on the number of threads.
pub(super) const PIECE: u64 = 16 << 20;

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) records: u64,
    /// Whether the sorted duplicates of each key are in bytewise order.
    pub(super) duplicates_in_order: bool,
}

/// Copies the records of a btree in the order of the source.
///
/// # Errors
/// [`Error::Order`](crate::Error::Order) when that is not bytewise and `params` want it to be.
pub(super) fn copy<S: PageSource, W: PageSink>(
    scan: &Scan<'_, S>,
    file: &mut NewFile<W>,
    name: Option<&[u8]>,
    params: &BtreeParams,
    threads: NonZeroUsize,
) -> Result<Copied> {
    let ranges = scan.ranges_of_whole_keys(PIECE)?;
    let writer = file.btree(name, params)?;
    let sorted = params.duplicates == Duplicates::Sorted;
    let duplicates_in_order = AtomicBool::new(true);
    pieces::build(ranges.len(), threads, |index| {
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

/// Whether the duplicates of each key ascend.
#[derive(Debug)]
pub(super) struct Ascending {
    pub(super) so_far: bool,
    begun: bool,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Default for Ascending {
    fn default() -> Self {
        Self {
            so_far: true,
            begun: false,
            key: Vec::new(),
            value: Vec::new(),
        }
    }
}

impl Ascending {
    pub(super) fn take(&mut self, key: &[u8], value: &[u8]) {
        if self.begun && self.key == key {
            self.so_far &= self.value.as_slice() < value;
        } else {
            self.key.clear();
            self.key.extend_from_slice(key);
        }
        self.begun = true;
        self.value.clear();
        self.value.extend_from_slice(value);
    }
}
