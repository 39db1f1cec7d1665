//! From what is seen in a store to the release that wrote it.

use std::collections::BTreeSet;
use std::fmt;

use bdbfile::layout::Endian;

use super::{Age, DatabaseTraits, Nature, Release, Traits};
use crate::files::Role;
use crate::profile::{EvidenceId, Profile, Weights};
use crate::provenance::Provenance;

/// From this version on logs are little-endian on all machines.
const PORTABLE_LOG: u32 = 14;

/// Which release wrote a store, as far as it can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detection {
    /// The answer.
    pub conclusion: Conclusion,
    /// What it rests on.
    pub evidence: Vec<Evidence>,
    /// For each release that is not ruled out, what speaks for it in all.
    pub weights: Weights,
}

/// Which release, or which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conclusion {
    /// This one.
    One(Release),
    /// One of these: the evidence does not tell them apart.
    Several {
        /// Oldest first; at least two.
        releases: Vec<Release>,
        /// The one that most speaks for, where there is one.
        likely: Option<Release>,
    },
    /// The files are not of one store: why, a sentence each.
    Mixed(Vec<String>),
    /// Nothing speaks for any release.
    Unknown,
}

/// A piece of evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Evidence {
    /// Its name: that of an entry of the profile.
    pub id: String,
    /// What was found, and where.
    pub text: String,
    /// How much it speaks for each release.
    pub points_to: Weights,
    /// The releases whose stores cannot show it.
    pub rules_out: Vec<Release>,
    /// Where it is known from that this is evidence.
    pub provenance: Provenance<String>,
}

impl Evidence {
    /// What it speaks for and what it rules out, in words.
    pub fn points(&self) -> String {
        points(&self.points_to, &self.rules_out)
    }
}

/// Weights and releases ruled out, in words.
pub fn points(points_to: &Weights, rules_out: &[Release]) -> String {
    let mut parts: Vec<String> = points_to
        .iter()
        .map(|(release, weight)| format!("{} +{weight}", release.name()))
        .collect();
    if !rules_out.is_empty() {
        let names: Vec<_> = rules_out.iter().map(|release| release.name()).collect();
        parts.push(format!("rules out {}", names.join(" ")));
    }
    if parts.is_empty() {
        parts.push("speaks for none".to_owned());
    }
    parts.join(", ")
}

/// Weighs what is seen in a store.
pub fn detect(profile: &Profile, traits: &Traits) -> Detection {
    let mut gathered = Gathered {
        profile,
        evidence: Vec::new(),
        mixed: Vec::new(),
    };
    gathered.databases(&traits.databases);
    gathered.files(traits);
    gathered.identifier(traits.identifier.as_deref());
    gathered.environment(traits);
    gathered.orders(traits);
    gathered.natures(&traits.databases);
    gathered.conclude()
}

/// Evidence as it is found.
struct Gathered<'p> {
    profile: &'p Profile,
    evidence: Vec<Evidence>,
    mixed: Vec<String>,
}

