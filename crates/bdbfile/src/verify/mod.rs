//! Verifying: is a file sound? All that can be told from its bytes, as
//! `db_verify` does, and going on after each finding. `docs/verify.md` lists
//! the checks and where they differ from those of `db_verify`.
//!
//! * `report`: the problems, and the whole verification.
//! * `check`: what every part works with.
//! * `meta`: metadata pages.
//! * `alone`: every page by itself; `items`, `bucket_items`: its items.
//! * `database`: one database of the file, or the directory and all named ones.
//! * `tree`, `leaf`, `hash`, `queue`: how its pages hang together; `abreast`:
//!   the same of a tall tree in parts.
//! * `keys`: the bytes that keys are compared by; `tally`: orders that are an
//!   application's own.
//! * `chains`: items too big for a page; `links`: what their pages say, kept.
//! * `accounts`: the free list, and pages that nothing refers to.

mod abreast;
mod accounts;
mod alone;
mod bucket_items;
mod chains;
mod check;
mod database;
mod hash;
mod items;
mod keys;
mod leaf;
mod links;
mod meta;
mod queue;
mod report;
mod tally;
mod tree;

pub use report::{Problem, Verification};

use std::sync::Arc;

use crate::Workers;
use crate::budget::Budgets;
use crate::error::{Error, Result};
use crate::read::DatabaseFile;
use crate::read::claims::Claims;
use crate::source::PageSource;
use check::{Check, State};
use links::Links;

/// Verifies a file, by the calling thread alone. A file that cannot be opened
/// is a verification whose single problem is the reason.
///
/// # Errors
/// [`Error::Io`] when the source fails, [`Error::Limit`] when the file has more
/// pages than page numbers.
pub fn verify<S: PageSource>(source: S) -> Result<Verification> {
    verify_with(source, Workers::ALONE)
}

/// The same by several threads, as far as the work can be divided: pages are
/// looked at by themselves side by side, and what belongs together afterwards.
///
/// # Errors
/// As [`verify`].
pub fn verify_with<S: PageSource>(source: S, workers: Workers) -> Result<Verification> {
    verify_within(source, workers, Budgets::default())
}

/// The same within other budgets. Nothing is given out, so that
/// [`output`](Budgets::output) does not count.
///
/// # Errors
/// As [`verify`], and [`Error::Limit`] where a budget is used up.
pub fn verify_within<S: PageSource>(
    source: S,
    workers: Workers,
    budgets: Budgets,
) -> Result<Verification> {
    let file = match DatabaseFile::open_within(source, budgets) {
        Ok(file) => file,
        Err(Error::Format(error)) => {
            let mut report = Verification::default();
            report.add(Problem::from(&*error));
            return Ok(report);
        }
        Err(other) => return Err(other),
    };
    let mut check = Check::new(&file, Claims::new(file.page_count()), workers);
    check.report.pages = file.page_count();
    check.links = Arc::new(Links::of_pages(file.pages.are_in_memory()));
    // Page 0 is looked at as metadata, never as a page of another kind.
    Arc::make_mut(&mut check.states).push(State::Broken);
    check.claims.claim(0);
    meta::of_file(&mut check);
    alone::check(&mut check)?;
    database::all(&mut check)?;
    accounts::free_list(&mut check)?;
    chains::finish(&mut check);
    accounts::unreferenced(&mut check)?;
    file.pages.meter().check_read(file.name())?;
    Ok(check.report)
}
