//! One new database from records that come in order, or in any.

use crate::error::{Error, Result};
use crate::write::{
    BtreeParams, BtreeSpool, HashParams, HashSpool, LeftOut, NewFile, NumberSpool, PageSink,
    QueueParams, RecnoParams, Repeats, SortBudget,
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
    Hash(HashParams),
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

/// How records come.
#[derive(Debug, Clone, Copy)]
pub enum Arrival<'a> {
    /// In the order of the new database; another one is [`Error::Order`].
    InOrder,
    /// In any order: they are sorted first.
    AnyOrder(&'a SortBudget),
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

/// Takes a record in.
pub type Take<'t> = dyn FnMut(RecordKey<'_>, &[u8]) -> Result<()> + 't;

/// Writes a database from the records that `feed` passes to what it is given.
/// `left_out` is told of each record that is left out because another has its
/// key.
///
/// ```
/// use bdbfile::convert::{Arrival, NewDatabase, RecordKey, write_database};
/// use bdbfile::write::{
///     BtreeParams, FileParams, MemorySink, NewFile, Repeats, SortBudget,
/// };
///
/// let mut file = NewFile::new(MemorySink::new("doc.db"), &FileParams::default())?;
/// let database = NewDatabase::Btree(BtreeParams::default());
/// let budget = SortBudget::default();
/// let made = write_database(
///     &mut file,
///     None,
///     &database,
///     Arrival::AnyOrder(&budget),
///     Repeats::LastWins,
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
    repeats: Repeats,
    feed: impl FnOnce(&mut Take<'_>) -> std::result::Result<(), E>,
    mut left_out: impl FnMut(LeftOut<'_>),
) -> std::result::Result<Made, E> {
    let mut repeated = 0_u64;
    let mut left_out = |left: LeftOut<'_>| {
        repeated = repeated.saturating_add(1);
        left_out(left);
    };
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
            let mut spool = BtreeSpool::new(params, repeats, budget)?;
            feed(&mut |key, value| spool.push(bytes(key)?, value))?;
            let written = spool.write_telling(file, name, &mut left_out)?;
            Ok(made(written.records, repeated))
        }
        (NewDatabase::Hash(params), Arrival::AnyOrder(budget)) => {
            let mut spool = HashSpool::new(file.layout(), params, repeats, budget)?;
            feed(&mut |key, value| spool.push(bytes(key)?, value))?;
            let written = spool.write_telling(file, name, &mut left_out)?;
            Ok(made(written.records, repeated))
        }
        (NewDatabase::Recno(params), Arrival::AnyOrder(budget)) => {
            let mut spool = NumberSpool::new(repeats, budget);
            feed(&mut |key, value| spool.push(number(key)?, value))?;
            let written = spool.write_recno(file, name, params, &mut left_out)?;
            Ok(made(written.records, repeated))
        }
        (NewDatabase::Queue { len, pad, range }, Arrival::AnyOrder(budget)) => {
            let mut spool = NumberSpool::new(repeats, budget);
            feed(&mut |key, value| spool.push(number(key)?, value))?;
            let (first, next) = range.unwrap_or_else(|| spool.range());
            let params = QueueParams {
                len: *len,
                pad: *pad,
                first,
                next,
            };
            let records = spool.write_queue(file, &params, &mut left_out)?;
            Ok(made(records, repeated))
        }
    }
}

fn made(records: u64, repeated: u64) -> Made {
    Made { records, repeated }
}

/// Writes a btree from records in order.
fn btree_in_order<W: PageSink, E: From<Error>>(
    file: &mut NewFile<W>,
    name: Option<&[u8]>,
    params: &BtreeParams,
    feed: impl FnOnce(&mut Take<'_>) -> std::result::Result<(), E>,
) -> std::result::Result<Made, E> {
    let writer = file.btree(name, params)?;
    let mut piece = writer.piece(0);
    feed(&mut |key, value| piece.push(bytes(key)?, value))?;
    piece.finish()?;
    Ok(made(writer.finish()?.records, 0))
}

fn bytes(key: RecordKey<'_>) -> Result<&[u8]> {
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
