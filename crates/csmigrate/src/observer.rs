//! What is told while a migration goes on.

use std::ffi::OsStr;

use bdbfile::read::Finding;
use bdbfile::salvage::Salvaged;
use bdbfile::{Place, Rule};

use crate::export::CalendarExport;
use crate::judgement::Judgement;
use crate::plan::Inspection;
use crate::recovery::Recovery;
use crate::report::{FileReport, Report, SalvagedFile, SavedFile, Warning};

/// The stages of a migration, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Stage {
    /// Looking at source, target and backup place.
    Inspect,
    /// Copying the source aside.
    Backup,
    /// Replaying the logs of a store that was not cleanly shut down.
    Recover,
    /// Reading and building every database. In a dry run: reading.
    Rewrite,
    /// Reading what was written, and comparing.
    Verify,
    /// The rename that makes the target appear.
    Publish,
    /// Reading every database and writing its calendars as text.
    Export,
}

impl Stage {
    /// The name of the stage: one word.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inspect => "inspect",
            Self::Backup => "backup",
            Self::Recover => "recover",
            Self::Rewrite => "rewrite",
            Self::Verify => "verify",
            Self::Publish => "publish",
            Self::Export => "export",
        }
    }
}

/// Something that happened. New kinds may come.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The source was looked at and can be migrated.
    Inspected(&'a Inspection),
    /// A stage begins.
    Begins(Stage),
    /// The backup is whole; its files, as they were read again.
    BackedUp(&'a [SavedFile]),
    /// The logs were replayed.
    Recovered(&'a Recovery),
    /// All records were read; what is odd among them, and what the rules did.
    Judged(&'a Judgement),
    /// A stage is done, with a sentence on what it did.
    Done(Stage, String),
    /// A database is done in the stage that is going on. In the order of the
    /// inspection, whatever the number of threads.
    File(Stage, &'a FileReport),
    /// All is done and nothing can fail any more: what is told of it must be
    /// told now, for what a run still does is to forget that it was not done.
    Completed(&'a Report),
    /// A calendar was written as text, and is not published yet.
    Exported(&'a CalendarExport),
    /// Something odd that costs no record.
    Warning(&'a Warning),
    /// Something that is left of a damaged file, or is not. Damaged files come
    /// one after the other.
    Salvaged {
        /// The name of the file.
        file: &'a OsStr,
        /// What was found.
        found: &'a Found<'a>,
    },
}

/// What is found in a damaged file, first its damage and last all together.
#[derive(Debug)]
#[non_exhaustive]
pub enum Found<'a> {
    /// Why the file cannot be read whole.
    Damage(&'a str),
    /// A whole record.
    Saved(&'a Salvaged<'a>),
    /// A record of which only a part is left: it is not carried.
    Lost(&'a Salvaged<'a>),
    /// A page or an item that is damaged, or something else that is odd.
    Finding(&'a Finding),
    /// Nothing can be saved of the file, and why.
    Nothing(&'a str),
    /// What was found in all.
    All(&'a SalvagedFile),
}

impl Found<'_> {
    /// Whether this is an item in use that gives no record, not even a part.
    pub fn is_lost_item(&self) -> bool {
        matches!(
            self,
            Self::Finding(Finding {
                place: Place { slot: Some(_), .. },
                rule: Rule::ItemBounds
                    | Rule::ItemType
                    | Rule::Blob
                    | Rule::DuplicateLength
                    | Rule::DuplicatesLost,
                ..
            })
        )
    }
}

/// Receives events, on the thread that runs the migration.
pub trait Observer {
    /// Takes an event.
    fn event(&mut self, event: Event<'_>);
}

impl<F: FnMut(Event<'_>)> Observer for F {
    fn event(&mut self, event: Event<'_>) {
        self(event);
    }
}
