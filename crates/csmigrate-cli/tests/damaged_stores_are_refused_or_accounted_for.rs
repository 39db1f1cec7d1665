//! Stores damaged by seed: no run panics, hangs or takes more memory than it
//! is given. Each is refused with a reason, or has published every record that
//! stands on pages the damage left alone, and none that was not there, but
//! where a damaged page may say anything.
//!
//! `CSMIGRATE_DAMAGED` says how many stores are tried, `CSMIGRATE_DAMAGED_SEED`
//! which is the first.

mod support;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bdbfile::convert::{
    Arrival, ConvertOptions, NewDatabase, NewKind, RecordKey, convert, write_database,
};
use bdbfile::layout::Endian;
use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;
use bdbfile::write::{FileParams, FileSink, NewFile, RecnoParams, Repeats, SortBudget};

use support::contents::{Contents, contents, counted};
use support::{CSMIGRATE, Random, copy_dir, files_are_open, names, started, testdata};

/// Stores that are tried unless told.
const STORES: u64 = 120;
/// What a process may have of addresses, in KiB: a sound run does with a
/// quarter.
const MEMORY: u64 = 512 << 10;
/// Only a run that never ends meets it.
const PATIENCE: Duration = Duration::from_secs(60);

/// A sound store, and what it holds.
struct Sample {
    name: &'static str,
    files: BTreeMap<OsString, Vec<u8>>,
    contents: BTreeMap<OsString, Contents>,
}

impl Sample {
    fn of(name: &'static str, dir: &Path) -> Self {
        let files = names(dir).into_iter();
        Self {
            name,
            files: files
                .map(|file| (file.clone(), fs::read(dir.join(file)).unwrap()))
                .collect(),
            contents: contents(dir),
        }
    }
}

#[test]
fn damaged_stores_are_refused_or_accounted_for() {
    let number = |name| std::env::var(name).ok().map(|text| text.parse().unwrap());
    let count: u64 = number("CSMIGRATE_DAMAGED").unwrap_or(STORES);
    let first: u64 = number("CSMIGRATE_DAMAGED_SEED").unwrap_or_default();
    let place = place();
    let samples = samples(place.path());
    let next = AtomicU64::new(first);
    let outcomes = Mutex::new(BTreeMap::<String, u64>::new());
    let failed = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= first + count {
                        return;
                    }
                    let sample = usize::try_from(seed % samples.len() as u64).unwrap();
                    let sample = &samples[sample];
                    // All are tried, also where one fails.
                    let trial = || try_store(place.path(), sample, seed);
                    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(trial));
                    let told = told.unwrap_or_else(|_| {
                        failed.lock().unwrap().push(seed);
                        vec!["(failed)".to_owned()]
                    });
                    let mut outcomes = outcomes.lock().unwrap();
                    for one in told {
                        *outcomes.entry(one).or_default() += 1;
                    }
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().unwrap();
    println!("{count} damaged stores from seed {first}");
    for (outcome, times) in &outcomes {
        println!("{times:8} {outcome}");
    }
    let failed = failed.into_inner().unwrap();
    if !failed.is_empty() {
        let kept = place.keep();
        panic!(
            "failed: seeds {failed:?}; the stores are kept in {}",
            kept.display()
        );
    }
    let seen = |what: &str| outcomes.keys().any(|outcome| outcome.starts_with(what));
    assert!(seen("salvage and publish: published"), "nothing was tried");
}

/// Where there are no disks to wait for.
fn place() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    tempfile::tempdir_in(memory).unwrap_or_else(|_| tempfile::tempdir().unwrap())
}

fn samples(place: &Path) -> Vec<Sample> {
    let mut samples = Vec::new();
    for name in ["composed-le", "composed-be"] {
        let dir = place.join(name);
        copy_dir(&testdata().join(name), &dir);
        samples.push(Sample::of(name, &dir));
    }
    let dir = place.join("other kinds");
    fs::create_dir(&dir).unwrap();
    other_kinds(&dir);
    samples.push(Sample::of("other kinds", &dir));
    samples
}

