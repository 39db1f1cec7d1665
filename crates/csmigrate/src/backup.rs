//! The backup: every file of the store, copied, read again and compared.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::Arc;

use bdbfile::Workers;
use bdbfile::source::MappedSource;
use bdbfile::write::SyncingSink;
use caldb::StoreFile;

use crate::copy;
use crate::each::{at, each_file};
use crate::error::{Error, Result};
use crate::plan::{Plan, source};
use crate::progress::{Progress, Step};
use crate::report::SavedFile;
use crate::staging::{Place, Published, Staging};
use crate::stop::Stop;
use crate::syncing::Syncing;
use crate::system;

/// A backup whose files are whole and compared, and neither known to be synced
/// nor published yet.
#[derive(Debug)]
pub(crate) struct Made {
    staging: Staging,
    syncing: Syncing,
    pub(crate) saved: Vec<SavedFile>,
    /// The files by their names, mapped. They are read from here, since to
    /// map them again costs as much as to read them.
    mapped: BTreeMap<OsString, Arc<MappedSource>>,
}

/// Copies the store's files to their place: owner, mode and times like the
/// source, compared by hash. Their syncs are begun.
pub(crate) fn make(
    plan: &Plan,
    place: &Place,
    workers: Workers,
    stop: &Stop,
    progress: &Progress,
) -> Result<Made> {
    let mut staging = Staging::begin(place.clone())?;
    let files: Vec<&StoreFile> = plan.store.files().collect();
    let outputs: Vec<File> = files
        .iter()
        .map(|file| staging.create(&file.name))
        .collect::<Result<_>>()?;
    let syncing = Syncing::begin(files.len(), workers, progress, Step::SyncBackup);
    let save = |index: usize, file: &StoreFile, workers| {
        let output = at(&outputs, index)?;
        let counting = progress.file(Step::Backup, &file.name);
        let stop = stop.counting(&counting);
        let saved = save(plan, file, &staging, output, workers, &syncing, &stop)?;
        counting.finish();
        Ok(saved)
    };
    let (saved, sources): (Vec<_>, Vec<_>) = each_file(&files, workers, save, &mut |_| {})?
        .into_iter()
        .unzip();
    let names = files.iter().map(|file| file.name.clone());
    let mapped = names
        .zip(sources)
        .filter_map(|(name, source)| Some((name, Arc::new(source?))))
        .collect();
    // The files must be as they were when they were planned: a copy of a file
    // that changed half-way is no backup.
    plan.check_unchanged()?;
    Ok(Made {
        staging,
        syncing,
        saved,
        mapped,
    })
}

impl Made {
    /// Where the files are until they are published.
    pub(crate) fn dir(&self) -> &Path {
        self.staging.dir()
    }

    /// The bytes of a file that has any.
    pub(crate) fn mapped(&self, name: &OsStr) -> Option<Arc<MappedSource>> {
        self.mapped.get(name).map(Arc::clone)
    }

    /// Publishes the backup by one rename, once all its files are synced.
    pub(crate) fn finish(self, plan: &Plan, stop: &Stop) -> Result<()> {
        self.syncing.finish()?;
        stop.check()?;
        let last = plan.store.conf.as_ref().map(|file| file.name.as_os_str());
        let published = self.staging.publish(&plan.source_dir, last);
        published.map_err(not_kept)?.finish_for_good()
    }
}

/// Takes over the backup that an interrupted run made, found identical.
pub(crate) fn take_over(place: &Place) -> Result<()> {
    Published::found(place.clone())
        .map_err(not_kept)?
        .finish_for_good()
}

/// Copies one file and reads its copy again; its sync is begun.
fn save(
    plan: &Plan,
    file: &StoreFile,
    staging: &Staging,
    output: &File,
    workers: Workers,
    syncing: &Syncing,
    stop: &Stop,
) -> Result<(SavedFile, Option<MappedSource>)> {
    let path = &file.path;
    let from = source::open(file)?;
    let staged = staging.path_of(&file.name);
    let copying = || Error::io(&staged, "copy into the backup");
    let handle = output.try_clone().map_err(copying())?;
    let to = SyncingSink::new(staged.display().to_string(), handle);
    let read = copy::copy(&from, &to, workers, stop).map_err(|error| {
        // A file that is cut short under us is the source's, not the copy's.
        if error.kind() == io::ErrorKind::UnexpectedEof
            && let Err(changed) = plan.check_unchanged()
        {
            return changed;
        }
        copying()(error)
    })?;
    system::take_after(output, &staged, &file.metadata)?;
    if let Ok(modified) = file.metadata.modified() {
        output
            .set_modified(modified)
            .map_err(Error::io(&staged, "set the time"))?;
    }
    syncing.add(staged.clone(), to)?;
    let reading = || Error::io(&staged, "read the backup again");
    // Errors are to name the file as it will be found.
    let kept = plan.inspection.backup.dir().join(&file.name);
    // A file of no bytes cannot be mapped, nor one for which there is no room
    // among a process's addresses.
    let mapped = MappedSource::open_as(&staged, kept.display().to_string()).ok();
    let same = match &mapped {
        Some(mapped) => read.is(mapped, workers, stop).map_err(reading())?,
        None => copy::hash(&staged, workers, stop).map_err(reading())? == read.hash,
    };
    if !same {
        let written = copy::hash(&staged, workers, stop).map_err(reading())?;
        return Err(Error::Mismatch {
            file: path.clone(),
            what: "the bytes of the file and of its backup",
            read: read.hash.to_hex().to_string(),
            written: written.to_hex().to_string(),
        });
    }
    let saved = SavedFile {
        name: file.name.clone(),
        len: file.len(),
        hash: read.hash.to_hex().to_string(),
    };
    Ok((saved, mapped))
}

/// A backup that may not last is no target that may not: nothing was
/// published.
fn not_kept(error: Error) -> Error {
    match error {
        Error::NotDurable { path, source } => Error::io(&path, "sync its directory")(source),
        error => error,
    }
}
