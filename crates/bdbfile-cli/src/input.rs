//! The file that a command reads.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::Path;

use bdbfile::layout::{META_USED, Meta, Preamble};
use bdbfile::read::DatabaseFile;
use bdbfile::source::{FileSource, PageSource};

use crate::escape::escaped;
use crate::failure::Failure;

/// An open file that several readers share. It is read with positioned reads,
/// not mapped: a server may still be writing it.
#[derive(Debug)]
pub(crate) struct Input(FileSource);

impl Input {
    /// Opens a file, for reading only.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let failed = |what: &str| {
            let path = path.display();
            Failure::Message(escaped(&format!("{path}: {what}")))
        };
        let cannot = |error: io::Error| failed(&format!("cannot open the file: {error}"));
        // Opening a pipe would wait for its writer, and a device has no length.
        if !fs::metadata(path).map_err(cannot)?.is_file() {
            return Err(failed("this is not a plain file"));
        }
        let input = FileSource::open(path).map(Self).map_err(cannot)?;
        input.check_extents()?;
        Ok(input)
    }

    /// The name that errors give it.
    pub(crate) fn path(&self) -> &str {
        self.0.name()
    }

    /// Bytes of it.
    pub(crate) fn read(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        self.0.bytes(offset, len)
    }

    /// The databases in it.
    pub(crate) fn databases(&self) -> Result<DatabaseFile<&Self>, Failure> {
        Ok(DatabaseFile::open(self)?)
    }

    /// Refuses a queue whose records are in files of their own: what is left in
    /// the one file would pass for an empty queue.
    fn check_extents(&self) -> Result<(), Failure> {
        let len = usize::try_from(self.0.len()).map_or(META_USED, |len| len.min(META_USED));
        let start = self.0.bytes(0, len).unwrap_or_default();
        let meta = Preamble::read(&start).and_then(|preamble| Meta::read(preamble.endian, &start));
        let queue = meta.as_ref().and_then(Meta::queue);
        if queue.is_some_and(|queue| queue.page_ext != 0) {
            let name = self.0.name();
            let what = "the records of the queue are in files of their own, which are not read";
            return Err(Failure::Message(escaped(&format!("{name}: {what}"))));
        }
        Ok(())
    }
}

impl PageSource for &Input {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn len(&self) -> u64 {
        self.0.len()
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        self.0.bytes(offset, len)
    }
}
