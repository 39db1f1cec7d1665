//! How to go back, what to do next, where the logs are.

use maud::{Markup, html};

use super::words::{bytes, name, number, seconds, some, wide};
use crate::report::document::{Backup, Document, Holders, Space};

/// How to go back.
pub(super) fn way_back(document: &Document<'_>) -> Markup {
    html! {
        @match document.rollback {
            Some(text) => { p { (text) } }
            None => {
                p {
                    @if document.outcome.published {
                        "The old store is unchanged in " (name(&document.source)) "."
                    } @else {
                        "Nothing was published, so there is nothing to go back from. The source "
                        (name(&document.source)) " was only read."
                    }
                }
            }
        }
        p.note { "docs/rollback.md has the steps." }
    }
}

/// What to do now.
pub(super) fn next_steps(document: &Document<'_>) -> Markup {
    html! {
        @if document.next_steps.is_empty() {
            p { "What the run met is told under " a href="#glance" { "At a glance" } "; see to that, and run the same command again." }
        } @else {
            ol { @for step in document.next_steps { li { (step) } } }
        }
    }
}

/// Logs, backup, stages, what the run needed and who was there.
pub(super) fn logs(document: &Document<'_>) -> Markup {
    let logs = &document.logs;
    html! {
        ul {
            li { (name(&logs.migration)) ": what the run did, at level " (logs.level) }
            li { (name(&logs.errors)) ": why runs failed" }
        }
        (backup(&document.backup))
        (stages(document))
        (space(document.space))
        @if let Some(holders) = document.holders { (held(holders)) }
    }
}

fn backup(backup: &Backup<'_>) -> Markup {
    html! {
        h3 { "Backup" }
        @if backup.files.is_empty() {
            p { "The run made none. Its place would be " (name(&backup.path)) "." }
        } @else {
            p {
                (name(&backup.path)) ", "
                @if backup.reused == Some(true) { "there already and identical" } @else { "made by this run" }
                @if let Some(size) = backup.bytes { ", " (bytes(size)) }
            }
            details {
                summary { (some(backup.files.len() as u64, "file", "files")) }
                (wide("Backup", &html! {
                    table.backup {
                        thead { tr {
                            th scope="col" { "File" } th.n scope="col" { "Bytes" }
                            th scope="col" { "BLAKE3 of source and copy" }
                        } }
                        tbody {
                            @for file in &backup.files {
                                tr {
                                    th scope="row" { (name(&file.name)) }
                                    td.n { (number(file.bytes)) }
                                    td { code.digest { (file.blake3) } }
                                }
                            }
                        }
                    }
                }))
            }
        }
    }
}

fn stages(document: &Document<'_>) -> Markup {
    html! {
        @if !document.stages.is_empty() {
            h3 { "Stages" }
            (wide("Stages", &html! {
                table.stages {
                    thead { tr {
                        th scope="col" { "Stage" } th.n scope="col" { "Seconds" }
                        th scope="col" { "What it did" }
                    } }
                    tbody {
                        @for stage in &document.stages {
                            tr {
                                th scope="row" { (stage.name) }
                                td.n { (seconds(stage.seconds)) }
                                td { (stage.text.unwrap_or("not done")) }
                            }
                        }
                    }
                }
            }))
        }
    }
}

fn space(space: &[Space]) -> Markup {
    html! {
        @if !space.is_empty() {
            h3 { "Space" }
            ul {
                @for one in space {
                    li {
                        "for " (one.what) " on the file system of " (name(&one.path)) ": "
                        (bytes(one.bytes_needed)) " needed, "
                        @match one.bytes_free {
                            Some(free) => { (bytes(free)) " free" }
                            None => "free space not known",
                        }
                    }
                }
            }
        }
    }
}

fn held(holders: &Holders) -> Markup {
    html! {
        h3 { "Other processes" }
        @if !holders.known {
            p { "Which processes hold the source cannot be told here." }
        } @else if holders.processes.is_empty() {
            p {
                "None was seen to hold files of the source"
                @if holders.unseen > 0 {
                    "; " (some(holders.unseen as u64, "process", "processes"))
                    " of other users could not be asked"
                }
                "."
            }
        } @else {
            ul {
                @for process in &holders.processes {
                    li {
                        "process " (process.process) " (" (name(&process.name)) ") "
                        (process.does.replace('-', " ")) ": "
                        @for (index, file) in process.files.iter().enumerate() {
                            @if index > 0 { ", " }
                            (name(file))
                        }
                    }
                }
            }
        }
    }
}
