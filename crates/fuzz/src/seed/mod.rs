//! Sound inputs to begin with.
//!
//! * `databases`: small files of every kind, by our own writers.
//! * `logs`: log files with a record of every type there is.
//! * `testdata`: the composed stores of this project.
//! * `samples`: files of real libraries, where they are there.

mod databases;
pub(crate) mod logs;
mod samples;
mod testdata;

pub use self::logs::logs;
pub use databases::{Seed, databases};
pub use samples::{samples, unclean};
pub use testdata::{contents, first_records, records, stores};
