//! Names of directories: relative, through links, with spaces, line ends and
//! bytes that are no text. The log keeps one line an entry.

mod support;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use support::{
    CSMIGRATE, changed, csmigrate, explained, fails, listing, log, names, records, run,
    sandbox_with, stderr,
};

/// Every line of the log begins with time and process.
#[track_caller]
fn assert_one_line_an_entry(dir: &Path) {
    let log = fs::read(dir.join("logs/csmigrate.log")).unwrap();
    let log = String::from_utf8(log).expect("a log is text");
    assert!(log.ends_with('\n'));
    for line in log.lines() {
        let (time, rest) = line.split_once(" [").expect("time and process");
        assert!(time.len() == 20 && time.ends_with('Z'), "{line}");
        let (process, _) = rest.split_once("] ").expect("process and text");
        assert!(process.bytes().all(|b| b.is_ascii_digit()), "{line}");
        assert!(!line.contains(char::is_control), "{line}");
    }
}

#[test]
fn odd_names_are_no_matter() {
    let odd: [&[u8]; 6] = [
        b"a b",
        b" ",
        b"two\nlines",
        b"\x1b[2J\r2026-01-01T00:00:00Z [1] done, exit status 0",
        b"not \xff text",
        "T\u{e4}ter \u{202e}".as_bytes(),
    ];
    for name in odd {
        let sandbox = sandbox_with("composed-le");
        let dir = sandbox.path();
        let name = OsStr::from_bytes(name);
        let (mut source, mut target) = (name.to_owned(), name.to_owned());
        source.push(" old");
        target.push(" new");
        fs::rename(dir.join("old"), dir.join(&source)).unwrap();
        let before = records(&dir.join(&source));
        let output = run(dir, [&source, &target]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(records(&dir.join(&target)), before);
        assert_one_line_an_entry(dir);
        // The backup and the logs have such names too.
        let (mut saved, mut logs, mut newer) = (name.to_owned(), name.to_owned(), name.to_owned());
        saved.push(" saved");
        logs.push(" logs");
        newer.push(" newer");
        fs::create_dir(dir.join(&logs)).unwrap();
        let [b, log_dir] = ["-b", "--log-dir"].map(OsStr::new);
        let output = Command::new(CSMIGRATE)
            .args([b, &saved, log_dir, &logs, &source, &newer])
            .current_dir(dir)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(records(&dir.join(&newer)), before);
        assert_eq!(names(&dir.join(&saved)).len(), 10);
        assert_eq!(names(&dir.join(&logs)).len(), 2);
        // The same for a refusal, which names the target.
        let message = fails(dir, [&source, &target]);
        assert!(message.contains("is not empty"), "{message}");
        assert_one_line_an_entry(dir);
    }
}

/// A name has 255 bytes at most, and what a run makes beside a directory has a
/// longer name than that. Where there is no room for it the run does not begin.
#[test]
fn long_names_work_or_are_refused_first() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let before = records(&dir.join("old"));
    let mut worked = 0;
    for len in 225..=256 {
        let long = "n".repeat(len);
        for args in [["-b", "saved", "old", &long], ["-b", &long, "old", "new"]] {
            let was = listing(dir);
            let output = run(dir, args);
            if output.status.success() {
                let target = dir.join(args[3]);
                assert_eq!(records(&target), before);
                fs::remove_dir_all(target).unwrap();
                fs::remove_dir_all(dir.join(args[1])).unwrap();
                worked += 1;
                continue;
            }
            let message = explained(&output);
            assert!(message.contains("File name too long"), "{message}");
            let mut changed = changed(&was, dir);
            changed.retain(|line| !line.contains("./logs"));
            assert_eq!(changed, [""; 0], "{len}");
        }
    }
    assert!(worked > 0);
}

#[test]
fn relative_paths_begin_at_the_current_directory() {
    let sandbox = sandbox_with("composed-le");
    let top = sandbox.path();
    let dir = top.join("sub");
    fs::create_dir(&dir).unwrap();
    let before = records(&top.join("old"));
    for (number, (source, target)) in [
        ("../old", "new0"),
        ("./.././old/", "./new1"),
        ("../sub/../old", "../sub/new2/"),
    ]
    .into_iter()
    .enumerate()
    {
        let output = run(&dir, [source, target]);
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(records(&dir.join(format!("new{number}"))), before);
    }
    // The target as the current directory itself, which is then another one
    // of that name.
    let here = top.join("here");
    fs::create_dir(&here).unwrap();
    let mut command = csmigrate(top, ["--log-dir", "../logs", "../old", "."]);
    let output = command.current_dir(&here).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(records(&here), before);
    // The source as the current directory, and as the one above it.
    fs::create_dir(top.join("old/ldap_cache")).unwrap();
    for (number, (place, source)) in [("old", "."), ("old/ldap_cache", "..")].iter().enumerate() {
        let target = top.join(format!("newer{number}"));
        let mut command = Command::new(CSMIGRATE);
        command.arg("--log-dir").arg(top.join("logs")).arg(source);
        let output = command.arg(&target).current_dir(top.join(place)).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        assert_eq!(records(&target), before);
    }
    assert_eq!(names(&top.join("old/backup")).len(), 10);
    assert!(log(top).contains("found identical in ../backup"));
}

#[test]
fn links_are_followed_and_stay() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let before = records(&dir.join("old"));
    symlink("old", dir.join("link to old")).unwrap();
    fs::create_dir(dir.join("data")).unwrap();
    fs::create_dir(dir.join("data/new")).unwrap();
    symlink("data/new", dir.join("link to new")).unwrap();
    let output = run(dir, ["link to old", "link to new"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(dir.join("link to new").is_symlink());
    assert!(dir.join("link to old").is_symlink());
    assert_eq!(records(&dir.join("data/new")), before);
    assert_eq!(names(&dir.join("data")), ["new"]);
    assert!(dir.join("old/backup").is_dir());
    // The same source by its other name: the backup is the same too.
    let output = run(dir, ["old", "newer"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(log(dir).contains("found identical in old/backup"));
}

/// Files of the store may be links to another disk: their bytes count.
#[test]
fn links_in_the_store_are_followed() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let before = records(&dir.join("old"));
    fs::create_dir(dir.join("disk2")).unwrap();
    fs::rename(
        dir.join("old/ics50events.db"),
        dir.join("disk2/ics50events.db"),
    )
    .unwrap();
    symlink("../disk2/ics50events.db", dir.join("old/ics50events.db")).unwrap();
    let output = run(dir, ["old", "new"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(records(&dir.join("new")), before);
    for place in ["new", "old/backup"] {
        let file = fs::symlink_metadata(dir.join(place).join("ics50events.db")).unwrap();
        assert!(file.is_file(), "{place}: a file of its own");
    }
}
