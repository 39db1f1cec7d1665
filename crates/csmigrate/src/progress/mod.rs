//! How far a run is, for who looks from another thread.
//!
//! * `counter`: what is counted of a file.
//!
//! The threads of a run count what they have read and copied, by blocks of
//! 64 KiB, in numbers that [`Progress::snapshot`] reads. Nothing waits for
//! anybody, and no record is counted by itself.
//!
//! ```no_run
//! use csmigrate::{Migration, observer::Event, progress::Progress};
//!
//! let progress = Progress::default();
//! let migration = Migration::new("oldcsdb", "csdb").progress(progress.clone());
//! std::thread::scope(|scope| {
//!     let run = scope.spawn(move || migration.run(&mut |_: Event<'_>| {}));
//!     while !run.is_finished() {
//!         let now = progress.snapshot();
//!         eprintln!("{}: {} of {}", now.step.name(), now.done, now.whole);
//!         std::thread::sleep(std::time::Duration::from_secs(1));
//!     }
//! });
//! ```

mod counter;

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use caldb::StoreFile;

use crate::observer::Stage;
use crate::plan::{Backup, Plan, Purpose};
use counter::Counter;

pub(crate) use counter::Counting;

/// What a run is at: its stages, and what it waits for between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[non_exhaustive]
pub enum Step {
    /// [`Stage::Inspect`].
    #[default]
    Inspect,
    /// [`Stage::Backup`].
    Backup,
    /// [`Stage::Recover`].
    Recover,
    /// [`Stage::Rewrite`].
    Rewrite,
    /// Until the disk has the backup, which then appears.
    SyncBackup,
    /// [`Stage::Verify`].
    Verify,
    /// Until the disk has the new store.
    Sync,
    /// [`Stage::Publish`], when all is synced.
    Publish,
}

impl Step {
    /// The name of the step.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inspect => "inspect",
            Self::Backup => "backup",
            Self::Recover => "recover",
            Self::Rewrite => "rewrite",
            Self::SyncBackup => "sync of the backup",
            Self::Verify => "verify",
            Self::Sync => "sync",
            Self::Publish => "publish",
        }
    }

    /// How many times the bytes of a file are gone through.
    const fn passes(self) -> u64 {
        match self {
            // To copy it and to compare the copy; for its records and for its
            // structure.
            Self::Backup | Self::Verify => 2,
            _ => 1,
        }
    }

    /// How much of the work of a whole run it is, for each byte of a file: in
    /// proportion to the time it takes where nothing else is at work.
    const fn weight(self) -> u64 {
        match self {
            Self::Inspect | Self::Publish => 0,
            Self::Recover | Self::SyncBackup | Self::Sync => 1,
            Self::Backup | Self::Verify => 2,
            Self::Rewrite => 4,
        }
    }
}

impl From<Stage> for Step {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Inspect => Self::Inspect,
            Stage::Backup => Self::Backup,
            Stage::Recover => Self::Recover,
            // An export reads as a migration does, and writes other files.
            Stage::Rewrite | Stage::Export => Self::Rewrite,
            Stage::Verify => Self::Verify,
            Stage::Publish => Self::Publish,
        }
    }
}

/// How far a run is at a moment.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Snapshot {
    /// What it is at.
    pub step: Step,
    /// The files of this step, none where it has no files.
    pub files: usize,
    /// Those of them that are done.
    pub files_done: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Bytes of them that are done.
    pub bytes_done: u64,
    /// The files that are being worked on.
    pub working: Vec<WorkingFile>,
    /// All work of the run, each step by its share of the time; 0 until it is
    /// planned.
    pub whole: u64,
    /// How much of it is done: all when the target was published or, in a dry
    /// run, everything read, and less before.
    pub done: u64,
    /// Bytes of the databases.
    pub store_bytes: u64,
    /// Time since the run began; none before.
    pub elapsed: Duration,
    /// Whether all is done.
    pub finished: bool,
}

/// A file that is being worked on.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WorkingFile {
    /// Its name.
    pub name: OsString,
    /// Its bytes.
    pub bytes: u64,
    /// Bytes of it that are done in this step.
    pub bytes_done: u64,
}

/// How far a run is: one end is handed to
/// [`Migration::progress`](crate::Migration::progress), the other kept. For one
/// run at a time: the next begins it anew.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    run: Arc<Mutex<Run>>,
}

