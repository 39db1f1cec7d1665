//! Work done by several threads, its results taken in order.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The threads there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Workers {
    pub(crate) threads: NonZeroUsize,
}

impl Workers {
    /// Does `work` for every index, on so many threads as there may be. The
    /// first error, in the order of the indices, is the answer.
    pub(crate) fn all<T: Send, E: Send>(
        self,
        count: usize,
        work: impl Fn(usize) -> Result<T, E> + Sync,
    ) -> Result<Vec<T>, E> {
        let results = self.each(count, work);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// Does `work` for every index, on so many threads as there may be. It is
    /// begun in the order of the indices, in which the results are as well.
    /// What has not begun when an error is met is left undone.
    pub(crate) fn each<T: Send, E: Send>(
        self,
        count: usize,
        work: impl Fn(usize) -> Result<T, E> + Sync,
    ) -> Vec<(usize, Result<T, E>)> {
        let threads = self.threads.get().min(count);
        let next = AtomicUsize::new(0);
        let failed = AtomicBool::new(false);
        let (sender, receiver) = crossbeam::channel::bounded(count);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                let (sender, next, failed, work) = (sender.clone(), &next, &failed, &work);
                scope.spawn(move || {
                    while !failed.load(Ordering::Relaxed) {
                        let index = next.fetch_add(1, Ordering::Relaxed);
                        if index >= count {
                            return;
                        }
                        let result = work(index);
                        failed.fetch_or(result.is_err(), Ordering::Relaxed);
                        if sender.send((index, result)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(sender);
            let mut results: Vec<(usize, Result<T, E>)> = receiver.into_iter().collect();
            results.sort_by_key(|(index, _)| *index);
            results
        })
    }
}
