//! The buckets of a hash table.

use crate::error::{Error, Result};
use crate::layout::{HashFields, PageLayout, PageNo, default_charkey};

/// The buckets of a hash table, and which hash function spreads the keys over
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashTable {
    max_bucket: u32,
    high_mask: u32,
    low_mask: u32,
    charkey: u32,
}

/// A table has at least this many buckets, as those of the library.
const LEAST_BUCKETS: u64 = 2;
const MOST_BUCKETS: u64 = 1 << 31;

impl HashTable {
    /// The buckets of an existing table: keys stay in the buckets they are in,
    /// so its hash function need not be known.
    pub fn like(fields: &HashFields) -> Self {
        Self {
            max_bucket: fields.max_bucket,
            high_mask: fields.high_mask,
            low_mask: fields.low_mask,
            charkey: fields.charkey,
        }
    }

    /// A table of the default hash function with as many buckets, or so many
    /// more that they are a power of two.
    pub fn of_buckets(buckets: u64) -> Self {
        let buckets = buckets
            .clamp(LEAST_BUCKETS, MOST_BUCKETS)
            .next_power_of_two();
        let high_mask = u32::try_from(buckets.saturating_sub(1)).unwrap_or(u32::MAX);
        Self {
            max_bucket: high_mask,
            high_mask,
            low_mask: high_mask >> 1,
            charkey: default_charkey(),
        }
    }

    /// A table for records that take `bytes` on the pages of buckets, their
    /// slots included: the least number of buckets, all doublings complete,
    /// whose pages have that much room. The pages of a doubling are there
    /// whether its buckets are in use or not, so a table between two powers of
    /// two would only have longer buckets.
    pub(in crate::write) fn for_bytes(layout: PageLayout, bytes: u64) -> Self {
        Self::of_buckets(bytes.div_ceil(layout.overflow_room() as u64))
    }

    /// The bucket of a hash value.
    pub fn bucket_of(&self, hash: u32) -> u32 {
        let bucket = hash & self.high_mask;
        if bucket > self.max_bucket {
            hash & self.low_mask
        } else {
            bucket
        }
    }

    /// The highest bucket there is.
    pub fn max_bucket(&self) -> u32 {
        self.max_bucket
    }

    /// The mask of the doubling that is going on: one less than the number of
    /// pages kept for buckets.
    pub fn high_mask(&self) -> u32 {
        self.high_mask
    }

    /// Whether the keys are spread by the default hash function.
    pub fn has_default_hash(&self) -> bool {
        self.charkey == default_charkey()
    }

    /// Checks that the numbers belong together.
    pub(super) fn check(&self) -> Result<()> {
        let pages = u64::from(self.high_mask) + 1;
        let sound = pages.is_power_of_two()
            && self.low_mask == self.high_mask >> 1
            && self.max_bucket <= self.high_mask
            && (self.max_bucket > self.low_mask || self.high_mask == 0);
        if sound {
            return Ok(());
        }
        Err(Error::Parameter(format!(
            "a highest bucket of {} does not go with the masks {:#x} and {:#x}",
            self.max_bucket, self.high_mask, self.low_mask
        )))
    }

    /// The metadata of the table, its buckets from page `first` on.
    pub(super) fn fields(&self, first: PageNo, ffactor: u32) -> HashFields {
        let buckets = (self.max_bucket, self.high_mask, self.low_mask);
        HashFields::side_by_side(first, buckets, ffactor, self.charkey)
    }
}

#[cfg(test)]
mod tests {
    use super::HashTable;
    use crate::layout::{Endian, PageLayout};

    #[test]
    fn tables_hold_what_they_are_made_for() {
        let layout = PageLayout {
            endian: Endian::Little,
            page_size: 512,
            checksums: false,
            bit_fields: false,
        };
        for (bytes, buckets) in [
            (0, 2),
            (972, 2),
            (973, 4),
            (486 * 1024, 1024),
            (486 * 1024 + 1, 2048),
        ] {
            let table = HashTable::for_bytes(layout, bytes);
            assert_eq!(table.max_bucket() + 1, buckets, "{bytes}");
            table.check().unwrap();
        }
        assert_eq!(
            HashTable::for_bytes(layout, u64::MAX).high_mask(),
            (1 << 31) - 1
        );
    }

    #[test]
    fn numbers_that_contradict_each_other_are_refused() {
        let sound = HashTable {
            max_bucket: 4,
            ..HashTable::of_buckets(8)
        };
        sound.check().unwrap();
        assert_eq!(sound.bucket_of(4), 4);
        assert_eq!(sound.bucket_of(5), 1);
        for wrong in [
            HashTable {
                max_bucket: 8,
                ..sound
            },
            HashTable {
                max_bucket: 3,
                ..sound
            },
            HashTable {
                high_mask: 6,
                ..sound
            },
            HashTable {
                low_mask: 1,
                ..sound
            },
        ] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
    }
}
