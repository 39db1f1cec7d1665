//! For each check records where it fires and records where it does not.

use std::fmt::Write;
use std::sync::Arc;

use bdbfile::Workers;
use bdbfile::spill::SpillPlace;
use proptest::prelude::*;

use super::*;
use crate::files::Role;
use crate::record::{RecordForm, ValueForm};

type KeyAndValue = (Vec<u8>, Vec<u8>);

/// A store as it is written down in a test.
#[derive(Default)]
struct Written {
    files: Vec<(Role, Vec<KeyAndValue>)>,
}

impl Written {
    /// A calendar `jdoe` with properties, and nothing else.
    fn new() -> Self {
        Self::default().calendar("jdoe", "")
    }

    fn put(mut self, role: Role, key: &str, value: impl AsRef<[u8]>) -> Self {
        let record = (key.replace('|', "\0").into_bytes(), value.as_ref().to_vec());
        match self.files.iter_mut().find(|(of, _)| *of == role) {
            Some((_, records)) => records.push(record),
            None => self.files.push((role, vec![record])),
        }
        self
    }

    fn calendar(self, calid: &str, more: &str) -> Self {
        let owner = calid.split(':').next().unwrap();
        let value = format!(
            "X-NSCP-CALPROPS-RELATIVE-CALID:{calid}\r\nX-NSCP-CALPROPS-PRIMARY-OWNER:{owner}\r\n\
             {more}"
        );
        self.put(Role::CalendarProperties, calid, value)
    }

    fn event(self, key: &str, more: &str) -> Self {
        self.put(Role::Events, key, component("VEVENT", key, more))
    }

    fn todo(self, key: &str, more: &str) -> Self {
        self.put(Role::Todos, key, component("VTODO", key, more))
    }

    fn master(self, key: &str, more: &str) -> Self {
        self.put(Role::Recurring, key, component("VEVENT", key, more))
    }

    fn alarm(self, key: &str, trigger: &str) -> Self {
        let value = format!("BEGIN:VALARM\r\nTRIGGER{trigger}\r\nEND:VALARM\r\n");
        self.put(Role::Alarms, key, value)
    }

    fn report(&self) -> CheckReport {
        let mut checks = StoreChecks::new();
        for (role, records) in &self.files {
            let mut gatherer = Gatherer::new(&RecordForm::composed(*role));
            for (slot, (key, value)) in (0..).zip(records) {
                let place = RecordPlace {
                    page: 1,
                    slot,
                    number: None,
                };
                gatherer.take(place, key, value);
            }
            checks.add(&format!("{role:?}"), *role, gatherer);
        }
        checks.finish(Workers::ALONE).unwrap()
    }

    /// Asserts what fires, and that nothing else does.
    #[track_caller]
    fn fires(&self, expected: &[(Check, u64)]) {
        let report = self.report();
        assert_eq!(report.carried(), 0, "a test's records are recognised");
        let found: Vec<_> = report
            .findings
            .iter()
            .filter(|finding| finding.count > 0)
            .map(|finding| (finding.check, finding.count))
            .collect();
        assert_eq!(found, expected);
        for finding in &report.findings {
            assert_eq!(finding.count == 0, finding.cases.is_empty());
            assert_eq!(finding.count == 0, finding.records.is_empty());
        }
    }
}

/// A component with the UID and the recurrence id of its key.
fn component(kind: &str, key: &str, more: &str) -> String {
    let mut parts = key.split('|').skip(1);
    let mut value = format!("BEGIN:{kind}\r\n");
    if let Some(uid) = parts.next().filter(|uid| !uid.is_empty()) {
        write!(value, "UID:{uid}\r\n").unwrap();
    }
    if let Some(rid) = parts.next().filter(|rid| *rid != "0") {
        write!(value, "RECURRENCE-ID:{rid}\r\n").unwrap();
    }
    value + more + "END:" + kind + "\r\n"
}

