//! Writing: build a finished file from records, page by page, with no cache
//! and no log.
//!
//! * `params`: what kind of file to build.
//! * `sink`: where pages go.
//! * `file`: a file being written, and its parts that are built at the same
//!   time.
//! * `pages`: page numbers handed out, pages taken.
//! * `page`: one page being filled; `leaf`: one leaf.
//! * `overflow`: items too big for a page.
//! * `spine`: the internal pages above a row of leaves.
//! * `row`: a whole tree in order: its leaves and its spine.
//! * `duplicates`: the duplicates of one key, on the page or in their own tree.
//! * `btree`: btree databases, in pieces; `hash`: the same for hash ones; `recno`
//!   and `queue`: the other kinds.
//! * `sort`: records in any order into records in order, within a budget;
//!   `any_order`: databases of such records.
//!
//! Every page carries the LSN "not logged" and the file a new id, so that the
//! result opens in any new environment.

mod any_order;
mod btree;
mod duplicates;
mod file;
mod hash;
mod leaf;
mod overflow;
mod page;
mod pages;
mod params;
mod queue;
mod recno;
mod row;
mod sink;
mod sort;
mod spine;

pub use any_order::{
    BtreeSortBuilder, BtreeSpool, HashBuilder, HashSpool, LeftOut, NumberSpool, Repeats,
};
pub use btree::{BtreeBuilder, BtreePiece, BtreeWriter, Written};
pub use file::NewFile;
pub use hash::{
    HASH_VERSION, HASH_VERSION_OLD, HASH_VERSION_SORTED, HashParams, HashPiece, HashTable,
    HashWriter, HashWritten,
};
pub use params::{
    BTREE_VERSION, BTREE_VERSION_OLD, BtreeParams, Duplicates, FileParams, FixedLength, KeyOrder,
    QUEUE_VERSION, QueueParams, RecnoParams,
};
pub use queue::QueueWriter;
pub use recno::RecnoWriter;
pub use sink::{FileSink, MemorySink, PageSink, SyncingSink};
pub use sort::{SortBudget, SortOrder, Sorted, SortedRecord, Sorter};
