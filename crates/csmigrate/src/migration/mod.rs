//! A migration to be done: what is asked for, and what it is asked to do.
//!
//! * `stages`: the stages in their order.
//! * `ids`: new ids for new files.
//! * `times`: the source directory's own time.

mod ids;
mod stages;
mod times;

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use bdbfile::Workers;
use caldb::Profile;
use caldb::rules::{Rule, RuleChoice};

use crate::error::{Error, Result};
use crate::observer::Observer;
use crate::plan::{Inspection, Plan, Purpose, Request};
use crate::progress::Progress;
use crate::report::Report;
use crate::rewrite::salvaged;
use crate::stop::Stop;

/// A migration to be done: from where, to where, and how.
#[derive(Debug, Clone)]
pub struct Migration {
    request: Request,
    added: AddedRules,
    stop: Stop,
    progress: Progress,
}

/// What is done about databases that cannot be read whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Salvage {
    /// The run is refused.
    #[default]
    Refuse,
    /// What can be saved of them is listed, built and compared, and nothing is
    /// published.
    List,
    /// The same, and published.
    Publish,
}

impl Salvage {
    /// Whether an error is a damage that is gone round.
    pub(crate) fn takes(self, error: &Error) -> bool {
        self != Self::Refuse && salvaged::is_damage(error)
    }
}

/// Rules of the caller's own.
#[derive(Clone, Default)]
struct AddedRules(Vec<Arc<dyn Rule>>);

impl std::fmt::Debug for AddedRules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids = self.0.iter().map(|rule| rule.fact().id.to_owned());
        f.debug_list().entries(ids).finish()
    }
}

impl Migration {
    /// A migration of the store in `source` into `target`, which is missing or
    /// empty. The backup goes to `source/backup`; one thread a processor.
    pub fn new(source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        Self {
            request: Request::new(source.into(), target.into()),
            added: AddedRules::default(),
            stop: Stop::default(),
            progress: Progress::default(),
        }
    }

    /// Puts the backup into another directory, which is missing, empty, or
    /// holds an identical backup.
    #[must_use]
    pub fn backup_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.request.backup = Some(dir.into());
        self
    }

    /// Takes a store that was not cleanly shut down as its files are, without
    /// what only its logs hold. Then no log is replayed.
    #[must_use]
    pub fn ignore_logs(mut self, ignore: bool) -> Self {
        self.request.ignore_logs = ignore;
        self
    }

    /// Whether the logs of a store that was not cleanly shut down are replayed,
    /// as they are unless this says otherwise; else it is refused. Replaying
    /// reads source and backup, and changes neither.
    #[must_use]
    pub fn recover(mut self, recover: bool) -> Self {
        self.request.recover = recover;
        self
    }

    /// Says what is done about databases that cannot be read whole. Where any
    /// is salvaged the run ends with [`Error::SalvageNotPublished`] or, the
    /// target in place, with [`Error::SalvagedWithLosses`]: that nothing is
    /// lost of a damaged file can never be known. A store without damage is
    /// migrated as ever.
    #[must_use]
    pub fn salvage(mut self, salvage: Salvage) -> Self {
        self.request.salvage = salvage;
        self
    }

    /// Takes for true of the store what this profile says, instead of the
    /// shipped one.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.request.profile = profile;
        self
    }

    /// Chooses which rules of the profile are on.
    #[must_use]
    pub fn rules(mut self, rules: RuleChoice) -> Self {
        self.request.rules = rules;
        self
    }

    /// Adds a rule of the caller's own, which comes after those of the profile.
    /// It may change data, and not keys.
    #[must_use]
    pub fn add_rule(mut self, rule: Arc<dyn Rule>) -> Self {
        self.added.0.push(rule);
        self
    }

    /// Works with so many threads. The result does not depend on it.
    #[must_use]
    pub fn threads(mut self, threads: NonZeroUsize) -> Self {
        self.request.workers = Workers { threads };
        self
    }

    /// Asks the run to stop as soon as there is a number but 0: the target is
    /// as it was before, what the run made is removed, and the error is
    /// [`Error::Stopped`]. Once the target is being published it is too late.
    #[must_use]
    pub fn stop_when(mut self, asked: Arc<AtomicUsize>) -> Self {
        self.stop = Stop::when(asked);
        self
    }

    /// Tells there how far the run is, and a dry run as well.
    #[must_use]
    pub fn progress(mut self, progress: Progress) -> Self {
        self.progress = progress;
        self
    }

    /// Looks at source, target and backup place, and writes nothing.
    ///
    /// # Errors
    /// All that would keep a run from beginning.
    pub fn inspect(&self) -> Result<Inspection> {
        Ok(Plan::make(&self.request, Purpose::Look, &self.stop)?.inspection)
    }

    /// Does all of the inspecting and reading of a run, and writes nothing.
    ///
    /// # Errors
    /// Whatever would keep a run from being done, as far as reading tells.
    pub fn dry_run(&self, observer: &mut dyn Observer) -> Result<Report> {
        let dry_run = self.read_all(observer);
        dry_run.map_err(|error| self.stop.explain(error))
    }

    /// Migrates.
    ///
    /// # Errors
    /// Whatever kept the target from being published; the source is unchanged
    /// and the target as it was before. With [`Error::NotDurable`] and
    /// [`Error::SalvagedWithLosses`] alone the target is there, complete.
    pub fn run(&self, observer: &mut dyn Observer) -> Result<Report> {
        let run = self.migrate(observer);
        run.map_err(|error| self.stop.explain(error))
    }
}
