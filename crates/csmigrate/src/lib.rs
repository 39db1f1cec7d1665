//! Migrates a Sun Calendar Server 6.0, 6.1 or 6.2 store to 6.3.
//!
//! Data goes one way: source directory, backup, staging directory, target. The
//! source is only ever read. The target appears whole, by one rename, after
//! every file in it has been written, synced, read again and compared.
//!
//! * `plan`: what there is, where it goes, whether it can.
//! * `backup`: the copy that the run then works on.
//! * [`recovery`]: the logs of a store that was not cleanly shut down, replayed.
//! * `rewrite`: each database read and built anew.
//! * `verify`: each new file read again: counts, digests, structure.
//! * `staging`: a directory that is published by a rename or leaves no trace.
//! * [`export`]: a store's calendars as texts of RFC 5545.
//! * [`inspect`]: what a store is, when nothing is to be done to it.
//! * [`report`]: what was done, file by file.
//! * [`observer`]: what is told while it is being done. Nothing here prints.
//! * [`progress`]: how far a run is, for who looks from another thread.
//!
//! ```no_run
//! use csmigrate::{Migration, observer::Event};
//!
//! let migration = Migration::new("oldcsdb", "csdb").backup_dir("/var/tmp/csdb-backup");
//! let report = migration.run(&mut |event: Event<'_>| {
//!     if let Event::Warning(warning) = event {
//!         eprintln!("{warning}");
//!     }
//! })?;
//! println!("{} records", report.records_written());
//! # Ok::<(), csmigrate::Error>(())
//! ```

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

mod backup;
mod copy;
mod database;
mod digest;
mod each;
mod error;
pub mod export;
pub mod inspect;
mod judgement;
mod knowledge;
mod lock;
mod migration;
pub mod observer;
mod plan;
pub mod progress;
pub mod recovery;
pub mod report;
mod rewrite;
mod similar;
mod staging;
mod stop;
mod syncing;
mod system;
mod verify;

pub use bdbfile;
pub use bdbfile::layout::Preamble;
pub use caldb;
pub use digest::RecordDigest;
pub use error::{Error, Losses, Result};
pub use export::Export;
pub use judgement::Judgement;
pub use migration::{Migration, Salvage};
pub use plan::{BackupPlan, Hold, Holder, Holders, Inspection, PlannedFile, Space};

/// The example of the README, tried as the others are.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
