//! A sorted run in the temporary file: being written, being read.

use std::ops::Range;

use crate::error::Result;
use crate::spill::SpillFile;
use crate::write::sort::record::{Codec, Entry};

/// A run: where it is in the temporary file.
pub(super) type Run = Range<u64>;

/// A run being written, through a buffer.
#[derive(Debug)]
pub(super) struct RunWriter {
    begin: u64,
    buffer: Vec<u8>,
    full: usize,
}

impl RunWriter {
    pub(super) fn new(spill: &SpillFile, buffer: usize) -> Self {
        Self {
            begin: spill.len(),
            buffer: Vec::with_capacity(buffer),
            full: buffer,
        }
    }

    /// Adds an encoded record.
    pub(super) fn push(&mut self, spill: &mut SpillFile, record: &[u8]) -> Result<()> {
        if self.buffer.len().saturating_add(record.len()) > self.full {
            self.flush(spill)?;
        }
        self.buffer.extend_from_slice(record);
        Ok(())
    }

    pub(super) fn finish(mut self, spill: &mut SpillFile) -> Result<Run> {
        self.flush(spill)?;
        Ok(self.begin..spill.len())
    }

    fn flush(&mut self, spill: &mut SpillFile) -> Result<()> {
        if !self.buffer.is_empty() {
            spill.append(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }
}

/// A run being read, through a buffer that holds the current record whole.
#[derive(Debug)]
pub(super) struct RunReader {
    codec: Codec,
    /// What is not in the buffer yet.
    rest: Run,
    buffer: Vec<u8>,
    /// Bytes of the buffer that are filled.
    filled: usize,
    /// The current record.
    current: Range<usize>,
}

impl RunReader {
    /// A reader that stands before the first record.
    pub(super) fn new(codec: Codec, run: Run, buffer: usize) -> Self {
        Self {
            codec,
            rest: run,
            buffer: vec![0; buffer],
            filled: 0,
            current: 0..0,
        }
    }

    /// Goes to the next record; false at the end.
    pub(super) fn advance(&mut self, spill: &SpillFile) -> Result<bool> {
        let mut start = self.current.end;
        let mut size = self.whole_at(start);
        if size.is_none() && !self.rest.is_empty() {
            self.refill(spill, start)?;
            start = 0;
            size = self.whole_at(start);
        }
        match size {
            Some(size) => {
                self.current = start..start.saturating_add(size);
                Ok(true)
            }
            None if start >= self.filled && self.rest.is_empty() => Ok(false),
            None => Err(spill.changed(self.rest.start)),
        }
    }

    /// The current record.
    #[inline]
    pub(super) fn entry(&self) -> Entry<'_> {
        self.codec.entry(self.encoded()).unwrap_or_default()
    }

    /// The bytes of the current record.
    #[inline]
    pub(super) fn encoded(&self) -> &[u8] {
        self.buffer.get(self.current.clone()).unwrap_or_default()
    }

    /// The size of the record at `start` if all of it is in the buffer.
    #[inline]
    fn whole_at(&self, start: usize) -> Option<usize> {
        let bytes = self.buffer.get(start..self.filled)?;
        let size = self.codec.size_at(bytes)?;
        (size <= bytes.len()).then_some(size)
    }

    /// Moves what is left from `start` to the front and fills up behind it.
    fn refill(&mut self, spill: &SpillFile, start: usize) -> Result<()> {
        self.buffer.copy_within(start..self.filled, 0);
        self.filled = self.filled.saturating_sub(start);
        let rest = self.rest.end.saturating_sub(self.rest.start);
        let rest = usize::try_from(rest).unwrap_or(usize::MAX);
        let place = self.buffer.get_mut(self.filled..).unwrap_or_default();
        let len = rest.min(place.len());
        spill.read(self.rest.start, place.get_mut(..len).unwrap_or_default())?;
        self.rest.start = self.rest.start.saturating_add(len as u64);
        self.filled = self.filled.saturating_add(len);
        Ok(())
    }
}
