//! Writes the seeds of every target into a directory each:
//! `seeds DIRECTORY`.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use fuzz::TARGETS;

fn main() -> ExitCode {
    let Some(root) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("usage: seeds DIRECTORY");
        return ExitCode::FAILURE;
    };
    for target in TARGETS {
        let dir = root.join(target.name);
        let seeds = target.seeds();
        let written = fs::create_dir_all(&dir).and_then(|()| {
            seeds.iter().enumerate().try_for_each(|(number, seed)| {
                fs::write(dir.join(format!("seed-{number:04}")), seed)
            })
        });
        if let Err(error) = written {
            eprintln!("seeds: {}: {error}", dir.display());
            return ExitCode::FAILURE;
        }
        println!("{} {} {}", target.name, seeds.len(), target.longest);
    }
    ExitCode::SUCCESS
}
