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
    let saved = taken_by(store.files().map(StoreFile::len));
    let new = databases.iter().map(|database| database.len);
    let new = new.chain(store.conf.iter().map(StoreFile::len));
    let new = taken_by(new);
    let device = |place: &Place| {
        let dir = place.written();
        system::device(dir).map_err(Error::io(dir, "ask for its file system"))
    };
    Ok(match (backup, target) {
        (Some(backup), Some(target)) if device(backup)? == device(target)? => {
            let both = "the backup and the new store";
            vec![on(target.written(), both, saved.saturating_add(new))?]
        }
        _ => {
            let backup = backup.map(|place| on(place.written(), "the backup", saved));
            let target = target.map(|place| on(place.written(), "the new store", new));
            backup.into_iter().chain(target).collect::<Result<_>>()?
        }
    })
}

/// What files of these lengths take.
fn taken_by(lens: impl Iterator<Item = u64>) -> u64 {
    sum(lens.map(|len| len.saturating_add(SLACK)))
}

/// Bytes in all. A file with holes can be of any length, so a few together can
/// be longer than can be counted.
pub(super) fn sum(lens: impl Iterator<Item = u64>) -> u64 {
    lens.fold(0, u64::saturating_add)
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
