//! Names and data may hold anything: escape sequences, line ends, marks that
//! turn a line around. On screen, in the logs and in reports they are text, and an
//! entry is a line.

#[path = "../../bdbfile-cli/tests/support/shown.rs"]
mod shown;
#[path = "../../bdbfile-cli/tests/support/store.rs"]
mod store;
mod support;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use shown::{HOSTILE, assert_harmless, changed, hostile, several, shows_hostile};
use store::{Field, NONE, RENAME, Store};
use support::{CSMIGRATE, csmigrate, names, sandbox, stderr, testdata};
use tempfile::TempDir;

type Change = fn(&[u8], &[u8]) -> (Vec<u8>, Vec<u8>);

/// What is replaced in keys and values of the sample store.
const CHANGES: [Change; 3] = [
    // A calendar's name, which is in all keys.
    |key, value| (replaced(key, b"jdoe", HOSTILE), value.to_vec()),
    // A text, as it may stand in a line, and one that breaks it.
    |key, value| {
        let one_line: Vec<u8> = HOSTILE.iter().copied().filter(|it| *it != b'\n').collect();
        let value = replaced(value, b"SUMMARY:", &[b"SUMMARY:", &*one_line].concat());
        (
            key.to_vec(),
            replaced(&value, b"UID:", &[b"UID:", &*one_line].concat()),
        )
    },
    |key, value| {
        let all = |bytes| replaced(bytes, b"jdoe", HOSTILE);
        (all(key), replaced(&all(value), b"\r\n", HOSTILE))
    },
];

fn replaced(bytes: &[u8], what: &[u8], by: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while let Some(at) = rest.windows(what.len()).position(|it| it == what) {
        out.extend(&rest[..at]);
        out.extend(by);
        rest = &rest[at + what.len()..];
    }
    out.extend(rest);
    out
}

/// A sandbox with a store in `old` whose records were changed, and in which
/// all that can have a name of its own has a hostile one.
fn hostile_store(change: Change) -> TempDir {
    let sandbox = sandbox();
    let old = sandbox.path().join("old");
    fs::create_dir(&old).unwrap();
    for name in names(&testdata().join("composed-le")) {
        let path = testdata().join("composed-le").join(&name);
        if path.extension() == Some(OsStr::new("db")) {
            fs::write(old.join(name), changed(&path, change)).unwrap();
        }
    }
    fs::write(
        old.join("ics50caldb.conf"),
        [b"caldb.version = 6.2", HOSTILE].concat(),
    )
    .unwrap();
    fs::write(old.join(hostile("ics50", ".db")), several()).unwrap();
    fs::write(old.join(hostile("__db.", "")), HOSTILE).unwrap();
    fs::write(old.join(hostile("notes", "")), HOSTILE).unwrap();
    sandbox
}

/// All that a run showed: on screen, in its logs, in the reports `r.json` and
/// `r.html`.
fn shown_by(dir: &Path, output: &Output) -> Vec<(String, Vec<u8>)> {
    let mut shown = vec![
        ("stdout".to_owned(), output.stdout.clone()),
        ("stderr".to_owned(), output.stderr.clone()),
    ];
    for name in names(&dir.join("logs")) {
        let bytes = fs::read(dir.join("logs").join(&name)).unwrap();
        shown.push((name.into_string().unwrap(), bytes));
    }
    for name in ["r.json", "r.html"] {
        if let Ok(report) = fs::read(dir.join(name)) {
            shown.push((name.to_owned(), report));
        }
    }
    shown
}

/// Holds all that a run showed to the promise; which of it shows something
/// hostile.
#[track_caller]
fn check(what: &str, dir: &Path, output: &Output) -> Vec<String> {
    let mut hostile = Vec::new();
    for (place, bytes) in shown_by(dir, output) {
        assert_harmless(&format!("{what}: {place}"), &bytes);
        if place.starts_with("csmigrate") {
            assert_one_line_an_entry(&format!("{what}: {place}"), &bytes);
        }
        if place == "r.json" || bytes.starts_with(b"{") {
            let json: Value = serde_json::from_slice(&bytes).unwrap();
            assert!(json.is_object(), "{what}: {place}");
        }
        if shows_hostile(&bytes) {
            hostile.push(place);
        }
    }
    hostile
}

/// Every line begins with a time and a process, or is one of a listing.
#[track_caller]
fn assert_one_line_an_entry(what: &str, log: &[u8]) {
    for line in String::from_utf8_lossy(log).lines() {
        let listed = ["saved ", "lost ", "damage "];
        let is_listed = listed.iter().any(|word| line.starts_with(word));
        let is_timed = line.get(19..22) == Some("Z [") && line.contains("] ");
        assert!(is_listed || is_timed, "{what}: {line}");
    }
}

fn inspect(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(CSMIGRATE);
    command.args(args).args(["--inspect", "old"]);
    command.current_dir(dir).output().unwrap()
}

