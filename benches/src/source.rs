//! A large btree made by the real library.

use std::path::Path;

use oracle::{Bulk, Database, DatabaseOptions, Error};

/// Records of the btree that speed is measured on.
pub const RECORDS: u32 = 2_000_000;

const CACHE: u32 = 1 << 30;
const BUFFER: usize = 4 << 20;

/// Makes a btree of `records` records, keys of 24 to 40 bytes and data of 300
/// to 600, in their order: 2,000,000 make 1.2 GB.
///
/// # Errors
/// What the library says.
pub fn make(path: &Path, records: u32) -> Result<(), Error> {
    let options = DatabaseOptions {
        page_size: Some(4096),
        cache_bytes: Some(CACHE),
        ..DatabaseOptions::default()
    };
    let database = Database::create(None, path, &options)?;
    let mut bulk = Bulk::new(BUFFER);
    for number in 0..records {
        let (key, value) = record(number);
        if !bulk.push(&key, &value) {
            database.put_bulk(None, &mut bulk)?;
            bulk.clear();
            bulk.push(&key, &value);
        }
    }
    database.put_bulk(None, &mut bulk)?;
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

/// Record `number`: keys follow each other as their numbers do.
fn record(number: u32) -> (Vec<u8>, Vec<u8>) {
    let mut chance = Chance(u64::from(number));
    let mut key = format!("calendar {:05} {number:09}", number / 400).into_bytes();
    chance.fill(&mut key, 24, 40);
    let mut value = Vec::new();
    chance.fill(&mut value, 300, 600);
    (key, value)
}

/// `SplitMix64`.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % limit as u64).unwrap_or(0)
    }

    /// Fills up to a length from `least` to `most` with hexadecimal digits.
    fn fill(&mut self, bytes: &mut Vec<u8>, least: usize, most: usize) {
        let length = least + self.below(most - least + 1);
        while bytes.len() < length {
            bytes.extend_from_slice(format!("{:016x}", self.next()).as_bytes());
        }
        bytes.truncate(length);
    }
}
