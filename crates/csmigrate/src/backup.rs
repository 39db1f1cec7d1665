//! The backup: every file of the store, copied, read again and compared.

use std::fs::File;

use crate::copy;
use crate::error::{Error, Result};
use crate::plan::Plan;
use crate::report::SavedFile;
use crate::staging::{Place, Published, Staging};
use crate::stop::Stop;
use crate::system;

/// Copies the store's files to their place: owner, mode and times like the
/// source, synced, compared by hash, published by one rename.
pub(crate) fn make(plan: &Plan, place: &Place, stop: &Stop) -> Result<Vec<SavedFile>> {
    let mut staging = Staging::begin(place.clone())?;
    let mut saved = Vec::new();
    for file in plan.store.files() {
        let path = &file.path;
        let from = File::open(path).map_err(|source| Error::Unreadable {
            path: path.clone(),
            source,
        })?;
        let staged = staging.path_of(&file.name);
        let to = staging.create(&file.name)?;
        let read =
            copy::copy(&from, &to, stop).map_err(Error::io(&staged, "copy into the backup"))?;
        system::take_after(&to, &staged, &file.metadata)?;
        if let Ok(modified) = file.metadata.modified() {
            to.set_modified(modified)
                .map_err(Error::io(&staged, "set the time"))?;
        }
        to.sync_all().map_err(Error::io(&staged, "sync the file"))?;
        let written =
            copy::hash(&staged, stop).map_err(Error::io(&staged, "read the backup again"))?;
        if read != written {
            return Err(Error::Mismatch {
                file: path.clone(),
                what: "the bytes of the file and of its backup",
                read: read.to_hex().to_string(),
                written: written.to_hex().to_string(),
            });
        }
        saved.push(SavedFile {
            name: file.name.clone(),
            len: file.len(),
            hash: read.to_hex().to_string(),
        });
    }
    // The files must be as they were when they were planned: a copy of a file
    // that changed half-way is no backup.
    plan.check_unchanged()?;
    stop.check()?;
    let last = plan.store.conf.as_ref().map(|file| file.name.as_os_str());
    let published = staging.publish(&plan.source_dir, last).map_err(not_kept)?;
    published.finish_for_good()?;
    Ok(saved)
}

/// Takes over the backup that an interrupted run made, found identical.
pub(crate) fn take_over(place: &Place) -> Result<()> {
    Published::found(place.clone())
        .map_err(not_kept)?
        .finish_for_good()
}

/// A backup that may not last is no target that may not: nothing was
/// published.
fn not_kept(error: Error) -> Error {
    match error {
        Error::NotDurable { path, source } => Error::io(&path, "sync its directory")(source),
        error => error,
    }
}