const RULE: &str = "RRULE:FREQ=DAILY;COUNT=3\r\n";
const MASTER: &str = "jdoe|u1|0";
const INSTANCE: &str = "jdoe|u1|20060525T153000Z";

#[test]
fn a_plain_store_has_nothing_odd() {
    Written::new()
        .event("jdoe|u2|0", "SUMMARY:Réunion\r\n")
        .event(MASTER, RULE)
        .event(INSTANCE, "")
        .master(MASTER, RULE)
        .todo("jdoe|u3|0", "X-NSCP-TOMBSTONE:0\r\n")
        .alarm("jdoe|u3|0|1", ":20060525T153000Z")
        .fires(&[]);
}

#[test]
fn an_exception_needs_a_master() {
    let both = [
        (Check::ExceptionWithoutMaster, 1),
        (Check::NotMasterAndException, 1),
    ];
    Written::new().event(INSTANCE, "").fires(&both);
    // Another calendar's component of the same UID is no master.
    Written::new()
        .calendar("lucy", "")
        .event("lucy|u1|0", "")
        .event(INSTANCE, "")
        .fires(&both);
    // The recurring file alone has it: the series is whole.
    Written::new()
        .event(INSTANCE, "")
        .master(MASTER, RULE)
        .fires(&[]);
    // Events alone have it: no lone exception, but the form is not the new one.
    Written::new()
        .event(MASTER, RULE)
        .event(INSTANCE, "")
        .fires(&[(Check::NotMasterAndException, 2)]);
}

#[test]
fn a_recurrence_id_counts_in_the_key_or_in_the_lines() {
    let bare = "BEGIN:VEVENT\r\nUID:u1\r\nEND:VEVENT\r\n";
    let fires = [
        (Check::ExceptionWithoutMaster, 1),
        (Check::NotMasterAndException, 1),
    ];
    Written::new()
        .put(Role::Events, INSTANCE, bare)
        .fires(&fires);
    let told = "BEGIN:VEVENT\r\nUID:u1\r\nRECURRENCE-ID:20060525T153000Z\r\nEND:VEVENT\r\n";
    Written::new().put(Role::Events, MASTER, told).fires(&fires);
    let none = "BEGIN:VEVENT\r\nUID:u1\r\nRECURRENCE-ID:0\r\nEND:VEVENT\r\n";
    Written::new().put(Role::Events, MASTER, none).fires(&[]);
}

#[test]
fn a_master_entry_needs_a_component() {
    Written::new()
        .master(MASTER, RULE)
        .fires(&[(Check::MasterWithoutInstances, 1)]);
    Written::new()
        .event(MASTER, RULE)
        .master(MASTER, RULE)
        .fires(&[]);
}

#[test]
fn recurring_data_needs_a_master_entry() {
    for recurs in [
        RULE,
        "RDATE:20060525T153000Z\r\n",
        "EXDATE:20060525T153000Z\r\n",
        "EXRULE:FREQ=DAILY\r\n",
    ] {
        Written::new()
            .event(MASTER, recurs)
            .fires(&[(Check::NotMasterAndException, 1)]);
        Written::new()
            .todo(MASTER, recurs)
            .master(MASTER, recurs)
            .fires(&[]);
    }
    Written::new().event(MASTER, "").fires(&[]);
}

#[test]
fn a_component_needs_a_uid() {
    Written::new()
        .event("jdoe||0", "")
        .todo("jdoe||0", "UID:\r\n")
        .fires(&[(Check::MissingUid, 2)]);
    Written::new().event("jdoe|u1|0", "").fires(&[]);
    // The UID of something within is not the component's.
    Written::new()
        .event("jdoe||0", "BEGIN:VALARM\r\nUID:u1\r\nEND:VALARM\r\n")
        .fires(&[(Check::MissingUid, 1)]);
}