#[derive(Debug, Default)]
struct Run {
    began: Option<Instant>,
    step: Step,
    counters: Vec<Arc<Counter>>,
    /// The same by the names of their files.
    by_name: HashMap<OsString, Vec<Arc<Counter>>>,
    store_bytes: u64,
    finished: bool,
}

impl Run {
    /// What is to be done.
    fn count(&mut self, counters: Vec<Arc<Counter>>) {
        self.by_name.clear();
        for counter in &counters {
            let of_file = self.by_name.entry(counter.name.clone()).or_default();
            of_file.push(Arc::clone(counter));
        }
        self.counters = counters;
    }
}

impl Progress {
    /// How far the run is.
    pub fn snapshot(&self) -> Snapshot {
        let run = self.lock();
        // The publish itself, that there is something left until it is done.
        let mut whole = 1_u64;
        let mut now = Snapshot {
            step: run.step,
            store_bytes: run.store_bytes,
            elapsed: run.began.map(|began| began.elapsed()).unwrap_or_default(),
            finished: run.finished,
            ..Snapshot::default()
        };
        for counter in &run.counters {
            whole = whole.saturating_add(counter.share());
            now.done = now.done.saturating_add(counter.share_done());
            if counter.step != run.step {
                continue;
            }
            let (bytes, bytes_done) = counter.bytes();
            now.files = now.files.saturating_add(1);
            now.bytes = now.bytes.saturating_add(bytes);
            now.bytes_done = now.bytes_done.saturating_add(bytes_done);
            if counter.is_finished() {
                now.files_done = now.files_done.saturating_add(1);
            } else if counter.is_begun() {
                now.working.push(WorkingFile {
                    name: counter.name.clone(),
                    bytes,
                    bytes_done,
                });
            }
        }
        if !run.counters.is_empty() {
            now.whole = whole;
        }
        if run.finished {
            now.done = now.whole;
        }
        now
    }

    /// A run begins.
    pub(crate) fn begin(&self) {
        *self.lock() = Run {
            began: Some(Instant::now()),
            ..Run::default()
        };
    }

    /// It is known what there is to do.
    pub(crate) fn plan(&self, plan: &Plan) {
        let mut counters = Vec::new();
        let mut add = |step, name: &OsStr, len| {
            counters.push(Arc::new(Counter::new(step, name, len)));
        };
        let files: Vec<&StoreFile> = plan.store.files().collect();
        let to_run = plan.purpose == Purpose::Run;
        if to_run && matches!(plan.backup, Backup::Make(_)) {
            for step in [Step::Backup, Step::SyncBackup] {
                for file in &files {
                    add(step, &file.name, file.len());
                }
            }
        }
        if to_run && plan.inspection.recovery.is_some() {
            for file in &plan.store.logs {
                add(Step::Recover, &file.name, file.len());
            }
        }
        let steps: &[Step] = match (to_run, plan.target_found) {
            (false, _) => &[Step::Rewrite],
            (true, true) => &[Step::Rewrite, Step::Verify],
            (true, false) => &[Step::Rewrite, Step::Verify, Step::Sync],
        };
        for step in steps {
            for file in &plan.databases {
                add(*step, &file.name, file.len);
            }
        }
        let lens = plan.databases.iter().map(|file| file.len);
        let mut run = self.lock();
        run.store_bytes = lens.fold(0, u64::saturating_add);
        run.count(counters);
    }

    /// A step begins.
    pub(crate) fn step(&self, step: Step) {
        self.lock().step = step;
    }

    /// All files of a step are done.
    pub(crate) fn step_done(&self, step: Step) {
        let run = self.lock();
        let of_step = run.counters.iter().filter(|counter| counter.step == step);
        of_step.for_each(|counter| counter.finish());
    }

    /// Work on a file begins. One that is not in the plan is not counted.
    pub(crate) fn file(&self, step: Step, name: &OsStr) -> Counting {
        let run = self.lock();
        let mut of_file = run.by_name.get(name).into_iter().flatten();
        let counter = of_file.find(|counter| counter.step == step);
        counter.map(Counting::begin).unwrap_or_default()
    }

    /// All is done.
    pub(crate) fn finish(&self) {
        self.lock().finished = true;
    }

    fn lock(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
