//! A mapped file. The one module with `unsafe`.

use std::borrow::Cow;
use std::io;
use std::path::Path;

use memmap2::Mmap;

use super::{PageSource, borrowed, open_read_only};

/// A file mapped into memory, read-only.
///
/// For files that nobody else writes while they are read, such as a copy that
/// the caller has just made. A file that another process may cut short is
/// read through [`FileSource`](super::FileSource) instead: touching a page of a
/// mapping that is past the file's new end ends the process.
#[derive(Debug)]
pub struct MappedSource {
    name: String,
    map: Mmap,
}

impl MappedSource {
    /// Maps a file, for reading only.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::open_as(path, path.display().to_string())
    }

    /// The same, and errors give it another name: that which it is to have.
    #[allow(unsafe_code)]
    pub fn open_as(path: &Path, name: impl Into<String>) -> io::Result<Self> {
        let file = open_read_only(path)?;
        // SAFETY: the mapping is private to this value and read-only. That no
        // other process changes the file meanwhile is the caller's part, as
        // the type's documentation says.
        let map = unsafe { Mmap::map(&file)? };
        #[cfg(unix)]
        // Advice only: where the kernel refuses it, nothing is lost.
        let _ = map.advise(memmap2::Advice::Sequential);
        Ok(Self {
            name: name.into(),
            map,
        })
    }
}

impl PageSource for MappedSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> u64 {
        self.map.len() as u64
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        borrowed(&self.map, offset, len)
    }
}
