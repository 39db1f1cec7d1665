//! A mapped file. The one module with `unsafe`.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::num::{NonZeroU64, NonZeroUsize};
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
        let (Some(file), Some((start, len))) = (&self.file, within(&range, self.map.len())) else {
            return;
        };
        // SAFETY: the range lies in the mapping, which is of a file, shared and
        // read-only: what is touched again is read from the file again, and is
        // the same bytes. Both are advice only: where the kernel refuses it,
        // nothing is lost.
        let unmapped = unsafe {
            self.map
                .unchecked_advise_range(UncheckedAdvice::DontNeed, start, len.get())
        };
        if unmapped.is_ok() {
            let len = NonZeroU64::try_from(len).ok();
            let _ = fadvise(file, range.start, len, Advice::DontNeed);
        }
    }
}

/// Where the part of a range that lies in so many bytes begins, and its length:
/// the kernel would throw out what lies beyond a mapping too, whosever it is.
#[cfg(target_os = "linux")]
fn within(range: &Range<u64>, len: usize) -> Option<(usize, NonZeroUsize)> {
    let start = usize::try_from(range.start).ok()?;
    let end = usize::try_from(range.end).unwrap_or(usize::MAX).min(len);
    Some((start, NonZeroUsize::new(end.checked_sub(start)?)?))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::os::unix::fs::FileExt;

    use super::*;

    /// A large file, most of it a hole, with a mark at each of a few places.
    fn marked() -> (tempfile::NamedTempFile, Vec<u64>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let len = LARGE as u64 + 4096;
        let places = vec![0, 4096, (2 << 20) - 4, 128 << 20, len - 8];
        file.as_file().set_len(len).unwrap();
        for place in &places {
            file.as_file()
                .write_all_at(&place.to_be_bytes(), *place)
                .unwrap();
        }
        (file, places)
    }

    #[test]
    fn what_was_released_reads_the_same() {
        let (file, places) = marked();
        let source = MappedSource::open(file.path()).unwrap();
        let len = source.len();
        let after = |end| (len / 2)..end;
        for range in [
            0..len,
            0..1,
            5..4096,
            after(len),
            after(len + len / 2),
            0..u64::MAX,
        ] {
            for place in &places {
                assert_eq!(*source.bytes(*place, 8).unwrap(), place.to_be_bytes());
            }
            source.release(range);
        }
        for place in &places {
            assert_eq!(*source.bytes(*place, 8).unwrap(), place.to_be_bytes());
        }
        assert!(source.bytes(len - 4, 8).is_err());
    }

    #[test]
    fn nothing_beyond_the_mapping_is_released() {
        let part = |range| within(&range, 1000).map(|(start, len)| (start, len.get()));
        assert_eq!(part(0..1000), Some((0, 1000)));
        assert_eq!(part(999..5000), Some((999, 1)));
        assert_eq!(part(600..1200), Some((600, 400)));
        assert_eq!(part(0..u64::MAX), Some((0, 1000)));
        for range in [1000..5000, 5..5, u64::MAX - 1..u64::MAX] {
            assert_eq!(part(range), None);
        }
        let (last, first) = (7, 5);
        assert_eq!(part(last..first), None);
    }
}
