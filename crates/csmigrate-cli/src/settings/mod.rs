//! From arguments to settings: first what was written, then what it means.
//!
//! * `raw`: the arguments as they were written.
//! * `migrate`, `inspect`, `export`: what they mean to each command.
//! * `value`: what the values of options mean, where several take them.

mod export;
mod inspect;
mod migrate;
mod raw;
mod value;

use std::ffi::OsString;

use csmigrate::bdbfile::escape::escaped;
use option_table::Form;

use crate::flags::Id;
use raw::{Raw, parse};
use value::{generated, named};

pub(crate) use export::ExportSettings;
pub(crate) use inspect::InspectSettings;
pub(crate) use migrate::{Destination, LogLevel, ProgressChoice, Settings};

/// What the command is to do.
#[derive(Debug)]
pub(crate) enum Command {
    Usage,
    Version,
    Generate(Form),
    Inspect(InspectSettings),
    Export(Box<ExportSettings>),
    Migrate(Box<Settings>),
}

/// Reads the arguments, the program's own name first.
pub(crate) fn read(args: &[OsString]) -> Result<Command, String> {
    let raw = parse(args).map_err(|error| {
        let error = escaped(&error.to_string());
        format!("{error}; csmigrate -? explains the options")
    })?;
    match raw.command {
        Some(Id::Version) => Ok(Command::Version),
        Some(_) => Ok(Command::Usage),
        None => check(raw).map_err(|error| format!("{error}; csmigrate -? explains the options")),
    }
}

fn check(mut raw: Raw) -> Result<Command, String> {
    if let Some(form) = raw.generate {
        return generated(&form).map(Command::Generate);
    }
    if let Some(dir) = named("inspected", raw.inspect.take())? {
        return inspect::check(dir, raw).map(Command::Inspect);
    }
    if let Some(dir) = named("export", raw.export_ics.take())? {
        return export::check(dir, raw).map(Box::new).map(Command::Export);
    }
    if raw.json {
        return Err("--json is for --inspect".to_owned());
    }
    migrate::check(raw).map(Box::new).map(Command::Migrate)
}
