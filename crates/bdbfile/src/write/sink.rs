//! Where finished pages go.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::layout::PageNo;

/// A place for the pages of a file. Each page is written once, in roughly
/// ascending order.
pub trait PageSink {
    /// The name that errors give this sink.
    fn name(&self) -> &str;

    /// Takes a whole page; page `n` belongs at byte `n * page.len()`.
    fn write_page(&mut self, pgno: PageNo, page: &[u8]) -> io::Result<()>;

    /// Passes on whatever is still held back.
    fn flush(&mut self) -> io::Result<()>;
}

/// Bytes that are gathered before they are written.
const WINDOW: usize = 1 << 20;

/// A file. Pages are gathered into large positioned writes. Syncing is the
/// caller's part.
#[derive(Debug)]
pub struct FileSink {
    name: String,
    file: File,
    /// File offset of the window's first byte.
    base: u64,
    window: Vec<u8>,
}

impl FileSink {
    /// A sink into an open, empty file.
    pub fn new(name: impl Into<String>, file: File) -> Self {
        Self {
            name: name.into(),
            file,
            base: 0,
            window: Vec::with_capacity(WINDOW),
        }
    }

    /// The file. Flush first: pages still gathered are not in it.
    pub fn into_file(self) -> File {
        self.file
    }
}

impl PageSink for FileSink {
    fn name(&self) -> &str {
        &self.name
    }

    fn write_page(&mut self, pgno: PageNo, page: &[u8]) -> io::Result<()> {
        let offset = u64::from(pgno) * page.len() as u64;
        let Some(ahead) = offset.checked_sub(self.base) else {
            // A page whose number was handed out long ago, such as a leaf that
            // a long overflow chain came between.
            return self.file.write_all_at(page, offset);
        };
        let start = match usize::try_from(ahead) {
            Ok(start) if start + page.len() <= WINDOW => start,
            _ => {
                self.flush()?;
                self.base = offset;
                0
            }
        };
        let end = start + page.len();
        if self.window.len() < end {
            // Pages passed over come later and fall into the gap.
            self.window.resize(end, 0);
        }
        if let Some(place) = self.window.get_mut(start..end) {
            place.copy_from_slice(page);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all_at(&self.window, self.base)?;
        self.base += self.window.len() as u64;
        self.window.clear();
        Ok(())
    }
}

/// A file in memory.
#[derive(Debug, Default, Clone)]
pub struct MemorySink {
    name: String,
    bytes: Vec<u8>,
}

impl MemorySink {
    /// An empty file in memory, called `name` in errors.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            bytes: Vec::new(),
        }
    }

    /// The bytes of the file.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}

impl PageSink for MemorySink {
    fn name(&self) -> &str {
        &self.name
    }

    fn write_page(&mut self, pgno: PageNo, page: &[u8]) -> io::Result<()> {
        let start = pgno as usize * page.len();
        let end = start + page.len();
        if self.bytes.len() < end {
            self.bytes.resize(end, 0);
        }
        if let Some(place) = self.bytes.get_mut(start..end) {
            place.copy_from_slice(page);
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
