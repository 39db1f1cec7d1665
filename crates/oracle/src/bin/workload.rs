//! Runs random transactional work and dies in the midst of it.

use std::path::PathBuf;
use std::process::ExitCode;

use lexopt::{Arg, Parser, ValueExt};
use oracle::workload::Workload;
use oracle::{Environment, EnvironmentOptions, Recovery};

const USAGE: &str = "\
usage: workload --seed N DIR
       workload --recover normal|catastrophic DIR

Runs the workload of a seed in DIR, which must be empty, leaves it there as a
killed process leaves it, and prints what happened, and how often.
The second form recovers the environment in DIR with the library.

  --describe   print the workload and run nothing
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("workload: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Box<dyn std::error::Error>> {
    let (mut seed, mut dir, mut describe) = (None, None, false);
    let mut recovery = None;
    let mut arguments = Parser::from_env();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("seed") => seed = Some(arguments.value()?.parse()?),
            Arg::Long("recover") => {
                recovery = Some(match arguments.value()?.to_str() {
                    Some("normal") => Recovery::Normal,
                    Some("catastrophic") => Recovery::Catastrophic,
                    _ => return Err(USAGE.into()),
                });
            }
            Arg::Long("describe") => describe = true,
            Arg::Long("help") => {
                print!("{USAGE}");
                return Ok(());
            }
            Arg::Value(value) if dir.is_none() => dir = Some(PathBuf::from(value)),
            other => return Err(other.unexpected().into()),
        }
    }
    if let Some(recovery) = recovery {
        let options = EnvironmentOptions {
            recovery,
            ..EnvironmentOptions::default()
        };
        Environment::create(&dir.ok_or(USAGE)?, &options)?.close()?;
        return Ok(());
    }
    let workload = Workload::random(seed.ok_or(USAGE)?);
    if describe {
        println!("{workload:#?}");
        return Ok(());
    }
    print!("{}", workload.run(&dir.ok_or(USAGE)?)?);
    Ok(())
}
