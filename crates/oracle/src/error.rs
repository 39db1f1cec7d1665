//! The one error of the crate.

use std::fmt;
use std::io;

use crate::ffi::flag;

/// A call that failed: libdb's code and text, and what was being done.
///
/// Failures of the operating system and refusals of this crate use the same
/// shape; their codes are `errno` values, as libdb's own positive codes are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    code: i32,
    text: String,
    doing: String,
    messages: Vec<String>,
}

impl Error {
    pub(crate) fn new(code: i32, text: String, doing: String, messages: Vec<String>) -> Self {
        Self {
            code,
            text,
            doing,
            messages,
        }
    }

    /// A request this crate refuses before it reaches libdb.
    pub(crate) fn refused(text: impl Into<String>, doing: impl Into<String>) -> Self {
        const EINVAL: i32 = 22;
        Self::new(EINVAL, text.into(), doing.into(), Vec::new())
    }

    pub(crate) fn io(error: &io::Error, doing: impl Into<String>) -> Self {
        const EIO: i32 = 5;
        let code = error.raw_os_error().unwrap_or(EIO);
        Self::new(code, error.to_string(), doing.into(), Vec::new())
    }

    /// The code: negative for libdb's own conditions, `errno` otherwise.
    pub fn code(&self) -> i32 {
        self.code
    }

    /// The text that belongs to the code.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was being done.
    pub fn doing(&self) -> &str {
        &self.doing
    }

    /// The messages libdb gave before it returned, in order.
    pub fn messages(&self) -> &[String] {
        &self.messages
    }

    /// Whether a lock was not to be had: the transaction can only be aborted.
    pub fn is_conflict(&self) -> bool {
        [flag::DB_LOCK_DEADLOCK, flag::DB_LOCK_NOTGRANTED].contains(&self.code)
    }

    /// Whether the record was there already (`DB_KEYEXIST`).
    pub fn is_present(&self) -> bool {
        self.code == flag::DB_KEYEXIST
    }

    /// Whether libdb judged a file to be broken (`DB_VERIFY_BAD`).
    pub fn is_verify_failure(&self) -> bool {
        self.code == flag::DB_VERIFY_BAD
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} (code {})", self.doing, self.text, self.code)?;
        for message in &self.messages {
            write!(f, "; {message}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
