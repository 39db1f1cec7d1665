//! Stores as every release of the server left them, and with every nature that
//! an old library may have given their files: which release is told is what it
//! should be, and by which evidence is printed; the store migrates, and the
//! real library opens, verifies and reads every record of the result. A store
//! of 5.x is refused with the advice to run cs5migrate, and still read right.
//!
//! All of the stores are composed. `docs/oracle.md` says how.

mod support;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;

use bdbfile::convert::{ConvertOptions, convert};
use bdbfile::layout::Endian;
use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;
use bdbfile::write::FileSink;
use csmigrate::caldb::Profile;
use csmigrate::caldb::release::{Detection, Nature as Told};
use csmigrate::inspect::{Shutdown, StoreView};
use csmigrate::report::Report;
use oracle::compose::{
    Format, Library, Machine, Nature, StoreFile, StorePlan, StoreRelease, Surroundings, compose,
};
use oracle::{ByteOrder, Database, DatabaseOptions, HashFunction, Method, Order, Record, Verify};
use support::{Places, snapshot};
use tempfile::TempDir;

const BOTH: [ByteOrder; 2] = [ByteOrder::Little, ByteOrder::Big];

fn composed(plan: &StorePlan) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    compose(plan, dir.path()).unwrap();
    dir
}

/// A store of 6.2 with something put into it.
fn of_6_2(byte_order: ByteOrder, change: impl FnOnce(&mut StorePlan)) -> StorePlan {
    let mut plan = StorePlan::of(StoreRelease::V6_2, byte_order);
    change(&mut plan);
    plan
}

/// Looks at a store, which must be as it was afterwards, and prints the
/// evidence.
fn looked_at(what: &str, store: &Path) -> StoreView {
    let before = snapshot(store);
    let view = StoreView::look(store, Profile::shipped()).unwrap();
    assert!(snapshot(store) == before, "{what}: looking changed it");
    print(what, &view.detection);
    view
}

fn print(what: &str, detection: &Detection) {
    println!("{what}: {}", detection.conclusion);
    for one in &detection.evidence {
        println!("    {}: {} [{}]", one.id, one.text, one.points());
        assert!(!one.provenance.basis().is_empty(), "{what}: {}", one.id);
    }
}

#[track_caller]
fn assert_evidence(what: &str, view: &StoreView, expected: &[&str]) {
    let evidence = &view.detection.evidence;
    for id in expected {
        assert!(evidence.iter().any(|one| one.id == *id), "{what}: no {id}");
    }
}

/// The natures of all databases of a store.
fn natures(view: &StoreView) -> BTreeSet<Told> {
    let databases = view.databases.iter();
    databases
        .flat_map(|one| one.traits.natures.iter().copied())
        .collect()
}

/// Migrates a store, which must be as it was afterwards.
fn migrated(what: &str, store: &Path, places: &Places) -> Report {
    let before = snapshot(store);
    let report = places.migrate(store, false);
    let report = report.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(snapshot(store) == before, "{what}: the source changed");
    report
}

/// Records in the order of the plan: those of a hash file in that of keys.
fn sorted(plan: &StorePlan, mut records: Vec<Record>) -> Vec<Record> {
    if plan.method == Method::Hash {
        records.sort_by(|left, right| left.0.cmp(&right.0));
    }
    records
}

/// The real library verifies the file, and reads of each of its databases what
/// was composed.
fn assert_accepted(what: &str, path: &Path, file: StoreFile, plan: &StorePlan) -> u64 {
    let of = format!("{what}, {file}");
    let verify = Verify {
        order: plan.order,
        hash_function: plan.hash_function,
        ..Verify::default()
    };
    verify
        .run(path)
        .unwrap_or_else(|error| panic!("{of}: {error}"));
    let mut count = 0;
    for name in plan.names() {
        let options = DatabaseOptions {
            order: plan.order,
            hash_function: plan.hash_function,
            name: name.map(str::to_owned),
            ..DatabaseOptions::default()
        };
        let database = Database::open_read_only(None, path, &options).unwrap();
        assert_eq!(database.method().unwrap(), Some(plan.method), "{of}");
        let expected = plan.contents_of(file, name);
        let found = sorted(plan, database.read_all().unwrap());
        assert!(found == expected, "{of}, {name:?}: other records");
        for (key, _) in expected.iter().step_by(7) {
            assert!(database.get(None, key).unwrap().is_some(), "{of}: a key");
        }
        count += expected.len() as u64;
        database.close().unwrap();
    }
    count
}

