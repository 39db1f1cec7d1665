//! A window over a log file: whole records in memory, wherever in the file the
//! next one is wanted, forwards or backwards.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use super::failed;
use crate::source::open_plain;
use crate::{Error, Result};

/// Bytes read at a time.
const CHUNK: usize = 256 * 1024;

/// The longest record that is taken into memory. Those that change pages hold a
/// few page images at most, of 64 KiB each; those that list locks can be longer.
const LONGEST: usize = 64 << 20;

/// A file, and some bytes of it in memory.
#[derive(Debug)]
pub(super) struct Window {
    path: PathBuf,
    file: File,
    /// The size when it was opened: bytes that come later are not looked at.
    size: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// Opens a file, read only.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let io = |e| failed(path, "open the log file", e);
        let file = open_plain(path).map_err(io)?;
        let size = file.metadata().map_err(io)?.len();
        Ok(Self {
            path: path.to_owned(),
            file,
            size,
            start: 0,
            bytes: Vec::new(),
        })
    }

    /// Bytes of the file.
    pub(super) const fn size(&self) -> u64 {
        self.size
    }

    /// `len` bytes from `at` on, or as many as the file has there.
    pub(super) fn get(&mut self, at: u64, len: usize) -> Result<&[u8]> {
        let left = usize::try_from(self.size.saturating_sub(at)).unwrap_or(usize::MAX);
        let len = len.min(left);
        if len > LONGEST {
            return Err(Error::Limit {
                file: self.path.display().to_string(),
                what: "the length of a log record",
                limit: LONGEST as u64,
            });
        }
        let end = self.start.saturating_add(self.bytes.len() as u64);
        if at < self.start || at.saturating_add(len as u64) > end {
            self.load(at, len)?;
        }
        let from = usize::try_from(at.saturating_sub(self.start)).unwrap_or(usize::MAX);
        let bytes = self.bytes.get(from..).unwrap_or_default();
        Ok(bytes.get(..len).unwrap_or(bytes))
    }

    /// Moves the window so that it holds `len` bytes from `at` on. One that
    /// moves backwards takes most of its bytes before them, where the next
    /// record will be wanted.
    fn load(&mut self, at: u64, len: usize) -> Result<()> {
        let start = if at < self.start {
            let behind = CHUNK / 8;
            let end = at.saturating_add(len.max(behind) as u64).min(self.size);
            end.saturating_sub(CHUNK.max(len) as u64).min(at)
        } else {
            at
        };
        let wanted = at.saturating_sub(start).saturating_add(len as u64);
        let room = wanted
            .max(CHUNK as u64)
            .min(self.size.saturating_sub(start));
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        self.bytes.resize(room, 0);
        self.start = start;
        let read = self.file.read_exact_at(&mut self.bytes, start);
        read.map_err(|e| {
            self.bytes.clear();
            failed(&self.path, "read the log file", e)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{CHUNK, Window};

    #[test]
    fn any_part_is_the_same_forwards_and_backwards() {
        let bytes: Vec<u8> = (0..3 * CHUNK + 77)
            .map(|n| u8::try_from(n % 251).unwrap())
            .collect();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        let mut window = Window::open(file.path()).unwrap();
        let size = bytes.len();
        assert_eq!(window.size(), size as u64);
        let steps: Vec<usize> = (0..size).step_by(40_001).collect();
        for at in steps.iter().chain(steps.iter().rev()) {
            for len in [0, 1, 12, 50_000, 2 * CHUNK, size] {
                let end = size.min(at + len);
                assert_eq!(window.get(*at as u64, len).unwrap(), &bytes[*at..end]);
            }
        }
        assert!(window.get(size as u64 + 5, 12).unwrap().is_empty());
    }
}
