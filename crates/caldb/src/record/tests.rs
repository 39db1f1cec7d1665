//! Which records are recognised, and what they say.

use proptest::prelude::*;

use super::view::{Ace, Calid, Rule};
use super::*;
use crate::check::{Gatherer, RecordKind, RecordPlace};
use crate::files::Role;

const ROLES: [Role; 9] = [
    Role::CalendarProperties,
    Role::Events,
    Role::Todos,
    Role::Alarms,
    Role::SchedulingQueue,
    Role::Journals,
    Role::Recurring,
    Role::DeleteLog,
    Role::VersionIdentifier,
];

const EVENT: &[u8] = b"BEGIN:VEVENT\r\nUID:u1\r\nEND:VEVENT\r\n";
const TODO: &[u8] = b"BEGIN:VTODO\r\nUID:u1\r\nEND:VTODO\r\n";
const ALARM: &[u8] = b"BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n";
const CALENDAR: &[u8] = b"X-NSCP-CALPROPS-NAME:\r\n";
const DELETED: &[u8] = b"LAST-MODIFIED:0\r\nX-NSCP-TRIGGERED_BY:jdoe\r\n";
const REQUEST: &[u8] = b"METHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u1\r\nEND:VEVENT\r\n";
const COMPONENT_KEY: &[u8] = b"jdoe\0u1\x000";
const ALARM_KEY: &[u8] = b"jdoe\0u1\x000\x001";
const QUEUE_KEY: &[u8] = b"jdoe\x0020070514T000000Z\x000\0u1\x001\x000";

fn is_recognised(role: Role, key: &[u8], value: &[u8]) -> bool {
    recognise(&RecordForm::composed(role), key, value)
        .record()
        .is_some()
}

#[test]
fn each_file_holds_its_own_records() {
    let key = |role| match role {
        Role::CalendarProperties => &b"jdoe"[..],
        Role::Alarms => ALARM_KEY,
        Role::SchedulingQueue => QUEUE_KEY,
        _ => COMPONENT_KEY,
    };
    for (value, roles) in [
        (
            EVENT,
            &[
                Role::Events,
                Role::Recurring,
                Role::DeleteLog,
                Role::SchedulingQueue,
            ][..],
        ),
        (
            TODO,
            &[
                Role::Todos,
                Role::Recurring,
                Role::DeleteLog,
                Role::SchedulingQueue,
            ],
        ),
        (ALARM, &[Role::Alarms]),
        (CALENDAR, &[Role::CalendarProperties]),
        (DELETED, &[Role::DeleteLog]),
        (REQUEST, &[Role::SchedulingQueue]),
        (b"", &[]),
    ] {
        for role in ROLES {
            assert_eq!(
                is_recognised(role, key(role), value),
                roles.contains(&role),
                "{role:?} {}",
                value.escape_ascii()
            );
        }
    }
}

#[test]
fn a_key_of_another_form_makes_a_record_opaque() {
    for key in [
        &b""[..],
        b"jdoe",
        b"jdoe\0u1",
        b"jdoe\0u1\0",
        b"\0u1\x000",
        b"jdoe\0u1\x00today",
        b"jdoe\0u1\x0020060525",
        b"jdoe\0u1\x000\x001",
        b"jdoe\0u1\x000\0",
    ] {
        assert!(
            !is_recognised(Role::Events, key, EVENT),
            "{}",
            key.escape_ascii()
        );
    }
    for key in [
        COMPONENT_KEY,
        b"jdoe\0\x000",
        b"jdoe\0u1\x0020060525T153000Z",
    ] {
        assert!(is_recognised(Role::Events, key, EVENT));
    }
    assert!(!is_recognised(Role::Alarms, b"jdoe\0u1\x000\0x", ALARM));
}

