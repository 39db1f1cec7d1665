//! Salvage: records straight from the pages of a file whose trees cannot be
//! trusted.
//!
//! The order of keys, hash functions, internal pages of the main trees and the
//! metadata page are not relied on: every page is looked at for what it says
//! of itself. `docs/salvage.md` tells what comes back and what does not.
//!
//! * `record`: what is given out, and the report.
//! * `shape`: page size, byte order, checksums, told from the pages.
//! * `census`: what each page is, and whether it is sound.
//! * `passes`: in which order pages give out their records, each once.
//! * `leaves`: pages of keys and data: btree leaves and hash buckets.
//! * `duplicates`: data that moved off their key's page, with the key or without.
//! * `numbered`: leaves of recno databases, pages of queues.
//! * `freed`: what is still left on free pages.
//! * `chain`: overflow chains.
//! * `slots`: the items of one page.
//!
//! It ends on any bytes: a page is visited a fixed number of times, and the
//! pages of a chain or a duplicate tree are claimed by the item that has them.
//! Memory: two bytes and a few bits for each page, the page numbers of one chain
//! or duplicate tree, and one record.
//!
//! ```
//! use bdbfile::salvage::{Mode, salvage};
//! use bdbfile::source::MemorySource;
//! use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, MemorySink};
//!
//! let mut builder = BtreeBuilder::new(
//!     MemorySink::new("doc.db"),
//!     &FileParams::default(),
//!     &BtreeParams::default(),
//! )?;
//! builder.push(b"jdoe", b"properties of jdoe")?;
//! let mut bytes = builder.finish()?.0.into_bytes();
//! bytes[..4096].fill(0); // The metadata page is gone.
//!
//! let mut found = Vec::new();
//! let report = salvage(MemorySource::new("doc.db", bytes), Mode::Careful, |record| {
//!     found.push((record.key.map(<[u8]>::to_vec), record.value.to_vec()));
//!     Ok::<_, bdbfile::Error>(())
//! })?;
//! assert_eq!(report.whole, 1);
//! assert_eq!(found, [(Some(b"jdoe".to_vec()), b"properties of jdoe".to_vec())]);
//! # Ok::<(), bdbfile::Error>(())
//! ```

mod census;
mod chain;
mod duplicates;
mod freed;
mod leaves;
mod numbered;
mod passes;
mod record;
mod shape;
mod slots;

pub use record::{Mode, Origin, SalvageReport, Salvaged, State};

use crate::budget::Budgets;
use crate::read::Finding;
use crate::source::PageSource;
use census::Census;
use passes::Work;
use record::Reporter;
use shape::Shape;

/// Gives out every record that can still be read from the pages of `source`,
/// each once, in no order that means anything.
///
/// # Errors
/// [`crate::Error::Format`] where the file is encrypted or compressed, or where
/// no page size and byte order make pages of its bytes;
/// [`crate::Error::Io`] when even its beginning cannot be read. A single page
/// that cannot be read is counted and passed over. Whatever `each` returns
/// ends the salvage.
pub fn salvage<S: PageSource, E: From<crate::Error>>(
    source: S,
    mode: Mode,
    each: impl FnMut(Salvaged<'_>) -> Result<(), E>,
) -> Result<SalvageReport, E> {
    salvage_telling(source, mode, |_| {}, each)
}

/// The same, and `finding` is told of everything odd as it is met: of all of
/// it, where the report lists the first hundred, and of pages of zeros, which
/// may have held something or never have been used.
///
/// # Errors
/// As [`salvage`] has them.
pub fn salvage_telling<S: PageSource, E: From<crate::Error>>(
    source: S,
    mode: Mode,
    finding: impl FnMut(&Finding),
    each: impl FnMut(Salvaged<'_>) -> Result<(), E>,
) -> Result<SalvageReport, E> {
    salvage_within(source, mode, Budgets::default(), finding, each)
}

/// The same within other budgets; a salvage goes by no tree, so that
/// [`depth`](Budgets::depth) does not count.
///
/// # Errors
/// As [`salvage`] has them, and [`crate::Error::Limit`] where a budget is used
/// up: then records may be missing that are there.
pub fn salvage_within<S: PageSource, E: From<crate::Error>>(
    source: S,
    mode: Mode,
    budgets: Budgets,
    mut finding: impl FnMut(&Finding),
    mut each: impl FnMut(Salvaged<'_>) -> Result<(), E>,
) -> Result<SalvageReport, E> {
    let mut report = Reporter::new(&mut finding);
    let (shape, pages) = Shape::find(source, budgets, &mut report)?;
    let census = Census::take(&pages, &shape, &mut report);
    let mut work = Work::new(&pages, &shape, &census, mode, report);
    work.run(&mut each)?;
    pages.meter().check_read(pages.name())?;
    if let Some(error) = work.too_long {
        return Err(error.into());
    }
    Ok(work.finish())
}
