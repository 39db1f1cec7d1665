//! Facts as JSON, in the form that `--inspect` and `--report` share.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use csmigrate::Preamble;
use csmigrate::bdbfile::escape::escaped_json;
use csmigrate::caldb::fact::Fact;
use csmigrate::caldb::profile::Weights;
use csmigrate::caldb::release::{Age, Detection, Release};
use csmigrate::caldb::{FileProfile, Provenance};
use csmigrate::inspect::Shutdown;
use csmigrate::recovery::Recovery;
use serde::Serialize;

use crate::recovery;

/// A document as text, with a line's end. It may go to a terminal.
pub(crate) fn text(document: &impl Serialize) -> Result<String, String> {
    let text = serde_json::to_string_pretty(document)
        .map_err(|error| format!("cannot write JSON: {error}"))?;
    let mut text = escaped_json(&text);
    text.push('\n');
    Ok(text)
}

/// Which release wrote a store.
#[derive(Serialize)]
pub(crate) struct Answer {
    pub(crate) name: &'static str,
    pub(crate) text: String,
    pub(crate) releases: Vec<&'static str>,
    pub(crate) likely: Option<&'static str>,
    pub(crate) weights: BTreeMap<&'static str, u32>,
    pub(crate) advice: Vec<String>,
}

/// Whether a store was cleanly shut down.
#[derive(Serialize)]
pub(crate) struct Judgement<'a> {
    pub(crate) judgement: &'static str,
    pub(crate) why: &'a [String],
}

/// What replaying the logs did, or would do.
#[derive(Serialize)]
pub(crate) struct Replayed<'a> {
    pub(crate) log: Log,
    pub(crate) transactions: Transactions,
    pub(crate) pages_changed: u64,
    pub(crate) last_commit: Option<String>,
    pub(crate) files: Vec<ReplayedFile<'a>>,
    pub(crate) notes: &'a [String],
}

/// Which part of the log was read.
#[derive(Serialize)]
pub(crate) struct Log {
    pub(crate) version: u32,
    pub(crate) byte_order: String,
    pub(crate) first: String,
    pub(crate) last: String,
    pub(crate) checkpoint: Option<String>,
    pub(crate) torn: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Transactions {
    pub(crate) committed: u64,
    pub(crate) redone: u64,
    pub(crate) uncommitted: u64,
    pub(crate) undone: u64,
}

#[derive(Serialize)]
pub(crate) struct ReplayedFile<'a> {
    pub(crate) name: String,
    pub(crate) state: &'static str,
    pub(crate) renamed_from: Option<&'a str>,
    pub(crate) pages_changed: u64,
    pub(crate) migrated: bool,
}

/// What the first bytes of a Berkeley DB file tell.
#[derive(Serialize)]
pub(crate) struct Database {
    pub(crate) method: &'static str,
    pub(crate) version: u32,
    pub(crate) byte_order: String,
    pub(crate) page_size: u32,
    pub(crate) written_by: Option<&'static str>,
}

/// The form that keys or values are taken to have.
#[derive(Serialize)]
pub(crate) struct Form<'a> {
    pub(crate) form: String,
    pub(crate) provenance: Mark<'a>,
}

/// Where a fact comes from.
#[derive(Serialize)]
pub(crate) struct Mark<'a> {
    pub(crate) mark: &'static str,
    pub(crate) basis: &'a str,
}

/// What speaks for a release.
#[derive(Serialize)]
pub(crate) struct Evidence<'a> {
    pub(crate) id: &'a str,
    pub(crate) text: &'a str,
    pub(crate) points_to: BTreeMap<&'static str, u32>,
    pub(crate) rules_out: Vec<&'static str>,
    pub(crate) provenance: Mark<'a>,
}

/// A rule that is on.
#[derive(Serialize)]
pub(crate) struct Rule<'a> {
    pub(crate) id: &'a str,
    pub(crate) text: &'a str,
    pub(crate) provenance: Mark<'a>,
}

