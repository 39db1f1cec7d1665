//! From one btree to another: in the order of the source, by ranges of its
//! leaves, several at a time.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

use crate::convert::pieces;
use crate::error::Result;
use crate::read::{Record, Scan};
use crate::source::PageSource;
use crate::write::{BtreeParams, Duplicates, KeyOrder, NewFile, PageSink};

/// Bytes of source pages that make one piece. The pieces are part of what the
/// new file looks like, so this never depends on the number of threads.
pub(super) const PIECE: u64 = 16 << 20;

/// What was copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Copied {
    pub(super) records: u64,
    /// Whether the keys are in bytewise order.
    pub(super) keys_in_order: bool,
    /// Whether the sorted duplicates of each key are in bytewise order.
    pub(super) duplicates_in_order: bool,
}

/// Copies the records of a btree in the order of the source.
///
/// # Errors
/// [`Error::Order`](crate::Error::Order) when that is not bytewise and
/// `params` want it to be.
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
    let watched = sorted || params.order == KeyOrder::AsFed;
    let orders = Mutex::new(BTreeMap::new());
    pieces::build(ranges.len(), threads, |index| {
        let mut piece = writer.piece(index);
        let range = ranges.get(index).cloned().unwrap_or_default();
        if !watched {
            scan.visit(range, |record: Record<'_>| {
                piece.push(record.key, record.value)
            })?;
            return piece.finish();
        }
        let mut order = Ascending::default();
        scan.visit(range, |record: Record<'_>| {
            order.take(record.key, record.value);
            piece.push(record.key, record.value)
        })?;
        let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
        orders.insert(index, order);
        drop(orders);
        piece.finish()
    })?;
    let orders = orders.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut all = Ascending::default();
    for order in orders.into_values() {
        all.append(order);
    }
    Ok(Copied {
        records: writer.finish()?.records,
        keys_in_order: all.keys,
        duplicates_in_order: !sorted || all.duplicates,
    })
}

/// Whether keys ascend, and the duplicates of each.
#[derive(Debug)]
pub(super) struct Ascending {
    pub(super) keys: bool,
    pub(super) duplicates: bool,
    /// The first key, once there is one.
    first: Option<Vec<u8>>,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Default for Ascending {
    fn default() -> Self {
        Self {
            keys: true,
            duplicates: true,
            first: None,
            key: Vec::new(),
            value: Vec::new(),
        }
    }
}

impl Ascending {
    pub(super) fn take(&mut self, key: &[u8], value: &[u8]) {
        if self.first.is_some() && self.key == key {
            self.duplicates &= self.value.as_slice() < value;
        } else {
            self.keys &= self.first.is_none() || self.key.as_slice() < key;
            self.first.get_or_insert_with(|| key.to_vec());
            self.key.clear();
            self.key.extend_from_slice(key);
        }
        self.value.clear();
        self.value.extend_from_slice(value);
    }

    /// Adds what comes after this, with other keys.
    fn append(&mut self, after: Self) {
        self.keys &= after.keys;
        self.duplicates &= after.duplicates;
        if let Some(first) = &after.first {
            self.keys &= self.first.is_none() || self.key < *first;
            self.first = after.first;
            self.key = after.key;
        }
    }
}
