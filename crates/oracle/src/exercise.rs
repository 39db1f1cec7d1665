//! Finished files put to work: whether the library can live with them.

use std::path::{Path, PathBuf};

use crate::database::Database;
use crate::environment::{Environment, EnvironmentOptions, Transaction};
use crate::error::Error;
use crate::options::{DatabaseOptions, Duplicates, HashFunction, Method, Order};
use crate::verify::Verify;

/// Changes made by one transaction, so that its locks stay few.
const BATCH: usize = 500;

/// What an exercise did to one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercised {
    /// The file, as it was named.
    pub file: PathBuf,
    /// The sub-database, if the file has any.
    pub database: Option<String>,
    /// Records found.
    pub before: u64,
    /// Records put, and got back, under new keys.
    pub put: u64,
    /// Records deleted: those under every second key.
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
    /// Records to put into each database.
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
    /// Opens a fresh environment in `dir` and there, in each btree and hash
    /// database of `files` (paths relative to `dir`): counts the records, puts
    /// new ones in transactions, gets them back, deletes every second key and
    /// counts again. Then checkpoints, closes and verifies every file.
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
            skip_order: false,
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
        let wrong = |text: String| Error::refused(text, format!("exercise {}", database.label()));
        if !matches!(database.method()?, Some(Method::Btree | Method::Hash)) {
            return Err(wrong(
                "only btree and hash databases can be exercised".into(),
            ));
        }
        let before = database.count()?;

        let new: Vec<_> = (0..self.records).map(new_record).collect();
        in_batches(environment, &new, |txn, (key, value)| {
            database.insert(Some(txn), key, value)
        })?;
        for (key, value) in &new {
            if database.get(None, key)?.as_ref() != Some(value) {
                return Err(wrong("a record that was put did not come back".into()));
            }
        }
        let put = u64::from(self.records);
        let grown = database.count()?;
        if grown != before + put {
            return Err(wrong(format!(
                "{before} records and {put} put make {grown}"
            )));
        }

        // A key with the number of its data items.
        let mut keys: Vec<(Vec<u8>, u64)> = Vec::new();
        database.for_each(|key, _| match keys.last_mut() {
            Some((last, count)) if last.as_slice() == key => *count += 1,
            _ => keys.push((key.to_vec(), 1)),
        })?;
        if database.duplicates()? == Duplicates::None && keys.len() as u64 != grown {
            return Err(wrong("a key came twice".into()));
        }
        let doomed: Vec<_> = keys.into_iter().step_by(2).collect();
        in_batches(environment, &doomed, |txn, (key, _)| {
            if database.delete(Some(txn), key)? {
                Ok(())
            } else {
                Err(wrong("a key that was read could not be deleted".into()))
            }
        })?;
        let deleted = doomed.iter().map(|(_, count)| count).sum();
        let after = database.count()?;
        if after + deleted != grown {
            return Err(wrong(format!(
                "{grown} records and {deleted} deleted leave {after}"
            )));
        }
        database.close()?;
        Ok(Exercised {
            file: file.to_path_buf(),
            database: name,
            before,
            put,
            deleted,
            after,
        })
    }
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

fn in_batches<T>(
    environment: &Environment,
    items: &[T],
    mut change: impl FnMut(&Transaction, &T) -> Result<(), Error>,
) -> Result<(), Error> {
    for batch in items.chunks(BATCH) {
        let txn = environment.begin()?;
        for item in batch {
            change(&txn, item)?;
        }
        txn.commit()?;
    }
    Ok(())
}
