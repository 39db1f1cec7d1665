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
//! A [`StorePlan`] fixes every record. libdb adds what no seed reaches: the
//! unique ids of the files and the times in its log.

mod calendar;
mod census;
mod component;
mod deletelog;
mod file;
mod key;
mod lines;
mod plan;
mod queue;
mod rng;
mod store;
mod text;
mod time;

pub use census::Census;
pub use file::StoreFile;
pub use plan::{End, StorePlan};
pub use store::{Composed, VERSION_FILE, compose};
