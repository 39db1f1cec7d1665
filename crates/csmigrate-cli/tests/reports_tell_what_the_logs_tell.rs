//! A report keeps to its published schema, however the run ended, and tells
//! all that the log tells with `-l max`: every line of the log can be made
//! from it. The schema in turn takes nothing else for a report, and it and
//! `docs/report.md` know every code that the library has.

mod support;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::sync::OnceLock;

use boon::{Compiler, SchemaIndex, Schemas};
use csmigrate::caldb::check::CHECKS;
use rustix::process::Signal;
use serde_json::{Value, json};
use support::{StepByStep, csmigrate, flip, killed, log_texts, run, sandbox_with, testdata};
use tempfile::TempDir;

const SCHEMA: &str = include_str!("../../../docs/report.schema.json");
const DESCRIPTION: &str = include_str!("../../../docs/report.md");

/// A run that ended in some way, and what its report must say of that.
struct Ended {
    what: &'static str,
    outcome: &'static str,
    report: Value,
    /// The lines of its log.
    told: Vec<String>,
}

#[test]
fn each_report_keeps_to_the_schema() {
    let schema = Schema::published();
    for ended in every_end() {
        schema.must_take(ended.what, &ended.report);
        let code = &ended.report["outcome"]["code"];
        assert_eq!(code, ended.outcome, "{}", ended.what);
    }
}

#[test]
fn each_line_of_the_log_follows_from_the_report() {
    for ended in every_end() {
        let mut told = ended.told.clone();
        let mut made = log_of(&ended.report);
        told.sort();
        made.sort();
        assert_eq!(told, made, "{}", ended.what);
    }
}

#[test]
fn nothing_else_is_taken_for_a_report() {
    let schema = Schema::published();
    let mut tried = 0;
    for ended in every_end() {
        let mut report = ended.report.clone();
        shorten(&mut report);
        schema.must_take("shortened", &report);
        for (what, broken) in broken_ones(&report) {
            assert!(!schema.takes(&broken), "{}: {what}", ended.what);
            tried += 1;
        }
    }
    println!("{tried} broken reports refused");
    assert!(tried > 1000, "{tried}");
}

#[test]
fn a_value_that_cannot_be_is_refused() {
    let schema = Schema::published();
    let report = succeeded("composed-le", &[]).report;
    for (place, wrong) in [
        ("/format", json!("csmigrate-inspect")),
        ("/version", json!(2)),
        ("/started", json!("yesterday")),
        ("/seconds", json!(-1)),
        ("/outcome/code", json!("done")),
        ("/outcome/status", json!(1)),
        ("/logs/level", json!("medium")),
        ("/backup/files/0/blake3", json!("00")),
        (
            "/files/0/result/digest",
            json!("0123456789ABCDEF0123456789ABCDEF"),
        ),
        ("/files/0/result/records/read", json!(-1)),
        ("/files/0/database/byte_order", json!("middle-endian")),
        ("/evidence/0/points_to", json!({"7.0": 1})),
        ("/evidence/0/provenance/mark", json!("known")),
        ("/stages/0/name", json!("dream")),
        ("/warnings/0/code", json!("Not A Code")),
    ] {
        let mut broken = report.clone();
        *broken.pointer_mut(place).expect(place) = wrong;
        assert!(!schema.takes(&broken), "{place}");
    }
}

#[test]
fn every_code_is_in_the_schema_and_described() {
    let source = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../csmigrate/src");
        fs::read_to_string(path.join(name)).unwrap()
    };
    let of_errors = source("error.rs");
    let (_, code) = of_errors.split_once("pub fn code(").unwrap();
    let (code, _) = code.split_once("\n    }\n").unwrap();
    let mut errors: BTreeSet<&str> = code.split('"').skip(1).step_by(2).collect();
    // It stands for the others, which are told one by one.
    assert!(errors.remove("several"));
    assert!(errors.len() > 20, "{errors:?}");

    let schema: Value = serde_json::from_str(SCHEMA).unwrap();
    let of_schema = &schema["$defs"]["error"]["properties"]["code"]["enum"];
    let of_schema = of_schema.as_array().unwrap().iter();
    let of_schema: BTreeSet<&str> = of_schema.map(|code| code.as_str().unwrap()).collect();
    assert_eq!(errors, of_schema);

    let mut texts = Vec::new();
    sources(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("../csmigrate/src"),
        &mut texts,
    );
    let mut warnings = BTreeSet::new();
    for text in &texts {
        // A call may stand on several lines.
        for after in text.split("Warning::new(").skip(1) {
            if let Some(literal) = after.trim_start().strip_prefix('"') {
                warnings.extend(literal.split('"').next());
            }
        }
    }
    assert!(warnings.len() > 10, "{warnings:?}");
    let described = |code: &str| DESCRIPTION.contains(&format!("\n| `{code}` |"));
    let checks = CHECKS.iter().map(|check| check.id);
    for code in errors.into_iter().chain(warnings).chain(checks) {
        assert!(described(code), "docs/report.md has no row for {code}");
    }
    for field in schema["properties"].as_object().unwrap().keys() {
        assert!(described(field), "docs/report.md has no row for {field}");
    }
}

