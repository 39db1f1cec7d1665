//! A btree of records in any order.

use crate::error::{Error, Result};
use crate::layout::PageNo;
use crate::write::any_order::distinct::{self, LeftOut, Repeats};
use crate::write::any_order::runs::Runs;
use crate::write::btree::Written;
use crate::write::file::NewFile;
use crate::write::params::{BtreeParams, Duplicates, FileParams, KeyOrder};
use crate::write::sink::PageSink;
use crate::write::sort::{SortBudget, Sorter};

/// Bytes of records of one piece: what a piece holds in memory for each of its
/// leaves stays small.
const PIECE: usize = 64 << 20;

/// Gathers records in any order for a btree in bytewise order of keys. The
/// data of a key are its duplicates where these are allowed, sorted or in the
/// order they came; else the [`Repeats`] say which of them counts.
#[derive(Debug)]
pub struct BtreeSpool {
    params: BtreeParams,
    repeats: Repeats,
    runs: Runs,
    sorter: Sorter,
}

impl BtreeSpool {
    /// A spool with nothing in it.
    ///
    /// # Errors
    /// [`Error::Parameter`] for an order of keys that is not known.
    pub fn new(params: &BtreeParams, repeats: Repeats, budget: &SortBudget) -> Result<Self> {
        if params.order != KeyOrder::Bytewise {
            return Err(Error::Parameter(
                "records can only be sorted in bytewise order of their keys".to_owned(),
            ));
        }
        Ok(Self {
            params: params.clone(),
            repeats,
            runs: Runs::new(params.has_own_duplicate_order()),
            sorter: Sorter::new(
                distinct::sort_order(params.has_bytewise_duplicates()),
                budget,
            ),
        })
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`Error::Io`] when the temporary file cannot be written.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.runs.came(key);
        self.sorter.push(0, key, value)
    }

    /// Writes the records as a database of a file: its only one (`None`), or
    /// one by its name.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a record that comes twice and is refused, for
    /// sorted duplicates of a key that came in two places though their order is
    /// to be that in which they come, and as [`NewFile::btree`]; [`Error::Io`].
    pub fn write<W: PageSink>(self, file: &mut NewFile<W>, name: Option<&[u8]>) -> Result<Written> {
        self.write_telling(file, name, &mut |_| {})
    }

    /// As [`write`](Self::write), and tells of each record that is left out.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_telling<W: PageSink>(
        self,
        file: &mut NewFile<W>,
        name: Option<&[u8]>,
        left_out: &mut dyn FnMut(LeftOut<'_>),
    ) -> Result<Written> {
        let Self {
            params,
            repeats,
            mut runs,
            sorter,
        } = self;
        let file_name = file.name().to_owned();
        let btree = file.btree(name, &params)?;
        let mut sorted = sorter.finish()?;
        let (mut index, mut bytes) = (0, 0_usize);
        let mut piece = btree.piece(index);
        let mut last = Vec::new();
        let duplicates = params.duplicates;
        distinct::visit(
            &mut sorted,
            duplicates,
            repeats,
            &file_name,
            left_out,
            |record| {
                if bytes >= PIECE {
                    // The records of a key are not divided.
                    if duplicates == Duplicates::None || last != record.key {
                        index = index.saturating_add(1);
                        bytes = 0;
                        let full = std::mem::replace(&mut piece, btree.piece(index));
                        full.finish()?;
                    }
                }
                runs.went(record.key);
                piece.push(record.key, record.value)?;
                bytes = bytes.saturating_add(record.key.len());
                bytes = bytes.saturating_add(record.value.len());
                if bytes >= PIECE {
                    last.clear();
                    last.extend_from_slice(record.key);
                }
                Ok(())
            },
        )?;
        piece.finish()?;
        runs.finish(&file_name)?;
        btree.finish()
    }
}

/// Builds a btree file from records in any order.
///
/// ```
/// use bdbfile::write::{
///     BtreeParams, BtreeSortBuilder, FileParams, MemorySink, Repeats, SortBudget,
/// };
///
/// let mut builder = BtreeSortBuilder::new(
///     MemorySink::new("doc.db"),
///     &FileParams::default(),
///     &BtreeParams::default(),
///     Repeats::LastWins,
///     &SortBudget::default(),
/// )?;
/// for (key, value) in [("b", "2"), ("a", "1"), ("b", "3")] {
///     builder.push(key.as_bytes(), value.as_bytes())?;
/// }
/// let (_sink, written, _pages) = builder.finish()?;
/// assert_eq!(written.records, 2);
/// # Ok::<(), bdbfile::Error>(())
/// ```
#[derive(Debug)]
pub struct BtreeSortBuilder<W: PageSink> {
    file: NewFile<W>,
    spool: BtreeSpool,
}

impl<W: PageSink> BtreeSortBuilder<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the parameters contradict each other.
    pub fn new(
        sink: W,
        file: &FileParams,
        params: &BtreeParams,
        repeats: Repeats,
        budget: &SortBudget,
    ) -> Result<Self> {
        Ok(Self {
            file: NewFile::new(sink, file)?,
            spool: BtreeSpool::new(params, repeats, budget)?,
        })
    }

    /// Adds a record.
    ///
    /// # Errors
    /// As [`BtreeSpool::push`].
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.spool.push(key, value)
    }

    /// Sorts the records and writes the file. Gives the sink, what was
    /// written, and the number of pages.
    ///
    /// # Errors
    /// As [`BtreeSpool::write`].
    pub fn finish(mut self) -> Result<(W, Written, PageNo)> {
        let written = self.spool.write(&mut self.file, None)?;
        let (sink, pages) = self.file.finish()?;
        Ok((sink, written, pages))
    }
}