#[test]
fn one_odd_line_makes_a_record_opaque() {
    for value in [
        &b"BEGIN:VEVENT\r\nno colon\r\nEND:VEVENT\r\n"[..],
        b"BEGIN:VEVENT\r\n\r\nEND:VEVENT\r\n",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n\0",
        b"BEGIN:VEVENT\r\nUID:u1\r\n",
        b"BEGIN:VEVENT\r\nBEGIN:VALARM\r\nEND:VEVENT\r\n",
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\n",
        b"METHOD:REQUEST\r\nBEGIN:VEVENT\r\nEND:VEVENT\r\n",
        b"\xef\xbb\xbfBEGIN:VEVENT\r\nEND:VEVENT\r\n",
    ] {
        assert!(
            !is_recognised(Role::Events, COMPONENT_KEY, value),
            "{}",
            value.escape_ascii()
        );
    }
    // Without an end of the last line, with other ends, in another case.
    let value = b"begin:vevent\nUID:u1\rX-OTHER;A=b:c\nEnd:vEvent";
    assert!(is_recognised(Role::Events, COMPONENT_KEY, value));
}

#[test]
fn without_a_form_every_record_is_opaque() {
    for role in ROLES {
        let form = RecordForm::opaque(role);
        let recognised = recognise(&form, COMPONENT_KEY, EVENT);
        assert!(matches!(recognised, Recognised::Opaque));
    }
}

/// Asks `look` of a record that must be recognised.
fn viewed<T>(role: Role, key: &[u8], value: &[u8], look: impl FnOnce(View<'_, '_>) -> T) -> T {
    let form = RecordForm::composed(role);
    let record = recognise(&form, key, value).record().expect("recognised");
    assert_eq!((record.role(), record.value()), (role, value));
    look(record.view())
}

#[test]
fn a_component_says_what_its_lines_say() {
    let value = b"BEGIN:VEVENT\r\nUID:u1\r\nUID:second\r\nRECURRENCE-ID:20060525T153000Z\r\n\
        DTSTART:20060525T163000Z\r\nDTEND:20060525T173000Z\r\nSUMM\r\n ARY:a\\, b\r\n\
        BEGIN:VALARM\r\nUID:not this\r\nACTION:EMAIL\r\nTRIGGER:0\r\nRRULE:X\r\nEND:VALARM\r\n\
        BEGIN:X-OTHER\r\nTRIGGER:0\r\nEND:X-OTHER\r\n\
        BEGIN:VALARM\r\nTRIGGER:-PT15M\r\nEND:VALARM\r\n\
        RRULE:FREQ=DAILY\r\nRRULE:FREQ=DAILY;COUNT=2\r\nX-NSCP-TOMBSTONE:1\r\nEND:VEVENT\r\n";
    let key = b"jdoe@example.com:work\0u1\x0020060525T153000Z";
    viewed(Role::Events, key, value, |view| {
        let View::Component(component) = view else {
            panic!("no component");
        };
        assert_eq!(component.kind(), recognise::Kind::Event);
        assert_eq!(component.calid().userid(), b"jdoe");
        assert_eq!(component.uid().unwrap().raw(), b"u1");
        assert_eq!(component.rid().unwrap().raw(), b"20060525T153000Z");
        assert_eq!(component.start().unwrap().raw(), b"20060525T163000Z");
        assert_eq!(component.end().unwrap().raw(), b"20060525T173000Z");
        assert_eq!(component.summary().unwrap().text(), &b"a, b"[..]);
        assert_eq!(component.location(), None);
        assert!(component.recurs() && !component.is_master() && component.is_tombstone());
        let exception = component.exception().unwrap();
        assert_eq!(exception.rid(), component.rid().unwrap());
        assert_eq!(exception.uid(), component.uid());
        assert_eq!(exception.component().kind(), component.kind());
        let bounded: Vec<_> = component.rules().map(Rule::is_bounded).collect();
        assert_eq!(bounded, [false, true], "the alarm's RRULE is none");
        let zero: Vec<_> = component.alarms().map(|alarm| alarm.is_zero()).collect();
        assert_eq!(zero, [true, false], "only a VALARM is an alarm");
    });
}

