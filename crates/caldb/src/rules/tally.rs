//! How many records each rule changed, with examples.

use std::collections::BTreeMap;

use super::Change;
use crate::files::Role;
use crate::record::content_line::{Line, Lines, Value, print};

/// Examples kept of each rule.
pub const EXAMPLES: usize = 3;

/// How many records each rule changed. A unit of work has a tally of its own;
/// they are put together in the order of the file, so that the examples do not
/// depend on who was first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    rules: BTreeMap<String, RuleTally>,
}

/// What one rule did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleTally {
    /// Records it changed.
    pub count: u64,
    /// The first of them, at most [`EXAMPLES`].
    pub examples: Vec<Example>,
}

/// A record that a rule changed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Example {
    /// What its file is for.
    pub role: Role,
    /// Its key as it was.
    pub key: Vec<u8>,
    /// Its value as it was.
    pub value: Vec<u8>,
    /// What it became.
    pub change: Change,
}

impl Tally {
    pub(super) fn count(
        &mut self,
        id: &str,
        role: Role,
        key: &[u8],
        value: &[u8],
        change: &Change,
    ) {
        if !self.rules.contains_key(id) {
            self.rules.insert(id.to_owned(), RuleTally::default());
        }
        let Some(tally) = self.rules.get_mut(id) else {
            return;
        };
        tally.count = tally.count.saturating_add(1);
        if tally.examples.len() < EXAMPLES {
            tally.examples.push(Example {
                role,
                key: key.to_vec(),
                value: value.to_vec(),
                change: change.clone(),
            });
        }
    }

    /// Adds the tally of what comes after.
    pub fn append(&mut self, after: Self) {
        for (id, mut after) in after.rules {
            let rule = self.rules.entry(id).or_default();
            rule.count = rule.count.saturating_add(after.count);
            let room = EXAMPLES.saturating_sub(rule.examples.len());
            after.examples.truncate(room);
            rule.examples.append(&mut after.examples);
        }
    }

    /// What the rule of this id did; `None` where it changed nothing.
    pub fn of(&self, id: &str) -> Option<&RuleTally> {
        self.rules.get(id)
    }

    /// The rules that changed something, by their ids.
    pub fn rules(&self) -> impl Iterator<Item = (&str, &RuleTally)> {
        self.rules.iter().map(|(id, rule)| (id.as_str(), rule))
    }
}

impl Example {
    /// The lines that differ, as they were and as they became, for people:
    /// what is no text is shown by escapes.
    pub fn lines(&self) -> Vec<(String, String)> {
        let split = |value: &[u8]| -> Vec<String> {
            Lines::new(value)
                .map(|line| {
                    let end = match line {
                        Line::Property(property) => property.end().len(),
                        Line::Raw(_) => 0,
                    };
                    let mut text = print([line]);
                    text.truncate(text.len().saturating_sub(end));
                    Value::new(&text).unfolded().escape_ascii().to_string()
                })
                .collect()
        };
        let (before, after) = (split(&self.value), split(&self.change.value));
        if before.len() != after.len() {
            return vec![(before.join(" "), after.join(" "))];
        }
        before
            .into_iter()
            .zip(after)
            .filter(|(before, after)| before != after)
            .collect()
    }
}
