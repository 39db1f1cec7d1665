//! A store whose server was killed is migrated with exactly the records that
//! the recovery of its own release leaves; or it is refused, and nothing is
//! written. Nothing is ever written to it.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;
use support::killed::{self, as_calendar, folders};
use support::{
    StepByStep, changed, csmigrate, explained, explained_lines, fails, listing, log_texts, names,
    run, succeeds,
};
use tempfile::TempDir;

/// Cases of btrees, all of them with committed changes that are missing in the
/// files, or others in them, or a log that ends within a record.
const CASES: [&str; 19] = [
    "abort",
    "calendar",
    "catastrophic",
    "child",
    "create",
    "inserts",
    "inserts-unflushed",
    "loser-ckp",
    "loser-flushed",
    "loser-unflushed",
    "missinglogs",
    "overflow",
    "replace",
    "revsplit",
    "revsplit-loser",
    "rotate",
    "stress",
    "torn-commit",
    "torn-zeroed",
];

/// A sandbox with a copy of a folder in `old`.
fn sandbox_of(folder: &Path) -> TempDir {
    let sandbox = support::sandbox();
    killed::copy(folder, &sandbox.path().join("old"));
    sandbox
}

fn report(dir: &Path) -> Value {
    serde_json::from_slice(&fs::read(dir.join("r.json")).unwrap()).unwrap()
}

/// Compares a new store with what the release made of the old one; how many
/// records it has.
#[track_caller]
fn compare(folder: &Path, new: &Path) -> usize {
    let expected = killed::expected(folder);
    let wanted: BTreeSet<String> = expected.iter().map(|(name, _)| as_calendar(name)).collect();
    let found = names(new)
        .into_iter()
        .map(|name| name.into_string().unwrap());
    assert_eq!(
        found.collect::<BTreeSet<_>>(),
        wanted,
        "{}",
        folder.display()
    );
    let mut count = 0;
    for (name, pairs) in expected {
        let found = killed::records(&new.join(as_calendar(&name)));
        let what = format!("{} {name}", folder.display());
        assert_eq!(found.len(), pairs.len(), "{what}");
        assert!(found == pairs, "{what}: other records");
        count += pairs.len();
    }
    count
}

#[test]
fn each_record_of_the_releases_own_recovery_is_migrated_and_no_other() {
    for case in CASES {
        for folder in folders(case) {
            let what = folder.display();
            let sandbox = sandbox_of(&folder);
            let dir = sandbox.path();
            let before = listing(&dir.join("old"));
            let args = ["-b", "kept", "--report", "r.json", "old", "new"];
            if !fits_under_other_names(case, &folder) {
                let message = fails(dir, args);
                assert!(message.contains(": the logs call the file "), "{message}");
                assert!(changed(&before, &dir.join("old")).is_empty(), "{what}");
                assert_eq!(names(dir), ["logs", "old", "r.json"]);
                continue;
            }
            succeeds(dir, args);
            assert!(changed(&before, &dir.join("old")).is_empty(), "{what}");
            let count = compare(&folder, &dir.join("new"));
            // The backup has the files as they were found.
            for name in names(&dir.join("kept")) {
                let (kept, old) = (dir.join("kept").join(&name), dir.join("old").join(&name));
                assert!(fs::read(kept).unwrap() == fs::read(old).unwrap(), "{what}");
            }
            let report = report(dir);
            assert_eq!(report["shutdown"]["judgement"], "unclean", "{what}");
            assert_eq!(report["shutdown"]["ignored"], false, "{what}");
            let torn = !report["recovery"]["log"]["torn"].is_null();
            assert_eq!(torn, case.starts_with("torn-"), "{what}");
            println!("{what}: {count} records");
        }
    }
}

/// Whether the files of a folder can have the names of calendar databases.
/// From 4.0 on a log that makes a file knows what it is called.
fn fits_under_other_names(case: &str, folder: &Path) -> bool {
    ["calendar", "missinglogs"].contains(&case) || folder.parent().unwrap().ends_with("3.2.9-m32")
}

