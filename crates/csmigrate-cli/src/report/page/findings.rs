//! What is odd among the records, what 6.3 requires, and all warnings.

use maud::{Markup, html};

use super::words::{mark, name, number, some, wide};
use crate::report::document::{Checks, Document, Found, Odd, Place, Rules, Unmet};

/// All findings.
pub(super) fn section(document: &Document<'_>) -> Markup {
    html! {
        @match &document.checks {
            None => { p { "The records were not all read, so nothing is said of them here." } }
            Some(checks) => {
                p {
                    "Only records that are recognised can be checked: " (number(checks.recognised))
                    " of " (number(checks.recognised.saturating_add(checks.carried)))
                    " in files that are known. What is odd is counted and located, never repaired."
                }
                (violations(&document.violations, &document.rules))
                (checked(checks))
            }
        }
        (warnings(document))
    }
}

fn violations(violations: &[Unmet<'_>], rules: &Rules<'_>) -> Markup {
    let rule = |id: &str| rules.on.iter().find(|rule| rule.id == id);
    html! {
        @for one in violations {
            article.finding.violation {
                h3 {
                    span.count { (number(one.count)) }
                    "6.3 requires what does not hold: " (one.requires)
                    " " code.id { (one.rule) }
                }
                p { (one.broken) }
                @if let Some(rule) = rule(one.rule) {
                    p { strong { "How it is known: " } (mark(&rule.provenance)) }
                }
                p { strong { "What helps: " } (one.remedy) }
            }
        }
    }
}

fn checked(checks: &Checks<'_>) -> Markup {
    let (found, silent): (Vec<_>, Vec<_>) = checks
        .findings
        .iter()
        .partition(|finding| finding.count > 0);
    html! {
        @if found.is_empty() { p { "Nothing odd was found among them." } }
        @for finding in found { (finding_of(finding)) }
        @if !silent.is_empty() {
            details {
                summary { (some(silent.len() as u64, "check", "checks")) " found nothing" }
                ul {
                    @for finding in silent {
                        li { (finding.text) " " span.id { "(" (finding.id) ")" } }
                    }
                }
            }
        }
    }
}

fn finding_of(finding: &Found<'_>) -> Markup {
    html! {
        article.finding id={ "check-" (finding.id) } {
            h3 {
                span.count { (number(finding.count)) } (finding.text)
                " " code.id { (finding.id) }
            }
            p { strong { "Counted when: " } (finding.fires) "." }
            p { strong { "How it is known: " } (mark(&finding.provenance)) }
            @if finding.unjudged > 0 {
                p {
                    "What is missing may be among " (number(finding.unjudged))
                    " unrecognised records."
                }
            }
            p.of-files {
                strong { "In: " }
                @for (index, file) in finding.files.iter().enumerate() {
                    @if index > 0 { ", " }
                    (name(file.file)) " (" (some(file.records, "record", "records")) ")"
                }
            }
            details {
                summary { (cases_told(finding)) }
                (wide(finding.id, &cases(&finding.cases)))
            }
        }
    }
}

fn cases_told(finding: &Found<'_>) -> String {
    let shown = finding.cases.len() as u64;
    let records = finding
        .files
        .iter()
        .fold(0_u64, |all, file| all.saturating_add(file.records));
    if shown < records {
        format!("Where they are: the first {}", some(shown, "case", "cases"))
    } else {
        "Where they are".to_owned()
    }
}

fn cases(cases: &[Place<'_>]) -> Markup {
    let numbered = cases.iter().any(|case| case.number.is_some());
    html! {
        table.cases {
            thead { tr {
                th scope="col" { "File" } th.n scope="col" { "Page" } th.n scope="col" { "Slot" }
                @if numbered { th.n scope="col" { "Number" } }
                th scope="col" { "Key" }
            } }
            tbody {
                @for case in cases {
                    tr {
                        td { (name(case.file)) }
                        td.n { (case.page) }
                        td.n { (case.slot) }
                        @if numbered { td.n { @if let Some(number) = case.number { (number) } } }
                        td { @if let Some(key) = &case.key { (name(key)) } }
                    }
                }
            }
        }
    }
}

/// All warnings as the log has them. The cases of those that are findings stand
/// above.
fn warnings(document: &Document<'_>) -> Markup {
    let is_finding = |warning: &Odd<'_>| {
        let mut findings = document.checks.iter().flat_map(|checks| &checks.findings);
        findings.any(|finding| finding.id == warning.code)
    };
    html! {
        h3 { "Warnings" }
        @if document.warnings.is_empty() {
            p { "There were none." }
        } @else {
            p.note { "As the log has them; the first word is what docs/report.md lists them by." }
            ul.warnings {
                @for warning in &document.warnings {
                    li {
                        code.id { (warning.code) } " "
                        @if let Some(file) = &warning.file { (name(file)) ": " }
                        (warning.text)
                        @if !warning.cases.is_empty() && !is_finding(warning) {
                            details {
                                summary { (some(warning.cases.len() as u64, "case", "cases")) }
                                ul { @for case in warning.cases { li { (case) } } }
                            }
                        }
                    }
                }
            }
        }
    }
}
