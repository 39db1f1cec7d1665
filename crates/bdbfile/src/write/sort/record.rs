//! A record as it stands in memory and in a run.
//!
//! ```text
//!   rank 4 | length of key 4 | length of value 4 | key | value | padding to 4
//!
//!   key, value:   the bytes
//!   or parked:    the first 64 bytes | place in the temporary file 8
//! ```
//!
//! An item is parked when its length is beyond a limit that holds for the
//! whole sort.

/// Bytes before the key.
pub(super) const HEADER: usize = 12;
/// Bytes of a parked item that stay with the record: enough to order most.
pub(super) const PARKED_HEAD: usize = 64;
/// Bytes of the place of a parked item.
const PLACE: usize = 8;
/// Records begin at multiples of this.
pub(super) const ALIGN: usize = 4;

/// A key or value.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Field<'a> {
    /// Its length.
    pub(super) len: u32,
    /// All of its bytes; of a parked one the first.
    pub(super) head: &'a [u8],
    /// Where all of its bytes are in the temporary file.
    pub(super) parked: Option<u64>,
}

/// A record.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Entry<'a> {
    pub(super) rank: u32,
    pub(super) key: Field<'a>,
    pub(super) value: Field<'a>,
}

/// How records are encoded in a sort.
#[derive(Debug, Clone, Copy)]
pub(super) struct Codec {
    /// Items longer than this are parked; not less than [`PARKED_HEAD`].
    pub(super) park: usize,
}

impl Codec {
    /// Bytes that an item of a length takes.
    fn stored(self, len: usize) -> usize {
        if len > self.park {
            PARKED_HEAD + PLACE
        } else {
            len
        }
    }

    /// Bytes that a record takes, from the lengths of its items.
    pub(super) fn size(self, key: usize, value: usize) -> usize {
        let (_, end) = self.ends(key, value);
        end.saturating_add(ALIGN - 1) & !(ALIGN - 1)
    }

    /// Where the items of a record end, from their lengths.
    #[inline]
    fn ends(self, key: usize, value: usize) -> (usize, usize) {
        let key_end = self.stored(key).saturating_add(HEADER);
        (key_end, key_end.saturating_add(self.stored(value)))
    }

    /// The size of the record at the start of `bytes`; `None` where not even
    /// its lengths are there.
    #[inline]
    pub(super) fn size_at(self, bytes: &[u8]) -> Option<usize> {
        let key = number(bytes, 4)? as usize;
        let value = number(bytes, 8)? as usize;
        Some(self.size(key, value))
    }

    /// The record at the start of `bytes`; `None` where it is not all there.
    #[inline]
    pub(super) fn entry(self, bytes: &[u8]) -> Option<Entry<'_>> {
        let rank = number(bytes, 0)?;
        let (key_len, value_len) = (number(bytes, 4)?, number(bytes, 8)?);
        let (key_end, value_end) = self.ends(key_len as usize, value_len as usize);
        Some(Entry {
            rank,
            key: self.field(key_len, bytes.get(HEADER..key_end)?)?,
            value: self.field(value_len, bytes.get(key_end..value_end)?)?,
        })
    }

    fn field(self, len: u32, stored: &[u8]) -> Option<Field<'_>> {
        if len as usize <= self.park {
            return Some(Field {
                len,
                head: stored,
                parked: None,
            });
        }
        let (head, place) = stored.split_at_checked(PARKED_HEAD)?;
        Some(Field {
            len,
            head,
            parked: Some(u64::from_le_bytes(place.try_into().ok()?)),
        })
    }

    /// Appends a record.
    pub(super) fn put(entry: &Entry<'_>, out: &mut Vec<u8>) {
        for number in [entry.rank, entry.key.len, entry.value.len] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        for field in [entry.key, entry.value] {
            out.extend_from_slice(field.head);
            if let Some(place) = field.parked {
                out.extend_from_slice(&place.to_le_bytes());
            }
        }
        out.resize(out.len().next_multiple_of(ALIGN), 0);
    }
}

/// The rank of the record at the start of `bytes`.
pub(super) fn rank(bytes: &[u8]) -> u32 {
    number(bytes, 0).unwrap_or_default()
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    let field = bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes(*field))
}
