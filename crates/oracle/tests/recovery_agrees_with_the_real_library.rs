//! Random transactional work of the real library is killed at a random moment;
//! the recovery of the real library on one copy and ours on another give the
//! same files with the same records, ours pass verification, and ours writes
//! nothing.
//!
//! The workloads are the same in every run. `CSMIGRATE_WORKLOADS` makes more or
//! fewer, `CSMIGRATE_WORKLOAD_FROM` (a number) others.

mod support;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use bdbfile::log::EnvironmentFiles;
use bdbfile::read::{Database as Read, DatabaseFile, OwnedRecord};
use bdbfile::recover::{FileState, Given, Outcome, RecoverOptions, Recovered, Refusal, recover};
use bdbfile::source::{FileSource, PageSource};
use oracle::workload::{Event, Happened, Workload};
use oracle::{Database, DatabaseOptions, Method, Record};
use support::chance::{Chance, number};
use support::names;

/// Workloads to compare, unless `CSMIGRATE_WORKLOADS` says otherwise.
const WORKLOADS: u64 = 500;
/// From so many on every event must have happened somewhere.
const ENOUGH: u64 = 300;
const THREADS: usize = 2;
/// For a hundred workloads, how many more may be none for a comparison: the
/// library fails at the work, or at recovery, or leaves a file that it refuses.
const FAULTS: u64 = 5;

/// The records of a database: in the order of a btree or of numbers; of a hash
/// database by key, each key's in their order.
#[derive(Debug, PartialEq, Eq)]
enum Contents {
    Ordered(Vec<Record>),
    ByKey(BTreeMap<Vec<u8>, Vec<Vec<u8>>>),
    Numbered(Vec<(u32, Vec<u8>)>),
}

impl Contents {
    fn len(&self) -> usize {
        match self {
            Self::Ordered(records) => records.len(),
            Self::ByKey(keys) => keys.values().map(Vec::len).sum(),
            Self::Numbered(records) => records.len(),
        }
    }
}

fn by_key(records: Vec<Record>) -> Contents {
    let mut keys: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
    for (key, value) in records {
        keys.entry(key).or_default().push(value);
    }
    Contents::ByKey(keys)
}

/// The databases of a file by their names; of a file of one database it is
/// empty.
type Databases = BTreeMap<Vec<u8>, Contents>;

/// The files of a store by their names. One that only keeps the name of another
/// is `None`.
type Files = BTreeMap<String, Option<Databases>>;

/// The files of a directory that may hold databases: no logs, no regions, no
/// files under way to be made or removed.
fn database_files(dir: &Path) -> Vec<String> {
    let mut found = names(dir);
    found.retain(|name| !name.starts_with("log.") && !name.starts_with("__db."));
    found
}

/// Whether a file only keeps the name of one that is being removed or renamed.
/// The library leaves such a file behind, and not the other, where the record of
/// it had not reached the log.
fn is_placeholder(page: &[u8]) -> bool {
    const MAGIC: u32 = 0x0003_0800;
    let magic = page.get(12..16).map(|magic| magic.try_into().unwrap());
    magic.is_some_and(|magic| {
        [u32::from_le_bytes(magic), u32::from_be_bytes(magic)].contains(&MAGIC)
    })
}

/// What the real library says and does in a process of its own: at some work
/// it goes on without end, or ends with a signal.
fn library(arguments: &[&str], dir: &Path) -> Result<String, String> {
    let run = Command::new("timeout")
        .args(["-s", "KILL", "20", env!("CARGO_BIN_EXE_workload")])
        .args(arguments)
        .arg(dir)
        .output()
        .unwrap();
    if run.status.success() {
        return Ok(String::from_utf8(run.stdout).unwrap());
    }
    let said = String::from_utf8_lossy(&run.stderr);
    Err(format!("{}: {}", run.status, said.trim()))
}

