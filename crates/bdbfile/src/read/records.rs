//! The records of a database as an iterator of owned ones.

use std::collections::VecDeque;

use crate::error::{Error, Result};
use crate::read::finding::ScanReport;
use crate::read::record::OwnedRecord;
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
    unit: VecDeque<OwnedRecord>,
    /// The error met, to be given out after the records before it.
    error: Option<Error>,
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
                return Some(Ok(record));
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
                unit.push_back(record.into());
                Ok::<_, Error>(())
            });
            self.next = next;
            self.error = visited.err();
        }
    }
}

impl<S: PageSource> std::iter::FusedIterator for Records<'_, S> {}
