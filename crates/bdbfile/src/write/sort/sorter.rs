//! Takes records in.

use crate::error::{Error, Result};
use crate::spill::SpillFile;
use crate::spill::SpillPlace;
use crate::write::sort::arena::Arena;
use crate::write::sort::budget::{Plan, SortBudget};
use crate::write::sort::compare::SortOrder;
use crate::write::sort::index::{self, Index};
use crate::write::sort::merge::{self, Merge};
use crate::write::sort::record::{Codec, Entry, Field, PARKED_HEAD};
use crate::write::sort::run::{Run, RunWriter};
use crate::write::sort::sorted::{Sorted, Source};

/// Sorts records by rank, then by key, bytewise with the shorter first, then
/// as its [`SortOrder`] says, then by the order they came in.
///
/// ```
/// use bdbfile::write::{SortBudget, SortOrder, Sorter};
///
/// let mut sorter = Sorter::new(SortOrder::Keys, &SortBudget::default());
/// sorter.push(0, b"smith", b"second")?;
/// sorter.push(0, b"jones", b"first")?;
/// let mut sorted = sorter.finish()?;
/// let first = sorted.next()?.map(|record| record.key.to_vec());
/// assert_eq!(first, Some(b"jones".to_vec()));
/// # Ok::<(), bdbfile::Error>(())
/// ```
#[derive(Debug)]
pub struct Sorter {
    order: SortOrder,
    plan: Plan,
    codec: Codec,
    arena: Arena,
    spill: SpillFile,
    runs: Vec<Run>,
    records: u64,
    bytes: u64,
}

impl Sorter {
    /// A sorter with nothing in it.
    pub fn new(order: SortOrder, budget: &SortBudget) -> Self {
        Self::with_plan(order, Plan::new(budget.bytes), budget.spill.clone())
    }

    pub(super) fn with_plan(order: SortOrder, plan: Plan, spill: SpillPlace) -> Self {
        let codec = Codec { park: plan.park };
        Self {
            order,
            plan,
            codec,
            arena: Arena::new(codec, plan.buffer),
            spill: SpillFile::new(spill),
            runs: Vec::new(),
            records: 0,
            bytes: 0,
        }
    }

    /// Records taken in.
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Bytes of their keys and values.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes a record in.
    ///
    /// # Errors
    /// [`Error::Io`] when the temporary file cannot be made or written.
    pub fn push(&mut self, rank: u32, key: &[u8], value: &[u8]) -> Result<()> {
        let entry = Entry {
            rank,
            key: self.field(key)?,
            value: self.field(value)?,
        };
        let size = self.codec.size(key.len(), value.len());
        let records = self.arena.records().saturating_add(1);
        let index = records.saturating_mul(index::ENTRY);
        let arena = self.arena.bytes_with(size);
        let all = arena.map(|arena| arena.saturating_add(index));
        if self.arena.records() > 0 && all.is_none_or(|all| all > self.plan.run) {
            self.spill_run()?;
        }
        self.arena.push(&entry, size);
        self.records = self.records.saturating_add(1);
        self.bytes = self.bytes.saturating_add(key.len() as u64);
        self.bytes = self.bytes.saturating_add(value.len() as u64);
        Ok(())
    }

    /// Sorts what was taken in.
    ///
    /// # Errors
    /// [`Error::Io`] when the temporary file cannot be written or read.
    pub fn finish(mut self) -> Result<Sorted> {
        let source = if self.runs.is_empty() {
            let index = Index::new(&self.arena, self.order, &self.spill)?;
            Source::Memory {
                arena: self.arena,
                index,
                next: 0,
            }
        } else {
            self.spill_run()?;
            // The buffers of the merge take the place of the arena.
            drop(self.arena);
            let spill = &mut self.spill;
            let runs = merge::reduce(spill, self.order, self.codec, &self.plan, self.runs)?;
            let mut merge = Merge::new(self.order, self.codec, self.plan.buffer);
            merge.begin(spill, &runs)?;
            Source::Runs { merge, runs }
        };
        Ok(Sorted::new(source, self.spill, self.records, self.bytes))
    }

    /// An item, parked if it is long.
    fn field<'a>(&mut self, bytes: &'a [u8]) -> Result<Field<'a>> {
        let len = u32::try_from(bytes.len()).map_err(|_| Error::Limit {
            file: "a sort".to_owned(),
            what: "the length of an item",
            limit: u64::from(u32::MAX),
        })?;
        if bytes.len() <= self.plan.park {
            return Ok(Field {
                len,
                head: bytes,
                parked: None,
            });
        }
        Ok(Field {
            len,
            head: bytes.get(..PARKED_HEAD).unwrap_or_default(),
            parked: Some(self.spill.append(bytes)?),
        })
    }

    /// Writes the records in memory as a run.
    fn spill_run(&mut self) -> Result<()> {
        let index = Index::new(&self.arena, self.order, &self.spill)?;
        let mut writer = RunWriter::new(&self.spill, self.plan.buffer);
        for slot in index.slots() {
            writer.push(&mut self.spill, self.arena.encoded(slot))?;
        }
        self.runs.push(writer.finish(&mut self.spill)?);
        self.arena.clear();
        Ok(())
    }
}
