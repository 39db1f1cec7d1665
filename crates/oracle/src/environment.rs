//! Transactional environments.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::error::Error;
use crate::ffi;

/// How far a commit goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The log is written and synced.
    #[default]
    Synced,
    /// The log is written, not synced: a commit survives the process, not the
    /// machine.
    Written,
    /// The log may stay in its buffer.
    Buffered,
}

/// What is done about a crash when an environment is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Recovery {
    /// Nothing.
    #[default]
    None,
    /// Recovery from the last checkpoint (`DB_RECOVER`).
    Normal,
    /// Recovery from the first record of the log (`DB_RECOVER_FATAL`), for
    /// older copies of the files.
    Catastrophic,
}

/// How to open an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentOptions {
    /// Cache size; libdb adds a quarter to small ones.
    pub cache_bytes: u32,
    /// The smallest page size of the files to come: it says how many pages the
    /// cache may hold, and each needs a mutex.
    pub page_size: u32,
    /// Largest size of one log file.
    pub log_file_max: u32,
    /// Locks, and objects to lock, that there is room for: about one for each
    /// page a transaction touches.
    pub max_locks: u32,
    /// How far a commit goes.
    pub durability: Durability,
    /// Whether a call waits for a lock. If not it fails, and
    /// [`Error::is_conflict`] tells.
    pub lock_wait: bool,
    /// What is done about a crash.
    pub recovery: Recovery,
}

impl Default for EnvironmentOptions {
    fn default() -> Self {
        Self {
            cache_bytes: 4 << 20,
            page_size: 512,
            log_file_max: 10 << 20,
            max_locks: 10_000,
            durability: Durability::default(),
            lock_wait: true,
            recovery: Recovery::default(),
        }
    }
}

/// A transactional environment: log, locks, cache and transactions.
#[derive(Debug)]
pub struct Environment {
    env: Rc<ffi::Env>,
    dir: PathBuf,
}

impl Environment {
    /// Opens the environment of a directory, making it if there is none.
    pub fn create(dir: &Path, options: &EnvironmentOptions) -> Result<Self, Error> {
        Ok(Self {
            env: ffi::Env::open(dir, options)?,
            dir: dir.to_path_buf(),
        })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn env(&self) -> &Rc<ffi::Env> {
        &self.env
    }

    /// Begins a transaction.
    pub fn begin(&self) -> Result<Transaction, Error> {
        ffi::Txn::begin(&self.env).map(Transaction)
    }

    /// Flushes the cache and writes a checkpoint record, also when nothing was
    /// done since the last.
    pub fn checkpoint(&self) -> Result<(), Error> {
        self.env.checkpoint()
    }

    /// Writes out the log as far as it goes.
    pub fn flush_log(&self) -> Result<(), Error> {
        self.env.flush_log()
    }

    /// Writes pages until so many hundredths of the cache are clean, and no
    /// checkpoint.
    pub fn trickle(&self, percent: u8) -> Result<(), Error> {
        self.env.trickle(i32::from(percent))
    }

    /// Removes a file that no database has open, or one database of it.
    pub fn remove(
        &self,
        txn: Option<&Transaction>,
        file: &Path,
        name: Option<&str>,
    ) -> Result<(), Error> {
        self.env.remove(txn.map(|txn| &txn.0), file, name)
    }

    /// Renames a file that no database has open, or one database of it.
    pub fn rename(
        &self,
        txn: Option<&Transaction>,
        file: &Path,
        name: Option<&str>,
        new: &str,
    ) -> Result<(), Error> {
        self.env.rename(txn.map(|txn| &txn.0), file, name, new)
    }

    /// Removes the log files which no recovery from here on needs.
    pub fn remove_old_logs(&self) -> Result<(), Error> {
        self.env.remove_old_logs()
    }

    /// Closes the environment. Refused while a database or transaction of it is
    /// still held: those go first.
    pub fn close(self) -> Result<(), Error> {
        match Rc::try_unwrap(self.env) {
            Ok(env) => env.close(),
            Err(_) => Err(Error::refused(
                "a database or transaction is still open",
                format!("close environment {}", self.dir.display()),
            )),
        }
    }

    /// Leaves the environment as a killed process leaves it: neither it nor any
    /// database or transaction of it is closed, flushed or resolved, now or when
    /// they are dropped. The memory and the file descriptors are leaked.
    pub fn abandon(self) {
        self.env.abandon();
    }
}

/// A transaction. Dropped without a commit it is aborted.
#[derive(Debug)]
pub struct Transaction(pub(crate) ffi::Txn);

impl Transaction {
    /// Begins a child. Until it is resolved nothing is done in its parent, which
    /// cannot be resolved before it.
    pub fn begin_child(&self) -> Result<Self, Error> {
        self.0.begin_child().map(Self)
    }

    /// Makes the changes of the transaction last.
    pub fn commit(self) -> Result<(), Error> {
        self.0.commit()
    }

    /// Takes the changes of the transaction back.
    pub fn abort(self) -> Result<(), Error> {
        self.0.abort()
    }
}
