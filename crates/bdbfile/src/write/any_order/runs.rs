//! Whether the data of a key came together, where their order is the caller's.

use crate::error::{Error, Result};

/// Follows records into a sort and out of it. Sorted duplicates whose order is
/// that in which they come have to come together: where those of a key came in
/// two places, nothing tells how the two go together.
#[derive(Debug)]
pub(in crate::write) struct Runs {
    watched: bool,
    came: Run,
    went: Run,
}

/// Records of one key after the other.
#[derive(Debug, Default)]
struct Run {
    key: Option<Vec<u8>>,
    /// How often the key was another than before.
    count: u64,
}

impl Runs {
    /// Watches, or lets all pass.
    pub(in crate::write) fn new(watched: bool) -> Self {
        Self {
            watched,
            came: Run::default(),
            went: Run::default(),
        }
    }

    /// A record with this key goes into the sort.
    pub(in crate::write) fn came(&mut self, key: &[u8]) {
        if self.watched {
            self.came.take(key);
        }
    }

    /// A record with this key comes out of it.
    pub(in crate::write) fn went(&mut self, key: &[u8]) {
        if self.watched {
            self.went.take(key);
        }
    }

    /// When all came and went.
    ///
    /// # Errors
    /// [`Error::Parameter`] when the data of a key came in two places.
    pub(in crate::write) fn finish(&self, file: &str) -> Result<()> {
        let apart = self.came.count.saturating_sub(self.went.count);
        if apart == 0 {
            return Ok(());
        }
        Err(Error::Parameter(format!(
            "{file}: the sorted duplicates of a key came in two places, {apart} times; how they go together is not known"
        )))
    }
}

impl Run {
    fn take(&mut self, key: &[u8]) {
        match &mut self.key {
            Some(last) if last == key => {}
            Some(last) => {
                last.clear();
                last.extend_from_slice(key);
                self.count = self.count.saturating_add(1);
            }
            None => {
                self.key = Some(key.to_vec());
                self.count = self.count.saturating_add(1);
            }
        }
    }
}
