//! The temporary file of a sort.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::error::{Error, Result};
use crate::write::sort::budget::SpillPlace;

/// The temporary file. It is made when something is first written to it, and
/// it goes when this is dropped.
#[derive(Debug)]
pub(super) struct Spill {
    place: SpillPlace,
    file: Option<File>,
    len: u64,
}

impl Spill {
    pub(super) fn new(place: SpillPlace) -> Self {
        Self {
            place,
            file: None,
            len: 0,
        }
    }

    /// Bytes written so far.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Writes `bytes` at the end; gives the place where they begin.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<u64> {
        let at = self.len;
        if self.file.is_none() {
            let made = self.place.make();
            let made = made.map_err(|source| self.failed("create it".to_owned(), source))?;
            self.file = Some(made);
        }
        let written = match &self.file {
            Some(file) => file.write_all_at(bytes, at),
            None => Ok(()),
        };
        written.map_err(|source| {
            self.failed(format!("write {} bytes at {at}", bytes.len()), source)
        })?;
        self.len += bytes.len() as u64;
        Ok(at)
    }

    /// Fills `bytes` from a place.
    pub(super) fn read(&self, at: u64, bytes: &mut [u8]) -> Result<()> {
        let read = match &self.file {
            Some(file) => file.read_exact_at(bytes, at),
            None => Err(io::ErrorKind::UnexpectedEof.into()),
        };
        read.map_err(|source| self.failed(format!("read {} bytes at {at}", bytes.len()), source))
    }

    /// The error for bytes that were written and do not come back as such.
    pub(super) fn changed(&self, at: u64) -> Error {
        self.failed(
            format!("make sense of the record at {at}"),
            io::ErrorKind::InvalidData.into(),
        )
    }

    fn failed(&self, action: String, source: io::Error) -> Error {
        Error::Io {
            file: self.place.name(),
            action,
            source,
        }
    }
}