/// Migrates a store and lets the real library judge the result.
fn judge(what: &str, store: &Path, plan: &StorePlan, view: &StoreView) -> Report {
    let places = Places::new();
    let report = migrated(what, store, &places);
    assert_eq!(report.detection, view.detection, "{what}");
    assert_eq!(report.records_read(), report.records_written(), "{what}");
    let mut records = 0;
    for file in StoreFile::ALL.into_iter().filter(|file| plan.holds(*file)) {
        let new = places.target.join(file.name());
        records += assert_accepted(what, &new, file, plan);
    }
    assert!(records > 0);
    assert_eq!(report.records_written(), records, "{what}");
    assert_eq!(report.checks.carried(), 0, "{what}: all are recognised");
    assert_eq!(report.checks.recognised(), records, "{what}");
    for file in StoreFile::ALL {
        let there = places.target.join(file.name()).exists();
        assert_eq!(there, plan.holds(file), "{what}: {file}");
    }
    report
}

/// What should be told of a store.
struct Expected<'a> {
    release: &'a str,
    evidence: &'a [&'a str],
    natures: &'a [Told],
}

#[track_caller]
fn detected_and_migrated(what: &str, plan: &StorePlan, expected: &Expected<'_>) -> Report {
    let store = composed(plan);
    let view = looked_at(what, store.path());
    assert_eq!(
        view.detection.conclusion.to_string(),
        expected.release,
        "{what}"
    );
    assert_evidence(what, &view, expected.evidence);
    let wanted: BTreeSet<Told> = expected.natures.iter().copied().collect();
    assert_eq!(natures(&view), wanted, "{what}");
    match plan.surroundings {
        Surroundings::Nothing => assert_eq!(view.shutdown, Shutdown::Unknown, "{what}"),
        _ => assert!(matches!(view.shutdown, Shutdown::Clean(_)), "{what}"),
    }
    judge(what, store.path(), plan, &view)
}

const LIKELY_6_2: &str = "6.1 to 6.3, most likely 6.2";
const BESIDE_6_2: &str =
    "6.1 to 6.3 or 6.3 from Solaris x86 before patch 121658-20, most likely 6.2";

#[test]
fn the_store_of_every_release_in_both_byte_orders() {
    for byte_order in BOTH {
        let machine = match byte_order {
            ByteOrder::Big => "big-endian-machine",
            _ => "little-endian-machine",
        };
        let of = |release| StorePlan::of(release, byte_order);
        let what = |release: StoreRelease| format!("{}, {byte_order:?}", release.name());
        for (release, told, evidence) in [
            (
                StoreRelease::V6_0,
                "6.0",
                [
                    "database-3-2",
                    "no-recurring",
                    "no-delete-log",
                    "identifier.3.0.0",
                    "log-3",
                    "region-3",
                ],
            ),
            (
                StoreRelease::V6_1,
                "6.1 to 6.2, most likely 6.1",
                [
                    "database-4",
                    "recurring-and-delete-log",
                    "identifier.3.0.0",
                    "log-7",
                    "region-4-1",
                    machine,
                ],
            ),
            (
                StoreRelease::V6_2,
                LIKELY_6_2,
                [
                    "database-4",
                    "recurring-and-delete-log",
                    "identifier.3.0.0",
                    "log-8",
                    "region-4-2",
                    machine,
                ],
            ),
            (
                StoreRelease::V6_3,
                "6.2 to 6.3, most likely 6.3",
                [
                    "database-4",
                    "recurring-and-delete-log",
                    "identifier-unknown",
                    "log-8",
                    "region-4-2",
                    machine,
                ],
            ),
        ] {
            let expected = Expected {
                release: told,
                evidence: &evidence,
                natures: match release {
                    StoreRelease::V6_0 => &[Told::NoLastPage],
                    _ => &[],
                },
            };
            detected_and_migrated(&what(release), &of(release), &expected);
        }
    }
    // SPARC is no x86.
    let plan = StorePlan::of(StoreRelease::V6_3SolarisX86, ByteOrder::Little);
    let expected = Expected {
        release: BESIDE_6_2,
        evidence: &["nature-no-last-page", "little-endian-machine"],
        natures: &[Told::NoLastPage],
    };
    detected_and_migrated("6.3 of Solaris x86", &plan, &expected);
}

