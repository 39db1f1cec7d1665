//! Opening a file: its first metadata page, checked once.

use crate::budget::Budgets;
use crate::error::{Error, Place, Result, Rule, broken};
use crate::layout::{
    BtreeFlags, Endian, FIRST_ROOT, HashFlags, Kind, MAX_PAGE_SIZE, META_USED, MIN_PAGE_SIZE, Meta,
    MetaFlags, Method, PageLayout, PageNo, Preamble, page_checksum,
};
use crate::read::finding::Finding;
use crate::read::foreign;
use crate::read::pages::Pages;
use crate::read::quirks;
use crate::source::PageSource;

/// Versions of each kind that are read: those of Berkeley DB 2.x to 18.1.
pub(crate) const fn versions(kind: Kind) -> std::ops::RangeInclusive<u32> {
    match kind {
        Kind::Btree => 6..=10,
        Kind::Hash => 5..=10,
        Kind::Queue => 1..=4,
        // None at all.
        #[allow(clippy::reversed_empty_ranges)]
        Kind::Heap | Kind::HalfRenamed => 1..=0,
    }
}

/// An open file. It holds one database, or a directory of named ones.
#[derive(Debug)]
pub struct DatabaseFile<S> {
    pub(crate) pages: Pages<S>,
    pub(super) meta: Meta,
    findings: Vec<Finding>,
}

impl<S: PageSource> DatabaseFile<S> {
    /// Opens a file: finds its byte order, checks its first metadata page.
    ///
    /// # Errors
    /// [`Error::Format`] names what is not read or broken; [`Error::Io`] when
    /// the source fails.
    pub fn open(source: S) -> Result<Self> {
        Self::open_within(source, Budgets::default())
    }

    /// The same, with other budgets for whatever is done with the file.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn open_within(source: S, budgets: Budgets) -> Result<Self> {
        let name = source.name().to_owned();
        let len = source.len();
        let too_short = || broken(&name, Place::FILE, Rule::TooShort, format!("{len} bytes"));
        let read = |len: usize| {
            source.bytes(0, len).map_err(|source| Error::Io {
                file: name.clone(),
                action: "read the metadata page".to_owned(),
                source,
            })
        };
        let start = read(usize::try_from(len).map_or(META_USED, |len| len.min(META_USED)))?;
        let preamble = Preamble::read(&start).ok_or_else(|| {
            let found = foreign::name(&start);
            broken(&name, Place::FILE, Rule::NotBerkeleyDb, found)
        })?;
        check_preamble(&name, &preamble)?;
        if len < META_USED as u64 {
            return Err(too_short());
        }
        let meta = Meta::read(preamble.endian, &start).ok_or_else(too_short)?;
        let mut layout = PageLayout {
            endian: preamble.endian,
            page_size: preamble.page_size,
            checksums: meta.has_checksums(),
            bit_fields: false,
        };
        check_meta(&name, &meta, layout, 0)?;
        let whole = len.checked_div(preamble.page_size.into());
        let count = PageNo::try_from(whole.unwrap_or_default()).map_err(|_| Error::Limit {
            file: name.clone(),
            what: "the number of pages",
            limit: u64::from(PageNo::MAX),
        })?;
        let mut findings = size_findings(&meta, len, count);
        let wrong = layout
            .checksums
            .then(|| meta_checksum(preamble.endian, &start))
            .flatten();
        drop(start);

        let mut pages = Pages::new(source, layout, count, budgets);
        if let Some(wrong) = wrong {
            // Damage makes one page wrong, a library's mistake all of them.
            if !quirks::checksums_all_wrong(&pages) {
                return Err(broken(&name, Place::page(0), Rule::Checksum, wrong));
            }
            pages.ignore_checksums();
            findings.push(note(Rule::ChecksumsAllWrong));
        }
        if quirks::has_bit_fields(&pages, &meta) {
            layout.bit_fields = true;
            pages.set_layout(layout);
            findings.push(note(Rule::BitFields));
        }
        pages.note_lsn(meta.lsn);
        Ok(Self {
            pages,
            meta,
            findings,
        })
    }

    /// The first metadata page.
    pub fn meta(&self) -> &Meta {
        &self.meta
    }

    /// How the pages are laid out.
    pub fn layout(&self) -> PageLayout {
        self.pages.layout()
    }

    /// The number of whole pages in the file.
    pub fn page_count(&self) -> PageNo {
        self.pages.count()
    }

    /// The length of the file in bytes.
    pub fn file_len(&self) -> u64 {
        self.pages.file_len()
    }

    /// The name errors give the file.
    pub fn name(&self) -> &str {
        self.pages.name()
    }

    /// What opening found odd, though nothing is lost by it.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

fn note(rule: Rule) -> Finding {
    Finding {
        place: Place::FILE,
        rule,
        detail: String::new(),
    }
}

