//! Writing: build a finished file from records, page by page, with no cache
//! and no log.
//!
//! * `params`: what kind of file to build.
//! * `sink`: where pages go.
//! * `out`: page numbers handed out, pages passed on.
//! * `page`: one page being filled.
//! * `overflow`: items too big for a page.
//! * `spine`: the internal pages above a row of leaves.
//! * `leaves`: the row of leaves, linked, each given to the spine.
//! * `duplicates`: the duplicates of one key, on the page or in their own tree.
//! * `btree`: the builder that feeds these.
//! * `sort`: records in any order into records in order, within a budget.
//!
//! Every page carries the LSN "not logged" and the file a new id, so that the
//! result opens in any new environment.

mod btree;
mod duplicates;
mod leaves;
mod out;
mod overflow;
mod page;
mod params;
mod sink;
mod sort;
mod spine;

pub use btree::{BtreeBuilder, Written};
pub use params::{BtreeParams, Duplicates, KeyOrder};
pub use sink::{FileSink, MemorySink, PageSink};
pub use sort::{SortBudget, SortOrder, Sorted, SortedRecord, Sorter, SpillPlace};
