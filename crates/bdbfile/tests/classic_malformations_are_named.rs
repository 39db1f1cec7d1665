//! The malformations that other readers hang on, die of or pass over in
//! silence: each is put into files of every kind that has what it damages, and
//! each is named, by rule, place and value, with the work bounded by the size
//! of the file.

#[path = "support/edit.rs"]
mod edit;
#[path = "support/kinds.rs"]
mod kinds;
#[path = "support/malformations.rs"]
mod malformations;
mod support;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bdbfile::layout::{Endian, Preamble};
use bdbfile::read::DatabaseFile;
use bdbfile::salvage::{Mode, Origin, SalvageReport, State, salvage};
use bdbfile::source::{MemorySource, PageSource};
use bdbfile::verify::{Verification, verify};
use bdbfile::{Error, Rule};
use edit::Edited;
use kinds::{Base, PAGE_SIZE};
use malformations::{Case, Expected, Read, groups};
use support::samples;

/// The most pages that may be read of a file in one way of reading it, for each
/// page that it has.
const READS_A_PAGE: u64 = 50;

/// A source that counts what is read of it.
struct Counted {
    inner: MemorySource,
    bytes: AtomicU64,
}

impl Counted {
    fn new(bytes: &[u8]) -> Self {
        Self {
            inner: MemorySource::new("damaged.db", bytes.to_vec()),
            bytes: AtomicU64::new(0),
        }
    }

    /// Pages read so far, parts of pages as whole ones.
    fn pages(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

impl PageSource for Counted {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn len(&self) -> u64 {
        self.inner.len()
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        let pages = (len as u64).div_ceil(PAGE_SIZE.into());
        self.bytes.fetch_add(pages, Ordering::Relaxed);
        self.inner.bytes(offset, len)
    }
}

/// A record of any database of a file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Known {
    database: Vec<u8>,
    key: Vec<u8>,
    number: Option<u32>,
    value: Vec<u8>,
}

/// What a scan of all databases gave.
#[derive(Debug, Default)]
struct Scanned {
    records: Vec<Known>,
    findings: Vec<Rule>,
    deleted: u64,
}

/// All records of all named databases, or of the only one.
fn scan<S: PageSource>(source: S) -> Result<Scanned, Error> {
    let file = DatabaseFile::open(source)?;
    let mut databases = Vec::new();
    if file.meta().is_directory() {
        for entry in file.names()? {
            databases.push((entry.name.clone(), file.at(&entry)?));
        }
    } else {
        databases.push((Vec::new(), file.database()));
    }
    let mut all = Scanned::default();
    for (name, database) in databases {
        let scan = database.scan()?;
        scan.visit(scan.all(), |record| {
            all.records.push(Known {
                database: name.clone(),
                key: record.key.to_vec(),
                number: record.number,
                value: record.value.to_vec(),
            });
            Ok::<_, Error>(())
        })?;
        let report = scan.finish()?;
        all.deleted += report.deleted;
        all.findings
            .extend(report.findings.iter().map(|finding| finding.rule));
    }
    Ok(all)
}

fn check_work(what: &str, source: &Counted) {
    let most = READS_A_PAGE * source.len().div_ceil(PAGE_SIZE.into()).max(1);
    let pages = source.pages();
    assert!(pages <= most, "{what}: {pages} pages read, {most} allowed");
}

#[test]
fn every_one_is_named() {
    let (mut files, mut cases) = (0, 0);
    let mut failed = Vec::new();
    for (group, all) in groups() {
        for case in all {
            cases += 1;
            for base in case.bases {
                for (endian, checksums) in variants(&case) {
                    files += 1;
                    let name = format!("{group}: {}: {base:?}, {endian}, {checksums}", case.name);
                    let sound = Sound::of(*base, endian, checksums);
                    let mut file = Edited::new(sound.bytes.clone(), endian, PAGE_SIZE, checksums);
                    let Some(expected) = (case.damage)(&mut file) else {
                        failed.push(format!("{name}: nothing to damage"));
                        continue;
                    };
                    let damaged = if case.unsealed {
                        file.bytes
                    } else {
                        file.sealed()
                    };
                    failed.extend(judge(&name, &sound, &damaged, &expected));
                }
            }
        }
    }
    println!("{cases} malformations in {files} files");
    for line in &failed {
        println!("{line}");
    }
    assert!(failed.is_empty(), "{} of them", failed.len());
}

/// The byte orders and checksums that a malformation is tried with.
fn variants(case: &Case) -> Vec<(Endian, bool)> {
    Endian::BOTH
        .into_iter()
        .flat_map(|endian| [(endian, false), (endian, true)])
        .filter(|(_, checksums)| case.checksums.is_none_or(|wanted| wanted == *checksums))
        .collect()
}

/// A file before it is damaged, and what is in it.
struct Sound {
    bytes: Vec<u8>,
    records: Vec<Known>,
}

impl Sound {
    fn new(bytes: Vec<u8>) -> Self {
        let source = MemorySource::new("sound.db", bytes.clone());
        let records = scan(source).unwrap().records;
        Self { bytes, records }
    }