#[test]
fn stores_without_an_environment() {
    for (release, identifier, told) in [
        (StoreRelease::V6_0, Some("3.0.0"), "6.0"),
        (StoreRelease::V6_0, None, "6.0"),
        (
            StoreRelease::V6_2,
            Some("3.0.0"),
            "6.0 to 6.2, most likely 6.2",
        ),
        (StoreRelease::V6_2, None, "6.0 to 6.3, most likely 6.2"),
        (StoreRelease::V6_3, Some("4.0.0"), "6.3"),
    ] {
        for byte_order in BOTH {
            let mut plan = StorePlan::of(release, byte_order);
            plan.identifier = identifier.map(str::to_owned);
            plan.surroundings = Surroundings::Nothing;
            let what = format!("{} alone, {identifier:?}, {byte_order:?}", release.name());
            let expected = Expected {
                release: told,
                evidence: &[],
                natures: match release {
                    StoreRelease::V6_0 => &[Told::NoLastPage],
                    _ => &[],
                },
            };
            detected_and_migrated(&what, &plan, &expected);
        }
    }
}

#[test]
fn a_store_that_a_later_release_took_over() {
    for byte_order in BOTH {
        let plan = of_6_2(byte_order, |plan| {
            plan.format = Format::V3_3;
            plan.duplicates = true;
            plan.deletes = true;
        });
        let expected = Expected {
            release: LIKELY_6_2,
            evidence: &["database-3-2-kept"],
            natures: &[],
        };
        detected_and_migrated("all of 3.x, kept", &plan, &expected);

        // Files that were made later are of the later version.
        let early = StorePlan {
            format: Format::V3_2,
            ..plan.clone()
        };
        let (store, old) = (composed(&plan), composed(&early));
        for file in [StoreFile::Events, StoreFile::Todos] {
            let name = file.name();
            fs::copy(old.path().join(name), store.path().join(name)).unwrap();
        }
        let late = StorePlan {
            format: Format::V4,
            ..plan.clone()
        };
        let new = composed(&late);
        let name = StoreFile::DeleteLog.name();
        fs::copy(new.path().join(name), store.path().join(name)).unwrap();
        let view = looked_at("of two ages", store.path());
        assert_eq!(
            view.detection.conclusion.to_string(),
            "6.0 to 6.3, most likely 6.2"
        );
        assert_evidence(
            "of two ages",
            &view,
            &[
                "database-3-2",
                "database-3-2-kept",
                "database-4",
                "databases-of-two-ages",
            ],
        );
        judge("of two ages", store.path(), &plan, &view);
    }
}

