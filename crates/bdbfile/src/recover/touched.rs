//! How many transactions there was something to do for. A nested one counts
//! with the one that it is nested in.

use std::collections::{HashMap, HashSet};

/// The transactions on one way through the log.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Those under way for which something was done.
    open: HashSet<u32>,
    /// On the way backwards: those that are nested, and in which.
    outer: HashMap<u32, u32>,
    count: u64,
}

impl Touched {
    /// How many there were.
    pub(super) fn count(&self) -> u64 {
        // Those whose end was not met are transactions too.
        self.count.saturating_add(self.open.len() as u64)
    }

    /// A record on the way forwards, of a transaction of this id: whether it
    /// tells that one nested in it committed, whether it is its last, and
    /// whether it changed anything.
    pub(super) fn forwards(&mut self, id: u32, nested: Option<u32>, last: bool, changed: bool) {
        let nested = nested.is_some_and(|nested| self.open.remove(&nested));
        if changed || nested {
            self.open.insert(id);
        }
        if last && self.open.remove(&id) {
            self.count = self.count.saturating_add(1);
        }
    }

    /// The same on the way backwards, where the first record of a transaction
    /// is the last that is met.
    pub(super) fn backwards(&mut self, id: u32, nested: Option<u32>, first: bool, changed: bool) {
        let outermost = self.outer.get(&id).copied().unwrap_or(id);
        if let Some(nested) = nested.filter(|nested| *nested != id) {
            self.outer.insert(nested, outermost);
        }
        if changed {
            self.open.insert(outermost);
        }
        if first {
            self.outer.remove(&id);
            if outermost == id && self.open.remove(&id) {
                self.count = self.count.saturating_add(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Touched;

    #[test]
    fn nested_transactions_count_with_the_outermost() {
        let mut redone = Touched::default();
        redone.forwards(2, None, false, true);
        redone.forwards(3, None, false, false);
        redone.forwards(1, Some(2), false, false);
        redone.forwards(3, None, true, false);
        assert_eq!(redone.count(), 1);
        redone.forwards(1, None, true, false);
        assert_eq!(redone.count(), 1);
        redone.forwards(1, None, true, true);
        assert_eq!(redone.count(), 2);

        let mut undone = Touched::default();
        undone.backwards(1, Some(2), false, false);
        undone.backwards(2, Some(3), false, true);
        undone.backwards(3, None, true, true);
        undone.backwards(2, None, true, false);
        undone.backwards(1, None, true, true);
        undone.backwards(2, None, true, true);
        assert_eq!(undone.count(), 2);
    }
}
