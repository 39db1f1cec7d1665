//! Damaged files: what is left of one is listed, built anew, and found again
//! in what was built.
//!
//! Records come from the pages and not by the tree, so what is known of the
//! new file is which records it must have, and not their order.

use std::ffi::OsStr;
use std::fs::File;
use std::path::Path;

use bdbfile::convert::{ConvertOptions, Note, Told, rebuild_telling};
use bdbfile::layout::{Endian, Kind, PageLayout};
use bdbfile::read::{DatabaseFile, Record, ScanReport};
use bdbfile::salvage::{Mode, Origin, Salvaged, State, salvage_telling};
use bdbfile::source::PageSource;
use bdbfile::write::PageSink;
use bdbfile::{Error as FileError, Rule, Workers};

use super::others::databases;
use super::{Reading, Rewritten, bad_source, emptied, not_written, options};
use crate::digest::{Digester, RecordDigest};
use crate::error::{Error, Result};
use crate::knowledge::{FileKnowledge, Seen};
use crate::observer::{Event, Found, Observer};
use crate::report::{RecordOrder, SalvagedFile};
use crate::stop::Stop;

/// Whether an error says that a file is damaged, and not that it is of a kind
/// that is not migrated, or that the system failed.
pub(crate) fn is_damage(error: &Error) -> bool {
    let Error::Database { error, .. } = error else {
        return false;
    };
    error.rule().is_some_and(|rule| {
        !matches!(
            rule,
            Rule::KindNotRead
                | Rule::VersionNotRead
                | Rule::Encrypted
                | Rule::Compressed
                | Rule::Partitioned
                | Rule::Blob
                | Rule::QueueExtents
        )
    })
}

/// What going through a damaged file brought.
#[derive(Debug)]
pub(crate) struct Listed {
    salvaged: SalvagedFile,
    digest: RecordDigest,
    seen: Seen,
    layout: Option<PageLayout>,
    deleted: u64,
}

/// Goes through a damaged file and tells of each record saved or lost.
///
/// # Errors
/// [`Error::NothingSaved`] where no record is left.
pub(crate) fn list<S: PageSource>(
    source: &S,
    name: &OsStr,
    damage: &Error,
    knowledge: &FileKnowledge<'_>,
    stop: &Stop,
    observer: &mut dyn Observer,
) -> Result<Listed> {
    let damage = match damage {
        Error::Database { error, .. } => error.to_string(),
        other => other.to_string(),
    };
    // Findings and records are told by two hands.
    let observer = std::cell::RefCell::new(observer);
    let tell = |found: &Found<'_>| {
        let event = Event::Salvaged { file: name, found };
        observer.borrow_mut().event(event);
    };
    tell(&Found::Damage(&damage));
    // The rules are those of records that are known to be whole in their file.
    let knowledge = knowledge.without_rules();
    let mut look = knowledge.look();
    let mut digester = Content::default();
    let (mut saved, mut parts, mut keys_alone) = (0_u64, 0_u64, 0_u64);
    let finding = |finding: &bdbfile::read::Finding| {
        // A run that is to stop cannot read a page, which is no damage.
        if stop.asked().is_none() {
            tell(&Found::Finding(finding));
        }
    };
    let listed = salvage_telling(source, Mode::Careful, finding, |record| {
        stop.check()?;
        if record.origin == Origin::Directory {
            return Ok(());
        }
        if record.state != State::Whole {
            parts = parts.saturating_add(1);
            // Counted as an item without a datum as well.
            let is_alone = record.key.is_some() && record.value.is_empty();
            keys_alone = keys_alone.saturating_add(is_alone.into());
            tell(&Found::Lost(&record));
            return Ok(());
        }
        saved = saved.saturating_add(1);
        digester.add(record.key, record.value);
        let _ = look.take(&as_read(&record));
        tell(&Found::Saved(&record));
        Ok::<_, Failure>(())
    });
    stop.check()?;
    let nothing = |why: String| {
        tell(&Found::Nothing(&why));
        Err(Error::NothingSaved {
            file: name.into(),
            why,
        })
    };
    let report = match listed {
        Ok(report) => report,
        Err(Failure::File(error)) if error.rule().is_some() => return nothing(error.to_string()),
        Err(Failure::File(error)) => return Err(bad_source(error)),
        Err(Failure::Run(error)) => return Err(error),
    };
    if saved == 0 {
        return nothing(damage);
    }
    let salvaged = SalvagedFile {
        damage,
        saved,
        repeated: 0,
        parts,
        items: report.lost.saturating_sub(keys_alone),
        pages: report.pages,
        unreadable: report.unreadable,
        unsound: report.unsound,
        zeros: report.zeros,
    };
    tell(&Found::All(&salvaged));
    Ok(Listed {
        salvaged,
        digest: digester.0.digest(),
        seen: look.finish(),
        layout: report.layout,
        deleted: report.deleted_passed_over,
    })
}

/// Builds what is left of a damaged file into an empty one.
pub(crate) fn rewrite<S: PageSource>(
    source: &S,
    listed: Listed,
    path: &Path,
    file: &File,
    file_id: [u8; 20],
    workers: Workers,
) -> Result<Rewritten> {
    let begin = || emptied(path, file);
    let spill = path.parent().unwrap_or(path);
    let options = options(spill, file_id, workers);
    let (sink, reading) = build(source, listed, path, begin, &options)?;
    Ok((reading, sink))
}

