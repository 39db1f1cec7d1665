//! What is odd among the records of a store, and what the rules did, in words.

use std::ffi::OsStr;

use bdbfile::Workers;
use caldb::Profile;
use caldb::check::{CheckReport, Finding, StoreChecks};
use caldb::rules::{RuleSet, Tally, Violation};

use crate::knowledge::Seen;
use crate::report::Warning;

/// What was found among the records of a store.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Judgement {
    /// What is odd among the records, and how many were recognised.
    pub checks: CheckReport,
    /// What the rules changed.
    pub rules: Tally,
    /// What is required of a store of 6.3 and does not hold.
    pub violations: Vec<Violation>,
    /// All of it in words.
    pub warnings: Vec<Warning>,
}

/// Judges what was seen of the files of a store, in their order. `examples`
/// asks for some of the records that rules change. Fails if a temporary file
/// can't be read.
pub(crate) fn judge<'f>(
    files: impl Iterator<Item = (&'f OsStr, Seen)>,
    profile: &Profile,
    rules: &RuleSet,
    workers: Workers,
    examples: bool,
) -> bdbfile::Result<Judgement> {
    let mut judgement = Judgement::default();
    let mut checks = StoreChecks::new();
    for (name, seen) in files {
        judgement.rules.append(seen.tally);
        let name = name.to_string_lossy();
        if let (Some(gathered), Some(known)) = (seen.gathered, profile.file(&name)) {
            checks.add(&name, known.role, gathered);
        }
    }
    judgement.checks = checks.finish(workers)?;
    let report = &judgement.checks;
    for requirement in rules.requirements() {
        let counted = |id: &str| {
            let found = report.findings.iter().filter(|one| one.check.id() == id);
            found.map(|one| one.count).sum()
        };
        judgement.violations.extend(requirement.judge(counted));
    }
    let mut warnings: Vec<Warning> = judgement
        .violations
        .iter()
        .map(|violation| Warning::new("requirement", None, violation.to_string()))
        .collect();
    warnings.extend(of_carried(report));
    let found = report.findings.iter().filter(|finding| finding.count > 0);
    warnings.extend(found.map(|finding| of_finding(report, finding)));
    warnings.extend(of_rules(&judgement.rules, examples));
    judgement.warnings = warnings;
    Ok(judgement)
}

/// Records that were not recognised.
fn of_carried(report: &CheckReport) -> Option<Warning> {
    let (recognised, carried) = (report.recognised(), report.carried());
    let text = match (recognised, carried) {
        (_, 0) => return None,
        (0, _) => format!(
            "none of the {carried} records has a form that is known here: all are carried byte for byte"
        ),
        _ => format!(
            "{carried} of {} records have no form that is known here: they are carried byte for byte",
            recognised.saturating_add(carried)
        ),
    };
    Some(Warning::new("carried-unrecognised", None, text))
}

fn of_finding(report: &CheckReport, finding: &Finding) -> Warning {
    let fact = finding.check.fact();
    let mut text = format!("{}: {}: {}", fact.id, fact.counts, finding.count);
    if finding.unjudged > 0 {
        let unjudged = finding.unjudged;
        text = format!("{text} (what is missing may be among {unjudged} unrecognised records)");
    }
    let mut warning = Warning::new(finding.check.id(), None, text);
    warning.cases = finding
        .cases
        .iter()
        .map(|case| {
            let file = report.files.get(case.file);
            let name = file.map_or("", |file| file.name.as_str());
            let (page, slot) = (case.place.page, case.place.slot);
            let place = format!("{}: {name}: page {page} slot {slot}", fact.id);
            if case.key.is_empty() {
                return place;
            }
            format!("{place}: {}", case.key.escape_ascii())
        })
        .collect();
    warning
}

fn of_rules(tally: &Tally, examples: bool) -> Vec<Warning> {
    let mut warnings = Vec::new();
    for (id, rule) in tally.rules() {
        let records = if rule.count == 1 { "record" } else { "records" };
        let text = format!("rule {id} changes {} {records}", rule.count);
        let mut warning = Warning::new("rule-applied", None, text);
        let shown = rule.examples.iter().flat_map(|example| {
            let key = example.key.escape_ascii().to_string();
            let lines = example.lines().into_iter();
            lines.map(move |(before, after)| {
                format!("rule {id}: {key}: '{before}' becomes '{after}'")
            })
        });
        if examples {
            warnings.push(warning);
            warnings.extend(shown.map(|line| Warning::new("rule-example", None, line)));
        } else {
            warning.cases = shown.collect();
            warnings.push(warning);
        }
    }
    warnings
}
