//! The logs of a killed process replayed: by us and by the real library's
//! recovery, in one run. `replay --help` tells the options.
//!
//! The store is one large btree, and a log of changes spread over all of it,
//! made after the last checkpoint by a process that ends without closing
//! anything. What the two make of it is read and compared.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use bdbfile::log::EnvironmentFiles;
use bdbfile::read::DatabaseFile;
use bdbfile::recover::{Given, Outcome, RecoverOptions, RecoveredSource, recover};
use bdbfile::source::{FileSource, PageSource};
use lexopt::{Arg, Parser, ValueExt};
use oracle::{Database, DatabaseOptions, Durability, Environment, EnvironmentOptions, Transaction};

use crate::compare::size::Size;
use crate::measure::{Cost, Step, measure};
use crate::source::{self, Chance, Records};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const USAGE: &str = "usage: replay [--store SIZE] [--logs SIZE] [--runs N] [--dir DIR]

Makes a store and logs of these sizes (1GB each) in DIR (the system's temporary
directory), replays them N times (3) with bdbfile and with db5.3_recover, which
is given a cache as large as our memory, and prints seconds, memory, ratios.";

/// The first argument of a process that replays and ends.
const REPLAY: &str = "child-replay";
/// The same of one that reads all records then.
const REPLAY_AND_READ: &str = "child-read";
const RECOVER: &str = "db5.3_recover";
const FILE: &str = "events.db";
/// Changes in a transaction.
const CHANGES: usize = 20;
/// One transaction in so many is aborted.
const ABORTED: usize = 20;

/// What is asked for.
struct Settings {
    store: Size,
    logs: Size,
    runs: usize,
    dir: PathBuf,
}

/// The program: arguments to exit status.
pub fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let done = match arguments.as_slice() {
        [word, dir] if word == REPLAY => replay(Path::new(dir)).map(drop),
        [word, dir] if word == REPLAY_AND_READ => replay(Path::new(dir)).and_then(read).map(drop),
        _ => settings(arguments).and_then(|settings| {
            let Some(settings) = settings else {
                println!("{USAGE}");
                return Ok(());
            };
            compare(&settings)
        }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("replay: {error}");
            ExitCode::FAILURE
        }
    }
}

fn settings(arguments: Vec<OsString>) -> Result<Option<Settings>> {
    let mut settings = Settings {
        store: "1GB".parse()?,
        logs: "1GB".parse()?,
        runs: 3,
        dir: std::env::temp_dir(),
    };
    let mut parser = Parser::from_args(arguments);
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Long("store") => settings.store = parser.value()?.parse()?,
            Arg::Long("logs") => settings.logs = parser.value()?.parse()?,
            Arg::Long("runs") => settings.runs = parser.value()?.parse()?,
            Arg::Long("dir") => settings.dir = parser.value()?.into(),
            Arg::Long("help") => return Ok(None),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(Some(settings))
}

/// Makes the store, replays it in turns, and prints what that cost.
fn compare(settings: &Settings) -> Result<()> {
    let room = tempfile::tempdir_in(&settings.dir)?;
    let store = room.path().join("store");
    fs::create_dir(&store)?;
    make(&store, settings)?;
    let size = |prefix: &str| -> Result<u64> {
        let mut sum = 0;
        for path in files(&store)? {
            if name(&path).starts_with(prefix) {
                sum += path.metadata()?.len();
            }
        }
        Ok(sum)
    };
    let (of_store, of_logs) = (size(FILE)?, size("log.")?);
    println!(
        "a store of {} MB, logs of {} MB",
        of_store / 1_000_000,
        of_logs / 1_000_000
    );
    let this = std::env::current_exe()?;
    let copy = room.path().join("copy");
    let [mut ours, mut with_reading, mut theirs] = [const { Vec::new() }; 3];
    for _ in 0..settings.runs {
        for (word, costs) in [(REPLAY, &mut ours), (REPLAY_AND_READ, &mut with_reading)] {
            let mut replay = Command::new(&this);
            replay.arg(word).arg(&store);
            costs.push(measure(&mut [replay.into()])?);
        }

        copy_all(&store, &copy)?;
        let cache = RecoverOptions::default().memory;
        fs::write(
            copy.join("DB_CONFIG"),
            format!("set_cachesize 0 {cache} 1\n"),
        )?;
        let mut recovery = Command::new(RECOVER);
        // Where cargo runs this, it names the library that this is linked with.
        recovery.env_remove("LD_LIBRARY_PATH");
        recovery.arg("-h").arg(&copy).stderr(Stdio::inherit());
        theirs.push(measure(&mut [Step::from(recovery)])?);
    }
    let [ours, with_reading, theirs] = [ours, with_reading, theirs].map(median);
    println!("| | s | processor s | anonymous MiB |");
    println!("|---|---|---|---|");
    for (name, cost) in [
        ("bdbfile", ours),
        ("bdbfile, and all records read", with_reading),
        (RECOVER, theirs),
    ] {
        println!(
            "| {name} | {:.2} | {:.2} | {} |",
            cost.wall,
            cost.cpu,
            cost.anonymous >> 20
        );
    }
    println!(
        "{RECOVER} / bdbfile: {:.2} (at least 0.5 is wanted); anonymous memory {} MiB (at most 256)",
        theirs.wall / ours.wall,
        ours.anonymous >> 20
    );
    let (records, digest) = read(replay(&store)?)?;
    let other = read(FileSource::open(&copy.join(FILE))?)?;
    println!("{records} records");
    if other != (records, digest) {
        return Err("the records are not those that the real recovery gives".into());
    }
    Ok(())
}

