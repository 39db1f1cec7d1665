//! How many components there are, by calendar and by year.
//!
//! A component is a recognised record of the files of events, todos and
//! journals; one that is deleted but kept is one as well. The numbers are exact
//! whatever the size of the store: of each calendar the entries that the checks
//! keep anyway are added up, a part of all calendars at a time, and years are
//! counted singly in one century only.

use std::collections::BTreeMap;

use super::identity::Identity;
use crate::files::Role;
use crate::record::content_line::Value;
use crate::record::view::time;

/// Calendars that are told of by name: those with the most components.
pub const LARGEST: usize = 50;

/// The first and the last year that are counted by themselves.
const YEARS: (u16, u16) = (1970, 2069);

/// Components, by what they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ComponentCount {
    /// Events.
    pub events: u64,
    /// Todos.
    pub todos: u64,
    /// Journals.
    pub journals: u64,
}

/// The components of a store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Components {
    /// All of them.
    pub all: ComponentCount,
    /// Calendars that have any.
    pub calendars: u64,
    /// The [`LARGEST`] of these, the one with the most components first; of
    /// equal ones that which is named first in the store.
    pub largest: Vec<CalendarComponents>,
    /// What the other calendars have together.
    pub others: ComponentCount,
    /// By the year in which they start, years without any left out.
    pub years: BTreeMap<u16, ComponentCount>,
    /// Those that start before the years that are counted singly.
    pub earlier: ComponentCount,
    /// Those that start after them.
    pub later: ComponentCount,
    /// Those that say no date on which they start.
    pub undated: ComponentCount,
}

/// The components of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarComponents {
    /// The calendar; the first bytes of a long name.
    pub calid: Vec<u8>,
    /// What it has.
    pub count: ComponentCount,
}

impl ComponentCount {
    /// Events, todos and journals.
    pub fn sum(&self) -> u64 {
        [self.events, self.todos, self.journals]
            .into_iter()
            .fold(0, u64::saturating_add)
    }

    /// Adds records of a file; those of a file that holds no components are
    /// none.
    pub(super) fn add(&mut self, role: Role, records: u64) {
        let of_role = match role {
            Role::Events => &mut self.events,
            Role::Todos => &mut self.todos,
            Role::Journals => &mut self.journals,
            _ => return,
        };
        *of_role = of_role.saturating_add(records);
    }

    fn less(&self, other: &Self) -> Self {
        Self {
            events: self.events.saturating_sub(other.events),
            todos: self.todos.saturating_sub(other.todos),
            journals: self.journals.saturating_sub(other.journals),
        }
    }
}

/// When components start, for the records of one file.
#[derive(Debug, Default)]
pub(super) struct Starts(BTreeMap<Start, u64>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Start {
    Undated,
    Earlier,
    In(u16),
    Later,
}

impl Starts {
    /// Counts a component by its DTSTART.
    pub(super) fn count(&mut self, start: Option<Value<'_>>) {
        let year = start.and_then(|start| time::year(&start.unfolded()));
        let start = match year {
            None => Start::Undated,
            Some(year) if year < YEARS.0 => Start::Earlier,
            Some(year) if year > YEARS.1 => Start::Later,
            Some(year) => Start::In(year),
        };
        self.add(start, 1);
    }

    pub(super) fn append(&mut self, more: &Self) {
        for (start, components) in &more.0 {
            self.add(*start, *components);
        }
    }

    fn add(&mut self, start: Start, components: u64) {
        let counted = self.0.entry(start).or_default();
        *counted = counted.saturating_add(components);
    }
}

/// A calendar that may be one of the largest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub(super) count: ComponentCount,
    /// Of the first record that names it.
    pub(super) order: u64,
    /// Where its name is: the number of the file, and the identity there.
    pub(super) file: usize,
    pub(super) name: Identity,
}

/// Calendars as they are counted.
#[derive(Debug, Default)]
pub(super) struct Largest {
    calendars: u64,
    first: Vec<Candidate>,
}

impl Largest {
    /// Takes all that there is of a calendar.
    pub(super) fn add(&mut self, candidate: Candidate) {
        if candidate.count.sum() == 0 {
            return;
        }
        self.calendars = self.calendars.saturating_add(1);
        self.first.push(candidate);
        if self.first.len() >= LARGEST.saturating_mul(4) {
            self.trim();
        }
    }

    /// Takes in what was counted of other calendars.
    pub(super) fn append(&mut self, mut more: Self) {
        self.calendars = self.calendars.saturating_add(more.calendars);
        self.first.append(&mut more.first);
        self.trim();
    }

    fn trim(&mut self) {
        self.first
            .sort_unstable_by_key(|one| (std::cmp::Reverse(one.count.sum()), one.order));
        self.first.truncate(LARGEST);
    }
}

impl Components {
    /// Adds the components of a file.
    pub(super) fn add(&mut self, role: Role, recognised: u64, starts: &Starts) {
        self.all.add(role, recognised);
        for (start, components) in &starts.0 {
            let counted = match start {
                Start::Undated => &mut self.undated,
                Start::Earlier => &mut self.earlier,
                Start::In(year) => self.years.entry(*year).or_default(),
                Start::Later => &mut self.later,
            };
            counted.add(role, *components);
        }
    }

    /// Puts the calendars to them, when all are counted.
    pub(super) fn name(
        &mut self,
        mut largest: Largest,
        name: impl Fn(&Candidate) -> bdbfile::Result<Vec<u8>>,
    ) -> bdbfile::Result<()> {
        largest.trim();
        self.calendars = largest.calendars;
        self.others = self.all;
        for candidate in &largest.first {
            self.others = self.others.less(&candidate.count);
            self.largest.push(CalendarComponents {
                calid: name(candidate)?,
                count: candidate.count,
            });
        }
        Ok(())
    }
}