#[test]
fn a_dry_run_finds_what_a_run_does() {
    for folder in folders("calendar") {
        let sandbox = sandbox_of(&folder);
        let dir = sandbox.path();
        let before = listing(dir);
        succeeds(dir, ["-d", "old", "new"]);
        let logs = [
            "+ logs",
            "+ logs/csmigrate.log",
            "+ logs/csmigrateError.log",
        ];
        let mut found = changed(&before, dir);
        found.retain(|line| line != "~ .");
        assert_eq!(found, logs.map(|line| line.replace("+ ", "+ ./")));
        let of_recovery = || -> Vec<String> {
            let lines = log_texts(dir).into_iter();
            lines.filter(|line| line.starts_with("recover")).collect()
        };
        let told = of_recovery();
        assert!(told.len() > 5, "{told:?}");
        fs::remove_dir_all(dir.join("logs")).unwrap();
        succeeds(dir, ["old", "new"]);
        assert_eq!(of_recovery(), told);
    }
}

#[test]
fn what_cannot_be_replayed_for_sure_is_refused_and_nothing_is_written() {
    for folder in folders("missinglogs-insufficient") {
        for options in [&[][..], &["-d"], &["--salvage"], &["--no-recover"]] {
            let sandbox = sandbox_of(&folder);
            let dir = sandbox.path();
            fs::create_dir(dir.join("logs")).unwrap();
            let before = listing(&dir.join("old"));
            let message = fails(dir, options.iter().chain(&["old", "new"]));
            assert!(message.contains("run db_recover"), "{message}");
            let refused = message.contains("cannot be replayed for sure: ");
            assert_eq!(refused, !options.contains(&"--no-recover"), "{message}");
            assert!(changed(&before, &dir.join("old")).is_empty());
            assert_eq!(names(dir), ["logs", "old"]);
        }
    }
}

#[test]
fn whoever_does_not_want_it_is_refused_or_gets_the_files_as_they_are() {
    for folder in folders("calendar") {
        let sandbox = sandbox_of(&folder);
        let dir = sandbox.path();
        let message = fails(dir, ["--no-recover", "old", "new"]);
        assert!(message.contains("was not cleanly shut down"), "{message}");
        assert_eq!(names(dir), ["logs", "old"]);
        // Pages that were not flushed may leave a tree that cannot be read.
        let args = ["--ignore-logs", "--report", "r.json", "old", "new"];
        let ended = run(dir, args);
        let report = report(dir);
        assert_eq!(report["recovery"], Value::Null);
        assert_eq!(report["shutdown"]["ignored"], true);
        let warnings = report["warnings"].as_array().unwrap();
        assert!(warnings.iter().any(|one| one["code"] == "unclean-ignored"));
        if ended.status.code() != Some(0) {
            let message = explained(&ended);
            assert!(message.contains("ics50events.db: page "), "{message}");
            continue;
        }
        assert_eq!(
            support::records(&dir.join("new")),
            support::records(&dir.join("old"))
        );
    }
}

#[test]
fn a_file_that_the_logs_alone_hold_is_migrated() {
    for folder in folders("calendar") {
        let sandbox = sandbox_of(&folder);
        let dir = sandbox.path();
        fs::remove_file(dir.join("old/ics50journals.db")).unwrap();
        succeeds(dir, ["--report", "r.json", "old", "new"]);
        compare(&folder, &dir.join("new"));
        assert!(!dir.join("old/backup/ics50journals.db").exists());
        let report = report(dir);
        let files = report["recovery"]["files"].as_array().unwrap();
        let made = files
            .iter()
            .find(|file| file["state"] == "created")
            .unwrap();
        assert_eq!(made["name"], "ics50journals.db");
        let warnings = report["warnings"].as_array().unwrap();
        let told = warnings
            .iter()
            .find(|one| one["code"] == "file-made-by-log");
        assert_eq!(told.unwrap()["file"], "ics50journals.db");
        let listed = report["files"].as_array().unwrap();
        let listed = listed
            .iter()
            .find(|file| file["name"] == "ics50journals.db");
        assert!(listed.unwrap()["result"]["records"]["read"].as_u64() > Some(0));
    }
}

