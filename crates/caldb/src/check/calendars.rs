//! Calendars by name: which records name them, and what their properties say.

use std::collections::HashMap;

use super::gather::RecordPlace;
use super::identity;
use crate::record::view::Calid;

/// The calendars that the records of a file name, in the order they are first
/// named.
#[derive(Debug, Default)]
pub(super) struct Calendars {
    places: HashMap<u128, usize>,
    list: Vec<Calendar>,
    /// The calendar of the last record: most follow one of the same calendar.
    last: usize,
}

/// A calendar that a file names.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    pub(super) calid: Vec<u8>,
    /// The first record that names it.
    pub(super) place: RecordPlace,
    pub(super) order: u64,
    pub(super) records: u64,
    /// From its properties record.
    pub(super) charset: Option<Vec<u8>>,
    pub(super) without_owner: bool,
}

impl Calendars {
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
            self.last = self.place(Calendar {
                calid: calid.to_vec(),
                place,
                order,
                records: 0,
                charset: None,
                without_owner: Calid::new(calid).is_without_owner(),
            });
        }
        let calendar = self.list.get_mut(self.last)?;
        calendar.records += 1;
        Some(calendar)
    }

    /// Appends those of records that follow.
    pub(super) fn append(&mut self, after: Self, base: u64) {
        for mut calendar in after.list {
            calendar.order += base;
            let records = calendar.records;
            let (charset, without_owner) = (calendar.charset.clone(), calendar.without_owner);
            calendar.records = 0;
            let at = self.place(calendar);
            if let Some(known) = self.list.get_mut(at) {
                known.records += records;
                known.charset = known.charset.take().or(charset);
                known.without_owner |= without_owner;
            }
        }
    }

    pub(super) fn into_list(self) -> Vec<Calendar> {
        self.list
    }

    fn place(&mut self, calendar: Calendar) -> usize {
        let next = self.list.len();
        let hash = identity::of_calendar(&calendar.calid);
        let at = *self.places.entry(hash).or_insert(next);
        if at == next {
            self.list.push(calendar);
        }
        at
    }
}
