//! The text of whole calendars.

use super::{Applied, CalendarText, Tally, place};
use crate::profile::Profile;
use crate::record::{Record, RecordForm, ValueForm, recognise};

/// A record of a file: its name, key and value.
type Row<'a> = (&'a str, &'a str, &'a [u8]);

const ALARM: &str = "BEGIN:VALARM\r\nACTION:EMAIL\r\nTRIGGER;VALUE=DATE-TIME:20060525T150000Z\r\nATTENDEE:MAILTO:a@b\r\nEND:VALARM\r\n";

/// The form of the file, also of journals.
fn form(file: &str) -> RecordForm {
    let form = Profile::shipped().file(file).unwrap().form();
    match form.value {
        ValueForm::Opaque => RecordForm {
            key: RecordForm::composed(crate::Role::Events).key,
            value: RecordForm::composed(form.role).value,
            ..form
        },
        ValueForm::ContentLines { .. } => form,
    }
}

fn record<'a>(form: &RecordForm, key: &'a str, value: &'a [u8]) -> Record<'a> {
    recognise(form, key.as_bytes(), value).record().unwrap()
}

/// The text of the records, without its folds, its head and its end.
fn text(rows: &[Row<'_>]) -> (String, Tally) {
    let mut rows = rows.to_vec();
    rows.sort_by_cached_key(|(file, key, value)| place(&record(&form(file), key, value)));
    let mut calendar = CalendarText::begin(Vec::new(), b"jdoe:work");
    for (file, key, value) in rows {
        let record = record(&form(file), key, value);
        calendar.add(&record, "UTF-8").unwrap();
    }
    let (text, tally) = calendar.finish().unwrap();
    let text = String::from_utf8(text).unwrap().replace("\r\n ", "");
    let text = text
        .strip_prefix("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n")
        .unwrap();
    let text = text.strip_suffix("END:VCALENDAR\r\n").unwrap();
    let (_, text) = text.split_once("CALSCALE:GREGORIAN\r\n").unwrap();
    (text.to_owned(), tally)
}

/// The lines of the one event of these properties.
fn event(properties: &str) -> (String, Tally) {
    let value = format!("BEGIN:VEVENT\r\n{properties}END:VEVENT\r\n");
    event_of(value.as_bytes())
}

fn event_of(value: &[u8]) -> (String, Tally) {
    let (text, tally) = text(&[("ics50events.db", "jdoe:work\x001\x000", value)]);
    let (_, event) = text.split_once("BEGIN:VEVENT\r\n").unwrap_or_default();
    let (event, _) = event.split_once("END:VEVENT\r\n").unwrap_or_default();
    (event.to_owned(), tally)
}

const WHOLE: &str = "UID:1\r\nDTSTAMP:20060101T000000Z\r\nDTSTART:20060525T153000Z\r\n";

#[test]
fn what_is_demanded_and_not_there_is_added() {
    let (event, tally) = event("DTSTART:20060525T153000Z\r\nCREATED:20060102T030405Z\r\n");
    assert_eq!(
        event,
        "DTSTART:20060525T153000Z\r\nCREATED:20060102T030405Z\r\nUID:1\r\nDTSTAMP:20060102T030405Z\r\n"
    );
    assert_eq!(
        (tally.count(Applied::Uid), tally.count(Applied::Stamp)),
        (1, 1)
    );
    let value = b"BEGIN:VTODO\r\nEND:VTODO\r\n";
    let rows = [
        (
            "ics50todos.db",
            "jdoe:work\0\x0020060525T153000Z",
            &value[..],
        ),
        ("ics50todos.db", "jdoe:work\0\x0020060526T153000Z", value),
    ];
    let (again, tally) = text(&rows);
    assert_eq!((tally.todos, tally.count(Applied::Uid)), (2, 2));
    assert_eq!(again.matches("\r\nUID:csmigrate-").count(), 2);
    assert!(again.contains("DTSTAMP:19700101T000000Z\r\nRECURRENCE-ID:20060525T153000Z\r\n"));
    assert_eq!(text(&rows).0, again, "the same store gives the same text");
}

#[test]
fn an_event_without_a_start_is_left_out_and_counted() {
    for start in ["", "DTSTART:soon\r\n"] {
        let (event, tally) = event(&format!("UID:1\r\n{start}"));
        assert_eq!((event.as_str(), tally.events), ("", 0));
        assert_eq!(tally.count(Applied::NoStart), 1);
        assert_eq!(tally.count(Applied::EmptyCalendar), 1);
    }
}

#[test]
fn what_is_not_of_rfc_5545_gets_a_name_of_its_own() {
    for (given, wanted, renamed) in [
        ("PRIORITY:high\r\n", "X-PRIORITY:high\r\n", 1),
        (
            "SUMMARY:a\r\nSUMMARY:b,c\r\n",
            "SUMMARY:a\r\nX-SUMMARY:b\\,c\r\n",
            1,
        ),
        ("DUE:20060525T153000Z\r\n", "X-DUE:20060525T153000Z\r\n", 1),
        ("COLOUR:red\r\n", "X-COLOUR:red\r\n", 1),
        (
            "X-NSCP-TRIGGERED_BY:x;y\r\n",
            "X-NSCP-TRIGGERED-BY:x\\;y\r\n",
            0,
        ),
        ("summary;bold:a\r\n", "SUMMARY;X-BOLD=:a\r\n", 1),
        (
            "SUMMARY;ENCODING=QUOTED-PRINTABLE:a=3D\r\n",
            "SUMMARY;X-ENCODING=QUOTED-PRINTABLE:a=3D\r\n",
            1,
        ),
        (
            "DTEND;TZID=Europe/Paris:20060525T163000Z\r\n",
            "DTEND;X-TZID=Europe/Paris:20060525T163000Z\r\n",
            1,
        ),
        (
            "DTEND:20060525T163000Z\r\nDURATION:PT1H\r\n",
            "DTEND:20060525T163000Z\r\nX-DURATION:PT1H\r\n",
            1,
        ),
        (
            "DTEND;VALUE=DATE-TIME:20060526\r\n",
            "DTEND;VALUE=DATE:20060526\r\n",
            0,
        ),
        ("RRULE:freq=weekly\r\n", "RRULE:FREQ=WEEKLY\r\n", 0),
        ("RRULE:now and then\r\n", "X-RRULE:now and then\r\n", 1),
        ("STATUS:NEEDS-ACTION\r\n", "X-STATUS:NEEDS-ACTION\r\n", 1),
        ("CATEGORIES:a,b\\,c;d\r\n", "CATEGORIES:a,b\\,c\\;d\r\n", 0),
        (
            "RDATE:20060525T153000Z/PT1H\r\n",
            "RDATE;VALUE=PERIOD:20060525T153000Z/PT1H\r\n",
            0,
        ),
        (
            "ATTACH;VALUE=BINARY;ENCODING=base64:TWFu\r\n",
            "ATTACH;ENCODING=BASE64;VALUE=BINARY:TWFu\r\n",
            0,
        ),
        (
            "ORGANIZER;CN=\"a,b\";SENT-BY=x:mailto:a@b\r\n",
            "ORGANIZER;CN=\"a,b\";SENT-BY=\"x\":mailto:a@b\r\n",
            0,
        ),
    ] {
        let (event, tally) = event(&format!("{WHOLE}{given}"));
        assert_eq!(event.strip_prefix(WHOLE), Some(wanted), "{given}");
        assert_eq!(tally.count(Applied::Renamed), renamed, "{given}");
    }
}

#[test]
fn people_are_uris() {
    for (given, wanted) in [
        (
            "ATTENDEE:jdoe:work\r\n",
            "ATTENDEE;X-S1CS-CALID=\"jdoe:work\":x-calid:jdoe%3Awork\r\n",
        ),
        (
            "ATTENDEE;X-S1CS-EMAIL=none:jdoe\r\n",
            "ATTENDEE;X-S1CS-EMAIL=none;X-S1CS-CALID=jdoe:x-calid:jdoe\r\n",
        ),
        (
            "ATTENDEE;X-S1CS-EMAIL=j@x:jdoe\r\n",
            "ATTENDEE;X-S1CS-EMAIL=j@x;X-S1CS-CALID=jdoe:mailto:j@x\r\n",
        ),
        (
            "ORGANIZER:jdoe\r\nX-NSCP-ORGANIZER-EMAIL:j@x\r\n",
            "ORGANIZER;X-S1CS-CALID=jdoe:mailto:j@x\r\nX-NSCP-ORGANIZER-EMAIL:j@x\r\n",
        ),
        ("ATTENDEE:\r\n", "X-ATTENDEE:\r\n"),
    ] {
        let (event, _) = event(&format!("{WHOLE}{given}"));
        assert_eq!(event.strip_prefix(WHOLE), Some(wanted));
    }
}

#[test]
fn what_says_that_there_is_nothing_is_left_out() {
    let none =
        "LOCATION:<NONE>\r\nDESCRIPTION:<NONE>\r\nRECURRENCE-ID:0\r\nX-NSCP-CHARSET:UTF-8\r\n";
    let (event, tally) = event(&format!("{WHOLE}{none}SUMMARY:<NONE>\r\n"));
    assert_eq!(event, format!("{WHOLE}SUMMARY:<NONE>\r\n"));
    assert_eq!(
        (
            tally.count(Applied::NoneText),
            tally.count(Applied::TimeZero)
        ),
        (2, 1)
    );
}

#[test]
fn text_is_of_the_character_set_that_is_declared() {
    let value = |charset: &str, cafe: &[u8]| {
        let mut value = format!("BEGIN:VEVENT\r\n{WHOLE}{charset}SUMMARY").into_bytes();
        value.extend_from_slice(cafe);
        value.extend_from_slice(b"\r\nEND:VEVENT\r\n");
        value
    };
    for (charset, cafe, wanted, wrong) in [
        ("", &b":Caf\xc3\xa9"[..], "SUMMARY:Café\r\n", 0),
        ("", b":Caf\xe9 \x07", "SUMMARY:Caf\u{fffd} \u{fffd}\r\n", 1),
        (
            "X-NSCP-CHARSET:ISO-8859-1\r\n",
            b":Caf\xe9",
            "SUMMARY:Café\r\n",
            0,
        ),
        (
            "X-NSCP-CHARSET:Shift_JIS\r\n",
            b":\x95\x5c,",
            "SUMMARY:表\\,\r\n",
            0,
        ),
        ("", b";CHARSET=ISO-8859-1:Caf\xe9", "SUMMARY:Café\r\n", 0),
        // Cut within a character by a fold.
        ("", b":Caf\xc3\r\n \xa9", "SUMMARY:Café\r\n", 0),
    ] {
        let (event, tally) = event_of(&value(charset, cafe));
        assert_eq!(event.strip_prefix(WHOLE), Some(wanted));
        assert_eq!(tally.count(Applied::NotUtf8), wrong, "{wanted}");
    }
}

#[test]
fn a_zone_is_defined_or_a_time_has_none() {
    let value = "BEGIN:VTODO\r\nDUE;TZID=europe/paris:20060525T153000\r\nDTSTART;TZID=Mine:20060525T153000\r\nEND:VTODO\r\n";
    let rows = [("ics50todos.db", "jdoe:work\x001\x000", value.as_bytes())];
    let (text, tally) = text(&rows);
    assert!(text.contains(
        "DUE;TZID=Europe/Paris:20060525T153000\r\nDTSTART;X-TZID=Mine:20060525T153000\r\n"
    ));
    assert_eq!(
        text.matches("BEGIN:VTIMEZONE\r\nTZID:Europe/Paris\r\n")
            .count(),
        1
    );
    assert_eq!(
        (
            tally.count(Applied::Zone),
            tally.count(Applied::UnknownZone)
        ),
        (1, 1)
    );
}

#[test]
fn an_alarm_is_in_its_component_once() {
    let event = |uid: &str, inner: &str| {
        format!(
            "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTAMP:20060101T000000Z\r\nDTSTART:20060525T153000Z\r\nSUMMARY:a,b\r\n{inner}END:VEVENT\r\n"
        )
    };
    let (with, without, other) = (event("1", ALARM), event("2", ""), event("3", ""));
    let later = ALARM.replace("T150000Z", "T151500Z");
    let zero = ALARM.replace("20060525T150000Z", "19700101T000000Z");
    let never = ALARM.replace("20060525T150000Z", "soon");
    let nobody = later.replace("ATTENDEE:MAILTO:a@b\r\n", "");
    let rows = [
        ("ics50events.db", "jdoe:work\x001\x000", with.as_bytes()),
        ("ics50events.db", "jdoe:work\x002\x000", without.as_bytes()),
        ("ics50events.db", "jdoe:work\x003\x000", other.as_bytes()),
        (
            "ics50alarms.db",
            "jdoe:work\x001\x000\x001",
            ALARM.as_bytes(),
        ),
        (
            "ics50alarms.db",
            "jdoe:work\x001\x000\x002",
            later.as_bytes(),
        ),
        (
            "ics50alarms.db",
            "jdoe:work\x002\x000\x001",
            zero.as_bytes(),
        ),
        (
            "ics50alarms.db",
            "jdoe:work\x002\x000\x002",
            never.as_bytes(),
        ),
        (
            "ics50alarms.db",
            "jdoe:work\x003\x000\x001",
            nobody.as_bytes(),
        ),
        (
            "ics50alarms.db",
            "jdoe:work\x004\x000\x001",
            ALARM.as_bytes(),
        ),
    ];
    let (text, tally) = text(&rows);
    assert_eq!((tally.events, tally.alarms), (3, 3));
    assert_eq!(text.matches("BEGIN:VALARM\r\n").count(), 3);
    for (applied, count) in [
        (Applied::AlarmRepeats, 1),
        (Applied::QueuedAlarm, 2),
        (Applied::ZeroAlarm, 1),
        (Applied::AlarmWithoutTrigger, 1),
        (Applied::AlarmAlone, 1),
        (Applied::AlarmAction, 1),
    ] {
        assert_eq!(tally.count(applied), count, "{applied:?}");
    }
    assert!(text.contains("ACTION:DISPLAY\r\nDESCRIPTION:a\\,b\r\nEND:VALARM\r\nEND:VEVENT\r\n"));
    assert!(text.contains("ACTION:EMAIL\r\nATTENDEE:MAILTO:a@b\r\nTRIGGER;VALUE=DATE-TIME:20060525T150000Z\r\nDESCRIPTION:a\\,b\r\nSUMMARY:a\\,b\r\nEND:VALARM\r\n"));
}

#[test]
fn a_series_is_written_once_with_its_rules() {
    let event = |more: &str| format!("BEGIN:VEVENT\r\n{WHOLE}{more}END:VEVENT\r\n");
    let master = event("RRULE:FREQ=DAILY;COUNT=5\r\nEXDATE:20060526T153000Z\r\n");
    let key = "jdoe:work\x001\x000";
    for (own, rules) in [("", 1), ("RRULE:FREQ=WEEKLY\r\n", 0)] {
        let component = event(own);
        let (text, tally) = text(&[
            ("ics50events.db", key, component.as_bytes()),
            ("ics50recurring.db", key, master.as_bytes()),
            (
                "ics50alarms.db",
                "jdoe:work\x001\x000\x001",
                ALARM.as_bytes(),
            ),
        ]);
        assert_eq!((tally.events, tally.alarms), (1, 1), "{text}");
        assert_eq!(tally.count(Applied::MasterRules), rules);
        assert_eq!(tally.count(Applied::MasterRepeats), 1);
        assert_eq!(tally.count(Applied::Times), 1);
        assert_eq!(
            text.contains("EXDATE:20060526T153000Z\r\nBEGIN:VALARM\r\n"),
            rules == 1
        );
        assert_eq!(text.matches("RRULE").count(), 1);
    }
    let (alone, tally) = text(&[
        ("ics50recurring.db", key, master.as_bytes()),
        (
            "ics50alarms.db",
            "jdoe:work\x001\x000\x001",
            ALARM.as_bytes(),
        ),
    ]);
    assert_eq!(
        (
            tally.events,
            tally.alarms,
            tally.count(Applied::MasterAlone)
        ),
        (1, 1, 1)
    );
    assert!(alone.contains("RRULE:FREQ=DAILY;COUNT=5\r\n"));
}

#[test]
fn what_is_deleted_is_left_out_with_its_master_and_its_alarm() {
    let event =
        format!("BEGIN:VEVENT\r\n{WHOLE}X-NSCP-TOMBSTONE:1\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\n");
    let (text, tally) = text(&[
        ("ics50events.db", "jdoe:work\x001\x000", event.as_bytes()),
        ("ics50recurring.db", "jdoe:work\x001\x000", event.as_bytes()),
        (
            "ics50alarms.db",
            "jdoe:work\x001\x000\x001",
            ALARM.as_bytes(),
        ),
    ]);
    assert_eq!((tally.components(), tally.alarms), (0, 0), "{text}");
    assert_eq!(tally.count(Applied::Tombstone), 1);
    assert_eq!(tally.count(Applied::AlarmAlone), 1);
}

#[test]
fn a_calendar_says_who_it_is_also_where_it_is_empty() {
    let properties = "X-NSCP-CALPROPS-NAME:Work\\, mostly\r\nX-NSCP-CALPROPS-TZID:Asia/Tokyo\r\nX-NSCP-CALPROPS-CHARSET:UTF-8\r\nX-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY:@@o^c^wdeic^g\r\nREAD:999\r\n";
    let (text, tally) = text(&[("ics50calprops.db", "jdoe:work", properties.as_bytes())]);
    let head = "X-WR-CALNAME:Work\\, mostly\r\nX-WR-RELCALID:jdoe:work\r\nX-WR-TIMEZONE:Asia/Tokyo\r\nX-NSCP-CALPROPS-NAME:Work\\, mostly\r\nX-NSCP-CALPROPS-TZID:Asia/Tokyo\r\nX-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY:@@o^c^wdeic^g\r\nX-READ:999\r\nBEGIN:VTIMEZONE\r\nTZID:Asia/Tokyo\r\n";
    assert!(text.starts_with(head), "{text}");
    assert_eq!(tally.count(Applied::EmptyCalendar), 1);
}

#[test]
fn journals_and_what_stands_in_no_component_are_taken_as_they_come() {
    let journal = format!(
        "BEGIN:VJOURNAL\r\n{WHOLE}DESCRIPTION:a\r\nDESCRIPTION:b\r\nBEGIN:X-PART\r\nA:b\r\nEND:X-PART\r\nEND:VJOURNAL\r\n"
    );
    let (text, tally) = text(&[(
        "ics50journals.db",
        "jdoe:work\x001\x000",
        journal.as_bytes(),
    )]);
    assert!(
        text.contains("DESCRIPTION:a\r\nDESCRIPTION:b\r\nEND:VJOURNAL\r\n"),
        "{text}"
    );
    assert_eq!((tally.journals, tally.count(Applied::Inner)), (1, 1));
}
