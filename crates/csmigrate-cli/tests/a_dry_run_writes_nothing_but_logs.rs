//! A dry run reads and checks what a run does, and makes, changes and removes
//! nothing but its logs.

mod support;

use std::fs;
use std::path::Path;

use support::{changed, csmigrate, explained, flip, listing, log_texts, sandbox_with, stderr};

/// A dry run in a prepared directory; true if it found nothing in the way.
#[track_caller]
fn dry_run(prepare: impl Fn(&Path), args: &[&str]) -> bool {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    prepare(dir);
    let before = listing(dir);
    let output = csmigrate(dir, [&["-d"], args].concat()).output().unwrap();
    let found = changed(&before, dir);
    assert_eq!(
        found,
        [
            "~ ./logs",
            "+ ./logs/csmigrate.log",
            "+ ./logs/csmigrateError.log"
        ]
    );
    let good = output.status.success();
    let last = log_texts(dir).pop();
    let errors = fs::read_to_string(dir.join("logs/csmigrateError.log")).unwrap();
    if good {
        assert_eq!(stderr(&output), "");
        assert_eq!(last.as_deref(), Some("done, exit status 0"));
        assert_eq!(errors, "");
    } else {
        let message = explained(&output);
        assert_eq!(last.as_deref(), Some("failed, exit status 255"));
        let message = message.strip_prefix("csmigrate: ").unwrap();
        assert!(errors.ends_with(&format!(" error: {message}")), "{errors}");
    }
    good
}

#[test]
fn of_a_sound_store() {
    assert!(dry_run(|_| {}, &["old", "new"]));
    assert!(dry_run(|_| {}, &["-b", "saved", "old", "new"]));
    let places = |dir: &Path| {
        fs::create_dir(dir.join("new")).unwrap();
        fs::create_dir(dir.join("saved")).unwrap();
    };
    assert!(dry_run(places, &["-b", "saved", "old", "new"]));
}

#[test]
fn where_an_interrupted_run_left_something() {
    let left = |dir: &Path| {
        for place in [".new.csmigrate-staging", "old/.backup.csmigrate-backup"] {
            fs::create_dir(dir.join(place)).unwrap();
            fs::write(dir.join(place).join("ics50events.db"), "half").unwrap();
        }
    };
    assert!(dry_run(left, &["old", "new"]));
}

#[test]
fn where_a_run_would_be_refused() {
    let foreign = |dir: &Path| {
        fs::create_dir(dir.join(".new.csmigrate-staging")).unwrap();
        fs::write(dir.join(".new.csmigrate-staging/notes.txt"), "").unwrap();
    };
    assert!(!dry_run(foreign, &["old", "new"]));
    let full = |dir: &Path| {
        fs::create_dir(dir.join("new")).unwrap();
        fs::write(dir.join("new/notes.txt"), "").unwrap();
    };
    assert!(!dry_run(full, &["old", "new"]));
    assert!(!dry_run(|_| {}, &["missing", "new"]));
    assert!(!dry_run(|_| {}, &["-b", "far/away", "old", "new"]));
}

#[test]
fn where_a_run_would_fail() {
    let damaged = |dir: &Path| flip(&dir.join("old/ics50events.db"), 3 * 4096 + 20, 6);
    assert!(!dry_run(damaged, &["old", "new"]));
    let unclean = |dir: &Path| flip(&dir.join("old/__db.001"), 56, 1);
    assert!(dry_run(unclean, &["old", "new"]));
    assert!(!dry_run(unclean, &["--no-recover", "old", "new"]));
    assert!(dry_run(unclean, &["--ignore-logs", "old", "new"]));
}

/// What a dry run says of the records is what the run then finds.
#[test]
fn it_counts_what_the_run_will_find() {
    let sandbox = sandbox_with("composed-be");
    let dir = sandbox.path();
    let dry = support::succeeds(dir, ["-d", "-l", "max", "old", "new"]);
    let text = String::from_utf8(dry.stdout).unwrap();
    assert!(text.contains("519 records can be read"), "{text}");
    let digests = |stage: &str| -> Vec<String> {
        let start = format!("{stage}: ics50");
        log_texts(dir)
            .into_iter()
            .filter(|line| line.starts_with(&start) && line.contains(": digest "))
            .map(|line| line.split_once(": ").unwrap().1.to_owned())
            .collect()
    };
    let before = digests("rewrite");
    assert_eq!(before.len(), 8);
    support::succeeds(dir, ["-l", "max", "old", "new"]);
    assert_eq!(digests("verify"), before);
}
