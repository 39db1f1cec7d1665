//! Random transactional work that ends as a killed process ends: stores for
//! recovery to be tried on.
//!
//! [`Workload::random`] draws by a seed what environment there is, which
//! databases it has and how it ends; [`Workload::run`] does the work. Up to
//! four transactions go on side by side in one thread, each with children of
//! its own. No call waits for a lock: whoever does not get one aborts.

mod acts;
mod happened;
mod plan;
mod run;

use std::path::Path;

pub use happened::{Event, Happened};
pub use plan::{DatabasePlan, Ending, FilePlan, Workload};

use crate::error::Error;

impl Workload {
    /// Does the work in an empty directory, and leaves it there as a killed
    /// process leaves it: see [`Environment::abandon`].
    ///
    /// [`Environment::abandon`]: crate::Environment::abandon
    pub fn run(&self, dir: &Path) -> Result<Happened, Error> {
        run::run(self, dir)
    }
}
