//! The places that are written: target and backup. Are they free, apart from
//! each other and from the source, and may they be written?

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use bdbfile::Workers;
use caldb::StoreFile;
use caldb::store::{self, Store};
use rustix::io::Errno;

use crate::copy;
use crate::error::{Error, Result};
use crate::export;
use crate::plan::source::Found;
use crate::plan::{Backup, Request};
use crate::report::{SavedFile, Warning};
use crate::similar;
use crate::staging::{Held, NAME_AT_MOST, Place};
use crate::stop::Stop;
use crate::system;

/// The place of a directory that may or may not be there.
fn place(named: &Path, what: &'static str, word: &str) -> Result<Place> {
    let io = |error| Error::io(named, "resolve the path")(error);
    if named.exists() {
        let path = named.canonicalize().map_err(io)?;
        let parent = path.parent().unwrap_or(&path).to_owned();
        return Place::new(path, parent, word).map_err(io);
    }
    let absolute = std::path::absolute(named).map_err(io)?;
    let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
        return Err(io(io::ErrorKind::InvalidInput.into()));
    };
    if named.is_symlink() {
        return Err(io(io::Error::other(
            "it is a link that leads nowhere; name another directory",
        )));
    }
    let unusable = |source| Error::NotWritable {
        what,
        path: named.to_owned(),
        source,
    };
    if name.len() > NAME_AT_MOST {
        return Err(unusable(Errno::NAMETOOLONG.into()));
    }
    let resolved = match parent.canonicalize() {
        Ok(resolved) if resolved.is_dir() => resolved,
        Ok(_) => return Err(unusable(io::ErrorKind::NotADirectory.into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(Error::ParentMissing {
                what,
                path: named.to_owned(),
                parent: parent.to_owned(),
                similar: similar::directories(parent),
            });
        }
        Err(error) => return Err(unusable(error)),
    };
    Place::new(resolved.join(name), resolved, word).map_err(io)
}

/// A target that can be used.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) place: Place,
    /// Whether it holds all that an interrupted run published.
    pub(super) found: bool,
    /// What an interrupted run left.
    pub(super) warnings: Vec<Warning>,
}

/// The place of the new store.
pub(super) fn find_target(request: &Request, source: Option<&Metadata>) -> Result<Target> {
    let named = &request.target;
    target_at(named, source, "staging", store::is_store_name)
}

/// The place of what a store is exported to.
pub(super) fn find_export(request: &Request, source: Option<&Metadata>) -> Result<Place> {
    let found = target_at(&request.target, source, "export", export::is_name);
    found.map(|target| target.place)
}

/// A place for a directory of ours. `word` tells staging directories of
/// different purposes apart, `ours` the names of their files.
fn target_at(
    named: &Path,
    source: Option<&Metadata>,
    word: &str,
    ours: fn(&OsStr) -> bool,
) -> Result<Target> {
    if named.exists() && !named.is_dir() {
        return Err(Error::TargetNotDirectory(named.to_owned()));
    }
    let target = place(named, "target", word)?.holding(ours);
    if source.is_some_and(|source| target.is(source)) {
        return Err(Error::TargetIsSource(named.to_owned()));
    }
    if source.is_some_and(|source| target.lies_in(source)) {
        return Err(Error::TargetInsideSource(named.to_owned()));
    }
    let mut warnings = Vec::new();
    let found = match target.held()? {
        Held::Other(holds) => {
            return Err(Error::TargetNotEmpty {
                path: named.to_owned(),
                holds,
            });
        }
        Held::Nothing => false,
        Held::Published => {
            let text = "an interrupted run had published the target already; all of it is looked at once more";
            warnings.push(Warning::new("interrupted-run", None, text));
            true
        }
    };
    system::check_writable(target.written()).map_err(|source| Error::NotWritable {
        what: "target",
        path: named.to_owned(),
        source,
    })?;
    if target.check_free()? && !found {
        let text = "an interrupted run left what it had begun beside the target or in it; a run removes that first";
        warnings.push(Warning::new("interrupted-run", None, text));
    }
    Ok(Target {
        place: target,
        found,
        warnings,
    })
}

