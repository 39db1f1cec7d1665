//! Hash databases: into the buckets they were in, or into those of a table of
//! their own.

use crate::error::{Error, Result};
use crate::write::{NewFile, PageSink, SortBudget};

use super::database::{Keep, Made, NewHash, RecordKey, Take};

/// Writes a hash database from records in any order.
pub(super) fn write<W: PageSink, E: From<Error>>(
    _file: &mut NewFile<W>,
    _name: Option<&[u8]>,
    _params: &NewHash,
    _budget: &SortBudget,
    _keep: Keep,
    _feed: impl FnOnce(&mut Take<'_>) -> std::result::Result<(), E>,
    _left_out: &mut impl FnMut(RecordKey<'_>, &[u8]),
) -> std::result::Result<Made, E> {
    Err(not_written().into())
}

fn not_written() -> Error {
    Error::Parameter("hash databases are not written yet".to_owned())
}
