//! What an input may cost: the most bytes that were allocated at a time while
//! it was worked on, beyond those that were there before.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// What any input may cost: buffers of readers and writers, and the tables of
/// a run.
const FLAT: usize = 48 << 20;

/// What each byte of an input may cost beside: copies of it, records found in
/// it, what is known of its pages.
const A_BYTE: usize = 64;

/// Does `work` on an input of `len` bytes within its budget.
///
/// # Panics
/// Where it took more.
pub(crate) fn within_budget(len: usize, work: impl FnOnce()) {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    work();
    let peak = ALLOCATED.peak_usage().saturating_sub(before);
    let budget = FLAT + A_BYTE * len;
    assert!(
        peak <= budget,
        "an input of {len} bytes took {peak} bytes of memory, more than {budget}"
    );
}
