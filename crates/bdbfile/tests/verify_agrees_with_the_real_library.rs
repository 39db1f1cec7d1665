//! What the real library's `db_verify` finds, ours finds: every kind of field
//! on every kind of page is damaged, and both are asked.

#[path = "support/damage.rs"]
mod damage;
mod support;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use bdbfile::Workers;
use bdbfile::layout::{Endian, PageLayout};
use bdbfile::source::MemorySource;
use bdbfile::verify::verify;
use bdbfile::write::Duplicates;
use support::{Pair, Shape, build, libdb_tool};

/// Whether the damage is one that the real library finds and we do not, and
/// that is none for us: the version has become 10, that of 6.2 and later, which
/// 5.3 does not know.
fn is_version_10(damage: &damage::Damage) -> bool {
    let version = &damage.bytes[16..20];
    ["btree meta: version", "hash meta: version"].contains(&damage.field.as_str())
        && (version == 10_u32.to_le_bytes() || version == 10_u32.to_be_bytes())
}

/// Seconds that the real library gets. It ends in a few milliseconds or never.
const TIME: &str = "1";

/// Damages tried on each file, spread evenly: the files are many and damaged in
/// the same ways. `VERIFY_A_FILE` gives another number.
const A_FILE: usize = 160;

/// Both orders, small pages.
const PAGE_SIZE: u32 = 512;

/// A file to damage.
struct Base {
    name: String,
    endian: Endian,
    bytes: Vec<u8>,
}

/// Records that bring every kind of page: long keys and data, many duplicates.
fn records(duplicates: bool) -> Vec<Pair> {
    let mut pairs: Vec<Pair> = Vec::new();
    for number in 0..90_u32 {
        let mut key = format!("key {number:04}").into_bytes();
        if number % 11 == 5 {
            key.resize(300, b'x');
        }
        let copies = match number % 20 {
            3 if duplicates => 60,
            7 if duplicates => 4,
            _ => 1,
        };
        for copy in 0..copies {
            let len = if number % 15 == 0 { 1200 } else { 12 };
            let mut value = format!("{copy:04}").into_bytes();
            value.resize(len, b'v');
            pairs.push((key.clone(), value));
        }
    }
    pairs
}

/// Files of our own builder.
fn built(bases: &mut Vec<Base>) {
    for endian in Endian::BOTH {
        for (name, duplicates, record_numbers) in [
            ("btree", Duplicates::None, false),
            ("btree, duplicates", Duplicates::Unsorted, false),
            ("btree, sorted duplicates", Duplicates::Sorted, false),
            ("btree, record numbers", Duplicates::None, true),
        ] {
            let params = Shape {
                layout: PageLayout {
                    endian,
                    page_size: PAGE_SIZE,
                    checksums: false,
                    bit_fields: false,
                },
                duplicates,
                record_numbers,
                ..Shape::default()
            };
            let (bytes, _) = build(&params, &records(duplicates != Duplicates::None)).unwrap();
            bases.push(Base {
                name: format!("{name} of our builder, {endian}"),
                endian,
                bytes,
            });
        }
    }
}

/// Files that the real library loads; none, which is said, without it.
fn loaded(dir: &Path, bases: &mut Vec<Base>) {
    for endian in Endian::BOTH {
        for (name, kind, settings, copies) in [
            ("btree", "btree", &[][..], false),
            ("btree, duplicates", "btree", &["duplicates=1"][..], true),
            (
                "btree, sorted",
                "btree",
                &["duplicates=1", "dupsort=1"][..],
                true,
            ),
            ("hash", "hash", &[][..], false),
            ("hash, duplicates", "hash", &["duplicates=1"][..], true),
            (
                "hash, sorted",
                "hash",
                &["duplicates=1", "dupsort=1"][..],
                true,
            ),
            ("recno", "recno", &[][..], false),
            ("recno, fixed", "recno", &["re_len=40"][..], false),
            ("queue", "queue", &["re_len=40"][..], false),
            ("several", "several", &[][..], false),
        ] {
            let path = dir.join("loaded.db");
            let _ = std::fs::remove_file(&path);
            let done = if kind == "several" {
                let mut settings = vec!["database=first"];
                load(&path, "btree", endian, &settings, &records(false))
                    && {
                        settings[0] = "database=second";
                        load(&path, "hash", endian, &settings, &records(false))
                    }
                    && {
                        settings[0] = "database=third";
                        load(&path, "recno", endian, &settings, &records(false))
                    }
            } else {
                load(&path, kind, endian, settings, &records(copies))
            };
            if !done {
                return;
            }
            bases.push(Base {
                name: format!("{name} of the real library, {endian}"),
                endian,
                bytes: std::fs::read(&path).unwrap(),
            });
        }
    }
}

/// Loads records with `db_load`; whether it is there.
fn load(path: &Path, kind: &str, endian: Endian, settings: &[&str], pairs: &[Pair]) -> bool {
    let numbered = matches!(kind, "recno" | "queue");
    let fixed = settings.iter().any(|setting| setting.starts_with("re_len"));
    let mut command = Command::new("db5.3_load");
    command.env_remove("LD_LIBRARY_PATH");
    command.args(["-T", "-t", kind]);
    for setting in settings.iter().map(|setting| (*setting).to_owned()).chain([
        format!("db_pagesize={PAGE_SIZE}"),
        format!("db_lorder={}", endian.lorder()),
    ]) {
        command.arg("-c").arg(setting);
    }
    let child = command.arg(path).stdin(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        println!("skipped: cannot run db5.3_load");
        return false;
    };
    let mut text = Vec::new();
    for (key, value) in pairs {
        if !numbered {
            text.extend_from_slice(key);
            text.push(b'\n');
        }
        text.extend_from_slice(if fixed {
            value.get(..12).unwrap()
        } else {
            value
        });
        text.push(b'\n');
    }
    child.stdin.take().unwrap().write_all(&text).unwrap();
    assert!(child.wait().unwrap().success(), "db5.3_load {settings:?}");
    true
}

