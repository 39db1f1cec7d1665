//! The form that the records of a file are expected to have.

use std::fmt;

use serde::Deserialize;

use crate::files::Role;
use crate::provenance::Provenance;

/// What to recognise the records of one file by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordForm {
    /// What the file is for, and so what a value holds.
    pub role: Role,
    /// How its keys are spelt.
    pub key: KeyForm,
    /// How its values are spelt.
    pub value: ValueForm,
}

/// How keys are spelt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyForm {
    /// Nobody knows: no record is recognised.
    Opaque,
    /// Identifiers as text, in this order, with a NUL between.
    Composed(Vec<Identifier>),
}

/// What a part of a key names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Identifier {
    /// The calendar. Never empty.
    Calid,
    /// The component. Empty when it has none.
    Uid,
    /// Which instance of a series: a UTC time, or `0` for none.
    Rid,
    /// Which alarm of a component: a number.
    Aid,
    /// When a queue entry is due: a UTC time.
    Scheduled,
    /// Which of the queue entries of that time: a number.
    Offset,
    /// The sequence number of a component: a number.
    Sequence,
}

/// How values are spelt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ValueForm {
    /// Nobody knows: no record is recognised.
    Opaque,
    /// iCalendar content lines of what the file's role holds.
    ContentLines {
        /// The character set of a record that declares none, nor its calendar.
        charset: String,
    },
}

/// Where the composed form comes from.
pub const COMPOSED: Provenance = Provenance::Composed(
    "keys are identifiers joined by NUL and values iCalendar content lines in this project's own \
     samples; which identifiers a key must serve is documented by the tools' options and the \
     event notification URIs, the real bytes of keys and values were never published",
);

impl RecordForm {
    /// The form of this project's samples.
    pub fn composed(role: Role) -> Self {
        let identifiers: &[Identifier] = match role {
            Role::CalendarProperties => &[Identifier::Calid],
            Role::Events | Role::Todos | Role::Journals | Role::Recurring | Role::DeleteLog => {
                &[Identifier::Calid, Identifier::Uid, Identifier::Rid]
            }
            Role::Alarms => &[
                Identifier::Calid,
                Identifier::Uid,
                Identifier::Rid,
                Identifier::Aid,
            ],
            Role::SchedulingQueue => &[
                Identifier::Calid,
                Identifier::Scheduled,
                Identifier::Offset,
                Identifier::Uid,
                Identifier::Sequence,
                Identifier::Rid,
            ],
            Role::VersionIdentifier => return Self::opaque(role),
        };
        Self {
            role,
            key: KeyForm::Composed(identifiers.to_vec()),
            value: ValueForm::ContentLines {
                charset: "UTF-8".to_owned(),
            },
        }
    }

    /// No form: every record is carried as it is.
    pub fn opaque(role: Role) -> Self {
        Self {
            role,
            key: KeyForm::Opaque,
            value: ValueForm::Opaque,
        }
    }
}

impl Identifier {
    /// The name that profiles call it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Calid => "calid",
            Self::Uid => "uid",
            Self::Rid => "rid",
            Self::Aid => "aid",
            Self::Scheduled => "scheduled",
            Self::Offset => "offset",
            Self::Sequence => "sequence",
        }
    }
}

impl fmt::Display for KeyForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opaque => f.write_str("opaque bytes"),
            Self::Composed(all) => {
                let names: Vec<_> = all.iter().map(|one| one.name()).collect();
                f.write_str(&names.join(" NUL "))
            }
        }
    }
}

impl fmt::Display for ValueForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opaque => f.write_str("opaque bytes"),
            Self::ContentLines { charset } => write!(f, "content lines, {charset}"),
        }
    }
}
