//! A report appears under its name when it is whole, also beside a run that
//! fails; it takes the place of nothing but another report, and goes into no
//! store. A place that cannot be written is known before anything is done.

mod support;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use serde_json::Value;
use support::strace::{self, Aim, Fault};
use support::{
    StepByStep, csmigrate, explained, fails, listing, log, names, run, sandbox_with, stderr,
    succeeds,
};

fn read(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

#[test]
fn with_nothing_beside_it() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    fs::create_dir(dir.join("out")).unwrap();
    succeeds(dir, ["--report", "out/r.json", "old", "new"]);
    assert_eq!(names(&dir.join("out")), ["r.json"]);
    assert_eq!(read(&dir.join("out/r.json"))["outcome"]["published"], true);
    let mode = fs::metadata(dir.join("out/r.json")).unwrap().permissions();
    // The process's mask may take away from it.
    assert_eq!(mode.mode() & 0o777 & !0o644, 0);
    assert_eq!(mode.mode() & 0o600, 0o600);
}

/// The name is free, and only a draft is there, until all is in place.
#[test]
fn when_all_is_done() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    fs::create_dir(dir.join("out")).unwrap();
    let report = dir.join("out/r.json");
    let command = csmigrate(dir, ["--report", "out/r.json", "old", "new"]);
    let mut run = StepByStep::start(command);
    run.take_up_to("backup");
    assert!(!report.exists());
    let draft = names(&dir.join("out"));
    assert_eq!(draft.len(), 1, "{draft:?}");
    run.take_up_to("publish");
    run.wait_until(|| report.exists());
    assert_eq!(read(&report)["outcome"]["code"], "migrated");
    assert_eq!(run.finish().status.code(), Some(0));
    assert_eq!(names(&dir.join("out")), ["r.json"]);
}

#[test]
fn in_the_place_of_an_earlier_one_or_of_nothing() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    fs::write(dir.join("r.json"), "").unwrap();
    succeeds(dir, ["--report", "r.json", "old", "new"]);
    assert_eq!(read(&dir.join("r.json"))["outcome"]["status"], 0);
    fails(dir, ["--report", "r.json", "old", "new"]);
    assert_eq!(read(&dir.join("r.json"))["outcome"]["status"], 255);
}

#[test]
fn on_standard_output_with_nothing_else() {
    let sandbox = sandbox_with("composed-le");
    let output = succeeds(sandbox.path(), ["--report", "-", "old", "new"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["outcome"]["code"], "migrated");

    let output = run(sandbox.path(), ["--report", "-", "old", "new"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["outcome"]["code"], "refused");
    let error = report["outcome"]["errors"][0]["text"].as_str().unwrap();
    assert_eq!(explained(&output), format!("csmigrate: {error}\n"));
}

/// What cannot be a report's place is refused, and nothing is begun.
#[test]
fn or_the_run_does_not_begin() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    fs::create_dir(dir.join("kept")).unwrap();
    fs::create_dir(dir.join("dir")).unwrap();
    fs::create_dir(dir.join("dir.html")).unwrap();
    fs::write(dir.join("mail"), "precious").unwrap();
    fs::write(
        dir.join("mail.html"),
        "<!DOCTYPE html>\n<html lang=\"en\">\n",
    )
    .unwrap();
    fs::write(dir.join("like"), "{\n  \"format\": \"csmigrate-inspect\",").unwrap();
    symlink("mail", dir.join("link")).unwrap();
    symlink("old", dir.join("way")).unwrap();
    for (file, told) in [
        ("old/r.json", "the source directory"),
        ("way/r.json", "the source directory"),
        ("old/../old/r.json", "the source directory"),
        ("old/backup", "the source directory"),
        ("kept/r.json", "the backup directory"),
        ("new", "the target directory"),
        ("./new", "the target directory"),
        ("logs/csmigrateError.log", "the name of a log"),
        ("logs/csmigrate.log", "the name of a log"),
        ("dir", "not a plain file"),
        ("link", "not a plain file"),
        ("/dev/null", "not a plain file"),
        ("mail", "no report"),
        ("like", "no report"),
        ("..", "not the name of a file"),
        ("none/r.json", "no file can be made"),
        ("mail/r.json", "Not a directory"),
        ("old/r.html", "the source directory"),
        ("mail.html", "no report"),
        ("dir.html", "not a plain file"),
        ("", "empty"),
    ] {
        let before = listing(dir);
        let text = fails(dir, ["--report", file, "-b", "kept", "old", "new"]);
        assert!(text.contains(told), "{file}: {text}");
        let mut after = listing(dir);
        // The logs may say so.
        after.retain(|path, _| !path.starts_with("./logs") && !path.starts_with("logs"));
        for (path, entry) in after {
            if path != Path::new(".") {
                assert_eq!(
                    before.get(&path),
                    Some(&entry),
                    "{file}: {}",
                    path.display()
                );
            }
        }
        assert_eq!(fs::read_to_string(dir.join("mail")).unwrap(), "precious");
    }
    assert!(log(dir).contains("error: report mail: "));
}

/// The store is migrated and the status says so; that there is no report is
/// told.
#[test]
fn and_its_loss_is_told_and_costs_nothing() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    fs::create_dir(dir.join("out")).unwrap();
    let command = csmigrate(dir, ["--report", "out/r.json", "old", "new"]);
    let mut run = StepByStep::start(command);
    run.take_up_to("backup");
    fs::rename(dir.join("out"), dir.join("elsewhere")).unwrap();
    let output = run.finish();
    assert_eq!(output.status.code(), Some(0));
    let told = stderr(&output);
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(
        told.contains("report out/r.json: it could not be written: "),
        "{told}"
    );
    assert!(dir.join("new/ics50events.db").exists());
}

