//! What is written as RFC 5545 is read back, equal, by two readers that are not
//! ours; and whatever stands in a record that is recognised, the text of its
//! calendar keeps to RFC 5545 as far as lines go.

use std::fmt::Write as _;

use caldb::Profile;
use caldb::ics::line::{ContentLine, is_unwritable};
use caldb::ics::{CalendarText, place};
use caldb::record::recognise;
use ical::IcalParser;
use ical::property::Property;
use icalendar::parser;
use proptest::prelude::*;

/// A text as one that is written comes back.
fn writable(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    text.chars()
        .map(|c| if is_unwritable(c) { '\u{fffd}' } else { c })
        .collect()
}

/// A text without its escapes: RFC 5545, 3.3.11.
fn unescaped(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next().expect("a backslash escapes something") {
                'n' | 'N' => out.push('\n'),
                escaped @ ('\\' | ';' | ',') => out.push(escaped),
                other => panic!("\\{other} is no escape"),
            },
            ';' | ',' => panic!("{c} is to be escaped"),
            c => out.push(c),
        }
    }
    out
}

/// A text without its white space: the crate `ical` takes that off the ends of
/// the pieces of a line.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

fn calendar(lines: &[ContentLine]) -> String {
    let mut text = b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nBEGIN:VEVENT\r\n".to_vec();
    for line in lines {
        line.print(&mut text);
    }
    text.extend_from_slice(b"END:VEVENT\r\nEND:VCALENDAR\r\n");
    String::from_utf8(text).unwrap()
}

/// The properties of the one event, as the crate `ical` reads them.
fn by_ical(text: &str) -> Vec<Property> {
    let mut calendars = IcalParser::new(text.as_bytes());
    let mut calendar = calendars.next().unwrap().unwrap();
    assert!(calendars.next().is_none());
    assert_eq!(calendar.events.len(), 1);
    calendar.events.remove(0).properties
}

/// What fails is printed whole, so nothing is kept for another time.
fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// A text of anything, with what matters often.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ \t\\\\;,:\"\r\nnN=a-c]{0,200}",
        "[\u{0}-\u{1f}\u{7f}-\u{a0}\u{feff}\u{2028}\u{2029}äü予🗓 ]{0,200}",
        "(END:VEVENT\r\n|BEGIN:VALARM\n|x)*",
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_text_comes_back_equal(text in texts()) {
        // The crate `ical` takes a colon at the beginning for the one before it.
        let text = format!("a{text}");
        let written = calendar(&[ContentLine::new("SUMMARY").text(&text)]);
        let wanted = writable(&text);
        let read = by_ical(&written);
        prop_assert_eq!(read.len(), 1);
        let found = read[0].value.as_deref().unwrap_or_default();
        prop_assert_eq!(shown(&unescaped(found)), shown(&wanted));

        // This one takes escapes out itself.
        let unfolded = parser::unfold(&written);
        let read = parser::read_calendar(&unfolded).unwrap();
        prop_assert_eq!(read.components.len(), 1);
        let properties = &read.components[0].properties;
        prop_assert_eq!(properties.len(), 1);
        prop_assert_eq!(properties[0].val.as_ref(), wanted);
    }

    #[test]
    fn a_parameter_comes_back_equal(value in texts()) {
        let line = ContentLine::new("ATTENDEE").param("CN", [value.as_str()], true);
        let written = calendar(&[line.raw("mailto:a@example.com")]);
        // Quotes and line ends have no way to be said in one.
        let wanted = writable(&value).replace('"', "'").replace('\n', " ");
        let read = by_ical(&written);
        prop_assert_eq!(read[0].value.as_deref(), Some("mailto:a@example.com"));
        let params = read[0].params.clone().unwrap();
        prop_assert_eq!(params.len(), 1);
        let (name, values) = &params[0];
        prop_assert_eq!((name.as_str(), values.len()), ("CN", 1));
        prop_assert_eq!(shown(&values[0]), shown(&wanted));
    }
}

/// Names, some known, some not, some not even names of RFC 5545.
const NAMES: [&str; 26] = [
    "UID",
    "DTSTAMP",
    "DTSTART",
    "DTEND",
    "DURATION",
    "RECURRENCE-ID",
    "RRULE",
    "EXDATE",
    "RDATE",
    "SUMMARY",
    "LOCATION",
    "CATEGORIES",
    "ORGANIZER",
    "ATTENDEE",
    "ATTACH",
    "GEO",
    "PRIORITY",
    "STATUS",
    "URL",
    "TRIGGER",
    "ACTION",
    "X-NSCP-CHARSET",
    "X-NSCP-TRIGGERED_BY",
    "x.y",
    "X-NSCP-TOMBSTONE",
    "X-NSCP-ORGANIZER-EMAIL",
];

/// Values of all types, and anything.
fn values() -> impl Strategy<Value = Vec<u8>> {
    let fitting = prop_oneof![
        Just("20060525T153000Z"),
        Just("20060525T153000"),
        Just("20060525"),
        Just("0"),
        Just("FREQ=DAILY;COUNT=3"),
        Just("-PT15M"),
        Just("mailto:a@example.com"),
        Just("jdoe:work"),
        Just("EMAIL"),
        Just("<NONE>"),
        Just("Shift_JIS"),
        Just("UTF-16"),
        Just("a\\,b,c\\n;\\\\"),
    ];
    prop_oneof![
        fitting.prop_map(|text| text.as_bytes().to_vec()),
        texts().prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..120),
    ]
}

