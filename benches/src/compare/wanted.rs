//! What is wanted of the figures, and whether they hold.

use super::run::Compared;
use super::shape::Shape;
use super::size::{GB, Size};
use super::way::Way;
use crate::measure::Median;

/// Something that is wanted, a store, and what was got.
pub(super) struct Finding {
    /// What is divided by what, or what is counted.
    pub(super) what: String,
    /// The store, or the stores.
    pub(super) store: String,
    pub(super) got: f64,
    pub(super) bound: Bound,
    /// What would be got by who takes no longer than the system itself.
    pub(super) limit: Option<f64>,
}

/// On which side of a number a figure must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Bound {
    AtMost(f64),
    AtLeast(f64),
    /// So far from 1 at most.
    Within(f64),
}

impl Finding {
    pub(super) fn holds(&self) -> bool {
        match self.bound {
            Bound::AtMost(most) => self.got <= most,
            Bound::AtLeast(least) => self.got >= least,
            Bound::Within(share) => (self.got - 1.0).abs() <= share,
        }
    }
}

impl Bound {
    /// The bound in words.
    pub(super) fn text(self) -> String {
        match self {
            Self::AtMost(most) => format!("at most {most}"),
            Self::AtLeast(least) => format!("at least {least}"),
            Self::Within(share) => format!("{} to {}", 1.0 - share, 1.0 + share),
        }
    }
}

/// Two ways, the wall time of the first divided by that of the second.
const RATIOS: [(Way, Way, Bound); 6] = [
    (Way::Migrate, Way::Copies, Bound::AtMost(1.1)),
    (Way::DumpAndLoad, Way::Migrate, Bound::AtLeast(40.0)),
    (Way::BulkCopy, Way::Convert, Bound::AtLeast(6.0)),
    (Way::FastestBulkCopy, Way::Convert, Bound::AtLeast(6.0)),
    (Way::RealVerify, Way::Verify, Bound::AtLeast(10.0)),
    (Way::DryRunOnOne, Way::DryRunOnTwo, Bound::AtLeast(1.8)),
];

/// Seconds in which the system does its part of a way, and nothing else is done.
fn by_the_system(way: Way, store: &Compared) -> Option<f64> {
    let (of, times) = match way {
        Way::Migrate => (Way::Copies, 1.0),
        Way::Convert => (Way::Copy, 1.0),
        Way::Verify => (Way::Read, 1.0),
        // Two of them at once.
        Way::DryRunOnTwo => (Way::TwoDryRuns, 0.5),
        _ => return None,
    };
    Some(store.median(of)?.wall * times)
}

const MIB: f64 = 1_048_576.0;
/// The most memory of its own that a migration may take.
const MEMORY: Bound = Bound::AtMost(256.0);
/// The share by which a large store may cost more or less for each byte than
/// one of 1 GB.
const LINEAR: Bound = Bound::Within(0.15);
const SAME_MEMORY: Bound = Bound::Within(0.1);

/// All that can be said of these stores. Where a way was not run nothing is
/// said of it.
pub(super) fn findings(stores: &[Compared]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (first, second, bound) in RATIOS {
        findings.extend(stores.iter().filter_map(|store| {
            let (first_median, second_median) = (store.median(first)?, store.median(second)?);
            Some(Finding {
                what: format!("{} / {}", first.name(), second.name()),
                store: store.order.name(),
                got: first_median.wall / second_median.wall,
                bound,
                limit: by_the_system(second, store).map(|least| first_median.wall / least),
            })
        }));
    }
    findings.extend(stores.iter().filter_map(|store| {
        Some(Finding {
            what: "anonymous MiB of csmigrate".to_owned(),
            store: store.order.name(),
            got: mebibytes(store.median(Way::Migrate)?),
            bound: MEMORY,
            limit: None,
        })
    }));
    findings.extend(linearity(stores));
    findings
}

