//! A budget that is used up ends whatever is being done, with an error that
//! tells which and how much; one that is just enough does not.

mod support;

use bdbfile::read::DatabaseFile;
use bdbfile::salvage::{Mode, salvage_within};
use bdbfile::source::MemorySource;
use bdbfile::verify::verify_within;
use bdbfile::write::Duplicates;
use bdbfile::{Budgets, Error, Result, Workers};
use support::{Pair, Shape, build};

/// Bytes of the longest datum.
const LONGEST: usize = 5000;

/// A btree of three levels with an overflow item, and a key of 300 bytes that
/// many duplicates share.
fn file() -> (Vec<u8>, u64) {
    let mut shape = Shape {
        duplicates: Duplicates::Unsorted,
        ..Shape::default()
    };
    shape.layout.page_size = 512;
    let mut pairs: Vec<Pair> = (0..2000_u32)
        .map(|number| (format!("key {number:05}").into_bytes(), b"value".to_vec()))
        .collect();
    pairs.push((b"long".to_vec(), vec![b'x'; LONGEST]));
    for copy in 0..200_u32 {
        pairs.push((vec![b'm'; 300], copy.to_be_bytes().to_vec()));
    }
    let output = pairs.iter().map(|(key, value)| key.len() + value.len());
    let output = output.sum::<usize>() as u64;
    (build(&shape, &pairs).unwrap().0, output)
}

fn open(bytes: &[u8], budgets: Budgets) -> Result<DatabaseFile<MemorySource>> {
    DatabaseFile::open_within(MemorySource::new("built.db", bytes.to_vec()), budgets)
}

fn scan(bytes: &[u8], budgets: Budgets) -> Result<u64> {
    let file = open(bytes, budgets)?;
    let database = file.database();
    let scan = database.scan()?;
    scan.visit(scan.all(), |_| Ok::<_, Error>(()))?;
    Ok(scan.finish()?.records)
}

fn records(bytes: &[u8], budgets: Budgets) -> Result<u64> {
    let file = open(bytes, budgets)?;
    let mut count = 0;
    for record in file.database().records() {
        record?;
        count += 1;
    }
    Ok(count)
}

fn salvage(bytes: &[u8], budgets: Budgets) -> Result<u64> {
    let source = MemorySource::new("built.db", bytes.to_vec());
    let each = |_: bdbfile::salvage::Salvaged<'_>| Ok(());
    salvage_within(source, Mode::Careful, budgets, |_| {}, each).map(|report| report.whole)
}

fn verify(bytes: &[u8], budgets: Budgets) -> Result<u64> {
    let source = MemorySource::new("built.db", bytes.to_vec());
    verify_within(source, Workers::ALONE, budgets).map(|found| found.count())
}

fn get(bytes: &[u8], budgets: Budgets) -> Result<u64> {
    let file = open(bytes, budgets)?;
    Ok(file.database().get(b"long")?.len() as u64)
}

type Way = fn(&[u8], Budgets) -> Result<u64>;

/// A budget, its smallest value that is enough, and what errors call it.
fn enough(way: Way, bytes: &[u8], set: fn(u64) -> Budgets, what: &str) -> u64 {
    let right = way(bytes, Budgets::default()).unwrap();
    let (mut low, mut high) = (0, u64::from(u32::MAX));
    while low < high {
        let middle = low.midpoint(high);
        match way(bytes, set(middle)) {
            Ok(found) => {
                assert_eq!(found, right, "{what} {middle}: all or an error");
                high = middle;
            }
            Err(error) => {
                let Error::Limit {
                    limit, what: named, ..
                } = &error
                else {
                    panic!("{what} {middle}: {error}");
                };
                assert_eq!((*limit, *named), (middle, what));
                low = middle + 1;
            }
        }
    }
    low
}

#[test]
fn pages_are_counted() {
    let (bytes, _) = file();
    let pages = bytes.len() as u64 / 512;
    let set = |pages| Budgets {
        pages: Some(pages),
        ..Budgets::default()
    };
    let what = "the number of pages read";
    for (name, way, times) in [
        ("scan", scan as Way, 4),
        ("records", records, 4),
        ("verify", verify, 8),
        ("salvage", salvage, 16),
    ] {
        let enough = enough(way, &bytes, set, what);
        println!("{name}: {enough} pages read of {pages}");
        // Each operation is granted the budget: an open and a scan are two.
        assert!(
            enough > pages / 4 && enough < times * pages,
            "{name}: {enough}"
        );
    }
    assert!(enough(get, &bytes, set, what) < 20);
}

#[test]
fn the_length_of_an_item_is_bounded() {
    let (bytes, _) = file();
    let set = |len| Budgets {
        item: Some(len),
        ..Budgets::default()
    };
    for way in [scan as Way, records, salvage, get] {
        assert_eq!(
            enough(way, &bytes, set, "the length of an item"),
            LONGEST as u64
        );
    }
}

#[test]
fn the_depth_of_a_tree_is_bounded() {
    let (bytes, _) = file();
    let set = |depth: u64| Budgets {
        depth: Some(u8::try_from(depth).unwrap()),
        ..Budgets::default()
    };
    for way in [scan as Way, records, get] {
        for depth in 0..3 {
            let error = way(&bytes, set(depth)).unwrap_err();
            assert!(
                matches!(error, Error::Limit { limit, what, .. }
                    if limit == depth && what == "the number of levels of a tree"),
                "{error}"
            );
        }
        assert!(way(&bytes, set(3)).is_ok());
    }
}

#[test]
fn the_bytes_given_out_are_bounded() {
    let (bytes, output) = file();
    let set = |output| Budgets {
        output: Some(output),
        ..Budgets::default()
    };
    let what = "the number of bytes of records";
    assert_eq!(enough(salvage, &bytes, set, what), output);
    // An open grants once, a scan once more.
    for way in [scan as Way, records] {
        assert_eq!(enough(way, &bytes, set, what), output.div_ceil(2));
    }
}

#[test]
fn what_one_scan_leaves_over_the_next_may_use_and_no_more() {
    let (bytes, _) = file();
    let count = |pages| {
        let budgets = Budgets {
            pages: Some(pages),
            ..Budgets::default()
        };
        let file = open(&bytes, budgets).unwrap();
        let database = file.database();
        (0..100)
            .take_while(|_| database.get(b"key 00077").is_ok())
            .count()
    };
    // A way down is of three pages and the leaf once more.
    assert_eq!(count(10), 100);
    assert!((1..100).contains(&count(3)), "{}", count(3));
}
