//! What store to compose.

use std::collections::BTreeSet;

use super::calendar::{self, CalendarRecords};
use super::file::StoreFile;
use super::format::{Format, Nature};
use super::machine::{Library, Machine};
use super::special::Special;
use crate::database::Record;
use crate::error::Error;
use crate::options::{ByteOrder, Duplicates, HashFunction, Method, Order};

/// The names of the databases of a file that has several: the calendars take
/// turns.
pub const NAMES: [&str; 2] = ["first", "second"];

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

/// What is left of an environment beside the databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Surroundings {
    /// The logs and regions of the linked library, as [`End`] says.
    #[default]
    Library,
    /// None, as in a copy of the databases alone.
    Nothing,
    /// Those of an older library, closed properly.
    Machine(Machine),
}

/// A release of the server, as far as it is known what its stores look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreRelease {
    /// 5.x, with Berkeley DB 2.6.
    V5,
    /// An early 6 with Berkeley DB 3.2.
    V6_0,
    /// 6 2004Q2, with Berkeley DB 4.1.
    V6_1,
    /// 6 2005Q4, with Berkeley DB 4.2.
    V6_2,
    /// 6.3. Its version identifier is made up: it was never published.
    V6_3,
    /// 6.3 on Solaris x86, with a candidate for what its library did.
    V6_3SolarisX86,
}

impl StoreRelease {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::V5,
        Self::V6_0,
        Self::V6_1,
        Self::V6_2,
        Self::V6_3,
        Self::V6_3SolarisX86,
    ];

    /// The name by which it is asked for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V5 => "5.x",
            Self::V6_0 => "6.0",
            Self::V6_1 => "6.1",
            Self::V6_2 => "6.2",
            Self::V6_3 => "6.3",
            Self::V6_3SolarisX86 => "6.3-solaris-x86",
        }
    }
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
    /// Which special records there are.
    pub specials: BTreeSet<Special>,
    /// Files that are not there. What they would hold is nowhere.
    pub absent: Vec<StoreFile>,
    /// What `ics50caldb.conf` says; the file is not there when `None`.
    pub identifier: Option<String>,
    /// The access method of every file: btree or hash.
    pub method: Method,
    /// The order of the keys of btrees.
    pub order: Order,
    /// The hash function of hash files.
    pub hash_function: HashFunction,
    /// Every file has the databases of [`NAMES`] instead of one.
    pub named: bool,
    /// The version of the format of every file.
    pub format: Format,
    /// What is put into every file byte by byte.
    pub natures: BTreeSet<Nature>,
    /// Checksum every page.
    pub checksums: bool,
    /// Page size of every file.
    pub page_size: u32,
    /// Byte order of every file.
    pub byte_order: ByteOrder,
    /// Open the delete log with `DB_DUP` and put sets of duplicates into it:
    /// small ones that stay on their page, and a few large ones that do not.
    pub duplicates: bool,
    /// Delete a share of the records in the end, so that pages come free.
    pub deletes: bool,
    /// What is left of an environment.
    pub surroundings: Surroundings,
    /// How the environment is left, where it is the linked library's.
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
            specials: Special::usual(),
            absent: Vec::new(),
            identifier: Some("3.0.0".to_owned()),
            method: Method::Btree,
            order: Order::Bytewise,
            hash_function: HashFunction::Default,
            named: false,
            format: Format::Current,
            natures: BTreeSet::new(),
            checksums: false,
            page_size: 4096,
            byte_order: ByteOrder::Native,
            duplicates: false,
            deletes: false,
            surroundings: Surroundings::Library,
            end: End::Clean,
            cache_bytes: None,
            log_file_max: 10 << 20,
        }
    }
}

impl StorePlan {
    /// A store as a release of the server left it when it was shut down, on a
    /// machine of a byte order.
    pub fn of(release: StoreRelease, byte_order: ByteOrder) -> Self {
        let (library, format) = match release {
            StoreRelease::V5 => (Library::V2_6, Format::V2),
            StoreRelease::V6_0 => (Library::V3_2, Format::V3_2),
            StoreRelease::V6_1 => (Library::V4_1, Format::V4),
            _ => (Library::V4_2, Format::V4),
        };
        let mut plan = Self {
            byte_order,
            format,
            surroundings: Surroundings::Machine(Machine {
                library,
                byte_order,
            }),
            ..Self::default()
        };
        match release {
            StoreRelease::V5 | StoreRelease::V6_0 => {
                plan.absent = vec![StoreFile::Recurring, StoreFile::DeleteLog];
            }
            StoreRelease::V6_3 => plan.identifier = Some("3.1.0".to_owned()),
            StoreRelease::V6_3SolarisX86 => {
                plan.natures.insert(Nature::NoLastPage);
            }
            StoreRelease::V6_1 | StoreRelease::V6_2 => {}
        }
        if release == StoreRelease::V5 {
            plan.identifier = None;
        }
        plan
    }

