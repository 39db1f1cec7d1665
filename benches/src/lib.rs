//! Development only: what the benchmarks share: a composed store and large
//! btrees to work on, what processes cost, and the comparison of whole stores
//! with copying and with the real library.
//!
//! `cargo bench -p benches` measures each layer, `cargo run --release -p
//! benches --bin compare` whole stores, `--bin replay` recovery, and `cargo run
//! --release -p benches --bin hot` is what instructions are counted of, which
//! needs no real library (`--no-default-features`). docs/performance.md tells
//! how to read what they print.

#[cfg(feature = "libdb")]
pub mod compare;
pub mod input;
pub mod measure;
#[cfg(feature = "libdb")]
pub mod replay;
#[cfg(feature = "libdb")]
pub mod source;
#[cfg(feature = "libdb")]
mod store;

#[cfg(feature = "libdb")]
pub use store::{BYTE_ORDERS, ComposedStore};
