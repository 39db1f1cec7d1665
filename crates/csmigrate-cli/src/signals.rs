//! Signals: those that ask a program to end make a run clear up and end by
//! itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::flag;

/// A number that becomes that of the signal which asked the run to stop.
///
/// Signals that were ignored when the program began, as by `nohup`, stay so. A
/// file that would grow beyond what the system allows is an error where it is
/// written, and does not end the program.
pub(crate) fn stop_flag() -> Arc<AtomicUsize> {
    let asked = Arc::new(AtomicUsize::new(0));
    let ignored = ignored();
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        let Ok(number) = usize::try_from(signal) else {
            continue;
        };
        let mark = u32::try_from(number.saturating_sub(1)).ok();
        let Some(mark) = mark.and_then(|at| 1_u64.checked_shl(at)) else {
            continue;
        };
        if ignored & mark == 0 {
            // Not registered, it ends the program as it did before.
            let _ = flag::register_usize(signal, Arc::clone(&asked), number);
        }
    }
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    asked
}

/// The signals that are ignored, a bit each, where the system tells.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or_default()
}
