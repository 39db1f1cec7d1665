//! The transactions that the log has seen begin and not end.

use std::collections::HashMap;

use crate::layout::{LogRecord, LogRecordKind, Lsn};
use crate::{Error, Result};

/// The most transactions without an end since the last checkpoint. A server
/// has some tens at once; aborted ones stay until a checkpoint shows that they
/// are over.
const MOST_OPEN: usize = 1_000_000;

/// A transaction that changed something and has no commit in the log: in
/// flight when the log ends, or aborted since the last checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenTransaction {
    /// Its id. Ids are used again.
    pub id: u32,
    /// Its first record, or where that is not in the logs at hand, the one
    /// that its first record at hand points back to.
    pub first: Lsn,
    /// Its last record that changes something.
    pub last_change: Lsn,
    /// Its last record that changes pages.
    pub last_page_change: Option<Lsn>,
    /// It was prepared for a commit in two phases: closing the environment
    /// does not abort it (documented: `DB_TXN->prepare`).
    pub prepared: bool,
}

/// What is known of a transaction that has not ended.
#[derive(Debug, Clone, Copy)]
struct Running {
    first: Lsn,
    changes: Changes,
    prepared: bool,
}

/// The last changes of a transaction, or of all that are kept.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Changes {
    /// The last record that changes something.
    pub(super) any: Option<Lsn>,
    /// The last record that changes pages.
    pub(super) page: Option<Lsn>,
}

impl Changes {
    /// Adds the changes of another.
    fn join(&mut self, other: Self) {
        self.any = self.any.max(other.any);
        self.page = self.page.max(other.page);
    }
}

/// The table of running transactions.
#[derive(Debug, Default)]
pub(super) struct Transactions {
    running: HashMap<u32, Running>,
    /// Changes that stay: of committed transactions, and outside any.
    pub(super) kept: Changes,
}

impl Transactions {
    /// Takes in a record of the log. `file` is named if the table overflows.
    pub(super) fn take(&mut self, file: &str, lsn: Lsn, record: LogRecord) -> Result<()> {
        let changes = match record.kind {
            LogRecordKind::PageChange => Changes {
                any: Some(lsn),
                page: Some(lsn),
            },
            LogRecordKind::FileChange => Changes {
                any: Some(lsn),
                page: None,
            },
            _ => Changes::default(),
        };
        if let LogRecordKind::Recycle { min, max } = record.kind {
            self.running.retain(|id, _| !(min..=max).contains(id));
        }
        if record.txn == 0 {
            self.kept.join(changes);
            return Ok(());
        }
        match record.kind {
            LogRecordKind::Commit => {
                if let Some(done) = self.running.remove(&record.txn) {
                    self.kept.join(done.changes);
                }
                return Ok(());
            }
            LogRecordKind::Abort => {
                self.running.remove(&record.txn);
                return Ok(());
            }
            _ => {}
        }
        // A nested transaction's fate is from here on that of its parent.
        let child = match record.kind {
            LogRecordKind::Child { child } if child != record.txn => self.running.remove(&child),
            _ => None,
        };
        let begins = !record.txn_prev.is_logged();
        let first = if begins {
            lsn
        } else {
            record.txn_prev.min(lsn)
        };
        let fresh = Running {
            first,
            changes: Changes::default(),
            prepared: false,
        };
        let running = self.running.entry(record.txn).or_insert(fresh);
        if begins {
            // Ids are used again: the one before was aborted or lost.
            *running = fresh;
        }
        running.changes.join(changes);
        running.prepared |= record.kind == LogRecordKind::Prepare;
        if let Some(child) = child {
            running.changes.join(child.changes);
        }
        if self.running.len() > MOST_OPEN {
            return Err(Error::Limit {
                file: file.to_owned(),
                what: "the number of transactions without an end since the last checkpoint",
                limit: MOST_OPEN as u64,
            });
        }
        Ok(())
    }

    /// Forgets what began before `ckp_lsn` of a checkpoint: no transaction
    /// that was running then began before it, so those are over (aborted, as
    /// commits are met), and their pages were flushed by the checkpoint.
    pub(super) fn checkpoint(&mut self, ckp_lsn: Lsn) {
        self.running.retain(|_, running| running.first >= ckp_lsn);
    }

    /// Those left that changed something, by their first records.
    pub(super) fn open(&self) -> Vec<OpenTransaction> {
        let mut open: Vec<_> = self
            .running
            .iter()
            .filter_map(|(id, running)| {
                Some(OpenTransaction {
                    id: *id,
                    first: running.first,
                    last_change: running.changes.any?,
                    last_page_change: running.changes.page,
                    prepared: running.prepared,
                })
            })
            .collect();
        open.sort_by_key(|txn| (txn.first, txn.id));
        open
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_OPEN, Transactions};
    use crate::Error;
    use crate::layout::{LogRecord, LogRecordKind, Lsn};

    #[test]
    fn the_table_has_a_limit_that_a_checkpoint_makes_room_under() {
        let mut table = Transactions::default();
        let begin = |table: &mut Transactions, txn: u32| {
            let lsn = Lsn {
                file: 1,
                offset: txn,
            };
            let record = LogRecord {
                txn,
                txn_prev: Lsn::ZERO,
                kind: LogRecordKind::PageChange,
            };
            table.take("log.0000000001", lsn, record)
        };
        let most = u32::try_from(MOST_OPEN).unwrap();
        for txn in 1..=most {
            begin(&mut table, txn).unwrap();
        }
        let error = begin(&mut table, most + 1).unwrap_err();
        assert!(matches!(
            error,
            Error::Limit {
                limit: 1_000_000,
                ..
            }
        ));
        table.checkpoint(Lsn {
            file: 1,
            offset: most,
        });
        assert_eq!(table.open().len(), 2);
        begin(&mut table, 1).unwrap();
    }
}
