//! A small store that was not closed: one database of the sample stores, and a
//! log made by hand.

#![allow(dead_code)]

use std::fs;
use std::path::{Path, PathBuf};

use bdbfile::layout::{LOG_RECORD_HEADER, Lsn, log_hash};

/// The database.
pub(crate) const DATABASE: &str = "ics50gse.db";
/// Its log.
pub(crate) const LOG: &str = "log.0000000001";
/// "Written without logging", as all pages of the store are.
pub(crate) const UNLOGGED: Lsn = Lsn::NOT_LOGGED;
/// No position.
pub(crate) const NONE: Lsn = Lsn::ZERO;

/// Types of records.
pub(crate) const REGISTER: u32 = 2;
pub(crate) const COMMIT: u32 = 10;
pub(crate) const ADD_OR_REMOVE: u32 = 41;
pub(crate) const MARK_DELETED: u32 = 57;
pub(crate) const CREATE: u32 = 143;
pub(crate) const WRITE: u32 = 145;
pub(crate) const RENAME: u32 = 146;

/// A field of a record.
pub(crate) enum Field<'a> {
    U32(u32),
    Lsn(Lsn),
    Bytes(&'a [u8]),
}

/// A log file of version 8, little-endian, as 4.2 writes it on x86.
pub(crate) struct Log {
    pub(crate) bytes: Vec<u8>,
    prev: u32,
}

impl Log {
    pub(crate) fn new() -> Self {
        let mut log = Self {
            bytes: Vec::new(),
            prev: 0,
        };
        let first: Vec<u8> = [0x0004_0988_u32, 8, 10 << 20, 0o644]
            .into_iter()
            .flat_map(u32::to_le_bytes)
            .collect();
        log.body(&first);
        log
    }

    /// Adds a record; where it stands.
    pub(crate) fn record(&mut self, kind: u32, txn: u32, prev: Lsn, fields: &[Field<'_>]) -> Lsn {
        let mut body = Vec::new();
        let number = |body: &mut Vec<u8>, n: u32| body.extend(n.to_le_bytes());
        for n in [kind, txn, prev.file, prev.offset] {
            number(&mut body, n);
        }
        for field in fields {
            match field {
                Field::U32(n) => number(&mut body, *n),
                Field::Lsn(lsn) => {
                    number(&mut body, lsn.file);
                    number(&mut body, lsn.offset);
                }
                Field::Bytes(bytes) => {
                    number(&mut body, u32::try_from(bytes.len()).unwrap());
                    body.extend(*bytes);
                }
            }
        }
        self.body(&body)
    }

    /// Adds the commit of a transaction whose last record is `prev`.
    pub(crate) fn commit(&mut self, txn: u32, prev: Lsn) -> Lsn {
        let committed = [Field::U32(1), Field::U32(1_000_000_000), Field::Bytes(&[])];
        self.record(COMMIT, txn, prev, &committed)
    }

    /// Adds the opening of a file by a name that ends with a zero byte, with an
    /// id and the number that records call it by.
    pub(crate) fn opens(&mut self, name: &[u8], uid: &[u8], file: u32) {
        let opened = [
            Field::U32(3),
            Field::Bytes(name),
            Field::Bytes(uid),
            Field::U32(file),
            Field::U32(1),
            Field::U32(0),
            Field::U32(0),
        ];
        self.record(REGISTER, 0, NONE, &opened);
    }

    /// Adds the making of a file by a name that ends with a zero byte.
    pub(crate) fn makes(&mut self, txn: u32, prev: Lsn, name: &[u8]) -> Lsn {
        let created = [Field::Bytes(name), Field::U32(1), Field::U32(0o644)];
        self.record(CREATE, txn, prev, &created)
    }

    fn body(&mut self, body: &[u8]) -> Lsn {
        let offset = u32::try_from(self.bytes.len()).unwrap();
        let len = u32::try_from(LOG_RECORD_HEADER + body.len()).unwrap();
        for n in [self.prev, len, log_hash(body)] {
            self.bytes.extend(n.to_le_bytes());
        }
        self.bytes.extend(body);
        self.prev = offset;
        Lsn { file: 1, offset }
    }
}

/// A transaction that deletes the first record of a leaf and commits, in a
/// store of one database. The page is as it was.
pub(crate) struct Store {
    pub(crate) dir: PathBuf,
    pub(crate) log: Log,
    pub(crate) uid: Vec<u8>,
    /// The leaf.
    pub(crate) leaf: u32,
}

impl Store {
    /// Makes it in a directory that is there.
    pub(crate) fn make(dir: &Path) -> Self {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/composed-le");
        let mut bytes = fs::read(sample.join(DATABASE)).unwrap();
        for page in bytes.chunks_mut(4096) {
            page[..8].copy_from_slice(&[0, 0, 0, 0, 1, 0, 0, 0]);
        }
        fs::write(dir.join(DATABASE), &bytes).unwrap();
        let leaf = bytes.chunks(4096).position(|page| page[25] == 5).unwrap();
        let mut store = Self {
            dir: dir.to_owned(),
            log: Log::new(),
            uid: bytes[52..72].to_owned(),
            leaf: u32::try_from(leaf).unwrap(),
        };
        let uid = store.uid.clone();
        let name = format!("{DATABASE}\0");
        store.log.opens(name.as_bytes(), &uid, 0);
        let marked = store.mark(0x8000_0001, NONE, 0);
        store.log.commit(0x8000_0001, marked);
        store.save();
        store
    }

    /// Adds a record that marks an item of the leaf as deleted.
    pub(crate) fn mark(&mut self, txn: u32, prev: Lsn, index: u32) -> Lsn {
        let fields = [
            Field::U32(0),
            Field::U32(self.leaf),
            Field::Lsn(UNLOGGED),
            Field::U32(index),
        ];
        self.log.record(MARK_DELETED, txn, prev, &fields)
    }

    /// Writes the log as it is now.
    pub(crate) fn save(&self) {
        fs::write(self.dir.join(LOG), &self.log.bytes).unwrap();
    }
}