    /// Whether there are special records of a sort.
    pub(super) fn has(&self, special: Special) -> bool {
        self.specials.contains(&special)
    }

    /// Whether there is a file.
    pub fn holds(&self, file: StoreFile) -> bool {
        !self.absent.contains(&file)
    }

    /// The names of the databases of each file: one without a name, where they
    /// are not several.
    pub fn names(&self) -> Vec<Option<&'static str>> {
        if self.named {
            NAMES.into_iter().map(Some).collect()
        } else {
            vec![None]
        }
    }

    /// Which of [`names`](Self::names) the records of a calendar go to.
    pub(super) fn part(&self, calendar: u32) -> usize {
        if self.named {
            calendar as usize % NAMES.len()
        } else {
            0
        }
    }

    /// Which duplicates the keys of a file may have.
    pub(super) fn duplicates_in(&self, file: StoreFile) -> Duplicates {
        if self.duplicates && file == StoreFile::DeleteLog {
            Duplicates::Unsorted
        } else {
            Duplicates::None
        }
    }

    /// Whether every page carries a checksum, be it right or wrong.
    pub(super) fn sums(&self) -> bool {
        self.checksums || self.natures.contains(&Nature::Checksums)
    }

    /// Whether the finished files are changed byte by byte.
    pub(super) fn patches(&self) -> bool {
        self.surroundings != Surroundings::Library
            || self.format != Format::Current
            || !self.natures.is_empty()
    }

    /// Refuses what cannot be composed together.
    pub(super) fn check(&self) -> Result<(), Error> {
        let has = |nature| self.natures.contains(&nature);
        let hash = self.method == Method::Hash;
        let old = !matches!(self.format, Format::Current | Format::V4);
        let cannot = [
            (
                !matches!(self.method, Method::Btree | Method::Hash),
                "stores are of btree or hash files",
            ),
            (
                self.patches() && self.end != End::Clean,
                "files are changed byte by byte only where they were closed cleanly",
            ),
            (
                self.format == Format::V2 && (hash || self.named),
                "hash files and named databases of 2.x cannot be composed",
            ),
            (
                old && self.sums(),
                "checksums came with the format of Berkeley DB 4.1",
            ),
            (
                has(Nature::DirectoryOrder) && !self.named,
                "a directory is in files with named databases",
            ),
            (
                has(Nature::KeyLengths) && (hash || !self.duplicates),
                "lengths of keys are turned in btrees with duplicates",
            ),
            (
                has(Nature::BitFields) && hash,
                "bit fields are known of btrees only",
            ),
            (
                self.order != Order::Bytewise && hash
                    || self.hash_function != HashFunction::Default && !hash,
                "a key order is for btrees, a hash function for hash files",
            ),
        ];
        match cannot.into_iter().find(|(is_so, _)| *is_so) {
            Some((_, why)) => Err(Error::refused(why, "compose a store")),
            None => Ok(()),
        }
    }

    /// The records of each calendar, with those that will be deleted.
    pub(super) fn all(&self) -> impl Iterator<Item = CalendarRecords> + '_ {
        (0..self.calendars).map(|index| {
            let mut calendar = calendar::compose(self, index);
            calendar.records.retain(|record| self.holds(record.file));
            calendar
        })
    }

    /// What a file of the store holds when it is finished, in database order;
    /// a hash file's in the order of keys.
    pub fn contents(&self, file: StoreFile) -> Vec<Record> {
        self.sorted(file, |_| true)
    }

    /// What one of the databases of a file holds (see
    /// [`names`](Self::names)), in the same order.
    pub fn contents_of(&self, file: StoreFile, name: Option<&str>) -> Vec<Record> {
        let names = self.names();
        self.sorted(file, |calendar| {
            names.get(self.part(calendar)) == Some(&name)
        })
    }

    fn sorted(&self, file: StoreFile, wanted: impl Fn(u32) -> bool) -> Vec<Record> {
        let mut records: Vec<Record> = (0..)
            .zip(self.all())
            .filter(|(index, _)| wanted(*index))
            .flat_map(|(_, calendar)| calendar.records)
            .filter(|record| record.file == file && !record.doomed)
            .map(|record| (record.key, record.value))
            .collect();
        // Stable, because duplicates stay in the order they were put.
        records.sort_by(|a, b| match self.order {
            Order::Bytewise => a.0.cmp(&b.0),
            Order::Reversed => b.0.cmp(&a.0),
        });
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