#[test]
fn threads_change_nothing_but_times() {
    let [one, other] = ["1", "8"].map(|threads| {
        let mut report = succeeded("composed-be", &["--threads", threads]).report;
        still(&mut report);
        report
    });
    assert_eq!(one, other);
}

/// One run for each way to end, and for each kind of thing to be told.
fn every_end() -> &'static [Ended] {
    static ENDED: OnceLock<Vec<Ended>> = OnceLock::new();
    ENDED.get_or_init(run_to_every_end)
}

fn run_to_every_end() -> Vec<Ended> {
    let le = || sandbox_with("composed-le");
    let old = |sandbox: &TempDir, name: &str| sandbox.path().join("old").join(name);
    let mut all = vec![
        succeeded("composed-le", &[]),
        succeeded("composed-be", &["-l", "min"]),
        succeeded("composed-be", &["--rules", "inferred", "-b", "kept"]),
        succeeded("composed-le", &["--rules", "none", "-q"]),
    ];
    let mut add = |what, outcome, sandbox: TempDir, args: &[&str]| {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        all.push(Ended::of(what, outcome, &sandbox, &args));
    };
    add("dry run", "dry-run-passed", le(), &["-d", "old", "new"]);
    let rules = ["-d", "--rules", "inferred", "old", "new"];
    add(
        "dry run with rules",
        "dry-run-passed",
        sandbox_with("composed-be"),
        &rules,
    );

    let sandbox = le();
    fs::create_dir(sandbox.path().join("new")).unwrap();
    fs::write(sandbox.path().join("new/precious"), "").unwrap();
    add("target not empty", "refused", sandbox, &["old", "new"]);
    add("several reasons", "refused", le(), &["none", "no/new"]);

    let sandbox = le();
    let held = File::options()
        .append(true)
        .open(old(&sandbox, "ics50events.db"));
    add("held", "refused", sandbox, &["old", "new"]);
    drop(held);

    for (what, outcome, args) in [
        ("torn log", "refused", &["old", "new"][..]),
        (
            "torn log ignored",
            "migrated",
            &["--ignore-logs", "old", "new"],
        ),
    ] {
        let sandbox = le();
        let log = File::options()
            .write(true)
            .open(old(&sandbox, "log.0000000020"));
        log.unwrap().set_len(54290).unwrap();
        add(what, outcome, sandbox, args);
    }

    for (what, args) in [
        ("damaged page", &["old", "new"][..]),
        ("damaged page in a dry run", &["-d", "old", "new"]),
    ] {
        let sandbox = le();
        flip(&old(&sandbox, "ics50events.db"), 3 * 4096 + 20, 6);
        add(what, "failed", sandbox, args);
    }

    let sandbox = le();
    let other = testdata().join("composed-be/ics50events.db");
    fs::copy(other, old(&sandbox, "ics50events.db")).unwrap();
    fs::rename(
        old(&sandbox, "ics50journals.db"),
        old(&sandbox, "ics50zebra.db"),
    )
    .unwrap();
    for name in support::names(&sandbox.path().join("old")) {
        let name = name.to_str().unwrap();
        if name.starts_with("log.") || name.starts_with("__db.") {
            fs::remove_file(old(&sandbox, name)).unwrap();
        }
    }
    for name in ["caches", "two\nlines"] {
        fs::create_dir(old(&sandbox, name)).unwrap();
    }
    add("files of two stores", "migrated", sandbox, &["old", "new"]);

    let sandbox = le();
    let profile =
        "[value.\"ics50events.db\"]\nform = \"opaque\"\nmark = \"documented\"\nbasis = \"ours\"\n";
    fs::write(sandbox.path().join("mine.toml"), profile).unwrap();
    let args = ["--profile", "mine.toml", "old", "new"];
    add("a profile", "migrated", sandbox, &args);

    let odd = OsString::from_vec(b"n\xffe\nw \"\\".to_vec());
    all.push(Ended::of(
        "odd names",
        "migrated",
        &le(),
        &["old".into(), odd],
    ));
    all.extend(unclean());
    all.push(stopped());
    all.extend(published_and_killed());
    all
}