/// What the real library makes of a store by its recovery, in place.
fn theirs(dir: &Path) -> Result<Files, oracle::Error> {
    let mut files = Files::new();
    for name in database_files(dir) {
        let path = dir.join(&name);
        let databases = if is_placeholder(&fs::read(&path).unwrap()) {
            None
        } else {
            oracle::verify(&path)?;
            Some(their_databases(&path)?)
        };
        files.insert(name, databases);
    }
    Ok(files)
}

fn their_databases(path: &Path) -> Result<Databases, oracle::Error> {
    let plain = DatabaseOptions::default();
    let whole = Database::open_read_only(None, path, &plain)?;
    let named = whole.subdatabases()?;
    if named.is_empty() {
        return Ok([(Vec::new(), their_contents(&whole)?)].into());
    }
    named
        .into_iter()
        .map(|name| {
            let options = DatabaseOptions {
                name: Some(name.clone()),
                ..DatabaseOptions::default()
            };
            let database = Database::open_read_only(None, path, &options)?;
            Ok((name.into_bytes(), their_contents(&database)?))
        })
        .collect()
}

fn their_contents(database: &Database) -> Result<Contents, oracle::Error> {
    Ok(match database.method()?.unwrap() {
        Method::Btree => Contents::Ordered(database.read_all()?),
        Method::Hash => by_key(database.read_all()?),
        Method::Recno | Method::Queue => Contents::Numbered(database.read_numbered()?),
    })
}

/// What `bdbfile` makes of a store by its recovery, and the highest bucket of a
/// hash database in it.
fn ours(dir: &Path) -> Result<(Files, u32), Trial> {
    let recovered = recovered(dir)?;
    let (mut files, mut highest) = (Files::new(), 0);
    for file in recovered.files {
        let start = file.source.len().min(512);
        let start = file.source.bytes(0, usize::try_from(start).unwrap());
        let start = start.map_err(|error| Trial::Failed(error.to_string()))?;
        let placeholder = is_placeholder(&start);
        if file.state == FileState::Removed || file.name.starts_with("__db.") {
            continue;
        }
        if placeholder {
            // It may stand beside the file that got its name back.
            files.entry(file.name).or_insert(None);
            continue;
        }
        let databases = our_databases(file.source, &mut highest)
            .map_err(|text| Trial::Failed(format!("{} ({:?}): {text}", file.name, file.state)))?;
        files.insert(file.name, Some(databases));
    }
    Ok((files, highest))
}

/// What our recovery makes of copies whose pages are of several ages, as those
/// of a store that is copied while it works: each page as it lies in the store,
/// or as recovery makes it.
fn of_several_ages(dir: &Path, seed: u64) -> Result<Files, Trial> {
    let mixed = room();
    copy_all(dir, mixed.path());
    let mut chance = Chance(seed);
    for file in recovered(dir)?.files {
        if !matches!(file.state, FileState::Kept | FileState::Changed) {
            continue;
        }
        let Ok(database) = DatabaseFile::open(file.source.clone()) else {
            continue;
        };
        let size = database.layout().page_len();
        let path = mixed.path().join(&file.name);
        let mut pages = fs::read(&path).unwrap();
        let len = usize::try_from(file.source.len()).unwrap();
        let after = file.source.bytes(0, len).unwrap();
        pages.resize(pages.len().max(len), 0);
        for (page, after) in pages.chunks_mut(size).zip(after.chunks(size)) {
            if chance.percent(50) {
                page[..after.len()].copy_from_slice(after);
            }
        }
        fs::write(&path, pages).unwrap();
    }
    ours(mixed.path()).map(|(files, _)| files)
}

