//! A whole migration (backup, rewriting, verification, syncs, publication)
//! next to copying the files twice and to copying the records once with the
//! real library, on the same stores in the same run, in both byte orders.

use std::path::Path;

use benches::{BYTE_ORDERS, ComposedStore};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use csmigrate::Migration;
use csmigrate::observer::Event;
use oracle::{ByteOrder, Database, DatabaseOptions, Method};

const COMPONENTS: u32 = 20_000;

fn migration(criterion: &mut Criterion) {
    for (order, byte_order) in BYTE_ORDERS {
        of_store(criterion, order, byte_order);
    }
}

fn of_store(criterion: &mut Criterion, order: &str, byte_order: ByteOrder) {
    let store = ComposedStore::new(COMPONENTS, byte_order, Method::Btree);
    let (copy, target) = (store.place("copy"), store.place("target"));
    let mut group = criterion.benchmark_group(format!("migration, {order}"));
    group.throughput(Throughput::Bytes(store.bytes()));
    group.sample_size(10);
    let mut measure = |name: &str, work: &dyn Fn()| {
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || {
                    remove(&copy);
                    remove(&target);
                },
                |()| work(),
                BatchSize::PerIteration,
            );
        });
    };

    measure("csmigrate", &|| {
        Migration::new(store.dir(), &target)
            .backup_dir(&copy)
            .run(&mut |_: Event<'_>| {})
            .unwrap();
    });
    measure("cp twice and sync", &|| {
        for place in [&copy, &target] {
            std::fs::create_dir(place).unwrap();
            for from in store.databases() {
                let to = place.join(from.file_name().unwrap());
                std::fs::copy(&from, &to).unwrap();
                std::fs::File::open(&to).unwrap().sync_all().unwrap();
            }
        }
    });
    measure("libdb get and put of every record", &|| {
        std::fs::create_dir(&target).unwrap();
        for from in store.databases() {
            copy_records(&from, &target.join(from.file_name().unwrap()));
        }
    });
    group.finish();
}

fn copy_records(from: &Path, to: &Path) {
    // The library may write to what it opens, so it gets a copy of the file.
    let scratch = to.with_extension("scratch");
    std::fs::copy(from, &scratch).unwrap();
    let options = DatabaseOptions {
        cache_bytes: Some(64 << 20),
        ..DatabaseOptions::default()
    };
    let old = Database::open_read_only(None, &scratch, &options).unwrap();
    let new = Database::create(None, to, &options).unwrap();
    old.for_each(|key, value| new.put(None, key, value).unwrap())
        .unwrap();
    new.sync().unwrap();
    new.close().unwrap();
    old.close().unwrap();
}

fn remove(dir: &Path) {
    if dir.exists() {
        std::fs::remove_dir_all(dir).unwrap();
    }
}

criterion_group!(all, migration);
criterion_main!(all);
