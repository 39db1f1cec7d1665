//! Where one piece of a btree follows another: leaves are linked across, keys
//! compared, and the pages above the leaves written.

use crate::error::{Error, Result};
use crate::layout::{NO_PAGE, PageHeader, PageLayout, PageNo, PageType};
use crate::write::btree::Written;
use crate::write::leaf::{Leaf, Neighbours};
use crate::write::page::Linked;
use crate::write::pages::Pages;
use crate::write::params::{BtreeParams, KeyOrder};
use crate::write::spine::{Child, Entries, Spine};

/// A leaf at the end of a piece, kept until its neighbour is known.
#[derive(Debug, Default)]
pub(super) struct Edge {
    /// Its number; none for the only leaf of a piece, which gets one when it
    /// is known not to be the root.
    pub(super) pgno: Option<PageNo>,
    pub(super) page: Vec<u8>,
    /// Where in it numbers stand that its piece handed out.
    pub(super) links: Vec<u16>,
    pub(super) records: u64,
    pub(super) separator: Vec<u8>,
}

impl Edge {
    fn child(&mut self, pgno: PageNo) -> Child {
        Child {
            pgno,
            records: self.records,
            separator: std::mem::take(&mut self.separator),
        }
    }

    fn put(&mut self, layout: PageLayout, at: usize, pgno: PageNo) {
        layout.endian.put_u32(&mut self.page, at, pgno);
    }
}

/// A piece that has its place: all numbers in it are final.
#[derive(Debug)]
pub(super) struct Ends {
    /// The first leaf, where it is not the last as well.
    pub(super) first: Option<Edge>,
    /// The leaves between the first and the last.
    pub(super) inner: Vec<Child>,
    pub(super) last: Edge,
    pub(super) first_key: Vec<u8>,
    pub(super) last_key: Vec<u8>,
    pub(super) records: u64,
}

/// All pieces so far.
#[derive(Debug)]
pub(super) struct Seams {
    layout: PageLayout,
    order: KeyOrder,
    overflow_limit: usize,
    spine: Spine,
    records: u64,
    leaves: u64,
    last_key: Vec<u8>,
    /// The last leaf, whose next one is not known.
    last: Option<Edge>,
}

impl Seams {
    pub(super) fn new(layout: PageLayout, params: &BtreeParams, overflow_limit: usize) -> Self {
        let entries = if params.record_numbers {
            Entries::KeyedAndCounted
        } else {
            Entries::Keyed
        };
        Self {
            layout,
            order: params.order,
            overflow_limit,
            spine: Spine::new(layout, entries, overflow_limit),
            records: 0,
            leaves: 0,
            last_key: Vec::new(),
            last: None,
        }
    }

    /// Joins a piece to those before it.
    pub(super) fn join<P: Pages>(&mut self, pages: &mut P, piece: Ends) -> Result<()> {
        let Ends {
            first,
            inner,
            mut last,
            first_key,
            last_key,
            records,
        } = piece;
        let mut first = first;
        if let Some(mut before) = self.last.take() {
            if self.order == KeyOrder::Bytewise && first_key <= self.last_key {
                return Err(Error::Order {
                    file: pages.name().to_owned(),
                    record: 0,
                });
            }
            if first_key == self.last_key {
                return Err(key_twice(pages.name()));
            }
            let before_number = self.number(pages, &mut before)?;
            let next = first.as_mut().unwrap_or(&mut last);
            let number = match next.pgno {
                Some(number) => number,
                None => pages.allocate()?,
            };
            next.pgno = Some(number);
            next.put(self.layout, PageHeader::PGNO_AT, number);
            next.put(self.layout, PageHeader::PREV_AT, before_number);
            next.separator = separator(self.order, &self.last_key, &first_key).to_vec();
            self.write(pages, before, number)?;
        }
        self.leaves = self
            .leaves
            .saturating_add(1)
            .saturating_add(inner.len() as u64);
        if let Some(mut first) = first {
            self.leaves = self.leaves.saturating_add(1);
            // Its link to the second leaf is in it.
            if let Some(number) = first.pgno {
                let child = first.child(number);
                self.spine.add(pages, child)?;
                pages.write(number, &mut first.page, &[])?;
            }
        }
        for child in inner {
            self.spine.add(pages, child)?;
        }
        self.records = self.records.saturating_add(records);
        self.last_key = last_key;
        self.last = Some(last);
        Ok(())
    }

