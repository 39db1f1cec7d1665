//! `--export-ics`: every component of a store, but for the deleted, is in texts
//! that two readers of RFC 5545 take, neither of them ours; what is not
//! recognised is counted and named; the source is only read, and calendar ids
//! lead nowhere.

mod support;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, FileSink};
use csmigrate::export::{calid_of, file_name};
use ical::IcalParser;
use icalendar::parser;
use support::{
    CSMIGRATE, Listing, explained, explained_lines, listing, names, sandbox, stderr, testdata,
};

fn export(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(CSMIGRATE);
    command.current_dir(dir).arg("--export-ics").args(args);
    support::output(&mut command).unwrap()
}

/// How a directory changed, but for the time that its own entry has: what came
/// went again.
fn changes(before: &Listing, dir: &Path) -> Vec<String> {
    let mut changes = support::changed(before, dir);
    changes.retain(|line| line != "~ .");
    changes
}

/// What a directory of texts holds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Counted {
    events: usize,
    todos: usize,
    alarms: usize,
}

/// The texts of a directory by their names, and what both readers count in all.
fn texts(dir: &Path) -> (BTreeMap<OsString, String>, Counted) {
    let mut texts = BTreeMap::new();
    let mut counted = Counted::default();
    for name in names(dir) {
        let text = fs::read_to_string(dir.join(&name)).unwrap();
        let by_ical = by_ical(&text);
        assert_eq!(by_ical, by_icalendar(&text), "{}", name.display());
        counted.events += by_ical.events;
        counted.todos += by_ical.todos;
        counted.alarms += by_ical.alarms;
        texts.insert(name, text);
    }
    (texts, counted)
}

fn by_ical(text: &str) -> Counted {
    let calendars: Result<Vec<_>, _> = IcalParser::new(text.as_bytes()).collect();
    let calendars = calendars.unwrap();
    assert_eq!(calendars.len(), 1);
    let calendar = &calendars[0];
    let of_events = calendar.events.iter().map(|one| one.alarms.len());
    let of_todos = calendar.todos.iter().map(|one| one.alarms.len());
    Counted {
        events: calendar.events.len(),
        todos: calendar.todos.len(),
        alarms: of_events.chain(of_todos).sum(),
    }
}

fn by_icalendar(text: &str) -> Counted {
    let unfolded = parser::unfold(text);
    let calendar = parser::read_calendar(&unfolded).unwrap();
    let mut counted = Counted::default();
    for component in &calendar.components {
        match component.name.as_str() {
            "VEVENT" => counted.events += 1,
            "VTODO" => counted.todos += 1,
            "VTIMEZONE" => continue,
            other => panic!("{other}"),
        }
        counted.alarms += component.components.len();
    }
    counted
}

/// A number that the composer of the samples tells of them.
fn told(what: &str) -> usize {
    let text = fs::read_to_string(testdata().join("README.md")).unwrap();
    let cells = text.lines().map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        (cells.next(), cells.next())
    });
    let mut found = cells.filter(|(name, _)| *name == Some(what));
    let (_, number) = found.next().unwrap_or_else(|| panic!("{what}"));
    number.unwrap().parse().unwrap()
}

#[test]
fn the_samples_are_exported_whole_in_either_byte_order() {
    let mut all = Vec::new();
    for sample in ["composed-le", "composed-be"] {
        let dir = support::sandbox_with(sample);
        let before = listing(&dir.path().join("old"));
        let output = export(dir.path(), &["ics", "old"]);
        assert_eq!(stderr(&output), "");
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(listing(&dir.path().join("old")), before);
        let (texts, counted) = texts(&dir.path().join("ics"));
        let components = told("ics50events.db") + told("ics50todos.db");
        assert_eq!(
            counted.events + counted.todos,
            components - told("tombstones")
        );
        assert_eq!(counted.todos, told("ics50todos.db"));
        // Every alarm of the queue stands in its component too, but for those
        // at time 0 and that of a tombstone.
        assert_eq!(
            counted.alarms,
            told("ics50alarms.db") - told("zero triggers") - 1
        );
        assert_eq!(texts.len(), told("ics50calprops.db"));
        let all_texts = texts.values().map(String::as_str).collect::<String>();
        assert_eq!(all_texts.matches("\r\nRRULE").count(), told("masters"));
        assert_eq!(
            all_texts.matches("\r\nRECURRENCE-ID").count(),
            told("exceptions")
        );
        for (name, text) in &texts {
            let calid = String::from_utf8(calid_of(name).unwrap()).unwrap();
            assert!(
                text.contains(&format!("\r\nX-WR-RELCALID:{calid}\r\n")),
                "{calid}"
            );
        }
        all.push(texts);
    }
    assert_eq!(all[0], all[1]);
}

