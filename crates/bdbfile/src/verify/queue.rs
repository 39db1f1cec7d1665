//! A queue: its pages and the marks of its records.

use crate::error::{Place, Rule};
use crate::layout::{PageNo, PageType, QUEUE_RECORD_SET, QUEUE_RECORD_VALID, QueueFields};
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

/// Claims the pages of a queue: all of the file that are not zeros.
pub(super) fn check<S: PageSource>(check: &mut Check<'_, S>) {
    for pgno in 1..check.count() {
        check.claims.claim(pgno);
    }
}
