//! Writing a plan out: the directory, its environment and its files.

use std::fs;
use std::io;
use std::path::Path;

use super::census::Census;
use super::file::StoreFile;
use super::plan::{End, StorePlan};
use crate::database::Database;
use crate::environment::{Durability, Environment, EnvironmentOptions, Transaction};
use crate::error::Error;
use crate::options::{DatabaseOptions, Duplicates};

/// The file that says which release the store is of.
pub const VERSION_FILE: &str = "ics50caldb.conf";

/// The version is documented, the form of the file is composed.
const VERSION_TEXT: &str = "\
! Composed sample, no file of a real server: only the version is documented.
caldb.version = \"3.0.0\"
";

/// Changes in one transaction: its locks must fit [`MAX_LOCKS`].
const BATCH: usize = 100;
const MAX_LOCKS: u32 = 1_000;
/// A checkpoint comes after this many bytes of records, and old logs go.
const CHECKPOINT_EVERY: usize = 128 << 20;
/// Records of the transaction that [`End::Active`] leaves open.
const UNCOMMITTED: u32 = 25;

/// What was composed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// Committed records of each file, in the order of [`StoreFile::ALL`].
    pub records: Vec<(StoreFile, u64)>,
    /// Records of the event file that were never committed (see
    /// [`End::Active`]). They are in the file, and not in `records`.
    pub uncommitted: u64,
    /// What a checker should find.
    pub census: Census,
}

impl Composed {
    /// Committed records of a file.
    pub fn count(&self, file: StoreFile) -> u64 {
        let found = self.records.iter().find(|(of, _)| *of == file);
        found.map_or(0, |(_, count)| *count)
    }
}

/// Writes the store of a plan into a new (or empty) directory.
pub fn compose(plan: &StorePlan, dir: &Path) -> Result<Composed, Error> {
    make_directory(dir)?;
    let environment = Environment::create(
        dir,
        &EnvironmentOptions {
            cache_bytes: plan.cache(),
            page_size: plan.page_size,
            log_file_max: plan.log_file_max,
            max_locks: MAX_LOCKS,
            durability: Durability::Written,
            recover: false,
        },
    )?;
    let mut writer = Writer::new(plan, &environment)?;
    let half = plan.calendars / 2;
    for (calendar, index) in plan.all().zip(0..) {
        if plan.end == End::Abandoned && index == half {
            writer.commit()?;
            environment.checkpoint()?;
        }
        for record in &calendar.records {
            writer.put(record.file, &record.key, &record.value)?;
            if !record.doomed {
                writer.counts[record.file as usize] += 1;
            }
        }
        writer.census += calendar.census;
    }
    if plan.deletes {
        writer.delete_doomed()?;
    }
    writer.commit()?;
    let version = dir.join(VERSION_FILE);
    fs::write(&version, VERSION_TEXT)
        .map_err(|error| Error::io(&error, format!("write {}", version.display())))?;

    let mut composed = Composed {
        records: StoreFile::ALL.into_iter().zip(writer.counts).collect(),
        uncommitted: 0,
        census: writer.census,
    };
    match plan.end {
        End::Clean => {
            writer.close()?;
            environment.checkpoint()?;
            environment.remove_old_logs()?;
            environment.close()?;
        }
        End::NoCheckpoint => {
            writer.close()?;
            environment.close()?;
        }
        End::Abandoned => environment.abandon(),
        End::Active => {
            let open = writer.leave_uncommitted()?;
            environment.checkpoint()?;
            composed.uncommitted = u64::from(UNCOMMITTED);
            environment.abandon();
            drop(open);
        }
    }
    Ok(composed)
}

/// A directory with anything in it is somebody's.
fn make_directory(dir: &Path) -> Result<(), Error> {
    let doing = || format!("make {}", dir.display());
    match fs::read_dir(dir) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Error::refused("the directory is not empty", doing())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            fs::create_dir_all(dir).map_err(|error| Error::io(&error, doing()))
        }
        Err(error) => Err(Error::io(&error, doing())),
    }
}

/// The open files of a store, with the transaction under way.
struct Writer<'a> {
    plan: &'a StorePlan,
    environment: &'a Environment,
    databases: Vec<Database>,
    txn: Option<Transaction>,
    in_txn: usize,
    since_checkpoint: usize,
    counts: [u64; StoreFile::ALL.len()],
    census: Census,
}

impl<'a> Writer<'a> {
    fn new(plan: &'a StorePlan, environment: &'a Environment) -> Result<Self, Error> {
        let create = |file: StoreFile| {
            let options = DatabaseOptions {
                page_size: Some(plan.page_size),
                byte_order: plan.byte_order,
                duplicates: if plan.duplicates && file == StoreFile::DeleteLog {
                    Duplicates::Unsorted
                } else {
                    Duplicates::None
                },
                ..DatabaseOptions::default()
            };
            Database::create(Some(environment), Path::new(file.name()), &options)
        };
        Ok(Self {
            plan,
            environment,
            databases: StoreFile::ALL
                .into_iter()
                .map(create)
                .collect::<Result<_, _>>()?,
            txn: None,
            in_txn: 0,
            since_checkpoint: 0,
            counts: [0; StoreFile::ALL.len()],
            census: Census::default(),
        })
    }

    fn put(&mut self, file: StoreFile, key: &[u8], value: &[u8]) -> Result<(), Error> {
        self.step(key.len() + value.len())?;
        let database = &self.databases[file as usize];
        if self.plan.duplicates && file == StoreFile::DeleteLog {
            database.put(self.txn.as_ref(), key, value)
        } else {
            // Two records under one key would be a mistake of the composer.
            database.insert(self.txn.as_ref(), key, value)
        }
    }

    fn delete_doomed(&mut self) -> Result<(), Error> {
        for calendar in self.plan.all() {
            let mut last = None;
            for record in calendar.records.iter().filter(|record| record.doomed) {
                // A key goes with all its duplicates, which stand together.
                let this = Some((record.file, &record.key));
                if last == this {
                    continue;
                }
                last = this;
                self.step(record.key.len())?;
                self.databases[record.file as usize].delete(self.txn.as_ref(), &record.key)?;
            }
        }
        Ok(())
    }

    /// Makes sure of a transaction for one more change.
    fn step(&mut self, bytes: usize) -> Result<(), Error> {
        if self.in_txn == BATCH {
            self.commit()?;
        }
        if self.since_checkpoint >= CHECKPOINT_EVERY {
            self.commit()?;
            self.environment.checkpoint()?;
            self.environment.remove_old_logs()?;
            self.since_checkpoint = 0;
        }
        if self.txn.is_none() {
            self.txn = Some(self.environment.begin()?);
        }
        self.in_txn += 1;
        self.since_checkpoint += bytes;
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Error> {
        self.in_txn = 0;
        self.txn.take().map_or(Ok(()), Transaction::commit)
    }

    fn leave_uncommitted(&mut self) -> Result<Transaction, Error> {
        let txn = self.environment.begin()?;
        for number in 0..UNCOMMITTED {
            let key = format!("zz-never-committed\0{number:032x}\x000");
            let value = "BEGIN:VEVENT\r\nSUMMARY:never committed\r\nEND:VEVENT\r\n";
            self.databases[StoreFile::Events as usize].insert(
                Some(&txn),
                key.as_bytes(),
                value.as_bytes(),
            )?;
        }
        Ok(txn)
    }

    fn close(self) -> Result<(), Error> {
        self.databases.into_iter().try_for_each(Database::close)
    }
}