/// Writes a database of these records, which are in order.
fn database(path: &Path, records: &BTreeMap<Vec<u8>, Vec<u8>>) {
    let file = fs::File::create(path).unwrap();
    let sink = FileSink::new(path.display().to_string(), file);
    let (head, params) = (FileParams::default(), BtreeParams::default());
    let mut builder = BtreeBuilder::new(sink, &head, &params).unwrap();
    for (key, value) in records {
        builder.push(key, value).unwrap();
    }
    builder.finish().unwrap();
}

fn event(summary: &str) -> Vec<u8> {
    format!(
        "BEGIN:VEVENT\r\nUID:1\r\nDTSTART:20060525T153000Z\r\nSUMMARY:{summary}\r\nEND:VEVENT\r\n"
    )
    .into_bytes()
}

/// A key of an event of a calendar.
fn key(calid: &[u8], uid: &str) -> Vec<u8> {
    [calid, b"\0", uid.as_bytes(), b"\x000"].concat()
}

#[test]
fn calendar_ids_lead_nowhere_and_what_is_not_recognised_is_named() {
    let long = "x".repeat(3000);
    let calids: [&[u8]; 14] = [
        b"../escape",
        b"/etc/passwd",
        b".",
        b"..",
        b"-rf",
        b"a\r\nEND:VCALENDAR",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"Case",
        b"case",
        b"con",
        b"a%2fb",
        long.as_bytes(),
        b"\x1b[2J",
    ];
    let dir = sandbox();
    fs::create_dir(dir.path().join("old")).unwrap();
    let records = calids.iter().map(|calid| (key(calid, "1"), event("a")));
    let mut records: BTreeMap<_, _> = records.collect();
    records.insert(b"no key of ours".to_vec(), b"no lines of ours".to_vec());
    records.insert(
        key(b"case", "2"),
        b"BEGIN:VEVENT\r\nEND:VEVENT\r\n".to_vec(),
    );
    database(&dir.path().join("old/ics50events.db"), &records);
    let unknown = BTreeMap::from([(b"a".to_vec(), b"b".to_vec())]);
    database(&dir.path().join("old/ics50zebra.db"), &unknown);
    let before = listing(&dir.path().join("old"));

    let output = export(dir.path(), &["ics", "old"]);
    let lines = explained_lines(&output);
    assert_eq!(lines.len(), 3, "{lines:?}");
    for (line, says) in lines.iter().zip([
        "1 records of ics50events.db are not recognised",
        "1 records of ics50zebra.db are not recognised",
        "1 events have no start",
    ]) {
        assert!(line.contains(says), "{line}");
        assert!(
            line.contains("a migration keeps them byte for byte"),
            "{line}"
        );
    }
    let screen = String::from_utf8(output.stdout).unwrap();
    assert!(screen.contains("calendar case: event 2\n"), "{screen}");
    assert!(
        !screen.contains('\u{1b}') && !screen.contains('\r'),
        "{screen:?}"
    );
    assert_eq!(listing(&dir.path().join("old")), before);
    assert_eq!(names(dir.path()), ["ics", "old"]);
    let (texts, counted) = texts(&dir.path().join("ics"));
    assert_eq!(counted.events, calids.len());
    let mut wanted: Vec<OsString> = calids.iter().map(|calid| file_name(calid)).collect();
    wanted.sort();
    assert_eq!(texts.keys().cloned().collect::<Vec<_>>(), wanted);
}

#[test]
fn where_nothing_is_recognised_nothing_is_written() {
    let dir = support::sandbox_with("composed-le");
    let mut profile = String::new();
    for file in [
        "calprops",
        "events",
        "todos",
        "alarms",
        "gse",
        "recurring",
        "deletelog",
    ] {
        let _ = writeln!(
            profile,
            "[value.\"ics50{file}.db\"]\nform = \"opaque\"\nmark = \"assumed\"\nbasis = \"a test\""
        );
    }
    fs::write(dir.path().join("mine.toml"), profile).unwrap();
    let before = listing(dir.path());
    let output = export(dir.path(), &["ics", "old", "--profile", "mine.toml", "-q"]);
    let lines = explained_lines(&output);
    assert!(
        lines.last().unwrap().contains("nothing was exported"),
        "{lines:?}"
    );
    let events = format!(
        "{} records of ics50events.db are not",
        told("ics50events.db")
    );
    assert!(lines.iter().any(|line| line.contains(&events)), "{lines:?}");
    assert!(output.stdout.is_empty());
    assert_eq!(changes(&before, dir.path()), [""; 0]);
}

