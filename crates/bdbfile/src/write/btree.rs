//! The builder of btree files.

use crate::error::{Error, Result};
use crate::layout::{FIRST_ROOT, INDEX_ENTRY, OFF_PAGE_ITEM, PageNo, PageType};
use crate::write::duplicates::{DuplicateTree, Gathered};
use crate::write::leaves::Leaves;
use crate::write::out::Out;
use crate::write::params::{BtreeParams, Duplicates, KeyOrder};
use crate::write::sink::PageSink;
use crate::write::spine::Entries;

/// The most bytes of duplicates of one key that are gathered in memory.
const GATHERED_AT_MOST: usize = 1 << 20;

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// Records.
    pub records: u64,
    /// Pages of the file, the metadata page counted.
    pub pages: PageNo,
    /// Leaves of the tree, duplicate trees not counted.
    pub leaves: u64,
    /// Levels of the tree, 1 when the root is a leaf.
    pub height: usize,
}

/// Builds a btree file from records in order. Nothing of the file is valid
/// before [`finish`](Self::finish).
#[derive(Debug)]
pub struct BtreeBuilder<W> {
    out: Out<W>,
    params: BtreeParams,
    leaves: Leaves,
    overflow_limit: usize,
    records: u64,
    /// The last key on the leaves.
    placed_key: Vec<u8>,
    /// The key whose duplicates are being gathered; only where there can be
    /// duplicates.
    key: Vec<u8>,
    gathered: Gathered,
    /// The duplicates of `key`, once they are too many to gather.
    tree: Option<DuplicateTree>,
}

impl<W: PageSink> BtreeBuilder<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the parameters contradict each other.
    pub fn new(sink: W, params: BtreeParams) -> Result<Self> {
        let overflow_limit = params.overflow_limit()?;
        let entries = if params.record_numbers {
            Entries::KeyedAndCounted
        } else {
            Entries::Keyed
        };
        let layout = params.layout;
        Ok(Self {
            out: Out::new(sink, layout, FIRST_ROOT + 1),
            leaves: Leaves::new(layout, PageType::BtreeLeaf, entries, overflow_limit),
            params,
            overflow_limit,
            records: 0,
            key: Vec::new(),
            placed_key: Vec::new(),
            gathered: Gathered::default(),
            tree: None,
        })
    }

    /// Adds a record. Where duplicates are allowed, a key equal to the one
    /// before it is a further duplicate.
    ///
    /// # Errors
    /// [`Error::Order`] when a key does not follow the one before it in
    /// bytewise order; not with [`KeyOrder::AsFed`].
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let first = self.records == 0;
        let duplicates = self.params.duplicates != Duplicates::None;
        let last = if duplicates {
            &self.key
        } else {
            &self.placed_key
        };
        let repeats = !first && duplicates && key == last.as_slice();
        if !first && !repeats && self.params.order == KeyOrder::Bytewise && key <= last.as_slice() {
            return Err(Error::Order {
                file: self.out.name().to_owned(),
                record: self.records,
            });
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
        self.records += 1;
        Ok(())
    }

    /// Writes what is left, last of all the metadata page.
    pub fn finish(mut self) -> Result<(W, Written)> {
        self.place_gathered()?;
        let tree = self.leaves.finish(&mut self.out, Some(FIRST_ROOT))?;
        let layout = self.params.layout;
        // The metadata page needs the number of pages, which is known now.
        let next = self.out.allocate()?;
        let mut page = vec![0; layout.page_len()];
        self.params
            .meta(next.saturating_sub(1))
            .write(layout.endian, &mut page);
        self.out.write(0, &page)?;
        let (_, sink) = self.out.finish()?;
        Ok((
            sink,
            Written {
                records: self.records,
                pages: next,
                leaves: tree.leaves,
                height: tree.height,
            },
        ))
    }

    /// Keeps a datum of the current key until all are known, or passes it to
    /// the tree they have become too many for a leaf.
    fn gather(&mut self, value: &[u8]) -> Result<()> {
        if let Some(tree) = &mut self.tree {
            return tree.push(&mut self.out, value);
        }
        let space = self.leaves.space(value.len()) + 2 * INDEX_ENTRY;
        self.gathered.push(value, space);
        // A quarter of a page. (libdb waits until the page is half full as
        // well, so a set of this size may be found on a page or off it.) Long
        // data are references on a leaf, but here they are memory. One datum
        // alone always fits.
        let all = self.leaves.space(self.key.len()) + self.gathered.space;
        let many = all > self.params.layout.page_len() / 4;
        if self.gathered.len() > 1 && (many || self.gathered.bytes() > GATHERED_AT_MOST) {
            let mut tree = DuplicateTree::new(
                self.params.layout,
                self.params.duplicates,
                self.overflow_limit,
            );
            for value in self.gathered.values() {
                tree.push(&mut self.out, value)?;
            }
            self.gathered.clear();
            self.tree = Some(tree);
        }
        Ok(())
    }

    /// Puts the current key and its data on the leaves.
    fn place_gathered(&mut self) -> Result<()> {
        let key = std::mem::take(&mut self.key);
        if let Some(tree) = self.tree.take() {
            let (root, records) = tree.finish(&mut self.out)?;
            self.make_room(&key, 2, self.leaves.space(key.len()) + OFF_PAGE_ITEM)?;
            let key_at = self.leaves.item(&mut self.out, &key)?;
            let data_at = self.leaves.duplicates(root);
            self.leaves.slot(key_at);
            self.leaves.slot(data_at);
            self.leaves.count(records);
        } else if self.gathered.len() > 0 {
            let slots = 2 * self.gathered.len();
            let items = self.gathered.space - INDEX_ENTRY * slots;
            self.make_room(&key, slots, self.leaves.space(key.len()) + items)?;
            let key_at = self.leaves.item(&mut self.out, &key)?;
            for value in self.gathered.values() {
                let data_at = self.leaves.item(&mut self.out, value)?;
                self.leaves.slot(key_at);
                self.leaves.slot(data_at);
            }
            self.leaves.count(self.gathered.len() as u64);
        }
        self.gathered.clear();
        self.placed_key = key;
        Ok(())
    }

    /// Puts one pair on the leaves.
    fn place(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        let bytes = self.leaves.space(key.len()) + self.leaves.space(value.len());
        self.make_room(key, 2, bytes)?;
        let key_at = self.leaves.item(&mut self.out, key)?;
        let data_at = self.leaves.item(&mut self.out, value)?;
        self.leaves.slot(key_at);
        self.leaves.slot(data_at);
        self.leaves.count(1);
        self.placed_key.clear();
        self.placed_key.extend_from_slice(key);
        Ok(())
    }

    /// Begins a new leaf where `key` and its data do not fit on this one.
    fn make_room(&mut self, key: &[u8], slots: usize, bytes: usize) -> Result<()> {
        if self.leaves.has_room(slots, bytes) {
            return Ok(());
        }
        let separator = match self.params.order {
            KeyOrder::AsFed => key.to_vec(),
            KeyOrder::Bytewise => shortest_separator(&self.placed_key, key).to_vec(),
        };
        self.leaves.turn(&mut self.out, separator)
    }
}

