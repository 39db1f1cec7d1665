//! Finished files put to work: whether the library can live with them.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use crate::database::{Database, Record};
use crate::environment::{Environment, EnvironmentOptions, Transaction};
use crate::error::Error;
use crate::options::{DatabaseOptions, Duplicates, HashFunction, Method, Order};
use crate::verify::Verify;

/// Changes made by one transaction, so that its locks stay few.
const BATCH: usize = 500;

/// What an exercise did to one database.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Exercised {
    /// The file, as it was named.
    pub file: PathBuf,
    /// The sub-database, if the file has any.
    pub database: Option<String>,
    /// Records found.
    pub before: u64,
    /// Records put: under new keys or numbers, and got back; where there can
    /// be duplicates, some under keys that were there.
    pub put: u64,
    /// Records deleted: those of every second key or number, and of as many
    /// as were asked for; where there can be duplicates, some of them alone.
    pub deleted: u64,
    /// Records found at the end.
    pub after: u64,
}

/// What an exercise did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Summary {
    /// One entry for each database.
    pub databases: Vec<Exercised>,
}

impl Summary {
    /// Records found at the start in all databases.
    pub fn records_before(&self) -> u64 {
        self.databases.iter().map(|database| database.before).sum()
    }
}

/// How to put files to work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercise {
    /// New keys or numbers to put into each database, and the least to delete
    /// from it.
    pub records: u32,
    /// Key order of the btrees. Naming one makes it a run for btrees alone, as
    /// libdb takes a comparator for a choice of the access method.
    pub order: Order,
    /// Hash function of the hash databases. Naming one makes it a run for them
    /// alone.
    pub hash_function: HashFunction,
    /// The environment to work in.
    pub environment: EnvironmentOptions,
}

impl Default for Exercise {
    fn default() -> Self {
        Self {
            records: 500,
            order: Order::default(),
            hash_function: HashFunction::default(),
            environment: EnvironmentOptions::default(),
        }
    }
}

/// Puts the named files of a directory to work, with the defaults of
/// [`Exercise`].
pub fn exercise<P: AsRef<Path>>(dir: &Path, files: &[P]) -> Result<Summary, Error> {
    Exercise::default().run(dir, files)
}

impl Exercise {
    /// Opens a fresh environment in `dir` and there, in each database of
    /// `files` (paths relative to `dir`): counts the records, puts new ones in
    /// transactions, gets them back, deletes and counts again. Then
    /// checkpoints, closes and verifies every file.
    ///
    /// The files are changed. That a record is not where it should be is an
    /// error as well.
    pub fn run<P: AsRef<Path>>(&self, dir: &Path, files: &[P]) -> Result<Summary, Error> {
        let environment = Environment::create(dir, &self.environment)?;
        let mut summary = Summary::default();
        for file in files {
            let file = file.as_ref();
            for name in Self::names(&environment, file)? {
                let exercised = self.run_one(&environment, file, name)?;
                summary.databases.push(exercised);
            }
        }
        environment.checkpoint()?;
        environment.close()?;
        let verify = Verify {
            order: self.order,
            hash_function: self.hash_function,
            cache_bytes: Some(self.environment.cache_bytes),
            ..Verify::default()
        };
        for file in files {
            verify.run(&dir.join(file))?;
        }
        Ok(summary)
    }

    fn options(&self, name: Option<String>) -> DatabaseOptions {
        DatabaseOptions {
            order: self.order,
            hash_function: self.hash_function,
            name,
            ..DatabaseOptions::default()
        }
    }

    /// The sub-databases of a file, or the one without a name.
    fn names(environment: &Environment, file: &Path) -> Result<Vec<Option<String>>, Error> {
        // A file with sub-databases is a plain btree, whatever their order, and
        // libdb asks for no function before a key is sought.
        let plain = DatabaseOptions::default();
        let whole = Database::open_read_only(Some(environment), file, &plain)?;
        let names = whole.subdatabases()?;
        whole.close()?;
        if names.is_empty() {
            return Ok(vec![None]);
        }
        Ok(names.into_iter().map(Some).collect())
    }

