//! The report as JSON. `docs/report.schema.json` is its schema: a field that
//! is added here is added there.

use std::time::Duration;

use csmigrate::caldb::Profile;
use csmigrate::caldb::check::{Case, CheckReport, Finding};
use csmigrate::caldb::rules::{RuleSet, Tally, Violation};
use csmigrate::inspect::Shutdown;
use csmigrate::report::{FileReport, RecordOrder, SalvagedFile, SavedFile, Warning};
use csmigrate::{BackupPlan, Error, Hold, Holder, PlannedFile};
use jiff::Timestamp;
use serde::Serialize;

use super::known::{Known, StageNote};
use crate::json::{self, Answer, Database, Evidence, Form, Judgement, Mark, Replayed, Rule, name};
use crate::logs::{ERROR_LOG, MIGRATION_LOG};
use crate::settings::{LogLevel, Settings};

/// Raised when a field changes its meaning or goes; new fields may come.
const VERSION: u32 = 1;

/// How every report begins: by this one is told from other files.
pub(super) const HEAD: &str = "{\n  \"format\": \"csmigrate-report\",";

/// The report of what is known now.
pub(super) fn text(known: &Known, settings: &Settings) -> Result<String, String> {
    let rules = RuleSet::choose(&settings.profile, settings.rules);
    json::text(&document(known, settings, &rules))
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// The target is in place.
    Migrated,
    /// Nothing would keep the migration from being done.
    DryRunPassed,
    /// An interrupted run had published the target; all of it was looked at
    /// again.
    AlreadyPublished,
    /// Nothing was begun.
    Refused,
    /// Begun, and given up.
    Failed,
    /// A signal asked for it.
    Stopped,
    /// The target is in place, with what could be saved of damaged files.
    Salvaged,
    /// The target is in place, and may not survive a power failure.
    NotDurable,
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    program: Program,
    host: String,
    process: u32,
    arguments: Vec<String>,
    started: String,
    ended: String,
    seconds: f64,
    outcome: End<'a>,
    source: String,
    target: String,
    logs: Logs,
    profile: ProfileUsed,
    release: Option<Answer>,
    evidence: Vec<Evidence<'a>>,
    shutdown: Option<ShutDown<'a>>,
    recovery: Option<Replayed<'a>>,
    holders: Option<&'a Holders>,
    space: &'a [Space],
    backup: Backup<'a>,
    stages: Vec<Stage<'a>>,
    files: Vec<File<'a>>,
    others: Vec<String>,
    totals: Option<Totals>,
    checks: Option<Checks<'a>>,
    rules: Rules<'a>,
    violations: Vec<Unmet<'a>>,
    warnings: Vec<Odd<'a>>,
    next_steps: &'a [String],
    rollback: Option<&'a str>,
}

#[derive(Serialize)]
struct Program {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct End<'a> {
    code: Outcome,
    status: u8,
    published: bool,
    errors: &'a [Problem],
}

/// Why a run failed.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    code: &'static str,
    text: String,
    file: Option<String>,
    page: Option<u32>,
    slot: Option<u16>,
}

#[derive(Serialize)]
struct Logs {
    migration: String,
    errors: String,
    level: &'static str,
}

#[derive(Serialize)]
struct ProfileUsed {
    shipped: bool,
    file: Option<String>,
}

#[derive(Serialize)]
struct ShutDown<'a> {
    #[serde(flatten)]
    judged: Judgement<'a>,
    ignored: bool,
}

/// Who holds the source.
#[derive(Debug, Serialize)]
pub(super) struct Holders {
    known: bool,
    unseen: usize,
    processes: Vec<HeldBy>,
}

#[derive(Debug, Serialize)]
struct HeldBy {
    process: u32,
    name: String,
    does: &'static str,
    files: Vec<String>,
}

/// What a file system needs and has.
#[derive(Debug, Serialize)]
pub(super) struct Space {
    what: &'static str,
    path: String,
    bytes_needed: u64,
    bytes_free: Option<u64>,
}