#[test]
fn orders_and_hash_functions_of_the_applications_own() {
    for byte_order in BOTH {
        for format in [Format::Current, Format::V4, Format::V3_3, Format::V3_2] {
            let mut reversed = of_6_2(byte_order, |plan| plan.format = format);
            reversed.duplicates = true;
            reversed.deletes = true;
            let mut hash = reversed.clone();
            reversed.order = Order::Reversed;
            hash.method = Method::Hash;
            let own_hash = StorePlan {
                hash_function: HashFunction::Times33,
                ..hash.clone()
            };
            for (kind, plan, nature) in [
                ("reversed keys", reversed, Some(Told::KeyOrder)),
                ("hash files", hash, None),
                ("own hash function", own_hash, Some(Told::HashFunction)),
            ] {
                let what = format!("{kind}, {format:?}, {byte_order:?}");
                let store = composed(&plan);
                let view = looked_at(&what, store.path());
                let mut expected: BTreeSet<Told> = nature.into_iter().collect();
                expected.extend((format == Format::V3_2).then_some(Told::NoLastPage));
                assert_eq!(natures(&view), expected, "{what}");
                if let Some(nature) = nature {
                    let id = format!("nature-{}", nature.name());
                    assert_evidence(&what, &view, &[&id]);
                    let solaris = view.detection.conclusion.to_string().contains("Solaris");
                    assert_eq!(solaris, byte_order == ByteOrder::Little, "{what}");
                }
                judge(&what, store.path(), &plan, &view);
            }
        }
    }
}

#[test]
fn directories_of_named_databases_in_either_order() {
    for byte_order in BOTH {
        for method in [Method::Btree, Method::Hash] {
            for format in [Format::V4, Format::V3_3, Format::V3_2] {
                let mut plan = of_6_2(byte_order, |plan| plan.format = format);
                plan.method = method;
                plan.named = true;
                let what = format!("named, {method:?}, {format:?}, {byte_order:?}");
                let store = composed(&plan);
                let view = looked_at(&what, store.path());
                assert!(!natures(&view).contains(&Told::DirectoryOrder), "{what}");
                judge(&what, store.path(), &plan, &view);

                plan.natures.insert(Nature::DirectoryOrder);
                let what = format!("{what}, turned");
                let store = composed(&plan);
                let view = looked_at(&what, store.path());
                assert!(natures(&view).contains(&Told::DirectoryOrder), "{what}");
                assert_evidence(&what, &view, &["nature-directory-order"]);
                let solaris = view.detection.conclusion.to_string().contains("Solaris");
                assert_eq!(solaris, byte_order == ByteOrder::Little, "{what}");
                judge(&what, store.path(), &plan, &view);
            }
        }
    }
}

#[test]
fn checksums_right_and_wrong() {
    for byte_order in BOTH {
        for method in [Method::Btree, Method::Hash] {
            let mut plan = of_6_2(byte_order, |plan| plan.method = method);
            plan.checksums = true;
            plan.duplicates = true;
            let right = Expected {
                release: LIKELY_6_2,
                evidence: &[],
                natures: &[],
            };
            let what = format!("checksums, {method:?}, {byte_order:?}");
            detected_and_migrated(&what, &plan, &right);
            plan.natures.insert(Nature::Checksums);
            let wrong = Expected {
                release: match byte_order {
                    ByteOrder::Big => LIKELY_6_2,
                    _ => BESIDE_6_2,
                },
                evidence: &["nature-checksums"],
                natures: &[Told::Checksums],
            };
            detected_and_migrated(&format!("wrong {what}"), &plan, &wrong);
        }
    }
}

#[test]
fn last_pages_that_are_missing_or_too_high() {
    for byte_order in BOTH {
        for method in [Method::Btree, Method::Hash] {
            let mut plan = of_6_2(byte_order, |plan| plan.method = method);
            plan.natures.insert(Nature::NoLastPage);
            let missing = Expected {
                release: match byte_order {
                    ByteOrder::Big => LIKELY_6_2,
                    _ => BESIDE_6_2,
                },
                evidence: &["nature-no-last-page"],
                natures: &[Told::NoLastPage],
            };
            let what = format!("no last page, {method:?}, {byte_order:?}");
            detected_and_migrated(&what, &plan, &missing);

            plan.natures = [Nature::LastPageTooHigh].into();
            let high = Expected {
                release: LIKELY_6_2,
                evidence: &[],
                natures: &[],
            };
            let what = format!("last page too high, {method:?}, {byte_order:?}");
            detected_and_migrated(&what, &plan, &high);
        }
    }
}