    /// The one of a kind, made once.
    fn of(base: Base, endian: Endian, checksums: bool) -> Arc<Self> {
        type Made = BTreeMap<(Base, bool, bool), Arc<Sound>>;
        static MADE: Mutex<Made> = Mutex::new(BTreeMap::new());
        let key = (base, endian == Endian::Big, checksums);
        let mut made = MADE.lock().unwrap();
        let sound = made
            .entry(key)
            .or_insert_with(|| Arc::new(Self::new(base.build(endian, checksums))));
        Arc::clone(sound)
    }
}

/// The rules that are to be told of and are not.
fn untold(name: &str, wanted: &[Rule], told: &[Rule]) -> Vec<String> {
    let missing = wanted.iter().filter(|rule| !told.contains(rule));
    missing
        .map(|rule| format!("{name}: no {rule:?} in {told:?}"))
        .collect()
}

/// What is not as expected.
fn judge(name: &str, whole: &Sound, damaged: &[u8], expected: &Expected) -> Vec<String> {
    let mut failed = Vec::new();
    let source = Counted::new(damaged);
    let scanned = scan(&source);
    check_work(name, &source);
    match (&expected.read, scanned) {
        (Read::Refused(rule, place, found), Err(Error::Format(error))) => {
            if (error.rule, error.place) != (*rule, *place) || !error.found.contains(found) {
                failed.push(format!(
                    "{name}: {rule:?} {place}: {found}\n  but {:?} {error}",
                    error.rule
                ));
            }
        }
        (Read::All(findings), Ok(scanned)) => {
            if scanned.records != whole.records {
                failed.push(format!(
                    "{name}: {} records of {}",
                    scanned.records.len(),
                    whole.records.len()
                ));
            }
            failed.extend(untold(name, findings, &scanned.findings));
        }
        (Read::Fewer(findings), Ok(scanned)) => {
            let all: BTreeSet<_> = whole.records.iter().collect();
            let known = scanned.records.iter().all(|record| all.contains(record));
            if !known || scanned.records.len() >= whole.records.len() {
                failed.push(format!(
                    "{name}: {} records of {}",
                    scanned.records.len(),
                    whole.records.len()
                ));
            }
            failed.extend(untold(name, findings, &scanned.findings));
        }
        (Read::Deleted(count), Ok(scanned)) => {
            let fewer = whole.records.len() - scanned.records.len();
            if (fewer as u64, scanned.deleted) != (*count, *count) {
                failed.push(format!(
                    "{name}: {fewer} fewer, {} deleted, not {count}",
                    scanned.deleted
                ));
            }
        }
        (Read::Altered, Ok(scanned)) => {
            if scanned.records.len() != whole.records.len() || scanned.records == whole.records {
                failed.push(format!(
                    "{name}: {} records of {}",
                    scanned.records.len(),
                    whole.records.len()
                ));
            }
        }
        (_, Ok(scanned)) => failed.push(format!(
            "{name}: read: {} of {} {:?}",
            scanned.records.len(),
            whole.records.len(),
            scanned.findings
        )),
        (_, Err(error)) => failed.push(format!("{name}: refused: {:?} {error}", error.rule())),
    }
    let source = Counted::new(damaged);
    let found = verify(&source).unwrap();
    check_work(name, &source);
    failed.extend(judge_verify(name, &found, expected));
    failed.extend(judge_lookups(name, &whole.records, damaged, expected));
    failed.extend(judge_salvage(name, &whole.records, damaged, expected));
    failed
}

/// The key or number of a record, by which it is looked up.
type Asked<'a> = (&'a [u8], Option<u32>);

/// Keys looked up in a damaged file, at most.
const LOOKUPS: usize = 40;