/// A store of hash and recno databases, small pages, checksums, both orders.
fn other_kinds(dir: &Path) {
    let forms = [
        ("ics50calprops.db", NewKind::Hash, Endian::Big, 1024, true),
        ("ics50todos.db", NewKind::Btree, Endian::Big, 512, true),
        ("ics50gse.db", NewKind::Btree, Endian::Little, 1024, false),
        (
            "ics50deletelog.db",
            NewKind::Hash,
            Endian::Little,
            512,
            false,
        ),
    ];
    for (name, kind, endian, page_size, checksums) in forms {
        let path = testdata().join("composed-le").join(name);
        let from = DatabaseFile::open(FileSource::open(&path).unwrap()).unwrap();
        let options = ConvertOptions {
            endian,
            page_size: Some(page_size),
            kind: Some(kind),
            checksums: Some(checksums),
            file_id: [5; 20],
            ..ConvertOptions::default()
        };
        let sink = || Ok(FileSink::new(name, File::create(dir.join(name)).unwrap()));
        convert(&from, sink, &options).unwrap();
    }
    let name = "ics50numbers.db";
    let sink = FileSink::new(name, File::create(dir.join(name)).unwrap());
    let mut file = NewFile::new(sink, &FileParams::default()).unwrap();
    write_database(
        &mut file,
        None,
        &NewDatabase::Recno(RecnoParams::default()),
        Arrival::AnyOrder(&SortBudget::default()),
        Repeats::Refused,
        |take| {
            (1..2000_u32).try_for_each(|number| {
                take(
                    RecordKey::Number(number),
                    format!("line {number}").as_bytes(),
                )
            })
        },
        |_| {},
    )
    .unwrap();
    file.finish().unwrap();
    fs::write(dir.join("ics50caldb.conf"), "version 3.0.0\n").unwrap();
}

/// How a run is to treat damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Plain,
    List,
    Publish,
}

impl Way {
    fn args(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &[],
            Self::List => &["--salvage"],
            Self::Publish => &["--salvage", "--publish-salvaged"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::List => "salvage",
            Self::Publish => "salvage and publish",
        }
    }
}

/// Damages a store and runs the command on it; what came of it.
fn try_store(place: &Path, sample: &Sample, seed: u64) -> Vec<String> {
    let dir = place.join(format!("store-{seed}"));
    let source = dir.join("old");
    fs::create_dir(&dir).unwrap();
    fs::create_dir(&source).unwrap();
    let mut random = Random(seed);
    let damaged = damage(sample, &mut random);
    let open = files_are_open();
    for (name, bytes) in &damaged {
        fs::write(source.join(name), bytes).unwrap();
    }
    drop(open);
    let scene = Scene {
        dir: &dir,
        sample,
        damaged: &damaged,
        seed,
    };
    let mut told = Vec::new();
    let other = if random.below(2) == 0 {
        Way::Plain
    } else {
        Way::List
    };
    let mut statuses = Vec::new();
    for way in [other, Way::Publish] {
        let (status, outcome) = scene.run(way);
        statuses.push(status);
        told.push(format!("{}: {outcome}", way.name()));
    }
    // What needs no salvage is migrated without it, and with it.
    assert_eq!(statuses[0] == 0, statuses[1] == 0, "{scene}: {told:?}");
    fs::remove_dir_all(&dir).unwrap();
    told
}

struct Scene<'a> {
    dir: &'a Path,
    sample: &'a Sample,
    damaged: &'a BTreeMap<OsString, Vec<u8>>,
    seed: u64,
}

impl std::fmt::Display for Scene<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "seed {} ({})", self.seed, self.sample.name)
    }
}

