//! The records of queues. Here order decides, not equality: a record is redone
//! on a page that stands before it, and undone whatever the page stands at.

use super::Effect;
use crate::layout::{
    FieldName as F, Lsn, Meta, Method, PageNo, PageType, QUEUE_RECORD_SET, QUEUE_RECORD_VALID,
    QueueFields,
};
use crate::recover::limbo;
use crate::recover::page::PageEdit;
use crate::recover::refusal::{Refusal, Result};

/// Bits of the opcode of a move of both ends.
const SET_FIRST: u32 = 1;
const SET_CURRENT: u32 = 2;
const TRUNCATE: u32 = 4;

/// In the flags of an old record: there was one.
const WAS_VALID: u32 = 1;

impl Effect<'_, '_> {
    /// The metadata page and its fields.
    fn queue(&mut self) -> Result<(Meta, QueueFields)> {
        let meta = limbo::meta(self.pages, self.file)?;
        let fields = meta.as_ref().and_then(Meta::queue).copied();
        let Some((meta, fields)) = meta.zip(fields) else {
            return Err(self.unfit(0));
        };
        if fields.page_ext != 0 {
            return Err(Refusal::File {
                name: self.pages.name(self.file),
                found: "the records of the queue are in extent files, whose logs are not replayed"
                    .to_owned(),
            }
            .into());
        }
        Ok((meta, fields))
    }

    /// Changes the ends of the queue. Their page's LSN says nothing of them.
    fn move_ends(&mut self, change: impl FnOnce(&mut QueueFields)) -> Result<()> {
        let lsn = self.pages.lsn(self.file, 0)?.unwrap_or_default();
        self.apply_meta(0, lsn, |meta| {
            if let Method::Queue(fields) = &mut meta.method {
                change(fields);
            }
            Some(())
        })
    }

    /// Changes the slot of a record where that is due.
    fn change_record(
        &mut self,
        before: Lsn,
        change: impl FnOnce(&mut [u8], &QueueFields) -> Option<()>,
    ) -> Result<bool> {
        let (_, fields) = self.queue()?;
        let page = self.u32(F::pgno);
        let (found, _) = self.made(page)?;
        if self.redoes() && found >= self.lsn {
            return Ok(false);
        }
        let after = if self.redoes() {
            self.lsn
        } else if found >= self.lsn {
            before
        } else {
            found
        };
        let index = self.u32(F::indx);
        self.apply(page, after, |edit| {
            queue_page(edit, page)?;
            let start = edit.layout.queue_header_size();
            let size = fields.slot_size();
            let at = usize::try_from(index)
                .ok()?
                .checked_mul(size)?
                .checked_add(start)?;
            change(edit.bytes.get_mut(at..at.checked_add(size)?)?, &fields)
        })?;
        Ok(true)
    }

    /// A record is put.
    pub(super) fn queue_add(&mut self) -> Result<()> {
        let record = self.u32(F::recno);
        let (data, old) = (self.body.bytes(F::data), self.body.bytes(F::olddata));
        let was_valid = self.u32(F::vflag) & WAS_VALID != 0;
        let redoes = self.redoes();
        self.change_record(self.body.lsn(F::lsn), |slot, fields| {
            let (flags, bytes) = if redoes {
                (QUEUE_RECORD_SET | QUEUE_RECORD_VALID, data)
            } else if old.is_empty() {
                (0, old)
            } else if was_valid {
                (QUEUE_RECORD_SET | QUEUE_RECORD_VALID, old)
            } else {
                (QUEUE_RECORD_SET, old)
            };
            let (flag, rest) = slot.split_first_mut()?;
            *flag = flags;
            if flags != 0 {
                let room = rest.get_mut(..fields.re_len as usize)?;
                room.fill(u8::try_from(fields.re_pad & 0xff).ok()?);
                room.get_mut(..bytes.len())?.copy_from_slice(bytes);
            }
            Some(())
        })?;
        if redoes {
            let moves_current = self.layout.version >= 5;
            self.move_ends(|fields| {
                if is_before(record, fields.first) {
                    fields.first = record;
                }
                if moves_current && !is_before(record, fields.next) {
                    fields.next = record.wrapping_add(1).max(1);
                }
            })?;
        }
        Ok(())
    }

    /// A record is deleted.
    pub(super) fn queue_delete(&mut self) -> Result<()> {
        let record = self.u32(F::recno);
        let data = self.body.bytes(F::data);
        let has_data = self.body.has(F::data);
        let redoes = self.redoes();
        self.change_record(self.body.lsn(F::lsn), |slot, _| {
            let (flag, rest) = slot.split_first_mut()?;
            if redoes {
                *flag &= !QUEUE_RECORD_VALID;
            } else {
                *flag |= QUEUE_RECORD_VALID;
                if has_data {
                    *flag |= QUEUE_RECORD_SET;
                    rest.get_mut(..data.len())?.copy_from_slice(data);
                }
            }
            Some(())
        })?;
        if !redoes {
            self.move_ends(|fields| {
                if is_before(record, fields.first) {
                    fields.first = record;
                }
            })?;
        }
        Ok(())
    }

    /// The end of the queue moves on by one, and never back.
    pub(super) fn queue_current(&mut self) -> Result<()> {
        if self.layout.version > 3 || self.pages.lsn(self.file, 0)? != Some(self.body.lsn(F::lsn)) {
            return Ok(());
        }
        self.apply_meta(0, self.lsn, |meta| {
            if let Method::Queue(fields) = &mut meta.method {
                fields.next = fields.next.wrapping_add(1).max(1);
            }
            Some(())
        })
    }

