//! Reading: open a file, find the units of a database in order, decode its
//! records.
//!
//! * `open`: a file, its first metadata page checked once.
//! * `database`: one database of it; the directory of named ones.
//! * `scan`: all records of a database, by ranges of its units.
//! * `records`: the same, one owned record at a time.
//! * `lookup`: one key, one record number.
//! * `pages`: one page by number, with its checksum and its own number checked.
//! * `claims`: every page has one referrer; this is what ends every loop.
//! * `walk`: what every walk takes with it.
//! * `tree`: from a root down to the list of leaves, level by level;
//!   `page_list`: such a list.
//! * `leaf`, `recno`, `hash`, `queue`: the records of a unit.
//! * `overflow`: items too big for a page.
//! * `duplicates`: duplicates that moved off their key's page.
//! * `record`, `finding`: what a scan gives out, and what it found odd.
//! * `quirks`: what old libraries wrote wrong; `foreign`: what is no Berkeley
//!   DB file at all.

pub(crate) mod claims;
mod database;
mod duplicates;
pub(crate) mod finding;
mod foreign;
pub(crate) mod hash;
pub(crate) mod leaf;
mod lookup;
mod open;
mod overflow;
mod page_list;
pub(crate) mod pages;
pub(crate) mod queue;
pub(crate) mod quirks;
mod recno;
mod record;
mod records;
mod scan;
pub(crate) mod tree;
pub(crate) mod walk;

pub use database::{Database, NamedDatabase};
pub use finding::{Finding, ScanReport};
pub use open::DatabaseFile;
pub use record::{OwnedRecord, Record};
pub use records::Records;
pub use scan::Scan;

pub(crate) use open::{meta_checksum, versions};
