//! The replay itself: backwards, then forwards, then what is left in limbo.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use super::bindings::Uid;
use super::effect::{self, Effect, Turn};
use super::files::{Files, uid_of};
use super::gone::Gone;
use super::history::{History, text};
use super::limbo::Limbo;
use super::pages::{FileNo, Pages};
use super::recovered::RecoveredSource;
use super::refusal::Result;
use super::touched::Touched;
use super::{Given, RecoverOptions, Recovered, RecoveredFile, Summary};
use crate::layout::{FieldName as F, LogBody, LogLayout, LogOp, Lsn, Meta, PageNo};
use crate::source::PageSource;

/// Page images are in the byte order of their file from this version on; before
/// it in that of the machine.
const FILE_ORDER: u32 = 17;

/// Replays the logs.
pub(super) fn replay(
    logs: &[PathBuf],
    given: Vec<Given>,
    options: &RecoverOptions,
) -> Result<Recovered> {
    let mut history = History::read(logs)?;
    if let Some(refusal) = history.refusal.take() {
        return Err(refusal.into());
    }
    let mut pages = Pages::new(options.memory, options.spill.clone(), history.records);
    if history.layout.version < FILE_ORDER {
        pages.set_order(history.layout.endian);
    }
    let mut files = Files::default();
    files.take(given, &history.bindings.files, &mut pages)?;
    pages.refuse_beyond(history.last)?;
    let mut replay = Replay {
        history: &history,
        files,
        pages,
        limbo: Limbo::default(),
        gone: Gone::default(),
        redone: Touched::default(),
        undone: Touched::default(),
        touched: HashSet::new(),
    };
    if let Some(first) = history.losers.first {
        let tape = &history.tape;
        tape.backwards(first, |lsn, layout, bytes| replay.undo(lsn, layout, bytes))?;
    }
    let tape = &history.tape;
    tape.forwards(|lsn, layout, bytes| replay.redo(lsn, layout, bytes))?;
    replay.finish()
}

/// A replay under way.
struct Replay<'h> {
    history: &'h History,
    files: Files,
    pages: Pages,
    limbo: Limbo,
    gone: Gone,
    redone: Touched,
    undone: Touched,
    /// Files that records of the log are about.
    touched: HashSet<FileNo>,
}

