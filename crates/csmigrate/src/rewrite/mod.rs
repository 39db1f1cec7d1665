//! Each database read from the working copy and built anew.
//!
//! * `others`: files that are not one btree with keys, as every documented file
//!   of a store is.
//! * `salvaged`: files that cannot be read whole.
//! * `in_order`: what the pieces of a file bring, added up.

mod in_order;
pub(crate) mod others;
pub(crate) mod salvaged;

use std::fs::File;
use std::path::{Path, PathBuf};

use bdbfile::Workers;
use bdbfile::convert::ConvertOptions;
use bdbfile::layout::{Endian, Kind, PageLayout};
use bdbfile::read::{Database, DatabaseFile, Finding, ScanReport};
use bdbfile::source::PageSource;
use bdbfile::spill::SpillPlace;
use bdbfile::write::{BtreeParams, FileParams, KeyOrder, NewFile, SortBudget, SyncingSink};

use caldb::check::CasesBefore;

use crate::digest::{Digester, RecordDigest, SequenceDigest};
use crate::error::{Error, Result};
use crate::knowledge::{FileKnowledge, Seen};
use crate::report::{RecordOrder, SalvagedFile, Warning};
use in_order::{Brought, InOrder};

/// What was read from one database.
#[derive(Debug)]
pub(crate) struct Reading {
    /// Of the source file: the version of its format, 0 where that is lost.
    pub(crate) version: u32,
    pub(crate) page_size: u32,
    pub(crate) endian: Endian,
    pub(crate) order: RecordOrder,
    pub(crate) digest: RecordDigest,
    pub(crate) sequence: SequenceDigest,
    pub(crate) scan: ScanReport,
    /// What was seen of its records.
    pub(crate) seen: Seen,
    /// Records that were not recognised.
    pub(crate) unrecognised: u64,
    /// What was done otherwise than might be expected.
    pub(crate) notes: Vec<String>,
    /// What was found in a damaged file. Then records and digest are what the
    /// new file must have, and the sequence says nothing.
    pub(crate) salvaged: Option<SalvagedFile>,
}

impl Reading {
    fn new<S: PageSource>(
        file: &DatabaseFile<S>,
        order: RecordOrder,
        digester: &Digester,
        scan: ScanReport,
        seen: Seen,
    ) -> Self {
        Self {
            unrecognised: scan.records.saturating_sub(seen.recognised()),
            version: file.meta().version,
            page_size: file.meta().page_size,
            endian: file.layout().endian,
            order,
            digest: digester.digest(),
            sequence: digester.sequence(),
            scan,
            seen,
            notes: Vec::new(),
            salvaged: None,
        }
    }
}

/// Reads every record of a file and writes nothing.
pub(crate) fn read_only<S: PageSource>(
    source: S,
    knowledge: &FileKnowledge<'_>,
    workers: Workers,
) -> Result<Reading> {
    read_beside(source, knowledge, workers, || ()).map(|(reading, ())| reading)
}

/// The same, and something else at the same time.
pub(crate) fn read_beside<S: PageSource, B: Send + Sync>(
    source: S,
    knowledge: &FileKnowledge<'_>,
    workers: Workers,
    beside: impl Fn() -> B + Sync,
) -> Result<(Reading, B)> {
    let file = open(source)?;
    if !is_plain_btree(&file) {
        return Ok((others::read_only(&file, knowledge)?, beside()));
    }
    let database = file.database();
    let scan = database.scan().map_err(bad_source)?;
    let ranges = scan.pieces(file.layout().page_size).map_err(bad_source)?;
    let before = CasesBefore::default();
    let sum = InOrder::<(Run, Seen)>::default();
    let read = |index| {
        let range = ranges.get(index).cloned().unwrap_or_default();
        let mut run = Run::default();
        let mut look = knowledge.look_at(index, &before);
        scan.visit(range, |record| {
            match look.take(&record) {
                None => run.digester.add(record.key, record.value),
                Some(change) => run.digester.add(&change.key, &change.value),
            }
            if !record.repeats_key {
                run.key(record.key);
            }
            Ok::<_, bdbfile::Error>(())
        })?;
        sum.put(index, (run, look.finish()));
        Ok::<_, bdbfile::Error>(())
    };
    let (runs, beside) = workers.all_beside(ranges.len(), read, beside);
    runs.map_err(bad_source)?;
    let (all, seen) = sum.finish();
    let scan = scan.finish().map_err(bad_source)?;
    let order = if all.out_of_order {
        RecordOrder::AsFound
    } else {
        RecordOrder::Bytewise
    };
    let reading = Reading::new(&file, order, &all.digester, scan, seen);
    Ok((reading, beside))
}

/// Whether a file holds one btree with keys and nothing else.
fn is_plain_btree<S: PageSource>(file: &DatabaseFile<S>) -> bool {
    let meta = file.meta();
    meta.kind == Kind::Btree && !meta.is_recno() && !meta.is_directory()
}

