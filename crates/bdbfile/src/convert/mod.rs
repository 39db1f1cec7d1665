//! From one file to another: every record, with the page size, byte order,
//! kind and version of choice.
//!
//! * `database`: one new database, from records in order or in any.
//! * `plan`: what a database becomes.
//! * `btree`: from one btree to another, several ranges of leaves at a time.
//! * `hash`: the same for hash databases, by their buckets.
//! * `rebuild`: what a salvage finds, into a new file.
//! * `copied`: what was copied, and in which order its duplicates were.
//! * `note`: what was done otherwise than might be expected.

mod btree;
mod copied;
mod database;
mod hash;
mod note;
mod plan;
mod rebuild;

use std::collections::HashSet;
use std::num::NonZeroUsize;

use crate::Workers;
use crate::convert::copied::Ascending;
use crate::error::{Error, Place, Result, Rule, broken};
use crate::layout::{Endian, Meta, PageNo};
use crate::read::{Database, DatabaseFile, Finding, Record, Scan, ScanReport};
use crate::source::PageSource;
use crate::write::{FileParams, KeyOrder, NewFile, PageSink, Repeats, SortBudget};

pub use database::{Arrival, Made, NewDatabase, RecordKey, Take, write_database};
pub use note::Note;
pub use rebuild::{Rebuilt, Told, rebuild, rebuild_telling};

use plan::Kind;

/// A kind that every database of a file can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewKind {
    /// Btree. Record numbers become keys, as decimal digits.
    Btree,
    /// Hash. Record numbers become keys, as decimal digits.
    Hash,
    /// Recno. Keys have to be record numbers, as decimal digits.
    Recno,
}

/// What a new file is to be like.
#[derive(Debug, Clone)]
pub struct ConvertOptions {
    /// Its byte order.
    pub endian: Endian,
    /// Its page size; that of the source unless told.
    pub page_size: Option<u32>,
    /// The version of the format of all databases; unless told 9 for btree and
    /// recno, 8 for hash, 4 for queues.
    pub format_version: Option<u32>,
    /// What all databases become; what they are unless told.
    pub kind: Option<NewKind>,
    /// Whether its pages have checksums; as the source has it unless told.
    pub checksums: Option<bool>,
    /// Its unique id: any bytes that no other file of its environment has.
    pub file_id: [u8; 20],
    /// Threads at work. What is written never depends on it.
    pub threads: NonZeroUsize,
    /// What a sort may use.
    pub sort: SortBudget,
}

impl Default for ConvertOptions {
    /// Little-endian, everything else as the source has it; one thread; an id
    /// of zeros.
    fn default() -> Self {
        Self {
            endian: Endian::Little,
            page_size: None,
            format_version: None,
            kind: None,
            checksums: None,
            file_id: [0; 20],
            threads: NonZeroUsize::MIN,
            sort: SortBudget::default(),
        }
    }
}

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Converted {
    /// Pages of the new file.
    pub pages: PageNo,
    /// Its databases in the order they were written.
    pub databases: Vec<ConvertedDatabase>,
    /// What concerns the file as a whole.
    pub notes: Vec<Note>,
}

impl Converted {
    /// Records of all databases.
    pub fn records(&self) -> u64 {
        self.databases.iter().map(|database| database.records).sum()
    }
}

/// A database that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ConvertedDatabase {
    /// Its name; none for the only one of a file.
    pub name: Option<Vec<u8>>,
    /// What it was.
    pub from: &'static str,
    /// What it is.
    pub to: &'static str,
    /// Records read and written.
    pub records: u64,
    /// Items of the source that are marked deleted and no records.
    pub deleted: u64,
    /// What its reader is to know.
    pub notes: Vec<Note>,
    /// What was odd in the source, at most 100 of it.
    pub findings: Vec<Finding>,
    /// Findings beyond those listed.
    pub more_findings: u64,
}

