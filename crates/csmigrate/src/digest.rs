//! The digest of a database: which records it holds, in whatever order.

use std::fmt;

/// An order-independent digest of records: the sum of a 128-bit hash of each.
/// Two databases with equal digests hold the same records, each the same
/// number of times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RecordDigest {
    sum: u128,
}

impl fmt::Display for RecordDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.sum)
    }
}

/// Adds records to a digest.
#[derive(Debug, Default)]
pub(crate) struct Digester {
    digest: RecordDigest,
    buffer: Vec<u8>,
}

impl Digester {
    /// Adds a record. The key's length goes before it, so that no byte can
    /// move from key to data unseen.
    pub(crate) fn add(&mut self, key: &[u8], value: &[u8]) {
        self.buffer.clear();
        self.buffer
            .extend_from_slice(&(key.len() as u64).to_le_bytes());
        self.buffer.extend_from_slice(key);
        self.buffer.extend_from_slice(value);
        let hash = blake3::hash(&self.buffer);
        let mut half = [0; 16];
        for (to, from) in half.iter_mut().zip(hash.as_bytes()) {
            *to = *from;
        }
        self.digest.sum = self.digest.sum.wrapping_add(u128::from_le_bytes(half));
    }

    /// The digest of the records added.
    pub(crate) fn digest(&self) -> RecordDigest {
        self.digest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(records: &[(&str, &str)]) -> RecordDigest {
        let mut digester = Digester::default();
        for (key, value) in records {
            digester.add(key.as_bytes(), value.as_bytes());
        }
        digester.digest()
    }

    #[test]
    fn order_does_not_count_and_everything_else_does() {
        let all = digest(&[("a", "1"), ("b", "2"), ("b", "2")]);
        assert_eq!(all, digest(&[("b", "2"), ("a", "1"), ("b", "2")]));
        assert_ne!(all, digest(&[("a", "1"), ("b", "2")]), "a lost duplicate");
        assert_ne!(all, digest(&[("a", "2"), ("b", "1"), ("b", "2")]));
        assert_ne!(digest(&[("ab", "c")]), digest(&[("a", "bc")]));
        assert_ne!(digest(&[("", "")]), digest(&[]));
    }
}
