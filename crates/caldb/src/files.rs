//! What the files of a store can be for. Which files there are, and what each
//! is, says the [profile](crate::profile).

use std::fmt;

use serde::Deserialize;

/// What a file of the store is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Role {
    /// Properties of every calendar: calid, name, access control, owner.
    CalendarProperties,
    /// All events.
    Events,
    /// All todos.
    Todos,
    /// The alarm queue of events and todos.
    Alarms,
    /// The queue of group scheduling requests.
    SchedulingQueue,
    /// Journals, which the product never implemented.
    Journals,
    /// Masters of recurring series.
    Recurring,
    /// Deleted events and todos.
    DeleteLog,
    /// The database version identifier: a plain file, no database.
    VersionIdentifier,
}

impl Role {
    /// The name that profiles call it by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::CalendarProperties => "calendar-properties",
            Self::Events => "events",
            Self::Todos => "todos",
            Self::Alarms => "alarms",
            Self::SchedulingQueue => "scheduling-queue",
            Self::Journals => "journals",
            Self::Recurring => "recurring",
            Self::DeleteLog => "delete-log",
            Self::VersionIdentifier => "version-identifier",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Whether a store can do without a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Presence {
    /// Every documented store has it.
    Expected,
    /// Some releases have none.
    Optional,
}
