//! A source of positioned reads: safe on a file that another process may
//! change or cut short while it is read.

use std::borrow::Cow;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::{PageSource, open_plain};

/// A file read with positioned reads.
#[derive(Debug)]
pub struct FileSource {
    name: String,
    file: File,
    len: u64,
}

impl FileSource {
    /// Opens a file, for reading only.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = open_plain(path)?;
        let len = file.metadata()?.len();
        Ok(Self {
            name: path.display().to_string(),
            file,
            len,
        })
    }
}

impl FileSource {
    /// Whether these bytes are in the file. Asked before a buffer is made, so
    /// that a length from a damaged file never becomes memory.
    fn check(&self, offset: u64, len: usize) -> io::Result<()> {
        match offset.checked_add(len as u64) {
            Some(end) if end <= self.len => Ok(()),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
}

impl PageSource for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        self.check(offset, len)?;
        let mut bytes = vec![0; len];
        self.file.read_exact_at(&mut bytes, offset)?;
        Ok(Cow::Owned(bytes))
    }

    fn run<'a>(&'a self, offset: u64, len: usize, room: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        self.check(offset, len)?;
        room.resize(len, 0);
        self.file.read_exact_at(room, offset)?;
        Ok(room)
    }

    fn read_into(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.file.read_exact_at(into, offset)
    }
}
