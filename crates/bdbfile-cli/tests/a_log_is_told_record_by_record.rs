//! `bdbfile log` prints each record of a log on a line of its own, with what a
//! recovery would do with it, and says how a log ends and what is wrong with it.

#[path = "support/store.rs"]
mod store;
mod support;

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use bdbfile::layout::{LogLayout, log_hash};
use store::{ADD_OR_REMOVE, Field, LOG, NONE, Store, UNLOGGED};
use support::{bdbfile, complaint, printed_text, samples, testdata};

/// A store with a record of each fate.
fn store(dir: &Path) -> Store {
    let mut store = Store::make(dir);
    let undone = store.mark(0x8000_0002, NONE, 2);
    store.mark(0, NONE, 4);
    store.log.makes(0x8000_0002, undone, b"x\n\x1b[2Jy\0");
    let item = [b'z'; 40];
    let added = [
        Field::U32(1),
        Field::U32(0),
        Field::U32(store.leaf),
        Field::U32(3),
        Field::U32(43),
        Field::Bytes(&[]),
        Field::Bytes(&item),
        Field::Lsn(UNLOGGED),
    ];
    store.log.record(ADD_OR_REMOVE, 0, NONE, &added);
    store.log.record(9999, 0, NONE, &[Field::U32(7)]);
    store.log.record(12000, 0, NONE, &[]);
    store.save();
    store
}

/// The lines about a log, without what comes from where it is.
fn lines(store: &Store, args: &[&str]) -> Vec<String> {
    let place = store.dir.display().to_string();
    let args = [&["log"], args, &[&place]].concat();
    let output = bdbfile(&args);
    assert_eq!(complaint(&output), "");
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines();
    lines.map(|line| line.replace(&place, "DIR")).collect()
}

#[test]
fn with_its_fields_its_file_and_its_fate() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let leaf = store.leaf;
    let mut uid = String::new();
    for byte in &store.uid[..16] {
        write!(uid, "{byte:02x}").unwrap();
    }
    let found = lines(&store, &[]);
    let expected = format!(
        "\
1/28 dbreg_register txn 0 opcode=3 name=ics50gse.db uid={uid}...(20 bytes) fileid=0 ftype=1 meta_pgno=0 id=0 | ics50gse.db | note
1/116 bam_cdel txn 80000001 fileid=0 pgno={leaf} lsn=0/1 indx=0 | ics50gse.db | redo
1/164 txn_regop txn 80000001 prev 1/116 opcode=1 timestamp=1000000000 locks= | - | note
1/204 bam_cdel txn 80000002 fileid=0 pgno={leaf} lsn=0/1 indx=2 | ics50gse.db | undo
1/252 bam_cdel txn 0 fileid=0 pgno={leaf} lsn=0/1 indx=4 | ics50gse.db | pass
1/300 fop_create txn 80000002 prev 1/204 name=x\\u{{a}}\\u{{1b}}[2Jy appname=1 mode=420 | x\\u{{a}}\\u{{1b}}[2Jy | undo
1/348 db_addrem txn 0 opcode=1 fileid=0 pgno={leaf} indx=3 nbytes=43 hdr= dbt=7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a7a...(40 bytes) pagelsn=0/1 | ics50gse.db | pass
1/452 type 9999 txn 0 (of a type that is not known) | - | pass
1/484 type 12000 txn 0 (never replayed) | - | note
9 records from 1/28 to 1/484, log version 8, little-endian; no checkpoint; 1 transactions committed, 1 did not; 9 printed, 1 redo, 2 undo, 3 note, 3 pass"
    );
    let expected: Vec<&str> = expected.lines().collect();
    assert_eq!(found, expected);

    let whole = lines(&store, &["--full"]);
    assert_eq!(whole.len(), found.len());
    assert!(whole[6].contains(&format!(" dbt={} pagelsn", "7a".repeat(40))));
    assert!(whole.iter().all(|line| !line.contains("...(")));

    let count = |args: &[&str]| {
        let lines = lines(&store, args);
        let (sum, records) = lines.split_last().unwrap();
        let printed = format!("; {} printed", records.len());
        assert!(sum.contains(&printed), "{sum}");
        records.len()
    };
    assert_eq!(count(&["--file", "ics50gse.db"]), 5);
    assert_eq!(count(&["--file", "gse"]), 0);
    assert_eq!(count(&["--txn", "80000002"]), 2);
    assert_eq!(count(&["--txn", "0x0", "--file", "ics50gse.db"]), 3);
    let log = dir.path().join(LOG).display().to_string();
    let one = printed_text(&["log", &log]);
    assert_eq!(one.lines().count(), found.len());
}

#[test]
fn and_what_is_wrong_with_a_log_is_a_line_and_the_status() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = store(dir.path());
    let place = dir.path().display().to_string();
    let run = |what: &str| {
        let output = bdbfile(&["log", &place]);
        assert_eq!(output.status.code(), Some(1), "{what}");
        (
            String::from_utf8(output.stdout.clone()).unwrap(),
            complaint(&output),
        )
    };
    let whole = store.log.bytes.clone();

    store.log.bytes.extend([1; 30]);
    store.save();
    let (text, _) = run("torn");
    assert_eq!(text.lines().count(), 11);
    let torn = text.lines().nth(9).unwrap();
    assert!(
        torn.starts_with("torn: the log ends in the middle of a write: "),
        "{torn}"
    );

    store.log.bytes = whole;
    store.log.record(9999, 0x8000_0003, NONE, &[Field::U32(7)]);
    store.save();
    let (text, _) = run("a record that is not known in a transaction");
    assert!(
        text.lines().nth(9).unwrap().ends_with(" | - | refuse"),
        "{text}"
    );

    fs::rename(dir.path().join(LOG), dir.path().join("log.0000000002")).unwrap();
    let (text, _) = run("the beginning is missing");
    let reason = text.lines().nth(10).unwrap();
    assert!(reason.starts_with("not to be replayed: "), "{reason}");
    assert!(reason.ends_with("earlier ones are missing, and no checkpoint is left in the log"));

    fs::write(dir.path().join("log.0000000002"), [7; 100]).unwrap();
    let (text, complaint) = run("no log");
    assert_eq!(text, "");
    assert!(
        complaint.contains("no magic number of a log in either byte order"),
        "{complaint}"
    );

    fs::remove_file(dir.path().join("log.0000000002")).unwrap();
    let (_, complaint) = run("empty");
    assert_eq!(
        complaint,
        format!("bdbfile: {place}: there is no log file in this directory\n")
    );
    let database = testdata("composed-le/ics50gse.db").display().to_string();
    let output = bdbfile(&["log", &database]);
    assert_eq!(
        self::complaint(&output),
        format!("bdbfile: {database}: not the name of a log file\n")
    );
    let output = bdbfile(&["log", "/dev/null"]);
    assert!(self::complaint(&output).contains("neither a plain file nor a directory"));
}

