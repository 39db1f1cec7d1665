//! An administrator who is told of one thing at a time runs the command as
//! often as there are things. A line each, in the logs too, and nothing is
//! written; the dry run tells the same.

mod support;

use std::fs;

use support::{changed, explained_lines, listing, run, sandbox_with, succeeds};

/// What is done to the store and around it, and what is told of it.
const TROUBLES: [(&str, &str); 5] = [
    (
        "new/notes.txt",
        "target directory new is not empty: it holds notes.txt",
    ),
    (
        "saved/photo",
        "backup directory saved holds no backup of this store",
    ),
    (
        "old/ics50events.db",
        "old/ics50events.db: this is not a Berkeley DB file",
    ),
    (
        "old/ics50gse.db",
        "old/ics50gse.db: this is not a Berkeley DB file",
    ),
    (
        "old/ics50todos.db",
        "old/ics50todos.db: this is not a Berkeley DB file",
    ),
];

#[test]
fn a_line_each() {
    // Any of them alone, and all of those before it as well.
    for count in 1..=TROUBLES.len() {
        let sandbox = sandbox_with("composed-le");
        let dir = sandbox.path();
        for (place, _) in &TROUBLES[..count] {
            let path = dir.join(place);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x".repeat(5000)).unwrap();
        }
        fs::create_dir_all(dir.join("logs")).unwrap();
        let before = listing(dir);
        for args in [
            &["-b", "saved", "old", "new"][..],
            &["-d", "-b", "saved", "old", "new"],
        ] {
            let output = run(dir, args);
            let lines = explained_lines(&output);
            assert_eq!(lines.len(), count, "{lines:?}");
            for (_, told) in &TROUBLES[..count] {
                assert!(
                    lines.iter().any(|line| line.contains(told)),
                    "{told}: {lines:?}"
                );
            }
            let log = fs::read_to_string(dir.join("logs/csmigrateError.log")).unwrap();
            for line in &lines {
                let line = line.strip_prefix("csmigrate: ").unwrap();
                assert!(log.contains(&format!("error: {line}")), "{line}");
            }
            let mut changed = changed(&before, dir);
            changed.retain(|line| !line.contains("./logs"));
            assert_eq!(changed, [""; 0]);
        }
        // And nothing but these stood in the way.
        for (place, _) in &TROUBLES[..count] {
            fs::remove_file(dir.join(place)).unwrap();
        }
        succeeds(dir, ["-b", "saved", "old", "new"]);
    }
}

/// Source and target are both wrong, as when the steps of the guide are copied
/// with their misprints.
#[test]
fn a_source_that_is_missing_does_not_hide_a_target_that_is_wrong() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    fs::create_dir(dir.join("new")).unwrap();
    fs::write(dir.join("new/notes.txt"), "").unwrap();
    let lines = explained_lines(&run(dir, ["-b", "no/where", "old_csdb", "new"]));
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].contains("source directory old_csdb does not exist"));
    assert!(lines[1].contains("target directory new is not empty"));
    assert!(lines[2].contains("backup directory no/where cannot be made"));
}
