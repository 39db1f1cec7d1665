//! What was done, file by file.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use bdbfile::layout::Endian;

use caldb::check::CheckReport;
use caldb::release::Detection;
use caldb::rules::{Tally, Violation};

use crate::digest::RecordDigest;
use crate::error::{Error, Losses};
use crate::recovery::Recovery;

/// What is odd in a store, though it costs no record.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// What it is, as one word that stays the same: for programs.
    pub code: &'static str,
    /// The file it is about, when it is about one.
    pub file: Option<OsString>,
    /// One sentence.
    pub text: String,
    /// Each case, where there are several; for those who want all of it.
    pub cases: Vec<String>,
}

impl Warning {
    pub(crate) fn new(
        code: &'static str,
        file: Option<&OsString>,
        text: impl Into<String>,
    ) -> Self {
        Self {
            code,
            file: file.cloned(),
            text: text.into(),
            cases: Vec::new(),
        }
    }
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{}: ", file.display())?;
        }
        f.write_str(&self.text)
    }
}

/// The order in which a database's records stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordOrder {
    /// Bytewise, libdb's own.
    Bytewise,
    /// An application's own; kept as found.
    AsFound,
}

/// What became of one database.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FileReport {
    /// Its name.
    pub name: OsString,
    /// What it holds, in words.
    pub holds: &'static str,
    /// Version of the source file's format.
    pub version: u32,
    /// Byte order of the source file.
    pub endian: Endian,
    /// Page size in bytes, of both.
    pub page_size: u32,
    /// The order of its records.
    pub order: RecordOrder,
    /// Records read.
    pub records_read: u64,
    /// Records written and found again in the new file; 0 in a dry run.
    pub records_written: u64,
    /// Records carried byte for byte because their encoding is not known.
    pub unrecognised: u64,
    /// Items marked deleted in the source: not records, not carried.
    pub deleted: u64,
    /// The digest of the records.
    pub digest: RecordDigest,
    /// Size of the source file in bytes.
    pub bytes_in: u64,
    /// Size of the new file in bytes; 0 in a dry run.
    pub bytes_out: u64,
    /// Time spent on reading, writing and reading again.
    pub elapsed: Duration,
    /// What was odd in the file.
    pub warnings: Vec<Warning>,
    /// What was saved and lost, where the file is damaged and was salvaged.
    pub salvaged: Option<SalvagedFile>,
}

/// What is left of a damaged file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SalvagedFile {
    /// Why it cannot be read whole.
    pub damage: String,
    /// Whole records found.
    pub saved: u64,
    /// Of these: not carried, because another is equal to them.
    pub repeated: u64,
    /// Records of which only a part is left; not carried.
    pub parts: u64,
    /// Items in use of which nothing is left.
    pub items: u64,
    /// Pages of the file.
    pub pages: u32,
    /// Pages that the system could not read.
    pub unreadable: u32,
    /// Pages whose structure is broken. What they held is not known.
    pub unsound: u32,
    /// Pages of zeros. They may have held something.
    pub zeros: u32,
}

impl SalvagedFile {
    /// Records that are known to be lost. There may be more: what was on a
    /// damaged page cannot be counted.
    pub fn lost(&self) -> u64 {
        self.parts.saturating_add(self.items)
    }

    /// Pages of which it is not known what they held.
    pub fn lost_pages(&self) -> u64 {
        [self.unreadable, self.unsound, self.zeros]
            .map(u64::from)
            .iter()
            .sum()
    }
}

impl std::fmt::Display for SalvagedFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "damaged: {} records saved, {} known to be lost; of {} pages {} are damaged, {} cannot be read and {} are zeros",
            self.saved,
            self.lost(),
            self.pages,
            self.unsound,
            self.unreadable,
            self.zeros
        )
    }
}

/// A file of the backup.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SavedFile {
    /// Its name.
    pub name: OsString,
    /// Its size in bytes.
    pub len: u64,
    /// The BLAKE3 hash of its bytes, in hexadecimal; the source's is the same.
    pub hash: String,
}

/// What a migration, or a dry run of one, did.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// Whether nothing was to be written.
    pub dry_run: bool,
    /// The source directory, as named.
    pub source: PathBuf,
    /// The target directory, as named.
    pub target: PathBuf,
    /// The backup directory.
    pub backup: PathBuf,
    /// Whether the backup was there already, identical.
    pub backup_reused: bool,
    /// The files of the backup, as they were read again.
    pub backup_files: Vec<SavedFile>,
    /// Whether an interrupted run had published the target already, and this
    /// one only looked at it again.
    pub target_found: bool,
    /// Whether the target is in place: not in a dry run, and not where files
    /// were salvaged and that was not to be published.
    pub published: bool,
    /// The databases, in the order of the inspection.
    pub files: Vec<FileReport>,
    /// Which release wrote the store, and the evidence.
    pub detection: Detection,
    /// What replaying the logs did, where the store was not cleanly shut down
    /// and they were replayed.
    pub recovery: Option<Recovery>,
    /// What is odd among the records, and how many were recognised.
    pub checks: CheckReport,
    /// What the rules changed.
    pub rules: Tally,
    /// What is required of a store of 6.3 and does not hold.
    pub violations: Vec<Violation>,
    /// Warnings about the store as a whole.
    pub warnings: Vec<Warning>,
    /// The whole run.
    pub elapsed: Duration,
}

impl Report {
    /// Records written into the target.
    pub fn records_written(&self) -> u64 {
        self.files.iter().map(|file| file.records_written).sum()
    }

    /// Records read from the source.
    pub fn records_read(&self) -> u64 {
        self.files.iter().map(|file| file.records_read).sum()
    }

    /// Why the run is no success though it came to its end: files are damaged,
    /// and what is not known to be whole is not called so, whether or not what
    /// could be saved was published.
    pub fn losses(&self) -> Option<Error> {
        let damaged = self.files.iter().filter_map(|file| file.salvaged.as_ref());
        let mut losses = Losses::default();
        for file in damaged {
            losses.files = losses.files.saturating_add(1);
            losses.saved = losses.saved.saturating_add(file.saved);
            losses.lost = losses.lost.saturating_add(file.lost());
            losses.pages = losses.pages.saturating_add(file.lost_pages());
        }
        if losses.files == 0 {
            return None;
        }
        Some(if self.published {
            Error::SalvagedWithLosses(losses)
        } else {
            Error::SalvageNotPublished(losses)
        })
    }

    /// All warnings, those about files included.
    pub fn warning_count(&self) -> usize {
        let of_files = self.files.iter().map(|file| file.warnings.len());
        of_files.fold(self.warnings.len(), usize::saturating_add)
    }
}