#[test]
fn of_a_store() {
    for (number, change) in CHANGES.into_iter().enumerate() {
        let sandbox = hostile_store(change);
        let dir = sandbox.path();
        fs::create_dir(dir.join("logs")).unwrap();
        for args in [&[][..], &["--json"]] {
            let output = inspect(dir, args);
            assert!(output.status.success(), "{}", stderr(&output));
            let hostile = check(&format!("inspect {args:?} {number}"), dir, &output);
            assert_eq!(hostile, ["stdout"]);
        }
        // The region says that the store is not clean.
        let rules = ["-l", "max", "--rules", "inferred", "--ignore-logs"];
        for (args, places) in [
            (
                &[
                    "-d", "--report", "r.json", "--report", "r.html", "old", "new",
                ][..],
                &["stdout", "csmigrate.log", "r.json", "r.html"][..],
            ),
            (
                &["--report", "-", "old", "new"],
                &["stdout", "csmigrate.log", "r.json", "r.html"],
            ),
            // The target is not empty now.
            (
                &["-b", "other", "old", "new"],
                &["csmigrate.log", "r.json", "r.html"],
            ),
        ] {
            let output = csmigrate(dir, rules.iter().chain(args)).output().unwrap();
            let ended = format!("{args:?} {number}: {}", stderr(&output));
            let hostile = check(&ended, dir, &output);
            assert_eq!(hostile, places, "{ended}");
        }
    }
}

#[test]
fn of_a_damaged_store() {
    for (salvages, change) in [false, true]
        .into_iter()
        .flat_map(|it| CHANGES.map(|change| (it, change)))
    {
        let sandbox = hostile_store(change);
        let dir = sandbox.path();
        let mut damaged = vec![(hostile("ics50", ".db"), 4)];
        if salvages {
            damaged.push((OsString::from("ics50events.db"), 3));
        }
        for (name, page) in damaged {
            // The count of items and the place where they begin.
            support::flip(&dir.join("old").join(name), page * 4096 + 20, 4);
        }
        // The region says that the store is not clean.
        let always = [
            "-l",
            "max",
            "--report",
            "r.json",
            "--report",
            "r.html",
            "--ignore-logs",
        ];
        let (args, places) = if salvages {
            (
                &["--salvage", "--publish-salvaged", "old", "new"][..],
                &[
                    "stdout",
                    "csmigrate.log",
                    "csmigrateSalvage.log",
                    "r.json",
                    "r.html",
                ][..],
            )
        } else {
            (
                &["old", "new"][..],
                &[
                    "stdout",
                    "stderr",
                    "csmigrate.log",
                    "csmigrateError.log",
                    "r.json",
                    "r.html",
                ][..],
            )
        };
        let output = csmigrate(dir, always.iter().chain(args)).output().unwrap();
        assert_eq!(output.status.code(), Some(255));
        let hostile = check(&format!("{args:?}"), dir, &output);
        assert_eq!(hostile, places, "{}", stderr(&output));
    }
}

/// Names in the logs, of a store that is recovered and of one that is refused.
#[test]
fn of_the_logs_of_a_killed_server() {
    for refused in [false, true] {
        let sandbox = sandbox();
        let dir = sandbox.path();
        fs::create_dir(dir.join("old")).unwrap();
        let mut store = Store::make(&dir.join("old"));
        let name = [HOSTILE, b"\0"].concat();
        store.log.opens(&name, &[7; 20], 1);
        store.log.makes(0x8000_0002, NONE, &name);
        if refused {
            let uid = store.uid.clone();
            let renamed = [
                Field::Bytes(b"ics50gse.db\0"),
                Field::Bytes(&name),
                Field::Bytes(&uid),
                Field::U32(1),
            ];
            let last = store.log.record(RENAME, 0x8000_0003, NONE, &renamed);
            store.log.commit(0x8000_0003, last);
        }
        store.save();
        fs::write(dir.join("old").join(hostile("beside", "")), several()).unwrap();
        let args = [
            "-l", "max", "--report", "r.json", "--report", "r.html", "old", "new",
        ];
        let output = csmigrate(dir, args).output().unwrap();
        assert_eq!(output.status.success(), !refused, "{}", stderr(&output));
        let hostile = check("recovered", dir, &output);
        assert_eq!(hostile.contains(&"stderr".to_owned()), refused);
        assert!(hostile.contains(&"csmigrate.log".to_owned()));
        let output = inspect(dir, &[]);
        let hostile = check("inspected", dir, &output);
        assert!(
            hostile.contains(&"stdout".to_owned()),
            "{}",
            stderr(&output)
        );
    }
}

#[test]
fn of_arguments_and_of_a_profile() {
    let sandbox = support::sandbox_with("composed-le");
    let dir = sandbox.path();
    let odd = OsStr::from_bytes(HOSTILE);
    let plain = OsStr::new;
    let profile = hostile("profile", ".toml");
    let text = String::from_utf8_lossy(HOSTILE);
    fs::write(dir.join(&profile), format!("[files]\n\"{text}\" = 1\n")).unwrap();
    let missing = hostile("missing/", "/r.json");
    for args in [
        vec![plain("--profile"), &*profile, plain("old"), plain("new")],
        vec![plain("--profile"), odd, plain("old"), plain("new")],
        vec![plain("--rules"), odd, plain("old"), plain("new")],
        vec![plain("--threads"), odd, plain("old"), plain("new")],
        vec![plain("-l"), odd, plain("old"), plain("new")],
        vec![plain("-b"), &*missing, plain("old"), plain("new")],
        vec![plain("--report"), &*missing, plain("old"), plain("new")],
        vec![plain("--log-dir"), odd, plain("old"), plain("new")],
        vec![odd, plain("new")],
        vec![plain("old"), &*missing],
        vec![plain("--inspect"), odd],
    ] {
        let output = csmigrate(dir, &args).output().unwrap();
        assert_eq!(output.status.code(), Some(255), "{args:?}");
        check(&format!("{args:?}"), dir, &output);
        assert!(!output.stderr.is_empty());
    }
    let option = hostile("--", "");
    let output = csmigrate(dir, [option]).output().unwrap();
    assert_eq!(output.status.code(), Some(255));
    assert!(check("option", dir, &output).contains(&"stderr".to_owned()));
}
