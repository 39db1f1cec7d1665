//! What follows from what the logs and regions say.

use std::fmt;
use std::ops::RangeInclusive;

use super::{Checkpoint, Environment, LogEnd, Logs, NewestPage, OpenTransaction};
use crate::FormatError;
use crate::layout::Lsn;

/// What an administrator does about a store that was not cleanly shut down.
pub const REMEDY: &str = "run db_recover of the release that wrote it, on a machine of the same kind, then run this again";

/// Whether a store was cleanly shut down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// All committed changes are in the database files, and no others.
    Clean {
        /// The evidence, a sentence each.
        why: Vec<String>,
    },
    /// The database files may lack changes or hold uncommitted ones.
    Unclean {
        /// At least one reason. The remedy is [`REMEDY`].
        reasons: Vec<Reason>,
    },
    /// Neither logs nor regions: nothing to judge by.
    NoEnvironment,
}

/// Why a store does not count as cleanly shut down. Each shows as one sentence
/// that names the file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The region is marked as needing recovery.
    Panic {
        /// The region file.
        file: String,
    },
    /// A process is attached, or died while it was.
    Attached {
        /// The region file.
        file: String,
        /// The count of attached processes or handles.
        refcnt: u32,
    },
    /// There are regions but no logs, and no region says whether a process is
    /// attached.
    RegionsUnknown {
        /// The first region file.
        file: String,
    },
    /// The log ends in the middle of a record.
    TornEnd(FormatError),
    /// A log file is damaged, foreign or of an unknown version.
    Unreadable(FormatError),
    /// A log file is missing between others.
    Gap {
        /// The file after the gap.
        file: String,
        /// The numbers that are missing.
        missing: RangeInclusive<u32>,
    },
    /// The first log file begins after the place recovery has to start from.
    StartMissing {
        /// The first file there is.
        file: String,
        /// Where recovery has to start: the last checkpoint's `ckp_lsn`, or
        /// `None` where no checkpoint is left.
        needed: Option<Lsn>,
    },
    /// A page carries the LSN of a record beyond the end of the log.
    PageBeyondLog {
        /// The page.
        page: NewestPage,
        /// The log's last record, if it has any.
        last: Option<Lsn>,
    },
    /// A page carries a change of a transaction that did not commit.
    UncommittedOnPage {
        /// The page.
        page: NewestPage,
    },
    /// The log has changes that the last checkpoint does not cover.
    Changes {
        /// The log file of the last change.
        file: String,
        /// The last change.
        last: Lsn,
        /// How many changes follow the checkpoint's record.
        after: u64,
        /// The last checkpoint.
        checkpoint: Option<Checkpoint>,
    },
    /// The last committed change is on no page.
    NotFlushed {
        /// The log file of the change.
        file: String,
        /// The change.
        change: Lsn,
        /// The newest change that is on a page.
        newest: Option<Lsn>,
    },
    /// Transactions without a commit.
    Open {
        /// The log file in which the first of them begins.
        file: String,
        /// How many.
        count: usize,
        /// The first of them.
        first: OpenTransaction,
    },
}

impl Environment {
    /// Judges the store, given the newest page of all of its database files
    /// (`None`: no page was ever changed under a log). The evidence and the
    /// reasoning are those of `docs/logs.md`.
    pub fn judge(&self, newest: Option<&NewestPage>) -> Verdict {
        if self.logs.is_none() && self.regions.is_empty() {
            return Verdict::NoEnvironment;
        }
        let mut finding = Finding::default();
        let detached = self.judge_regions(&mut finding);
        if let Some(logs) = &self.logs {
            logs.judge(newest, detached, &mut finding);
        } else if let (false, Some(region)) = (detached, self.regions.first()) {
            // With a reason already found this one would only be noise.
            if finding.reasons.is_empty() {
                finding.reasons.push(Reason::RegionsUnknown {
                    file: region.file.display().to_string(),
                });
            }
        }
        if finding.reasons.is_empty() {
            Verdict::Clean { why: finding.notes }
        } else {
            Verdict::Unclean {
                reasons: finding.reasons,
            }
        }
    }

