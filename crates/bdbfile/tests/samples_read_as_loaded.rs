//! Files written by real libraries of many releases, 32-bit SPARC ones among
//! them, give back exactly the records that were loaded into them; rewritten
//! by our builder they do so again, for us and for the real library. A new
//! sample is a new file: nothing here lists them.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bdbfile::layout::PageLayout;
use bdbfile::read::Database;
use bdbfile::source::{FileSource, MappedSource, MemorySource};
use bdbfile::write::BtreeParams;
use bdbfile::{Error, Rule};
use support::{Pair, build, libdb_tool, read_all, read_bytes, samples};

/// The sample files of the writers' folders: path and variant.
fn sample_files(root: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for writer in std::fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
    {
        let name = writer.file_name().unwrap().to_string_lossy().into_owned();
        let is_writer = ["x86", "x64", "sparc"]
            .iter()
            .any(|start| name.starts_with(start));
        if !is_writer || !writer.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&writer)
            .unwrap()
            .map(|entry| entry.unwrap().path())
        {
            let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
            if file.extension().is_some_and(|ext| ext == "db") {
                let words: Vec<&str> = stem.split('-').collect();
                let variant = words
                    .iter()
                    .take_while(|word| !["le", "be"].contains(word))
                    .copied()
                    .collect::<Vec<_>>()
                    .join("-");
                found.push((file, variant));
            }
        }
    }
    found.sort();
    found
}

/// What was loaded: lines alternately key and data in hex, one leading blank.
fn loaded(root: &Path, variant: &str) -> Vec<Pair> {
    let variant = variant.trim_end_matches("-chk");
    let text = std::fs::read_to_string(root.join("data").join(format!("{variant}.txt"))).unwrap();
    let lines: Vec<Vec<u8>> = text
        .lines()
        .map(|line| {
            line.trim_start()
                .as_bytes()
                .chunks(2)
                .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
                .collect()
        })
        .collect();
    lines
        .chunks(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect()
}

/// Records in the order of a btree: by key, duplicates as they stand.
fn by_key(mut pairs: Vec<Pair>) -> Vec<Pair> {
    pairs.sort_by(|left, right| left.0.cmp(&right.0));
    pairs
}

fn version(path: &Path) -> Result<(u32, &'static str), Error> {
    let bytes = std::fs::read(path).unwrap();
    Database::open(MemorySource::new(path.display().to_string(), bytes))
        .map(|database| (database.meta().version, database.layout().endian.lorder()))
        .map(|(version, order)| (version, if order == 1234 { "le" } else { "be" }))
}

#[test]
fn btrees_of_version_8_and_9_give_back_what_was_loaded() {
    let Some(root) = samples() else { return };
    let mut counts: BTreeMap<(u32, &str), usize> = BTreeMap::new();
    let mut refused: BTreeMap<Rule, usize> = BTreeMap::new();
    for (path, variant) in sample_files(&root) {
        let what = match version(&path) {
            Ok(what) => what,
            Err(error) => {
                let rule = error.rule().expect("a refusal names a rule");
                let foreseen = [
                    Rule::KindNotRead,
                    Rule::VersionNotRead,
                    Rule::SubDatabases,
                    Rule::Encrypted,
                ];
                assert!(foreseen.contains(&rule), "{error}");
                *refused.entry(rule).or_default() += 1;
                continue;
            }
        };
        let (found, report) =
            read_all(MappedSource::open(&path).unwrap()).unwrap_or_else(|error| panic!("{error}"));
        let expected = loaded(&root, &variant);
        let expected = if variant.contains("sort") {
            let mut sorted = expected;
            sorted.sort();
            sorted
        } else {
            by_key(expected)
        };
        assert!(found == expected, "{}: other records", path.display());
        assert!(
            report.findings.is_empty(),
            "{}: {:?}",
            path.display(),
            report.findings
        );
        let (through_file, _) = read_all(FileSource::open(&path).unwrap()).unwrap();
        assert!(
            through_file == expected,
            "{}: positioned reads",
            path.display()
        );
        *counts.entry(what).or_default() += 1;
    }
    println!("read (version, order): {counts:?}; refused by name: {refused:?}");
    assert!(
        counts.values().sum::<usize>() > 100,
        "the samples have hundreds of btrees"
    );
}

#[test]
fn deleted_items_are_gone_and_free_pages_ignored() {
    let Some(root) = samples() else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(root.join("odd")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.starts_with("bdelete-") {
            let (_, report) = read_all(MappedSource::open(&path).unwrap()).unwrap();
            assert_eq!(
                report.deleted, 40,
                "{name}: 40 items are left with the mark"
            );
            seen += 1;
        } else if name.starts_with("del-") {
            let (pairs, report) = read_all(MappedSource::open(&path).unwrap()).unwrap();
            assert_eq!(report.deleted, 0, "{name}");
            assert!(
                (1000..2000).contains(&pairs.len()),
                "{name}: {} of 5000 records are left",
                pairs.len()
            );
            assert!(report.findings.is_empty(), "{name}: {:?}", report.findings);
            seen += 1;
        }
    }
    println!("{seen} files with deleted records");
    assert!(seen >= 10);
}

#[test]
fn rewritten_samples_hold_the_same_and_please_the_real_library() {
    let Some(root) = samples() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut rewritten = 0;
    let mut verified = 0;
    for (path, _) in sample_files(&root) {
        let bytes = std::fs::read(&path).unwrap();
        let Ok(database) = Database::open(MemorySource::new("sample", bytes.clone())) else {
            continue;
        };
        let Ok((pairs, _)) = read_bytes(&bytes) else {
            continue;
        };
        for endian in bdbfile::layout::Endian::BOTH {
            let layout = PageLayout {
                endian,
                ..database.layout()
            };
            let params = BtreeParams::like(database.meta(), layout);
            let (built, _) = build(&params, &pairs).unwrap();
            let (found, report) = read_bytes(&built).unwrap();
            assert!(found == pairs, "{}", path.display());
            assert!(report.findings.is_empty());
            rewritten += 1;
            let copy = dir.path().join("copy.db");
            std::fs::write(&copy, &built).unwrap();
            if let Some(output) = libdb_tool("db5.3_verify", &[copy.as_os_str()]) {
                assert!(
                    output.status.success(),
                    "{}: {}",
                    path.display(),
                    String::from_utf8_lossy(&output.stderr)
                );
                verified += 1;
            }
        }
    }
    println!("{rewritten} rewritten, {verified} verified by the real library");
}
