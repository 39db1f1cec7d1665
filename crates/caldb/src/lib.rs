//! What a Sun Calendar Server 6 store is.
//!
//! The server keeps all calendars in one directory (`csdb`) of Berkeley DB
//! files. The names of the files and what each holds are documented; the bytes
//! inside a record were never published. So every fact here carries its
//! [`Provenance`], and records travel byte for byte.
//!
//! * [`provenance`]: where a fact comes from.
//! * [`fact`]: all facts in use, as one table.
//! * [`profile`]: what is taken for true of a store, as data that can be
//!   corrected.
//! * [`files`]: what the files of a store can be for.
//! * [`store`]: a directory: which of these are there, and what else is.
//! * [`record`]: records recognised, viewed, or left alone.
//! * [`ics`]: a calendar as a text of RFC 5545.
//! * [`check`]: what is odd among records, counted and located.
//! * [`release`]: which release wrote a store, and by what evidence.
//! * [`rules`]: what is done to records on the way from 6.2 to 6.3.

// As in `bdbfile`: nothing that a store says may end in a panic.
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

pub mod check;
pub mod fact;
pub mod files;
pub mod ics;
pub mod profile;
pub mod provenance;
pub mod record;
pub mod release;
pub mod rules;
pub mod store;

pub use fact::Fact;
pub use files::{Presence, Role};
pub use profile::{FileProfile, Profile};
pub use provenance::Provenance;
pub use store::{Store, StoreError, StoreFile};
