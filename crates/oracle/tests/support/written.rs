//! Databases written by `bdbfile` and judged by the real library.

use std::fs::File;
use std::path::Path;

use bdbfile::write::{
    BtreeParams, BtreePiece, FileParams, FileSink, HashParams, HashSpool, KeyOrder, NewFile,
    QueueParams, RecnoParams, Repeats, SortBudget,
};
use oracle::{Bulk, Database, DatabaseOptions, Order, Record, Verify};

/// Keys that are looked up in each database.
const LOOKED_UP: usize = 20;

/// A kind of database, and what is in it.
#[derive(Debug, Clone)]
pub(crate) enum Contents {
    /// Records in order, written in several pieces, each by a thread.
    Btree(BtreeParams, usize, Vec<Record>),
    /// Records in any order, the duplicates of a key in theirs.
    Hash(HashParams, Vec<Record>),
    Recno(RecnoParams, Vec<(u32, Vec<u8>)>),
    Queue(QueueParams, Vec<(u32, Vec<u8>)>),
}

impl Contents {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Btree(_, _, records) | Self::Hash(_, records) => records.len(),
            Self::Recno(_, records) | Self::Queue(_, records) => records.len(),
        }
    }

    pub(crate) fn order(&self) -> Order {
        match self {
            Self::Btree(params, ..) if params.order == KeyOrder::AsFed => Order::Reversed,
            _ => Order::Bytewise,
        }
    }

    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Btree(..) => "btree",
            Self::Hash(..) => "hash",
            Self::Recno(..) => "recno",
            Self::Queue(..) => "queue",
        }
    }

    /// A line that says what it is, for a failure.
    pub(crate) fn describe(&self) -> String {
        let params = match self {
            Self::Btree(params, pieces, _) => format!("{params:?} in {pieces} pieces"),
            Self::Hash(params, _) => format!("{params:?}"),
            Self::Recno(params, _) => format!("{params:?}"),
            Self::Queue(params, _) => format!("{params:?}"),
        };
        format!("{params}, {} records", self.len())
    }

    fn write(&self, file: &mut NewFile<FileSink>, name: Option<&[u8]>) -> bdbfile::Result<()> {
        match self {
            Self::Btree(params, pieces, records) => {
                let pieces = split(records, *pieces);
                let btree = file.btree(name, params)?;
                std::thread::scope(|scope| {
                    for (index, records) in pieces.iter().enumerate() {
                        let piece = btree.piece(index);
                        scope.spawn(move || push_all(piece, records).unwrap());
                    }
                });
                btree.finish()?;
            }
            Self::Hash(params, records) => {
                let budget = SortBudget {
                    bytes: 1 << 20,
                    ..SortBudget::default()
                };
                let layout = file.layout();
                let mut spool = HashSpool::new(layout, params, Repeats::Refused, &budget)?;
                for (key, value) in records {
                    spool.push(key, value)?;
                }
                spool.write(file, name)?;
            }
            Self::Recno(params, records) => {
                let mut recno = file.recno(name, params)?;
                for (number, value) in records {
                    recno.push(*number, value)?;
                }
                recno.finish()?;
            }
            Self::Queue(params, records) => {
                let mut queue = file.queue(params)?;
                for (number, value) in records {
                    queue.push(*number, value)?;
                }
                queue.finish()?;
            }
        }
        Ok(())
    }
}

/// A new file to write to.
pub(crate) fn sink(path: &Path) -> FileSink {
    FileSink::new(path.display().to_string(), File::create_new(path).unwrap())
}

/// Parts of records of about the same number, none of which begins with the
/// key that the one before it ends with.
fn split(records: &[Record], pieces: usize) -> Vec<&[Record]> {
    let (mut parts, mut rest) = (Vec::new(), records);
    for left in (1..=pieces).rev() {
        let mut end = rest.len() / left;
        while (1..rest.len()).contains(&end) && rest[end].0 == rest[end - 1].0 {
            end += 1;
        }
        let (part, others) = rest.split_at(end);
        parts.push(part);
        rest = others;
    }
    parts
}

fn push_all(mut piece: BtreePiece<FileSink>, records: &[Record]) -> bdbfile::Result<()> {
    for (key, value) in records {
        piece.push(key, value)?;
    }
    piece.finish()
}

/// Writes a file of one database.
pub(crate) fn write_one(path: &Path, params: &FileParams, contents: &Contents) {
    let mut file = NewFile::new(sink(path), params).unwrap();
    contents.write(&mut file, None).unwrap();
    file.finish().unwrap();
}