#[test]
fn rules_are_those_of_the_component_itself() {
    let value = b"BEGIN:VEVENT\r\nUID:u1\r\nRRULE:A\r\nBEGIN:VALARM\r\nRRULE:B\r\n\
        BEGIN:X-OTHER\r\nRRULE:C\r\nEND:X-OTHER\r\nRRULE:D\r\nEND:VALARM\r\n\
        RR\r\n ULE:E\r\nSUMMARY:x\r\nBEGIN:VALARM\r\nRRULE:F\r\nEND:VALARM\r\n\
        END:VEVENT\r\n";
    viewed(Role::Events, COMPONENT_KEY, value, |view| {
        let View::Component(component) = view else {
            panic!("no component");
        };
        let rules: Vec<_> = component.rules().map(|rule| rule.value().raw()).collect();
        assert_eq!(rules, [b"A", b"E"]);
    });
}

#[test]
fn an_alarm_at_time_0_is_one_by_its_first_trigger() {
    for (alarm, expected) in [
        ("BEGIN:VALARM\r\nTRIGGER:0\r\nEND:VALARM\r\n", true),
        (
            "BEGIN:VALARM\r\ntrig\r\n ger;VALUE=DATE-TIME:197001\r\n 01T000000Z\r\nEND:VALARM\r\n",
            true,
        ),
        (
            "BEGIN:VALARM\r\nTRIGGER:-PT5M\r\nTRIGGER:0\r\nEND:VALARM\r\n",
            false,
        ),
        ("BEGIN:X-OTHER\r\nTRIGGER:0\r\nEND:X-OTHER\r\n", false),
        ("TRIGGER:0\r\n", false),
    ] {
        let value = format!("BEGIN:VEVENT\r\nUID:u1\r\n{alarm}END:VEVENT\r\n");
        viewed(Role::Events, COMPONENT_KEY, value.as_bytes(), |view| {
            let View::Component(component) = view else {
                panic!("no component");
            };
            assert_eq!(component.has_zero_alarm(), expected, "{alarm}");
            let any = component.alarms().any(|alarm| alarm.is_zero());
            assert_eq!(any, expected, "{alarm}");
        });
    }
}

#[test]
fn the_other_records_say_what_they_say() {
    viewed(Role::Alarms, ALARM_KEY, ALARM, |view| {
        let View::Alarm(alarm) = view else {
            panic!("no alarm");
        };
        assert_eq!(
            (alarm.uid(), alarm.rid(), alarm.aid()),
            (Some(&b"u1"[..]), None, &b"1"[..])
        );
        assert_eq!(alarm.alarm().trigger().unwrap().raw(), b"-PT15M");
        assert_eq!(alarm.alarm().action(), None);
    });
    viewed(Role::SchedulingQueue, QUEUE_KEY, REQUEST, |view| {
        let View::QueueEntry(entry) = view else {
            panic!("no queue entry");
        };
        assert_eq!(entry.method().unwrap().raw(), b"REQUEST");
        assert_eq!(entry.scheduled(), b"20070514T000000Z");
        assert_eq!((entry.offset(), entry.sequence()), (&b"0"[..], &b"1"[..]));
        assert_eq!((entry.uid(), entry.rid()), (Some(&b"u1"[..]), None));
    });
    viewed(Role::DeleteLog, COMPONENT_KEY, DELETED, |view| {
        let View::Deleted(entry) = view else {
            panic!("no delete log entry");
        };
        assert_eq!(entry.kind(), None);
        assert_eq!(entry.uid().unwrap().raw(), b"u1");
        assert_eq!(entry.triggered_by().unwrap().raw(), b"jdoe");
    });
    viewed(Role::Recurring, COMPONENT_KEY, TODO, |view| {
        let View::Master(master) = view else {
            panic!("no master");
        };
        assert_eq!(master.kind(), recognise::Kind::Todo);
        assert!(!master.recurs());
        assert_eq!(master.rules().count(), 0);
    });
    let calendar = b"X-NSCP-CALPROPS-NAME:Work\r\nX-NSCP-CALPROPS-RESOURCE:1\r\n\
        x-nscp-calprops-access-control-entry:@@o^a^r^g;@^c^^g\r\n\
        X-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY:lucy^a\r\n frs^\r\n";
    viewed(Role::CalendarProperties, b"jdoe", calendar, |view| {
        let View::Calendar(calendar) = view else {
            panic!("no calendar");
        };
        assert_eq!(calendar.name().unwrap().raw(), b"Work");
        assert!(calendar.is_resource() && !calendar.has_owner());
        let access: Vec<_> = calendar.access().collect();
        let expected = ["@@o^a^r^g", "@^c^^g", "lucy^afrs^"].map(|ace| Ace::new(ace.as_bytes()));
        assert_eq!(access, expected);
    });
}

