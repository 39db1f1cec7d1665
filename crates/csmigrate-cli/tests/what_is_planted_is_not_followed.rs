//! Links and pipes that somebody planted where a run reads or writes: in the
//! places of its staging directories, its backup, its logs and its report, and
//! in the place of a file of the source while the run is on. What they lead to
//! is neither changed nor copied, and nothing is waited for.

mod support;

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode};
use support::{
    StepByStep, changed, copy_dir, csmigrate, explained, fails, listing, log, names, run,
    sandbox_with, stderr, succeeds, testdata,
};
use tempfile::TempDir;

const LOGS: [&str; 2] = ["csmigrate.log", "csmigrateError.log"];

/// A sandbox with a store in `old` and another, which is precious, elsewhere.
fn with_precious() -> TempDir {
    let sandbox = sandbox_with("composed-le");
    copy_dir(
        &testdata().join("composed-be"),
        &sandbox.path().join("precious"),
    );
    sandbox
}

fn pipe(path: &Path) {
    rustix::fs::mknodat(CWD, path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
}

/// A link to a directory, a link to a file, one that leads nowhere, and a pipe.
fn plant(way: usize, path: &Path) {
    let dir = path.parent().unwrap();
    let up = if dir.ends_with("old") || dir.ends_with("logs") {
        "../"
    } else {
        ""
    };
    match way {
        0 => symlink(format!("{up}precious"), path).unwrap(),
        1 => symlink(format!("{up}precious/ics50events.db"), path).unwrap(),
        2 => symlink(format!("{up}precious/nowhere"), path).unwrap(),
        _ => pipe(path),
    }
}

/// Nothing changed but the logs, of which these are lines.
#[track_caller]
fn assert_nothing_changed(what: &str, before: &support::Listing, dir: &Path) {
    let mut changed = changed(before, dir);
    changed.retain(|line| !line.contains("./logs"));
    assert_eq!(changed, [""; 0], "{what}");
}

#[test]
fn in_the_places_of_staging_markers_and_backup() {
    let places = [
        ".new.csmigrate-staging",
        ".new.csmigrate-staging-published",
        "old/.backup.csmigrate-backup",
        "old/.backup.csmigrate-backup-published",
        "old/backup",
        "r.json",
    ];
    for place in places {
        for way in 0..4 {
            let sandbox = with_precious();
            let dir = sandbox.path();
            plant(way, &dir.join(place));
            let before = listing(dir);
            for dry in [true, false] {
                let report = ["--report", "r.json"];
                let args = report.into_iter().filter(|_| place == "r.json");
                let args = args.chain(dry.then_some("-d")).chain(["old", "new"]);
                let output = run(dir, args);
                let what = format!("{place} {way} {dry}: {}", stderr(&output));
                assert_eq!(output.status.code(), Some(255), "{what}");
                assert_nothing_changed(&what, &before, dir);
            }
        }
    }
}

/// The default place of a backup is in the source, which is not always of who
/// runs this. Where the link is named it is meant.
#[test]
fn a_link_that_is_named_is_followed() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    fs::create_dir(dir.join("disk2")).unwrap();
    symlink("../disk2", dir.join("old/backup")).unwrap();
    let message = fails(dir, ["old", "new"]);
    assert!(message.contains("old/backup is a link"), "{message}");
    assert!(names(&dir.join("disk2")).is_empty());
    succeeds(dir, ["-b", "old/backup", "old", "new"]);
    assert_eq!(names(&dir.join("disk2")).len(), 10);
}

#[test]
fn in_the_places_of_the_logs() {
    for name in LOGS {
        for way in 0..4 {
            let sandbox = with_precious();
            let dir = sandbox.path();
            plant(way, &dir.join("logs").join(name));
            let before = listing(dir);
            let message = fails(dir, ["old", "new"]);
            let what = format!("{name} {way}: {message}");
            assert!(message.contains("cannot open the log: this is "), "{what}");
            assert!(
                message.contains("name another place with --log-dir"),
                "{what}"
            );
            assert_nothing_changed(&what, &before, dir);
        }
    }
    // The listing of what is saved is opened when there is something to list.
    for way in 0..4 {
        let sandbox = with_precious();
        let dir = sandbox.path();
        support::flip(&dir.join("old/ics50events.db"), 3 * 4096 + 20, 4);
        plant(way, &dir.join("logs/csmigrateSalvage.log"));
        let precious = listing(&dir.join("precious"));
        let output = run(dir, ["--salvage", "old", "new"]);
        let message = stderr(&output);
        assert!(
            message.contains("csmigrateSalvage.log: this is "),
            "{message}"
        );
        assert_eq!(changed(&precious, &dir.join("precious")), [""; 0]);
    }
}

