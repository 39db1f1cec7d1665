//! The run itself: its logs, its stages, its backup, what was in its way.

use csmigrate::report::SavedFile;
use csmigrate::{Hold, Holder};
use serde::Serialize;

use super::seconds;
use crate::json::{Judgement, name};
use crate::report::known::StageNote;

#[derive(Serialize)]
pub(crate) struct Program {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
}

#[derive(Serialize)]
pub(crate) struct Logs {
    pub(crate) migration: String,
    pub(crate) errors: String,
    pub(crate) level: &'static str,
}

#[derive(Serialize)]
pub(crate) struct ProfileUsed {
    pub(crate) shipped: bool,
    pub(crate) file: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct ShutDown<'a> {
    #[serde(flatten)]
    pub(crate) judged: Judgement<'a>,
    pub(crate) ignored: bool,
}

/// Who holds the source.
#[derive(Debug, Serialize)]
pub(crate) struct Holders {
    pub(crate) known: bool,
    pub(crate) unseen: usize,
    pub(crate) processes: Vec<HeldBy>,
}

#[derive(Debug, Serialize)]
pub(crate) struct HeldBy {
    pub(crate) process: u32,
    pub(crate) name: String,
    pub(crate) does: &'static str,
    pub(crate) files: Vec<String>,
}

/// What a file system needs and has.
#[derive(Debug, Serialize)]
pub(crate) struct Space {
    pub(crate) what: &'static str,
    pub(crate) path: String,
    pub(crate) bytes_needed: u64,
    pub(crate) bytes_free: Option<u64>,
}

#[derive(Serialize)]
pub(crate) struct Backup<'a> {
    pub(crate) path: String,
    pub(crate) reused: Option<bool>,
    pub(crate) bytes: Option<u64>,
    pub(crate) files: Vec<Saved<'a>>,
}

#[derive(Serialize)]
pub(crate) struct Saved<'a> {
    pub(crate) name: String,
    pub(crate) bytes: u64,
    pub(crate) blake3: &'a str,
}

#[derive(Serialize)]
pub(crate) struct Stage<'a> {
    pub(crate) name: &'static str,
    pub(crate) done: bool,
    pub(crate) seconds: f64,
    pub(crate) text: Option<&'a str>,
}

impl Holders {
    pub(crate) fn of(holders: &csmigrate::Holders) -> Self {
        Self {
            known: holders.known,
            unseen: holders.unseen,
            processes: holders.all.iter().map(HeldBy::of).collect(),
        }
    }

    /// Those that kept a run from beginning.
    pub(crate) fn in_the_way(holders: &[Holder]) -> Self {
        Self {
            known: true,
            unseen: 0,
            processes: holders.iter().map(HeldBy::of).collect(),
        }
    }
}

impl HeldBy {
    pub(crate) fn of(holder: &Holder) -> Self {
        Self {
            process: holder.process,
            name: holder.name.clone(),
            does: match holder.hold {
                Hold::Reads => "reads",
                Hold::Attached => "is-attached",
                Hold::Locks => "locks",
                Hold::Writes => "writes",
                _ => "holds",
            },
            files: holder.files.iter().map(name).collect(),
        }
    }
}

impl Space {
    pub(crate) fn of(space: &csmigrate::Space) -> Self {
        Self {
            what: space.what,
            path: name(&space.path),
            bytes_needed: space.need,
            bytes_free: space.free,
        }
    }

    /// A file system that has too little.
    pub(crate) fn short(what: &'static str, path: &std::path::Path, need: u64, free: u64) -> Self {
        Self {
            what,
            path: name(path),
            bytes_needed: need,
            bytes_free: Some(free),
        }
    }
}

impl<'a> Saved<'a> {
    pub(crate) fn of(file: &'a SavedFile) -> Self {
        Self {
            name: name(&file.name),
            bytes: file.len,
            blake3: &file.hash,
        }
    }
}

impl<'a> Stage<'a> {
    pub(crate) fn of(note: &'a StageNote) -> Self {
        let done = note.done.as_ref();
        Self {
            name: note.stage.name(),
            done: done.is_some(),
            seconds: seconds(done.map_or_else(|| note.began.elapsed(), |(spent, _)| *spent)),
            text: done.map(|(_, text)| text.as_str()),
        }
    }
}
