//! Components, masters and alarms by their identity, for the checks that need
//! two records.
//!
//! Identities are kept as hashes: calendar and UID as 128 bits, the recurrence
//! id as 64 bits within that. With the place and what else is known of a record
//! that makes 40 bytes, whatever the length of the identity. The hash is XXH3:
//! several times faster than BLAKE3 on such short texts. It need not withstand
//! an attack: a collision, which nobody meets by chance, could make a check
//! count wrong and nothing else, for no record's way depends on a check.

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// What is kept of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) identity: Identity,
    /// The number of the file, then that of the record in it.
    pub(super) order: u64,
    pub(super) page: u32,
    pub(super) slot: u16,
    pub(super) traits: Traits,
}

/// Which component of which series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Identity {
    /// Two halves, so that an entry needs no more than 8-byte alignment.
    pub(super) series: (u64, u64),
    pub(super) rid: u64,
}

/// What is known of a record, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Traits(u16);

impl Traits {
    pub(super) const COMPONENT: Self = Self(1);
    pub(super) const MASTER: Self = Self(1 << 1);
    pub(super) const ALARM: Self = Self(1 << 2);
    pub(super) const INSTANCE: Self = Self(1 << 3);
    pub(super) const RECURS: Self = Self(1 << 4);
    pub(super) const UNBOUNDED: Self = Self(1 << 5);
    pub(super) const ZERO_TRIGGER: Self = Self(1 << 6);
    pub(super) const NAMELESS: Self = Self(1 << 7);

    pub(super) fn add(&mut self, other: Self, when: bool) {
        if when {
            self.0 |= other.0;
        }
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

impl Identity {
    /// The identity of an instance, or of what is none, in a series.
    pub(super) fn new(calid: &[u8], uid: &[u8], rid: Option<&[u8]>, scratch: &mut Vec<u8>) -> Self {
        scratch.clear();
        scratch.extend_from_slice(&(calid.len() as u64).to_le_bytes());
        scratch.extend_from_slice(calid);
        scratch.extend_from_slice(uid);
        let series = xxh3_128(scratch);
        Self {
            series: halves(series),
            rid: rid.map_or(0, |rid| xxh3_64(rid).max(1)),
        }
    }
}

/// A calendar's identity.
pub(super) fn of_calendar(calid: &[u8]) -> u128 {
    xxh3_128(calid)
}

fn halves(hash: u128) -> (u64, u64) {
    let low = u64::try_from(hash & u128::from(u64::MAX)).unwrap_or_default();
    let high = u64::try_from(hash >> 64).unwrap_or_default();
    (high, low)
}
