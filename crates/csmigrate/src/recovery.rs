//! The logs of a store that was not cleanly shut down, replayed over its files.
//! Nothing is written but a temporary file, and that only where the changed
//! pages have no room in memory.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::sync::Arc;

use bdbfile::recover::{
    self, FileState, Given, Outcome, RecoverOptions, Recovered, RecoveredFile, Summary,
};
use bdbfile::source::{FileSource, PageSource};
use caldb::store::{self, Store, StoreFile};

use crate::database::{Database, Overlay};
use crate::error::{Error, Result};
use crate::report::Warning;
use crate::stop::Stop;

/// What replaying the logs of a store brought.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recovery {
    /// What the logs hold, and what was done.
    pub summary: Summary,
    /// The databases of the store, and others that the logs make, rename or
    /// remove.
    pub files: Vec<FileRecovery>,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileRecovery {
    /// Its name after recovery.
    pub name: OsString,
    /// What became of it.
    pub state: FileState,
    /// How many of its pages are other than in the file.
    pub pages_changed: u64,
    /// Whether it is a database of the store that is recovered, and so
    /// migrated.
    pub migrated: bool,
}

impl Recovery {
    /// Pages changed, of all files.
    pub fn pages_changed(&self) -> u64 {
        self.files.iter().map(|file| file.pages_changed).sum()
    }

    /// Whether another recovery did the same.
    fn is_like(&self, other: &Self) -> bool {
        let done = |one: &Self| {
            let summary = &one.summary;
            (
                (summary.first, summary.last, summary.last_commit),
                (summary.committed, summary.redone),
                (summary.uncommitted, summary.undone),
                // The paths of the logs are others.
                (summary.torn.is_some(), summary.notes.len()),
            )
        };
        done(self) == done(other) && self.files == other.files
    }

    /// What an administrator is to know of it.
    pub(crate) fn warnings(&self, reasons: &[String]) -> Vec<Warning> {
        let text = format!(
            "the store was not cleanly shut down ({}); its logs are replayed",
            reasons.join("; ")
        );
        let mut warnings = vec![Warning::new("unclean-recovered", None, text)];
        warnings.extend(self.oddities());
        warnings
    }

    /// What is odd about the logs, and files that come or go by them.
    pub fn oddities(&self) -> Vec<Warning> {
        let mut warnings = Vec::new();
        if let Some(torn) = &self.summary.torn {
            let text = format!(
                "the log ends in the middle of a write, and what comes from there on does not count: {torn}"
            );
            warnings.push(Warning::new("log-torn", None, text));
        }
        let notes = self.summary.notes.iter();
        warnings.extend(notes.map(|note| Warning::new("recovery-note", None, note.as_str())));
        warnings.extend(self.files.iter().filter_map(FileRecovery::warning));
        warnings
    }
}

impl std::fmt::Display for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let summary = &self.summary;
        let changed = self.files.iter().filter(|file| file.pages_changed > 0);
        write!(
            f,
            "logs up to {}: {} transactions committed, {} redone; {} did not commit, {} undone; {} pages of {} files changed",
            summary.last,
            summary.committed,
            summary.redone,
            summary.uncommitted,
            summary.undone,
            self.pages_changed(),
            changed.count()
        )
    }
}

impl FileRecovery {
    /// Its state as one word that stays the same: for programs.
    pub fn state_name(&self) -> &'static str {
        match self.state {
            FileState::Kept => "kept",
            FileState::Changed => "changed",
            FileState::Created => "created",
            FileState::Renamed { .. } => "renamed",
            FileState::Removed => "removed",
            _ => "other",
        }
    }

    /// What it was called, where the logs rename it.
    pub fn renamed_from(&self) -> Option<&str> {
        match &self.state {
            FileState::Renamed { from } => Some(from),
            _ => None,
        }
    }

    fn warning(&self) -> Option<Warning> {
        let (code, what) = match &self.state {
            FileState::Created => (
                "file-made-by-log",
                "the file is not there, the logs alone hold it".to_owned(),
            ),
            FileState::Renamed { from } => (
                "file-renamed-by-log",
                format!("the logs rename the file; it was {from}"),
            ),
            FileState::Removed => (
                "file-removed-by-log",
                "the logs remove the file, or never made it for good".to_owned(),
            ),
            _ => return None,
        };
        let text = if self.migrated {
            format!("{what}; it is migrated")
        } else {
            format!("{what}; it is not migrated")
        };
        Some(Warning::new(code, Some(&self.name), text))
    }
}

