//! All files of a store together.

use std::collections::HashMap;

use bdbfile::Workers;

use super::calendars::Calendar;
use super::charset::EncodingSet;
use super::gather::{Gatherer, RecordPlace, ShownCase};
use super::identity::{self, Entry, Traits};
use super::kept::{Kept, PARTS};
use super::report::{Case, CheckReport, FileRecords, Finding};
use super::table::{CHECKS, Check};
use crate::files::Role;

/// The number of a file stands above that of a record.
const FILE_SHIFT: u32 = 48;

/// Takes the gathered records of each file of a store, and judges them together.
#[derive(Debug, Default)]
pub struct StoreChecks {
    files: Vec<FileRecords>,
    limit: usize,
    counts: Vec<Counted>,
    kept: Vec<Kept>,
    calendars: Vec<(usize, Calendar)>,
}

/// What a check counts, as it grows.
#[derive(Debug, Clone, Default)]
struct Counted {
    /// What is counted, where that is not the records.
    things: Option<u64>,
    /// By file.
    records: Vec<(usize, u64)>,
    cases: Vec<(u64, Case)>,
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
        for (counted, shown) in self.counts.iter_mut().zip(gathered.shown) {
            if shown.records > 0 {
                counted.records.push((file, shown.records));
            }
            counted.cases.extend(shown.cases.into_iter().map(|case| {
                let ShownCase { order, place, key } = case;
                (base + order, Case { file, place, key })
            }));
        }
        self.kept.push(gathered.kept);
        let calendars = gathered.calendars.into_list();
        self.calendars
            .extend(calendars.into_iter().map(|calendar| (file, calendar)));
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
            kept,
            calendars,
        } = self;
        let charsets = judge_calendars(&files, &calendars, &mut counts, limit);
        let judged = workers.all(PARTS, |part| {
            let mut entries = Vec::new();
            for (file, kept) in kept.iter().enumerate() {
                kept.read(part, base(file), &mut entries)?;
            }
            Ok::<_, bdbfile::Error>(judge_part(&mut entries, &charsets, limit))
        })?;
        for part in judged {
            for (all, more) in counts.iter_mut().zip(part) {
                all.append(more, limit);
            }
        }
        let findings = CHECKS
            .iter()
            .zip(counts)
            .map(|(fact, counted)| counted.finish(fact.check, limit, &files))
            .collect();
        Ok(CheckReport { files, findings })
    }
}

/// What calendars declare as the character set of their records.
type Charsets<'c> = HashMap<u128, Option<&'c [u8]>>;

/// Calendars without owner or properties.
fn judge_calendars<'c>(
    files: &[FileRecords],
    calendars: &'c [(usize, Calendar)],
    counts: &mut [Counted],
    limit: usize,
) -> Charsets<'c> {
    let mut known: HashMap<u128, Standing<'c>> = HashMap::new();
    for (file, calendar) in calendars {
        let role = files.get(*file).map(|file| file.role);
        let standing = known
            .entry(identity::of_calendar(&calendar.calid))
            .or_default();
        standing.without_owner |= calendar.without_owner;
        match role {
            Some(Role::CalendarProperties) => {
                standing.has_properties = true;
                standing.charset = standing.charset.or(calendar.charset.as_deref());
            }
            Some(Role::DeleteLog) => {}
            _ => standing.has_components = true,
        }
    }
    for (file, calendar) in calendars {
        let Some(standing) = known.get_mut(&identity::of_calendar(&calendar.calid)) else {
            continue;
        };
        let lost = if standing.has_components {
            Check::CalendarWithoutProperties
        } else {
            Check::DeletedCalendar
        };
        let first = !std::mem::replace(&mut standing.counted, true);
        for (check, is_case) in [
            (Check::CalidWithoutOwner, standing.without_owner),
            (lost, !standing.has_properties),
        ] {
            let Some(counted) = counts.get_mut(check as usize).filter(|_| is_case) else {
                continue;
            };
            counted.add_records(*file, calendar.records);
            counted.add_things(u64::from(first));
            if first {
                let case = Case {
                    file: *file,
                    place: calendar.place,
                    key: calendar.calid.clone(),
                };
                counted.cases.push((base(*file) + calendar.order, case));
                counted.trim(limit);
            }
        }
    }
    let charsets = known.into_iter();
    charsets
        .map(|(id, standing)| (id, standing.charset))
        .collect()
}

