//! The file that a command reads.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use bdbfile::read::DatabaseFile;
use bdbfile::recover::RecoveredSource;
use bdbfile::source::{MappedSource, PageSource, QueueExtents, ReadAhead};

use crate::failure::Failure;
use crate::recovery::recovered;
use crate::settings::Source;
use bdbfile::escape::escaped;

/// An open file that several readers share.
#[derive(Debug)]
pub(crate) enum Input {
    /// Read with positioned reads: a server may still be writing it.
    Read(ReadAhead<QueueExtents>),
    /// Mapped, which is faster where all of it is read, and wants that nobody
    /// cuts it short meanwhile.
    Mapped(MappedSource),
    /// As it is when its logs have been replayed.
    Recovered(RecoveredSource),
}

impl Input {
    /// Opens a file, for reading only; of a queue in extents these too.
    pub(crate) fn open(file: &Source) -> Result<Self, Failure> {
        match &file.logs {
            Some(logs) => Ok(Self::Recovered(recovered(file, logs)?)),
            None => Ok(Self::Read(read(&file.path)?)),
        }
    }

    /// Opens a file of which a new one is made. It is mapped, unless its
    /// records are in files of their own.
    pub(crate) fn open_to_convert(file: &Source) -> Result<Self, Failure> {
        let input = Self::open(file)?;
        if file.logs.is_some() {
            return Ok(input);
        }
        let queue = DatabaseFile::open(&input).ok();
        if queue.is_some_and(|file| file.meta().queue().is_some()) {
            return Ok(input);
        }
        // What cannot be mapped, as an empty file, is told as it always is.
        Ok(MappedSource::open(&file.path).map_or(input, Self::Mapped))
    }

    /// Opens a file for a command that looks at every page of it. A queue in
    /// extents is refused: it may be all holes.
    pub(crate) fn open_whole(file: &Source) -> Result<Self, Failure> {
        let input = Self::open(file)?;
        let queue = DatabaseFile::open(&input).ok();
        let queue = queue.as_ref().and_then(|file| file.meta().queue());
        if queue.is_some_and(|queue| queue.page_ext != 0) {
            let name = input.path();
            let what = "the records of the queue are in files of their own, which only dump reads";
            return Err(Failure::Message(escaped(&format!("{name}: {what}"))));
        }
        Ok(input)
    }

    /// The name that errors give it.
    pub(crate) fn path(&self) -> &str {
        self.source().name()
    }

    /// Bytes of it.
    pub(crate) fn read(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        self.source().bytes(offset, len)
    }

    fn source(&self) -> &dyn PageSource {
        match self {
            Self::Read(source) => source,
            Self::Mapped(source) => source,
            Self::Recovered(recovered) => recovered,
        }
    }

    /// The databases in it.
    pub(crate) fn databases(&self) -> Result<DatabaseFile<&Self>, Failure> {
        Ok(DatabaseFile::open(self)?)
    }
}

impl PageSource for Input {
    fn name(&self) -> &str {
        self.source().name()
    }

    fn len(&self) -> u64 {
        self.source().len()
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        self.source().bytes(offset, len)
    }

    fn read_into(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.source().read_into(offset, into)
    }

    fn run<'a>(&'a self, offset: u64, len: usize, room: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        self.source().run(offset, len, room)
    }

    fn data(&self, offset: u64) -> Option<Range<u64>> {
        self.source().data(offset)
    }
}

/// Opens a file as it is, for reading only.
pub(crate) fn read(path: &Path) -> Result<ReadAhead<QueueExtents>, Failure> {
    let failed = |what: &str| {
        let path = path.display();
        Failure::Message(escaped(&format!("{path}: {what}")))
    };
    let cannot = |error: io::Error| failed(&format!("cannot open the file: {error}"));
    // Opening a pipe would wait for its writer, and a device has no length.
    if !fs::metadata(path).map_err(cannot)?.is_file() {
        return Err(failed("this is not a plain file"));
    }
    let source = QueueExtents::open(path).map_err(cannot)?;
    Ok(ReadAhead::new(source))
}