#[test]
fn a_tombstone_is_1() {
    Written::new()
        .event("jdoe|u1|0", "X-NSCP-TOMBSTONE:1\r\n")
        .fires(&[(Check::Tombstone, 1)]);
    Written::new()
        .event("jdoe|u1|0", "X-NSCP-TOMBSTONE:0\r\n")
        .fires(&[]);
}

#[test]
fn a_rule_needs_count_or_until() {
    let whole = |rule: &str| {
        let line = format!("RRULE:{rule}\r\n");
        Written::new().event(MASTER, &line).master(MASTER, &line)
    };
    for rule in [
        "FREQ=DAILY",
        "FREQ=DAILY;BYDAY=MO",
        "X-COUNT=3;FREQ=DAILY",
        "\"FREQ=DAILY\"",
        "",
    ] {
        whole(rule).fires(&[(Check::UnboundedRule, 1)]);
    }
    for rule in [
        "FREQ=DAILY;COUNT=3",
        "until=20060525T153000Z;freq=daily",
        "\"COUNT=3;FREQ=DAILY\"",
        "FREQ=DAILY;CO\r\n UNT=3",
    ] {
        whole(rule).fires(&[]);
    }
    // One of two rules is enough, and the second is looked at.
    let two = format!("{RULE}RRULE:FREQ=DAILY\r\n");
    Written::new()
        .event(MASTER, &two)
        .master(MASTER, RULE)
        .fires(&[(Check::UnboundedRule, 1)]);
}

#[test]
fn an_alarm_at_time_0_is_counted_once_a_component() {
    let within = "BEGIN:VALARM\r\nTRIGGER;VALUE=DATE-TIME:19700101T000000Z\r\nEND:VALARM\r\n";
    Written::new()
        .event("jdoe|u1|0", within)
        .alarm("jdoe|u1|0|1", ":0")
        .alarm("jdoe|u1|0|2", ":0")
        .todo("jdoe|u2|0", "")
        .alarm("jdoe|u2|0|1", ";VALUE=DATE-TIME:19700101T000000Z")
        .fires(&[(Check::ZeroTrigger, 2)]);
    let later = "BEGIN:VALARM\r\nTRIGGER:-PT0S\r\nEND:VALARM\r\n\
                 BEGIN:VALARM\r\nTRIGGER:19700101T000001Z\r\nEND:VALARM\r\n";
    Written::new()
        .event("jdoe|u1|0", later)
        .alarm("jdoe|u1|0|1", ":PT0S")
        .fires(&[]);
    // The second of two.
    let second = format!("{later}{within}");
    Written::new()
        .event("jdoe|u1|0", &second)
        .fires(&[(Check::ZeroTrigger, 1)]);
}

#[test]
fn access_control_entries_are_in_lower_case_and_whole() {
    let ace = |entries: &[&str]| {
        let mut lines = String::new();
        for entry in entries {
            write!(lines, "X-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY:{entry}\r\n").unwrap();
        }
        Written::default().calendar("jdoe", &lines)
    };
    ace(&["@@o^c^WDEIC^g", "@@o^a^RSF^g"]).fires(&[(Check::UpperCaseAce, 1)]);
    ace(&["@@o^A^r^g"]).fires(&[(Check::UpperCaseAce, 1)]);
    ace(&["@@o^a^r^g", "lucy^a^frs^"]).fires(&[(Check::CutOffAce, 1)]);
    ace(&["lucy^a"]).fires(&[(Check::CutOffAce, 1)]);
    ace(&["@@o^a^r^g;@@o^c^WDEIC^g;lucy^a^frs^"])
        .fires(&[(Check::UpperCaseAce, 1), (Check::CutOffAce, 1)]);
    ace(&[
        "@@o^a^r^g",
        "@^c^^g",
        "Lucy@Example.COM^a^rsf^d",
        "@^a^rsf^g;",
    ])
    .fires(&[]);
}