#[test]
fn a_file_whose_pages_never_reached_the_disk_is_filled_by_the_logs() {
    for folder in folders("calendar") {
        let sandbox = sandbox_of(&folder);
        let dir = sandbox.path();
        fs::write(dir.join("old/ics50journals.db"), "").unwrap();
        if folder.parent().unwrap().ends_with("3.2.9-m32") {
            succeeds(dir, ["old", "new"]);
            compare(&folder, &dir.join("new"));
        } else {
            // From 4.0 on a file has its first page before it has its name.
            let messages = explained_lines(&run(dir, ["old", "new"]));
            let reason = "ics50journals.db: the logs give two files this name";
            assert!(
                messages.iter().any(|line| line.contains(reason)),
                "{messages:?}"
            );
            assert_eq!(names(dir), ["logs", "old"]);
        }
    }
}

#[test]
fn files_that_the_logs_remove_or_that_are_none_of_the_store_are_told_of() {
    for folder in folders("create") {
        if folder.parent().unwrap().ends_with("3.2.9-m32") {
            continue;
        }
        let sandbox = support::sandbox();
        let dir = sandbox.path();
        let old = dir.join("old");
        // Files that no log knows, and one that was made and not committed.
        support::big_store(&old, 100);
        for name in names(&folder) {
            let text = name.to_str().unwrap();
            if text.starts_with("log.") || text.starts_with("__db.") {
                fs::copy(folder.join(&name), old.join(&name)).unwrap();
            }
        }
        let made = "ics50uncommitted.db";
        fs::copy(folder.join("uncommitted.db"), old.join(made)).unwrap();
        succeeds(dir, ["--report", "r.json", "old", "new"]);
        let new = ["ics50caldb.conf", "ics50calprops.db", "ics50events.db"];
        assert_eq!(names(&dir.join("new")), new);
        assert!(dir.join("old/backup").join(made).exists());
        let report = report(dir);
        let files = report["recovery"]["files"].as_array().unwrap();
        let warnings = report["warnings"].as_array().unwrap();
        let state = |name: &str| {
            let file = files.iter().find(|file| file["name"] == name).unwrap();
            assert_eq!(file["migrated"], file["state"] == "kept", "{file}");
            let told = warnings
                .iter()
                .find(|one| one["file"] == name && one["code"] != "file-unknown");
            let told = told.map_or("", |one| one["code"].as_str().unwrap());
            (file["state"].as_str().unwrap(), told)
        };
        assert_eq!(state(made), ("removed", "file-removed-by-log"));
        assert_eq!(state("ics50events.db"), ("kept", ""));
        assert_eq!(state("new.db"), ("created", "file-made-by-log"));
    }
}

#[test]
fn an_interrupted_run_is_taken_up_again() {
    for folder in folders("calendar") {
        let sandbox = sandbox_of(&folder);
        let dir = sandbox.path();
        // Ended when the backup is made, and when all is in place.
        let args = ["--report", "r.json", "old", "new"];
        let mut first = StepByStep::start(csmigrate(dir, args));
        first.take_up_to("backup");
        first.signal(Signal::TERM);
        assert_eq!(first.finish().status.code(), Some(255));
        assert!(!dir.join("new").exists());
        fs::remove_file(dir.join("r.json")).unwrap();
        let mut second = StepByStep::start(csmigrate(dir, args));
        second.take_up_to("publish");
        second.wait_until(|| dir.join("r.json").exists());
        second.kill();
        succeeds(dir, args);
        let report = report(dir);
        assert_eq!(report["outcome"]["code"], "already-published");
        assert_eq!(report["backup"]["reused"], true);
        assert!(!report["recovery"].is_null());
        compare(&folder, &dir.join("new"));
    }
}
