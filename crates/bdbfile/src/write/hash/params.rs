//! What kind of hash database to build.

use crate::error::{Error, Result};
use crate::layout::{HashFields, HashFlags, Kind, Meta, Method, PageLayout, PageType};
use crate::write::file::Heading;
use crate::write::hash::table::HashTable;
use crate::write::params::{Duplicates, KeyOrder};

/// The version of hash databases that is written unless another is asked for:
/// 4.1 to 4.5 write it, and all later ones open it.
pub const HASH_VERSION: u32 = 8;
/// The version before it, which 3.1 to 4.0 write and all later ones open. It
/// has no checksums.
pub const HASH_VERSION_OLD: u32 = 7;
/// The version whose pages are sorted by key: 4.6 to 5.3 write it, and all
/// later ones open it.
pub const HASH_VERSION_SORTED: u32 = 9;

/// The parameters of a hash database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashParams {
    /// The version of its format, 7, 8 or 9.
    pub version: u32,
    /// Whether keys have several records.
    pub duplicates: Duplicates,
    /// The order of sorted duplicates.
    pub duplicate_order: KeyOrder,
    /// Keys wanted a bucket when the library makes the table grow; 0 for as
    /// many as fit its page.
    pub ffactor: u32,
    /// The buckets. Where there is none the table is made for the records,
    /// which only a builder that has them all before it begins can do.
    pub table: Option<HashTable>,
}

impl Default for HashParams {
    /// Version 8, no duplicates (and bytewise if any), a table made for the
    /// records.
    fn default() -> Self {
        Self {
            version: HASH_VERSION,
            duplicates: Duplicates::None,
            duplicate_order: KeyOrder::Bytewise,
            ffactor: 0,
            table: None,
        }
    }
}

impl HashParams {
    /// The parameters of a hash database like the one whose metadata these
    /// are, with the same buckets, of the version that is written unless
    /// another is asked for. Its duplicates may be sorted in an order of the
    /// application's own, so they are taken as they come.
    ///
    /// # Errors
    /// [`Error::Parameter`] when it is no hash database.
    pub fn like(meta: &Meta) -> Result<Self> {
        let fields = meta.hash().ok_or_else(|| {
            let kind = meta.method_name();
            Error::Parameter(format!(
                "a hash table cannot be built like a {kind} database"
            ))
        })?;
        Ok(Self {
            version: HASH_VERSION,
            duplicates: Duplicates::like(meta),
            duplicate_order: KeyOrder::AsFed,
            ffactor: fields.ffactor,
            table: Some(HashTable::like(fields)),
        })
    }

    /// Checks the parameters; gives the table.
    pub(super) fn check(&self, layout: PageLayout) -> Result<HashTable> {
        match self.version {
            HASH_VERSION | HASH_VERSION_SORTED => {}
            HASH_VERSION_OLD if !layout.checksums => {}
            HASH_VERSION_OLD => {
                return Err(Error::Parameter(format!(
                    "a hash database of version {HASH_VERSION_OLD} has no checksums"
                )));
            }
            version => {
                return Err(Error::Parameter(format!(
                    "hash databases are written in version {HASH_VERSION_OLD}, {HASH_VERSION} or \
                     {HASH_VERSION_SORTED}, not {version}"
                )));
            }
        }
        let table = self.table.ok_or_else(|| {
            Error::Parameter("the buckets of the hash database are not given".to_owned())
        })?;
        table.check()?;
        Ok(table)
    }

    /// Whether the pairs on a page are sorted by key.
    pub(super) fn is_sorted(&self) -> bool {
        self.version >= HASH_VERSION_SORTED
    }

    /// Whether duplicates are checked to be sorted bytewise.
    pub(in crate::write) fn has_bytewise_duplicates(&self) -> bool {
        self.duplicates == Duplicates::Sorted && self.duplicate_order == KeyOrder::Bytewise
    }

    /// Whether sorted duplicates have the order in which they come.
    pub(in crate::write) fn has_own_duplicate_order(&self) -> bool {
        self.duplicates == Duplicates::Sorted && self.duplicate_order == KeyOrder::AsFed
    }

    /// The type of the pages of buckets.
    pub(super) fn page_type(&self) -> PageType {
        if self.is_sorted() {
            PageType::HashSorted
        } else {
            PageType::Hash
        }
    }

    /// The metadata page of the finished database.
    pub(super) fn meta(&self, heading: Heading, fields: HashFields) -> Meta {
        let mut flags = match self.duplicates {
            Duplicates::None => 0,
            Duplicates::Unsorted => HashFlags::DUP,
            Duplicates::Sorted => HashFlags::DUP | HashFlags::DUPSORT,
        };
        if heading.named {
            flags |= HashFlags::SUBDB;
        }
        heading.meta(
            Kind::Hash,
            self.version,
            flags,
            Method::Hash(Box::new(fields)),
        )
    }
}
