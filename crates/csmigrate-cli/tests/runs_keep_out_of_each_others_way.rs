//! Of two runs on one target or one backup the second is refused; what comes
//! into the target meanwhile stays; an identical backup is used again.

mod support;

use std::fs::{self, File};

use rustix::fs::FlockOperation;
use support::{
    StepByStep, changed, csmigrate, explained, fails, listing, log, names, records, run,
    sandbox_with, succeeds,
};

/// A living run has its staging directory locked.
#[test]
fn a_locked_staging_directory_is_left_alone() {
    for place in [".new.csmigrate-staging", "old/.backup.csmigrate-backup"] {
        let sandbox = sandbox_with("composed-le");
        let dir = sandbox.path();
        let staging = dir.join(place);
        fs::create_dir(&staging).unwrap();
        fs::write(staging.join("ics50events.db"), "half").unwrap();
        let held = File::open(&staging).unwrap();
        rustix::fs::flock(&held, FlockOperation::NonBlockingLockExclusive).unwrap();
        let before = listing(&dir.join("old"));
        let left = listing(&staging);
        for args in [&["old", "new"][..], &["-d", "old", "new"]] {
            let message = fails(dir, args);
            assert!(
                message.contains("another run of csmigrate is using ") && message.contains(place),
                "{message}"
            );
        }
        assert_eq!(changed(&before, &dir.join("old")), [""; 0]);
        assert_eq!(changed(&left, &staging), [""; 0]);
        assert!(!dir.join("new").exists());
        // Its run is over: what it left is removed.
        drop(held);
        succeeds(dir, ["old", "new"]);
        assert!(!staging.exists());
    }
}

#[test]
fn of_two_runs_the_first_goes_on() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let mut first = StepByStep::start(csmigrate(dir, ["-b", "saved", "old", "new"]));
    first.take_up_to("inspect");
    first.wait_until(|| dir.join(".new.csmigrate-staging").is_dir());
    // The directory is locked at once after it is made; either way the second
    // run is refused or finds it locked when it would begin.
    first.wait_until(|| dir.join(".new.csmigrate-staging/ics50caldb.conf").exists());
    let second = run(dir, ["-b", "saved2", "old", "new"]);
    assert_eq!(second.status.code(), Some(255));
    // It meets the first at the target, and at the source.
    let messages = support::stderr(&second);
    assert_eq!(messages.lines().count(), 2, "{messages}");
    for (message, place) in messages.lines().zip([".new.csmigrate-staging;", "old;"]) {
        let busy = "another run of csmigrate is using ";
        assert!(
            message.contains(busy) && message.contains(place),
            "{messages}"
        );
    }
    assert!(!dir.join("saved2").exists());
    let output = first.finish();
    assert!(output.status.success(), "{}", support::stderr(&output));
    assert_eq!(records(&dir.join("new")), records(&dir.join("old")));
    assert_eq!(names(dir), ["logs", "new", "old", "saved"]);
}

#[test]
fn what_comes_into_the_target_meanwhile_stays() {
    for exists in [false, true] {
        let sandbox = sandbox_with("composed-le");
        let (dir, new) = (sandbox.path(), sandbox.path().join("new"));
        if exists {
            fs::create_dir(&new).unwrap();
        }
        let mut going = StepByStep::start(csmigrate(dir, ["old", "new"]));
        going.take_up_to("inspect");
        going.wait_until(|| dir.join(".new.csmigrate-staging").is_dir());
        fs::create_dir_all(&new).unwrap();
        fs::write(new.join("notes.txt"), "precious").unwrap();
        let message = explained(&going.finish());
        assert!(
            message.contains(
                "/new appeared or was filled while the run went on; nothing was published"
            ),
            "{message}"
        );
        assert_eq!(names(&new), ["notes.txt"]);
        assert_eq!(names(dir), ["logs", "new", "old"]);
    }
}

#[test]
fn an_identical_backup_is_used_again() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    succeeds(dir, ["old", "new"]);
    let backup = listing(&dir.join("old/backup"));
    fs::remove_dir_all(dir.join("new")).unwrap();
    succeeds(dir, ["old", "new"]);
    assert_eq!(changed(&backup, &dir.join("old/backup")), [""; 0]);
    let reused = "backup: 10 files, 1134693 bytes found identical in old/backup";
    assert_eq!(log(dir).matches(reused).count(), 1, "{}", log(dir));
    assert_eq!(records(&dir.join("new")), records(&dir.join("old")));
}
