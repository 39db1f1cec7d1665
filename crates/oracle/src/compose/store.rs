//! Writing a plan out: the directory, its environment and its files.

use std::fs;
use std::io;
use std::path::Path;

use super::calendar::Placed;
use super::census::Census;
use super::file::StoreFile;
use super::patch::patch;
use super::plan::{End, StorePlan, Surroundings};
use crate::database::Database;
use crate::environment::{Durability, Environment, EnvironmentOptions, Transaction};
use crate::error::Error;
use crate::options::{DatabaseOptions, Duplicates};

/// The file that says which release the store is of.
pub const VERSION_FILE: &str = "ics50caldb.conf";

/// The form of the file is composed. Of versions only 3.0.0 is documented.
fn version_text(identifier: &str) -> String {
    format!(
        "! Composed sample, no file of a real server: only the version is documented.\n\
         caldb.version = \"{identifier}\"\n"
    )
}

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

/// Writes a version identifier that says so into a store that something else
/// composes.
pub fn write_version(dir: &Path, identifier: &str) -> Result<(), Error> {
    let version = dir.join(VERSION_FILE);
    fs::write(&version, version_text(identifier))
        .map_err(|error| Error::io(&error, format!("write {}", version.display())))
}

/// Writes the store of a plan into a new (or empty) directory.
pub fn compose(plan: &StorePlan, dir: &Path) -> Result<Composed, Error> {
    plan.check()?;
    make_directory(dir)?;
    let environment = Environment::create(
        dir,
        &EnvironmentOptions {
            cache_bytes: plan.cache(),
            page_size: plan.page_size,
            log_file_max: plan.log_file_max,
            max_locks: MAX_LOCKS,
            durability: Durability::Written,
            ..EnvironmentOptions::default()
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
            writer.put(index, record)?;
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
    if let Some(identifier) = &plan.identifier {
        write_version(dir, identifier)?;
    }

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
    make_old(plan, dir)?;
    Ok(composed)
}

/// Changes the finished files into what the plan's library leaves.
fn make_old(plan: &StorePlan, dir: &Path) -> Result<(), Error> {
    if plan.patches() {
        for file in StoreFile::ALL.into_iter().filter(|file| plan.holds(*file)) {
            patch(plan, &dir.join(file.name()))?;
        }
    }
    if plan.surroundings == Surroundings::Library {
        return Ok(());
    }
    let failed = |error: io::Error| Error::io(&error, format!("clear {}", dir.display()));
    for entry in fs::read_dir(dir).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("log.") || name.starts_with("__db.") {
            fs::remove_file(entry.path()).map_err(failed)?;
        }
    }
    match plan.surroundings {
        Surroundings::Machine(machine) => machine.leave(dir),
        Surroundings::Library | Surroundings::Nothing => Ok(()),
    }
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
    /// Of each file those of [`StorePlan::names`].
    databases: Vec<Vec<Database>>,
    txn: Option<Transaction>,
    in_txn: usize,
    since_checkpoint: usize,
    counts: [u64; StoreFile::ALL.len()],
    census: Census,
}

impl<'a> Writer<'a> {
    fn new(plan: &'a StorePlan, environment: &'a Environment) -> Result<Self, Error> {
        let create = |file: StoreFile, name: Option<&str>| {
            let options = DatabaseOptions {
                method: plan.method,
                page_size: Some(plan.page_size),
                byte_order: plan.byte_order,
                duplicates: plan.duplicates_in(file),
                checksums: plan.sums(),
                order: plan.order,
                hash_function: plan.hash_function,
                name: name.map(str::to_owned),
                ..DatabaseOptions::default()
            };
            Database::create(Some(environment), Path::new(file.name()), &options)
        };
        let databases = StoreFile::ALL.into_iter().map(|file| {
            let names = plan.names().into_iter().filter(|_| plan.holds(file));
            names.map(|name| create(file, name)).collect()
        });
        Ok(Self {
            plan,
            environment,
            databases: databases.collect::<Result<_, _>>()?,
            txn: None,
            in_txn: 0,
            since_checkpoint: 0,
            counts: [0; StoreFile::ALL.len()],
            census: Census::default(),
        })
    }

    fn put(&mut self, calendar: u32, record: &Placed) -> Result<(), Error> {
        let (key, value) = (&record.key, &record.value);
        self.step(key.len() + value.len())?;
        let database = self.database(record.file, calendar);
        match self.plan.duplicates_in(record.file) {
            // Two records under one key would be a mistake of the composer.
            Duplicates::None => database.insert(self.txn.as_ref(), key, value),
            _ => database.put(self.txn.as_ref(), key, value),
        }
    }

    fn database(&self, file: StoreFile, calendar: u32) -> &Database {
        &self.databases[file as usize][self.plan.part(calendar)]
    }

    fn delete_doomed(&mut self) -> Result<(), Error> {
        for (calendar, index) in self.plan.all().zip(0..) {
            let mut last = None;
            for record in calendar.records.iter().filter(|record| record.doomed) {
                // A key goes with all its duplicates, which stand together.
                let this = Some((record.file, &record.key));
                if last == this {
                    continue;
                }
                last = this;
                self.step(record.key.len())?;
                let database = self.database(record.file, index);
                database.delete(self.txn.as_ref(), &record.key)?;
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
            self.database(StoreFile::Events, 0).insert(
                Some(&txn),
                key.as_bytes(),
                value.as_bytes(),
            )?;
        }
        Ok(txn)
    }

    fn close(self) -> Result<(), Error> {
        let mut databases = self.databases.into_iter().flatten();
        databases.try_for_each(Database::close)
    }
}
