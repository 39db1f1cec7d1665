//! What an interrupted run left: found by its name, known by what is in it,
//! removed by the exact names.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::staging::directory::Directory;
use crate::staging::marker;

/// The staging directory of a run that was interrupted: a directory with our
/// name, that no living run holds, with nothing in it but files that a run gathers
/// and the draft of a marker.
#[derive(Debug)]
pub(super) struct Leftover {
    path: PathBuf,
    dir: Directory,
    names: Vec<OsString>,
}

impl Leftover {
    /// The leftover at `path`, locked, if there is one. Something else that
    /// has its name is an error. `is_ours` tells the names of files.
    pub(super) fn find(path: &Path, is_ours: fn(&OsStr) -> bool) -> Result<Option<Self>> {
        match std::fs::symlink_metadata(path) {
            Ok(metadata) if metadata.is_dir() => {}
            // A link is no directory of ours, wherever it leads.
            Ok(_) => return Err(Error::InTheWay(path.to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(Error::io(path, "look at it")(error)),
        }
        let dir = Directory::hold(path)?;
        let found = dir.names();
        let mut names = Vec::new();
        for (name, plain) in found.map_err(Error::io(path, "list the directory"))? {
            let ours = name == marker::DRAFT || is_ours(&name);
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
            dir,
            names,
        }))
    }

    /// Removes it.
    pub(super) fn remove(self) -> Result<()> {
        for name in &self.names {
            let removed = self.dir.remove(name);
            removed.map_err(Error::io(&self.path.join(name), "remove what a run left"))?;
        }
        let removed = self.dir.remove_itself();
        removed.map_err(Error::io(&self.path, "remove what a run left"))
    }
}

/// Removes a file that an interrupted run left.
pub(super) fn remove_file(path: &Path) -> Result<()> {
    std::fs::remove_file(path).map_err(Error::io(path, "remove what a run left"))
}