impl Scene<'_> {
    fn run(&self, way: Way) -> (i32, String) {
        let target = self.dir.join(way.name());
        let logs = self.dir.join(format!("logs of {}", way.name()));
        fs::create_dir(&logs).unwrap();
        let status = self.end_of(way, &target, &logs);
        let message = fs::read_to_string(logs.join("stderr")).unwrap();
        let at = format!("{self}: {}: {message}", way.name());
        assert!(!message.contains("panicked"), "{at}");
        self.source_is_as_it_was(&at);
        if status == 0 {
            assert!(message.is_empty(), "{at}");
            self.check_published(&target, &at);
            return (0, "published, status 0".to_owned());
        }
        assert_eq!(status, 255, "{at}");
        assert!(!message.is_empty(), "{at}");
        assert!(
            message.lines().all(|line| line.starts_with("csmigrate: ")),
            "{at}"
        );
        if message.contains("published what could be saved") {
            assert_eq!(way, Way::Publish, "{at}");
            self.check_published(&target, &at);
            self.check_listing(&logs, &at);
            return (255, "published what could be saved".to_owned());
        }
        assert!(!target.exists(), "{at}");
        if message.contains("--publish-salvaged") {
            assert_eq!(way, Way::List, "{at}");
            self.check_listing(&logs, &at);
            return (255, "listed".to_owned());
        }
        (255, format!("refused: {}", reason(&message)))
    }

    /// Runs the command within its memory and its time; its exit status.
    fn end_of(&self, way: Way, target: &Path, logs: &Path) -> i32 {
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("ulimit -v {MEMORY}; exec \"$@\""))
            .args(["sh", CSMIGRATE, "-q", "--ignore-logs", "--threads", "2"])
            .args(way.args())
            .arg("--log-dir")
            .arg(logs)
            .arg(self.dir.join("old"))
            .arg(target)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(logs.join("stderr")).unwrap());
        let mut child = started(&mut command).unwrap();
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = child.try_wait().unwrap() {
                return status
                    .code()
                    .unwrap_or_else(|| panic!("{self}: {}: {status}", way.name()));
            }
            if Instant::now() > end {
                child.kill().unwrap();
                panic!("{self}: {}: does not end", way.name());
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn source_is_as_it_was(&self, at: &str) {
        for (name, bytes) in self.damaged {
            let now = fs::read(self.dir.join("old").join(name)).unwrap();
            assert!(now == *bytes, "{at}: {} changed", name.display());
        }
        let others = names(&self.dir.join("old")).len() - self.damaged.len();
        assert!(others <= 1, "{at}: more than a backup");
    }

    /// The target has every record that the damage left alone, and no other.
    fn check_published(&self, target: &Path, at: &str) {
        let found = contents(target);
        assert_eq!(found.len(), self.sample.contents.len(), "{at}");
        for (name, was) in &self.sample.contents {
            let at = format!("{at}: {}", name.display());
            let pages = was.changed_pages(&self.damaged[name]);
            let new = counted(found[name].records.iter().map(|one| &one.pair));
            let old = counted(was.records.iter().map(|one| &one.pair));
            let untouched = was.untouched(&pages);
            for (pair, count) in counted(untouched.into_iter().map(|one| &one.pair)) {
                let there = new.get(pair).copied().unwrap_or_default();
                assert!(there >= count, "{at}: lost {}", pair.0.escape_ascii());
            }
            if was.may_say_anything(&pages) {
                continue;
            }
            for (pair, count) in new {
                let there = old.get(pair).copied().unwrap_or_default();
                assert!(there >= count, "{at}: new {}", pair.0.escape_ascii());
            }
        }
    }

    /// Every record of a damaged file that the damage left alone is listed as
    /// saved, with its page and slot.
    fn check_listing(&self, logs: &Path, at: &str) {
        let listing = fs::read_to_string(logs.join("csmigrateSalvage.log")).unwrap();
        let mut listed = 0;
        for (name, was) in &self.sample.contents {
            let name_shown = name.to_str().unwrap();
            if !listing.contains(&format!("] {name_shown}: ")) {
                continue;
            }
            listed += 1;
            let mut saved = BTreeMap::<(u32, u16), usize>::new();
            for line in listing.lines() {
                if let Some(place) = saved_at(line, name_shown) {
                    *saved.entry(place).or_default() += 1;
                }
            }
            let pages = was.changed_pages(&self.damaged[name]);
            for one in was.untouched(&pages) {
                assert!(
                    saved.contains_key(&(one.page, one.slot)),
                    "{at}: {name_shown}: page {} slot {} is not listed",
                    one.page,
                    one.slot
                );
            }
        }
        assert!(listed > 0, "{at}: nothing is listed");
    }
}

