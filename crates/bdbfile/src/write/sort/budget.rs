//! How much memory a sort may use, where its temporary file is, and what
//! follows for its buffers.

use crate::spill::SpillPlace;
use crate::write::sort::record::{self, PARKED_HEAD};

/// What a sort may use.
#[derive(Debug, Clone)]
pub struct SortBudget {
    /// Bytes of memory, beside the longest key and the longest value. Less
    /// than 64 KiB counts as 64 KiB.
    pub bytes: usize,
    /// Where the temporary file is, if one is needed.
    pub spill: SpillPlace,
}

impl Default for SortBudget {
    /// 256 MiB, and the system's directory for temporary files.
    fn default() -> Self {
        Self {
            bytes: 256 << 20,
            spill: SpillPlace::Directory(std::env::temp_dir()),
        }
    }
}

/// The least that is worth a sort.
const LEAST: usize = 64 << 10;
/// A budget is divided into about this many buffers.
const BUFFERS: usize = 64;
/// Buffers longer than this read and write no faster.
const LONGEST_BUFFER: usize = 1 << 20;

/// The sizes that follow from a budget.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    /// Bytes in memory before they are spilled as a run: records and the index
    /// over them.
    pub(super) run: usize,
    /// Bytes of one buffer, and of one piece of the arena.
    pub(super) buffer: usize,
    /// Runs that are merged at once.
    pub(super) fan_in: usize,
    /// Items longer than this are parked.
    pub(super) park: usize,
}

impl Plan {
    pub(super) fn new(bytes: usize) -> Self {
        let bytes = bytes.max(LEAST);
        let ideal = (bytes / BUFFERS).min(LONGEST_BUFFER);
        let shift = ideal.max(1).ilog2();
        let buffer = 1_usize << shift;
        Self {
            // One buffer is for writing the run.
            run: bytes.saturating_sub(buffer),
            buffer,
            fan_in: (bytes >> shift).saturating_sub(1).max(2),
            // A key and a value of this length fit half a buffer.
            park: (buffer / 4).saturating_sub(record::HEADER).max(PARKED_HEAD),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Plan;

    #[test]
    fn buffers_fit_the_budget() {
        for bytes in [0, 1, 100_000, 1 << 20, 5_000_000, 256 << 20, 1 << 34] {
            let plan = Plan::new(bytes);
            let budget = bytes.max(64 << 10);
            assert!(plan.buffer.is_power_of_two());
            assert!(plan.run + plan.buffer <= budget);
            assert!((plan.fan_in + 1) * plan.buffer <= budget);
            assert!(plan.fan_in >= 32, "{plan:?}");
            assert!(2 * plan.park <= plan.buffer / 2);
        }
        let usual = Plan::new(256 << 20);
        assert_eq!((usual.buffer, usual.fan_in), (1 << 20, 255));
    }
}
