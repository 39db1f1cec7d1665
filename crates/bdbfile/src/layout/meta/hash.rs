//! What a hash database keeps on its metadata page, and where its buckets are.

use super::{Generation, generic, word_at};
use crate::layout::{Endian, PageNo};

/// Entries of the table of doublings.
pub(super) const SPARES: usize = 32;

// 3.0 and later, from the end of the shared fields.
const MAX_BUCKET: usize = 0;
const HIGH_MASK: usize = MAX_BUCKET + 4;
const LOW_MASK: usize = HIGH_MASK + 4;
const FFACTOR: usize = LOW_MASK + 4;
const NELEM: usize = FFACTOR + 4;
const H_CHARKEY: usize = NELEM + 4;
const SPARES_AT: usize = H_CHARKEY + 4;

// 2.x: overflow point, free list, then the same six; flags; spares.
const MAX_BUCKET_2: usize = generic::FIELDS_2 + 8;
const SPARES_AT_2: usize = MAX_BUCKET_2 + 6 * 4 + 4;

/// Flags of a hash metadata page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashFlags;

impl HashFlags {
    /// Duplicates are allowed.
    pub const DUP: u32 = 0x01;
    /// The file has named databases: on page 0, the directory of them, and on
    /// the metadata page of each.
    pub const SUBDB: u32 = 0x02;
    /// Duplicates are sorted.
    pub const DUPSORT: u32 = 0x04;
    /// All flags that are known.
    pub const KNOWN: u32 = 0x07;
}

/// The fields of a hash database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashFields {
    /// The highest bucket there is.
    pub max_bucket: u32,
    /// Mask of the doubling that is going on.
    pub high_mask: u32,
    /// Mask of the doubling before it.
    pub low_mask: u32,
    /// Items wanted a bucket, 0 for as many as fit.
    pub ffactor: u32,
    /// Number of items, roughly; stale in many files.
    pub nelem: u32,
    /// The hash function's value for a fixed text, by which a function that is
    /// not the default shows.
    pub charkey: u32,
    /// For each doubling, what leads from its buckets to their pages.
    pub spares: [u32; SPARES],
    /// Whether the buckets are placed as 2.x places them.
    first_generation: bool,
}

impl HashFields {
    /// The fields of a new table, whose `high_mask + 1` pages for buckets
    /// stand side by side from page `first` on; with no elements.
    pub fn side_by_side(
        first: PageNo,
        (max_bucket, high_mask, low_mask): (u32, u32, u32),
        ffactor: u32,
        charkey: u32,
    ) -> Self {
        let last = Self::doubling_of(high_mask);
        let mut spares = [0; SPARES];
        for spare in spares.iter_mut().take(last.saturating_add(1)) {
            *spare = first;
        }
        Self {
            max_bucket,
            high_mask,
            low_mask,
            ffactor,
            nelem: 0,
            charkey,
            spares,
            first_generation: false,
        }
    }

    pub(super) fn read(endian: Endian, generation: Generation, page: &[u8]) -> Option<Self> {
        let (fields, spares_at) = match generation {
            Generation::First => (MAX_BUCKET_2, SPARES_AT_2),
            Generation::Second => (generic::END_3_0, generic::END_3_0 + SPARES_AT),
            Generation::Third => (generic::END, generic::END + SPARES_AT),
        };
        let mut spares = [0; SPARES];
        for (index, spare) in spares.iter_mut().enumerate() {
            *spare = endian.u32(page, word_at(spares_at, index))?;
        }
        let field = |at: usize| endian.u32(page, fields.saturating_add(at));
        Some(Self {
            max_bucket: field(MAX_BUCKET)?,
            high_mask: field(HIGH_MASK)?,
            low_mask: field(LOW_MASK)?,
            ffactor: field(FFACTOR)?,
            nelem: field(NELEM)?,
            charkey: field(H_CHARKEY)?,
            spares,
            first_generation: generation == Generation::First,
        })
    }

    pub(super) fn write(&self, endian: Endian, page: &mut [u8]) {
        for (at, value) in [
            (MAX_BUCKET, self.max_bucket),
            (HIGH_MASK, self.high_mask),
            (LOW_MASK, self.low_mask),
            (FFACTOR, self.ffactor),
            (NELEM, self.nelem),
            (H_CHARKEY, self.charkey),
        ] {
            endian.put_u32(page, generic::END.saturating_add(at), value);
        }
        for (index, spare) in self.spares.iter().enumerate() {
            endian.put_u32(page, word_at(generic::END + SPARES_AT, index), *spare);
        }
    }

    /// The doubling of the table that made a bucket: ceil(log2(bucket+1)).
    pub const fn doubling_of(bucket: u32) -> usize {
        u32::BITS.saturating_sub(bucket.leading_zeros()) as usize
    }

    /// The first page of a bucket; `None` where the numbers of a damaged page
    /// lead nowhere.
    pub fn bucket_page(&self, bucket: u32) -> Option<PageNo> {
        let doubling = Self::doubling_of(bucket);
        if !self.first_generation {
            return bucket.checked_add(*self.spares.get(doubling)?);
        }
        let before = match doubling.checked_sub(1) {
            None => 0,
            Some(index) => *self.spares.get(index)?,
        };
        bucket.checked_add(1)?.checked_add(before)
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

    /// The bucket that the default hash function gives a key.
    pub fn bucket_by_default(&self, key: &[u8]) -> u32 {
        self.bucket_of(default_hash(key))
    }

    /// Whether the database was made with the default hash function.
    pub fn has_default_hash(&self) -> bool {
        self.charkey == default_charkey()
    }

    /// Whether so many keys, each in its bucket by the default hash function,
    /// show that it is the function, whatever the file says of it.
    pub(crate) fn show_default(&self, keys: u64) -> bool {
        self.max_bucket > 0 && keys >= ENOUGH_KEYS
    }
}

/// Keys that are not in their buckets by chance.
const ENOUGH_KEYS: u64 = 8;

/// The text whose hash value tells the hash function.
const CHARKEY: &[u8] = b"%$sniglet^&\0";

/// What the default hash function gives for that text.
pub fn default_charkey() -> u32 {
    default_hash(CHARKEY)
}

/// The default hash function since version 5 (FNV-1 without its usual start).
pub fn default_hash(key: &[u8]) -> u32 {
    key.iter().fold(0, |hash: u32, byte| {
        hash.wrapping_mul(16_777_619) ^ u32::from(*byte)
    })
}

#[cfg(test)]
mod tests {
    use super::HashFields;

    #[test]
    fn buckets_of_a_new_table_stand_side_by_side() {
        for (max_bucket, high_mask, low_mask) in [(0, 0, 0), (1, 1, 0), (4, 7, 3), (255, 255, 127)]
        {
            let fields = HashFields::side_by_side(10, (max_bucket, high_mask, low_mask), 0, 0);
            for bucket in 0..=high_mask {
                assert_eq!(fields.bucket_page(bucket), Some(10 + bucket));
            }
        }
    }
}
