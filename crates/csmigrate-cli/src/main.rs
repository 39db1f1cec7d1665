//! The command `csmigrate`: options, log files, what is printed, exit status.
//! All that is done to a store is done by the library of the same name.

mod escape;
mod flags;
mod inspect;
mod logs;
mod screen;
mod settings;
mod table;

use std::ffi::OsString;
use std::process::ExitCode;

use csmigrate::observer::Event;

use crate::escape::escaped;
use crate::logs::Logs;
use crate::screen::Screen;
use crate::settings::{Command, Settings};

/// The only status besides 0 that the product's guide documents.
const FAILURE: u8 = 255;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            screen::error(&message);
            ExitCode::from(FAILURE)
        }
    }
}

/// Does what the arguments ask. The error is the one line for the
/// administrator, and is in the logs as far as there are any.
fn run(args: &[OsString]) -> Result<(), String> {
    let settings = match settings::read(args)? {
        Command::Usage => {
            screen::print(&flags::usage());
            return Ok(());
        }
        Command::Version => {
            screen::print(&flags::version());
            return Ok(());
        }
        Command::Inspect(settings) => return inspect::run(&settings),
        Command::Migrate(settings) => settings,
    };
    let mut logs = Logs::open(&settings)?;
    logs.begin(args);
    let done = migrate(&settings, &mut logs);
    match &done {
        Ok(()) => logs.end(),
        Err(message) => logs.error(message),
    }
    done
}

fn migrate(settings: &Settings, logs: &mut Logs) -> Result<(), String> {
    let mut screen = Screen::new(settings.quiet);
    screen.begin(settings);
    let mut observer = |event: Event<'_>| {
        screen.event(&event);
        logs.event(&event);
    };
    let migration = &settings.migration;
    let report = if settings.dry_run {
        migration.dry_run(&mut observer)
    } else {
        migration.run(&mut observer)
    }
    .map_err(|error| escaped(&error.to_string()))?;
    screen.end(&report, settings);
    Ok(())
}
