//! Composes a sample calendar store with the real Berkeley DB.

use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};
use oracle::ByteOrder;
use oracle::compose::{End, StorePlan, compose};

const USAGE: &str = "\
usage: compose [options] DIR

Writes a composed calendar store (nothing in it is real) into DIR, which must be
absent or empty, and prints how many records each file holds.

  --seed N           seed of all chance (1)
  --calendars N      calendars (12)
  --components N     events and todos in each calendar (40)
  --page-size N      page size of the files (4096)
  --lorder le|be     byte order of the files (this machine's)
  --end clean|nockp|abandon|active
                     how the environment is left: checkpointed and closed;
                     closed without a checkpoint; died after commits that are
                     only in the log; died with a transaction open (clean)
  --duplicates       the delete log has sets of duplicates
  --deletes          delete a share of the records in the end
  --cache BYTES      cache of the environment
  --log-max BYTES    largest size of one log file (10485760)
  --help             print this
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("compose: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let Some((plan, dir)) = arguments()? else {
        print!("{USAGE}");
        return Ok(());
    };
    let composed = compose(&plan, &dir)?;
    for (file, count) in &composed.records {
        println!("{file:20} {count:>9}");
    }
    if composed.uncommitted > 0 {
        println!("{:20} {:>9}", "(not committed)", composed.uncommitted);
    }
    println!();
    for (name, count) in composed.census.entries() {
        println!("{name:30} {count:>9}");
    }
    Ok(())
}

/// The plan and the directory, or nothing if only help was asked for.
fn arguments() -> Result<Option<(StorePlan, PathBuf)>, lexopt::Error> {
    let mut plan = StorePlan::default();
    let mut dir = None;
    let mut parser = Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("seed") => plan.seed = parser.value()?.parse()?,
            Arg::Long("calendars") => plan.calendars = parser.value()?.parse()?,
            Arg::Long("components") => plan.components = parser.value()?.parse()?,
            Arg::Long("page-size") => plan.page_size = parser.value()?.parse()?,
            Arg::Long("lorder") => plan.byte_order = parser.value()?.parse_with(byte_order)?,
            Arg::Long("end") => plan.end = parser.value()?.parse_with(end)?,
            Arg::Long("duplicates") => plan.duplicates = true,
            Arg::Long("deletes") => plan.deletes = true,
            Arg::Long("cache") => plan.cache_bytes = Some(parser.value()?.parse()?),
            Arg::Long("log-max") => plan.log_file_max = parser.value()?.parse()?,
            Arg::Long("help") => return Ok(None),
            Arg::Value(value) if dir.is_none() => dir = Some(PathBuf::from(value)),
            other => return Err(other.unexpected()),
        }
    }
    let dir = dir.ok_or("no directory named")?;
    Ok(Some((plan, dir)))
}

fn byte_order(text: &str) -> Result<ByteOrder, &'static str> {
    match text {
        "le" => Ok(ByteOrder::Little),
        "be" => Ok(ByteOrder::Big),
        _ => Err("neither le nor be"),
    }
}

fn end(text: &str) -> Result<End, &'static str> {
    match text {
        "clean" => Ok(End::Clean),
        "nockp" => Ok(End::NoCheckpoint),
        "abandon" => Ok(End::Abandoned),
        "active" => Ok(End::Active),
        _ => Err("none of clean, nockp, abandon, active"),
    }
}
