//! Rules, the marks of provenance, what is known and what is not.

use maud::{Markup, html};

use super::words::{badge, mark, name, number, some, wide};
use crate::json::Form;
use crate::report::document::{Applied, Document, File};

/// The marks, and what they mean.
const MARKS: [(&str, &str); 4] = [
    (
        "documented",
        "a published text says so, or it was seen in files that the real library wrote",
    ),
    ("inferred", "it follows from published texts"),
    (
        "assumed",
        "nothing says so, and it is what is done until somebody knows better",
    ),
    ("composed", "made up by this project for its own samples"),
];

/// What no run can tell.
const NOT_KNOWN: [&str; 4] = [
    "The bytes inside a record were never published. A record is recognised only where it has the \
     form that is said below; a profile can correct that form (docs/profile.md).",
    "What 6.3 changed in its records was never published, but for one requirement. Nothing is \
     changed unless a rule says so.",
    "What 6.3 writes in its version identifier was never published: ics50caldb.conf is carried \
     byte for byte.",
    "No real store is known to have been migrated with this, and whether a 6.3 server takes a \
     store whose records are those of 6.2 is not known either. So look at some calendars before \
     the old store goes.",
];

/// The rules that were on, and what they changed.
pub(super) fn rules(document: &Document<'_>) -> Markup {
    let rules = &document.rules;
    html! {
        p { "Chosen: " strong { (rules.choice) } "." }
        @if rules.on.is_empty() {
            p { "No rule was on: no record was changed." }
        } @else {
            ul.rules-on {
                @for rule in &rules.on {
                    li { (rule.text) " " span.id { "(" (rule.id) ")" } br; (mark(&rule.provenance)) }
                }
            }
            @if rules.applied.is_empty() { p { "No rule changed a record." } }
        }
        @for one in &rules.applied { (applied(one)) }
    }
}

/// What may be relied on, and what not.
pub(super) fn section(document: &Document<'_>) -> Markup {
    html! {
        @if let Some(totals) = &document.totals {
            @let records = &totals.records;
            p.carried {
                (number(records.unrecognised)) " of " (number(records.read)) " records "
                @if records.unrecognised == 0 {
                    "were not recognised: every one has the form that is said below, which is that "
                    "of this project's own samples or of a profile."
                } @else if document.outcome.published {
                    "were not recognised. They are carried byte for byte: key and value are in the "
                    "new store as they were in the old one, and nothing is said of what they mean."
                } @else {
                    "were not recognised. They are carried byte for byte when the store is "
                    "published, and nothing is said of what they mean."
                }
            }
        }
        p { "How the files of Berkeley DB are laid out is proved: files of real libraries are read, and files written here are opened, verified and changed by the real library. Not known is:" }
        ul.not-known { @for one in NOT_KNOWN { li { (one) } } }
        @if document.files.iter().any(|file| file.provenance.is_some()) {
            details {
                summary { "What is taken for true of each file, and how that is known" }
                p {
                    @if let Some(profile) = &document.profile.file {
                        "By the profile " (name(profile)) ", laid over the one that this comes with."
                    } @else {
                        "By the profile that this comes with."
                    }
                }
                (wide("What is taken for true of each file", &forms(document)))
            }
        }
        h3 { "The marks" }
        dl.marks {
            @for (mark, meaning) in MARKS { div { dt { (badge(mark)) } dd { (meaning) } } }
        }
        p.note { "What has no mark was seen or done by the run. AG60, AG62 and AG63 are the Administration Guides of Calendar Server 6.0 (816-6708), 6 2005Q4 (819-2433) and 6.3 (819-4654), UG5 and RN5 the Upgrade Guide (819-7561) and the Release Notes (819-4432) of Communications Suite 5, RN62 the Release Notes of Communications Services 2005Q4 (819-2568). docs/provenance.md lists every fact with its source." }
    }
}

fn forms(document: &Document<'_>) -> Markup {
    html! {
        table.forms {
            thead { tr {
                th scope="col" { "File" } th scope="col" { "Holds" } th scope="col" { "Keys" }
                th scope="col" { "Values" }
            } }
            tbody { @for file in &document.files { (form_of(file)) } }
        }
    }
}

fn form_of(file: &File<'_>) -> Markup {
    let Some(provenance) = &file.provenance else {
        return html! {};
    };
    html! {
        tr {
            th scope="row" { (name(&file.name)) }
            td { (file.holds) br; (mark(provenance)) }
            td { @if let Some(key) = &file.key { (form(key)) } }
            td { @if let Some(value) = &file.value { (form(value)) } }
        }
    }
}

fn form(form: &Form<'_>) -> Markup {
    html! { (form.form) br; (mark(&form.provenance)) }
}

fn applied(applied: &Applied<'_>) -> Markup {
    html! {
        article.finding {
            h3 { span.count { (number(applied.records)) } "changed by " (name(applied.id)) }
            @if !applied.examples.is_empty() {
                details {
                    summary { (some(applied.examples.len() as u64, "example", "examples")) }
                    (wide(applied.id, &html! {
                        table.examples {
                            thead { tr {
                                th scope="col" { "Key" } th scope="col" { "Before" }
                                th scope="col" { "After" }
                            } }
                            tbody {
                                @for example in &applied.examples {
                                    @for line in &example.lines {
                                        tr {
                                            td { (name(&example.key)) }
                                            td { (name(&line.before)) }
                                            td { (name(&line.after)) }
                                        }
                                    }
                                }
                            }
                        }
                    }))
                }
            }
        }
    }
}
