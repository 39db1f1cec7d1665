//! One pass over the logs and the heads of the regions: what there is, before
//! anything is concluded from it.

use std::io::Read;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use super::files::number_of;
use super::reader::{LogReader, Start, Step};
use super::transactions::{OpenTransaction, Transactions};
use super::{EnvironmentFiles, failed};
use crate::layout::{Endian, LogLayout, LogRecord, LogRecordKind, Lsn, REGION_HEAD, RegionHead};
use crate::source::open_plain;
use crate::{Error, FormatError, Place, Result, Rule};

/// What the files of an environment say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Environment {
    /// The logs; `None` where there is no log file.
    pub logs: Option<Logs>,
    /// The region files, in the order of their names.
    pub regions: Vec<Region>,
}

/// What the log files say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// The files, by number.
    pub files: Vec<PathBuf>,
    /// Byte order and version of the newest file that could be read.
    pub layout: Option<LogLayout>,
    /// The first record.
    pub first: Option<Lsn>,
    /// The last record.
    pub last: Option<Lsn>,
    /// The last checkpoint.
    pub checkpoint: Option<Checkpoint>,
    /// The last record that changes pages or files, whoever made it.
    pub last_change: Option<Lsn>,
    /// The last record that changes pages and is not an open transaction's:
    /// the page it changed carries this LSN once it is flushed.
    pub last_kept_page_change: Option<Lsn>,
    /// How many records change pages or files after the last checkpoint.
    pub changes_after_checkpoint: u64,
    /// Transactions that may have been running at the last checkpoint or begun
    /// after it, changed something, and have no commit.
    pub open: Vec<OpenTransaction>,
    /// Numbers between the first file and the last that have no file.
    pub missing: Vec<RangeInclusive<u32>>,
    /// How the log ends.
    pub end: LogEnd,
}

/// A checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// Where its record stands.
    pub lsn: Lsn,
    /// Every change before this one was on disk when the record was written,
    /// and no transaction running then had begun before it. Never after `lsn`.
    pub ckp_lsn: Lsn,
}

/// How the log ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogEnd {
    /// After a whole record.
    Whole,
    /// In the newest file, with something that is no record. Recovery takes
    /// the log as ending before it.
    Torn(FormatError),
    /// It was not read to its end: a file of an unknown version, not a log
    /// file at all, or damaged though it is not the newest.
    Unreadable(FormatError),
}

/// A region file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The file.
    pub file: PathBuf,
    /// What stands at its head; `None` where the file says nothing of the
    /// environment, as all but the first do from 3.0 on.
    pub head: Option<RegionHead>,
}

/// Reads the logs, each once, and the heads of the regions. Damage is part of
/// the answer; an error is a file that cannot be read from disk, a path that
/// is not named as a log file is, or a table that would grow without bound.
pub fn inspect(files: &EnvironmentFiles) -> Result<Environment> {
    let regions = files
        .regions
        .iter()
        .map(|path| Region::read(path))
        .collect::<Result<_>>()?;
    let logs = if files.logs.is_empty() {
        None
    } else {
        Some(Logs::read(&files.logs)?)
    };
    Ok(Environment { logs, regions })
}

impl Region {
    fn read(path: &Path) -> Result<Self> {
        let io = |e| failed(path, "read the region file's head", e);
        let mut head = Vec::with_capacity(REGION_HEAD);
        open_plain(path)
            .map_err(io)?
            .take(REGION_HEAD as u64)
            .read_to_end(&mut head)
            .map_err(io)?;
        Ok(Self {
            file: path.to_owned(),
            head: RegionHead::find(&head),
        })
    }
}