#[test]
fn a_calendar_needs_an_owner() {
    Written::new()
        .calendar(":soccer", "")
        .event(":soccer|u1|0", "")
        .event(":soccer|u2|0", "")
        .fires(&[(Check::CalidWithoutOwner, 1)]);
    Written::default()
        .calendar("@example.com", "")
        .fires(&[(Check::CalidWithoutOwner, 1)]);
    Written::default()
        .put(
            Role::CalendarProperties,
            "jdoe",
            "X-NSCP-CALPROPS-NAME:x\r\nX-NSCP-CALPROPS-PRIMARY-OWNER:\r\n",
        )
        .put(
            Role::CalendarProperties,
            "lucy",
            "X-NSCP-CALPROPS-NAME:x\r\n",
        )
        .fires(&[(Check::CalidWithoutOwner, 2)]);
    Written::default()
        .calendar("jdoe@example.com:work", "")
        .calendar("orphan:jsmith", "")
        .fires(&[]);
}

#[test]
fn a_component_needs_a_calendar_with_properties() {
    Written::new()
        .event("lucy|u1|0", "")
        .event("lucy|u2|0", "")
        .put(Role::DeleteLog, "lucy|u3|0", "X-NSCP-TRIGGERED_BY:lucy\r\n")
        .fires(&[(Check::CalendarWithoutProperties, 1)]);
    // What a deleted calendar leaves in the delete log is something else.
    Written::new()
        .put(Role::DeleteLog, "lucy|u3|0", "X-NSCP-TRIGGERED_BY:lucy\r\n")
        .fires(&[(Check::DeletedCalendar, 1)]);
    Written::new()
        .calendar("lucy", "")
        .event("lucy|u1|0", "")
        .fires(&[]);
}

#[test]
fn none_is_no_text() {
    Written::new()
        .event("jdoe|u1|0", "LOCATION:<NONE>\r\nDESCRIPTION:<NONE>\r\n")
        .todo("jdoe|u2|0", "DESCRIPTION:<NONE>\r\n")
        .fires(&[(Check::NoneText, 2)]);
    Written::new()
        .event("jdoe|u1|0", "LOCATION:\r\nDESCRIPTION:see <NONE>\r\n")
        .fires(&[]);
}

fn latin(declared: &str) -> Vec<u8> {
    let mut value = format!("BEGIN:VEVENT\r\nUID:u1\r\n{declared}SUMMARY:caf").into_bytes();
    value.extend_from_slice(b"\xe9\r\nEND:VEVENT\r\n");
    value
}

#[test]
fn bytes_are_in_the_declared_character_set() {
    let odd = [(Check::NotInCharset, 1)];
    let store = |calendar: &str, declared: &str| {
        Written::default().calendar("jdoe", calendar).put(
            Role::Events,
            "jdoe|u1|0",
            latin(declared),
        )
    };
    // UTF-8 where nothing is declared.
    store("", "").fires(&odd);
    store("X-NSCP-CALPROPS-CHARSET:UTF-8\r\n", "").fires(&odd);
    store("X-NSCP-CALPROPS-CHARSET:nobody-knows\r\n", "").fires(&odd);
    store("", "X-NSCP-CHARSET:UTF-8\r\n").fires(&odd);
    store("", "X-NSCP-CHARSET:us-ascii\r\n").fires(&odd);
    // The component's own goes before the calendar's.
    store(
        "X-NSCP-CALPROPS-CHARSET:ISO-8859-1\r\n",
        "X-NSCP-CHARSET:UTF-8\r\n",
    )
    .fires(&odd);
    store("X-NSCP-CALPROPS-CHARSET:ISO-8859-1\r\n", "").fires(&[]);
    store("", "X-NSCP-CHARSET:iso-8859-1\r\n").fires(&[]);
    Written::new()
        .event("jdoe|u1|0", "SUMMARY:café 会議\r\n")
        .event("jdoe|u2|0", "X-NSCP-CHARSET:nobody-knows\r\n")
        .fires(&[]);
}

