//! Looking before anything is written: what there is, where it goes, whether
//! it can.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bdbfile::layout::Preamble;
use bdbfile::log::{EnvironmentFiles, NewestPage, Reason, Verdict};
use caldb::{Role, Store, StoreFile};

use crate::backup;
use crate::error::{Error, Result};
use crate::report::Warning;
use crate::similar;
use crate::staging::Place;
use crate::system;

/// A file of the source, as the inspection found it.
#[derive(Debug, Clone)]
pub struct PlannedFile {
    /// Its name.
    pub name: OsString,
    /// What it holds, in words.
    pub holds: &'static str,
    /// Its size in bytes.
    pub len: u64,
    /// Kind, version, byte order and page size by its first bytes; `None` for
    /// files that are no databases.
    pub preamble: Option<Preamble>,
}

/// Where the backup goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BackupPlan {
    /// It is made.
    Make(PathBuf),
    /// It is there already, identical to the source.
    Reuse(PathBuf),
}

impl BackupPlan {
    /// The backup directory.
    pub fn dir(&self) -> &Path {
        match self {
            Self::Make(dir) | Self::Reuse(dir) => dir,
        }
    }
}

/// What the inspection found: a store that can be migrated, and where to.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Inspection {
    /// The source directory, as named.
    pub source: PathBuf,
    /// The target directory, as named.
    pub target: PathBuf,
    /// The databases, in the order they are migrated.
    pub databases: Vec<PlannedFile>,
    /// The version identifier and the logs: kept in the backup.
    pub companions: Vec<PlannedFile>,
    /// What lies in the source directory and is not part of the store.
    pub others: Vec<OsString>,
    /// Where the backup goes.
    pub backup: BackupPlan,
    /// Bytes of the files that are backed up.
    pub store_bytes: u64,
    /// What shows that the store was cleanly shut down, a sentence each.
    pub clean: Vec<String>,
    /// What is odd about the store as a whole.
    pub warnings: Vec<Warning>,
}

/// What a migration was asked to do.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) source: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) backup: Option<PathBuf>,
    pub(crate) ignore_logs: bool,
}

/// A plan that can be carried out.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) inspection: Inspection,
    pub(crate) store: Store,
    pub(crate) source_dir: Metadata,
    pub(crate) target: Place,
    /// `None` when an earlier backup is reused.
    pub(crate) backup: Option<Place>,
    fingerprints: Vec<Fingerprint>,
}

/// How a file of the source looked before the run.
#[derive(Debug, PartialEq, Eq)]
struct Fingerprint {
    path: PathBuf,
    len: u64,
    modified: Option<SystemTime>,
    inode: u64,
}

impl Plan {
    /// Looks at everything and refuses what cannot be done. Writes nothing.
    pub(crate) fn make(request: &Request) -> Result<Self> {
        let (source, source_dir, store) = find_source(&request.source)?;
        check_readable(&store)?;
        let target = find_target(request, &source, &source_dir)?;
        let (backup, backup_place) = find_backup(request, &source, &target, &store)?;
        let store_bytes = store.files().map(StoreFile::len).sum();
        check_space(&store, &target, backup_place.as_ref(), store_bytes)?;
        let mut warnings = store_warnings(&store);
        let clean = judge(request, &store, &mut warnings)?;
        let inspection = Inspection {
            source: request.source.clone(),
            target: request.target.clone(),
            databases: planned(&store.databases)?,
            companions: planned(store.conf.iter().chain(&store.logs))?,
            others: store.others.clone(),
            backup,
            store_bytes,
            clean,
            warnings,
        };
        Ok(Self {
            fingerprints: store.files().map(Fingerprint::of).collect(),
            inspection,
            store,
            source_dir,
            target,
            backup: backup_place,
        })
    }

    /// Fails when a file of the source is not as it was when the plan was made.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        for was in &self.fingerprints {
            let now = std::fs::metadata(&was.path).ok();
            if now.is_none_or(|now| Fingerprint::new(&was.path, &now) != *was) {
                return Err(Error::SourceChanged(was.path.clone()));
            }
        }
        Ok(())
    }
}

impl Fingerprint {
    fn of(file: &StoreFile) -> Self {
        Self::new(&file.path, &file.metadata)
    }

    fn new(path: &Path, metadata: &Metadata) -> Self {
        Self {
            path: path.to_owned(),
            len: metadata.len(),
            modified: metadata.modified().ok(),
            inode: metadata.ino(),
        }
    }
}