#[derive(Serialize)]
struct Backup<'a> {
    path: String,
    reused: Option<bool>,
    bytes: Option<u64>,
    files: Vec<Saved<'a>>,
}

#[derive(Serialize)]
struct Saved<'a> {
    name: String,
    bytes: u64,
    blake3: &'a str,
}

#[derive(Serialize)]
struct Stage<'a> {
    name: &'static str,
    done: bool,
    seconds: f64,
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct File<'a> {
    name: String,
    kind: &'static str,
    role: Option<&'static str>,
    holds: &'a str,
    provenance: Option<Mark<'a>>,
    bytes: u64,
    database: Option<Database>,
    key: Option<Form<'a>>,
    value: Option<Form<'a>>,
    result: Option<Done>,
}

/// What became of a database.
#[derive(Serialize)]
struct Done {
    records: Records,
    order: &'static str,
    digest: String,
    bytes: Bytes,
    seconds: f64,
    warnings: usize,
    salvaged: Option<Salvaged>,
}

/// What is left of a damaged file.
#[derive(Serialize)]
struct Salvaged {
    damage: String,
    saved: u64,
    repeated: u64,
    lost: u64,
    pages: u32,
    damaged_pages: u32,
    unreadable_pages: u32,
    zero_pages: u32,
}

#[derive(Serialize)]
struct Records {
    read: u64,
    written: Option<u64>,
    recognised: u64,
    unrecognised: u64,
    deleted: u64,
}

#[derive(Serialize)]
struct Bytes {
    r#in: u64,
    out: Option<u64>,
}

#[derive(Serialize)]
struct Totals {
    files: usize,
    records: Records,
    bytes: Bytes,
    warnings: usize,
}

#[derive(Serialize)]
struct Checks<'a> {
    recognised: u64,
    carried: u64,
    findings: Vec<Found<'a>>,
}

#[derive(Serialize)]
struct Found<'a> {
    id: &'static str,
    text: &'static str,
    provenance: Mark<'a>,
    count: u64,
    unjudged: u64,
    files: Vec<InFile<'a>>,
    cases: Vec<Place<'a>>,
}

#[derive(Serialize)]
struct InFile<'a> {
    file: &'a str,
    records: u64,
}

#[derive(Serialize)]
struct Place<'a> {
    file: &'a str,
    page: u32,
    slot: u16,
    number: Option<u32>,
    key: Option<String>,
}

#[derive(Serialize)]
struct Rules<'a> {
    choice: &'static str,
    on: Vec<Rule<'a>>,
    applied: Vec<Applied<'a>>,
}

#[derive(Serialize)]
struct Applied<'a> {
    id: &'a str,
    records: u64,
    examples: Vec<Example>,
}

#[derive(Serialize)]
struct Example {
    role: &'static str,
    key: String,
    lines: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    before: String,
    after: String,
}

#[derive(Serialize)]
struct Unmet<'a> {
    rule: &'a str,
    requires: &'a str,
    broken: &'static str,
    count: u64,
    remedy: &'static str,
}

#[derive(Serialize)]
struct Odd<'a> {
    code: &'static str,
    file: Option<String>,
    text: &'a str,
    cases: &'a [String],
}

fn document<'a>(known: &'a Known, settings: &'a Settings, rules: &'a RuleSet) -> Document<'a> {
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
        started: time(known.started),
        ended: time(Timestamp::now()),
        seconds: seconds(known.began.elapsed()),
        outcome: end(known),
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
        totals: completed.map(|_| totals(known, settings)),
        checks: judgement.map(|judgement| Checks::of(&judgement.checks)),
        rules: Rules {
            choice: settings.rules.name(),
            on: json::rules(rules.facts()),
            applied: judgement.map_or_else(Vec::new, |judgement| applied(&judgement.rules)),
        },
        violations: judgement.map_or_else(Vec::new, |judgement| {
            judgement.violations.iter().map(Unmet::of).collect()
        }),
        warnings: known.warnings.iter().map(Odd::of).collect(),
        next_steps: completed.map_or(&[][..], |completed| &completed.steps),
        rollback: completed.and_then(|completed| completed.way_back.as_deref()),
    }
}

