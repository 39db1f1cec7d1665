//! Logs made here byte by byte, in both byte orders and in versions from 2 to
//! 19: what is clean, what is not and why, and that no damage is ever taken for
//! a clean end.

use std::fs;
use std::path::Path;

use bdbfile::layout::{Endian, Lsn, log_hash};
use bdbfile::log::{Environment, EnvironmentFiles, LogEnd, NewestPage, Reason, Verdict, inspect};
use bdbfile::{Error, Rule};
use tempfile::TempDir;

/// Versions and orders that logs exist in: each way a header is laid out.
const KINDS: [(Endian, u32); 9] = [
    (Endian::Little, 2),
    (Endian::Big, 2),
    (Endian::Little, 3),
    (Endian::Big, 3),
    (Endian::Big, 5),
    (Endian::Little, 8),
    (Endian::Big, 8),
    (Endian::Little, 12),
    (Endian::Little, 19),
];

const TXN: u32 = 0x8000_0001;
const OTHER: u32 = 0x8000_0002;

/// A log file in the making.
struct Log {
    endian: Endian,
    version: u32,
    number: u32,
    bytes: Vec<u8>,
    prev: u32,
}

impl Log {
    fn new(endian: Endian, version: u32, number: u32, prev: u32) -> Self {
        let mut log = Self {
            endian,
            version,
            number,
            bytes: Vec::new(),
            prev,
        };
        log.put(&[0x0004_0988, version, 10 << 20, 0o600]);
        log
    }

    /// Appends a record with a body of words.
    fn put(&mut self, words: &[u32]) -> Lsn {
        let mut body = vec![0; words.len() * 4];
        for (n, word) in words.iter().enumerate() {
            self.endian.put_u32(&mut body, n * 4, *word);
        }
        let at = u32::try_from(self.bytes.len()).unwrap();
        let len = u32::try_from(body.len() + 12).unwrap();
        let mut sum = log_hash(&body);
        if self.version >= 12 {
            sum ^= self.prev ^ len;
        }
        let (second, third) = if self.version <= 5 {
            (sum, len)
        } else {
            (len, sum)
        };
        let mut header = [0; 12];
        self.endian.put_u32(&mut header, 0, self.prev);
        self.endian.put_u32(&mut header, 4, second);
        self.endian.put_u32(&mut header, 8, third);
        self.bytes.extend_from_slice(&header);
        self.bytes.extend_from_slice(&body);
        self.prev = at;
        Lsn {
            file: self.number,
            offset: at,
        }
    }

    fn record(&mut self, kind: u32, txn: u32, prev: Lsn, fields: &[u32]) -> Lsn {
        let mut words = vec![kind, txn, prev.file, prev.offset];
        words.extend_from_slice(fields);
        self.put(&words)
    }

    /// A change of a page: something was added to it.
    fn change(&mut self, txn: u32, prev: Lsn) -> Lsn {
        self.record(41, txn, prev, &[1, 0, 7, 0, 0, 0, 0, 0, 0])
    }

    fn commit(&mut self, txn: u32, prev: Lsn) -> Lsn {
        let kind = if self.version == 2 { 6 } else { 10 };
        self.record(kind, txn, prev, &[1, 0])
    }

    fn register(&mut self) -> Lsn {
        let kind = if self.version == 2 { 1 } else { 2 };
        self.record(kind, 0, Lsn::ZERO, &[2, 0, 0, 0, 1, 0])
    }

    fn checkpoint(&mut self, ckp_lsn: Lsn) -> Lsn {
        let kind = if self.version == 2 { 7 } else { 11 };
        let fields = [ckp_lsn.file, ckp_lsn.offset, 0, 0, 0];
        self.record(kind, 0, Lsn::ZERO, &fields)
    }

    /// A checkpoint with nothing running.
    fn quiet_checkpoint(&mut self) -> Lsn {
        let here = self.next();
        self.checkpoint(here)
    }

    /// Where the next record will stand.
    fn next(&self) -> Lsn {
        Lsn {
            file: self.number,
            offset: u32::try_from(self.bytes.len()).unwrap(),
        }
    }

    fn save(&self, dir: &Path) {
        fs::write(dir.join(format!("log.{:010}", self.number)), &self.bytes).unwrap();
    }
}

