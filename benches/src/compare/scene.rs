//! Where a run reads and writes, and what is done before each, so that none
//! pays for what the one before it left or took away.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use super::Result;
use super::child;
use super::programs::Programs;
use super::shape::databases;

/// A store and the places for what is made of it.
pub(super) struct Scene {
    /// The store. It is only read.
    pub(super) store: PathBuf,
    /// Its databases.
    pub(super) databases: Vec<PathBuf>,
    /// Bytes of them.
    pub(super) bytes: u64,
    pub(super) backup: PathBuf,
    pub(super) target: PathBuf,
    pub(super) logs: PathBuf,
    /// An empty directory: the real library's tools look for an environment
    /// in the current one.
    pub(super) elsewhere: PathBuf,
    /// What earlier runs made, emptied.
    earlier: PathBuf,
    /// Directories in it.
    set_aside: Cell<u32>,
    /// What the system said of the store's files before the first run.
    before: Vec<(PathBuf, u64, SystemTime)>,
}

/// Memory of its own that a program may want beside what it writes.
const OWN: u64 = 768 << 20;
/// Memory that is never taken.
const SPARE: u64 = 512 << 20;

impl Scene {
    /// A store, and an existing directory for all that is made of it.
    pub(super) fn new(store: &Path, room: &Path) -> Result<Self> {
        // Programs are run in a directory of their own.
        let (store, room) = (store.canonicalize()?, room.canonicalize()?);
        let databases = databases(&store)?;
        let scene = Self {
            bytes: databases.iter().map(|(_, bytes)| bytes).sum(),
            databases: databases.into_iter().map(|(path, _)| path).collect(),
            backup: room.join("backup"),
            target: room.join("target"),
            logs: room.join("logs"),
            elsewhere: room.join("elsewhere"),
            earlier: room.join("earlier"),
            set_aside: Cell::new(0),
            before: state(&store)?,
            store,
        };
        fs::create_dir_all(&scene.elsewhere)?;
        Ok(scene)
    }

    /// Makes everything as it is before a run that writes the store so many
    /// times; `with_target` where the program does not make the directory.
    pub(super) fn set(&self, programs: &Programs, writes: u64, with_target: bool) -> Result<()> {
        self.set_aside()?;
        fs::create_dir(&self.logs)?;
        if with_target {
            fs::create_dir(&self.target)?;
        }
        rustix::fs::sync();
        let mut buffer = vec![0; 1 << 20];
        for path in &self.databases {
            let mut file = File::open(path)?;
            while file.read(&mut buffer)? > 0 {}
        }
        // A virtual machine may have given memory that it did not use back to
        // its host. Who takes it first waits for it, so nobody does in a run.
        let wanted = self.bytes * writes * 13 / 10 + OWN.min(2 * self.bytes);
        let there = available()?.saturating_sub(self.bytes + SPARE);
        let status = Command::new(&programs.this)
            .args([child::WORD, child::TOUCH, &wanted.min(there).to_string()])
            .status()?;
        if status.success() {
            Ok(())
        } else {
            Err("memory could not be taken".into())
        }
    }

    /// Where a database of the store is made anew.
    pub(super) fn target_of(&self, source: &Path) -> PathBuf {
        self.target.join(source.file_name().unwrap_or_default())
    }

    /// Removes what runs have made.
    pub(super) fn clear(&self) -> io::Result<()> {
        for dir in [&self.backup, &self.target, &self.logs, &self.earlier] {
            there(fs::remove_dir_all(dir))?;
        }
        Ok(())
    }

    /// Takes what a run has made out of the way of the next. Files are emptied
    /// and stay: ext4 gives the inode of a file that was deleted in the last
    /// minutes to no other, and who makes thousands of files after thousands
    /// were deleted looks through all of these for each.
    fn set_aside(&self) -> io::Result<()> {
        there(fs::remove_dir_all(&self.logs))?;
        fs::create_dir_all(&self.earlier)?;
        for dir in [&self.backup, &self.target] {
            let number = self.set_aside.get();
            let aside = self.earlier.join(number.to_string());
            if there(fs::rename(dir, &aside))?.is_none() {
                continue;
            }
            self.set_aside.set(number + 1);
            for entry in fs::read_dir(&aside)? {
                let entry = entry?;
                if entry.file_type()?.is_file() {
                    File::create(entry.path())?;
                }
            }
        }
        Ok(())
    }

    /// Whether nobody wrote to the store.
    pub(super) fn is_unchanged(&self) -> Result<bool> {
        Ok(state(&self.store)? == self.before)
    }
}

/// What was done, if there was something to do it to.
fn there<T>(done: io::Result<T>) -> io::Result<Option<T>> {
    match done {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        done => done.map(Some),
    }
}

fn state(dir: &Path) -> Result<Vec<(PathBuf, u64, SystemTime)>> {
    let mut state = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        state.push((entry.path(), metadata.len(), metadata.modified()?));
    }
    state.sort();
    Ok(state)
}

/// Bytes of memory that can be had without swapping.
fn available() -> Result<u64> {
    let memory = fs::read_to_string("/proc/meminfo")?;
    super::machine::kilobytes(&memory, "MemAvailable:")
        .map(|kilobytes| kilobytes << 10)
        .ok_or_else(|| "/proc/meminfo tells no MemAvailable".into())
}
