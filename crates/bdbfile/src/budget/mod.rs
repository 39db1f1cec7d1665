//! What reading a file may cost.
//!
//! Whatever the bytes of a file, each page is referred to once at most, a chain
//! is no longer than the file, and a tree no deeper than its levels can say:
//! every reader here sees to that by itself. Budgets are the bound on top of
//! it, for the whole of an operation, that can be set.

mod account;

use crate::error::{Error, Result};
use crate::layout::PageNo;
use account::Account;

/// What one operation on a file may cost: a scan, a lookup, a verification, a
/// salvage. Going beyond is [`Error::Limit`].
///
/// The defaults follow from the size of the file, and no valid file meets them.
/// Operations on the same open file pool what they leave over, so that the sum
/// is bounded, whatever each does.
///
/// ```
/// use bdbfile::read::DatabaseFile;
/// use bdbfile::source::MemorySource;
/// use bdbfile::{Budgets, Error};
/// # use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, MemorySink};
/// # let mut builder = BtreeBuilder::new(
/// #     MemorySink::new("doc.db"),
/// #     &FileParams::default(),
/// #     &BtreeParams::default(),
/// # )?;
/// # builder.push(b"jdoe", &[b'x'; 10_000])?;
/// # let bytes = builder.finish()?.0.into_bytes();
///
/// // One datum of 10,000 bytes, where 4,096 are the most that is wanted.
/// let budgets = Budgets { item: Some(4096), ..Budgets::default() };
/// let file = DatabaseFile::open_within(MemorySource::new("doc.db", bytes), budgets)?;
/// let refused = file.database().get(b"jdoe").unwrap_err();
/// assert!(matches!(refused, Error::Limit { limit: 4096, .. }));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budgets {
    /// Pages read, each as often as it is; unless told, 64 times the pages of
    /// the file and 4,096 more.
    pub pages: Option<u64>,
    /// Bytes of one key or datum that is gathered in memory from its overflow
    /// chain; unless told, the length of the file.
    pub item: Option<u64>,
    /// Levels of a tree; unless told 255, the most that a page can say.
    pub depth: Option<u8>,
    /// Bytes of keys and data given out, a key with each of its duplicates;
    /// unless told, the square of the length of the file: a key may take half
    /// of it, and its duplicates the other half.
    pub output: Option<u64>,
}

/// How often each page of a file may be read unless told.
const TIMES: u64 = 64;

/// Pages that may be read of the smallest of files.
const FEWEST: u64 = 4096;

/// What was spent of the budgets of an open file.
#[derive(Debug)]
pub(crate) struct Meter {
    pages: Account,
    output: Account,
    item: u64,
    depth: u8,
}

impl Meter {
    /// For a file of so many pages and bytes; granted is one operation.
    pub(crate) fn new(budgets: Budgets, pages: PageNo, len: u64) -> Self {
        let times = u64::from(pages).saturating_mul(TIMES);
        let square = len.saturating_mul(len);
        Self {
            pages: Account::new(budgets.pages.unwrap_or(times.saturating_add(FEWEST))),
            output: Account::new(budgets.output.unwrap_or(square)),
            item: budgets.item.unwrap_or(u64::MAX),
            depth: budgets.depth.unwrap_or(u8::MAX),
        }
    }

    /// An operation begins.
    pub(crate) fn grant(&self) {
        self.pages.grant();
        self.output.grant();
    }

    /// Counts pages that are read.
    pub(crate) fn read(&self, file: &str, pages: u64) -> Result<()> {
        if self.pages.spend(pages) {
            return Ok(());
        }
        Err(limit(file, "the number of pages read", self.pages.each()))
    }

    /// Counts pages where nobody can be told; the next that is read is refused.
    pub(crate) fn count_read(&self, pages: u64) {
        self.pages.spend(pages);
    }

    /// Whether nothing was read beyond the budget.
    pub(crate) fn check_read(&self, file: &str) -> Result<()> {
        self.read(file, 0)
    }

    /// How many bytes may be given out.
    pub(crate) fn output_left(&self) -> u64 {
        self.output.left()
    }

    /// Counts bytes given out.
    pub(crate) fn give(&self, file: &str, bytes: u64) -> Result<()> {
        if self.output.spend(bytes) {
            return Ok(());
        }
        let what = "the number of bytes of records";
        Err(limit(file, what, self.output.each()))
    }

    /// Refuses an item that is too long to be gathered.
    pub(crate) fn item(&self, file: &str, len: u64) -> Result<()> {
        if len <= self.item {
            return Ok(());
        }
        Err(limit(file, "the length of an item", self.item))
    }

    /// Refuses a tree that is too deep.
    pub(crate) fn depth(&self, file: &str, levels: u8) -> Result<()> {
        if levels <= self.depth {
            return Ok(());
        }
        let depth = u64::from(self.depth);
        Err(limit(file, "the number of levels of a tree", depth))
    }
}

fn limit(file: &str, what: &'static str, limit: u64) -> Error {
    Error::Limit {
        file: file.to_owned(),
        what,
        limit,
    }
}
