//! What is odd among the records, and how often: counted and located, never
//! repaired.
//!
//! A [`Gatherer`] takes the records of one unit of work and can be sent to
//! another thread; gatherers of one file are put together in the order of the
//! file, so the result is the same however the file was divided. [`StoreChecks`]
//! takes one for each file and tells what is odd among all of them. What they
//! keep of the records until then may be bounded in memory ([`Keeping`]).
//!
//! Only recognised records are judged. Where a counterpart was looked for in a
//! file that holds unrecognised records too, the finding says how many
//! ([`Finding::unjudged`]): the counterpart may be among them.

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

mod calendars;
pub(crate) mod charset;
mod components;
mod gather;
mod identity;
mod judge;
mod kept;
mod report;
mod shown;
mod table;

pub use components::{CalendarComponents, ComponentCount, Components, LARGEST};
pub use gather::{Gatherer, RecordKind, RecordPlace};
pub use judge::StoreChecks;
pub use kept::Keeping;
pub use report::{Case, CheckReport, FileRecords, Finding};
pub use shown::CasesBefore;
pub use table::{CHECKS, Check, CheckFact};

/// Cases kept of each check, unless something else is asked for.
pub const CASES: usize = 100;

#[cfg(test)]
mod tests;
