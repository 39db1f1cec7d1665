//! The system itself is asked what a run does to its source: every call that
//! names a path in it is traced. Files are opened for reading, and nothing else
//! happens to them; with the default backup one directory is made beside them.

mod support;

use std::path::Path;
use std::process::Command;

/// Calls that open, make, remove, rename or change what a path names.
const CALLS: &str = "trace=%file,ftruncate,fchmod,fchown";

/// The traced calls of a run of the command, or `None`, which is said, where
/// nothing can be traced.
fn trace(dir: &Path, args: &[&str]) -> Option<Vec<String>> {
    let traceable = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !traceable {
        println!("skipped: strace is not installed or may not trace");
        return None;
    }
    // A file a thread, so that no call is told in two halves.
    let traces = dir.join("traces");
    std::fs::create_dir(&traces).unwrap();
    let output = Command::new("strace")
        .args(["-ff", "-y", "-e", CALLS, "-o"])
        .arg(traces.join("of"))
        .arg(support::CSMIGRATE)
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut calls = Vec::new();
    for entry in std::fs::read_dir(traces).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        calls.extend(text.lines().map(str::to_owned));
    }
    Some(calls)
}

/// The calls that name the source and do more than look and read.
fn changes(calls: &[String]) -> Vec<String> {
    const LOOKS: [&str; 9] = [
        "execve",
        "stat",
        "statx",
        "newfstatat",
        "lstat",
        "access",
        "faccessat2",
        "readlink",
        "statfs",
    ];
    calls
        .iter()
        .filter(|call| call.contains("\"old") || call.contains("/old/") || call.contains("/old>"))
        .filter(|call| {
            let (name, arguments) = call.split_once('(').unwrap_or((call, ""));
            let opens = matches!(name, "open" | "openat" | "openat2");
            let writes = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"];
            if opens {
                writes.iter().any(|flag| arguments.contains(flag))
            } else {
                !LOOKS.contains(&name)
            }
        })
        .cloned()
        .collect()
}

#[test]
fn by_a_run_with_its_backup_elsewhere_and_by_a_dry_run() {
    for args in [
        ["--log-dir=logs", "-b", "saved", "old", "new"].as_slice(),
        ["--log-dir=logs", "-d", "old", "new"].as_slice(),
    ] {
        let dir = support::sandbox_with("composed-be");
        let Some(calls) = trace(dir.path(), args) else {
            return;
        };
        let reads = calls
            .iter()
            .filter(|call| call.contains("old/ics50events.db") && call.contains("O_RDONLY"))
            .count();
        assert!(reads > 0, "the trace sees the source being read");
        assert_eq!(changes(&calls), Vec::<String>::new());
    }
}

#[test]
fn by_a_run_that_makes_its_backup_in_it() {
    let dir = support::sandbox_with("composed-be");
    let Some(calls) = trace(dir.path(), &["--log-dir=logs", "old", "new"]) else {
        return;
    };
    let mut put_back = 0;
    for call in changes(&calls) {
        // The directory's own time, after a name was added to it.
        if call.contains("utimensat") && call.contains("\"old\"") {
            put_back += 1;
            continue;
        }
        assert!(call.contains("backup"), "{call}");
    }
    assert_eq!(put_back, 1);
}
