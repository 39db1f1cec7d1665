//! Lines at the bottom of a terminal that are drawn anew: one for each file
//! that is being worked on, and the total.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use console::Term;
use csmigrate::bdbfile::escape::escaped;
use csmigrate::progress::{Snapshot, WorkingFile};
use indicatif::{
    BinaryBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike,
};

use super::text;

/// Before it is known how much there is to do.
const LOOKING: &str = "{prefix:8} {elapsed}";
const FILE: &str = "{prefix:8} {wide_msg}";
const TOTAL: &str = "total    {msg} [{wide_bar}] {binary_bytes} of {binary_total_bytes}, {binary_bytes_per_sec}, {eta} left";
const SHORT_TOTAL: &str = "total    {msg}, {eta} left";
/// Columns that the total needs.
const WIDE: u16 = 80;
/// Times a second.
const RATE: u8 = 10;

/// The lines.
#[derive(Debug)]
pub(super) struct Bars {
    lines: MultiProgress,
    drawn: Mutex<Drawn>,
}

#[derive(Debug, Default)]
struct Drawn {
    /// The last line, with its template.
    total: Option<(ProgressBar, &'static str)>,
    files: BTreeMap<OsString, ProgressBar>,
}

impl Bars {
    /// No lines yet.
    pub(super) fn new() -> Self {
        let target = Unfailing(Term::buffered_stderr());
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(target), RATE);
        Self {
            lines: MultiProgress::with_draw_target(target),
            drawn: Mutex::default(),
        }
    }

    /// Prints above the lines.
    pub(super) fn above(&self, print: impl FnOnce()) {
        self.lines.suspend(print);
    }

    /// Draws what is.
    pub(super) fn draw(&self, now: &Snapshot) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.total(&self.lines, now);
        drawn.files(&self.lines, now);
    }

    /// Draws what is, if any lines are drawn.
    pub(super) fn redraw(&self, now: &Snapshot) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.total.is_some() {
            drawn.total(&self.lines, now);
            drawn.files(&self.lines, now);
        }
    }

    /// Removes the lines. Where all is done, and any were drawn, a line tells
    /// how it went.
    pub(super) fn end(&self, now: &Snapshot) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let was_drawn = drawn.total.is_some();
        *drawn = Drawn::default();
        let _ = self.lines.clear();
        if was_drawn && now.finished {
            let _ = writeln!(io::stderr(), "{}", outcome(now));
        }
    }
}

impl Drawn {
    fn total(&mut self, lines: &MultiProgress, now: &Snapshot) {
        let template = match now.whole {
            0 => LOOKING,
            _ if Term::stderr().size().1 < WIDE => SHORT_TOTAL,
            _ => TOTAL,
        };
        // The rate is reckoned from when it is known what there is to do.
        let is_planned = |template| template != LOOKING;
        if let Some((line, before)) = &self.total
            && is_planned(*before) != is_planned(template)
        {
            lines.remove(line);
            self.total = None;
        }
        let percent = format!("{:>3} %", text::percent(now));
        let (line, before) = self.total.get_or_insert_with(|| {
            let line = ProgressBar::new(now.store_bytes)
                .with_style(style(template))
                .with_prefix(now.step.name())
                .with_message(percent.clone());
            (lines.add(line), template)
        });
        if *before != template {
            *before = template;
            line.set_style(style(template));
        }
        line.set_prefix(now.step.name());
        line.set_message(percent);
        line.set_position(text::part_of(now.store_bytes, now));
        line.tick();
    }

    fn files(&mut self, lines: &MultiProgress, now: &Snapshot) {
        let is_there = |name: &OsString| now.working.iter().any(|file| file.name == *name);
        self.files.retain(|name, line| {
            let keep = is_there(name);
            if !keep {
                lines.remove(line);
            }
            keep
        });
        for file in &now.working {
            let line = self.files.entry(file.name.clone()).or_insert_with(|| {
                let line = ProgressBar::no_length()
                    .with_style(style(FILE))
                    .with_prefix(now.step.name())
                    .with_message(message(file));
                lines.insert_from_back(1, line)
            });
            line.set_prefix(now.step.name());
            line.set_message(message(file));
            line.tick();
        }
    }
}

/// A file, and how much of it is done.
fn message(file: &WorkingFile) -> String {
    let name = escaped(&file.name.display().to_string());
    let bytes = BinaryBytes(file.bytes);
    match file.bytes_done {
        0 => format!("{name}  {bytes}"),
        done => format!("{name}  {} of {bytes}", BinaryBytes(done)),
    }
}

/// The line that stays.
fn outcome(now: &Snapshot) -> String {
    let seconds = now.elapsed.as_secs_f64();
    let bytes = BinaryBytes(now.store_bytes);
    format!(
        "total    {:>3} % {bytes} in {seconds:.1} s",
        text::percent(now)
    )
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template)
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
        .progress_chars("=> ")
}

/// A terminal that may go away: then nothing is drawn any more, and the run
/// goes on.
#[derive(Debug)]
struct Unfailing(Term);

/// What could not be drawn is not missed.
#[expect(clippy::unnecessary_wraps, reason = "as the trait has it")]
fn drawn(_: io::Result<()>) -> io::Result<()> {
    Ok(())
}

impl TermLike for Unfailing {
    fn width(&self) -> u16 {
        self.0.size().1
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        drawn(self.0.move_cursor_up(lines))
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        drawn(self.0.move_cursor_down(lines))
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        drawn(self.0.move_cursor_right(columns))
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        drawn(self.0.move_cursor_left(columns))
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        drawn(self.0.write_line(line))
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        drawn(self.0.write_str(text))
    }

    fn clear_line(&self) -> io::Result<()> {
        drawn(self.0.clear_line())
    }

    fn flush(&self) -> io::Result<()> {
        drawn(self.0.flush())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read() {
        for template in [LOOKING, FILE, TOTAL, SHORT_TOTAL] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
