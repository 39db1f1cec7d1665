//! What becomes of records that come again.

use crate::error::{Error, Result};
use crate::write::params::Duplicates;
use crate::write::sort::{SortOrder, Sorted, SortedRecord};

/// What to do with a record that comes again: one with the same key where
/// there are no duplicates, one with the same key and value where duplicates
/// are sorted. Unsorted duplicates are all kept, in the order they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repeats {
    /// The one that came last counts, as with `DB->put`.
    #[default]
    LastWins,
    /// The one that came first counts, as with `DB_NOOVERWRITE`.
    FirstWins,
    /// It is an error.
    Refused,
}

/// A record that is left out because another comes in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOut<'a> {
    /// Its key; empty where records have numbers.
    pub key: &'a [u8],
    /// Its number, where records have numbers.
    pub number: Option<u32>,
    /// Its data.
    pub value: &'a [u8],
    /// The data of the record in its place, as far as it is known yet.
    pub kept: &'a [u8],
    /// What it was sorted by before its key.
    pub(super) rank: u32,
}

/// The order in which a database needs its records: duplicates that are not in
/// bytewise order keep the order in which they come.
pub(in crate::write) fn sort_order(bytewise_duplicates: bool) -> SortOrder {
    if bytewise_duplicates {
        SortOrder::KeysAndValues
    } else {
        SortOrder::Keys
    }
}

/// Gives sorted records to `each`, every one once, and those left out to
/// `left_out`.
pub(in crate::write) fn visit(
    sorted: &mut Sorted,
    duplicates: Duplicates,
    repeats: Repeats,
    name: &str,
    left_out: &mut dyn FnMut(LeftOut<'_>),
    mut each: impl FnMut(SortedRecord<'_>) -> Result<()>,
) -> Result<()> {
    if duplicates == Duplicates::Unsorted {
        while let Some(record) = sorted.next()? {
            each(record)?;
        }
        return Ok(());
    }
    let mut last = Held::default();
    while let Some(record) = sorted.next()? {
        if last.is_repeated_by(&record, duplicates) {
            match repeats {
                Repeats::LastWins => left_out(LeftOut {
                    key: &last.key,
                    number: None,
                    value: &last.value,
                    kept: record.value,
                    rank: record.rank,
                }),
                Repeats::FirstWins => {
                    left_out(LeftOut {
                        key: record.key,
                        number: None,
                        value: record.value,
                        kept: &last.value,
                        rank: record.rank,
                    });
                    continue;
                }
                Repeats::Refused => {
                    return Err(Error::Parameter(format!(
                        "{name}: there are two records with the key {}",
                        shortened(record.key)
                    )));
                }
            }
        } else if let Some(record) = last.get() {
            each(record)?;
        }
        last.hold(&record);
    }
    last.get().map_or(Ok(()), each)
}

/// Bytes of a key that an error shows.
const SHOWN: usize = 64;

fn shortened(key: &[u8]) -> String {
    match key.get(..SHOWN) {
        Some(start) if key.len() > SHOWN => format!("{}...", start.escape_ascii()),
        _ => key.escape_ascii().to_string(),
    }
}

/// A record that is kept until it is known whether it comes again.
#[derive(Debug, Default)]
struct Held {
    full: bool,
    rank: u32,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl Held {
    fn get(&self) -> Option<SortedRecord<'_>> {
        self.full.then_some(SortedRecord {
            rank: self.rank,
            key: &self.key,
            value: &self.value,
        })
    }

    fn is_repeated_by(&self, record: &SortedRecord<'_>, duplicates: Duplicates) -> bool {
        self.full
            && self.rank == record.rank
            && self.key == record.key
            && (duplicates == Duplicates::None || self.value == record.value)
    }

    fn hold(&mut self, record: &SortedRecord<'_>) {
        self.full = true;
        self.rank = record.rank;
        self.key.clear();
        self.key.extend_from_slice(record.key);
        self.value.clear();
        self.value.extend_from_slice(record.value);
    }
}
