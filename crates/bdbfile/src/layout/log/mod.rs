//! Transaction log files: the header of a file, the header of a record, and as
//! much of a record's body as tells what it is and whose.

mod records;

pub(crate) use records::FieldName;
pub use records::{BadLogRecord, LogBody, LogOp, LogRecordType, LogValue};

use super::{Endian, Lsn};

// Record header; checksum and length change places between log version 5
// and 7.
const PREV: usize = 0;
const SECOND: usize = PREV + 4;
const THIRD: usize = SECOND + 4;
/// Bytes of the header of a log record, which its length includes.
pub const LOG_RECORD_HEADER: usize = THIRD + 4;

// The first record of a file, behind its record header.
const MAGIC: usize = LOG_RECORD_HEADER;
const VERSION: usize = MAGIC + 4;
const MAX_SIZE: usize = VERSION + 4;
const MODE: usize = MAX_SIZE + 4;
/// Bytes of the record that begins each log file.
pub const LOG_FILE_HEADER: usize = MODE + 4;

/// Magic number of log files.
const LOG_MAGIC: u32 = 0x0004_0988;

// The body of a record.
const TYPE: usize = 0;
const TXN: usize = TYPE + 4;
const TXN_PREV: usize = TXN + 4;
/// Bytes that begin the body of every record.
pub const LOG_RECORD_PREFIX: usize = TXN_PREV + Lsn::SIZE;

// First fields after the prefix, of the records that are looked into.
const OPCODE: usize = LOG_RECORD_PREFIX;
const CKP_LSN: usize = LOG_RECORD_PREFIX;
const CHILD: usize = LOG_RECORD_PREFIX;
const RECYCLE_MIN: usize = LOG_RECORD_PREFIX;
const RECYCLE_MAX: usize = RECYCLE_MIN + 4;

/// Operation of a transaction's own record: committed.
const OP_COMMIT: u32 = 1;
/// Operation of a transaction's own record: a prepared one was aborted.
const OP_ABORT: u32 = 3;

/// Set in the type of records about databases that are not durable (4.2 and
/// later): written for debugging, never replayed.
const NOT_DURABLE: u32 = 0x8000_0000;
/// Types from here on are an application's own.
const APPLICATION: u32 = 10_000;

/// How the log files of a release are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogLayout {
    /// Byte order: of the machine up to version 13, little from 14.
    pub endian: Endian,
    /// The version of the log format.
    pub version: u32,
}

/// The header of a log record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRecordHeader {
    /// Offset of the record before it in the same file; in a file's first
    /// record, of the last record of the file before.
    pub prev: u32,
    /// Bytes of header and body.
    pub len: u32,
    /// The checksum of the body.
    pub checksum: u32,
}

/// What a log record is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogRecordKind {
    /// The transaction committed.
    Commit,
    /// A prepared transaction was aborted. Others abort without a record.
    Abort,
    /// The transaction was prepared, the first half of a two-phase commit.
    Prepare,
    /// A checkpoint.
    Checkpoint {
        /// No record before this one is needed to bring the files up to date.
        ckp_lsn: Lsn,
    },
    /// A nested transaction committed into this one.
    Child {
        /// The nested transaction's id.
        child: u32,
    },
    /// The ids of a range, none of them in use, are given out anew.
    Recycle {
        /// First id of the range.
        min: u32,
        /// Last id of the range.
        max: u32,
    },
    /// A record that changes no database: files opened and closed, cursors
    /// moved in memory, debugging, an application's own.
    Bookkeeping,
    /// A file is created, renamed, removed or written outside its pages' LSNs.
    FileChange,
    /// Pages of a database change, and carry the record's LSN from then on.
    PageChange,
}

/// A log record, as far as it is looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRecord {
    /// The transaction it belongs to, 0 for none.
    pub txn: u32,
    /// The record before it of the same transaction; file 0 in its first.
    pub txn_prev: Lsn,
    /// What it is about.
    pub kind: LogRecordKind,
}

impl LogLayout {
    /// Reads the layout from the first [`LOG_FILE_HEADER`] bytes of a log
    /// file; `None` when no byte order shows the magic number.
    pub fn read(first: &[u8]) -> Option<Self> {
        Endian::BOTH.into_iter().find_map(|endian| {
            (endian.u32(first, MAGIC)? == LOG_MAGIC).then_some(())?;
            Some(Self {
                endian,
                version: endian.u32(first, VERSION)?,
            })
        })
    }

    /// Whether this is the log version of a release whose records are known:
    /// 2.x to 5.3 (2 and 3, 8 and 19 seen in files; the others read in the
    /// releases). 6, 9, 15 and 18 are of no release.
    pub const fn is_known(self) -> bool {
        matches!(self.version, 2..=5 | 7 | 8 | 10..=14 | 16 | 17 | 19)
    }

    /// Whether the byte order is one this version is written in: from version
    /// 14 logs are little-endian on every machine.
    pub const fn order_fits(self) -> bool {
        self.version < 14 || matches!(self.endian, Endian::Little)
    }

