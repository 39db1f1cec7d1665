//! Pages of keys and data: btree leaves and pages of hash buckets.

use crate::error::{Place, Rule};
use crate::layout::{BadItem, Meta, PageNo, PageView};
use crate::salvage::census::Class;
use crate::salvage::chain::Chain;
use crate::salvage::duplicates::Owner;
use crate::salvage::passes::Work;
use crate::salvage::record::{Mode, Origin, Salvaged, State};
use crate::salvage::slots::{Field, Slots, hash_slot, mend_key_lengths};
use crate::source::PageSource;

/// A key, or that it is lost.
#[derive(Clone, Copy)]
enum Key<'a> {
    InPage(&'a [u8]),
    InBuffer,
    Lost,
}

/// The items of a page, whatever its kind.
enum Items<'a> {
    Leaf(Slots<'a>),
    Hash(PageView<'a>),
}

impl<'a> Items<'a> {
    /// The item of a slot, whether it is deleted, and its place in the page.
    fn get(&self, slot: u16) -> Result<(Field<'a>, bool, usize), BadItem> {
        match self {
            Self::Leaf(slots) => slots
                .item(slot)
                .map(|(item, offset)| (item.content.into(), item.deleted, offset)),
            Self::Hash(view) => {
                let offset = view.item_offset(slot).unwrap_or_default();
                hash_slot(view, slot).map(|field| (field, false, offset))
            }
        }
    }
}

impl<S: PageSource> Work<'_, S> {
    /// Gives out the records of a page of keys and data: those in use, or with
    /// [`Origin::Deleted`] the others.
    pub(super) fn keyed_page<E: From<crate::Error>>(
        &mut self,
        pgno: PageNo,
        class: Option<Class>,
        origin: Origin,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        if !matches!(class, Some(Class::BtreeLeaf | Class::Hash)) {
            return Ok(());
        }
        let pages = self.pages;
        let Ok(bytes) = pages.raw(pgno) else {
            return Ok(());
        };
        let Some(view) = self.view(&bytes) else {
            return Ok(());
        };
        self.claim(pgno);
        if class == Some(Class::Hash) {
            return self.pairs(&view, &Items::Hash(view), origin, each);
        }
        let may_share_keys = self.shape.meta.as_ref().is_none_or(Meta::has_duplicates);
        if !may_share_keys {
            return self.pairs(&view, &Items::Leaf(Slots::new(view)), origin, each);
        }
        let (mended, any) = mend_key_lengths(&view);
        if any && origin != Origin::Deleted {
            self.report
                .find(Place::page(pgno), Rule::KeyLengthOrder, "");
        }
        let view = PageView {
            bytes: &mended,
            ..view
        };
        self.pairs(&view, &Items::Leaf(Slots::new(view)), origin, each)
    }

    fn pairs<E: From<crate::Error>>(
        &mut self,
        view: &PageView<'_>,
        items: &Items<'_>,
        origin: Origin,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let pgno = view.header.pgno;
        let mut buffer = Vec::new();
        // The key of the record before, by the place of its item: duplicates
        // on the page share one.
        let mut last: Option<(usize, Key<'_>)> = None;
        // A damaged page may state any number of entries.
        let room = view.bytes.len() / crate::layout::INDEX_ENTRY;
        let entries = view
            .header
            .entries
            .min(u16::try_from(room).unwrap_or(u16::MAX));
        for slot in (1..entries).step_by(2) {
            let key_slot = slot.saturating_sub(1);
            let (key_at, place) = (Place::slot(pgno, key_slot), Place::slot(pgno, slot));
            let (data, deleted, _) = match items.get(slot) {
                Ok(found) => found,
                Err(bad) => {
                    if origin != Origin::Deleted {
                        self.lose(place, bad);
                    }
                    continue;
                }
            };
            let wanted = match origin {
                Origin::Deleted => deleted,
                Origin::Live => !deleted,
                _ => true,
            };
            if !wanted {
                if origin == Origin::Live {
                    self.with_deleted.claim(pgno);
                    self.report.pass_over(self.mode == Mode::Careful);
                }
                continue;
            }
            if origin == Origin::Deleted && self.mode == Mode::Careful {
                // What belongs to a deleted item is no datum without key.
                if let Field::Duplicates(root) = data {
                    self.duplicates_of(root, place);
                }
                continue;
            }
            let key = match items.get(key_slot) {
                Err(bad) => {
                    self.lose(key_at, bad);
                    Key::Lost
                }
                Ok((_, _, offset)) if last.is_some_and(|(at, _)| at == offset) => {
                    last.map_or(Key::Lost, |(_, key)| key)
                }
                Ok((field, _, offset)) => {
                    let key = match field {
                        Field::Inline(bytes) => Key::InPage(bytes),
                        Field::Chain(first, len) => {
                            match self.chain((first, len), key_at, &mut buffer) {
                                Chain::Whole => Key::InBuffer,
                                Chain::Cut | Chain::Lost => Key::Lost,
                            }
                        }
                        Field::Set(_) | Field::Duplicates(_) => {
                            let found = "duplicates in the place of a key";
                            self.report.find(key_at, Rule::ItemType, found);
                            Key::Lost
                        }
                    };
                    last = Some((offset, key));
                    key
                }
            };
            let key = match key {
                Key::InPage(bytes) => Some(bytes),
                Key::InBuffer => Some(buffer.as_slice()),
                Key::Lost => None,
            };
            self.datum(Owner::Key(key), data, place, origin, each)?;
        }
        Ok(())
    }

    /// Gives out the record or records of one data item.
    pub(super) fn datum<E: From<crate::Error>>(
        &mut self,
        owner: Owner<'_>,
        data: Field<'_>,
        place: Place,
        origin: Origin,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        match data {
            Field::Inline(value) => {
                let origin = if origin == Origin::Live && self.is_directory_entry(value) {
                    Origin::Directory
                } else {
                    origin
                };
                self.value(owner, value, None, place, origin, each)
            }
            Field::Chain(first, len) => self.long_value(owner, (first, len), place, origin, each),
            Field::Set(set) => {
                let mut rest = set;
                loop {
                    match rest.split_first() {
                        Ok(None) => return Ok(()),
                        Ok(Some((value, after))) => {
                            self.value(owner, value, None, place, origin, each)?;
                            rest = after;
                        }
                        Err((len, _)) => {
                            // What follows cannot be told apart any more.
                            self.report.lost = self.report.lost.saturating_add(1);
                            let found = format!("{len} before");
                            self.report.find(place, Rule::DuplicateLength, found);
                            return Ok(());
                        }
                    }
                }
            }
            Field::Duplicates(root) => {
                let leaves = self.duplicates_of(root, place);
                if leaves.is_empty() {
                    self.report.lost = self.report.lost.saturating_add(1);
                }
                for leaf in leaves {
                    self.data_page(owner, leaf, origin, each)?;
                }
                Ok(())
            }
        }
    }

    /// Gives out a record whose value is in a chain.
    fn long_value<E: From<crate::Error>>(
        &mut self,
        owner: Owner<'_>,
        (first, stated): (PageNo, u32),
        place: Place,
        origin: Origin,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut value = Vec::new();
        match self.chain((first, stated), place, &mut value) {
            Chain::Whole => self.value(owner, &value, None, place, origin, each),
            Chain::Cut => self.value(owner, &value, Some(stated), place, origin, each),
            Chain::Lost => {
                self.report.lost = self.report.lost.saturating_add(1);
                if matches!(owner, Owner::Key(Some(_))) {
                    // The key at least.
                    return self.value(owner, &[], Some(stated), place, origin, each);
                }
                Ok(())
            }
        }
    }

    pub(super) fn value<E: From<crate::Error>>(
        &mut self,
        owner: Owner<'_>,
        value: &[u8],
        cut: Option<u32>,
        place: Place,
        origin: Origin,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let (key, number, state) = match (owner, cut) {
            (Owner::Key(None), None) => (None, None, State::KeyLost),
            (Owner::Key(None), Some(stated)) => (None, None, State::Fragment { stated }),
            (Owner::Key(key), None) => (key, None, State::Whole),
            (Owner::Key(key), Some(stated)) => (key, None, State::ValueCut { stated }),
            (Owner::Numbers(number), None) => (None, number, State::Whole),
            (Owner::Numbers(number), Some(stated)) => (None, number, State::ValueCut { stated }),
        };
        let record = Salvaged {
            key,
            value,
            number,
            page: place.page.unwrap_or_default(),
            slot: place.slot.unwrap_or_default(),
            state,
            origin,
        };
        self.give(record, each)
    }
}
