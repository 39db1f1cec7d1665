//! What replaying the logs of a store did, in lines for people.

use csmigrate::bdbfile::recover::FileState;
use csmigrate::recovery::{FileRecovery, Recovery};
use jiff::Timestamp;

/// The lines that follow from the sums: when the last transaction committed,
/// and what became of each file. What is odd is told by warnings.
pub(crate) fn details(recovery: &Recovery) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(at) = last_commit(recovery) {
        lines.push(format!("the last transaction committed at {at}"));
    }
    lines.extend(recovery.files.iter().filter_map(of_file));
    lines
}

/// When the last transaction committed, in UTC.
pub(crate) fn last_commit(recovery: &Recovery) -> Option<String> {
    let at = Timestamp::from_second(recovery.summary.last_commit?).ok()?;
    Some(at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

fn of_file(file: &FileRecovery) -> Option<String> {
    if file.state == FileState::Kept || !file.migrated {
        return None;
    }
    let name = file.name.display();
    Some(match file.pages_changed {
        1 => format!("{name}: 1 page changed"),
        pages => format!("{name}: {pages} pages changed"),
    })
}
