//! How the store was shut down, recovered, and which release wrote it.

use maud::{Markup, html};

use super::words::{mark, name, number, terms, time, wide};
use crate::json::{Evidence, Replayed};
use crate::report::document::{Document, ShutDown};

/// Whether the store was cleanly shut down, and what its logs gave.
pub(super) fn shutdown(document: &Document<'_>) -> Markup {
    html! {
        @match &document.shutdown {
            None => { p { "The run did not come to judge it." } }
            Some(shutdown) => { (judged(shutdown, document.recovery.is_some())) }
        }
        @if let Some(recovery) = &document.recovery { (replayed(recovery, document.dry_run)) }
    }
}

/// The release, and what speaks for it.
pub(super) fn release(document: &Document<'_>) -> Markup {
    let Some(release) = &document.release else {
        return html! { p { "The run did not come to tell it." } };
    };
    html! {
        p { strong { (release.text) } }
        p.note {
            "No file names the release. It is an answer with evidence, and steers nothing: what is "
            "done to records does not depend on it."
        }
        @for advice in &release.advice { p { (advice) } }
        @if !release.weights.is_empty() {
            p {
                "Weights of the evidence: "
                @for (index, (release, weight)) in release.weights.iter().enumerate() {
                    @if index > 0 { ", " }
                    (release) " " (number((*weight).into()))
                }
                "."
            }
        }
        @if document.evidence.is_empty() {
            p { "There is no evidence." }
        } @else {
            (wide("Evidence", &html! {
                table.evidence {
                    thead { tr {
                        th scope="col" { "Evidence" } th scope="col" { "Points to" }
                        th scope="col" { "Rules out" } th scope="col" { "How it is known" }
                    } }
                    tbody { @for one in &document.evidence { (evidence(one)) } }
                }
            }))
        }
    }
}

fn judged(shutdown: &ShutDown<'_>, replayed: bool) -> Markup {
    let judged = &shutdown.judged;
    html! {
        p {
            @match judged.judgement {
                "clean" => { "The store was " strong { "cleanly shut down" } "." }
                "unclean" => {
                    "The store was " strong { "not cleanly shut down" }
                    @if shutdown.ignored {
                        ". It was taken as its files are, without what only its logs hold: that "
                        "was asked for."
                    } @else if replayed {
                        "; its logs make it whole."
                    } @else { "." }
                }
                _ => {
                    "There is " strong { "nothing to tell by" }
                    " whether the store was cleanly shut down."
                }
            }
        }
        ul { @for why in judged.why { li { (why) } } }
    }
}

fn replayed(recovery: &Replayed<'_>, dry_run: bool) -> Markup {
    let (log, done) = (&recovery.log, &recovery.transactions);
    html! {
        h3 { "Logs replayed" }
        p {
            "Over the " @if dry_run { "source" } @else { "backup" }
            ", in memory and a temporary file; nothing was written into either."
        }
        (terms(vec![
            ("Transactions committed", Some(html! {
                (number(done.committed)) ", of which " (number(done.redone)) " had to be redone"
            })),
            ("Not committed", Some(html! {
                (number(done.uncommitted)) ", of which " (number(done.undone)) " had to be undone"
            })),
            ("Pages changed", Some(number(recovery.pages_changed))),
            ("Last commit", recovery.last_commit.as_ref().map(|at| time(at))),
            ("Log", Some(html! {
                "version " (log.version) ", " (log.byte_order) ", from " (log.first) " to " (log.last)
                @if let Some(checkpoint) = &log.checkpoint { ", checkpoint at " (checkpoint) }
            })),
            ("Torn", log.torn.as_ref().map(|torn| html! { (torn) })),
        ]))
        (wide("Files recovered", &html! {
            table.recovered {
                thead { tr {
                    th scope="col" { "File" } th scope="col" { "State" }
                    th.n scope="col" { "Pages changed" } th scope="col" { "Migrated" }
                } }
                tbody {
                    @for file in &recovery.files {
                        tr {
                            th scope="row" { (name(&file.name)) }
                            td {
                                (file.state)
                                @if let Some(from) = file.renamed_from { " (was " (name(from)) ")" }
                            }
                            td.n { (number(file.pages_changed)) }
                            td { @if file.migrated { "yes" } @else { "no" } }
                        }
                    }
                }
            }
        }))
        @if !recovery.notes.is_empty() {
            ul { @for note in recovery.notes { li { (note) } } }
        }
    }
}

fn evidence(one: &Evidence<'_>) -> Markup {
    let points: Vec<String> = one
        .points_to
        .iter()
        .map(|(release, weight)| format!("{release} ({weight})"))
        .collect();
    html! {
        tr {
            td { (one.text) br; span.id { (one.id) } }
            td { (points.join(", ")) }
            td { (one.rules_out.join(", ")) }
            td { (mark(&one.provenance)) }
        }
    }
}
