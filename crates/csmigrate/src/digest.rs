//! The digest of a database: which records it holds, in whatever order.

use std::fmt;

use xxhash_rust::xxh3::{xxh3_128, xxh3_128_with_seed};

/// An order-independent digest of records: the sum of a 128-bit hash of each.
/// Two databases with equal digests hold the same records, each the same
/// number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordDigest {
    sum: u128,
}

impl RecordDigest {
    /// The digest of records, found as a run finds it.
    #[doc(hidden)]
    pub fn of<'a>(records: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Self {
        let mut digester = Digester::default();
        for (key, value) in records {
            digester.add(key, value);
        }
        digester.digest()
    }

    /// The digest of the records that are left when some are taken away.
    pub(crate) fn without(self, others: Self) -> Self {
        Self {
            sum: self.sum.wrapping_sub(others.sum),
        }
    }
}

impl fmt::Display for RecordDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.sum)
    }
}

/// A digest of the order of records beside the records: unsorted duplicates
/// and keys in an application's own order mean something by where they stand.
/// The digest of two runs of records, one after the other, follows from those
/// of each, so a file can be read by ranges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SequenceDigest {
    value: u128,
}

/// An odd number: multiplying by it loses nothing.
const STEP: u128 = 0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835;

impl fmt::Display for SequenceDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.value)
    }
}

/// Adds records to a digest.
#[derive(Debug, Default)]
pub(crate) struct Digester {
    digest: RecordDigest,
    sequence: SequenceDigest,
    records: u64,
}

impl Digester {
    /// Adds a record.
    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) {
        let hash = self.add_unordered(key, value);
        let before = self.sequence.value.wrapping_mul(STEP);
        self.sequence.value = before.wrapping_add(hash);
        self.records = self.records.saturating_add(1);
    }

    /// Adds a record whose place among the others means nothing; gives its
    /// hash.
    pub(crate) fn add_unordered(&mut self, key: &[u8], value: &[u8]) -> u128 {
        let hash = record_hash(key, value);
        self.digest.sum = self.digest.sum.wrapping_add(hash);
        hash
    }

    /// Adds the records of another digest, which come after those here.
    pub(crate) fn append(&mut self, after: &Self) {
        self.digest.sum = self.digest.sum.wrapping_add(after.digest.sum);
        // Each record after them moves the ones here one step on.
        let (mut steps, mut power, mut left) = (1_u128, STEP, after.records);
        while left > 0 {
            if left & 1 == 1 {
                steps = steps.wrapping_mul(power);
            }
            power = power.wrapping_mul(power);
            left >>= 1;
        }
        let moved = self.sequence.value.wrapping_mul(steps);
        self.sequence.value = moved.wrapping_add(after.sequence.value);
        self.records = self.records.saturating_add(after.records);
    }

    /// The digest of the records added.
    pub(crate) fn digest(&self) -> RecordDigest {
        self.digest
    }

    /// The digest of their order.
    pub(crate) fn sequence(&self) -> SequenceDigest {
        self.sequence
    }
}

/// The hash of a record. That of the value is seeded with the key's, so that
/// no value can stand with another key, and no byte move from one to the
/// other, unseen.
fn record_hash(key: &[u8], value: &[u8]) -> u128 {
    let key = xxh3_128(key);
    let seed = u64::try_from(key >> 64).unwrap_or_default();
    xxh3_128_with_seed(value, seed).wrapping_add(key.wrapping_mul(STEP))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digester(records: &[(&str, &str)]) -> Digester {
        let mut digester = Digester::default();
        for (key, value) in records {
            digester.add(key.as_bytes(), value.as_bytes());
        }
        digester
    }

    fn digest(records: &[(&str, &str)]) -> RecordDigest {
        digester(records).digest()
    }

    #[test]
    fn the_sequence_tells_where_each_record_stands() {
        let of = |records| digester(records).sequence();
        let all = of(&[("k", "1"), ("k", "2"), ("k", "3")]);
        assert_eq!(all, of(&[("k", "1"), ("k", "2"), ("k", "3")]));
        assert_ne!(all, of(&[("k", "2"), ("k", "1"), ("k", "3")]));
        assert_ne!(all, of(&[("k", "1"), ("k", "3"), ("k", "2")]));
    }

    #[test]
    fn two_runs_one_after_the_other_give_the_digest_of_all() {
        let all = [("a", "1"), ("b", "2"), ("b", "3"), ("c", "4"), ("d", "5")];
        let whole = digester(&all);
        for cut in 0..=all.len() {
            let (left, right) = all.split_at(cut);
            let mut joined = digester(left);
            joined.append(&digester(right));
            assert_eq!(joined.digest(), whole.digest());
            assert_eq!(joined.sequence(), whole.sequence());
        }
    }

    #[test]
    fn order_does_not_count_and_everything_else_does() {
        let all = digest(&[("a", "1"), ("b", "2"), ("b", "2")]);
        assert_eq!(all, digest(&[("b", "2"), ("a", "1"), ("b", "2")]));
        assert_ne!(all, digest(&[("a", "1"), ("b", "2")]), "a lost duplicate");
        assert_ne!(all, digest(&[("a", "2"), ("b", "1"), ("b", "2")]));
        assert_ne!(
            digest(&[("a", "1"), ("b", "2")]),
            digest(&[("a", "2"), ("b", "1")])
        );
        assert_ne!(digest(&[("ab", "c")]), digest(&[("a", "bc")]));
        assert_ne!(digest(&[("", "")]), digest(&[]));
    }
}
