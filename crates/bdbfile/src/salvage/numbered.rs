//! Records with numbers in the place of keys: leaves of recno databases, pages
//! of queues.

use crate::error::{Place, Rule};
use crate::layout::{NO_PAGE, PageNo, queue_number};
use crate::read::claims::Claims;
use crate::salvage::census::Class;
use crate::salvage::duplicates::Owner;
use crate::salvage::passes::Work;
use crate::salvage::record::{Mode, Origin, Salvaged};
use crate::source::PageSource;

/// A record of a queue is there.
const VALID: u8 = 0x01;
/// It has been there.
const SET: u8 = 0x02;

/// Which of the leaves that recno databases and unsorted duplicates share the
/// form of are a recno database's.
enum Recno {
    All,
    None,
    /// The file has both: those below the root of a recno database.
    Some(Claims),
}

impl<S: PageSource> Work<'_, S> {
    /// Gives out the records of recno databases and queues.
    pub(super) fn numbered_pages<E: From<crate::Error>>(
        &mut self,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for pgno in 1..self.pages.count() {
            if self.census.sound(pgno) == Some(Class::Queue) {
                self.queue_page(pgno, Origin::Live, each)?;
            } else if self.census.unsound(pgno) == Some(Class::Queue)
                && self.mode == Mode::Aggressive
            {
                self.queue_page(pgno, Origin::UnsoundPage, each)?;
            }
        }
        let which = self.recno();
        if matches!(which, Recno::None) {
            return Ok(());
        }
        // First the rows that begin where they should: numbers are counted
        // along them. Then what is left of others, without numbers.
        for starts in [true, false] {
            for pgno in 1..self.pages.count() {
                let free = self.census.sound(pgno) == Some(Class::RecnoLeaf)
                    && !self.claims.is_claimed(pgno);
                if free
                    && let Some(header) = self.header(pgno)
                    && (header.prev == NO_PAGE || !starts)
                {
                    self.row(pgno, starts.then_some(1), &which, each)?;
                }
            }
        }
        Ok(())
    }

    fn row<E: From<crate::Error>>(
        &mut self,
        first: PageNo,
        number: Option<u32>,
        which: &Recno,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut row = Vec::new();
        let mut before = NO_PAGE;
        let mut pgno = first;
        let mut ours = matches!(which, Recno::All);
        // A row names each page by the one before it, and is as long as the
        // file at most.
        while self.census.sound(pgno) == Some(Class::RecnoLeaf)
            && !self.claims.is_claimed(pgno)
            && row.len() < self.pages.count() as usize
            && let Some(header) = self.header(pgno)
            && (before == NO_PAGE || header.prev == before)
        {
            if let Recno::Some(below) = which {
                ours |= below.is_claimed(pgno);
            }
            self.claim(pgno);
            row.push((pgno, header.entries));
            before = pgno;
            pgno = header.next;
        }
        let mut number = number.filter(|_| ours);
        for (pgno, entries) in row {
            let owner = if ours {
                Owner::Numbers(number)
            } else {
                Owner::Key(None)
            };
            self.data_page(owner, pgno, Origin::Live, each)?;
            number = number.and_then(|number| number.checked_add(u32::from(entries)));
        }
        Ok(())
    }

    fn recno(&self) -> Recno {
        let first = self.shape.meta.as_ref();
        if let Some(meta) = first.filter(|meta| !meta.is_directory()) {
            return if meta.is_recno() {
                Recno::All
            } else {
                Recno::None
            };
        }
        let metas = &self.census.metas;
        if metas.is_empty() {
            return if self.census.keyed == 0 {
                Recno::All
            } else {
                Recno::None
            };
        }
        if !metas.iter().any(crate::layout::Meta::is_recno) {
            return Recno::None;
        }
        let unsorted =
            |meta: &crate::layout::Meta| meta.has_duplicates() && !meta.has_sorted_duplicates();
        if !metas.iter().any(unsorted) {
            return Recno::All;
        }
        let below = Claims::new(self.pages.count());
        for meta in metas.iter().filter(|meta| meta.is_recno()) {
            if let Some(fields) = meta.btree() {
                self.leaves_below(fields.root, &below);
            }
        }
        Recno::Some(below)
    }

    fn queue_page<E: From<crate::Error>>(
        &mut self,
        pgno: PageNo,
        origin: Origin,
        each: &mut impl FnMut(Salvaged<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let Some(shape) = self.shape.queue else {
            let place = Place::page(pgno);
            self.report.find(place, Rule::QueueFields, "not known");
            return Ok(());
        };
        let pages = self.pages;
        let Ok(bytes) = pages.raw(pgno) else {
            return Ok(());
        };
        self.claim(pgno);
        for slot in 0..shape.rec_page {
            let start = pages.layout().queue_slot_at(slot, shape.slot_size());
            let Some((flags, rest)) = bytes.get(start..).and_then(<[u8]>::split_first) else {
                break;
            };
            let Some(value) = rest.get(..shape.re_len as usize) else {
                break;
            };
            let number = queue_number(shape.rec_page, pgno, slot);
            let inside = number.is_some_and(|number| shape.has(number));
            let origin = match (flags & VALID != 0 && inside, flags & (VALID | SET) != 0) {
                (true, _) => origin,
                (false, true) if self.mode == Mode::Aggressive => Origin::Deleted,
                (false, was) => {
                    self.report.pass_over(was);
                    continue;
                }
            };
            let place = Place::slot(pgno, u16::try_from(slot).unwrap_or(u16::MAX));
            self.value(Owner::Numbers(number), value, None, place, origin, each)?;
        }
        Ok(())
    }
}
