//! Components, masters and alarms by their identity, for the checks that need
//! two records.
//!
//! Identities are kept as hashes: calendar and UID as 128 bits, the recurrence
//! id as 64 bits within that. With the place and what else is known of a record
//! that makes 40 bytes, whatever the length of the identity. A record whose
//! character set its calendar decides has another entry, by that calendar, and
//! each calendar has some. The hash is XXH3:
//! several times faster than BLAKE3 on such short texts. It need not withstand
//! an attack: a collision, which nobody meets by chance, could make a check
//! count wrong and nothing else, for no record's way depends on a check.

use super::calendars::Calendar;
use super::charset::{CharsetCode, EncodingSet};
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
    /// Of a calendar: records that name it.
    pub(super) records: u16,
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
    /// The entry is not of a component: its series is a calendar, and the
    /// recurrence id the encodings the record is valid in.
    pub(super) const UNDECLARED: Self = Self(1 << 8);
    /// The entry is of a calendar, and the recurrence id tells where its name
    /// is. Above these bits is its character set.
    pub(super) const CALENDAR: Self = Self(1 << 9);
    /// In place of a component: of a calendar without owner.
    pub(super) const OWNERLESS: Self = Self(1);
    const CHARSET: u32 = 10;

    pub(super) fn add(&mut self, other: Self, when: bool) {
        if when {
            self.0 |= other.0;
        }
    }

    pub(super) const fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Those of a calendar.
    pub(super) fn of_calendar(calendar: &Calendar) -> Self {
        let mut traits = Self(calendar.charset.bits() << Self::CHARSET);
        traits.add(Self::CALENDAR, true);
        traits.add(Self::OWNERLESS, calendar.without_owner);
        traits
    }

    /// What a calendar declares.
    pub(super) fn charset(self) -> CharsetCode {
        CharsetCode::from_bits(self.0 >> Self::CHARSET)
    }
}

impl Entry {
    /// Bytes of an encoded entry.
    pub(super) const LEN: usize = 40;
    /// The number of a record has so many bits: above are the records of a
    /// calendar when it is encoded, and the number of the file when it is not.
    pub(super) const ORDER_BITS: u32 = 48;

    pub(super) fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let (high, low) = self.identity.series;
        let order = self.order | u64::from(self.records) << Self::ORDER_BITS;
        let longs = [high, low, self.identity.rid, order];
        let (places, rest) = bytes.as_chunks_mut();
        for (place, long) in places.iter_mut().zip(longs) {
            *place = long.to_le_bytes();
        }
        let last =
            u64::from(self.page) | u64::from(self.slot) << 32 | u64::from(self.traits.0) << 48;
        debug_assert!(rest.is_empty());
        if let Some(place) = places.last_mut() {
            *place = last.to_le_bytes();
        }
        bytes
    }

    pub(super) fn decode(bytes: &[u8; Self::LEN]) -> Self {
        let (places, _) = bytes.as_chunks();
        let mut longs = [0; Self::LEN / 8];
        for (long, place) in longs.iter_mut().zip(places) {
            *long = u64::from_le_bytes(*place);
        }
        let [high, low, rid, order, last] = longs;
        let bits = |shift: u32| u16::try_from(last >> shift & 0xffff).unwrap_or_default();
        Self {
            identity: Identity {
                series: (high, low),
                rid,
            },
            order: order & ((1 << Self::ORDER_BITS) - 1),
            records: u16::try_from(order >> Self::ORDER_BITS).unwrap_or_default(),
            page: u32::try_from(last & 0xffff_ffff).unwrap_or_default(),
            slot: bits(32),
            traits: Traits(bits(48)),
        }
    }
}

impl Identity {
    /// A calendar, and the encodings some of its records are valid in.
    pub(super) fn of_undeclared(calid: &[u8], valid_in: EncodingSet) -> Self {
        Self {
            series: halves(of_calendar(calid)),
            rid: valid_in.bits(),
        }
    }

    /// A calendar, with its name at a place.
    pub(super) fn of_calendar(calid: &[u8], name: u64) -> Self {
        Self {
            series: halves(of_calendar(calid)),
            rid: name,
        }
    }

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
