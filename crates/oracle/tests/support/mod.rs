//! What several tests share: stores and their copies, the installed tools of
//! the real library, the command under test.

// Each test file uses its own part of this.
#![allow(dead_code)]

pub(crate) mod chance;
pub(crate) mod samples;
pub(crate) mod written;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use csmigrate::observer::Event;
use csmigrate::report::Report;
use csmigrate::{Error, Migration};
use oracle::compose::StoreFile;
use oracle::{Database, DatabaseOptions, Order, Record};
use tempfile::TempDir;

/// The names of the eight databases of a store.
pub(crate) const DATABASES: [StoreFile; 8] = StoreFile::ALL;

/// A committed store. libdb must never open it there.
pub(crate) fn testdata(store: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata")
        .join(store)
}

/// Copies of the databases of a store, which libdb may open: without logs and
/// regions.
pub(crate) fn copies(store: &Path) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for file in DATABASES {
        fs::copy(store.join(file.name()), dir.path().join(file.name())).unwrap();
    }
    dir
}

/// The records of a file as the real library reads them.
pub(crate) fn records(file: &Path, order: Order) -> Vec<Record> {
    let options = DatabaseOptions {
        order,
        cache_bytes: Some(2 << 20),
        ..DatabaseOptions::default()
    };
    let database = Database::open_read_only(None, file, &options).unwrap();
    let records = database.read_all().unwrap();
    database.close().unwrap();
    records
}

/// Whether a store that was closed without a checkpoint can be told from one
/// whose server died. Only its region says so, and where it does is not known
/// for 4.8, which no calendar server had: such a store is rather refused.
pub(crate) fn close_is_seen() -> bool {
    oracle::version() >= (5, 0, 0)
}

/// Where a migration goes from `source`: places for target and backup that do
/// not exist, in a directory of their own.
pub(crate) struct Places {
    pub(crate) dir: TempDir,
    pub(crate) target: PathBuf,
    pub(crate) backup: PathBuf,
}

impl Places {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self {
            target: dir.path().join("target"),
            backup: dir.path().join("backup"),
            dir,
        }
    }

    /// Migrates with the library, the backup outside of the source.
    pub(crate) fn migrate(&self, source: &Path, ignore_logs: bool) -> Result<Report, Error> {
        Migration::new(source, &self.target)
            .backup_dir(&self.backup)
            .ignore_logs(ignore_logs)
            .run(&mut |_: Event<'_>| {})
    }

    /// The names of everything in the directory.
    pub(crate) fn entries(&self) -> Vec<String> {
        names(self.dir.path())
    }
}

/// The names in a directory, in order.
pub(crate) fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// What may not change in a source: size, modification time in nanoseconds,
/// and bytes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct State {
    len: u64,
    modified: (i64, i64),
    digest: Option<blake3::Hash>,
}