/// Stores that were not cleanly shut down: one whose files hold everything all
/// the same, and, where there are such samples, ones that only their logs make
/// whole. One file of these is in the logs alone.
fn unclean() -> Vec<Ended> {
    let mut all = Vec::new();
    let mut add = |what, outcome, sandbox: &TempDir, args: &[&str]| {
        let args: Vec<OsString> = args.iter().map(OsString::from).collect();
        all.push(Ended::of(what, outcome, sandbox, &args));
    };
    let ends = [
        ("unclean", "migrated", &["old", "new"][..]),
        (
            "unclean in a dry run",
            "dry-run-passed",
            &["-d", "old", "new"],
        ),
        (
            "unclean refused",
            "refused",
            &["--no-recover", "old", "new"],
        ),
    ];
    for (what, outcome, args) in ends {
        let sandbox = sandbox_with("composed-le");
        flip(&sandbox.path().join("old/__db.001"), 56, 1);
        add(what, outcome, &sandbox, args);
    }
    for folder in killed::folders("calendar") {
        for (what, outcome, args) in ends {
            let sandbox = support::sandbox();
            let old = sandbox.path().join("old");
            killed::copy(&folder, &old);
            fs::remove_file(old.join("ics50journals.db")).unwrap();
            add(what, outcome, &sandbox, args);
        }
    }
    all
}

/// A run that was asked to stop once the backup was made.
fn stopped() -> Ended {
    let sandbox = sandbox_with("composed-le");
    let command = csmigrate(
        sandbox.path(),
        ["--report", "r.json", "-l", "max", "old", "new"],
    );
    let mut run = StepByStep::start(command);
    run.take_up_to("backup");
    run.signal(Signal::TERM);
    assert_eq!(run.finish().status.code(), Some(255));
    Ended::found("stopped", "stopped", &sandbox)
}

/// A run that is killed when all is in place and nothing was printed of it,
/// and the next one. The first has its report: it is written before the run
/// forgets that it was not done.
fn published_and_killed() -> Vec<Ended> {
    let sandbox = sandbox_with("composed-le");
    let args = ["--report", "r.json", "-l", "max", "old", "new"];
    let mut killed = StepByStep::start(csmigrate(sandbox.path(), args));
    killed.take_up_to("publish");
    let path = sandbox.path().join("r.json");
    killed.wait_until(|| path.exists());
    killed.kill();
    let first: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(first["outcome"]["code"], "migrated");
    Schema::published().must_take("killed", &first);
    fs::remove_dir_all(sandbox.path().join("logs")).unwrap();
    let args: Vec<OsString> = ["old", "new"].map(OsString::from).to_vec();
    vec![Ended::of(
        "published before",
        "already-published",
        &sandbox,
        &args,
    )]
}

#[track_caller]
fn succeeded(sample: &str, args: &[&str]) -> Ended {
    let args = args.iter().chain(&["old", "new"]).map(OsString::from);
    let args: Vec<OsString> = args.collect();
    Ended::of("migrated", "migrated", &sandbox_with(sample), &args)
}

impl Ended {
    #[track_caller]
    fn of(what: &'static str, outcome: &'static str, sandbox: &TempDir, args: &[OsString]) -> Self {
        let first = ["--report", "r.json", "-l", "max"].map(OsString::from);
        let args: Vec<OsString> = first.iter().chain(args).cloned().collect();
        let output = run(sandbox.path(), &args);
        let ended = Self::found(what, outcome, sandbox);
        let status = ended.report["outcome"]["status"].as_i64();
        assert_eq!(status, output.status.code().map(i64::from), "{what}");
        ended
    }

