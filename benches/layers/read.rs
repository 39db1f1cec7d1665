//! Reading one file of events, in both byte orders: items of pages, leaves and
//! buckets, records, verification.

use benches::input::Input;
use benches::{BYTE_ORDERS, ComposedStore};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oracle::Method;

const COMPONENTS: u32 = 5_000;

fn read(criterion: &mut Criterion) {
    for (order, byte_order) in BYTE_ORDERS {
        for (kind, method) in [("btree", Method::Btree), ("hash", Method::Hash)] {
            let store = ComposedStore::new(COMPONENTS, byte_order, method);
            let input = store.events();
            let mut group = criterion.benchmark_group(format!("read, {kind}, {order}"));
            // The walk alone reads internal pages, or the table of a hash.
            group.bench_function("find all leaves or buckets", |bencher| {
                bencher.iter(|| input.walk().unwrap());
            });
            group.throughput(Throughput::ElementsAndBytes {
                elements: input.records(),
                bytes: input.file_bytes(),
            });
            if method == Method::Btree {
                group.bench_function("decode pages", |bencher| {
                    bencher.iter(|| input.decode_pages());
                });
            }
            group.bench_function("every record", |bencher| {
                bencher.iter(|| input.read().unwrap());
            });
            group.bench_function("verify", |bencher| {
                bencher.iter(|| input.verify().unwrap());
            });
            group.finish();
            check(&input);
        }
    }
}

/// What is measured has to be the reading of a sound file with records.
fn check(input: &Input) {
    assert_eq!(input.verify().unwrap(), 0);
    assert_eq!(input.read().unwrap() as u64, input.record_bytes());
}

criterion_group!(all, read);
criterion_main!(all);