/// Our recovery of a store.
fn recovered(dir: &Path) -> Result<Recovered, Trial> {
    let is_region = |name: &str| name.len() == "__db.001".len() && name.starts_with("__db.");
    let given = names(dir)
        .into_iter()
        .filter(|name| !name.starts_with("log.") && !is_region(name))
        .map(|name| Given {
            source: Arc::new(FileSource::open(&dir.join(&name)).unwrap()),
            name,
        })
        .collect();
    let failed = |error: bdbfile::Error| Trial::Failed(error.to_string());
    let logs = EnvironmentFiles::find(dir).map_err(failed)?;
    let outcome = recover(&logs.logs, given, &RecoverOptions::default());
    match outcome.map_err(failed)? {
        Outcome::Recovered(recovered) => Ok(recovered),
        // The library removes a file by its name that was made anew in the
        // transaction that removed the one before, and goes on as if it were
        // there; its recovery is silent about it.
        Outcome::Refused(Refusal::FileMissing { name, lsn }) if !dir.join(&name).exists() => Err(
            Trial::LibraryFails(format!("{name}, changed at {lsn}, is lost")),
        ),
        Outcome::Refused(refusal) => Err(Trial::Failed(format!("refused: {refusal}"))),
    }
}

/// What `bdbfile` reads in files that the library says are sound, without a look
/// at any log.
fn as_they_are(dir: &Path) -> Result<Files, Trial> {
    let mut files = Files::new();
    for name in database_files(dir) {
        let source = Arc::new(FileSource::open(&dir.join(&name)).unwrap());
        let len = usize::try_from(source.len().min(512)).unwrap();
        let placeholder = is_placeholder(&source.bytes(0, len).unwrap());
        let databases = if placeholder {
            None
        } else {
            let databases = read(source, &mut 0);
            Some(databases.map_err(|error| Trial::Failed(format!("what it recovered: {error}")))?)
        };
        files.insert(name, databases);
    }
    Ok(files)
}

/// What `bdbfile` reads in a file, which it must find sound.
fn our_databases<S: PageSource + Clone>(source: S, highest: &mut u32) -> Result<Databases, String> {
    let verdict = bdbfile::verify::verify(source.clone()).map_err(|error| error.to_string())?;
    if let Some(problem) = verdict.findings.first() {
        return Err(format!("not sound: {problem}"));
    }
    read(source, highest).map_err(|error| error.to_string())
}

fn read<S: PageSource>(source: S, highest: &mut u32) -> bdbfile::Result<Databases> {
    let file = DatabaseFile::open(source)?;
    if !file.meta().is_directory() {
        return Ok([(Vec::new(), our_contents(&file.database(), highest)?)].into());
    }
    let named = file.names()?;
    if named.is_empty() {
        return Ok([(Vec::new(), Contents::Ordered(Vec::new()))].into());
    }
    named
        .into_iter()
        .map(|entry| {
            let contents = our_contents(&file.at(&entry)?, highest)?;
            Ok((entry.name, contents))
        })
        .collect()
}

fn our_contents<S: PageSource>(
    database: &Read<'_, S>,
    highest: &mut u32,
) -> bdbfile::Result<Contents> {
    if let Some(hash) = database.meta().hash() {
        *highest = hash.max_bucket.max(*highest);
    }
    let records: Vec<OwnedRecord> = database.records().collect::<Result<_, _>>()?;
    let method = database.meta().method_name();
    if ["recno", "queue"].contains(&method) {
        let numbered = |record: OwnedRecord| (record.number.unwrap_or_default(), record.value);
        return Ok(Contents::Numbered(
            records.into_iter().map(numbered).collect(),
        ));
    }
    let pairs = records
        .into_iter()
        .map(|record| (record.key, record.value))
        .collect();
    Ok(match method {
        "hash" => by_key(pairs),
        _ => Contents::Ordered(pairs),
    })
}

/// How the trial of a workload went.
enum Trial {
    Agreed {
        happened: Happened,
        highest_bucket: u32,
        logs: usize,
        files: usize,
        records: usize,
    },
    /// The library failed at the work, or its own recovery did.
    LibraryFails(String),
    Failed(String),
}

fn copy_all(from: &Path, to: &Path) {
    for name in names(from) {
        fs::copy(from.join(&name), to.join(&name)).unwrap();
    }
}

/// The bytes of all files of a directory.
fn bytes(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let read = |name: String| {
        let bytes = fs::read(dir.join(&name)).unwrap();
        (name, bytes)
    };
    names(dir).into_iter().map(read).collect()
}

