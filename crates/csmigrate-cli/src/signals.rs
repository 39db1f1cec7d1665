//! Signals: those that ask a program to end make a run clear up and end by
//! itself; `USR1` makes it tell how far it is.

use std::io::Read;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::thread::Builder;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1, SIGXFSZ};
use signal_hook::flag;
use signal_hook::low_level::pipe;

/// A number that becomes that of the signal which asked the run to stop.
///
/// Signals that were ignored when the program began, as by `nohup`, stay so. A
/// file that would grow beyond what the system allows is an error where it is
/// written, and does not end the program.
pub(crate) fn stop_flag() -> Arc<AtomicUsize> {
    let asked = Arc::new(AtomicUsize::new(0));
    let ignored = Ignored::now();
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        let Ok(number) = usize::try_from(signal) else {
            continue;
        };
        if !ignored.has(signal) {
            // Not registered, it ends the program as it did before.
            let _ = flag::register_usize(signal, Arc::clone(&asked), number);
        }
    }
    let _ = flag::register(SIGXFSZ, Arc::new(AtomicBool::new(false)));
    asked
}

/// Has `tell` called, on a thread of its own, each time that `USR1` comes. Where
/// that cannot be done, or the signal is ignored, it is left as it is.
pub(crate) fn when_asked(tell: impl Fn() + Send + 'static) {
    if Ignored::now().has(SIGUSR1) {
        return;
    }
    let Ok((mut asked, asking)) = UnixStream::pair() else {
        return;
    };
    let wait = move || {
        // Several that come at once are answered once.
        while asked.read(&mut [0; 64]).is_ok_and(|len| len > 0) {
            tell();
        }
    };
    let waiting = Builder::new().name("state".to_owned()).spawn(wait);
    if waiting.is_ok() {
        let _ = pipe::register(SIGUSR1, asking);
    }
}

/// The signals that are ignored, a bit each, where the system tells.
struct Ignored(u64);

impl Ignored {
    fn now() -> Self {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        Self(mask.unwrap_or_default())
    }

    fn has(&self, signal: i32) -> bool {
        let at = u32::try_from(signal.saturating_sub(1)).ok();
        let mark = at.and_then(|at| 1_u64.checked_shl(at));
        self.0 & mark.unwrap_or_default() != 0
    }
}
