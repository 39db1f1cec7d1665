//! One new database from records that come in order, or in any.

use crate::error::{Error, Result};
use crate::write::{
    BtreeParams, Duplicates, KeyOrder, NewFile, PageSink, QueueParams, RecnoParams, SortBudget,
    SortOrder, Sorted, Sorter,
};

/// What a record is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKey<'a> {
    /// Bytes, in a btree or a hash database.
    Bytes(&'a [u8]),
    /// A number, in a recno database or a queue.
    Number(u32),
}

/// What is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum NewDatabase {
    /// A btree.
    Btree(BtreeParams),
    /// A hash database.
    Hash(NewHash),
    /// A recno database.
    Recno(RecnoParams),
    /// A queue.
    Queue {
        /// Bytes of a record.
        len: u32,
        /// What shorter records are padded with.
        pad: u8,
        /// The number of the first record and of the next one to come; as the
        /// records have them where it is not told.
        range: Option<(u32, u32)>,
    },
}

/// A hash database to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHash {
    /// The version of its format.
    pub version: u32,
    /// Whether keys have several records.
    pub duplicates: Duplicates,
    /// Records wanted a bucket, 0 for as many as fit.
    pub ffactor: u32,
    /// Records to expect, 0 where it is not known.
    pub nelem: u32,
}

/// How records come.
#[derive(Debug, Clone, Copy)]
pub enum Arrival<'a> {
    /// In the order of the new database; another one is [`Error::Order`].
    InOrder,
    /// In any order: they are sorted first.
    AnyOrder(&'a SortBudget),
}

/// Which record stays where a key has one only and more of them come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// The first that came.
    First,
    /// The last that came: each takes the place of the one before it.
    Last,
}

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Made {
    /// Records in the new database.
    pub records: u64,
    /// Records left out because another has their key; with sorted duplicates
    /// because another is equal to them.
    pub repeated: u64,
}

/// A record that is left out because another has its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut<'a> {
    /// The key.
    pub key: RecordKey<'a>,
    /// The data that are left out.
    pub value: &'a [u8],
    /// Those of the record that stays, as far as it is known yet.
    pub kept: &'a [u8],
}

/// Takes a record in.
pub type Take<'t> = dyn FnMut(RecordKey<'_>, &[u8]) -> Result<()> + 't;

