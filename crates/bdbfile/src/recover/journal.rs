//! The records of the logs one by one, with what a recovery would do with each.

use std::path::PathBuf;

use super::effect::{changes_files, changes_pages, is_replayed};
use super::history::{History, text};
use super::refusal::{Refusal, Stop};
use super::tape::Records;
use crate::layout::{
    BadLogRecord, FieldName, LogBody, LogLayout, LogOp, LogRecordKind, LogValue, Lsn,
};
use crate::log::Checkpoint;
use crate::{Error, FormatError, Result};

/// The logs of an environment, read once: from then on the fate of each
/// transaction is known, and which files were open.
///
/// ```no_run
/// use std::path::Path;
///
/// use bdbfile::log::EnvironmentFiles;
/// use bdbfile::recover::Journal;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let logs = EnvironmentFiles::find(Path::new("csdb"))?.logs;
/// let journal = Journal::read(&logs)?.map_err(|refusal| refusal.to_string())?;
/// let mut entries = journal.entries();
/// while let Some(entry) = entries.next()? {
///     println!("{} {:?}", entry.lsn, entry.fate);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Journal {
    history: History,
}

/// What a recovery would do with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// Its transaction committed: the change is made where it is missing.
    Redo,
    /// Its transaction did not commit: the change is taken back where it is.
    Undo,
    /// It changes no page and no file.
    Note,
    /// A change outside transactions: it is left as it is.
    Pass,
    /// Its type or its fields are not known, or it is not replayed, or it says
    /// that a page was damaged: nothing is recovered.
    Refuse,
}

/// A record of a log.
#[derive(Debug)]
pub struct Entry<'a> {
    /// Where it stands.
    pub lsn: Lsn,
    /// Its transaction, 0 for none.
    pub txn: u32,
    /// The record before it of the same transaction; file 0 in its first.
    pub prev: Lsn,
    /// The number of its type.
    pub number: u32,
    /// Its type and fields; `None` for what is never replayed: records about
    /// databases that are not durable, and those of an application's own.
    pub body: std::result::Result<Option<LogBody<'a>>, BadLogRecord>,
    /// The name of the file that it is about, where that is known. Of one that
    /// was renamed it is the last.
    pub file: Option<String>,
    /// What a recovery would do with it.
    pub fate: Fate,
}

impl Journal {
    /// Reads log files, each once. Logs that cannot be read are refused. What
    /// only keeps them from being replayed is told by
    /// [`refusal`](Self::refusal).
    ///
    /// # Errors
    ///
    /// The system's, a budget's, and a path that is not named as a log file is.
    pub fn read(logs: &[PathBuf]) -> Result<std::result::Result<Self, Refusal>> {
        match History::read(logs) {
            Ok(history) => Ok(Ok(Self { history })),
            Err(Stop::Refused(refusal)) => Ok(Err(*refusal)),
            Err(Stop::Failed(error)) => Err(error),
        }
    }

    /// The records from the first to the last.
    pub fn entries(&self) -> Entries<'_> {
        Entries {
            history: &self.history,
            records: self.history.tape.records(),
        }
    }

    /// How many records there are.
    pub fn count(&self) -> u64 {
        self.history.records
    }

    /// How the newest log file is laid out.
    pub fn layout(&self) -> LogLayout {
        self.history.layout
    }

    /// The first record and the last.
    pub fn ends(&self) -> (Lsn, Lsn) {
        (self.history.first, self.history.last)
    }

    /// The last checkpoint.
    pub fn checkpoint(&self) -> Option<Checkpoint> {
        self.history.checkpoint
    }

    /// How the log ends, where it ends in the middle of a write.
    pub fn torn(&self) -> Option<&FormatError> {
        self.history.torn.as_ref()
    }

    /// Transactions that changed something: those that committed, and those
    /// that did not.
    pub fn transactions(&self) -> (u64, u64) {
        (self.history.committed, self.history.losers.changed)
    }

    /// What there is to say about files that are not used, a sentence each.
    pub fn notes(&self) -> &[String] {
        &self.history.notes
    }

    /// Why these logs cannot be replayed, as far as they themselves show it.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.history.refusal.as_ref()
    }
}

/// The records of a journal, in order.
pub struct Entries<'j> {
    history: &'j History,
    records: Records<'j>,
}

impl Entries<'_> {
    /// The next record; `None` after the last.
    ///
    /// # Errors
    ///
    /// The system's, and a file that is not any more what it was.
    #[expect(clippy::should_implement_trait, reason = "what it gives is its own")]
    pub fn next(&mut self) -> Result<Option<Entry<'_>>> {
        let next = self.records.next().map_err(|stop| match stop {
            Stop::Failed(error) => error,
            Stop::Refused(refusal) => match *refusal {
                Refusal::Unreadable(error) => Error::Format(Box::new(error)),
                other => Error::Parameter(other.to_string()),
            },
        })?;
        let history = self.history;
        Ok(next.map(|(lsn, layout, bytes)| entry(history, lsn, layout, bytes)))
    }
}

fn entry<'a>(history: &History, lsn: Lsn, layout: LogLayout, bytes: &'a [u8]) -> Entry<'a> {
    let record = layout.record(bytes);
    let txn = record.map_or(0, |record| record.txn);
    let body = layout.body(bytes);
    let fate = match &body {
        Ok(Some(body)) => fate(history, lsn, txn, body.kind.op),
        Ok(None) => Fate::Note,
        // A change outside transactions need not be understood.
        Err(_) if txn == 0 && record.is_some_and(|r| r.kind == LogRecordKind::PageChange) => {
            Fate::Pass
        }
        Err(_) => Fate::Refuse,
    };
    let file = match &body {
        Ok(Some(body)) => file(history, lsn, body),
        _ => None,
    };
    Entry {
        lsn,
        txn,
        prev: record.map_or(Lsn::ZERO, |record| record.txn_prev),
        number: layout.record_number(bytes).unwrap_or_default(),
        body,
        file,
        fate,
    }
}

fn fate(history: &History, lsn: Lsn, txn: u32, op: LogOp) -> Fate {
    if op == LogOp::BadChecksum || (txn != 0 && !is_replayed(op)) {
        Fate::Refuse
    } else if !changes_pages(op) && !changes_files(op) {
        Fate::Note
    } else if txn == 0 {
        Fate::Pass
    } else if history.losers.has(txn, lsn) {
        Fate::Undo
    } else {
        Fate::Redo
    }
}

/// The file that a record names: by its own words, else by the number that was
/// given at its opening.
fn file(history: &History, lsn: Lsn, body: &LogBody<'_>) -> Option<String> {
    let words = [FieldName::newname, FieldName::name]
        .into_iter()
        .map(|field| text(body.bytes(field)))
        .find(|name| !name.is_empty());
    if words.is_some() {
        return words;
    }
    let number = body.fields().find_map(|(name, value)| match value {
        LogValue::I32(number) if name == "fileid" => Some(number),
        _ => None,
    })?;
    let bound = history.bindings.of(number, lsn)?;
    Some(bound.file.name.clone())
}
