//! Page size, byte order and checksums of a file, told from its pages.
//!
//! A page says where it stands: its number is its position. With a wrong page
//! size or byte order the numbers do not fit, but for accidents, so the layout
//! in which most pages are where they say is the right one.

use crate::budget::Budgets;
use crate::error::{Error, Place, Result, Rule, broken};
use crate::layout::{
    BtreeFlags, Endian, Item, Kind, MAX_PAGE_SIZE, META_USED, MIN_PAGE_SIZE, Meta, PageHeader,
    PageLayout, PageNo, PageType, PageView, Preamble, align4,
};
use crate::read::pages::Pages;
use crate::read::quirks;
use crate::salvage::record::Reporter;
use crate::salvage::slots::{Slots, hash_slot};
use crate::source::PageSource;

/// Pages tried with each layout, spread over the file.
const TRIED: u64 = 4096;

/// Pages of these that are looked into.
const LOOKED_INTO: usize = 256;

/// What a file is like.
#[derive(Debug)]
pub(super) struct Shape {
    /// The metadata page of the file, where it is of use.
    pub(super) meta: Option<Meta>,
    /// Where the records of a queue are, in a queue.
    pub(super) queue: Option<QueueShape>,
}

/// Where the records of a queue are.
#[derive(Debug, Clone, Copy)]
pub(super) struct QueueShape {
    pub(super) re_len: u32,
    pub(super) rec_page: u32,
    /// First number in use and the next to come, where known.
    range: Option<(u32, u32)>,
}

impl QueueShape {
    pub(super) fn slot_size(&self) -> usize {
        align4((self.re_len as usize).saturating_add(1))
    }

    /// Whether a number is in use.
    pub(super) fn has(&self, number: u32) -> bool {
        match self.range {
            None => true,
            Some((first, next)) if first <= next => (first..next).contains(&number),
            Some((first, next)) => number >= first || number < next,
        }
    }
}

impl Shape {
    /// Finds the layout and whatever of the metadata page is of use.
    pub(super) fn find<S: PageSource>(
        source: S,
        budgets: Budgets,
        report: &mut Reporter<'_>,
    ) -> Result<(Self, Pages<S>)> {
        let stated = stated(&source)?;
        let (size, endian, pages_there) = elect(&source, stated.as_ref());
        let agrees = stated
            .as_ref()
            .is_some_and(|(meta, order)| (meta.page_size, *order) == (size, endian));
        if pages_there == 0 && !agrees {
            let found = format!("{} bytes", source.len());
            return Err(broken(source.name(), Place::FILE, Rule::NoPages, found));
        }
        if stated.is_some() && !agrees {
            let found = format!("the pages are of {size} bytes, {endian}");
            report.find(Place::page(0), Rule::Geometry, found);
        }
        let mut meta = stated.filter(|_| agrees).map(|(meta, _)| meta);
        let count = whole_pages(&source, size);
        let rest = source.len().checked_rem(size.into()).unwrap_or_default();
        if rest != 0 {
            let found = format!("{rest} bytes after page {}", count.saturating_sub(1));
            report.find(Place::FILE, Rule::FileSize, found);
        }
        let count = PageNo::try_from(count).map_err(|_| Error::Limit {
            file: source.name().to_owned(),
            what: "the number of pages",
            limit: u64::from(PageNo::MAX),
        })?;
        let mut layout = PageLayout {
            endian,
            page_size: size,
            checksums: false,
            bit_fields: false,
        };
        let evidence = Evidence::gather(&source, layout, count);
        layout.checksums = evidence.has_checksums(meta.as_ref());
        if meta
            .as_ref()
            .is_some_and(|meta| meta.has_checksums() != layout.checksums)
        {
            let found = "whether pages have checksums";
            report.find(Place::page(0), Rule::Geometry, found);
        }
        let mut pages = Pages::new(source, layout, count, budgets);
        let wrong = meta
            .as_ref()
            .filter(|_| layout.checksums)
            .and_then(|_| Some(crate::read::meta_checksum(endian, &pages.raw(0).ok()?)))
            .flatten();
        if layout.checksums && evidence.right == 0 && (wrong.is_some() || meta.is_none()) {
            pages.ignore_checksums();
            report.find(Place::FILE, Rule::ChecksumsAllWrong, "");
        } else if let Some(found) = wrong {
            report.find(Place::page(0), Rule::Checksum, found);
            meta = None;
        }
        let btree = meta
            .as_ref()
            .is_none_or(|meta| meta.btree().is_some() && !meta.is_recno());
        if btree && quirks::has_shifted_types(&pages) {
            layout.bit_fields = true;
            pages.set_layout(layout);
            report.find(Place::FILE, Rule::BitFields, "");
        }
        report.metadata_lost = meta.is_none();
        report.layout = Some(layout);
        let queue = match meta.as_ref() {
            Some(meta) => meta.queue().and_then(|fields| {
                let range = Some((fields.first, fields.next));
                if fields.fills(layout) {
                    return Some(QueueShape {
                        re_len: fields.re_len,
                        rec_page: fields.rec_page,
                        range,
                    });
                }
                let (records, len) = (fields.rec_page, fields.re_len);
                let found = format!("{records} records of {len} bytes a page");
                report.find(Place::page(0), Rule::QueueFields, found);
                guess_queue(&pages).map(|queue| QueueShape { range, ..queue })
            }),
            None => guess_queue(&pages),
        };
        if let Some(fields) = meta.as_ref().and_then(Meta::queue)
            && fields.pages_are_elsewhere(pages.count())
        {
            let found = format!("{} pages an extent", fields.page_ext);
            report.find(Place::page(0), Rule::QueueExtents, found);
        }
        Ok((Self { meta, queue }, pages))
    }
}