    #[track_caller]
    fn found(what: &'static str, outcome: &'static str, sandbox: &TempDir) -> Self {
        let text = fs::read(sandbox.path().join("r.json")).expect(what);
        Self {
            what,
            outcome,
            told: log_texts(sandbox.path()),
            report: serde_json::from_slice(&text).expect(what),
        }
    }
}

/// The published schema, made ready.
struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn published() -> Self {
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let schema = serde_json::from_str(SCHEMA).unwrap();
        compiler.add_resource("report.json", schema).unwrap();
        let index = compiler.compile("report.json", &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn takes(&self, document: &Value) -> bool {
        self.schemas.validate(document, self.index).is_ok()
    }

    #[track_caller]
    fn must_take(&self, what: &str, document: &Value) {
        if let Err(error) = self.schemas.validate(document, self.index) {
            panic!("{what}: {error:#}");
        }
    }
}

/// Leaves two of each list.
fn shorten(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.truncate(2);
            items.iter_mut().for_each(shorten);
        }
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        _ => {}
    }
}

/// The document with one thing wrong, for each thing that can be: a field that
/// is missing, a field too much, a value of another kind.
fn broken_ones(report: &Value) -> Vec<(String, Value)> {
    let mut places = Vec::new();
    collect(report, String::new(), &mut places);
    let mut broken = Vec::new();
    for place in places {
        let mut other_kind = report.clone();
        *other_kind.pointer_mut(&place).unwrap() = json!([{ "no": "such thing" }]);
        broken.push((format!("{place} of another kind"), other_kind));
        let Some(Value::Object(fields)) = report.pointer(&place) else {
            continue;
        };
        let mut too_much = report.clone();
        too_much.pointer_mut(&place).unwrap()["unexpected"] = json!(1);
        broken.push((format!("{place} with a field too much"), too_much));
        // Releases that nothing speaks for have no weight.
        if place.ends_with("/weights") || place.ends_with("/points_to") {
            continue;
        }
        for name in fields.keys() {
            let mut missing = report.clone();
            let fields = missing.pointer_mut(&place).unwrap().as_object_mut();
            fields.unwrap().remove(name);
            broken.push((format!("{place} without {name}"), missing));
        }
    }
    broken
}

/// Every place of a document, as a pointer to it.
fn collect(value: &Value, at: String, places: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(value, format!("{at}/{name}"), places);
            }
        }
        Value::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                collect(value, format!("{at}/{index}"), places);
            }
        }
        _ => {}
    }
    places.push(at);
}

/// Takes away what differs from run to run, wherever it is.
fn still(report: &mut Value) {
    match report {
        Value::Object(fields) => {
            for name in [
                "seconds",
                "started",
                "ended",
                "process",
                "arguments",
                "bytes_free",
                "path",
                "unseen",
            ] {
                fields.remove(name);
            }
            fields.values_mut().for_each(still);
        }
        Value::Array(items) => items.iter_mut().for_each(still),
        _ => {}
    }
}

