//! Entries of the delete log.

use super::calendar::{Calendar, CalendarRecords, empties};
use super::component::{Kind, Outline};
use super::file::StoreFile;
use super::format::Format;
use super::key;
use super::lines::Lines;
use super::time::{BASE, DAY, HOUR, stamp};
use crate::rng::Rng;

/// Duplicates of the large sets: more than a quarter of any page size they are
/// meant for, so that libdb moves them off the page.
const LARGE_SET: u32 = 60;

/// An entry for each component deleted while the store was composed, and some
/// for those deleted before.
pub(super) fn place(
    calendar: &Calendar<'_>,
    deleted: &[Outline],
    rng: &mut Rng,
    into: &mut CalendarRecords,
) {
    for outline in deleted {
        let key = key::join(&[&calendar.calid, &outline.uid, &outline.rid_text()]);
        let value = entry(
            calendar,
            outline.kind,
            &outline.uid,
            outline.created,
            |lines| {
                lines.add_some("RECURRENCE-ID", outline.rid.map(stamp));
                outline.add_times(lines);
            },
        );
        into.push(StoreFile::DeleteLog, key, value, false);
    }
    // Entries of long ago are purged where a calendar is emptied.
    let doomed = empties(calendar);
    for number in 0..=(calendar.plan.components / 8) {
        let start = BASE - i64::from(1 + rng.below(300)) * DAY;
        let uid = format!("{start:08x}{:08x}{number:08x}{:08x}", rng.word(), 0x3054);
        let key = key::join(&[&calendar.calid, &uid, key::NO_RID]);
        let times = |lines: &mut Lines| {
            lines.add("DTSTART", stamp(start));
            lines.add("DTEND", stamp(start + HOUR));
        };
        let value = entry(calendar, Kind::Event, &uid, start, times);
        into.push(StoreFile::DeleteLog, key.clone(), value, doomed);
        if calendar.plan.duplicates {
            for again in 0..duplicates(calendar, number) {
                let mut value = Lines::default();
                value.add("LAST-MODIFIED", stamp(start + i64::from(again) * HOUR));
                value.add("X-NSCP-TRIGGERED_BY", &calendar.owner);
                into.push(StoreFile::DeleteLog, key.clone(), value, doomed);
            }
        }
    }
}

/// How many further data items the entry of a number has.
fn duplicates(calendar: &Calendar<'_>, number: u32) -> u32 {
    // 2.x kept sets off the page in a form that none of today's libraries writes.
    let off_page = calendar.plan.format != Format::V2;
    if off_page && number == 2 && calendar.index.is_multiple_of(6) {
        LARGE_SET * (calendar.plan.page_size / 4096).max(1)
    } else {
        number % 3
    }
}

fn entry(
    calendar: &Calendar<'_>,
    kind: Kind,
    uid: &str,
    modified: i64,
    times: impl FnOnce(&mut Lines),
) -> Lines {
    Lines::component(kind.name(), |lines| {
        lines.add("UID", uid);
        lines.add("DTSTAMP", stamp(modified));
        times(lines);
        lines.add("LAST-MODIFIED", stamp(modified));
        lines.add("X-NSCP-TRIGGERED_BY", &calendar.owner);
    })
}
