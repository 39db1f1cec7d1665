//! How the run ended, and the run in a few lines.

use maud::{Markup, html};

use super::words::{bytes, name, number, seconds, some, terms, time};
use crate::report::document::{Document, Outcome};

/// The head of the page: how it ended.
pub(super) fn header(document: &Document<'_>) -> Markup {
    let (class, title, meaning) = said(document);
    html! {
        header {
            div class={ "outcome " (class) } {
                h1 { (title) }
                p { (meaning) }
            }
            p { (name(&document.source)) " to " (name(&document.target)) ", " (time(&document.started)) ", on " (name(&document.host)) }
        }
    }
}

/// The foot of the page: what made it.
pub(super) fn footer(document: &Document<'_>) -> Markup {
    html! {
        footer {
            p {
                "Made by " (document.program.name) " " (document.program.version)
                ", an independent reimplementation, not by Sun or Oracle. Times are in UTC. "
                "This page refers to nothing outside of it and runs no script. "
                "The same as JSON: docs/report.md."
            }
        }
    }
}

/// The run in a few lines, and why it failed.
pub(super) fn section(document: &Document<'_>) -> Markup {
    let outcome = &document.outcome;
    html! {
        @if !outcome.errors.is_empty() {
            h3 { "Why it did not succeed" }
            ul.errors {
                @for error in outcome.errors {
                    li { (error.text) " " span.id { "(" (error.code) ")" } }
                }
            }
        }
        (facts(document))
    }
}

fn facts(document: &Document<'_>) -> Markup {
    let outcome = &document.outcome;
    let totals = document.totals.as_ref();
    let records = totals.map(|totals| {
        let records = &totals.records;
        html! {
            (number(records.read)) " read"
            @if let Some(written) = records.written { ", " (number(written)) " written" }
            ", " (number(records.unrecognised)) " carried unrecognised"
        }
    });
    let sizes = totals.map(|totals| {
        html! {
            (bytes(totals.bytes.r#in)) " in"
            @if let Some(out) = totals.bytes.out { ", " (bytes(out)) " out" }
        }
    });
    let warnings = document.warnings.len() as u64;
    terms(vec![
        ("From", Some(name(&document.source))),
        ("To", Some(name(&document.target))),
        (
            "Machine",
            Some(html! { (name(&document.host)) ", process " (document.process) }),
        ),
        ("Started", Some(time(&document.started))),
        (
            "Report written",
            Some(html! {
                (time(&document.ended)) ", after " (seconds(document.seconds)) " seconds"
            }),
        ),
        (
            "Exit status",
            Some(html! { (outcome.status) " (" (outcome_code(outcome.code)) ")" }),
        ),
        (
            "Published",
            Some(html! {
                @if outcome.code == Outcome::Salvaged { "yes: what could be saved, verified" }
                @else if outcome.published { "yes: the target is complete and verified" }
                @else if document.dry_run { "no: a dry run publishes nothing" }
                @else { "no" }
            }),
        ),
        ("Records", records),
        ("Databases", totals.map(|totals| html! { (totals.files) })),
        ("Sizes", sizes),
        ("Warnings", Some(html! { (number(warnings)) })),
        (
            "Release of the store",
            document
                .release
                .as_ref()
                .map(|release| html! { (release.text) }),
        ),
        (
            "Arguments",
            Some(html! { code { (document.arguments.join(" ")) } }),
        ),
    ])
}

fn outcome_code(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Migrated => "migrated",
        Outcome::DryRunPassed => "dry-run-passed",
        Outcome::AlreadyPublished => "already-published",
        Outcome::Refused => "refused",
        Outcome::Failed => "failed",
        Outcome::Stopped => "stopped",
        Outcome::Salvaged => "salvaged",
        Outcome::NotDurable => "not-durable",
    }
}

/// The colour of an outcome, its name, and what it means.
fn said(document: &Document<'_>) -> (&'static str, &'static str, String) {
    let written = document
        .totals
        .as_ref()
        .and_then(|totals| totals.records.written);
    let records = some(written.unwrap_or_default(), "record", "records");
    match document.outcome.code {
        Outcome::Migrated => (
            "good",
            "Migrated",
            format!(
                "The target is in place. Its {records} were read again; their number and digest \
                 are those of the source."
            ),
        ),
        Outcome::AlreadyPublished => (
            "good",
            "Migrated by an earlier run",
            format!(
                "An interrupted run had published the target. All of it, {records}, was read \
                 again and is what this run would have made."
            ),
        ),
        Outcome::DryRunPassed => (
            "good",
            "Dry run passed",
            "Everything was read and checked, and nothing was found that would prevent the \
             migration. Nothing was written but logs and reports."
                .to_owned(),
        ),
        Outcome::Salvaged => (
            "warn",
            "Salvaged, with losses",
            format!(
                "Files of the source are damaged. The target is in place with the {records} that \
                 could be saved; what is lost is told below."
            ),
        ),
        Outcome::NotDurable => (
            "warn",
            "Migrated, but perhaps not for good",
            format!(
                "The target is in place and its {records} were read again, but the system did \
                 not promise to keep it through a power failure."
            ),
        ),
        Outcome::Refused => (
            "bad",
            "Refused",
            "Nothing was begun. What the first look found to be in the way is listed below, all \
             of it."
                .to_owned(),
        ),
        Outcome::Stopped => (
            "bad",
            "Stopped",
            "The run was told to stop by a signal and gave up. The target is as it was.".to_owned(),
        ),
        Outcome::Failed if document.dry_run => (
            "bad",
            "Dry run failed",
            "Something was found that prevents the migration. Nothing was written but logs and \
             reports."
                .to_owned(),
        ),
        Outcome::Failed => (
            "bad",
            "Failed",
            "The run was begun and given up. The target is as it was.".to_owned(),
        ),
    }
}