fn end(known: &Known) -> End<'_> {
    let (status, published) = match known.outcome {
        Outcome::Migrated | Outcome::AlreadyPublished => (0, true),
        Outcome::DryRunPassed => (0, false),
        Outcome::Salvaged | Outcome::NotDurable => (crate::FAILURE, true),
        Outcome::Refused | Outcome::Failed | Outcome::Stopped => (crate::FAILURE, false),
    };
    End {
        code: known.outcome,
        status,
        published,
        errors: &known.problems,
    }
}

fn totals(known: &Known, settings: &Settings) -> Totals {
    let sum = |of: fn(&FileReport) -> u64| known.files.iter().map(of).sum::<u64>();
    let written = |number| (!settings.dry_run).then_some(number);
    let (read, unrecognised) = (sum(|file| file.records_read), sum(|file| file.unrecognised));
    Totals {
        files: known.files.len(),
        records: Records {
            read,
            written: written(sum(|file| file.records_written)),
            recognised: read.saturating_sub(unrecognised),
            unrecognised,
            deleted: sum(|file| file.deleted),
        },
        bytes: Bytes {
            r#in: sum(|file| file.bytes_in),
            out: written(sum(|file| file.bytes_out)),
        },
        warnings: known.warnings.len(),
    }
}

fn applied(tally: &Tally) -> Vec<Applied<'_>> {
    tally
        .rules()
        .map(|(id, rule)| Applied {
            id,
            records: rule.count,
            examples: rule
                .examples
                .iter()
                .map(|example| Example {
                    role: example.role.name(),
                    key: example.key.escape_ascii().to_string(),
                    lines: example
                        .lines()
                        .into_iter()
                        .map(|(before, after)| Line { before, after })
                        .collect(),
                })
                .collect(),
        })
        .collect()
}

impl Problem {
    pub(super) fn of(error: &Error) -> Self {
        let place = error.place();
        Self {
            code: error.code(),
            text: error.to_string(),
            file: error.path().map(name),
            page: place.page,
            slot: place.slot,
        }
    }
}

impl Holders {
    pub(super) fn of(holders: &csmigrate::Holders) -> Self {
        Self {
            known: holders.known,
            unseen: holders.unseen,
            processes: holders.all.iter().map(HeldBy::of).collect(),
        }
    }

    /// Those that kept a run from beginning.
    pub(super) fn in_the_way(holders: &[Holder]) -> Self {
        Self {
            known: true,
            unseen: 0,
            processes: holders.iter().map(HeldBy::of).collect(),
        }
    }
}

impl HeldBy {
    fn of(holder: &Holder) -> Self {
        Self {
            process: holder.process,
            name: holder.name.clone(),
            does: match holder.hold {
                Hold::Reads => "reads",
                Hold::Attached => "is-attached",
                Hold::Locks => "locks",
                Hold::Writes => "writes",
                _ => "holds",
            },
            files: holder.files.iter().map(name).collect(),
        }
    }
}

impl Space {
    pub(super) fn of(space: &csmigrate::Space) -> Self {
        Self {
            what: space.what,
            path: name(&space.path),
            bytes_needed: space.need,
            bytes_free: space.free,
        }
    }

    /// A file system that has too little.
    pub(super) fn short(what: &'static str, path: &std::path::Path, need: u64, free: u64) -> Self {
        Self {
            what,
            path: name(path),
            bytes_needed: need,
            bytes_free: Some(free),
        }
    }
}

impl<'a> Saved<'a> {
    fn of(file: &'a SavedFile) -> Self {
        Self {
            name: name(&file.name),
            bytes: file.len,
            blake3: &file.hash,
        }
    }
}

impl<'a> Stage<'a> {
    fn of(note: &'a StageNote) -> Self {
        let done = note.done.as_ref();
        Self {
            name: note.stage.name(),
            done: done.is_some(),
            seconds: seconds(done.map_or_else(|| note.began.elapsed(), |(spent, _)| *spent)),
            text: done.map(|(_, text)| text.as_str()),
        }
    }
}