/// Makes a store whose process ended with nothing closed.
fn make(store: &Path, settings: &Settings) -> Result<()> {
    let count = u32::try_from(settings.store.0 / Records::Plain.bytes_in_file())?;
    source::make(&store.join(FILE), Records::Plain, 0..count)?;
    let options = EnvironmentOptions {
        cache_bytes: 64 << 20,
        page_size: 4096,
        durability: Durability::Buffered,
        ..EnvironmentOptions::default()
    };
    let environment = Environment::create(store, &options)?;
    let begin = environment.begin()?;
    let options = DatabaseOptions::default();
    let database = Database::open_within(&environment, &begin, Path::new(FILE), &options)?;
    begin.commit()?;
    environment.checkpoint()?;
    let mut chance = Chance(1);
    let mut logged = 0;
    while logged < settings.logs.0 {
        let txn = environment.begin()?;
        for _ in 0..CHANGES {
            logged += change(&database, &txn, &mut chance, count)?;
        }
        if chance.below(ABORTED) == 0 {
            txn.abort()?;
        } else {
            txn.commit()?;
        }
    }
    environment.flush_log()?;
    // Neither is closed: the process has died.
    std::mem::forget(database);
    environment.abandon();
    Ok(())
}

/// Puts a record, mostly in the place of another; gives the bytes it takes in
/// the log, near enough.
fn change(database: &Database, txn: &Transaction, chance: &mut Chance, count: u32) -> Result<u64> {
    let number = u32::try_from(chance.below(count as usize))?;
    let (mut key, old) = Records::Plain.record(number);
    let mut value = Vec::new();
    chance.fill(&mut value, 300, 600);
    if chance.below(4) == 0 {
        key.push(b'+');
    }
    database.put(Some(txn), &key, &value)?;
    Ok((old.len() + value.len() + 90) as u64)
}

/// Replays the logs of a store; gives its file.
fn replay(store: &Path) -> Result<RecoveredSource> {
    let source = FileSource::open(&store.join(FILE))?;
    let given = Given {
        name: FILE.to_owned(),
        source: Arc::new(source),
    };
    let logs = EnvironmentFiles::find(store)?.logs;
    match recover(&logs, vec![given], &RecoverOptions::default())? {
        Outcome::Refused(refusal) => Err(refusal.to_string().into()),
        Outcome::Recovered(recovered) => {
            let file = recovered.files.into_iter().next();
            Ok(file.ok_or("nothing was recovered")?.source)
        }
    }
}

/// How many records a file has, and a number that depends on all of them.
fn read<S: PageSource>(source: S) -> Result<(u64, u64)> {
    let file = DatabaseFile::open(source)?;
    let database = file.database();
    let scan = database.scan()?;
    let (mut count, mut digest) = (0, 0_u64);
    scan.visit(scan.all(), |record| {
        count += 1;
        for byte in record.key.iter().chain(record.value) {
            digest = digest.wrapping_mul(31).wrapping_add(u64::from(*byte));
        }
        Ok::<_, bdbfile::Error>(())
    })?;
    scan.finish()?;
    Ok((count, digest))
}

/// Copies the files and the logs of a store, not its regions.
fn copy_all(store: &Path, copy: &Path) -> Result<()> {
    if copy.exists() {
        fs::remove_dir_all(copy)?;
    }
    fs::create_dir(copy)?;
    for path in files(store)? {
        let name = name(&path);
        if name == FILE || name.starts_with("log.") {
            fs::copy(&path, copy.join(name))?;
        }
    }
    Ok(())
}

fn files(dir: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir)?;
    let paths: std::io::Result<Vec<_>> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect();
    Ok(paths?)
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The run of the median time, with the most memory of any.
fn median(mut costs: Vec<Cost>) -> Cost {
    let anonymous = costs.iter().map(|cost| cost.anonymous).max();
    costs.sort_by(|one, other| one.wall.total_cmp(&other.wall));
    let middle = costs.get(costs.len() / 2).copied().unwrap_or_default();
    Cost {
        anonymous: anonymous.unwrap_or_default(),
        ..middle
    }
}