    /// Whether the regions say that every process detached in good order: at
    /// least one counts none, none counts any, none is marked.
    fn judge_regions(&self, finding: &mut Finding) -> bool {
        let mut counted = false;
        for region in &self.regions {
            let Some(head) = region.head else { continue };
            let file = region.file.display().to_string();
            if head.panic {
                finding.reasons.push(Reason::Panic { file: file.clone() });
            }
            match head.refcnt {
                Some(0) => {
                    counted = true;
                    finding.note(format!("{file}: no process is attached"));
                }
                Some(refcnt) => finding.reasons.push(Reason::Attached { file, refcnt }),
                None => {}
            }
        }
        counted && finding.reasons.is_empty()
    }
}

/// Reasons and notes as they are found.
#[derive(Default)]
struct Finding {
    reasons: Vec<Reason>,
    notes: Vec<String>,
}

impl Finding {
    fn note(&mut self, note: String) {
        self.notes.push(note);
    }
}

impl Logs {
    /// `detached`: the regions say that every process closed the environment.
    /// Closing aborts what is unresolved and not prepared, so transactions
    /// without a commit were then aborted; and databases are flushed as they are closed, which
    /// the newest page can confirm.
    fn judge(&self, newest: Option<&NewestPage>, detached: bool, finding: &mut Finding) {
        self.judge_files(detached, finding);
        let newest_lsn = newest.map(|page| page.lsn);
        // Of a log that was not read to its end nothing more is concluded from
        // LSNs: the answer is unclean already.
        if matches!(self.end, LogEnd::Unreadable(_)) {
            return;
        }
        if let Some(page) = newest {
            if Some(page.lsn) > self.last {
                finding.reasons.push(Reason::PageBeyondLog {
                    page: page.clone(),
                    last: self.last,
                });
            } else if Some(page.lsn) > self.last_kept_page_change
                && self
                    .open
                    .iter()
                    .any(|txn| Some(page.lsn) <= txn.last_page_change)
            {
                finding
                    .reasons
                    .push(Reason::UncommittedOnPage { page: page.clone() });
            }
        }
        self.judge_changes(newest_lsn, detached, finding);
        if let Some(first) = self.open.first() {
            let count = self.open.len();
            if detached && !self.open.iter().any(|txn| txn.prepared) {
                finding.note(format!(
                    "{}: the transactions without a commit ({count}, from {} on) were aborted before the environment was closed",
                    self.file_of(first.first),
                    first.first
                ));
            } else {
                finding.reasons.push(Reason::Open {
                    file: self.file_of(first.first),
                    count,
                    first: *first,
                });
            }
        }
    }

    /// Whether the files are all there, and whole.
    fn judge_files(&self, detached: bool, finding: &mut Finding) {
        match &self.end {
            LogEnd::Whole => {}
            LogEnd::Torn(error) => finding.reasons.push(Reason::TornEnd(error.clone())),
            LogEnd::Unreadable(error) => finding.reasons.push(Reason::Unreadable(error.clone())),
        }
        let start = self.safe_start();
        for missing in &self.missing {
            let after = Lsn {
                file: missing.end().saturating_add(1),
                offset: 0,
            };
            let file = self.file_of(after);
            if *missing.end() < start.file {
                finding.note(format!(
                    "{file}: the log files before it that are missing are older than the last checkpoint"
                ));
            } else {
                finding.reasons.push(Reason::Gap {
                    file,
                    missing: missing.clone(),
                });
            }
        }
        let Some(first) = self.first.filter(|_| !detached) else {
            return;
        };
        let needed = self.checkpoint.map(|_| start);
        if needed.map_or(first.file > 1, |needed| needed.file < first.file) {
            finding.reasons.push(Reason::StartMissing {
                file: self.file_of(first),
                needed,
            });
        }
    }

    /// Whether the changes of the log are in the database files.
    fn judge_changes(&self, newest: Option<Lsn>, detached: bool, finding: &mut Finding) {
        let start = self.safe_start();
        let Some(last) = self.last_change else {
            finding.note(self.covered("holds no change of any database"));
            return;
        };
        if last < start {
            finding.note(self.covered(&format!("covers the last change, at {last}")));
            return;
        }
        if !detached {
            finding.reasons.push(Reason::Changes {
                file: self.file_of(last),
                last,
                after: self.changes_after_checkpoint,
                checkpoint: self.checkpoint,
            });
            return;
        }
        // A checkpoint flushed all before `start`; of what follows the last
        // kept change must be found on its page.
        match self.last_kept_page_change.filter(|kept| *kept >= start) {
            Some(change) if newest < Some(change) => finding.reasons.push(Reason::NotFlushed {
                file: self.file_of(change),
                change,
                newest,
            }),
            Some(change) => finding.note(format!(
                "{}: the last committed change, at {change}, is in the database files: they were closed without a checkpoint",
                self.file_of(change)
            )),
            None => finding.note(format!(
                "{}: no change after the last checkpoint was kept",
                self.file_of(last)
            )),
        }
    }