fn params() -> impl Strategy<Value = Vec<u8>> {
    const PARAMS: [&[u8]; 8] = [
        b"",
        b";VALUE=DATE",
        b";TZID=Europe/Paris",
        b";TZID=\"My, own: zone\"",
        b";CN=\"a;b\",c;CUSTOM",
        b";X-A_B=\xff\x1b",
        b";X-S1CS-EMAIL=a@b",
        b";CHARSET=ISO-2022-JP;ENCODING=BASE64",
    ];
    prop::sample::select(&PARAMS[..]).prop_map(<[u8]>::to_vec)
}

/// A component or an alarm of such lines; what would end a line of it does so.
fn component(name: &'static str, inner: bool) -> impl Strategy<Value = Vec<u8>> {
    let line = (prop::sample::select(&NAMES[..]), params(), values());
    let lines = prop::collection::vec((line, 0..12_u8), 0..14);
    lines.prop_map(move |lines| {
        let mut value = format!("BEGIN:{name}\r\n").into_bytes();
        let mut add = |text: &[u8]| value.extend_from_slice(text);
        for ((name, params, text), opens) in lines {
            let opens = inner && opens == 0;
            if opens {
                add(b"BEGIN:VALARM\r\n");
            }
            add(name.as_bytes());
            add(&params);
            add(b":");
            let ends = |byte: &u8| matches!(byte, b'\r' | b'\n');
            for (index, part) in text.split(ends).enumerate() {
                add(if index > 0 { b"\n " } else { b"" });
                add(part);
            }
            add(b"\r\n");
            if opens {
                add(b"END:VALARM\r\n");
            }
        }
        value.extend_from_slice(format!("END:{name}\r\n").as_bytes());
        value
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_a_record_holds_its_calendar_is_read(
        rows in prop::collection::vec(
            prop_oneof![
                (Just("ics50events.db"), component("VEVENT", true)),
                (Just("ics50todos.db"), component("VTODO", true)),
                (Just("ics50recurring.db"), component("VTODO", false)),
                (Just("ics50alarms.db"), component("VALARM", false)),
            ],
            1..5,
        ),
        uids in prop::collection::vec(prop_oneof!["[a-b]", "\\PC*"], 5),
    ) {
        let rows: Vec<_> = rows.iter().zip(&uids).map(|((file, value), uid)| {
            let uid = uid.replace('\0', "");
            let aid = if *file == "ics50alarms.db" { "\x001" } else { "" };
            let form = Profile::shipped().file(file).unwrap().form();
            (form, format!("jdoe\0{uid}\x000{aid}"), value)
        }).collect();
        let records = rows.iter().filter_map(|(form, key, value)| {
            recognise(form, key.as_bytes(), value).record()
        });
        let mut records: Vec<_> = records.collect();
        records.sort_by_cached_key(|record| place(record));
        let mut calendar = CalendarText::begin(Vec::new(), b"jdoe\r\nX:y");
        for record in &records {
            calendar.add(record, "UTF-8").unwrap();
        }
        let (text, tally) = calendar.finish().unwrap();
        let text = String::from_utf8(text).unwrap();
        let lines = text.strip_suffix("\r\n").unwrap().split("\r\n");
        for line in lines {
            prop_assert!(line.len() <= 75, "{}", line);
            prop_assert!(!line.contains(|c| is_unwritable(c) || c == '\r' || c == '\n'), "{line:?}");
        }
        let counts = (tally.events, tally.todos, tally.alarms);
        prop_assert_eq!(count_by_ical(&text), counts, "{}", text);
        prop_assert_eq!(count_by_icalendar(&text), counts, "{}", text);
    }
}

fn len<T>(items: &[T]) -> u64 {
    u64::try_from(items.len()).unwrap()
}

fn count_by_ical(text: &str) -> (u64, u64, u64) {
    let calendars: Result<Vec<_>, _> = IcalParser::new(text.as_bytes()).collect();
    let calendars = calendars.unwrap();
    assert_eq!(calendars.len(), 1);
    let calendar = &calendars[0];
    let of_events = calendar.events.iter().map(|one| len(&one.alarms));
    let of_todos = calendar.todos.iter().map(|one| len(&one.alarms));
    let alarms = of_events.chain(of_todos).sum();
    (len(&calendar.events), len(&calendar.todos), alarms)
}

fn count_by_icalendar(text: &str) -> (u64, u64, u64) {
    let unfolded = parser::unfold(text);
    let calendar = parser::read_calendar(&unfolded);
    let calendar = calendar.unwrap_or_else(|error| panic!("{error}\n{text}"));
    let count = |name: &str| {
        let of_name = calendar.components.iter().filter(|one| one.name == name);
        u64::try_from(of_name.count()).unwrap()
    };
    let alarms = calendar
        .components
        .iter()
        .filter(|one| one.name != "VTIMEZONE");
    let alarms = alarms.map(|one| len(&one.components)).sum();
    (count("VEVENT"), count("VTODO"), alarms)
}

#[test]
fn a_long_text_is_folded_and_comes_back() {
    let mut long = String::new();
    for number in 0..2_000 {
        let _ = write!(long, "{number}; ü, 予\\定\n ");
    }
    let written = calendar(&[ContentLine::new("DESCRIPTION").text(&long)]);
    assert!(written.lines().all(|line| line.len() <= 75));
    let read = by_ical(&written);
    // All but the white space at its end.
    let read = unescaped(read[0].value.as_deref().unwrap());
    assert_eq!(read, long.trim_end_matches(' '));
}