/// What lookups give that is wrong: each of a key or number gives what the sound
/// file has, or an error that blames the file.
fn judge_lookups(name: &str, whole: &[Known], damaged: &[u8], expected: &Expected) -> Vec<String> {
    let source = Counted::new(damaged);
    let Ok(file) = DatabaseFile::open(&source) else {
        return Vec::new();
    };
    if file.meta().is_directory() {
        return Vec::new();
    }
    let mut right: BTreeMap<Asked<'_>, Vec<&[u8]>> = BTreeMap::new();
    for record in whole {
        let values = right.entry((&record.key, record.number)).or_default();
        values.push(&record.value);
    }
    // What leads to other bytes and nothing on the way tells.
    let misleads = expected.read.changes_records() || expected.may_mislead;
    let mut failed = Vec::new();
    let database = file.database();
    let step = right.len().div_ceil(LOOKUPS);
    for ((key, number), values) in right.into_iter().step_by(step) {
        let before = source.pages();
        let found = match number {
            None => database.get(key),
            Some(number) => database
                .get_record(number)
                .map(|found| found.into_iter().collect()),
        };
        let most = READS_A_PAGE * u64::from(file.page_count());
        assert!(source.pages() - before <= most, "{name}: lookup");
        match found {
            Ok(found) if found == values || misleads => {}
            Ok(found) => failed.push(format!(
                "{name}: lookup of {} {number:?}: {} of {} in silence",
                key.escape_ascii(),
                found.len(),
                values.len()
            )),
            Err(error) if error.rule().is_some() => {}
            Err(error) => failed.push(format!("{name}: lookup: {error}")),
        }
    }
    failed
}

/// What a salvage gives that is wrong: a whole record in use that the sound file
/// does not have, or too few without a word of what is lost.
fn judge_salvage(name: &str, whole: &[Known], damaged: &[u8], expected: &Expected) -> Vec<String> {
    let mut failed = Vec::new();
    let mut known: BTreeSet<(&[u8], &[u8])> = BTreeSet::new();
    for record in whole {
        known.insert((&record.key, &record.value));
    }
    for mode in [Mode::Careful, Mode::Aggressive] {
        let source = Counted::new(damaged);
        let (mut invented, mut given) = (0_u64, 0);
        let report = salvage(&source, mode, |record| {
            if (record.state, record.origin) == (State::Whole, Origin::Live) {
                given += 1;
                let pair = (record.key.unwrap_or_default(), record.value);
                invented += u64::from(!known.contains(&pair));
            }
            Ok::<_, Error>(())
        });
        check_work(name, &source);
        match report {
            Ok(report) => {
                if invented > 0 && !expected.read.changes_records() && !expected.may_mislead {
                    failed.push(format!("{name}: {mode:?} salvage: {invented} invented"));
                }
                // The careful one leaves chains that no item names alone: they
                // may be those of keys on internal pages.
                let silent = mode == Mode::Aggressive && !tells_of_a_loss(&report);
                if given < whole.len() && silent {
                    let of = whole.len();
                    failed.push(format!(
                        "{name}: {mode:?} salvage: {given} of {of} in silence"
                    ));
                }
            }
            Err(error) if error.rule().is_some() => {}
            Err(error) => failed.push(format!("{name}: {mode:?} salvage: {error}")),
        }
    }
    failed
}

/// Whether a salvage says that something is or may be missing.
fn tells_of_a_loss(report: &SalvageReport) -> bool {
    let counts = [
        report.lost,
        report.value_cut,
        report.key_lost,
        report.fragments,
        report.loose,
        report.deleted_passed_over,
        report.deleted,
        u64::from(report.unsound),
        u64::from(report.zeros),
        report.findings.len() as u64,
    ];
    counts.iter().any(|count| *count > 0)
}

fn judge_verify(name: &str, found: &Verification, expected: &Expected) -> Option<String> {
    let Some((rule, place)) = expected.verify else {
        return (!found.is_clean()).then(|| format!("{name}: verify: {:?}", found.findings));
    };
    let named = found
        .findings
        .iter()
        .any(|problem| (problem.rule, problem.place) == (rule, place));
    (!named).then(|| {
        let listed: Vec<_> = found
            .findings
            .iter()
            .take(4)
            .map(|problem| format!("{:?} {problem}", problem.rule))
            .collect();
        format!("{name}: verify: {rule:?} {place}\n  but {listed:#?}")
    })
}