    /// The head of the queue moves on over what is deleted. From 5.0 on this is
    /// logged before the deletion itself, and libdb does not look whether the
    /// record is gone: a head that stays behind hides no record, one that is
    /// too far ahead does.
    pub(super) fn queue_first(&mut self) -> Result<()> {
        let record = self.u32(F::recno);
        let (_, fields) = self.queue()?;
        if !self.redoes() {
            return self.move_ends(|fields| {
                if is_before(record, fields.first) {
                    fields.first = record;
                }
            });
        }
        let first = first_in_use(fields.first, fields.next, record, |record| {
            self.holds(&fields, record)
        })?;
        if first != fields.first {
            self.move_ends(|fields| fields.first = first)?;
        }
        Ok(())
    }

    /// Whether a record of the queue is there; `None` where its page lies
    /// beyond the end of the file.
    fn holds(&mut self, fields: &QueueFields, record: u32) -> Result<Option<bool>> {
        let Some((page, index)) = fields.place(record) else {
            return Ok(None);
        };
        let layout = self.pages.layout(self.file);
        let at = (index as usize)
            .saturating_mul(fields.slot_size())
            .saturating_add(layout.queue_header_size());
        let page = self.pages.page(self.file, page)?;
        Ok(page.map(|page| {
            let flags = page.get(at).copied().unwrap_or_default();
            flags & QUEUE_RECORD_VALID != 0
        }))
    }

    /// Both ends move.
    pub(super) fn queue_ends(&mut self) -> Result<()> {
        let opcode = self.u32(F::opcode);
        let before = self.body.lsn(F::metalsn);
        let (old_first, new_first) = (self.u32(F::old_first), self.u32(F::new_first));
        let (old_next, new_next) = (self.u32(F::old_cur), self.u32(F::new_cur));
        self.queue()?;
        let redoes = self.redoes() || self.layout.version <= 4;
        if !redoes && opcode & TRUNCATE == 0 {
            return Ok(());
        }
        let due = if redoes {
            self.pages.lsn(self.file, 0)? == Some(before)
        } else {
            self.pages.lsn(self.file, 0)? == Some(self.lsn)
        };
        if !due {
            return Ok(());
        }
        let after = if redoes { self.lsn } else { before };
        self.apply_meta(0, after, |meta| {
            if let Method::Queue(fields) = &mut meta.method {
                if opcode & (SET_FIRST | TRUNCATE) != 0 {
                    fields.first = if redoes { new_first } else { old_first };
                }
                if opcode & (SET_CURRENT | TRUNCATE) != 0 {
                    fields.next = if redoes { new_next } else { old_next };
                }
            }
            Some(())
        })
    }
}

/// Whether a record's number comes before another, as numbers begin again after
/// the last.
fn is_before(record: u32, other: u32) -> bool {
    record != other && other.wrapping_sub(record) < u32::MAX / 2
}

/// The first record from `first` on that is there, at most one past `last`; the
/// end of the queue, `next`, where none is. `holds` tells of a record whether it
/// is there, and nothing where its page lies beyond the end of the file.
fn first_in_use(
    first: u32,
    next: u32,
    last: u32,
    mut holds: impl FnMut(u32) -> Result<Option<bool>>,
) -> Result<u32> {
    let mut at = first;
    while at != next && !is_before(last, at) {
        let past = |record: u32| record.wrapping_add(1).max(1);
        at = match holds(at)? {
            Some(true) => break,
            Some(false) => past(at),
            // Nor has any number up to the largest a page. There may be four
            // thousand million of them in a file of two pages.
            None => {
                let far = |to: &u32| to.wrapping_sub(at).wrapping_sub(1);
                [next, past(last), 1]
                    .into_iter()
                    .min_by_key(far)
                    .unwrap_or(next)
            }
        };
    }
    Ok(at)
}

/// Makes a page that was never written one of a queue.
fn queue_page(edit: &mut PageEdit<'_>, page: PageNo) -> Option<()> {
    edit.change(|header| {
        header.pgno = page;
        header.page_type = PageType::QueueData as u8;
    })
}

#[cfg(test)]
mod tests {
    use super::first_in_use;

    /// Asks of a queue with pages for the records up to `paged`, of which `there`
    /// are there: what is found, and how many records were looked at.
    fn ask((first, next, last): (u32, u32, u32), paged: u32, there: &[u32]) -> (u32, u32) {
        let mut looked = 0;
        let found = first_in_use(first, next, last, |record| {
            looked += 1;
            Ok((record <= paged).then(|| there.contains(&record)))
        });
        (found.ok().unwrap(), looked)
    }

    #[test]
    fn the_head_moves_to_the_first_record_that_is_there() {
        assert_eq!(ask((3, 9, 6), 20, &[5, 6, 7]).0, 5);
        assert_eq!(ask((3, 9, 4), 20, &[5, 6, 7]).0, 5);
        assert_eq!(ask((3, 9, 4), 20, &[]).0, 5);
        assert_eq!(ask((3, 9, 30), 20, &[]).0, 9);
        // Numbers begin again after the last.
        assert_eq!(ask((u32::MAX - 1, 4, 2), u32::MAX, &[2, 3]).0, 2);
    }

    // A damaged head or end of a queue kept a recovery busy for minutes, over
    // records that no page is there for.
    #[test]
    fn records_without_a_page_are_passed_at_once() {
        assert_eq!(
            ask((3, 3_000_000_000, 2_000_000_000), 9, &[]),
            (2_000_000_001, 8)
        );
        assert_eq!(
            ask((3, 1_000_000_000, 2_000_000_000), 9, &[]),
            (1_000_000_000, 8)
        );
        assert_eq!(ask((3_000_000_000, 8, 7), 9, &[6]), (6, 7));
        assert_eq!(
            ask((1, 2_000_000_000, 1_900_000_000), 0, &[]),
            (1_900_000_001, 1)
        );
    }
}
