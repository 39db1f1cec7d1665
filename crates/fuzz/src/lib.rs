//! Hostile bytes for every reader there is.
//!
//! * [`target`]: what is done with an input, and what must hold of it. A target
//!   is a plain function; one that panics has found something.
//! * [`seed`]: sound inputs to begin with, all made by our own code; and files
//!   of real libraries, where they are there.
//! * `archive`: several files in one input.
//! * `cost`: how much an input may cost.
//! * `scratch`: a directory for targets that want files.
//!
//! The engine is libFuzzer, guided by coverage, with stable Rust; `.ci/fuzz`
//! builds and runs it. `cargo fuzz run --fuzz-dir crates/fuzz` does so with
//! `AddressSanitizer`, where there is a nightly Rust. docs/testing.md has more.

// Nothing here is for others: a panic is how a target says what it found, and
// all names of files are this crate's own.
#![allow(
    clippy::missing_panics_doc,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::similar_names
)]

mod archive;
mod cost;
mod scratch;
pub mod seed;
pub mod target;

pub use target::{TARGETS, Target};

#[doc(hidden)]
#[cfg(feature = "engine")]
pub use libfuzzer_sys;

/// The body of a fuzzing program: the target of this module.
#[cfg(feature = "engine")]
#[macro_export]
macro_rules! fuzz_target {
    ($name:ident) => {
        $crate::libfuzzer_sys::fuzz_target!(|input: &[u8]| {
            $crate::target::check($crate::target::$name::run, input);
        });
    };
}

/// The examples of `docs/library.md`, tried here: this crate has all libraries
/// at hand, and is in no package, which would not have that file.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/library.md")]
struct Library;
