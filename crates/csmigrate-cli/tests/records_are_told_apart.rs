//! Records of a known form are told from those that are carried as they are,
//! and the numbers of both are exact.

mod support;

use std::fs::{self, File};
use std::path::Path;

use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;
use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, FileSink};
use support::{big_store, records, sandbox, sandbox_with, stderr, succeeds};

/// The line of a file in the closing table: name, read, written, unrecognised.
fn row(told: &[u8], name: &str) -> Vec<String> {
    let text = String::from_utf8(told.to_vec()).unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().take(4).map(str::to_owned).collect()
}

/// All records of a database.
fn pairs(path: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let file = DatabaseFile::open(FileSource::open(path).unwrap()).unwrap();
    let records = file.database();
    records
        .records()
        .map(|record| record.map(|record| (record.key, record.value)).unwrap())
        .collect()
}

fn store_of(dir: &Path, events: &[(Vec<u8>, Vec<u8>)]) {
    fs::create_dir(dir).unwrap();
    let file = File::create_new(dir.join("ics50events.db")).unwrap();
    let sink = FileSink::new("ics50events.db", file);
    let params = BtreeParams::default();
    let mut builder = BtreeBuilder::new(sink, &FileParams::default(), &params).unwrap();
    for (key, value) in events {
        builder.push(key, value).unwrap();
    }
    builder.finish().unwrap();
}

#[test]
fn a_store_of_opaque_records_is_carried_whole_and_says_so() {
    let sandbox = sandbox();
    let old = sandbox.path().join("old");
    big_store(&old, 700);
    let before = records(&old);
    let output = succeeds(sandbox.path(), ["old", "new"]);
    assert_eq!(
        row(&output.stdout, "ics50events.db"),
        ["ics50events.db", "700", "700", "700"]
    );
    assert_eq!(row(&output.stdout, "total"), ["total", "800", "800", "800"]);
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        told.contains("none of the 800 records has a form that is known here"),
        "{told}"
    );
    assert_eq!(records(&sandbox.path().join("new")), before);
}

#[test]
fn a_mixed_store_has_both_numbers() {
    let sandbox = sandbox();
    let old = sandbox.path().join("old");
    let events: Vec<_> = (0..50_u32)
        .map(|number| {
            let uid = format!("{number:032x}");
            let key = format!("jdoe\0{uid}\u{0}0").into_bytes();
            let value = if number % 7 == 3 {
                vec![0, 1, 2, 255, b'\n']
            } else {
                let lines = format!(
                    "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART:20060102T030405Z\r\nSUMMARY:mixed\r\nEND:VEVENT\r\n"
                );
                lines.into_bytes()
            };
            (key, value)
        })
        .collect();
    let opaque = events.iter().filter(|(_, value)| value[0] == 0).count();
    store_of(&old, &events);
    let output = succeeds(sandbox.path(), ["old", "new"]);
    let row = row(&output.stdout, "ics50events.db");
    assert_eq!(row, ["ics50events.db", "50", "50", &opaque.to_string()]);
    assert_eq!(opaque, 7);
    assert_eq!(pairs(&sandbox.path().join("new/ics50events.db")), events);
}

#[test]
fn a_profile_can_make_every_record_opaque() {
    let sandbox = sandbox_with("composed-le");
    let profile = ["events", "calprops"].map(|file| {
        format!(
            "[value.\"ics50{file}.db\"]\nform = \"opaque\"\nmark = \"assumed\"\nbasis = \"a test\"\n"
        )
    });
    fs::write(sandbox.path().join("mine.toml"), profile.concat()).unwrap();
    let args = ["--profile", "mine.toml", "old", "new"];
    let output = succeeds(sandbox.path(), args);
    assert_eq!(row(&output.stdout, "ics50events.db").pop().unwrap(), "102");
    assert_eq!(row(&output.stdout, "ics50calprops.db").pop().unwrap(), "11");
    assert_eq!(row(&output.stdout, "ics50todos.db").pop().unwrap(), "0");
}

#[test]
fn an_inferred_rule_changes_what_it_says_and_nothing_else() {
    let sandbox = sandbox_with("composed-le");
    let (old, new) = (sandbox.path().join("old"), sandbox.path().join("new"));
    let args = ["-d", "--rules", "inferred", "old", "new"];
    let dry = succeeds(sandbox.path(), args);
    let told = String::from_utf8_lossy(&dry.stdout).into_owned();
    assert!(
        told.contains("rule ace-lower-case changes 3 records"),
        "{told}"
    );
    let examples = told
        .lines()
        .filter(|line| line.contains("rule ace-lower-case: ") && line.contains("becomes"));
    assert!(examples.count() >= 3, "{told}");
    assert!(!new.exists());

    succeeds(sandbox.path(), ["--rules", "inferred", "old", "new"]);
    let before = records(&old);
    for (name, now) in records(&new) {
        if name != "ics50calprops.db" && name != "ics50events.db" && name != "ics50todos.db" {
            assert_eq!(before[&name], now, "{}", name.display());
        }
    }
    let name = "ics50calprops.db";
    let (was, is) = (pairs(&old.join(name)), pairs(&new.join(name)));
    let changed = was.iter().zip(&is).filter(|(was, is)| was != is);
    let mut count = 0;
    for ((key, value), (new_key, new_value)) in changed {
        assert_eq!(key, new_key);
        assert_eq!(value.to_ascii_lowercase(), new_value.to_ascii_lowercase());
        count += 1;
    }
    assert_eq!(count, 3);
    assert_eq!(was.len(), is.len());
}

#[test]
fn a_profile_can_name_the_new_version_identifier() {
    let sandbox = sandbox_with("composed-le");
    let profile = "[rule.identifier-stamp]\ndoes = \"a test\"\nwhen = \"documented\"\n\
                   identifier = \"9.8.7\"\nmark = \"assumed\"\nbasis = \"a test\"\n";
    fs::write(sandbox.path().join("mine.toml"), profile).unwrap();
    let args = ["--profile", "mine.toml", "old", "new"];
    let output = succeeds(sandbox.path(), args);
    let read =
        |dir: &str| fs::read_to_string(sandbox.path().join(dir).join("ics50caldb.conf")).unwrap();
    assert_eq!(read("new"), read("old").replace("3.0.0", "9.8.7"));
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(told.contains("replaces the version identifier"), "{told}");
    assert!(
        !told.contains("carried byte for byte: what 6.3 writes"),
        "{told}"
    );
}

#[test]
fn the_rules_of_a_text_change_no_record() {
    for choice in ["documented", "none"] {
        let sandbox = sandbox_with("composed-be");
        let (old, new) = (sandbox.path().join("old"), sandbox.path().join("new"));
        let before = records(&old);
        let output = succeeds(sandbox.path(), ["--rules", choice, "old", "new"]);
        assert_eq!(records(&new), before);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        // What is required of the recurring data is told, with the remedy.
        assert_eq!(
            told.contains("run cs5migrate -r on the old store"),
            choice == "documented",
            "{told}{}",
            stderr(&output)
        );
    }
}