    /// Writes the last leaf and the pages above, the root as page `root`.
    pub(super) fn finish<P: Pages>(mut self, pages: &mut P, root: PageNo) -> Result<Written> {
        let height = match self.last.take() {
            None => {
                let alone = Neighbours {
                    prev: NO_PAGE,
                    next: NO_PAGE,
                };
                self.leaves = 1;
                Leaf::new(self.layout, PageType::BtreeLeaf, self.overflow_limit).seal(
                    root,
                    alone,
                    Linked::NONE,
                    |page, links| pages.write_fixed(root, page, links),
                )?;
                1
            }
            Some(mut last) if self.leaves == 1 => {
                last.put(self.layout, PageHeader::PGNO_AT, root);
                pages.write_fixed(root, &mut last.page, &[])?;
                1
            }
            Some(mut last) => {
                self.number(pages, &mut last)?;
                self.write(pages, last, NO_PAGE)?;
                self.spine.finish(pages, Some(root))?.1
            }
        };
        Ok(Written {
            records: self.records,
            leaves: self.leaves,
            height,
        })
    }

    /// The number of a leaf that is not the root, which is one of the spine's
    /// from now on.
    fn number<P: Pages>(&mut self, pages: &mut P, leaf: &mut Edge) -> Result<PageNo> {
        let number = match leaf.pgno {
            Some(number) => number,
            None => pages.allocate()?,
        };
        leaf.pgno = Some(number);
        leaf.put(self.layout, PageHeader::PGNO_AT, number);
        let child = leaf.child(number);
        self.spine.add(pages, child)?;
        Ok(number)
    }

    fn write<P: Pages>(&self, pages: &mut P, mut leaf: Edge, next: PageNo) -> Result<()> {
        leaf.put(self.layout, PageHeader::NEXT_AT, next);
        pages.write(leaf.pgno.unwrap_or(NO_PAGE), &mut leaf.page, &[])
    }
}

/// What divides two neighbouring keys on the pages above them.
pub(super) fn separator<'a>(order: KeyOrder, left: &[u8], right: &'a [u8]) -> &'a [u8] {
    match order {
        KeyOrder::AsFed => right,
        KeyOrder::Bytewise => shortest_separator(left, right),
    }
}

/// The shortest start of `right` that is greater than `left`, for
/// `left < right` bytewise.
pub(in crate::write) fn shortest_separator<'a>(left: &[u8], right: &'a [u8]) -> &'a [u8] {
    let common = left
        .iter()
        .zip(right)
        .take_while(|(left, right)| left == right)
        .count();
    right.get(..=common).unwrap_or(right)
}

/// Two records have one key where a key has one record.
pub(super) fn key_twice(file: &str) -> Error {
    Error::Parameter(format!(
        "{file}: two records have the same key, and the database has no duplicates"
    ))
}

#[cfg(test)]
mod tests {
    use super::shortest_separator;

    #[test]
    fn a_separator_is_greater_than_the_left_key_and_no_greater_than_the_right() {
        for (left, right, expected) in [
            ("", "a", "a"),
            ("a", "b", "b"),
            ("abc", "abd", "abd"),
            ("abc", "abcd", "abcd"),
            ("abc", "abdzzz", "abd"),
            ("ab", "abzz", "abz"),
        ] {
            let found = shortest_separator(left.as_bytes(), right.as_bytes());
            assert_eq!(found, expected.as_bytes());
            assert!(left.as_bytes() < found && found <= right.as_bytes());
        }
    }
}
