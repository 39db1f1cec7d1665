//! What kind of file to build.

use crate::error::{Error, Result};
use crate::layout::{
    BtreeFields, BtreeFlags, Endian, FIRST_ROOT, Kind, Lsn, MAX_PAGE_SIZE, MIN_PAGE_SIZE, Meta,
    MetaFlags, Method, PageLayout, PageNo, PageType,
};

/// The version that is written: every release from 4.1 to 5.3 writes it, and
/// all later ones open it.
const VERSION: u32 = 9;

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

/// The parameters of a btree file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BtreeParams {
    /// Byte order, page size, checksums.
    pub layout: PageLayout,
    /// Whether keys have several records.
    pub duplicates: Duplicates,
    /// Whether record numbers are kept on internal pages.
    pub record_numbers: bool,
    /// Minimum number of keys a page, 2 or more; the overflow limit follows.
    pub minkey: u32,
    /// The order of the records.
    pub order: KeyOrder,
    /// The unique id of the file: any 20 bytes that no other file of the same
    /// environment has.
    pub file_id: [u8; 20],
}

impl Default for BtreeParams {
    /// Little-endian, 4096-byte pages, no duplicates, bytewise, id all zeros.
    fn default() -> Self {
        Self {
            layout: PageLayout {
                endian: Endian::Little,
                page_size: 4096,
                checksums: false,
                bit_fields: false,
            },
            duplicates: Duplicates::None,
            record_numbers: false,
            minkey: 2,
            order: KeyOrder::Bytewise,
            file_id: [0; 20],
        }
    }
}

impl BtreeParams {
    /// The parameters of a btree like the one whose metadata these are.
    ///
    /// # Errors
    /// [`Error::Parameter`] when it is no btree with keys.
    pub fn like(meta: &Meta, layout: PageLayout) -> Result<Self> {
        let fields = meta.btree().filter(|_| !meta.is_recno()).ok_or_else(|| {
            let kind = meta.method_name();
            Error::Parameter(format!("a btree cannot be built like a {kind} database"))
        })?;
        let duplicates = if meta.has_sorted_duplicates() {
            Duplicates::Sorted
        } else if meta.has_duplicates() {
            Duplicates::Unsorted
        } else {
            Duplicates::None
        };
        Ok(Self {
            layout: PageLayout {
                bit_fields: false,
                ..layout
            },
            duplicates,
            record_numbers: meta.has_record_numbers(),
            minkey: fields.minkey,
            order: KeyOrder::Bytewise,
            file_id: meta.uid,
        })
    }

    /// Checks the parameters and gives the overflow limit that follows.
    pub(super) fn overflow_limit(&self) -> Result<usize> {
        let page_size = self.layout.page_size;
        if !page_size.is_power_of_two() || !(MIN_PAGE_SIZE..=MAX_PAGE_SIZE).contains(&page_size) {
            return Err(Error::Parameter(format!(
                "a page size of {page_size} is not a power of two from 512 to 65536"
            )));
        }
        if self.record_numbers && self.duplicates != Duplicates::None {
            return Err(Error::Parameter(
                "a database with record numbers cannot have duplicates".to_owned(),
            ));
        }
        self.layout
            .overflow_limit(self.minkey)
            .filter(|_| self.minkey >= 2)
            .ok_or_else(|| {
                Error::Parameter(format!(
                    "a minimum of {} keys does not fit pages of {page_size} bytes",
                    self.minkey
                ))
            })
    }

    /// The metadata page of the finished file.
    pub(super) fn meta(&self, last_pgno: PageNo) -> Meta {
        let mut flags = match self.duplicates {
            Duplicates::None => 0,
            Duplicates::Unsorted => BtreeFlags::DUP,
            Duplicates::Sorted => BtreeFlags::DUP | BtreeFlags::DUPSORT,
        };
        if self.record_numbers {
            flags |= BtreeFlags::RECNUM;
        }
        Meta {
            lsn: Lsn::NOT_LOGGED,
            pgno: 0,
            kind: Kind::Btree,
            version: VERSION,
            page_size: self.layout.page_size,
            page_type: Some(PageType::BtreeMeta as u8),
            meta_flags: MetaFlags(if self.layout.checksums {
                MetaFlags::CHECKSUM
            } else {
                0
            }),
            free: 0,
            last_pgno,
            flags,
            uid: self.file_id,
            method: Method::Btree(BtreeFields {
                minkey: self.minkey,
                re_len: 0,
                // libdb sets a blank for btrees too.
                re_pad: 0x20,
                root: FIRST_ROOT,
            }),
        }
    }
}
