//! What a run has told of itself so far.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use csmigrate::inspect::Shutdown;
use csmigrate::observer::{Event, Stage};
use csmigrate::report::{FileReport, SavedFile, Warning};
use csmigrate::{Error, Inspection, Judgement};
use jiff::Timestamp;

use super::document::{Holders, Outcome, Problem, Space};
use crate::screen;

/// What is known of a run.
#[derive(Debug)]
pub(super) struct Known {
    /// As they were written, the program's own name left out.
    pub(super) arguments: Vec<OsString>,
    pub(super) started: Timestamp,
    pub(super) began: Instant,
    pub(super) stages: Vec<StageNote>,
    pub(super) inspection: Option<Inspection>,
    pub(super) space: Vec<Space>,
    pub(super) holders: Option<Holders>,
    pub(super) shutdown: Option<Shutdown>,
    pub(super) saved: Vec<SavedFile>,
    pub(super) judgement: Option<Judgement>,
    pub(super) files: Vec<FileReport>,
    pub(super) warnings: Vec<Warning>,
    pub(super) completed: Option<Completed>,
    pub(super) problems: Vec<Problem>,
    pub(super) outcome: Outcome,
}

/// A stage that began.
#[derive(Debug)]
pub(super) struct StageNote {
    pub(super) stage: Stage,
    pub(super) began: Instant,
    /// How long it took and what it did, when it is done.
    pub(super) done: Option<(Duration, String)>,
}

/// What is told at the end of a run that did what it was asked.
#[derive(Debug)]
pub(super) struct Completed {
    pub(super) steps: Vec<String>,
    pub(super) way_back: Option<String>,
}

impl Known {
    pub(super) fn begin(args: &[OsString]) -> Self {
        Self {
            arguments: args.iter().skip(1).cloned().collect(),
            started: Timestamp::now(),
            began: Instant::now(),
            stages: Vec::new(),
            inspection: None,
            space: Vec::new(),
            holders: None,
            shutdown: None,
            saved: Vec::new(),
            judgement: None,
            files: Vec::new(),
            warnings: Vec::new(),
            completed: None,
            problems: Vec::new(),
            outcome: Outcome::Failed,
        }
    }

    pub(super) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Begins(stage) => self.stages.push(StageNote {
                stage: *stage,
                began: Instant::now(),
                done: None,
            }),
            Event::Done(stage, text) => {
                let mut begun = self.stages.iter_mut().rev();
                if let Some(note) = begun.find(|note| note.stage == *stage) {
                    note.done = Some((note.began.elapsed(), text.clone()));
                }
            }
            Event::Inspected(inspection) => {
                self.space = inspection.space.iter().map(Space::of).collect();
                self.holders = Some(Holders::of(&inspection.holders));
                self.shutdown = Some(inspection.shutdown.clone());
                self.inspection = Some((*inspection).clone());
            }
            Event::BackedUp(saved) => self.saved = saved.to_vec(),
            Event::Judged(judgement) => self.judgement = Some((*judgement).clone()),
            Event::File(_, report) => self.files.push((*report).clone()),
            Event::Warning(warning) => self.warnings.push((*warning).clone()),
            Event::Completed(report) => {
                self.outcome = match (report.dry_run, report.target_found) {
                    (true, _) => Outcome::DryRunPassed,
                    (false, true) => Outcome::AlreadyPublished,
                    (false, false) => Outcome::Migrated,
                };
                self.completed = Some(Completed {
                    steps: screen::steps(report),
                    way_back: report.published.then(|| screen::way_back(report)),
                });
                if let Some(losses) = report.losses() {
                    self.failed(&losses);
                }
            }
            _ => {}
        }
    }

    /// Takes why the run failed. What kept it from beginning tells something
    /// of the source too.
    pub(super) fn failed(&mut self, error: &Error) {
        let publishing = self.stages.last().map(|note| note.stage) == Some(Stage::Publish);
        self.outcome = match error {
            // The backup's name may be what is not durable: then no target is
            // there.
            Error::NotDurable { .. } if publishing => Outcome::NotDurable,
            Error::SalvagedWithLosses(_) => Outcome::Salvaged,
            Error::Stopped { .. } => Outcome::Stopped,
            _ if self.inspection.is_none() => Outcome::Refused,
            _ => Outcome::Failed,
        };
        self.problems = error.all().iter().map(Problem::of).collect();
        for error in error.all() {
            match error {
                Error::NoSpace {
                    what,
                    path,
                    need,
                    free,
                } => self.space.push(Space::short(what, path, *need, *free)),
                Error::Held { holders, .. } => {
                    self.holders = Some(Holders::in_the_way(holders));
                }
                Error::Unclean { reasons, .. } | Error::NotRecoverable { reasons, .. } => {
                    self.shutdown = Some(Shutdown::Unclean(reasons.clone()));
                }
                _ => {}
            }
        }
    }
}
