//! Whatever a run does or meets: the source's files keep their names, bytes,
//! times, modes and owners. With the default backup one name is new, `backup`,
//! and the directory's own time is put back.

mod support;

use std::fs;
use std::path::Path;

use support::{changed, fails, flip, listing, sandbox_with, succeeds};

/// Runs the command on a store and tells how the store's directory changed.
#[track_caller]
fn source_changes(sample: &str, prepare: impl Fn(&Path), run: impl Fn(&Path)) -> Vec<String> {
    let sandbox = sandbox_with(sample);
    let (dir, old) = (sandbox.path(), sandbox.path().join("old"));
    prepare(dir);
    let before = listing(&old);
    run(dir);
    changed(&before, &old)
}

/// Only the backup is new, and nothing else is other than it was.
#[track_caller]
fn assert_only_backup(changes: &[String], name: &str) {
    assert!(changes.iter().any(|line| *line == format!("+ ./{name}")));
    for line in changes {
        assert!(line.starts_with(&format!("+ ./{name}")), "{line}");
    }
}

#[test]
fn a_run_adds_its_backup_and_nothing_else() {
    for sample in ["composed-le", "composed-be"] {
        let changes = source_changes(
            sample,
            |_| {},
            |dir| {
                succeeds(dir, ["old", "new"]);
            },
        );
        assert_only_backup(&changes, "backup");
    }
}

#[test]
fn a_run_with_its_backup_elsewhere_adds_nothing() {
    for sample in ["composed-le", "composed-be"] {
        let changes = source_changes(
            sample,
            |_| {},
            |dir| {
                succeeds(dir, ["-b", "saved", "old", "new"]);
            },
        );
        assert_eq!(changes, [""; 0]);
    }
}

#[test]
fn the_directory_keeps_its_time_however_the_backup_is_named() {
    let changes = source_changes(
        "composed-le",
        |_| {},
        |dir| {
            let backup = dir.join("old/../old/kept");
            succeeds(
                dir,
                [
                    "-b".as_ref(),
                    backup.as_os_str(),
                    "old".as_ref(),
                    "new".as_ref(),
                ],
            );
        },
    );
    assert_only_backup(&changes, "kept");
}

#[test]
fn a_run_that_uses_its_backup_again_adds_nothing() {
    let changes = source_changes(
        "composed-le",
        |dir| {
            succeeds(dir, ["old", "new"]);
        },
        |dir| {
            succeeds(dir, ["old", "newer"]);
        },
    );
    assert_eq!(changes, [""; 0]);
}

#[test]
fn a_dry_run_adds_nothing() {
    let changes = source_changes(
        "composed-be",
        |_| {},
        |dir| {
            succeeds(dir, ["-d", "old", "new"]);
        },
    );
    assert_eq!(changes, [""; 0]);
}

#[test]
fn a_damaged_store_is_left_as_it_is() {
    let damage = |dir: &Path| flip(&dir.join("old/ics50events.db"), 3 * 4096 + 20, 6);
    let run = |args: &'static [&str]| {
        move |dir: &Path| {
            let message = fails(dir, args);
            assert!(message.contains("ics50events.db: page 3"), "{message}");
        }
    };
    let changes = source_changes("composed-le", damage, run(&["old", "new"]));
    assert_only_backup(&changes, "backup");
    for args in [&["-b", "saved", "old", "new"][..], &["-d", "old", "new"]] {
        assert_eq!(source_changes("composed-le", damage, run(args)), [""; 0]);
    }
}

#[test]
fn a_store_that_was_not_shut_down_is_left_as_it_is() {
    let damage = |dir: &Path| flip(&dir.join("old/__db.001"), 56, 1);
    let places = ["-b", "saved", "old", "new"];
    let runs: [fn(&Path, [&'static str; 4]); 4] = [
        |dir, places| {
            succeeds(dir, places);
        },
        |dir, places| {
            succeeds(dir, ["-d"].into_iter().chain(places));
        },
        |dir, places| {
            succeeds(dir, ["--ignore-logs"].into_iter().chain(places));
        },
        |dir, places| {
            fails(dir, ["--no-recover"].into_iter().chain(places));
        },
    ];
    for run in runs {
        let changes = source_changes("composed-le", damage, |dir| run(dir, places));
        assert_eq!(changes, [""; 0]);
    }
}

#[test]
fn a_refused_run_adds_nothing() {
    let changes = source_changes(
        "composed-le",
        |dir| {
            fs::create_dir(dir.join("new")).unwrap();
            fs::write(dir.join("new/notes.txt"), "").unwrap();
        },
        |dir| {
            fails(dir, ["old", "new"]);
            fails(dir, ["old", "old"]);
            fails(dir, ["old", "old/new"]);
            fails(dir, ["-b", "old", "old", "newer"]);
            fails(dir, ["--log-dir", "old", "old", "newer"]);
        },
    );
    assert_eq!(changes, [""; 0]);
}