#[test]
fn a_calendars_character_set_is_found_in_whatever_order_files_come() {
    let charset = "X-NSCP-CALPROPS-CHARSET:ISO-8859-1\r\n";
    Written::default()
        .put(Role::Events, "jdoe|u1|0", latin(""))
        .calendar("jdoe", charset)
        .fires(&[]);
}

#[test]
fn a_file_may_have_another_character_set_by_default() {
    let mut form = RecordForm::composed(Role::Events);
    let mut count = |charset: &str| {
        form.value = ValueForm::ContentLines {
            charset: charset.to_owned(),
        };
        let mut gatherer = Gatherer::new(&form);
        gatherer.take(RecordPlace::default(), b"jdoe\0u1\x000", &latin(""));
        let mut checks = StoreChecks::new();
        checks.add("events", Role::Events, gatherer);
        checks
            .finish(Workers::ALONE)
            .unwrap()
            .count(Check::NotInCharset)
    };
    assert_eq!([count("UTF-8"), count("ISO-8859-1"), count("")], [1, 0, 1]);
}

#[test]
fn an_identity_is_one_components() {
    Written::new()
        .event("jdoe|u1|0", "")
        .todo("jdoe|u1|0", "")
        .fires(&[(Check::DuplicateIdentity, 1)]);
    // The lines have the same UID, under keys that have not.
    let value = component("VEVENT", "jdoe|u1|0", "");
    Written::new()
        .put(Role::Events, "jdoe|u1|0", &value)
        .put(Role::Events, "jdoe|u2|0", &value)
        .put(Role::Events, "jdoe|u3|0", &value)
        .fires(&[(Check::DuplicateIdentity, 2)]);
    Written::new()
        .calendar("lucy", "")
        .event("jdoe|u1|0", "")
        .event("jdoe|u2|0", "")
        .event("lucy|u1|0", "")
        .fires(&[]);
    // A master entry is no second component; two master entries are.
    Written::new()
        .event(MASTER, RULE)
        .master(MASTER, RULE)
        .master(MASTER, RULE)
        .fires(&[(Check::DuplicateIdentity, 1)]);
}

#[test]
fn an_alarm_needs_its_component() {
    let at = ":20060525T153000Z";
    let unknown = [(Check::AlarmOfUnknownComponent, 1)];
    Written::new().alarm("jdoe|u1|0|1", at).fires(&unknown);
    // An instance alone does not make the whole series known.
    Written::new()
        .event(INSTANCE, "")
        .master(MASTER, RULE)
        .alarm("jdoe|u1|0|1", at)
        .alarm("jdoe|u1|20060525T153000Z|1", at)
        .fires(&unknown);
    // The whole series makes every instance known.
    Written::new()
        .event(MASTER, "")
        .alarm("jdoe|u1|0|1", at)
        .alarm("jdoe|u1|20060525T153000Z|1", at)
        .fires(&[]);
    // A component without a UID has alarms without one.
    Written::new()
        .event("jdoe||0", "")
        .alarm("jdoe||0|1", at)
        .fires(&[(Check::MissingUid, 1)]);
}

#[test]
fn cases_are_the_first_and_name_their_records() {
    let mut store = Written::new();
    for number in 0..500 {
        store = store.event(
            &format!("jdoe|u{number}|20060525T153000Z"),
            "X-NSCP-TOMBSTONE:1\r\n",
        );
    }
    let report = store.report();
    for check in [Check::Tombstone, Check::ExceptionWithoutMaster] {
        let finding = report.finding(check).unwrap();
        assert_eq!(finding.count, 500);
        assert_eq!(finding.records, [(1, 500)]);
        let slots: Vec<_> = finding.cases.iter().map(|case| case.place.slot).collect();
        assert_eq!(slots, (0..100).collect::<Vec<_>>());
    }
    let first = &report.finding(Check::Tombstone).unwrap().cases[0];
    assert_eq!(first.key, b"jdoe\0u0\x0020060525T153000Z");
}