/// Page and slot of a line of the listing that tells of a saved record.
fn saved_at(line: &str, file: &str) -> Option<(u32, u16)> {
    let mut words = line.strip_prefix("saved ")?.split(' ');
    if words.next()? != file {
        return None;
    }
    let (_, page, _, slot) = (words.next()?, words.next()?, words.next()?, words.next()?);
    Some((page.parse().unwrap(), slot.parse().unwrap()))
}

/// A message without what differs from store to store.
fn reason(message: &str) -> String {
    // What is never to be: told with its rule.
    if let Some((_, differs)) = message.split_once(" differ: ") {
        let rule = differs.split(';').next().unwrap_or_default();
        let rule = rule.replace(|c: char| c.is_ascii_digit(), "");
        return format!("differs: {}", rule.trim());
    }
    let known = [
        "nothing can be saved of it",
        "was not cleanly shut down",
        "does not migrate",
        "put a sound copy",
        "cannot",
    ];
    let found = known.into_iter().find(|words| message.contains(words));
    found.map_or_else(|| message.trim_end().to_owned(), str::to_owned)
}

trait Below {
    /// A number below another.
    fn below(&mut self, end: usize) -> usize;
}

impl Below for Random {
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end.max(1) as u64).unwrap()
    }
}

/// The files of a store, one or several of its databases damaged.
fn damage(sample: &Sample, random: &mut Random) -> BTreeMap<OsString, Vec<u8>> {
    let mut files = sample.files.clone();
    let databases: Vec<&OsString> = sample.contents.keys().collect();
    let several = 1 + random.below(databases.len());
    let hit = [1, 1, 2, several][random.below(4)];
    for _ in 0..hit {
        let name = databases[random.below(databases.len())];
        let bytes = files.get_mut(name).unwrap();
        for _ in 0..=random.below(3) {
            damage_file(bytes, sample.contents[name].page_size, random);
        }
    }
    files
}

fn damage_file(bytes: &mut Vec<u8>, page_size: usize, random: &mut Random) {
    let pages = bytes.len() / page_size;
    if pages == 0 {
        return;
    }
    let page = random.below(pages) * page_size;
    let other = random.below(pages) * page_size;
    let kind = random.below(16);
    let mut noise = |bytes: &mut [u8], times: usize| {
        for _ in 0..times {
            let at = random.below(bytes.len());
            bytes[at] = random.next().to_le_bytes()[0];
        }
    };
    let all = page..page + page_size;
    match kind {
        0 => bytes[all].fill(0),
        1 => noise(&mut bytes[all.clone()], page_size * 4),
        2 => {
            let copy = bytes[all.clone()].to_vec();
            bytes.copy_within(other..other + page_size, page);
            bytes[other..other + page_size].copy_from_slice(&copy);
        }
        3 => bytes.copy_within(other..other + page_size, page),
        4 => bytes.truncate(page),
        5 => bytes.truncate(page + page_size / 3),
        6 => noise(&mut bytes[page..page + 26], 1),
        7 => noise(&mut bytes[page..page + 26], 8),
        8 => noise(&mut bytes[all], 1),
        9 => noise(&mut bytes[all], 30),
        10 => noise(&mut bytes[..72], 1),
        11 => noise(&mut bytes[..page_size], 20),
        12 => noise(&mut bytes[page + 26..page + 100], 4),
        13 => noise(bytes, 10),
        14 => bytes.extend_from_within(page..page + page_size / 2),
        _ => bytes[all].fill(0xff),
    }
}