    fn run_one(
        &self,
        environment: &Environment,
        file: &Path,
        name: Option<String>,
    ) -> Result<Exercised, Error> {
        let database = Database::open(Some(environment), file, &self.options(name.clone()))?;
        let work = Work {
            environment,
            database: &database,
            records: self.records,
        };
        let counts = match database.method()? {
            Some(Method::Btree | Method::Hash) => work.by_key()?,
            Some(Method::Recno | Method::Queue) => work.by_number()?,
            None => return Err(work.wrong("a database of no known kind".into())),
        };
        database.close()?;
        Ok(Exercised {
            file: file.to_path_buf(),
            database: name,
            ..counts
        })
    }
}

/// What is done to one database.
struct Work<'a> {
    environment: &'a Environment,
    database: &'a Database,
    records: u32,
}

impl Work<'_> {
    fn wrong(&self, text: String) -> Error {
        Error::refused(text, format!("exercise {}", self.database.label()))
    }

    /// The work in a btree or hash database.
    fn by_key(&self) -> Result<Exercised, Error> {
        let database = self.database;
        let keys = self.keys()?;
        let before = keys.iter().map(|(_, count)| count).sum::<u64>();
        let duplicates = database.duplicates()? != Duplicates::None;
        if !duplicates && keys.len() as u64 != before {
            return Err(self.wrong("a key came twice".into()));
        }

        let new: Vec<_> = (0..self.records).map(new_record).collect();
        self.in_batches(&new, |txn, (key, value)| {
            database.insert(Some(txn), key, value)
        })?;
        for (key, value) in &new {
            if database.get(None, key)?.as_ref() != Some(value) {
                return Err(self.wrong("a record that was put did not come back".into()));
            }
        }
        let mut put = u64::from(self.records);
        if duplicates {
            put += self.duplicate(&keys, &new)?;
        }
        let grown = database.count()?;
        if grown != before + put {
            return Err(self.wrong(format!("{before} records and {put} put make {grown}")));
        }

        let keys = self.keys()?;
        let doomed = doomed(&keys, self.records);
        self.in_batches(&doomed, |txn, (key, _)| {
            if database.delete(Some(txn), key)? {
                Ok(())
            } else {
                Err(self.wrong("a key that was read could not be deleted".into()))
            }
        })?;
        let mut deleted = doomed.iter().map(|(_, count)| count).sum::<u64>();
        if duplicates {
            deleted += self.thin_out()?;
        }
        self.done(before, put, deleted)
    }

    /// The keys in database order, each with the number of its data items.
    fn keys(&self) -> Result<Vec<(Vec<u8>, u64)>, Error> {
        let mut keys: Vec<(Vec<u8>, u64)> = Vec::new();
        self.database.for_each(|key, _| match keys.last_mut() {
            Some((last, count)) if last.as_slice() == key => *count += 1,
            _ => keys.push((key.to_vec(), 1)),
        })?;
        Ok(keys)
    }

    /// Puts a further record under some old keys, and under some new ones so
    /// many that they move off the page; how many.
    fn duplicate(&self, old: &[(Vec<u8>, u64)], new: &[Record]) -> Result<u64, Error> {
        let mut further: Vec<Record> = Vec::new();
        for (key, _) in some(old) {
            further.push((key.clone(), b"a further one of the oracle".to_vec()));
        }
        for (key, _) in some(new).take(20) {
            let item = |number: u32| {
                let spread = number.wrapping_mul(0x9e37_79b1);
                (key.clone(), format!("{spread:08x} further").into_bytes())
            };
            further.extend((0..300).map(item));
        }
        self.in_batches(&further, |txn, (key, value)| {
            self.database.put(Some(txn), key, value)
        })?;
        Ok(further.len() as u64)
    }

    /// Deletes single duplicates of some keys that have several; how many.
    fn thin_out(&self) -> Result<u64, Error> {
        let mut pairs: Vec<Record> = Vec::new();
        let mut last = Vec::new();
        self.database.for_each(|key, value| {
            if key == last.as_slice() {
                pairs.push((key.to_vec(), value.to_vec()));
            } else {
                last = key.to_vec();
            }
        })?;
        // Of equal pairs only one would be found after the first is gone.
        pairs.sort();
        pairs.dedup();
        let doomed: Vec<_> = some(&pairs).collect();
        self.in_batches(&doomed, |txn, (key, value)| {
            if self.database.delete_pair(Some(txn), key, value)? {
                Ok(())
            } else {
                Err(self.wrong("a pair that was read could not be deleted".into()))
            }
        })?;
        Ok(doomed.len() as u64)
    }

    /// The work in a recno or queue database.
    fn by_number(&self) -> Result<Exercised, Error> {
        let database = self.database;
        let before = database.read_numbered()?.len() as u64;
        let length = database.record_length()?.map(|length| length as usize);
        let new: Vec<Vec<u8>> = (0..self.records)
            .map(|number| {
                let (_, mut value) = new_record(number);
                if let Some(length) = length {
                    value.resize(length, b'v');
                }
                value
            })
            .collect();
        let mut numbers = Vec::new();
        self.in_batches(&new, |txn, value| {
            numbers.push(database.append(Some(txn), value)?);
            Ok(())
        })?;
        for (number, value) in numbers.iter().zip(&new) {
            if database.get_at(None, *number)?.as_ref() != Some(value) {
                return Err(self.wrong("a record that was put did not come back".into()));
            }
        }
        let mut present: Vec<_> = database.read_numbered()?;
        let put = u64::from(self.records);
        if present.len() as u64 != before + put {
            let grown = present.len();
            return Err(self.wrong(format!("{before} records and {put} put make {grown}")));
        }
        // From the end on, as numbers above one that goes may fall.
        present.reverse();
        let mut doomed = doomed(&present, self.records);
        doomed.sort_by_key(|(number, _)| Reverse(*number));
        self.in_batches(&doomed, |txn, (number, _)| {
            if database.delete_at(Some(txn), *number)? {
                Ok(())
            } else {
                Err(self.wrong("a record that was read could not be deleted".into()))
            }
        })?;
        self.done(before, put, doomed.len() as u64)
    }

    fn done(&self, before: u64, put: u64, deleted: u64) -> Result<Exercised, Error> {
        let after = self.database.count()?;
        if after + deleted != before + put {
            return Err(self.wrong(format!(
                "{before} records, {put} put and {deleted} deleted leave {after}"
            )));
        }
        Ok(Exercised {
            before,
            put,
            deleted,
            after,
            ..Exercised::default()
        })
    }

    fn in_batches<T>(
        &self,
        items: &[T],
        mut change: impl FnMut(&Transaction, &T) -> Result<(), Error>,
    ) -> Result<(), Error> {
        for batch in items.chunks(BATCH) {
            let txn = self.environment.begin()?;
            for item in batch {
                change(&txn, item)?;
            }
            txn.commit()?;
        }
        Ok(())
    }
}

/// Every second item, and where these are less than `least` more of them.
fn doomed<T>(items: &[T], least: u32) -> Vec<&T> {
    let odd = items.iter().skip(1).step_by(2);
    let more = (least as usize).saturating_sub(items.len().div_ceil(2));
    items.iter().step_by(2).chain(odd.take(more)).collect()
}

/// A hundred or two items from all over.
fn some<T>(items: &[T]) -> impl Iterator<Item = &T> {
    items.iter().step_by((items.len() / 100).max(1))
}

/// New records spread over the key space, every eighth with data that goes to
/// overflow pages.
fn new_record(number: u32) -> (Vec<u8>, Vec<u8>) {
    // An odd factor permutes the numbers, so that keys do not come in order.
    let spread = number.wrapping_mul(0x9e37_79b1);
    let mut key = spread.to_be_bytes().to_vec();
    key.extend_from_slice(b" put by the oracle");
    let length = if number.is_multiple_of(8) { 6000 } else { 40 };
    let value = key.iter().copied().cycle().take(length).collect();
    (key, value)
}