/// A store whose logs were replayed.
#[derive(Debug)]
pub(crate) struct Replayed {
    pub(crate) recovery: Recovery,
    /// What is migrated, in the order of a store.
    pub(crate) databases: Vec<Database>,
    pub(crate) overlay: Overlay,
}

/// How a replay ends, where the system does not fail.
#[derive(Debug)]
pub(crate) enum Tried {
    Replayed(Box<Replayed>),
    /// The logs cannot be replayed for sure: why, in a sentence.
    Refused(String),
}

/// Replays the logs of a store on its files as they lie in the source.
pub(crate) fn replay_source(store: &Store, stop: &Stop) -> Result<Tried> {
    let logs: Vec<PathBuf> = store.logs.iter().map(|file| file.path.clone()).collect();
    // A process may still change the files of what is only looked at, so no
    // mapping.
    replay(store, &logs, |file| read_at_places(&file.path), stop)
}

/// Replays the logs of a store's backup on the files of the backup, as `open`
/// opens them. It must do what it did on the source.
pub(crate) fn replay_copies(
    store: &Store,
    logs: &[PathBuf],
    open: impl Fn(&StoreFile) -> Result<Arc<dyn PageSource>>,
    planned: &Recovery,
    stop: &Stop,
) -> Result<Overlay> {
    let differs = |written: String| {
        Err(Error::Mismatch {
            file: store.dir.clone(),
            what: "what the logs make of the files and of their backup",
            read: planned.to_string(),
            written,
        })
    };
    match replay(store, logs, open, stop)? {
        Tried::Replayed(replayed) if replayed.recovery.is_like(planned) => Ok(replayed.overlay),
        Tried::Replayed(replayed) => differs(replayed.recovery.to_string()),
        Tried::Refused(why) => differs(why),
    }
}

/// A file of a directory in which a replay takes place.
enum Origin<'s> {
    OfStore(&'s StoreFile),
    /// A database file that is none of the store. The logs may change it too.
    Beside(OsString),
}

impl Origin<'_> {
    fn name(&self) -> &OsStr {
        match self {
            Self::OfStore(file) => &file.name,
            Self::Beside(name) => name,
        }
    }

    /// Its name as text, by which it is found again; no two have the same.
    fn text(&self) -> String {
        let name = self.name();
        match name.to_str() {
            Some(text) => text.to_owned(),
            None => name.as_bytes().escape_ascii().to_string(),
        }
    }
}

fn replay(
    store: &Store,
    logs: &[PathBuf],
    open: impl Fn(&StoreFile) -> Result<Arc<dyn PageSource>>,
    stop: &Stop,
) -> Result<Tried> {
    let mut origins = Vec::new();
    let mut given = Vec::new();
    let give = |origin: &Origin<'_>, source: Arc<dyn PageSource>| Given {
        name: origin.text(),
        source: Arc::new(stop.watch(source)),
    };
    for file in &store.databases {
        let origin = Origin::OfStore(file);
        given.push(give(&origin, open(file)?));
        origins.push(origin);
    }
    for name in beside(store) {
        let source = read_at_places(&store.dir.join(&name))?;
        let origin = Origin::Beside(name);
        given.push(give(&origin, source));
        origins.push(origin);
    }
    let outcome = recover::recover(logs, given, &RecoverOptions::default());
    stop.check()?;
    match outcome.map_err(failed)? {
        Outcome::Refused(refusal) => Ok(Tried::Refused(refusal.to_string())),
        Outcome::Recovered(recovered) => Ok(sort_out(store, &origins, recovered)),
    }
}

