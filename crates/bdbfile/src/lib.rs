//! Reads, checks and writes Berkeley DB files with no libdb.
//!
//! The rooms, from the bytes up:
//!
//! * [`layout`]: every on-disk structure once; byte order is applied here and
//!   nowhere else. `docs/format.md` draws the same structures in the same order.
//! * [`source`]: where bytes come from: a mapped file, positioned reads, memory,
//!   a queue and its extent files.
//! * [`read`]: open a file, walk a database, decode records in the order found,
//!   look up one key.
//! * [`salvage`]: records straight from the pages of a damaged file.
//! * [`mod@write`]: build a finished file from records.
//! * [`convert`]: from one file to another, and what is left of a damaged one
//!   into a new one.
//! * [`mod@verify`]: is a file sound? All that can be told without opening it
//!   in Berkeley DB.
//! * [`spill`]: temporary files, for what does not fit in memory.
//! * [`log`]: the transaction logs and region files beside a database: was it
//!   cleanly shut down?
//! * [`recover`]: the logs of a killed process replayed on its files.
//! * [`mod@escape`]: what is shown of names and data, made fit for one line.
//!
//! Read are btree, recno, hash and queue files of Berkeley DB 2.x to 5.3, and
//! version 10 of 6.2 and 18.1 by what is known of it; either byte order, page
//! sizes 512 to 65536, checksums verified. Written are btree and recno version
//! 8 and 9, hash 7 to 9 and queue 4. Heap files, encrypted files and everything
//! else is refused by its name.
//!
//! ```
//! use bdbfile::read::{DatabaseFile, Record};
//! use bdbfile::source::MemorySource;
//! use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, MemorySink};
//!
//! // Build a file in memory, then read it back.
//! let mut builder = BtreeBuilder::new(
//!     MemorySink::new("doc.db"),
//!     &FileParams::default(),
//!     &BtreeParams::default(),
//! )?;
//! builder.push(b"jdoe", b"properties of jdoe")?;
//! let (sink, _written, _pages) = builder.finish()?;
//!
//! let file = DatabaseFile::open(MemorySource::new("doc.db", sink.into_bytes()))?;
//! let database = file.database();
//! let scan = database.scan()?;
//! let mut found = Vec::new();
//! scan.visit(scan.all(), |record: Record<'_>| {
//!     found.push((record.key.to_vec(), record.value.to_vec()));
//!     Ok::<_, bdbfile::Error>(())
//! })?;
//! assert_eq!(found, [(b"jdoe".to_vec(), b"properties of jdoe".to_vec())]);
//! # Ok::<(), bdbfile::Error>(())
//! ```

// Nothing that a file or a caller says may end in a panic; release builds stop at
// an overflow too. A sum is checked where a wrong one would be believed. Counts,
// and offsets that are looked up in what is there, saturate: nothing is found at
// the largest one.
#![cfg_attr(
    not(test),
    warn(
        clippy::arithmetic_side_effects,
        clippy::exit,
        clippy::expect_used,
        clippy::get_unwrap,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::panic_in_result_fn,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_in_result,
        clippy::unwrap_used
    )
)]

mod budget;
pub mod convert;
mod error;
pub mod escape;
pub mod layout;
pub mod log;
pub mod read;
pub mod recover;
pub mod salvage;
pub mod source;
pub mod spill;
pub mod verify;
mod workers;
pub mod write;

pub use budget::Budgets;
pub use error::{Error, FormatError, Place, Result, Rule};
pub use workers::Workers;

/// The example of the README, tried as the others are.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