/// The metadata page of the file, if it is one that can be used.
fn stated<S: PageSource>(source: &S) -> Result<Option<(Meta, Endian)>> {
    let len = usize::try_from(source.len()).unwrap_or(usize::MAX);
    let Ok(start) = source.bytes(0, len.min(META_USED)) else {
        return Ok(None);
    };
    let Some(preamble) = Preamble::read(&start) else {
        return Ok(None);
    };
    let refuse = |rule, found: String| Err(broken(source.name(), Place::page(0), rule, found));
    if preamble.kind == Kind::Heap {
        return refuse(Rule::KindNotRead, preamble.kind.to_string());
    }
    let size = preamble.page_size;
    let known = crate::read::versions(preamble.kind).contains(&preamble.version);
    let fits = (MIN_PAGE_SIZE..=MAX_PAGE_SIZE).contains(&size);
    if !known || !fits {
        return Ok(None);
    }
    let Some(meta) = Meta::read(preamble.endian, &start) else {
        return Ok(None);
    };
    let right_type = meta
        .page_type
        .is_none_or(|found| found == meta.right_page_type());
    let right_size = size.is_power_of_two() || meta.is_first_generation();
    if meta.pgno != 0 || !right_type || !right_size {
        return Ok(None);
    }
    if preamble.encryption != 0 {
        return refuse(
            Rule::Encrypted,
            format!("algorithm {}", preamble.encryption),
        );
    }
    if meta.btree().is_some() && meta.flags & BtreeFlags::COMPRESS != 0 {
        return refuse(Rule::Compressed, String::new());
    }
    Ok(Some((meta, preamble.endian)))
}

/// The page size and byte order for which most of the pages that were tried
/// are where they say they are, and how many.
fn elect<S: PageSource>(source: &S, stated: Option<&(Meta, Endian)>) -> (u32, Endian, u64) {
    let mut best = match stated {
        Some((meta, endian)) => {
            let (size, endian) = (meta.page_size, *endian);
            (size, endian, votes(source, size, endian))
        }
        None => (MIN_PAGE_SIZE, Endian::Little, 0),
    };
    let mut size = MIN_PAGE_SIZE;
    while size <= MAX_PAGE_SIZE {
        for endian in Endian::BOTH {
            let found = votes(source, size, endian);
            // A small file may have as many pages by accident as are left of
            // its own; then what is on them decides.
            let wins = found > best.2
                || found > 0
                    && found == best.2
                    && sound_pages(source, size, endian) > sound_pages(source, best.0, best.1);
            if wins {
                best = (size, endian, found);
            }
        }
        size = size.saturating_mul(2);
    }
    best
}

