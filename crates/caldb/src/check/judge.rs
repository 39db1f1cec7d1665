//! All files of a store together.

use bdbfile::Workers;

use super::charset::{CharsetCode, EncodingSet};
use super::components::{Candidate, ComponentCount, Components, Largest};
use super::gather::{Gatherer, RecordPlace};
use super::identity::{Entry, Identity, Traits};
use super::kept::{Kept, PARTS};
use super::report::{Case, CheckReport, FileRecords, Finding};
use super::shown::ShownCase;
use super::table::{CHECKS, Check};
use crate::files::Role;

/// Takes the gathered records of each file of a store, and judges them together.
#[derive(Debug, Default)]
pub struct StoreChecks {
    files: Vec<FileRecords>,
    limit: usize,
    counts: Vec<Counted>,
    components: Components,
    kept: Vec<Kept>,
}

/// What a check counts, as it grows.
#[derive(Debug, Clone, Default)]
struct Counted {
    /// What is counted, where that is not the records.
    things: Option<u64>,
    /// By file.
    records: Vec<(usize, u64)>,
    cases: Vec<Noted>,
}

/// A case, in its place among others.
#[derive(Debug, Clone)]
struct Noted {
    order: u64,
    case: Case,
    /// The calendar that is the case.
    calendar: Option<Identity>,
}

impl StoreChecks {
    /// For a store of which nothing was added yet.
    pub fn new() -> Self {
        Self {
            counts: vec![Counted::default(); CHECKS.len()],
            ..Self::default()
        }
    }

    /// Adds all records of a file. The order in which files are added is that
    /// of the cases.
    pub fn add(&mut self, name: &str, role: Role, mut gathered: Gatherer) {
        gathered.settle();
        let file = self.files.len();
        let base = base(file);
        self.limit = self.limit.max(gathered.limit());
        self.files.push(FileRecords {
            name: name.to_owned(),
            role,
            recognised: gathered.recognised,
            carried: gathered.carried,
        });
        self.components
            .add(role, gathered.recognised, &gathered.starts);
        for (counted, shown) in self.counts.iter_mut().zip(gathered.shown) {
            if shown.records > 0 {
                counted.records.push((file, shown.records));
            }
            counted.cases.extend(shown.cases.into_iter().map(|case| {
                let ShownCase { order, place, key } = case;
                Noted {
                    order: base.saturating_add(order),
                    case: Case { file, place, key },
                    calendar: None,
                }
            }));
        }
        self.kept.push(gathered.kept);
    }

    /// Judges what needs more than one record, by so many threads, and tells
    /// all.
    ///
    /// # Errors
    ///
    /// [`bdbfile::Error::Io`] if what was put into a temporary file can't be
    /// read again.
    pub fn finish(self, workers: Workers) -> bdbfile::Result<CheckReport> {
        let Self {
            files,
            limit,
            mut counts,
            mut components,
            kept,
        } = self;
        let judged = workers.all(PARTS, |part| {
            // Exactly: of a large store a part is a megabyte, and each thread
            // has one.
            let mut entries = Vec::new();
            entries.reserve_exact(kept.iter().map(|kept| kept.count(part)).sum());
            for (file, kept) in kept.iter().enumerate() {
                kept.read(part, base(file), &mut entries)?;
            }
            Ok::<_, bdbfile::Error>(judge_part(&mut entries, &files, limit))
        })?;
        let mut largest = Largest::default();
        for (part, calendars) in judged {
            for (all, more) in counts.iter_mut().zip(part) {
                all.append(more, limit);
            }
            largest.append(calendars);
        }
        let name = |file: usize, name| match kept.get(file) {
            Some(kept) => kept.name(name),
            None => Ok(Vec::new()),
        };
        components.name(largest, |one| name(one.file, one.name))?;
        let findings = CHECKS
            .iter()
            .zip(counts)
            .map(|(fact, counted)| counted.finish(fact.check, limit, &files, &kept))
            .collect::<bdbfile::Result<_>>()?;
        Ok(CheckReport {
            files,
            findings,
            components,
        })
    }
}

