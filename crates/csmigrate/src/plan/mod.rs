//! Looking before anything is written: what there is, where it goes, whether
//! it can. What keeps it from being done is told all at once.
//!
//! * `source`: is the source there, a store, readable; is it still the same.
//! * `places`: target and backup: free, apart from each other, writable.
//! * `space`: room on each file system.
//! * `holders`: who else has a hand in the source.
//! * `shutdown`: was the store cleanly shut down, and if not, can its logs be
//!   replayed.
//! * `problems`: all that stands in the way, gathered.
//! * `exporting`: the same look before a store is exported.

mod exporting;
mod holders;
mod places;
mod problems;
pub(crate) mod shutdown;
pub(crate) mod source;
mod space;

use std::convert::Infallible;
use std::ffi::OsString;
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};

use bdbfile::Workers;
use bdbfile::layout::Preamble;
use bdbfile::log::Environment;
use caldb::release::{self, Detection, Internal, Traits};
use caldb::rules::{RuleChoice, RuleSet};
use caldb::{Profile, Role, Store, StoreError, StoreFile};

use crate::database::{Database, Overlay};
use crate::error::{Error, Result};
use crate::inspect::Shutdown;
use crate::lock;
use crate::migration::Salvage;
use crate::recovery::Recovery;
use crate::report::{SavedFile, Warning};
use crate::staging::Place;
use crate::stop::Stop;

pub(crate) use exporting::ExportPlan;
pub use holders::{Hold, Holder, Holders};
pub(crate) use problems::Problems;
pub use space::Space;

/// A file of the source, as the inspection found it.
#[derive(Debug, Clone)]
pub struct PlannedFile {
    /// Its name.
    pub name: OsString,
    /// What it holds, in words.
    pub holds: &'static str,
    /// Its size in bytes; of one that the logs alone hold, after recovery.
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
    /// What each file system that is to be written needs and has.
    pub space: Vec<Space>,
    /// Which other processes hold files of the source.
    pub holders: Holders,
    /// Whether the store was cleanly shut down. Not clean means that its logs
    /// are replayed, or that it is taken as it is all the same.
    pub shutdown: Shutdown,
    /// What replaying its logs does, where they are replayed.
    pub recovery: Option<Recovery>,
    /// Which rules are wanted.
    pub rules: RuleChoice,
    /// Which release wrote the store, and the evidence.
    pub detection: Detection,
    /// What is odd about the store as a whole.
    pub warnings: Vec<Warning>,
}

/// What a plan is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Reading, beside others that read.
    Look,
    /// Writing, with nobody beside.
    Run,
}

/// What a migration was asked to do.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) source: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) backup: Option<PathBuf>,
    pub(crate) ignore_logs: bool,
    pub(crate) recover: bool,
    pub(crate) salvage: Salvage,
    pub(crate) profile: Profile,
    pub(crate) rules: RuleChoice,
    pub(crate) workers: Workers,
}

impl Request {
    /// What is asked where nothing is said but from where to where.
    pub(crate) fn new(source: PathBuf, target: PathBuf) -> Self {
        Self {
            source,
            target,
            backup: None,
            ignore_logs: false,
            recover: true,
            salvage: Salvage::default(),
            profile: Profile::shipped().clone(),
            rules: RuleChoice::default(),
            workers: Workers::one_a_processor(),
        }
    }
}

/// What is done about a store that was not cleanly shut down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unclean {
    /// Its logs are replayed.
    Recover,
    /// It is refused.
    Refuse,
    /// It is taken as its files are.
    Ignore,
}

/// A plan that can be carried out.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) purpose: Purpose,
    pub(crate) inspection: Inspection,
    /// The source as it was found.
    pub(crate) store: Store,
    /// What is migrated, in its order.
    pub(crate) databases: Vec<Database>,
    /// What recovery changes, of a store that is only looked at.
    pub(crate) overlay: Option<Overlay>,
    pub(crate) source_dir: Metadata,
    pub(crate) target: Place,
    /// Whether the target holds all that an interrupted run published.
    pub(crate) target_found: bool,
    pub(crate) backup: Backup,
    /// The text that a rule gives the version identifier; carried as it is
    /// where there is none.
    pub(crate) identifier: Option<Vec<u8>>,
    fingerprints: source::Fingerprints,
    /// What tells other runs that this one is at work.
    _locks: Vec<File>,
}

/// What is to be done about the backup.
#[derive(Debug)]
pub(crate) enum Backup {
    /// To make it.
    Make(Place),
    /// To use the one that is there, identical.
    Reuse {
        place: Place,
        saved: Vec<SavedFile>,
        /// Whether an interrupted run made it and did not come to its end.
        unfinished: bool,
    },
}

