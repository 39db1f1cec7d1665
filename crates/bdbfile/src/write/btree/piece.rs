//! A run of leaves of a btree, built before its place in the file is known.

use std::sync::{Arc, PoisonError};

use crate::error::{Error, Result};
use crate::layout::{INDEX_ENTRY, NO_PAGE, OFF_PAGE_ITEM, PageNo, PageType};
use crate::write::btree::Tree;
use crate::write::btree::seam::{Edge, Ends, key_twice, separator};
use crate::write::duplicates::{DuplicateTree, Gathered};
use crate::write::file::Part;
use crate::write::leaf::{Leaf, Neighbours};
use crate::write::page::Linked;
use crate::write::pages::Pages;
use crate::write::params::{Duplicates, KeyOrder};
use crate::write::sink::PageSink;
use crate::write::spine::Child;

/// The most bytes of duplicates of one key that are gathered in memory.
const GATHERED_AT_MOST: usize = 1 << 20;

/// Bytes of the slots of a pair.
const PAIR_SLOTS: usize = 2 * INDEX_ENTRY;

/// A piece of a btree: records in order.
#[derive(Debug)]
pub struct BtreePiece<W: PageSink> {
    part: Part<W>,
    tree: Arc<Tree>,
    records: u64,
    leaf: Leaf,
    /// The number of the leaf being filled. The first has none until a second
    /// one exists: it may turn out to be the root.
    pgno: Option<PageNo>,
    prev: PageNo,
    separator: Vec<u8>,
    /// The first leaf, once there is a second: its link to the piece before
    /// is missing.
    first_leaf: Option<Edge>,
    /// All leaves but the last, in order.
    leaves: Vec<Child>,
    first_key: Vec<u8>,
    /// The last key on the leaves.
    placed_key: Vec<u8>,
    /// The key whose duplicates are being gathered; only where there can be
    /// duplicates.
    key: Vec<u8>,
    gathered: Gathered,
    /// The last datum; only where duplicates are in bytewise order.
    last_value: Vec<u8>,
    /// The duplicates of `key`, once they are too many to gather.
    duplicates: Option<DuplicateTree>,
}

impl<W: PageSink> BtreePiece<W> {
    pub(super) fn new(part: Part<W>, tree: Arc<Tree>) -> Self {
        let leaf = Leaf::new(part.layout(), PageType::BtreeLeaf, tree.overflow_limit);
        Self {
            part,
            tree,
            records: 0,
            leaf,
            pgno: None,
            prev: NO_PAGE,
            separator: Vec::new(),
            first_leaf: None,
            leaves: Vec::new(),
            first_key: Vec::new(),
            placed_key: Vec::new(),
            key: Vec::new(),
            gathered: Gathered::default(),
            last_value: Vec::new(),
            duplicates: None,
        }
    }

