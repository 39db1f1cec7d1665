//! Special records that a store has only where its plan asks for them. All are
//! of its first calendar, and none changes what else the store holds.

use super::calendar::{Calendar, CalendarRecords};
use super::file::StoreFile;
use super::key;
use super::lines::Lines;
use super::special::Special;
use super::time::{BASE, HOUR, stamp};

/// Stands where a byte will be that no text has.
const PLACEHOLDER: u8 = b'?';
/// An e with an acute accent in ISO 8859-1, and nothing in UTF-8.
const NOT_UTF_8: u8 = 0xe9;

pub(super) fn place(calendar: &Calendar<'_>, into: &mut CalendarRecords) {
    if calendar.index != 0 {
        return;
    }
    for special in calendar.plan.specials.iter().copied() {
        let one = Extra { calendar, special };
        one.place(into);
    }
}

struct Extra<'a> {
    calendar: &'a Calendar<'a>,
    special: Special,
}

impl Extra<'_> {
    fn place(&self, into: &mut CalendarRecords) {
        const RULE: &str = "FREQ=DAILY;COUNT=5";
        match self.special {
            Special::MasterWithoutInstances => {
                let value = Lines::component("VEVENT", |lines| {
                    self.begin(lines);
                    lines.add("RRULE", RULE);
                });
                into.push(StoreFile::Recurring, self.key(&[]), value, false);
                into.census.masters_without_instances += 1;
            }
            Special::RuleWithoutMaster => {
                let value = Lines::component("VEVENT", |lines| {
                    self.begin(lines);
                    lines.add("RRULE", RULE);
                });
                into.push(StoreFile::Events, self.key(&[]), value, false);
                into.census.rules_without_master += 1;
            }
            Special::WithoutOwner => {
                let mut lines = Lines::default();
                lines.add("X-NSCP-CALPROPS-RELATIVE-CALID", "ownerless");
                lines.add("X-NSCP-CALPROPS-CHARSET", "UTF-8");
                let key = key::join(&["ownerless"]);
                into.push(StoreFile::CalProps, key, lines, false);
                into.census.calendars_without_owner += 1;
            }
            Special::DeletedCalendar => {
                let value = Lines::component("VEVENT", |lines| self.begin(lines));
                let key = key::join(&["dismantled", &self.uid(), key::NO_RID]);
                into.push(StoreFile::DeleteLog, key, value, false);
                into.census.deleted_calendars += 1;
            }
            Special::NotInCharset => {
                let value = Lines::component("VEVENT", |lines| {
                    self.begin(lines);
                    lines.add("LOCATION", format_args!("Caf{}", char::from(PLACEHOLDER)));
                });
                into.push(StoreFile::Events, self.key(&[]), value, false);
                if let Some(record) = into.records.last_mut() {
                    let bytes = record.value.iter_mut();
                    for byte in bytes.filter(|byte| **byte == PLACEHOLDER) {
                        *byte = NOT_UTF_8;
                    }
                }
                into.census.not_in_charset += 1;
            }
            Special::DuplicateIdentity => {
                for (kind, file) in [("VEVENT", StoreFile::Events), ("VTODO", StoreFile::Todos)] {
                    let value = Lines::component(kind, |lines| self.begin(lines));
                    into.push(file, self.key(&[]), value, false);
                }
                into.census.duplicate_identities += 1;
            }
            Special::AlarmOfUnknown => {
                let value = Lines::component("VALARM", |lines| {
                    lines.add("ACTION", "EMAIL");
                    lines.add("TRIGGER;VALUE=DATE-TIME", stamp(BASE));
                });
                into.push(StoreFile::Alarms, self.key(&["1"]), value, false);
                into.census.alarms_of_unknown += 1;
            }
            // What the other modules put in.
            _ => {}
        }
    }

    /// A uid that no other component has.
    fn uid(&self) -> String {
        format!("{:032x}", 0xe0_0000 + self.special as u32)
    }

    fn key(&self, more: &[&str]) -> Vec<u8> {
        let uid = self.uid();
        let mut identifiers = vec![self.calendar.calid.as_str(), &uid, key::NO_RID];
        identifiers.extend(more);
        key::join(&identifiers)
    }

    fn begin(&self, lines: &mut Lines) {
        lines.add("UID", self.uid());
        lines.add("DTSTART", stamp(BASE));
        lines.add("DTEND", stamp(BASE + HOUR));
    }
}
