//! Records with numbers, in any order.

use crate::error::{Error, Result};
use crate::write::any_order::distinct::{self, LeftOut, Repeats};
use crate::write::btree::Written;
use crate::write::file::NewFile;
use crate::write::params::{Duplicates, QueueParams, RecnoParams};
use crate::write::sink::PageSink;
use crate::write::sort::{SortBudget, SortOrder, Sorter};

/// Gathers records with numbers in any order, for a recno database or a queue.
///
/// ```
/// use bdbfile::write::{
///     FileParams, MemorySink, NewFile, NumberSpool, RecnoParams, Repeats, SortBudget,
/// };
///
/// let mut spool = NumberSpool::new(Repeats::LastWins, &SortBudget::default());
/// for (number, value) in [(3, "c"), (1, "a")] {
///     spool.push(number, value.as_bytes())?;
/// }
/// // The number of the first record, and the one after the last.
/// assert_eq!(spool.range(), (1, 4));
/// let mut file = NewFile::new(MemorySink::new("doc.db"), &FileParams::default())?;
/// let params = RecnoParams::default();
/// assert_eq!(spool.write_recno(&mut file, None, &params, &mut |_| {})?.records, 2);
/// # Ok::<(), bdbfile::Error>(())
/// ```
#[derive(Debug)]
pub struct NumberSpool {
    repeats: Repeats,
    sorter: Sorter,
    /// The lowest and the highest number.
    ends: Option<(u32, u32)>,
}

impl NumberSpool {
    /// A spool with nothing in it.
    pub fn new(repeats: Repeats, budget: &SortBudget) -> Self {
        Self {
            repeats,
            sorter: Sorter::new(SortOrder::Keys, budget),
            ends: None,
        }
    }

    /// Adds a record.
    ///
    /// # Errors
    /// [`Error::Parameter`] for the number 0; [`Error::Io`] when the temporary
    /// file cannot be written.
    pub fn push(&mut self, number: u32, value: &[u8]) -> Result<()> {
        if number == 0 {
            return Err(Error::Parameter("record numbers begin at 1".to_owned()));
        }
        let (first, last) = self.ends.get_or_insert((number, number));
        *first = number.min(*first);
        *last = number.max(*last);
        self.sorter.push(number, &[], value)
    }

    /// The number of the first record, and the one after the last: both 1
    /// where there are none.
    pub fn range(&self) -> (u32, u32) {
        // Numbers begin again at 1.
        self.ends.map_or((1, 1), |(first, last)| {
            (first, last.checked_add(1).unwrap_or(1))
        })
    }

    /// Writes the records as a recno database, and tells of each that is left
    /// out.
    ///
    /// # Errors
    /// As [`NewFile::recno`] and its writer, and as
    /// [`BtreeSpool::write`](crate::write::BtreeSpool::write).
    pub fn write_recno<W: PageSink>(
        self,
        file: &mut NewFile<W>,
        name: Option<&[u8]>,
        params: &RecnoParams,
        left_out: &mut dyn FnMut(LeftOut<'_>),
    ) -> Result<Written> {
        let file_name = file.name().to_owned();
        let mut writer = file.recno(name, params)?;
        self.visit(&file_name, left_out, |number, value| {
            writer.push(number, value)
        })?;
        writer.finish()
    }

    /// Writes the records as a queue, and tells of each that is left out.
    /// Gives the number of records.
    ///
    /// # Errors
    /// As [`NewFile::queue`] and its writer, and as
    /// [`BtreeSpool::write`](crate::write::BtreeSpool::write).
    pub fn write_queue<W: PageSink>(
        self,
        file: &mut NewFile<W>,
        params: &QueueParams,
        left_out: &mut dyn FnMut(LeftOut<'_>),
    ) -> Result<u64> {
        let file_name = file.name().to_owned();
        let mut writer = file.queue(params)?;
        self.visit(&file_name, left_out, |number, value| {
            writer.push(number, value)
        })?;
        writer.finish()
    }

    fn visit(
        self,
        file: &str,
        left_out: &mut dyn FnMut(LeftOut<'_>),
        mut each: impl FnMut(u32, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let mut sorted = self.sorter.finish()?;
        let (one, repeats) = (Duplicates::None, self.repeats);
        let mut left_out = |left: LeftOut<'_>| {
            left_out(LeftOut {
                number: Some(left.rank),
                ..left
            });
        };
        distinct::visit(&mut sorted, one, repeats, file, &mut left_out, |record| {
            each(record.rank, record.value)
        })
    }
}
