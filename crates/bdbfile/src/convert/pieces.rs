//! Pieces of a database, built by as many threads as there may be.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::error::{Error, Result};

/// Builds `count` pieces, each taken in its turn by the next thread that is
/// free. The first that fails ends it.
pub(super) fn build(
    count: usize,
    threads: NonZeroUsize,
    piece: impl Fn(usize) -> Result<()> + Sync,
) -> Result<()> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let errors: Mutex<Vec<(usize, Error)>> = Mutex::default();
    let work = || {
        while !failed.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return;
            }
            if let Err(error) = piece(index) {
                failed.store(true, Ordering::Relaxed);
                let mut errors = errors.lock().unwrap_or_else(PoisonError::into_inner);
                errors.push((index, error));
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.get().min(count) {
            scope.spawn(work);
        }
        work();
    });
    let mut errors = errors.into_inner().unwrap_or_else(PoisonError::into_inner);
    // Those that were only given up because of another are not the cause.
    errors.sort_by_key(|(index, error)| (matches!(error, Error::GivenUp { .. }), *index));
    match errors.into_iter().next() {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_pieces_are_built_and_the_cause_of_a_failure_is_told() {
        for threads in [1, 2, 16] {
            let threads = NonZeroUsize::new(threads).unwrap();
            let built = AtomicUsize::new(0);
            build(100, threads, |_| {
                built.fetch_add(1, Ordering::Relaxed);
                Ok(())
            })
            .unwrap();
            assert_eq!(built.into_inner(), 100);
            let failed = build(100, threads, |index| match index {
                7 => Err(Error::Parameter("seven".to_owned())),
                8.. => Err(Error::GivenUp {
                    file: "file".to_owned(),
                }),
                _ => Ok(()),
            });
            assert!(matches!(failed, Err(Error::Parameter(what)) if what == "seven"));
        }
    }
}
