//! Every sample file, written by real libraries of many releases, is converted
//! to both byte orders, three page sizes, and the default and the older
//! version of its format. The real library verifies each result and reads from
//! it what was once loaded into the sample; so do the installed `db5.3_verify`
//! and `db5.3_dump`. The samples themselves are never opened by a library.
//!
//! A run takes one in five of the conversions, others of each sample, and
//! shows one in five of these to the installed tools. `ORACLE_CONVERSIONS=all`
//! is the whole.

mod support;

use std::collections::BTreeMap;
use std::fs::File;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use bdbfile::convert::{ConvertOptions, convert};
use bdbfile::layout::Endian;
use bdbfile::read::{DatabaseFile, OwnedRecord};
use bdbfile::source::{MappedSource, PageSource};
use bdbfile::write::FileSink;
use oracle::{Database, DatabaseOptions, Method, Record, Verify};
use support::samples::{self, Sample};
use support::written::each_bulk;
use support::{installed_records, installed_verify};

/// Of all conversions of a run without `ORACLE_CONVERSIONS=all`, one in so
/// many is made; and of those one in so many is shown to the installed tools.
const MADE: usize = 5;
const SHOWN: usize = 5;

const PAGE_SIZES: [u32; 3] = [512, 4096, 65536];

/// What a result is to be like.
#[derive(Debug, Clone, Copy)]
struct Wanted {
    endian: Endian,
    page_size: u32,
    older: bool,
}

fn all_wanted() -> Vec<Wanted> {
    let mut all = Vec::new();
    for endian in Endian::BOTH {
        for page_size in PAGE_SIZES {
            for older in [false, true] {
                all.push(Wanted {
                    endian,
                    page_size,
                    older,
                });
            }
        }
    }
    all
}

/// What a database has to hold: its records in the order of a btree or of
/// numbers, those of a hash database by key.
#[derive(Debug, Clone)]
struct Expected {
    name: Option<String>,
    records: Vec<Record>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Files by kind, encrypted ones apart.
    files: BTreeMap<&'static str, usize>,
    encrypted: usize,
    /// Conversions by kind and version of the result.
    converted: BTreeMap<(&'static str, u32), usize>,
    no_older_version: usize,
    accepted: usize,
    shown: usize,
    records: usize,
    bytes: u64,
    failed: Vec<String>,
}

#[test]
fn converted_samples_verify_and_hold_what_was_loaded() {
    let Some(root) = samples::root() else { return };
    let whole = std::env::var("ORACLE_CONVERSIONS").is_ok_and(|text| text == "all");
    let samples = samples::all(&root);
    let next = AtomicUsize::new(0);
    let counts = Mutex::new(Counts::default());
    let threads = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let dir = tempfile::tempdir().unwrap();
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(sample) = samples.get(index) else {
                        break;
                    };
                    convert_sample(dir.path(), &root, sample, index, whole, &counts);
                }
            });
        }
    });
    let counts = counts.into_inner().unwrap();
    let converted: usize = counts.converted.values().sum();
    println!("files: {:?}, encrypted {}", counts.files, counts.encrypted);
    println!("conversions by kind and version: {:?}", counts.converted);
    println!(
        "{} files, {} of them encrypted and refused; {converted} conversions ({} records, {} \
         bytes) and {} for which there is no older version; verified by {:?} and equal: {}; \
         verified and dumped by the installed tools and equal: {}",
        samples.len(),
        counts.encrypted,
        counts.records,
        counts.bytes,
        counts.no_older_version,
        oracle::version(),
        counts.accepted,
        counts.shown,
    );
    for failure in counts.failed.iter().take(20) {
        println!("{failure}");
    }
    assert_eq!(counts.failed.len(), 0, "refused, or other records");
    assert_eq!(counts.accepted, converted);
    assert!(samples.len() > 700 && converted > if whole { 8000 } else { 1600 });
}

/// Makes the conversions of a sample.
fn convert_sample(
    dir: &Path,
    root: &Path,
    sample: &Sample,
    index: usize,
    whole: bool,
    counts: &Mutex<Counts>,
) {
    let source = MappedSource::open(&sample.path).unwrap();
    let file = match DatabaseFile::open(source) {
        Ok(file) => file,
        Err(error) => {
            assert!(sample.is_encrypted(), "{error}");
            counts.lock().unwrap().encrypted += 1;
            return;
        }
    };
    let kind = if file.meta().is_directory() {
        "several"
    } else {
        file.meta().method_name()
    };
    *counts.lock().unwrap().files.entry(kind).or_default() += 1;
    let expected = expected(&file, root, sample);
    for (number, wanted) in all_wanted().into_iter().enumerate() {
        if !whole && (index + number) % MADE != 0 {
            continue;
        }
        let Some(version) = version(kind, wanted.older) else {
            counts.lock().unwrap().no_older_version += 1;
            continue;
        };
        let path = dir.join("converted.db");
        let what = format!("{} to {wanted:?}", sample.path.display());
        let shown = whole || (index + number) / MADE % SHOWN == 0;
        let outcome = converted(&file, &path, wanted, version)
            .and_then(|()| accepted(&path, &expected, shown));
        let mut counts = counts.lock().unwrap();
        let result = version.unwrap_or(default_version(kind));
        *counts.converted.entry((kind, result)).or_default() += 1;
        match outcome {
            Ok(shown) => {
                counts.accepted += 1;
                counts.shown += usize::from(shown);
                counts.records += expected.iter().map(|one| one.records.len()).sum::<usize>();
                counts.bytes += std::fs::metadata(&path).unwrap().len();
            }
            Err(failure) => counts.failed.push(format!("{what}: {failure}")),
        }
    }
}

