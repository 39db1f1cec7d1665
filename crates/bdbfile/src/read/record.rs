//! What a scan gives out.

use crate::layout::PageNo;

/// A record, where it stands, and whether it is a further duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// The key; empty in recno databases and queues.
    pub key: &'a [u8],
    /// The data.
    pub value: &'a [u8],
    /// The record's number in recno databases and queues.
    pub number: Option<u32>,
    /// The page its data item stands on.
    pub page: PageNo,
    /// The slot of its data item.
    pub slot: u16,
    /// Whether the file stores it as a duplicate of the record before it.
    pub repeats_key: bool,
}

/// A record that is a copy of its own: what [`Record`] shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnedRecord {
    /// The key; empty in recno databases and queues.
    pub key: Vec<u8>,
    /// The data.
    pub value: Vec<u8>,
    /// The record's number in recno databases and queues.
    pub number: Option<u32>,
    /// The page its data item stands on.
    pub page: PageNo,
    /// The slot of its data item.
    pub slot: u16,
    /// Whether the file stores it as a duplicate of the record before it.
    pub repeats_key: bool,
}

impl From<Record<'_>> for OwnedRecord {
    fn from(record: Record<'_>) -> Self {
        Self {
            key: record.key.to_vec(),
            value: record.value.to_vec(),
            number: record.number,
            page: record.page,
            slot: record.slot,
            repeats_key: record.repeats_key,
        }
    }
}

/// Buffers for items that are put together from overflow chains, kept from
/// page to page.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) key: Vec<u8>,
    pub(crate) value: Vec<u8>,
}