/// Writes a database from the records that `feed` passes to what it is given.
/// `left_out` is told of each record that is left out because another has its
/// key.
///
/// ```
/// use bdbfile::convert::{Arrival, Keep, NewDatabase, RecordKey, write_database};
/// use bdbfile::write::{BtreeParams, FileParams, MemorySink, NewFile, SortBudget};
///
/// let mut file = NewFile::new(MemorySink::new("doc.db"), &FileParams::default())?;
/// let database = NewDatabase::Btree(BtreeParams::default());
/// let budget = SortBudget::default();
/// let made = write_database(
///     &mut file,
///     None,
///     &database,
///     Arrival::AnyOrder(&budget),
///     Keep::Last,
///     |take| {
///         take(RecordKey::Bytes(b"smith"), b"second")?;
///         take(RecordKey::Bytes(b"jones"), b"first")
///     },
///     |_| {},
/// )?;
/// assert_eq!(made.records, 2);
/// file.finish()?;
/// # Ok::<(), bdbfile::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for a key of the other sort than the database has, and
/// whatever `feed`, the sort and the writer return.
pub fn write_database<W: PageSink, E: From<Error>>(
    file: &mut NewFile<W>,
    name: Option<&[u8]>,
    database: &NewDatabase,
    arrival: Arrival<'_>,
    keep: Keep,
    feed: impl FnOnce(&mut Take<'_>) -> std::result::Result<(), E>,
    mut left_out: impl FnMut(LeftOut<'_>),
) -> std::result::Result<Made, E> {
    match (database, arrival) {
        (NewDatabase::Btree(params), Arrival::InOrder) => btree_in_order(file, name, params, feed),
        (NewDatabase::Recno(params), Arrival::InOrder) => {
            let mut writer = file.recno(name, params)?;
            feed(&mut |key, value| writer.push(number(key)?, value))?;
            Ok(made(writer.finish()?.records, 0))
        }
        (
            NewDatabase::Queue {
                len,
                pad,
                range: Some((first, next)),
            },
            Arrival::InOrder,
        ) => {
            let params = QueueParams {
                len: *len,
                pad: *pad,
                first: *first,
                next: *next,
            };
            let mut writer = file.queue(&params)?;
            feed(&mut |key, value| writer.push(number(key)?, value))?;
            Ok(made(writer.finish()?, 0))
        }
        (_, Arrival::InOrder) => {
            let message = "a database of this kind is made of records in any order";
            Err(Error::Parameter(message.to_owned()).into())
        }
        (NewDatabase::Btree(params), Arrival::AnyOrder(budget)) => {
            let order = match params.duplicates {
                Duplicates::Sorted => SortOrder::KeysAndValues,
                Duplicates::None | Duplicates::Unsorted => SortOrder::Keys,
            };
            let mut sorter = Sorter::new(order, budget);
            feed(&mut |key, value| sorter.push(0, bytes(key)?, value))?;
            let mut records = Distinct::new(sorter.finish()?, params.duplicates, keep);
            let writer = file.btree(name, params)?;
            let mut piece = writer.piece(0);
            while let Some(record) = records.next(&mut left_out)? {
                piece.push(&record.key, &record.value)?;
            }
            piece.finish()?;
            Ok(made(writer.finish()?.records, records.repeated))
        }
        (NewDatabase::Hash(params), Arrival::AnyOrder(budget)) => {
            super::hash::write(file, name, params, budget, keep, feed, &mut left_out)
        }
        (NewDatabase::Recno(params), Arrival::AnyOrder(budget)) => {
            let (sorted, _) = sorted_by_number(budget, feed)?;
            let mut records = Distinct::new(sorted, Duplicates::None, keep);
            let mut writer = file.recno(name, params)?;
            while let Some(record) = records.next(&mut left_out)? {
                writer.push(record.rank, &record.value)?;
            }
            Ok(made(writer.finish()?.records, records.repeated))
        }
        (NewDatabase::Queue { len, pad, range }, Arrival::AnyOrder(budget)) => {
            let (sorted, found) = sorted_by_number(budget, feed)?;
            let (first, next) = range.unwrap_or(found);
            let params = QueueParams {
                len: *len,
                pad: *pad,
                first,
                next,
            };
            let mut records = Distinct::new(sorted, Duplicates::None, keep);
            let mut writer = file.queue(&params)?;
            while let Some(record) = records.next(&mut left_out)? {
                writer.push(record.rank, &record.value)?;
            }
            Ok(made(writer.finish()?, records.repeated))
        }
    }
}

fn made(records: u64, repeated: u64) -> Made {
    Made { records, repeated }
}

/// Writes a btree from records in order. The order of sorted duplicates, which
/// the writer leaves to whoever feeds it, is checked here.
fn btree_in_order<W: PageSink, E: From<Error>>(
    file: &mut NewFile<W>,
    name: Option<&[u8]>,
    params: &BtreeParams,
    feed: impl FnOnce(&mut Take<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<Made, E> {
    let writer = file.btree(name, params)?;
    let mut piece = writer.piece(0);
    let checked = params.duplicates == Duplicates::Sorted && params.order == KeyOrder::Bytewise;
    let mut last: Option<(Vec<u8>, Vec<u8>)> = None;
    let mut records = 0_u64;
    feed(&mut |key, value| {
        let key = bytes(key)?;
        if checked {
            let (last_key, last_value) = last.get_or_insert_default();
            if records > 0 && last_key == key && value <= last_value.as_slice() {
                return Err(Error::Order {
                    file: "sorted duplicates".to_owned(),
                    record: records,
                });
            }
            last_key.clear();
            last_key.extend_from_slice(key);
            last_value.clear();
            last_value.extend_from_slice(value);
        }
        records += 1;
        piece.push(key, value)
    })?;
    piece.finish()?;
    Ok(made(writer.finish()?.records, 0))
}

/// Sorts records by their numbers; gives the first number and the one after
/// the last as well.
fn sorted_by_number<E: From<Error>>(
    budget: &SortBudget,
    feed: impl FnOnce(&mut Take<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<(Sorted, (u32, u32)), E> {
    let mut sorter = Sorter::new(SortOrder::Keys, budget);
    let mut ends: Option<(u32, u32)> = None;
    feed(&mut |key, value| {
        let number = number(key)?;
        let (first, last) = ends.get_or_insert((number, number));
        *first = number.min(*first);
        *last = number.max(*last);
        sorter.push(number, &[], value)
    })?;
    // Numbers begin again at 1.
    let range = match ends {
        Some((first, last)) => (first, last.checked_add(1).unwrap_or(1)),
        None => (1, 1),
    };
    Ok((sorter.finish()?, range))
}

pub(super) fn bytes(key: RecordKey<'_>) -> Result<&[u8]> {
    match key {
        RecordKey::Bytes(bytes) => Ok(bytes),
        RecordKey::Number(number) => Err(Error::Parameter(format!(
            "record {number} has no key, and the database has keys"
        ))),
    }
}

fn number(key: RecordKey<'_>) -> Result<u32> {
    match key {
        RecordKey::Number(number @ 1..) => Ok(number),
        RecordKey::Number(0) => Err(Error::Parameter("record numbers begin at 1".to_owned())),
        RecordKey::Bytes(_) => Err(Error::Parameter(
            "a record has a key, and the database has numbers".to_owned(),
        )),
    }
}

/// A record that waits to be known as the one that stays.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) rank: u32,
    pub(super) key: Vec<u8>,
    pub(super) value: Vec<u8>,
}

impl Held {
    fn set(&mut self, rank: u32, key: &[u8], value: &[u8]) {
        self.rank = rank;
        self.key.clear();
        self.key.extend_from_slice(key);
        self.value.clear();
        self.value.extend_from_slice(value);
    }
}

/// Sorted records without those that may not be there beside another.
#[derive(Debug)]
pub(super) struct Distinct {
    sorted: Sorted,
    duplicates: Duplicates,
    keep: Keep,
    /// The record given out, and the one that may be the next.
    current: Held,
    next: Option<Held>,
    begun: bool,
    pub(super) repeated: u64,
}

impl Distinct {
    pub(super) fn new(sorted: Sorted, duplicates: Duplicates, keep: Keep) -> Self {
        Self {
            sorted,
            duplicates,
            keep,
            current: Held::default(),
            next: None,
            begun: false,
            repeated: 0,
        }
    }

    /// The next record that stays.
    pub(super) fn next(&mut self, left_out: &mut impl FnMut(LeftOut<'_>)) -> Result<Option<&Held>> {
        if !self.begun {
            self.begun = true;
            self.next = self.sorted.next()?.map(|record| {
                let mut held = Held::default();
                held.set(record.rank, record.key, record.value);
                held
            });
        }
        let Some(next) = self.next.take() else {
            return Ok(None);
        };
        let mut spare = std::mem::replace(&mut self.current, next);
        loop {
            let Some(record) = self.sorted.next()? else {
                return Ok(Some(&self.current));
            };
            let same = record.rank == self.current.rank
                && record.key == self.current.key
                && match self.duplicates {
                    Duplicates::None => true,
                    Duplicates::Unsorted => false,
                    Duplicates::Sorted => record.value == self.current.value,
                };
            if !same {
                spare.set(record.rank, record.key, record.value);
                self.next = Some(spare);
                return Ok(Some(&self.current));
            }
            self.repeated += 1;
            match self.keep {
                Keep::First => left_out(LeftOut {
                    key: name_of(record.rank, record.key),
                    value: record.value,
                    kept: &self.current.value,
                }),
                Keep::Last => {
                    left_out(LeftOut {
                        key: name_of(self.current.rank, &self.current.key),
                        value: &self.current.value,
                        kept: record.value,
                    });
                    self.current.set(record.rank, record.key, record.value);
                }
            }
        }
    }
}

/// Records with numbers have no key, and those with keys in a btree no rank.
fn name_of(rank: u32, key: &[u8]) -> RecordKey<'_> {
    if key.is_empty() && rank != 0 {
        RecordKey::Number(rank)
    } else {
        RecordKey::Bytes(key)
    }
}