/// The records of a log file, counted by their lengths alone: up to the first
/// whose checksum is wrong.
fn count(path: &Path) -> usize {
    let bytes = fs::read(path).unwrap();
    let layout = LogLayout::read(&bytes).unwrap();
    let (mut at, mut count) = (0, 0);
    while let Some(header) = bytes.get(at..).and_then(|rest| layout.record_header(rest)) {
        let Some(body) = bytes.get(at + 12..at + header.len as usize) else {
            break;
        };
        if header.checksum != layout.record_checksum(header, log_hash(body)) {
            break;
        }
        count += 1;
        at += header.len as usize;
    }
    count - 1
}

#[test]
fn all_records_of_real_logs_have_a_line() {
    let Some(root) = samples() else { return };
    let mut records = 0;
    for dir in dirty(&root) {
        let logs: Vec<PathBuf> = fs::read_dir(&dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| {
                path.file_name()
                    .unwrap()
                    .to_string_lossy()
                    .starts_with("log.")
            })
            .collect();
        let expected: usize = logs.iter().map(|log| count(log)).sum();
        let output = bdbfile(&[OsStr::new("log"), dir.as_os_str()]);
        assert_eq!(complaint(&output), "");
        let text = String::from_utf8(output.stdout).unwrap();
        let found = text.lines().filter(|line| line.contains(" | ")).count();
        assert_eq!(found, expected, "{}", dir.display());
        // Nothing in them is unknown.
        let unknown = text.lines().find(|line| line.contains(" (of a"));
        assert_eq!(unknown, None);
        let name = dir.file_name().unwrap().to_string_lossy();
        let is_whole = !name.starts_with("torn-") && name != "missinglogs-insufficient";
        assert_eq!(output.status.success(), is_whole, "{}", dir.display());
        records += found;
    }
    println!("{records} records");
    assert!(records > 0);
}

/// The stores of killed processes.
fn dirty(root: &Path) -> Vec<PathBuf> {
    let folders = |dir: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(dir).unwrap();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.is_dir()).collect()
    };
    folders(root)
        .iter()
        .flat_map(|release| folders(release))
        .filter(|case| case.join("expected-files.txt").exists())
        .collect()
}

#[test]
fn and_no_bytes_make_it_panic() {
    let mut seed = 1_u32;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for round in 0..150 {
        let dir = tempfile::tempdir().unwrap();
        let mut store = store(dir.path());
        let bytes = &mut store.log.bytes;
        for _ in 0..=round % 5 {
            let at = random(bytes.len());
            bytes[at] = [0, 1, 0x7f, 0x80, 0xff, 57][random(6)];
        }
        if round % 3 != 0 {
            seal(bytes);
        }
        store.save();
        let (dir, file) = (store.dir.display(), store.dir.join(store::DATABASE));
        for args in [
            vec!["log".to_owned(), "--full".to_owned(), dir.to_string()],
            vec![
                "dump".to_owned(),
                "--recover".to_owned(),
                file.display().to_string(),
            ],
        ] {
            let output = bdbfile(&args);
            assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?}");
            let text = complaint(&output);
            assert!(
                text.lines().all(|line| line.starts_with("bdbfile: ")),
                "{text}"
            );
        }
    }
}

/// Makes the checksums right, so that what is in the records is looked at.
fn seal(bytes: &mut [u8]) {
    let mut at = 0;
    while let Some(len) = bytes.get(at + 4..at + 8) {
        let len = u32::from_le_bytes(len.try_into().unwrap()) as usize;
        let Some(body) = bytes.get(at + 12..at.saturating_add(len)) else {
            return;
        };
        let hash = log_hash(body).to_le_bytes();
        bytes[at + 8..at + 12].copy_from_slice(&hash);
        at += len;
    }
}