/// Writes the databases of a file into a new one: all records, each once, in
/// the order found where the kind stays the same.
///
/// `sink` makes the place to write to. It is called again, to begin once more
/// with nothing in it, when the order of a database turns out to be the
/// application's own. The sink is given back.
///
/// ```
/// use bdbfile::convert::{ConvertOptions, convert};
/// use bdbfile::layout::Endian;
/// use bdbfile::read::DatabaseFile;
/// use bdbfile::source::MemorySource;
/// use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, MemorySink};
///
/// let mut builder = BtreeBuilder::new(
///     MemorySink::new("doc.db"),
///     &FileParams::default(),
///     &BtreeParams::default(),
/// )?;
/// builder.push(b"jdoe", b"properties of jdoe")?;
/// let (sink, ..) = builder.finish()?;
///
/// let file = DatabaseFile::open(MemorySource::new("doc.db", sink.into_bytes()))?;
/// let options = ConvertOptions { endian: Endian::Big, ..ConvertOptions::default() };
/// let (sink, converted) = convert(&file, || Ok(MemorySink::new("new.db")), &options)?;
/// assert_eq!(converted.records(), 1);
///
/// let file = DatabaseFile::open(MemorySource::new("new.db", sink.into_bytes()))?;
/// assert_eq!(file.database().get(b"jdoe")?, [b"properties of jdoe"]);
/// # Ok::<(), bdbfile::Error>(())
/// ```
///
/// # Errors
/// [`Error::Parameter`] for options that do not go with the source or with each
/// other; else what reading, sorting or writing returns.
pub fn convert<S: PageSource, W: PageSink>(
    file: &DatabaseFile<S>,
    mut sink: impl FnMut() -> Result<W>,
    options: &ConvertOptions,
) -> Result<(W, Converted)> {
    let databases = databases(file)?;
    let metas: Vec<&Meta> = databases.iter().map(Database::meta).collect();
    let mut notes = Vec::new();
    let params = plan::file(file.layout(), &metas, options, &mut notes)?;
    // The databases whose order is their application's own, by their places.
    let mut as_found = HashSet::new();
    loop {
        match attempt(file, &databases, sink()?, &params, options, &as_found) {
            Ok((sink, pages, databases)) => {
                let converted = Converted {
                    pages,
                    databases,
                    notes,
                };
                return Ok((sink, converted));
            }
            // Nearly every database is in bytewise order. One that is not
            // shows it by the first key out of order.
            Err(Failed::OutOfOrder(index)) => {
                as_found.insert(index);
            }
            Err(Failed::Error(error)) => return Err(error),
        }
    }
}

/// All databases of a file.
fn databases<S: PageSource>(file: &DatabaseFile<S>) -> Result<Vec<Database<'_, S>>> {
    if !file.meta().is_directory() {
        return Ok(vec![file.database()]);
    }
    file.names()?.iter().map(|entry| file.at(entry)).collect()
}

