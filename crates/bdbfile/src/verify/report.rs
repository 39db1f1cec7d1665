//! What a verification found.

use std::fmt;

use crate::error::{FormatError, Place, Rule};
use crate::layout::PageNo;

/// The most findings a verification lists, and the most notes; the rest of the
/// findings are counted.
const LISTED: usize = 1000;

/// One broken rule.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// The rule that is broken.
    pub rule: Rule,
    /// What should be there, in words; empty where the rule says it all.
    pub expected: String,
    /// What is there, in words; may be empty.
    pub found: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.place.page.is_some() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "{}", self.rule)?;
        match (self.found.is_empty(), self.expected.is_empty()) {
            (true, true) => Ok(()),
            (false, true) => write!(f, ": {}", self.found),
            (true, false) => write!(f, ": expected {}", self.expected),
            (false, false) => write!(f, ": {}, expected {}", self.found, self.expected),
        }
    }
}

impl From<&FormatError> for Problem {
    fn from(error: &FormatError) -> Self {
        Self {
            place: error.place,
            rule: error.rule,
            expected: String::new(),
            found: error.found.clone(),
        }
    }
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verification {
    /// The broken rules, at most 1000.
    pub findings: Vec<Problem>,
    /// Broken rules beyond those listed.
    pub more: u64,
    /// What is odd, or could not be checked, and is no damage; at most 1000.
    pub notes: Vec<Problem>,
    /// Whole pages in the file; 0 where the file could not be opened.
    pub pages: PageNo,
    /// Databases looked at, a directory of named ones among them.
    pub databases: u64,
}

impl Verification {
    /// Whether no rule is broken. Notes do not count.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty() && self.more == 0
    }

    /// How many rules are broken in all.
    pub fn count(&self) -> u64 {
        (self.findings.len() as u64).saturating_add(self.more)
    }

    pub(super) fn add(&mut self, problem: Problem) {
        if self.findings.len() < LISTED {
            self.findings.push(problem);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    pub(super) fn note(&mut self, problem: Problem) {
        if self.notes.len() < LISTED {
            self.notes.push(problem);
        }
    }
}
