//! Names and data may hold anything: escape sequences, line ends, marks that
//! turn a line around. All that a command prints of them is text, on either
//! stream, in either form.

#[path = "support/shown.rs"]
mod shown;
#[path = "support/store.rs"]
mod store;
mod support;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use shown::{HOSTILE, assert_harmless, changed, hostile, several, shows_hostile};
use store::{Field, NONE, RENAME, Store};
use support::{bdbfile, complaint, testdata};

/// Runs a command and holds what it prints to the promise; whether something
/// hostile is shown.
#[track_caller]
fn check(args: &[&OsStr]) -> bool {
    let output = bdbfile(args);
    let what = format!("{args:?}");
    assert_harmless(&what, &output.stdout);
    assert_harmless(&what, &output.stderr);
    for line in complaint(&output).lines() {
        assert!(line.starts_with("bdbfile: "), "{what}: {line}");
    }
    if args.contains(&OsStr::new("--json")) && output.status.success() {
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(json["file"].is_string());
    }
    shows_hostile(&output.stdout) || shows_hostile(&output.stderr)
}

/// Every command that reads a file and may print something of it. Those that
/// write are given a new name each.
fn try_all(file: &Path, dir: &Path) -> usize {
    let commands: &[&[&str]] = &[
        &["stat"],
        &["stat", "--json"],
        &["verify"],
        &["dump"],
        &["dump", "-p"],
        &["dump", "-l"],
        &["dump", "-s", "no such name"],
        &["salvage"],
        &["salvage", "-p", "--aggressive"],
        &["convert"],
        &["convert", "--kind", "recno"],
        &["convert", "--page-size", "512"],
        &["rebuild"],
    ];
    let mut shown = 0;
    for command in commands {
        let mut args: Vec<&OsStr> = command.iter().map(OsStr::new).collect();
        args.push(file.as_os_str());
        let target = dir.join(hostile("new", ""));
        let _ = fs::remove_file(&target);
        if ["convert", "rebuild"].contains(&command[0]) {
            args.push(target.as_os_str());
        }
        shown += usize::from(check(&args));
    }
    shown
}

#[test]
fn of_files_whole_and_damaged() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join(hostile("file", ".db"));
    let sample = testdata("composed-le").join("ics50gse.db");
    let one = changed(&sample, |key, value| {
        ([key, HOSTILE].concat(), [HOSTILE, value].concat())
    });
    for bytes in [one, several()] {
        fs::write(&file, &bytes).unwrap();
        assert!(try_all(&file, dir.path()) >= 8, "most name the file");
        // Kind and flags of each page, its count of items and where they
        // begin, the first indexes, the first item: a bit, or all of them.
        for page in 0..bytes.len() / 4096 {
            for (at, mask) in [
                (12, 0x40),
                (20, 1),
                (20, 0xff),
                (22, 0xff),
                (25, 3),
                (26, 0x80),
            ] {
                let mut damaged = bytes.clone();
                damaged[page * 4096 + at] ^= mask;
                fs::write(&file, damaged).unwrap();
                for command in [["verify"], ["salvage"], ["stat"]] {
                    check(&[OsStr::new(command[0]), file.as_os_str()]);
                }
            }
        }
        // A file that is none, and one that is cut short.
        for len in [0, 100, 4096, bytes.len() - 1] {
            fs::write(&file, &bytes[..len]).unwrap();
            try_all(&file, dir.path());
        }
    }
}

#[test]
fn of_logs() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = Store::make(dir.path());
    let name = [HOSTILE, b"\0"].concat();
    let uid = store.uid.clone();
    store.log.opens(&name, &[7; 20], 1);
    store.log.makes(0x8000_0002, NONE, &name);
    let renamed = [
        Field::Bytes(b"ics50gse.db\0"),
        Field::Bytes(&name),
        Field::Bytes(&uid),
        Field::U32(1),
    ];
    let last = store.log.record(RENAME, 0x8000_0003, NONE, &renamed);
    store.log.commit(0x8000_0003, last);
    store.save();
    fs::write(dir.path().join(hostile("beside", ".db")), several()).unwrap();
    let place = dir.path().as_os_str();
    let file = dir.path().join(store::DATABASE);
    let text = |text| OsStr::new(text);
    assert!(check(&[text("log"), place]));
    assert!(check(&[text("log"), text("--full"), place]));
    check(&[
        text("log"),
        text("--file"),
        OsStr::from_bytes(HOSTILE),
        place,
    ]);
    for command in ["dump", "stat", "verify"] {
        assert!(
            check(&[text(command), text("--recover"), file.as_os_str()]),
            "the new name"
        );
    }
    // Torn within each of the records.
    let log = fs::read(dir.path().join(store::LOG)).unwrap();
    for len in (0..log.len()).step_by(7) {
        fs::write(dir.path().join(store::LOG), &log[..len]).unwrap();
        check(&[text("log"), place]);
    }
}

#[test]
fn of_arguments_and_of_a_text_that_is_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let odd = OsString::from(OsStr::from_bytes(HOSTILE));
    let option = hostile("--", "");
    let missing = dir.path().join(hostile("missing", "/file"));
    for command in ["dump", "stat", "verify", "salvage", "log", "load"] {
        let text = OsStr::new(command);
        assert!(check(&[text, missing.as_os_str()]), "{command}");
        assert!(check(&[text, &option]), "{command}");
    }
    assert!(check(&[&odd]));
    let (text, target) = (
        dir.path().join(hostile("text", "")),
        dir.path().join("new.db"),
    );
    for begins in [
        "",
        "VERSION=",
        "VERSION=3\nformat=",
        "VERSION=3\nformat=print\ntype=",
        "VERSION=3\nformat=print\ntype=btree\ndatabase=",
        "VERSION=3\nformat=print\ntype=btree\ndb_pagesize=",
        "VERSION=3\nformat=print\ntype=btree\nHEADER=END\n ",
        "VERSION=3\nformat=bytevalue\ntype=btree\nHEADER=END\n ",
        "VERSION=3\nformat=bytevalue\ntype=btree\nHEADER=END\n 61\n 62\nDATA=",
    ] {
        for more in [HOSTILE, b"\x1b[2J\xc2\x9b31m\xe2\x80\xae\n"] {
            fs::write(&text, [begins.as_bytes(), more].concat()).unwrap();
            let args = ["load", "-f"].map(OsStr::new);
            let _ = fs::remove_file(&target);
            let shown = check(&[args[0], args[1], text.as_os_str(), target.as_os_str()]);
            assert!(shown, "{begins:?}: the text is refused by its name");
        }
    }
}
