//! Where finished pages go: a file, a file that is synced meanwhile, memory.

mod syncing;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};

pub use syncing::SyncingSink;

/// A place for the pages of a file. Each page is written once, in roughly
/// ascending order, by several threads where several build the file. What is
/// never written reads as zeros.
pub trait PageSink: Send + Sync {
    /// The name that errors give this sink.
    fn name(&self) -> &str;

    /// Takes whole pages, which stand one after the other at a byte offset.
    fn write_at(&self, offset: u64, pages: &[u8]) -> io::Result<()>;
}

/// Bytes given to the system at once. For more it takes larger blocks of
/// memory, which costs several times as much where it has to look for them,
/// and who else writes to the file waits for all of it.
const AT_ONCE: usize = 256 << 10;

/// A file, written with positioned writes. Syncing is the caller's part.
#[derive(Debug)]
pub struct FileSink {
    name: String,
    file: File,
}

impl FileSink {
    /// A sink into an open, empty file.
    pub fn new(name: impl Into<String>, file: File) -> Self {
        Self {
            name: name.into(),
            file,
        }
    }

    /// The file.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The same, and no sink any more.
    pub fn into_file(self) -> File {
        self.file
    }
}

impl PageSink for FileSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn write_at(&self, offset: u64, pages: &[u8]) -> io::Result<()> {
        let mut at = offset;
        for part in pages.chunks(AT_ONCE) {
            self.file.write_all_at(part, at)?;
            at = at.saturating_add(part.len() as u64);
        }
        Ok(())
    }
}

/// A file in memory.
#[derive(Debug, Default)]
pub struct MemorySink {
    name: String,
    bytes: Mutex<Vec<u8>>,
}

impl MemorySink {
    /// An empty file in memory, called `name` in errors.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            bytes: Mutex::default(),
        }
    }

    /// The bytes of the file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl PageSink for MemorySink {
    fn name(&self) -> &str {
        &self.name
    }

    fn write_at(&self, offset: u64, pages: &[u8]) -> io::Result<()> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let too_long = |_| io::Error::from(io::ErrorKind::FileTooLarge);
        let start = usize::try_from(offset).map_err(too_long)?;
        let end = start
            .checked_add(pages.len())
            .ok_or(io::ErrorKind::FileTooLarge)?;
        if bytes.len() < end {
            bytes.resize(end, 0);
        }
        if let Some(place) = bytes.get_mut(start..end) {
            place.copy_from_slice(pages);
        }
        Ok(())
    }
}