#[test]
fn what_cannot_be_done_is_refused_and_leaves_nothing() {
    let dir = support::sandbox_with("composed-le");
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("full")).unwrap();
    fs::write(at("full/thesis.txt"), "precious").unwrap();
    fs::write(at("file"), "").unwrap();
    support::copy_dir(&at("old"), &at("damaged"));
    support::flip(&at("damaged/ics50todos.db"), 3 * 4096, 4096);
    let before = listing(dir.path());
    for (args, says) in [
        (
            &["full", "old"][..],
            "full is not empty: it holds thesis.txt",
        ),
        (&["file", "old"], "file is not a directory"),
        (&["old", "old"], "is the source directory itself"),
        (&["old/ics", "old"], "lies inside the source directory"),
        (&["nowhere/ics", "old"], "nowhere does not exist"),
        (&["ics", "older"], "source directory older does not exist"),
        (&["ics", "damaged"], "ics50todos.db"),
        (&["ics"], "source_dbdir is missing"),
        (&["", "old"], "the name of the export directory is empty"),
        (&["ics", "old", "new"], "2 directories are named"),
        (&["ics", "old", "-d"], "-d has no meaning with --export-ics"),
        (
            &["ics", "old", "--no-recover", "--ignore-logs"],
            "--no-recover refuses",
        ),
    ] {
        let line = explained(&export(dir.path(), args));
        assert!(line.contains(says), "{line}");
        assert_eq!(changes(&before, dir.path()), [""; 0], "{args:?}");
    }
}

#[test]
fn a_store_that_was_not_cleanly_shut_down_is_recovered_or_refused() {
    let dir = support::sandbox_with("composed-le");
    // A process that is attached and gone.
    let region = dir.path().join("old/__db.001");
    let mut bytes = fs::read(&region).unwrap();
    bytes[56] = 1;
    fs::write(&region, bytes).unwrap();
    let before = listing(&dir.path().join("old"));
    let line = explained(&export(dir.path(), &["refused", "old", "--no-recover"]));
    assert!(line.contains("was not cleanly shut down"), "{line}");
    for (target, args) in [("recovered", &[][..]), ("ignored", &["--ignore-logs"])] {
        let output = export(dir.path(), &[&[target, "old"], args].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let screen = String::from_utf8(output.stdout).unwrap();
        assert_eq!(screen.contains("\nrecover  "), args.is_empty(), "{screen}");
        assert_eq!(listing(&dir.path().join("old")), before);
    }
    assert_eq!(names(dir.path()), ["ignored", "logs", "old", "recovered"]);
    let [recovered, ignored] = ["recovered", "ignored"].map(|name| texts(&dir.path().join(name)));
    assert_eq!(recovered, ignored);
}

#[test]
fn what_a_killed_export_left_is_removed_and_anything_else_is_not() {
    let dir = support::sandbox_with("composed-le");
    let left = dir.path().join(".ics.csmigrate-export");
    fs::create_dir(&left).unwrap();
    fs::write(left.join("thesis.txt"), "precious").unwrap();
    let line = explained(&export(dir.path(), &["ics", "old"]));
    assert!(line.contains("it holds thesis.txt"), "{line}");
    fs::remove_file(left.join("thesis.txt")).unwrap();
    fs::write(left.join("jdoe%3awork.ics"), "half").unwrap();
    // An empty directory keeps its mode.
    fs::create_dir(dir.path().join("ics")).unwrap();
    support::set_mode(&dir.path().join("ics"), 0o750);
    let output = export(dir.path(), &["ics", "old"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(names(dir.path()), ["ics", "logs", "old"]);
    let mode = std::os::unix::fs::PermissionsExt::mode(
        &fs::metadata(dir.path().join("ics")).unwrap().permissions(),
    );
    assert_eq!(mode & 0o777, 0o750);
}

/// More than the sort holds in memory, so that it goes through a file; the
/// calendars of the two files come in no common order.
#[test]
fn more_than_memory_holds_is_sorted_in_a_file() {
    const EACH: u32 = 3_000;
    let dir = sandbox();
    fs::create_dir(dir.path().join("old")).unwrap();
    let text = "words and words and words; ".repeat(200);
    for (file, name) in [("ics50events.db", "VEVENT"), ("ics50todos.db", "VTODO")] {
        let value = String::from_utf8(event(&text))
            .unwrap()
            .replace("VEVENT", name);
        let records = (0..EACH).map(|number| {
            let calid = format!("user{:02}", number % 40);
            (
                key(calid.as_bytes(), &format!("{name}{number}")),
                value.clone().into_bytes(),
            )
        });
        database(&dir.path().join("old").join(file), &records.collect());
    }
    let output = export(dir.path(), &["ics", "old"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(names(dir.path()), ["ics", "old"]);
    let (texts, counted) = texts(&dir.path().join("ics"));
    let each = usize::try_from(EACH).unwrap();
    assert_eq!(
        (counted.events, counted.todos, texts.len()),
        (each, each, 40)
    );
}
