//! The ways in turns.

use std::path::Path;

use super::Result;
use super::judge::Contents;
use super::programs::Programs;
use super::scene::Scene;
use super::settings::Settings;
use super::shape::Order;
use super::way::{Leaves, Way};
use crate::measure::{Cost, Median, measure};

/// What became of a way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Outcome {
    /// It was run so often, and its result held.
    Run { median: Median, runs: usize },
    /// It was not run, and why.
    NotRun(&'static str),
}

/// A store that all ways were run on.
pub(super) struct Compared {
    pub(super) order: Order,
    /// Bytes of its databases.
    pub(super) bytes: u64,
    pub(super) files: usize,
    pub(super) records: u64,
    /// In the order of [`Way::ALL`].
    pub(super) outcomes: Vec<(Way, Outcome)>,
}

impl Compared {
    pub(super) fn median(&self, way: Way) -> Option<Median> {
        self.outcomes
            .iter()
            .find_map(|(found, outcome)| match outcome {
                Outcome::Run { median, .. } if *found == way => Some(*median),
                _ => None,
            })
    }

    /// The file with its plot.
    pub(super) fn svg_name(&self) -> String {
        format!("{}.svg", self.order.name())
    }
}

/// Runs all ways on a store, in turns, so that what else the machine does falls
/// on all of them. The first result of each is judged.
pub(super) fn compare(
    settings: &Settings,
    programs: &Programs,
    order: &Order,
    store: &Path,
    room: &Path,
) -> Result<Compared> {
    let scene = Scene::new(store, room)?;
    scene.clear()?;
    let contents = Contents::of(&scene.databases)?;
    let brief = settings.brief_from.is_some_and(|from| order.size >= from);
    let not_run = |way: Way| {
        let left_out = brief && !matches!(way, Way::Copies | Way::Migrate);
        let why = "left out of a store this large";
        left_out.then_some(why).or_else(|| way.lacks(programs))
    };
    let mut costs: Vec<(Way, Vec<Cost>)> = Way::ALL.map(|way| (way, Vec::new())).into();
    for run in 0..settings.runs.max(settings.slow_runs).get() {
        for (way, costs) in &mut costs {
            let way = *way;
            let runs = if way.is_slow() {
                settings.slow_runs
            } else {
                settings.runs
            };
            if run >= runs.get() || not_run(way).is_some() {
                continue;
            }
            let name = format!("{}: {}", order.name(), way.name());
            eprintln!("{name}, run {}", run + 1);
            let (writes, with_target) = match way.leaves() {
                Leaves::Copies | Leaves::Store => (2, false),
                Leaves::Copy => (1, false),
                Leaves::Databases => (1, true),
                Leaves::Nothing => (0, false),
            };
            scene.set(programs, writes, with_target)?;
            let mut steps = way.steps(programs, &scene, settings.threads);
            let cost = measure(&mut steps).map_err(|error| format!("{name}: {error}"))?;
            costs.push(cost);
            if run == 0 {
                contents
                    .judge(&scene, way.leaves())
                    .map_err(|error| format!("{name}: {error}"))?;
            }
            if !scene.is_unchanged()? {
                return Err(format!("{name}: the store was written to").into());
            }
        }
    }
    scene.clear()?;
    let outcome = |(way, costs): (Way, Vec<Cost>)| {
        let outcome = match not_run(way) {
            Some(why) => Outcome::NotRun(why),
            None => Outcome::Run {
                median: Median::of(&costs),
                runs: costs.len(),
            },
        };
        (way, outcome)
    };
    Ok(Compared {
        order: *order,
        bytes: scene.bytes,
        files: scene.databases.len(),
        records: contents.records(),
        outcomes: costs.into_iter().map(outcome).collect(),
    })
}