/// The head of a region of 4.2 on SPARC.
fn region(dir: &Path, panic: u32, refcnt: u32) {
    let mut bytes = vec![0; 16384];
    let words = [0x0012_0897, panic, 4, 2, 52, 92, 0, 15588, refcnt];
    for (n, word) in words.into_iter().enumerate() {
        Endian::Big.put_u32(&mut bytes, 96 + n * 4, word);
    }
    fs::write(dir.join("__db.001"), bytes).unwrap();
}

fn read(dir: &Path) -> Environment {
    inspect(&EnvironmentFiles::find(dir).unwrap()).unwrap()
}

fn page(lsn: Lsn) -> NewestPage {
    NewestPage {
        file: "cal.db".into(),
        page: 7,
        lsn,
    }
}

fn judge(dir: &Path, newest: Option<Lsn>) -> Verdict {
    read(dir).judge(newest.map(page).as_ref())
}

#[track_caller]
fn assert_clean(verdict: &Verdict) {
    assert!(matches!(verdict, Verdict::Clean { .. }), "{verdict}");
}

#[track_caller]
fn reasons(verdict: Verdict) -> Vec<Reason> {
    match verdict {
        Verdict::Unclean { reasons } => {
            assert!(!reasons.is_empty());
            reasons
        }
        other => panic!("{other}"),
    }
}

/// Runs a test of every kind of log, in an empty directory each.
fn each(test: impl Fn(&Path, Endian, u32)) {
    for (endian, version) in KINDS {
        let dir = TempDir::new().unwrap();
        println!("version {version}, {endian}");
        test(dir.path(), endian, version);
    }
}

/// A log with one committed change, the change's LSN last.
fn committed(endian: Endian, version: u32) -> (Log, Lsn) {
    let mut log = Log::new(endian, version, 1, 0);
    log.register();
    let first = log.change(TXN, Lsn::ZERO);
    let last = log.change(TXN, first);
    log.commit(TXN, last);
    (log, last)
}

#[test]
fn a_final_checkpoint_is_clean() {
    each(|dir, endian, version| {
        let (mut log, change) = committed(endian, version);
        log.register();
        let ckp = log.quiet_checkpoint();
        let last = log.register();
        log.save(dir);
        assert_clean(&judge(dir, Some(change)));
        // A store whose pages were all rewritten without a log is no worse.
        assert_clean(&judge(dir, None));

        let logs = read(dir).logs.unwrap();
        let layout = logs.layout.unwrap();
        assert_eq!((layout.endian, layout.version), (endian, version));
        assert_eq!(
            logs.first,
            Some(Lsn {
                file: 1,
                offset: 28
            })
        );
        assert_eq!(logs.last, Some(last));
        assert_eq!(logs.checkpoint.unwrap().lsn, ckp);
        assert_eq!(logs.last_change, Some(change));
        assert_eq!(logs.last_kept_page_change, Some(change));
        assert_eq!((logs.open, logs.end), (vec![], LogEnd::Whole));

        // A process that is attached outweighs it.
        region(dir, 0, 1);
        assert!(matches!(
            reasons(judge(dir, Some(change)))[..],
            [Reason::Attached { refcnt: 1, .. }]
        ));
        region(dir, 1, 0);
        assert!(matches!(
            reasons(judge(dir, Some(change)))[..],
            [Reason::Panic { .. }]
        ));
        region(dir, 0, 0);
        assert_clean(&judge(dir, Some(change)));
    });
}

#[test]
fn changes_after_the_checkpoint_need_proof() {
    each(|dir, endian, version| {
        let (mut log, before) = committed(endian, version);
        log.quiet_checkpoint();
        let first = log.change(OTHER, Lsn::ZERO);
        let change = log.change(OTHER, first);
        log.commit(OTHER, change);
        log.save(dir);
        for newest in [None, Some(before), Some(change)] {
            let reasons = reasons(judge(dir, newest));
            assert!(
                matches!(reasons[..], [Reason::Changes { last, after: 2, .. }] if last == change),
                "{reasons:?}"
            );
        }
        // Closed without a checkpoint: flushed, as the newest page shows.
        region(dir, 0, 0);
        assert_clean(&judge(dir, Some(change)));
        for newest in [None, Some(before), Some(first)] {
            let reasons = reasons(judge(dir, newest));
            assert!(
                matches!(reasons[..], [Reason::NotFlushed { change: c, .. }] if c == change),
                "{reasons:?}"
            );
        }
    });
}

