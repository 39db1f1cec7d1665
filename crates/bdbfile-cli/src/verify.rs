//! `bdbfile verify`: a line for each problem, and one for each file.

use std::io::Write;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use bdbfile::Workers;

use crate::complain;
use crate::escape::escaped;
use crate::failure::Failure;
use crate::input::Input;

/// Verifies one file after the other. One that cannot be read keeps none of the
/// others from being verified.
pub(crate) fn verify(files: &[PathBuf], out: &mut impl Write) -> Result<ExitCode, Failure> {
    let mut status = ExitCode::SUCCESS;
    for file in files {
        match one(file, out) {
            Ok(true) => {}
            Ok(false) => status = ExitCode::FAILURE,
            Err(Failure::Message(message)) => {
                out.flush()?;
                complain(&message);
                status = ExitCode::FAILURE;
            }
            Err(gone) => return Err(gone),
        }
    }
    Ok(status)
}

/// Whether a file is sound.
fn one(path: &Path, out: &mut impl Write) -> Result<bool, Failure> {
    let input = Input::open_whole(path)?;
    let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let workers = Workers { threads };
    let report = bdbfile::verify::verify_with(&input, workers)?;
    let name = escaped(&path.display().to_string());
    for problem in &report.findings {
        writeln!(out, "{name}: {}", escaped(&problem.to_string()))?;
    }
    for note in &report.notes {
        writeln!(out, "{name}: note: {}", escaped(&note.to_string()))?;
    }
    let unlisted = match report.more {
        0 => String::new(),
        more => format!(", {more} of them not listed"),
    };
    match report.count() {
        0 => writeln!(out, "{name}: no problems")?,
        1 => writeln!(out, "{name}: 1 problem")?,
        count => writeln!(out, "{name}: {count} problems{unlisted}")?,
    }
    Ok(report.is_clean())
}
