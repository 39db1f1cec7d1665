//! Large btrees made by the real library, of records that nobody recognises.

use std::ops::Range;
use std::path::Path;

use oracle::{Bulk, Database, DatabaseOptions, Duplicates, Error};

const CACHE: u32 = 1 << 30;
const SMALL_CACHE: u32 = 16 << 20;
/// Records from which on a file gets the large cache.
const MANY: u32 = 20_000;
const BUFFER: usize = 4 << 20;

/// Records in a file of [`Records::Duplicates`] that follow one pattern: half
/// of them under one key, too many for a page, the others in sets that stay on
/// their page.
const BLOCK: u32 = 1024;
const SMALL_SET: u32 = 4;

/// What the records of a file are like. Their number decides every byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Records {
    /// Keys of 24 to 40 bytes and data of 300 to 600.
    Plain,
    /// The same keys; seven data items in eight are of 5,000 to 40,000 bytes,
    /// too long for a page.
    Long,
    /// Keys with 512 unsorted duplicates, which are a tree of their own, and
    /// keys with 4, which stay on the page.
    Duplicates,
}

impl Records {
    /// Bytes that a record takes in a file, near enough, pages of 4096 bytes
    /// being filled in the order of keys.
    pub const fn bytes_in_file(self) -> u64 {
        match self {
            Self::Plain => 600,
            Self::Long => 22_000,
            Self::Duplicates => 88,
        }
    }

    /// Record `number`: keys follow each other as their numbers do.
    pub(crate) fn record(self, number: u32) -> (Vec<u8>, Vec<u8>) {
        let mut chance = Chance(u64::from(number));
        let mut value = Vec::new();
        if self == Self::Duplicates {
            let place = number % BLOCK;
            let set = place.saturating_sub(BLOCK / 2) / SMALL_SET + u32::from(place >= BLOCK / 2);
            let key = format!("calendar {:08} set {set:05}", number / BLOCK).into_bytes();
            chance.fill(&mut value, 40, 90);
            return (key, value);
        }
        let mut key = format!("calendar {:05} {number:09}", number / 400).into_bytes();
        chance.fill(&mut key, 24, 40);
        if self == Self::Long && chance.below(8) != 0 {
            chance.fill(&mut value, 5_000, 40_000);
        } else {
            chance.fill(&mut value, 300, 600);
        }
        (key, value)
    }
}

/// Makes a btree of the records of these numbers, in their order.
///
/// # Errors
/// What the library says.
pub fn make(path: &Path, records: Records, numbers: Range<u32>) -> Result<(), Error> {
    let options = DatabaseOptions {
        page_size: Some(4096),
        cache_bytes: Some(
            if numbers.len() > MANY as usize || records == Records::Long {
                CACHE
            } else {
                SMALL_CACHE
            },
        ),
        duplicates: match records {
            Records::Duplicates => Duplicates::Unsorted,
            Records::Plain | Records::Long => Duplicates::None,
        },
        ..DatabaseOptions::default()
    };
    let database = Database::create(None, path, &options)?;
    let mut bulk = Bulk::new(BUFFER);
    for number in numbers {
        let (key, value) = records.record(number);
        if !bulk.push(&key, &value) {
            database.put_bulk(None, &mut bulk)?;
            bulk.clear();
            bulk.push(&key, &value);
        }
    }
    if !bulk.is_empty() {
        database.put_bulk(None, &mut bulk)?;
    }
    database.sync()?;
    database.close()
}

/// The number of records of a file as the library reads them.
///
/// # Errors
/// What the library says.
pub fn count(path: &Path) -> Result<u64, Error> {
    let database = Database::open_read_only(None, path, &DatabaseOptions::default())?;
    let mut records = 0;
    database.for_each_bulk(&mut Bulk::new(BUFFER), |bulk| {
        records += bulk.iter().count() as u64;
        Ok(())
    })?;
    database.close()?;
    Ok(records)
}

/// `SplitMix64`.
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap_or(0)
    }

    /// Fills up to a length from `least` to `most` with hexadecimal digits.
    pub(crate) fn fill(&mut self, bytes: &mut Vec<u8>, least: usize, most: usize) {
        let length = least + self.below(most - least + 1);
        while bytes.len() < length {
            bytes.extend_from_slice(format!("{:016x}", self.next()).as_bytes());
        }
        bytes.truncate(length);
    }
}
