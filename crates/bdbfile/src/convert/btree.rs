//! From one btree to another: in the order of the source, by ranges of its
//! leaves, several at a time.

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::error::{Error, Result};
use crate::read::{Record, Scan};
use crate::source::PageSource;
use crate::write::{BtreeParams, BtreeWriter, Duplicates, NewFile, PageSink};

/// Bytes of source leaves that make one piece. The pieces are part of what the
/// new file looks like, so this never depends on the number of threads.
const PIECE: usize = 16 << 20;

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
/// [`Error::Order`] when that is not bytewise and `params` want it to be.
pub(super) fn copy<S: PageSource, W: PageSink>(
    scan: &Scan<'_, S>,
    page_len: usize,
    file: &mut NewFile<W>,
    name: Option<&[u8]>,
    params: &BtreeParams,
    threads: NonZeroUsize,
) -> Result<Copied> {
    let ranges = ranges(scan, page_len, params.duplicates != Duplicates::None)?;
    let writer = file.btree(name, params)?;
    let copy = Copy {
        scan,
        writer: &writer,
        ranges: &ranges,
        next: AtomicUsize::new(0),
        failed: AtomicBool::new(false),
        errors: Mutex::default(),
        sorted: params.duplicates == Duplicates::Sorted,
        duplicates_in_order: AtomicBool::new(true),
    };
    let helpers = threads.get().min(ranges.len()).saturating_sub(1);
    std::thread::scope(|scope| {
        for _ in 0..helpers {
            scope.spawn(|| copy.work());
        }
        copy.work();
    });
    let duplicates_in_order = copy.duplicates_in_order.load(Ordering::Relaxed);
    let errors = copy.errors.into_inner();
    if let Some(error) = first_cause(errors.unwrap_or_else(PoisonError::into_inner)) {
        return Err(error);
    }
    Ok(Copied {
        records: writer.finish()?.records,
        duplicates_in_order,
    })
}

/// Ranges of leaves, each of about [`PIECE`] bytes. Where a key may have
/// several records a range ends only where the next leaf has another key.
fn ranges<S: PageSource>(
    scan: &Scan<'_, S>,
    page_len: usize,
    duplicates: bool,
) -> Result<Vec<Range<usize>>> {
    let step = (PIECE / page_len).max(1);
    let all = scan.all().end;
    let mut ranges = Vec::with_capacity(all.div_ceil(step));
    let mut begin = 0;
    while begin < all {
        let mut end = begin.saturating_add(step).min(all);
        while duplicates && end < all && !scan.begins_with_new_key(end)? {
            end += 1;
        }
        ranges.push(begin..end);
        begin = end;
    }
    Ok(ranges)
}

/// A copy at work.
struct Copy<'a, S, W: PageSink> {
    scan: &'a Scan<'a, S>,
    writer: &'a BtreeWriter<'a, W>,
    ranges: &'a [Range<usize>],
    /// The range to be taken next.
    next: AtomicUsize,
    failed: AtomicBool,
    /// What went wrong, with the index of the range.
    errors: Mutex<Vec<(usize, Error)>>,
    sorted: bool,
    duplicates_in_order: AtomicBool,
}

impl<S: PageSource, W: PageSink> Copy<'_, S, W> {
    /// Copies ranges until there are none left or one has failed.
    fn work(&self) {
        while !self.failed.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(range) = self.ranges.get(index) else {
                return;
            };
            if let Err(error) = self.range(index, range.clone()) {
                self.failed.store(true, Ordering::Relaxed);
                let errors = self.errors.lock();
                errors
                    .unwrap_or_else(PoisonError::into_inner)
                    .push((index, error));
                return;
            }
        }
    }

    fn range(&self, index: usize, range: Range<usize>) -> Result<()> {
        let mut piece = self.writer.piece(index);
        if !self.sorted {
            self.scan.visit(range, |record: Record<'_>| {
                piece.push(record.key, record.value)
            })?;
            return piece.finish();
        }
        let (mut key, mut value, mut begun) = (Vec::new(), Vec::new(), false);
        let mut in_order = true;
        self.scan.visit(range, |record: Record<'_>| {
            if begun && record.key == key {
                in_order &= record.value > value.as_slice();
            } else {
                key.clear();
                key.extend_from_slice(record.key);
            }
            begun = true;
            value.clear();
            value.extend_from_slice(record.value);
            piece.push(record.key, record.value)
        })?;
        if !in_order {
            self.duplicates_in_order.store(false, Ordering::Relaxed);
        }
        piece.finish()
    }
}

/// The error that was there before the others: those of pieces that were only
/// given up because of it are not it.
fn first_cause(errors: Vec<(usize, Error)>) -> Option<Error> {
    let mut errors = errors;
    errors.sort_by_key(|(index, error)| (matches!(error, Error::GivenUp { .. }), *index));
    errors.into_iter().next().map(|(_, error)| error)
}
