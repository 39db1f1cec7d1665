//! The command `bdbfile`: options, what is printed, exit status. What a file
//! holds is read by the library of the same name.

mod convert;
mod dump;
mod escape;
mod failure;
mod flags;
mod input;
mod load;
mod log;
mod output;
mod recovery;
mod report;
mod salvage;
mod settings;
mod stat;
mod verify;

use std::ffi::OsString;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use crate::failure::Failure;
use crate::settings::Task;

/// Bytes of output that are written at a time.
const OUTPUT_BUFFER: usize = 1 << 16;

fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    match run(&args) {
        Ok(status) => status,
        Err(failure) => {
            if let Failure::Message(message) = failure {
                complain(&message);
            }
            ExitCode::FAILURE
        }
    }
}

/// Does what the arguments ask.
fn run(args: &[OsString]) -> Result<ExitCode, Failure> {
    let task = settings::read(args).map_err(Failure::Message)?;
    let mut out = BufWriter::with_capacity(OUTPUT_BUFFER, io::stdout().lock());
    let status = perform(&task, &mut out);
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
