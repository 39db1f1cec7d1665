//! A hash table gets one more bucket.

use super::hash::empty_bucket;
use super::space::set_last;
use super::{CUTS, Effect};
use crate::layout::{FieldName as F, HashFields, Meta, Method, PageNo};
use crate::recover::limbo;
use crate::recover::refusal::Result;

/// What a record says of the new bucket.
#[derive(Debug, Clone, Copy)]
struct Growth {
    /// The number of the bucket.
    number: u32,
    /// Whether it is the first of a doubling.
    doubles: bool,
    /// The last of the pages that it brings.
    last: PageNo,
    /// Where that makes the pages of a doubling: which doubling, and what leads
    /// from the numbers of its buckets to their pages.
    spare: Option<(usize, u32)>,
}

impl Growth {
    /// The table has the bucket.
    fn redo(self, fields: &mut HashFields) -> Option<()> {
        fields.max_bucket = fields.max_bucket.checked_add(1)?;
        if self.doubles {
            fields.low_mask = fields.high_mask;
            fields.high_mask = self.number | fields.low_mask;
        }
        Some(())
    }

    /// It has the bucket no more. Where files are cut the pages of a doubling
    /// go too.
    fn undo(self, fields: &mut HashFields, cuts: bool) -> Option<()> {
        fields.max_bucket = fields.max_bucket.checked_sub(1)?;
        if self.doubles {
            fields.high_mask = fields.low_mask;
            fields.low_mask = fields.high_mask >> 1;
        }
        if let Some((doubling, _)) = self.spare.filter(|_| cuts) {
            *fields.spares.get_mut(doubling)? = 0;
        }
        Some(())
    }

    /// It is known where the pages of the doubling are.
    fn note(self, fields: &mut HashFields) -> Option<()> {
        if let Some((doubling, start)) = self.spare {
            *fields.spares.get_mut(doubling)? = start;
        }
        Some(())
    }
}

impl Effect<'_, '_> {
    /// A table gets one more bucket, and its number of pages doubles where that
    /// takes the number of buckets past a power of two.
    pub(super) fn hash_grow(&mut self) -> Result<()> {
        let growth = self.growth()?;
        let (redoes, cuts) = (self.redoes(), self.layout.version >= CUTS);
        let old = self.is_old();
        if redoes || !(old || cuts) {
            self.pages.extend(self.file, growth.last)?;
        }
        let page_type = self.bucket_type();
        self.change(growth.last, self.body.lsn(F::pagelsn), true, |edit| {
            empty_bucket(edit, growth.last, page_type)
        })?;

        let table = if old { self.meta } else { self.u32(F::mpgno) };
        let master = if old { table } else { self.u32(F::mmpgno) };
        let before_last = self.u32(F::last_pgno);
        let lengthen = |meta: &mut Meta| {
            if cuts {
                set_last(meta, redoes, growth.last, before_last);
            }
        };
        let of_table = self.body.lsn(F::metalsn);
        let is_due = self.is_due(table, of_table, false)?;
        // Pages that are there stay known, whatever becomes of the bucket.
        let is_unknown = (redoes || !cuts) && self.is_unknown(table, growth)?;
        if is_due || is_unknown {
            let after = if is_due {
                self.after(of_table)
            } else {
                self.pages.lsn(self.file, table)?.unwrap_or_default()
            };
            self.apply_meta(table, after, |meta| {
                if is_due && master == table {
                    lengthen(meta);
                }
                let Method::Hash(fields) = &mut meta.method else {
                    return None;
                };
                if is_due && redoes {
                    growth.redo(fields)?;
                } else if is_due {
                    growth.undo(fields, cuts)?;
                }
                if is_unknown {
                    growth.note(fields)?;
                }
                Some(())
            })?;
        }
        if master != table {
            self.change_meta(master, self.body.lsn(F::mmetalsn), |meta| {
                lengthen(meta);
                Some(())
            })?;
        }
        Ok(())
    }

    /// Whether the record is of a version that names no metadata page: up to
    /// 3.3.
    fn is_old(&self) -> bool {
        self.layout.version <= 4
    }

    fn growth(&self) -> Result<Growth> {
        let bucket = self.u32(F::bucket);
        let page = self.u32(F::pgno);
        let number = bucket.wrapping_add(1);
        let doubles = number.is_power_of_two();
        let allocates = if self.is_old() {
            doubles
        } else {
            self.u32(F::newalloc) != 0
        };
        // All pages of a doubling are made by touching the last of them.
        let last = if allocates {
            page.checked_add(bucket)
        } else {
            Some(page)
        };
        let spare = number
            .checked_ilog2()
            .and_then(|log| usize::try_from(log).ok()?.checked_add(1))
            .zip(page.checked_sub(number))
            .filter(|(_, start)| allocates && *start != 0);
        Ok(Growth {
            number,
            doubles,
            last: last.ok_or_else(|| self.unfit(page))?,
            spare,
        })
    }

    /// Whether a table does not know where the pages of a doubling are.
    fn is_unknown(&mut self, table: PageNo, growth: Growth) -> Result<bool> {
        let Some((doubling, _)) = growth.spare else {
            return Ok(false);
        };
        let meta = limbo::meta_at(self.pages, self.file, table)?;
        let fields = meta.as_ref().and_then(Meta::hash);
        Ok(fields.and_then(|fields| fields.spares.get(doubling)) == Some(&0))
    }
}