impl Plan {
    /// Looks at everything and refuses what cannot be done, with all the
    /// reasons. Writes nothing.
    pub(crate) fn make(request: &Request, purpose: Purpose, stop: &Stop) -> Result<Self> {
        let mut problems = Problems::default();
        let found = problems.take(source::find(&request.source));
        let source_dir = found.as_ref().map(|found| &found.dir);
        let target = problems.take(places::find_target(request, source_dir));
        let store = found.as_ref().map(|found| &found.store);
        let backup = problems.take(places::find_backup(
            request,
            found.as_ref(),
            target.as_ref().map(|target| &target.place),
            stop,
        ));
        let backup = backup.flatten();
        let there = target.as_ref().filter(|target| target.place.exists);
        let locks = [
            store.map(|store| store.dir.as_path()),
            there.map(|target| target.place.path.as_path()),
        ];
        let locks = purpose.locks(locks, &mut problems);
        let Some(found) = &found else {
            return Err(problems.into_error());
        };
        let store = &found.store;
        source::check_readable(store, &mut problems);
        let environment = shutdown::environment(store);
        let (holders, traits) = Self::look(request, store, environment.as_ref().ok());
        let held = holders::check(request, &holders);
        stop.check()?;
        let judged = environment
            .as_ref()
            .ok()
            .map(|found| shutdown::judge(request, store, found, held.is_err(), stop));
        let (databases, overlay) = shutdown::databases(store, judged.as_ref());
        source::check_databases(&databases, overlay, request.salvage, &mut problems);
        problems.take(held);
        let to_build = target.as_ref().filter(|target| !target.found);
        let space = space::needed(
            store,
            &databases,
            to_build.map(|target| &target.place),
            backup.as_ref().and_then(Backup::to_make),
        );
        let space = problems.take(space).unwrap_or_default();
        for one in &space {
            problems.take(space::check(one));
        }
        problems.take(environment);
        let judged = judged.and_then(|judged| problems.take(judged));
        problems.finish()?;
        let (Some(target), Some(backup), Some(traits), Some(judged)) =
            (target, backup, traits, judged)
        else {
            return Err(Error::Several(Vec::new()));
        };

        let traits = traits?;
        let rules = RuleSet::choose(&request.profile, request.rules);
        let identifier = source::new_identifier(store, &rules, traits.identifier.as_deref())?;
        let replaced = identifier.is_some();
        let mut warnings = source::warnings(store, &databases, &request.profile, replaced);
        warnings.extend(judged.warnings);
        let detection = release::detect(&request.profile, &traits);
        let advice = detection.conclusion.advice().into_iter();
        warnings.extend(advice.map(|text| Warning::new("advice", None, text)));
        warnings.extend(holders::warnings(&holders));
        warnings.extend(target.warnings.iter().cloned());
        let after = judged.replayed.map(|it| (it.recovery, it.overlay));
        let (recovery, overlay) = after.unzip();
        let inspection = Inspection {
            source: request.source.clone(),
            target: request.target.clone(),
            databases: planned_databases(&databases, overlay.as_ref())?,
            companions: planned_companions(store.conf.iter().chain(&store.logs))?,
            others: store.others.clone(),
            backup: match backup.to_make() {
                Some(_) => BackupPlan::Make(request.backup_dir()),
                None => BackupPlan::Reuse(request.backup_dir()),
            },
            store_bytes: space::sum(store.files().map(StoreFile::len)),
            space,
            holders,
            shutdown: judged.shutdown,
            recovery,
            rules: request.rules,
            detection,
            warnings,
        };
        Ok(Self {
            purpose,
            fingerprints: source::Fingerprints::of(store),
            inspection,
            store: store.clone(),
            databases,
            // A run replays the logs of the backup.
            overlay: overlay.filter(|_| purpose == Purpose::Look),
            source_dir: found.dir.clone(),
            target: target.place,
            target_found: target.found,
            backup,
            identifier,
            _locks: locks,
        })
    }

    /// Who holds the store, and what can be seen in it. The system takes its time
    /// to tell of locks.
    fn look(
        request: &Request,
        store: &Store,
        environment: Option<&Environment>,
    ) -> (Holders, Option<std::result::Result<Traits, StoreError>>) {
        let workers = request.workers;
        let find = |_| Ok::<_, Infallible>(holders::find(store, workers));
        let (Ok(holders), traits) = workers.all_beside(1, find, || {
            let internal = Internal::Above;
            environment.map(|found| Traits::look(store, &request.profile, found, internal, workers))
        });
        (holders.into_iter().next().unwrap_or_default(), traits)
    }

    /// Fails when the source is not as it was when the plan was made.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        self.fingerprints.check()
    }
}

impl Purpose {
    /// Locks the directories that are there.
    fn locks<const N: usize>(self, dirs: [Option<&Path>; N], problems: &mut Problems) -> Vec<File> {
        let dirs = dirs.into_iter().flatten();
        dirs.filter_map(|dir| problems.take(self.lock(dir)))
            .collect()
    }

    fn lock(self, dir: &Path) -> Result<File> {
        match self {
            Self::Look => lock::shared(dir),
            Self::Run => lock::exclusive(dir),
        }
    }
}

impl Backup {
    /// Where it is to be made, if it is.
    fn to_make(&self) -> Option<&Place> {
        match self {
            Self::Make(place) => Some(place),
            Self::Reuse { .. } => None,
        }
    }
}

impl Request {
    fn unclean(&self) -> Unclean {
        match (self.ignore_logs, self.recover) {
            (true, _) => Unclean::Ignore,
            (false, true) => Unclean::Recover,
            (false, false) => Unclean::Refuse,
        }
    }

    /// Where the backup goes, as named.
    pub(crate) fn backup_dir(&self) -> PathBuf {
        let named = self.backup.clone();
        named.unwrap_or_else(|| self.source.join("backup"))
    }
}

fn planned_databases(
    databases: &[Database],
    overlay: Option<&Overlay>,
) -> Result<Vec<PlannedFile>> {
    databases
        .iter()
        .map(|database| {
            Ok(PlannedFile {
                name: database.name.clone(),
                holds: database.holds,
                len: database.found_len.unwrap_or(database.len),
                preamble: database.preamble(overlay)?,
            })
        })
        .collect()
}

fn planned_companions<'a>(
    files: impl IntoIterator<Item = &'a StoreFile>,
) -> Result<Vec<PlannedFile>> {
    files
        .into_iter()
        .map(|file| {
            let is_identifier = file
                .fact
                .is_some_and(|fact| fact.role == Role::VersionIdentifier);
            let preamble = if is_identifier {
                None
            } else {
                file.identify().map_err(|source| Error::Unreadable {
                    path: file.path.clone(),
                    source,
                })?
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
