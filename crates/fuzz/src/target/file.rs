//! Any bytes as a database file.
//!
//! Whatever they are, each way of reading ends; an error blames the file by a
//! rule. What is found clean can be read in every way, all ways give the same
//! records, and a new file made of it has them too.

use bdbfile::convert::{ConvertOptions, Converted, Note, convert, rebuild};
use bdbfile::layout::Endian;
use bdbfile::read::{Database, DatabaseFile};
use bdbfile::salvage::{Mode, SalvageReport, salvage};
use bdbfile::source::MemorySource;
use bdbfile::verify::{Problem, Verification, verify};
use bdbfile::write::MemorySink;
use bdbfile::{Error, Result, Rule};

use super::one_line;
use crate::seed;

/// Records that are looked up in each database.
const LOOKED_UP: usize = 8;

/// Reads the bytes in every way.
///
/// # Panics
/// Where something does not hold.
pub fn run(bytes: &[u8]) {
    check(bytes);
}

/// The same, and what verification found.
pub(super) fn check(bytes: &[u8]) -> Verification {
    let verified = verify(source(bytes)).expect("memory can be read, and the file is small");
    for problem in verified.findings.iter().chain(&verified.notes) {
        one_line(problem);
    }
    let found = if !verified.is_clean() {
        Found::Perhaps
    } else if verified.notes.iter().any(|it| it.rule == Rule::KeyOrder) {
        Found::Once
    } else {
        Found::All
    };
    let read = blame(read(bytes, found));
    let careful = blame(salvaged(bytes, Mode::Careful));
    let all = blame(salvaged(bytes, Mode::Aggressive));
    assert_eq!(careful.is_some(), all.is_some());
    if let Some(read) = read {
        new_file_has(bytes, read);
    }
    let elsewhere = |problem: &Problem| problem.rule == Rule::QueueExtents;
    if verified.notes.iter().any(elsewhere) {
        // Its records are in other files, which were not given.
        assert!(read.is_none(), "nothing can be read");
        assert!(
            careful.is_some_and(|it| !it.findings.is_empty()),
            "told by salvage"
        );
    } else if verified.is_clean() {
        let read = read.expect("a clean file can be read");
        let careful = careful.expect("a clean file can be salvaged");
        assert_eq!(careful.lost, 0, "nothing is lost of a clean file");
        assert_eq!(
            careful.whole - careful.directory,
            read,
            "salvage gives the records of a clean file: {careful:?}"
        );
    }
    blame(
        rebuild(
            &source(bytes),
            || Ok(MemorySink::new("rebuilt.db")),
            &ConvertOptions::default(),
            |_| {},
        )
        .map(|(sink, rebuilt)| accepted(sink, &rebuilt.written)),
    );
    verified
}

/// Small sound files of every kind.
pub fn seeds() -> Vec<Vec<u8>> {
    let mut seeds: Vec<Vec<u8>> = seed::databases().into_iter().map(|one| one.bytes).collect();
    seeds.extend(seed::samples(20_000));
    seeds
}

fn source(bytes: &[u8]) -> MemorySource {
    MemorySource::new("input.db", bytes.to_vec())
}

/// The result, or that the file is to blame, by a rule or a budget.
fn blame<T>(result: Result<T>) -> Option<T> {
    match result {
        Ok(done) => Some(done),
        Err(error) => {
            one_line(&error);
            assert!(
                error.rule().is_some()
                    || matches!(error, Error::Limit { .. } | Error::Parameter(_)),
                "not the file's fault: {error}"
            );
            None
        }
    }
}

/// What a lookup gives of what a scan has given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// In a damaged file, perhaps nothing.
    Perhaps,
    /// Where keys are not in bytewise order a key may stand in two places, and
    /// nothing tells damage from an order of the application's own: something.
    Once,
    /// In any other clean file, all.
    All,
}

/// All records of all databases, by a scan, one by one and by lookup; how many
/// there are.
fn read(bytes: &[u8], found: Found) -> Result<u64> {
    let file = DatabaseFile::open(source(bytes))?;
    let mut databases = vec![];
    if file.meta().is_directory() {
        for entry in file.names()? {
            databases.push(file.at(&entry)?);
        }
    } else {
        databases.push(file.database());
    }
    let mut count = 0;
    for database in &databases {
        count += read_database(database, found)?;
    }
    Ok(count)
}

fn read_database(database: &Database<'_, MemorySource>, to_be: Found) -> Result<u64> {
    let mut count = 0;
    let mut first = Vec::new();
    let scan = database.scan()?;
    let visited = scan.visit(scan.all(), |record| {
        if first.len() < LOOKED_UP {
            first.push((record.number, record.key.to_vec(), record.value.to_vec()));
        }
        count += 1;
        Ok::<_, Error>(())
    });
    // What comes one by one is what a scan comes to.
    let mut one_by_one = 0;
    let mut ended = Ok(());
    for record in database.records() {
        match record {
            Ok(_) => one_by_one += 1,
            Err(error) => ended = Err(error),
        }
    }
    visited?;
    scan.finish()?;
    ended?;
    assert_eq!(one_by_one, count, "both ways of reading give the same");
    for (number, key, value) in first {
        let found = match number {
            Some(number) => database.get_record(number)?.into_iter().collect(),
            None => database.get(&key)?,
        };
        let right = match to_be {
            Found::Perhaps => true,
            Found::Once => !found.is_empty(),
            Found::All => found.contains(&value),
        };
        assert!(right, "{key:02x?} is found");
    }
    Ok(count)
}

fn salvaged(bytes: &[u8], mode: Mode) -> Result<SalvageReport> {
    salvage(source(bytes), mode, |_| Ok::<_, Error>(()))
}

/// Converts a file of which so many records are read.
fn new_file_has(bytes: &[u8], records: u64) {
    let file = DatabaseFile::open(source(bytes)).expect("it was opened before");
    let options = ConvertOptions {
        endian: Endian::Big,
        ..ConvertOptions::default()
    };
    let made = convert(&file, || Ok(MemorySink::new("new.db")), &options);
    if let Some((sink, converted)) = blame(made) {
        assert_eq!(converted.records(), records);
        accepted(sink, &converted);
    }
}

/// What we write is clean; where it is told that an order was kept that is not
/// bytewise, but for that.
fn accepted(sink: MemorySink, converted: &Converted) {
    let found = verify(MemorySource::new("new.db", sink.into_bytes())).expect("it is in memory");
    let mut notes = converted.databases.iter().flat_map(|one| &one.notes);
    let kept = notes.any(|note| matches!(note, Note::OrderKept | Note::DuplicateOrderKept));
    for problem in found.findings {
        let of_order = matches!(
            problem.rule,
            Rule::KeyOrder | Rule::DuplicateOrder | Rule::KeyBounds
        );
        assert!(kept && of_order, "we wrote this: {problem}");
    }
}