/// How many of the pages that were tried have items that are sound in this
/// layout.
fn sound_pages<S: PageSource>(source: &S, size: u32, endian: Endian) -> u64 {
    let layout = PageLayout {
        endian,
        page_size: size,
        checksums: false,
        bit_fields: false,
    };
    let count = whole_pages(source, size);
    let evidence = Evidence::gather(
        source,
        layout,
        PageNo::try_from(count).unwrap_or(PageNo::MAX),
    );
    evidence.with.max(evidence.without)
}

/// The numbers of at most [`TRIED`] pages, spread evenly; never page 0, whose
/// number any zeros show.
fn tried(count: u64) -> impl Iterator<Item = PageNo> {
    let pages = count.saturating_sub(1);
    let step = pages.div_ceil(TRIED).max(1);
    (0..pages.min(TRIED))
        .map(move |index| index.saturating_mul(step).saturating_add(1))
        .filter(move |page| *page < count)
        .filter_map(|page| PageNo::try_from(page).ok())
}

/// How many pages vote for a layout.
fn votes<S: PageSource>(source: &S, size: u32, endian: Endian) -> u64 {
    let mut votes = 0_u64;
    for pgno in tried(whole_pages(source, size)) {
        let offset = u64::from(pgno).saturating_mul(size.into());
        // The header is enough, and no page is shorter.
        let Ok(bytes) = source.bytes(offset, 32) else {
            continue;
        };
        let header = PageHeader::read(endian, &bytes);
        let is_one = header.is_some_and(|header| is_sane(&header, pgno, size));
        votes = votes.saturating_add(is_one.into());
    }
    votes
}

/// How many pages of this size there are.
fn whole_pages<S: PageSource>(source: &S, size: u32) -> u64 {
    source.len().checked_div(size.into()).unwrap_or_default()
}

fn is_sane(header: &PageHeader, pgno: PageNo, size: u32) -> bool {
    let entries = header.is(PageType::Overflow) || u32::from(header.entries) * 2 < size;
    header.pgno == pgno && PageType::of(header.page_type).is_some() && entries
}

/// What pages that are where they say tell of checksums.
#[derive(Debug, Default)]
struct Evidence {
    /// Pages whose checksum is right.
    right: u64,
    /// Pages whose items are sound behind a header with, or without one.
    with: u64,
    without: u64,
}

impl Evidence {
    fn gather<S: PageSource>(source: &S, layout: PageLayout, count: PageNo) -> Self {
        let mut evidence = Self::default();
        let mut looked = 0_usize;
        for pgno in tried(u64::from(count)) {
            let offset = layout.offset_of(pgno);
            let Ok(bytes) = source.bytes(offset, layout.page_len()) else {
                continue;
            };
            let Some(view) = PageView::parse(layout, &bytes) else {
                continue;
            };
            if !is_sane(&view.header, pgno, layout.page_size) {
                continue;
            }
            // A checksum of 0 fits by accident, as on a page of a queue.
            if let Some((stored, right)) = layout.checksums_of(&bytes)
                && stored == right
                && stored != 0
            {
                evidence.right = evidence.right.saturating_add(1);
            }
            evidence.without = evidence
                .without
                .saturating_add(u64::from(has_sound_items(&view)));
            let longer = PageLayout {
                checksums: true,
                ..layout
            };
            if let Some(view) = PageView::parse(longer, &bytes) {
                evidence.with = evidence
                    .with
                    .saturating_add(u64::from(has_sound_items(&view)));
            }
            looked = looked.saturating_add(1);
            if looked == LOOKED_INTO {
                break;
            }
        }
        evidence
    }

