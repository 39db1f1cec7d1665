//! What store to compose.

use super::calendar::{self, CalendarRecords};
use super::file::StoreFile;
use crate::database::Record;
use crate::options::ByteOrder;

/// How the environment of the store is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum End {
    /// Checkpointed, its old logs removed, and closed.
    #[default]
    Clean,
    /// Closed without a checkpoint: the files are up to date, the log does not
    /// say so.
    NoCheckpoint,
    /// Left as by a process that died after its commits: what came after a
    /// checkpoint half-way is in the log and the cache only.
    Abandoned,
    /// Left as by a process that died with a transaction open just after a
    /// checkpoint: the files hold records that were never committed.
    Active,
}

/// A store to compose. The plan fixes every record of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StorePlan {
    /// Seed of all chance.
    pub seed: u64,
    /// Calendars.
    pub calendars: u32,
    /// Components (events and todos, exceptions counted) in each calendar.
    pub components: u32,
    /// Page size of every file.
    pub page_size: u32,
    /// Byte order of every file.
    pub byte_order: ByteOrder,
    /// Open the delete log with `DB_DUP` and put sets of duplicates into it:
    /// small ones that stay on their page, and a few large ones that do not.
    pub duplicates: bool,
    /// Delete a share of the records in the end, so that pages come free.
    pub deletes: bool,
    /// How the environment is left.
    pub end: End,
    /// Cache of the environment; chosen by the size of the store when `None`.
    pub cache_bytes: Option<u32>,
    /// Largest size of one log file.
    pub log_file_max: u32,
}

impl Default for StorePlan {
    fn default() -> Self {
        Self {
            seed: 1,
            calendars: 12,
            components: 40,
            page_size: 4096,
            byte_order: ByteOrder::Native,
            duplicates: false,
            deletes: false,
            end: End::Clean,
            cache_bytes: None,
            log_file_max: 10 << 20,
        }
    }
}

impl StorePlan {
    /// The records of each calendar, with those that will be deleted.
    pub(super) fn all(&self) -> impl Iterator<Item = CalendarRecords> + '_ {
        (0..self.calendars).map(|index| calendar::compose(self, index))
    }

    /// What a file of the store holds when it is finished, in database order.
    pub fn contents(&self, file: StoreFile) -> Vec<Record> {
        let mut records: Vec<Record> = self
            .all()
            .flat_map(|calendar| calendar.records)
            .filter(|record| record.file == file && !record.doomed)
            .map(|record| (record.key, record.value))
            .collect();
        // Stable, because duplicates stay in the order they were put.
        records.sort_by(|a, b| a.0.cmp(&b.0));
        records
    }

    pub(super) fn cache(&self) -> u32 {
        const SMALL_STORE: u64 = 10_000;
        let components = u64::from(self.calendars) * u64::from(self.components);
        self.cache_bytes.unwrap_or(if components <= SMALL_STORE {
            // The server's documented default (mempoolsizemb).
            4 << 20
        } else {
            64 << 20
        })
    }
}
