//! What a workload is: drawn by a seed before anything is done.

use crate::environment::{Durability, EnvironmentOptions};
use crate::options::{ByteOrder, DatabaseOptions, Duplicates, Method};
use crate::rng::Rng;

/// Work in a fresh environment that ends as a killed process ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workload {
    /// The seed: it fixes all that is done.
    pub seed: u64,
    /// The environment.
    pub environment: EnvironmentOptions,
    /// The files at the start.
    pub files: Vec<FilePlan>,
    /// Steps until the process is gone: each changes some records, or
    /// resolves a transaction, or looks after the environment.
    pub steps: u32,
    /// Most transactions at a time, each with its children.
    pub side_by_side: u32,
    /// How it ends.
    pub ending: Ending,
    /// Whether log files go now and then that are not needed any more.
    pub removes_logs: bool,
    /// Whether files, once there are some, are made, removed and renamed.
    pub changes_files: bool,
    /// The step before which the files are copied. Such a copy is what is left
    /// of them at the end: it wants recovery from the first record.
    pub copies_files_at: Option<u32>,
    /// Whether files made since the last checkpoint do not survive: only the
    /// log has them.
    pub loses_new_files: bool,
}

/// How a workload ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// In the midst of it.
    InFlight,
    /// With all transactions resolved.
    Resolved,
    /// With all transactions resolved, and a checkpoint.
    Checkpointed,
}

/// A file to be made: one database, or several with names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePlan {
    /// Its name.
    pub name: String,
    /// Its databases.
    pub databases: Vec<DatabasePlan>,
}

/// A database to be made and worked in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabasePlan {
    /// How it is made.
    pub options: DatabaseOptions,
    /// Different keys, or numbers.
    pub keys: u32,
    /// Every so many-th key goes to overflow pages; none if 0.
    pub long_keys: u32,
    /// Hundredths of the data that go to overflow pages.
    pub long_values: u32,
    /// Length of most data.
    pub value_length: u32,
}

impl Workload {
    /// The workload of a seed.
    pub fn random(seed: u64) -> Self {
        let mut rng = Rng::new(seed, 0);
        let rng = &mut rng;
        let files = 1 + rng.below(3);
        let catastrophic = rng.percent(15);
        let durability = match rng.below(10) {
            0 => Durability::Synced,
            1..=6 => Durability::Written,
            _ => Durability::Buffered,
        };
        // Most are short, some are long.
        let most = rng.choose(&[60, 300, 300, 600, 1200]);
        let steps = 10 + rng.below(most);
        Self {
            seed,
            environment: EnvironmentOptions {
                cache_bytes: (64 << 10) << rng.below(4),
                page_size: 512,
                log_file_max: (64 << 10) << rng.choose(&[0, 0, 0, 1, 2, 4]),
                max_locks: 6000,
                durability,
                lock_wait: false,
                ..EnvironmentOptions::default()
            },
            files: (0..files)
                .map(|number| {
                    let several = rng.percent(25);
                    FilePlan::random(rng, format!("start{number}.db"), several)
                })
                .collect(),
            steps,
            side_by_side: 1 + rng.below(4),
            ending: match rng.below(10) {
                0..=6 => Ending::InFlight,
                7 | 8 => Ending::Resolved,
                _ => Ending::Checkpointed,
            },
            removes_logs: !catastrophic && rng.percent(30),
            // A commit that removes a file and does not reach the log would lose
            // the file.
            changes_files: durability != Durability::Buffered && rng.percent(70),
            copies_files_at: catastrophic.then(|| rng.below(steps)),
            loses_new_files: !catastrophic && rng.percent(10),
        }
    }

    /// Whether recovery has to go from the first record of the log.
    pub fn is_catastrophic(&self) -> bool {
        self.copies_files_at.is_some()
    }
}

impl FilePlan {
    /// A file of one database, or of `several` with names.
    pub(super) fn random(rng: &mut Rng, name: String, several: bool) -> Self {
        let common = DatabaseOptions {
            page_size: Some(rng.choose(&[512, 512, 512, 1024, 1024, 2048, 4096, 8192])),
            byte_order: rng.choose(&[ByteOrder::Native, ByteOrder::Little, ByteOrder::Big]),
            checksums: rng.percent(25),
            ..DatabaseOptions::default()
        };
        let databases = if several {
            (0..=rng.below(3))
                .map(|number| DatabasePlan::random(rng, &common, Some(format!("named{number}"))))
                .collect()
        } else {
            vec![DatabasePlan::random(rng, &common, None)]
        };
        Self { name, databases }
    }
}

impl DatabasePlan {
    /// A database in a file whose databases all have the options of `common`.
    pub(super) fn random(rng: &mut Rng, common: &DatabaseOptions, name: Option<String>) -> Self {
        let method = loop {
            let method = rng.choose(&[
                Method::Btree,
                Method::Btree,
                Method::Btree,
                Method::Hash,
                Method::Hash,
                Method::Recno,
                Method::Queue,
            ]);
            // A queue has a file for itself.
            if method != Method::Queue || name.is_none() {
                break method;
            }
        };
        let keyed = matches!(method, Method::Btree | Method::Hash);
        let duplicates = if keyed {
            rng.choose(&[Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted])
        } else {
            Duplicates::None
        };
        let page = common.page_size.unwrap_or(512);
        let fixed = method == Method::Queue || (method == Method::Recno && rng.percent(40));
        let counts = method == Method::Btree && duplicates == Duplicates::None && rng.percent(40);
        // In a hash database the library goes wrong now and then with keys off
        // the page, and with duplicates of which one is.
        let hash = method == Method::Hash;
        let frail = hash && duplicates != Duplicates::None;
        Self {
            options: DatabaseOptions {
                method,
                duplicates,
                record_numbers: counts,
                renumber: method == Method::Recno && rng.percent(50),
                record_length: fixed.then(|| 1 + rng.below((page / 2 - 40).min(200))),
                name,
                ..common.clone()
            },
            keys: rng.choose(&[5, 50, 300, 1000, 3000]),
            long_keys: if hash && !rng.percent(5) {
                0
            } else {
                rng.choose(&[0, 0, 40, 7])
            },
            long_values: if frail {
                0
            } else {
                rng.choose(&[0, 2, 10, 30])
            },
            value_length: rng.choose(&[4, 30, page / 6]),
        }
    }

    /// The page size.
    pub(super) fn page(&self) -> u32 {
        self.options.page_size.unwrap_or(512)
    }
}
