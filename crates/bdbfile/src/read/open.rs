//! Opening: the metadata page, checked once.

use crate::error::{Error, Place, Result, Rule, broken};
use crate::layout::{
    BtreeFlags, BtreeMeta, FIRST_ROOT, MAX_PAGE_SIZE, META_USED, MIN_PAGE_SIZE, MetaFlags,
    PageLayout, PageNo, Preamble, page_checksum,
};
use crate::read::finding::Finding;
use crate::read::pages::Pages;
use crate::source::PageSource;

/// Versions of the btree format that are read.
const VERSIONS: std::ops::RangeInclusive<u32> = 8..=9;

/// An open btree file.
#[derive(Debug)]
pub struct Database<S> {
    pub(super) pages: Pages<S>,
    pub(super) meta: BtreeMeta,
    findings: Vec<Finding>,
}

impl<S: PageSource> Database<S> {
    /// Opens a file: finds its byte order, checks its metadata page.
    ///
    /// # Errors
    /// [`Error::Format`] names what is not read or broken; [`Error::Io`] when
    /// the source fails.
    pub fn open(source: S) -> Result<Self> {
        let name = source.name().to_owned();
        let refuse = |rule, found: String| -> Error { broken(&name, Place::page(0), rule, found) };

        let len = source.len();
        if len < META_USED as u64 {
            return Err(broken(
                &name,
                Place::FILE,
                Rule::TooShort,
                format!("{len} bytes"),
            ));
        }
        let head = source.bytes(0, META_USED).map_err(|source| Error::Io {
            file: name.clone(),
            action: "read the metadata page".to_owned(),
            source,
        })?;
        let preamble = Preamble::read(&head).ok_or_else(|| {
            let found = format!("it begins with {:02x?}", head.get(..16).unwrap_or_default());
            broken(&name, Place::FILE, Rule::NotBerkeleyDb, found)
        })?;
        let endian = preamble.endian;
        if !preamble.is_btree {
            let found = format!("{} version {}", preamble.kind, preamble.version);
            return Err(refuse(Rule::KindNotRead, found));
        }
        if !VERSIONS.contains(&preamble.version) {
            let found = format!("btree version {}, {endian}", preamble.version);
            return Err(refuse(Rule::VersionNotRead, found));
        }
        if preamble.encryption != 0 {
            let found = format!("algorithm {}", preamble.encryption);
            return Err(refuse(Rule::Encrypted, found));
        }
        let page_size = preamble.page_size;
        if !page_size.is_power_of_two() || !(MIN_PAGE_SIZE..=MAX_PAGE_SIZE).contains(&page_size) {
            return Err(refuse(Rule::PageSize, format!("{page_size}, {endian}")));
        }
        let meta = BtreeMeta::read(endian, &head)
            .ok_or_else(|| broken(&name, Place::FILE, Rule::TooShort, format!("{len} bytes")))?;
        check_meta(&meta, &head, endian, &refuse)?;

        let layout = PageLayout {
            endian,
            page_size,
            checksums: meta.meta_flags.has(MetaFlags::CHECKSUM),
        };
        if layout.overflow_limit(meta.minkey).is_none() || meta.minkey < 2 {
            return Err(refuse(Rule::MinKey, meta.minkey.to_string()));
        }
        let whole = len / u64::from(page_size);
        let count = PageNo::try_from(whole).map_err(|_| Error::Limit {
            file: name.clone(),
            what: "the number of pages",
            limit: u64::from(PageNo::MAX),
        })?;
        let findings = size_findings(&meta, len, count);
        drop(head);
        let pages = Pages::new(source, layout, count);
        pages.note_lsn(meta.lsn);
        Ok(Self {
            pages,
            meta,
            findings,
        })
    }

    /// The metadata page.
    pub fn meta(&self) -> &BtreeMeta {
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
    pub(super) fn findings(&self) -> &[Finding] {
        &self.findings
    }
}

/// Checks what the metadata page says of itself.
fn check_meta(
    meta: &BtreeMeta,
    head: &[u8],
    endian: crate::layout::Endian,
    refuse: &dyn Fn(Rule, String) -> Error,
) -> Result<()> {
    if meta.page_type != BtreeMeta::PAGE_TYPE {
        return Err(refuse(Rule::MetaType, meta.page_type.to_string()));
    }
    if meta.pgno != 0 {
        return Err(refuse(Rule::MetaNumber, meta.pgno.to_string()));
    }
    if meta.meta_flags.has(MetaFlags::CHECKSUM) {
        let stored = endian.u32(head, BtreeMeta::CHECKSUM_AT).unwrap_or_default();
        let right = page_checksum(head, BtreeMeta::CHECKSUM_AT);
        if stored != right {
            let found = format!("stored {stored:08x}, computed {right:08x}");
            return Err(refuse(Rule::Checksum, found));
        }
    }
    if meta.meta_flags.has(MetaFlags::PARTITIONED) {
        return Err(refuse(
            Rule::Partitioned,
            format!("{:#x}", meta.meta_flags.0),
        ));
    }
    let flags = meta.flags;
    if flags.0 & !BtreeFlags::KNOWN != 0 {
        return Err(refuse(Rule::Flags, format!("{:#x}", flags.0)));
    }
    if flags.has(BtreeFlags::SUBDB) {
        return Err(refuse(Rule::SubDatabases, String::new()));
    }
    if flags.has(BtreeFlags::COMPRESS) {
        return Err(refuse(Rule::Compressed, String::new()));
    }
    if flags.has(BtreeFlags::RECNO) {
        let found = format!("recno version {}", meta.version);
        return Err(refuse(Rule::KindNotRead, found));
    }
    if meta.root != FIRST_ROOT {
        return Err(refuse(Rule::Root, meta.root.to_string()));
    }
    Ok(())
}

/// What the file's size tells beside the metadata page.
fn size_findings(meta: &BtreeMeta, len: u64, count: PageNo) -> Vec<Finding> {
    let mut findings = Vec::new();
    let rest = len % u64::from(meta.page_size);
    if rest != 0 {
        findings.push(Finding {
            place: Place::FILE,
            rule: Rule::FileSize,
            detail: format!("{rest} bytes after page {}", count.saturating_sub(1)),
        });
    }
    // 3.1 and 3.2 leave the field 0; db_upgrade of 5.3 sets it one too high.
    let last = count.saturating_sub(1);
    if meta.last_pgno != 0 && meta.last_pgno != last {
        findings.push(Finding {
            place: Place::page(0),
            rule: Rule::LastPage,
            detail: format!("it says {}, the file's last page is {last}", meta.last_pgno),
        });
    }
    findings
}