/// Judges whole series, and the records in the character set of their calendar.
fn judge_part(entries: &mut [Entry], charsets: &Charsets<'_>, limit: usize) -> Vec<Counted> {
    entries.sort_unstable_by_key(|entry| (entry.identity, entry.order));
    let mut part = Part {
        counts: vec![Counted::default(); CHECKS.len()],
        limit,
    };
    let same_series = |left: &Entry, right: &Entry| left.identity.series == right.identity.series;
    for series in entries.chunk_by(same_series) {
        match series.first() {
            Some(first) if first.traits.has(Traits::UNDECLARED) => {
                let charset = charsets.get(&first.identity.whole_series());
                part.judge_undeclared(series, charset.copied().flatten());
            }
            _ => part.judge_series(series),
        }
    }
    part.counts
}

/// What is counted in one part of the entries.
struct Part {
    counts: Vec<Counted>,
    limit: usize,
}

impl Part {
    /// Counts the record of an entry.
    fn add(&mut self, check: Check, entry: &Entry) {
        if let Some(counted) = self.counts.get_mut(check as usize) {
            let place = RecordPlace {
                page: entry.page,
                slot: entry.slot,
                number: None,
            };
            counted.add_case(entry.order, place, self.limit);
        }
    }

    /// Records of one calendar, in the character set that it declares.
    fn judge_undeclared(&mut self, records: &[Entry], charset: Option<&[u8]>) {
        for same in records.chunk_by(|left, right| left.identity == right.identity) {
            let valid_in = same.first().map(|entry| entry.identity.rid);
            let valid_in = EncodingSet::from_bits(valid_in.unwrap_or_default());
            if charset.is_some_and(|charset| valid_in.has(charset)) {
                continue;
            }
            for entry in same {
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
                components += u32::from(component);
                masters += u32::from(master);
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

/// What all files say of one calendar.
#[derive(Debug, Default)]
struct Standing<'a> {
    has_properties: bool,
    has_components: bool,
    without_owner: bool,
    charset: Option<&'a [u8]>,
    counted: bool,
}

impl Counted {
    fn add_things(&mut self, things: u64) {
        *self.things.get_or_insert(0) += things;
    }

    fn add_records(&mut self, file: usize, records: u64) {
        match self.records.iter_mut().find(|(of, _)| *of == file) {
            Some((_, count)) => *count += records,
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

    /// Adds a record of which only the place is kept.
    fn add_case(&mut self, order: u64, place: RecordPlace, limit: usize) {
        let file = usize::try_from(order >> FILE_SHIFT).unwrap_or(usize::MAX);
        self.add_records(file, 1);
        let key = Vec::new();
        self.cases.push((order, Case { file, place, key }));
        self.trim(limit);
    }

    /// Forgets cases beyond the first, now and then.
    fn trim(&mut self, limit: usize) {
        if self.cases.len() >= 2 * limit.max(CHECKS.len()) {
            self.cases.sort_unstable_by_key(|(order, _)| *order);
            self.cases.truncate(limit);
        }
    }

    fn finish(mut self, check: Check, limit: usize, files: &[FileRecords]) -> Finding {
        self.records.sort_unstable();
        self.cases.sort_unstable_by_key(|(order, _)| *order);
        self.cases.truncate(limit);
        let counterparts = check.fact().counterparts;
        let records: u64 = self.records.iter().map(|(_, count)| count).sum();
        Finding {
            check,
            count: self.things.unwrap_or(records),
            records: self.records,
            unjudged: files
                .iter()
                .filter(|file| counterparts.contains(&file.role))
                .map(|file| file.carried)
                .sum(),
            cases: self.cases.into_iter().map(|(_, case)| case).collect(),
        }
    }
}

/// The order of the first record of a file.
fn base(file: usize) -> u64 {
    (file as u64) << FILE_SHIFT
}