/// Finds out what [`rewrite`] would have built at `path`, and keeps none of it.
pub(crate) fn rehearse<S: PageSource>(
    source: &S,
    listed: Listed,
    path: &Path,
    workers: Workers,
) -> Result<Reading> {
    let name = path.display().to_string();
    let begin = || Ok(Nowhere { name: name.clone() });
    let options = options(&std::env::temp_dir(), [0; 20], workers);
    Ok(build(source, listed, path, begin, &options)?.1)
}

fn build<S: PageSource, W: PageSink>(
    source: &S,
    listed: Listed,
    path: &Path,
    begin: impl FnMut() -> std::result::Result<W, FileError>,
    options: &ConvertOptions,
) -> Result<(W, Reading)> {
    let (mut left_out, mut repeated) = (Content::default(), 0_u64);
    let built = rebuild_telling(source, begin, options, |told| match told {
        Told::LeftOut(record) => {
            repeated = repeated.saturating_add(1);
            let key = record.number.is_none().then_some(record.key);
            left_out.add(key, record.value);
        }
        Told::Again => (left_out, repeated) = (Content::default(), 0),
        _ => {}
    });
    let (sink, rebuilt) = built.map_err(|error| match error {
        error if error.rule().is_some() => bad_source(error),
        error => not_written(path, error),
    })?;
    let mut reading = listed.reading(source);
    if let Some(salvaged) = &mut reading.salvaged {
        salvaged.repeated = repeated;
        reading.scan.records = salvaged.saved.saturating_sub(repeated);
    }
    reading.digest = reading.digest.without(left_out.0.digest());
    reading.unrecognised = reading.unrecognised.min(reading.scan.records);
    let notes = rebuilt.written.databases.iter().flat_map(|one| &one.notes);
    for note in notes.chain(&rebuilt.written.notes) {
        if *note == Note::OrderKept {
            reading.order = RecordOrder::AsFound;
        } else {
            reading.notes.push(note.to_string());
        }
    }
    Ok((sink, reading))
}

impl Listed {
    /// What was read, as a file is told of that is not built.
    pub(crate) fn reading<S: PageSource>(self, source: &S) -> Reading {
        // The metadata page may be what is damaged.
        let opened = DatabaseFile::open(source).ok();
        let mut scan = ScanReport::default();
        (scan.records, scan.deleted) = (self.salvaged.saved, self.deleted);
        Reading {
            version: opened.map_or(0, |file| file.meta().version),
            page_size: self.layout.map_or(0, |layout| layout.page_size),
            endian: self.layout.map_or(Endian::Little, |layout| layout.endian),
            order: RecordOrder::Bytewise,
            digest: self.digest,
            sequence: crate::digest::SequenceDigest::default(),
            unrecognised: scan.records.saturating_sub(self.seen.recognised()),
            scan,
            seen: self.seen,
            notes: Vec::new(),
            salvaged: Some(self.salvaged),
        }
    }
}

/// Reads a file that was built of what was salvaged: its records, and a digest
/// of them.
pub(crate) fn read_again<S: PageSource>(source: S) -> Result<(ScanReport, RecordDigest)> {
    let file = DatabaseFile::open(source).map_err(bad_source)?;
    let mut digester = Content::default();
    let mut report = ScanReport::default();
    for database in databases(&file).map_err(bad_source)? {
        let meta = database.meta();
        let numbered = meta.is_recno() || meta.kind == Kind::Queue;
        let scan = database.scan().map_err(bad_source)?;
        scan.visit(scan.all(), |record| {
            digester.add((!numbered).then_some(record.key), record.value);
            Ok::<_, FileError>(())
        })
        .map_err(bad_source)?;
        let more = scan.finish().map_err(bad_source)?;
        report.records = report.records.saturating_add(more.records);
        report.findings.extend(more.findings);
    }
    Ok((report, digester.0.digest()))
}

/// Records whatever database they are in and whatever their order: with keys
/// or without. Numbers are left aside, for those that are lost are given anew.
#[derive(Debug, Default)]
struct Content(Digester);

impl Content {
    fn add(&mut self, key: Option<&[u8]>, value: &[u8]) {
        match key {
            Some(key) => {
                let mut marked = Vec::with_capacity(key.len().saturating_add(1));
                marked.push(b'k');
                marked.extend_from_slice(key);
                self.0.add_unordered(&marked, value);
            }
            None => {
                self.0.add_unordered(b"n", value);
            }
        }
    }
}

/// A salvaged record as a reader would have given it.
fn as_read<'a>(record: &Salvaged<'a>) -> Record<'a> {
    Record {
        key: record.key.unwrap_or_default(),
        value: record.value,
        number: record.number,
        page: record.page,
        slot: record.slot,
        repeats_key: false,
    }
}

/// A file that is not kept.
struct Nowhere {
    name: String,
}

impl PageSink for Nowhere {
    fn name(&self) -> &str {
        &self.name
    }

    fn write_at(&self, _: u64, _: &[u8]) -> std::io::Result<()> {
        Ok(())
    }
}

/// What ends the listing of a file.
enum Failure {
    File(FileError),
    Run(Error),
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        Self::File(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Run(error)
    }
}
