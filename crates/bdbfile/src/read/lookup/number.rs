//! Records by their numbers.

use crate::error::{Error, Place, Result};
use crate::layout::{PageNo, PageView, QueueFields, recno_item};
use crate::read::claims::Claims;
use crate::read::database::Database;
use crate::read::queue;
use crate::read::recno;
use crate::read::record::Record;
use crate::read::tree::{self, TreeKind};
use crate::read::walk::{Notes, Walk};
use crate::source::PageSource;

/// A record of a recno database.
pub(super) fn of_recno<S: PageSource>(
    database: &Database<'_, S>,
    root: PageNo,
    number: u32,
) -> Result<Option<Vec<u8>>> {
    let Some(index) = number.checked_sub(1) else {
        return Ok(None);
    };
    let (claims, notes) = (Claims::not_kept(), Notes::default());
    match descend(database.walk(&claims, &notes), root, index)? {
        Counted::Record(record) => Ok(record),
        Counted::Contradiction => count_all(database, number),
    }
}

/// A record of a queue.
pub(super) fn of_queue<S: PageSource>(
    database: &Database<'_, S>,
    fields: &QueueFields,
    number: u32,
) -> Result<Option<Vec<u8>>> {
    queue::check_extents(&database.file.pages, fields)?;
    let page = fields.place(number).map(|(page, _)| page);
    let Some(page) = page.filter(|page| *page < database.file.page_count()) else {
        return Ok(None);
    };
    let (claims, notes) = (Claims::not_kept(), Notes::default());
    let mut found = None;
    let mut each = |record: Record<'_>| {
        if record.number == Some(number) {
            found = Some(record.value.to_vec());
        }
        Ok::<_, Error>(())
    };
    queue::visit(database.walk(&claims, &notes), fields, page, &mut each)?;
    Ok(found)
}

/// What the counts on internal pages led to.
enum Counted {
    Record(Option<Vec<u8>>),
    /// Counts that do not agree.
    Contradiction,
}

/// Goes down to the leaf of a record by the counts on internal pages. Each
/// step goes one level down, so there are at most 255.
fn descend<S: PageSource>(walk: Walk<'_, S>, root: PageNo, index: u32) -> Result<Counted> {
    let mut referrer = Place::page(walk.meta.pgno);
    let mut pgno = root;
    let mut level = walk.pages.page(root, referrer)?.view().header.level;
    walk.pages.meter().depth(walk.pages.name(), level)?;
    let mut index = index;
    // How many records the page has, as its parent says.
    let mut stated = None;
    // The pages of the entries before and after the one that was followed.
    let mut beside: (Option<PageNo>, Option<PageNo>) = (None, None);
    while level > 1 {
        let page = walk.pages.page(pgno, referrer)?;
        let view = page.view();
        tree::check_internal(walk.pages, TreeKind::RECNO, &view, level)?;
        let mut total = 0_u64;
        let mut child = None;
        let mut last = None;
        beside = (None, None);
        for slot in 0..view.header.entries {
            let (below, records) = entry(walk, &view, slot)?;
            let before = total;
            total = total.saturating_add(u64::from(records));
            if child.is_none() && u64::from(index) < total {
                let rest = u64::from(index).saturating_sub(before);
                child = Some((slot, below, records, u32::try_from(rest).unwrap_or(0)));
                beside.0 = last;
            } else if child.is_some_and(|(found, ..)| found.checked_add(1) == Some(slot)) {
                beside.1 = Some(below);
            }
            last = Some(below);
        }
        if stated.is_some_and(|stated| u64::from(stated) != total) {
            return Ok(Counted::Contradiction);
        }
        let Some((slot, below, records, rest)) = child else {
            return Ok(Counted::Record(None));
        };
        (pgno, stated, index) = (below, Some(records), rest);
        referrer = Place::slot(view.header.pgno, slot);
        level = level.saturating_sub(1);
    }
    let page = walk.pages.page(pgno, referrer)?;
    let view = page.view();
    // Where the leaf is the first or last below its page the neighbours are not
    // known.
    let neighbours = (
        beside.0.unwrap_or(view.header.prev),
        beside.1.unwrap_or(view.header.next),
    );
    tree::check_leaf(walk.pages, TreeKind::RECNO, &view, neighbours)?;
    let entries = u32::from(view.header.entries);
    if stated.is_some_and(|stated| stated != entries) {
        return Ok(Counted::Contradiction);
    }
    let slot = u16::try_from(index).ok();
    let Some(slot) = slot.filter(|slot| *slot < view.header.entries) else {
        return Ok(Counted::Record(None));
    };
    let mut long = Vec::new();
    let value = recno::value(walk, &view, slot, &mut long)?;
    Ok(Counted::Record(value.map(<[u8]>::to_vec)))
}

/// The child of an entry of an internal page, and the records below it.
fn entry<S: PageSource>(
    walk: Walk<'_, S>,
    view: &PageView<'_>,
    slot: u16,
) -> Result<(PageNo, u32)> {
    tree::item_offset(view, slot)
        .and_then(|offset| recno_item(view.layout.endian, view.bytes, offset))
        .map_err(|bad| {
            let place = Place::slot(view.header.pgno, slot);
            tree::bad_item(walk.pages, place, bad)
        })
}

/// Finds a record by counting the entries of all leaves before it.
fn count_all<S: PageSource>(database: &Database<'_, S>, number: u32) -> Result<Option<Vec<u8>>> {
    let scan = database.scan()?;
    let mut found = None;
    scan.visit(scan.all(), |record| {
        if record.number == Some(number) {
            found = Some(record.value.to_vec());
        }
        Ok::<_, Error>(())
    })?;
    Ok(found)
}