impl Gathered<'_> {
    /// Takes a piece of evidence in; `detail` says where it was found.
    fn find(&mut self, id: EvidenceId, detail: &str) {
        // A profile has all of them: it is laid over the shipped one.
        let Some(entry) = self.profile.evidence.get(&id) else {
            return;
        };
        let text = if detail.is_empty() {
            entry.says.clone()
        } else {
            format!("{} ({detail})", entry.says)
        };
        self.evidence.push(Evidence {
            id: id.name().to_owned(),
            text,
            points_to: entry.points_to.clone(),
            rules_out: entry.rules_out.clone(),
            provenance: entry.provenance.clone(),
        });
    }

    fn databases(&mut self, databases: &[DatabaseTraits]) {
        let keeps = |one: &DatabaseTraits| !one.natures.contains(&Nature::NoLastPage);
        let kinds: [(EvidenceId, Age, Option<bool>); 7] = [
            (EvidenceId::Database2, Age::V2, None),
            (EvidenceId::Database3_0, Age::V3_0, None),
            (EvidenceId::Database3_2, Age::V3_2, Some(false)),
            (EvidenceId::Database3_2Kept, Age::V3_2, Some(true)),
            (EvidenceId::Database4, Age::V4, None),
            (EvidenceId::Database4_6, Age::V4_6, None),
            (EvidenceId::Database6, Age::V6, None),
        ];
        for (id, age, kept) in kinds {
            let of_it = |one: &DatabaseTraits| {
                one.age == Some(age) && kept.is_none_or(|kept| kept == keeps(one))
            };
            let names = names(databases, of_it);
            if !names.is_empty() {
                self.find(id, &names);
            }
        }
        let ages: BTreeSet<Age> = databases.iter().filter_map(|one| one.age).collect();
        if ages.contains(&Age::V3_2) && ages.iter().any(|age| *age >= Age::V4) {
            self.find(EvidenceId::DatabasesOfTwoAges, "");
        }
        if ages.contains(&Age::V2) && ages.len() > 1 {
            self.mixed.push(format!(
                "databases of Berkeley DB 2.x lie beside others: {} of 2.x",
                names(databases, |one| one.age == Some(Age::V2))
            ));
        }
    }

    fn files(&mut self, traits: &Traits) {
        let has = |role| traits.databases.iter().any(|one| one.role == Some(role));
        let (recurring, delete_log) = (has(Role::Recurring), has(Role::DeleteLog));
        if !recurring {
            self.find(EvidenceId::NoRecurring, "");
        }
        if !delete_log {
            self.find(EvidenceId::NoDeleteLog, "");
        }
        if recurring && delete_log {
            self.find(EvidenceId::RecurringAndDeleteLog, "");
        }
    }

    fn identifier(&mut self, identifier: Option<&str>) {
        let Some(identifier) = identifier else {
            self.find(EvidenceId::IdentifierMissing, "");
            return;
        };
        let Some(entry) = self.profile.identifiers.get(identifier) else {
            self.find(EvidenceId::IdentifierUnknown, identifier);
            return;
        };
        self.evidence.push(Evidence {
            id: format!("identifier.{identifier}"),
            text: format!("the version identifier says {identifier}"),
            points_to: entry.points_to.clone(),
            rules_out: entry.rules_out.clone(),
            provenance: entry.provenance.clone(),
        });
    }

    fn environment(&mut self, traits: &Traits) {
        if let Some((_, version)) = traits.log {
            let id = match version {
                0..=2 => EvidenceId::Log2,
                3 => EvidenceId::Log3,
                4..=6 => EvidenceId::Log4,
                7 => EvidenceId::Log7,
                8 => EvidenceId::Log8,
                _ => EvidenceId::LogLater,
            };
            self.find(id, &format!("version {version}"));
        }
        let releases: BTreeSet<_> = traits.regions.iter().map(|(_, release)| *release).collect();
        for (major, minor) in releases {
            let id = match (major, minor) {
                (0..=2, _) => EvidenceId::Region2,
                (3, _) | (4, 0) => EvidenceId::Region3,
                (4, 1) => EvidenceId::Region4_1,
                (4, 2) => EvidenceId::Region4_2,
                _ => EvidenceId::RegionLater,
            };
            self.find(id, &format!("{major}.{minor}"));
        }
    }

    fn orders(&mut self, traits: &Traits) {
        let orders: Vec<Endian> = traits
            .databases
            .iter()
            .filter_map(|one| one.endian)
            .collect();
        let both = Endian::BOTH.iter().all(|order| orders.contains(order));
        if both {
            let big = |one: &DatabaseTraits| one.endian == Some(Endian::Big);
            let text = format!(
                "databases of both byte orders lie together; big-endian: {}",
                names(&traits.databases, big)
            );
            self.find(EvidenceId::FilesOfBothOrders, "");
            self.mixed.push(text);
        }
        // Portable logs say nothing of the machine.
        let log = traits.log.filter(|(_, version)| *version < PORTABLE_LOG);
        let regions = traits.regions.iter().map(|(order, _)| *order);
        let machine: Vec<Endian> = log
            .map(|(order, _)| order)
            .into_iter()
            .chain(regions)
            .collect();
        let Some(first) = machine.first() else {
            return;
        };
        if machine.iter().any(|order| order != first) {
            let text = "logs and regions of machines of both byte orders lie together";
            self.mixed.push(text.to_owned());
            return;
        }
        self.find(
            match first {
                Endian::Big => EvidenceId::BigEndianMachine,
                Endian::Little => EvidenceId::LittleEndianMachine,
            },
            "",
        );
        if !both && orders.iter().any(|order| order != first) {
            self.find(EvidenceId::OrderOfAnotherMachine, "");
        }
    }

    fn natures(&mut self, databases: &[DatabaseTraits]) {
        for nature in Nature::ALL {
            let id = match nature {
                Nature::NoLastPage => EvidenceId::NatureNoLastPage,
                Nature::DirectoryOrder => EvidenceId::NatureDirectoryOrder,
                Nature::BitFields => EvidenceId::NatureBitFields,
                Nature::KeyLengths => EvidenceId::NatureKeyLengths,
                Nature::HashFunction => EvidenceId::NatureHashFunction,
                Nature::KeyOrder => EvidenceId::NatureKeyOrder,
                Nature::Checksums => EvidenceId::NatureChecksums,
            };
            let has = |one: &DatabaseTraits| {
                // Files of 3.1 and 3.2 are all so; that is no oddity of theirs.
                let usual = nature == Nature::NoLastPage && one.age < Some(Age::V4);
                one.natures.contains(&nature) && !usual
            };
            let names = names(databases, has);
            if !names.is_empty() {
                self.find(id, &names);
            }
        }
    }

    fn conclude(self) -> Detection {
        let ruled_out: BTreeSet<Release> = self
            .evidence
            .iter()
            .flat_map(|one| one.rules_out.iter().copied())
            .collect();
        let mut weights: Weights = Release::ALL
            .into_iter()
            .filter(|release| !ruled_out.contains(release))
            .map(|release| (release, 0))
            .collect();
        for one in &self.evidence {
            for (release, weight) in &one.points_to {
                if let Some(sum) = weights.get_mut(release) {
                    *sum = sum.saturating_add(*weight);
                }
            }
        }
        let mut mixed = self.mixed;
        if weights.is_empty() {
            mixed.push("there is evidence against every release".to_owned());
        }
        let conclusion = if mixed.is_empty() {
            Conclusion::of(&weights)
        } else {
            Conclusion::Mixed(mixed)
        };
        Detection {
            conclusion,
            evidence: self.evidence,
            weights,
        }
    }
}

