//! The environment side: was the store cleanly shut down?
//!
//! A database of a transactional store is only whole together with its logs:
//! after a crash its pages lack committed changes and carry uncommitted ones,
//! and nothing in the file itself need show it. This room reads the log files
//! and the heads of the region files (read only; the environment is never
//! joined) and judges. `docs/logs.md` says by what evidence.
//!
//! ```no_run
//! use std::path::Path;
//! use bdbfile::log::{EnvironmentFiles, NewestPage, inspect};
//!
//! # fn main() -> bdbfile::Result<()> {
//! let home = Path::new("csdb");
//! let environment = inspect(&EnvironmentFiles::find(home)?)?;
//! let newest = NewestPage::of_file(&home.join("ics50events.db"))?;
//! println!("{}", environment.judge(newest.as_ref()));
//! # Ok(())
//! # }
//! ```

mod files;
mod judge;
mod pages;
mod reader;
mod survey;
mod transactions;
mod window;

pub use files::EnvironmentFiles;
pub(crate) use files::number_of;
pub use judge::{REMEDY, Reason, Verdict};
pub use pages::NewestPage;
pub(crate) use reader::{LogReader, Start, Step};
pub use survey::{Checkpoint, Environment, LogEnd, Logs, Region, inspect};
pub use transactions::OpenTransaction;

use std::io;
use std::path::Path;

use crate::Error;

/// The error for a failed system call.
fn failed(path: &Path, action: &str, source: io::Error) -> Error {
    Error::Io {
        file: path.display().to_string(),
        action: action.to_owned(),
        source,
    }
}
