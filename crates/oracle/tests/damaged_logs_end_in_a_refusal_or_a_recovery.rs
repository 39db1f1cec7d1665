//! Logs and files of killed processes, written by the real library and then
//! damaged: a replay ends, with no panic, and what it gives can be verified.
//! The logs are of the version that the library of this test writes; those of
//! older versions are damaged in bdbfile's own tests.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use bdbfile::layout::{LOG_RECORD_HEADER, LogLayout, log_hash};
use bdbfile::recover::{Given, Outcome, RecoverOptions, recover};
use bdbfile::source::MemorySource;
use support::chance::{Chance, number};
use support::names;

/// Stores, unless `CSMIGRATE_DAMAGED` says otherwise.
const STORES: u64 = 40;
/// Damaged copies of each.
const COPIES: usize = 12;

/// Damages bytes here and there.
fn damage(bytes: &mut [u8], chance: &mut Chance) {
    for _ in 0..=chance.below(12) {
        let at = chance.below(bytes.len().max(1));
        let value = match chance.below(4) {
            0 => 0,
            1 => u32::MAX,
            2 => 0x7fff_ffff,
            _ => u32::try_from(chance.below(1 << 16)).unwrap(),
        };
        let len = chance.pick(&[1, 2, 4]);
        if let Some(field) = bytes.get_mut(at..at + len) {
            field.copy_from_slice(&value.to_le_bytes()[..len]);
        }
    }
}

/// Damages bodies of records and makes their checksums right again.
fn damage_records(log: &mut [u8], chance: &mut Chance) {
    let Some(layout) = LogLayout::read(log) else {
        return;
    };
    let mut records = Vec::new();
    let mut at = 0;
    while let Some(header) = log.get(at..).and_then(|rest| layout.record_header(rest)) {
        let len = header.len as usize;
        if len <= LOG_RECORD_HEADER || at + len > log.len() {
            break;
        }
        if at > 0 {
            records.push(at..at + len);
        }
        at += len;
    }
    for _ in 0..=chance.below(6) {
        let Some(record) = records.get(chance.below(records.len().max(1))).cloned() else {
            return;
        };
        let body = record.start + LOG_RECORD_HEADER..record.end;
        damage(&mut log[body.clone()], chance);
        let header = layout.record_header(&log[record.clone()]).unwrap();
        let sum = layout.record_checksum(header, log_hash(&log[body]));
        // The third field of the header, from 4.1 on.
        log[record.start + 8..record.start + 12].copy_from_slice(&sum.to_le_bytes());
    }
}

/// The files of a store with their names, logs and databases apart.
type Whole = [Vec<(String, Vec<u8>)>; 2];

fn whole(store: &Path) -> Whole {
    let [mut logs, mut files] = [Vec::new(), Vec::new()];
    for name in names(store) {
        let bytes = fs::read(store.join(&name)).unwrap();
        if name.starts_with("log.") {
            logs.push((name, bytes));
        } else if !(name.starts_with("__db.") && name.len() == "__db.001".len()) {
            files.push((name, bytes));
        }
    }
    [logs, files]
}

#[test]
fn a_damaged_store_ends_the_replay_in_good_order() {
    let room = tempfile::tempdir().unwrap();
    let [mut recovered, mut refused, mut failed] = [0; 3];
    for seed in 1..=number("CSMIGRATE_DAMAGED", STORES) {
        let store = room.path().join(seed.to_string());
        fs::create_dir(&store).unwrap();
        // Where the library fails at the work its store is as good as any.
        let _ = Command::new(env!("CARGO_BIN_EXE_workload"))
            .arg("--seed")
            .arg(seed.to_string())
            .arg(&store)
            .output()
            .unwrap();
        let [logs, files] = whole(&store);
        let mut chance = Chance(seed);
        for copy in 0..COPIES {
            let mut paths = Vec::new();
            for (name, bytes) in &logs {
                let mut bytes = bytes.clone();
                match copy % 4 {
                    0 => damage(&mut bytes, &mut chance),
                    3 => {}
                    _ => damage_records(&mut bytes, &mut chance),
                }
                let path = room.path().join(name);
                fs::write(&path, bytes).unwrap();
                paths.push(path);
            }
            let given = files.iter().map(|(name, bytes)| {
                let mut bytes = bytes.clone();
                if copy % 4 >= 2 {
                    damage(&mut bytes, &mut chance);
                }
                Given {
                    name: name.clone(),
                    source: Arc::new(MemorySource::new(name.clone(), bytes)),
                }
            });
            let given = given.collect();
            match recover(&paths, given, &RecoverOptions::default()) {
                Ok(Outcome::Recovered(result)) => {
                    recovered += 1;
                    for file in result.files {
                        let _ = bdbfile::verify::verify(file.source);
                    }
                }
                Ok(Outcome::Refused(_)) => refused += 1,
                Err(_) => failed += 1,
            }
            for path in paths {
                fs::remove_file(path).unwrap();
            }
        }
        fs::remove_dir_all(&store).unwrap();
    }
    println!("{recovered} recovered, {refused} refused, {failed} errors");
    assert!(recovered > 0 && refused > 0);
}
