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
    /// Run recovery first, as after a crash.
    pub recover: bool,
}

impl Default for EnvironmentOptions {
    fn default() -> Self {
        Self {
            cache_bytes: 4 << 20,
            page_size: 512,
            log_file_max: 10 << 20,
            max_locks: 10_000,
            durability: Durability::default(),
            recover: false,
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
    /// Makes the changes of the transaction last.
    pub fn commit(self) -> Result<(), Error> {
        self.0.commit()
    }

    /// Takes the changes of the transaction back.
    pub fn abort(self) -> Result<(), Error> {
        self.0.abort()
    }
}
