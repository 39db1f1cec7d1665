//! Gives sorted records out.

use crate::error::Result;
use crate::spill::SpillFile;
use crate::write::sort::arena::Arena;
use crate::write::sort::index::Index;
use crate::write::sort::merge::Merge;
use crate::write::sort::record::{Entry, Field};
use crate::write::sort::run::Run;

/// Sorted records, one at a time.
#[derive(Debug)]
pub struct Sorted {
    source: Source,
    spill: SpillFile,
    records: u64,
    bytes: u64,
    /// The current record's items, where they were parked.
    key: Vec<u8>,
    value: Vec<u8>,
}

/// Where the records are.
#[derive(Debug)]
pub(super) enum Source {
    Memory {
        arena: Arena,
        index: Index,
        next: usize,
    },
    Runs {
        merge: Merge,
        runs: Vec<Run>,
    },
}

/// A record given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SortedRecord<'a> {
    /// Its rank.
    pub rank: u32,
    /// Its key.
    pub key: &'a [u8],
    /// Its value.
    pub value: &'a [u8],
}

impl Sorted {
    pub(super) fn new(source: Source, spill: SpillFile, records: u64, bytes: u64) -> Self {
        Self {
            source,
            spill,
            records,
            bytes,
            key: Vec::new(),
            value: Vec::new(),
        }
    }

    /// Records in all.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Bytes of their keys and values.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Goes back to before the first record.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the temporary file cannot be read.
    pub fn rewind(&mut self) -> Result<()> {
        match &mut self.source {
            Source::Memory { next, .. } => *next = 0,
            Source::Runs { merge, runs } => merge.begin(&self.spill, runs)?,
        }
        Ok(())
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// [`Error::Io`](crate::Error::Io) when the temporary file cannot be read.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<SortedRecord<'_>>> {
        let entry = match &mut self.source {
            Source::Memory { arena, index, next } => {
                let Some(slot) = index.get(*next) else {
                    return Ok(None);
                };
                *next = next.saturating_add(1);
                arena.entry(slot)
            }
            Source::Runs { merge, .. } => {
                if !merge.advance(&self.spill)? {
                    return Ok(None);
                }
                merge.entry()
            }
        };
        let Entry { rank, key, value } = entry;
        Ok(Some(SortedRecord {
            rank,
            key: whole(&self.spill, key, &mut self.key)?,
            value: whole(&self.spill, value, &mut self.value)?,
        }))
    }
}

/// All bytes of an item.
fn whole<'a>(spill: &SpillFile, field: Field<'a>, buffer: &'a mut Vec<u8>) -> Result<&'a [u8]> {
    let Some(place) = field.parked else {
        return Ok(field.head);
    };
    buffer.clear();
    buffer.resize(field.len as usize, 0);
    spill.read(place, buffer)?;
    Ok(buffer)
}
