//! `bdbfile verify`: a line for each problem, and one for each file.

use std::convert::Infallible;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use bdbfile::Workers;
use bdbfile::verify::Verification;

use crate::complain;
use crate::failure::Failure;
use crate::input::Input;
use crate::settings::Source;
use bdbfile::escape::escaped;

/// Files of this size are verified one after the other, each by all threads;
/// smaller ones that follow each other side by side.
const LARGE: u64 = 16 << 20;

/// Small files whose results are held back, to be told in order.
const SIDE_BY_SIDE: usize = 64;

/// Verifies all files, and tells of them in their order. One that cannot be read
/// keeps none of the others from being verified.
pub(crate) fn verify(files: &[Source], out: &mut impl Write) -> Result<ExitCode, Failure> {
    let workers = Workers::one_a_processor();
    let mut status = ExitCode::SUCCESS;
    for group in files.chunk_by(|left, right| !is_alone(left) && !is_alone(right)) {
        for files in group.chunks(SIDE_BY_SIDE) {
            let by = match files {
                [_] => workers,
                _ => Workers::ALONE,
            };
            let verified = workers.each(files.len(), |index| {
                Ok::<_, Infallible>(files.get(index).map(|file| one(file, by)))
            });
            let verified = verified.into_iter().filter_map(|(_, Ok(result))| result);
            for (file, result) in files.iter().zip(verified) {
                match result.and_then(|report| tell(&file.path, &report, out)) {
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
        }
    }
    Ok(status)
}

/// Whether a file is verified by itself: a large one, and one that is recovered
/// first, which takes its memory.
fn is_alone(file: &Source) -> bool {
    let large = || std::fs::metadata(&file.path).is_ok_and(|metadata| metadata.len() >= LARGE);
    file.logs.is_some() || large()
}

fn one(file: &Source, workers: Workers) -> Result<Verification, Failure> {
    let input = Input::open_whole(file)?;
    Ok(bdbfile::verify::verify_with(&input, workers)?)
}

/// Tells of a file; whether it is sound.
fn tell(path: &Path, report: &Verification, out: &mut impl Write) -> Result<bool, Failure> {
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
