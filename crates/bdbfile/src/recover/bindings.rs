//! Which file the small number in a record means: it is given when a file is
//! opened, listed again at checkpoints, and given to another after it is closed.

use std::collections::HashMap;

use crate::layout::{Lsn, PageNo};
use crate::{Error, Result};

/// The 20 bytes by which a database file is known, whatever its name.
pub(super) type Uid = [u8; 20];

/// The most times that numbers change their meaning.
const MOST: usize = 2_000_000;

/// A file as a record of its opening names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Registered {
    /// Its id.
    pub(super) uid: Uid,
    /// Its name, within the directory of the databases.
    pub(super) name: String,
}

/// What a number means.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound<'a> {
    /// The file.
    pub(super) file: &'a Registered,
    /// The metadata page of the database in it.
    pub(super) meta: PageNo,
}

/// What the numbers mean, in the course of the log.
#[derive(Debug, Default)]
pub(super) struct Bindings {
    /// All files, in the order in which they are first named.
    pub(super) files: Vec<Registered>,
    by_uid: HashMap<Uid, usize>,
    by_number: HashMap<i32, Vec<Binding>>,
    count: usize,
}

/// From here on a number means a file, or nothing any more.
#[derive(Debug, Clone, Copy)]
struct Binding {
    from: Lsn,
    file: Option<usize>,
    meta: PageNo,
    open: bool,
}

impl Bindings {
    /// Takes in that a file is opened or listed, or closed, in the order of
    /// the log. One without a name is in memory only.
    pub(super) fn take(
        &mut self,
        log: &str,
        lsn: Lsn,
        number: i32,
        (registered, meta): (Registered, PageNo),
        open: bool,
    ) -> Result<()> {
        let file = if registered.name.is_empty() {
            None
        } else {
            Some(self.file(registered))
        };
        let bindings = self.by_number.entry(number).or_default();
        if bindings
            .last()
            .is_some_and(|last| (last.file, last.meta, last.open) == (file, meta, open))
        {
            return Ok(());
        }
        bindings.push(Binding {
            from: lsn,
            file,
            meta,
            open,
        });
        self.count = self.count.saturating_add(1);
        if self.count > MOST {
            return Err(Error::Limit {
                file: log.to_owned(),
                what: "the number of times that files are opened",
                limit: MOST as u64,
            });
        }
        Ok(())
    }

    /// Takes in that there is a file of this id, which may never be opened under
    /// its name.
    pub(super) fn mention(&mut self, registered: Registered) {
        if !self.by_uid.contains_key(&registered.uid) {
            self.file(registered);
        }
    }

    /// The file that a record means. One before the first time that its file
    /// is listed, as may be where the log's beginning is not at hand, means the
    /// file that is listed next.
    pub(super) fn of(&self, number: i32, lsn: Lsn) -> Option<Bound<'_>> {
        let bindings = self.by_number.get(&number)?;
        let next = bindings.partition_point(|binding| binding.from <= lsn);
        let at = next.checked_sub(1).and_then(|at| bindings.get(at));
        let binding = match at {
            Some(binding) if binding.open => binding,
            closed => bindings.get(next).or(closed)?,
        };
        Some(Bound {
            file: self.files.get(binding.file?)?,
            meta: binding.meta,
        })
    }

    fn file(&mut self, registered: Registered) -> usize {
        let count = self.files.len();
        let index = *self.by_uid.entry(registered.uid).or_insert(count);
        match self.files.get_mut(index) {
            // The last name is the one that is told.
            Some(known) => known.name = registered.name,
            None => self.files.push(registered),
        }
        index
    }
}

#[cfg(test)]
mod tests {
    use super::{Bindings, Registered};
    use crate::layout::Lsn;

    #[test]
    fn a_number_means_what_was_opened_last() {
        let mut bindings = Bindings::default();
        let at = |offset| Lsn { file: 1, offset };
        let mut take = |offset, uid: u8, open| {
            let registered = Registered {
                uid: [uid; 20],
                name: format!("{uid}.db"),
            };
            bindings
                .take("log", at(offset), 0, (registered, 0), open)
                .unwrap();
        };
        take(10, 1, true);
        take(20, 1, false);
        take(30, 2, true);
        take(40, 2, false);
        let of = |offset| bindings.of(0, at(offset)).map(|bound| bound.file.uid[0]);
        assert_eq!(
            [5, 10, 15, 25, 35, 45].map(of),
            [1, 1, 1, 2, 2, 2].map(Some)
        );
        assert!(bindings.of(1, at(15)).is_none());
    }
}
