//! A file with holes can be as long as a length can say, and three of them are
//! together longer than can be counted. That is told as what it is: too little
//! space for them.

mod support;

use std::fs::File;
use std::path::Path;

use support::{copy_dir, explained_lines, run, testdata};

/// A file system on which a file can be of any length.
const ANY_LENGTH: &str = "/dev/shm";

/// Makes three files of the names as long as files can be; false where the file
/// system does not have such files.
fn lengthened(dir: &Path, names: [&str; 3]) -> bool {
    names.iter().all(|name| {
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(dir.join(name))
            .unwrap();
        file.set_len(i64::MAX.cast_unsigned()).is_ok()
    })
}

#[test]
fn three_files_that_are_longer_than_can_be_counted() {
    let logs = ["log.0000000001", "log.0000000002", "log.0000000003"];
    let databases = ["ics50calprops.db", "ics50events.db", "ics50alarms.db"];
    for names in [logs, databases] {
        let Ok(sandbox) = tempfile::tempdir_in(ANY_LENGTH) else {
            println!("skipped: there is no {ANY_LENGTH}");
            return;
        };
        let dir = sandbox.path();
        copy_dir(&testdata().join("composed-le"), &dir.join("old"));
        if !lengthened(&dir.join("old"), names) {
            println!("skipped: no files of such a length on {ANY_LENGTH}");
            return;
        }
        for args in [&["old", "new"][..], &["-d", "old", "new"]] {
            let output = run(dir, args);
            assert_eq!(output.status.code(), Some(255), "{names:?} {args:?}");
            let lines = explained_lines(&output);
            let space = lines.iter().find(|line| line.contains("not enough space"));
            let space = space.unwrap_or_else(|| panic!("{lines:?}"));
            assert!(space.contains(&u64::MAX.to_string()), "{space}");
        }
        let inspected = run(dir, ["--inspect", "old"]);
        assert!(inspected.status.code().is_some_and(|code| code != 101));
        assert!(!dir.join("new").exists());
    }
}
