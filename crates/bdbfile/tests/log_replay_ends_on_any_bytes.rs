//! Whatever the bytes of logs and files: a replay ends, with no panic, in a
//! recovery, a refusal or an error, and what it gives can be read and verified.

mod support;
#[path = "support/unclean.rs"]
mod unclean;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use bdbfile::layout::{LOG_RECORD_HEADER, LogLayout, log_hash};
use bdbfile::log::EnvironmentFiles;
use bdbfile::recover::{Given, Outcome, RecoverOptions, recover};
use bdbfile::source::MemorySource;
use bdbfile::verify::verify;
use support::{Dice, samples};
use unclean::{Case, cases, database_files};

/// Damaged copies of each case, unless `CSMIGRATE_DAMAGED` says otherwise.
const COPIES: usize = 24;

/// A case in memory.
struct Whole {
    logs: Vec<(PathBuf, Vec<u8>)>,
    files: Vec<(String, Vec<u8>)>,
}

impl Whole {
    fn read(case: &Case) -> Self {
        let logs = EnvironmentFiles::find(&case.dir).unwrap().logs;
        Self {
            logs: logs
                .into_iter()
                .map(|path| (path.clone(), fs::read(path).unwrap()))
                .collect(),
            files: database_files(&case.dir)
                .into_iter()
                .map(|path| {
                    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                    (name, fs::read(path).unwrap())
                })
                .collect(),
        }
    }
}

/// Values that fields are likely to mind.
const ODD: [u32; 8] = [
    0,
    1,
    2,
    0x7fff_ffff,
    0x8000_0000,
    u32::MAX,
    0xffff,
    0x1_0000,
];

/// Damages bytes or whole numbers, here and there.
fn damage(bytes: &mut [u8], dice: &mut Dice) {
    for _ in 0..=dice.roll(12) {
        let at = dice.roll(bytes.len());
        if dice.roll(2) == 0 {
            if let Some(byte) = bytes.get_mut(at) {
                *byte = u8::try_from(dice.roll(256)).unwrap();
            }
        } else if let Some(field) = bytes.get_mut(at..at + 4) {
            let odd = ODD[dice.roll(ODD.len())];
            let value = if dice.roll(2) == 0 {
                odd.to_le_bytes()
            } else {
                odd.to_be_bytes()
            };
            field.copy_from_slice(&value);
        }
    }
}

/// Damages bodies of records of a log and makes their checksums right again.
fn damage_records(log: &mut [u8], dice: &mut Dice) {
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
        records.push(at..at + len);
        at += len;
    }
    for _ in 0..=dice.roll(6) {
        let Some(record) = records.get(dice.roll(records.len())).cloned() else {
            return;
        };
        if record.start == 0 {
            continue;
        }
        let body = &mut log[record.start + LOG_RECORD_HEADER..record.end];
        damage(body, dice);
        let header = layout.record_header(&log[record.clone()]).unwrap();
        let hash = log_hash(&log[record.start + LOG_RECORD_HEADER..record.end]);
        let sum = layout.record_checksum(header, hash);
        let field = if layout.version < 7 { 4 } else { 8 };
        let mut place = [0; 4];
        layout.endian.put_u32(&mut place, 0, sum);
        log[record.start + field..record.start + field + 4].copy_from_slice(&place);
    }
}

#[test]
fn a_replay_ends_whatever_the_bytes() {
    let Some(root) = samples() else { return };
    let dir = tempfile::tempdir().unwrap();
    let [mut recovered, mut refused, mut failed] = [0; 3];
    let copies = std::env::var("CSMIGRATE_DAMAGED").map_or(COPIES, |text| text.parse().unwrap());
    for case in cases(&root) {
        let whole = Whole::read(&case);
        let mut dice = Dice(case.dir.to_str().unwrap().bytes().map(u64::from).sum());
        for copy in 0..copies {
            let mut paths = Vec::new();
            for (path, bytes) in &whole.logs {
                let mut bytes = bytes.clone();
                match copy % 4 {
                    0 => damage(&mut bytes, &mut dice),
                    3 => {}
                    _ => damage_records(&mut bytes, &mut dice),
                }
                let path = dir.path().join(path.file_name().unwrap());
                fs::write(&path, bytes).unwrap();
                paths.push(path);
            }
            let given = whole.files.iter().map(|(name, bytes)| {
                let mut bytes = bytes.clone();
                if copy % 4 >= 2 && !bytes.is_empty() {
                    damage(&mut bytes, &mut dice);
                }
                Given {
                    name: name.clone(),
                    source: Arc::new(MemorySource::new(name.clone(), bytes)),
                }
            });
            let given = given.collect();
            let options = RecoverOptions {
                memory: 64 << 10,
                ..RecoverOptions::default()
            };
            match recover(&paths, given, &options) {
                Ok(Outcome::Recovered(result)) => {
                    recovered += 1;
                    for file in result.files {
                        let _ = verify(file.source);
                    }
                }
                Ok(Outcome::Refused(_)) => refused += 1,
                Err(_) => failed += 1,
            }
        }
    }
    println!("{recovered} recovered, {refused} refused, {failed} errors");
    assert!(recovered > 0 && refused > 0);
}