/// The names of those databases that are `wanted`; empty where none is.
fn names(databases: &[DatabaseTraits], wanted: impl Fn(&DatabaseTraits) -> bool) -> String {
    let names: Vec<_> = databases
        .iter()
        .filter(|one| wanted(one))
        .map(|one| one.name.display().to_string())
        .collect();
    match (names.len(), databases.len()) {
        (some, all) if some == all && all > 1 => format!("all {all} databases"),
        _ => names.join(", "),
    }
}

impl Conclusion {
    /// A release that has less than half of what speaks for the likeliest one
    /// is left out, unless it lies between two that are not.
    fn of(weights: &Weights) -> Self {
        let best = weights.values().copied().max().unwrap_or_default();
        if best == 0 {
            return Self::Unknown;
        }
        let near: Vec<Release> = weights
            .iter()
            .filter(|(_, weight)| weight.saturating_mul(2) >= best)
            .map(|(release, _)| *release)
            .collect();
        // That of Solaris x86 is beside the others, not after them.
        let line = near.iter().filter(|one| **one < Release::V6_3SolarisX86);
        let (first, last) = (line.clone().min().copied(), line.max().copied());
        let near: Vec<Release> = weights
            .keys()
            .copied()
            .filter(|one| near.contains(one) || (Some(*one) > first && Some(*one) < last))
            .collect();
        if let [one] = near[..] {
            return Self::One(one);
        }
        let mut likely = near
            .iter()
            .copied()
            .filter(|release| weights.get(release) == Some(&best));
        let first = likely.next();
        Self::Several {
            likely: first.filter(|_| likely.next().is_none()),
            releases: near,
        }
    }

    /// The name in reports for machines.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::One(release) => release.name(),
            Self::Several { .. } => "several",
            Self::Mixed(_) => "mixed",
            Self::Unknown => "unknown",
        }
    }

    /// The releases it leaves open.
    pub fn releases(&self) -> &[Release] {
        match self {
            Self::One(release) => std::slice::from_ref(release),
            Self::Several { releases, .. } => releases,
            Self::Mixed(_) | Self::Unknown => &[],
        }
    }

    /// The likeliest release.
    pub const fn likely(&self) -> Option<Release> {
        match self {
            Self::One(release) => Some(*release),
            Self::Several { likely, .. } => *likely,
            Self::Mixed(_) | Self::Unknown => None,
        }
    }

    /// What the administrator is to know or to do, a sentence each.
    pub fn advice(&self) -> Vec<String> {
        let mut advice = Vec::new();
        match self {
            Self::Mixed(why) => {
                advice.extend(why.iter().cloned());
                advice.push("put the files of one store together before anything else".to_owned());
            }
            Self::Unknown => advice.push(
                "nothing shows which release wrote the store; if you know, a profile can say so (--profile)".to_owned(),
            ),
            _ => {}
        }
        if self.likely() == Some(Release::V5) {
            advice.push("run cs5migrate -r first: csmigrate takes stores from 6.0 on".to_owned());
        }
        if self.likely() == Some(Release::V6_3) {
            advice
                .push("the store may be one of 6.3 already: then it needs no migration".to_owned());
        }
        if self.releases().contains(&Release::V6_3SolarisX86) {
            advice.push(
                "docs/solaris-x86.md tells what is known of old Solaris x86 stores".to_owned(),
            );
        }
        advice
    }
}

impl fmt::Display for Conclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(release) => release.fmt(f),
            Self::Several { releases, likely } => {
                // Runs of releases that follow one another, as "6.0 to 6.2";
                // that of Solaris x86 is beside the others.
                let (apart, line): (Vec<Release>, Vec<Release>) = releases
                    .iter()
                    .partition(|release| **release == Release::V6_3SolarisX86);
                let mut parts: Vec<String> = Vec::new();
                for run in line.chunk_by(|left, right| follows(*left, *right)) {
                    match run {
                        [first, .., last] => parts.push(format!("{first} to {last}")),
                        all => parts.extend(all.iter().map(ToString::to_string)),
                    }
                }
                parts.extend(apart.iter().map(ToString::to_string));
                f.write_str(&parts.join(" or "))?;
                match likely {
                    Some(likely) => write!(f, ", most likely {likely}"),
                    None => Ok(()),
                }
            }
            Self::Mixed(_) => f.write_str("mixed: files of several stores"),
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// Whether one release comes right after another.
fn follows(left: Release, right: Release) -> bool {
    let at = |release| Release::ALL.iter().position(|one| *one == release);
    at(left).map(|at: usize| at.saturating_add(1)) == at(right)
}

#[cfg(test)]
mod tests;
