//! The command `bdbfile`: options, what is printed, exit status. What a file
//! holds is read by the library of the same name. A library, so that tests can
//! have it done in their own process.

// As in `bdbfile`: nothing that a file says may end in a panic.
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

mod convert;
mod dump;
mod failure;
mod flags;
mod input;
mod load;
mod log;
mod manual;
mod output;
mod recovery;
mod report;
mod salvage;
mod settings;
mod stat;
mod verify;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::failure::Failure;
use crate::settings::Task;

/// Does what the arguments ask, the name of the program first among them:
/// prints to `out`, and what went wrong to standard error.
pub fn run(args: &[OsString], out: &mut impl Write) -> ExitCode {
    match attempt(args, out) {
        Ok(status) => status,
        Err(failure) => {
            if let Failure::Message(message) = failure {
                complain(&message);
            }
            ExitCode::FAILURE
        }
    }
}

fn attempt(args: &[OsString], out: &mut impl Write) -> Result<ExitCode, Failure> {
    let task = settings::read(args).map_err(Failure::Message)?;
    let status = perform(&task, out);
    // What was found before a failure is printed as well. The failure itself
    // is what the user has to know.
    let written = out.flush();
    let status = status?;
    written?;
    Ok(status)
}

fn perform(task: &Task, out: &mut impl Write) -> Result<ExitCode, Failure> {
    match task {
        Task::Usage => out.write_all(flags::usage().as_bytes())?,
        Task::Version => out.write_all(flags::version().as_bytes())?,
        Task::Generate(form) => out.write_all(manual::program().generate(*form).as_bytes())?,
        Task::Dump(settings) => dump::dump(settings, out)?,
        Task::List(file) => dump::list(file, out)?,
        Task::Stat { file, json } => stat::print(file, *json, out)?,
        Task::Verify(files) => return verify::verify(files, out),
        Task::Salvage { file, form, mode } => return salvage::salvage(file, *form, *mode, out),
        Task::Convert(settings) => convert::convert(settings, out)?,
        Task::Load(settings) => return load::load(settings, out),
        Task::Rebuild(settings) => return convert::rebuild(settings, out),
        Task::Log(settings) => return log::print(settings, out),
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints one line of an error; a reader that went away is no other one.
fn complain(message: &str) {
    let line = format!("bdbfile: {message}\n");
    let _ = io::stderr().write_all(line.as_bytes());
}