/// Natures that only libraries of 2.x wrote, in files that were upgraded in
/// place: an upgrade leaves the pages as they are.
#[test]
fn natures_of_2_x_that_an_upgrade_left() {
    for byte_order in BOTH {
        for format in [Format::V4, Format::V3_3, Format::V3_2] {
            for (nature, told) in [
                (Nature::BitFields, Told::BitFields),
                (Nature::KeyLengths, Told::KeyLengths),
            ] {
                let mut plan = of_6_2(byte_order, |plan| plan.format = format);
                plan.duplicates = true;
                plan.natures.insert(nature);
                let what = format!("{nature:?}, {format:?}, {byte_order:?}");
                let store = composed(&plan);
                let view = looked_at(&what, store.path());
                let mut expected = BTreeSet::from([told]);
                expected.extend((format == Format::V3_2).then_some(Told::NoLastPage));
                assert_eq!(natures(&view), expected, "{what}");
                assert_evidence(&what, &view, &[&format!("nature-{}", told.name())]);
                judge(&what, store.path(), &plan, &view);
            }
        }
    }
}

#[test]
fn databases_in_the_byte_order_of_another_machine() {
    for byte_order in BOTH {
        let other = match byte_order {
            ByteOrder::Big => ByteOrder::Little,
            _ => ByteOrder::Big,
        };
        let plan = of_6_2(byte_order, |plan| {
            plan.surroundings = Surroundings::Machine(Machine {
                library: Library::V4_2,
                byte_order: other,
            });
        });
        let expected = Expected {
            release: match other {
                // SPARC is no x86.
                ByteOrder::Big => LIKELY_6_2,
                _ => {
                    "6.1 to 6.2 or 6.3 from Solaris x86 before patch 121658-20, most likely 6.3 from Solaris x86 before patch 121658-20"
                }
            },
            evidence: &["order-of-another-machine"],
            natures: &[],
        };
        let what = format!("files {byte_order:?}, machine {other:?}");
        detected_and_migrated(&what, &plan, &expected);
    }
}

#[test]
fn files_of_several_stores_are_mixed_and_migrate_all_the_same() {
    let little = of_6_2(ByteOrder::Little, |_| {});
    let big = of_6_2(ByteOrder::Big, |_| {});
    let (store, other) = (composed(&little), composed(&big));
    let name = StoreFile::Events.name();
    fs::copy(other.path().join(name), store.path().join(name)).unwrap();
    let view = looked_at("of both orders", store.path());
    assert_eq!(view.detection.conclusion.name(), "mixed");
    let advice = view.detection.conclusion.advice();
    assert!(advice.iter().any(|one| one.contains(name)), "{advice:?}");
    judge("of both orders", store.path(), &little, &view);

    // Databases of 2.x beside others are no store of 5.x either.
    let five = StorePlan::of(StoreRelease::V5, ByteOrder::Little);
    let (store, other) = (composed(&little), composed(&five));
    fs::copy(other.path().join(name), store.path().join(name)).unwrap();
    let view = looked_at("2.x beside 4.2", store.path());
    assert_eq!(view.detection.conclusion.name(), "mixed");
    assert_refused("2.x beside 4.2", store.path());
}

/// No guide names a file of numbered records. One that is there is carried.
#[test]
fn numbered_records_keep_their_numbers() {
    for byte_order in BOTH {
        for method in [Method::Recno, Method::Queue] {
            let what = format!("{method:?}, {byte_order:?}");
            let plan = of_6_2(byte_order, |_| {});
            let store = composed(&plan);
            let path = store.path().join("ics50numbered.db");
            let options = DatabaseOptions {
                method,
                byte_order,
                page_size: Some(4096),
                record_length: (method == Method::Queue).then_some(40),
                ..DatabaseOptions::default()
            };
            let database = Database::create(None, &path, &options).unwrap();
            for number in 0..2000_u32 {
                let text = format!("{number:040}");
                database.append(None, text.as_bytes()).unwrap();
            }
            for number in (1..2000).step_by(9) {
                assert!(database.delete_at(None, number).unwrap());
            }
            let expected = database.read_numbered().unwrap();
            database.close().unwrap();
            looked_at(&what, store.path());
            let places = Places::new();
            migrated(&what, store.path(), &places);
            let new = places.target.join("ics50numbered.db");
            Verify::default().run(&new).unwrap();
            let options = DatabaseOptions::default();
            let database = Database::open_read_only(None, &new, &options).unwrap();
            assert_eq!(database.method().unwrap(), Some(method), "{what}");
            assert!(database.read_numbered().unwrap() == expected, "{what}");
            database.close().unwrap();
        }
    }
}

