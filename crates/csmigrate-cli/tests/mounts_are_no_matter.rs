//! Source, backup and target may lie on file systems of their own, be mount
//! points, or be mounted for reading only. What cannot be written is told
//! before anything is, in one line, and leaves no trace.

mod support;

use support::shell::Shell;
use support::{Listing, explained, names, records, sandbox_with, stderr};

/// What the command is to make of a case.
enum Outcome {
    /// Target and backup, if the backup is not found there already.
    Done(&'static str, Option<&'static str>),
    /// A dry run that finds nothing in the way.
    Found,
    /// The words of a refusal before anything is written.
    Refused(&'static [&'static str]),
    /// The words of a failure, of which the backup may be left.
    Failed(&'static [&'static str]),
}

use Outcome::{Done, Failed, Found, Refused};

struct Case {
    title: &'static str,
    /// The store is in `old` before.
    setup: &'static str,
    /// Where it is after.
    store: &'static str,
    command: &'static str,
    outcome: Outcome,
}

const READ_ONLY_OLD: &str = "mount --bind old old; mount -o remount,bind,ro old";
const THREE_DISKS: &str = "for i in 1 2 3; do mkdir disk$i; mount -t tmpfs tmpfs disk$i; done
    cp -rp old disk1; rm -r old";
const READ_ONLY_PARENT: &str = "mkdir -p data/new; mount --bind data data
    mount -o remount,bind,ro data";
const OVERLAY: &str =
    "mkdir disk; mount -t tmpfs tmpfs disk; mkdir disk/lower disk/upper disk/work all
    cp -rp old disk/lower; rm -r old; mkdir disk/lower/new
    layers=lowerdir=disk/lower,upperdir=disk/upper,workdir=disk/work
    mount -t overlay -o userxattr,$layers overlay all || mount -t overlay -o $layers overlay all
    umount -l disk";

const CASES: &[Case] = &[
    Case {
        title: "a store on another file system, its backup in it",
        setup: THREE_DISKS,
        store: "disk1/old",
        command: "csmigrate disk1/old new",
        outcome: Done("new", Some("disk1/old/backup")),
    },
    Case {
        title: "source, backup and target on three file systems",
        setup: THREE_DISKS,
        store: "disk1/old",
        command: "csmigrate -b disk2/saved disk1/old disk3/new",
        outcome: Done("disk3/new", Some("disk2/saved")),
    },
    Case {
        title: "backup and target are the file systems themselves",
        setup: THREE_DISKS,
        store: "disk1/old",
        command: "csmigrate -b disk2 disk1/old disk3",
        outcome: Done("disk3", Some("disk2")),
    },
    Case {
        title: "the same, each of them new but for lost+found",
        setup: "for i in 1 2; do mkdir disk$i; mount -t tmpfs tmpfs disk$i; mkdir disk$i/lost+found; done",
        store: "old",
        command: "csmigrate -b disk1 old disk2",
        outcome: Done("disk2", Some("disk1")),
    },
    Case {
        title: "the source is a file system, with lost+found",
        setup: "mkdir disk; mount -t tmpfs tmpfs disk; mv old/* disk; mkdir disk/lost+found",
        store: "disk",
        command: "csmigrate disk new",
        outcome: Done("new", Some("disk/backup")),
    },
    Case {
        title: "a file of the store is mounted by itself",
        setup: "mkdir disk; mount -t tmpfs tmpfs disk; mv old/ics50events.db disk
            touch old/ics50events.db; mount --bind disk/ics50events.db old/ics50events.db",
        store: "old",
        command: "csmigrate old new",
        outcome: Done("new", Some("old/backup")),
    },
    Case {
        title: "the target is a mount point, but no other file system",
        setup: "mkdir data new; mount --bind data new; mount -t tmpfs tmpfs data",
        store: "old",
        command: "csmigrate old new",
        outcome: Done("new", Some("old/backup")),
    },
    Case {
        title: "the target is a link to a mount point",
        setup: "mkdir disk; mount -t tmpfs tmpfs disk; ln -s disk new",
        store: "old",
        command: "csmigrate old new",
        outcome: Done("disk", Some("old/backup")),
    },
    Case {
        title: "the target is mounted below a read-only mount",
        setup: "mkdir -p data/new; mount --bind data data
            mount -t tmpfs tmpfs data/new; mount -o remount,bind,ro data",
        store: "old",
        command: "csmigrate old data/new",
        outcome: Done("data/new", Some("old/backup")),
    },
    Case {
        title: "an empty target on a read-only mount",
        setup: READ_ONLY_PARENT,
        store: "old",
        command: "csmigrate old data/new",
        outcome: Refused(&["target directory data/new cannot be written", "Read-only"]),
    },
    Case {
        title: "the target is a read-only mount",
        setup: "mkdir new; mount -t tmpfs -o ro tmpfs new",
        store: "old",
        command: "csmigrate old new",
        outcome: Refused(&["target directory new cannot be written", "Read-only"]),
    },
    Case {
        title: "the backup would lie on a read-only mount",
        setup: READ_ONLY_PARENT,
        store: "old",
        command: "csmigrate -b data/saved old new",
        outcome: Refused(&["backup directory data/saved cannot be written", "-b"]),
    },
    Case {
        title: "a source on a read-only mount",
        setup: READ_ONLY_OLD,
        store: "old",
        command: "csmigrate old new",
        outcome: Refused(&[
            "backup directory old/backup cannot be written",
            "Read-only",
            "-b",
        ]),
    },
    Case {
        title: "the same, dry",
        setup: READ_ONLY_OLD,
        store: "old",
        command: "csmigrate -d old new",
        outcome: Refused(&[
            "backup directory old/backup cannot be written",
            "Read-only",
            "-b",
        ]),
    },
    Case {
        title: "with its backup elsewhere",
        setup: READ_ONLY_OLD,
        store: "old",
        command: "csmigrate -b saved old new",
        outcome: Done("new", Some("saved")),
    },
    Case {
        title: "the same, dry",
        setup: READ_ONLY_OLD,
        store: "old",
        command: "csmigrate -d -b saved old new",
        outcome: Found,
    },
    Case {
        title: "with the backup of an earlier run in it",
        setup: "csmigrate -q old first; rm -r first
            mount --bind old old; mount -o remount,bind,ro old",
        store: "old",
        command: "csmigrate old new",
        outcome: Done("new", None),
    },
    Case {
        title: "nothing may be written but the logs",
        setup: "mount --bind . .; cd .; mount -o remount,bind,ro \"$PWD\"
            mount -t tmpfs tmpfs \"$PWD/logs\"",
        store: "old",
        command: "cd \"$PWD\"; csmigrate -b saved old new",
        outcome: Refused(&["cannot be written", "Read-only"]),
    },
    Case {
        title: "layers: an empty target in the lower one",
        setup: OVERLAY,
        store: "all/old",
        command: "csmigrate all/old all/new",
        outcome: Done("all/new", Some("all/old/backup")),
    },
    Case {
        title: "layers: a new target",
        setup: OVERLAY,
        store: "all/old",
        command: "csmigrate all/old all/newer",
        outcome: Done("all/newer", Some("all/old/backup")),
    },
    Case {
        title: "no more files can be made on the file system of the target",
        setup: "mkdir disk; mount -t tmpfs -o nr_inodes=6 tmpfs disk",
        store: "old",
        command: "csmigrate -b saved old disk/new",
        outcome: Failed(&["disk/", "No space left on device"]),
    },
];