/// A run of records that was read: what they are, and whether their keys are
/// in bytewise order.
#[derive(Debug, Default)]
struct Run {
    digester: Digester,
    first: Option<Vec<u8>>,
    last: Option<Vec<u8>>,
    out_of_order: bool,
}

impl Run {
    fn key(&mut self, key: &[u8]) {
        self.out_of_order |= self.last.as_deref().is_some_and(|last| key <= last);
        self.first.get_or_insert_with(|| key.to_vec());
        let last = self.last.get_or_insert_default();
        last.clear();
        last.extend_from_slice(key);
    }
}

impl Brought for Run {
    fn add(&mut self, next: Self) {
        self.digester.append(&next.digester);
        if let Some(first) = &next.first {
            self.out_of_order |= self.last.as_ref().is_some_and(|last| first <= last);
            self.last = next.last;
        }
        self.out_of_order |= next.out_of_order;
    }
}

impl Brought for Digester {
    fn add(&mut self, next: Self) {
        self.append(&next);
    }
}

impl Brought for Seen {
    fn add(&mut self, next: Self) {
        self.append(next);
    }

    fn settle(&mut self) {
        Self::settle(self);
    }
}

/// What was read from a database, and the file that was built of it, which is
/// not synced yet.
pub(crate) type Rewritten = (Reading, SyncingSink);

/// Reads every record of a database and writes them, in the order found, into
/// an empty file: little-endian, the page size and the kind of the source.
pub(crate) fn rewrite<S: PageSource>(
    source: S,
    path: &Path,
    file: &File,
    file_id: [u8; 20],
    knowledge: &FileKnowledge<'_>,
    workers: Workers,
) -> Result<Rewritten> {
    let input = open(source)?;
    if !is_plain_btree(&input) {
        return others::rewrite(&input, path, file, file_id, knowledge, workers);
    }
    let database = input.database();
    let layout = PageLayout {
        endian: Endian::Little,
        ..input.layout()
    };
    let head = FileParams { layout, file_id };
    let mut params = BtreeParams::like(database.meta()).map_err(bad_source)?;
    // The order of nearly every store is bytewise, which makes the smaller
    // internal pages. One whose application compares keys in its own way shows
    // it by the first key out of order, and is begun again.
    let mut order = RecordOrder::Bytewise;
    let into = Into {
        path,
        file,
        head: &head,
        knowledge,
        workers,
    };
    let (
        Read {
            digester,
            seen,
            scan,
        },
        sink,
    ) = match build(&database, &into, &params) {
        Err(Build::OutOfOrder) => {
            order = RecordOrder::AsFound;
            params.order = KeyOrder::AsFed;
            file.set_len(0)
                .map_err(Error::io(path, "empty the file to begin it again"))?;
            build(&database, &into, &params)
        }
        built => built,
    }
    .map_err(|error| match error {
        Build::Reading(error) => bad_source(error),
        Build::Failed(error) => error,
        Build::OutOfOrder => Error::Io {
            path: path.to_owned(),
            action: "build the file",
            source: std::io::Error::other("records out of order where any order is taken"),
        },
    })?;
    Ok((Reading::new(&input, order, &digester, scan, seen), sink))
}

/// What is odd about a database, in words; at most one warning for each rule,
/// with its cases.
pub(crate) fn warnings(name: &std::ffi::OsString, reading: &Reading) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = Vec::new();
    if reading.order == RecordOrder::AsFound {
        let text = "the keys are not in bytewise order: the server compares them in its own way; the order found is kept";
        warnings.push(Warning::new("order-kept", Some(name), text));
    }
    if let Some(salvaged) = &reading.salvaged {
        warnings.push(Warning::new("salvaged", Some(name), salvaged.to_string()));
    }
    let notes = reading.notes.iter();
    warnings.extend(notes.map(|note| Warning::new("rewrite-note", Some(name), note.as_str())));
    warnings.extend(grouped(name, &reading.scan.findings));
    if reading.scan.more_findings > 0 {
        let text = format!(
            "{} more findings are not listed",
            reading.scan.more_findings
        );
        warnings.push(Warning::new("more-findings", Some(name), text));
    }
    warnings
}

/// Findings as warnings: one for each rule, with its cases.
pub(crate) fn grouped(name: &std::ffi::OsString, findings: &[Finding]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut findings: Vec<&Finding> = findings.iter().collect();
    findings.sort_by_key(|finding| finding.rule);
    for group in findings.chunk_by(|left, right| left.rule == right.rule) {
        let Some(first) = group.first() else { continue };
        let mut warning = Warning::new("format-finding", Some(name), first.rule.text());
        if group.len() > 1 {
            warning.text = format!("{} ({} cases)", warning.text, group.len());
        }
        warning.cases = group.iter().map(ToString::to_string).collect();
        warnings.push(warning);
    }
    warnings
}

/// How building can end early.
enum Build {
    OutOfOrder,
    Reading(bdbfile::Error),
    Failed(Error),
}

impl From<bdbfile::Error> for Build {
    fn from(error: bdbfile::Error) -> Self {
        Self::Reading(error)
    }
}

