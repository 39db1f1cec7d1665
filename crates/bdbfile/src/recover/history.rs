//! The first reading of the logs: where they begin and end, who committed, and
//! which files were open.

use std::path::{Path, PathBuf};

use super::bindings::{Bindings, Registered};
use super::fates::{Fates, Losers};
use super::files::uid_of;
use super::refusal::{Refusal, Result, Stop};
use super::tape::{LogFile, Tape};
use crate::Error;
use crate::error::{FormatError, Place, Rule};
use crate::layout::{
    BadLogRecord, FieldName, LogBody, LogLayout, LogOp, LogRecord, LogRecordKind, Lsn,
};
use crate::log::{Checkpoint, LogReader, Start, Step, number_of};

/// Opcodes of the record of a file's opening. Later releases keep more in the
/// bits above.
const REGISTER_CLOSES: [u32; 2] = [2, 4];
const REGISTER_OPCODE: u32 = 0xf;

/// What the first reading found.
pub(super) struct History {
    /// The files that are used.
    pub(super) tape: Tape,
    /// How the newest of them is laid out.
    pub(super) layout: LogLayout,
    pub(super) first: Lsn,
    pub(super) last: Lsn,
    pub(super) checkpoint: Option<Checkpoint>,
    /// How the log ends, where it ends in the middle of a write.
    pub(super) torn: Option<FormatError>,
    pub(super) losers: Losers,
    pub(super) committed: u64,
    pub(super) bindings: Bindings,
    /// When the last transaction committed, in seconds since 1970.
    pub(super) last_commit: Option<i64>,
    /// How many records there are.
    pub(super) records: u64,
    /// What is to be said about older files that are not used.
    pub(super) notes: Vec<String>,
    /// Why nothing can be replayed, though the records can be read: a record
    /// that is not understood, a page whose checksum failed at run time, a
    /// transaction that is prepared, logs that do not reach back to where
    /// recovery has to start.
    pub(super) refusal: Option<Refusal>,
}

impl History {
    /// Reads all log files, each once. What cannot be read is refused.
    pub(super) fn read(paths: &[PathBuf]) -> Result<Self> {
        let mut numbered = Vec::with_capacity(paths.len());
        for path in paths {
            let number = number_of(path).ok_or_else(|| {
                Error::Parameter(format!("{}: not the name of a log file", path.display()))
            })?;
            numbered.push((number, path.as_path()));
        }
        numbered.sort();
        let newest = numbered.last().map(|(number, _)| *number);
        let mut reading = Reading::default();
        let mut before: Option<u32> = None;
        for (number, path) in numbered {
            if before == Some(number) {
                let twice = bad(path, "a second file of the same number");
                return Err(Refusal::Unreadable(twice).into());
            }
            if before.is_some_and(|before| before.checked_add(1) != Some(number)) {
                reading.begin_again(path, "log files before it are missing");
            }
            before = Some(number);
            reading.file(path, number, Some(number) == newest)?;
        }
        reading.finish()
    }

    /// What a record says that changes files or pages; `None` for others.
    pub(super) fn body(lsn: Lsn, layout: LogLayout, body: &[u8]) -> Result<Option<LogBody<'_>>> {
        layout.body(body).map_err(|bad| {
            let found = match bad {
                BadLogRecord::Type(number) => format!("its type, {number}, is not known"),
                BadLogRecord::Length(kind) => {
                    format!("its length is not that of the fields of {}", kind.name)
                }
            };
            Refusal::Record { lsn, found }.into()
        })
    }
}

/// What has been read so far.
#[derive(Default)]
struct Reading {
    tape: Tape,
    first: Option<Lsn>,
    last: Option<Lsn>,
    checkpoint: Option<Checkpoint>,
    torn: Option<FormatError>,
    fates: Fates,
    bindings: Bindings,
    last_commit: Option<i64>,
    records: u64,
    notes: Vec<String>,
    refusal: Option<Refusal>,
}

impl Reading {
    /// Forgets what was read of older files, which cannot be joined to those
    /// that come.
    fn begin_again(&mut self, path: &Path, why: &str) {
        if self.tape.files.is_empty() {
            return;
        }
        let notes = std::mem::take(&mut self.notes);
        *self = Self {
            notes,
            ..Self::default()
        };
        self.notes.push(format!(
            "{}: the log is used from here on: {why}",
            path.display()
        ));
    }

    fn file(&mut self, path: &Path, number: u32, newest: bool) -> Result<()> {
        let mut reader = match LogReader::open(path, number)? {
            Start::Log(reader) => reader,
            Start::Short if newest => {
                let found = format!("log file {number} is too short to hold its first record");
                self.torn = Some(bad(path, found));
                return Ok(());
            }
            Start::Short => return self.unreadable(bad(path, "it is too short"), newest),
            Start::Foreign => {
                let found = "no magic number of a log in either byte order";
                return self.unreadable(bad(path, found), newest);
            }
        };
        let layout = reader.layout();
        let file = path.display().to_string();
        if !layout.is_replayed() || !layout.order_fits() {
            let version = layout.version;
            return Err(Refusal::Version { file, version }.into());
        }
        self.tape.files.push(LogFile {
            path: path.to_owned(),
            number,
            layout,
            last: None,
        });
        loop {
            match reader.next()? {
                Step::Record(lsn, record) => {
                    self.record(&file, layout, lsn, record, reader.body()?)?;
                    if let Some(file) = self.tape.files.last_mut() {
                        file.last = Some(lsn.offset);
                    }
                }
                Step::End => return Ok(()),
                Step::Bad(lsn, found) => {
                    let error = bad(path, format!("at {lsn}: {found}"));
                    if newest {
                        self.torn = Some(error);
                        return Ok(());
                    }
                    return self.unreadable(error, newest);
                }
            }
        }
    }

