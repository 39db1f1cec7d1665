//! All facts in use, as one table. `docs/provenance.md` is made from it, and a
//! test fails where the two differ.

mod document;

pub use document::document;

use crate::check::CHECKS;
use crate::files::{Presence, Role};
use crate::profile::{FileProfile, Profile};
use crate::provenance::Provenance;
use crate::record::known::{PROPERTIES, SHAPES};
use crate::release::{Nature, points};

/// A fact in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact<T = &'static str> {
    /// A name of its own: the kind, a dot, and which one.
    pub id: T,
    /// What is taken for true, or done.
    pub text: T,
    /// Where it comes from.
    pub provenance: Provenance<T>,
}

impl<T: AsRef<str>> Fact<T> {
    /// The same with a text of its own.
    pub fn owned(&self) -> Fact<String> {
        Fact {
            id: self.id.as_ref().to_owned(),
            text: self.text.as_ref().to_owned(),
            provenance: self.provenance.owned(),
        }
    }
}

/// Facts of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// What they are about.
    pub title: &'static str,
    /// A sentence to begin with.
    pub about: &'static str,
    /// The facts.
    pub facts: Vec<Fact<String>>,
}

/// Every fact in use with this profile, by kind: those of the profile, then
/// those that are part of the code.
pub fn registry(profile: &Profile) -> Vec<Section> {
    let mut sections = of_profile(profile);
    sections.extend([
        of_properties(),
        of_shapes(),
        of_checks(),
        of_natures(),
        of_ics(),
    ]);
    sections
}

fn of_properties() -> Section {
    let facts = PROPERTIES.iter().map(|one| Fact {
        id: format!("property.{}", one.name),
        text: one.means.to_owned(),
        provenance: one.provenance.owned(),
    });
    Section {
        title: "Properties of records",
        about: "What is read from the properties of a recognised record. That a record holds them as content lines is composed.",
        facts: facts.collect(),
    }
}

fn of_shapes() -> Section {
    let facts = SHAPES.iter().map(|one| Fact {
        id: format!("shape.{}", one.id),
        text: one.shape.to_owned(),
        provenance: one.provenance.owned(),
    });
    Section {
        title: "Shapes",
        about: "How identifiers and values within a recognised record are spelled.",
        facts: facts.collect(),
    }
}

fn of_checks() -> Section {
    let facts = CHECKS.iter().map(|one| Fact {
        id: format!("check.{}", one.id),
        text: format!("{}: {}", one.counts, one.fires),
        provenance: one.provenance.owned(),
    });
    Section {
        title: "Checks",
        about: "What is counted as odd among recognised records, and never repaired.",
        facts: facts.collect(),
    }
}

fn of_natures() -> Section {
    Section {
        title: "Natures of old files",
        about: "What old libraries wrote in a way of their own. Each is recognised, read right, and written anew in the way that every library from 4.1 on reads.",
        facts: Nature::FACTS.iter().map(Fact::owned).collect(),
    }
}

fn of_ics() -> Section {
    let facts = crate::ics::RULES.iter().map(|one| Fact {
        id: format!("ics.{}", one.id),
        text: one.does.to_owned(),
        provenance: one.provenance.owned(),
    });
    Section {
        title: "Calendars as text",
        about: "How recognised records become the text of RFC 5545 that `csmigrate --export-ics` writes: docs/export.md.",
        facts: facts.collect(),
    }
}

fn of_profile(profile: &Profile) -> Vec<Section> {
    let is_database = |file: &&FileProfile| file.role != Role::VersionIdentifier;
    let files = profile.files.iter().map(|file| {
        let presence = match file.presence {
            Presence::Expected => "every store has it",
            Presence::Optional => "some stores have none",
        };
        Fact {
            id: format!("file.{}", file.name),
            text: format!("{}: {}; {presence}", file.role, file.holds),
            provenance: file.provenance.clone(),
        }
    });
    let keys = profile.files.iter().filter(is_database).map(|file| Fact {
        id: format!("key.{}", file.name),
        text: file.key.form.to_string(),
        provenance: file.key.provenance.clone(),
    });
    let values = profile.files.iter().filter(is_database).map(|file| Fact {
        id: format!("value.{}", file.name),
        text: file.value.form.to_string(),
        provenance: file.value.provenance.clone(),
    });
    let evidence = profile.evidence.iter().map(|(id, entry)| Fact {
        id: format!("evidence.{id}"),
        text: format!(
            "{}: {}",
            entry.says,
            points(&entry.points_to, &entry.rules_out)
        ),
        provenance: entry.provenance.clone(),
    });
    let identifiers = profile.identifiers.iter().map(|(text, entry)| Fact {
        id: format!("identifier.{text}"),
        text: format!(
            "the version identifier says {text}: {}",
            points(&entry.points_to, &entry.rules_out)
        ),
        provenance: entry.provenance.clone(),
    });
    let rules = profile.rules.iter().map(|(id, entry)| Fact {
        id: format!("rule.{id}"),
        text: format!("{} (on: {})", entry.does, entry.when.words()),
        provenance: entry.provenance.clone(),
    });
    vec![
        Section {
            title: "Files",
            about: "What is in the directory of a store.",
            facts: files.collect(),
        },
        Section {
            title: "Records",
            about: "The form of keys and values. The bytes of real records were never published: what does not have the form is carried unrecognised.",
            facts: keys.chain(values).collect(),
        },
        Section {
            title: "Evidence of the release",
            about: "What is looked at to tell which release wrote a store, and how much it speaks for each.",
            facts: evidence.chain(identifiers).collect(),
        },
        Section {
            title: "Rules",
            about: "What is done to records on the way from 6.2 to 6.3.",
            facts: rules.collect(),
        },
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_fact_has_a_name_of_its_own_and_a_basis() {
        let mut seen = BTreeSet::new();
        for section in registry(Profile::shipped()) {
            for fact in section.facts {
                assert!(!fact.text.is_empty(), "{}", fact.id);
                assert!(!fact.provenance.basis().is_empty(), "{}", fact.id);
                assert!(fact.id.contains('.'), "{}", fact.id);
                assert!(seen.insert(fact.id.clone()), "twice: {}", fact.id);
            }
        }
    }
}
