//! The places that are written: target and backup. Are they free, apart from
//! each other and from the source, and may they be written?

use std::ffi::OsStr;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use caldb::Store;

use crate::copy;
use crate::error::{Error, Result};
use crate::plan::{BackupPlan, Request};
use crate::similar;
use crate::staging::Place;
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

pub(super) fn find_target(
    request: &Request,
    source: &Path,
    source_dir: &Metadata,
) -> Result<Place> {
    let named = &request.target;
    if named.exists() && !named.is_dir() {
        return Err(Error::TargetNotDirectory(named.clone()));
    }
    let target = place(named, "target", "staging")?;
    let same = std::fs::metadata(&target.path)
        .is_ok_and(|it| (it.dev(), it.ino()) == (source_dir.dev(), source_dir.ino()));
    if same {
        return Err(Error::TargetIsSource(named.clone()));
    }
    if target.path.starts_with(source) {
        return Err(Error::TargetInsideSource(named.clone()));
    }
    let occupant = target
        .occupant()
        .map_err(Error::io(named, "list the directory"))?;
    if let Some(holds) = occupant {
        return Err(Error::TargetNotEmpty {
            path: named.clone(),
            holds,
        });
    }
    system::check_writable(target.written()).map_err(|source| Error::NotWritable {
        what: "target",
        path: named.clone(),
        source,
    })?;
    target.check_free()?;
    Ok(target)
}

pub(super) fn find_backup(
    request: &Request,
    source: &Path,
    target: &Place,
    store: &Store,
) -> Result<(BackupPlan, Option<Place>)> {
    let named = request
        .backup
        .clone()
        .unwrap_or_else(|| request.source.join("backup"));
    let misplaced = |what| {
        Err(Error::BackupMisplaced {
            path: named.clone(),
            what,
        })
    };
    if named.exists() && !named.is_dir() {
        return misplaced("not a directory");
    }
    let place = place(&named, "backup", "backup")?;
    if place.path == source {
        return misplaced("the source directory itself");
    }
    if place.path == target.path {
        return misplaced("the target directory");
    }
    if place.path.starts_with(&target.path) {
        return misplaced("inside the target directory");
    }
    if target.path.starts_with(&place.path) {
        return misplaced("a directory that the target lies in");
    }
    let occupant = place
        .occupant()
        .map_err(Error::io(&named, "list the directory"))?;
    if let Some(holds) = occupant {
        compare(store, &named, holds)?;
        return Ok((BackupPlan::Reuse(named), None));
    }
    system::check_writable(place.written()).map_err(|source| Error::NotWritable {
        what: "backup",
        path: named.clone(),
        source,
    })?;
    place.check_free()?;
    Ok((BackupPlan::Make(named), Some(place)))
}

/// Compares a directory that holds something with the store: fails unless it
/// is a backup of just this store, byte for byte.
fn compare(store: &Store, dir: &Path, holds: PathBuf) -> Result<()> {
    let differs = |file: &OsStr, how| Error::BackupDiffers {
        path: dir.to_owned(),
        file: PathBuf::from(file),
        how,
    };
    let earlier = match Store::find(dir) {
        Ok(earlier) => earlier,
        Err(caldb::StoreError::NoDatabase(_)) => {
            return Err(Error::BackupForeign {
                path: dir.to_owned(),
                holds,
            });
        }
        Err(error) => return Err(error.into()),
    };
    for file in earlier.files() {
        if !store.files().any(|ours| ours.name == file.name) {
            return Err(differs(&file.name, "the source has no such file"));
        }
    }
    for file in store.files() {
        let Some(copy) = earlier.files().find(|copy| copy.name == file.name) else {
            return Err(differs(&file.name, "the backup has no such file"));
        };
        if copy.len() != file.len() {
            return Err(differs(&file.name, "another size"));
        }
        let hash = |path: &Path| copy::hash(path).map_err(Error::io(path, "read the file"));
        if hash(&copy.path)? != hash(&file.path)? {
            return Err(differs(&file.name, "other bytes"));
        }
    }
    Ok(())
}
