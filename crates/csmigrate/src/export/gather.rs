//! Every record of a store read, and those of calendars sorted, calendar by
//! calendar, within a budget of memory.

use std::path::Path;
use std::sync::Arc;

use bdbfile::read::{Database as OpenDatabase, Record};
use bdbfile::source::{FileSource, PageSource, ReadAhead};
use bdbfile::spill::SpillPlace;
use bdbfile::write::{SortBudget, SortOrder, Sorted, Sorter};
use caldb::Profile;
use caldb::ics;
use caldb::record::{RecordForm, recognise};

use super::FileExport;
use crate::database::Database;
use crate::error::{Error, Result};
use crate::plan::ExportPlan;
use crate::rewrite::{self, others};
use crate::stop::Stop;

/// What a sort may take of memory.
const IN_MEMORY: usize = 24 << 20;

/// The records of the calendars of a store.
#[derive(Debug)]
pub(super) struct Gathered {
    /// The databases.
    pub(super) files: Vec<FileExport>,
    /// The form of the records of each, where it is known.
    pub(super) forms: Vec<Option<RecordForm>>,
    /// The records, in the order of their calendars and places.
    pub(super) sorted: Sorted,
}

/// A record on its way through the sort.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Travelling<'a> {
    /// Which of the databases it is of.
    pub(super) file: usize,
    pub(super) key: &'a [u8],
    pub(super) value: &'a [u8],
}

/// Reads every record. What does not fit in memory goes to a nameless file in
/// `spill`.
pub(super) fn gather(
    plan: &ExportPlan,
    profile: &Profile,
    spill: &Path,
    stop: &Stop,
) -> Result<Gathered> {
    let budget = SortBudget {
        bytes: IN_MEMORY,
        spill: SpillPlace::Directory(spill.to_owned()),
    };
    let mut sorter = Sorter::new(SortOrder::Keys, &budget);
    let mut files = Vec::new();
    let mut forms = Vec::new();
    for (number, database) in plan.databases.iter().enumerate() {
        let known = database.name.to_str().and_then(|name| profile.file(name));
        let form = known.map(caldb::FileProfile::form);
        let mut file = FileExport {
            name: database.name.clone(),
            role: known.map(|known| known.role),
            records: 0,
            unrecognised: 0,
            without_calendar: 0,
            beside: 0,
        };
        let source = open(plan, database)?;
        let opened = rewrite::open(stop.watch(ReadAhead::new(source)))?;
        for one in others::databases(&opened).map_err(bad_source)? {
            let mut travel = Vec::new();
            visit(&one, |record| {
                file.records = file.records.saturating_add(1);
                let sort = sort_key(form.as_ref(), record, &mut file);
                let Some(sort) = sort else { return Ok(()) };
                Travelling {
                    file: number,
                    key: record.key,
                    value: record.value,
                }
                .pack(&mut travel);
                sorter.push(0, &sort, &travel)
            })?;
        }
        files.push(file);
        forms.push(form);
    }
    Ok(Gathered {
        files,
        forms,
        sorted: sorter.finish().map_err(sort_failed)?,
    })
}

fn open(plan: &ExportPlan, database: &Database) -> Result<Arc<dyn PageSource>> {
    let overlay = plan.overlay.as_ref();
    if let Some(recovered) = overlay.and_then(|overlay| overlay.of(database)) {
        return Ok(recovered);
    }
    // The server may still run beside it, so no mapping.
    let source = FileSource::open(&database.path);
    let source = source.map_err(Error::io(&database.path, "read the file"))?;
    Ok(Arc::new(source))
}

fn visit<S: PageSource>(
    database: &OpenDatabase<'_, S>,
    mut take: impl FnMut(&Record<'_>) -> bdbfile::Result<()>,
) -> Result<()> {
    let scan = database.scan().map_err(bad_source)?;
    let visited = scan.visit(scan.all(), |record| take(&record).map_err(Failed::Sorting));
    visited.map_err(|failed| match failed {
        Failed::Reading(error) => bad_source(error),
        Failed::Sorting(error) => sort_failed(error),
    })?;
    scan.finish().map_err(bad_source).map(drop)
}

/// Which side of the sort failed.
enum Failed {
    Reading(bdbfile::Error),
    Sorting(bdbfile::Error),
}

impl From<bdbfile::Error> for Failed {
    fn from(error: bdbfile::Error) -> Self {
        Self::Reading(error)
    }
}

/// Where a record is to stand; one that is to stand nowhere is counted.
fn sort_key(
    form: Option<&RecordForm>,
    record: &Record<'_>,
    file: &mut FileExport,
) -> Option<Vec<u8>> {
    use caldb::Role;
    let recognised = form.and_then(|form| recognise(form, record.key, record.value).record());
    let count = match &recognised {
        None => &mut file.unrecognised,
        Some(recognised) => match ics::place(recognised) {
            Some(place) => {
                let mut key = place.calid;
                key.push(0);
                key.extend_from_slice(&place.within);
                return Some(key);
            }
            None if matches!(
                recognised.role(),
                Role::SchedulingQueue | Role::DeleteLog | Role::VersionIdentifier
            ) =>
            {
                &mut file.beside
            }
            None => &mut file.without_calendar,
        },
    };
    *count = count.saturating_add(1);
    None
}

impl<'a> Travelling<'a> {
    /// As bytes: which file, how long the key is, key, value.
    pub(super) fn pack(&self, into: &mut Vec<u8>) {
        into.clear();
        into.extend_from_slice(&(self.file as u64).to_le_bytes());
        into.extend_from_slice(&(self.key.len() as u64).to_le_bytes());
        into.extend_from_slice(self.key);
        into.extend_from_slice(self.value);
    }

    /// From these bytes.
    pub(super) fn unpack(bytes: &'a [u8]) -> Option<Self> {
        let (file, rest) = bytes.split_first_chunk()?;
        let (len, rest) = rest.split_first_chunk()?;
        let len = usize::try_from(u64::from_le_bytes(*len)).ok()?;
        let (key, value) = rest.split_at_checked(len)?;
        Some(Self {
            file: usize::try_from(u64::from_le_bytes(*file)).ok()?,
            key,
            value,
        })
    }
}

fn bad_source(error: bdbfile::Error) -> Error {
    Error::Database { error, copy: true }
}

/// What went wrong with the temporary file of the sort.
pub(super) fn sort_failed(error: bdbfile::Error) -> Error {
    Error::Database { error, copy: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_travels_as_it_is() {
        for (key, value) in [
            (&b"jdoe\x001\x000"[..], &b"BEGIN"[..]),
            (b"", b""),
            (b"a", b""),
        ] {
            let record = Travelling {
                file: 7,
                key,
                value,
            };
            let mut bytes = vec![1, 2, 3];
            record.pack(&mut bytes);
            assert_eq!(Travelling::unpack(&bytes), Some(record));
            assert_eq!(Travelling::unpack(&bytes[..9]), None);
        }
    }
}
