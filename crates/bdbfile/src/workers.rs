//! Work done by several threads, its results taken in order.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// The threads that may be used. They are started for a piece of work and gone
/// when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Workers {
    /// How many.
    pub threads: NonZeroUsize,
}

/// Results that there is room for beforehand.
const ROOM: usize = 1 << 14;

impl Workers {
    /// The calling thread alone.
    pub const ALONE: Self = Self {
        threads: NonZeroUsize::MIN,
    };

    /// A thread for each processor that this process may use.
    pub fn one_a_processor() -> Self {
        Self {
            threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        }
    }

    /// Does `work` for every index, on so many threads as there may be. The
    /// first error, in the order of the indices, is the answer.
    pub fn all<T: Send, E: Send>(
        self,
        count: usize,
        work: impl Fn(usize) -> Result<T, E> + Sync,
    ) -> Result<Vec<T>, E> {
        let results = self.each(count, work);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Does `work` as [`all`](Self::all) does and `beside` at the same time, by
    /// one of the same threads, which goes on with the work then.
    pub fn all_beside<T: Send, E: Send, B: Send + Sync>(
        self,
        count: usize,
        work: impl Fn(usize) -> Result<T, E> + Sync,
        beside: impl Fn() -> B + Sync,
    ) -> (Result<Vec<T>, E>, B) {
        let done = OnceLock::new();
        let results = self.all(count.saturating_add(1), |index| {
            let Some(index) = index.checked_sub(1) else {
                done.get_or_init(&beside);
                return Ok(None);
            };
            work(index).map(Some)
        });
        let done = done.into_inner().unwrap_or_else(beside);
        let results = results.map(|results| results.into_iter().flatten().collect());
        (results, done)
    }

    /// Does `work` for every index, on so many threads as there may be. It is
    /// begun in the order of the indices, in which the results are as well.
    /// What has not begun when an error is met is left undone.
    pub fn each<T: Send, E: Send>(
        self,
        count: usize,
        work: impl Fn(usize) -> Result<T, E> + Sync,
    ) -> Vec<(usize, Result<T, E>)> {
        let next = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        // Room for all, that what comes meanwhile lies together; no more of it
        // than costs nothing, for a count may come from a file.
        let results = Mutex::new(Vec::with_capacity(count.min(ROOM)));
        let worker = || {
            while !failed.load(Ordering::Relaxed) {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= count {
                    return;
                }
                let result = work(index);
                failed.fetch_or(result.is_err(), Ordering::Relaxed);
                let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                results.push((index, result));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.threads.get().min(count) {
                // Where the system has no more threads, those there are do it.
                if std::thread::Builder::new()
                    .spawn_scoped(scope, worker)
                    .is_err()
                {
                    break;
                }
            }
            worker();
        });
        let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        results.sort_unstable_by_key(|(index, _)| *index);
        results
    }
}

/// The number of the calling thread: those that work beside each other have
/// numbers that follow each other, mostly. For places of their own in what they
/// share, so that they do not take memory from each other's caches.
pub(crate) fn thread_number() -> usize {
    NUMBER.with(|number| *number)
}

static NEXT_NUMBER: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static NUMBER: usize = NEXT_NUMBER.fetch_add(1, Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_costs_no_memory_before_the_work_is_done() {
        let first = Workers::ALONE.all(usize::MAX, Err::<(), usize>);
        assert_eq!(first, Err(0));
    }

    #[test]
    fn all_work_is_done_and_the_first_error_is_told() {
        for threads in [1, 2, 16] {
            let workers = Workers {
                threads: NonZeroUsize::new(threads).unwrap(),
            };
            let all = workers.all(100, |index| Ok::<_, ()>(index * 2)).unwrap();
            assert_eq!(all, (0..100).map(|index| index * 2).collect::<Vec<_>>());
            assert_eq!(workers.all(0, Ok::<usize, ()>).unwrap(), []);
            let failed = workers.all(100, |index| match index {
                7 | 8 => Err(index),
                _ => Ok(()),
            });
            assert_eq!(failed, Err(7));
            let done = workers.each(100, |index| if index == 3 { Err(()) } else { Ok(()) });
            assert!(done.iter().take(3).all(|(_, result)| result.is_ok()));
            assert_eq!(done.get(3), Some(&(3, Err(()))));
            for fails in [false, true] {
                let times = AtomicUsize::new(0);
                let work = |index| if fails { Err(index) } else { Ok(index) };
                let beside = || times.fetch_add(1, Ordering::Relaxed) + 7;
                let (all, beside) = workers.all_beside(3, work, beside);
                assert_eq!(all, if fails { Err(0) } else { Ok(vec![0, 1, 2]) });
                assert_eq!(beside, 7);
            }
        }
    }
}