#[test]
fn without_a_checkpoint_all_changes_count() {
    each(|dir, endian, version| {
        let (log, change) = committed(endian, version);
        log.save(dir);
        assert!(matches!(
            reasons(judge(dir, Some(change)))[..],
            [Reason::Changes {
                checkpoint: None,
                ..
            }]
        ));
    });
}

#[test]
fn a_transaction_over_the_checkpoint_is_open() {
    each(|dir, endian, version| {
        let (mut log, _) = committed(endian, version);
        let first = log.change(OTHER, Lsn::ZERO);
        let last = log.change(OTHER, first);
        log.checkpoint(first);
        log.register();
        log.save(dir);
        let found = reasons(judge(dir, Some(last)));
        assert!(
            matches!(
                &found[..],
                [
                    Reason::UncommittedOnPage { .. },
                    Reason::Changes { after: 0, .. },
                    Reason::Open { count: 1, first: txn, .. },
                ] if txn.id == OTHER && txn.first == first && txn.last_change == last
            ),
            "{found:?}"
        );
        // Its commit leaves only the question whether all was flushed.
        log.commit(OTHER, last);
        log.save(dir);
        assert!(matches!(
            reasons(judge(dir, Some(last)))[..],
            [Reason::Changes { after: 0, .. }]
        ));
    });
}

#[test]
fn an_aborted_transaction_is_not_open() {
    each(|dir, endian, version| {
        // Before the checkpoint: it was not running then, so it was over.
        let (mut log, change) = committed(endian, version);
        log.change(OTHER, Lsn::ZERO);
        log.quiet_checkpoint();
        log.save(dir);
        assert_clean(&judge(dir, Some(change)));

        // After it: closing in good order proves it, if no page carries it.
        let aborted = log.change(OTHER, Lsn::ZERO);
        log.save(dir);
        assert!(matches!(
            reasons(judge(dir, Some(change)))[..],
            [Reason::Changes { .. }, Reason::Open { count: 1, .. }]
        ));
        region(dir, 0, 0);
        assert_clean(&judge(dir, Some(change)));
        assert!(matches!(
            reasons(judge(dir, Some(aborted)))[..],
            [Reason::UncommittedOnPage { .. }]
        ));
    });
}

#[test]
fn a_prepared_transaction_survives_a_close() {
    each(|dir, endian, version| {
        let (mut log, change) = committed(endian, version);
        log.quiet_checkpoint();
        let last = log.change(OTHER, Lsn::ZERO);
        let kind = if version == 2 { 6 } else { 13 };
        log.record(kind, OTHER, last, &[2, 0, 0, 0, 0, 0, 0]);
        log.save(dir);
        region(dir, 0, 0);
        assert!(matches!(
            reasons(judge(dir, Some(change)))[..],
            [Reason::Open { count: 1, first, .. }] if first.prepared
        ));
    });
}

#[test]
fn an_id_used_again_is_another_transaction() {
    each(|dir, endian, version| {
        let (mut log, _) = committed(endian, version);
        log.quiet_checkpoint();
        log.change(OTHER, Lsn::ZERO);
        let change = log.change(OTHER, Lsn::ZERO);
        log.commit(OTHER, change);
        log.save(dir);
        assert_eq!(read(dir).logs.unwrap().open, vec![]);
    });
}

#[test]
fn a_nested_transaction_shares_its_parents_fate() {
    for (endian, version) in KINDS.into_iter().filter(|(_, version)| *version > 2) {
        let dir = TempDir::new().unwrap();
        let mut log = Log::new(endian, version, 1, 0);
        let change = log.change(OTHER, Lsn::ZERO);
        let child = [OTHER, change.file, change.offset];
        let joined = log.record(12, TXN, Lsn::ZERO, &child);
        log.save(dir.path());
        let open = read(dir.path()).logs.unwrap().open;
        assert_eq!(open.len(), 1);
        assert_eq!((open[0].id, open[0].last_change), (TXN, change));

        log.commit(TXN, joined);
        log.save(dir.path());
        let logs = read(dir.path()).logs.unwrap();
        assert_eq!(logs.open, vec![]);
        assert_eq!(logs.last_kept_page_change, Some(change));
    }
}

