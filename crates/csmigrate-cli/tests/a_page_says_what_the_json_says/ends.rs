//! Runs that end in every way, with both of their reports.

use std::fs;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::calendars;
use crate::dom::{self, Element};
use crate::support::{self, StepByStep, csmigrate, flip, killed, run, sandbox_with};

pub(crate) const BOTH: [&str; 4] = ["--report", "r.json", "--report", "r.html"];

/// A run that ended in some way, with both of its reports.
pub(crate) struct Ended {
    pub(crate) what: &'static str,
    pub(crate) json: Value,
    pub(crate) page: String,
    pub(crate) root: Element,
}

/// One run for each way to end.
pub(crate) fn every_end() -> &'static [Ended] {
    static ENDED: OnceLock<Vec<Ended>> = OnceLock::new();
    ENDED.get_or_init(run_to_every_end)
}

pub(crate) fn run_to_every_end() -> Vec<Ended> {
    let mut all = Vec::new();
    let mut add = |what, sandbox: &TempDir, args: &[&str]| {
        let args: Vec<&str> = BOTH.iter().chain(args).copied().collect();
        run(sandbox.path(), args);
        all.push(Ended::found(what, sandbox));
    };
    let le = || sandbox_with("composed-le");
    add("migrated", &le(), &["old", "new"]);
    let rules = ["--rules", "inferred", "-b", "kept", "old", "new"];
    add("migrated with rules", &sandbox_with("composed-be"), &rules);
    add("dry run", &le(), &["-d", "old", "new"]);
    add("refused", &le(), &["none", "no/new"]);
    let sandbox = le();
    fs::create_dir(sandbox.path().join("new")).unwrap();
    fs::write(sandbox.path().join("new/precious"), "").unwrap();
    add("a target that is not empty", &sandbox, &["old", "new"]);

    let damaged = || {
        let sandbox = le();
        flip(&sandbox.path().join("old/ics50events.db"), 3 * 4096 + 20, 6);
        sandbox
    };
    add("damaged", &damaged(), &["old", "new"]);
    add("damaged in a dry run", &damaged(), &["-d", "old", "new"]);
    let salvage = ["--ignore-logs", "--salvage", "old", "new"];
    add("salvaged and not published", &damaged(), &salvage);
    let salvage = [
        "--ignore-logs",
        "--salvage",
        "--publish-salvaged",
        "old",
        "new",
    ];
    add("salvaged", &damaged(), &salvage);

    let sandbox = le();
    flip(&sandbox.path().join("old/__db.001"), 56, 1);
    add("unclean", &sandbox, &["--no-recover", "old", "new"]);
    add("recovered", &sandbox, &["old", "new"]);
    for folder in killed::folders("calendar") {
        let sandbox = support::sandbox();
        killed::copy(&folder, &sandbox.path().join("old"));
        add("killed", &sandbox, &["old", "new"]);
    }

    let sandbox = support::sandbox();
    calendars::store(&sandbox.path().join("old"), 300);
    add("many calendars", &sandbox, &["old", "new"]);

    let sandbox = support::sandbox();
    support::big_store(&sandbox.path().join("old"), 10);
    add("nothing recognised", &sandbox, &["old", "new"]);

    let sandbox = support::sandbox();
    fs::create_dir(sandbox.path().join("old")).unwrap();
    let event = b"BEGIN:VEVENT\r\nUID:u1\r\nDTSTART:20060525T153000Z\r\nEND:VEVENT\r\n";
    let record = (b"jdoe\0u1\x000".to_vec(), event.to_vec());
    calendars::write(&sandbox.path().join("old"), "ics50events.db", vec![record]);
    add("one file", &sandbox, &["old", "new"]);
    all.extend(stopped_and_published_before());
    all
}

/// A run that was asked to stop once the backup was made; one that is killed
/// when all is in place, and the next one.
pub(crate) fn stopped_and_published_before() -> Vec<Ended> {
    let mut all = Vec::new();
    let sandbox = sandbox_with("composed-le");
    let args = || BOTH.iter().chain(&["old", "new"]);
    let mut run = StepByStep::start(csmigrate(sandbox.path(), args()));
    run.take_up_to("backup");
    run.signal(rustix::process::Signal::TERM);
    run.finish();
    all.push(Ended::found("stopped", &sandbox));

    let sandbox = sandbox_with("composed-le");
    let mut killed = StepByStep::start(csmigrate(sandbox.path(), args()));
    killed.take_up_to("publish");
    let page = sandbox.path().join("r.html");
    killed.wait_until(|| page.exists());
    killed.kill();
    support::run(sandbox.path(), args());
    all.push(Ended::found("published before", &sandbox));
    all
}

impl Ended {
    #[track_caller]
    pub(crate) fn found(what: &'static str, sandbox: &TempDir) -> Self {
        let read = |name: &str| fs::read_to_string(sandbox.path().join(name)).expect(what);
        let page = read("r.html");
        Self {
            what,
            json: serde_json::from_str(&read("r.json")).expect(what),
            root: dom::parse(what, &page),
            page,
        }
    }
}
