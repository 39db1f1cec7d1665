//! How far a run is, shown while it goes on: on standard error, so that what is
//! printed stays as it is.
//!
//! * `bars`: the lines of a terminal that are drawn anew.
//! * `text`: the line that tells it where nothing can be drawn anew.

mod bars;
mod text;

use std::io::{IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use csmigrate::progress::Progress;
use rustix::fs::FileType;

use crate::settings::{ProgressChoice, Settings};
use bars::Bars;

/// How often bars are drawn. A run that takes no longer shows none.
const DRAWN: Duration = Duration::from_millis(100);

/// How often a line is printed where nothing can be drawn.
const PRINTED: Duration = Duration::from_secs(2);

/// What shows how far a run is. Clones show the same.
#[derive(Debug, Clone)]
pub(crate) struct Live {
    shown: Arc<Shown>,
    ticker: Arc<Mutex<Option<Ticker>>>,
}

#[derive(Debug)]
struct Shown {
    progress: Progress,
    how: How,
}

#[derive(Debug)]
enum How {
    Not,
    Drawn(Bars),
    Printed,
}

/// The thread that looks how far a run is; it ends with the sender.
#[derive(Debug)]
struct Ticker {
    until: Sender<()>,
    thread: JoinHandle<()>,
}

impl Live {
    /// Begins to show what `progress` tells, where that is wanted.
    pub(crate) fn begin(settings: &Settings, progress: Progress) -> Self {
        let can_draw = std::io::stderr().is_terminal() && !console::is_dumb();
        let how = match settings.progress {
            ProgressChoice::Never => How::Not,
            _ if settings.is_silent() => How::Not,
            ProgressChoice::Auto if is_piped() => How::Not,
            _ if can_draw => How::Drawn(Bars::new()),
            ProgressChoice::Auto => How::Not,
            ProgressChoice::Always => How::Printed,
        };
        let shown = Arc::new(Shown { progress, how });
        let ticker = Ticker::begin(&shown);
        Self {
            shown,
            ticker: Arc::new(Mutex::new(ticker)),
        }
    }

    /// Prints above what is drawn.
    pub(crate) fn above(&self, print: impl FnOnce()) {
        match &self.shown.how {
            How::Drawn(bars) => {
                // What the print is about may have changed what is drawn.
                bars.redraw(&self.shown.progress.snapshot());
                bars.above(print);
            }
            _ => print(),
        }
    }

    /// Prints one line on how far the run is, asked or not.
    pub(crate) fn tell(&self) {
        self.above(|| self.shown.print());
    }

    /// Ends: what is drawn goes, and where all is done a line stays.
    pub(crate) fn end(&self) {
        let mut ticker = self.ticker.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Ticker { until, thread }) = ticker.take() else {
            return;
        };
        drop(until);
        // It has nothing that could fail.
        let _ = thread.join();
        if let How::Drawn(bars) = &self.shown.how {
            bars.end(&self.shown.progress.snapshot());
        }
    }
}

/// Whether what is printed goes to a pipe. What reads it prints it on the same
/// terminal, as a rule, and when it does so is not known here.
fn is_piped() -> bool {
    let stdout = rustix::fs::fstat(std::io::stdout());
    stdout.is_ok_and(|stdout| FileType::from_raw_mode(stdout.st_mode) == FileType::Fifo)
}

impl Ticker {
    /// Begins, where there is anything to show and the system has a thread.
    fn begin(shown: &Arc<Shown>) -> Option<Self> {
        let every = match &shown.how {
            How::Not => return None,
            How::Drawn(_) => DRAWN,
            How::Printed => PRINTED,
        };
        let (until, asked) = channel::<()>();
        let shown = Arc::clone(shown);
        let tick = move || {
            while asked.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                match &shown.how {
                    How::Drawn(bars) => bars.draw(&shown.progress.snapshot()),
                    _ => shown.print(),
                }
            }
        };
        let thread = Builder::new().name("progress".to_owned()).spawn(tick);
        Some(Self {
            until,
            thread: thread.ok()?,
        })
    }
}

impl Shown {
    fn print(&self) {
        let line = text::state(&self.progress.snapshot());
        let _ = writeln!(std::io::stderr(), "csmigrate: {line}");
    }
}
