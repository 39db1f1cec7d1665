//! A mapped file. The one module with `unsafe`.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::num::NonZeroU64;
use std::ops::Range;
use std::path::Path;

use memmap2::{Mmap, UncheckedAdvice};
use rustix::fs::{Advice, fadvise};

use super::{PageSource, borrowed, open_plain};

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
    /// The file, if it is large: what is released of it is worth a descriptor.
    file: Option<File>,
}

/// Files of this size are large.
const LARGE: usize = 256 << 20;

impl MappedSource {
    /// Maps a file, for reading only.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::open_as(path, path.display().to_string())
    }

    /// The same, and errors give it another name: that which it is to have.
    #[allow(unsafe_code)]
    pub fn open_as(path: &Path, name: impl Into<String>) -> io::Result<Self> {
        let file = open_plain(path)?;
        // SAFETY: the mapping is private to this value and read-only. That no
        // other process changes the file meanwhile is the caller's part, as
        // the type's documentation says.
        let map = unsafe { Mmap::map(&file)? };
        #[cfg(unix)]
        // Advice only: where the kernel refuses it, nothing is lost.
        let _ = map.advise(memmap2::Advice::Sequential);
        Ok(Self {
            name: name.into(),
            file: (map.len() >= LARGE).then_some(file),
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

    #[cfg(target_os = "linux")]
    #[allow(unsafe_code)]
    fn release(&self, range: Range<u64>) {
        let bounds = (usize::try_from(range.start), usize::try_from(range.end));
        let (Some(file), (Ok(start), Ok(end))) = (&self.file, bounds) else {
            return;
        };
        let len = range.end.checked_sub(range.start).and_then(NonZeroU64::new);
        if len.is_none() {
            return;
        }
        // SAFETY: the mapping is of a file, shared and read-only: what is
        // touched again is read from the file again, and is the same bytes.
        // Both are advice only: where the kernel refuses it, nothing is lost.
        let unmapped = unsafe {
            self.map.unchecked_advise_range(
                UncheckedAdvice::DontNeed,
                start,
                end.saturating_sub(start),
            )
        };
        if unmapped.is_ok() {
            let _ = fadvise(file, range.start, len, Advice::DontNeed);
        }
    }
}
