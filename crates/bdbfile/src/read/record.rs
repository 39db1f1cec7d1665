//! What a scan gives out.

use crate::layout::PageNo;

/// A record, where it stands, and whether it is a further duplicate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The data.
    pub value: &'a [u8],
    /// The page its data item stands on.
    pub page: PageNo,
    /// The slot of its data item.
    pub slot: u16,
    /// Whether the file stores it as a duplicate of the record before it.
    pub repeats_key: bool,
}
