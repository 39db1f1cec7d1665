//! A run that is asked to stop ends at the next bytes it would read: nothing
//! is published, and what it made is removed. Where that is looked at, what is
//! read is counted.

use std::borrow::Cow;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bdbfile::source::PageSource;

use crate::error::{Error, Result};
use crate::progress::Counting;

/// Asks a run to stop, from another thread or a signal handler: by any number
/// but 0, which is that of the signal where there was one.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop {
    asked: Option<Arc<AtomicUsize>>,
    counting: Counting,
}

impl Stop {
    pub(crate) fn when(asked: Arc<AtomicUsize>) -> Self {
        Self {
            asked: Some(asked),
            counting: Counting::default(),
        }
    }

    /// The same, where what is read is work on a file that is counted.
    pub(crate) fn counting(&self, counting: &Counting) -> Self {
        Self {
            asked: self.asked.clone(),
            counting: counting.clone(),
        }
    }

    /// What counts the work on the file.
    pub(crate) fn counts(&self) -> &Counting {
        &self.counting
    }

    /// The number it was asked with.
    pub(crate) fn asked(&self) -> Option<usize> {
        let asked = self.asked.as_ref()?.load(Ordering::Relaxed);
        (asked != 0).then_some(asked)
    }

    /// Fails when the run is to stop.
    pub(crate) fn check(&self) -> Result<()> {
        match self.asked() {
            Some(signal) => Err(Error::Stopped { signal }),
            None => Ok(()),
        }
    }

    /// The same where an error of the system is wanted.
    pub(crate) fn check_io(&self) -> io::Result<()> {
        match self.asked() {
            Some(_) => Err(io::Error::other("the run was asked to stop")),
            None => Ok(()),
        }
    }

    /// An error that was met because the run was to stop says so.
    pub(crate) fn explain(&self, error: Error) -> Error {
        match self.asked() {
            Some(signal) if !comes_last(&error) => Error::Stopped { signal },
            _ => error,
        }
    }

    /// A source that cannot be read any more once the run is to stop.
    pub(crate) fn watch<S: PageSource>(&self, source: S) -> Watched<S> {
        Watched {
            source,
            stop: self.clone(),
        }
    }
}

/// Whether an error tells of a run that went to its end.
fn comes_last(error: &Error) -> bool {
    matches!(
        error,
        Error::NotDurable { .. } | Error::SalvageNotPublished(_) | Error::SalvagedWithLosses(_)
    )
}

/// See [`Stop::watch`].
#[derive(Debug)]
pub(crate) struct Watched<S> {
    source: S,
    stop: Stop,
}

impl<S> Watched<S> {
    fn read(&self, offset: u64, len: usize) -> io::Result<()> {
        self.stop.check_io()?;
        self.stop.counting.read(offset, len);
        Ok(())
    }
}

impl<S: PageSource> PageSource for Watched<S> {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn len(&self) -> u64 {
        self.source.len()
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        self.read(offset, len)?;
        self.source.bytes(offset, len)
    }

    fn run<'a>(&'a self, offset: u64, len: usize, room: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        self.read(offset, len)?;
        self.source.run(offset, len, room)
    }

    fn read_into(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.read(offset, into.len())?;
        self.source.read_into(offset, into)
    }

    fn data(&self, offset: u64) -> Option<Range<u64>> {
        self.source.data(offset)
    }

    fn release(&self, range: Range<u64>) {
        self.source.release(range);
    }
}