#[test]
fn what_changes_no_database_is_bookkeeping() {
    let dir = TempDir::new().unwrap();
    let (mut log, change) = committed(Endian::Big, 8);
    log.quiet_checkpoint();
    // Recycled ids, a debugging record, a cursor moved in memory, a database
    // that is not durable, an application's own record.
    log.record(14, 0, Lsn::ZERO, &[0x8000_0001, 0xffff_ffff]);
    let mut prev = Lsn::ZERO;
    for kind in [47, 64, 0x8000_0029, 10_001] {
        prev = log.record(kind, OTHER, prev, &[0; 8]);
    }
    log.save(dir.path());
    assert_clean(&judge(dir.path(), Some(change)));
    // The same number, 14, means nothing in 4.0: taken for a change.
    let (mut log, change) = committed(Endian::Big, 5);
    log.quiet_checkpoint();
    log.record(14, 0, Lsn::ZERO, &[0; 8]);
    log.save(dir.path());
    reasons(judge(dir.path(), Some(change)));
}

#[test]
fn recycled_ids_are_not_open() {
    let dir = TempDir::new().unwrap();
    let mut log = Log::new(Endian::Little, 8, 1, 0);
    log.change(OTHER, Lsn::ZERO);
    log.record(14, 0, Lsn::ZERO, &[0x8000_0000, 0xffff_ffff]);
    log.save(dir.path());
    assert_eq!(read(dir.path()).logs.unwrap().open, vec![]);
}

#[test]
fn pages_newer_than_the_log_tell_of_missing_logs() {
    each(|dir, endian, version| {
        let (mut log, _) = committed(endian, version);
        log.quiet_checkpoint();
        log.save(dir);
        let beyond = Lsn {
            file: 2,
            offset: 99,
        };
        let found = reasons(judge(dir, Some(beyond)));
        assert!(matches!(found[..], [Reason::PageBeyondLog { .. }]));
        let text = found[0].to_string();
        for part in ["cal.db", "page 7", "2/99", "log files are missing"] {
            assert!(text.contains(part), "{text}");
        }
        region(dir, 0, 0);
        reasons(judge(dir, Some(beyond)));
    });
}

#[test]
fn logs_follow_one_another() {
    each(|dir, endian, version| {
        let (mut first, change) = committed(endian, version);
        first.quiet_checkpoint();
        first.save(dir);
        let mut second = Log::new(endian, version, 2, first.prev);
        let changed = second.change(OTHER, Lsn::ZERO);
        second.save(dir);
        let mut third = Log::new(endian, version, 3, second.prev);
        third.commit(OTHER, changed);
        third.quiet_checkpoint();
        third.save(dir);
        assert_clean(&judge(dir, Some(changed)));

        // A file older than the checkpoint may be missing, at the beginning
        // or after it.
        fs::remove_file(dir.join("log.0000000002")).unwrap();
        assert_eq!(read(dir).logs.unwrap().missing, vec![2..=2]);
        assert_clean(&judge(dir, Some(changed)));
        fs::remove_file(dir.join("log.0000000001")).unwrap();
        assert_clean(&judge(dir, Some(changed)));

        // Not one that recovery needs.
        first.save(dir);
        let mut third = Log::new(endian, version, 3, second.prev);
        third.commit(OTHER, changed);
        third.save(dir);
        assert!(matches!(
            &reasons(judge(dir, Some(change)))[..],
            [Reason::Gap { missing, .. }] if *missing == (2..=2)
        ));
        fs::remove_file(dir.join("log.0000000001")).unwrap();
        assert!(matches!(
            reasons(judge(dir, Some(change)))[..],
            [Reason::StartMissing { needed: None, .. }]
        ));
    });
}

