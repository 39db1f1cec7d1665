//! A file as it is when the logs of its store have been replayed.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bdbfile::layout::{META_USED, Preamble};
use bdbfile::log::EnvironmentFiles;
use bdbfile::recover::{
    FileState, Given, Outcome, RecoverOptions, Recovered, RecoveredFile, RecoveredSource, Summary,
    recover,
};
use bdbfile::source::{PageSource, QueueExtents};

use crate::complain;
use crate::failure::Failure;
use crate::input::read;
use crate::settings::Source;
use bdbfile::escape::escaped;

/// Replays logs on a file and those beside it, which the same logs may change,
/// and tells on standard error what was done. The file need not be there.
pub(crate) fn recovered(file: &Source, logs: &Path) -> Result<RecoveredSource, Failure> {
    let path = file.path.display().to_string();
    let failed = |what: &str| Failure::Message(escaped(&format!("{path}: {what}")));
    let Some(name) = file.path.file_name() else {
        return Err(failed("this is not the name of a file"));
    };
    let name = name.to_string_lossy().into_owned();
    let mut given = neighbours(file)?;
    let is_there = fs::symlink_metadata(&file.path).is_ok();
    if is_there {
        let source = Arc::new(read(&file.path)?);
        given.push(Given {
            name: name.clone(),
            source,
        });
    }
    let logs = EnvironmentFiles::find(logs)?.logs;
    match recover(&logs, given, &RecoverOptions::default())? {
        Outcome::Refused(refusal) => Err(failed(&format!("cannot be recovered: {refusal}"))),
        Outcome::Recovered(replayed) => {
            let Recovered { files, summary } = replayed;
            let file = one_of(files, &name, is_there).map_err(|why| failed(&why))?;
            for line in told(&file, &summary) {
                complain(&escaped(&format!("{path}: {line}")));
            }
            Ok(file.source.named(path))
        }
    }
}

/// The other files of its directory that are databases by their first bytes, or
/// have not got these yet.
fn neighbours(file: &Source) -> Result<Vec<Given>, Failure> {
    let directory = file.directory();
    let cannot = |path: &Path, what: &str, error: &io::Error| {
        let path = path.display();
        Failure::Message(escaped(&format!("{path}: cannot {what}: {error}")))
    };
    let list = |error| cannot(directory, "list the directory", &error);
    let mut given = Vec::new();
    for entry in fs::read_dir(directory).map_err(list)? {
        let entry = entry.map_err(list)?;
        let path = entry.path();
        let is_file = fs::metadata(&path).is_ok_and(|metadata| metadata.is_file());
        if !is_file || Some(&*entry.file_name()) == file.path.file_name() {
            continue;
        }
        let open = |error| cannot(&path, "open the file", &error);
        let source = QueueExtents::open(&path).map_err(open)?;
        let len = usize::try_from(source.len()).map_or(META_USED, |len| len.min(META_USED));
        let head = source.bytes(0, len).map_err(open)?.into_owned();
        if Preamble::read(&head).is_some() || head.iter().all(|byte| *byte == 0) {
            given.push(Given {
                name: entry.file_name().to_string_lossy().into_owned(),
                source: Arc::new(source),
            });
        }
    }
    given.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(given)
}

/// The file of a name, or why there is none.
fn one_of(files: Vec<RecoveredFile>, name: &str, is_there: bool) -> Result<RecoveredFile, String> {
    let mut why = if is_there {
        "after recovery there is no such file: a transaction that committed removed it, or one that did not commit made it".to_owned()
    } else {
        "there is no such file, and after recovery none either".to_owned()
    };
    for file in files {
        match &file.state {
            FileState::Removed => {}
            _ if file.name == name => return Ok(file),
            FileState::Renamed { from } if from == name => {
                why = format!("after recovery its name is {}", file.name);
            }
            _ => {}
        }
    }
    Err(why)
}

/// What was done, in lines.
fn told(file: &RecoveredFile, summary: &Summary) -> Vec<String> {
    let state = match &file.state {
        FileState::Created => ", which the log alone holds".to_owned(),
        FileState::Renamed { from } => format!(", which was {from}"),
        _ => String::new(),
    };
    let mut lines = vec![format!(
        "recovered{state}: logs from {} to {}; of {} transactions {} redone, of {} without a commit {} undone; {} pages of the file changed",
        summary.first,
        summary.last,
        summary.committed,
        summary.redone,
        summary.uncommitted,
        summary.undone,
        file.pages_changed,
    )];
    if let Some(torn) = &summary.torn {
        lines.push(format!(
            "note: the log ends in the middle of a write: {torn}"
        ));
    }
    lines.extend(summary.notes.iter().map(|note| format!("note: {note}")));
    lines
}
