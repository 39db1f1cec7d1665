//! Several runs into one stream.

use std::cmp::Ordering;

use crate::error::Result;
use crate::spill::SpillFile;
use crate::write::sort::budget::Plan;
use crate::write::sort::compare::{self, SortOrder};
use crate::write::sort::record::{Codec, Entry};
use crate::write::sort::run::{Run, RunReader, RunWriter};

/// A merge of runs that were written one after the other: of equal records the
/// one of the earlier run comes first.
#[derive(Debug)]
pub(super) struct Merge {
    order: SortOrder,
    codec: Codec,
    /// Bytes of the buffer of each run.
    buffer: usize,
    readers: Vec<RunReader>,
    /// The readers that are not at their end, as a heap: the one whose record
    /// comes first is at the top.
    heap: Vec<usize>,
    /// Whether the record at the top was given out.
    taken: bool,
}

impl Merge {
    /// A merge of nothing.
    pub(super) fn new(order: SortOrder, codec: Codec, buffer: usize) -> Self {
        Self {
            order,
            codec,
            buffer,
            readers: Vec::new(),
            heap: Vec::new(),
            taken: false,
        }
    }

    /// Begins with the first records of some runs.
    pub(super) fn begin(&mut self, spill: &SpillFile, runs: &[Run]) -> Result<()> {
        self.readers.clear();
        self.heap.clear();
        self.taken = false;
        for (index, run) in runs.iter().enumerate() {
            let mut reader = RunReader::new(self.codec, run.clone(), self.buffer);
            if reader.advance(spill)? {
                self.heap.push(index);
            }
            self.readers.push(reader);
        }
        for place in (0..self.heap.len() / 2).rev() {
            self.sift(spill, place)?;
        }
        Ok(())
    }

    /// Goes to the next record; false at the end.
    pub(super) fn advance(&mut self, spill: &SpillFile) -> Result<bool> {
        if self.taken
            && let Some(top) = self.heap.first().copied()
            && let Some(reader) = self.readers.get_mut(top)
        {
            if !reader.advance(spill)? {
                self.heap.swap_remove(0);
            }
            self.sift(spill, 0)?;
        }
        self.taken = true;
        Ok(!self.heap.is_empty())
    }

    /// The current record.
    pub(super) fn entry(&self) -> Entry<'_> {
        self.top().map(RunReader::entry).unwrap_or_default()
    }

    fn top(&self) -> Option<&RunReader> {
        self.readers.get(*self.heap.first()?)
    }

    /// Moves a heap's element down to where it belongs.
    fn sift(&mut self, spill: &SpillFile, place: usize) -> Result<()> {
        let mut place = place;
        loop {
            let mut first = place;
            let left = place.saturating_mul(2).saturating_add(1);
            for child in [left, left.saturating_add(1)] {
                if child < self.heap.len() && self.precedes(spill, child, first)? {
                    first = child;
                }
            }
            if first == place {
                return Ok(());
            }
            self.heap.swap(place, first);
            place = first;
        }
    }

    fn precedes(&self, spill: &SpillFile, left: usize, right: usize) -> Result<bool> {
        let reader = |place: usize| {
            let index = self.heap.get(place).copied().unwrap_or_default();
            Some((index, self.readers.get(index)?.entry()))
        };
        let (Some(left), Some(right)) = (reader(left), reader(right)) else {
            return Ok(false);
        };
        let records = compare::entries(self.order, spill, &left.1, &right.1)?;
        Ok(records.then(left.0.cmp(&right.0)) == Ordering::Less)
    }
}

/// Merges runs with each other until they are few enough to be merged at once.
/// Only neighbours are merged, and no more than must be.
pub(super) fn reduce(
    spill: &mut SpillFile,
    order: SortOrder,
    codec: Codec,
    plan: &Plan,
    runs: Vec<Run>,
) -> Result<Vec<Run>> {
    let mut runs = runs;
    while runs.len() > plan.fan_in {
        let mut excess = runs.len().saturating_sub(plan.fan_in);
        let mut fewer = Vec::with_capacity(plan.fan_in);
        let mut rest = runs.as_slice();
        while let Some((first, others)) = rest.split_first() {
            let (group, behind) = rest
                .split_at_checked(plan.fan_in.min(excess.saturating_add(1)))
                .unwrap_or((rest, &[]));
            if let [_, _, ..] = group {
                fewer.push(write_merged(spill, order, codec, plan, group)?);
                excess = excess.saturating_sub(group.len().saturating_sub(1));
                rest = behind;
            } else {
                fewer.push(first.clone());
                rest = others;
            }
        }
        runs = fewer;
    }
    Ok(runs)
}

/// Merges runs into a new one.
fn write_merged(
    spill: &mut SpillFile,
    order: SortOrder,
    codec: Codec,
    plan: &Plan,
    runs: &[Run],
) -> Result<Run> {
    let mut merge = Merge::new(order, codec, plan.buffer);
    merge.begin(spill, runs)?;
    let mut writer = RunWriter::new(spill, plan.buffer);
    while merge.advance(spill)? {
        let record = merge.top().map(RunReader::encoded).unwrap_or_default();
        writer.push(spill, record)?;
    }
    writer.finish(spill)
}
