//! What pieces of work bring, added up in their order.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// A sum that each piece is added to as soon as it and all before it are done,
/// whichever thread did it: what the pieces brought is not kept until the last
/// is done.
pub(crate) struct InOrder<T> {
    add: fn(&mut T, T),
    sum: Mutex<Sum<T>>,
}

struct Sum<T> {
    so_far: T,
    /// The pieces before this one are in it.
    next: usize,
    /// Later ones that are done.
    early: BTreeMap<usize, T>,
}

impl<T> InOrder<T> {
    /// Nothing but `sum` added up yet; `add` adds what comes after.
    pub(crate) fn new(sum: T, add: fn(&mut T, T)) -> Self {
        Self {
            add,
            sum: Mutex::new(Sum {
                so_far: sum,
                next: 0,
                early: BTreeMap::new(),
            }),
        }
    }

    /// Adds what a piece brought, by its place among all; of each once.
    pub(crate) fn put(&self, piece: usize, brought: T) {
        let mut sum = self.sum.lock().unwrap_or_else(PoisonError::into_inner);
        sum.early.insert(piece, brought);
        loop {
            let next = sum.next;
            let Some(brought) = sum.early.remove(&next) else {
                return;
            };
            (self.add)(&mut sum.so_far, brought);
            sum.next = next.saturating_add(1);
        }
    }

    /// The sum of all pieces, once each has been put.
    pub(crate) fn finish(self) -> T {
        let sum = self.sum.into_inner();
        sum.unwrap_or_else(PoisonError::into_inner).so_far
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_added_in_their_order_whenever_they_come() {
        let sum = InOrder::new(String::new(), |sum, piece| sum.push_str(&piece));
        for (piece, brought) in [(2, "c"), (0, "a"), (1, "b"), (4, "e"), (3, "d")] {
            sum.put(piece, brought.to_owned());
        }
        assert_eq!(sum.finish(), "abcde");
    }

    #[test]
    fn what_is_added_is_not_kept() {
        let sum = InOrder::new((), |(), ()| {});
        for piece in [1, 2, 3] {
            sum.put(piece, ());
        }
        let waiting = || sum.sum.lock().unwrap().early.len();
        assert_eq!(waiting(), 3);
        sum.put(0, ());
        assert_eq!(waiting(), 0);
    }
}