    fn has_checksums(&self, meta: Option<&Meta>) -> bool {
        let clear = if self.right > 0 {
            self.with >= self.without
        } else {
            self.with != self.without
        };
        match meta {
            // The metadata page is believed unless the pages clearly differ.
            Some(meta) if !clear => meta.has_checksums(),
            _ => self.right > 0 || self.with > self.without,
        }
    }
}

/// Whether a page has items and they are sound in this layout.
fn has_sound_items(view: &PageView<'_>) -> bool {
    let header = view.header;
    if header.entries == 0 || view.index_end() > view.bytes.len() {
        return false;
    }
    match PageType::of(header.page_type) {
        Some(
            PageType::BtreeLeaf
            | PageType::RecnoLeaf
            | PageType::DuplicateLeaf
            | PageType::DuplicateChain,
        ) => {
            let slots = Slots::new(*view);
            (0..header.entries).all(|slot| {
                slots
                    .item(slot)
                    .is_ok_and(|(item, _)| !matches!(item.content, Item::Duplicates { root: 0 }))
            })
        }
        Some(PageType::Hash | PageType::HashSorted) => {
            (0..header.entries).all(|slot| hash_slot(view, slot).is_ok())
        }
        _ => false,
    }
}

/// Bytes of a queue's pages that lengths are tried on.
const KEPT_BYTES: usize = 1 << 17;

/// The highest number that flags of a queue's record have.
const QUEUE_FLAGS: u8 = 3;

/// Where the records of a queue are, when its metadata page is lost: the
/// shortest length for which every slot of the pages tried begins with flags.
/// Bytes that are 0 at the end of every slot fill it up.
fn guess_queue<S: PageSource>(pages: &Pages<S>) -> Option<QueueShape> {
    let layout = pages.layout();
    let header = layout.queue_header_size();
    let mut kept = Vec::new();
    let enough = KEPT_BYTES
        .checked_div(layout.page_len())
        .map(|n| n.max(4))?;
    for pgno in tried(u64::from(pages.count())) {
        let Ok(bytes) = pages.raw(pgno) else { continue };
        let Some(found) = PageHeader::read(layout.endian, &bytes) else {
            continue;
        };
        if found.pgno != pgno {
            continue;
        }
        let plain = found.entries == 0 && found.next == 0 && found.prev == 0 && found.level == 0;
        // Before 4.2 pages of a queue may have type 0 or 2.
        let typed = matches!(
            PageType::of(found.page_type),
            Some(PageType::QueueData | PageType::Free | PageType::Hash)
        );
        if !plain || !typed {
            return None;
        }
        if bytes.get(header..)?.iter().any(|byte| *byte != 0) && kept.len() < enough {
            kept.push(bytes);
        }
    }
    if kept.is_empty() {
        return None;
    }
    let room = layout.page_len().checked_sub(header)?;
    for size in (4..=room).step_by(4) {
        let whole = u32::try_from(room.checked_div(size)?).ok()?;
        let mut records = 0_u64;
        let mut filling = 3;
        let fits = kept.iter().all(|bytes| {
            (0..whole).all(|index| {
                let slot = bytes.get(layout.queue_slot_at(index, size)..);
                let Some(slot) = slot.and_then(|slot| slot.get(..size)) else {
                    return false;
                };
                match slot.split_first() {
                    Some((0, _)) => slot.iter().all(|byte| *byte == 0),
                    Some((flags, value)) if *flags <= QUEUE_FLAGS => {
                        records = records.saturating_add(1);
                        let zeros = value.iter().rev().take_while(|byte| **byte == 0).count();
                        filling = filling.min(zeros);
                        true
                    }
                    _ => false,
                }
            })
        });
        if fits && records > 0 {
            let re_len = size.checked_sub(filling)?.checked_sub(1)?;
            return Some(QueueShape {
                re_len: u32::try_from(re_len).ok()?,
                rec_page: whole,
                range: None,
            });
        }
    }
    None
}