/// Judges whole series, and calendars with their records.
fn judge_part(
    entries: &mut [Entry],
    files: &[FileRecords],
    limit: usize,
) -> (Vec<Counted>, Largest) {
    entries.sort_unstable_by_key(|entry| (entry.identity, entry.order));
    let mut part = Part {
        files,
        counts: vec![Counted::default(); CHECKS.len()],
        largest: Largest::default(),
        limit,
    };
    let same_series = |left: &Entry, right: &Entry| left.identity.series == right.identity.series;
    for series in entries.chunk_by(same_series) {
        let of_calendar = |entry: &Entry| {
            entry.traits.has(Traits::CALENDAR) || entry.traits.has(Traits::UNDECLARED)
        };
        if series.first().is_some_and(of_calendar) {
            part.judge_calendar(series);
        } else {
            part.judge_series(series);
        }
    }
    (part.counts, part.largest)
}

/// What is counted in one part of the entries.
struct Part<'f> {
    files: &'f [FileRecords],
    counts: Vec<Counted>,
    largest: Largest,
    limit: usize,
}

impl Part<'_> {
    /// Counts the record of an entry.
    fn add(&mut self, check: Check, entry: &Entry) {
        if let Some(counted) = self.counts.get_mut(check as usize) {
            counted.add_records(entry.file(), 1);
            counted.note(entry, None, self.limit);
        }
    }

    /// A calendar without owner or properties; its records in its character
    /// set.
    fn judge_calendar(&mut self, entries: &[Entry]) {
        let calendars = || {
            entries
                .iter()
                .filter(|one| one.traits.has(Traits::CALENDAR))
        };
        let role = |entry: &Entry| self.files.get(entry.file()).map(|file| file.role);
        let is_properties = |entry: &&Entry| role(entry) == Some(Role::CalendarProperties);
        let has_properties = calendars().any(|entry| is_properties(&entry));
        let is_component =
            |entry: &Entry| !is_properties(&entry) && role(entry) != Some(Role::DeleteLog);
        let lost = if calendars().any(is_component) {
            Check::CalendarWithoutProperties
        } else {
            Check::DeletedCalendar
        };
        let without_owner = calendars().any(|entry| entry.traits.has(Traits::OWNERLESS));
        let declared = calendars()
            .filter(is_properties)
            .filter(|entry| entry.traits.charset() != CharsetCode::NONE)
            .min_by_key(|entry| entry.order)
            .map(|entry| entry.traits.charset());
        let first = calendars().min_by_key(|entry| entry.order);
        if let Some(first) = first {
            let mut count = ComponentCount::default();
            for entry in calendars() {
                if let Some(role) = role(entry) {
                    count.add(role, entry.records.into());
                }
            }
            self.largest.add(Candidate {
                count,
                order: first.order,
                file: first.file(),
                name: first.identity,
            });
        }
        for (check, is_case) in [
            (Check::CalidWithoutOwner, without_owner),
            (lost, !has_properties),
        ] {
            let counted = self.counts.get_mut(check as usize);
            let (Some(counted), Some(first), true) = (counted, first, is_case) else {
                continue;
            };
            counted.add_things(1);
            counted.note(first, Some(first.identity), self.limit);
            for entry in calendars() {
                counted.add_records(entry.file(), entry.records.into());
            }
        }
        let records = entries
            .iter()
            .filter(|one| one.traits.has(Traits::UNDECLARED));
        for entry in records {
            let valid_in = EncodingSet::from_bits(entry.identity.rid);
            if !declared.is_some_and(|charset| valid_in.has(charset)) {
                self.add(Check::NotInCharset, entry);
            }
        }
    }

    /// The checks on components, masters and alarms of one series.
    fn judge_series(&mut self, series: &[Entry]) {
        let some = |wanted: Traits, instance: bool| {
            series.iter().any(|entry| {
                entry.traits.has(wanted) && entry.traits.has(Traits::INSTANCE) == instance
            })
        };
        let has_whole = some(Traits::COMPONENT, false);
        let has_component = has_whole || some(Traits::COMPONENT, true);
        let has_master = some(Traits::MASTER, false) || some(Traits::MASTER, true);
        for one in series.chunk_by(|left, right| left.identity == right.identity) {
            let is_there = one.iter().any(|entry| entry.traits.has(Traits::COMPONENT));
            let (mut components, mut masters) = (0_u32, 0_u32);
            for entry in one {
                let traits = entry.traits;
                let named = !traits.has(Traits::NAMELESS);
                let component = named && traits.has(Traits::COMPONENT);
                let master = named && traits.has(Traits::MASTER);
                let instance = component && traits.has(Traits::INSTANCE);
                let recurring = instance || component && traits.has(Traits::RECURS);
                components = components.saturating_add(u32::from(component));
                masters = masters.saturating_add(u32::from(master));
                for (check, is_case) in [
                    (
                        Check::ExceptionWithoutMaster,
                        instance && !has_whole && !has_master,
                    ),
                    (Check::NotMasterAndException, recurring && !has_master),
                    (Check::MasterWithoutInstances, master && !has_component),
                    (
                        Check::AlarmOfUnknownComponent,
                        traits.has(Traits::ALARM) && !has_whole && !is_there,
                    ),
                    (
                        Check::DuplicateIdentity,
                        component && components > 1 || master && masters > 1,
                    ),
                ] {
                    if is_case {
                        self.add(check, entry);
                    }
                }
            }
            for (check, wanted) in [
                (Check::UnboundedRule, Traits::UNBOUNDED),
                (Check::ZeroTrigger, Traits::ZERO_TRIGGER),
            ] {
                if let Some(counted) = self.counts.get_mut(check as usize) {
                    counted.add_things(distinct(one, wanted));
                }
            }
        }
    }
}

