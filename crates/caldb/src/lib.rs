//! What a Sun Calendar Server 6 store is.
//!
//! The server keeps all calendars in one directory (`csdb`) of Berkeley DB
//! files. The names of the files and what each holds are documented; the bytes
//! inside a record were never published. So every fact here carries its
//! [`Provenance`], and records travel byte for byte.
//!
//! * [`provenance`]: where a fact comes from.
//! * [`files`]: the table of the store's files.
//! * [`store`]: a directory: which of these are there, and what else is.
//! * [`check`]: what is odd among records, counted and located.
//! * [`record`]: records recognised, viewed, or left alone.

pub mod check;
pub mod files;
pub mod provenance;
pub mod record;
pub mod store;

pub use files::{FileFact, Presence, Role};
pub use provenance::Provenance;
pub use store::{Store, StoreError, StoreFile};