#[test]
fn a_calid_names_user_domain_and_calendar() {
    let parts = |calid: &'static str| {
        let calid = Calid::new(calid.as_bytes());
        (
            calid.userid(),
            calid.domain(),
            calid.name(),
            calid.is_without_owner(),
        )
    };
    let (example, work) = (Some(&b"example.com"[..]), Some(&b"work"[..]));
    assert_eq!(parts("jdoe"), (&b"jdoe"[..], None, None, false));
    assert_eq!(
        parts("jdoe@example.com:work"),
        (&b"jdoe"[..], example, work, false)
    );
    assert_eq!(parts("jdoe:work"), (&b"jdoe"[..], None, work, false));
    assert_eq!(parts("@example.com"), (&b""[..], example, None, true));
    assert_eq!(
        parts("jdoe:a:b@c"),
        (&b"jdoe"[..], None, Some(&b"a:b@c"[..]), false)
    );
    assert_eq!(parts(":work"), (&b""[..], None, work, true));
    assert_eq!(parts(""), (&b""[..], None, None, true));
}

#[test]
fn an_ace_may_be_cut_off_anywhere() {
    let whole = Ace::new(&b"@@o^c^WDEIC^g"[..]);
    assert_eq!(whole.who(), b"@@o");
    assert_eq!(whole.what(), Some(&b"c"[..]));
    assert_eq!(whole.how(), Some(&b"WDEIC"[..]));
    assert_eq!(whole.grant(), Some(&b"g"[..]));
    assert!(whole.is_upper_case() && !whole.is_cut_off());
    for end in 0..whole.whole().len() {
        let cut = Ace::new(&whole.whole()[..end]);
        assert!(cut.is_cut_off(), "{end}");
    }
}

/// A record that would be recognised, with a few bytes put elsewhere.
fn mangled() -> impl Strategy<Value = (Vec<u8>, Vec<u8>)> {
    const RECORDS: &[(&[u8], &[u8])] = &[
        (COMPONENT_KEY, EVENT),
        (COMPONENT_KEY, TODO),
        (ALARM_KEY, ALARM),
        (b"jdoe", CALENDAR),
        (COMPONENT_KEY, DELETED),
        (QUEUE_KEY, REQUEST),
    ];
    let change = (any::<prop::sample::Index>(), any::<u8>());
    (
        prop::sample::select(RECORDS),
        prop::collection::vec(change, 0..4),
        any::<bool>(),
    )
        .prop_map(|((key, value), changes, in_key)| {
            let (mut key, mut value) = (key.to_vec(), value.to_vec());
            for (at, byte) in changes {
                let bytes = if in_key { &mut key } else { &mut value };
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            (key, value)
        })
}

fn take_by_every_file(key: &[u8], value: &[u8]) {
    for role in ROLES {
        let form = RecordForm::composed(role);
        let mut gatherer = Gatherer::new(&form);
        let kind = gatherer.take(RecordPlace::default(), key, value);
        let recognised = recognise(&form, key, value).record().is_some();
        assert_eq!(kind == RecordKind::Recognised, recognised);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_taken(
        key in prop::collection::vec(any::<u8>(), 0..60),
        value in prop::collection::vec(any::<u8>(), 0..300),
    ) {
        take_by_every_file(&key, &value);
    }

    #[test]
    fn mangled_records_are_taken((key, value) in mangled()) {
        take_by_every_file(&key, &value);
    }
}
