//! The documented file set.

use std::fmt;

/// A database file of a calendar store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StoreFile {
    /// Calendar properties.
    CalProps,
    /// Events.
    Events,
    /// Todos.
    Todos,
    /// The alarm queue.
    Alarms,
    /// The queue of group scheduling.
    Gse,
    /// Journals, which no release stores: always empty.
    Journals,
    /// Masters of recurring series.
    Recurring,
    /// Deleted components.
    DeleteLog,
}

impl StoreFile {
    /// All of them, in the order of the documents.
    pub const ALL: [Self; 8] = [
        Self::CalProps,
        Self::Events,
        Self::Todos,
        Self::Alarms,
        Self::Gse,
        Self::Journals,
        Self::Recurring,
        Self::DeleteLog,
    ];

    /// The name of the file.
    pub fn name(self) -> &'static str {
        match self {
            Self::CalProps => "ics50calprops.db",
            Self::Events => "ics50events.db",
            Self::Todos => "ics50todos.db",
            Self::Alarms => "ics50alarms.db",
            Self::Gse => "ics50gse.db",
            Self::Journals => "ics50journals.db",
            Self::Recurring => "ics50recurring.db",
            Self::DeleteLog => "ics50deletelog.db",
        }
    }
}

impl fmt::Display for StoreFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