    /// Whether a file may end in zeros that were never log: seen in the logs
    /// of 5.3, which are made at their full size, and in none of 2.7, 3.2 or
    /// 4.2.
    pub const fn zero_filled(self) -> bool {
        self.version >= 14
    }

    /// The header of the record that begins with `bytes`.
    pub fn record_header(self, bytes: &[u8]) -> Option<LogRecordHeader> {
        let second = self.endian.u32(bytes, SECOND)?;
        let third = self.endian.u32(bytes, THIRD)?;
        let (len, checksum) = if self.version < 7 {
            (third, second)
        } else {
            (second, third)
        };
        Some(LogRecordHeader {
            prev: self.endian.u32(bytes, PREV)?,
            len,
            checksum,
        })
    }

    /// The checksum a record's header must carry, `hash` being the hash of its
    /// body: from version 12 the rest of the header is mixed in.
    pub const fn record_checksum(self, header: LogRecordHeader, hash: u32) -> u32 {
        if self.version < 12 {
            hash
        } else {
            hash ^ header.prev ^ header.len
        }
    }

    /// The number of the type of the record of this body.
    pub fn record_number(self, body: &[u8]) -> Option<u32> {
        self.endian.u32(body, TYPE)
    }

    /// The transaction of the record of this body, 0 for none.
    pub fn record_transaction(self, body: &[u8]) -> Option<u32> {
        self.endian.u32(body, TXN)
    }

    /// The record of this body, as far as it is looked into; `None` where it is
    /// too short for what its type says.
    pub fn record(self, body: &[u8]) -> Option<LogRecord> {
        let u32_at = |at| self.endian.u32(body, at);
        let txn = u32_at(TXN)?;
        let txn_prev = Lsn::read(self.endian, body, TXN_PREV)?;
        let kind = match self.class(u32_at(TYPE)?) {
            Class::End => match u32_at(OPCODE)? {
                OP_COMMIT => LogRecordKind::Commit,
                OP_ABORT => LogRecordKind::Abort,
                _ => LogRecordKind::Prepare,
            },
            Class::Checkpoint => LogRecordKind::Checkpoint {
                ckp_lsn: Lsn::read(self.endian, body, CKP_LSN)?,
            },
            Class::Child => LogRecordKind::Child {
                child: u32_at(CHILD)?,
            },
            Class::Recycle => LogRecordKind::Recycle {
                min: u32_at(RECYCLE_MIN)?,
                max: u32_at(RECYCLE_MAX)?,
            },
            Class::Bookkeeping => LogRecordKind::Bookkeeping,
            Class::File => LogRecordKind::FileChange,
            Class::Page => LogRecordKind::PageChange,
        };
        Some(LogRecord {
            txn,
            txn_prev,
            kind,
        })
    }

    /// Whether a type is of a record that is never replayed.
    const fn is_foreign(self, kind: u32) -> bool {
        matches!(
            (self.version, kind),
            (8.., NOT_DURABLE..) | (_, APPLICATION..NOT_DURABLE)
        )
    }

    /// Sorts a record type. The numbers were given new meanings between
    /// releases, so the version decides. A type that is not known counts as a
    /// change of pages, which can only make a store look less clean.
    const fn class(self, kind: u32) -> Class {
        match (self.version, kind) {
            _ if self.is_foreign(kind) => Class::Bookkeeping,
            (..=2, _) => Class::of_2(kind),
            (..=5, _) => Class::of_3_and_4_0(kind),
            _ => Class::of_4_1_and_later(kind),
        }
    }
}

/// What [`LogLayout::class`] sorts types into.
enum Class {
    /// A transaction ends, or is prepared to.
    End,
    Checkpoint,
    Child,
    Recycle,
    Bookkeeping,
    File,
    Page,
}

impl Class {
    /// Log version 2: releases 2.x.
    const fn of_2(kind: u32) -> Self {
        match kind {
            // Registration, debugging.
            1 | 47 => Self::Bookkeeping,
            6 | 8 => Self::End,
            7 => Self::Checkpoint,
            _ => Self::Page,
        }
    }

    /// Log versions 3 to 5: releases 3.0 to 4.0.
    const fn of_3_and_4_0(kind: u32) -> Self {
        match kind {
            // Registration, debugging, cursors that moved in memory.
            2 | 47 | 33 | 34 | 64 | 65 => Self::Bookkeeping,
            10 | 13 => Self::End,
            11 => Self::Checkpoint,
            12 => Self::Child,
            // Queue extents and whole files removed, renamed or made.
            81 | 82 | 141 | 145 | 146 => Self::File,
            _ => Self::Page,
        }
    }

    /// Log version 7 and later: from release 4.1.
    const fn of_4_1_and_later(kind: u32) -> Self {
        match kind {
            2 | 47 | 33 | 34 | 64 | 65 => Self::Bookkeeping,
            10 | 13 => Self::End,
            11 => Self::Checkpoint,
            12 => Self::Child,
            14 => Self::Recycle,
            // 51: a page failed its checksum at run time. The rest: whole
            // files made, written, renamed or removed.
            51 | 138..=141 | 143..=146 | 150 => Self::File,
            _ => Self::Page,
        }
    }
}