impl Replay<'_> {
    /// A record on the way backwards.
    fn undo(&mut self, lsn: Lsn, layout: LogLayout, bytes: &[u8]) -> Result<()> {
        let id = layout.record_transaction(bytes).unwrap_or_default();
        if id == 0 || !self.history.losers.has(id, lsn) {
            return Ok(());
        }
        let Some(body) = History::body(lsn, layout, bytes)? else {
            return Ok(());
        };
        if effect::changes_files(body.kind.op) {
            self.undo_file(lsn, &body);
            return Ok(());
        }
        let changed = self.change(lsn, layout, &body, Turn::Undo)?;
        let nested = (body.kind.op == LogOp::Child).then(|| body.u32(F::child));
        let first = layout
            .record(bytes)
            .is_some_and(|record| !record.txn_prev.is_logged());
        self.undone.backwards(id, nested, first, changed > 0);
        Ok(())
    }

    /// A record on the way forwards.
    fn redo(&mut self, lsn: Lsn, layout: LogLayout, bytes: &[u8]) -> Result<()> {
        let id = layout.record_transaction(bytes).unwrap_or_default();
        if id == 0 {
            return Ok(());
        }
        let lost = self.history.losers.has(id, lsn);
        let Some(body) = History::body(lsn, layout, bytes)? else {
            return Ok(());
        };
        let op = body.kind.op;
        if lost {
            if (7..effect::CUTS).contains(&layout.version) && effect::lengthens(op) {
                self.change(lsn, layout, &body, Turn::Undo)?;
            }
            return Ok(());
        }
        if effect::changes_files(op) {
            return self.redo_file(lsn, &body);
        }
        let changed = self.change(lsn, layout, &body, Turn::Redo)?;
        let nested = (op == LogOp::Child).then(|| body.u32(F::child));
        self.redone
            .forwards(id, nested, op == LogOp::Commit, changed > 0);
        Ok(())
    }

    /// Replays a record on the pages of its file; tells how many changed.
    fn change(
        &mut self,
        lsn: Lsn,
        layout: LogLayout,
        body: &LogBody<'_>,
        turn: Turn,
    ) -> Result<u64> {
        if !effect::changes_pages(body.kind.op) {
            return Ok(0);
        }
        let Some(bound) = self.history.bindings.of(body.i32(F::fileid), lsn) else {
            return Ok(0);
        };
        let Some(file) = self.files.pages(&bound.file.uid) else {
            if turn == Turn::Redo {
                self.files.miss(bound.file, lsn);
            }
            return Ok(0);
        };
        self.touched.insert(file);
        let mut effect = Effect {
            pages: &mut self.pages,
            limbo: &mut self.limbo,
            gone: &mut self.gone,
            file,
            meta: bound.meta,
            lsn,
            layout,
            turn,
            body,
            changed: 0,
        };
        effect.replay()?;
        Ok(effect.changed)
    }

    /// The id of the file that a record names by number.
    fn uid(&self, lsn: Lsn, body: &LogBody<'_>) -> Option<Uid> {
        if let Ok(uid) = Uid::try_from(body.bytes(F::fileid)) {
            return Some(uid);
        }
        let bound = self.history.bindings.of(body.i32(F::fileid), lsn)?;
        Some(bound.file.uid)
    }

    /// A file is made, renamed or removed by a transaction that committed.
    fn redo_file(&mut self, lsn: Lsn, body: &LogBody<'_>) -> Result<()> {
        match body.kind.op {
            LogOp::MetaPage => {
                let image = body.bytes(F::page);
                if let Some(uid) = uid_of(image).or_else(|| self.uid(lsn, body)) {
                    let name = text(body.bytes(F::name));
                    let page = body.u32(F::pgno);
                    let files = &mut self.files;
                    files.write(uid, (&name, page), image, Some(lsn), &mut self.pages)?;
                }
            }
            LogOp::FileWrite => {
                let name = text(body.bytes(F::name));
                let image = body.bytes(F::page);
                if let Some(page) = written_page(body) {
                    self.files
                        .write_in_making(&name, page, image, &mut self.pages)?;
                }
            }
            LogOp::FileRename => {
                let newname = text(body.bytes(F::newname));
                if let Some(uid) = self.uid(lsn, body) {
                    self.files.rename(&uid, &newname);
                }
            }
            LogOp::FileDelete => {
                if let Some(uid) = self.uid(lsn, body) {
                    self.files.remove(&uid);
                }
            }
            LogOp::FileRemove => {
                if let Ok(uid) = Uid::try_from(body.bytes(F::fid)) {
                    self.files.remove(&uid);
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The same by one that did not commit.
    fn undo_file(&mut self, lsn: Lsn, body: &LogBody<'_>) {
        match body.kind.op {
            LogOp::MetaPage => {
                let image = body.bytes(F::page);
                if let Some(uid) = uid_of(image).or_else(|| self.uid(lsn, body)) {
                    self.files.remove(&uid);
                }
            }
            LogOp::FileWrite if written_page(body) == Some(0) => {
                if let Some(uid) = uid_of(body.bytes(F::page)) {
                    self.files.remove(&uid);
                }
            }
            LogOp::FileRename => {
                let old = match text(body.bytes(F::oldname)) {
                    name if name.is_empty() => text(body.bytes(F::name)),
                    name => name,
                };
                if let Some(uid) = self.uid(lsn, body) {
                    self.files.rename(&uid, &old);
                }
            }
            LogOp::FileDelete => {
                // It may have been put aside under a name of its own.
                if let Some(uid) = self.uid(lsn, body) {
                    self.files.rename(&uid, &text(body.bytes(F::name)));
                }
            }
            _ => {}
        }
    }

    /// Puts what is left in limbo on the free lists, and tells what was done.
    fn finish(mut self) -> Result<Recovered> {
        self.files.refuse_absent()?;
        let version = self.history.layout.version;
        self.limbo.free(&mut self.pages, version)?;
        let known = self.files.into_known();
        for file in known.iter().filter_map(|known| known.pages) {
            if !self.touched.contains(&file) {
                continue;
            }
            set_length(&mut self.pages, file, version)?;
        }
        self.gone.refuse(&self.pages)?;
        let (changed, spill) = self.pages.finish();
        let mut changed: Vec<_> = changed.into_iter().map(Some).collect();
        let mut files = Vec::with_capacity(known.len());
        for known in known {
            if known.is_gone() {
                continue;
            }
            let name = known.name.clone();
            let of_file = known
                .pages
                .and_then(|file| changed.get_mut(file))
                .and_then(Option::take);
            let source = match (of_file, known.source()) {
                (Some(changed), Some(source)) if changed.is_nothing() => {
                    RecoveredSource::unchanged(name.clone(), Arc::clone(source))
                }
                (Some(changed), _) => {
                    RecoveredSource::changed(name.clone(), changed, Arc::clone(&spill))
                }
                (None, Some(source)) => {
                    RecoveredSource::unchanged(name.clone(), Arc::clone(source))
                }
                (None, None) => continue,
            };
            let pages_changed = source.pages_changed();
            let is_changed =
                pages_changed > 0 || known.source().is_some_and(|own| own.len() != source.len());
            files.push(RecoveredFile {
                name,
                state: known.state(is_changed),
                given: known.given,
                pages_changed,
                source,
            });
        }
        let history = self.history;
        Ok(Recovered {
            files,
            summary: Summary {
                layout: history.layout,
                first: history.first,
                last: history.last,
                checkpoint: history.checkpoint,
                torn: history.torn.clone(),
                committed: history.committed,
                redone: self.redone.count(),
                uncommitted: history.losers.changed,
                undone: self.undone.count(),
                last_commit: history.last_commit,
                notes: history.notes.clone(),
            },
        })
    }
}

/// Makes a changed file as long as its metadata page says, or where releases
/// keep files long the metadata page say how long it is.
fn set_length(pages: &mut Pages, file: FileNo, version: u32) -> Result<()> {
    let Some(meta) = super::limbo::meta(pages, file)? else {
        return Ok(());
    };
    let last = pages.count(file).saturating_sub(1);
    // Up to 3.2 the field is something else.
    if meta.last_pgno == 0 || meta.last_pgno == last {
        return Ok(());
    }
    if version >= effect::CUTS {
        pages.cut(file, meta.last_pgno);
        return pages.extend(file, meta.last_pgno);
    }
    if meta.last_pgno < last
        && pages.is_changed(file)
        && let Some(mut edit) = pages.edit(file, 0)?
    {
        effect::edit_meta(&mut edit, |meta: &mut Meta| {
            meta.last_pgno = last;
            Some(())
        });
    }
    Ok(())
}

/// The page that bytes are written to; `None` where they are no whole page.
fn written_page(body: &LogBody<'_>) -> Option<PageNo> {
    let offset = body.u32(F::offset);
    if body.has(F::pageno) {
        return (offset == 0).then(|| body.u32(F::pageno));
    }
    let size = u32::try_from(body.bytes(F::page).len()).ok()?;
    offset
        .is_multiple_of(size.max(1))
        .then(|| offset.checked_div(size))
        .flatten()
}
