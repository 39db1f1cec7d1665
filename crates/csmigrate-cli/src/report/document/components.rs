//! How many components there are, by calendar and by year.

use csmigrate::caldb::check::{self, ComponentCount};
use serde::Serialize;

/// The components among the recognised records.
#[derive(Serialize)]
pub(crate) struct Components {
    pub(crate) all: Count,
    pub(crate) calendars: u64,
    pub(crate) largest: Vec<CalendarCount>,
    pub(crate) others: Count,
    pub(crate) years: Vec<YearCount>,
    pub(crate) earlier: Count,
    pub(crate) later: Count,
    pub(crate) undated: Count,
}

/// How many, and of what kind.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Count {
    pub(crate) components: u64,
    pub(crate) events: u64,
    pub(crate) todos: u64,
    pub(crate) journals: u64,
}

/// Those of a calendar.
#[derive(Serialize)]
pub(crate) struct CalendarCount {
    pub(crate) calendar: String,
    #[serde(flatten)]
    pub(crate) count: Count,
}

/// Those that start in a year.
#[derive(Serialize)]
pub(crate) struct YearCount {
    pub(crate) year: u16,
    #[serde(flatten)]
    pub(crate) count: Count,
}

impl Components {
    pub(super) fn of(counted: &check::Components) -> Self {
        Self {
            all: Count::of(&counted.all),
            calendars: counted.calendars,
            largest: counted
                .largest
                .iter()
                .map(|one| CalendarCount {
                    calendar: one.calid.escape_ascii().to_string(),
                    count: Count::of(&one.count),
                })
                .collect(),
            others: Count::of(&counted.others),
            years: counted
                .years
                .iter()
                .map(|(year, count)| YearCount {
                    year: *year,
                    count: Count::of(count),
                })
                .collect(),
            earlier: Count::of(&counted.earlier),
            later: Count::of(&counted.later),
            undated: Count::of(&counted.undated),
        }
    }
}

impl Count {
    fn of(count: &ComponentCount) -> Self {
        Self {
            components: count.sum(),
            events: count.events,
            todos: count.todos,
            journals: count.journals,
        }
    }

    /// Both together.
    pub(crate) fn and(self, more: &Self) -> Self {
        Self {
            components: self.components.saturating_add(more.components),
            events: self.events.saturating_add(more.events),
            todos: self.todos.saturating_add(more.todos),
            journals: self.journals.saturating_add(more.journals),
        }
    }
}
