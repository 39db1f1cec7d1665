//! Pages that were cut off the end of their files: the log goes on about them
//! as they were before. Each must be cut off by a record, or made anew by one,
//! before the log ends; a page that is merely missing is a loss.

use std::collections::HashMap;

use super::pages::{FileNo, Pages};
use super::refusal::{Refusal, Result};
use crate::Error;
use crate::layout::{Lsn, PageNo};

/// The most pages there may be at a time.
const MOST: usize = 4_000_000;

/// The pages that are not there, with the change they lack and the first record
/// that follows it.
#[derive(Debug, Default)]
pub(super) struct Gone {
    pages: HashMap<(FileNo, PageNo), (Lsn, Lsn)>,
}

impl Gone {
    /// A record is about a page that is not there.
    pub(super) fn note(&mut self, file: FileNo, page: PageNo, needed: Lsn, lsn: Lsn) -> Result<()> {
        self.pages.entry((file, page)).or_insert((needed, lsn));
        if self.pages.len() > MOST {
            return Err(Error::Limit {
                file: "the log".to_owned(),
                what: "the number of pages that were cut off",
                limit: MOST as u64,
            }
            .into());
        }
        Ok(())
    }

    /// A record cuts the page off, or makes it anew.
    pub(super) fn settle(&mut self, file: FileNo, page: PageNo) {
        self.pages.remove(&(file, page));
    }

    /// Refuses where a page of a file is merely missing.
    pub(super) fn refuse(&self, pages: &Pages) -> Result<()> {
        let missing = self
            .pages
            .iter()
            .filter(|((file, page), _)| *page < pages.count(*file));
        match missing.min_by_key(|(_, (_, lsn))| *lsn) {
            None => Ok(()),
            Some(((file, page), (needed, lsn))) => Err(Refusal::ChangeMissing {
                name: pages.name(*file),
                page: *page,
                found: Lsn::ZERO,
                needed: *needed,
                lsn: *lsn,
            }
            .into()),
        }
    }
}
