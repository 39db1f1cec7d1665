//! A store whose server died is migrated with the records that the real
//! recovery leaves, or refused where that is wanted, and then nothing is
//! written; one whose files are complete is accepted, with a last checkpoint
//! or without; and whoever insists gets what the files hold, with a warning.

mod support;

use std::fs;
use std::path::Path;

use csmigrate::observer::Event;
use csmigrate::{Error, Migration};
use oracle::compose::{Composed, End, StoreFile, StorePlan, compose};
use oracle::{ByteOrder, Environment, EnvironmentOptions, Order, Recovery, verify};
use support::{DATABASES, Places, close_is_seen, copies, csmigrate, names, records, snapshot};
use tempfile::TempDir;

/// Composes a store for each byte order, and shows it.
fn stores(end: End, mut each: impl FnMut(&Path, &StorePlan, &Composed)) {
    for byte_order in [ByteOrder::Little, ByteOrder::Big] {
        for duplicates in [false, true] {
            let plan = StorePlan {
                byte_order,
                duplicates,
                end,
                ..StorePlan::default()
            };
            let source = tempfile::tempdir().unwrap();
            let composed = compose(&plan, source.path()).unwrap();
            each(source.path(), &plan, &composed);
        }
    }
}

/// What the reasons of a refusal must speak of.
fn reason(end: End) -> &'static str {
    match end {
        End::Abandoned => "changes follow the last checkpoint",
        _ => "have no commit",
    }
}

/// Takes the regions of a store away, as when only its files were copied.
fn without_regions(source: &Path) {
    for name in names(source) {
        if name.starts_with("__db.") {
            fs::remove_file(source.join(name)).unwrap();
        }
    }
}

/// A copy of a store after the real recovery. Regions are not copied: they are
/// those of this process.
fn really_recovered(source: &Path) -> TempDir {
    let dir = copied(source);
    let options = EnvironmentOptions {
        recovery: Recovery::Normal,
        ..EnvironmentOptions::default()
    };
    let environment = Environment::create(dir.path(), &options).unwrap();
    environment.close().unwrap();
    dir
}

/// A copy of a store without its regions.
fn copied(source: &Path) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for name in names(source) {
        if !name.starts_with("__db.") {
            fs::copy(source.join(&name), dir.path().join(&name)).unwrap();
        }
    }
    dir
}

#[test]
fn what_the_real_recovery_leaves_is_migrated() {
    is_recovered(|_| {});
}

#[test]
fn the_logs_alone_are_enough_to_recover() {
    is_recovered(without_regions);
}

fn is_recovered(prepare: impl Fn(&Path)) {
    for end in [End::Abandoned, End::Active] {
        stores(end, |source, plan, composed| {
            prepare(source);
            let before = snapshot(source);
            let places = Places::new();
            let report = places.migrate(source, false).unwrap();
            let recovery = report.recovery.as_ref().expect("a recovery");
            println!("{end:?}: {recovery}");
            assert!(recovery.pages_changed() > 0, "{plan:?}");
            match end {
                End::Abandoned => assert!(recovery.summary.redone > 0, "{plan:?}"),
                _ => assert!(recovery.summary.undone > 0, "{plan:?}"),
            }
            let real = really_recovered(source);
            for file in DATABASES {
                let new = places.target.join(file.name());
                verify(&new).unwrap();
                let found = records(&new, Order::Bytewise);
                assert!(found == plan.contents(file), "{file} of {plan:?}");
                let left = records(&real.path().join(file.name()), Order::Bytewise);
                assert!(found == left, "{file} of {plan:?}");
            }
            let expected: u64 = composed.records.iter().map(|(_, count)| count).sum();
            assert_eq!(report.records_written(), expected, "{plan:?}");
            assert_eq!(snapshot(source), before);
        });
    }
}

