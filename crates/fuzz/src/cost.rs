//! What an input may cost: memory beyond what was in use before, and time of
//! the processor.

use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Bytes that any input may take: buffers of readers and writers, and the
/// tables of a run.
const FLAT: usize = 48 << 20;

/// Bytes that each byte of an input may take beside: copies of it, records
/// found in it, what is known of its pages.
const A_BYTE: usize = 64;

/// Seconds of the processor that an input may take where the engine runs it.
/// What else the machine does is not counted.
const SECONDS: i64 = 1;

/// Does `work` on an input of `len` bytes within its budget.
///
/// # Panics
/// Where it took more.
pub(crate) fn within_budget(len: usize, work: impl FnOnce()) {
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    let began = processor_time();
    work();
    let spent = processor_time() - began;
    let peak = ALLOCATED.peak_usage().saturating_sub(before);
    let budget = FLAT + A_BYTE * len;
    assert!(
        peak <= budget,
        "an input of {len} bytes took {peak} bytes of memory, more than {budget}"
    );
    assert!(
        cfg!(not(feature = "engine")) || spent <= SECONDS * 1_000_000_000,
        "an input of {len} bytes took {spent} ns, more than {SECONDS} s"
    );
}

/// Nanoseconds that all threads of the process have spent.
fn processor_time() -> i64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}
