//! Which transactions committed.
//!
//! Only commits are in the log; a transaction without one was aborted or in
//! flight. Ids are given out again, so a transaction is known by its id and the
//! stretch of the log from its first record to its last: a record that points
//! back to none begins another of the same id (seen: in all logs of the
//! samples each other record points back to the one before it of its id).

use std::collections::HashMap;

use crate::layout::{LogRecord, LogRecordKind, Lsn};
use crate::{Error, Result};

/// The most transactions without a commit that are kept.
const MOST: usize = 4_000_000;

/// A transaction without an end so far.
#[derive(Debug, Clone, Default)]
struct Running {
    stretch: Stretch,
    /// Those nested in it that committed into it.
    children: Vec<(u32, Stretch)>,
    changes: bool,
    prepared: bool,
}

/// From a transaction's first record to its last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Stretch {
    first: Lsn,
    last: Lsn,
}

/// The table of transactions as the log is read forwards.
#[derive(Debug, Default)]
pub(super) struct Fates {
    running: HashMap<u32, Running>,
    losers: Losers,
    /// How many committed that had changed something.
    pub(super) committed: u64,
}

/// The transactions without a commit.
#[derive(Debug, Default)]
pub(super) struct Losers {
    by_id: HashMap<u32, Vec<Stretch>>,
    count: usize,
    /// How many had changed something, nested ones with their parents.
    pub(super) changed: u64,
    /// The first record of any.
    pub(super) first: Option<Lsn>,
}

impl Fates {
    /// Takes in a record, in the order of the log.
    pub(super) fn take(&mut self, file: &str, lsn: Lsn, record: LogRecord) -> Result<()> {
        let id = record.txn;
        if id == 0 {
            return Ok(());
        }
        if record.kind == LogRecordKind::Commit {
            if let Some(done) = self.running.remove(&id) {
                self.committed = self.committed.saturating_add(u64::from(done.changes));
            }
            return Ok(());
        }
        let child = match record.kind {
            LogRecordKind::Child { child } if child != id => {
                self.running.remove(&child).map(|done| (child, done))
            }
            _ => None,
        };
        if !record.txn_prev.is_logged()
            && let Some(before) = self.running.remove(&id)
        {
            self.losers.add(file, id, before)?;
        }
        let running = self.running.entry(id).or_insert_with(|| Running {
            stretch: Stretch {
                // Of one whose beginning is not at hand the rest is enough: it
                // was over before the logs that are needed begin.
                first: lsn,
                last: lsn,
            },
            ..Running::default()
        });
        running.stretch.last = lsn;
        running.prepared |= record.kind == LogRecordKind::Prepare;
        running.changes |= matches!(
            record.kind,
            LogRecordKind::PageChange | LogRecordKind::FileChange
        );
        if let Some((child, done)) = child {
            running.changes |= done.changes;
            running.children.push((child, done.stretch));
            running.children.extend(done.children);
        }
        if record.kind == LogRecordKind::Abort
            && let Some(aborted) = self.running.remove(&id)
        {
            self.losers.add(file, id, aborted)?;
        }
        if self.running.len() > MOST {
            return Err(too_many(file));
        }
        Ok(())
    }

    /// The transactions without a commit at the end of the log, and the id of
    /// one that was prepared for a commit in two phases, if there is any.
    pub(super) fn finish(mut self, file: &str) -> Result<(Losers, u64, Option<u32>)> {
        let mut prepared = None;
        for (id, running) in self.running {
            if running.prepared {
                prepared = Some(id);
            }
            self.losers.add(file, id, running)?;
        }
        for stretches in self.losers.by_id.values_mut() {
            stretches.sort_by_key(|stretch| stretch.first);
        }
        Ok((self.losers, self.committed, prepared))
    }
}

impl Losers {
    /// Whether the record of this id at this place is of one without a commit.
    pub(super) fn has(&self, id: u32, lsn: Lsn) -> bool {
        let Some(stretches) = self.by_id.get(&id) else {
            return false;
        };
        let after = stretches.partition_point(|stretch| stretch.first <= lsn);
        after
            .checked_sub(1)
            .and_then(|at| stretches.get(at))
            .is_some_and(|stretch| lsn <= stretch.last)
    }

    fn add(&mut self, file: &str, id: u32, lost: Running) -> Result<()> {
        self.changed = self.changed.saturating_add(u64::from(lost.changes));
        for (id, stretch) in lost.children.into_iter().chain([(id, lost.stretch)]) {
            self.count = self.count.saturating_add(1);
            if self.count > MOST {
                return Err(too_many(file));
            }
            self.first = Some(
                self.first
                    .map_or(stretch.first, |first| first.min(stretch.first)),
            );
            self.by_id.entry(id).or_default().push(stretch);
        }
        Ok(())
    }
}

fn too_many(file: &str) -> Error {
    Error::Limit {
        file: file.to_owned(),
        what: "the number of transactions without a commit",
        limit: MOST as u64,
    }
}

#[cfg(test)]
mod tests {
    use super::Fates;
    use crate::layout::{LogRecord, LogRecordKind, Lsn};

    fn at(offset: u32) -> Lsn {
        Lsn { file: 1, offset }
    }

    /// Feeds records of (id, the one before it of the same id, what it is).
    fn feed(records: &[(u32, u32, LogRecordKind)]) -> super::Losers {
        let mut fates = Fates::default();
        for (number, (txn, prev, kind)) in (1..).zip(records) {
            let txn_prev = if *prev == 0 { Lsn::ZERO } else { at(*prev) };
            let record = LogRecord {
                txn: *txn,
                txn_prev,
                kind: *kind,
            };
            fates.take("log", at(number), record).unwrap();
        }
        fates.finish("log").unwrap().0
    }

    #[test]
    fn the_fate_of_a_nested_transaction_is_that_of_its_parent() {
        use LogRecordKind::{Child, Commit, PageChange};
        let nested = [
            (7, 0, PageChange),
            (8, 0, PageChange),
            (7, 1, Child { child: 8 }),
        ];
        let losers = feed(&nested);
        assert!(losers.has(8, at(2)) && losers.has(7, at(1)));
        assert_eq!(losers.first, Some(at(1)));
        assert_eq!(losers.changed, 1);
        let committed = [&nested[..], &[(7, 3, Commit)]].concat();
        let losers = feed(&committed);
        assert!(!losers.has(8, at(2)) && !losers.has(7, at(1)));
        assert_eq!((losers.first, losers.changed), (None, 0));
    }

    #[test]
    fn an_id_that_begins_anew_is_another_transaction() {
        use LogRecordKind::{Commit, PageChange};
        let losers = feed(&[
            (7, 0, PageChange),
            (7, 1, PageChange),
            (7, 0, PageChange),
            (7, 3, Commit),
            (7, 0, PageChange),
        ]);
        let lost: Vec<bool> = (1..=5).map(|n| losers.has(7, at(n))).collect();
        assert_eq!(lost, [true, true, false, false, true]);
        assert!(!losers.has(6, at(1)));
    }
}