/// The version to ask for: nothing for the default; `None` where there is no
/// older one that is written.
fn version(kind: &str, older: bool) -> Option<Option<u32>> {
    match (kind, older) {
        (_, false) => Some(None),
        ("queue", true) => None,
        ("hash", true) => Some(Some(7)),
        // The one that btrees have before 9, and hash databases by default.
        (_, true) => Some(Some(8)),
    }
}

fn default_version(kind: &str) -> u32 {
    match kind {
        "queue" => 4,
        "hash" => 8,
        _ => 9,
    }
}

fn converted<S: PageSource>(
    file: &DatabaseFile<S>,
    path: &Path,
    wanted: Wanted,
    format_version: Option<u32>,
) -> Result<(), String> {
    let options = ConvertOptions {
        endian: wanted.endian,
        page_size: Some(wanted.page_size),
        format_version,
        file_id: *b"a converted sample..",
        threads: NonZeroUsize::MIN,
        ..ConvertOptions::default()
    };
    let sink = || {
        let file = File::create(path).unwrap();
        Ok(FileSink::new(path.display().to_string(), file))
    };
    let made = convert(file, sink, &options);
    made.map(|_| ()).map_err(|error| error.to_string())
}

/// Lets the library judge a result; whether the installed tools did as well.
fn accepted(path: &Path, expected: &[Expected], shown: bool) -> Result<bool, String> {
    let text = |error: oracle::Error| error.to_string();
    let verify = Verify {
        cache_bytes: Some(16 << 20),
        ..Verify::default()
    };
    verify.run(path).map_err(text)?;
    for one in expected {
        let options = DatabaseOptions {
            name: one.name.clone(),
            cache_bytes: Some(2 << 20),
            ..DatabaseOptions::default()
        };
        let database = Database::open_read_only(None, path, &options).map_err(text)?;
        let mut found: Vec<Record> = Vec::new();
        match database.method().map_err(text)? {
            Some(Method::Btree | Method::Hash) => {
                each_bulk(&database, |k, v| found.push((k.to_vec(), v.to_vec())));
            }
            _ => {
                let numbered = database.read_numbered().map_err(text)?;
                found.extend(numbered.into_iter().map(|(_, value)| (Vec::new(), value)));
            }
        }
        if database.method().map_err(text)? == Some(Method::Hash) {
            by_key(&mut found);
        }
        database.close().map_err(text)?;
        if found != one.records {
            return Err(format!("the library reads other records of {:?}", one.name));
        }
    }
    if !shown || !installed_verify(path) {
        return Ok(false);
    }
    let Some(dumped) = installed_records(path) else {
        return Ok(false);
    };
    for one in expected {
        let Some(dumped) = dumped.get(one.name.as_deref().unwrap_or_default()) else {
            return Err(format!("db5.3_dump shows no {:?}", one.name));
        };
        let mut records = dumped.records.clone();
        if dumped.kind == "hash" {
            by_key(&mut records);
        }
        if records != one.records {
            return Err(format!("db5.3_dump shows other records of {:?}", one.name));
        }
    }
    Ok(true)
}

/// What was loaded into a sample. Of those that were worked in afterwards,
/// what `bdbfile` reads.
fn expected<S: PageSource>(file: &DatabaseFile<S>, root: &Path, sample: &Sample) -> Vec<Expected> {
    let Some(loaded) = sample.loaded(root) else {
        let found: Vec<OwnedRecord> = file.database().records().map(Result::unwrap).collect();
        let mut records: Vec<Record> = found
            .into_iter()
            .map(|record| (record.key, record.value))
            .collect();
        if file.meta().hash().is_some() {
            by_key(&mut records);
        }
        return vec![Expected {
            name: None,
            records,
        }];
    };
    loaded
        .into_iter()
        .map(|(name, variant, mut records)| {
            if variant.contains("sort") {
                records.sort();
            } else if variant.starts_with("bt-") || variant.starts_with("h-") {
                by_key(&mut records);
            }
            Expected { name, records }
        })
        .collect()
}

/// Sorts by key; the duplicates of a key stay as they are.
fn by_key(records: &mut [Record]) {
    records.sort_by(|left, right| left.0.cmp(&right.0));
}
