//! A hash database of records in any order.

use crate::error::{Error, Result};
use crate::layout::{PageLayout, PageNo, default_hash};
use crate::write::any_order::distinct::{self, LeftOut, Repeats};
use crate::write::any_order::runs::Runs;
use crate::write::file::NewFile;
use crate::write::hash::{HashParams, HashTable, HashWritten, Space, Tally};
use crate::write::params::{Duplicates, FileParams};
use crate::write::sink::PageSink;
use crate::write::sort::{SortBudget, Sorted, Sorter};

/// Gathers records in any order for a hash database with the default hash
/// function. They are sorted by their hash values read from the lowest bit up,
/// so that the records of a bucket come together whatever the number of
/// buckets, which is chosen when all are known unless the parameters name it.
///
/// The data of a key are its duplicates where these are allowed, sorted or in
/// the order they came; else the [`Repeats`] say which of them counts.
#[derive(Debug)]
pub struct HashSpool {
    params: HashParams,
    repeats: Repeats,
    runs: Runs,
    sorter: Sorter,
    space: Space,
    /// What the records take on the pages of buckets, where that is known as
    /// they come: without duplicates.
    tally: Tally,
}

impl HashSpool {
    /// A spool with nothing in it, for a file of a layout.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a table with a hash function of its own: which
    /// bucket a key belongs to is not known then.
    pub fn new(
        layout: PageLayout,
        params: &HashParams,
        repeats: Repeats,
        budget: &SortBudget,
    ) -> Result<Self> {
        if params.table.is_some_and(|table| !table.has_default_hash()) {
            return Err(Error::Parameter(
                "keys cannot be spread by a hash function that is not the default one".to_owned(),
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
            space: Space::new(layout, params.duplicates),
            tally: Tally::default(),
        })
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`Error::Io`] when the temporary file cannot be written.
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        if self.params.duplicates == Duplicates::None {
            self.tally.push(self.space, key, value.len());
        }
        self.runs.came(key);
        let rank = default_hash(key).reverse_bits();
        self.sorter.push(rank, key, value)
    }

    /// Writes the records as a database of a file: its only one (`None`), or
    /// one by its name.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a record that comes twice and is refused, for
    /// sorted duplicates of a key that came in two places though their order is
    /// to be that in which they come, and as [`NewFile::hash`]; [`Error::Io`].
    pub fn write<W: PageSink>(
        self,
        file: &mut NewFile<W>,
        name: Option<&[u8]>,
    ) -> Result<HashWritten> {
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
    ) -> Result<HashWritten> {
        let Self {
            mut params,
            repeats,
            mut runs,
            sorter,
            space,
            tally,
        } = self;
        let (duplicates, file_name) = (params.duplicates, file.name().to_owned());
        let mut sorted = sorter.finish()?;
        let table = if let Some(table) = params.table {
            table
        } else {
            let bytes = if duplicates == Duplicates::None {
                tally.finish(space)
            } else {
                count(&mut sorted, space)?
            };
            HashTable::for_bytes(file.layout(), bytes)
        };
        params.table = Some(table);
        let hash = file.hash(name, &params)?;
        let mut piece = hash.piece(0);
        distinct::visit(
            &mut sorted,
            duplicates,
            repeats,
            &file_name,
            left_out,
            |record| {
                runs.went(record.key);
                let bucket = table.bucket_of(record.rank.reverse_bits());
                piece.push(bucket, record.key, record.value)
            },
        )?;
        piece.finish()?;
        runs.finish(&file_name)?;
        hash.finish()
    }
}

/// What sorted records take on the pages of buckets.
fn count(sorted: &mut Sorted, space: Space) -> Result<u64> {
    let mut tally = Tally::default();
    while let Some(record) = sorted.next()? {
        tally.push(space, record.key, record.value.len());
    }
    sorted.rewind()?;
    Ok(tally.finish(space))
}

/// Builds a hash file from records in any order.
///
/// ```
/// use bdbfile::write::{FileParams, HashBuilder, HashParams, MemorySink, Repeats, SortBudget};
///
/// let mut builder = HashBuilder::new(
///     MemorySink::new("doc.db"),
///     &FileParams::default(),
///     &HashParams::default(),
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
pub struct HashBuilder<W: PageSink> {
    file: NewFile<W>,
    spool: HashSpool,
}

impl<W: PageSink> HashBuilder<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the parameters contradict each other.
    pub fn new(
        sink: W,
        file: &FileParams,
        params: &HashParams,
        repeats: Repeats,
        budget: &SortBudget,
    ) -> Result<Self> {
        let file = NewFile::new(sink, file)?;
        let spool = HashSpool::new(file.layout(), params, repeats, budget)?;
        Ok(Self { file, spool })
    }

    /// Adds a record.
    ///
    /// # Errors
    /// As [`HashSpool::push`].
    pub fn push(&mut self, key: &[u8], value: &[u8]) -> Result<()> {
        self.spool.push(key, value)
    }

    /// Sorts the records and writes the file. Gives the sink, what was
    /// written, and the number of pages.
    ///
    /// # Errors
    /// As [`HashSpool::write`].
    pub fn finish(mut self) -> Result<(W, HashWritten, PageNo)> {
        let written = self.spool.write(&mut self.file, None)?;
        let (sink, pages) = self.file.finish()?;
        Ok((sink, written, pages))
    }
}
