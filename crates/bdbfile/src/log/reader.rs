//! One log file, record by record, in a fixed amount of memory.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::failed;
use crate::Result;
use crate::layout::{
    LOG_FILE_HEADER, LOG_RECORD_HEADER, LOG_RECORD_PREFIX, LOG_RECORD_SEEN, LogLayout, LogRecord,
    LogRecordHeader, Lsn, extend_log_hash,
};

/// Bytes read at a time.
const CHUNK: usize = 64 * 1024;

/// How a file begins.
pub(super) enum Start {
    /// As a log file does; the header record itself is not yet checked.
    Log(LogReader),
    /// Too short to begin at all, as a file does whose process died in making
    /// it. libdb takes such a last file as not there.
    Short,
    /// With something else.
    Foreign,
}

/// What comes next in a file.
pub(super) enum Step {
    /// A record.
    Record(Lsn, LogRecord),
    /// The end, and nothing behind it.
    End,
    /// What cannot be a record, and why.
    Bad(Lsn, String),
}

/// What stands at a position.
enum Body {
    /// The first bytes of a sound record's body.
    Sound(LogRecordHeader, Head),
    /// Nothing more.
    End,
    /// Something that cannot be a record.
    Bad(String),
}

/// The first bytes of a record's body.
struct Head {
    bytes: [u8; LOG_RECORD_SEEN],
    len: usize,
}

/// A log file being read.
pub(super) struct LogReader {
    path: PathBuf,
    number: u32,
    layout: LogLayout,
    input: BufReader<File>,
    /// The size when it was opened: bytes that come later are not looked at.
    size: u64,
    at: u64,
    /// Offset of the record before, once there is one.
    prev: Option<u32>,
}

impl LogReader {
    /// Opens a file, read only, and looks at its first bytes.
    pub(super) fn open(path: &Path, number: u32) -> Result<Start> {
        let io = |e| failed(path, "open the log file", e);
        let file = File::open(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        if size < LOG_FILE_HEADER as u64 {
            return Ok(Start::Short);
        }
        let mut input = BufReader::with_capacity(CHUNK, file);
        let first = input.fill_buf().map_err(io)?;
        let Some(layout) = LogLayout::read(first) else {
            return Ok(Start::Foreign);
        };
        Ok(Start::Log(Self {
            path: path.to_owned(),
            number,
            layout,
            input,
            size,
            at: 0,
            prev: None,
        }))
    }

    /// How the file is laid out.
    pub(super) const fn layout(&self) -> LogLayout {
        self.layout
    }

    /// The next record. The record that begins the file is checked and passed
    /// over. After an end or something bad there is nothing more to ask for.
    pub(super) fn next(&mut self) -> Result<Step> {
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
            let (header, head) = match self.body(offset)? {
                Body::Sound(header, head) => (header, head),
                Body::End => return Ok(Step::End),
                Body::Bad(found) => return Ok(Step::Bad(lsn, found)),
            };
            self.at += u64::from(header.len);
            self.prev = Some(offset);
            if offset == 0 {
                continue;
            }
            let head = head.bytes.get(..head.len).unwrap_or_default();
            return Ok(match self.layout.record(head) {
                Some(record) => Step::Record(lsn, record),
                None => Step::Bad(lsn, format!("a record of {} bytes", header.len)),
            });
        }
    }

    /// Reads and checks the record at the present position.
    fn body(&mut self, offset: u32) -> Result<Body> {
        let left = self.size.saturating_sub(self.at);
        if left == 0 {
            return Ok(Body::End);
        }
        if left < LOG_RECORD_HEADER as u64 {
            return self.tail(left, left);
        }
        let mut bytes = [0; LOG_RECORD_HEADER];
        self.read(&mut bytes)?;
        if bytes.iter().all(|byte| *byte == 0) {
            return self.tail(left, left - LOG_RECORD_HEADER as u64);
        }
        let Some(header) = self.layout.record_header(&bytes) else {
            return Ok(Body::Bad("no record header".to_owned()));
        };
        let least = (LOG_RECORD_HEADER + LOG_RECORD_PREFIX) as u64;
        let len = u64::from(header.len);
        if len < least || len > left {
            return Ok(Body::Bad(format!(
                "a record length of {len}, where {left} bytes are left"
            )));
        }
        if offset == 0 && len != LOG_FILE_HEADER as u64 {
            return Ok(Body::Bad(format!("a first record of {len} bytes")));
        }
        if let Some(prev) = self.prev.filter(|prev| *prev != header.prev) {
            return Ok(Body::Bad(format!(
                "a record that names {} as the one before it, which is {prev}",
                header.prev
            )));
        }
        let (hash, head) = self.hash(len - LOG_RECORD_HEADER as u64)?;
        let right = self.layout.record_checksum(header, hash);
        if right != header.checksum {
            return Ok(Body::Bad(format!(
                "a checksum of {:#010x}, which should be {right:#010x}",
                header.checksum
            )));
        }
        Ok(Body::Sound(header, head))
    }

    /// What does not hold a record: zeros to the end of a file of a release
    /// that makes its files longer than they are, or the rest of a write.
    /// `unread` of the `left` bytes are still to be looked at.
    fn tail(&mut self, left: u64, unread: u64) -> Result<Body> {
        if !self.zeros(unread)? {
            return Ok(Body::Bad(format!("{left} bytes that are no record")));
        }
        Ok(if self.layout.zero_filled() {
            Body::End
        } else {
            Body::Bad(format!("{left} zero bytes"))
        })
    }

    /// Hashes the next `len` bytes and keeps the first of them.
    fn hash(&mut self, len: u64) -> Result<(u32, Head)> {
        let mut head = Head {
            bytes: [0; LOG_RECORD_SEEN],
            len: 0,
        };
        let mut hash = 0;
        self.chunks(len, |bytes| {
            hash = extend_log_hash(hash, bytes);
            let room = head.bytes.get_mut(head.len..).unwrap_or_default();
            let taken = room.len().min(bytes.len());
            if let (Some(to), Some(from)) = (room.get_mut(..taken), bytes.get(..taken)) {
                to.copy_from_slice(from);
            }
            head.len += taken;
        })?;
        Ok((hash, head))
    }

    /// Whether the next `len` bytes are all zero.
    fn zeros(&mut self, len: u64) -> Result<bool> {
        let mut zero = true;
        self.chunks(len, |bytes| {
            zero &= bytes.iter().all(|byte| *byte == 0);
        })?;
        Ok(zero)
    }

    /// Shows the next `len` bytes, as they come.
    fn chunks(&mut self, len: u64, mut show: impl FnMut(&[u8])) -> Result<()> {
        let mut left = len;
        while left > 0 {
            let io = |e| failed(&self.path, "read the log file", e);
            let chunk = match self.input.fill_buf() {
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => continue,
                chunk => chunk.map_err(io)?,
            };
            if chunk.is_empty() {
                return Err(io(std::io::ErrorKind::UnexpectedEof.into()));
            }
            let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(chunk.len());
            show(chunk.get(..wanted).unwrap_or_default());
            self.input.consume(wanted);
            left -= wanted as u64;
        }
        Ok(())
    }

    /// Fills a buffer.
    fn read(&mut self, bytes: &mut [u8]) -> Result<()> {
        self.input
            .read_exact(bytes)
            .map_err(|e| failed(&self.path, "read the log file", e))
    }
}
