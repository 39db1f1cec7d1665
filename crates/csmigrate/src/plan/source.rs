//! The source: is it there, is it a store, can all of it be read?

use std::collections::HashSet;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use bdbfile::source::{FileSource, open_plain};
use caldb::rules::RuleSet;
use caldb::{Profile, Role, Store, StoreFile};

use crate::database::{Database, Overlay};
use crate::error::{Error, Result};
use crate::migration::Salvage;
use crate::plan::problems::Problems;
use crate::report::Warning;
use crate::rewrite;
use crate::similar;

/// A source that was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) dir: Metadata,
    pub(crate) store: Store,
}

/// The source directory, and the store in it.
pub(crate) fn find(named: &Path) -> Result<Found> {
    let metadata = match std::fs::metadata(named) {
        Ok(metadata) => metadata,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Err(Error::SourceMissing {
                path: named.to_owned(),
                similar: similar::directories(named),
            });
        }
        Err(source) => {
            return Err(Error::Unreadable {
                path: named.to_owned(),
                source,
            });
        }
    };
    if !metadata.is_dir() {
        return Err(Error::SourceNotDirectory(named.to_owned()));
    }
    let store = Store::find(named).map_err(|error| match error.into() {
        Error::NotAStore { path, .. } => Error::NotAStore {
            path,
            stores: stores_in(named),
        },
        other => other,
    })?;
    Ok(Found {
        dir: metadata,
        store,
    })
}

/// Directories right below that are stores.
fn stores_in(dir: &Path) -> Vec<PathBuf> {
    let mut stores: Vec<PathBuf> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && Store::find(path).is_ok())
        .collect();
    stores.sort();
    stores.truncate(3);
    stores
}

/// Opens every file for reading, once, so that those that may not be read are
/// found before the others are copied.
pub(super) fn check_readable(store: &Store, problems: &mut Problems) {
    for file in store.files() {
        problems.take(open(file));
    }
}

/// Opens a file of the source for reading: that which was found. What was put
/// in its place meanwhile may be a link to what only root may read, and a copy
/// would take after the file that was found.
pub(crate) fn open(file: &StoreFile) -> Result<File> {
    let unreadable = |source| Error::Unreadable {
        path: file.path.clone(),
        source,
    };
    let opened = open_plain(&file.path).map_err(unreadable)?;
    let id = |it: &Metadata| (it.dev(), it.ino());
    if id(&opened.metadata().map_err(unreadable)?) != id(&file.metadata) {
        return Err(Error::SourceChanged(file.path.clone()));
    }
    Ok(opened)
}

/// Opens every database, so that one of a kind that is not read is refused
/// before anything is copied. Its records are read later. A damaged one is no
/// problem where damaged ones are salvaged.
pub(super) fn check_databases(
    databases: &[Database],
    overlay: Option<&Overlay>,
    salvage: Salvage,
    problems: &mut Problems,
) {
    for database in databases {
        let opened = match overlay.and_then(|overlay| overlay.of(database)) {
            Some(recovered) => rewrite::open(recovered).map(drop),
            None => match FileSource::open(&database.path) {
                Ok(source) => rewrite::open(source).map(drop),
                // What cannot be opened at all was found before.
                Err(_) => continue,
            },
        };
        if let Err(error) = opened
            && !salvage.takes(&error)
        {
            problems.add(error);
        }
    }
}

/// How the source looked before the run.
#[derive(Debug)]
pub(super) struct Fingerprints {
    dir: PathBuf,
    files: Vec<Fingerprint>,
}

