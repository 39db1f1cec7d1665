//! The seam to bytes. Everything above reads through [`PageSource`], so that a
//! database can lie in a mapped file, behind positioned reads, in memory, or in
//! a test's source that fails where it is told to.

mod ahead;
mod extents;
mod file;
mod mapped;
mod memory;
mod once;

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{CWD, Mode, OFlags};

pub use ahead::ReadAhead;
pub use extents::QueueExtents;
pub use file::FileSource;
pub use mapped::MappedSource;
pub use memory::MemorySource;
pub use once::ReadOnce;

/// Bytes to read a database from. Reading never writes.
pub trait PageSource: Send + Sync {
    /// The name that errors give this source, usually the path of a file.
    fn name(&self) -> &str;

    /// Length in bytes, as it was when the source was opened.
    fn len(&self) -> u64;

    /// Whether there are no bytes at all.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Exactly `len` bytes from `offset`, borrowed where the source has them
    /// in memory. Fewer is an error of kind `UnexpectedEof`.
    fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>>;

    /// Exactly as many bytes from `offset` as `into` has room for.
    fn read_into(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        into.copy_from_slice(&self.bytes(offset, into.len())?);
        Ok(())
    }

    /// The same as [`bytes`](Self::bytes) for many bytes at a time: borrowed
    /// where the source has them in memory, else read into `room`, which is
    /// there to be used again.
    fn run<'a>(&'a self, offset: u64, len: usize, room: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        match self.bytes(offset, len)? {
            Cow::Borrowed(bytes) => Ok(bytes),
            Cow::Owned(bytes) => {
                *room = bytes;
                Ok(room)
            }
        }
    }

    /// The next range from `offset` on that may hold anything but zeros;
    /// `None` where there is none. For sources with holes too large to be read
    /// through.
    fn data(&self, offset: u64) -> Option<Range<u64>> {
        (offset < self.len()).then(|| offset..self.len())
    }

    /// Says that a range is not wanted any more, so that the memory it takes
    /// can be used for something else. It can be read again all the same.
    fn release(&self, _range: Range<u64>) {}
}

/// What points to a source is one.
macro_rules! as_what_it_points_to {
    ($($pointer:ty),*) => {$(
        impl<S: PageSource + ?Sized> PageSource for $pointer {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn len(&self) -> u64 {
                (**self).len()
            }

            fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
                (**self).bytes(offset, len)
            }

            fn read_into(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
                (**self).read_into(offset, into)
            }

            fn run<'a>(&'a self, offset: u64, len: usize, room: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
                (**self).run(offset, len, room)
            }

            fn data(&self, offset: u64) -> Option<Range<u64>> {
                (**self).data(offset)
            }

            fn release(&self, range: Range<u64>) {
                (**self).release(range);
            }
        }
    )*};
}

as_what_it_points_to!(&S, Arc<S>);

/// A slice of bytes in memory as the answer of a source.
fn borrowed(all: &[u8], offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
    usize::try_from(offset)
        .ok()
        .and_then(|start| all.get(start..start.checked_add(len)?))
        .map(Cow::Borrowed)
        .ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Opens a plain file for reading and nothing else.
///
/// What else there may be of that name is an error, and not waited for: a pipe
/// has no bytes until somebody writes to it, which may be never.
pub fn open_plain(path: &Path) -> io::Result<File> {
    // For a plain file it is all the same whether one would wait.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let open = || rustix::fs::openat(CWD, path, flags, Mode::empty());
    let file = File::from(rustix::io::retry_on_intr(open)?);
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("this is not a plain file"));
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use rustix::fs::FileType;

    use super::*;

    #[test]
    fn what_is_no_plain_file_is_neither_opened_nor_waited_for() {
        let dir = tempfile::tempdir().unwrap();
        let [file, pipe] = ["file", "pipe"].map(|name| dir.path().join(name));
        std::fs::write(&file, "bytes").unwrap();
        rustix::fs::mknodat(CWD, &pipe, FileType::Fifo, Mode::RUSR, 0).unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("pipe", &link).unwrap();
        for other in [&pipe, &link, dir.path()] {
            let error = open_plain(other).unwrap_err();
            assert_eq!(error.to_string(), "this is not a plain file");
            FileSource::open(other).unwrap_err();
            MappedSource::open(other).unwrap_err();
            QueueExtents::open(other).unwrap_err();
        }
        assert_eq!(FileSource::open(&file).unwrap().len(), 5);
    }
}