/// Which of the files after recovery are databases of the store.
fn sort_out(store: &Store, origins: &[Origin<'_>], recovered: Recovered) -> Tried {
    let mut databases = Vec::new();
    let mut files = Vec::new();
    for (index, file) in recovered.files.iter().enumerate() {
        let given = file.given.as_ref();
        let origin = given.and_then(|given| origins.iter().find(|one| one.text() == *given));
        let name = match (&file.state, origin) {
            (FileState::Renamed { .. }, _) | (_, None) => OsString::from(&file.name),
            (_, Some(origin)) => origin.name().to_owned(),
        };
        let is_kept = file.state != FileState::Removed;
        let migrated = is_kept && store::is_database_name(&name);
        if let (true, false, Some(Origin::OfStore(file))) = (is_kept, migrated, origin) {
            return Tried::Refused(format!(
                "{}: the logs call the file {}, which is no name of a database of a calendar store",
                file.name.display(),
                name.display()
            ));
        }
        if migrated {
            match database(store, origin, index, name.clone(), file) {
                Ok(database) => databases.push(database),
                Err(why) => return Tried::Refused(why),
            }
        }
        let of_store = matches!(origin, Some(Origin::OfStore(_)));
        if of_store || !matches!(file.state, FileState::Kept | FileState::Changed) {
            files.push(FileRecovery {
                name,
                state: file.state.clone(),
                pages_changed: file.pages_changed,
                migrated,
            });
        }
    }
    databases.sort_by_cached_key(|one| store::database_order(&one.name));
    let twice = databases.windows(2).find_map(|pair| {
        matches!(pair, [one, other] if one.name == other.name).then(|| pair.first())
    });
    if let Some(Some(database)) = twice {
        let name = database.name.display();
        return Tried::Refused(format!("{name}: the logs give two files this name"));
    }
    if databases.is_empty() {
        return Tried::Refused("the logs remove every database of the store".to_owned());
    }
    Tried::Replayed(Box::new(Replayed {
        recovery: Recovery {
            summary: recovered.summary,
            files,
        },
        databases,
        overlay: Overlay {
            sources: recovered
                .files
                .into_iter()
                .map(|file| file.source)
                .collect(),
        },
    }))
}

/// A database that is migrated, or why it cannot be.
fn database(
    store: &Store,
    origin: Option<&Origin<'_>>,
    index: usize,
    name: OsString,
    file: &RecoveredFile,
) -> std::result::Result<Database, String> {
    let found = match origin {
        Some(Origin::OfStore(found)) => Some(*found),
        None => None,
        // It is in no backup.
        Some(Origin::Beside(was)) => {
            return Err(format!(
                "{}: the logs make it a database of the store, {}, but it has not the name of one",
                was.display(),
                name.display()
            ));
        }
    };
    if let (FileState::Kept, Some(found)) = (&file.state, found) {
        return Ok(Database::as_found(found));
    }
    let Some(like) = found.or(store.databases.first()) else {
        return Err("there is no database file".to_owned());
    };
    Ok(Database {
        holds: store::holds_by_name(&name),
        path: found.map_or_else(|| store.dir.join(&name), |found| found.path.clone()),
        metadata: like.metadata.clone(),
        found_len: found.map(StoreFile::len),
        len: file.source.len(),
        recovered: Some(index),
        name,
    })
}

/// Database files in the directory of a store that are none of it.
fn beside(store: &Store) -> Vec<OsString> {
    let regions = store.regions.iter().filter_map(|path| path.file_name());
    // A file that is being removed is called __db. and a longer number.
    let removed = regions.filter(|name| {
        let bytes = name.as_bytes();
        bytes.starts_with(b"__db.") && bytes.len() > b"__db.001".len()
    });
    let others = store.others.iter().map(OsString::as_os_str);
    let is_database = |name: &&OsStr| {
        let path = store.dir.join(name);
        std::fs::metadata(&path).is_ok_and(|metadata| metadata.is_file())
            && matches!(store::identify(&path), Ok(Some(_)))
    };
    let names = removed.chain(others).filter(is_database);
    names.map(OsStr::to_owned).collect()
}

fn read_at_places(path: &std::path::Path) -> Result<Arc<dyn PageSource>> {
    let source = FileSource::open(path).map_err(|source| Error::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    Ok(Arc::new(source))
}

fn failed(error: bdbfile::Error) -> Error {
    Error::Database { error, copy: false }
}
