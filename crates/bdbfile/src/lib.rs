//! Reads, checks and writes Berkeley DB files with no libdb.
//!
//! The rooms, from the bytes up:
//!
//! * [`layout`]: every on-disk structure once; byte order is applied here and
//!   nowhere else. `docs/format.md` draws the same structures in the same order.
//! * `source`: where bytes come from: a mapped file, positioned reads, memory.
//! * `read`: open a file, walk a tree, decode records in the order found.
//! * `write`: build a finished file from records.
//! * [`log`]: the transaction logs and region files beside a database: was it
//!   cleanly shut down?
//!
//! What is read today: btree files of version 8 and 9 (Berkeley DB 3.1 to 5.3),
//! either byte order, page sizes 512 to 65536, checksums verified. What is
//! written: btree version 9. Everything else is refused by its name.
//!

#![cfg_attr(
    not(test),
    warn(
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable
    )
)]

mod error;
pub mod layout;
pub mod log;

pub use error::{Error, FormatError, Place, Result, Rule};
