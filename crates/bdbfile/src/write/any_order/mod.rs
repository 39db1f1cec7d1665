//! Databases of records that come in any order: they are gathered, sorted
//! within a memory budget, and then written in order. The bytes of the file do
//! not depend on the budget.
//!
//! * `distinct`: what becomes of records that come again.
//! * `runs`: whether the data of a key came together, where they have to.
//! * `btree`, `hash`: the two kinds of databases with keys; `number`: those
//!   whose records have numbers.

mod btree;
mod distinct;
mod hash;
mod number;
mod runs;

pub use btree::{BtreeSortBuilder, BtreeSpool};
pub use distinct::{LeftOut, Repeats};
pub use hash::{HashBuilder, HashSpool};
pub use number::NumberSpool;
