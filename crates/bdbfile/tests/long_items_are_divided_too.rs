//! Who migrated a store of long items waited for one thread: a file was divided
//! by its leaves, and what is in chains did not count. 1 GB of items of 20 kB
//! has 270 leaves, which were one piece.

mod support;

use bdbfile::Error;
use bdbfile::read::DatabaseFile;
use bdbfile::source::MemorySource;
use support::{Pair, Shape, build};

/// Bytes of the file in all, about.
const ALL: usize = 40 << 20;

fn pieces(item: usize) -> (Vec<usize>, usize) {
    let count = u32::try_from(ALL / item).unwrap();
    let pairs: Vec<Pair> = (0..count)
        .map(|number| (number.to_be_bytes().to_vec(), vec![b'x'; item]))
        .collect();
    let bytes = build(&Shape::default(), &pairs).unwrap().0;
    let file = DatabaseFile::open(MemorySource::new("long.db", bytes)).unwrap();
    let database = file.database();
    let scan = database.scan().unwrap();
    let pieces = scan.pieces(4096).unwrap();
    let mut records = Vec::new();
    let mut all = 0;
    for piece in pieces {
        assert_eq!(piece.start, all, "each leaf is in one piece");
        all = piece.end;
        let mut found = 0;
        let count = |_: bdbfile::read::Record<'_>| {
            found += 1;
            Ok::<_, Error>(())
        };
        scan.visit(piece, count).unwrap();
        records.push(found);
    }
    assert_eq!(scan.all().end, all);
    assert_eq!(records.iter().sum::<usize>(), pairs.len());
    (records, pairs.len())
}

#[test]
fn a_piece_has_no_more_of_long_items_than_of_short_ones() {
    for item in [300, 5_000, 20_000] {
        let (records, all) = pieces(item);
        println!("items of {item}: {} pieces", records.len());
        assert!(records.len() >= 4, "{item}: {records:?}");
        let most = records.iter().max().copied().unwrap_or_default();
        assert!(most <= all / 3, "{item}: {records:?}");
    }
}
