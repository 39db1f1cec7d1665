//! Reading: open a file, find its leaves in key order, decode its records.
//!
//! * `open`: the metadata page, checked once.
//! * `pages`: one page by number, with its checksum and its own number checked.
//! * `claims`: every page has one referrer; this is what ends every loop.
//! * `tree`: from a root down to the list of leaves, level by level.
//! * `leaf`: records of a leaf: on-page duplicates, deleted items.
//! * `overflow`: items too big for a page.
//! * `duplicates`: duplicates that moved to a tree of their own.
//! * `scan`: all records of a database, by ranges of leaves.
//! * `record`, `finding`: what a scan gives out, and what it found odd.

mod claims;
mod duplicates;
mod finding;
mod leaf;
mod open;
mod overflow;
mod pages;
mod record;
mod scan;
mod tree;

pub use finding::{Finding, ScanReport};
pub use open::Database;
pub use record::Record;
pub use scan::Scan;
