//! Calendars by name: which records name them, and what their properties say.

use std::collections::HashMap;

use super::charset::CharsetCode;
use super::gather::RecordPlace;
use super::identity;
use crate::record::view::Calid;

/// The calendars that the records of a unit of work name, in the order they are
/// first named. They are handed over before there are many.
#[derive(Debug, Default)]
pub(super) struct Calendars {
    places: HashMap<u128, usize>,
    list: Vec<Calendar>,
    /// The calendar of the last record: most follow one of the same calendar.
    last: usize,
    /// Records counted.
    records: u16,
}

/// A calendar that records name.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    pub(super) calid: Vec<u8>,
    /// The first record that names it.
    pub(super) place: RecordPlace,
    pub(super) order: u64,
    pub(super) records: u16,
    /// From its properties record.
    pub(super) charset: CharsetCode,
    pub(super) without_owner: bool,
}

impl Calendars {
    /// Calendars that are gathered before they are handed over.
    const MOST: usize = 1 << 12;

    /// Counts a record of a calendar, and gives the calendar.
    pub(super) fn named(
        &mut self,
        calid: &[u8],
        place: RecordPlace,
        order: u64,
    ) -> Option<&mut Calendar> {
        let same = self
            .list
            .get(self.last)
            .is_some_and(|last| last.calid == calid);
        if !same {
            let next = self.list.len();
            let hash = identity::of_calendar(calid);
            self.last = *self.places.entry(hash).or_insert(next);
            if self.last == next {
                self.list.push(Calendar {
                    calid: calid.to_vec(),
                    place,
                    order,
                    records: 0,
                    charset: CharsetCode::NONE,
                    without_owner: Calid::new(calid).is_without_owner(),
                });
            }
        }
        self.records = self.records.saturating_add(1);
        let calendar = self.list.get_mut(self.last)?;
        calendar.records = calendar.records.saturating_add(1);
        Some(calendar)
    }

    /// Whether no more can be counted.
    pub(super) fn are_full(&self) -> bool {
        self.records == u16::MAX || self.list.len() >= Self::MOST
    }

    /// Hands all over.
    pub(super) fn take(&mut self) -> Vec<Calendar> {
        std::mem::take(self).list
    }
}