/// Files of the kinds and generations that are not written, of real libraries:
/// those that have what a base has.
fn files_like(root: &Path, base: Base) -> Vec<(String, Vec<u8>)> {
    let names: &[&str] = match base {
        Base::Btree => &["bt-ovfl-le-512", "bt-ovfl-be-512"],
        Base::Duplicates => &["bt-offdup-le", "bt-offdup-be"],
        Base::Counted => &["bt-recnum-le", "bt-recnum-be"],
        Base::Recno => &["rn-var-le", "rn-var-be"],
        Base::Hash | Base::Wide => &["h-ovfl-le-512", "h-ovfl-be-512"],
        Base::HashDuplicates => &["h-offdup-le", "h-offdup-be", "h-dup-le", "h-dup-be"],
        Base::Queue => &["q-fix-le", "q-fix-be"],
        Base::Sorted | Base::Named => &[],
    };
    let mut found = Vec::new();
    for writer in [
        "x86-2.7.7",
        "x64-3.0.55",
        "sparc-3.2.9",
        "x86-4.2.52",
        "x64-5.3.28",
    ] {
        for name in names {
            let path = root.join(writer).join(format!("{name}.db"));
            let Ok(bytes) = std::fs::read(&path) else {
                continue;
            };
            // Some releases write queues that have something wrong to begin with.
            let source = MemorySource::new("sound.db", bytes.clone());
            if verify(source).unwrap().is_clean() {
                found.push((format!("{writer} {name}"), bytes));
            }
        }
    }
    found
}

/// The same damages in files of other generations. Metadata pages are laid out
/// otherwise there, and are left alone.
#[test]
fn every_one_is_named_in_files_of_real_libraries() {
    let Some(root) = samples() else {
        return;
    };
    let (mut damaged_files, mut failed) = (0, Vec::new());
    let of_pages = [
        "Loops",
        "Wrong pages in a chain",
        "Children and levels",
        "Items and entries",
        "Page numbers past the end",
        "Lengths that contradict each other",
        "Orders, counts and marks",
    ];
    for (group, all) in groups()
        .into_iter()
        .filter(|(group, _)| of_pages.contains(group))
    {
        for case in all.iter().filter(|case| case.checksums != Some(true)) {
            for base in case.bases {
                for (sample, sound) in files_like(&root, *base) {
                    let preamble = Preamble::read(&sound).unwrap();
                    let size = preamble.page_size;
                    let mut file = Edited::new(sound.clone(), preamble.endian, size, false);
                    let Some(expected) = (case.damage)(&mut file) else {
                        continue;
                    };
                    if file.bytes[..512] != sound[..512] {
                        continue;
                    }
                    damaged_files += 1;
                    let name = format!("{group}: {}: {sample}", case.name);
                    let sound = Sound::new(sound);
                    failed.extend(judge(&name, &sound, &file.bytes, &expected));
                }
            }
        }
    }
    println!("{damaged_files} damaged files of real libraries");
    for line in &failed {
        println!("{line}");
    }
    assert!(failed.is_empty(), "{} of them", failed.len());
    assert!(damaged_files > 300);
}

/// What is written in the table of `docs/malformations.md` of one of them.
fn row(case: &Case) -> String {
    let mut said: Vec<(String, String)> = Vec::new();
    for base in case.bases {
        for (endian, checksums) in variants(case) {
            let mut file = Edited::new(
                Sound::of(*base, endian, checksums).bytes.clone(),
                endian,
                PAGE_SIZE,
                checksums,
            );
            let expected = (case.damage)(&mut file).unwrap();
            let told = |findings: &[Rule]| {
                let rules = findings.iter().map(|rule| format!(", told: `{rule:?}`"));
                rules.collect::<String>()
            };
            let read = match &expected.read {
                Read::Refused(rule, ..) => format!("`{rule:?}`"),
                Read::All(findings) => format!("all records{}", told(findings)),
                Read::Fewer(findings) => format!("fewer records{}", told(findings)),
                Read::Deleted(_) => "all but what is marked".to_owned(),
                Read::Altered => "other bytes, not seen".to_owned(),
            };
            let verified = match expected.verify {
                Some((rule, _)) => format!("`{rule:?}`"),
                None if matches!(expected.read, Read::Fewer(_)) => "a note".to_owned(),
                None => "sound".to_owned(),
            };
            said.push((read, verified));
        }
    }
    said.dedup();
    let [(read, verified)] = said.as_slice() else {
        panic!("{}: not the same in all files: {said:?}", case.name);
    };
    format!("| {} | {read} | {verified} |", case.name)
}

/// Where the table is.
const DOCUMENT: &str = "../../docs/malformations.md";

/// The heading of each part of it.
const HEAD: &str = "| What is wrong | Reading | `verify` | `db5.3_verify` | `db5.3_dump` |\n\
                    |---|---|---|---|---|";

