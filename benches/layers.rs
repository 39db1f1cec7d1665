//! Reading and building one database, in both byte orders.

use bdbfile::Error;
use bdbfile::layout::{Endian, PageLayout};
use bdbfile::read::DatabaseFile;
use bdbfile::source::MappedSource;
use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, MemorySink};
use benches::ComposedStore;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use oracle::ByteOrder;

const COMPONENTS: u32 = 5_000;

fn layers(criterion: &mut Criterion) {
    for (name, order) in [("little", ByteOrder::Little), ("big", ByteOrder::Big)] {
        let store = ComposedStore::new(COMPONENTS, order);
        let path = store.dir().join("ics50events.db");
        let bytes = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
        let mut group = criterion.benchmark_group(format!("events, {name}-endian"));
        let file = DatabaseFile::open(MappedSource::open(&path).unwrap()).unwrap();
        let database = file.database();

        group.bench_function("walk to the leaves", |bencher| {
            bencher.iter(|| database.scan().unwrap().all());
        });
        // The walk alone reads internal pages only; from here on bytes count.
        group.throughput(Throughput::Bytes(bytes));
        group.bench_function("read every record", |bencher| {
            bencher.iter(|| {
                let scan = database.scan().unwrap();
                let mut bytes = 0;
                scan.visit(scan.all(), |record| {
                    bytes += record.key.len() + record.value.len();
                    Ok::<_, Error>(())
                })
                .unwrap();
                bytes
            });
        });
        group.bench_function("read and build little-endian", |bencher| {
            let layout = PageLayout {
                endian: Endian::Little,
                ..file.layout()
            };
            let head = FileParams {
                layout,
                file_id: [0; 20],
            };
            let params = BtreeParams::like(database.meta()).unwrap();
            bencher.iter(|| {
                let scan = database.scan().unwrap();
                let sink = MemorySink::new("built.db");
                let mut builder = BtreeBuilder::new(sink, &head, &params).unwrap();
                scan.visit(scan.all(), |record| builder.push(record.key, record.value))
                    .unwrap();
                builder.finish().unwrap().1
            });
        });
        group.finish();
    }
}

criterion_group!(all, layers);
criterion_main!(all);
