//! One thing that is counted against a budget, by many threads.
//!
//! A number that all of them add to is a line of memory that the processors
//! take from each other, at every page that is read. So a thread puts some of
//! what is granted into a purse beforehand, and spends that.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crossbeam::utils::CachePadded;

use crate::workers::thread_number;

/// What is granted of one thing, and what was spent of it.
#[derive(Debug)]
pub(super) struct Account {
    /// What an operation is granted.
    each: u64,
    ledger: Mutex<Ledger>,
    /// Filled by who has the ledger, spent by anybody.
    purses: [CachePadded<AtomicU64>; PURSES],
}

#[derive(Debug)]
struct Ledger {
    granted: u64,
    /// What was spent or is in purses; more than is granted, once more was
    /// wanted.
    taken: u64,
}

/// As many threads spend beside each other without meeting, if their numbers
/// follow each other.
const PURSES: usize = 16;

/// So many times does what an operation is granted fill a purse, at least.
const FILLS: u64 = 1024;

/// The most that is put into one.
const FULL: u64 = 1024;

impl Account {
    /// An account of which each operation is granted so much, and one is.
    pub(super) fn new(each: u64) -> Self {
        Self {
            each,
            ledger: Mutex::new(Ledger {
                granted: each,
                taken: 0,
            }),
            purses: std::array::from_fn(|_| CachePadded::default()),
        }
    }

    /// What an operation is granted.
    pub(super) fn each(&self) -> u64 {
        self.each
    }

    /// Another operation begins.
    pub(super) fn grant(&self) {
        let mut ledger = self.ledger();
        ledger.granted = ledger.granted.saturating_add(self.each);
    }

    /// Spends so much: whether it was within the budget. Where it was not,
    /// nothing is from then on, until more is granted.
    pub(super) fn spend(&self, cost: u64) -> bool {
        let purse = self.purses.get(thread_number() % PURSES);
        let paid = purse.is_some_and(|purse| cost > 0 && pay(purse, cost));
        paid || self.fetch(purse, cost)
    }

    /// What is left for everybody.
    pub(super) fn left(&self) -> u64 {
        let ledger = self.ledger();
        let purses = self.purses.iter();
        let held = purses.fold(0_u64, |held, purse| {
            held.saturating_add(purse.load(Ordering::Relaxed))
        });
        let spent = ledger.taken.saturating_sub(held);
        ledger.granted.saturating_sub(spent)
    }

    /// Spends what the purse has not, and fills it. Where nothing else is left,
    /// what others have in theirs is taken.
    fn fetch(&self, purse: Option<&CachePadded<AtomicU64>>, cost: u64) -> bool {
        let mut ledger = self.ledger();
        let fill = self.each.checked_div(FILLS).unwrap_or_default().min(FULL);
        let with_fill = ledger.taken.saturating_add(cost).saturating_add(fill);
        if with_fill <= ledger.granted {
            ledger.taken = with_fill;
            if let Some(purse) = purse.filter(|_| fill > 0) {
                purse.fetch_add(fill, Ordering::Relaxed);
            }
            return true;
        }
        for purse in &self.purses {
            let held = purse.swap(0, Ordering::Relaxed);
            ledger.taken = ledger.taken.saturating_sub(held);
        }
        ledger.taken = ledger.taken.saturating_add(cost);
        ledger.taken <= ledger.granted
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes so much out of a purse, if it is in it.
fn pay(purse: &AtomicU64, cost: u64) -> bool {
    let rest = |held: u64| held.checked_sub(cost);
    purse
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, rest)
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_one_more_is_spent_than_is_granted_and_not_one_less() {
        for each in [0, 1, 7, 5000, 100_000, 3_000_000] {
            let account = Account::new(each);
            let threads = 5;
            let spent: u64 = std::thread::scope(|scope| {
                let spend = || (0..=each).take_while(|_| account.spend(1)).count() as u64;
                let all: Vec<_> = (0..threads).map(|_| scope.spawn(spend)).collect();
                all.into_iter().map(|one| one.join().unwrap()).sum()
            });
            assert_eq!(spent, each);
            assert!(!account.spend(0), "what was refused is remembered");
            assert_eq!(account.left(), 0);
            account.grant();
            // Each of the threads wanted one that there was not.
            assert_eq!(account.left(), each.saturating_sub(threads));
        }
    }

    #[test]
    fn what_was_put_aside_is_left() {
        let account = Account::new(50_000);
        assert!(account.spend(1));
        assert!(account.ledger().taken > 1, "a purse is full");
        assert_eq!(account.left(), 49_999);
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(account.spend(49_999)));
        });
        assert_eq!(account.left(), 0);
        assert!(account.spend(0));
        assert!(!account.spend(1));
        account.grant();
        assert_eq!(account.left(), 49_999);
    }
}
