//! The table of files, and what is left of damaged ones.

use maud::{Markup, html};

use super::words::{bytes, name, number, number_or_dash, seconds, wide};
use crate::report::document::{Document, Done, File, Salvaged};

/// All files of the store.
pub(super) fn section(document: &Document<'_>) -> Markup {
    let of_kind = |database: bool| {
        let files = document.files.iter();
        files.filter(move |file| (file.kind == "database") == database)
    };
    html! {
        @if document.files.is_empty() {
            p { "The run did not come to look at files." }
        } @else {
            (wide("Databases", &databases(document)))
            p.note {
                "The digest is a sum of a 128-bit hash of each record; it was taken of the source "
                "and again of what was written. Deleted items are no records and are left behind."
            }
            h3 { "Databases as they were found" }
            (wide("Databases as they were found", &html! {
                table {
                    thead { tr {
                        th scope="col" { "File" } th scope="col" { "Holds" }
                        th scope="col" { "Kind" } th.n scope="col" { "Version" }
                        th scope="col" { "Byte order" } th.n scope="col" { "Page size" }
                        th scope="col" { "Written by" } th scope="col" { "Order of keys" }
                    } }
                    tbody { @for file in of_kind(true) { (found(file)) } }
                }
            }))
            @if of_kind(false).next().is_some() {
                h3 { "Other files of the store" }
                ul {
                    @for file in of_kind(false) {
                        li { (name(&file.name)) ": " (file.kind.replace('-', " ")) ", " (bytes(file.bytes)) }
                    }
                }
            }
            @if !document.others.is_empty() {
                h3 { "Not part of the store" }
                p { "Left where they are, and not in the target:" }
                ul { @for other in &document.others { li { (name(other)) } } }
            }
        }
    }
}

/// What is left of damaged files; nothing where there are none.
pub(super) fn losses(document: &Document<'_>) -> Markup {
    let damaged = || {
        document.files.iter().filter_map(|file| {
            let salvaged = file.result.as_ref()?.salvaged.as_ref()?;
            Some((file, salvaged))
        })
    };
    if damaged().next().is_none() {
        return html! {};
    }
    html! {
        p {
            "These files are damaged. What could be saved of them was saved from their pages; "
            "what was on a damaged page cannot be counted, so more may be lost than is known. "
            "csmigrateSalvage.log, beside the other logs, lists each record."
        }
        (wide("Losses", &html! {
            table.losses {
                thead { tr {
                    th scope="col" { "File" } th.n scope="col" { "Saved" }
                    th.n scope="col" { "Known lost" } th.n scope="col" { "Equal to another" }
                    th.n scope="col" { "Pages" } th.n scope="col" { "Damaged" }
                    th.n scope="col" { "Unreadable" } th.n scope="col" { "Zeros" }
                    th scope="col" { "Damage" }
                } }
                tbody { @for (file, salvaged) in damaged() { (loss(file, salvaged)) } }
            }
        }))
    }
}

fn loss(file: &File<'_>, salvaged: &Salvaged) -> Markup {
    html! {
        tr {
            th scope="row" { (name(&file.name)) }
            td.n { (number(salvaged.saved)) }
            td.n { (number(salvaged.lost)) }
            td.n { (number(salvaged.repeated)) }
            td.n { (number(salvaged.pages.into())) }
            td.n { (number(salvaged.damaged_pages.into())) }
            td.n { (number(salvaged.unreadable_pages.into())) }
            td.n { (number(salvaged.zero_pages.into())) }
            td { (salvaged.damage) }
        }
    }
}

fn databases(document: &Document<'_>) -> Markup {
    let done = || {
        let files = document.files.iter();
        files.filter_map(|file| Some((file, file.result.as_ref()?)))
    };
    let undone = document
        .files
        .iter()
        .filter(|file| file.kind == "database" && file.result.is_none());
    html! {
        table.files {
            thead { tr {
                th scope="col" { "File" }
                th.n scope="col" { "Read" } th.n scope="col" { "Written" }
                th.n scope="col" { "Recognised" } th.n scope="col" { "Carried unrecognised" }
                th.n scope="col" { "Deleted" } th.n scope="col" { "Warnings" }
                th.n scope="col" { "Bytes in" } th.n scope="col" { "Bytes out" }
                th.n scope="col" { "Seconds" } th scope="col" { "Digest" }
            } }
            tbody {
                @for (file, done) in done() { (row(file, done)) }
                @for file in undone {
                    tr.undone {
                        th scope="row" { (name(&file.name)) }
                        td colspan="6" { "not read to its end, or not looked at" }
                        td.n { (number(file.bytes)) }
                        td colspan="3" {}
                    }
                }
            }
            @if let Some(totals) = &document.totals {
                tfoot { tr {
                    th scope="row" { "Total" }
                    td.n { (number(totals.records.read)) }
                    td.n { (number_or_dash(totals.records.written)) }
                    td.n { (number(totals.records.recognised)) }
                    td.n { (number(totals.records.unrecognised)) }
                    td.n { (number(totals.records.deleted)) }
                    td.n { (number(totals.warnings as u64)) }
                    td.n { (number(totals.bytes.r#in)) }
                    td.n { (number_or_dash(totals.bytes.out)) }
                    td.n { (seconds(document.seconds)) }
                    td {}
                } }
            }
        }
    }
}

fn row(file: &File<'_>, done: &Done) -> Markup {
    html! {
        tr {
            th scope="row" { (name(&file.name)) }
            td.n { (number(done.records.read)) }
            td.n { (number_or_dash(done.records.written)) }
            td.n { (number(done.records.recognised)) }
            td.n { (number(done.records.unrecognised)) }
            td.n { (number(done.records.deleted)) }
            td.n { (number(done.warnings as u64)) }
            td.n { (number(done.bytes.r#in)) }
            td.n { (number_or_dash(done.bytes.out)) }
            td.n { (seconds(done.seconds)) }
            td { code.digest { (done.digest) } }
        }
    }
}

fn found(file: &File<'_>) -> Markup {
    let holds = if file.holds.is_empty() {
        "not described in any guide"
    } else {
        file.holds
    };
    html! {
        tr {
            th scope="row" { (name(&file.name)) }
            td { (holds) }
            @match &file.database {
                Some(database) => {
                    td { (database.method) }
                    td.n { (number(database.version.into())) }
                    td { (database.byte_order) }
                    td.n { (number(database.page_size.into())) }
                    td { (database.written_by.unwrap_or("not known")) }
                }
                None => { td colspan="5" { "not a Berkeley DB file" } }
            }
            td {
                @match file.result.as_ref().map(|done| done.order) {
                    Some("as-found") => "an application's own, kept",
                    Some(_) => "bytewise",
                    None => "not known",
                }
            }
        }
    }
}
