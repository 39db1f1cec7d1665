//! Log and region files beside database files: surveyed, listed, replayed.
//!
//! Whatever they are, a replay ends in a recovery, a refusal or an error of a
//! budget; what a recovery gives can be verified and read; and nothing is
//! written into what was given.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bdbfile::log::{EnvironmentFiles, inspect};
use bdbfile::recover::{Given, Journal, Outcome, RecoverOptions, recover};
use bdbfile::source::MemorySource;
use bdbfile::spill::SpillPlace;
use bdbfile::verify::verify;
use bdbfile::{Error, Result};

use super::one_line;
use crate::scratch::in_empty_dir;
use crate::{archive, seed};

/// Names of what an input may hold.
const NAMES: [&str; 8] = [
    "log.0000000001",
    "log.0000000002",
    "log.0000000020",
    "__db.001",
    "a.db",
    "b.db",
    "ics50events.db",
    "ics50todos.db",
];

/// Memory for pages: little, so that the temporary file is used as well.
const MEMORY: usize = 1 << 16;

/// Bytes of a log and of a file that a seed takes from a real environment.
const CUT: usize = 24 << 10;

/// Surveys, lists and replays.
///
/// # Panics
/// Where something does not hold.
pub fn run(input: &[u8]) {
    let (how, input) = input.split_first().unwrap_or((&0, &[]));
    in_empty_dir(|dir| {
        for (which, bytes) in archive::files(input, NAMES.len()) {
            let mut bytes = bytes.to_vec();
            if how & 1 != 0 && NAMES[which].starts_with("log.") {
                seed::logs::seal_all(&mut bytes);
            }
            fs::write(dir.join(NAMES[which]), bytes).expect("the directory is ours");
        }
        let files = EnvironmentFiles::find(dir).expect("the directory is ours");
        blame(inspect(&files).map(|found| {
            found.judge(None);
        }));
        blame(list(&files.logs));
        blame(replay(dir, &files.logs));
    });
}

/// The file or a budget is to blame, if anything.
fn blame(result: Result<()>) {
    if let Err(error) = result {
        one_line(&error);
        assert!(
            error.rule().is_some() || matches!(error, Error::Limit { .. }),
            "not the file's fault: {error}"
        );
    }
}

/// Lists all records.
fn list(logs: &[PathBuf]) -> Result<()> {
    let Ok(journal) = Journal::read(logs)? else {
        return Ok(());
    };
    let mut entries = journal.entries();
    let mut count = 0;
    while let Some(entry) = entries.next()? {
        if let Ok(Some(body)) = &entry.body {
            let _ = body.fields().count();
        }
        count += 1;
    }
    assert!(count <= journal.count(), "no record is listed twice");
    Ok(())
}

fn replay(dir: &Path, logs: &[PathBuf]) -> Result<()> {
    if logs.is_empty() {
        return Ok(());
    }
    let mut given = Vec::new();
    for name in NAMES.iter().filter(|name| name.ends_with(".db")) {
        if let Ok(bytes) = fs::read(dir.join(name)) {
            given.push(Given {
                name: (*name).to_owned(),
                source: Arc::new(MemorySource::new(*name, bytes)),
            });
        }
    }
    let options = RecoverOptions {
        memory: MEMORY,
        spill: SpillPlace::Directory(dir.to_owned()),
    };
    match recover(logs, given, &options)? {
        Outcome::Refused(refusal) => one_line(&refusal),
        Outcome::Recovered(recovered) => {
            for file in recovered.files {
                let found = verify(&file.source)?;
                for problem in &found.findings {
                    one_line(problem);
                }
            }
        }
    }
    Ok(())
}

/// Logs with a record of every type, those of the composed stores, and those
/// of real environments where they are there.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for (log, base) in seed::logs().into_iter().zip(seed::databases()) {
        for how in [0, 1] {
            seeds.push(archive::join(
                how,
                &[(0, log.clone()), (4, base.bytes.clone())],
            ));
        }
    }
    let mut environments = seed::stores();
    environments.extend(seed::unclean(CUT));
    for environment in environments {
        let mut files = Vec::new();
        for (name, mut bytes) in environment {
            let which = NAMES.iter().position(|known| *known == name);
            let which = which.or_else(|| name.ends_with(".db").then_some(5));
            if let Some(which) = which {
                bytes.truncate(CUT);
                files.push((which, bytes));
            }
        }
        seeds.push(archive::join(1, &files));
    }
    seeds
}
