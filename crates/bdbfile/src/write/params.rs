//! What kind of file to build.

use crate::error::{Error, Result};
use crate::layout::{
    BtreeFields, BtreeFlags, Endian, Kind, Lsn, MAX_PAGE_SIZE, MIN_PAGE_SIZE, Meta, MetaFlags,
    Method, PageLayout, PageNo,
};
use crate::write::file::Heading;

/// The version of btree and recno that is written unless another is asked for:
/// every release from 4.1 to 5.3 writes it, and all later ones open it.
pub const BTREE_VERSION: u32 = 9;
/// The version before it, which 3.1 to 4.0 write and all later ones open. It
/// has no checksums.
pub const BTREE_VERSION_OLD: u32 = 8;

/// The version of queue that is written: every release from 4.1 on writes it.
pub const QUEUE_VERSION: u32 = 4;

/// The minimum number of keys a page where none is asked for.
const MINKEY: u32 = 2;

/// Whether a key may have several records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Duplicates {
    /// One record a key.
    #[default]
    None,
    /// Several, in the order they were put.
    Unsorted,
    /// Several, in the order of their data.
    Sorted,
}

/// What the order of the records is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum KeyOrder {
    /// Ascending bytewise, the shorter first: libdb's own order. Checked as
    /// records come; separators on internal pages are cut short.
    #[default]
    Bytewise,
    /// An order of the application's own, known only by the order in which
    /// records come. Nothing is checked and separators are whole keys.
    AsFed,
}

/// What all databases of a file have alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileParams {
    /// Byte order, page size, checksums.
    pub layout: PageLayout,
    /// The unique id of the file: any 20 bytes that no other file of the same
    /// environment has.
    pub file_id: [u8; 20],
}

impl Default for FileParams {
    /// Little-endian, 4096-byte pages, no checksums, id all zeros.
    fn default() -> Self {
        Self {
            layout: PageLayout {
                endian: Endian::Little,
                page_size: 4096,
                checksums: false,
                bit_fields: false,
            },
            file_id: [0; 20],
        }
    }
}

impl FileParams {
    pub(super) fn check(&self) -> Result<()> {
        let page_size = self.layout.page_size;
        if page_size.is_power_of_two() && (MIN_PAGE_SIZE..=MAX_PAGE_SIZE).contains(&page_size) {
            return Ok(());
        }
        Err(Error::Parameter(format!(
            "a page size of {page_size} is not a power of two from 512 to 65536"
        )))
    }
}

/// The parameters of a btree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BtreeParams {
    /// The version of its format, 9 or 8.
    pub version: u32,
    /// Whether keys have several records.
    pub duplicates: Duplicates,
    /// The order of sorted duplicates.
    pub duplicate_order: KeyOrder,
    /// Whether record numbers are kept on internal pages.
    pub record_numbers: bool,
    /// Minimum number of keys a page, 2 or more; the overflow limit follows.
    pub minkey: u32,
    /// The order of the records.
    pub order: KeyOrder,
}

impl Default for BtreeParams {
    /// Version 9, no duplicates, bytewise.
    fn default() -> Self {
        Self {
            version: BTREE_VERSION,
            duplicates: Duplicates::None,
            duplicate_order: KeyOrder::Bytewise,
            record_numbers: false,
            minkey: MINKEY,
            order: KeyOrder::Bytewise,
        }
    }
}

impl BtreeParams {
    /// The parameters of a btree like the one whose metadata these are, of the
    /// version that is written unless another is asked for. Its duplicates may
    /// be sorted in an order of the application's own, so they are taken as
    /// they come.
    ///
    /// # Errors
    /// [`Error::Parameter`] when it is no btree with keys.
    pub fn like(meta: &Meta) -> Result<Self> {
        let fields = meta.btree().filter(|_| !meta.is_recno()).ok_or_else(|| {
            let kind = meta.method_name();
            Error::Parameter(format!("a btree cannot be built like a {kind} database"))
        })?;
        Ok(Self {
            version: BTREE_VERSION,
            duplicates: Duplicates::like(meta),
            duplicate_order: KeyOrder::AsFed,
            record_numbers: meta.has_record_numbers(),
            minkey: fields.minkey,
            order: KeyOrder::Bytewise,
        })
    }

    /// Whether duplicates are checked to be sorted bytewise.
    pub(super) fn has_bytewise_duplicates(&self) -> bool {
        self.duplicates == Duplicates::Sorted && self.duplicate_order == KeyOrder::Bytewise
    }

    /// Whether sorted duplicates have the order in which they come.
    pub(super) fn has_own_duplicate_order(&self) -> bool {
        self.duplicates == Duplicates::Sorted && self.duplicate_order == KeyOrder::AsFed
    }

    /// Checks the parameters and gives the overflow limit that follows.
    pub(super) fn overflow_limit(&self, layout: PageLayout) -> Result<usize> {
        check_version(self.version, layout)?;
        if self.record_numbers && self.duplicates != Duplicates::None {
            return Err(Error::Parameter(
                "a database with record numbers cannot have duplicates".to_owned(),
            ));
        }
        overflow_limit(layout, self.minkey)
    }

    /// The metadata page of the finished database.
    pub(super) fn meta(&self, heading: Heading, root: PageNo) -> Meta {
        let mut flags = match self.duplicates {
            Duplicates::None => 0,
            Duplicates::Unsorted => BtreeFlags::DUP,
            Duplicates::Sorted => BtreeFlags::DUP | BtreeFlags::DUPSORT,
        };
        if self.record_numbers {
            flags |= BtreeFlags::RECNUM;
        }
        if heading.named {
            flags |= BtreeFlags::SUBDB;
        }
        let fields = BtreeFields {
            minkey: self.minkey,
            re_len: 0,
            // libdb sets a blank for btrees too.
            re_pad: 0x20,
            root,
        };
        heading.meta(Kind::Btree, self.version, flags, Method::Btree(fields))
    }
}

