//! What pieces of work bring, added up in their order.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What pieces bring.
pub(crate) trait Brought {
    /// Adds what the next piece brought.
    fn add(&mut self, next: Self);

    /// Makes it small, for it will be kept a while.
    fn settle(&mut self) {}
}

impl<A: Brought, B: Brought> Brought for (A, B) {
    fn add(&mut self, next: Self) {
        self.0.add(next.0);
        self.1.add(next.1);
    }

    fn settle(&mut self) {
        self.0.settle();
        self.1.settle();
    }
}

/// A sum that each piece is added to as soon as it and all before it are done,
/// whichever thread did it: what the pieces brought is not kept until the last
/// is done.
#[derive(Default)]
pub(crate) struct InOrder<T> {
    sum: Mutex<Sum<T>>,
}

/// Pieces that wait for one before them as they are. Where more do, it takes
/// long, and nobody knows how many will wait: these are settled.
const WAITING: usize = 8;

#[derive(Default)]
struct Sum<T> {
    so_far: T,
    /// The pieces before this one are in it.
    next: usize,
    /// Later ones that are done.
    early: BTreeMap<usize, T>,
}

impl<T: Brought> InOrder<T> {
    /// Adds what a piece brought, by its place among all; of each once.
    pub(crate) fn put(&self, piece: usize, mut brought: T) {
        let mut sum = self.sum.lock().unwrap_or_else(PoisonError::into_inner);
        if piece != sum.next && sum.early.len() >= WAITING {
            brought.settle();
        }
        sum.early.insert(piece, brought);
        loop {
            let next = sum.next;
            let Some(brought) = sum.early.remove(&next) else {
                return;
            };
            sum.so_far.add(brought);
            sum.next = next.saturating_add(1);
        }
    }

    /// The sum of all pieces, once each has been put, settled.
    pub(crate) fn finish(self) -> T {
        let sum = self.sum.into_inner();
        let mut sum = sum.unwrap_or_else(PoisonError::into_inner).so_far;
        sum.settle();
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settled, all in it is upper case.
    impl Brought for String {
        fn add(&mut self, next: Self) {
            self.push_str(&next);
        }

        fn settle(&mut self) {
            self.make_ascii_uppercase();
        }
    }

    fn put(sum: &InOrder<String>, pieces: impl IntoIterator<Item = (usize, char)>) {
        for (piece, brought) in pieces {
            sum.put(piece, brought.into());
        }
    }

    #[test]
    fn pieces_are_added_in_their_order_whenever_they_come() {
        let sum = InOrder::<String>::default();
        put(&sum, [(2, 'c'), (0, 'a'), (1, 'b'), (4, 'e'), (3, 'd')]);
        assert_eq!(sum.sum.lock().unwrap().so_far, "abcde");
        assert_eq!(sum.finish(), "ABCDE");
    }

    #[test]
    fn what_is_added_is_not_kept() {
        let sum = InOrder::<String>::default();
        put(&sum, [(1, 'b'), (2, 'c'), (3, 'd')]);
        let waiting = || sum.sum.lock().unwrap().early.len();
        assert_eq!(waiting(), 3);
        put(&sum, [(0, 'a')]);
        assert_eq!(waiting(), 0);
    }

    #[test]
    fn a_few_wait_as_they_are_and_more_are_settled() {
        let sum = InOrder::<String>::default();
        put(&sum, (1..).zip('b'..='m'));
        put(&sum, [(0, 'a')]);
        assert_eq!(sum.sum.lock().unwrap().so_far, "abcdefghiJKLM");
    }
}