impl Answer {
    pub(crate) fn of(detection: &Detection) -> Self {
        let conclusion = &detection.conclusion;
        Self {
            name: conclusion.name(),
            text: conclusion.to_string(),
            releases: releases(conclusion.releases()),
            likely: conclusion.likely().map(Release::name),
            weights: weights(&detection.weights),
            advice: conclusion.advice(),
        }
    }
}

impl<'a> Judgement<'a> {
    pub(crate) fn of(shutdown: &'a Shutdown) -> Self {
        Self {
            judgement: shutdown.name(),
            why: shutdown.why(),
        }
    }
}

impl<'a> Replayed<'a> {
    pub(crate) fn of(recovery: &'a Recovery) -> Self {
        let summary = &recovery.summary;
        Self {
            log: Log {
                version: summary.layout.version,
                byte_order: summary.layout.endian.to_string(),
                first: summary.first.to_string(),
                last: summary.last.to_string(),
                checkpoint: summary.checkpoint.map(|one| one.lsn.to_string()),
                torn: summary.torn.as_ref().map(ToString::to_string),
            },
            transactions: Transactions {
                committed: summary.committed,
                redone: summary.redone,
                uncommitted: summary.uncommitted,
                undone: summary.undone,
            },
            pages_changed: recovery.pages_changed(),
            last_commit: recovery::last_commit(recovery),
            files: recovery
                .files
                .iter()
                .map(|file| ReplayedFile {
                    name: name(&file.name),
                    state: file.state_name(),
                    renamed_from: file.renamed_from(),
                    pages_changed: file.pages_changed,
                    migrated: file.migrated,
                })
                .collect(),
            notes: &summary.notes,
        }
    }
}

impl Database {
    pub(crate) fn of(preamble: &Preamble) -> Self {
        Self {
            method: preamble.kind.name(),
            version: preamble.version,
            byte_order: preamble.endian.to_string(),
            page_size: preamble.page_size,
            written_by: Age::of(preamble.kind, preamble.version).map(Age::words),
        }
    }
}

impl<'a> Form<'a> {
    pub(crate) fn of_keys(known: &'a FileProfile) -> Self {
        Self {
            form: known.key.form.to_string(),
            provenance: Mark::of(&known.key.provenance),
        }
    }

    pub(crate) fn of_values(known: &'a FileProfile) -> Self {
        Self {
            form: known.value.form.to_string(),
            provenance: Mark::of(&known.value.provenance),
        }
    }
}

impl<'a> Mark<'a> {
    pub(crate) fn of<T: AsRef<str>>(provenance: &'a Provenance<T>) -> Self {
        Self {
            mark: provenance.mark(),
            basis: provenance.basis(),
        }
    }
}

/// The evidence, in its order.
pub(crate) fn evidence(detection: &Detection) -> Vec<Evidence<'_>> {
    detection
        .evidence
        .iter()
        .map(|one| Evidence {
            id: &one.id,
            text: &one.text,
            points_to: weights(&one.points_to),
            rules_out: releases(&one.rules_out),
            provenance: Mark::of(&one.provenance),
        })
        .collect()
}

/// The rules, in their order.
pub(crate) fn rules(facts: &[Fact<String>]) -> Vec<Rule<'_>> {
    facts
        .iter()
        .map(|rule| Rule {
            id: &rule.id,
            text: &rule.text,
            provenance: Mark::of(&rule.provenance),
        })
        .collect()
}

/// A name or a path; what is no text is shown by replacement characters.
pub(crate) fn name(name: impl AsRef<OsStr>) -> String {
    name.as_ref().display().to_string()
}

fn weights(weights: &Weights) -> BTreeMap<&'static str, u32> {
    weights
        .iter()
        .map(|(release, weight)| (release.name(), *weight))
        .collect()
}

fn releases(releases: &[Release]) -> Vec<&'static str> {
    releases.iter().map(|release| release.name()).collect()
}
