//! Is there room for what will be written?

use caldb::Store;

use crate::error::{Error, Result};
use crate::staging::Place;
use crate::system;

/// A new file is no larger than its source but for a page or two; this much
/// is kept for it beside.
const SLACK: u64 = 128 * 1024;

/// Asks each file system that is to be written for what it will have to hold.
pub(super) fn check(
    store: &Store,
    target: &Place,
    backup: Option<&Place>,
    store_bytes: u64,
) -> Result<()> {
    let new: u64 = store
        .databases
        .iter()
        .chain(&store.conf)
        .map(|file| file.len() + SLACK)
        .sum();
    let free = |place: &Place| -> Result<(u64, u64)> {
        let dir = place.written();
        let failed = |error| Error::io(dir, "ask for free space")(error);
        Ok((
            system::device(dir).map_err(failed)?,
            system::free_bytes(dir).map_err(failed)?,
        ))
    };
    let (target_device, target_free) = free(target)?;
    let mut need_target = ("the new store", new);
    if let Some(backup) = backup {
        let (backup_device, backup_free) = free(backup)?;
        if backup_device == target_device {
            need_target = ("the backup and the new store", new + store_bytes);
        } else if backup_free < store_bytes {
            return Err(Error::NoSpace {
                what: "the backup",
                path: backup.written().to_owned(),
                need: store_bytes,
                free: backup_free,
            });
        }
    }
    let (what, need) = need_target;
    if target_free < need {
        return Err(Error::NoSpace {
            what,
            path: target.written().to_owned(),
            need,
            free: target_free,
        });
    }
    Ok(())
}
