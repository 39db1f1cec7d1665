//! What records take on the pages of buckets.

use crate::layout::{
    HASH_CHAIN_ITEM, HASH_DUPLICATE_LENGTHS, HASH_ITEM_HEADER, HASH_TREE_ITEM, INDEX_ENTRY,
    PageLayout,
};
use crate::write::params::Duplicates;

/// Slots of a pair.
const SLOTS: usize = 2 * INDEX_ENTRY;

/// The sizes of items on pages of one layout.
#[derive(Debug, Clone, Copy)]
pub(in crate::write) struct Space {
    /// Longer items, and longer sets of duplicates, go off the page.
    big: usize,
    duplicates: bool,
}

/// Where the data of a key go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// An item of its own.
    Single,
    /// A set on the page.
    Set,
    /// A tree.
    Tree,
}

impl Space {
    pub(in crate::write) fn new(layout: PageLayout, duplicates: Duplicates) -> Self {
        Self {
            big: layout.page_len() / 4,
            duplicates: duplicates != Duplicates::None,
        }
    }

    /// Whether an item goes to an overflow chain.
    pub(super) fn is_big(self, len: usize) -> bool {
        len > self.big
    }

    /// Bytes of an item.
    pub(super) fn item(self, len: usize) -> usize {
        if self.is_big(len) {
            HASH_CHAIN_ITEM
        } else {
            len.saturating_add(HASH_ITEM_HEADER)
        }
    }
}

/// The data of one key, being counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct DataOfKey {
    count: u64,
    /// Bytes of a set of them.
    set: usize,
    /// Bytes of the only one as an item.
    single: usize,
    has_big: bool,
}

impl DataOfKey {
    pub(super) fn push(&mut self, space: Space, len: usize) {
        self.count = self.count.saturating_add(1);
        if self.count == 1 {
            self.set = HASH_ITEM_HEADER;
            self.single = space.item(len);
        }
        let stored = len.saturating_add(HASH_DUPLICATE_LENGTHS);
        self.set = self.set.saturating_add(stored);
        self.has_big |= space.is_big(len);
    }

    pub(super) fn count(self) -> u64 {
        self.count
    }

    pub(super) fn form(self, space: Space) -> Form {
        if self.count <= 1 {
            Form::Single
        } else if self.has_big || space.is_big(self.set) {
            Form::Tree
        } else {
            Form::Set
        }
    }

    /// Bytes of the data item.
    pub(super) fn bytes(self, space: Space) -> usize {
        match self.form(space) {
            Form::Single => self.single,
            Form::Set => self.set,
            Form::Tree => HASH_TREE_ITEM,
        }
    }
}

/// Counts what records take, those of a key one after the other.
#[derive(Debug, Default)]
pub(in crate::write) struct Tally {
    bytes: u64,
    key: Vec<u8>,
    data: DataOfKey,
}

impl Tally {
    pub(in crate::write) fn push(&mut self, space: Space, key: &[u8], value: usize) {
        let repeats = space.duplicates && self.data.count > 0 && self.key == key;
        if !repeats {
            self.end_key(space);
            self.key.clear();
            self.key.extend_from_slice(key);
        }
        self.data.push(space, value);
    }

    pub(in crate::write) fn finish(mut self, space: Space) -> u64 {
        self.end_key(space);
        self.bytes
    }

    fn end_key(&mut self, space: Space) {
        if self.data.count > 0 {
            let items = space
                .item(self.key.len())
                .saturating_add(self.data.bytes(space));
            let pair = items.saturating_add(SLOTS);
            self.bytes = self.bytes.saturating_add(pair as u64);
        }
        self.data = DataOfKey::default();
    }
}
