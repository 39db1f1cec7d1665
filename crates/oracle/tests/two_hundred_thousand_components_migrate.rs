//! The size the project promises for: 200,000 events and todos from a
//! big-endian server, migrated by the command itself at both log levels. The
//! source is the same afterwards, to the byte and to the nanosecond.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use oracle::compose::{Composed, StorePlan, compose};
use oracle::{ByteOrder, Database, DatabaseOptions, verify};
use support::{DATABASES, Places, csmigrate, installed_verify, names, snapshot};

const CALENDARS: u32 = 500;
const COMPONENTS: u32 = 400;

/// What the log says of one database.
#[derive(Debug, Default)]
struct Logged {
    /// Records read and written, as the verify stage says.
    read: u64,
    written: u64,
    /// Digests by stage, at log level max.
    digests: BTreeMap<String, String>,
}

/// Reads `verify: NAME.db: 12 records read, 12 written, …` and
/// `verify: NAME.db: digest …, records …` from a log.
fn logged(log: &str) -> BTreeMap<String, Logged> {
    let mut files: BTreeMap<String, Logged> = BTreeMap::new();
    for line in log.lines() {
        // The time and the process come first.
        let Some((_, text)) = line.split_once("] ") else {
            continue;
        };
        let mut parts = text.splitn(3, ": ");
        let (Some(stage), Some(name), Some(rest)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        if !DATABASES.iter().any(|file| file.name() == name) {
            continue;
        }
        let file = files.entry(name.to_owned()).or_default();
        let number = |word: &str| -> u64 {
            let before = rest.split(word).next().unwrap();
            before.rsplit(' ').next().unwrap().parse().unwrap()
        };
        if let Some(digest) = rest.strip_prefix("digest ") {
            let digest = digest.split(',').next().unwrap().to_owned();
            file.digests.insert(stage.to_owned(), digest);
        } else if stage == "verify" {
            file.read = number(" records read");
            file.written = number(" written");
        }
    }
    files
}

fn count(file: &Path) -> u64 {
    let database = Database::open_read_only(None, file, &DatabaseOptions::default()).unwrap();
    let count = database.count().unwrap();
    database.close().unwrap();
    count
}

fn migrate(source: &Path, composed: &Composed, level: &str) -> BTreeMap<String, Logged> {
    let places = Places::new();
    let run = csmigrate()
        .args(["-l", level, "-b"])
        .arg(&places.backup)
        .arg("--log-dir")
        .arg(places.dir.path())
        .args([source, &places.target])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(0), "-l {level}: {said}");
    assert!(said.is_empty(), "{said}");
    println!("{}", String::from_utf8_lossy(&run.stdout));
    fs::remove_dir_all(&places.backup).unwrap();

    let log = fs::read_to_string(places.dir.path().join("csmigrate.log")).unwrap();
    let errors = fs::read_to_string(places.dir.path().join("csmigrateError.log")).unwrap();
    assert!(errors.is_empty(), "{errors}");
    assert!(log.contains("counts and digests equal"), "{log}");
    let logged = logged(&log);
    assert_eq!(logged.len(), DATABASES.len(), "{log}");
    for file in DATABASES {
        let (told, expected) = (&logged[file.name()], composed.count(file));
        assert_eq!((told.read, told.written), (expected, expected), "{file}");
        let new = places.target.join(file.name());
        verify(&new).unwrap();
        installed_verify(&new);
        assert_eq!(count(&new), expected, "{file}");
    }
    let mut expected: Vec<_> = DATABASES.iter().map(|file| file.name()).collect();
    expected.push(oracle::compose::VERSION_FILE);
    expected.sort_unstable();
    assert_eq!(names(&places.target), expected);
    if level == "max" {
        let written = digests(&places);
        for (name, file) in &logged {
            assert_eq!(file.digests["verify"], written[name], "{name}");
        }
    }
    logged
}

/// The digests of the target, by a dry run of its own that knows nothing of
/// the source.
fn digests(places: &Places) -> BTreeMap<String, String> {
    let logs = tempfile::tempdir().unwrap();
    let run = csmigrate()
        .args(["-q", "-d", "-l", "max", "--log-dir"])
        .arg(logs.path())
        .arg("-b")
        .arg(&places.backup)
        .arg(&places.target)
        .arg(places.dir.path().join("further"))
        .status()
        .unwrap();
    assert!(run.success());
    let log = fs::read_to_string(logs.path().join("csmigrate.log")).unwrap();
    logged(&log)
        .into_iter()
        .map(|(name, file)| (name, file.digests["rewrite"].clone()))
        .collect()
}

#[test]
fn two_hundred_thousand_components() {
    let plan = StorePlan {
        calendars: CALENDARS,
        components: COMPONENTS,
        byte_order: ByteOrder::Big,
        ..StorePlan::default()
    };
    let source = tempfile::tempdir().unwrap();
    let composed = compose(&plan, source.path()).unwrap();
    let components: u64 = DATABASES[1..3]
        .iter()
        .map(|file| composed.count(*file))
        .sum();
    assert_eq!(components, u64::from(CALENDARS * COMPONENTS));
    let before = snapshot(source.path());

    let min = migrate(source.path(), &composed, "min");
    assert!(min.values().all(|file| file.digests.is_empty()));
    assert_eq!(snapshot(source.path()), before, "the source changed");

    let max = migrate(source.path(), &composed, "max");
    for (name, file) in &max {
        println!("{name}: {}", file.digests["verify"]);
    }
    assert_eq!(snapshot(source.path()), before, "the source changed");
    println!("{components} components, twice");
}
