//! Looking before a store is exported: what there is, where it goes, whether it
//! can. Nothing is written.

use std::fs::File;

use crate::database::{Database, Overlay};
use crate::error::Result;
use crate::lock;
use crate::migration::Salvage;
use crate::plan::{Problems, Request, holders, places, shutdown, source};
use crate::recovery::Recovery;
use crate::report::Warning;
use crate::staging::Place;
use crate::stop::Stop;

/// An export that can be done.
#[derive(Debug)]
pub(crate) struct ExportPlan {
    /// What is read, in its order.
    pub(crate) databases: Vec<Database>,
    /// What recovery changes.
    pub(crate) overlay: Option<Overlay>,
    pub(crate) recovery: Option<Recovery>,
    pub(crate) place: Place,
    pub(crate) warnings: Vec<Warning>,
    fingerprints: source::Fingerprints,
    /// What tells other runs that this one is at work.
    _locks: Vec<File>,
}

impl ExportPlan {
    /// Looks at everything and refuses what cannot be done, with all the
    /// reasons.
    pub(crate) fn make(request: &Request, stop: &Stop) -> Result<Self> {
        let mut problems = Problems::default();
        let found = problems.take(source::find(&request.source));
        let source_dir = found.as_ref().map(|found| &found.dir);
        let place = problems.take(places::find_export(request, source_dir));
        let Some(found) = found else {
            return Err(problems.into_error());
        };
        let store = found.store;
        let mut locks = Vec::new();
        locks.extend(problems.take(lock::shared(&store.dir)));
        if let Some(place) = place.as_ref().filter(|place| place.exists) {
            locks.extend(problems.take(lock::exclusive(&place.path)));
        }
        source::check_readable(&store, &mut problems);
        let environment = shutdown::environment(&store);
        let holders = holders::find(&store, request.workers);
        let held = holders::check(request, &holders);
        stop.check()?;
        let judged = environment
            .as_ref()
            .ok()
            .map(|found| shutdown::judge(request, &store, found, held.is_err(), stop));
        let (databases, overlay) = shutdown::databases(&store, judged.as_ref());
        source::check_databases(&databases, overlay, Salvage::Refuse, &mut problems);
        problems.take(held);
        problems.take(environment);
        let judged = judged.and_then(|judged| problems.take(judged));
        let (Some(place), Some(judged)) = (place, judged) else {
            return Err(problems.into_error());
        };
        problems.finish()?;
        let mut warnings = judged.warnings;
        warnings.extend(holders::warnings(&holders));
        let after = judged.replayed.map(|it| (it.recovery, it.overlay));
        let (recovery, overlay) = after.unzip();
        Ok(Self {
            fingerprints: source::Fingerprints::of(&store),
            databases,
            overlay,
            recovery,
            place,
            warnings,
            _locks: locks,
        })
    }

    /// Fails when the source is not as it was when the plan was made.
    pub(crate) fn check_unchanged(&self) -> Result<()> {
        self.fingerprints.check()
    }
}