/// The length that all records of a recno database have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FixedLength {
    /// Bytes.
    pub len: u32,
    /// What shorter records are padded with.
    pub pad: u8,
}

/// The parameters of a recno database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecnoParams {
    /// The version of its format, 9 or 8.
    pub version: u32,
    /// Whether numbers change when records before them come and go.
    pub renumber: bool,
    /// The length of all records, where they have the same.
    pub fixed: Option<FixedLength>,
}

impl Default for RecnoParams {
    /// Version 9, numbers that stay, records of any length.
    fn default() -> Self {
        Self {
            version: BTREE_VERSION,
            renumber: false,
            fixed: None,
        }
    }
}

impl RecnoParams {
    /// The parameters of a recno database like the one whose metadata these
    /// are, of the version that is written unless another is asked for.
    ///
    /// # Errors
    /// [`Error::Parameter`] when it is no recno database.
    pub fn like(meta: &Meta) -> Result<Self> {
        let fields = meta.btree().filter(|_| meta.is_recno()).ok_or_else(|| {
            let kind = meta.method_name();
            Error::Parameter(format!(
                "a recno database cannot be built like a {kind} database"
            ))
        })?;
        Ok(Self {
            version: BTREE_VERSION,
            renumber: meta.flags & BtreeFlags::RENUMBER != 0,
            fixed: meta.fixed_length().map(|len| FixedLength {
                len,
                pad: pad_byte(fields.re_pad),
            }),
        })
    }

    pub(super) fn overflow_limit(&self, layout: PageLayout) -> Result<usize> {
        check_version(self.version, layout)?;
        if self.fixed.is_some_and(|fixed| fixed.len == 0) {
            return Err(Error::Parameter(
                "records of one length have at least one byte".to_owned(),
            ));
        }
        overflow_limit(layout, MINKEY)
    }

    /// The metadata page of the finished database.
    pub(super) fn meta(&self, heading: Heading, root: PageNo) -> Meta {
        let mut flags = BtreeFlags::RECNO;
        if self.renumber {
            flags |= BtreeFlags::RENUMBER;
        }
        if self.fixed.is_some() {
            flags |= BtreeFlags::FIXED_LENGTH;
        }
        if heading.named {
            flags |= BtreeFlags::SUBDB;
        }
        let fields = BtreeFields {
            minkey: MINKEY,
            re_len: self.fixed.map_or(0, |fixed| fixed.len),
            re_pad: self.fixed.map_or(0x20, |fixed| u32::from(fixed.pad)),
            root,
        };
        heading.meta(Kind::Btree, self.version, flags, Method::Btree(fields))
    }
}

/// The parameters of a queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueParams {
    /// Bytes of a record.
    pub len: u32,
    /// What shorter records are padded with.
    pub pad: u8,
    /// The number of the first record that may be there, from 1.
    pub first: u32,
    /// The number that the next record will get, from 1.
    pub next: u32,
}

impl QueueParams {
    /// The parameters of a queue like the one whose metadata these are, its
    /// records all in one file.
    ///
    /// # Errors
    /// [`Error::Parameter`] when it is no queue.
    pub fn like(meta: &Meta) -> Result<Self> {
        let fields = meta.queue().ok_or_else(|| {
            let kind = meta.method_name();
            Error::Parameter(format!("a queue cannot be built like a {kind} database"))
        })?;
        Ok(Self {
            len: fields.re_len,
            pad: pad_byte(fields.re_pad),
            first: fields.first,
            next: fields.next,
        })
    }
}

/// Only the low byte of the number counts.
fn pad_byte(number: u32) -> u8 {
    number.to_le_bytes().first().copied().unwrap_or(b' ')
}

impl Duplicates {
    /// Those of the database whose metadata these are.
    pub fn like(meta: &Meta) -> Self {
        if meta.has_sorted_duplicates() {
            Self::Sorted
        } else if meta.has_duplicates() {
            Self::Unsorted
        } else {
            Self::None
        }
    }
}

impl Heading {
    /// The metadata of a database; the number of pages is filled in later.
    pub(super) fn meta(self, kind: Kind, version: u32, flags: u32, method: Method) -> Meta {
        let mut meta = Meta {
            lsn: Lsn::NOT_LOGGED,
            pgno: self.pgno,
            kind,
            version,
            page_size: self.layout.page_size,
            encryption: 0,
            page_type: None,
            meta_flags: MetaFlags(if self.layout.checksums {
                MetaFlags::CHECKSUM
            } else {
                0
            }),
            free: 0,
            last_pgno: 0,
            flags,
            uid: self.file_id,
            method,
        };
        meta.page_type = Some(meta.right_page_type());
        meta
    }
}

fn check_version(version: u32, layout: PageLayout) -> Result<()> {
    match version {
        BTREE_VERSION => Ok(()),
        BTREE_VERSION_OLD if !layout.checksums => Ok(()),
        BTREE_VERSION_OLD => Err(Error::Parameter(format!(
            "a btree of version {version} has no checksums"
        ))),
        _ => Err(Error::Parameter(format!(
            "btrees are written in version {BTREE_VERSION} or {BTREE_VERSION_OLD}, not {version}"
        ))),
    }
}

fn overflow_limit(layout: PageLayout, minkey: u32) -> Result<usize> {
    layout
        .overflow_limit(minkey)
        .filter(|_| minkey >= 2)
        .ok_or_else(|| {
            Error::Parameter(format!(
                "a minimum of {minkey} keys does not fit pages of {} bytes",
                layout.page_size
            ))
        })
}
