//! What is odd, and what 6.3 requires and does not hold.

use csmigrate::caldb::check::{Case, CheckReport, Finding};
use csmigrate::caldb::rules::Violation;
use csmigrate::report::Warning;
use serde::Serialize;

use crate::json::{Mark, name};

#[derive(Serialize)]
pub(crate) struct Checks<'a> {
    pub(crate) recognised: u64,
    pub(crate) carried: u64,
    pub(crate) findings: Vec<Found<'a>>,
}

#[derive(Serialize)]
pub(crate) struct Found<'a> {
    pub(crate) id: &'static str,
    pub(crate) text: &'static str,
    pub(crate) fires: &'static str,
    pub(crate) provenance: Mark<'a>,
    pub(crate) count: u64,
    pub(crate) unjudged: u64,
    pub(crate) files: Vec<InFile<'a>>,
    pub(crate) cases: Vec<Place<'a>>,
}

#[derive(Serialize)]
pub(crate) struct InFile<'a> {
    pub(crate) file: &'a str,
    pub(crate) records: u64,
}

#[derive(Serialize)]
pub(crate) struct Place<'a> {
    pub(crate) file: &'a str,
    pub(crate) page: u32,
    pub(crate) slot: u16,
    pub(crate) number: Option<u32>,
    pub(crate) key: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Unmet<'a> {
    pub(crate) rule: &'a str,
    pub(crate) requires: &'a str,
    pub(crate) broken: &'static str,
    pub(crate) count: u64,
    pub(crate) remedy: &'static str,
}

#[derive(Serialize)]
pub(crate) struct Odd<'a> {
    pub(crate) code: &'static str,
    pub(crate) file: Option<String>,
    pub(crate) text: &'a str,
    pub(crate) cases: &'a [String],
}

impl<'a> Checks<'a> {
    pub(crate) fn of(report: &'a CheckReport) -> Self {
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
    pub(crate) fn of(finding: &'a Finding, report: &'a CheckReport) -> Self {
        let fact = finding.check.fact();
        let file = |index: usize| report.files.get(index).map_or("", |file| &file.name);
        Self {
            id: fact.id,
            text: fact.counts,
            fires: fact.fires,
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
    pub(crate) fn of(case: &Case, file: &'a str) -> Self {
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
    pub(crate) fn of(violation: &'a Violation) -> Self {
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
    pub(crate) fn of(warning: &'a Warning) -> Self {
        Self {
            code: warning.code,
            file: warning.file.as_ref().map(name),
            text: &warning.text,
            cases: &warning.cases,
        }
    }
}
