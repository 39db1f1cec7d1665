//! A look at a store, for programs. `docs/inspect.md` describes the fields.

use csmigrate::inspect::{DatabaseView, FileView, RecoveryView};
use serde::Serialize;

use super::Seen;
use crate::json::{self, Answer, Database, Evidence, Form, Judgement, Mark, Replayed, Rule, name};

/// Raised when a field changes its meaning or goes; new fields may come.
const VERSION: u32 = 1;

pub(super) fn text(seen: &Seen<'_>) -> Result<String, String> {
    json::text(&document(seen))
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    directory: String,
    release: Answer,
    shutdown: Judgement<'a>,
    recovery: Recovery<'a>,
    files: Vec<File<'a>>,
    evidence: Vec<Evidence<'a>>,
    rules: Rules<'a>,
    findings: Vec<Finding<'a>>,
    regions: Vec<String>,
    others: Vec<String>,
}

/// Whether the logs can be replayed.
#[derive(Serialize)]
struct Recovery<'a> {
    answer: &'static str,
    refusal: Option<&'a str>,
    does: Option<Replayed<'a>>,
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
struct Rules<'a> {
    choice: &'static str,
    on: Vec<Rule<'a>>,
}

#[derive(Serialize)]
struct Finding<'a> {
    file: Option<String>,
    text: &'a str,
    cases: &'a [String],
}

fn document<'a>(seen: &Seen<'a>) -> Document<'a> {
    let view = seen.view;
    Document {
        format: "csmigrate-inspect",
        version: VERSION,
        directory: name(&view.dir),
        release: Answer::of(&view.detection),
        shutdown: Judgement::of(&view.shutdown),
        recovery: recovery(&view.recovery),
        files: view
            .databases
            .iter()
            .map(database)
            .chain(view.companions.iter().map(companion))
            .collect(),
        evidence: json::evidence(&view.detection),
        rules: Rules {
            choice: seen.choice,
            on: json::rules(seen.rules),
        },
        findings: view
            .findings
            .iter()
            .map(|one| Finding {
                file: one.file.as_ref().map(name),
                text: &one.text,
                cases: &one.cases,
            })
            .collect(),
        regions: view.regions.iter().map(name).collect(),
        others: view.others.iter().map(name).collect(),
    }
}

fn recovery(view: &RecoveryView) -> Recovery<'_> {
    let (answer, refusal, does) = match view {
        RecoveryView::NotNeeded => ("not-needed", None, None),
        RecoveryView::Possible(does) => ("possible", None, Some(Replayed::of(does))),
        RecoveryView::Refused(why) => ("refused", Some(why.as_str()), None),
    };
    Recovery {
        answer,
        refusal,
        does,
    }
}

fn database(one: &DatabaseView) -> File<'_> {
    let known = one.file.known.as_ref();
    File {
        kind: "database",
        database: one.preamble.as_ref().map(Database::of),
        key: known.map(Form::of_keys),
        value: known.map(Form::of_values),
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
        provenance: one.known.as_ref().map(|known| Mark::of(&known.provenance)),
        database: None,
        key: None,
        value: None,
        natures: Vec::new(),
        problem: None,
    }
}