impl<'a> File<'a> {
    fn of(file: &'a PlannedFile, kind: &'static str, profile: &'a Profile) -> Self {
        let known = file.name.to_str().and_then(|name| profile.file(name));
        Self {
            name: name(&file.name),
            kind,
            role: known.map(|known| known.role.name()),
            holds: known.map_or("", |known| known.holds.as_str()),
            provenance: known.map(|known| Mark::of(&known.provenance)),
            bytes: file.len,
            database: None,
            key: None,
            value: None,
            result: None,
        }
    }

    fn database(file: &'a PlannedFile, known: &Known, settings: &'a Settings) -> Self {
        let done = known.files.iter().find(|done| done.name == file.name);
        let of = file
            .name
            .to_str()
            .and_then(|name| settings.profile.file(name));
        Self {
            database: file.preamble.as_ref().map(Database::of),
            key: of.map(Form::of_keys),
            value: of.map(Form::of_values),
            result: done.map(|done| Done::of(done, settings.dry_run)),
            ..Self::of(file, "database", &settings.profile)
        }
    }
}

impl Done {
    fn of(report: &FileReport, dry_run: bool) -> Self {
        let written = |number| (!dry_run).then_some(number);
        Self {
            records: Records {
                read: report.records_read,
                written: written(report.records_written),
                recognised: report.records_read.saturating_sub(report.unrecognised),
                unrecognised: report.unrecognised,
                deleted: report.deleted,
            },
            order: match report.order {
                RecordOrder::Bytewise => "bytewise",
                RecordOrder::AsFound => "as-found",
            },
            digest: report.digest.to_string(),
            bytes: Bytes {
                r#in: report.bytes_in,
                out: written(report.bytes_out),
            },
            seconds: seconds(report.elapsed),
            warnings: report.warnings.len(),
            salvaged: report.salvaged.as_ref().map(Salvaged::of),
        }
    }
}

impl Salvaged {
    fn of(file: &SalvagedFile) -> Self {
        Self {
            damage: file.damage.clone(),
            saved: file.saved,
            repeated: file.repeated,
            lost: file.lost(),
            pages: file.pages,
            damaged_pages: file.unsound,
            unreadable_pages: file.unreadable,
            zero_pages: file.zeros,
        }
    }
}

impl<'a> Checks<'a> {
    fn of(report: &'a CheckReport) -> Self {
        Self {
            recognised: report.recognised(),
            carried: report.carried(),
            findings: report
                .findings
                .iter()
                .map(|finding| Found::of(finding, report))
                .collect(),
        }
    }
}

impl<'a> Found<'a> {
    fn of(finding: &'a Finding, report: &'a CheckReport) -> Self {
        let fact = finding.check.fact();
        let file = |index: usize| report.files.get(index).map_or("", |file| &file.name);
        Self {
            id: fact.id,
            text: fact.counts,
            provenance: Mark::of(&fact.provenance),
            count: finding.count,
            unjudged: finding.unjudged,
            files: finding
                .records
                .iter()
                .map(|(index, records)| InFile {
                    file: file(*index),
                    records: *records,
                })
                .collect(),
            cases: finding
                .cases
                .iter()
                .map(|case| Place::of(case, file(case.file)))
                .collect(),
        }
    }
}

impl<'a> Place<'a> {
    fn of(case: &Case, file: &'a str) -> Self {
        let key = case.key.escape_ascii().to_string();
        Self {
            file,
            page: case.place.page,
            slot: case.place.slot,
            number: case.place.number,
            key: (!key.is_empty()).then_some(key),
        }
    }
}

impl<'a> Unmet<'a> {
    fn of(violation: &'a Violation) -> Self {
        Self {
            rule: &violation.rule,
            requires: &violation.text,
            broken: violation.broken,
            count: violation.count,
            remedy: violation.remedy,
        }
    }
}

impl<'a> Odd<'a> {
    fn of(warning: &'a Warning) -> Self {
        Self {
            code: warning.code,
            file: warning.file.as_ref().map(name),
            text: &warning.text,
            cases: &warning.cases,
        }
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
