//! Why logs cannot be replayed for sure. Then nothing is: half a recovery is
//! worth less than none.

use std::fmt;

use crate::layout::{Lsn, PageNo};
use crate::{Error, FormatError};

/// Why a recovery is refused. Shows as one sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no log file, or none that holds a record.
    NoLog,
    /// A log file that is needed is damaged or no log file at all.
    Unreadable(FormatError),
    /// The log is of a version whose records are not replayed here.
    Version {
        /// The log file.
        file: String,
        /// Its version.
        version: u32,
    },
    /// The logs at hand begin after the place recovery has to start from.
    StartMissing {
        /// The first log file that can be used.
        file: String,
        /// Where recovery has to start; `None` where no checkpoint is left.
        needed: Option<Lsn>,
    },
    /// A record's type or fields are not known here.
    Record {
        /// Where it stands.
        lsn: Lsn,
        /// What is wrong with it.
        found: String,
    },
    /// A transaction is prepared for a commit in two phases: whether it
    /// committed is known elsewhere.
    Prepared {
        /// Its id.
        id: u32,
    },
    /// A file that the log changes is not there, and the log does not make it.
    FileMissing {
        /// Its name.
        name: String,
        /// The first record that changes it.
        lsn: Lsn,
    },
    /// Two files have the same id, and neither has the name that the log knows.
    SameId {
        /// One of them.
        one: String,
        /// The other.
        other: String,
    },
    /// A database file cannot be changed by a log.
    File {
        /// Its name.
        name: String,
        /// Why.
        found: String,
    },
    /// A page lacks changes that are older than those of the log.
    ChangeMissing {
        /// The file.
        name: String,
        /// The page.
        page: PageNo,
        /// Its last change.
        found: Lsn,
        /// The change that it should have.
        needed: Lsn,
        /// The record that follows that change.
        lsn: Lsn,
    },
    /// A page that a record changes is beyond the end of its file.
    PageMissing {
        /// The file.
        name: String,
        /// The page.
        page: PageNo,
        /// The record.
        lsn: Lsn,
    },
    /// A page carries a change from beyond the end of the log.
    PageBeyondLog {
        /// The file.
        name: String,
        /// The page.
        page: PageNo,
        /// Its last change.
        found: Lsn,
        /// The log's last record.
        last: Lsn,
    },
    /// A page is not such that a record could have changed it.
    Page {
        /// The file.
        name: String,
        /// The page.
        page: PageNo,
        /// The record.
        lsn: Lsn,
        /// What libdb calls the record.
        what: &'static str,
    },
    /// A page's checksum is wrong: it was written in part.
    Checksum {
        /// The file.
        name: String,
        /// The page.
        page: PageNo,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoLog => f.write_str("there is no log to replay"),
            Self::Unreadable(error) => error.fmt(f),
            Self::Version { file, version } => {
                write!(f, "{file}: logs of version {version} are not replayed")
            }
            Self::StartMissing {
                file,
                needed: Some(lsn),
            } => write!(
                f,
                "{file}: this is the first log file that can be used, but the log is needed from {lsn} on"
            ),
            Self::StartMissing { file, needed: None } => write!(
                f,
                "{file}: this is the first log file that can be used, earlier ones are missing, and no checkpoint is left in the log"
            ),
            Self::Record { lsn, found } => write!(f, "the log record at {lsn}: {found}"),
            Self::Prepared { id } => write!(
                f,
                "transaction {id:#x} is prepared for a commit in two phases, and the log does not tell whether it committed"
            ),
            Self::FileMissing { name, lsn } => write!(
                f,
                "{name}: the log changes this file, first at {lsn}, but it is not there, and the log does not make it"
            ),
            Self::SameId { one, other } => write!(
                f,
                "{one} and {other} have the same file id, and the log knows neither by its name"
            ),
            Self::File { name, found } => write!(f, "{name}: {found}"),
            Self::ChangeMissing {
                name,
                page,
                found,
                needed,
                lsn,
            } => write!(
                f,
                "{name}: page {page} was last changed at {found}, but the log record at {lsn} follows a change at {needed}, which the logs do not have"
            ),
            Self::PageMissing { name, page, lsn } => write!(
                f,
                "{name}: page {page}, which the log record at {lsn} changes, is beyond the end of the file"
            ),
            Self::PageBeyondLog {
                name,
                page,
                found,
                last,
            } => write!(
                f,
                "{name}: page {page} was last changed at {found}, beyond the end of the log, whose last record is at {last}: log files are missing, or they are not those of this store"
            ),
            Self::Page {
                name,
                page,
                lsn,
                what,
            } => write!(
                f,
                "{name}: page {page} is not such that the log record at {lsn} ({what}) can be replayed on it"
            ),
            Self::Checksum { name, page } => write!(
                f,
                "{name}: the checksum of page {page} does not match its bytes: it was written in part"
            ),
        }
    }
}

/// Why a replay ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// It cannot be done for sure.
    Refused(Box<Refusal>),
    /// The system or a budget.
    Failed(Error),
}

/// A result of the rooms of this one.
pub(super) type Result<T> = std::result::Result<T, Stop>;

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(Box::new(refusal))
    }
}