/// The files below a directory, as texts.
fn sources(dir: &Path, texts: &mut Vec<String>) {
    for name in support::names(dir) {
        let path = dir.join(name);
        if path.is_dir() {
            sources(&path, texts);
        } else {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
}

/// The lines of the log of a run with this report, in some order.
fn log_of(report: &Value) -> Vec<String> {
    let mut lines = vec![format!(
        "csmigrate {} on {}: {}",
        text(&report["program"]["version"]),
        text(&report["host"]),
        list(&report["arguments"])
            .iter()
            .map(|argument| format!("'{}'", text(argument)))
            .collect::<Vec<_>>()
            .join(" ")
    )];
    let max = report["logs"]["level"] == "max";
    let begun = !report["release"].is_null();
    let dry_run = report["arguments"]
        .as_array()
        .unwrap()
        .contains(&json!("-d"));
    for file in list(&report["files"]) {
        lines.extend(lines_of_file(file, &report["recovery"], max, dry_run));
    }
    if begun {
        lines.extend(list(&report["space"]).iter().map(|space| {
            format!(
                "space for {} on the file system of {}: {} bytes needed, {} free",
                text(&space["what"]),
                text(&space["path"]),
                space["bytes_needed"],
                space["bytes_free"]
            )
        }));
    }
    if begun && max {
        let others = list(&report["others"]).iter();
        lines.extend(others.map(|name| format!("not part of the store: {}", text(name))));
        if report["shutdown"]["judgement"] == "clean" {
            let why = list(&report["shutdown"]["why"]).iter();
            lines.extend(why.map(|why| format!("cleanly shut down: {}", text(why))));
        }
        let unseen = report["holders"]["unseen"].as_u64().unwrap();
        if report["holders"]["known"] == false {
            lines.push("which processes hold the source cannot be told here".to_owned());
        } else if unseen > 0 {
            lines.push(format!(
                "{unseen} processes of other users could not be asked whether they hold the source"
            ));
        }
    }
    for warning in list(&report["warnings"]) {
        let file = warning["file"].as_str();
        let file = file.map_or(String::new(), |file| format!("{file}: "));
        lines.push(format!("warning: {file}{}", text(&warning["text"])));
        if max {
            let cases = list(&warning["cases"]).iter();
            lines.extend(cases.map(|case| format!("odd: {file}{}", text(case))));
        }
    }
    let stages = list(&report["stages"]);
    if stages.iter().any(|stage| stage["name"] == "recover") {
        lines.extend(lines_of_recovery(&report["recovery"]));
    }
    for stage in list(&report["stages"]) {
        if stage["done"] == true {
            lines.push(format!(
                "{}: {}",
                text(&stage["name"]),
                text(&stage["text"])
            ));
        }
    }
    let errors = list(&report["outcome"]["errors"]).iter();
    lines.extend(errors.map(|error| format!("error: {}", text(&error["text"]))));
    lines.push(match report["outcome"]["status"].as_u64() {
        Some(0) => "done, exit status 0".to_owned(),
        status => format!("failed, exit status {}", status.unwrap()),
    });
    lines.iter().map(|line| escaped(line)).collect()
}

fn lines_of_recovery(recovery: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(at) = recovery["last_commit"].as_str() {
        lines.push(format!("recover: the last transaction committed at {at}"));
    }
    let changed = list(&recovery["files"]).iter();
    let changed = changed.filter(|file| file["state"] != "kept" && file["migrated"] == true);
    lines.extend(changed.map(|file| {
        let name = text(&file["name"]);
        match file["pages_changed"].as_u64() {
            Some(1) => format!("recover: {name}: 1 page changed"),
            pages => format!("recover: {name}: {} pages changed", pages.unwrap()),
        }
    }));
    lines
}

fn lines_of_file(file: &Value, recovery: &Value, max: bool, dry_run: bool) -> Vec<String> {
    let (name, bytes) = (text(&file["name"]), &file["bytes"]);
    if file["kind"] != "database" {
        return vec![format!("source file {name}: {bytes} bytes")];
    }
    let database = &file["database"];
    let holds = match text(&file["holds"]) {
        "" => "not described in any guide",
        holds => holds,
    };
    let recovered = recovery["files"].as_array().into_iter().flatten();
    let mut made = recovered.filter(|one| one["state"] == "created");
    let what = if made.any(|one| one["name"] == name) {
        "file of the logs"
    } else {
        "source file"
    };
    let mut lines = vec![format!(
        "{what} {name}: {bytes} bytes, {} version {}, {}, pages of {}: {holds}",
        text(&database["method"]),
        database["version"],
        text(&database["byte_order"]),
        database["page_size"],
    )];
    let result = &file["result"];
    if result.is_null() {
        return lines;
    }
    let records = &result["records"];
    let stage = if dry_run { "rewrite" } else { "verify" };
    let mut done = format!("{stage}: {name}: {} records read", records["read"]);
    if !dry_run {
        done = format!(
            "{done}, {} written, {} carried unrecognised, {} bytes in, {} out",
            records["written"],
            records["unrecognised"],
            result["bytes"]["in"],
            result["bytes"]["out"]
        );
    }
    lines.push(done);
    if max {
        let order = match text(&result["order"]) {
            "bytewise" => "in bytewise order",
            _ => "in an order of their own",
        };
        lines.push(format!(
            "{stage}: {name}: digest {}, records {order}, {} deleted items left behind",
            text(&result["digest"]),
            records["deleted"]
        ));
    }
    lines
}

#[track_caller]
fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[track_caller]
fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

/// Control characters as the log shows them.
fn escaped(line: &str) -> String {
    let shown = |c: char| {
        if c.is_control() {
            format!("\\u{{{:x}}}", u32::from(c))
        } else {
            c.to_string()
        }
    };
    line.chars().map(shown).collect()
}
