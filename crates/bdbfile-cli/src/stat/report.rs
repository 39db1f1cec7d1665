//! What `stat` tells, as data: the JSON form is these types as they are.

use bdbfile::read::Finding;
use serde::Serialize;

/// A file.
#[derive(Debug, Serialize)]
pub(crate) struct FileReport {
    pub(crate) file: String,
    pub(crate) bytes: u64,
    pub(crate) kind: &'static str,
    pub(crate) version: u32,
    pub(crate) byte_order: String,
    pub(crate) page_size: u32,
    pub(crate) pages: u32,
    pub(crate) checksums: bool,
    pub(crate) several_databases: bool,
    /// Pages on the free list, as far as it leads.
    pub(crate) free_list: u32,
    pub(crate) page_uses: Vec<PageUse>,
    pub(crate) databases: Vec<DatabaseReport>,
    pub(crate) findings: Vec<Oddity>,
    /// Findings beyond those listed.
    pub(crate) more_findings: u64,
}

/// The pages of a file that are used for one thing.
#[derive(Debug, Serialize)]
pub(crate) struct PageUse {
    pub(crate) what: &'static str,
    pub(crate) pages: u32,
    /// How much of them is in use, where pages of this kind fill up.
    pub(crate) fill_percent: Option<u64>,
}

/// A database in a file.
#[derive(Debug, Serialize)]
pub(crate) struct DatabaseReport {
    /// Its name as `dump -l` writes it; none for the only one of a file.
    pub(crate) name: Option<String>,
    pub(crate) kind: &'static str,
    pub(crate) version: u32,
    pub(crate) metadata_page: u32,
    pub(crate) flags: Vec<&'static str>,
    pub(crate) keys: u64,
    pub(crate) records: u64,
    pub(crate) duplicates: u64,
    /// Items that are marked deleted, and no records.
    pub(crate) deleted_items: u64,
    /// Levels of the tree.
    pub(crate) height: Option<u8>,
    pub(crate) buckets: Option<u64>,
    pub(crate) record_length: Option<u32>,
    pub(crate) record_padding: Option<u32>,
}

/// Something odd that costs no record.
#[derive(Debug, Serialize)]
pub(crate) struct Oddity {
    pub(crate) page: Option<u32>,
    pub(crate) slot: Option<u16>,
    pub(crate) rule: &'static str,
    pub(crate) found: String,
    /// All of it in a line.
    pub(crate) text: String,
}

impl From<&Finding> for Oddity {
    fn from(finding: &Finding) -> Self {
        Self {
            page: finding.place.page,
            slot: finding.place.slot,
            rule: finding.rule.text(),
            found: finding.detail.clone(),
            text: finding.to_string(),
        }
    }
}