    /// A file that is damaged and not the newest is as good as missing.
    fn unreadable(&mut self, error: FormatError, newest: bool) -> Result<()> {
        if newest {
            return Err(Refusal::Unreadable(error).into());
        }
        let notes = std::mem::take(&mut self.notes);
        *self = Self {
            notes,
            ..Self::default()
        };
        self.notes.push(format!(
            "{error}: the log is used from the file after it on"
        ));
        Ok(())
    }

    fn record(
        &mut self,
        file: &str,
        layout: LogLayout,
        lsn: Lsn,
        record: LogRecord,
        bytes: &[u8],
    ) -> Result<()> {
        self.first.get_or_insert(lsn);
        self.last = Some(lsn);
        self.records = self.records.saturating_add(1);
        self.fates.take(file, lsn, record)?;
        match record.kind {
            LogRecordKind::Checkpoint { ckp_lsn } => {
                self.checkpoint = Some(Checkpoint {
                    lsn,
                    ckp_lsn: ckp_lsn.min(lsn),
                });
            }
            LogRecordKind::Commit | LogRecordKind::Bookkeeping | LogRecordKind::FileChange => {
                match History::body(lsn, layout, bytes) {
                    Ok(Some(body)) => self.note(file, lsn, &body)?,
                    Ok(None) => {}
                    Err(Stop::Refused(refusal)) => self.refuse(*refusal),
                    Err(failed) => return Err(failed),
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What a record says of times and files.
    fn note(&mut self, log: &str, lsn: Lsn, body: &LogBody<'_>) -> Result<()> {
        match body.kind.op {
            LogOp::Commit => {
                let time = i64::from(body.i32(FieldName::timestamp));
                self.last_commit = self.last_commit.max(Some(time));
            }
            LogOp::Register => {
                let opcode = body.u32(FieldName::opcode) & REGISTER_OPCODE;
                let Ok(uid) = body.bytes(FieldName::uid).try_into() else {
                    return Ok(());
                };
                let registered = Registered {
                    uid,
                    name: text(body.bytes(FieldName::name)),
                };
                let open = !REGISTER_CLOSES.contains(&opcode);
                let number = body.i32(FieldName::fileid);
                let meta = body.u32(FieldName::meta_pgno);
                self.bindings
                    .take(log, lsn, number, (registered, meta), open)?;
            }
            LogOp::FileWrite => {
                if let Some(uid) = uid_of(body.bytes(FieldName::page)) {
                    let name = text(body.bytes(FieldName::name));
                    self.bindings.mention(Registered { uid, name });
                }
            }
            LogOp::BadChecksum => {
                let found = "a page failed its checksum when the store was last in use".to_owned();
                self.refuse(Refusal::Record { lsn, found });
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes why nothing can be replayed. The first reason is the one told.
    fn refuse(&mut self, refusal: Refusal) {
        self.refusal.get_or_insert(refusal);
    }

    fn finish(mut self) -> Result<History> {
        let layout = self.tape.files.last().map(|file| file.layout);
        let (Some(layout), Some(first), Some(last)) = (layout, self.first, self.last) else {
            return Err(self.torn.map_or(Refusal::NoLog, Refusal::Unreadable).into());
        };
        let needed = self.checkpoint.map(|checkpoint| checkpoint.ckp_lsn);
        let file = self
            .tape
            .files
            .first()
            .map_or_else(String::new, |file| file.path.display().to_string());
        if needed.map_or(first.file > 1, |needed| needed.file < first.file) {
            self.refuse(Refusal::StartMissing {
                file: file.clone(),
                needed,
            });
        }
        let fates = std::mem::take(&mut self.fates);
        let (losers, committed, prepared) = fates.finish(&file)?;
        if let Some(id) = prepared {
            self.refuse(Refusal::Prepared { id });
        }
        Ok(History {
            tape: self.tape,
            layout,
            first,
            last,
            checkpoint: self.checkpoint,
            torn: self.torn,
            losers,
            committed,
            bindings: self.bindings,
            last_commit: self.last_commit,
            records: self.records,
            notes: self.notes,
            refusal: self.refusal,
        })
    }
}

/// A name as a record has it: with a zero byte at its end.
pub(super) fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0);
    let name = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
    String::from_utf8_lossy(name).into_owned()
}

fn bad(path: &Path, found: impl Into<String>) -> FormatError {
    FormatError {
        file: path.display().to_string(),
        place: Place::FILE,
        rule: Rule::LogFormat,
        found: found.into(),
    }
}