    /// Adds a record. Where duplicates are allowed, a key equal to the one
    /// before it is a further duplicate.
    ///
    /// # Errors
    /// [`Error::Order`] when a key, or a sorted duplicate, does not follow the
    /// one before it in bytewise order; not with [`KeyOrder::AsFed`].
    /// [`Error::Parameter`] with that for a key that equals the one before it
    /// where duplicates are not allowed.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let first = self.records == 0;
        let duplicates = self.tree.params.duplicates != Duplicates::None;
        let last = if duplicates {
            &self.key
        } else {
            &self.placed_key
        };
        let repeats = !first && duplicates && key == last.as_slice();
        if first {
            self.first_key.extend_from_slice(key);
        } else if !repeats && self.tree.params.order == KeyOrder::Bytewise && key <= last.as_slice()
        {
            return Err(Error::Order {
                file: self.part.name().to_owned(),
                record: self.records,
            });
        } else if self.tree.params.order == KeyOrder::AsFed && !repeats && key == last.as_slice() {
            return Err(key_twice(self.part.name()));
        }
        if self.tree.params.has_bytewise_duplicates() {
            if repeats && value <= self.last_value.as_slice() {
                return Err(Error::Order {
                    file: self.part.name().to_owned(),
                    record: self.records,
                });
            }
            self.last_value.clear();
            self.last_value.extend_from_slice(value);
        }
        if repeats {
            self.gather(value)?;
        } else if duplicates {
            self.place_gathered()?;
            self.key.clear();
            self.key.extend_from_slice(key);
            self.gather(value)?;
        } else {
            self.place(key, value)?;
        }
        self.records = self.records.saturating_add(1);
        Ok(())
    }

    /// Ends the piece: waits until those before it are finished, and writes
    /// what was not written yet.
    ///
    /// # Errors
    /// [`Error::Order`] when its first key does not follow the last key of the
    /// piece before it, [`Error::GivenUp`] when one before it was dropped,
    /// [`Error::Io`].
    pub fn finish(mut self) -> Result<()> {
        self.place_gathered()?;
        let (shift, end) = self.part.place()?;
        if self.records == 0 {
            return self.part.finish(end);
        }
        let last = self.edge(NO_PAGE)?;
        let mut ends = Ends {
            first: self.first_leaf.take(),
            inner: std::mem::take(&mut self.leaves),
            last,
            first_key: std::mem::take(&mut self.first_key),
            last_key: std::mem::take(&mut self.placed_key),
            records: self.records,
        };
        for edge in ends.first.iter_mut().chain([&mut ends.last]) {
            self.part.settle(&mut edge.page, &edge.links)?;
            edge.pgno = edge.pgno.map(|pgno| pgno.saturating_add(shift));
        }
        for child in &mut ends.inner {
            child.pgno = child.pgno.saturating_add(shift);
        }
        let mut pages = self.part.final_pages(end);
        let seams = self.tree.seams.lock();
        let mut seams = seams.unwrap_or_else(PoisonError::into_inner);
        seams.join(&mut pages, ends)?;
        drop(seams);
        let end = pages.end();
        self.part.finish(end)
    }

    /// Keeps a datum of the current key until all are known, or passes it to
    /// the tree they have become too many for a leaf.
    fn gather(&mut self, value: &[u8]) -> Result<()> {
        if let Some(tree) = &mut self.duplicates {
            return tree.push(&mut self.part, value);
        }
        let space = self.leaf.space(value.len()).saturating_add(PAIR_SLOTS);
        self.gathered.push(value, space);
        // A quarter of a page. (libdb waits until the page is half full as
        // well, so a set of this size may be found on a page or off it.) Long
        // data are references on a leaf, but here they are memory. One datum
        // alone always fits.
        let layout = self.part.layout();
        let key = self.leaf.space(self.key.len());
        let all = key.saturating_add(self.gathered.space);
        let many = all > layout.page_len() / 4;
        if self.gathered.len() > 1 && (many || self.gathered.bytes() > GATHERED_AT_MOST) {
            let mut tree = DuplicateTree::new(
                layout,
                self.tree.params.duplicates,
                self.tree.overflow_limit,
            );
            if self.tree.params.has_bytewise_duplicates() {
                tree = tree.bytewise();
            }
            for value in self.gathered.values() {
                tree.push(&mut self.part, value)?;
            }
            self.gathered.clear();
            self.duplicates = Some(tree);
        }
        Ok(())
    }

    /// Puts the current key and its data on the leaves.
    fn place_gathered(&mut self) -> Result<()> {
        let key = std::mem::take(&mut self.key);
        if let Some(tree) = self.duplicates.take() {
            let (root, records) = tree.finish(&mut self.part)?;
            let bytes = self.leaf.space(key.len()).saturating_add(OFF_PAGE_ITEM);
            self.make_room(&key, 2, bytes)?;
            let key_at = self.leaf.item(&mut self.part, &key)?;
            let data_at = self.leaf.duplicates(root);
            self.leaf.slot(key_at);
            self.leaf.slot(data_at);
            self.leaf.count(records);
        } else if self.gathered.len() > 0 {
            let pairs = self.gathered.len();
            let slots = pairs.saturating_mul(2);
            let in_slots = pairs.saturating_mul(PAIR_SLOTS);
            let items = self.gathered.space.saturating_sub(in_slots);
            let bytes = self.leaf.space(key.len()).saturating_add(items);
            self.make_room(&key, slots, bytes)?;
            let key_at = self.leaf.item(&mut self.part, &key)?;
            for value in self.gathered.values() {
                let data_at = self.leaf.item(&mut self.part, value)?;
                self.leaf.slot(key_at);
                self.leaf.slot(data_at);
            }
            self.leaf.count(self.gathered.len() as u64);
        } else {
            return Ok(());
        }
        self.gathered.clear();
        self.placed_key = key;
        Ok(())
    }

    /// Puts one pair on the leaves.
    fn place(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let (of_key, of_value) = (self.leaf.space(key.len()), self.leaf.space(value.len()));
        let bytes = of_key.saturating_add(of_value);
        self.make_room(key, 2, bytes)?;
        let key_at = self.leaf.item(&mut self.part, key)?;
        let data_at = self.leaf.item(&mut self.part, value)?;
        self.leaf.slot(key_at);
        self.leaf.slot(data_at);
        self.leaf.count(1);
        self.placed_key.clear();
        self.placed_key.extend_from_slice(key);
        Ok(())
    }

    /// Begins a new leaf where `key` and its data do not fit on this one.
    fn make_room(&mut self, key: &[u8], slots: usize, bytes: usize) -> Result<()> {
        if self.leaf.has_room(slots, bytes) {
            return Ok(());
        }
        let pgno = match self.pgno {
            Some(pgno) => pgno,
            None => self.part.allocate()?,
        };
        let next = self.part.allocate()?;
        self.pgno = Some(pgno);
        if self.first_leaf.is_none() {
            self.first_leaf = Some(self.edge(next)?);
        } else {
            let neighbours = self.neighbours(next);
            let part = &mut self.part;
            let take = |page: &mut [u8], links: &[u16]| part.write(pgno, page, links);
            let records = self.leaf.seal(pgno, neighbours, Linked::ALL, take)?;
            self.leaves.push(Child {
                pgno,
                records,
                separator: std::mem::take(&mut self.separator),
            });
        }
        self.prev = pgno;
        self.pgno = Some(next);
        self.separator = separator(self.tree.params.order, &self.placed_key, key).to_vec();
        Ok(())
    }

    /// Finishes the leaf being filled as the first or the last of the piece.
    fn edge(&mut self, next: PageNo) -> Result<Edge> {
        let (pgno, neighbours) = (self.pgno, self.neighbours(next));
        let linked = Linked {
            own: pgno.is_some(),
            ..Linked::ALL
        };
        let mut edge = Edge {
            pgno,
            separator: std::mem::take(&mut self.separator),
            ..Edge::default()
        };
        let take = |page: &mut [u8], links: &[u16]| {
            edge.page.extend_from_slice(page);
            edge.links.extend_from_slice(links);
            Ok(())
        };
        edge.records = self
            .leaf
            .seal(pgno.unwrap_or(NO_PAGE), neighbours, linked, take)?;
        Ok(edge)
    }

    fn neighbours(&self, next: PageNo) -> Neighbours {
        Neighbours {
            prev: self.prev,
            next,
        }
    }
}