/// The place of the backup, and what is to be done there; `None` where the
/// source is not known, and no place was named.
pub(super) fn find_backup(
    request: &Request,
    source: Option<&Found>,
    target: Option<&Place>,
    stop: &Stop,
) -> Result<Option<Backup>> {
    if source.is_none() && request.backup.is_none() {
        return Ok(None);
    }
    let named = request.backup_dir();
    let misplaced = |what| {
        Err(Error::BackupMisplaced {
            path: named.clone(),
            what,
        })
    };
    if request.backup.is_none() && named.is_symlink() {
        // Whoever made it may not be who runs this, nor know where that may
        // write.
        return misplaced("a link, which is followed only where -b names it");
    }
    if named.exists() && !named.is_dir() {
        return misplaced("not a directory");
    }
    let place = place(&named, "backup", "backup")?;
    if source.is_some_and(|source| place.is(&source.dir)) {
        return misplaced("the source directory itself");
    }
    if let Some(target) = target {
        if place.path == target.path {
            return misplaced("the target directory");
        }
        // Where they are there already they may have other names.
        let dir = |place: &Place| std::fs::metadata(&place.path).ok();
        if let Some(target) = dir(target) {
            if place.is(&target) {
                return misplaced("the target directory");
            }
            if place.lies_in(&target) {
                return misplaced("inside the target directory");
            }
        }
        if place.path.starts_with(&target.path) {
            return misplaced("inside the target directory");
        }
        if target.path.starts_with(&place.path)
            || dir(&place).is_some_and(|place| target.lies_in(&place))
        {
            return misplaced("a directory that the target lies in");
        }
    }
    let Some(store) = source.map(|source| &source.store) else {
        return Ok(None);
    };
    let held = place.held()?;
    if !matches!(held, Held::Nothing) {
        let unfinished = matches!(held, Held::Published);
        let saved = compare(store, &named, held, request.workers, stop)?;
        return Ok(Some(Backup::Reuse {
            place,
            saved,
            unfinished,
        }));
    }
    system::check_writable(place.written()).map_err(|source| Error::NotWritable {
        what: "backup",
        path: named.clone(),
        source,
    })?;
    place.check_free()?;
    Ok(Some(Backup::Make(place)))
}

/// Compares a directory that holds something with the store: fails unless it
/// is a backup of just this store, byte for byte.
fn compare(
    store: &Store,
    dir: &Path,
    held: Held,
    workers: Workers,
    stop: &Stop,
) -> Result<Vec<SavedFile>> {
    let differs = |file: &OsStr, how| Error::BackupDiffers {
        path: dir.to_owned(),
        file: PathBuf::from(file),
        how,
    };
    let earlier = match Store::find(dir) {
        Ok(earlier) => earlier,
        Err(caldb::StoreError::NoDatabase(_)) => {
            let holds = match held {
                Held::Other(holds) => holds,
                _ => PathBuf::new(),
            };
            return Err(Error::BackupForeign {
                path: dir.to_owned(),
                holds,
            });
        }
        Err(error) => return Err(error.into()),
    };
    let ours: HashSet<&OsStr> = store.files().map(|file| file.name.as_os_str()).collect();
    for file in earlier.files() {
        if !ours.contains(file.name.as_os_str()) {
            return Err(differs(&file.name, "the source has no such file"));
        }
    }
    let copies: HashMap<&OsStr, &StoreFile> = earlier
        .files()
        .map(|copy| (copy.name.as_os_str(), copy))
        .collect();
    let mut saved = Vec::new();
    for file in store.files() {
        let Some(copy) = copies.get(file.name.as_os_str()) else {
            return Err(differs(&file.name, "the backup has no such file"));
        };
        if copy.len() != file.len() {
            return Err(differs(&file.name, "another size"));
        }
        let hash =
            |path: &Path| copy::hash(path, workers, stop).map_err(Error::io(path, "read the file"));
        let hashed = hash(&copy.path)?;
        if hashed != hash(&file.path)? {
            return Err(differs(&file.name, "other bytes"));
        }
        saved.push(SavedFile {
            name: file.name.clone(),
            len: file.len(),
            hash: hashed.to_hex().to_string(),
        });
    }
    Ok(saved)
}
