//! The entries of a profile, checked.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

use crate::files::{Presence, Role};
use crate::provenance::Provenance;
use crate::record::{KeyForm, RecordForm, ValueForm};
use crate::release::Release;

/// What is known of one file of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileProfile {
    /// The file's name in the store's directory.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// What it holds, in words for the administrator.
    pub holds: String,
    /// Whether it must be there.
    pub presence: Presence,
    /// Where this comes from.
    pub provenance: Provenance<String>,
    /// How its keys are spelled.
    pub key: KeyProfile,
    /// How its values are spelled.
    pub value: ValueProfile,
}

impl FileProfile {
    /// The form of the file's records.
    pub fn form(&self) -> RecordForm {
        RecordForm {
            role: self.role,
            key: self.key.form.clone(),
            value: self.value.form.clone(),
        }
    }
}

/// How the keys of a file are spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyProfile {
    /// The form.
    pub form: KeyForm,
    /// Where this comes from.
    pub provenance: Provenance<String>,
}

/// How the values of a file are spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValueProfile {
    /// The form.
    pub form: ValueForm,
    /// Where this comes from.
    pub provenance: Provenance<String>,
}

/// For each release, how much is to be said for it.
pub type Weights = BTreeMap<Release, u32>;

/// What a piece of evidence says of the release.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EvidenceEntry {
    /// What was found, in words.
    pub says: String,
    /// How much it speaks for each release.
    pub points_to: Weights,
    /// The releases whose stores cannot show it.
    pub rules_out: Vec<Release>,
    /// Where this comes from.
    pub provenance: Provenance<String>,
}

/// What a version identifier says of the release.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct IdentifierEntry {
    /// How much it speaks for each release.
    pub points_to: Weights,
    /// The releases that cannot have written it.
    pub rules_out: Vec<Release>,
    /// Where this comes from.
    pub provenance: Provenance<String>,
}

/// A rule as the profile has it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleEntry {
    /// What it does, in words.
    pub does: String,
    /// When it is on.
    pub when: When,
    /// The version identifier to write, for the rule that writes one.
    pub identifier: Option<String>,
    /// Where it comes from.
    pub provenance: Provenance<String>,
}

/// When a rule is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    /// Unless no rules at all are asked for.
    Documented,
    /// When inferred rules are asked for.
    Inferred,
    /// Never.
    Never,
}

/// Defines [`EvidenceId`] with the name that profiles call each by.
macro_rules! evidence_ids {
    ($($(#[$doc:meta])* $id:ident => $name:literal,)*) => {
        /// The pieces of evidence that the code can find in a store. What each
        /// says of the release is in the profile.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[non_exhaustive]
        pub enum EvidenceId {
            $($(#[$doc])* #[serde(rename = $name)] $id,)*
        }

        impl EvidenceId {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$id,)*];

            /// The name in profiles and in reports for machines.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$id => $name,)*
                }
            }
        }
    };
}

evidence_ids! {
    /// Btree 6, hash 5 or earlier.
    Database2 => "database-2",
    /// Btree 7, hash 6, queue 1.
    Database3_0 => "database-3-0",
    /// Btree 8, hash 7, queue 2 or 3, without the last page number.
    Database3_2 => "database-3-2",
    /// The same with the last page number.
    Database3_2Kept => "database-3-2-kept",
    /// Btree 9, hash 8, queue 4.
    Database4 => "database-4",
    /// Hash 9.
    Database4_6 => "database-4-6",
    /// Btree 10, hash 10.
    Database6 => "database-6",
    /// Databases of 3.x and of 4.1 or later in one store.
    DatabasesOfTwoAges => "databases-of-two-ages",
    /// No file of masters.
    NoRecurring => "no-recurring",
    /// No delete log.
    NoDeleteLog => "no-delete-log",
    /// Both of these.
    RecurringAndDeleteLog => "recurring-and-delete-log",
    /// No version identifier, or an empty one.
    IdentifierMissing => "identifier-missing",
    /// A version identifier that the profile does not have.
    IdentifierUnknown => "identifier-unknown",
    /// Log version 2 or earlier.
    Log2 => "log-2",
    /// Log version 3.
    Log3 => "log-3",
    /// Log versions 4 to 6.
    Log4 => "log-4",
    /// Log version 7.
    Log7 => "log-7",
    /// Log version 8.
    Log8 => "log-8",
    /// Log version 9 or later.
    LogLater => "log-later",
    /// A region of 2.x.
    Region2 => "region-2",
    /// A region of 3.0 to 4.0.
    Region3 => "region-3",
    /// A region of 4.1.
    Region4_1 => "region-4-1",
    /// A region of 4.2.
    Region4_2 => "region-4-2",
    /// A region of 4.3 or later.
    RegionLater => "region-later",
    /// Logs up to version 13 or regions that are big-endian.
    BigEndianMachine => "big-endian-machine",
    /// The same, little-endian.
    LittleEndianMachine => "little-endian-machine",
    /// Databases that are not in the byte order of the machine.
    OrderOfAnotherMachine => "order-of-another-machine",
    /// Databases of both byte orders.
    FilesOfBothOrders => "files-of-both-orders",
    /// A database of 4.1 or later without the last page number.
    NatureNoLastPage => "nature-no-last-page",
    /// Little-endian page numbers in a directory of named databases.
    NatureDirectoryOrder => "nature-directory-order",
    /// Type bytes laid out as bit fields.
    NatureBitFields => "nature-bit-fields",
    /// Key lengths in the other byte order.
    NatureKeyLengths => "nature-key-lengths",
    /// A hash function that is not the default.
    NatureHashFunction => "nature-hash-function",
    /// Keys not in bytewise order.
    NatureKeyOrder => "nature-key-order",
    /// Checksums that are wrong everywhere.
    NatureChecksums => "nature-checksums",
}

impl fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl When {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Documented => "unless --rules none",
            Self::Inferred => "with --rules inferred",
            Self::Never => "never",
        }
    }
}