#[test]
fn the_library_refuses_and_writes_nothing() {
    for end in [End::Abandoned, End::Active] {
        stores(end, |source, plan, _| {
            let before = snapshot(source);
            let places = Places::new();
            let refused = Migration::new(source, &places.target)
                .backup_dir(&places.backup)
                .recover(false)
                .run(&mut |_: Event<'_>| {});
            match refused {
                Err(Error::Unclean { path, reasons }) => {
                    assert_eq!(path, source);
                    println!("{end:?}: {}", reasons.join("; "));
                    let named = reasons.iter().any(|it| it.contains(reason(end)));
                    assert!(named, "{plan:?}: {reasons:?}");
                }
                other => panic!("{plan:?}: {other:?}"),
            }
            assert!(places.entries().is_empty(), "{:?}", places.entries());
            assert_eq!(snapshot(source), before);
        });
    }
}

/// A first log file that is gone, and the checkpoint with it.
#[test]
fn what_cannot_be_recovered_is_refused() {
    stores(End::Abandoned, |source, plan, _| {
        let copy = copied(source);
        let logs: Vec<_> = names(copy.path())
            .into_iter()
            .filter(|name| name.starts_with("log."))
            .collect();
        for log in &logs {
            let number: u32 = log.strip_prefix("log.").unwrap().parse().unwrap();
            let later = format!("log.{:010}", number + 1);
            fs::rename(copy.path().join(log), copy.path().join(later)).unwrap();
        }
        let before = snapshot(copy.path());
        let places = Places::new();
        match places.migrate(copy.path(), false) {
            Err(Error::NotRecoverable { path, why, .. }) => {
                assert_eq!(path, copy.path());
                println!("{why}");
            }
            other => panic!("{plan:?}: {other:?}"),
        }
        assert!(places.entries().is_empty(), "{:?}", places.entries());
        assert_eq!(snapshot(copy.path()), before);
    });
}

#[test]
fn the_command_exits_with_255_and_writes_only_its_logs() {
    for end in [End::Abandoned, End::Active] {
        stores(end, |source, plan, _| {
            let before = snapshot(source);
            let places = Places::new();
            let run = csmigrate()
                .args(["-q", "--no-recover"])
                .arg("-b")
                .arg(&places.backup)
                .arg("--log-dir")
                .arg(places.dir.path())
                .args([source, &places.target])
                .output()
                .unwrap();
            assert_eq!(run.status.code(), Some(255), "{plan:?}");
            let said = String::from_utf8(run.stderr).unwrap();
            assert!(said.contains("was not cleanly shut down"), "{said}");
            assert!(said.contains(reason(end)), "{said}");
            // The library of this process may hold the store, which is told too.
            let mut lines = said.lines();
            assert!(lines.all(|line| line.starts_with("csmigrate: ")), "{said}");
            let logs = ["csmigrate.log", "csmigrateError.log"];
            assert_eq!(places.entries(), logs);
            assert_eq!(snapshot(source), before);
        });
    }
}

#[test]
fn whoever_ignores_the_logs_gets_what_the_files_hold_and_a_warning() {
    for end in [End::Abandoned, End::Active] {
        stores(end, |source, plan, composed| {
            let before = snapshot(source);
            let places = Places::new();
            let report = places.migrate(source, true).unwrap();
            let warned = report
                .warnings
                .iter()
                .find(|it| it.text.contains("not cleanly shut down"));
            let text = &warned.expect("a warning").text;
            assert!(text.contains("__db.") || text.contains("log."), "{text}");
            let copies = copies(source);
            for file in DATABASES {
                let new = places.target.join(file.name());
                verify(&new).unwrap();
                let held = records(&copies.path().join(file.name()), Order::Bytewise);
                let found = records(&new, Order::Bytewise);
                assert!(found == held, "{file} of {plan:?}");
            }
            // What makes the warning due: the files are not the store.
            let events = records(
                &places.target.join(StoreFile::Events.name()),
                Order::Bytewise,
            );
            let committed = composed.count(StoreFile::Events);
            match end {
                End::Abandoned => assert!((events.len() as u64) < committed),
                _ => assert_eq!(events.len() as u64, committed + composed.uncommitted),
            }
            assert_eq!(snapshot(source), before);
        });
    }
}

#[test]
fn complete_stores_are_accepted_where_they_can_be_told() {
    for end in [End::Clean, End::NoCheckpoint] {
        stores(end, |source, plan, composed| {
            let places = Places::new();
            let report = places.migrate(source, false).unwrap();
            // Of 4.8 it is not known how a region says that it was closed: its
            // logs are replayed, and find nothing to do.
            let told = end == End::NoCheckpoint && !close_is_seen();
            let changed = report
                .recovery
                .as_ref()
                .map(csmigrate::recovery::Recovery::pages_changed);
            assert_eq!(changed, told.then_some(0), "{plan:?}");
            let warned = report.warnings.iter().any(|it| it.text.contains("shut"));
            assert_eq!(warned, told, "{plan:?}");
            let expected: u64 = composed.records.iter().map(|(_, count)| count).sum();
            assert_eq!(report.records_written(), expected, "{plan:?}");
            println!("{end:?}: {expected} records");
        });
    }
}