/// How a file looked.
#[derive(Debug, PartialEq, Eq)]
struct Fingerprint {
    path: PathBuf,
    len: u64,
    device: u64,
    inode: u64,
    /// Seconds and nanoseconds. The time of change of the inode cannot be set
    /// back as the other can.
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Fingerprints {
    pub(super) fn of(store: &Store) -> Self {
        let files = store.files();
        Self {
            dir: store.dir.clone(),
            files: files
                .map(|file| Fingerprint::new(&file.path, &file.metadata))
                .collect(),
        }
    }

    /// Fails when a file is not as it was, or one came.
    pub(super) fn check(&self) -> Result<()> {
        for was in &self.files {
            let now = std::fs::metadata(&was.path).ok();
            if now.is_none_or(|now| Fingerprint::new(&was.path, &now) != *was) {
                return Err(Error::SourceChanged(was.path.clone()));
            }
        }
        let known: HashSet<&Path> = self.files.iter().map(|was| was.path.as_path()).collect();
        let now = Store::find(&self.dir)?;
        for file in now.files() {
            if !known.contains(file.path.as_path()) {
                return Err(Error::SourceGrew(file.path.clone()));
            }
        }
        Ok(())
    }
}

impl Fingerprint {
    fn new(path: &Path, metadata: &Metadata) -> Self {
        Self {
            path: path.to_owned(),
            len: metadata.len(),
            device: metadata.dev(),
            inode: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// The longest version identifier that a rule is asked about, in bytes. The one
/// that is known by its version has a line.
const IDENTIFIER_AT_MOST: u64 = 1 << 16;

/// The text that the rules give the version identifier, in which `found` was
/// found; `None` where they leave it.
pub(super) fn new_identifier(
    store: &Store,
    rules: &RuleSet,
    found: Option<&str>,
) -> Result<Option<Vec<u8>>> {
    let (Some(conf), Some(found)) = (&store.conf, found) else {
        return Ok(None);
    };
    if conf.len() > IDENTIFIER_AT_MOST {
        return Ok(None);
    }
    let mut text = Vec::new();
    open(conf)?
        .take(IDENTIFIER_AT_MOST)
        .read_to_end(&mut text)
        .map_err(|source| Error::Unreadable {
            path: conf.path.clone(),
            source,
        })?;
    Ok(rules.identifier(&text, found))
}

/// What is odd about the store by the names of its files, and what is done
/// about its version identifier.
pub(super) fn warnings(
    store: &Store,
    databases: &[Database],
    profile: &Profile,
    replaced: bool,
) -> Vec<Warning> {
    let mut warnings = odd_files(store, databases, profile);
    if let Some(conf) = &store.conf
        && conf
            .fact
            .is_some_and(|fact| fact.role == Role::VersionIdentifier)
    {
        let text = if replaced {
            "rule identifier-stamp replaces the version identifier by that of the profile"
        } else {
            "carried byte for byte: what 6.3 writes in the version identifier was never published"
        };
        warnings.push(Warning::new("version-identifier", Some(&conf.name), text));
    }
    warnings
}

/// What is odd about the store by the names of its files; `databases` are those
/// that are migrated.
pub(crate) fn odd_files(store: &Store, databases: &[Database], profile: &Profile) -> Vec<Warning> {
    let made = |name: &str| databases.iter().any(|file| file.name == *name);
    let mut warnings: Vec<Warning> = store
        .missing_of(profile)
        .filter(|fact| !made(&fact.name))
        .map(|fact| {
            let text = format!(
                "the store has no {} ({}), which the guides describe",
                fact.name, fact.holds
            );
            Warning::new("file-missing", None, text)
        })
        .collect();
    for file in databases {
        let known = file.name.to_str().and_then(|name| profile.file(name));
        if known.is_none() {
            let text = "no guide describes this database; it is migrated like the others";
            warnings.push(Warning::new("file-unknown", Some(&file.name), text));
        }
    }
    warnings
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::os::unix::fs::symlink;

    use super::*;

    /// The directory is swapped for one with a link to what only root may read,
    /// and would be swapped back before anybody looks again: no time of any
    /// file changes by that.
    #[test]
    fn what_is_opened_is_what_was_found() {
        let dir = tempfile::tempdir().unwrap();
        let [old, away, secret] = ["old", "away", "secret"].map(|name| dir.path().join(name));
        std::fs::create_dir(&old).unwrap();
        std::fs::write(old.join("ics50events.db"), "events").unwrap();
        std::fs::write(&secret, "secret").unwrap();
        let store = Store::find(&old).unwrap();
        let file = store.files().next().unwrap();
        let mut text = String::new();
        open(file).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "events");

        std::fs::rename(&old, &away).unwrap();
        std::fs::create_dir(&old).unwrap();
        symlink(&secret, old.join("ics50events.db")).unwrap();
        let error = open(file).unwrap_err();
        assert!(matches!(error, Error::SourceChanged(_)), "{error}");
    }
}