#[test]
fn unrecognised_records_are_counted_and_said_where_they_may_matter() {
    let store = Written::new()
        .put(Role::CalendarProperties, "secret", b"\x00\x01\x02")
        .put(
            Role::Events,
            "not|of|this|form",
            b"BEGIN:VEVENT\r\nEND:VEVENT\r\n",
        )
        .put(
            Role::Events,
            "lucy|u1|0",
            "BEGIN:VEVENT\r\nno line\r\nEND:VEVENT\r\n",
        )
        .event("lucy|u2|0", "");
    let report = store.report();
    assert_eq!((report.recognised(), report.carried()), (2, 3));
    let finding = report.finding(Check::CalendarWithoutProperties).unwrap();
    assert_eq!((finding.count, finding.unjudged), (1, 1));
    let finding = report.finding(Check::ExceptionWithoutMaster).unwrap();
    assert_eq!((finding.count, finding.unjudged), (0, 2));
    assert_eq!(report.finding(Check::Tombstone).unwrap().unjudged, 0);
}

#[test]
fn gatherers_are_sent_and_keep_little() {
    fn is_send<T: Send>() {}
    is_send::<Gatherer>();
    assert_eq!(identity::Entry::LEN, 40);
}

proptest! {
    #[test]
    fn a_file_may_be_divided_anywhere(
        picks in prop::collection::vec((0_usize..8, 0_u16..4, any::<bool>()), 0..60),
        limit in 1_usize..5,
        memory in 0_usize..1000,
        threads in 1_usize..4,
    ) {
        let form = RecordForm::composed(Role::Events);
        let mut whole = Gatherer::new(&form).keep_cases(limit);
        let spill = SpillPlace::Directory(std::env::temp_dir());
        let keeping = Arc::new(Keeping::new(memory, spill));
        let cases = CasesBefore::default();
        let piece = || {
            let piece = Gatherer::new(&form).keep_cases(limit).after(&cases);
            piece.kept_by(Arc::clone(&keeping))
        };
        let mut pieces = vec![piece()];
        for (slot, (sort, uid, divide)) in (0_u16..).zip(picks) {
            let key = match sort {
                0..4 => format!("jdoe\0u{uid}\x000"),
                4 | 5 => format!("jdoe\0u{uid}\x0020060525T153000Z"),
                6 => format!("lucy:{uid}\0\x000"),
                _ => format!(":{uid}"),
            };
            let value = match sort {
                0 => b"BEGIN:VEVENT\nX-NSCP-TOMBSTONE:1\nEND:VEVENT\n".to_vec(),
                1 => latin(""),
                2 => b"BEGIN:VEVENT\nRRULE:FREQ=DAILY\nEND:VEVENT\n".to_vec(),
                _ => b"BEGIN:VEVENT\nLOCATION:<NONE>\nEND:VEVENT\n".to_vec(),
            };
            let place = RecordPlace { page: 1, slot, number: None };
            whole.take(place, key.as_bytes(), &value);
            if divide {
                // What is settled stays as it is, the rest is gathered.
                if slot % 2 == 0 {
                    pieces.last_mut().unwrap().settle();
                }
                // Some are done before the next is begun, some are not.
                if slot % 3 > 0 {
                    cases.count(pieces.len() - 1, pieces.last().unwrap());
                }
                pieces.push(piece());
            }
            pieces.last_mut().unwrap().take(place, key.as_bytes(), &value);
        }
        let together = pieces.into_iter().reduce(|mut before, after| {
            before.append(after);
            before
        });
        let report = |gatherer, workers| {
            let mut checks = StoreChecks::new();
            checks.add("events", Role::Events, gatherer);
            checks.finish(workers).unwrap()
        };
        let workers = Workers { threads: threads.try_into().unwrap() };
        prop_assert_eq!(report(together.unwrap(), workers), report(whole, Workers::ALONE));
    }
}
