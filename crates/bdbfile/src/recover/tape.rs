//! The log files one after the other as one tape that runs both ways. One file
//! is open at a time.

use std::path::PathBuf;
use std::slice;

use super::refusal::{Refusal, Result};
use crate::error::{FormatError, Place, Rule};
use crate::layout::{LOG_FILE_HEADER, LogLayout, Lsn};
use crate::log::{LogReader, Start};

/// A log file that has been read through once.
#[derive(Debug, Clone)]
pub(super) struct LogFile {
    pub(super) path: PathBuf,
    pub(super) number: u32,
    pub(super) layout: LogLayout,
    /// The offset of its last record, if it has any behind its header.
    pub(super) last: Option<u32>,
}

/// Log files without a gap between them.
#[derive(Debug, Clone, Default)]
pub(super) struct Tape {
    pub(super) files: Vec<LogFile>,
}

impl Tape {
    /// The records from the first to the last.
    pub(super) fn records(&self) -> Records<'_> {
        Records {
            files: self.files.iter(),
            open: None,
        }
    }

    /// Shows every record from the first to the last.
    pub(super) fn forwards(
        &self,
        mut show: impl FnMut(Lsn, LogLayout, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut records = self.records();
        while let Some((lsn, layout, body)) = records.next()? {
            show(lsn, layout, body)?;
        }
        Ok(())
    }

    /// Shows every record from the last to the first, down to one place.
    pub(super) fn backwards(
        &self,
        down_to: Lsn,
        mut show: impl FnMut(Lsn, LogLayout, &[u8]) -> Result<()>,
    ) -> Result<()> {
        for file in self.files.iter().rev() {
            if file.number < down_to.file {
                break;
            }
            let Some(last) = file.last else { continue };
            let mut reader = file.open()?;
            let mut offset = last;
            while offset >= HEADER_END && file.lsn(offset) >= down_to {
                let Some((header, body)) = reader.again(offset)? else {
                    return Err(file.changed(offset));
                };
                show(file.lsn(offset), file.layout, body)?;
                if header.prev >= offset {
                    return Err(file.changed(offset));
                }
                offset = header.prev;
            }
        }
        Ok(())
    }
}

/// The records of a tape, forwards.
pub(super) struct Records<'t> {
    files: slice::Iter<'t, LogFile>,
    open: Option<OpenFile<'t>>,
}

/// The file that is being read.
struct OpenFile<'t> {
    file: &'t LogFile,
    reader: LogReader,
    /// The offset of the next record.
    next: u32,
    /// That of the last.
    last: u32,
}

impl Records<'_> {
    /// The next record: where it stands, how it is laid out, its body.
    pub(super) fn next(&mut self) -> Result<Option<(Lsn, LogLayout, &[u8])>> {
        while self.open.as_ref().is_none_or(|open| open.next > open.last) {
            let Some(file) = self.files.next() else {
                return Ok(None);
            };
            let Some(last) = file.last else { continue };
            self.open = Some(OpenFile {
                file,
                reader: file.open()?,
                next: HEADER_END,
                last,
            });
        }
        let Some(open) = &mut self.open else {
            return Ok(None);
        };
        let (file, offset) = (open.file, open.next);
        let Some((header, body)) = open.reader.again(offset)? else {
            return Err(file.changed(offset));
        };
        // No record begins at the last offset that there can be.
        open.next = offset.saturating_add(header.len.max(1));
        Ok(Some((file.lsn(offset), file.layout, body)))
    }
}

/// The offset of a file's first record but for the one that begins it.
#[allow(clippy::cast_possible_truncation)]
const HEADER_END: u32 = LOG_FILE_HEADER as u32;

impl LogFile {
    fn lsn(&self, offset: u32) -> Lsn {
        Lsn {
            file: self.number,
            offset,
        }
    }

    fn open(&self) -> Result<LogReader> {
        match LogReader::open(&self.path, self.number)? {
            Start::Log(reader) => Ok(reader),
            Start::Short | Start::Foreign => Err(self.changed(0)),
        }
    }

    /// The file was sound when it was read first.
    fn changed(&self, offset: u32) -> super::refusal::Stop {
        Refusal::Unreadable(FormatError {
            file: self.path.display().to_string(),
            place: Place::FILE,
            rule: Rule::LogFormat,
            found: format!(
                "at {}: the file changed while it was read",
                self.lsn(offset)
            ),
        })
        .into()
    }
}
