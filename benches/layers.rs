//! Reading and building one database, in both byte orders; the content lines of
//! its records.

use bdbfile::Error;
use bdbfile::layout::{Endian, PageLayout};
use bdbfile::read::DatabaseFile;
use bdbfile::source::MappedSource;
use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, MemorySink};
use benches::ComposedStore;
use caldb::Role;
use caldb::check::{Gatherer, RecordPlace};
use caldb::record::content_line::nesting::Steps;
use caldb::record::content_line::{Line, Lines};
use caldb::record::{RecordForm, recognise};
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

/// Every event of a store as content lines. Bytes are those of keys and values.
fn content_lines(criterion: &mut Criterion) {
    let store = ComposedStore::new(COMPONENTS, ByteOrder::Little);
    let path = store.dir().join("ics50events.db");
    let file = DatabaseFile::open(MappedSource::open(&path).unwrap()).unwrap();
    let database = file.database();
    let scan = database.scan().unwrap();
    let mut records = Vec::new();
    scan.visit(scan.all(), |record| {
        records.push((record.key.to_vec(), record.value.to_vec()));
        Ok::<_, Error>(())
    })
    .unwrap();
    let bytes: usize = records
        .iter()
        .map(|(key, value)| key.len() + value.len())
        .sum();
    let form = RecordForm::composed(Role::Events);

    let mut group = criterion.benchmark_group("content lines");
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function("parse", |bencher| {
        bencher.iter(|| {
            let lines = records.iter().flat_map(|(_, value)| Lines::new(value));
            lines.filter_map(Line::property).count()
        });
    });
    group.bench_function("parse and print", |bencher| {
        let mut printed = Vec::with_capacity(bytes);
        bencher.iter(|| {
            printed.clear();
            for (_, value) in &records {
                for line in Lines::new(value) {
                    line.print(&mut printed);
                }
            }
            printed.len()
        });
    });
    group.bench_function("parse and pair components", |bencher| {
        bencher.iter(|| {
            let steps = records.iter().flat_map(|(_, value)| Steps::new(value));
            steps.flatten().count()
        });
    });
    group.bench_function("recognise", |bencher| {
        bencher.iter(|| {
            records
                .iter()
                .filter(|(key, value)| recognise(&form, key, value).record().is_some())
                .count()
        });
    });
    group.bench_function("recognise and check", |bencher| {
        bencher.iter(|| {
            let mut gatherer = Gatherer::new(&form);
            for (key, value) in &records {
                gatherer.take(RecordPlace::default(), key, value);
            }
            gatherer
        });
    });
    group.finish();
}

criterion_group!(all, layers, content_lines);
criterion_main!(all);
