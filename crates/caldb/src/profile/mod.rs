//! What is taken for true of a store, as data: the files and the form of their
//! records, the evidence of a release and its weight, the rules that are on.
//!
//! The shipped profile is a file, `profile/default.toml`. Somebody who has a
//! real store corrects an entry in a file of his own, which is laid over it
//! entry by entry. Every entry has its provenance. `docs/profile.md` explains
//! the file.

mod entries;
mod raw;

use std::collections::BTreeMap;
use std::sync::LazyLock;

pub use entries::{
    EvidenceEntry, EvidenceId, FileProfile, IdentifierEntry, KeyProfile, RuleEntry, ValueProfile,
    Weights, When,
};

/// The text of the shipped profile.
pub const SHIPPED: &str = include_str!("../../profile/default.toml");

#[cfg_attr(
    not(test),
    expect(
        clippy::unreachable,
        reason = "no file is read: the tests read the same text"
    )
)]
static SHIPPED_PROFILE: LazyLock<Profile> = LazyLock::new(|| {
    Profile::parse("default.toml", SHIPPED)
        .unwrap_or_else(|error| unreachable!("the tests read the shipped profile: {error}"))
});

/// A checked profile.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The files of a store, in the order of the profile.
    pub files: Vec<FileProfile>,
    /// What each piece of evidence says of the release.
    pub evidence: BTreeMap<EvidenceId, EvidenceEntry>,
    /// What each known version identifier says of the release.
    pub identifiers: BTreeMap<String, IdentifierEntry>,
    /// The rules, by their ids.
    pub rules: BTreeMap<String, RuleEntry>,
}

/// What is wrong with a profile: one line that names the file and the line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("profile {file}{}: {what}", line.map(|line| format!(", line {line}")).unwrap_or_default())]
pub struct ProfileError {
    /// The name of the file, as given.
    pub file: String,
    /// The line, from 1, where one is to blame.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
}

impl Profile {
    /// The shipped profile.
    pub fn shipped() -> &'static Self {
        &SHIPPED_PROFILE
    }

    /// The shipped profile with the entries of `text` laid over it; `name` is
    /// what errors call the file.
    ///
    /// ```
    /// use caldb::profile::Profile;
    /// use caldb::record::ValueForm;
    ///
    /// let mine = r#"
    /// [value."ics50events.db"]
    /// form = "opaque"
    /// mark = "documented"
    /// basis = "our own store"
    /// "#;
    /// let profile = Profile::over_shipped("mine.toml", mine)?;
    /// let events = profile.file("ics50events.db").unwrap();
    /// assert_eq!(events.value.form, ValueForm::Opaque);
    /// # Ok::<(), caldb::profile::ProfileError>(())
    /// ```
    pub fn over_shipped(name: &str, text: &str) -> Result<Self, ProfileError> {
        let mut profile = Self::shipped().clone();
        raw::lay_over(&mut profile, name, text)?;
        Ok(profile)
    }

    /// A profile that is nothing but `text`.
    fn parse(name: &str, text: &str) -> Result<Self, ProfileError> {
        let mut profile = Self {
            files: Vec::new(),
            evidence: BTreeMap::new(),
            identifiers: BTreeMap::new(),
            rules: BTreeMap::new(),
        };
        raw::lay_over(&mut profile, name, text)?;
        Ok(profile)
    }

    /// What is known of a file by its name.
    pub fn file(&self, name: &str) -> Option<&FileProfile> {
        self.files.iter().find(|file| file.name == name)
    }
}

#[cfg(test)]
mod tests;
