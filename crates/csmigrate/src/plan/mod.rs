//! Looking before anything is written: what there is, where it goes, whether
//! it can.

mod places;
pub(crate) mod shutdown;
pub(crate) mod source;
mod space;

use std::ffi::OsString;
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bdbfile::layout::Preamble;
use caldb::release::{self, Detection, Traits};
use caldb::rules::{RuleChoice, RuleSet};
use caldb::{Profile, Role, Store, StoreFile};

use crate::error::{Error, Result};
use crate::report::Warning;
use crate::staging::Place;

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
    /// Which rules are wanted.
    pub rules: RuleChoice,
    /// Which release wrote the store, and the evidence.
    pub detection: Detection,
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
    pub(crate) profile: Profile,
    pub(crate) rules: RuleChoice,
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
    /// The text that a rule gives the version identifier; carried as it is
    /// where there is none.
    pub(crate) identifier: Option<Vec<u8>>,
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
        let (source, source_dir, store) = source::find(&request.source)?;
        source::check_readable(&store)?;
        source::check_databases(&store)?;
        let target = places::find_target(request, &source, &source_dir)?;
        let (backup, backup_place) = places::find_backup(request, &source, &target, &store)?;
        let store_bytes = store.files().map(StoreFile::len).sum();
        space::check(&store, &target, backup_place.as_ref(), store_bytes)?;
        let environment = shutdown::environment(&store)?;
        let traits = Traits::look(&store, &request.profile, &environment)?;
        let rules = RuleSet::choose(&request.profile, request.rules);
        let identifier = source::new_identifier(&store, &rules, traits.identifier.as_deref())?;
        let mut warnings = source::warnings(&store, &request.profile, identifier.is_some());
        let clean = shutdown::judge(request, &store, &environment, &mut warnings)?;
        let detection = release::detect(&request.profile, &traits);
        let advice = detection.conclusion.advice();
        warnings.extend(advice.into_iter().map(|text| Warning::new(None, text)));
        let inspection = Inspection {
            source: request.source.clone(),
            target: request.target.clone(),
            databases: planned(&store.databases)?,
            companions: planned(store.conf.iter().chain(&store.logs))?,
            others: store.others.clone(),
            backup,
            store_bytes,
            clean,
            rules: request.rules,
            detection,
            warnings,
        };
        Ok(Self {
            fingerprints: store.files().map(Fingerprint::of).collect(),
            inspection,
            store,
            source_dir,
            target,
            backup: backup_place,
            identifier,
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
