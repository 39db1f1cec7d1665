//! What the records do to pages, each once as redo and once as undo.
//!
//! * `tree`: items, slots and roots of btrees and recno trees.
//! * `split`: a page becomes two, a root takes the place of its only child.
//! * `overflow`: the pages of overflow chains.
//! * `space`: pages are allocated and freed.
//! * `compact`: databases are emptied and compacted.
//! * `hash`: the buckets of hash tables; `grow`: a table gets one more.
//! * `queue`: the records of queues.
//!
//! The rule for every page is that of `docs/recovery.md`: a record is redone on
//! a page that stands at the LSN which the record names as the one before it,
//! and undone on a page that stands at the record's own. Equality decides, not
//! order.

mod compact;
mod grow;
mod hash;
mod overflow;
mod queue;
mod space;
mod split;
mod tree;

pub(super) use space::free_page;

use super::gone::Gone;
use super::limbo::Limbo;
use super::page::PageEdit;
use super::pages::{FileNo, Pages};
use super::refusal::{Refusal, Result};
use crate::layout::{FieldName, LogBody, LogLayout, LogOp, Lsn, Meta, NO_PAGE, PageNo};

/// Which way a record is replayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Its transaction committed: pages are brought from before it to after it.
    Redo,
    /// It did not: the reverse.
    Undo,
}

/// A record about to be replayed on the pages of its file.
pub(super) struct Effect<'p, 'r> {
    pub(super) pages: &'p mut Pages,
    pub(super) limbo: &'p mut Limbo,
    pub(super) gone: &'p mut Gone,
    pub(super) file: FileNo,
    /// The metadata page of the database, for records that do not name it.
    pub(super) meta: PageNo,
    pub(super) lsn: Lsn,
    pub(super) layout: LogLayout,
    pub(super) turn: Turn,
    pub(super) body: &'r LogBody<'r>,
    /// Pages that were changed.
    pub(super) changed: u64,
}

/// Whether a record changes pages of databases.
pub(super) fn changes_pages(op: LogOp) -> bool {
    !matches!(
        op,
        LogOp::Register
            | LogOp::Commit
            | LogOp::Checkpoint
            | LogOp::Child
            | LogOp::Prepare
            | LogOp::Recycle
            | LogOp::Cursor
            | LogOp::Debug
            | LogOp::BadChecksum
            | LogOp::Prepared
    ) && !changes_files(op)
}

/// Whether a record makes, renames or removes files.
pub(super) fn changes_files(op: LogOp) -> bool {
    matches!(
        op,
        LogOp::ExtentRemove
            | LogOp::ExtentRename
            | LogOp::FileOpen
            | LogOp::MetaPage
            | LogOp::FileRename
            | LogOp::FileDelete
            | LogOp::FileReplaced
            | LogOp::FileCreate
            | LogOp::FileRemove
            | LogOp::FileWrite
    )
}

/// Whether a record can be replayed. The one that cannot was met in no log.
pub(super) fn is_replayed(op: LogOp) -> bool {
    op != LogOp::HashCompact
}

/// From this version on an abort makes a file as long as it was, and a file
/// keeps its length on its metadata page. Before it the pages stay, in limbo.
pub(super) const CUTS: u32 = 10;

/// Whether a record makes a file longer. Before files are cut these are gone through on the way
/// forwards for transactions without a commit too, as what is undone there: the
/// file may have been made only now, and later records count on its length.
pub(super) fn lengthens(op: LogOp) -> bool {
    matches!(op, LogOp::Allocate | LogOp::HashGrow | LogOp::HashGroup)
}

impl Effect<'_, '_> {
    /// Replays the record.
    pub(super) fn replay(&mut self) -> Result<()> {
        match self.body.kind.op {
            LogOp::Item => self.item(),
            LogOp::Slot => self.slot(),
            LogOp::Count => self.count(),
            LogOp::Mark => self.mark(),
            LogOp::Replace => self.replace(),
            LogOp::Root => self.root(),
            LogOp::Relink => self.relink(),
            LogOp::Touch => self.touch(),
            LogOp::MetaSub => self.first_image(),
            LogOp::Split => self.split(),
            LogOp::ReverseSplit => self.reverse_split(),
            LogOp::Overflow => self.overflow(),
            LogOp::OverflowReferences => self.references(),
            LogOp::Allocate => self.allocate(),
            LogOp::Free => self.free(),
            LogOp::New => self.take_from_limbo(),
            LogOp::HashPair => self.hash_pair(),
            LogOp::HashPage => self.hash_page(),
            LogOp::HashSplit => self.hash_split(),
            LogOp::HashReplace => self.hash_replace(),
            LogOp::HashCopy => self.hash_copy(),
            LogOp::HashGrow => self.hash_grow(),
            LogOp::HashGroup => self.hash_group(),
            LogOp::QueueAdd => self.queue_add(),
            LogOp::QueueDelete => self.queue_delete(),
            LogOp::QueueCurrent => self.queue_current(),
            LogOp::QueueFirst => self.queue_first(),
            LogOp::QueueEnds => self.queue_ends(),
            LogOp::ReplaceInternal => self.replace_internal(),
            LogOp::Init => self.empty_page(),
            LogOp::Merge => self.merge(),
            LogOp::Renumber => self.renumber(),
            LogOp::Truncate => self.truncate(),
            LogOp::HashContract => self.contract(),
            _ => Err(Refusal::Record {
                lsn: self.lsn,
                found: format!("{} is not replayed", self.body.kind.name),
            }
            .into()),
        }
    }

