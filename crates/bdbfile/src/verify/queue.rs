//! A queue: its pages and the marks of its records.

use crate::error::{Error, Place, Rule};
use crate::layout::{Meta, PageNo, PageType, QUEUE_RECORD_SET, QUEUE_RECORD_VALID, QueueFields};
use crate::read::claims::Claims;
use crate::read::queue::QueuePages;
use crate::read::walk::{Notes, Walk};
use crate::source::PageSource;
use crate::verify::check::{Check, State};

/// The marks that are known.
const MARKS: u8 = QUEUE_RECORD_VALID | QUEUE_RECORD_SET;

/// Checks a page of a queue by itself.
pub(super) fn page<S: PageSource>(
    check: &mut Check<'_, S>,
    fields: &QueueFields,
    kind: PageType,
    pgno: PageNo,
    bytes: &[u8],
) -> State {
    let place = Place::page(pgno);
    if kind != PageType::QueueData {
        let rule = if matches!(kind, PageType::Free | PageType::Hash) {
            Rule::QueuePageType
        } else {
            Rule::PageType
        };
        check.broken(place, rule, (kind as u8).to_string(), "11");
        return State::Broken;
    }
    let size = fields.slot_size();
    let layout = check.layout();
    for slot in 0..fields.rec_page {
        let mark = bytes.get(layout.queue_slot_at(slot, size));
        if mark.is_some_and(|mark| mark & !MARKS != 0) {
            let at = Place::slot(pgno, u16::try_from(slot).unwrap_or(u16::MAX));
            let found = mark.map_or(String::new(), |mark| format!("{mark:#04x}"));
            check.broken(at, Rule::QueueRecord, found, "0 to 3");
        }
    }
    State::Sound
}

/// Claims the pages of a queue, all of the file, and notes those that its
/// numbers make expected and that are not there or all zeros: they may never
/// have been written.
pub(super) fn check<S: PageSource>(check: &mut Check<'_, S>, meta: &Meta, fields: &QueueFields) {
    for pgno in 1..check.count() {
        check.claims.claim(pgno);
    }
    let (claims, notes) = (Claims::not_kept(), Notes::default());
    let walk = Walk {
        pages: check.pages(),
        claims: &claims,
        meta,
        notes: &notes,
    };
    match QueuePages::find(walk, fields) {
        Err(Error::Format(error)) => {
            check.note(error.place, error.rule, error.found.clone());
        }
        Err(_) => {}
        Ok(pages) => {
            let zeros = (0..pages.len())
                .filter_map(|index| pages.get(index))
                .filter(|pgno| check.state(*pgno) == State::Zero)
                .count();
            if zeros > 0 {
                let found = format!("{zeros} pages between the first and the last record");
                check.note(Place::page(meta.pgno), Rule::ZeroPage, found);
            }
        }
    }
    for finding in notes.into_report().findings {
        check.note(finding.place, finding.rule, finding.detail);
    }
}
