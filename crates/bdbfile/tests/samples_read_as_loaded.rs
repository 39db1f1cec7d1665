//! Files written by real libraries of many releases, 32-bit SPARC ones among
//! them, give back exactly the records that were loaded into them; rewritten
//! by our builder they do so again, for us and for the real library. A new
//! sample is a new file: nothing here lists them.

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::read::{Database, DatabaseFile, ScanReport};
use bdbfile::source::{FileSource, MappedSource, MemorySource, PageSource};
use bdbfile::write::BtreeParams;
use bdbfile::{Error, Rule};
use support::{Pair, Shape, build, from_hex, libdb_tool, read_all, read_bytes, samples};

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
    from_hex(text.lines().map(str::as_bytes))
}

/// Records in the order of a btree: by key, duplicates as they stand.
fn by_key(mut pairs: Vec<Pair>) -> Vec<Pair> {
    pairs.sort_by(|left, right| left.0.cmp(&right.0));
    pairs
}

/// The records of a database, and what was odd about its file.
fn records<S: PageSource>(database: &Database<'_, S>) -> Result<(Vec<Pair>, ScanReport), Error> {
    let scan = database.scan()?;
    let mut pairs = Vec::new();
    scan.visit(scan.all(), |record| {
        pairs.push((record.key.to_vec(), record.value.to_vec()));
        Ok::<_, Error>(())
    })?;
    Ok((pairs, scan.finish()?))
}

/// What was loaded, in the order in which the database has to have it.
fn expected(root: &Path, variant: &str, found: &[Pair]) -> Vec<Pair> {
    let mut expected = loaded(root, variant);
    if variant.contains("sort") {
        expected.sort();
    } else if variant.starts_with("bt-") {
        expected = by_key(expected);
    }
    if variant.starts_with("h-") {
        // Buckets have an order of their own; the duplicates of a key do not.
        expected = by_key(expected);
        let sorted = by_key(found.to_vec());
        return if sorted == expected {
            found.to_vec()
        } else {
            expected
        };
    }
    expected
}

/// The findings that a sample of a writer may have, and has to have.
fn oddities(path: &Path, report: &ScanReport) -> Vec<Rule> {
    let name = path.to_string_lossy();
    let mut rules: Vec<Rule> = report.findings.iter().map(|finding| finding.rule).collect();
    rules.dedup();
    // What releases are known to do; docs/format.md says where.
    rules.retain(|rule| match rule {
        Rule::KeyLengthOrder => !name.contains("2.7.7"),
        Rule::QueuePageType => !(name.contains("-3.") && name.contains("q-fix")),
        _ => true,
    });
    rules
}

#[test]
fn every_file_gives_back_what_was_loaded_or_is_refused_by_name() {
    let Some(root) = samples() else { return };
    let mut counts: BTreeMap<(&str, u32, &str), usize> = BTreeMap::new();
    let mut encrypted = 0;
    let files = sample_files(&root);
    let total = files.len();
    for (path, variant) in files {
        let source = MappedSource::open(&path).unwrap();
        let file = match DatabaseFile::open(source) {
            Ok(file) => file,
            Err(error) => {
                assert!(variant.ends_with("-crypt"), "{error}");
                assert_eq!(error.rule(), Some(Rule::Encrypted), "{error}");
                encrypted += 1;
                continue;
            }
        };
        let order = match file.layout().endian {
            Endian::Little => "le",
            Endian::Big => "be",
        };
        if file.meta().is_directory() {
            let loaded_from = [
                ("alpha", "bt-plain"),
                ("beta", "h-plain"),
                ("delta", "rn-var"),
                ("gamma", "bt-dup"),
            ];
            let names = file.names().unwrap();
            assert_eq!(names.len(), loaded_from.len(), "{}", path.display());
            for (entry, (name, variant)) in names.iter().zip(loaded_from) {
                assert_eq!(entry.name, name.as_bytes());
                let database = file.at(entry).unwrap();
                let (found, _) = records(&database).unwrap_or_else(|error| panic!("{error}"));
                assert!(
                    found == expected(&root, variant, &found),
                    "{} {name}: other records",
                    path.display()
                );
            }
            *counts
                .entry(("several", file.meta().version, order))
                .or_default() += 1;
            continue;
        }
        let database = file.database();
        let (found, report) = records(&database).unwrap_or_else(|error| panic!("{error}"));
        assert!(
            found == expected(&root, &variant, &found),
            "{}: other records",
            path.display()
        );
        assert_eq!(
            oddities(&path, &report),
            [],
            "{}: {:?}",
            path.display(),
            report.findings
        );
        let through_file = DatabaseFile::open(FileSource::open(&path).unwrap()).unwrap();
        assert!(records(&through_file.database()).unwrap().0 == found);
        let kind = file.meta().method_name();
        *counts
            .entry((kind, file.meta().version, order))
            .or_default() += 1;
    }
    let read: usize = counts.values().sum();
    for ((kind, version, order), count) in &counts {
        println!("{kind} {version} {order}: {count}");
    }
    println!("{read} read and {encrypted} encrypted ones refused, of {total}");
    assert_eq!(read + encrypted, total, "none is skipped");
    assert!(total > 500, "the samples have hundreds of files");
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
        } else if name.starts_with("del-") || name.starts_with("hdel-") {
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
    assert!(seen >= 15);
}

/// What a store holds does not depend on how it was closed, as long as it was.
#[test]
fn stores_closed_with_and_without_a_checkpoint_read_whole() {
    let Some(root) = samples() else { return };
    let mut seen = 0;
    for entry in std::fs::read_dir(root.join("odd")).unwrap() {
        let dir = entry.unwrap().path();
        let name = dir.file_name().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("envclean-") && !name.starts_with("envnockp-") {
            continue;
        }
        let (pairs, report) = read_all(MappedSource::open(&dir.join("cal.db")).unwrap()).unwrap();
        assert_eq!(pairs.len(), 2000, "{name}");
        assert!(report.findings.is_empty(), "{name}: {:?}", report.findings);
        seen += 1;
    }
    println!("{seen} stores of 2000 records each");
    assert!(seen >= 14);
}

#[test]
fn rewritten_samples_hold_the_same_and_please_the_real_library() {
    let Some(root) = samples() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut rewritten = 0;
    let mut verified = 0;
    for (path, _) in sample_files(&root) {
        let bytes = std::fs::read(&path).unwrap();
        let Ok(file) = DatabaseFile::open(MemorySource::new("sample", bytes.clone())) else {
            continue;
        };
        if file.meta().is_directory() {
            continue;
        }
        let Ok((pairs, _)) = read_bytes(&bytes) else {
            continue;
        };
        for endian in Endian::BOTH {
            let layout = PageLayout {
                endian,
                ..file.layout()
            };
            let Ok(params) = BtreeParams::like(file.meta()) else {
                continue;
            };
            let shape = Shape {
                layout,
                duplicates: params.duplicates,
                record_numbers: params.record_numbers,
                minkey: params.minkey,
                order: params.order,
            };
            let (built, _) = build(&shape, &pairs).unwrap();
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