/// Why the file has to be begun again, or cannot be written.
enum Failed {
    /// The database at this place is not in bytewise order, or its keys are not
    /// in the buckets of its hash function.
    OutOfOrder(usize),
    Error(Error),
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

fn attempt<S: PageSource, W: PageSink>(
    source: &DatabaseFile<S>,
    databases: &[Database<'_, S>],
    sink: W,
    params: &FileParams,
    options: &ConvertOptions,
    as_found: &HashSet<usize>,
) -> std::result::Result<(W, PageNo, Vec<ConvertedDatabase>), Failed> {
    let mut file = if source.meta().is_directory() {
        NewFile::with_names(sink, params)?
    } else {
        NewFile::new(sink, params)?
    };
    let mut written = Vec::with_capacity(databases.len());
    for (index, database) in databases.iter().enumerate() {
        let order = if as_found.contains(&index) {
            KeyOrder::AsFed
        } else {
            KeyOrder::Bytewise
        };
        match one(database, &mut file, options, order) {
            Ok(done) => written.push(done),
            Err(Error::Order { .. }) if order == KeyOrder::Bytewise => {
                return Err(Failed::OutOfOrder(index));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let (sink, pages) = file.finish()?;
    Ok((sink, pages, written))
}

/// Converts one database.
fn one<S: PageSource, W: PageSink>(
    database: &Database<'_, S>,
    file: &mut NewFile<W>,
    options: &ConvertOptions,
    order: KeyOrder,
) -> Result<ConvertedDatabase> {
    let meta = database.meta();
    let name = database.name();
    let mut notes = Vec::new();
    let mut new = plan::database(meta, options, &mut notes)?;
    if let NewDatabase::Recno(params) = &mut new
        && let Some(fixed) = &mut params.fixed
        && fixed.len == 0
    {
        // 2.x does not say it.
        if let Some(first) = database.records().next() {
            fixed.len = u32::try_from(first?.value.len()).unwrap_or(u32::MAX);
        }
        if fixed.len == 0 {
            params.fixed = None;
            notes.push(Note::RecordLengthLost);
        }
    }
    let scan = database.scan()?;
    let workers = Workers {
        threads: options.threads,
    };
    let page_size = file.layout().page_size;
    let records = match (plan::own_kind(meta), &mut new) {
        (Kind::Btree, NewDatabase::Btree(params)) => {
            params.order = order;
            let copied = btree::copy(&scan, page_size, file, name, params, workers)?;
            if !copied.keys_in_order {
                notes.push(Note::OrderKept);
            }
            if !copied.duplicates_in_order {
                notes.push(Note::DuplicateOrderKept);
            }
            copied.records
        }
        // Buckets fit the page size they grew by. Where the hash function is
        // not known they are all there is to go by. Where they turned out not
        // to be those of the function, the keys are hashed anew.
        (Kind::Hash, NewDatabase::Hash(params))
            if order == KeyOrder::Bytewise
                && (!plan::has_default_hash(meta)
                    || meta.page_size == page_size && hash::is_plausible(database)) =>
        {
            if !plan::has_default_hash(meta) {
                hash::check_plausible(database)?;
                notes.push(Note::BucketsKept);
            }
            let copied = hash::copy(database, &scan, page_size, file, name, params, workers)?;
            if !copied.duplicates_in_order {
                notes.push(Note::DuplicateOrderKept);
            }
            copied.records
        }
        (Kind::Recno, NewDatabase::Recno(_))
        | (Kind::Queue, NewDatabase::Queue { .. } | NewDatabase::Recno(_)) => {
            fed(database, &scan, file, &new, Arrival::InOrder, &mut notes)?
        }
        _ => {
            if let NewDatabase::Hash(params) = &mut new {
                params.table = None;
            }
            let arrival = Arrival::AnyOrder(&options.sort);
            fed(database, &scan, file, &new, arrival, &mut notes)?
        }
    };
    let report = scan.finish()?;
    refuse_missing(database, &report)?;
    if report.records != records {
        let (file, read) = (database.file().name(), report.records);
        return Err(Error::Parameter(format!(
            "{file}: {read} records were read, and {records} written: a key or number came twice"
        )));
    }
    // A scan repeats what opening the file found.
    Ok(ConvertedDatabase {
        name: name.map(<[u8]>::to_vec),
        from: meta.method_name(),
        to: new.name(),
        records,
        deleted: report.deleted,
        notes,
        findings: report.findings,
        more_findings: report.more_findings,
    })
}

/// Feeds the records of a scan to a new database, keys or numbers as it has
/// them.
fn fed<S: PageSource, W: PageSink>(
    database: &Database<'_, S>,
    scan: &Scan<'_, S>,
    file: &mut NewFile<W>,
    new: &NewDatabase,
    arrival: Arrival<'_>,
    notes: &mut Vec<Note>,
) -> Result<u64> {
    let (source, name) = (database.file().name(), database.name());
    let numbered = new.is_numbered();
    let sorted = database.meta().has_sorted_duplicates();
    let mut order = Ascending::default();
    // Shorter ones would be padded: a damaged length makes records longer than
    // the file.
    let fixed = match new {
        NewDatabase::Recno(params) if database.meta().is_recno() => params.fixed,
        _ => None,
    };
    let feed = |take: &mut Take<'_>| {
        scan.visit(scan.all(), |record: Record<'_>| match record.number {
            Some(number) if numbered => {
                if let Some(fixed) = fixed
                    && fixed.len as usize != record.value.len()
                {
                    let place = Place::slot(record.page, record.slot);
                    let (len, stated) = (record.value.len(), fixed.len);
                    let found = format!("{len} bytes where all records have {stated}");
                    return Err(broken(source, place, Rule::RecordLength, found));
                }
                take(RecordKey::Number(number), record.value)
            }
            Some(number) => {
                let key = number.to_string();
                take(RecordKey::Bytes(key.as_bytes()), record.value)
            }
            None if numbered => {
                let number = number_of(source, record.key)?;
                take(RecordKey::Number(number), record.value)
            }
            None => {
                if sorted {
                    order.take(record.key, record.value);
                }
                take(RecordKey::Bytes(record.key), record.value)
            }
        })
    };
    let made = write_database(file, name, new, arrival, Repeats::Refused, feed, |_| {})?;
    if !order.duplicates {
        notes.push(Note::DuplicateOrderKept);
    }
    Ok(made.records)
}

/// The number that a key is in decimal digits.
fn number_of(file: &str, key: &[u8]) -> Result<u32> {
    let number = std::str::from_utf8(key)
        .ok()
        .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))
        .and_then(|text| text.parse().ok());
    number.filter(|number| *number > 0).ok_or_else(|| {
        let shown = key.get(..40).unwrap_or(key).escape_ascii();
        Error::Parameter(format!(
            "{file}: the key '{shown}' is not the number of a record, as the keys of a recno database are"
        ))
    })
}

/// Refuses a queue of which pages are not there: an extent that was lost would
/// pass for records that were taken.
fn refuse_missing<S: PageSource>(database: &Database<'_, S>, report: &ScanReport) -> Result<()> {
    match report
        .findings
        .iter()
        .find(|finding| finding.rule == Rule::QueuePagesMissing)
    {
        None => Ok(()),
        Some(finding) => {
            let place = Place::page(database.meta().pgno);
            let (file, detail) = (database.file().name(), finding.detail.clone());
            Err(broken(file, place, finding.rule, detail))
        }
    }
}

impl NewDatabase {
    /// The name of its kind, as libdb's tools have it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Btree(_) => "btree",
            Self::Hash(_) => "hash",
            Self::Recno(_) => "recno",
            Self::Queue { .. } => "queue",
        }
    }

    /// Whether records have numbers in the place of keys.
    pub fn is_numbered(&self) -> bool {
        matches!(self, Self::Recno(_) | Self::Queue { .. })
    }
}