/// The shortest start of `right` that is greater than `left`, for
/// `left < right` bytewise.
fn shortest_separator<'a>(left: &[u8], right: &'a [u8]) -> &'a [u8] {
    let common = left
        .iter()
        .zip(right)
        .take_while(|(left, right)| left == right)
        .count();
    right.get(..=common).unwrap_or(right)
}

#[cfg(test)]
mod tests {
    use super::{BtreeBuilder, shortest_separator};
    use crate::Error;
    use crate::write::{BtreeParams, Duplicates, KeyOrder, MemorySink};

    #[test]
    fn a_key_that_does_not_follow_is_refused_unless_any_order_is_taken() {
        use Duplicates::{None, Sorted, Unsorted};
        for duplicates in [None, Unsorted, Sorted] {
            for order in [KeyOrder::Bytewise, KeyOrder::AsFed] {
                let params = BtreeParams {
                    duplicates,
                    order,
                    ..BtreeParams::default()
                };
                let feed = |keys: [&str; 3]| {
                    let mut builder =
                        BtreeBuilder::new(MemorySink::new("order.db"), params.clone())?;
                    keys.iter()
                        .try_for_each(|key| builder.push(key.as_bytes(), b"value"))
                };
                feed(["", "a", "ab"]).unwrap();
                let fell = feed(["", "b", "a"]);
                let again = feed(["", "b", "b"]);
                if order == KeyOrder::AsFed {
                    fell.unwrap();
                    again.unwrap();
                    continue;
                }
                assert!(matches!(fell, Err(Error::Order { record: 2, .. })));
                match duplicates {
                    None => assert!(matches!(again, Err(Error::Order { record: 2, .. }))),
                    Unsorted | Sorted => again.unwrap(),
                }
            }
        }
    }

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