fn check_preamble(name: &str, preamble: &Preamble) -> Result<()> {
    let refuse = |rule, found| Err(broken(name, Place::page(0), rule, found));
    let Preamble {
        endian,
        kind,
        version,
        page_size,
        encryption,
    } = *preamble;
    let known = versions(kind);
    if known.is_empty() {
        return refuse(Rule::KindNotRead, format!("{kind} version {version}"));
    }
    if !known.contains(&version) {
        return refuse(
            Rule::VersionNotRead,
            format!("{kind} version {version}, {endian}"),
        );
    }
    if encryption != 0 {
        return refuse(Rule::Encrypted, format!("algorithm {encryption}"));
    }
    // 2.x before 2.6.4 allowed sizes that are no powers of two.
    let old = matches!((kind, version), (Kind::Btree, 6) | (Kind::Hash, 5));
    if !(MIN_PAGE_SIZE..=MAX_PAGE_SIZE).contains(&page_size)
        || !(old || page_size.is_power_of_two())
    {
        return refuse(Rule::PageSize, format!("{page_size}, {endian}"));
    }
    Ok(())
}

/// Checks what a metadata page says of itself; `at` is where it stands.
pub(super) fn check_meta(name: &str, meta: &Meta, layout: PageLayout, at: PageNo) -> Result<()> {
    let refuse = |rule, found: String| Err(broken(name, Place::page(at), rule, found));
    if let Some(page_type) = meta.page_type
        && page_type != meta.right_page_type()
    {
        return refuse(Rule::MetaType, page_type.to_string());
    }
    if meta.pgno != at {
        return refuse(Rule::MetaNumber, meta.pgno.to_string());
    }
    if !versions(meta.kind).contains(&meta.version) {
        let found = format!("{} version {}", meta.kind, meta.version);
        return refuse(Rule::VersionNotRead, found);
    }
    if meta.encryption != 0 {
        return refuse(Rule::Encrypted, format!("algorithm {}", meta.encryption));
    }
    if meta.meta_flags.has(MetaFlags::PARTITIONED) {
        return refuse(Rule::Partitioned, format!("{:#x}", meta.meta_flags.0));
    }
    match &meta.method {
        Method::Btree(fields) => {
            if meta.flags & !BtreeFlags::KNOWN != 0 {
                return refuse(Rule::Flags, format!("{:#x}", meta.flags));
            }
            if meta.flags & BtreeFlags::COMPRESS != 0 {
                return refuse(Rule::Compressed, String::new());
            }
            if at == 0 && fields.root != FIRST_ROOT {
                return refuse(Rule::Root, fields.root.to_string());
            }
            if layout.overflow_limit(fields.minkey).is_none() || fields.minkey < 2 {
                return refuse(Rule::MinKey, fields.minkey.to_string());
            }
        }
        Method::Hash(fields) => {
            if meta.flags & !HashFlags::KNOWN != 0 {
                return refuse(Rule::Flags, format!("{:#x}", meta.flags));
            }
            let high = fields.high_mask;
            let masks = high & high.wrapping_add(1) == 0
                && fields.low_mask == high >> 1
                && fields.max_bucket <= high;
            if !masks {
                let found = format!(
                    "highest bucket {}, masks {high:#x} and {:#x}",
                    fields.max_bucket, fields.low_mask
                );
                return refuse(Rule::HashMasks, found);
            }
        }
        Method::Queue(fields) => {
            if !fields.fills(layout) {
                let found = format!(
                    "{} records of {} bytes a page",
                    fields.rec_page, fields.re_len
                );
                return refuse(Rule::QueueFields, found);
            }
        }
    }
    Ok(())
}

/// How the checksum of a metadata page is wrong, if it is.
pub(crate) fn meta_checksum(endian: Endian, page: &[u8]) -> Option<String> {
    let used = page.get(..META_USED)?;
    let stored = endian.u32(used, Meta::CHECKSUM_AT)?;
    let right = page_checksum(used, Meta::CHECKSUM_AT);
    (stored != right).then(|| format!("stored {stored:08x}, computed {right:08x}"))
}

/// What the file's size tells beside the metadata page.
fn size_findings(meta: &Meta, len: u64, count: PageNo) -> Vec<Finding> {
    let mut findings = Vec::new();
    let rest = len.checked_rem(meta.page_size.into()).unwrap_or_default();
    if rest != 0 {
        findings.push(Finding {
            place: Place::FILE,
            rule: Rule::FileSize,
            detail: format!("{rest} bytes after page {}", count.saturating_sub(1)),
        });
    }
    // Files of 3.2 and before leave the field 0; db_upgrade of 5.3 sets it one
    // too high. A queue's pages may lie in extents.
    let last = count.saturating_sub(1);
    if meta.last_pgno != 0 && meta.last_pgno != last && meta.kind != Kind::Queue {
        findings.push(Finding {
            place: Place::page(0),
            rule: Rule::LastPage,
            detail: format!("it says {}, the file's last page is {last}", meta.last_pgno),
        });
    }
    findings
}
