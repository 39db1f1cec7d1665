//! What is done with records once they are read: content lines, recognition,
//! checks, digests. They are the same in both byte orders.

use benches::ComposedStore;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oracle::{ByteOrder, Method};

const COMPONENTS: u32 = 5_000;

/// Every event of a store. Bytes are those of keys and values.
fn records(criterion: &mut Criterion) {
    let store = ComposedStore::new(COMPONENTS, ByteOrder::Little, Method::Btree);
    let input = store.events();
    let mut group = criterion.benchmark_group("records");
    group.throughput(Throughput::ElementsAndBytes {
        elements: input.records(),
        bytes: input.record_bytes(),
    });
    group.bench_function("digest", |bencher| bencher.iter(|| input.digest()));
    group.bench_function("parse content lines", |bencher| {
        bencher.iter(|| input.parse_lines());
    });
    group.bench_function("parse and print content lines", |bencher| {
        let mut printed = Vec::new();
        bencher.iter(|| input.print_lines(&mut printed));
    });
    group.bench_function("parse and pair components", |bencher| {
        bencher.iter(|| input.pair_components());
    });
    group.bench_function("recognise", |bencher| bencher.iter(|| input.recognise()));
    group.bench_function("recognise and check", |bencher| {
        bencher.iter(|| input.check());
    });
    group.finish();
}

criterion_group!(all, records);
criterion_main!(all);