#[test]
fn damage_ends_the_log_only_in_the_newest_file() {
    each(|dir, endian, version| {
        let (mut first, change) = committed(endian, version);
        first.quiet_checkpoint();
        let cut = first.bytes.len() - 1;
        first.bytes.truncate(cut);
        first.save(dir);
        let found = reasons(judge(dir, Some(change)));
        assert!(matches!(&found[0], Reason::TornEnd(e) if e.rule == Rule::LogFormat));
        assert!(
            found[0].to_string().contains("log.0000000001"),
            "{}",
            found[0]
        );

        let mut second = Log::new(endian, version, 2, 0);
        second.quiet_checkpoint();
        second.save(dir);
        assert!(matches!(
            &reasons(judge(dir, Some(change)))[..],
            [Reason::Unreadable(e)] if e.file.ends_with("log.0000000001")
        ));
    });
}

#[test]
fn files_that_are_no_logs_are_named() {
    let dir = TempDir::new().unwrap();
    let dir = dir.path();
    let (mut log, change) = committed(Endian::Big, 8);
    log.quiet_checkpoint();
    log.save(dir);
    let next = dir.join("log.0000000002");
    for (bytes, torn, rule) in [
        (vec![], true, Rule::LogFormat),
        (vec![0; 27], true, Rule::LogFormat),
        (vec![0; 28], false, Rule::LogFormat),
        (vec![b'x'; 4096], false, Rule::LogFormat),
        (
            Log::new(Endian::Big, 6, 2, 0).bytes,
            false,
            Rule::LogVersion,
        ),
        (
            Log::new(Endian::Little, 15, 2, 0).bytes,
            false,
            Rule::LogVersion,
        ),
        (
            Log::new(Endian::Little, 23, 2, 0).bytes,
            false,
            Rule::LogVersion,
        ),
        (
            Log::new(Endian::Big, 19, 2, 0).bytes,
            false,
            Rule::LogFormat,
        ),
    ] {
        fs::write(&next, &bytes).unwrap();
        let found = reasons(judge(dir, Some(change)));
        let error = match &found[..] {
            [Reason::TornEnd(error)] if torn => error,
            [Reason::Unreadable(error)] if !torn => error,
            other => panic!("{} bytes: {other:?}", bytes.len()),
        };
        assert_eq!(error.rule, rule);
        assert!(error.file.ends_with("log.0000000002"));
    }
    // The same number twice.
    fs::remove_file(&next).unwrap();
    fs::write(dir.join("log.00001"), &log.bytes).unwrap();
    assert!(matches!(
        reasons(judge(dir, Some(change)))[..],
        [Reason::Unreadable(_)]
    ));
    // A name that is none.
    let files = EnvironmentFiles {
        logs: vec![dir.join("access.log")],
        regions: vec![],
    };
    assert!(matches!(inspect(&files), Err(Error::Parameter(_))));
    // A file that went away.
    let files = EnvironmentFiles {
        logs: vec![dir.join("log.0000000009")],
        regions: vec![],
    };
    assert!(matches!(inspect(&files), Err(Error::Io { .. })));
}

#[test]
fn zeros_behind_the_log_are_an_end_from_4_7_on() {
    each(|dir, endian, version| {
        let (mut log, change) = committed(endian, version);
        log.quiet_checkpoint();
        let len = log.bytes.len();
        for zeros in [1, 11, 12, 13, 5000] {
            log.bytes.resize(len + zeros, 0);
            log.save(dir);
            let verdict = judge(dir, Some(change));
            if version >= 14 {
                assert_clean(&verdict);
            } else {
                assert!(matches!(reasons(verdict)[..], [Reason::TornEnd(_)]));
            }
        }
        // What follows the zeros was written: the zeros were not.
        log.bytes.push(1);
        log.save(dir);
        assert!(matches!(
            reasons(judge(dir, Some(change)))[..],
            [Reason::TornEnd(_)]
        ));
    });
}

#[test]
fn regions_alone() {
    let dir = TempDir::new().unwrap();
    let dir = dir.path();
    assert_eq!(judge(dir, None), Verdict::NoEnvironment);
    region(dir, 0, 0);
    assert_clean(&judge(dir, None));
    region(dir, 0, 3);
    assert!(matches!(
        reasons(judge(dir, None))[..],
        [Reason::Attached { refcnt: 3, .. }]
    ));
    region(dir, 7, 0);
    assert!(matches!(
        reasons(judge(dir, None))[..],
        [Reason::Panic { .. }]
    ));
    for unknown in [&b""[..], &[0; 50], &[0x97; 4096]] {
        fs::write(dir.join("__db.001"), unknown).unwrap();
        assert!(matches!(
            reasons(judge(dir, None))[..],
            [Reason::RegionsUnknown { .. }]
        ));
    }
}

