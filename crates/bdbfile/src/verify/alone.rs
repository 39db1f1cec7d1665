//! Every page by itself: header, index array, items. What belongs together is
//! looked at later, and only on pages that passed here.

use std::ops::Range;
use std::sync::Arc;

use crate::Workers;
use crate::error::{Error, Place, Result, Rule};
use crate::layout::{Method, NO_PAGE, PageHeader, PageLayout, PageNo, PageType, PageView};
use crate::read::claims::Claims;
use crate::read::pages::fetch;
use crate::source::PageSource;
use crate::verify::check::{Check, State};
use crate::verify::links::Link;
use crate::verify::{bucket_items, items, queue};

/// Pages of a range for one thread at a time: a few MiB.
const RANGE: PageNo = 1024;

/// Bytes that are read at once.
const RUN_BYTES: u32 = 256 << 10;

/// Ranges at most: each may bring a whole list of problems.
const RANGES: PageNo = 256;

/// Looks at every page but page 0, by ranges, on all threads.
pub(super) fn check<S: PageSource>(check: &mut Check<'_, S>) -> Result<()> {
    let (file, count) = (check.file, check.count());
    let links = check.links.another();
    let len = RANGE.max(count.div_ceil(RANGES));
    let run = RUN_BYTES.checked_div(check.layout().page_size);
    let run = run.unwrap_or_default().max(1);
    let ranges = check.workers.all(count.div_ceil(len) as usize, |index| {
        let begin = PageNo::try_from(index)
            .unwrap_or(PageNo::MAX)
            .saturating_mul(len);
        let end = begin.saturating_add(len).min(count);
        let mut alone = Check::new(file, Claims::not_kept(), Workers::ALONE);
        alone.links = Arc::new(links.another());
        let mut room = Vec::new();
        let mut first = begin.max(1);
        while first < end {
            let after = first.saturating_add(run).min(end);
            pages(&mut alone, first..after, &mut room)?;
            first = after;
        }
        Ok::<_, Error>((alone.states, alone.links, alone.report))
    })?;
    let all = Arc::make_mut(&mut check.states);
    all.reserve_exact(count as usize);
    for (states, links, report) in ranges {
        Arc::make_mut(&mut check.states).extend(states.iter());
        Arc::make_mut(&mut check.links).append(&links);
        check.take(report);
    }
    Ok(())
}

/// Looks at a run of pages.
fn pages<S: PageSource>(
    check: &mut Check<'_, S>,
    run: Range<PageNo>,
    room: &mut Vec<u8>,
) -> Result<()> {
    let source = check.pages();
    let all = source.raw_run(run.clone(), room);
    let mut each = all.map(|all| all.chunks_exact(check.page_len()));
    for pgno in run {
        let state = match each.as_mut().and_then(Iterator::next) {
            Some(bytes) => page(check, pgno, bytes),
            // Which of them cannot be read is to be told.
            None => page(check, pgno, &source.raw(pgno)?),
        };
        Arc::make_mut(&mut check.states).push(state);
    }
    Ok(())
}

