//! The duplicates of one key: gathered until it is known whether they stay on
//! the leaf, else written to a tree of their own.

use crate::error::Result;
use crate::layout::{PageLayout, PageNo, PageType};
use crate::write::btree::shortest_separator;
use crate::write::pages::Pages;
use crate::write::params::Duplicates;
use crate::write::row::Row;
use crate::write::spine::Entries;

/// The data of one key, in order, as long as they are few.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Space they would take on a leaf, slots included.
    pub(super) space: usize,
}

impl Gathered {
    pub(super) fn push(&mut self, value: &[u8], space: usize) {
        self.bytes.extend_from_slice(value);
        self.ends.push(self.bytes.len());
        self.space = self.space.saturating_add(space);
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes of the data gathered.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn values(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts
            .zip(self.ends.iter().copied())
            .map(|(start, end)| self.bytes.get(start..end).unwrap_or_default())
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.space = 0;
    }
}

/// A tree of duplicates being written.
#[derive(Debug)]
pub(super) struct DuplicateTree {
    row: Row,
    sorted: bool,
    /// Whether the order is bytewise; then the datum before the next.
    last: Option<Vec<u8>>,
    records: u64,
}

impl DuplicateTree {
    pub(super) fn new(layout: PageLayout, kind: Duplicates, overflow_limit: usize) -> Self {
        let sorted = kind == Duplicates::Sorted;
        let (leaf, entries) = if sorted {
            (PageType::DuplicateLeaf, Entries::KeyedAndCounted)
        } else {
            (PageType::RecnoLeaf, Entries::Counted)
        };
        Self {
            row: Row::new(layout, leaf, entries, overflow_limit),
            sorted,
            last: None,
            records: 0,
        }
    }

    /// A tree of sorted duplicates whose order is known to be bytewise.
    pub(super) fn bytewise(self) -> Self {
        Self {
            last: self.sorted.then(Vec::new),
            ..self
        }
    }

    pub(super) fn push<P: Pages>(&mut self, pages: &mut P, value: &[u8]) -> Result<()> {
        if !self.row.leaf.has_room(1, self.row.leaf.space(value.len())) {
            let separator = match &self.last {
                Some(last) => shortest_separator(last, value),
                // Whole data items divide sorted duplicates whose order may be
                // one of the application's own.
                None if self.sorted => value,
                None => &[],
            };
            self.row.turn(pages, separator.to_vec())?;
        }
        let offset = self.row.leaf.item(pages, value)?;
        self.row.leaf.slot(offset);
        self.row.leaf.count(1);
        self.records = self.records.saturating_add(1);
        if let Some(last) = &mut self.last {
            last.clear();
            last.extend_from_slice(value);
        }
        Ok(())
    }

    /// Finishes the tree: its root and the number of its records.
    pub(super) fn finish<P: Pages>(self, pages: &mut P) -> Result<(PageNo, u64)> {
        Ok((self.row.finish(pages, None)?.root, self.records))
    }
}
