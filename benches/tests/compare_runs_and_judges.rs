//! `compare` makes a small store of each shape, runs all ways on it, lets the
//! real library judge what they leave, and writes its tables and plots. What
//! its figures say of programs that are not built for speed does not count.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// The shapes, and the ways with what they want.
const SHAPES: [&str; 6] = [
    "calendars",
    "big-endian",
    "one-file",
    "many-small",
    "overflow",
    "duplicates",
];
const WAYS: [(&str, &[&str]); 11] = [
    ("cp -r twice, sync", &[]),
    ("csmigrate", &[]),
    ("csmigrate, 1 processor", &["taskset"]),
    ("csmigrate -d, 1 processor", &["taskset"]),
    ("csmigrate -d, 2 processors", &["taskset", "2 processors"]),
    ("db5.3_dump \\| db5.3_load", &["db5.3_dump", "db5.3_load"]),
    ("C interface, bulk copy", &[]),
    ("C interface, bulk copy, tuned", &[]),
    ("bdbfile convert", &[]),
    ("db5.3_verify", &["db5.3_verify"]),
    ("bdbfile verify", &[]),
];

#[test]
fn each_way_is_run_on_each_shape_and_told_in_tables_and_plots() {
    let room = tempfile::tempdir().unwrap();
    let out = room.path().join("out");
    let compare = Path::new(env!("CARGO_BIN_EXE_compare"));
    let mut command = Command::new(compare);
    command
        .args(["--quick", "--profile", "dev", "--dir"])
        .arg(room.path())
        .arg("--out")
        .arg(&out);
    // Where the tests of the whole workspace are run, cargo has just built the
    // programs beside this one. What is not there compare builds.
    for name in ["csmigrate", "bdbfile"] {
        let program = compare.with_file_name(name);
        if program.exists() {
            command.arg(format!("--{name}")).arg(program);
        }
    }
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");

    let tables = fs::read_to_string(out.join("results.md")).unwrap();
    assert_eq!(tables, String::from_utf8_lossy(&output.stdout));
    for shape in SHAPES {
        let name = format!("{shape}-20MB");
        let begin = tables.find(&format!("\n## {name}\n")).expect(&name);
        let section = &tables[begin + 1..];
        let section = section.split("\n## ").next().unwrap_or_default();
        let svg = fs::read_to_string(out.join(format!("{name}.svg"))).unwrap();
        assert!(section.contains(&format!("({name}.svg)")), "{section}");
        for (way, wants) in WAYS {
            let row = section
                .lines()
                .find_map(|line| line.strip_prefix(&format!("| {way} | ")))
                .unwrap_or_else(|| panic!("{name}: no row for {way}"));
            let was_run = wants.iter().all(|want| is_there(want));
            assert_eq!(
                row.starts_with("not run: "),
                !was_run,
                "{name}: {way}: {row}"
            );
            let label = format!(">{}</text>", way.replace('\\', ""));
            assert_eq!(svg.contains(&label), was_run, "{name}: {label}");
        }
    }
    let verdict = format!(
        "| csmigrate / {} | duplicates-20MB | at most 1.1 | ",
        WAYS[0].0
    );
    assert!(tables.contains(&verdict), "{tables}");
}

fn is_there(what: &str) -> bool {
    if what == "2 processors" {
        return std::thread::available_parallelism().is_ok_and(|there| there.get() >= 2);
    }
    let found = Command::new("sh")
        .args(["-c", "command -v \"$0\"", what])
        .stdout(Stdio::null())
        .status()
        .unwrap();
    found.success()
}