/// Writes a file of several databases, each with a name.
pub(crate) fn write_several(path: &Path, params: &FileParams, several: &[(String, Contents)]) {
    let mut file = NewFile::with_names(sink(path), params).unwrap();
    for (name, contents) in several {
        contents.write(&mut file, Some(name.as_bytes())).unwrap();
    }
    file.finish().unwrap();
}

/// Lets the library judge a file: it verifies it, reads what was put in, and
/// finds the keys.
pub(crate) fn judge(path: &Path, databases: &[(Option<String>, &Contents)]) {
    let order = databases
        .first()
        .map_or(Order::Bytewise, |(_, contents)| contents.order());
    let verify = Verify {
        order,
        cache_bytes: Some(16 << 20),
        ..Verify::default()
    };
    let verdict = verify.run(path);
    if let Err(error) = verdict {
        panic!("refused: {error}");
    }
    for (name, contents) in databases {
        let options = DatabaseOptions {
            order,
            name: name.clone(),
            cache_bytes: Some(4 << 20),
            ..DatabaseOptions::default()
        };
        let database = Database::open_read_only(None, path, &options).unwrap();
        match contents {
            Contents::Btree(_, _, records) => {
                let mut expected = records.iter();
                each_bulk(&database, |key, value| {
                    let next = expected.next();
                    assert!(
                        next.is_some_and(|next| next.0 == key && next.1 == value),
                        "another record than the next was read"
                    );
                });
                assert_eq!(expected.len(), 0, "records are not there");
                look_up(&database, records);
            }
            Contents::Hash(_, records) => {
                let mut found: Vec<Record> = Vec::new();
                each_bulk(&database, |key, value| {
                    found.push((key.to_vec(), value.to_vec()));
                });
                let mut records = records.clone();
                for records in [&mut found, &mut records] {
                    // Stable: the duplicates of a key stay as they are.
                    records.sort_by(|left, right| left.0.cmp(&right.0));
                }
                assert!(found == records, "other records were read");
                look_up(&database, &records);
            }
            Contents::Recno(params, records) => {
                let padded = padded(records, params.fixed.map(|fixed| (fixed.len, fixed.pad)));
                assert!(database.read_numbered().unwrap() == padded);
                look_up_numbers(&database, &padded);
            }
            Contents::Queue(params, records) => {
                let padded = padded(records, Some((params.len, params.pad)));
                assert!(database.read_numbered().unwrap() == padded);
                look_up_numbers(&database, &padded);
            }
        }
        database.close().unwrap();
    }
}

fn padded(records: &[(u32, Vec<u8>)], fixed: Option<(u32, u8)>) -> Vec<(u32, Vec<u8>)> {
    let mut records = records.to_vec();
    if let Some((len, pad)) = fixed {
        for (_, value) in &mut records {
            value.resize(len as usize, pad);
        }
    }
    records
}

/// Shows every record of a btree or hash database.
pub(crate) fn each_bulk(database: &Database, mut each: impl FnMut(&[u8], &[u8])) {
    let mut bulk = Bulk::new(256 << 10);
    let read = database.for_each_bulk(&mut bulk, |bulk| {
        bulk.iter().for_each(|(key, value)| each(key, value));
        Ok(())
    });
    read.unwrap();
}

fn look_up(database: &Database, records: &[Record]) {
    let mut before: Option<&[u8]> = None;
    let mut firsts = Vec::new();
    for (key, value) in records {
        if before != Some(key) {
            firsts.push((key, value));
        }
        before = Some(key);
    }
    let step = firsts.len().div_ceil(LOOKED_UP).max(1);
    for (key, value) in firsts.iter().step_by(step).chain(firsts.last()) {
        let found = database.get(None, key).unwrap();
        assert!(
            found.as_ref() == Some(*value),
            "a key of {} bytes is not found: {:02x?}",
            key.len(),
            &key[..key.len().min(40)]
        );
        let other = [key.as_slice(), b"\0no such key"].concat();
        assert_eq!(database.get(None, &other).unwrap(), None);
    }
}

fn look_up_numbers(database: &Database, records: &[(u32, Vec<u8>)]) {
    let step = records.len().div_ceil(LOOKED_UP).max(1);
    for (number, value) in records.iter().step_by(step).chain(records.last()) {
        let found = database.get_at(None, *number).unwrap();
        assert!(
            found.as_ref() == Some(value),
            "record {number} is not found"
        );
    }
}
