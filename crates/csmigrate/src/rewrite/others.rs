//! Files that are not one btree with keys: hash and recno databases, queues,
//! several databases in a file. No guide says that a store has any; they are
//! carried all the same. No rule changes their records.

use std::fs::File;
use std::path::Path;

use bdbfile::convert::{Note, convert};
use bdbfile::layout::Kind;
use bdbfile::read::{Database, DatabaseFile, ScanReport};
use bdbfile::source::PageSource;
use bdbfile::{Error as FileError, Workers};

use super::{Reading, Rewritten, bad_source, emptied, not_written, options};
use crate::digest::Digester;
use crate::error::Result;
use crate::knowledge::{FileKnowledge, Seen};
use crate::report::RecordOrder;

/// Reads every record of every database of a file.
pub(super) fn read_only<S: PageSource>(
    file: &DatabaseFile<S>,
    knowledge: &FileKnowledge<'_>,
) -> Result<Reading> {
    let mut digester = Digester::default();
    let mut report = ScanReport::default();
    let mut seen = Seen::default();
    for database in databases(file).map_err(bad_source)? {
        let more = read(&database, &mut digester, &mut seen, knowledge).map_err(bad_source)?;
        report.records = report.records.saturating_add(more.records);
        report.deleted = report.deleted.saturating_add(more.deleted);
        report.more_findings = report.more_findings.saturating_add(more.more_findings);
        report.newest_lsn = report.newest_lsn.max(more.newest_lsn);
        for finding in more.findings {
            // Each scan repeats what opening the file found.
            if !report.findings.contains(&finding) {
                report.findings.push(finding);
            }
        }
    }
    let order = RecordOrder::Bytewise;
    let mut reading = Reading::new(file, order, &digester, report, seen);
    if knowledge.may_change() {
        let kind = if file.meta().is_directory() {
            "several databases in a file"
        } else {
            file.meta().method_name()
        };
        let note = format!("the rules are not applied to its records ({kind})");
        reading.notes.push(note);
    }
    Ok(reading)
}

/// Reads every record and writes them, with their databases, into an empty
/// file.
pub(super) fn rewrite<S: PageSource>(
    input: &DatabaseFile<S>,
    path: &Path,
    file: &File,
    file_id: [u8; 20],
    knowledge: &FileKnowledge<'_>,
    workers: Workers,
) -> Result<Rewritten> {
    let mut reading = read_only(input, knowledge)?;
    // Where there is to be room for the file anyway.
    let options = options(path.parent().unwrap_or(path), file_id, workers);
    let begin = || emptied(path, file);
    let failed = |error: FileError| match error {
        error if error.rule().is_some() => bad_source(error),
        error => not_written(path, error),
    };
    let (sink, converted) = convert(input, begin, &options).map_err(failed)?;
    let notes = converted.databases.iter().flat_map(|one| &one.notes);
    for note in notes.chain(&converted.notes) {
        if *note == Note::OrderKept {
            reading.order = RecordOrder::AsFound;
        } else {
            reading.notes.push(note.to_string());
        }
    }
    Ok((reading, sink))
}

pub(crate) fn databases<S: PageSource>(
    file: &DatabaseFile<S>,
) -> std::result::Result<Vec<Database<'_, S>>, FileError> {
    if !file.meta().is_directory() {
        return Ok(vec![file.database()]);
    }
    file.names()?.iter().map(|entry| file.at(entry)).collect()
}

fn read<S: PageSource>(
    database: &Database<'_, S>,
    digester: &mut Digester,
    seen: &mut Seen,
    knowledge: &FileKnowledge<'_>,
) -> std::result::Result<ScanReport, FileError> {
    let name = database.name().unwrap_or_default();
    // The buckets of a hash database may be others afterwards.
    let ordered = database.meta().kind != Kind::Hash;
    let scan = database.scan()?;
    let mut look = knowledge.look();
    let mut key = Vec::new();
    scan.visit(scan.all(), |record| {
        let _ = look.take(&record);
        // Which database a record is of and which number it has is part of it.
        key.clear();
        key.extend_from_slice(&(name.len() as u64).to_le_bytes());
        key.extend_from_slice(name);
        key.extend_from_slice(&record.number.unwrap_or_default().to_le_bytes());
        key.extend_from_slice(record.key);
        if ordered {
            digester.add(&key, record.value);
        } else {
            digester.add_unordered(&key, record.value);
        }
        Ok::<_, FileError>(())
    })?;
    seen.append(look.finish());
    scan.finish()
}
