//! What is known of a run as a document: the report as JSON, and what the page
//! is made of. `docs/report.schema.json` is the schema of the JSON: a field that
//! is added here is added there.
//!
//! * `outcome`: how the run ended.
//! * `run`: its logs, its stages, its backup, what was in its way.
//! * `files`: the files of the store and what became of them.
//! * `components`: how many there are, by calendar and by year.
//! * `findings`: what is odd, and what 6.3 requires and does not hold.
//! * `rules`: the rules and what they changed.

mod components;
mod files;
mod findings;
mod outcome;
mod rules;
mod run;

use std::time::Duration;

use csmigrate::BackupPlan;
use csmigrate::caldb::rules::RuleSet;
use csmigrate::inspect::Shutdown;
use jiff::Timestamp;
use serde::Serialize;

use super::known::Known;
use crate::json::{self, Answer, Evidence, Judgement, Replayed, name};
use crate::logs::{ERROR_LOG, MIGRATION_LOG};
use crate::settings::{LogLevel, Settings};

pub(crate) use components::{Components, Count};
pub(crate) use files::{Done, File, Salvaged, Totals};
pub(crate) use findings::{Checks, Found, Odd, Place, Unmet};
pub(crate) use outcome::{End, Outcome, Problem};
pub(crate) use rules::{Applied, Rules};
pub(crate) use run::{Backup, Holders, Logs, ProfileUsed, Program, Saved, ShutDown, Space, Stage};

/// Raised when a field changes its meaning or goes; new fields may come.
const VERSION: u32 = 1;

/// How every report as JSON begins: by this one is told from other files.
pub(super) const HEAD: &str = "{\n  \"format\": \"csmigrate-report\",";

/// The report as JSON.
pub(super) fn text(document: &Document<'_>) -> Result<String, String> {
    json::text(document)
}

/// All that is known of a run.
#[derive(Serialize)]
pub(crate) struct Document<'a> {
    pub(crate) format: &'static str,
    pub(crate) version: u32,
    pub(crate) program: Program,
    pub(crate) host: String,
    pub(crate) process: u32,
    pub(crate) arguments: Vec<String>,
    pub(crate) dry_run: bool,
    pub(crate) started: String,
    pub(crate) ended: String,
    pub(crate) seconds: f64,
    pub(crate) outcome: End<'a>,
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) logs: Logs,
    pub(crate) profile: ProfileUsed,
    pub(crate) release: Option<Answer>,
    pub(crate) evidence: Vec<Evidence<'a>>,
    pub(crate) shutdown: Option<ShutDown<'a>>,
    pub(crate) recovery: Option<Replayed<'a>>,
    pub(crate) holders: Option<&'a Holders>,
    pub(crate) space: &'a [Space],
    pub(crate) backup: Backup<'a>,
    pub(crate) stages: Vec<Stage<'a>>,
    pub(crate) files: Vec<File<'a>>,
    pub(crate) others: Vec<String>,
    pub(crate) totals: Option<Totals>,
    pub(crate) checks: Option<Checks<'a>>,
    pub(crate) components: Option<Components>,
    pub(crate) rules: Rules<'a>,
    pub(crate) violations: Vec<Unmet<'a>>,
    pub(crate) warnings: Vec<Odd<'a>>,
    pub(crate) next_steps: &'a [String],
    pub(crate) rollback: Option<&'a str>,
}

/// What is known now.
pub(super) fn document<'a>(
    known: &'a Known,
    settings: &'a Settings,
    rules: &'a RuleSet,
) -> Document<'a> {
    let inspection = known.inspection.as_ref();
    let judgement = known.judgement.as_ref();
    let detection = inspection.map(|inspection| &inspection.detection);
    let completed = known.completed.as_ref();
    let companions = inspection.map_or(&[][..], |inspection| &inspection.companions);
    let databases = inspection.map_or(&[][..], |inspection| &inspection.databases);
    Document {
        format: "csmigrate-report",
        version: VERSION,
        program: Program {
            name: "csmigrate",
            version: env!("CARGO_PKG_VERSION"),
        },
        host: rustix::system::uname()
            .nodename()
            .to_string_lossy()
            .into_owned(),
        process: std::process::id(),
        arguments: known.arguments.iter().map(name).collect(),
        dry_run: settings.dry_run,
        started: time(known.started),
        ended: time(Timestamp::now()),
        seconds: seconds(known.began.elapsed()),
        outcome: outcome::end(known),
        source: name(&settings.source),
        target: name(&settings.target),
        logs: Logs {
            migration: name(settings.log_dir.join(MIGRATION_LOG)),
            errors: name(settings.log_dir.join(ERROR_LOG)),
            level: match settings.log_level {
                LogLevel::Min => "min",
                LogLevel::Max => "max",
            },
        },
        profile: ProfileUsed {
            shipped: settings.profile_file.is_none(),
            file: settings.profile_file.as_ref().map(name),
        },
        release: detection.map(Answer::of),
        evidence: detection.map_or_else(Vec::new, json::evidence),
        shutdown: known.shutdown.as_ref().map(|shutdown| ShutDown {
            judged: Judgement::of(shutdown),
            ignored: inspection.is_some_and(|one| one.recovery.is_none())
                && matches!(shutdown, Shutdown::Unclean(_)),
        }),
        recovery: inspection
            .and_then(|one| one.recovery.as_ref())
            .map(Replayed::of),
        holders: known.holders.as_ref(),
        space: &known.space,
        backup: Backup {
            path: name(&settings.backup),
            reused: inspection.map(|one| matches!(one.backup, BackupPlan::Reuse(_))),
            bytes: inspection.map(|one| one.store_bytes),
            files: known.saved.iter().map(Saved::of).collect(),
        },
        stages: known.stages.iter().map(Stage::of).collect(),
        files: databases
            .iter()
            .map(|file| File::database(file, known, settings))
            .chain(companions.iter().map(|file| {
                let kind = match settings.profile.file(&name(&file.name)) {
                    Some(_) => "version-identifier",
                    None => "log",
                };
                File::of(file, kind, &settings.profile)
            }))
            .collect(),
        others: inspection.map_or_else(Vec::new, |one| one.others.iter().map(name).collect()),
        totals: completed.map(|_| files::totals(known, settings)),
        checks: judgement.map(|judgement| Checks::of(&judgement.checks)),
        components: judgement.map(|judgement| Components::of(&judgement.checks.components)),
        rules: Rules {
            choice: settings.rules.name(),
            on: json::rules(rules.facts()),
            applied: judgement.map_or_else(Vec::new, |judgement| rules::applied(&judgement.rules)),
        },
        violations: judgement.map_or_else(Vec::new, |judgement| {
            judgement.violations.iter().map(Unmet::of).collect()
        }),
        warnings: known.warnings.iter().map(Odd::of).collect(),
        next_steps: completed.map_or(&[][..], |completed| &completed.steps),
        rollback: completed.and_then(|completed| completed.way_back.as_deref()),
    }
}

/// A time, in UTC.
fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A span, in seconds.
fn seconds(span: Duration) -> f64 {
    span.as_secs_f64()
}
