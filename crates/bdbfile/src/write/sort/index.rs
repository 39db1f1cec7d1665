//! The order of the records in memory.
//!
//! An index entry is one number of 128 bits that sorts by itself:
//!
//! ```text
//!   rank 32 | seven bytes of the key 56 | how many the key had left 8 | slot 32
//! ```
//!
//! The seven bytes are taken behind what all keys of the group have in common,
//! so that most comparisons touch no record. Where they are the same in
//! several entries these become a group of their own, to be sorted by what
//! follows. The slot is last: it keeps the order of arrival.

use std::cmp::Ordering;
use std::ops::Range;

use crate::error::Result;
use crate::spill::SpillFile;
use crate::write::sort::arena::{Arena, Slot};
use crate::write::sort::compare::{self, SortOrder};
use crate::write::sort::fallible;
use crate::write::sort::record::{self, Field};

/// Bytes of an index entry.
pub(super) const ENTRY: usize = size_of::<IndexEntry>();
type IndexEntry = u128;

/// Groups up to this size are sorted by comparing their records.
const SMALL: usize = 24;
/// Bytes of an item that an entry holds.
const PREFIX: usize = 7;
/// The number of bytes left that says there are more than in the entry.
const MORE: u8 = 8;

/// The order of the records of an arena.
#[derive(Debug, Default)]
pub(super) struct Index {
    entries: Vec<IndexEntry>,
}

/// Entries that are equal as far as they were compared.
struct Group {
    range: Range<usize>,
    part: Part,
    /// Bytes of the part that are known to be equal.
    depth: usize,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Key,
    Value,
}

impl Index {
    /// Sorts the records of an arena.
    pub(super) fn new(arena: &Arena, order: SortOrder, spill: &SpillFile) -> Result<Self> {
        let mut entries = Vec::with_capacity(arena.records());
        entries.extend(
            arena
                .slots()
                .map(|slot| with_rank(record::rank(arena.bytes(slot)), slot)),
        );
        let mut sort = Sort {
            arena,
            order,
            spill,
            entries: &mut entries,
            groups: Vec::new(),
        };
        sort.run()?;
        Ok(Self { entries })
    }

    /// The record at a place in the order.
    pub(super) fn get(&self, place: usize) -> Option<Slot> {
        self.entries.get(place).copied().map(slot)
    }

    /// The records in order.
    pub(super) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.entries.iter().copied().map(slot)
    }
}

struct Sort<'a> {
    arena: &'a Arena,
    order: SortOrder,
    spill: &'a SpillFile,
    entries: &'a mut [IndexEntry],
    groups: Vec<Group>,
}