/// A mount gives a directory a second name that no link shows.
const TWO_NAMES: &[Case] = &[
    Case {
        title: "the target lies in the source by another mount",
        setup: "mkdir alias; mount --bind old alias",
        store: "old",
        command: "csmigrate -b saved old alias/new",
        outcome: Refused(&["target", "inside the source"]),
    },
    Case {
        title: "the target is the source by another mount",
        setup: "mkdir alias; mount --bind old alias",
        store: "old",
        command: "csmigrate -b saved old alias",
        outcome: Refused(&["target", "is the source"]),
    },
    Case {
        title: "the backup would be the source by another mount",
        setup: "mkdir alias; mount --bind old alias",
        store: "old",
        command: "csmigrate -b alias old new",
        outcome: Refused(&["backup directory alias", "the source directory itself"]),
    },
    Case {
        title: "the backup would be the target by another mount",
        setup: "mkdir alias new; mount --bind new alias",
        store: "old",
        command: "csmigrate -b alias old new",
        outcome: Refused(&["backup directory alias", "the target directory"]),
    },
];

#[test]
fn what_is_mounted_where_is_no_matter() {
    each_holds(CASES);
}

#[test]
fn a_directory_is_known_by_its_other_name() {
    each_holds(TWO_NAMES);
}

#[track_caller]
fn each_holds(cases: &[Case]) {
    let mut wrong = Vec::new();
    for case in cases {
        let sandbox = sandbox_with("composed-le");
        let Some(mut shell) = Shell::start(sandbox.path()) else {
            return;
        };
        let set_up = shell.run(case.setup);
        if !set_up.status.success() {
            println!("skipped: {}: {}", case.title, stderr(&set_up));
            continue;
        }
        let found = judge(case, &mut shell);
        if let Err(why) = found {
            wrong.push(format!("{}: {why}", case.title));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Runs the command of a case and compares what became of it.
fn judge(case: &Case, shell: &mut Shell) -> Result<(), String> {
    let before = shell.listing();
    let wanted = records(&shell.view(case.store));
    let output = shell.run(case.command);
    let text = stderr(&output);
    let after = shell.listing();
    match case.outcome {
        Done(target, backup) => {
            if output.status.code() != Some(0) || !text.is_empty() {
                return Err(format!("{}: {text}", output.status));
            }
            if records(&shell.view(target)) != wanted {
                return Err("the records differ".to_owned());
            }
            let strange = strange(&before, &after, &[Some(target), backup]);
            if !strange.is_empty() {
                return Err(format!("changed: {strange:?}"));
            }
            for dir in [Some(target), backup].into_iter().flatten() {
                let mut names = names(&shell.view(dir));
                names.retain(|name| name != "lost+found");
                let wanted = if dir == target { 9 } else { 10 };
                if names.len() != wanted {
                    return Err(format!("{dir}: {names:?}"));
                }
            }
        }
        Found => {
            if output.status.code() != Some(0) || !text.is_empty() || before != after {
                return Err(format!("{}: {text}", output.status));
            }
        }
        Refused(words) | Failed(words) => {
            if output.status.code() != Some(255) || text.is_empty() {
                return Err(format!("{}: {text}", output.status));
            }
            if let Some(word) = words.iter().find(|word| !text.contains(**word)) {
                return Err(format!("{word:?} is not in: {text}"));
            }
            let mut changed = support::changes(&before, &after);
            if let Failed(_) = case.outcome {
                changed = strange(&before, &after, &[Some("disk/new"), Some("saved")]);
            }
            if !changed.is_empty() {
                return Err(format!("changed: {changed:?}"));
            }
        }
    }
    Ok(())
}

/// A file system is asked for room before anything is written: with one page
/// less than is said to be needed the run does not begin, with that page it
/// succeeds.
#[test]
fn what_is_said_to_be_needed_is_enough_and_no_less() {
    for (what, command) in [
        ("the new store", "csmigrate -b saved old disk/new"),
        ("the backup", "csmigrate -b disk/saved old new"),
        (
            "the backup and the new store",
            "csmigrate -b disk/saved old disk/new",
        ),
    ] {
        let sandbox = sandbox_with("composed-le");
        let Some(mut shell) = Shell::start(sandbox.path()) else {
            return;
        };
        let mount = |size| format!("umount disk; mount -t tmpfs -o size={size} tmpfs disk");
        shell.must("mkdir disk; mount -t tmpfs -o size=4k tmpfs disk");
        let before = shell.listing();
        let message = explained(&shell.run(command));
        let (need, free) = need_and_free(&message, what);
        assert_eq!(free, 4096, "{message}");
        assert_eq!(support::changes(&before, &shell.listing()), [""; 0]);

        let enough = need.next_multiple_of(4096);
        shell.must(&mount(enough - 4096));
        let before = shell.listing();
        let message = explained(&shell.run(command));
        assert_eq!(need_and_free(&message, what), (need, enough - 4096));
        assert_eq!(support::changes(&before, &shell.listing()), [""; 0]);

        shell.must(&mount(enough));
        shell.must(command);
    }
}

/// The numbers of a refusal for want of space.
#[track_caller]
fn need_and_free(message: &str, what: &str) -> (u64, u64) {
    let said = format!("not enough space for {what} on the file system of ");
    assert!(message.contains(&said), "{message}");
    let number = |words: &str| -> u64 {
        let (before, _) = message.split_once(words).expect(words);
        let digits = before.rsplit(' ').next().unwrap();
        digits.parse().unwrap()
    };
    (number(" bytes are needed"), number(" are free"))
}

/// The logs have a file system of their own, which is full: the run says so,
/// and what became of the store is right all the same.
#[test]
fn logs_that_cannot_be_written_are_told() {
    for left in [0, 4096] {
        let sandbox = sandbox_with("composed-le");
        let Some(mut shell) = Shell::start(sandbox.path()) else {
            return;
        };
        let size = 16384 - left;
        shell.must(&format!(
            "mount -t tmpfs -o size=16k tmpfs logs; full {size} logs/ballast"
        ));
        let before = shell.listing();
        let output = shell.run("csmigrate -l max old new");
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            stderr(&output)
        );
        assert!(text.contains("No space left on device"), "{text}");
        match output.status.code() {
            Some(0) => assert_eq!(records(&shell.view("new")), records(&shell.view("old"))),
            Some(255) => assert_eq!(
                strange(&before, &shell.listing(), &[Some("old/backup")]),
                [""; 0]
            ),
            _ => panic!("{}: {text}", output.status),
        }
    }
}

/// What changed but in the directories that were to be made or filled, and
/// but for the time of those that these lie in.
fn strange(before: &Listing, after: &Listing, made: &[Option<&str>]) -> Vec<String> {
    let mut all = support::changes(before, after);
    all.retain(|line| {
        let (mark, path) = line.split_once(' ').unwrap();
        let path = std::path::Path::new(path);
        !made.iter().flatten().any(|made| {
            let made = std::path::Path::new(".").join(made);
            path.starts_with(&made)
                || mark == "~" && Some(path) == made.parent() && !path.ends_with("old")
        })
    });
    all
}
