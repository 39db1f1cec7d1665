//! One log file, record by record, in a bounded amount of memory.

use std::path::Path;

use super::window::Window;
use crate::Result;
use crate::layout::{
    LOG_FILE_HEADER, LOG_RECORD_HEADER, LOG_RECORD_PREFIX, LogLayout, LogRecord, LogRecordHeader,
    Lsn, log_hash,
};

/// Bytes looked at at a time for being zero.
const CHUNK: usize = 64 * 1024;

/// How a file begins.
pub(crate) enum Start {
    /// As a log file does; the header record itself is not yet checked.
    Log(LogReader),
    /// Too short to begin at all, as a file does whose process died in making
    /// it. libdb takes such a last file as not there.
    Short,
    /// With something else.
    Foreign,
}

/// What comes next in a file.
pub(crate) enum Step {
    /// A record. Its bytes are those of [`LogReader::body`].
    Record(Lsn, LogRecord),
    /// The end, and nothing behind it.
    End,
    /// What cannot be a record, and why.
    Bad(Lsn, String),
}

/// What stands at a position.
enum Found {
    /// A sound record.
    Sound(LogRecordHeader),
    /// Nothing more.
    End,
    /// Something that cannot be a record.
    Bad(String),
}

/// A log file being read.
pub(crate) struct LogReader {
    number: u32,
    layout: LogLayout,
    window: Window,
    at: u64,
    /// Offset of the record before, once there is one.
    prev: Option<u32>,
    /// Bytes of the record before, its header included.
    len: u32,
}

impl LogReader {
    /// Opens a file, read only, and looks at its first bytes.
    pub(crate) fn open(path: &Path, number: u32) -> Result<Start> {
        let mut window = Window::open(path)?;
        if window.size() < LOG_FILE_HEADER as u64 {
            return Ok(Start::Short);
        }
        let Some(layout) = LogLayout::read(window.get(0, LOG_FILE_HEADER)?) else {
            return Ok(Start::Foreign);
        };
        Ok(Start::Log(Self {
            number,
            layout,
            window,
            at: 0,
            prev: None,
            len: 0,
        }))
    }

    /// How the file is laid out.
    pub(crate) const fn layout(&self) -> LogLayout {
        self.layout
    }

    /// The next record. The record that begins the file is checked and passed
    /// over. After an end or something bad there is nothing more to ask for.
    pub(crate) fn next(&mut self) -> Result<Step> {
        loop {
            let Ok(offset) = u32::try_from(self.at) else {
                let lsn = Lsn {
                    file: self.number,
                    offset: u32::MAX,
                };
                return Ok(Step::Bad(lsn, "the file goes on past 4 GiB".to_owned()));
            };
            let lsn = Lsn {
                file: self.number,
                offset,
            };
            let header = match self.check(offset)? {
                Found::Sound(header) => header,
                Found::End => return Ok(Step::End),
                Found::Bad(found) => return Ok(Step::Bad(lsn, found)),
            };
            self.at = self.at.saturating_add(u64::from(header.len));
            self.prev = Some(offset);
            self.len = header.len;
            if offset == 0 {
                continue;
            }
            let layout = self.layout;
            return Ok(match layout.record(self.body()?) {
                Some(record) => Step::Record(lsn, record),
                None => Step::Bad(lsn, format!("a record of {} bytes", header.len)),
            });
        }
    }

    /// The record of this offset and its body: one that [`next`](Self::next)
    /// has given. `None` where the file is not any more what it was.
    pub(crate) fn again(&mut self, offset: u32) -> Result<Option<(LogRecordHeader, &[u8])>> {
        let at = u64::from(offset);
        let head = self.window.get(at, LOG_RECORD_HEADER)?;
        let Some(header) = self.layout.record_header(head) else {
            return Ok(None);
        };
        let len = header.len as usize;
        let record = self.window.get(at, len)?;
        Ok(record
            .get(LOG_RECORD_HEADER..)
            .filter(|_| record.len() == len)
            .map(|body| (header, body)))
    }

    /// The body of the record that [`next`](Self::next) gave last.
    pub(crate) fn body(&mut self) -> Result<&[u8]> {
        let at = u64::from(self.prev.unwrap_or_default());
        let record = self.window.get(at, self.len as usize)?;
        Ok(record.get(LOG_RECORD_HEADER..).unwrap_or_default())
    }

    /// Reads and checks the record at the present position.
    fn check(&mut self, offset: u32) -> Result<Found> {
        let left = self.window.size().saturating_sub(self.at);
        if left == 0 {
            return Ok(Found::End);
        }
        let head = self.window.get(self.at, LOG_RECORD_HEADER)?;
        if left < LOG_RECORD_HEADER as u64 || head.iter().all(|byte| *byte == 0) {
            return self.tail(left);
        }
        let Some(header) = self.layout.record_header(head) else {
            return Ok(Found::Bad("no record header".to_owned()));
        };
        let least = (LOG_RECORD_HEADER + LOG_RECORD_PREFIX) as u64;
        let len = u64::from(header.len);
        if len < least || len > left {
            return Ok(Found::Bad(format!(
                "a record length of {len}, where {left} bytes are left"
            )));
        }
        if offset == 0 && len != LOG_FILE_HEADER as u64 {
            return Ok(Found::Bad(format!("a first record of {len} bytes")));
        }
        if let Some(prev) = self.prev.filter(|prev| *prev != header.prev) {
            return Ok(Found::Bad(format!(
                "a record that names {} as the one before it, which is {prev}",
                header.prev
            )));
        }
        let record = self.window.get(self.at, header.len as usize)?;
        let body = record.get(LOG_RECORD_HEADER..).unwrap_or_default();
        let right = self.layout.record_checksum(header, log_hash(body));
        if right != header.checksum {
            return Ok(Found::Bad(format!(
                "a checksum of {:#010x}, which should be {right:#010x}",
                header.checksum
            )));
        }
        Ok(Found::Sound(header))
    }

    /// What does not hold a record: zeros to the end of a file of a release
    /// that makes its files longer than they are, or the rest of a write of
    /// `left` bytes.
    fn tail(&mut self, left: u64) -> Result<Found> {
        let mut at = self.at;
        let mut zero = true;
        while zero && at < self.window.size() {
            let bytes = self.window.get(at, CHUNK)?;
            zero = !bytes.is_empty() && bytes.iter().all(|byte| *byte == 0);
            at = at.saturating_add(bytes.len() as u64);
        }
        Ok(if !zero {
            Found::Bad(format!("{left} bytes that are no record"))
        } else if self.layout.zero_filled() {
            Found::End
        } else {
            Found::Bad(format!("{left} zero bytes"))
        })
    }
}
