//! The command `csmigrate`: options, log files, what is printed, exit status.
//! All that is done to a store is done by the library of the same name.

// As in `bdbfile`: nothing that a store says may end in a panic.
#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::exit,
        clippy::expect_used,
        clippy::get_unwrap,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::panic_in_result_fn,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_in_result,
        clippy::unwrap_used
    )
)]

mod export;
mod flags;
mod inspect;
mod json;
mod logs;
mod manual;
mod paint;
mod progress;
mod recovery;
mod report;
mod screen;
mod settings;
mod signals;
mod table;

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use csmigrate::observer::Event;
use csmigrate::progress::Progress;

use crate::logs::Logs;
use crate::progress::Live;
use crate::report::Reporter;
use crate::screen::Screen;
use crate::settings::{Command, Settings};
use csmigrate::bdbfile::escape::escaped;

/// The only status besides 0 that the product's guide documents.
const FAILURE: u8 = 255;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(messages)) => {
            for message in &messages {
                screen::error(message);
            }
            ExitCode::from(FAILURE)
        }
    }
}

/// Why the command failed: a line for the administrator each.
struct Failure(Vec<String>);

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self(vec![message])
    }
}

impl From<csmigrate::Error> for Failure {
    fn from(error: csmigrate::Error) -> Self {
        let each = error.all().iter();
        Self(each.map(|error| escaped(&error.to_string())).collect())
    }
}

/// Does what the arguments ask. What is told of a failure is in the logs too,
/// as far as there are any.
fn run(args: &[OsString]) -> Result<(), Failure> {
    // Before anything is written.
    let stop = signals::stop_flag();
    let settings = match settings::read(args)? {
        Command::Usage => {
            screen::print(&flags::usage());
            return Ok(());
        }
        Command::Version => {
            screen::print(&flags::version());
            return Ok(());
        }
        Command::Generate(form) => {
            screen::print(&manual::program().generate(form));
            return Ok(());
        }
        Command::Inspect(settings) => return Ok(inspect::run(&settings)?),
        Command::Export(settings) => return export::run(&settings, stop),
        Command::Migrate(settings) => settings,
    };
    let mut logs = Logs::open(&settings)?;
    logs.begin(args);
    let mut report = Reporter::begin(&settings, args);
    let mut told = false;
    let done = match &mut report {
        Ok(report) => migrate(&settings, &mut logs, report, stop, &mut told).map_err(Failure::from),
        Err(message) => Err(Failure::from(message.clone())),
    };
    if let Err(Failure(messages)) = &done
        && !told
    {
        logs.errors(messages);
    }
    let of_report = report.map_or_else(|_| Vec::new(), |report| report.trouble());
    for trouble in logs.trouble().into_iter().chain(of_report) {
        screen::error(&trouble);
    }
    done
}

/// Migrates; `told` becomes whether the logs have their last lines already.
fn migrate(
    settings: &Settings,
    logs: &mut Logs,
    report: &mut Reporter<'_>,
    stop: Arc<AtomicUsize>,
    told: &mut bool,
) -> Result<(), csmigrate::Error> {
    let progress = Progress::default();
    let live = Live::begin(settings, progress.clone());
    let teller = live.clone();
    signals::when_asked(move || teller.tell());
    let mut screen = Screen::new(settings, live.clone());
    screen.begin(settings);
    let mut observer = |event: Event<'_>| {
        screen.event(&event);
        logs.event(&event);
        report.event(&event);
        if let Event::Completed(done) = event {
            live.end();
            screen.end(done, settings);
            match done.losses() {
                None => logs.end(),
                Some(losses) => {
                    let Failure(messages) = losses.into();
                    logs.errors(&messages);
                }
            }
            *told = true;
        }
    };
    let migration = settings.migration.clone();
    let migration = migration.stop_when(stop).progress(progress);
    let done = if settings.dry_run {
        migration.dry_run(&mut observer)
    } else {
        migration.run(&mut observer)
    };
    live.end();
    let done = done.map(drop);
    report.end(done.as_ref().copied());
    done
}