/// A pipe with the name of a region, which is looked at and belongs to nobody.
#[test]
fn pipes_in_the_source_are_not_waited_for() {
    for name in [
        "__db.001",
        "__db.7777777",
        "notes",
        "ics50x.db",
        "log.0000000099",
    ] {
        let sandbox = sandbox_with("composed-le");
        let dir = sandbox.path();
        let path = dir.join("old").join(name);
        let _ = fs::remove_file(&path);
        pipe(&path);
        let output = run(dir, ["old", "new"]);
        // It is refused, or is none of the store's.
        let ended = output.status.code();
        assert!(matches!(ended, Some(0 | 255)), "{name}: {ended:?}");
        assert_eq!(dir.join("new").exists(), ended == Some(0), "{name}");
        let mut inspect = std::process::Command::new(support::CSMIGRATE);
        let output = inspect.args(["--inspect", "old"]).current_dir(dir).output();
        assert!(output.unwrap().status.code().is_some(), "{name}");
    }
}

/// Puts something in the place of the todos.
type Swap = fn(&Path);

const SWAPS: [Swap; 4] = [
    |dir| swap(dir, |path| link("../precious/ics50todos.db", path)),
    |dir| swap(dir, |path| link("../secret", path)),
    |dir| swap(dir, |path| link("nowhere", path)),
    |dir| swap(dir, pipe),
];

fn link(to: &str, path: &Path) {
    symlink(to, path).unwrap();
}

fn swap(dir: &Path, by: impl Fn(&Path)) {
    let path = dir.join("old/ics50todos.db");
    fs::remove_file(&path).unwrap();
    by(&path);
}

#[test]
fn in_the_place_of_a_file_of_the_source_while_the_run_is_on() {
    for (way, swap) in SWAPS.into_iter().enumerate() {
        let sandbox = with_precious();
        let dir = sandbox.path();
        fs::write(dir.join("secret"), "secret").unwrap();
        support::set_mode(&dir.join("secret"), 0o600);
        let precious = listing(&dir.join("precious"));
        let mut run = StepByStep::start(csmigrate(dir, ["old", "new"]));
        // The next line after the first is printed when all was looked at.
        run.wait_until(|| {
            fs::read_to_string(dir.join("logs/csmigrate.log"))
                .is_ok_and(|log| log.contains("source file log.0000000020"))
        });
        swap(dir);
        let message = explained(&run.finish());
        assert!(message.contains("ics50todos.db"), "{way}: {message}");
        assert_eq!(names(dir), ["logs", "old", "precious", "secret"], "{way}");
        let left = names(&dir.join("old"));
        assert!(
            !left
                .iter()
                .any(|name| name.to_string_lossy().contains("backup")),
            "{way}"
        );
        assert_eq!(changed(&precious, &dir.join("precious")), [""; 0], "{way}");
        assert!(log(dir).contains("failed, exit status 255"), "{way}");
    }
}

/// Somebody who may write beside the target swaps the staging directory for a
/// link to another store while files are being written.
#[test]
fn in_the_place_of_the_staging_directory_while_the_run_is_on() {
    let sandbox = with_precious();
    let dir = sandbox.path();
    let precious = listing(&dir.join("precious"));
    let staging = dir.join(".new.csmigrate-staging");
    let mut run = StepByStep::start(csmigrate(dir, ["-b", "kept", "old", "new"]));
    // The last line before that which says that the files are written, and
    // waits for that which says that they are as they should be.
    run.take_up_to("warning: none-text");
    run.wait_until(|| {
        fs::read_to_string(dir.join("logs/csmigrate.log"))
            .is_ok_and(|log| log.contains(" verify: ics50deletelog.db: "))
    });
    assert!(staging.is_dir());
    fs::rename(&staging, dir.join("moved")).unwrap();
    symlink("precious", &staging).unwrap();
    let message = explained(&run.finish());
    assert_eq!(
        changed(&precious, &dir.join("precious")),
        [""; 0],
        "{message}"
    );
    assert!(!dir.join("new").exists(), "{message}");
    assert!(names(&dir.join("moved")).is_empty(), "{message}");
    // Nor by the next run.
    let message = fails(dir, ["-b", "kept", "old", "new"]);
    assert!(message.contains("is in the way"), "{message}");
    assert_eq!(changed(&precious, &dir.join("precious")), [""; 0]);
    assert!(staging.is_symlink());
}
