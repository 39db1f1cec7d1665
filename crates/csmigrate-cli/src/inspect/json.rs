//! A look at a store, for programs. `docs/inspect.md` describes the fields.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use csmigrate::caldb::Provenance;
use csmigrate::caldb::profile::Weights;
use csmigrate::caldb::release::{Age, Release};
use csmigrate::inspect::{DatabaseView, FileView};
use serde::Serialize;

use super::Seen;

/// Raised when a field changes its meaning or goes; new fields may come.
const VERSION: u32 = 1;

pub(super) fn text(seen: &Seen<'_>) -> Result<String, String> {
    let mut text = serde_json::to_string_pretty(&document(seen))
        .map_err(|error| format!("cannot write JSON: {error}"))?;
    text.push('\n');
    Ok(text)
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    directory: String,
    release: Answer,
    shutdown: Judgement<'a>,
    files: Vec<File<'a>>,
    evidence: Vec<Evidence<'a>>,
    rules: Rules<'a>,
    findings: Vec<Finding<'a>>,
    regions: Vec<String>,
    others: Vec<String>,
}

#[derive(Serialize)]
struct Answer {
    name: &'static str,
    text: String,
    releases: Vec<&'static str>,
    likely: Option<&'static str>,
    weights: BTreeMap<&'static str, u32>,
    advice: Vec<String>,
}

#[derive(Serialize)]
struct Judgement<'a> {
    judgement: &'static str,
    why: &'a [String],
}

#[derive(Serialize)]
struct File<'a> {
    name: String,
    kind: &'static str,
    bytes: u64,
    role: Option<&'static str>,
    holds: &'a str,
    provenance: Option<Mark<'a>>,
    database: Option<Database>,
    key: Option<Form<'a>>,
    value: Option<Form<'a>>,
    natures: Vec<&'static str>,
    problem: Option<&'a str>,
}

#[derive(Serialize)]
struct Database {
    method: &'static str,
    version: u32,
    byte_order: String,
    page_size: u32,
    written_by: Option<&'static str>,
}

#[derive(Serialize)]
struct Form<'a> {
    form: String,
    provenance: Mark<'a>,
}

#[derive(Serialize)]
struct Mark<'a> {
    mark: &'static str,
    basis: &'a str,
}

#[derive(Serialize)]
struct Evidence<'a> {
    id: &'a str,
    text: &'a str,
    points_to: BTreeMap<&'static str, u32>,
    rules_out: Vec<&'static str>,
    provenance: Mark<'a>,
}

#[derive(Serialize)]
struct Rules<'a> {
    choice: &'static str,
    on: Vec<Rule<'a>>,
}

#[derive(Serialize)]
struct Rule<'a> {
    id: &'a str,
    text: &'a str,
    provenance: Mark<'a>,
}

#[derive(Serialize)]
struct Finding<'a> {
    file: Option<String>,
    text: &'a str,
    cases: &'a [String],
}

fn document<'a>(seen: &Seen<'a>) -> Document<'a> {
    let view = seen.view;
    let detection = &view.detection;
    let conclusion = &detection.conclusion;
    Document {
        format: "csmigrate-inspect",
        version: VERSION,
        directory: view.dir.display().to_string(),
        release: Answer {
            name: conclusion.name(),
            text: conclusion.to_string(),
            releases: names(conclusion.releases()),
            likely: conclusion.likely().map(Release::name),
            weights: weights(&detection.weights),
            advice: conclusion.advice(),
        },
        shutdown: Judgement {
            judgement: view.shutdown.name(),
            why: view.shutdown.why(),
        },
        files: view
            .databases
            .iter()
            .map(database)
            .chain(view.companions.iter().map(companion))
            .collect(),
        evidence: detection
            .evidence
            .iter()
            .map(|one| Evidence {
                id: &one.id,
                text: &one.text,
                points_to: weights(&one.points_to),
                rules_out: names(&one.rules_out),
                provenance: mark(&one.provenance),
            })
            .collect(),
        rules: Rules {
            choice: seen.choice,
            on: seen
                .rules
                .iter()
                .map(|rule| Rule {
                    id: &rule.id,
                    text: &rule.text,
                    provenance: mark(&rule.provenance),
                })
                .collect(),
        },
        findings: view
            .findings
            .iter()
            .map(|one| Finding {
                file: one.file.as_deref().map(name),
                text: &one.text,
                cases: &one.cases,
            })
            .collect(),
        regions: view.regions.iter().map(|one| name(one)).collect(),
        others: view.others.iter().map(|one| name(one)).collect(),
    }
}

fn database(one: &DatabaseView) -> File<'_> {
    let known = one.file.known.as_ref();
    File {
        kind: "database",
        database: one.preamble.as_ref().map(|preamble| Database {
            method: preamble.kind.name(),
            version: preamble.version,
            byte_order: preamble.endian.to_string(),
            page_size: preamble.page_size,
            written_by: one.traits.age.map(Age::words),
        }),
        key: known.map(|known| Form {
            form: known.key.form.to_string(),
            provenance: mark(&known.key.provenance),
        }),
        value: known.map(|known| Form {
            form: known.value.form.to_string(),
            provenance: mark(&known.value.provenance),
        }),
        natures: one.traits.natures.iter().map(|one| one.name()).collect(),
        problem: one.traits.problem.as_deref(),
        ..file(&one.file)
    }
}

fn companion(one: &FileView) -> File<'_> {
    File {
        kind: if one.known.is_some() {
            "version-identifier"
        } else {
            "log"
        },
        ..file(one)
    }
}

fn file(one: &FileView) -> File<'_> {
    File {
        name: name(&one.name),
        kind: "",
        bytes: one.len,
        role: one.known.as_ref().map(|known| known.role.name()),
        holds: one.holds(),
        provenance: one.known.as_ref().map(|known| mark(&known.provenance)),
        database: None,
        key: None,
        value: None,
        natures: Vec::new(),
        problem: None,
    }
}

fn mark(provenance: &Provenance<String>) -> Mark<'_> {
    Mark {
        mark: provenance.mark(),
        basis: provenance.basis(),
    }
}

fn weights(weights: &Weights) -> BTreeMap<&'static str, u32> {
    weights
        .iter()
        .map(|(release, weight)| (release.name(), *weight))
        .collect()
}

fn names(releases: &[Release]) -> Vec<&'static str> {
    releases.iter().map(|release| release.name()).collect()
}

fn name(name: &OsStr) -> String {
    name.display().to_string()
}