/// Whether `db_verify` passes a copy of a file, and whether it came to an end.
/// It hangs on some files, telling the same without end, and dies of others;
/// neither is passing. It takes no notice of being asked to end.
fn theirs(dir: &Path, bytes: &[u8]) -> (bool, bool) {
    let copy = dir.join("copy.db");
    std::fs::write(&copy, bytes).unwrap();
    let status = Command::new("timeout")
        .env_remove("LD_LIBRARY_PATH")
        .args(["-s", "KILL", TIME, "db5.3_verify", "-q"])
        .arg(&copy)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    (status.success(), matches!(status.code(), Some(0..=2)))
}

/// The first line of what `db_verify` said of the copy it was last asked of.
fn their_words(dir: &Path) -> String {
    let output = Command::new("db5.3_verify")
        .env_remove("LD_LIBRARY_PATH")
        .arg(dir.join("copy.db"))
        .output();
    let text = String::from_utf8_lossy(&output.unwrap().stderr).into_owned();
    text.lines().next().unwrap_or_default().to_owned()
}

#[derive(Default)]
struct Counts {
    bad: u32,
    good: u32,
    only_ours: u32,
    only_theirs: u32,
    died: u32,
}

impl Counts {
    fn add(&mut self, more: &Self) {
        self.bad += more.bad;
        self.good += more.good;
        self.only_ours += more.only_ours;
        self.only_theirs += more.only_theirs;
        self.died += more.died;
    }

    fn total(&self) -> u32 {
        self.bad + self.good + self.only_ours + self.only_theirs
    }
}

/// What became of the damages of a file: by field, and those that only the real
/// library found, without a reason.
type Asked = (BTreeMap<String, Counts>, Vec<String>);

/// Damages a file in many ways and asks both.
fn ask(base: &Base, number: usize, a_file: usize) -> Asked {
    let dir = tempfile::tempdir().unwrap();
    let mut table: BTreeMap<String, Counts> = BTreeMap::new();
    let mut unexplained = Vec::new();
    let whole = verify(MemorySource::new("whole", base.bytes.clone())).unwrap();
    assert!(whole.is_clean(), "{}: {:?}", base.name, whole.findings);
    let (passed, _) = theirs(dir.path(), &base.bytes);
    assert!(passed, "{}: {}", base.name, their_words(dir.path()));
    let damaged = damage::all(&base.bytes, base.endian, PAGE_SIZE as usize);
    let step = (damaged.len() / a_file).max(1);
    println!("{}: {} damages", base.name, damaged.len());
    // A different part of them for each file.
    for damage in damaged.iter().skip(number % step).step_by(step) {
        let source = MemorySource::new("damaged", damage.bytes.clone());
        let ours = verify(source).unwrap();
        let (passed, ended) = theirs(dir.path(), &damage.bytes);
        let counts = table.entry(damage.field.clone()).or_default();
        counts.died += u32::from(!ended);
        if !ended && std::env::var_os("VERIFY_ONLY_OURS").is_some() {
            println!("hung or died: {}: {}", base.name, damage.what);
        }
        match (ours.is_clean(), passed) {
            (true, true) => counts.good += 1,
            (false, false) => counts.bad += 1,
            (false, true) => {
                counts.only_ours += 1;
                if std::env::var_os("VERIFY_ONLY_OURS").is_some() {
                    println!(
                        "only ours: {}: {}: {}",
                        base.name, damage.what, ours.findings[0]
                    );
                }
            }
            (true, false) => {
                counts.only_theirs += 1;
                if !is_version_10(damage) {
                    let first = their_words(dir.path());
                    println!("only theirs: {}: {}: {first}", base.name, damage.what);
                    unexplained.push(format!("{}: {}: {first}", base.name, damage.what));
                }
            }
        }
    }
    (table, unexplained)
}

#[test]
fn every_damage_that_the_real_library_finds_is_found() {
    if libdb_tool("db5.3_verify", &["-V".as_ref()]).is_none() {
        return;
    }
    let a_file = std::env::var("VERIFY_A_FILE").map_or(A_FILE, |number| number.parse().unwrap());
    let dir = tempfile::tempdir().unwrap();
    let mut bases = Vec::new();
    built(&mut bases);
    loaded(dir.path(), &mut bases);
    // Many hang, and are waited for.
    let Ok(asked) = Workers::one_a_processor().all(bases.len(), |number| {
        Ok::<_, Infallible>(ask(&bases[number], number, a_file))
    });
    let mut table: BTreeMap<String, Counts> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for (fields, more) in asked {
        unexplained.extend(more);
        for (field, counts) in fields {
            table.entry(field).or_default().add(&counts);
        }
    }
    println!("both bad, both good, only ours, only theirs, theirs hung or died: field");
    let mut sums = Counts::default();
    for (field, counts) in &table {
        println!(
            "{:6} {:6} {:6} {:6} {:6}  {field}",
            counts.bad, counts.good, counts.only_ours, counts.only_theirs, counts.died
        );
        sums.add(counts);
    }
    let total = sums.total();
    println!(
        "{total} damaged files: both bad {}, both good {}, only ours {}, only theirs {}; \
         theirs hung or died {}",
        sums.bad, sums.good, sums.only_ours, sums.only_theirs, sums.died
    );
    assert_eq!(unexplained.len(), 0, "found by the real library alone");
    assert!(total > 2000);
}