/// The largest store of the usual shape next to the one of 1 GB.
fn linearity(stores: &[Compared]) -> Vec<Finding> {
    let usual = || {
        stores
            .iter()
            .filter(|store| store.order.shape == Shape::Calendars)
    };
    let base = usual().find(|store| store.order.size == Size(GB));
    let largest = usual().max_by_key(|store| store.order.size);
    let (Some(base), Some(largest)) = (base, largest) else {
        return Vec::new();
    };
    let medians = (largest.median(Way::Migrate), base.median(Way::Migrate));
    let (Some(large), Some(small)) = medians else {
        return Vec::new();
    };
    if largest.order.size <= base.order.size {
        return Vec::new();
    }
    let store = format!("{} / {}", largest.order.name(), base.order.name());
    let finding = |what: &str, got, bound| Finding {
        what: what.to_owned(),
        store: store.clone(),
        got,
        bound,
        limit: None,
    };
    vec![
        finding(
            "seconds a GB of csmigrate",
            per_gb(large.wall, largest.bytes) / per_gb(small.wall, base.bytes),
            LINEAR,
        ),
        finding(
            "anonymous memory of csmigrate",
            mebibytes(large) / mebibytes(small),
            SAME_MEMORY,
        ),
    ]
}

pub(super) fn mebibytes(median: Median) -> f64 {
    gigabytes(median.anonymous) * 1e9 / MIB
}

pub(super) fn per_gb(seconds: f64, bytes: u64) -> f64 {
    seconds / gigabytes(bytes)
}

#[allow(clippy::cast_precision_loss)]
pub(super) fn gigabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::run::Outcome;
    use crate::compare::shape::Order;

    /// A store of the usual shape where each way but those left out took so
    /// many seconds, and as many MiB.
    fn store(gb: u64, seconds: impl Fn(Way) -> Option<f64>) -> Compared {
        let outcome = |way| match seconds(way) {
            Some(wall) => Outcome::Run {
                median: Median {
                    wall,
                    anonymous: 100 << 20,
                    ..Median::default()
                },
                runs: 1,
            },
            None => Outcome::NotRun("not here"),
        };
        Compared {
            order: Order {
                shape: Shape::Calendars,
                size: Size(gb * GB),
            },
            bytes: gb * GB,
            files: 8,
            records: 1,
            outcomes: Way::ALL.map(|way| (way, outcome(way))).to_vec(),
        }
    }

    fn verdicts(stores: &[Compared]) -> Vec<(String, bool)> {
        let findings = findings(stores);
        findings
            .into_iter()
            .map(|finding| (finding.what.clone(), finding.holds()))
            .collect()
    }

    #[test]
    fn ratios_are_held_against_their_bounds() {
        let seconds = |way| match way {
            Way::Copies => Some(2.0),
            Way::Migrate => Some(2.1),
            Way::DumpAndLoad => Some(80.0),
            _ => None,
        };
        let expected = [
            ("csmigrate / cp -r twice, sync", true),
            ("db5.3_dump | db5.3_load / csmigrate", false),
            ("anonymous MiB of csmigrate", true),
        ];
        let expected = expected.map(|(what, holds)| (what.to_owned(), holds));
        assert_eq!(verdicts(&[store(1, seconds)]), expected);
    }

    #[test]
    fn what_the_system_allows_is_told_beside() {
        let seconds = |way| match way {
            Way::Copies => Some(2.0),
            Way::Migrate | Way::DryRunOnTwo => Some(2.5),
            Way::DumpAndLoad => Some(80.0),
            Way::DryRunOnOne => Some(4.0),
            Way::TwoDryRuns => Some(5.0),
            _ => None,
        };
        let limits: Vec<_> = findings(&[store(1, seconds)])
            .iter()
            .map(|finding| finding.limit)
            .collect();
        assert_eq!(limits, [None, Some(40.0), Some(1.6), None]);
    }

    #[test]
    fn a_large_store_is_held_against_the_one_of_1_gb() {
        let migrate = |wall| move |way| (way == Way::Migrate).then_some(wall);
        let of = |small: f64, large: f64| {
            let verdicts = verdicts(&[store(5, migrate(large)), store(1, migrate(small))]);
            let find = |name: &str| {
                let found = verdicts.iter().find(|(what, _)| what == name);
                found.map(|(_, holds)| *holds)
            };
            assert_eq!(find("anonymous memory of csmigrate"), Some(true));
            find("seconds a GB of csmigrate")
        };
        assert_eq!(of(2.0, 10.0), Some(true));
        assert_eq!(of(2.0, 11.4), Some(true));
        assert_eq!(of(2.0, 12.0), Some(false));
        assert_eq!(of(2.0, 8.0), Some(false));
        let alone = verdicts(&[store(1, migrate(2.0))]);
        assert!(
            alone
                .iter()
                .all(|(what, _)| what != "seconds a GB of csmigrate")
        );
    }
}
