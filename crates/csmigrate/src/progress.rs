//! How far a run is, for who looks from another thread.
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

use std::ffi::{OsStr, OsString};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use caldb::StoreFile;

use crate::observer::Stage;
use crate::plan::{Backup, Plan, Purpose};

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
    store_bytes: u64,
    finished: bool,
}

/// What is counted of a file in a step.
#[derive(Debug)]
struct Counter {
    step: Step,
    name: OsString,
    /// By which its share is reckoned.
    planned: u64,
    len: AtomicU64,
    done: AtomicU64,
    working: AtomicBool,
    finished: AtomicBool,
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
            if counter.finished.load(Ordering::Relaxed) {
                now.files_done = now.files_done.saturating_add(1);
            } else if counter.working.load(Ordering::Relaxed) {
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
        run.counters = counters;
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
        let mut counters = run.counters.iter();
        let counter = counters.find(|one| one.step == step && one.name == name);
        if let Some(counter) = counter {
            counter.working.store(true, Ordering::Relaxed);
        }
        Counting(counter.map(Arc::clone))
    }

    /// All is done.
    pub(crate) fn finish(&self) {
        self.lock().finished = true;
    }

    fn lock(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Counter {
    fn new(step: Step, name: &OsStr, len: u64) -> Self {
        Self {
            step,
            name: name.to_owned(),
            planned: len,
            len: AtomicU64::new(len),
            done: AtomicU64::new(0),
            working: AtomicBool::new(false),
            finished: AtomicBool::new(false),
        }
    }

    /// Bytes of the file, and those that are done.
    fn bytes(&self) -> (u64, u64) {
        let len = self.len.load(Ordering::Relaxed);
        if self.finished.load(Ordering::Relaxed) {
            return (len, len);
        }
        let done = self.done.load(Ordering::Relaxed);
        let done = done.checked_div(self.step.passes()).unwrap_or_default();
        (len, done.min(len))
    }

    /// Its share of the work.
    fn share(&self) -> u64 {
        self.planned.saturating_mul(self.step.weight())
    }

    /// Its share of the work that is done.
    fn share_done(&self) -> u64 {
        if self.finished.load(Ordering::Relaxed) {
            return self.share();
        }
        let (len, done) = self.bytes();
        let part = u128::from(self.share()).saturating_mul(done.into());
        let part = part.checked_div(len.into()).unwrap_or_default();
        u64::try_from(part).unwrap_or(u64::MAX)
    }

    fn finish(&self) {
        self.finished.store(true, Ordering::Relaxed);
    }
}

/// Counts what is done of a file in a step; by default, nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counting(Option<Arc<Counter>>);

/// Bytes that are counted at a time.
const BLOCK: u64 = 64 << 10;

impl Counting {
    /// Bytes from `offset` on are about to be read: whole blocks are counted,
    /// each by who reads its last byte.
    pub(crate) fn read(&self, offset: u64, len: usize) {
        let end = offset.saturating_add(len as u64);
        let blocks = (end / BLOCK).saturating_sub(offset / BLOCK);
        if blocks > 0 {
            self.add(blocks.saturating_mul(BLOCK));
        }
    }

    /// So many bytes are done.
    pub(crate) fn add(&self, bytes: u64) {
        if let Some(counter) = &self.0 {
            counter.done.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// The file has another length than was planned.
    pub(crate) fn expect(&self, len: u64) {
        if let Some(counter) = &self.0 {
            counter.len.store(len, Ordering::Relaxed);
        }
    }

    /// The file is done.
    pub(crate) fn finish(&self) {
        if let Some(counter) = &self.0 {
            counter.finish();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(counters: &[(Step, &str, u64)]) -> Progress {
        let progress = Progress::default();
        progress.begin();
        progress.lock().counters = counters
            .iter()
            .map(|(step, name, len)| Arc::new(Counter::new(*step, OsStr::new(name), *len)))
            .collect();
        progress
    }

    #[test]
    fn all_is_done_when_all_was_published_and_not_before() {
        let files = [
            (Step::Rewrite, "a", 100 * BLOCK),
            (Step::Verify, "a", 100 * BLOCK),
            (Step::Sync, "a", 100 * BLOCK),
        ];
        let progress = progress(&files);
        let mut before = 0;
        for (step, name, len) in files {
            progress.step(step);
            let counting = progress.file(step, OsStr::new(name));
            for block in 0..200 {
                counting.read(block * BLOCK, usize::try_from(BLOCK).unwrap());
                let now = progress.snapshot();
                assert!(now.done >= before && now.done < now.whole);
                assert_eq!(now.bytes, len);
                assert_eq!(now.working.len(), 1);
                before = now.done;
            }
            counting.finish();
            let now = progress.snapshot();
            assert!(now.done < now.whole && !now.finished);
            assert_eq!((now.files, now.files_done, now.bytes_done), (1, 1, len));
            assert!(now.working.is_empty());
        }
        progress.step(Step::Publish);
        let now = progress.snapshot();
        assert_eq!(now.done + 1, now.whole);
        progress.finish();
        let now = progress.snapshot();
        assert_eq!(now.done, now.whole);
    }

    #[test]
    fn a_block_counts_once_however_it_is_read() {
        let progress = progress(&[(Step::Rewrite, "a", 10 * BLOCK)]);
        progress.step(Step::Rewrite);
        let counting = progress.file(Step::Rewrite, OsStr::new("a"));
        for page in 0..48 {
            counting.read(page * 4096, 4096);
        }
        assert_eq!(progress.snapshot().bytes_done, 3 * BLOCK);
        counting.read(3 * BLOCK, usize::try_from(2 * BLOCK).unwrap());
        assert_eq!(progress.snapshot().bytes_done, 5 * BLOCK);
    }

    #[test]
    fn bytes_gone_through_twice_are_half_done_after_once() {
        let progress = progress(&[(Step::Verify, "a", 4 * BLOCK)]);
        progress.step(Step::Verify);
        let counting = progress.file(Step::Verify, OsStr::new("a"));
        // It is smaller than what it was made of.
        counting.expect(2 * BLOCK);
        counting.read(0, usize::try_from(2 * BLOCK).unwrap());
        let now = progress.snapshot();
        assert_eq!((now.bytes, now.bytes_done), (2 * BLOCK, BLOCK));
        assert_eq!(now.done, now.whole / 2);
    }

    #[test]
    fn what_is_not_planned_is_not_counted() {
        let progress = progress(&[]);
        progress.file(Step::Sync, OsStr::new("a")).add(7);
        let now = progress.snapshot();
        assert_eq!((now.done, now.whole, now.files), (0, 0, 0));
    }
}
