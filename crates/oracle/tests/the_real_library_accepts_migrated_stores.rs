//! A migrated store is one that the real library accepts, reads as it reads
//! the source, and can work in: the store of every page size, both byte
//! orders, duplicates and deletes or none, closed with a checkpoint or without.

mod support;

use std::path::Path;

use oracle::compose::{End, StoreFile, StorePlan, compose};
use oracle::{ByteOrder, Durability, EnvironmentOptions, Exercise, Order, verify};
use support::{
    DATABASES, Places, close_is_seen, copies, installed_dump, installed_verify, records, testdata,
};

/// What was judged.
#[derive(Debug, Default)]
struct Judged {
    stores: u64,
    files: u64,
    records: u64,
    by_installed_verify: u64,
    by_installed_dump: u64,
    put: u64,
    deleted: u64,
}

impl Judged {
    fn print(&self) {
        let (major, minor, patch) = oracle::version();
        println!(
            "{major}.{minor}.{patch}: {} stores, {} files, {} records; {} times db5.3_verify, \
             {} pairs of db5.3_dump; {} records put and {} deleted in the targets",
            self.stores,
            self.files,
            self.records,
            self.by_installed_verify,
            self.by_installed_dump,
            self.put,
            self.deleted
        );
    }

    /// Migrates a store and lets the real library judge the target.
    fn judge(&mut self, source: &Path, plan: &StorePlan) {
        let places = Places::new();
        let ignore_logs = plan.end == End::NoCheckpoint && !close_is_seen();
        let report = places.migrate(source, ignore_logs).unwrap();
        assert_eq!(report.records_read(), report.records_written(), "{plan:?}");
        let copies = copies(source);
        for file in DATABASES {
            let of = format!("{file} of {plan:?}");
            let new = places.target.join(file.name());
            let old = copies.path().join(file.name());
            self.by_installed_verify += u64::from(installed_verify(&new));
            if let (Some(old), Some(new)) = (installed_dump(&old), installed_dump(&new)) {
                assert!(old == new, "dumps differ: {of}");
                self.by_installed_dump += 1;
            }
            verify(&new).unwrap();
            let found = records(&new, Order::Bytewise);
            assert!(found == records(&old, Order::Bytewise), "{of}");
            assert!(found == plan.contents(file), "{of}");
            let told = report.files.iter().find(|told| told.name == file.name());
            assert_eq!(told.unwrap().records_written, found.len() as u64, "{of}");
            self.files += 1;
            self.records += found.len() as u64;
        }
        let exercise = Exercise {
            environment: EnvironmentOptions {
                durability: Durability::Written,
                ..EnvironmentOptions::default()
            },
            ..Exercise::default()
        };
        let names = DATABASES.map(StoreFile::name);
        let summary = exercise.run(&places.target, &names).unwrap();
        assert_eq!(summary.records_before(), report.records_written());
        for (database, file) in summary.databases.iter().zip(DATABASES) {
            let worked_in = places.target.join(file.name());
            self.by_installed_verify += u64::from(installed_verify(&worked_in));
            self.put += database.put;
            self.deleted += database.deleted;
        }
        self.stores += 1;
    }
}

#[test]
fn the_committed_stores() {
    let mut judged = Judged::default();
    for (store, byte_order) in [
        ("composed-le", ByteOrder::Little),
        ("composed-be", ByteOrder::Big),
    ] {
        let plan = StorePlan {
            components: 22,
            byte_order,
            duplicates: true,
            deletes: true,
            ..StorePlan::default()
        };
        judged.judge(&testdata(store), &plan);
    }
    assert_eq!(judged.records, 2 * 519);
    judged.print();
}

/// Composes and judges a store of each page size with each choice of
/// duplicates and deletes; the seeds differ.
fn composed(byte_order: ByteOrder, end: End, seed: u64) {
    let mut judged = Judged::default();
    for page_size in [512, 1024, 4096, 8192, 16384, 65536] {
        for (duplicates, deletes) in [(false, false), (true, false), (false, true), (true, true)] {
            let plan = StorePlan {
                seed: seed + judged.stores,
                page_size,
                byte_order,
                duplicates,
                deletes,
                end,
                ..StorePlan::default()
            };
            let source = tempfile::tempdir().unwrap();
            compose(&plan, source.path()).unwrap();
            judged.judge(source.path(), &plan);
        }
    }
    assert_eq!(judged.stores, 24);
    judged.print();
}

#[test]
fn little_endian_stores_closed_cleanly() {
    composed(ByteOrder::Little, End::Clean, 100);
}

#[test]
fn big_endian_stores_closed_cleanly() {
    composed(ByteOrder::Big, End::Clean, 200);
}

#[test]
fn little_endian_stores_closed_without_a_checkpoint() {
    composed(ByteOrder::Little, End::NoCheckpoint, 300);
}

#[test]
fn big_endian_stores_closed_without_a_checkpoint() {
    composed(ByteOrder::Big, End::NoCheckpoint, 400);
}
