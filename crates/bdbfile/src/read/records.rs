//! The records of a database as an iterator of owned ones.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::layout::PageNo;
use crate::read::finding::ScanReport;
use crate::read::record::{OwnedRecord, Record};
use crate::read::scan::Scan;
use crate::source::PageSource;

/// The records of a database one after the other, from
/// [`Database::records`](crate::read::Database::records). The first error is
/// the last item.
#[derive(Debug)]
pub struct Records<'db, S> {
    /// None once an error was met.
    scan: Option<Scan<'db, S>>,
    /// The unit to be read next.
    next: usize,
    /// What is left of the unit read last.
    unit: VecDeque<Held>,
    /// The error met, to be given out after the records before it.
    error: Option<Error>,
}

/// A record that waits. Duplicates share their key, which may be long, and
/// they may be many.
#[derive(Debug)]
struct Held {
    key: Arc<[u8]>,
    value: Vec<u8>,
    number: Option<u32>,
    page: PageNo,
    slot: u16,
    repeats_key: bool,
}

impl Held {
    fn new(record: Record<'_>, before: Option<&Self>) -> Self {
        let key = match before {
            Some(before) if *before.key == *record.key => Arc::clone(&before.key),
            _ => record.key.into(),
        };
        Self {
            key,
            value: record.value.to_vec(),
            number: record.number,
            page: record.page,
            slot: record.slot,
            repeats_key: record.repeats_key,
        }
    }

    fn into_owned(self) -> OwnedRecord {
        OwnedRecord {
            key: self.key.to_vec(),
            value: self.value,
            number: self.number,
            page: self.page,
            slot: self.slot,
            repeats_key: self.repeats_key,
        }
    }
}

impl<'db, S: PageSource> Records<'db, S> {
    pub(super) fn new(scan: Result<Scan<'db, S>>) -> Self {
        let (scan, error) = match scan {
            Ok(scan) => (Some(scan), None),
            Err(error) => (None, Some(error)),
        };
        Self {
            scan,
            next: 0,
            unit: VecDeque::new(),
            error,
        }
    }

    /// Ends the scan and reports on it, as [`Scan::finish`] does; pages that
    /// nothing refers to are looked for where all records were taken. `None`
    /// after an error.
    pub fn finish(self) -> Option<Result<ScanReport>> {
        self.scan.map(Scan::finish)
    }
}

impl<S: PageSource> Iterator for Records<'_, S> {
    type Item = Result<OwnedRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(record) = self.unit.pop_front() {
                return Some(Ok(record.into_owned()));
            }
            if let Some(error) = self.error.take() {
                self.scan = None;
                return Some(Err(error));
            }
            let scan = self.scan.as_ref()?;
            if self.next >= scan.all().end {
                return None;
            }
            let unit = &mut self.unit;
            let next = self.next.saturating_add(1);
            let visited = scan.visit(self.next..next, |record| {
                unit.push_back(Held::new(record, unit.back()));
                Ok::<_, Error>(())
            });
            self.next = next;
            self.error = visited.err();
        }
    }
}

impl<S: PageSource> std::iter::FusedIterator for Records<'_, S> {}
