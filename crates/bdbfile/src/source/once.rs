//! A source that is read once, and gives back what was read.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use super::PageSource;

/// Bytes that are given back at once. The system keeps files in memory in
/// pieces of up to 2 MiB, and gives back whole ones only.
const BLOCK: u64 = 2 << 20;

/// Blocks that were asked for whole and are not given back yet: some of what was
/// given out of them is still being looked at.
const WAITING: usize = 8;

/// Reads another source, and [releases](PageSource::release) each 2 MiB of it
/// some time after as many bytes were asked for, and the rest when it is
/// dropped: for who reads each page once, and writes as much as is read. What is
/// asked for again all the same is read again.
#[derive(Debug)]
pub struct ReadOnce<S: PageSource> {
    source: S,
    /// Bytes asked for, by block.
    asked: Vec<AtomicU64>,
    /// The first bytes of blocks that are to be given back.
    waiting: Mutex<VecDeque<u64>>,
}

impl<S: PageSource> ReadOnce<S> {
    /// Reads `source` once.
    pub fn new(source: S) -> Self {
        let blocks = source.len().div_ceil(BLOCK);
        Self {
            asked: (0..blocks).map(|_| AtomicU64::new(0)).collect(),
            waiting: Mutex::default(),
            source,
        }
    }

    /// Counts bytes that are about to be given out.
    fn count(&self, offset: u64, len: usize) {
        let number = offset / BLOCK;
        let asked = usize::try_from(number)
            .ok()
            .and_then(|at| self.asked.get(at));
        let Some(asked) = asked else { return };
        let start = number.saturating_mul(BLOCK);
        let all = self.source.len().saturating_sub(start).min(BLOCK);
        let before = asked.fetch_add(len as u64, Ordering::Relaxed);
        if before < all && before.saturating_add(len as u64) >= all {
            self.done_with(start);
        }
    }

    /// Gives back the block that waits longest, if there are enough.
    fn done_with(&self, start: u64) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push_back(start);
        let oldest = (waiting.len() > WAITING).then(|| waiting.pop_front());
        drop(waiting);
        if let Some(start) = oldest.flatten() {
            let end = start.saturating_add(BLOCK).min(self.source.len());
            self.source.release(start..end);
        }
    }
}

impl<S: PageSource> Drop for ReadOnce<S> {
    fn drop(&mut self) {
        self.source.release(0..self.source.len());
    }
}

impl<S: PageSource> PageSource for ReadOnce<S> {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn len(&self) -> u64 {
        self.source.len()
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        self.count(offset, len);
        self.source.bytes(offset, len)
    }

    fn read_into(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.count(offset, into.len());
        self.source.read_into(offset, into)
    }

    fn run<'a>(&'a self, offset: u64, len: usize, room: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        self.count(offset, len);
        self.source.run(offset, len, room)
    }

    fn data(&self, offset: u64) -> Option<Range<u64>> {
        self.source.data(offset)
    }

    fn release(&self, range: Range<u64>) {
        self.source.release(range);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemorySource;

    /// Tells what is given back.
    #[derive(Debug)]
    struct Told<'t> {
        inner: MemorySource,
        told: &'t Mutex<Vec<Range<u64>>>,
    }

    impl PageSource for Told<'_> {
        fn name(&self) -> &str {
            self.inner.name()
        }

        fn len(&self) -> u64 {
            self.inner.len()
        }

        fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
            self.inner.bytes(offset, len)
        }

        fn release(&self, range: Range<u64>) {
            self.told.lock().unwrap().push(range);
        }
    }

    #[test]
    fn what_was_read_whole_is_given_back_some_time_later_and_once() {
        let told = Mutex::default();
        let blocks = WAITING as u64 + 3;
        let len = (blocks - 1) * BLOCK + 5000;
        let inner = MemorySource::new("memory", vec![7; usize::try_from(len).unwrap()]);
        let source = ReadOnce::new(Told { inner, told: &told });
        let half = usize::try_from(BLOCK / 2).unwrap();
        let mut room = Vec::new();
        for block in 0..blocks - 1 {
            source.bytes(block * BLOCK, half).unwrap();
            // Not the half that was given out before.
            source.read_into(block * BLOCK, &mut vec![0; half]).unwrap();
            source.bytes(block * BLOCK, half).unwrap();
        }
        assert_eq!(*told.lock().unwrap(), [0..BLOCK, BLOCK..2 * BLOCK]);
        source.run((blocks - 1) * BLOCK, 5000, &mut room).unwrap();
        assert!(source.bytes(len, 1).is_err());
        assert_eq!(told.lock().unwrap().len(), 3);
        drop(source);
        assert_eq!(told.lock().unwrap().last(), Some(&(0..len)));
    }

    #[test]
    fn what_was_not_read_whole_is_kept() {
        let told = Mutex::default();
        let len = 40 * BLOCK;
        let inner = MemorySource::new("memory", vec![7; usize::try_from(len).unwrap()]);
        let source = ReadOnce::new(Told { inner, told: &told });
        for block in 0..40 {
            source.bytes(block * BLOCK, 4096).unwrap();
        }
        assert!(told.lock().unwrap().is_empty());
    }
}
