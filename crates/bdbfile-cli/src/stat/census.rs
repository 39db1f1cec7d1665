//! What each page of a file is used for, by its own header.

use std::borrow::Cow;

use bdbfile::Error;
use bdbfile::layout::{Kind, NO_PAGE, PageNo, PageType, PageView};
use bdbfile::read::DatabaseFile;
use bdbfile::source::PageSource;

use crate::failure::Failure;
use crate::input::Input;
use crate::stat::report::PageUse;

/// The uses of pages, in the order of the report.
const USES: [&str; 13] = [
    METADATA,
    "btree internal",
    "btree leaf",
    "recno internal",
    "recno leaf",
    "duplicate leaf",
    "duplicate chain",
    "hash bucket",
    QUEUE,
    "overflow",
    "free or unused",
    UNWRITTEN,
    UNKNOWN,
];
const METADATA: &str = "metadata";
const QUEUE: &str = "queue records";
const UNWRITTEN: &str = "never written";
const UNKNOWN: &str = "of unknown type";

/// The pages of a file.
pub(crate) struct Census {
    pub(crate) free_list: u32,
    pub(crate) uses: Vec<PageUse>,
}

/// Pages of one use.
#[derive(Debug, Clone, Copy, Default)]
struct Tally {
    pages: u32,
    /// Bytes that could be used, and bytes that are.
    room: u64,
    used: u64,
}

/// Looks at every page.
pub(crate) fn take<S: PageSource>(
    input: &Input,
    file: &DatabaseFile<S>,
) -> Result<Census, Failure> {
    let mut tallies = USES.map(|what| (what, Tally::default()));
    for pgno in 0..file.page_count() {
        let bytes = page(input, file, pgno)?;
        let Some(view) = PageView::parse(file.layout(), &bytes) else {
            continue;
        };
        let what = what(file, pgno, &view);
        if let Some((_, tally)) = tallies.iter_mut().find(|(known, _)| *known == what) {
            tally.pages = tally.pages.saturating_add(1);
            if let Some((used, room)) = fill(&view) {
                tally.used = tally.used.saturating_add(used as u64);
                tally.room = tally.room.saturating_add(room as u64);
            }
        }
    }
    Ok(Census {
        free_list: free_list(input, file)?,
        uses: tallies
            .into_iter()
            .filter(|(_, tally)| tally.pages > 0)
            .map(|(what, tally)| PageUse {
                what,
                pages: tally.pages,
                fill_percent: tally.used.saturating_mul(100).checked_div(tally.room),
            })
            .collect(),
    })
}

/// The bytes of a page.
pub(crate) fn page<'i, S>(
    input: &'i Input,
    file: &DatabaseFile<S>,
    pgno: PageNo,
) -> Result<Cow<'i, [u8]>, Failure>
where
    S: PageSource,
{
    let layout = file.layout();
    let offset = layout.offset_of(pgno);
    input
        .read(offset, layout.page_len())
        .map_err(|source| Error::Io {
            file: file.name().to_owned(),
            action: format!("read page {pgno}"),
            source,
        })
        .map_err(Failure::from)
}

fn what<S: PageSource>(file: &DatabaseFile<S>, pgno: PageNo, view: &PageView<'_>) -> &'static str {
    if pgno == 0 {
        return METADATA;
    }
    if view.bytes.iter().all(|byte| *byte == 0) {
        return UNWRITTEN;
    }
    if file.meta().kind == Kind::Queue {
        // Whatever type its pages have; some releases give them a wrong one.
        return QUEUE;
    }
    match PageType::of(view.header.page_type) {
        None => UNKNOWN,
        Some(PageType::BtreeMeta | PageType::HashMeta | PageType::QueueMeta) => METADATA,
        Some(PageType::BtreeInternal) => "btree internal",
        Some(PageType::BtreeLeaf) => "btree leaf",
        Some(PageType::RecnoInternal) => "recno internal",
        Some(PageType::RecnoLeaf) => "recno leaf",
        Some(PageType::DuplicateLeaf) => "duplicate leaf",
        Some(PageType::DuplicateChain) => "duplicate chain",
        Some(PageType::Hash | PageType::HashSorted) => "hash bucket",
        Some(PageType::QueueData) => QUEUE,
        Some(PageType::Overflow) => "overflow",
        Some(PageType::Free) => "free or unused",
    }
}

/// Bytes in use of a page, and bytes that could be; none where pages of its
/// type do not fill up.
fn fill(view: &PageView<'_>) -> Option<(usize, usize)> {
    let room = view.bytes.len().checked_sub(view.layout.header_size())?;
    let free = match PageType::of(view.header.page_type)? {
        PageType::Overflow => room.saturating_sub(usize::from(view.header.hf_offset)),
        PageType::BtreeInternal
        | PageType::BtreeLeaf
        | PageType::RecnoInternal
        | PageType::RecnoLeaf
        | PageType::DuplicateLeaf
        | PageType::DuplicateChain
        | PageType::Hash
        | PageType::HashSorted => {
            // 0 stands for 65536, which does not fit the field.
            let items = match usize::from(view.header.hf_offset) {
                0 => view.bytes.len(),
                items => items,
            };
            items.saturating_sub(view.index_end())
        }
        _ => return None,
    };
    Some((room.saturating_sub(free), room))
}

/// The length of the free list, as far as it leads to pages of its type.
fn free_list<S: PageSource>(input: &Input, file: &DatabaseFile<S>) -> Result<u32, Failure> {
    let mut length = 0;
    let mut next = file.meta().free;
    while next != NO_PAGE && next < file.page_count() && length < file.page_count() {
        let bytes = page(input, file, next)?;
        match PageView::parse(file.layout(), &bytes) {
            Some(view) if view.header.is(PageType::Free) => next = view.header.next,
            _ => break,
        }
        length = length.saturating_add(1);
    }
    Ok(length)
}
