//! Records that show a check by themselves, and the first of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::gather::{Gatherer, RecordPlace};

/// Bytes of a key or a calendar's name that are kept with a case.
pub(super) const KEY_KEPT: usize = 160;

/// Records that show a check by themselves.
#[derive(Debug, Clone, Default)]
pub(super) struct Shown {
    pub(super) records: u64,
    pub(super) cases: Vec<ShownCase>,
    /// Cases that those before have already.
    before: usize,
}

impl Shown {
    /// Counts a record, and keeps it if it is one of so many first ones.
    pub(super) fn add(&mut self, order: u64, place: RecordPlace, key: &[u8], limit: usize) {
        self.records = self.records.saturating_add(1);
        if self.before.saturating_add(self.cases.len()) < limit {
            let key = key.get(..KEY_KEPT).unwrap_or(key).to_vec();
            self.cases.push(ShownCase { order, place, key });
        }
    }
}

/// How many cases of each check the first units of work of a file have kept:
/// those that are begun when these are done need keep no more than are wanted
/// beyond. Which cases are the first does not depend on it.
#[derive(Debug, Default)]
pub struct CasesBefore(Mutex<Done>);

#[derive(Debug, Default)]
struct Done {
    /// All units before this one are done, and have so many cases of each check.
    first: usize,
    cases: Vec<usize>,
    /// Later ones that are done.
    later: BTreeMap<usize, Vec<usize>>,
}

impl CasesBefore {
    /// Tells how many cases there are before those of a unit that is begun.
    pub(super) fn tell(&self, shown: &mut [Shown]) {
        let done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (shown, before) in shown.iter_mut().zip(&done.cases) {
            shown.before = *before;
        }
    }

    /// Counts those of a unit that is done, by its place among all of the file.
    pub fn count(&self, unit: usize, done: &Gatherer) {
        let cases = done.shown.iter().map(|shown| shown.cases.len()).collect();
        let mut done = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        done.later.insert(unit, cases);
        loop {
            let first = done.first;
            let Some(cases) = done.later.remove(&first) else {
                return;
            };
            done.first = done.first.saturating_add(1);
            done.cases.resize(cases.len(), 0);
            for (all, more) in done.cases.iter_mut().zip(cases) {
                *all = all.saturating_add(more);
            }
        }
    }
}

/// One of the first of them.
#[derive(Debug, Clone)]
pub(super) struct ShownCase {
    pub(super) order: u64,
    pub(super) place: RecordPlace,
    pub(super) key: Vec<u8>,
}
