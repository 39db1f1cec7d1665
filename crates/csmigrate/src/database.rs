//! A database that is migrated: what it is called in the new store, and where
//! its bytes come from.

use std::ffi::OsString;
use std::fs::Metadata;
use std::path::PathBuf;
use std::sync::Arc;

use bdbfile::layout::Preamble;
use bdbfile::recover::RecoveredSource;
use bdbfile::source::PageSource;
use caldb::store::{self, Store, StoreFile};

use crate::error::{Error, Result};

/// A database that is migrated.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    /// Its name in the new store.
    pub(crate) name: OsString,
    /// What it holds, in words.
    pub(crate) holds: &'static str,
    /// Its file in the source, which is not there where the logs alone hold it.
    pub(crate) path: PathBuf,
    /// What the new file takes after: its own file, or another of the store.
    pub(crate) metadata: Metadata,
    /// Its size in bytes in the source; `None` where the logs alone hold it.
    pub(crate) found_len: Option<u64>,
    /// Its size in bytes as it is read: that of its file, or what recovery
    /// makes of it.
    pub(crate) len: u64,
    /// Which of the overlay's sources it is read from; `None` for one whose
    /// file is right as it is.
    pub(crate) recovered: Option<usize>,
}

impl Database {
    /// A file of the store as it is.
    pub(crate) fn as_found(file: &StoreFile) -> Self {
        Self {
            name: file.name.clone(),
            holds: file.holds(),
            path: file.path.clone(),
            metadata: file.metadata.clone(),
            found_len: Some(file.len()),
            len: file.len(),
            recovered: None,
        }
    }

    /// The files of a store as they are, in their order.
    pub(crate) fn all_as_found(store: &Store) -> Vec<Self> {
        store.databases.iter().map(Self::as_found).collect()
    }

    /// Kind, version, byte order and page size by its first bytes.
    pub(crate) fn preamble(&self, overlay: Option<&Overlay>) -> Result<Option<Preamble>> {
        let unreadable = |source| Error::Unreadable {
            path: self.path.clone(),
            source,
        };
        let Some(source) = overlay.and_then(|overlay| overlay.of(self)) else {
            return store::identify(&self.path).map_err(unreadable);
        };
        let len =
            usize::try_from(source.len()).map_or(Preamble::SIZE, |len| len.min(Preamble::SIZE));
        let head = source.bytes(0, len).map_err(unreadable)?;
        Ok(Preamble::read(&head))
    }
}

/// The pages that recovery changed, over the files.
#[derive(Debug)]
pub(crate) struct Overlay {
    pub(crate) sources: Vec<RecoveredSource>,
}

impl Overlay {
    /// What a database is read from in place of its file.
    pub(crate) fn of(&self, database: &Database) -> Option<Arc<dyn PageSource>> {
        let source = self.sources.get(database.recovered?)?;
        Some(Arc::new(source.clone()))
    }
}