    /// A sentence about the last checkpoint, or about the log if it has none.
    fn covered(&self, what: &str) -> String {
        match (self.checkpoint, self.last) {
            (Some(checkpoint), _) => format!(
                "{}: the log up to the checkpoint at {} {what}",
                self.file_of(checkpoint.lsn),
                checkpoint.lsn
            ),
            (None, Some(last)) => format!("{}: the log {what}", self.file_of(last)),
            (None, None) => format!("the log {what}"),
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panic { file } => {
                write!(f, "{file}: the environment is marked as needing recovery")
            }
            Self::Attached { file, refcnt } => write!(
                f,
                "{file}: the environment is in use, or was not closed (its count of attached processes is {refcnt})"
            ),
            Self::RegionsUnknown { file } => write!(
                f,
                "{file}: it does not say whether a process is attached to the environment, and there are no log files to judge by"
            ),
            Self::TornEnd(error) => write!(f, "{error}: the log ends in the middle of a write"),
            Self::Unreadable(error) => error.fmt(f),
            Self::Gap { file, missing } => {
                let (from, to) = (missing.start(), missing.end());
                if from == to {
                    write!(f, "{file}: log file {from} before it is missing")
                } else {
                    write!(f, "{file}: log files {from} to {to} before it are missing")
                }
            }
            Self::StartMissing {
                file,
                needed: Some(lsn),
            } => write!(
                f,
                "{file}: this is the first log file, but the last checkpoint needs the log from {lsn} on"
            ),
            Self::StartMissing { file, needed: None } => write!(
                f,
                "{file}: this is the first log file, earlier ones are missing, and no checkpoint is left in the log"
            ),
            Self::PageBeyondLog { page, last } => {
                write!(
                    f,
                    "{}: page {} was last changed at {}, ",
                    page.file.display(),
                    page.page,
                    page.lsn
                )?;
                match last {
                    Some(last) => write!(f, "beyond the end of the log, whose last record is at {last}: log files are missing, or they are not those of this store"),
                    None => f.write_str("but the log holds no record: log files are missing, or they are not those of this store"),
                }
            }
            Self::UncommittedOnPage { page } => write!(
                f,
                "{}: page {} holds a change, at {}, of a transaction that did not commit",
                page.file.display(),
                page.page,
                page.lsn
            ),
            Self::Changes {
                file,
                last,
                after,
                checkpoint,
            } => match checkpoint {
                Some(checkpoint) if *after == 0 => write!(
                    f,
                    "{file}: the last checkpoint, at {}, vouches for the log before {} only, and the change at {last} need not be in the database files",
                    checkpoint.lsn, checkpoint.ckp_lsn
                ),
                Some(checkpoint) => write!(
                    f,
                    "{file}: changes follow the last checkpoint, at {}, and need not be in the database files: {after}, the last at {last}",
                    checkpoint.lsn
                ),
                None => write!(
                    f,
                    "{file}: the log has no checkpoint, and its changes need not be in the database files: {after}, the last at {last}"
                ),
            },
            Self::NotFlushed {
                file,
                change,
                newest,
            } => {
                write!(
                    f,
                    "{file}: the committed change at {change} is not in the database files, "
                )?;
                match newest {
                    Some(newest) => write!(f, "whose newest change is at {newest}"),
                    None => f.write_str("none of whose pages was changed under a log"),
                }
            }
            Self::Open { file, count, first } => write!(
                f,
                "{file}: transactions that made changes have no commit: {count}, the first (id {:#x}) from {} to {}",
                first.id, first.first, first.last_change
            ),
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clean { why } => {
                f.write_str("cleanly shut down")?;
                why.iter().try_for_each(|note| write!(f, "\n  {note}"))
            }
            Self::Unclean { reasons } => {
                f.write_str("not cleanly shut down")?;
                reasons
                    .iter()
                    .try_for_each(|reason| write!(f, "\n  {reason}"))?;
                write!(f, "\n  {REMEDY}")
            }
            Self::NoEnvironment => f.write_str(
                "neither log nor region files: nothing says whether it was cleanly shut down",
            ),
        }
    }
}
