//! A report as a page for people: one file of HTML with all that it needs in
//! it, without scripts and without references to anything else. It is made of
//! the same document as the JSON, and says no figure that is not there.
//!
//! * `glance`: how the run ended, and the run in a few lines.
//! * `files`: the table of files, their charts, and what is left of damaged
//!   ones.
//! * `components`: the charts of components by calendar and by year.
//! * `findings`: what is odd, and what 6.3 requires.
//! * `history`: how the store was shut down, recovered, and which release wrote
//!   it.
//! * `knowledge`: rules, the marks of provenance, what is known and what is not.
//! * `after`: how to go back, what to do next, where the logs are.
//! * `chart`: charts as SVG.
//! * `words`: figures and other small pieces that all of these share.

mod after;
mod chart;
mod components;
mod files;
mod findings;
mod glance;
mod history;
mod knowledge;
mod words;

use csmigrate::bdbfile::escape::escaped;
use maud::{Markup, html};

use super::document::Document;

/// How every page begins: by this one is told from other files.
pub(super) const HEAD: &str =
    "<!DOCTYPE html>\n<html lang=\"en\" data-format=\"csmigrate-report\">\n";

/// Nothing is loaded, nothing runs, nothing is sent; the page has its own style.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";

const STYLE: &str = include_str!("style.css");

/// A part of the page with a heading of its own.
struct Section {
    id: &'static str,
    title: &'static str,
    body: Markup,
}

/// The page.
pub(super) fn text(document: &Document<'_>) -> String {
    let sections: Vec<Section> = sections(document)
        .into_iter()
        .filter(|section| !section.body.0.is_empty())
        .collect();
    let mut page = format!(
        "{HEAD}<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n"
    );
    page.push_str(&line(
        &html! { title { "csmigrate: " (document.source) " to " (document.target) } },
    ));
    page.push_str("<style>\n");
    page.push_str(STYLE);
    page.push_str("</style>\n</head>\n<body>\n");
    page.push_str(&line(&glance::header(document)));
    page.push_str(&line(&contents(&sections)));
    page.push_str("<main>\n");
    for Section { id, title, body } in &sections {
        page.push_str(&line(&html! {
            section id=(id) aria-labelledby={ (id) "-title" } {
                h2 id={ (id) "-title" } { (title) }
                (body)
            }
        }));
    }
    page.push_str("</main>\n");
    page.push_str(&line(&glance::footer(document)));
    page.push_str("</body>\n</html>\n");
    page
}

fn sections(document: &Document<'_>) -> Vec<Section> {
    let section = |id, title, body| Section { id, title, body };
    vec![
        section("glance", "At a glance", glance::section(document)),
        section("files", "Files", files::section(document)),
        section("charts", "Charts", components::section(document)),
        section("findings", "Findings", findings::section(document)),
        section(
            "shutdown",
            "Shutdown and recovery",
            history::shutdown(document),
        ),
        section("release", "Release", history::release(document)),
        section("salvage", "Losses", files::losses(document)),
        section("rules", "Rules", knowledge::rules(document)),
        section(
            "known",
            "What is known, and what is not",
            knowledge::section(document),
        ),
        section("back", "How to go back", after::way_back(document)),
        section("next", "Next steps", after::next_steps(document)),
        section("logs", "Logs, backup and stages", after::logs(document)),
    ]
}

fn contents(sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                @for section in sections {
                    li { a href={ "#" (section.id) } { (section.title) } }
                }
            }
        }
    }
}

/// Markup as a line. What is HTML in a text from data was escaped when it went
/// in; here what is obeyed rather than shown is made visible. The templates
/// have no such character, so whatever has one is from data.
fn line(markup: &Markup) -> String {
    let mut line = escaped(&markup.0);
    line.push('\n');
    line
}