#[test]
fn where_no_evidence_speaks_the_release_is_unknown() {
    let plan = of_6_2(ByteOrder::Little, |plan| {
        plan.surroundings = Surroundings::Nothing;
        plan.identifier = None;
    });
    let store = composed(&plan);
    let silent = ["database-4", "recurring-and-delete-log"].map(|id| {
        format!(
            "[evidence.{id}]\nsays = \"seen\"\npoints-to = {{}}\nmark = \"assumed\"\n\
             basis = \"for this test\"\n"
        )
    });
    let profile = Profile::over_shipped("silent.toml", &silent.concat()).unwrap();
    let view = StoreView::look(store.path(), &profile).unwrap();
    print("silent", &view.detection);
    assert_eq!(view.detection.conclusion.name(), "unknown");
}

#[track_caller]
fn assert_refused(what: &str, store: &Path) {
    let before = snapshot(store);
    let places = Places::new();
    let error = places.migrate(store, false).unwrap_err().to_string();
    println!("{what}: {error}");
    assert!(error.contains("cs5migrate"), "{what}: {error}");
    assert!(snapshot(store) == before, "{what}: the source changed");
    assert!(!places.target.exists(), "{what}");
}

#[test]
fn a_store_of_5_x_is_refused_with_advice_and_read_right() {
    for byte_order in BOTH {
        for (duplicates, nature) in [
            (false, None),
            (true, None),
            (true, Some(Nature::BitFields)),
            (true, Some(Nature::KeyLengths)),
        ] {
            let mut plan = StorePlan::of(StoreRelease::V5, byte_order);
            plan.natures.extend(nature);
            plan.duplicates = duplicates;
            if duplicates {
                // So that there are some. The logs speak all the same.
                plan.absent = vec![StoreFile::Recurring];
            }
            let what = format!("5.x, {nature:?}, {byte_order:?}");
            let store = composed(&plan);
            let view = looked_at(&what, store.path());
            assert_eq!(view.detection.conclusion.to_string(), "5.x", "{what}");
            let advice = view.detection.conclusion.advice();
            assert!(advice[0].contains("cs5migrate"), "{what}: {advice:?}");
            let expected: BTreeSet<Told> = match nature {
                Some(Nature::BitFields) => [Told::BitFields].into(),
                Some(_) => [Told::KeyLengths].into(),
                None => BTreeSet::new(),
            };
            assert_eq!(natures(&view), expected, "{what}");
            assert_refused(&what, store.path());
            assert_converts(&what, store.path(), &plan);
        }
    }
}

/// The command `bdbfile convert` takes what is not migrated.
fn assert_converts(what: &str, store: &Path, plan: &StorePlan) {
    let dir = tempfile::tempdir().unwrap();
    for file in StoreFile::ALL.into_iter().filter(|file| plan.holds(*file)) {
        let source = FileSource::open(&store.join(file.name())).unwrap();
        let input = DatabaseFile::open(source).unwrap();
        let new = dir.path().join(file.name());
        let sink = || {
            let made = File::create(&new).unwrap();
            Ok(FileSink::new(new.display().to_string(), made))
        };
        let options = ConvertOptions {
            endian: Endian::Little,
            file_id: *b"a store that was 5.x",
            ..ConvertOptions::default()
        };
        convert(&input, sink, &options).unwrap();
        assert_accepted(what, &new, file, plan);
    }
}