impl Sort<'_> {
    fn run(&mut self) -> Result<()> {
        self.groups.push(Group {
            range: 0..self.entries.len(),
            part: Part::Key,
            depth: 0,
        });
        while let Some(group) = self.groups.pop() {
            if group.range.len() <= SMALL {
                self.compare(group.range)?;
            } else {
                self.divide(group)?;
            }
        }
        Ok(())
    }

    /// Sorts a group by the next bytes and finds the groups in it.
    fn divide(&mut self, group: Group) -> Result<()> {
        let Group { range, part, depth } = group;
        let Some(depth) = self.common(&range, part, depth) else {
            return self.compare(range);
        };
        let arena = self.arena;
        let Some(entries) = self.entries.get_mut(range.clone()) else {
            return Ok(());
        };
        for entry in &mut *entries {
            let field = field(arena, slot(*entry), part);
            *entry = with_prefix(*entry, field, depth);
        }
        entries.sort_unstable();
        let mut begin = range.start;
        while begin < range.end {
            let (end, all_same) = self.group_at(begin, range.end);
            let next = match (all_same, part, self.order) {
                (false, part, _) => Some((part, depth.saturating_add(PREFIX))),
                (true, Part::Key, SortOrder::KeysAndValues) => Some((Part::Value, 0)),
                // Equal in all, and in the order of their slots.
                (true, _, _) => None,
            };
            let len = end.saturating_sub(begin);
            match next {
                Some((part, depth)) if len > SMALL => self.groups.push(Group {
                    range: begin..end,
                    part,
                    depth,
                }),
                Some(_) if len > 1 => self.compare(begin..end)?,
                _ => {}
            }
            begin = end;
        }
        Ok(())
    }

    /// Where the entries end that are equal to the one at `begin`, and whether
    /// their items are equal as a whole.
    fn group_at(&self, begin: usize, limit: usize) -> (usize, bool) {
        let entries = self.entries.get(begin..limit).unwrap_or_default();
        let first = entries.first().copied().unwrap_or_default();
        let equal = entries
            .iter()
            .take_while(|entry| *entry >> 32 == first >> 32)
            .count();
        (begin.saturating_add(equal.max(1)), !has_more(first))
    }

    /// How many bytes the items of a group have in common; `None` when the
    /// bytes behind these are parked.
    fn common(&self, range: &Range<usize>, part: Part, depth: usize) -> Option<usize> {
        let mut fields = self
            .entries
            .get(range.clone())?
            .iter()
            .map(|entry| field(self.arena, slot(*entry), part));
        let first = fields.next()?;
        let model = first.head.get(depth..).unwrap_or_default();
        let mut same = model.len();
        let mut parked = first.parked.map(|_| first.head.len());
        for field in fields {
            let other = field.head.get(depth..).unwrap_or_default();
            let model = model.get(..same).unwrap_or_default();
            if !other.starts_with(model) {
                same = model
                    .iter()
                    .zip(other)
                    .take_while(|(left, right)| left == right)
                    .count();
            }
            if field.parked.is_some() {
                parked = Some(field.head.len());
            }
        }
        let depth = depth.saturating_add(same);
        match parked {
            Some(head) if depth.saturating_add(PREFIX) > head => None,
            _ => Some(depth),
        }
    }

    /// Sorts a group by comparing its records, which can fail.
    fn compare(&mut self, range: Range<usize>) -> Result<()> {
        let (arena, order, spill) = (self.arena, self.order, self.spill);
        let entries = self.entries.get_mut(range).unwrap_or_default();
        fallible::sort(entries, |left, right| {
            let (left, right) = (slot(left), slot(right));
            let records = compare::entries(order, spill, &arena.entry(left), &arena.entry(right))?;
            Ok(records.then(left.cmp(&right)) == Ordering::Less)
        })
    }
}

fn field(arena: &Arena, slot: Slot, part: Part) -> Field<'_> {
    let entry = arena.entry(slot);
    match part {
        Part::Key => entry.key,
        Part::Value => entry.value,
    }
}

fn with_rank(rank: u32, slot: Slot) -> IndexEntry {
    u128::from(rank) << 96 | u128::from(slot)
}

/// An entry with the bytes of an item from `depth` on.
fn with_prefix(entry: IndexEntry, field: Field<'_>, depth: usize) -> IndexEntry {
    let left = field.head.get(depth..).unwrap_or_default();
    let mut prefix = [0; PREFIX + 1];
    let taken = left.len().min(PREFIX);
    for (place, byte) in prefix.iter_mut().zip(left.iter().take(PREFIX)) {
        *place = *byte;
    }
    if let Some(rest) = prefix.last_mut() {
        *rest = if (field.len as usize).saturating_sub(depth) > PREFIX {
            MORE
        } else {
            u8::try_from(taken).unwrap_or(MORE)
        };
    }
    let rank_and_slot = entry & (u128::from(u32::MAX) << 96 | u128::from(u32::MAX));
    rank_and_slot | u128::from(u64::from_be_bytes(prefix)) << 32
}

/// Whether the item of an entry goes on behind the bytes in it.
fn has_more(entry: IndexEntry) -> bool {
    (entry >> 32) & 0xff == u128::from(MORE)
}

#[allow(clippy::cast_possible_truncation)]
fn slot(entry: IndexEntry) -> Slot {
    // The lowest 32 bits.
    entry as Slot
}
