//! A dump is byte for byte what `db_dump` of 5.3 writes, in both forms, for
//! each file that program reads right; and for every file of every release it
//! is what was loaded.

mod support;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use support::{bdbfile, complaint, libdb_tool, printed, printed_text, sample_files, samples};

/// Both forms, one of them with record numbers.
const FORMS: [&[&str]; 2] = [&[], &["-p", "-k"]];

fn args<'a>(form: &'a [&'a str], file: &'a Path) -> Vec<&'a OsStr> {
    form.iter()
        .map(OsStr::new)
        .chain([file.as_os_str()])
        .collect()
}

/// Compares both programs on a file that nobody else has; whether there were
/// two.
fn compare(file: &Path, what: &Path) -> bool {
    for form in FORMS {
        let Some(theirs) = libdb_tool("db5.3_dump", &args(form, file)) else {
            return false;
        };
        assert!(
            theirs.status.success(),
            "{}: {}",
            what.display(),
            complaint(&theirs)
        );
        let ours = printed(&[&[OsStr::new("dump")], args(form, file).as_slice()].concat());
        assert!(
            ours == theirs.stdout,
            "{} {form:?}: other text",
            what.display()
        );
    }
    true
}

#[test]
fn of_samples_of_all_formats_and_byte_orders() {
    let Some(root) = samples() else { return };
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy.db");
    let mut compared: BTreeMap<_, usize> = BTreeMap::new();
    let mut left: BTreeMap<_, usize> = BTreeMap::new();
    for sample in sample_files(&root) {
        if sample.is_encrypted() {
            continue;
        }
        if let Some(why) = sample.not_judged() {
            *left.entry(why).or_default() += 1;
            continue;
        }
        fs::copy(&sample.path, &copy).unwrap();
        if !compare(&copy, &sample.path) {
            return;
        }
        *compared.entry(sample.format()).or_default() += 1;
    }
    for ((kind, version, order), count) in &compared {
        println!("{kind} {version} {order}: {count} the same");
    }
    for (why, count) in &left {
        println!("not compared: {count}, {why}");
    }
    for (kind, version) in [
        ("btree", 9),
        ("hash", 8),
        ("hash", 9),
        ("recno", 9),
        ("queue", 4),
    ] {
        for order in ["le", "be"] {
            assert!(
                compared.contains_key(&(kind, version, order)),
                "{kind} {order}"
            );
        }
    }
}

/// Loads a text with the real library; whether it is installed.
fn load(text: &str, args: &[&str], file: &Path) -> bool {
    let child = Command::new("db5.3_load")
        .env_remove("LD_LIBRARY_PATH")
        .args(args)
        .arg(file)
        .stdin(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        println!("skipped: cannot run db5.3_load");
        return false;
    };
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(text.as_bytes()).unwrap();
    drop(stdin);
    assert!(child.wait().unwrap().success());
    true
}

#[test]
fn of_files_with_every_line_a_header_can_have() {
    let dir = tempfile::tempdir().unwrap();
    for (index, (header, records)) in [
        (
            "type=btree\nbt_minkey=4\nduplicates=1\ndupsort=1\nchksum=1",
            "61 62 61 63",
        ),
        ("type=btree\nrecnum=1\nbt_minkey=4\nchksum=1", "61 62 65 63"),
        ("type=btree\nduplicates=1", "61 62 61 62"),
        (
            "type=hash\nh_ffactor=7\nh_nelem=50\nduplicates=1\ndupsort=1\nchksum=1",
            "31 62 33 63e95c00207f",
        ),
        ("type=hash", ""),
        ("type=hash", "00 01"),
        (
            "type=recno\nkeys=1\nre_len=5\nre_pad=0x41\nrenumber=1\nchksum=1",
            "31 62 32 63",
        ),
        ("type=recno\nkeys=1\nre_len=5\nre_pad=0x20", "31 62 32 63"),
        ("type=recno\nkeys=1", "31 62 35 63"),
        ("type=queue\nkeys=1\nre_len=5\nchksum=1", "31 62 33 63"),
        ("type=queue\nkeys=1\nre_len=9\nre_pad=0x41", "31 62 33 63"),
    ]
    .iter()
    .enumerate()
    {
        for order in ["1234", "4321"] {
            let lines: Vec<&str> = records.split_whitespace().collect();
            let lines = match lines.join("\n ") {
                none if none.is_empty() => none,
                some => format!(" {some}\n"),
            };
            let text = format!(
                "VERSION=3\nformat=bytevalue\n{header}\ndb_pagesize=1024\ndb_lorder={order}\nHEADER=END\n{lines}DATA=END\n"
            );
            let file = dir.path().join(format!("{index}-{order}.db"));
            if !load(&text, &[], &file) {
                return;
            }
            compare(&file, &file);
        }
    }
}

