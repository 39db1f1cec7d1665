//! The files of a store, as a table.

use crate::provenance::Provenance;

/// What a file of the store is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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

/// Whether a store can do without a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Every documented store has it.
    Expected,
    /// Some releases have none.
    Optional,
}

/// What is known of one file of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFact {
    /// The file's name in the store's directory.
    pub name: &'static str,
    /// What it is for.
    pub role: Role,
    /// What it holds, in words for the administrator.
    pub holds: &'static str,
    /// Whether it must be there.
    pub presence: Presence,
    /// Where this comes from.
    pub provenance: Provenance,
}

const TABLE_16_1: &str = "Calendar Server 6.3 Administration Guide (819-4654), table 16-1; the same in 6 2005Q4 (819-2433)";

/// The files of a store in the order the product's guides list them.
pub const FILES: &[FileFact] = &[
    FileFact {
        name: "ics50calprops.db",
        role: Role::CalendarProperties,
        holds: "properties of every calendar",
        presence: Presence::Expected,
        provenance: Provenance::Documented(TABLE_16_1),
    },
    FileFact {
        name: "ics50events.db",
        role: Role::Events,
        holds: "events",
        presence: Presence::Expected,
        provenance: Provenance::Documented(TABLE_16_1),
    },
    FileFact {
        name: "ics50todos.db",
        role: Role::Todos,
        holds: "todos (tasks)",
        presence: Presence::Expected,
        provenance: Provenance::Documented(TABLE_16_1),
    },
    FileFact {
        name: "ics50alarms.db",
        role: Role::Alarms,
        holds: "alarms of events and todos",
        presence: Presence::Expected,
        provenance: Provenance::Documented(TABLE_16_1),
    },
    FileFact {
        name: "ics50gse.db",
        role: Role::SchedulingQueue,
        holds: "queue of group scheduling requests",
        presence: Presence::Expected,
        provenance: Provenance::Documented(TABLE_16_1),
    },
    FileFact {
        name: "ics50journals.db",
        role: Role::Journals,
        holds: "journals (never implemented)",
        presence: Presence::Expected,
        provenance: Provenance::Documented(TABLE_16_1),
    },
    FileFact {
        name: "ics50recurring.db",
        role: Role::Recurring,
        holds: "masters of recurring series",
        presence: Presence::Optional,
        provenance: Provenance::Inferred(
            "table 16-1 lists it; `csdb -v list` calls its records master component entries; 5.x \
             has no such file and the dump procedure of the guides leaves it out, so a 6.0 store \
             may have none",
        ),
    },
    FileFact {
        name: "ics50deletelog.db",
        role: Role::DeleteLog,
        holds: "deleted events and todos",
        presence: Presence::Optional,
        provenance: Provenance::Inferred(
            "table 16-1 lists it; the guides disagree whether 6.0 or 2004Q2 brought it, so a 6.0 \
             store may have none",
        ),
    },
    FileFact {
        name: "ics50caldb.conf",
        role: Role::VersionIdentifier,
        holds: "database version identifier",
        presence: Presence::Expected,
        provenance: Provenance::Documented(TABLE_16_1),
    },
];

/// What is known of a file by its name.
pub fn fact(name: &str) -> Option<&'static FileFact> {
    FILES.iter().find(|fact| fact.name == name)
}
