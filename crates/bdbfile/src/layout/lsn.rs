//! The log sequence number: a position in the transaction log.

use super::Endian;

/// A position in the transaction log: file number, then byte offset. Ordered
/// as the log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Lsn {
    /// The number of the log file, from 1; 0 means no position.
    pub file: u32,
    /// The byte offset of the record in that file.
    pub offset: u32,
}

impl Lsn {
    /// Bytes on disk: file, then offset.
    pub const SIZE: usize = 8;
    /// "Never logged", as 2.x and 3.x write it.
    pub const ZERO: Self = Self { file: 0, offset: 0 };
    /// "Written without logging" (4.0 and later). Files whose pages all carry
    /// it open in any new environment.
    pub const NOT_LOGGED: Self = Self { file: 0, offset: 1 };

    /// "Made by recovery" (4.0 and later): pages that a transaction had got and
    /// did not keep.
    pub const FROM_RECOVERY: Self = Self { file: 1, offset: 0 };

    /// The LSN at `at`.
    pub fn read(endian: Endian, bytes: &[u8], at: usize) -> Option<Self> {
        Some(Self {
            file: endian.u32(bytes, at)?,
            offset: endian.u32(bytes, at.checked_add(4)?)?,
        })
    }

    /// Puts the LSN at `at`.
    pub fn put(self, endian: Endian, bytes: &mut [u8], at: usize) {
        endian.put_u32(bytes, at, self.file);
        endian.put_u32(bytes, at.saturating_add(4), self.offset);
    }

    /// Whether this is the position of a record: no mark.
    pub const fn is_of_record(self) -> bool {
        self.file != 0 && self.offset != 0
    }

    /// Whether this is a real position in some log.
    pub const fn is_logged(self) -> bool {
        self.file != 0
    }
}

impl std::fmt::Display for Lsn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.file, self.offset)
    }
}
