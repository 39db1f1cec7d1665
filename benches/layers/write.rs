//! Building pages from records, and rewriting a whole file, as `bdbfile
//! convert` does by one thread, with and without a place for the pages. Output is little-endian;
//! a source may have either byte order.

use std::fs::File;

use bdbfile::write::FileSink;
use benches::input::Nowhere;
use benches::{BYTE_ORDERS, ComposedStore};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oracle::{ByteOrder, Method};

const COMPONENTS: u32 = 5_000;

fn build(criterion: &mut Criterion) {
    let store = ComposedStore::new(COMPONENTS, ByteOrder::Little, Method::Btree);
    let input = store.events();
    let mut group = criterion.benchmark_group("build");
    group.throughput(Throughput::ElementsAndBytes {
        elements: input.records(),
        bytes: input.record_bytes(),
    });
    group.bench_function("pages", |bencher| {
        bencher.iter(|| input.build().unwrap());
    });
    group.finish();
}

fn rewrite(criterion: &mut Criterion) {
    for (order, byte_order) in BYTE_ORDERS {
        for (kind, method) in [("btree", Method::Btree), ("hash", Method::Hash)] {
            let store = ComposedStore::new(COMPONENTS, byte_order, method);
            let input = store.events();
            let path = store.place("rewritten.db");
            let mut group = criterion.benchmark_group(format!("rewrite, {kind}, {order}"));
            group.throughput(Throughput::ElementsAndBytes {
                elements: input.records(),
                bytes: input.file_bytes(),
            });
            group.bench_function("the pages alone", |bencher| {
                bencher.iter(|| input.convert(|| Ok(Nowhere)).unwrap());
            });
            group.bench_function("to a file", |bencher| {
                let sink = || Ok(FileSink::new("rewritten.db", File::create(&path).unwrap()));
                bencher.iter(|| input.convert(sink).unwrap());
            });
            group.finish();
        }
    }
}

criterion_group!(all, build, rewrite);
criterion_main!(all);
