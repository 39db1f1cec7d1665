//! What is counted of a file in a step, by the threads that work on it.

use std::ffi::{OsStr, OsString};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::Step;

/// What is counted of a file in a step.
#[derive(Debug)]
pub(super) struct Counter {
    pub(super) step: Step,
    pub(super) name: OsString,
    /// By which its share is reckoned.
    planned: u64,
    len: AtomicU64,
    done: AtomicU64,
    working: AtomicBool,
    finished: AtomicBool,
}

impl Counter {
    pub(super) fn new(step: Step, name: &OsStr, len: u64) -> Self {
        Self {
            step,
            name: name.to_owned(),
            planned: len,
            len: AtomicU64::new(len),
            done: AtomicU64::new(0),
            working: AtomicBool::new(false),
            finished: AtomicBool::new(false),
        }
    }

    /// Bytes of the file, and those that are done.
    pub(super) fn bytes(&self) -> (u64, u64) {
        let len = self.len.load(Ordering::Relaxed);
        if self.is_finished() {
            return (len, len);
        }
        let done = self.done.load(Ordering::Relaxed);
        let done = done.checked_div(self.step.passes()).unwrap_or_default();
        (len, done.min(len))
    }

    /// Its share of the work.
    pub(super) fn share(&self) -> u64 {
        self.planned.saturating_mul(self.step.weight())
    }

    /// Its share of the work that is done.
    pub(super) fn share_done(&self) -> u64 {
        if self.is_finished() {
            return self.share();
        }
        let (len, done) = self.bytes();
        let part = u128::from(self.share()).saturating_mul(done.into());
        let part = part.checked_div(len.into()).unwrap_or_default();
        u64::try_from(part).unwrap_or(u64::MAX)
    }

    /// Whether work on it has begun.
    pub(super) fn is_begun(&self) -> bool {
        self.working.load(Ordering::Relaxed)
    }

    /// Whether it is done.
    pub(super) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Relaxed)
    }

    pub(super) fn finish(&self) {
        self.finished.store(true, Ordering::Relaxed);
    }
}

/// Counts what is done of a file in a step; by default, nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counting(Option<Arc<Counter>>);

/// Bytes that are counted at a time.
pub(super) const BLOCK: u64 = 64 << 10;

impl Counting {
    /// Work on a file begins.
    pub(super) fn begin(counter: &Arc<Counter>) -> Self {
        counter.working.store(true, Ordering::Relaxed);
        Self(Some(Arc::clone(counter)))
    }

    /// Bytes from `offset` on are about to be read: whole blocks are counted,
    /// each by who reads its last byte.
    pub(crate) fn read(&self, offset: u64, len: usize) {
        let end = offset.saturating_add(len as u64);
        let blocks = (end / BLOCK).saturating_sub(offset / BLOCK);
        if blocks > 0 {
            self.add(blocks.saturating_mul(BLOCK));
        }
    }

    /// So many bytes are done.
    pub(crate) fn add(&self, bytes: u64) {
        if let Some(counter) = &self.0 {
            counter.done.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// The file has another length than was planned.
    pub(crate) fn expect(&self, len: u64) {
        if let Some(counter) = &self.0 {
            counter.len.store(len, Ordering::Relaxed);
        }
    }

    /// The file is done.
    pub(crate) fn finish(&self) {
        if let Some(counter) = &self.0 {
            counter.finish();
        }
    }
}
