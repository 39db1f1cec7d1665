//! One page of a bucket being filled.

use crate::error::Result;
use crate::layout::{HASH_ITEM_HEADER, HASH_REFERENCE, PageLayout, PageNo, PageType, SortedKey};
use crate::write::page::{Linked, PageBuf, Seal};
use crate::write::pages::Pages;

/// The number of a page of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// None: the end of a chain.
    None,
    /// The first page of a bucket: final from the start.
    Fixed(PageNo),
    /// A further page, with a number of the piece.
    Local(PageNo),
}

impl Number {
    fn pgno(self) -> PageNo {
        match self {
            Self::None => 0,
            Self::Fixed(pgno) | Self::Local(pgno) => pgno,
        }
    }

    fn is_link(self) -> bool {
        matches!(self, Self::Local(_))
    }
}

/// Pairs that will be a page: they are laid out when all are known, since the
/// pages of newer versions are sorted.
#[derive(Debug)]
pub(super) struct OpenPage {
    pub(super) number: Number,
    /// Encoded items, a key and its data in turn.
    bytes: Vec<u8>,
    pairs: Vec<Pair>,
    /// Whether any key stands in a chain.
    has_long_keys: bool,
}

/// A pair in `bytes`.
#[derive(Debug)]
struct Pair {
    key: usize,
    data: usize,
    end: usize,
    key_is_reference: bool,
    data_is_reference: bool,
    /// A key that stands in a chain, where the page has to be sorted by it.
    long_key: Option<Box<[u8]>>,
}

/// A pair to be added.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewPair<'a> {
    /// The encoded items, and whether they are references.
    pub(super) key_item: &'a [u8],
    pub(super) key_is_reference: bool,
    pub(super) data_item: &'a [u8],
    pub(super) data_is_reference: bool,
    pub(super) key: &'a [u8],
}

impl OpenPage {
    pub(super) fn new() -> Self {
        Self {
            number: Number::None,
            bytes: Vec::new(),
            pairs: Vec::new(),
            has_long_keys: false,
        }
    }

    /// Whether a pair fits. 4.2's verify counts six bytes for every entry, so
    /// that is kept too.
    pub(super) fn has_room(&self, layout: PageLayout, pair: &NewPair<'_>, sorted: bool) -> bool {
        let entries = self.pairs.len().saturating_add(1).saturating_mul(2);
        let used = layout
            .entry_at(entries)
            .saturating_add(self.bytes.len())
            .saturating_add(pair.key_item.len())
            .saturating_add(pair.data_item.len());
        used <= layout.page_len()
            && entries.saturating_mul(6) <= layout.page_len()
            && !(sorted && self.would_hide(pair))
    }

    /// Whether the library would not find all keys of a sorted page, if the
    /// pair were there too.
    fn would_hide(&self, pair: &NewPair<'_>) -> bool {
        if !pair.key_is_reference && !self.has_long_keys {
            return false;
        }
        let new = SortedKey {
            bytes: pair.key,
            in_page: !pair.key_is_reference,
        };
        self.pairs.iter().any(|pair| {
            let key = pair.key(&self.bytes);
            key.hides(new) || new.hides(key)
        })
    }

    /// Adds a pair. With `sorted` the page will be sorted by key.
    pub(super) fn push(&mut self, pair: NewPair<'_>, sorted: bool) {
        let key = self.bytes.len();
        self.bytes.extend_from_slice(pair.key_item);
        let data = self.bytes.len();
        self.bytes.extend_from_slice(pair.data_item);
        self.pairs.push(Pair {
            key,
            data,
            end: self.bytes.len(),
            key_is_reference: pair.key_is_reference,
            data_is_reference: pair.data_is_reference,
            long_key: (sorted && pair.key_is_reference).then(|| pair.key.into()),
        });
        self.has_long_keys |= pair.key_is_reference;
    }

    /// Writes the page between its neighbours and empties it.
    pub(super) fn write<P: Pages>(
        &mut self,
        pages: &mut P,
        buffer: &mut PageBuf,
        page_type: PageType,
        (prev, next): (Number, Number),
    ) -> Result<()> {
        let bytes = self.bytes.as_slice();
        if page_type == PageType::HashSorted {
            self.pairs
                .sort_by(|left, right| left.key(bytes).order(right.key(bytes)));
        }
        for pair in &self.pairs {
            for (range, is_reference) in [
                (pair.key..pair.data, pair.key_is_reference),
                (pair.data..pair.end, pair.data_is_reference),
            ] {
                let item = bytes.get(range).unwrap_or_default();
                let (offset, place) = buffer.packed_item(item.len());
                place.copy_from_slice(item);
                buffer.slot(offset);
                if is_reference {
                    buffer.link(offset.saturating_add(HASH_REFERENCE));
                }
            }
        }
        let number = self.number;
        let seal = Seal {
            pgno: number.pgno(),
            prev: prev.pgno(),
            next: next.pgno(),
            level: 0,
            page_type,
        };
        let linked = Linked {
            own: number.is_link(),
            prev: prev.is_link(),
            next: next.is_link(),
        };
        buffer.seal(seal, linked, |page, links| match number {
            Number::Local(pgno) => pages.write(pgno, page, links),
            Number::Fixed(pgno) => pages.write_fixed(pgno, page, links),
            Number::None => Ok(()),
        })?;
        self.bytes.clear();
        self.pairs.clear();
        self.has_long_keys = false;
        Ok(())
    }
}

impl Pair {
    /// The key of the pair as it is sorted.
    fn key<'a>(&'a self, bytes: &'a [u8]) -> SortedKey<'a> {
        match &self.long_key {
            Some(key) => SortedKey {
                bytes: key,
                in_page: false,
            },
            None => SortedKey {
                bytes: bytes
                    .get(self.key.saturating_add(HASH_ITEM_HEADER)..self.data)
                    .unwrap_or_default(),
                in_page: true,
            },
        }
    }
}
