//! Sorting more records than memory holds.
//!
//! Records are gathered in memory until the budget is used up, sorted, and
//! written to a temporary file as a run; at the end the runs are merged. What
//! fits the budget never touches a file. Items too long for the buffers of a
//! merge are parked in the file when they come, and only their beginning and
//! their place travel.
//!
//! * `budget`: how much memory, where the temporary file is, and what follows.
//! * `sorter`: takes records in.
//! * `sorted`: gives them out.
//! * `record`: a record as it stands in memory and in a run.
//! * `arena`: the records in memory.
//! * `index`: their order.
//! * `compare`: the order of two records; `fallible`: a sort by it.
//! * `run`: a run being written, a run being read.
//! * `merge`: several runs into one stream.

mod arena;
mod budget;
mod compare;
mod fallible;
mod index;
mod merge;
mod record;
mod run;
mod sorted;
mod sorter;

#[cfg(test)]
mod tests;

pub use budget::SortBudget;
pub use compare::SortOrder;
pub use sorted::{Sorted, SortedRecord};
pub use sorter::Sorter;
