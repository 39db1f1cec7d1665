//! A composed store to work on.

use std::path::PathBuf;

use oracle::compose::{StorePlan, compose};
use oracle::{ByteOrder, Method};

use crate::input::Input;

/// The byte orders that are measured, by name.
pub const BYTE_ORDERS: [(&str, ByteOrder); 2] = [
    ("little-endian", ByteOrder::Little),
    ("big-endian", ByteOrder::Big),
];

/// A store made by the real library in a directory that goes with this value.
#[derive(Debug)]
pub struct ComposedStore {
    room: tempfile::TempDir,
}

impl ComposedStore {
    /// Composes a store of `components` events and todos in a byte order, of
    /// btree or hash files.
    ///
    /// # Panics
    /// When the store cannot be made: there is nothing to measure then.
    pub fn new(components: u32, byte_order: ByteOrder, method: Method) -> Self {
        let room = tempfile::tempdir().expect("a directory to work in");
        let plan = StorePlan {
            calendars: components.div_ceil(100),
            components: 100,
            byte_order,
            method,
            ..StorePlan::default()
        };
        compose(&plan, &room.path().join("store")).expect("a composed store");
        Self { room }
    }

    /// The store's directory.
    pub fn dir(&self) -> PathBuf {
        self.room.path().join("store")
    }

    /// A place in the same file system for what a run makes.
    pub fn place(&self, name: &str) -> PathBuf {
        self.room.path().join(name)
    }

    /// The events of the store.
    ///
    /// # Panics
    /// When they cannot be read: there is nothing to measure then.
    pub fn events(&self) -> Input {
        Input::open(&self.dir().join("ics50events.db")).expect("a file of events")
    }

    /// The databases of the store.
    pub fn databases(&self) -> Vec<PathBuf> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(self.dir())
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|ext| ext == "db"))
            .collect();
        paths.sort();
        paths
    }

    /// The size of the databases in bytes.
    pub fn bytes(&self) -> u64 {
        self.databases()
            .iter()
            .filter_map(|path| path.metadata().ok())
            .map(|metadata| metadata.len())
            .sum()
    }
}