#[test]
fn every_sentence_names_a_file_and_the_verdict_the_remedy() {
    let dir = TempDir::new().unwrap();
    let (mut log, _) = committed(Endian::Big, 3);
    log.change(OTHER, Lsn::ZERO);
    log.save(dir.path());
    region(dir.path(), 1, 2);
    let verdict = judge(dir.path(), Some(Lsn { file: 9, offset: 9 }));
    assert!(verdict.to_string().ends_with(bdbfile::log::REMEDY));
    for reason in reasons(verdict) {
        let text = reason.to_string();
        assert!(
            ["log.0000000001", "__db.001", "cal.db"]
                .iter()
                .any(|name| text.contains(name)),
            "{text}"
        );
        assert!(!text.contains('\n'));
    }
}

#[test]
fn a_log_cut_anywhere_is_not_clean() {
    each(|dir, endian, version| {
        let (mut log, change) = committed(endian, version);
        log.quiet_checkpoint();
        let whole = log.bytes.clone();
        for len in 0..whole.len() {
            log.bytes = whole[..len].to_vec();
            log.save(dir);
            reasons(judge(dir, Some(change)));
        }
    });
}

#[test]
fn a_log_with_any_byte_changed_is_not_clean() {
    each(|dir, endian, version| {
        let (mut log, change) = committed(endian, version);
        log.quiet_checkpoint();
        for at in 0..log.bytes.len() {
            for flip in [0x01, 0x80, 0xff] {
                log.bytes[at] ^= flip;
                log.save(dir);
                let verdict = judge(dir, Some(change));
                log.bytes[at] ^= flip;
                // Where the file before ended is no part of any checksum
                // before version 12, and nothing hangs on it.
                if version >= 12 || at >= 4 {
                    reasons(verdict);
                }
            }
        }
    });
}

#[test]
fn a_region_with_any_byte_changed_is_no_panic() {
    let dir = TempDir::new().unwrap();
    region(dir.path(), 0, 0);
    let path = dir.path().join("__db.001");
    let mut bytes = fs::read(&path).unwrap();
    bytes.truncate(140);
    for at in 0..bytes.len() {
        for flip in [0x01, 0x80, 0xff] {
            bytes[at] ^= flip;
            fs::write(&path, &bytes).unwrap();
            judge(dir.path(), None);
            bytes[at] ^= flip;
        }
        fs::write(&path, &bytes[..at]).unwrap();
        judge(dir.path(), None);
    }
}

#[test]
fn the_newest_page_is_found() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("cal.db");
    let size = 512;
    let mut bytes = vec![0; size * 300];
    for endian in Endian::BOTH {
        endian.put_u32(&mut bytes, 12, 0x0005_3162);
        endian.put_u32(&mut bytes, 16, 8);
        endian.put_u32(&mut bytes, 20, 512);
        let put = |bytes: &mut [u8], page: usize, file, offset| {
            Lsn { file, offset }.put(endian, bytes, page * size);
        };
        put(&mut bytes, 0, 0, 1);
        put(&mut bytes, 299, 1, 0);
        fs::write(&path, &bytes).unwrap();
        assert_eq!(NewestPage::of_file(&path).unwrap(), None);
        put(&mut bytes, 200, 2, 5);
        put(&mut bytes, 299, 1, 99);
        fs::write(&path, &bytes).unwrap();
        let newest = NewestPage::of_file(&path).unwrap().unwrap();
        assert_eq!((newest.page, newest.lsn), (200, Lsn { file: 2, offset: 5 }));
        put(&mut bytes, 200, 0, 0);
    }
    fs::write(&path, b"short").unwrap();
    let error = NewestPage::of_file(&path).unwrap_err();
    assert_eq!(error.rule(), Some(Rule::NotBerkeleyDb));
    Endian::Big.put_u32(&mut bytes, 20, 513);
    fs::write(&path, &bytes).unwrap();
    let error = NewestPage::of_file(&path).unwrap_err();
    assert_eq!(error.rule(), Some(Rule::PageSize));
}