/// A temporary directory, in memory where there is room: nothing in it has to
/// last.
fn room() -> tempfile::TempDir {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// Recovery from the first record of the log, as the program names it.
const WHOLE_LOG: &str = "catastrophic";

/// What the real library's recovery makes of a copy of a store. We read the
/// same in its files.
fn judge(store: &Path, recovery: &str) -> Result<Files, Trial> {
    let copy = room();
    copy_all(store, copy.path());
    library(&["--recover", recovery], copy.path())
        .map_err(|text| Trial::LibraryFails(format!("the recovery: {text}")))?;
    let theirs = theirs(copy.path())
        .map_err(|error| Trial::LibraryFails(format!("after the recovery: {error}")))?;
    let read = as_they_are(copy.path())?;
    if let Some(text) = difference(&theirs, &read) {
        return Err(Trial::Failed(format!("what it recovered: {text}")));
    }
    Ok(theirs)
}

fn attempt(seed: u64) -> Trial {
    let workload = Workload::random(seed);
    let store = room();
    let worked = library(&["--seed", &seed.to_string()], store.path());
    let happened = match worked {
        Ok(text) => Happened::parse(&text).expect("the census of a workload"),
        Err(text) => return Trial::LibraryFails(format!("the work: {text}")),
    };
    let recovery = if workload.is_catastrophic() {
        WHOLE_LOG
    } else {
        "normal"
    };
    let mut theirs = match judge(store.path(), recovery) {
        Ok(files) => files,
        Err(trial) => return trial,
    };
    let before = bytes(store.path());
    let (ours, highest_bucket) = match ours(store.path()) {
        Ok(found) => found,
        Err(trial) => return trial,
    };
    if bytes(store.path()) != before {
        return Trial::Failed("the store was changed".into());
    }
    match of_several_ages(store.path(), seed) {
        Err(trial) => return trial,
        Ok(mixed) => {
            if let Some(text) = difference(&ours, &mixed) {
                return Trial::Failed(format!("pages of several ages: {text}"));
            }
        }
    }
    // What the library's recovery from the last checkpoint gets wrong, that
    // from the first record gets right: a lost file that was made before, a
    // transaction of a single change beside the checkpoint, the head of a queue.
    if difference(&theirs, &ours).is_some()
        && before.contains_key("log.0000000001")
        && let Ok(mut all) = judge(store.path(), WHOLE_LOG)
    {
        theirs.retain(|name, _| ours.contains_key(name) || all.contains_key(name));
        for (name, found) in &ours {
            if let Some(whole) = all.remove(name).filter(|whole| whole == found) {
                theirs.insert(name.clone(), whole);
            }
        }
    }
    if let Some(text) = difference(&theirs, &ours) {
        return Trial::Failed(text);
    }
    let logs = before.keys().filter(|name| name.starts_with("log."));
    let databases = theirs.values().flatten().flat_map(BTreeMap::values);
    Trial::Agreed {
        happened,
        highest_bucket,
        logs: logs.count(),
        files: theirs.len(),
        records: databases.map(Contents::len).sum(),
    }
}

/// The first thing in which two stores differ.
fn difference(theirs: &Files, ours: &Files) -> Option<String> {
    // What only keeps a name may be left behind or not.
    let names = |files: &Files, others: &Files| -> Vec<String> {
        let files = files.iter();
        let counts = files.filter(|(name, of)| of.is_some() || others.contains_key(*name));
        counts.map(|(name, _)| name.clone()).collect()
    };
    let (their_names, our_names) = (names(theirs, ours), names(ours, theirs));
    if their_names != our_names {
        return Some(format!("the files are {their_names:?}, ours {our_names:?}"));
    }
    for name in our_names {
        let (theirs, ours) = (&theirs[&name], &ours[&name]);
        // Where the library loses a file that was being removed, ours may find
        // it.
        let Some(theirs) = theirs else { continue };
        let Some(ours) = ours else {
            return Some(format!("{name} only keeps a name"));
        };
        if !theirs.keys().eq(ours.keys()) {
            return Some(format!("{name} has other databases"));
        }
        for ((database, theirs), ours) in theirs.iter().zip(ours.values()) {
            if theirs != ours {
                let database = String::from_utf8_lossy(database);
                let (theirs, ours) = (theirs.len(), ours.len());
                return Some(format!(
                    "{name} {database}: {theirs} records, ours {ours}, and they differ"
                ));
            }
        }
    }
    None
}

/// What came of all workloads.
#[derive(Default)]
struct Census {
    agreed: u64,
    failed: Vec<(u64, String)>,
    library_fails: Vec<(u64, String)>,
    /// Workloads in which an event happened, and how often.
    events: BTreeMap<Event, (u64, u64)>,
    several_logs: u64,
    /// Workloads that left a hash database which grew more than once.
    grown: u64,
    files: usize,
    records: usize,
}

impl Census {
    fn add(&mut self, seed: u64, trial: Trial) {
        match trial {
            Trial::Failed(text) => self.failed.push((seed, text)),
            Trial::LibraryFails(text) => self.library_fails.push((seed, text)),
            Trial::Agreed {
                happened,
                highest_bucket,
                logs,
                files,
                records,
            } => {
                self.agreed += 1;
                self.several_logs += u64::from(logs > 1);
                self.grown += u64::from(highest_bucket > 3);
                self.files += files;
                self.records += records;
                for event in Event::ALL {
                    let count = u64::from(happened.count(event));
                    let (workloads, times) = self.events.entry(event).or_default();
                    *workloads += u64::from(count > 0);
                    *times += count;
                }
            }
        }
    }

    /// Workloads that were compared, and those at which the library fails.
    fn counts(&self) -> (u64, u64) {
        let failed = self.failed.len() as u64;
        (self.agreed + failed, self.library_fails.len() as u64)
    }

    fn text(&self) -> String {
        let mut text = String::new();
        for (seed, why) in &self.library_fails {
            writeln!(text, "seed {seed}: the library fails: {}", why.trim()).unwrap();
        }
        for (seed, why) in &self.failed {
            writeln!(text, "seed {seed}: FAILED: {why}").unwrap();
        }
        for (event, (workloads, times)) in &self.events {
            writeln!(text, "{event:?}: in {workloads} workloads, {times} times").unwrap();
        }
        writeln!(
            text,
            "{} workloads agree ({} of several log files, {} with hash databases that grew): \
             {} files, {} records; {} failed; in {} the library fails",
            self.agreed,
            self.several_logs,
            self.grown,
            self.files,
            self.records,
            self.failed.len(),
            self.library_fails.len()
        )
        .unwrap();
        text
    }
}

#[test]
fn recovery_agrees() {
    let count = number("CSMIGRATE_WORKLOADS", WORKLOADS);
    let first = number("CSMIGRATE_WORKLOAD_FROM", 1);
    let census = Mutex::new(Census::default());
    let most_faults = count.max(100) * FAULTS / 100;
    let mut from = first;
    // Those at which the library fails are made up for by others.
    loop {
        let (compared, faults) = census.lock().unwrap().counts();
        if compared >= count || faults > most_faults {
            break;
        }
        let next = AtomicU64::new(from);
        from += count - compared;
        thread::scope(|scope| {
            for _ in 0..THREADS {
                scope.spawn(|| {
                    loop {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        if seed >= from {
                            break;
                        }
                        let trial = attempt(seed);
                        census.lock().unwrap().add(seed, trial);
                    }
                });
            }
        });
    }
    let mut census = census.into_inner().unwrap();
    census.failed.sort();
    println!("{}", census.text());
    assert!(
        census.failed.is_empty(),
        "see above; `cargo run -p oracle --bin workload -- --seed N DIR` makes the store"
    );
    let (compared, faults) = census.counts();
    assert!(faults <= most_faults, "{faults} faults");
    assert!(compared >= count);
    if count >= ENOUGH {
        assert!(census.several_logs > 0 && census.grown > 0 && census.records > 0);
        for (event, (workloads, _)) in census.events {
            assert!(workloads > 0, "{event:?} never happened");
        }
    }
}