    fn redoes(&self) -> bool {
        self.turn == Turn::Redo
    }

    fn u32(&self, field: FieldName) -> u32 {
        self.body.u32(field)
    }

    /// A number of a slot, or of items.
    fn u16(&self, field: FieldName, page: PageNo) -> Result<u16> {
        u16::try_from(self.body.u32(field)).map_err(|_| self.unfit(page))
    }

    /// The error for a page that the record cannot have changed.
    fn unfit(&self, page: PageNo) -> super::refusal::Stop {
        Refusal::Page {
            name: self.pages.name(self.file),
            page,
            lsn: self.lsn,
            what: self.body.kind.name,
        }
        .into()
    }

    /// Whether the record is to be replayed on a page. On the way forwards a
    /// page that is not there is made, where the record `makes` what is on it.
    fn is_due(&mut self, page: PageNo, before: Lsn, makes: bool) -> Result<bool> {
        let found = self.pages.lsn(self.file, page)?;
        if self.turn == Turn::Undo {
            return Ok(found == Some(self.lsn));
        }
        let found = match found {
            Some(found) => found,
            None if makes && !self.cuts() => {
                self.pages.extend(self.file, page)?;
                Lsn::ZERO
            }
            // It may have been cut off later: then the log says so, or makes it
            // anew.
            None if self.cuts() => return self.passes_over(page, before),
            None => {
                return Err(Refusal::PageMissing {
                    name: self.pages.name(self.file),
                    page,
                    lsn: self.lsn,
                }
                .into());
            }
        };
        if found == Lsn::ZERO && before.is_logged() && self.cuts() {
            return self.passes_over(page, before);
        }
        self.stands_at(page, found, before)
    }

    /// Whether aborts cut files, in the version of the log.
    fn cuts(&self) -> bool {
        self.layout.version >= CUTS
    }

    /// A page lacks changes because it is not there any more: that must come
    /// out before the log ends.
    fn passes_over(&mut self, page: PageNo, needed: Lsn) -> Result<bool> {
        self.gone.note(self.file, page, needed, self.lsn)?;
        Ok(false)
    }

    /// Whether a page stands where the record needs it for a redo: an error if
    /// it lacks a change, not if it has the record's and more.
    fn stands_at(&self, page: PageNo, found: Lsn, before: Lsn) -> Result<bool> {
        if found == before || (!found.is_logged() && !before.is_logged()) {
            return Ok(true);
        }
        // A page written without a log carries its mark until it is changed
        // under one.
        if found < before && found != Lsn::NOT_LOGGED {
            return Err(Refusal::ChangeMissing {
                name: self.pages.name(self.file),
                page,
                found,
                needed: before,
                lsn: self.lsn,
            }
            .into());
        }
        Ok(false)
    }

    /// The LSN of a page that has been changed: the record's, or the one before.
    fn after(&self, before: Lsn) -> Lsn {
        match self.turn {
            Turn::Redo => self.lsn,
            Turn::Undo => before,
        }
    }

    /// Changes a page where that is due, and puts its new LSN on it.
    fn change(
        &mut self,
        page: PageNo,
        before: Lsn,
        makes: bool,
        change: impl FnOnce(&mut PageEdit<'_>) -> Option<()>,
    ) -> Result<bool> {
        if !self.is_due(page, before, makes)? {
            return Ok(false);
        }
        let after = self.after(before);
        self.apply(page, after, change)?;
        Ok(true)
    }

    /// Changes a page and puts an LSN on it.
    fn apply(
        &mut self,
        page: PageNo,
        after: Lsn,
        change: impl FnOnce(&mut PageEdit<'_>) -> Option<()>,
    ) -> Result<()> {
        let done = match self.pages.edit(self.file, page)? {
            Some(mut edit) => change(&mut edit).map(|()| edit.set_lsn(after)),
            None => None,
        };
        self.changed = self.changed.saturating_add(1);
        done.ok_or_else(|| self.unfit(page))
    }

    /// Changes the neighbour of a page, where there is one.
    fn change_link(
        &mut self,
        page: PageNo,
        before: Lsn,
        makes: bool,
        change: impl FnOnce(&mut crate::layout::PageHeader),
    ) -> Result<()> {
        if page == NO_PAGE {
            return Ok(());
        }
        self.change(page, before, makes, |edit| edit.change(change))?;
        Ok(())
    }

    /// Changes fields of a metadata page where that is due.
    fn change_meta(
        &mut self,
        page: PageNo,
        before: Lsn,
        change: impl FnOnce(&mut Meta) -> Option<()>,
    ) -> Result<()> {
        if self.is_due(page, before, false)? {
            let after = self.after(before);
            self.apply_meta(page, after, change)?;
        }
        Ok(())
    }

    fn apply_meta(
        &mut self,
        page: PageNo,
        after: Lsn,
        change: impl FnOnce(&mut Meta) -> Option<()>,
    ) -> Result<()> {
        self.apply(page, after, |edit| edit_meta(edit, change))
    }
}

/// Changes fields of a metadata page.
pub(super) fn edit_meta(
    edit: &mut PageEdit<'_>,
    change: impl FnOnce(&mut Meta) -> Option<()>,
) -> Option<()> {
    let endian = edit.layout.endian;
    let mut meta = Meta::read(endian, edit.bytes).filter(Meta::is_newest_generation)?;
    change(&mut meta)?;
    meta.put(endian, edit.bytes);
    Some(())
}