impl Logs {
    fn read(paths: &[PathBuf]) -> Result<Self> {
        let mut numbered = Vec::with_capacity(paths.len());
        for path in paths {
            let number = number_of(path).ok_or_else(|| {
                Error::Parameter(format!("{}: not the name of a log file", path.display()))
            })?;
            numbered.push((number, path));
        }
        numbered.sort();
        let mut logs = Self {
            files: numbered.iter().map(|(_, path)| (*path).clone()).collect(),
            layout: None,
            first: None,
            last: None,
            checkpoint: None,
            last_change: None,
            last_kept_page_change: None,
            changes_after_checkpoint: 0,
            open: Vec::new(),
            missing: Vec::new(),
            end: LogEnd::Whole,
        };
        let mut transactions = Transactions::default();
        let mut before: Option<u32> = None;
        let newest = numbered.last().map_or(0, |(number, _)| *number);
        for (number, path) in numbered {
            if let Some(before) = before {
                if before == number {
                    let twice = "a second file of the same number";
                    logs.end = LogEnd::Unreadable(bad(path, Rule::LogFormat, twice));
                    break;
                }
                let (next, last) = (before.saturating_add(1), number.saturating_sub(1));
                if next <= last {
                    logs.missing.push(next..=last);
                }
            }
            before = Some(number);
            logs.end = logs.read_file(path, number, newest, &mut transactions)?;
            if logs.end != LogEnd::Whole {
                break;
            }
        }
        logs.open = transactions.open();
        logs.last_kept_page_change = transactions.kept.page;
        Ok(logs)
    }

    /// Reads one file to its end, or to what cannot be read.
    fn read_file(
        &mut self,
        path: &Path,
        number: u32,
        newest: u32,
        transactions: &mut Transactions,
    ) -> Result<LogEnd> {
        let short_of = |error| {
            if number == newest {
                LogEnd::Torn(error)
            } else {
                LogEnd::Unreadable(error)
            }
        };
        let mut reader = match LogReader::open(path, number)? {
            Start::Log(reader) => reader,
            Start::Short => {
                let found = format!("log file {number} is too short to hold its first record");
                return Ok(short_of(bad(path, Rule::LogFormat, found)));
            }
            Start::Foreign => {
                let found = "no magic number of a log in either byte order";
                return Ok(LogEnd::Unreadable(bad(path, Rule::LogFormat, found)));
            }
        };
        let layout = reader.layout();
        if !layout.is_known() {
            let found = format!("version {}", layout.version);
            return Ok(LogEnd::Unreadable(bad(path, Rule::LogVersion, found)));
        }
        if !layout.order_fits() {
            let found = format!(
                "version {} is always {}, this file is {}",
                layout.version,
                Endian::Little,
                layout.endian
            );
            return Ok(LogEnd::Unreadable(bad(path, Rule::LogFormat, found)));
        }
        self.layout = Some(layout);
        let file = path.display().to_string();
        loop {
            match reader.next()? {
                Step::Record(lsn, record) => {
                    self.take(lsn, record);
                    transactions.take(&file, lsn, record)?;
                    if let LogRecordKind::Checkpoint { .. } = record.kind {
                        transactions.checkpoint(self.safe_start());
                    }
                }
                Step::End => return Ok(LogEnd::Whole),
                Step::Bad(lsn, found) => {
                    let found = format!("at {lsn}: {found}");
                    return Ok(short_of(bad(path, Rule::LogFormat, found)));
                }
            }
        }
    }

    /// Takes in a record, but for its transaction.
    fn take(&mut self, lsn: Lsn, record: LogRecord) {
        self.first = self.first.or(Some(lsn));
        self.last = Some(lsn);
        match record.kind {
            LogRecordKind::Checkpoint { ckp_lsn } => {
                self.checkpoint = Some(Checkpoint {
                    lsn,
                    ckp_lsn: ckp_lsn.min(lsn),
                });
                self.changes_after_checkpoint = 0;
            }
            LogRecordKind::PageChange | LogRecordKind::FileChange => {
                self.last_change = Some(lsn);
                self.changes_after_checkpoint = self.changes_after_checkpoint.saturating_add(1);
            }
            _ => {}
        }
    }

    /// The LSN before which nothing matters any more: the last checkpoint's
    /// `ckp_lsn`, or the beginning of time.
    pub(super) fn safe_start(&self) -> Lsn {
        self.checkpoint.map_or(Lsn::ZERO, |c| c.ckp_lsn)
    }

    /// The file that holds an LSN, for messages.
    pub(super) fn file_of(&self, lsn: Lsn) -> String {
        self.files
            .iter()
            .find(|path| number_of(path) == Some(lsn.file))
            .map_or_else(
                || format!("log file {}", lsn.file),
                |path| path.display().to_string(),
            )
    }
}

/// What is wrong with a log file.
fn bad(path: &Path, rule: Rule, found: impl Into<String>) -> FormatError {
    FormatError {
        file: path.display().to_string(),
        place: Place::FILE,
        rule,
        found: found.into(),
    }
}
