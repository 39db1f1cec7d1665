//! Temporary files: what does not fit in memory is put there, and read again.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};

/// Where a temporary file comes from.
#[derive(Clone)]
pub enum SpillPlace {
    /// A file without a name in this directory: nothing is left of it, however
    /// the process ends.
    Directory(PathBuf),
    /// A file that the caller makes: empty, open for reading and writing.
    Made {
        /// What errors call it.
        name: String,
        /// Makes it; called when it is needed, at most once.
        make: Arc<dyn Fn() -> io::Result<File> + Send + Sync>,
    },
}

impl SpillPlace {
    /// What errors call the file.
    fn name(&self) -> String {
        match self {
            Self::Directory(dir) => format!("temporary file in {}", dir.display()),
            Self::Made { name, .. } => name.clone(),
        }
    }

    fn make(&self) -> io::Result<File> {
        match self {
            Self::Directory(dir) => tempfile::tempfile_in(dir),
            Self::Made { make, .. } => make(),
        }
    }
}

impl fmt::Debug for SpillPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}

/// A temporary file. It is made when something is first written to it, and it
/// goes when this is dropped. Several threads may write and read.
#[derive(Debug)]
pub struct SpillFile {
    place: SpillPlace,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    file: Option<Arc<File>>,
    len: u64,
}

impl SpillFile {
    /// A file that is not made yet.
    pub fn new(place: SpillPlace) -> Self {
        Self {
            place,
            inner: Mutex::default(),
        }
    }

    /// Bytes written so far.
    pub fn len(&self) -> u64 {
        self.inner().len
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Writes `bytes` at the end; gives the place where they begin.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file can't be made or written. What was to be
    /// written is not there then.
    pub fn append(&self, bytes: &[u8]) -> Result<u64> {
        let (file, at) = self.room(bytes.len() as u64)?;
        file.write_all_at(bytes, at).map_err(|source| {
            self.failed(format!("write {} bytes at {at}", bytes.len()), source)
        })?;
        Ok(at)
    }

    /// Writes `bytes` in the place of as many that were written before.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file can't be written.
    pub fn replace(&self, at: u64, bytes: &[u8]) -> Result<()> {
        let file = self.inner().file.clone();
        let written = match file {
            Some(file) => file.write_all_at(bytes, at),
            None => Err(io::ErrorKind::NotFound.into()),
        };
        written
            .map_err(|source| self.failed(format!("write {} bytes at {at}", bytes.len()), source))
    }

    /// Fills `bytes` from a place.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if the file can't be read, or ends before.
    pub fn read(&self, at: u64, bytes: &mut [u8]) -> Result<()> {
        let file = self.inner().file.clone();
        let read = match file {
            Some(file) => file.read_exact_at(bytes, at),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        };
        read.map_err(|source| self.failed(format!("read {} bytes at {at}", bytes.len()), source))
    }

    /// The error for bytes that were written and do not come back as such.
    pub fn changed(&self, at: u64) -> Error {
        self.failed(
            format!("make sense of the record at {at}"),
            io::ErrorKind::InvalidData.into(),
        )
    }

    /// Takes so many bytes at the end, and makes the file if there is none.
    fn room(&self, bytes: u64) -> Result<(Arc<File>, u64)> {
        let mut inner = self.inner();
        let file = if let Some(file) = &inner.file {
            Arc::clone(file)
        } else {
            let made = self.place.make();
            let made = made.map_err(|source| self.failed("create it".to_owned(), source))?;
            Arc::clone(inner.file.insert(Arc::new(made)))
        };
        let at = inner.len;
        inner.len = at.saturating_add(bytes);
        Ok((file, at))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing is done under the lock that leaves it half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, action: String, source: io::Error) -> Error {
        Error::Io {
            file: self.place.name(),
            action,
            source,
        }
    }
}