/// `docs/malformations.md` says what is asserted here. With
/// `MALFORMATIONS_BLESS=1` its table is written anew, and the real library's
/// programs are asked, in a directory of their own.
#[test]
fn the_document_has_the_same_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DOCUMENT);
    let bless = std::env::var_os("MALFORMATIONS_BLESS").is_some();
    let mut table = String::new();
    let mut rows = Vec::new();
    for (group, all) in groups() {
        writeln!(table, "\n### {group}\n\n{HEAD}").unwrap();
        for case in &all {
            let row = row(case);
            if bless {
                let (verify, dump) = theirs(case);
                writeln!(table, "{row} {verify} | {dump} |").unwrap();
            }
            rows.push(row);
        }
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, _) = text.split_once("\n### ").unwrap();
    if bless {
        std::fs::write(&path, format!("{head}{table}")).unwrap();
        return;
    }
    let written: Vec<&str> = text
        .lines()
        .skip_while(|line| !line.starts_with("### "))
        .filter(|line| line.starts_with("| ") && !line.starts_with("| What is wrong"))
        .collect();
    for (row, written) in rows.iter().zip(&written) {
        assert!(
            written.starts_with(row.as_str()),
            "{written}\nwhere it is\n{row}"
        );
    }
    assert_eq!(rows.len(), written.len(), "MALFORMATIONS_BLESS=1 writes it");
}

/// What `db5.3_verify` and `db5.3_dump` do with the little-endian ones of a
/// case's files.
fn theirs(case: &Case) -> (String, String) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("damaged.db");
    let checksums = case.checksums == Some(true);
    let (mut verified, mut dumped) = (BTreeSet::new(), BTreeSet::new());
    for base in case.bases {
        let sound = base.build(Endian::Little, checksums);
        std::fs::write(&path, &sound).unwrap();
        let whole = theirs_of(&path, "db5.3_dump").1;
        let mut file = Edited::new(sound, Endian::Little, PAGE_SIZE, checksums);
        (case.damage)(&mut file).unwrap();
        let damaged = if case.unsealed {
            file.bytes
        } else {
            file.sealed()
        };
        std::fs::write(&path, &damaged).unwrap();
        verified.insert(match theirs_of(&path, "db5.3_verify").0 {
            End::Exit(0) => "passes".to_owned(),
            end => end.to_string(),
        });
        std::fs::write(&path, &damaged).unwrap();
        dumped.insert(match theirs_of(&path, "db5.3_dump") {
            (End::Exit(0), text) if records_of(&text) == records_of(&whole) => "all".to_owned(),
            (End::Exit(0), text) if text.len() < whole.len() => "fewer, in silence".to_owned(),
            (End::Exit(0), _) => "others, in silence".to_owned(),
            (end, _) => end.to_string(),
        });
    }
    let joined = |all: BTreeSet<String>| all.into_iter().collect::<Vec<_>>().join("; ");
    (joined(verified), joined(dumped))
}

/// The records in the text of `db_dump`, behind its heading.
fn records_of(text: &[u8]) -> Option<&[u8]> {
    let end = b"HEADER=END\n";
    let at = text.windows(end.len()).position(|window| window == end)?;
    text.get(at..)
}

/// How a program of the real library ended.
enum End {
    Exit(i32),
    Killed,
    Signal(i32),
}

impl std::fmt::Display for End {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exit(_) => f.write_str("error"),
            Self::Killed => f.write_str("**hangs**"),
            Self::Signal(6) => f.write_str("**dies** (abort)"),
            Self::Signal(8) => f.write_str("**dies** (division by zero)"),
            Self::Signal(11) => f.write_str("**dies** (bad address)"),
            Self::Signal(number) => write!(f, "**dies** (signal {number})"),
        }
    }
}

/// Runs one of them for at most two seconds, with at most 16 MiB of output.
fn theirs_of(path: &Path, program: &str) -> (End, Vec<u8>) {
    let output = path.with_extension("out");
    let status = std::process::Command::new("sh")
        .env_remove("LD_LIBRARY_PATH")
        .args([
            "-c",
            "ulimit -f 32768; timeout -s KILL 2 \"$0\" \"$1\" >\"$2\" 2>&1",
        ])
        .args([program.as_ref(), path.as_os_str(), output.as_os_str()])
        .status()
        .unwrap();
    let text = std::fs::read(&output).unwrap();
    let end = match status.code() {
        // Killed for its time, or for its output.
        Some(137 | 153) | None => End::Killed,
        Some(code) if code > 128 => End::Signal(code - 128),
        Some(code) => End::Exit(code),
    };
    (end, text)
}
