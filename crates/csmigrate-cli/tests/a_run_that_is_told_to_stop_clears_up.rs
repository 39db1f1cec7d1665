//! INT, TERM and HUP end a run with its traces removed, the target as it was,
//! exit status 255 and a line that says so; the next run succeeds. Once the
//! target is published a signal comes too late, and the run goes to its end.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use support::{
    CSMIGRATE, StepByStep, big_store, changed, explained, listing, log, names, records, sandbox,
    succeeds,
};

/// Enough that no stage is over before the signal is there.
const RECORDS: u32 = 4000;

const SIGNALS: [(Signal, &str); 3] = [
    (Signal::INT, "SIGINT"),
    (Signal::TERM, "SIGTERM"),
    (Signal::HUP, "SIGHUP"),
];

/// The lines after which a signal is sent. The run is then held before the
/// line after the next.
const MOMENTS: [&str; 3] = ["migrating", "inspect", "backup"];

/// The command with no signal ignored, whatever the test was started with: a
/// job in the background has INT ignored, and one under `nohup` HUP. `None`,
/// which is said, where that cannot be had.
fn csmigrate(dir: &Path, args: &[&str]) -> Option<Command> {
    const DEFAULT: &str = "--default-signal=HUP,INT,TERM";
    let known = Command::new("env").args([DEFAULT, "true"]).output();
    if !known.is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no `env` that lets signals be as they were");
        return None;
    }
    fs::create_dir_all(dir.join("logs")).unwrap();
    let mut command = Command::new("env");
    command
        .args([DEFAULT, CSMIGRATE, "--log-dir", "logs"])
        .args(args)
        .current_dir(dir);
    Some(command)
}

#[test]
fn before_anything_is_published() {
    for exists in [false, true] {
        for (signal, name) in SIGNALS {
            for moment in MOMENTS {
                let sandbox = sandbox();
                let dir = sandbox.path();
                big_store(&dir.join("old"), RECORDS);
                if exists {
                    fs::create_dir(dir.join("new")).unwrap();
                }
                let before = listing(&dir.join("old"));
                let Some(command) = csmigrate(dir, &["-b", "saved", "old", "new"]) else {
                    return;
                };
                let mut run = StepByStep::start(command);
                run.take_up_to(moment);
                run.signal(signal);
                let message = explained(&run.finish());
                let wanted = format!("csmigrate: stopped by {name}");
                assert!(message.starts_with(&wanted), "{moment}: {message}");
                assert!(log(dir).contains("error: stopped by"), "{moment}");
                assert!(log(dir).ends_with("failed, exit status 255\n"), "{moment}");
                assert_eq!(changed(&before, &dir.join("old")), [""; 0]);
                let mut left = names(dir);
                // A backup that was made is kept.
                left.retain(|name| name != "saved");
                if exists {
                    assert_eq!(left, ["logs", "new", "old"], "{moment}");
                    assert!(names(&dir.join("new")).is_empty(), "{moment}");
                } else {
                    assert_eq!(left, ["logs", "old"], "{moment}");
                }
                succeeds(dir, ["-b", "saved", "old", "new"]);
                assert_eq!(records(&dir.join("new")), records(&dir.join("old")));
            }
        }
    }
}

#[test]
fn after_that_it_is_too_late() {
    for (signal, _) in SIGNALS {
        let sandbox = sandbox();
        let dir = sandbox.path();
        big_store(&dir.join("old"), 100);
        let Some(command) = csmigrate(dir, &["old", "new"]) else {
            return;
        };
        let mut run = StepByStep::start(command);
        run.take_up_to("verify");
        run.wait_until(|| dir.join("new/ics50caldb.conf").exists());
        run.signal(signal);
        let output = run.finish();
        assert_eq!(
            output.status.code(),
            Some(0),
            "{}",
            support::stderr(&output)
        );
        assert!(log(dir).ends_with("done, exit status 0\n"));
        assert_eq!(names(dir), ["logs", "new", "old"]);
        assert_eq!(records(&dir.join("new")), records(&dir.join("old")));
    }
}

/// Who starts a run by `nohup` means it to outlive the terminal.
#[test]
fn a_signal_that_was_ignored_stays_so() {
    let sandbox = sandbox();
    let dir = sandbox.path();
    big_store(&dir.join("old"), RECORDS);
    let script = format!("trap '' HUP; exec {CSMIGRATE} --log-dir . old new");
    let mut command = Command::new("sh");
    command.args(["-c", &script]).current_dir(dir);
    let mut run = StepByStep::start(command);
    run.take_up_to("migrating");
    run.signal(Signal::HUP);
    let output = run.finish();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        support::stderr(&output)
    );
    assert_eq!(records(&dir.join("new")), records(&dir.join("old")));
}
