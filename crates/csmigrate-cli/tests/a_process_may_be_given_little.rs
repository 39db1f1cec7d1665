//! A process that may open few files, or start no threads: the run succeeds, or
//! ends with one line that says why and leaves nothing but a backup that is
//! whole.

mod support;

use support::shell::{Shell, can_be_icsuser};
use support::{changes, explained, records, sandbox_with, stderr};

/// Runs the command under each limit; how often it succeeded.
#[track_caller]
fn under(limits: impl IntoIterator<Item = String>, command: &str) -> Option<usize> {
    let mut succeeded = 0;
    for limit in limits {
        let sandbox = sandbox_with("composed-le");
        let mut shell = Shell::start(sandbox.path())?;
        if command.starts_with("as_icsuser") {
            shell.must("chown -R 12345:12345 .");
        }
        let before = shell.listing();
        let output = shell.run(&format!(
            "{command} prlimit {limit} csmigrate --log-dir logs --threads 8 old new"
        ));
        if output.status.success() {
            assert_eq!(stderr(&output), "", "{limit}");
            assert_eq!(records(&shell.view("new")), records(&shell.view("old")));
            succeeded += 1;
            continue;
        }
        explained(&output);
        let after = shell.listing();
        for line in changes(&before, &after) {
            // The time of the directory that the staging directory was in.
            assert!(
                line == "~ ." || line.contains("./old/backup"),
                "{limit}: {line}"
            );
        }
        let copied = after.keys().filter(|path| path.starts_with("./old/backup"));
        let copied = copied.count();
        assert!(copied == 0 || copied == 11, "{limit}: {copied} names");
    }
    Some(succeeded)
}

#[test]
fn few_open_files() {
    let limits = (4..40).step_by(2).map(|files| format!("--nofile={files}"));
    let Some(succeeded) = under(limits, "command") else {
        return;
    };
    assert!(succeeded > 0, "not even with 38");
}

#[test]
fn few_threads() {
    // Root may start as many as there are.
    if !can_be_icsuser() {
        return;
    }
    under(
        [1, 2, 4].map(|processes| format!("--nproc={processes}")),
        "as_icsuser",
    );
}
