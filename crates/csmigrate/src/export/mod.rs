//! A store's calendars as texts of RFC 5545, a file each, so that what is known
//! of a store lives on in any calendar program. The store is only read; the
//! directory appears whole or not at all.
//!
//! * `gather`: every record read, and those of calendars sorted.
//! * `write`: a file for each calendar.
//! * `name`: what the files are called.
//!
//! ```no_run
//! use csmigrate::Export;
//! use csmigrate::observer::Event;
//!
//! let report = Export::new("csdb", "calendars").run(&mut |event: Event<'_>| {
//!     if let Event::Exported(calendar) = event {
//!         println!("{}", calendar.file.display());
//!     }
//! })?;
//! println!("{} components", report.tally.components());
//! # Ok::<(), csmigrate::Error>(())
//! ```

mod gather;
mod name;
mod write;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::{Duration, Instant};

use caldb::ics::{Applied, Tally};
use caldb::{Profile, Role};

use crate::error::Result;
use crate::observer::{Event, Observer, Stage};
use crate::plan::{ExportPlan, Request};
use crate::recovery::Recovery;
use crate::report::Warning;
use crate::staging::Staging;
use crate::stop::Stop;

pub(crate) use name::is_name;
pub use name::{calid_of, file_name};

/// An export to be done: of which store, to where, and how.
#[derive(Debug, Clone)]
pub struct Export {
    request: Request,
    stop: Stop,
}

/// A calendar that was written.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CalendarExport {
    /// Its calendar id, as the records have it.
    pub calid: Vec<u8>,
    /// The name of its file.
    pub file: OsString,
    /// What became of its records.
    pub tally: Tally,
    /// The size of its file in bytes.
    pub bytes: u64,
}

/// What became of the records of a database.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FileExport {
    /// Its name.
    pub name: OsString,
    /// What it is for; `None` where nobody knows.
    pub role: Option<Role>,
    /// Its records.
    pub records: u64,
    /// Those that are not recognised, and so not exported.
    pub unrecognised: u64,
    /// Those that are recognised and tell of no calendar: not exported.
    pub without_calendar: u64,
    /// Those that are no content of a calendar: scheduling requests and entries
    /// of the delete log.
    pub beside: u64,
}

/// What an export did.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ExportReport {
    /// The source directory, as named.
    pub source: PathBuf,
    /// The directory of the texts, as named.
    pub target: PathBuf,
    /// Whether it is there. It is not where there was no calendar to write.
    pub published: bool,
    /// Calendars written.
    pub calendars: u64,
    /// What became of the records of all calendars.
    pub tally: Tally,
    /// The databases, in the order of a store.
    pub files: Vec<FileExport>,
    /// What replaying the logs did, where it was done.
    pub recovery: Option<Recovery>,
    /// What is odd.
    pub warnings: Vec<Warning>,
    /// The whole run.
    pub elapsed: Duration,
}

impl ExportReport {
    /// Records that are not recognised.
    pub fn unrecognised(&self) -> u64 {
        self.files.iter().map(|file| file.unrecognised).sum()
    }

    /// Whether every component of the store is in the texts, but for those that
    /// are deleted.
    pub fn is_whole(&self) -> bool {
        let lost = |file: &FileExport| file.unrecognised > 0 || file.without_calendar > 0;
        !self.files.iter().any(lost) && self.tally.count(Applied::NoStart) == 0
    }
}

impl Export {
    /// An export of the store in `source` into the directory `target`, which is
    /// missing or empty.
    pub fn new(source: impl Into<PathBuf>, target: impl Into<PathBuf>) -> Self {
        Self {
            request: Request::new(source.into(), target.into()),
            stop: Stop::default(),
        }
    }

    /// As [`Migration::ignore_logs`](crate::Migration::ignore_logs).
    #[must_use]
    pub fn ignore_logs(mut self, ignore: bool) -> Self {
        self.request.ignore_logs = ignore;
        self
    }

    /// As [`Migration::recover`](crate::Migration::recover). Logs are replayed
    /// in memory and a temporary file.
    #[must_use]
    pub fn recover(mut self, recover: bool) -> Self {
        self.request.recover = recover;
        self
    }

    /// As [`Migration::profile`](crate::Migration::profile).
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.request.profile = profile;
        self
    }

    /// As [`Migration::stop_when`](crate::Migration::stop_when).
    #[must_use]
    pub fn stop_when(mut self, asked: Arc<AtomicUsize>) -> Self {
        self.stop = Stop::when(asked);
        self
    }

    /// Exports. Memory is bounded, but for the names of the files; what does not
    /// fit is sorted in a temporary file beside the target.
    ///
    /// # Errors
    /// Whatever kept the texts from being published; the source is unchanged,
    /// and the target as it was before.
    pub fn run(&self, observer: &mut dyn Observer) -> Result<ExportReport> {
        let run = self.export(observer);
        run.map_err(|error| self.stop.explain(error))
    }

    fn export(&self, observer: &mut dyn Observer) -> Result<ExportReport> {
        let began = Instant::now();
        let plan = self.plan(observer)?;
        observer.event(Event::Begins(Stage::Export));
        let mut staging = Staging::begin(plan.place.clone())?;
        let profile = &self.request.profile;
        let gathered = gather::gather(&plan, profile, staging.dir(), &self.stop)?;
        let (records, forms) = (gathered.sorted, &gathered.forms);
        let written = write::write(records, forms, &mut staging, &self.stop, observer)?;
        let done = format!(
            "{} components of {} calendars written",
            written.tally.components(),
            written.calendars
        );
        observer.event(Event::Done(Stage::Export, done));
        observer.event(Event::Begins(Stage::Publish));
        plan.check_unchanged()?;
        self.stop.check()?;
        let published = written.calendars > 0;
        let done = if published {
            staging.publish_unmarked()?;
            format!("{} is in place", self.request.target.display())
        } else {
            "not done: there is no calendar to write".to_owned()
        };
        observer.event(Event::Done(Stage::Publish, done));
        let mut warnings = plan.warnings;
        for warning in written.warnings {
            observer.event(Event::Warning(&warning));
            warnings.push(warning);
        }
        Ok(ExportReport {
            source: self.request.source.clone(),
            target: self.request.target.clone(),
            published,
            calendars: written.calendars,
            tally: written.tally,
            files: gathered.files,
            recovery: plan.recovery,
            warnings,
            elapsed: began.elapsed(),
        })
    }

    fn plan(&self, observer: &mut dyn Observer) -> Result<ExportPlan> {
        observer.event(Event::Begins(Stage::Inspect));
        let plan = ExportPlan::make(&self.request, &self.stop)?;
        for warning in &plan.warnings {
            observer.event(Event::Warning(warning));
        }
        let lens = plan.databases.iter().map(|file| file.len);
        let done = format!(
            "{} databases, {} bytes",
            plan.databases.len(),
            lens.fold(0, u64::saturating_add)
        );
        observer.event(Event::Done(Stage::Inspect, done));
        if let Some(recovery) = &plan.recovery {
            observer.event(Event::Begins(Stage::Recover));
            observer.event(Event::Recovered(recovery));
            observer.event(Event::Done(Stage::Recover, recovery.to_string()));
        }
        Ok(plan)
    }
}
