//! Hash databases: into the buckets they were in, or into those of a table of
//! their own.

use crate::convert::note::Note;
use crate::error::{Error, Result};
use crate::layout::Meta;
use crate::read::Scan;
use crate::source::PageSource;
use crate::write::{NewFile, PageSink, SortBudget};

use super::database::{Keep, LeftOut, Made, NewHash, Take};

/// Copies a hash database, every key into the bucket it was in.
pub(super) fn copy<S: PageSource, W: PageSink>(
    _scan: &Scan<'_, S>,
    _meta: &Meta,
    _file: &mut NewFile<W>,
    _name: Option<&[u8]>,
    _params: &NewHash,
    _notes: &mut Vec<Note>,
) -> Result<u64> {
    Err(not_written())
}

/// Writes a hash database from records in any order.
pub(super) fn write<W: PageSink, E: From<Error>>(
    _file: &mut NewFile<W>,
    _name: Option<&[u8]>,
    _params: &NewHash,
    _budget: &SortBudget,
    _keep: Keep,
    _feed: impl FnOnce(&mut Take<'_>) -> std::result::Result<(), E>,
    _left_out: &mut impl FnMut(LeftOut<'_>),
) -> std::result::Result<Made, E> {
    Err(not_written().into())
}

fn not_written() -> Error {
    Error::Parameter("hash databases are not written yet".to_owned())
}
