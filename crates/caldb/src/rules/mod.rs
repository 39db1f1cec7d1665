//! What is done to a store on the way from 6.2 to 6.3, as a table.
//!
//! Which rules there are, when each is on and where it comes from says the
//! [profile](crate::profile); here is what they do. Only what is documented is
//! on unless asked for, and none of that changes a record. A rule of your own
//! implements [`Rule`] and is added with [`RuleSet::add`]:
//!
//! ```
//! use caldb::profile::Profile;
//! use caldb::rules::{Change, Rule, RuleChoice, RuleSet, Tally};
//! use caldb::{Fact, Provenance, Role};
//!
//! struct PlainSummary;
//!
//! impl Rule for PlainSummary {
//!     fn fact(&self) -> Fact<&str> {
//!         Fact {
//!             id: "plain-summary",
//!             text: "tabs in values are written as spaces",
//!             provenance: Provenance::Assumed("our own wish"),
//!         }
//!     }
//!
//!     fn apply(&self, role: Role, key: &[u8], value: &[u8]) -> Option<Change> {
//!         (role == Role::Events && value.contains(&b'\t')).then(|| Change {
//!             key: key.to_vec(),
//!             value: value.iter().map(|b| if *b == b'\t' { b' ' } else { *b }).collect(),
//!         })
//!     }
//! }
//!
//! let mut rules = RuleSet::choose(Profile::shipped(), RuleChoice::Documented);
//! rules.add(Box::new(PlainSummary));
//! let mut tally = Tally::default();
//! let changed = rules.apply(Role::Events, b"jdoe", b"SUMMARY:a\tb", &mut tally);
//! assert_eq!(changed.unwrap().value, b"SUMMARY:a b");
//! assert_eq!(tally.of("plain-summary").unwrap().count, 1);
//! ```

mod inferred;
mod requirement;
mod tally;

pub use requirement::{Requirement, Violation};
pub use tally::{EXAMPLES, Example, RuleTally, Tally};

use crate::fact::Fact;
use crate::files::Role;
use crate::profile::{Profile, RuleEntry, When};
use inferred::{AceLowerCase, AddressParameters};

/// The rule that writes a version identifier.
pub(crate) const IDENTIFIER_STAMP: &str = "identifier-stamp";

const RECURRING_FORM: &str = "recurring-form";
const ACE_LOWER_CASE: &str = "ace-lower-case";
const ADDRESS_PARAMETERS: &str = "address-parameters";

/// The ids of all rules that the code has.
pub(crate) const IDS: &[&str] = &[
    RECURRING_FORM,
    "version-identifier",
    "carry",
    ACE_LOWER_CASE,
    ADDRESS_PARAMETERS,
    IDENTIFIER_STAMP,
];

/// A rule that may change records.
pub trait Rule: Send + Sync {
    /// What it does and where that comes from. The id is its name in reports.
    fn fact(&self) -> Fact<&str>;

    /// The record as it is to be instead, or `None` to leave it. It is only
    /// asked about recognised records. A rule that changes keys leaves it to
    /// the caller to put them in order again; none of the shipped ones does.
    fn apply(&self, role: Role, key: &[u8], value: &[u8]) -> Option<Change>;
}

impl<R: Rule + ?Sized> Rule for std::sync::Arc<R> {
    fn fact(&self) -> Fact<&str> {
        (**self).fact()
    }

    fn apply(&self, role: Role, key: &[u8], value: &[u8]) -> Option<Change> {
        (**self).apply(role, key, value)
    }
}

/// A record as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Its key.
    pub key: Vec<u8>,
    /// Its value.
    pub value: Vec<u8>,
}

/// Which rules are wanted: what `--rules` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RuleChoice {
    /// None: everything is carried byte for byte and nothing is required.
    None,
    /// Those that rest on a text.
    #[default]
    Documented,
    /// Those that rest on reasoning as well.
    Inferred,
}

impl RuleChoice {
    /// The choice of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        match name {
            "none" => Some(Self::None),
            "documented" => Some(Self::Documented),
            "inferred" => Some(Self::Inferred),
            _ => None,
        }
    }

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Documented => "documented",
            Self::Inferred => "inferred",
        }
    }

    /// Whether a rule is on with this choice.
    pub const fn takes(self, when: When) -> bool {
        match (self, when) {
            (Self::None, _) | (_, When::Never) | (Self::Documented, When::Inferred) => false,
            (_, When::Documented) | (Self::Inferred, When::Inferred) => true,
        }
    }
}