/// The state of a directory and everything right in it.
pub(crate) fn snapshot(dir: &Path) -> BTreeMap<PathBuf, State> {
    let state = |path: &Path| {
        let metadata = fs::metadata(path).unwrap();
        State {
            len: metadata.len(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            digest: metadata.is_file().then(|| {
                let mut hasher = blake3::Hasher::new();
                std::io::copy(&mut fs::File::open(path).unwrap(), &mut hasher).unwrap();
                hasher.finalize()
            }),
        }
    };
    let mut states: BTreeMap<PathBuf, State> = names(dir)
        .into_iter()
        .map(|name| (PathBuf::from(&name), state(&dir.join(&name))))
        .collect();
    states.insert(PathBuf::new(), state(dir));
    states
}

/// Runs an installed tool of the real library on a file, away from any
/// environment; `None`, which is said, when it is not installed.
pub(crate) fn tool(name: &str, file: &Path) -> Option<Output> {
    /// What a shell says of a program that is not there.
    const NOT_THERE: i32 = 127;
    let elsewhere = tempfile::tempdir().unwrap();
    // On some files db_verify goes on without end, and takes no notice of
    // being asked to end.
    let run = Command::new("timeout")
        .args(["-s", "KILL", "300", name])
        // Where cargo tests crates that link a libdb of their own it names
        // that one's place; the installed program is to use the installed
        // library.
        .env_remove("LD_LIBRARY_PATH")
        .arg(file)
        .current_dir(elsewhere.path())
        .env_remove("DB_HOME")
        .output();
    match run {
        Ok(output) if output.status.code() != Some(NOT_THERE) => Some(output),
        Ok(_) => {
            println!("skipped: {name} is not installed");
            None
        }
        Err(error) => {
            println!("skipped: cannot run {name} by timeout: {error}");
            None
        }
    }
}

/// Runs an installed tool of the real library that has to succeed.
fn successful(name: &str, file: &Path) -> Option<Vec<u8>> {
    let output = tool(name, file)?;
    let said = String::from_utf8_lossy(&output.stderr);
    let (file, status) = (file.display(), output.status);
    assert!(status.success(), "{name} {file}: {status}: {said}");
    Some(output.stdout)
}

/// Lets the installed `db5.3_verify` judge a file; false when it is not there.
pub(crate) fn installed_verify(file: &Path) -> bool {
    successful("db5.3_verify", file).is_some()
}

/// The data part of what the installed `db5.3_dump` says of a file.
pub(crate) fn installed_dump(file: &Path) -> Option<Vec<u8>> {
    const END_OF_HEADER: &[u8] = b"HEADER=END\n";
    let dump = successful("db5.3_dump", file)?;
    let header = dump
        .windows(END_OF_HEADER.len())
        .position(|window| window == END_OF_HEADER)
        .expect("a dump has a header");
    Some(dump[header + END_OF_HEADER.len()..].to_vec())
}

/// A database as the installed `db5.3_dump` shows it.
#[derive(Debug, Default)]
pub(crate) struct Dumped {
    /// btree, hash, recno or queue.
    pub(crate) kind: String,
    /// The keys are empty for the last two.
    pub(crate) records: Vec<Record>,
}

/// The databases of a file by their names (the only one by none) as the
/// installed `db5.3_dump` shows them.
pub(crate) fn installed_records(file: &Path) -> Option<BTreeMap<String, Dumped>> {
    let dump = successful("db5.3_dump", file)?;
    let dump = String::from_utf8(dump).unwrap();
    let mut databases = BTreeMap::new();
    let mut lines = dump.lines();
    while let Some(first) = lines.next() {
        assert_eq!(first, "VERSION=3", "the beginning of a dump");
        let (mut name, mut dumped) = (String::new(), Dumped::default());
        for line in lines.by_ref().take_while(|line| *line != "HEADER=END") {
            if let Some(value) = line.strip_prefix("database=") {
                value.clone_into(&mut name);
            } else if let Some(value) = line.strip_prefix("type=") {
                value.clone_into(&mut dumped.kind);
            }
        }
        let items = lines.by_ref().take_while(|line| *line != "DATA=END");
        dumped.records = if matches!(dumped.kind.as_str(), "recno" | "queue") {
            items
                .map(|line| (Vec::new(), samples::item(line)))
                .collect()
        } else {
            samples::from_hex(items)
        };
        databases.insert(name, dumped);
    }
    Some(databases)
}

/// The command `csmigrate`, built once beside the test that runs it.
pub(crate) fn csmigrate() -> Command {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    Command::new(BINARY.get_or_init(build))
}

fn build() -> PathBuf {
    // A test runs as TARGET/PROFILE/deps/NAME.
    let test = std::env::current_exe().unwrap();
    let profile_dir = test.parent().and_then(Path::parent).unwrap();
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        Some(name) => name,
        None => panic!("{} is in no target directory", test.display()),
    };
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "-p", "csmigrate-cli", "--profile"])
        .arg(profile)
        .arg("--target-dir")
        .arg(profile_dir.parent().unwrap())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status()
        .unwrap();
    assert!(status.success(), "the command does not build");
    profile_dir.join("csmigrate")
}
