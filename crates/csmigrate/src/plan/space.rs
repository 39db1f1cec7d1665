//! Is there room for what will be written?

use std::path::{Path, PathBuf};

use caldb::{Store, StoreFile};

use crate::database::Database;
use crate::error::{Error, Result};
use crate::staging::Place;
use crate::system;

/// A new file is no larger than its source but for a page or two; this much
/// is kept for it beside.
const SLACK: u64 = 128 * 1024;

/// What one file system is to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Space {
    /// What is to be written to it, in words.
    pub what: &'static str,
    /// A directory on it.
    pub path: PathBuf,
    /// Bytes needed.
    pub need: u64,
    /// Bytes that may be used; `None` where the file system does not tell.
    pub free: Option<u64>,
}

impl std::fmt::Display for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (what, path, need) = (self.what, self.path.display(), self.need);
        write!(
            f,
            "space for {what} on the file system of {path}: {need} bytes needed, "
        )?;
        match self.free {
            Some(free) => write!(f, "{free} free"),
            None => write!(f, "how many are free it does not tell"),
        }
    }
}

/// What each file system that is to be written needs and has. A place that is
/// not known or not written needs nothing.
pub(super) fn needed(
    store: &Store,
    databases: &[Database],
    target: Option<&Place>,
    backup: Option<&Place>,
) -> Result<Vec<Space>> {
    let saved: u64 = store.files().map(|file| file.len() + SLACK).sum();
    let new = databases.iter().map(|database| database.len);
    let new = new.chain(store.conf.iter().map(StoreFile::len));
    let new: u64 = new.map(|len| len + SLACK).sum();
    let device = |place: &Place| {
        let dir = place.written();
        system::device(dir).map_err(Error::io(dir, "ask for its file system"))
    };
    Ok(match (backup, target) {
        (Some(backup), Some(target)) if device(backup)? == device(target)? => {
            let both = "the backup and the new store";
            vec![on(target.written(), both, saved + new)?]
        }
        _ => {
            let backup = backup.map(|place| on(place.written(), "the backup", saved));
            let target = target.map(|place| on(place.written(), "the new store", new));
            backup.into_iter().chain(target).collect::<Result<_>>()?
        }
    })
}

fn on(dir: &Path, what: &'static str, need: u64) -> Result<Space> {
    Ok(Space {
        what,
        path: dir.to_owned(),
        need,
        free: system::free_bytes(dir).map_err(Error::io(dir, "ask for free space"))?,
    })
}

/// Fails where a file system has less than it needs.
pub(super) fn check(space: &Space) -> Result<()> {
    match space.free {
        Some(free) if free < space.need => Err(Error::NoSpace {
            what: space.what,
            path: space.path.clone(),
            need: space.need,
            free,
        }),
        _ => Ok(()),
    }
}
