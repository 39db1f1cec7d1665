//! What each page says it is, and whether that can be believed.

use crate::error::{Place, Rule};
use crate::layout::{Kind, META_USED, Meta, PageNo, PageType, PageView};
use crate::read::pages::Pages;
use crate::salvage::record::Reporter;
use crate::salvage::shape::Shape;
use crate::source::PageSource;

/// The most metadata pages that are kept apart from page 0: one for each named
/// database.
const METAS_KEPT: usize = 4096;

/// What a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Unreadable,
    Zeros,
    Unknown,
    Meta,
    Free,
    BtreeInternal,
    RecnoInternal,
    BtreeLeaf,
    Hash,
    RecnoLeaf,
    DuplicateLeaf,
    DuplicateChain,
    Overflow,
    Queue,
}

/// All pages of a file.
pub(super) struct Census {
    classes: Vec<(Class, bool)>,
    /// Metadata of named databases.
    pub(super) metas: Vec<Meta>,
    /// Pages with keys.
    pub(super) keyed: u64,
}

impl Census {
    /// Looks at every page once.
    pub(super) fn take<S: PageSource>(
        pages: &Pages<S>,
        shape: &Shape,
        report: &mut Reporter<'_>,
    ) -> Self {
        let mut census = Self {
            classes: Vec::new(),
            metas: Vec::new(),
            keyed: 0,
        };
        for pgno in 0..pages.count() {
            let (class, broken) = match pages.raw(pgno) {
                Err(error) => {
                    report.find(Place::page(pgno), Rule::Unreadable, error.to_string());
                    report.unreadable = report.unreadable.saturating_add(1);
                    (Class::Unreadable, None)
                }
                Ok(bytes) => census.class(pages, shape, pgno, &bytes),
            };
            report.pages = report.pages.saturating_add(1);
            match class {
                Class::Unreadable => {}
                Class::Zeros => {
                    report.zeros = report.zeros.saturating_add(1);
                    report.mention(Place::page(pgno), Rule::ZeroPage);
                }
                _ if broken.is_some() => report.unsound = report.unsound.saturating_add(1),
                _ => {
                    report.sound = report.sound.saturating_add(1);
                    report.free = report.free.saturating_add((class == Class::Free).into());
                    census.keyed = census
                        .keyed
                        .saturating_add(u64::from(matches!(class, Class::BtreeLeaf | Class::Hash)));
                }
            }
            census.classes.push((class, broken.is_none()));
            if let Some((rule, detail)) = broken {
                report.find(Place::page(pgno), rule, detail);
            }
        }
        census
    }

    /// The class of a page that is sound.
    pub(super) fn sound(&self, pgno: PageNo) -> Option<Class> {
        match self.classes.get(pgno as usize) {
            Some((class, true)) => Some(*class),
            _ => None,
        }
    }

    /// The class that a page claims, though it is unsound.
    pub(super) fn unsound(&self, pgno: PageNo) -> Option<Class> {
        match self.classes.get(pgno as usize) {
            Some((class, false)) => Some(*class),
            _ => None,
        }
    }

    fn class<S: PageSource>(
        &mut self,
        pages: &Pages<S>,
        shape: &Shape,
        pgno: PageNo,
        bytes: &[u8],
    ) -> (Class, Option<(Rule, String)>) {
        if bytes.iter().all(|byte| *byte == 0) {
            return (Class::Zeros, None);
        }
        if pgno == 0 {
            let broken = shape
                .meta
                .is_none()
                .then(|| (Rule::MetaLost, String::new()));
            return (Class::Meta, broken);
        }
        let Some(view) = PageView::parse(pages.layout(), bytes) else {
            return (Class::Unknown, Some((Rule::TooShort, String::new())));
        };
        let header = view.header;
        let kind = PageType::of(header.page_type);
        let class = if shape.queue.is_some()
            && matches!(
                kind,
                Some(PageType::Free | PageType::Hash | PageType::QueueData)
            ) {
            Class::Queue
        } else {
            class_of(kind)
        };
        if header.pgno != pgno {
            // A bucket that 2.x never wrote.
            if header.entries == 0 && header.pgno == 0 && class == Class::Free {
                return (Class::Zeros, None);
            }
            let found = format!("it says {}", header.pgno);
            return (class, Some((Rule::PageNumber, found)));
        }
        if class == Class::Meta {
            return (class, self.keep_meta(pages, pgno, bytes));
        }
        if let Some(found) = pages.wrong_checksum(bytes) {
            return (class, Some((Rule::Checksum, found)));
        }
        let broken = |rule, found: String| (class, Some((rule, found)));
        match class {
            Class::Unknown => broken(Rule::PageType, format!("type {}", header.page_type)),
            Class::Overflow if header.level != 0 => {
                broken(Rule::Level, format!("{} on an overflow page", header.level))
            }
            Class::Overflow => match view.overflow_data() {
                Some(data) if !data.is_empty() => (class, None),
                _ => broken(Rule::OverflowFill, format!("{} bytes", header.hf_offset)),
            },
            Class::Queue | Class::Free => (class, None),
            _ if view.index_end() > bytes.len() => {
                broken(Rule::Entries, format!("{} entries", header.entries))
            }
            Class::BtreeLeaf | Class::Hash if !header.entries.is_multiple_of(2) => {
                broken(Rule::OddEntries, format!("{} entries", header.entries))
            }
            Class::BtreeLeaf | Class::RecnoLeaf | Class::DuplicateLeaf if header.level != 1 => {
                broken(Rule::Level, format!("{} on a leaf", header.level))
            }
            Class::BtreeInternal | Class::RecnoInternal if header.level < 2 => {
                broken(Rule::Level, format!("{} on an internal page", header.level))
            }
            _ => (class, None),
        }
    }

    /// Looks at the metadata page of a named database.
    fn keep_meta<S: PageSource>(
        &mut self,
        pages: &Pages<S>,
        pgno: PageNo,
        bytes: &[u8],
    ) -> Option<(Rule, String)> {
        let layout = pages.layout();
        let meta = bytes
            .get(..META_USED)
            .and_then(|used| Meta::read(layout.endian, used))
            .filter(|meta| meta.pgno == pgno && meta.kind != Kind::Queue);
        let Some(meta) = meta else {
            return Some((Rule::MetaLost, String::new()));
        };
        if layout.checksums
            && pages.checks_checksums()
            && let Some(found) = crate::read::meta_checksum(layout.endian, bytes)
        {
            return Some((Rule::Checksum, found));
        }
        if self.metas.len() < METAS_KEPT {
            self.metas.push(meta);
        }
        None
    }
}

fn class_of(kind: Option<PageType>) -> Class {
    match kind {
        Some(PageType::Free) => Class::Free,
        Some(PageType::DuplicateChain) => Class::DuplicateChain,
        Some(PageType::Hash | PageType::HashSorted) => Class::Hash,
        Some(PageType::BtreeInternal) => Class::BtreeInternal,
        Some(PageType::RecnoInternal) => Class::RecnoInternal,
        Some(PageType::BtreeLeaf) => Class::BtreeLeaf,
        Some(PageType::RecnoLeaf) => Class::RecnoLeaf,
        Some(PageType::Overflow) => Class::Overflow,
        Some(PageType::HashMeta | PageType::BtreeMeta | PageType::QueueMeta) => Class::Meta,
        Some(PageType::QueueData) => Class::Queue,
        Some(PageType::DuplicateLeaf) => Class::DuplicateLeaf,
        None => Class::Unknown,
    }
}