/// The source directory free of links, and the store in it.
fn find_source(named: &Path) -> Result<(PathBuf, Metadata, Store)> {
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
    let source = named
        .canonicalize()
        .map_err(Error::io(named, "resolve the path"))?;
    let store = Store::find(named).map_err(|error| match error.into() {
        Error::NotAStore { path, .. } => Error::NotAStore {
            path,
            stores: stores_in(named),
        },
        other => other,
    })?;
    Ok((source, metadata, store))
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

/// Opens every file for reading, once, so that the one nobody may read is
/// found before the others are copied.
fn check_readable(store: &Store) -> Result<()> {
    for file in store.files() {
        std::fs::File::open(&file.path).map_err(|source| Error::Unreadable {
            path: file.path.clone(),
            source,
        })?;
    }
    Ok(())
}

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

fn find_target(request: &Request, source: &Path, source_dir: &Metadata) -> Result<Place> {
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

fn find_backup(
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
        backup::compare(store, &named, holds)?;
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

/// A new file is no larger than its source but for a page or two; this much
/// is kept for it beside.
const SLACK: u64 = 128 * 1024;

/// Asks each file system that is to be written for what it will have to hold.
fn check_space(
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

fn store_warnings(store: &Store) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = store
        .missing()
        .map(|fact| {
            let text = format!(
                "the store has no {} ({}), which the guides describe",
                fact.name, fact.holds
            );
            Warning::new(None, text)
        })
        .collect();
    for file in &store.databases {
        if file.fact.is_none() {
            let text = "no guide describes this database; it is migrated like the others";
            warnings.push(Warning::new(Some(&file.name), text));
        }
    }
    if let Some(conf) = &store.conf
        && conf
            .fact
            .is_some_and(|fact| fact.role == Role::VersionIdentifier)
    {
        let text =
            "carried byte for byte: what 6.3 writes in the version identifier was never published";
        warnings.push(Warning::new(Some(&conf.name), text));
    }
    warnings
}

/// Judges by logs and regions whether the store was cleanly shut down.
fn judge(request: &Request, store: &Store, warnings: &mut Vec<Warning>) -> Result<Vec<String>> {
    let failed = |error| match error {
        bdbfile::Error::Io { file, source, .. } => Error::Unreadable {
            path: PathBuf::from(file),
            source,
        },
        error => Error::Database { error, copy: false },
    };
    let files = EnvironmentFiles {
        logs: store.logs.iter().map(|file| file.path.clone()).collect(),
        regions: store.regions.clone(),
    };
    let environment = bdbfile::log::inspect(&files).map_err(failed)?;
    let mut newest: Option<NewestPage> = None;
    if environment.logs.is_some() {
        for file in &store.databases {
            // A file that is no database is refused with its name when it is
            // opened; here it just has no pages.
            if let Ok(Some(page)) = NewestPage::of_file(&file.path)
                && newest.as_ref().is_none_or(|newest| page.lsn > newest.lsn)
            {
                newest = Some(page);
            }
        }
    }
    match environment.judge(newest.as_ref()) {
        Verdict::Clean { why } => Ok(why),
        Verdict::NoEnvironment => {
            let text = "there are no logs and no region files: whether the store was cleanly shut down cannot be told";
            warnings.push(Warning::new(None, text));
            Ok(Vec::new())
        }
        Verdict::Unclean { reasons } => {
            let reasons: Vec<String> = reasons.iter().map(Reason::to_string).collect();
            if !request.ignore_logs {
                return Err(Error::Unclean {
                    path: request.source.clone(),
                    reasons,
                });
            }
            let text = "the store was not cleanly shut down; its files are taken as they are, without what only the logs hold";
            warnings.push(Warning {
                file: None,
                text: text.to_owned(),
                cases: reasons,
            });
            Ok(Vec::new())
        }
    }
}

fn planned<'a>(files: impl IntoIterator<Item = &'a StoreFile>) -> Result<Vec<PlannedFile>> {
    files
        .into_iter()
        .map(|file| {
            let is_database = file
                .fact
                .is_none_or(|fact| fact.role != Role::VersionIdentifier);
            let preamble = if is_database {
                file.identify().map_err(|source| Error::Unreadable {
                    path: file.path.clone(),
                    source,
                })?
            } else {
                None
            };
            Ok(PlannedFile {
                name: file.name.clone(),
                holds: file.holds(),
                len: file.len(),
                preamble,
            })
        })
        .collect()
}
