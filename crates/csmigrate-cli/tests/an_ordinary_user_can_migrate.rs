//! The user that the calendar server runs as, who is not root: what is that
//! user's own can be migrated and what comes of it belongs to that user; what
//! may only be read needs a place for its backup; what may not be read is
//! named before anything is written. And root of a user namespace, to whom not
//! every user is known.

mod support;

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use support::shell::{ICSUSER, Shell, can_be_icsuser};
use support::{changes, explained, names, records, sandbox_with, stderr};

/// The store and all around it belong to the user.
const OWN: &str =
    "chown -R 12345:12345 .; chmod 640 old/*; chmod 600 old/ics50todos.db; chmod 750 old";
/// The store belongs to somebody else, and may be read.
const READ: &str = "chown 12345:12345 . logs";

/// Mode, owner and group.
fn of(path: &Path) -> (u32, u32, u32) {
    let it = path.metadata().unwrap();
    (it.mode() & 0o7777, it.uid(), it.gid())
}

#[test]
fn own_stores() {
    for (target, prepare) in [
        ("new", ""),
        ("empty", "mkdir empty; chown 12345:12345 empty"),
    ] {
        let sandbox = sandbox_with("composed-le");
        if !can_be_icsuser() {
            return;
        }
        let Some(mut shell) = Shell::start(sandbox.path()) else {
            return;
        };
        shell.must(OWN);
        if !prepare.is_empty() {
            shell.must(prepare);
        }
        let before = shell.listing();
        let output = shell.must(&format!("icsuser old {target}"));
        assert_eq!(stderr(&output), "");
        let old = shell.view("old");
        assert_eq!(records(&shell.view(target)), records(&old));
        for dir in [target, "old/backup"] {
            let dir = shell.view(dir);
            for name in names(&dir) {
                assert_eq!(of(&dir.join(&name)), of(&old.join(&name)), "{name:?}");
            }
            assert_eq!((of(&dir).1, of(&dir).2), (ICSUSER, ICSUSER));
        }
        let log = of(&shell.view("logs/csmigrate.log"));
        assert_eq!((log.1, log.2), (ICSUSER, ICSUSER));
        // The source is as it was but for its backup.
        let touched: Vec<_> = changes(&before, &shell.listing())
            .into_iter()
            .filter(|line| line.contains("./old") && !line.contains("./old/backup"))
            .collect();
        assert_eq!(touched, [""; 0]);
    }
}

/// Files of another user that the group may read are copied; the copies are
/// the user's own, for only root gives files away.
#[test]
fn stores_that_may_only_be_read() {
    if !can_be_icsuser() {
        return;
    }
    let sandbox = sandbox_with("composed-le");
    let Some(mut shell) = Shell::start(sandbox.path()) else {
        return;
    };
    shell.must(READ);
    shell.must("chgrp -R 12345 old; chmod 640 old/*; chmod 750 old");
    let before = shell.listing();
    for option in ["", "-d"] {
        let message = explained(&shell.run(&format!("icsuser {option} old new")));
        assert!(
            message.contains("backup directory old/backup cannot be written")
                && message.contains("Permission denied")
                && message.contains("-b"),
            "{message}"
        );
        assert_eq!(changes(&before, &shell.listing()), [""; 0]);
    }
    shell.must("icsuser -b saved old new");
    assert_eq!(records(&shell.view("new")), records(&shell.view("old")));
    for dir in ["new", "saved"] {
        let dir = shell.view(dir);
        for name in names(&dir) {
            assert_eq!(of(&dir.join(name)), (0o640, ICSUSER, ICSUSER));
        }
    }
    let touched = changes(&before, &shell.listing());
    let touched: BTreeSet<_> = touched
        .iter()
        .filter_map(|line| line.split('/').nth(1))
        .collect();
    assert_eq!(touched, BTreeSet::from(["new", "saved"]));
}

#[test]
fn files_that_may_not_be_read_are_named_first() {
    if !can_be_icsuser() {
        return;
    }
    for file in [
        "old/ics50deletelog.db",
        "old/ics50caldb.conf",
        "old/log.0000000020",
    ] {
        let sandbox = sandbox_with("composed-le");
        let Some(mut shell) = Shell::start(sandbox.path()) else {
            return;
        };
        shell.must(READ);
        shell.must(&format!("chmod 600 {file}"));
        let before = shell.listing();
        for options in ["-b saved", "-d -b saved"] {
            let message = explained(&shell.run(&format!("icsuser {options} old new")));
            assert!(
                message.contains(&format!("{file}: cannot be read: Permission denied"))
                    && message.contains("run as root or as the owner"),
                "{message}"
            );
            assert_eq!(changes(&before, &shell.listing()), [""; 0]);
        }
    }
}

/// Root of a user namespace cannot give a file to a user that has no number
/// there. Nothing but the backup may be left of a run that would have to.
#[test]
fn a_root_that_does_not_know_the_owner() {
    if !can_be_icsuser() {
        return;
    }
    let sandbox = sandbox_with("composed-le");
    let Some(mut shell) = Shell::start(sandbox.path()) else {
        return;
    };
    shell.must("chown -R 12345:12345 old");
    let before = shell.listing();
    let output = shell.run(
        "unshare --user --map-root-user true 2>/dev/null || exit 77
        exec unshare --user --map-root-user csmigrate --log-dir logs -b saved old new",
    );
    if output.status.code() == Some(77) {
        println!("skipped: no user namespace can be made (unshare)");
        return;
    }
    let after = shell.listing();
    if output.status.success() {
        assert_eq!(records(&shell.view("new")), records(&shell.view("old")));
    } else {
        let message = explained(&output);
        println!("{message}");
        assert!(message.contains("owner"), "{message}");
        let left: Vec<_> = changes(&before, &after)
            .into_iter()
            .filter(|line| line != "~ ." && !line.contains("./saved"))
            .collect();
        assert_eq!(left, [""; 0]);
    }
}