/// How many components of one identity show something: one, in however many
/// records. Components without a UID are each their own.
fn distinct(one: &[Entry], wanted: Traits) -> u64 {
    let shows = |entry: &&Entry| entry.traits.has(wanted);
    let any = one.iter().any(|entry| shows(&entry));
    let nameless = one
        .iter()
        .filter(shows)
        .filter(|entry| entry.traits.has(Traits::NAMELESS))
        .filter(|entry| entry.traits.has(Traits::COMPONENT))
        .count();
    u64::from(any).max(nameless as u64)
}

impl Counted {
    fn add_things(&mut self, things: u64) {
        let all = self.things.get_or_insert(0);
        *all = all.saturating_add(things);
    }

    fn add_records(&mut self, file: usize, records: u64) {
        match self.records.iter_mut().find(|(of, _)| *of == file) {
            Some((_, count)) => *count = count.saturating_add(records),
            None => self.records.push((file, records)),
        }
    }

    /// Adds what was counted elsewhere.
    fn append(&mut self, more: Self, limit: usize) {
        if let Some(things) = more.things {
            self.add_things(things);
        }
        for (file, records) in more.records {
            self.add_records(file, records);
        }
        self.cases.extend(more.cases);
        self.trim(limit);
    }

    /// Notes a case of which only the place is kept, or that is a calendar.
    fn note(&mut self, entry: &Entry, calendar: Option<Identity>, limit: usize) {
        self.cases.push(Noted {
            order: entry.order,
            case: Case {
                file: entry.file(),
                place: RecordPlace {
                    page: entry.page,
                    slot: entry.slot,
                    number: None,
                },
                key: Vec::new(),
            },
            calendar,
        });
        self.trim(limit);
    }

    /// Forgets cases beyond the first, now and then.
    fn trim(&mut self, limit: usize) {
        if self.cases.len() >= limit.max(CHECKS.len()).saturating_mul(2) {
            self.cases.sort_unstable_by_key(|noted| noted.order);
            self.cases.truncate(limit);
        }
    }

    fn finish(
        mut self,
        check: Check,
        limit: usize,
        files: &[FileRecords],
        kept: &[Kept],
    ) -> bdbfile::Result<Finding> {
        self.records.sort_unstable();
        self.cases.sort_unstable_by_key(|noted| noted.order);
        self.cases.truncate(limit);
        let counterparts = check.fact().counterparts;
        let records: u64 = self.records.iter().map(|(_, count)| count).sum();
        let case = |noted: Noted| {
            let mut case = noted.case;
            if let (Some(calendar), Some(kept)) = (noted.calendar, kept.get(case.file)) {
                case.key = kept.name(calendar)?;
            }
            Ok(case)
        };
        Ok(Finding {
            check,
            count: self.things.unwrap_or(records),
            records: self.records,
            unjudged: files
                .iter()
                .filter(|file| counterparts.contains(&file.role))
                .map(|file| file.carried)
                .sum(),
            cases: self
                .cases
                .into_iter()
                .map(case)
                .collect::<bdbfile::Result<_>>()?,
        })
    }
}

impl Entry {
    /// Which file it is of.
    fn file(&self) -> usize {
        usize::try_from(self.order >> Self::ORDER_BITS).unwrap_or(usize::MAX)
    }
}

/// The order of the first record of a file.
fn base(file: usize) -> u64 {
    (file as u64) << Entry::ORDER_BITS
}
