//! The number of threads changes neither a byte of the new files, but for
//! their random ids, nor the order of what is told.

mod support;

use std::fs;
use std::path::Path;

use support::{big_store, log_texts, names, sandbox, sandbox_with, succeeds};

/// Where the unique id of a file stands on page 0.
const FILE_ID: std::ops::Range<usize> = 52..72;

#[test]
fn of_the_files_and_of_the_log() {
    for sample in ["composed-le", "composed-be"] {
        let runs = ["1", "2", "8"].map(|threads| {
            let sandbox = sandbox_with(sample);
            let args = ["-l", "max", "--threads", threads, "old", "new"];
            let output = succeeds(sandbox.path(), args);
            (sandbox, output.stdout)
        });
        let (first, told) = &runs[0];
        for (other, also_told) in &runs[1..] {
            same_files(&first.path().join("new"), &other.path().join("new"));
            assert_eq!(story(told), story(also_told));
            assert_eq!(logged(first.path()), logged(other.path()));
        }
    }
}

/// A database of several units is built by all threads at once.
#[test]
fn of_a_large_file() {
    let runs = ["1", "2", "16"].map(|threads| {
        let sandbox = sandbox();
        big_store(&sandbox.path().join("old"), 50_000);
        succeeds(sandbox.path(), ["--threads", threads, "old", "new"]);
        sandbox
    });
    let [first, others @ ..] = &runs;
    assert!(
        fs::metadata(first.path().join("new/ics50events.db"))
            .unwrap()
            .len()
            > 48 << 20
    );
    for other in others {
        same_files(&first.path().join("new"), &other.path().join("new"));
    }
}

#[track_caller]
fn same_files(one: &Path, other: &Path) {
    assert_eq!(names(one), names(other));
    for name in names(one) {
        let read = |dir: &Path| fs::read(dir.join(&name)).unwrap();
        let (mut one, mut other) = (read(one), read(other));
        if name != "ics50caldb.conf" {
            let ids = [&mut one, &mut other].map(|bytes| {
                let id = bytes[FILE_ID].to_vec();
                bytes[FILE_ID].fill(0);
                id
            });
            assert_ne!(ids[0], ids[1], "{}: an id twice", name.display());
        }
        assert!(one == other, "{} differs", name.display());
    }
}

/// What was printed, up to the table, whose last column is time.
fn story(told: &[u8]) -> String {
    let text = String::from_utf8(told.to_vec()).unwrap();
    text.split("\n\n").next().unwrap().to_owned()
}

/// The first error in the order of the files is told, whichever comes first.
#[test]
fn of_the_error() {
    let messages = ["1", "2", "8"].map(|threads| {
        let sandbox = sandbox_with("composed-le");
        // The later file is the smaller and its damage is met at once.
        for (name, page) in [("ics50events.db", 3), ("ics50gse.db", 1)] {
            let path = sandbox.path().join("old").join(name);
            support::flip(&path, page * 4096 + 20, 6);
        }
        support::fails(sandbox.path(), ["-d", "--threads", threads, "old", "new"])
    });
    assert!(
        messages[0].contains("ics50events.db: page 3"),
        "{messages:?}"
    );
    assert!(messages.iter().all(|message| *message == messages[0]));
}

/// The log but for the first line, which has the arguments, and for the space
/// that other programs leave free.
fn logged(dir: &Path) -> Vec<String> {
    let mut texts = log_texts(dir);
    texts.remove(0);
    texts.retain(|text| !text.starts_with("space for "));
    texts
}
