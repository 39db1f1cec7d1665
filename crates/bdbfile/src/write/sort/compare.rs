//! The order of two records.

use std::cmp::Ordering;

use crate::error::Result;
use crate::spill::SpillFile;
use crate::write::sort::record::{Entry, Field};

/// What records are sorted by, after their rank and their key. Those that are
/// equal in all of it stay in the order they came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortOrder {
    /// Nothing further.
    #[default]
    Keys,
    /// Their values, as sorted duplicates are.
    KeysAndValues,
}

/// Bytes of parked items that are read at a time.
const CHUNK: usize = 4096;

/// Compares two records. The temporary file is read only for parked items
/// with the same beginning.
#[inline]
pub(super) fn entries(
    order: SortOrder,
    spill: &SpillFile,
    left: &Entry<'_>,
    right: &Entry<'_>,
) -> Result<Ordering> {
    let ranks = left.rank.cmp(&right.rank);
    if ranks != Ordering::Equal {
        return Ok(ranks);
    }
    let keys = fields(spill, left.key, right.key)?;
    if keys != Ordering::Equal || order == SortOrder::Keys {
        return Ok(keys);
    }
    fields(spill, left.value, right.value)
}

/// Compares two items bytewise, the shorter first.
#[inline]
fn fields(spill: &SpillFile, left: Field<'_>, right: Field<'_>) -> Result<Ordering> {
    if left.parked.is_none() && right.parked.is_none() {
        return Ok(left.head.cmp(right.head));
    }
    parked(spill, left, right)
}

fn parked(spill: &SpillFile, left: Field<'_>, right: Field<'_>) -> Result<Ordering> {
    let common = left.head.len().min(right.head.len());
    let heads = left.head.get(..common).cmp(&right.head.get(..common));
    if heads != Ordering::Equal {
        return Ok(heads);
    }
    let (mut left_chunk, mut right_chunk) = ([0; CHUNK], [0; CHUNK]);
    let end = left.len.min(right.len) as usize;
    let mut at = common;
    while at < end {
        let len = CHUNK.min(end.saturating_sub(at));
        let one = part(spill, left, at, len, &mut left_chunk)?;
        let other = part(spill, right, at, len, &mut right_chunk)?;
        let parts = one.cmp(other);
        if parts != Ordering::Equal {
            return Ok(parts);
        }
        at = at.saturating_add(len);
    }
    Ok(left.len.cmp(&right.len))
}

/// `len` bytes of an item from `at`.
fn part<'a>(
    spill: &SpillFile,
    field: Field<'a>,
    at: usize,
    len: usize,
    chunk: &'a mut [u8; CHUNK],
) -> Result<&'a [u8]> {
    match field.parked {
        None => Ok(field
            .head
            .get(at..at.saturating_add(len))
            .unwrap_or_default()),
        Some(place) => {
            let chunk = chunk.get_mut(..len).unwrap_or_default();
            spill.read(place.saturating_add(at as u64), chunk)?;
            Ok(chunk)
        }
    }
}