/// What was done is told also where the system does not promise to keep it:
/// the name of the backup, that of the target, the report, its name.
#[test]
fn and_tells_what_may_not_last() {
    if !strace::available() {
        return;
    }
    let new = || {
        let sandbox = sandbox_with("composed-le");
        fs::create_dir(sandbox.path().join("out")).unwrap();
        // One file less that is synced beside.
        fs::remove_file(sandbox.path().join("old/log.0000000020")).unwrap();
        let args = ["--threads", "1", "--report", "out/r.json", "old", "new"];
        let command = csmigrate(sandbox.path(), args);
        (sandbox, command)
    };
    let (sandbox, command) = new();
    let traced = strace::traced(&command, &sandbox.path().join("trace"), &SYNCS_AND_NAMES);
    // Directories and the report are synced by the thread that renames, the
    // files of the store by others. strace counts the calls of each thread.
    let of_thread = |thread: u32| traced.calls.iter().filter(move |it| it.thread == thread);
    let renaming = traced.calls.iter().find(|call| call.name == "renameat2");
    let renaming = renaming.unwrap().thread;
    let syncs = |thread| {
        of_thread(thread)
            .filter(|call| call.name == "fsync")
            .count()
    };
    let others = traced.calls.iter().map(|call| call.thread);
    let others = others.filter(|thread| *thread != renaming).map(syncs);
    let (all, others) = (syncs(renaming), others.max().unwrap_or(0));
    // The report is the last but one, and has no name that is known before.
    assert!(all - 1 > others, "{all} and {others}: by its number");
    let path = |name: &str| vec![PathBuf::from(name)];
    for (keys, nth, status, outcome) in [
        (path("old"), 2, 255, Some(("failed", false))),
        (path(""), 2, 255, Some(("not-durable", true))),
        (Vec::new(), all - 1, 0, None),
        (path("out"), 1, 0, Some(("migrated", true))),
    ] {
        let (sandbox, command) = new();
        let aim = Aim {
            name: "fsync",
            keys: &keys,
            nth,
        };
        let fault = Fault::Error("EIO");
        let failed = strace::with_fault(&command, &sandbox.path().join("trace"), &aim, &fault);
        let told = stderr(&failed.output);
        assert_eq!(failed.output.status.code(), Some(status), "{nth}: {told}");
        let lines = told.lines().filter(|line| !line.starts_with("strace: "));
        assert_eq!(lines.count(), 1, "{keys:?} {nth}: {told}");
        let report = sandbox.path().join("out/r.json");
        assert_eq!(report.exists(), outcome.is_some(), "{nth}: {told}");
        if let Some((code, published)) = outcome {
            let report = read(&report);
            assert_eq!(report["outcome"]["code"], code, "{nth}");
            assert_eq!(report["outcome"]["published"], published, "{nth}");
        } else {
            assert!(names(&sandbox.path().join("out")).is_empty());
        }
    }
}

const SYNCS_AND_NAMES: [&str; 2] = ["fsync", "renameat2"];
