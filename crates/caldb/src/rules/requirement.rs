//! What must hold of a whole store before it can be one of 6.3.

use crate::fact::Fact;

/// What must hold of a whole store. It is judged by what the checks counted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requirement {
    /// What is required, and where that comes from.
    pub fact: Fact<String>,
    /// The checks that count what breaks it.
    pub broken_by: &'static [&'static str],
    /// What is so when it does not hold, in words.
    pub broken: &'static str,
    /// What the administrator does about it.
    pub remedy: &'static str,
}

/// A requirement that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The id of the rule.
    pub rule: String,
    /// How many cases were counted.
    pub count: u64,
    /// What is required.
    pub text: String,
    /// What is so instead, in words.
    pub broken: &'static str,
    /// What the administrator does about it.
    pub remedy: &'static str,
}

impl Requirement {
    pub(super) fn recurring_form(fact: Fact<String>) -> Self {
        Self {
            fact,
            broken_by: &["not-master-and-exception"],
            broken: "recurring data is not in master and exception form, as 6.3 wants it",
            remedy: "run cs5migrate -r on the old store, then csmigrate again",
        }
    }

    /// Judges by `counted`: how many cases a check of this id found.
    pub fn judge(&self, counted: impl Fn(&str) -> u64) -> Option<Violation> {
        let count = self
            .broken_by
            .iter()
            .fold(0_u64, |sum, id| sum.saturating_add(counted(id)));
        (count > 0).then(|| Violation {
            rule: self.fact.id.clone(),
            count,
            text: self.fact.text.clone(),
            broken: self.broken,
            remedy: self.remedy,
        })
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let cases = if self.count == 1 { "case" } else { "cases" };
        write!(
            f,
            "{}: {}: {} {cases}; {}",
            self.rule, self.broken, self.count, self.remedy
        )
    }
}
