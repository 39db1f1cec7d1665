//! What ends a command before its time.

use std::io;

use bdbfile::escape::escaped;

/// Why a command could not do what it was asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// One line for the user, fit for a screen.
    Message(String),
    /// Standard output was closed by its reader: nobody wants to know more.
    ReaderGone,
}

impl From<bdbfile::Error> for Failure {
    fn from(error: bdbfile::Error) -> Self {
        Self::Message(escaped(&error.to_string()))
    }
}

impl From<io::Error> for Failure {
    /// Files are read through bdbfile, whose errors name them: a bare error is
    /// one of standard output.
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            return Self::ReaderGone;
        }
        Self::Message(format!("cannot write the output: {error}"))
    }
}
