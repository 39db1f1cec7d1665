//! What keeps a run from beginning, all of it at once: an administrator who is
//! told of one thing at a time runs the command as often as there are things.

use crate::error::{Error, Result};

/// The problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    found: Vec<Error>,
}

impl Problems {
    /// The result, or `None` and one problem more.
    pub(crate) fn take<T>(&mut self, result: Result<T>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// Adds a problem, unless it is known already: two looks at one damaged
    /// file find the same, the first of them with what to do about it; and
    /// where no more files may be open, no file can be read.
    pub(crate) fn add(&mut self, error: Error) {
        for error in error.into_all() {
            let text = error.to_string();
            let known = |known: &Error| {
                known.to_string().starts_with(&text)
                    || known.is_of_open_files() && error.is_of_open_files()
            };
            if !self.found.iter().any(known) {
                self.found.push(error);
            }
        }
    }

    /// Fails where there is any.
    pub(crate) fn finish(self) -> Result<()> {
        if self.found.is_empty() {
            return Ok(());
        }
        Err(self.into_error())
    }

    /// The problems, of which there are some, as one error.
    pub(crate) fn into_error(mut self) -> Error {
        if self.found.len() == 1
            && let Some(only) = self.found.pop()
        {
            return only;
        }
        Error::Several(self.found)
    }
}
