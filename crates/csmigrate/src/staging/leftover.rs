//! What an interrupted run left: found by its name, known by what is in it,
//! removed by the exact names.

use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::lock;
use crate::staging::marker;

/// The staging directory of a run that was interrupted: a directory with our
/// name, that no living run holds, with nothing in it but files of a store and
/// the draft of a marker.
#[derive(Debug)]
pub(super) struct Leftover {
    path: PathBuf,
    /// Holds the lock.
    held: File,
    names: Vec<OsString>,
}

impl Leftover {
    /// The leftover at `path`, locked, if there is one. Something else that
    /// has its name is an error.
    pub(super) fn find(path: &Path) -> Result<Option<Self>> {
        match std::fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => {}
            // A link is no directory of ours, wherever it leads.
            Ok(_) => return Err(Error::InTheWay(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(path, "look at it")(error)),
        }
        let held = lock::exclusive(path)?;
        let list = |error| Error::io(path, "list the directory")(error);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(path).map_err(list)? {
            let entry = entry.map_err(list)?;
            let name = entry.file_name();
            let plain = entry.file_type().is_ok_and(|kind| kind.is_file());
            let ours = name == marker::DRAFT || caldb::store::is_store_name(&name);
            if !(plain && ours) {
                return Err(Error::NoLeftover {
                    path: path.to_owned(),
                    holds: PathBuf::from(name),
                });
            }
            names.push(name);
        }
        Ok(Some(Self {
            path: path.to_owned(),
            held,
            names,
        }))
    }

    /// Removes it.
    pub(super) fn remove(self) -> Result<()> {
        for name in &self.names {
            remove_file(&self.path.join(name))?;
        }
        // Locked until it is gone: who opened it before then sees that it is.
        let removed = std::fs::remove_dir(&self.path);
        drop(self.held);
        removed.map_err(Error::io(&self.path, "remove what a run left"))
    }
}

/// Removes a file that an interrupted run left.
pub(super) fn remove_file(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(Error::io(path, "remove what a run left"))
}

/// Whether a path still leads to a directory that was opened by it.
pub(super) fn is_still(path: &Path, dir: &File) -> io::Result<bool> {
    let id = |it: &Metadata| (it.dev(), it.ino());
    match std::fs::symlink_metadata(path) {
        Ok(now) => Ok(id(&now) == id(&dir.metadata()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}
