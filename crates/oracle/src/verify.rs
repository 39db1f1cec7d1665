//! The library's verdict on a file.

use std::path::Path;

use crate::error::Error;
use crate::ffi;
use crate::options::{HashFunction, Order};

/// What the verification has to be told about a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Verify {
    /// Key order of its btrees: other than the default it excludes a hash
    /// function.
    pub order: Order,
    /// Hash function of its hash databases.
    pub hash_function: HashFunction,
    /// Leave out the checks of key order and hashing (`DB_NOORDERCHK`): for
    /// files whose functions nobody knows.
    pub skip_order: bool,
    /// The cache; the library's own small one when `None`, which is too small
    /// for large pages with long items on them.
    pub cache_bytes: Option<u32>,
}

impl Verify {
    /// Verifies a file that nothing has open, outside any environment. Every
    /// finding is a message of the error.
    pub fn run(&self, file: &Path) -> Result<(), Error> {
        let flags = if self.skip_order {
            ffi::flag::DB_NOORDERCHK
        } else {
            0
        };
        let functions = (self.order, self.hash_function);
        ffi::Db::verify(file, functions, self.cache_bytes, flags)
    }
}

/// Verifies a file with the library's own order and hash function.
pub fn verify(file: &Path) -> Result<(), Error> {
    Verify::default().run(file)
}
