//! The rules of a run and what they changed.

use csmigrate::caldb::rules::Tally;
use serde::Serialize;

use crate::json::Rule;

#[derive(Serialize)]
pub(crate) struct Rules<'a> {
    pub(crate) choice: &'static str,
    pub(crate) on: Vec<Rule<'a>>,
    pub(crate) applied: Vec<Applied<'a>>,
}

#[derive(Serialize)]
pub(crate) struct Applied<'a> {
    pub(crate) id: &'a str,
    pub(crate) records: u64,
    pub(crate) examples: Vec<Example>,
}

#[derive(Serialize)]
pub(crate) struct Example {
    pub(crate) role: &'static str,
    pub(crate) key: String,
    pub(crate) lines: Vec<Line>,
}

#[derive(Serialize)]
pub(crate) struct Line {
    pub(crate) before: String,
    pub(crate) after: String,
}

/// What the rules changed.
pub(super) fn applied(tally: &Tally) -> Vec<Applied<'_>> {
    tally
        .rules()
        .map(|(id, rule)| Applied {
            id,
            records: rule.count,
            examples: rule
                .examples
                .iter()
                .map(|example| Example {
                    role: example.role.name(),
                    key: example.key.escape_ascii().to_string(),
                    lines: example
                        .lines()
                        .into_iter()
                        .map(|(before, after)| Line { before, after })
                        .collect(),
                })
                .collect(),
        })
        .collect()
}