fn page<S: PageSource>(check: &mut Check<'_, S>, pgno: PageNo, bytes: &[u8]) -> State {
    let pages = check.pages();
    if bytes.iter().all(|byte| *byte == 0) {
        return State::Zero;
    }
    let place = Place::page(pgno);
    let Some(view) = PageView::parse(pages.layout(), bytes) else {
        check.broken(place, Rule::TooShort, "", "");
        return State::Broken;
    };
    let header = view.header;
    let meta = check.file.meta();
    let is_queue = meta.queue().is_some();
    // A bucket that 2.x never wrote is any bytes with nothing on them.
    let unwritten = meta.is_first_generation() && header.entries == 0;
    if header.pgno != pgno && !is_queue && (unwritten || view.is_unused_bucket()) {
        return State::Zero;
    }
    if header.pgno != pgno {
        check.broken(
            place,
            Rule::PageNumber,
            header.pgno.to_string(),
            pgno.to_string(),
        );
        return State::Broken;
    }
    let Some(kind) = PageType::of(header.page_type) else {
        check.broken(place, Rule::PageType, header.page_type.to_string(), "");
        return State::Broken;
    };
    let is_meta = matches!(
        kind,
        PageType::BtreeMeta | PageType::HashMeta | PageType::QueueMeta
    );
    if is_meta && !is_queue {
        // Checked where a directory leads to it; its checksum stands elsewhere.
        return State::Sound;
    }
    if let Some(found) = pages.wrong_checksum(bytes) {
        check.broken(place, Rule::Checksum, found, "");
        return State::Broken;
    }
    if let Method::Queue(fields) = &check.file.meta().method {
        return queue::page(check, fields, kind, pgno, bytes);
    }
    level(check, kind, &header);
    links(check, kind, &header);
    match kind {
        PageType::Free => State::Sound,
        PageType::Overflow => overflow(check, &view),
        PageType::Hash | PageType::HashSorted => bucket_items::check(check, &view),
        PageType::QueueData => {
            check.broken(place, Rule::PageType, "11 outside a queue", "");
            State::Broken
        }
        _ => {
            fetch(bytes);
            items::check(check, kind, &view)
        }
    }
}

fn level<S: PageSource>(check: &mut Check<'_, S>, kind: PageType, header: &PageHeader) {
    let (right, expected) = match kind {
        PageType::BtreeLeaf | PageType::RecnoLeaf | PageType::DuplicateLeaf => {
            (header.level == 1, "1")
        }
        PageType::BtreeInternal | PageType::RecnoInternal => (header.level > 1, "2 or more"),
        _ => (header.level == 0, "0"),
    };
    if !right {
        let place = Place::page(header.pgno);
        check.broken(place, Rule::Level, header.level.to_string(), expected);
    }
}

/// Links must lead into the file and not to the page itself. Those of internal
/// pages are none: the library leaves there what it likes, and a count.
fn links<S: PageSource>(check: &mut Check<'_, S>, kind: PageType, header: &PageHeader) {
    if matches!(kind, PageType::BtreeInternal | PageType::RecnoInternal) {
        return;
    }
    for (name, link) in [("previous", header.prev), ("next", header.next)] {
        if link != NO_PAGE && (link >= check.count() || link == header.pgno) {
            let place = Place::page(header.pgno);
            check.broken(place, Rule::LinkRange, format!("{name} page {link}"), "");
        }
    }
}

fn overflow<S: PageSource>(check: &mut Check<'_, S>, view: &PageView<'_>) -> State {
    if view.overflow_data().is_none_or(<[u8]>::is_empty) {
        let place = Place::page(view.header.pgno);
        let found = format!("{} bytes", view.header.hf_offset);
        let room = view.layout.overflow_room();
        check.broken(place, Rule::OverflowFill, found, format!("1 to {room}"));
        return State::Broken;
    }
    let link = Link::of(&view.header);
    Arc::make_mut(&mut check.links).keep(view.header.pgno, link);
    State::Sound
}

/// Whether the index array ends within the page, reported if not.
pub(super) fn index_fits<S: PageSource>(check: &mut Check<'_, S>, view: &PageView<'_>) -> bool {
    let fits = view.index_end() <= view.bytes.len();
    if !fits {
        let place = Place::page(view.header.pgno);
        check.broken(
            place,
            Rule::Entries,
            format!("{} entries", view.header.entries),
            "",
        );
    }
    fits
}

/// Checks where the header says that the item area begins.
pub(super) fn item_area<S: PageSource>(
    check: &mut Check<'_, S>,
    view: &PageView<'_>,
    lowest: usize,
) {
    let stated = usize::from(view.header.hf_offset);
    if stated != lowest && stated != as_stored(view.layout, lowest) {
        let place = Place::page(view.header.pgno);
        check.broken(
            place,
            Rule::ItemArea,
            stated.to_string(),
            lowest.to_string(),
        );
    }
}

/// An offset as two bytes hold it: 0 for the end of the biggest page.
fn as_stored(layout: PageLayout, offset: usize) -> usize {
    if offset == layout.page_len() && layout.page_size > u32::from(u16::MAX) {
        0
    } else {
        offset
    }
}
