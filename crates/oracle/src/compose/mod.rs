//! Sample calendar stores, COMPOSED: nothing here was ever in a real one.
//!
//! The bytes of a real store's records were never published. A composed store
//! holds what the manuals and the clients of the server say a store holds: the
//! file set, the names of calendars, properties, access control entries, uids,
//! times, series, alarms, queue and delete log entries. How that is spelt is
//! this project's choice: values are iCalendar-like content lines, each ended by
//! CRLF and none folded, and keys are identifiers joined by NUL (module `key`).
//! No test may take a composed record for evidence of the real encoding.
//!
//! The linked library writes the files. What an older one writes otherwise
//! (versions of the format, natures of its own, logs and regions) is put into
//! them byte by byte when they are finished.
//!
//! A [`StorePlan`] fixes every record. libdb adds what no seed reaches: the
//! unique ids of the files and the times in its log.

mod calendar;
mod census;
mod component;
mod deletelog;
mod extra;
mod file;
mod format;
mod key;
mod lines;
mod machine;
mod patch;
mod plan;
mod queue;
mod special;
mod store;
mod text;
mod time;

pub use census::Census;
pub use file::StoreFile;
pub use format::{Format, Nature};
pub use machine::{Library, Machine};
pub use plan::{End, NAMES, StorePlan, StoreRelease, Surroundings};
pub use special::Special;
pub use store::{Composed, VERSION_FILE, compose, write_version};
