//! Recovery without libdb: what the logs of a killed process hold is replayed
//! on an overlay over its files. Nothing is written but a temporary file, and
//! that only where the changed pages have no room in memory.
//!
//! The logs are read three times: once to learn who committed and which files
//! were open (`fates`, `bindings`, `history`), once backwards, undoing
//! what did not commit, and once forwards, redoing what did. All of it begins at
//! the first record at hand, so whether the files are older copies that need
//! the whole log need not be asked: a page that has a record's change already
//! is passed over. `docs/recovery.md` says what is done and why it is safe.
//!
//! * `history`, `fates`, `bindings`, `tape`: the logs.
//! * `files`: the database files, by their ids.
//! * `pages`: the overlay.
//! * `page`, `effect`, `limbo`, `gone`: what records do to pages.
//! * `recovered`: the result, to read from.
//! * `journal`: the records one by one, for who wants to see them.
//!
//! ```no_run
//! use std::path::Path;
//! use std::sync::Arc;
//!
//! use bdbfile::log::EnvironmentFiles;
//! use bdbfile::read::DatabaseFile;
//! use bdbfile::recover::{Given, Outcome, RecoverOptions, recover};
//! use bdbfile::source::FileSource;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let home = Path::new("csdb");
//! let events = FileSource::open(&home.join("ics50events.db"))?;
//! let given = Given {
//!     name: "ics50events.db".to_owned(),
//!     source: Arc::new(events),
//! };
//! let logs = EnvironmentFiles::find(home)?.logs;
//! match recover(&logs, vec![given], &RecoverOptions::default())? {
//!     Outcome::Refused(refusal) => println!("{refusal}"),
//!     Outcome::Recovered(recovered) => {
//!         for file in recovered.files {
//!             let database = DatabaseFile::open(file.source)?;
//!             println!("{}: {} pages", file.name, database.page_count());
//!         }
//!     }
//! }
//! # Ok(())
//! # }
//! ```

mod bindings;
mod effect;
mod fates;
mod files;
mod gone;
mod history;
mod journal;
mod limbo;
mod page;
mod pages;
mod recovered;
mod refusal;
mod replay;
mod tape;
mod touched;

pub use journal::{Entries, Entry, Fate, Journal};
pub use recovered::RecoveredSource;
pub use refusal::Refusal;

use std::path::PathBuf;
use std::sync::Arc;

use crate::layout::{LogLayout, Lsn};
use crate::log::Checkpoint;
use crate::source::PageSource;
use crate::spill::SpillPlace;
use crate::{FormatError, Result};
use refusal::Stop;

/// A database file that there is.
pub struct Given {
    /// Its name, without a directory.
    pub name: String,
    /// Its bytes.
    pub source: Arc<dyn PageSource>,
}

/// What a recovery may use.
#[derive(Debug, Clone)]
pub struct RecoverOptions {
    /// Bytes of pages that are kept in memory.
    pub memory: usize,
    /// Where the pages go that have no room there.
    pub spill: SpillPlace,
}

impl Default for RecoverOptions {
    /// 64 MiB, and the system's directory for temporary files.
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            spill: SpillPlace::Directory(std::env::temp_dir()),
        }
    }
}

/// How a recovery ends.
#[derive(Debug)]
pub enum Outcome {
    /// The files are as they were when the last transaction committed.
    Recovered(Recovered),
    /// The logs cannot be replayed for sure.
    Refused(Refusal),
}

/// The files after recovery, and what was done.
#[derive(Debug)]
pub struct Recovered {
    /// All files that were given, in some order, and those that the log alone
    /// holds.
    pub files: Vec<RecoveredFile>,
    /// What was done.
    pub summary: Summary,
}

/// A file after recovery.
#[derive(Debug)]
pub struct RecoveredFile {
    /// Its name, without a directory.
    pub name: String,
    /// The name it was given with; `None` for one that the log alone holds.
    pub given: Option<String>,
    /// What became of it.
    pub state: FileState,
    /// How many of its pages are other than in the file.
    pub pages_changed: u64,
    /// Its bytes.
    pub source: RecoveredSource,
}

/// What recovery made of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileState {
    /// It is as it was.
    Kept,
    /// Pages of it changed.
    Changed,
    /// It was not there: the log alone holds it.
    Created,
    /// A transaction that committed renamed it; its pages may have changed too.
    Renamed {
        /// What it was called.
        from: String,
    },
    /// It is no part of the store: a transaction that committed removed it, or
    /// one that did not commit made it.
    Removed,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// How the newest log file is laid out.
    pub layout: LogLayout,
    /// The first record that was read.
    pub first: Lsn,
    /// The last record.
    pub last: Lsn,
    /// The last checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// How the log ends, where it ends in the middle of a write. What comes
    /// from there on does not count, as for libdb.
    pub torn: Option<FormatError>,
    /// Transactions in the log that changed something and committed. Here and
    /// below a nested one counts with the one that it is nested in.
    pub committed: u64,
    /// Those of them of which changes were missing in the files.
    pub redone: u64,
    /// Transactions that changed something and did not commit.
    pub uncommitted: u64,
    /// Those of them of which changes were in the files.
    pub undone: u64,
    /// When the last transaction committed, in seconds since 1970.
    pub last_commit: Option<i64>,
    /// What else there is to say, a sentence each.
    pub notes: Vec<String>,
}

/// Replays the logs of an environment on its database files.
///
/// # Errors
///
/// The system's, a budget's, and a path that is not named as a log file is.
/// What the logs and files say cannot be recovered is no error but a
/// [`Refusal`].
pub fn recover(logs: &[PathBuf], files: Vec<Given>, options: &RecoverOptions) -> Result<Outcome> {
    match replay::replay(logs, files, options) {
        Ok(recovered) => Ok(Outcome::Recovered(recovered)),
        Err(Stop::Refused(refusal)) => Ok(Outcome::Refused(*refusal)),
        Err(Stop::Failed(error)) => Err(error),
    }
}
