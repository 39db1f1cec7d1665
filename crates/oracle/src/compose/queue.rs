//! Entries of the group-scheduling queue.

use super::calendar::{Calendar, CalendarRecords, empties};
use super::file::StoreFile;
use super::key;
use super::lines::Lines;
use super::text;
use super::time::{BASE, DAY, stamp};
use crate::rng::Rng;

/// A queue is short: an entry for twenty components, at least one.
pub(super) fn place(calendar: &Calendar<'_>, rng: &mut Rng, into: &mut CalendarRecords) {
    let doomed = empties(calendar);
    for number in 0..=(calendar.plan.components / 20) {
        let scheduled = BASE + i64::from(rng.below(730)) * DAY;
        let uid = format!(
            "{scheduled:08x}{:08x}{number:08x}{:08x}",
            rng.word(),
            0x5e2d
        );
        let sequence = rng.below(3);
        let key = key::join(&[
            &calendar.calid,
            &stamp(scheduled),
            &number.to_string(),
            &uid,
            &sequence.to_string(),
            key::NO_RID,
        ]);
        let method = rng.pick(&["PUBLISH", "REQUEST", "REPLY", "CANCEL"]);
        let mut lines = Lines::default();
        lines.add("METHOD", method);
        lines.nested("VEVENT", |lines| {
            lines.add("UID", &uid);
            lines.add("SEQUENCE", sequence);
            lines.add("DTSTAMP", stamp(scheduled));
            lines.add("SUMMARY", text::summary(rng));
            lines.add("REQUEST-STATUS", "2.0;Success. Store successful.");
        });
        into.push(StoreFile::Gse, key, lines, doomed);
    }
}
