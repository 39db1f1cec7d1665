//! What was found.

use super::components::Components;
use super::gather::RecordPlace;
use super::table::Check;
use crate::files::Role;

/// What was found among the records of a store.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CheckReport {
    /// The files, in the order they were added.
    pub files: Vec<FileRecords>,
    /// One for every check, also where nothing was found, in the order of
    /// [`Check`].
    pub findings: Vec<Finding>,
    /// How many components there are, by calendar and by year.
    pub components: Components,
}

/// The records of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileRecords {
    /// The file's name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// Records of the form of the file.
    pub recognised: u64,
    /// Records of another form, carried as they are.
    pub carried: u64,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// How many of what the check counts.
    pub count: u64,
    /// How many records show it, file by file (an index of
    /// [`CheckReport::files`]); files without any are left out.
    pub records: Vec<(usize, u64)>,
    /// Unrecognised records in the files where a counterpart was looked for:
    /// it may be among them.
    pub unjudged: u64,
    /// The first of the records, in the order of files and of each file.
    pub cases: Vec<Case>,
}

/// Where something odd is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// An index of [`CheckReport::files`].
    pub file: usize,
    /// The record.
    pub place: RecordPlace,
    /// The record's key, its first bytes if it is long, or the calendar. Empty
    /// when it is not kept: the checks that need two records keep none.
    pub key: Vec<u8>,
}

impl CheckReport {
    /// What a check found.
    pub fn finding(&self, check: Check) -> Option<&Finding> {
        self.findings.iter().find(|finding| finding.check == check)
    }

    /// How many of what a check counts.
    pub fn count(&self, check: Check) -> u64 {
        self.finding(check).map_or(0, |finding| finding.count)
    }

    /// Records of the form of their file, in all files.
    pub fn recognised(&self) -> u64 {
        self.files.iter().map(|file| file.recognised).sum()
    }

    /// Records of another form, in all files.
    pub fn carried(&self) -> u64 {
        self.files.iter().map(|file| file.carried).sum()
    }
}
