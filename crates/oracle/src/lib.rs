//! The real Berkeley DB as a judge, for tests and benches only.
//!
//! Two things live here. The upper half of the crate is a small safe API over
//! `libdb-sys`: enough to write a database file, read one back, verify it and
//! work in it, so that what `bdbfile` writes is judged by the library it
//! imitates and what it reads was written by that library. [`mod@compose`]
//! stands on that API and writes sample calendar stores.
//!
//! The features `v5_3` (the default, 5.3.21) and `v4_8` (4.8.30) choose the
//! library. They exclude each other, because both link as `db`. Nothing that is
//! shipped may depend on this crate: Berkeley DB has a copyleft licence.
//!
//! A library call can write to the file it is given, so files that must not
//! change are copied before they are opened here.

#[cfg(all(feature = "v4_8", feature = "v5_3"))]
compile_error!("features v4_8 and v5_3 exclude each other: use --no-default-features");
#[cfg(not(any(feature = "v4_8", feature = "v5_3")))]
compile_error!("choose a library with feature v4_8 or v5_3");

mod bulk;
pub mod compose;
mod database;
mod dump;
mod environment;
mod error;
mod exercise;
mod ffi;
mod options;
mod rng;
mod statistics;
mod verify;
pub mod workload;

pub use bulk::{Bulk, BulkCopy};
pub use database::{Database, Position, Record};
pub use dump::dump;
pub use environment::{Durability, Environment, EnvironmentOptions, Recovery, Transaction};
pub use error::Error;
pub use exercise::{Exercise, Exercised, Summary, exercise};
pub use options::{ByteOrder, DatabaseOptions, Duplicates, HashFunction, Method, Order};
pub use statistics::TreeStatistics;
pub use verify::{Verify, verify};

/// The version of the linked library as (major, minor, patch).
pub fn version() -> (i32, i32, i32) {
    ffi::version()
}
