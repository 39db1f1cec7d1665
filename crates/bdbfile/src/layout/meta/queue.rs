//! What a queue keeps on its metadata page, and where its records are.

use super::{generic, word_at};
use crate::layout::{Endian, PageLayout, PageNo, align4};

/// Set in the first byte of a record's slot: the record is there.
pub const QUEUE_RECORD_VALID: u8 = 0x01;
/// Set in the first byte of a record's slot: there has been a record.
pub const QUEUE_RECORD_SET: u8 = 0x02;

/// The fields of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueueFields {
    /// The number of the first record that may be there.
    pub first: u32,
    /// The number that the next record will get.
    pub next: u32,
    /// Length of a record in bytes.
    pub re_len: u32,
    /// Padding byte, as a number.
    pub re_pad: u32,
    /// Records a page.
    pub rec_page: u32,
    /// Pages an extent file, 0 when all are in the one file.
    pub page_ext: u32,
}

impl QueueFields {
    /// Whether there are records, and all of them in extent files, which are
    /// not among these pages: of those, with the metadata page, there are so
    /// many.
    pub fn pages_are_elsewhere(&self, pages: PageNo) -> bool {
        self.page_ext != 0 && self.first != self.next && pages <= 1
    }

    pub(super) fn read(endian: Endian, version: u32, page: &[u8]) -> Option<Self> {
        let field = |base: usize, index: usize| endian.u32(page, word_at(base, index));
        if version >= 3 {
            // first_recno, cur_recno, re_len, re_pad, rec_page, page_ext
            let at = |index| field(generic::END, index);
            return Some(Self {
                first: at(0)?,
                next: at(1)?,
                re_len: at(2)?,
                re_pad: at(3)?,
                rec_page: at(4)?,
                page_ext: at(5)?,
            });
        }
        // start, first, cur (the last one given out), re_len, re_pad, rec_page
        let base = if version == 1 {
            generic::END_3_0
        } else {
            generic::END
        };
        let at = |index| field(base, index);
        Some(Self {
            first: at(1)?,
            next: following(at(2)?),
            re_len: at(3)?,
            re_pad: at(4)?,
            rec_page: at(5)?,
            page_ext: 0,
        })
    }

    pub(super) fn write(&self, endian: Endian, page: &mut [u8]) {
        for (index, value) in [
            self.first,
            self.next,
            self.re_len,
            self.re_pad,
            self.rec_page,
            self.page_ext,
        ]
        .into_iter()
        .enumerate()
        {
            endian.put_u32(page, word_at(generic::END, index), value);
        }
    }

    /// Whether a record's number is one that the queue has given out and not
    /// yet taken back. Numbers begin again at 1.
    pub fn holds(&self, number: u32) -> bool {
        if self.first <= self.next {
            (self.first..self.next).contains(&number)
        } else {
            number != 0 && (number >= self.first || number < self.next)
        }
    }

    /// Bytes of the slot of a record: a flag byte, the record, padding.
    pub fn slot_size(&self) -> usize {
        align4((self.re_len as usize).saturating_add(1))
    }

    /// Whether a page has as many records as fit it, which every release puts
    /// there. With another number records would be looked for in wrong places.
    pub(crate) fn fills(&self, layout: PageLayout) -> bool {
        let room = layout.page_len().saturating_sub(layout.queue_header_size());
        let fit = room.checked_div(self.slot_size());
        self.rec_page != 0 && fit == Some(self.rec_page as usize)
    }

    /// The page of a record and its slot there; `None` for record 0 and where
    /// the fields are damaged.
    pub fn place(&self, record: u32) -> Option<(PageNo, u32)> {
        let index = record.checked_sub(1)?;
        let page = index.checked_div(self.rec_page)?;
        Some((page.checked_add(1)?, index.checked_rem(self.rec_page)?))
    }
}

/// The number of the record in a slot of a page, with `rec_page` records on
/// each; `None` past the last number that a record can have.
pub fn queue_number(rec_page: u32, pgno: PageNo, slot: u32) -> Option<u32> {
    let before = u64::from(pgno.checked_sub(1)?).checked_mul(rec_page.into())?;
    let index = before.checked_add(slot.into())?;
    u32::try_from(index.checked_add(1)?).ok()
}

/// The number after a record's: numbers begin again at 1.
const fn following(record: u32) -> u32 {
    match record.checked_add(1) {
        Some(next) => next,
        None => 1,
    }
}