#[test]
fn of_several_databases_whatever_their_names() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("several.db");
    let text = "VERSION=3\nformat=bytevalue\ntype=hash\nHEADER=END\n 61\n 62\nDATA=END\n";
    let names = ["a", "", "tab\tback\\slash", "Grüße", "-p"];
    for name in names {
        if !load(text, &["-c", &format!("database={name}")], &file) {
            return;
        }
    }
    compare(&file, &file);
    for name in names {
        let mut found = Vec::new();
        for program in ["db5.3_dump", support::BDBFILE] {
            let mut command = Command::new(program);
            if program == support::BDBFILE {
                command.arg("dump");
            }
            let output = command
                .args(["-k", "-s", name])
                .arg(&file)
                .output()
                .unwrap();
            assert!(output.status.success(), "{name}: {}", complaint(&output));
            found.push(output.stdout);
        }
        assert!(found[0] == found[1], "{name}");
    }
    let theirs = libdb_tool("db5.3_dump", &args(&["-l"], &file)).unwrap();
    let ours = printed(
        &[
            &[OsStr::new("dump"), OsStr::new("-l")],
            args(&[], &file).as_slice(),
        ]
        .concat(),
    );
    assert_eq!(ours, theirs.stdout);
}

/// What was loaded: lines alternately of a key and a datum, as a dump has them.
fn loaded(root: &Path, variant: &str) -> Vec<[String; 2]> {
    let variant = variant.trim_end_matches("-chk");
    let text = fs::read_to_string(root.join("data").join(format!("{variant}.txt"))).unwrap();
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines
        .chunks(2)
        .map(|pair| [pair[0].clone(), pair[1].clone()])
        .collect()
}

/// The lines of records of a dump.
fn records(dump: &str) -> Vec<String> {
    dump.lines()
        .filter(|line| line.starts_with(' '))
        .map(str::to_owned)
        .collect()
}

/// What a dump of a database has to have, in its order, and what it has. The
/// order of the keys of a hash database is its own, so they are sorted.
fn expected_and_found(root: &Path, variant: &str, dump: &str) -> (Vec<String>, Vec<String>) {
    let mut pairs = loaded(root, variant);
    let found = records(dump);
    if variant.starts_with("rn-") || variant.starts_with("q-") {
        let values = pairs.into_iter().map(|[_, value]| value);
        return (values.collect(), found);
    }
    if variant.contains("sort") {
        pairs.sort();
    } else {
        pairs.sort_by(|left, right| left[0].cmp(&right[0]));
    }
    if !variant.starts_with("h-") {
        return (pairs.concat(), found);
    }
    let mut found: Vec<[String; 2]> = found
        .chunks(2)
        .map(|pair| [pair[0].clone(), pair[1].clone()])
        .collect();
    found.sort_by(|left, right| left[0].cmp(&right[0]));
    (pairs.concat(), found.concat())
}

#[test]
fn every_sample_dumps_to_what_was_loaded_or_is_refused_by_name() {
    let Some(root) = samples() else { return };
    let mut counts: BTreeMap<_, usize> = BTreeMap::new();
    let mut encrypted = 0;
    let files = sample_files(&root);
    for sample in &files {
        let file = sample.path.as_os_str();
        if sample.is_encrypted() {
            let output = bdbfile(&[OsStr::new("dump"), file]);
            assert_eq!(output.status.code(), Some(1));
            assert!(output.stdout.is_empty());
            assert!(complaint(&output).contains("the file is encrypted"));
            encrypted += 1;
            continue;
        }
        let databases: &[(Option<&str>, &str)] = if sample.variant == "subdb" {
            &[
                (Some("alpha"), "bt-plain"),
                (Some("beta"), "h-plain"),
                (Some("delta"), "rn-var"),
                (Some("gamma"), "bt-dup"),
            ]
        } else {
            &[(None, &sample.variant)]
        };
        let mut whole = String::new();
        for (name, variant) in databases {
            let mut args = vec![OsStr::new("dump")];
            if let Some(name) = name {
                args.extend([OsStr::new("-s"), OsStr::new(name)]);
            }
            args.push(file);
            let dump = printed(&args);
            let text = std::str::from_utf8(&dump).unwrap();
            assert!(text.ends_with("DATA=END\n"));
            let (expected, found) = expected_and_found(&root, variant, text);
            assert!(
                expected == found,
                "{} {name:?}: other records",
                sample.path.display()
            );
            whole.push_str(&match name {
                // Only a dump of all of them has the names.
                Some(name) => {
                    let line = format!("\ndatabase={name}\ntype=");
                    text.replacen("\ntype=", &line, 1)
                }
                None => text.to_owned(),
            });
        }
        assert!(printed_text(&[OsStr::new("dump"), file]) == whole);
        *counts.entry(sample.format()).or_default() += 1;
    }
    for ((kind, version, order), count) in &counts {
        println!("{kind} {version} {order}: {count}");
    }
    let dumped: usize = counts.values().sum();
    println!(
        "{dumped} dumped and {encrypted} encrypted ones refused, of {}",
        files.len()
    );
    assert_eq!(dumped + encrypted, files.len(), "none is skipped");
    assert!(files.len() > 500, "the samples have hundreds of files");
}
