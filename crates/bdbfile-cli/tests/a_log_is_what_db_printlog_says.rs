//! The records of a log, their transactions and their fields are those that
//! `db_printlog` of 5.3 prints, for the logs that it reads: little-endian ones
//! of version 8, and those of 19.

mod support;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use support::{complaint, libdb_tool, printed_text, samples};

/// A record: place, name, transaction, the record before; and its fields.
struct Record {
    head: [String; 4],
    fields: BTreeMap<String, String>,
}

/// The records that the real program prints.
fn theirs(text: &str) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for line in text.lines() {
        if let Some(field) = line.strip_prefix('\t') {
            // Pages are printed as a list of their items.
            let Some((name, value)) = field.split_once(": ") else {
                continue;
            };
            let last = records.last_mut().unwrap();
            last.fields.insert(name.to_owned(), value.trim().to_owned());
        } else if line.starts_with('[') {
            let (place, rest) = line.split_once("]__").unwrap();
            let (name, rest) = rest.split_once(": rec: ").unwrap();
            let words: Vec<&str> = rest.split(' ').collect();
            let ["txnp", txn, "prevlsn", prev] = words[1..] else {
                panic!("{line}");
            };
            let name = name.strip_suffix("_42").unwrap_or(name).to_owned();
            let place = format!("{place}]");
            records.push(Record {
                head: [lsn(&place), name, txn.to_owned(), lsn(prev)],
                fields: BTreeMap::new(),
            });
        }
    }
    records
}

/// `[1][28]` as `1/28`.
fn lsn(text: &str) -> String {
    let inner = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    inner.unwrap_or(text).replace("][", "/")
}

/// The records that we print.
fn ours(text: &str) -> Vec<Record> {
    let lines = text.lines().filter(|line| line.contains(" | "));
    lines
        .map(|line| {
            let (record, _) = line.split_once(" | ").unwrap();
            let mut words = record.split(' ');
            let mut next = || words.next().unwrap().to_owned();
            let (place, name, _, txn) = (next(), next(), next(), next());
            // There two types have one name.
            let name = name.replace("_noundo", "");
            let mut prev = "0/0".to_owned();
            let mut fields = BTreeMap::new();
            while let Some(word) = words.next() {
                match word.split_once('=') {
                    Some((name, value)) => {
                        fields.insert(name.to_owned(), value.to_owned());
                    }
                    None => words.next().unwrap().clone_into(&mut prev),
                }
            }
            Record {
                head: [place, name, txn, prev],
                fields,
            }
        })
        .collect()
}

/// Compares a field, where it is printed in a form that can be compared:
/// whether it is.
fn compare(name: &str, found: &str, wanted: &str, what: &str) -> bool {
    if let Some(rest) = wanted.strip_prefix("len:") {
        let len = rest.split_whitespace().next().unwrap();
        // Names are text here, without the zero at their end.
        let found = match name.ends_with("name") {
            true if found.is_empty() => 0,
            true => found.len() + 1,
            false => found.len() / 2,
        };
        assert_eq!(found.to_string(), len, "{what} {name}");
        return true;
    }
    if wanted.starts_with('[') {
        assert_eq!(found, lsn(wanted), "{what} {name}");
        return true;
    }
    if matches!(name, "child" | "id") {
        assert_eq!(found, wanted, "{what} {name}");
        return true;
    }
    // A time in words, or the type of a page, may stand behind a number.
    let number = match wanted.split(' ').next().unwrap() {
        "CHKPNT" => "1",
        "CLOSE" => "2",
        "OPEN" => "3",
        word if word.parse::<i64>().is_ok() => word,
        _ => return false,
    };
    let found = match name {
        "min" | "max" => u32::from_str_radix(found, 16).unwrap().to_string(),
        "mode" => format!("{:o}", found.parse::<u32>().unwrap()),
        // Two in one: what is done, or the type of an item, and the type of
        // the page.
        _ if wanted.contains(" ptype: ") => (found.parse::<u32>().unwrap() >> 8).to_string(),
        // Later releases keep more in the bits above.
        "opcode" if !wanted.starts_with(number) => {
            (found.parse::<u32>().unwrap() & 0xf).to_string()
        }
        // It prints negative numbers as if they were none.
        _ if found.starts_with('-') && !number.starts_with('-') => {
            found.parse::<i32>().unwrap().cast_unsigned().to_string()
        }
        _ => found.to_owned(),
    };
    assert_eq!(found, number, "{what} {name}");
    true
}

#[test]
fn of_all_logs_that_both_read() {
    let Some(root) = samples() else { return };
    let dir = tempfile::tempdir().unwrap();
    let (mut logs, mut records, mut fields) = (0, 0, 0);
    let mut types = BTreeMap::new();
    for case in environments(&root) {
        let copy = dir.path().join("logs");
        fs::create_dir(&copy).unwrap();
        for log in log_files(&case) {
            fs::copy(&log, copy.join(log.file_name().unwrap())).unwrap();
        }
        let Some(printed) = libdb_tool("db5.3_printlog", &[OsStr::new("-h"), copy.as_os_str()])
        else {
            return;
        };
        assert!(printed.status.success(), "{}", complaint(&printed));
        let wanted = theirs(&String::from_utf8_lossy(&printed.stdout));
        let args = [OsStr::new("log"), OsStr::new("--full"), copy.as_os_str()];
        let found = ours(&printed_text(&args));
        fs::remove_dir_all(&copy).unwrap();
        assert_eq!(found.len(), wanted.len(), "{}", case.display());
        for (found, wanted) in found.iter().zip(&wanted) {
            let what = format!("{} {:?}", case.display(), wanted.head);
            assert_eq!(found.head, wanted.head, "{what}");
            for (name, value) in &found.fields {
                if let Some(wanted) = wanted.fields.get(name) {
                    fields += usize::from(compare(name, value, wanted, &what));
                }
            }
            *types.entry(found.head[1].clone()).or_insert(0) += 1;
        }
        logs += 1;
        records += found.len();
    }
    println!("{logs} environments, {records} records, {fields} fields compared: {types:?}");
    assert!(fields > records);
}

/// The folders with logs that both read whole: of torn ones each says so in its
/// own way.
fn environments(root: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (folder, of) in [("4.2.52-m32", ""), ("odd", "-5.3.28"), ("odd", "-4.2.52")] {
        let Ok(entries) = fs::read_dir(root.join(folder)) else {
            continue;
        };
        let entries = entries.map(|entry| entry.unwrap().path());
        found.extend(entries.filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.ends_with(of)
                && !name.starts_with("torn-")
                && name != "missinglogs-insufficient"
                && path.is_dir()
                && !log_files(path).is_empty()
        }));
    }
    found.sort();
    found
}

fn log_files(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("log.")
        })
        .collect()
}
