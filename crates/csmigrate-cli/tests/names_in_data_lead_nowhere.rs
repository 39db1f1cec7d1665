//! Names that stand in data are names, and no paths: what a log calls a file
//! leads neither a reading nor a writing run out of the directories that it was
//! given. A decoy lies where the names lead; nobody looks at it.

#[path = "../../bdbfile-cli/tests/support/store.rs"]
mod store;
mod support;

use std::fs;
use std::path::Path;

use store::{DATABASE, Field, NONE, RENAME, Store, WRITE};
use support::strace::{available, traced};
use support::{changed, csmigrate, listing, names, sandbox, stderr};
use tempfile::TempDir;

/// Calls that take a path.
const CALLS: &[&str] = &[
    "open",
    "openat",
    "openat2",
    "creat",
    "stat",
    "lstat",
    "newfstatat",
    "statx",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "mkdir",
    "mkdirat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "chmod",
    "fchmodat",
    "chown",
    "lchown",
    "fchownat",
    "truncate",
    "utimensat",
];

/// The names that a hostile log gives a file, and where each leads from the
/// store.
fn ways_out(dir: &Path) -> Vec<String> {
    let decoy = dir.join("decoy/ics50decoy.db");
    vec![
        "../decoy/ics50decoy.db".to_owned(),
        "ics50/../../decoy/ics50decoy.db".to_owned(),
        decoy.to_str().unwrap().to_owned(),
        format!("{}/./ics50decoy.db", decoy.parent().unwrap().display()),
    ]
}

/// A store in `old` whose log registers, makes and renames a file by a name that
/// leads elsewhere, and the decoy there: a database with the id that the log
/// gives it.
fn trapped(name: &str, act: Act) -> TempDir {
    let sandbox = sandbox();
    let dir = sandbox.path();
    fs::create_dir(dir.join("old")).unwrap();
    fs::create_dir(dir.join("decoy")).unwrap();
    let mut store = Store::make(&dir.join("old"));
    let mut decoy = fs::read(dir.join("old").join(DATABASE)).unwrap();
    decoy[52..72].copy_from_slice(&[7; 20]);
    fs::write(dir.join("decoy/ics50decoy.db"), &decoy).unwrap();
    let name = [name.as_bytes(), b"\0"].concat();
    let uid = store.uid.clone();
    match act {
        Act::Opens => {
            store.log.opens(&name, &[7; 20], 1);
        }
        Act::Makes => {
            let mut last = store.log.makes(TXN, NONE, &name);
            for (number, page) in (0_u32..).zip(decoy.chunks(4096)) {
                let written = [
                    Field::Bytes(&name),
                    Field::U32(1),
                    Field::U32(4096),
                    Field::U32(number),
                    Field::U32(0),
                    Field::Bytes(page),
                    Field::U32(1),
                ];
                last = store.log.record(WRITE, TXN, last, &written);
            }
            store.log.commit(TXN, last);
            store.log.opens(&name, &[7; 20], 1);
        }
        Act::Renames => {
            let renamed = [
                Field::Bytes(b"ics50gse.db\0"),
                Field::Bytes(&name),
                Field::Bytes(&uid),
                Field::U32(1),
            ];
            let last = store.log.record(RENAME, TXN, NONE, &renamed);
            store.log.commit(TXN, last);
        }
    }
    store.save();
    sandbox
}

/// The transaction that does it.
const TXN: u32 = 0x8000_0002;

/// What the log does with the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Opens,
    Makes,
    Renames,
}

#[test]
fn of_the_logs_of_a_store() {
    let traces = available();
    for act in [Act::Opens, Act::Makes, Act::Renames] {
        let ways = ways_out(Path::new("/"));
        for way in 0..ways.len() {
            // Where it leads depends on where the store is.
            let place = sandbox();
            let name = ways_out(place.path()).swap_remove(way);
            let sandbox = trapped(&name, act);
            let dir = sandbox.path();
            if way >= 2 {
                fs::rename(dir.join("decoy"), place.path().join("decoy")).unwrap();
            }
            let home = if way >= 2 { place.path() } else { dir };
            let decoy = listing(&home.join("decoy"));
            let old = listing(&dir.join("old"));
            let command = csmigrate(dir, ["-b", "kept", "old", "new"]);
            let run = traces.then(|| traced(&command, &dir.join("trace"), CALLS));
            let output = match &run {
                Some(run) => run.output.clone(),
                None => csmigrate(dir, ["-b", "kept", "old", "new"])
                    .output()
                    .unwrap(),
            };
            let what = format!("{act:?} {name}: {}", stderr(&output));
            assert!(output.status.success(), "{what}");
            assert_eq!(changed(&decoy, &home.join("decoy")), [""; 0], "{what}");
            assert_eq!(changed(&old, &dir.join("old")), [""; 0], "{what}");
            let made: Vec<_> = names(&dir.join("new"));
            match act {
                Act::Opens => assert_eq!(made, [DATABASE], "{what}"),
                Act::Makes => assert_eq!(made, ["ics50decoy.db", DATABASE], "{what}"),
                Act::Renames => assert_eq!(made, ["ics50decoy.db"], "{what}"),
            }
            let beside: Vec<_> = names(dir)
                .into_iter()
                .filter(|name| !["decoy", "trace"].iter().any(|it| name == it))
                .collect();
            assert_eq!(beside, ["kept", "logs", "new", "old"], "{what}");
            if let Some(run) = run {
                assert!(run.calls.len() > 50, "the trace sees the run");
                for call in &run.calls {
                    let asked = call.paths(Path::new("/"));
                    let led = asked
                        .iter()
                        .find(|path| path.components().any(|part| part.as_os_str() == "decoy"));
                    assert_eq!(led, None, "{what}: {call:?}");
                }
            }
        }
    }
}

/// A name that only a path could have is no name of a database.
#[test]
fn names_that_no_file_can_have_are_refused() {
    for name in ["ics50x.db/", "../", "/", "..", "ics50\u{1}.db/.."] {
        let sandbox = trapped(name, Act::Renames);
        let dir = sandbox.path();
        let message = support::fails(dir, ["-b", "kept", "old", "new"]);
        assert!(
            message.contains("the logs call the file"),
            "{name}: {message}"
        );
        assert_eq!(names(dir), ["decoy", "logs", "old"]);
    }
}