/// The rules that are on.
pub struct RuleSet {
    rules: Vec<Box<dyn Rule>>,
    requirements: Vec<Requirement>,
    identifier: Option<String>,
    facts: Vec<Fact<String>>,
}

impl RuleSet {
    /// The rules of a profile that are on with a choice.
    pub fn choose(profile: &Profile, choice: RuleChoice) -> Self {
        let mut set = Self {
            rules: Vec::new(),
            requirements: Vec::new(),
            identifier: None,
            facts: Vec::new(),
        };
        // In the order of the table, whatever the order of the profile.
        for id in IDS {
            let Some(entry) = profile.rules.get(*id) else {
                continue;
            };
            if !choice.takes(entry.when) {
                continue;
            }
            let fact = fact_of(id, entry);
            set.facts.push(fact.clone());
            match *id {
                RECURRING_FORM => set.requirements.push(Requirement::recurring_form(fact)),
                ACE_LOWER_CASE => set.rules.push(Box::new(AceLowerCase::new(fact))),
                ADDRESS_PARAMETERS => set.rules.push(Box::new(AddressParameters::new(fact))),
                IDENTIFIER_STAMP => set.identifier.clone_from(&entry.identifier),
                // To carry is what is done where no rule does anything.
                _ => {}
            }
        }
        set
    }

    /// Adds a rule, which comes after the others.
    pub fn add(&mut self, rule: Box<dyn Rule>) {
        self.facts.push(rule.fact().owned());
        self.rules.push(rule);
    }

    /// The rules that are on, as facts.
    pub fn facts(&self) -> &[Fact<String>] {
        &self.facts
    }

    /// Whether no rule that is on can change a record: then none need be
    /// asked.
    pub fn changes_nothing(&self) -> bool {
        self.rules.is_empty()
    }

    /// What every rule in turn makes of a recognised record, counted in
    /// `tally`; `None` where all leave it as it is.
    pub fn apply(&self, role: Role, key: &[u8], value: &[u8], tally: &mut Tally) -> Option<Change> {
        let mut now: Option<Change> = None;
        for rule in &self.rules {
            let (key, value) = now
                .as_ref()
                .map_or((key, value), |now| (&now.key, &now.value));
            let Some(change) = rule.apply(role, key, value) else {
                continue;
            };
            if change.key == key && change.value == value {
                continue;
            }
            tally.count(rule.fact().id, role, key, value, &change);
            now = Some(change);
        }
        now
    }

    /// What must hold of the whole store, to be judged by what was counted in
    /// it.
    pub fn requirements(&self) -> &[Requirement] {
        &self.requirements
    }

    /// The text that is to stand in the place of the version identifier of a
    /// store, `None` to carry it byte for byte. `text` is the file; what was
    /// found in it as the identifier is replaced where it first stands outside
    /// comments (lines that begin with `!` or `#`), and nothing else.
    pub fn identifier(&self, text: &[u8], found: &str) -> Option<Vec<u8>> {
        let new = self.identifier.as_deref().filter(|new| *new != found)?;
        let mut begin = 0_usize;
        let at = text
            .split_inclusive(|byte| *byte == b'\n')
            .find_map(|line| {
                let line_at = begin;
                begin = begin.saturating_add(line.len());
                let comment = matches!(line.trim_ascii_start().first(), Some(b'!' | b'#'));
                let mut windows = line.windows(found.len().max(1));
                let at = windows.position(|window| window == found.as_bytes())?;
                (!comment).then_some(line_at.saturating_add(at))
            })?;
        let (before, rest) = text.split_at(at);
        let after = rest.get(found.len()..).unwrap_or_default();
        Some([before, new.as_bytes(), after].concat())
    }
}

impl std::fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ids = self.facts.iter().map(|fact| &fact.id);
        f.debug_list().entries(ids).finish()
    }
}

fn fact_of(id: &str, entry: &RuleEntry) -> Fact<String> {
    Fact {
        id: id.to_owned(),
        text: entry.does.clone(),
        provenance: entry.provenance.clone(),
    }
}

#[cfg(test)]
mod tests;
