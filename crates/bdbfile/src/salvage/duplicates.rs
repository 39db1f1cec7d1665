//! Data of one key that moved off the key's page: to a tree of their own, or
//! up to 3.0 to a chain of pages. Where an item still names them they have its
//! key, else none.

use crate::error::{Place, Rule};
use crate::layout::{Item, NO_PAGE, PageNo, internal_child, recno_child};
use crate::read::claims::Claims;
use crate::salvage::census::Class;
use crate::salvage::passes::Work;
use crate::salvage::record::{Mode, Origin, Salvaged};
use crate::salvage::slots::Slots;
use crate::source::PageSource;

/// Whose the data on a page are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Owner<'k> {
    /// A key's, if it is known.
    Key(Option<&'k [u8]>),
    /// A recno database's; the number of the first, if it is known.
    Numbers(Option<u32>),
}

impl Owner<'_> {
    /// The owner of the item in a slot.
    fn at(self, slot: u16) -> Self {
        match self {
            Self::Key(_) => self,
            Self::Numbers(first) => {
                Self::Numbers(first.and_then(|first| first.checked_add(u32::from(slot))))
            }
        }
    }
}

impl<S: PageSource> Work<'_, S> {
    /// The pages with the data of a set of duplicates, claimed, in order.
    pub(super) fn duplicates_of(&mut self, root: PageNo, place: Place) -> Vec<PageNo> {
        let class = self.census.sound(root);
        let Some(kind) = class.filter(|_| !self.claims.is_claimed(root)) else {
            let found = format!("duplicates at page {root}");
            self.report.find(place, Rule::DuplicatesLost, found);
            return Vec::new();
        };
        let (mut leaves, missing) = match kind {
            Class::DuplicateChain => {
                let mut found = Vec::new();
                if self.claims.claim(root) {
                    found.push(root);
                }
                (found, 0)
            }
            // A leaf with neighbours is no root: it belongs to another set.
            Class::DuplicateLeaf | Class::RecnoLeaf
                if self
                    .header(root)
                    .is_none_or(|header| (header.prev, header.next) != (NO_PAGE, NO_PAGE)) =>
            {
                (Vec::new(), 1)
            }
            Class::DuplicateLeaf
            | Class::RecnoLeaf
            | Class::BtreeInternal
            | Class::RecnoInternal => self.leaves_below(root, &self.claims),
            _ => (Vec::new(), 1),
        };
        self.add_neighbours(&mut leaves);
        if missing > 0 {
            let found = format!("{missing} pages below page {root}");
            self.report.find(place, Rule::DuplicatesLost, found);
        }
        leaves
    }

    /// The leaves below a root, and how many pages there were not to be had.
    /// Every page is claimed once, so this ends.
    pub(super) fn leaves_below(&self, root: PageNo, claims: &Claims) -> (Vec<PageNo>, u64) {
        let mut leaves = Vec::new();
        let mut missing = 0_u64;
        let mut todo = vec![(root, None)];
        while let Some((pgno, wanted)) = todo.pop() {
            let (Some(class), Some(header)) = (self.census.sound(pgno), self.header(pgno)) else {
                missing = missing.saturating_add(1);
                continue;
            };
            let level = header.level;
            let leaf = matches!(class, Class::DuplicateLeaf | Class::RecnoLeaf);
            let inner = matches!(class, Class::BtreeInternal | Class::RecnoInternal);
            let sorted = matches!(class, Class::DuplicateLeaf | Class::BtreeInternal);
            let fits = wanted.is_none_or(|wanted| wanted == (level, sorted));
            if !(leaf || inner) || !fits || !claims.claim(pgno) {
                missing = missing.saturating_add(1);
            } else if leaf {
                leaves.push(pgno);
            } else {
                let (children, bad) = self.children(pgno, class);
                missing = missing.saturating_add(bad);
                let below = (level.saturating_sub(1), sorted);
                todo.extend(children.into_iter().rev().map(|child| (child, Some(below))));
            }
        }
        (leaves, missing)
    }

    fn children(&self, pgno: PageNo, class: Class) -> (Vec<PageNo>, u64) {
        let mut found = Vec::new();
        let mut bad = 0_u64;
        let Ok(bytes) = self.pages.raw(pgno) else {
            return (found, 1);
        };
        let Some(view) = self.view(&bytes) else {
            return (found, 1);
        };
        for slot in 0..view.header.entries {
            let offset = view.item_offset(slot).unwrap_or_default();
            let child = if offset < view.index_end() {
                None
            } else if class == Class::RecnoInternal {
                recno_child(view.layout.endian, view.bytes, offset).ok()
            } else {
                internal_child(view.layout, view.bytes, offset)
                    .ok()
                    .map(|(child, _)| child)
            };
            match child {
                Some(child) if child != NO_PAGE => found.push(child),
                _ => bad = bad.saturating_add(1),
            }
        }
        (found, bad)
    }

    /// Adds the neighbours of leaves, and theirs, where both say that they are:
    /// those below an internal page that is lost.
    fn add_neighbours(&self, leaves: &mut Vec<PageNo>) {
        let mut index = 0;
        while let Some(&pgno) = leaves.get(index) {
            index = index.saturating_add(1);
            let (Some(class), Some(header)) = (self.census.sound(pgno), self.header(pgno)) else {
                continue;
            };
            for (other, forward) in [(header.next, true), (header.prev, false)] {
                if self.census.sound(other) == Some(class)
                    && let Some(found) = self.header(other)
                    && pgno == if forward { found.prev } else { found.next }
                    && self.claims.claim(other)
                {
                    leaves.push(other);
                }
            }
        }
    }

    /// Gives out data whose key is not known.
    pub(super) fn keyless_page<E: From<crate::Error>>(
        &mut self,
        pgno: PageNo,
        class: Option<Class>,
        origin: Origin,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let has_data = matches!(
            class,
            Some(Class::RecnoLeaf | Class::DuplicateLeaf | Class::DuplicateChain)
        );
        if has_data && self.claims.claim(pgno) {
            self.data_page(Owner::Key(None), pgno, origin, each)?;
        }
        Ok(())
    }

    /// Gives out the data of a page that has one item for each slot.
    pub(super) fn data_page<E: From<crate::Error>>(
        &mut self,
        owner: Owner<'_>,
        pgno: PageNo,
        origin: Origin,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let pages = self.pages;
        let Ok(bytes) = pages.raw(pgno) else {
            return Ok(());
        };
        let Some(view) = self.view(&bytes) else {
            return Ok(());
        };
        let slots = Slots::new(view);
        let room = view.bytes.len() / crate::layout::INDEX_ENTRY;
        let entries = view
            .header
            .entries
            .min(u16::try_from(room).unwrap_or(u16::MAX));
        for slot in 0..entries {
            let place = Place::slot(pgno, slot);
            let item = match slots.item(slot) {
                Ok((item, _)) => item,
                Err(bad) => {
                    self.lose(place, bad);
                    continue;
                }
            };
            let origin = match (item.deleted, self.mode) {
                (false, _) => origin,
                (true, Mode::Aggressive) => Origin::Deleted,
                (true, Mode::Careful) => {
                    self.report.pass_over(true);
                    continue;
                }
            };
            match item.content {
                Item::Duplicates { .. } => {
                    self.report.lost = self.report.lost.saturating_add(1);
                    let found = "duplicates of a duplicate";
                    self.report.find(place, Rule::ItemType, found);
                }
                content => self.datum(owner.at(slot), content.into(), place, origin, each)?,
            }
        }
        Ok(())
    }
}