/// What was read while building.
struct Read {
    digester: Digester,
    seen: Seen,
    scan: ScanReport,
}

/// What a database is built into, and with what.
struct Into<'a> {
    path: &'a Path,
    file: &'a File,
    head: &'a FileParams,
    knowledge: &'a FileKnowledge<'a>,
    workers: Workers,
}

fn build<S: PageSource>(
    database: &Database<'_, S>,
    into: &Into<'_>,
    params: &BtreeParams,
) -> std::result::Result<(Read, SyncingSink), Build> {
    let path = into.path;
    let failed = |error| match error {
        bdbfile::Error::Order { .. } => Build::OutOfOrder,
        error => Build::Failed(not_written(path, error)),
    };
    let sink = sink(path, into.file).map_err(Build::Failed)?;
    let mut built = NewFile::new(sink, into.head).map_err(failed)?;
    let btree = built.btree(None, params).map_err(failed)?;
    let scan = database.scan()?;
    let ranges = scan.pieces(into.head.layout.page_size)?;
    let before = CasesBefore::default();
    let sum = InOrder::<(Digester, Seen)>::default();
    into.workers.all(ranges.len(), |index| {
        // Begun before anything can fail: those after it wait for it.
        let mut piece = btree.piece(index);
        let range = ranges.get(index).cloned().unwrap_or_default();
        let mut digester = Digester::default();
        let mut look = into.knowledge.look_at(index, &before);
        scan.visit(range, |record| {
            let Some(change) = look.take(&record) else {
                digester.add(record.key, record.value);
                return piece.push(record.key, record.value).map_err(failed);
            };
            // The order of the keys is that of the source.
            if change.key != record.key {
                return Err(Build::Failed(Error::RuleChangesKey {
                    file: path.to_owned(),
                    key: record.key.escape_ascii().to_string(),
                }));
            }
            digester.add(&change.key, &change.value);
            piece.push(&change.key, &change.value).map_err(failed)
        })?;
        piece.finish().map_err(failed)?;
        sum.put(index, (digester, look.finish()));
        Ok::<_, Build>(())
    })?;
    let scan = scan.finish()?;
    btree.finish().map_err(failed)?;
    let (sink, _) = built.finish().map_err(failed)?;
    let (digester, seen) = sum.finish();
    let read = Read {
        digester,
        seen,
        scan,
    };
    Ok((read, sink))
}

/// A sink into the file at `path`.
fn sink(path: &Path, file: &File) -> Result<SyncingSink> {
    let handle = file
        .try_clone()
        .map_err(Error::io(path, "open the file again"))?;
    Ok(SyncingSink::new(path.display().to_string(), handle))
}

/// How a file is made by `bdbfile::convert`: little-endian, with `spill` for
/// what a sort does not hold in memory.
fn options(spill: &Path, file_id: [u8; 20], workers: Workers) -> ConvertOptions {
    ConvertOptions {
        endian: Endian::Little,
        file_id,
        threads: workers.threads,
        sort: SortBudget {
            spill: SpillPlace::Directory(spill.to_owned()),
            ..SortBudget::default()
        },
        ..ConvertOptions::default()
    }
}

/// A sink into the file at `path`, which is emptied: to begin it again.
fn emptied(path: &Path, file: &File) -> std::result::Result<SyncingSink, bdbfile::Error> {
    let system = |source| bdbfile::Error::Io {
        file: path.display().to_string(),
        action: "empty the file".to_owned(),
        source,
    };
    file.set_len(0).map_err(system)?;
    sink(path, file).map_err(|error| match error {
        Error::Io { source, .. } => system(source),
        error => bdbfile::Error::Parameter(error.to_string()),
    })
}

/// What went wrong with the file being written.
fn not_written(path: &Path, error: bdbfile::Error) -> Error {
    match error {
        bdbfile::Error::Io { source, .. } => Error::io(path, "write the file")(source),
        error => Error::Database { error, copy: false },
    }
}

/// Opens a file, if it is of a release that is migrated: 3.1 or later.
pub(crate) fn open<S: PageSource>(source: S) -> Result<DatabaseFile<S>> {
    let file = DatabaseFile::open(source).map_err(bad_source)?;
    let meta = file.meta();
    let oldest = match meta.kind {
        Kind::Hash => OLDEST_HASH,
        Kind::Queue => OLDEST_QUEUE,
        _ => OLDEST_BTREE,
    };
    if meta.version >= oldest {
        return Ok(file);
    }
    Err(Error::KindNotMigrated {
        file: PathBuf::from(file.name()),
        what: "a database of Berkeley DB 3.0 or earlier, as Calendar Server 5 has it; run cs5migrate first",
    })
}

// The oldest versions that are migrated: those of 3.1 to 4.0, with which the
// first releases of Calendar Server 6 came.
const OLDEST_BTREE: u32 = 8;
const OLDEST_HASH: u32 = 7;
const OLDEST_QUEUE: u32 = 2;

fn bad_source(error: bdbfile::Error) -> Error {
    Error::Database { error, copy: true }
}
