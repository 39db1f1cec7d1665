//! The log and the regions that an older library leaves when it is closed:
//! COMPOSED, as much of them as tells release, byte order and a clean end.

use std::fs;
use std::path::Path;

use super::patch::{bytes_of, sum};
use crate::error::Error;
use crate::options::ByteOrder;

/// A library of the server, on a machine of a byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Which library.
    pub library: Library,
    /// The byte order of logs and regions. The databases' is the plan's.
    pub byte_order: ByteOrder,
}

/// Releases of Berkeley DB that releases of the server came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Library {
    /// 2.6.4, of Calendar Server 5.
    V2_6,
    /// 3.2.9, of early releases of 6.
    V3_2,
    /// 4.1.25.
    V4_1,
    /// 4.2.52.
    V4_2,
}

/// Bytes of a region file.
const REGION: usize = 16384;
const REGION_MAGIC: u32 = 0x0012_0897;
const LOG_MAGIC: u32 = 0x0004_0988;
/// The header of a log record.
const HEADER: u32 = 12;

impl Library {
    fn release(self) -> [u32; 3] {
        match self {
            Self::V2_6 => [2, 6, 4],
            Self::V3_2 => [3, 2, 9],
            Self::V4_1 => [4, 1, 25],
            Self::V4_2 => [4, 2, 52],
        }
    }

    fn log_version(self) -> u32 {
        match self {
            Self::V2_6 => 2,
            Self::V3_2 => 3,
            Self::V4_1 => 7,
            Self::V4_2 => 8,
        }
    }

    /// The type of a checkpoint record.
    fn checkpoint(self) -> u32 {
        match self {
            Self::V2_6 => 7,
            _ => 11,
        }
    }
}

impl Machine {
    /// Writes them into a directory.
    pub(super) fn leave(self, dir: &Path) -> Result<(), Error> {
        let write = |name: &str, bytes: Vec<u8>| {
            let path = dir.join(name);
            fs::write(&path, bytes)
                .map_err(|error| Error::io(&error, format!("write {}", path.display())))
        };
        write("log.0000000001", self.log())?;
        let [major, minor, patch] = self.library.release();
        if self.library == Library::V2_6 {
            let size = u32::try_from(REGION).expect("a small number");
            let words = [REGION_MAGIC, 0, size, major, minor, patch, 0];
            for part in ["lock", "log", "mpool", "txn"] {
                write(&format!("__db_{part}.share"), self.region(16, &words))?;
            }
            return Ok(());
        }
        // Not panicked; flags, where the first region is; attached to by none.
        let words = match self.library {
            Library::V3_2 => [REGION_MAGIC, 0, major, minor, patch, 92, 15588, 0, 0],
            _ => [REGION_MAGIC, 0, major, minor, patch, 92, 0, 15588, 0],
        };
        write("__db.001", self.region(96, &words))
    }

    fn words(self, words: &[u32]) -> Vec<u8> {
        let bytes = words.iter().map(|word| bytes_of(self.byte_order, *word));
        bytes.flatten().collect()
    }

    fn region(self, at: usize, words: &[u32]) -> Vec<u8> {
        let mut bytes = vec![0; REGION];
        let words = self.words(words);
        bytes[at..at + words.len()].copy_from_slice(&words);
        bytes
    }

    /// A log that begins, and ends with a checkpoint at which nothing ran.
    fn log(self) -> Vec<u8> {
        let mut log = Vec::new();
        self.put(
            &mut log,
            0,
            &[LOG_MAGIC, self.library.log_version(), 10 << 20, 0o600],
        );
        let here = u32::try_from(log.len()).expect("a short log");
        let checkpoint = [self.library.checkpoint(), 0, 0, 0, 1, here, 0, 0, 0];
        self.put(&mut log, 0, &checkpoint);
        log
    }

    fn put(self, log: &mut Vec<u8>, before: u32, words: &[u32]) {
        let body = self.words(words);
        let len = HEADER + u32::try_from(body.len()).expect("a short record");
        let header = if self.library.log_version() < 7 {
            [before, sum(&body), len]
        } else {
            [before, len, sum(&body)]
        };
        log.extend(self.words(&header));
        log.extend(body);
    }
}
