//! The pages of overflow chains.

use super::Effect;
use crate::layout::{FieldName as F, NO_PAGE, PageHeader, PageType};
use crate::recover::page::{Fresh, PageEdit};
use crate::recover::refusal::Result;

/// Opcodes up to version 5, and after.
const ADD: [u32; 2] = [0x30, 3];

impl Effect<'_, '_> {
    /// A page of a chain is added or removed.
    pub(super) fn overflow(&mut self) -> Result<()> {
        let (page, prev, next) = (
            self.u32(F::pgno),
            self.u32(F::prev_pgno),
            self.u32(F::next_pgno),
        );
        let data = self.body.bytes(F::dbt);
        let adds = self.is_opcode(ADD);
        let builds = adds == self.redoes();
        self.change(page, self.body.lsn(F::pagelsn), true, |edit| {
            if builds {
                build(edit, page, prev, next, data)
            } else {
                // It is freed by a record of its own.
                Some(())
            }
        })?;
        // The neighbours of a page that is removed are left alone from 4.0 on:
        // they are removed with it.
        if !adds && self.layout.version >= 5 {
            return Ok(());
        }
        // What the page before leads to, and the page after leads back to.
        let (to_next, to_prev) = match (adds, self.redoes()) {
            (true, true) => (page, NO_PAGE),
            (true, false) => (next, page),
            (false, true) => (next, NO_PAGE),
            (false, false) => (page, page),
        };
        let makes = self.redoes();
        self.change_link(prev, self.body.lsn(F::prevlsn), makes, |header| {
            header.next = to_next;
        })?;
        self.change_link(next, self.body.lsn(F::nextlsn), makes, |header| {
            header.prev = to_prev;
        })
    }

    /// The references to a chain are counted on its first page.
    pub(super) fn references(&mut self) -> Result<()> {
        let page = self.u32(F::pgno);
        let adjust = self.body.i32(F::adjust);
        let by = if self.redoes() {
            adjust
        } else {
            adjust.wrapping_neg()
        };
        self.change(page, self.body.lsn(F::lsn), false, |edit| {
            let count = i32::from(edit.header()?.entries).checked_add(by)?;
            let count = u16::try_from(count).ok()?;
            edit.change(|header| header.entries = count)
        })?;
        Ok(())
    }
}

/// Makes a page of a chain, to which one item refers.
fn build(edit: &mut PageEdit<'_>, pgno: u32, prev: u32, next: u32, data: &[u8]) -> Option<()> {
    edit.init(Fresh {
        pgno,
        prev,
        next,
        level: 0,
        page_type: PageType::Overflow as u8,
    })?;
    let len = u16::try_from(data.len()).ok()?;
    edit.change(|header: &mut PageHeader| {
        header.hf_offset = len;
        header.entries = 1;
    })?;
    edit.put(edit.layout.header_size(), data)
}
