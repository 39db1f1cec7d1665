//! Records fed in any order give the database that holds them: any kind of
//! duplicates, page size and version, and the same bytes whatever the memory
//! budget and the number of threads.

mod support;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use bdbfile::layout::{Endian, PageLayout, default_hash};
use bdbfile::read::DatabaseFile;
use bdbfile::source::MemorySource;
use bdbfile::verify::verify;
use bdbfile::write::{
    BtreeParams, BtreeSortBuilder, BtreeSpool, Duplicates, FileParams, HashBuilder, HashParams,
    HashSpool, HashTable, HashWritten, KeyOrder, MemorySink, NewFile, Repeats, SortBudget,
};
use bdbfile::{Error, Result};
use proptest::prelude::*;
use support::{Pair, read_bytes};

const KINDS: [Duplicates; 3] = [Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted];

fn budget(bytes: usize) -> SortBudget {
    SortBudget {
        bytes,
        ..SortBudget::default()
    }
}

fn file_params(endian: Endian, page_size: u32, checksums: bool) -> FileParams {
    FileParams {
        layout: PageLayout {
            endian,
            page_size,
            checksums,
            bit_fields: false,
        },
        file_id: [7; 20],
    }
}

fn hash(
    file: &FileParams,
    params: &HashParams,
    budget: &SortBudget,
    pairs: &[Pair],
) -> Result<(Vec<u8>, HashWritten)> {
    let sink = MemorySink::new("hash.db");
    let mut builder = HashBuilder::new(sink, file, params, Repeats::LastWins, budget)?;
    for (key, value) in pairs {
        builder.push(key, value)?;
    }
    let (sink, written, pages) = builder.finish()?;
    let bytes = sink.into_bytes();
    assert_eq!(bytes.len(), pages as usize * file.layout.page_len());
    Ok((bytes, written))
}

fn btree(
    file: &FileParams,
    params: &BtreeParams,
    budget: &SortBudget,
    pairs: &[Pair],
) -> Result<Vec<u8>> {
    let sink = MemorySink::new("btree.db");
    let mut builder = BtreeSortBuilder::new(sink, file, params, Repeats::LastWins, budget)?;
    for (key, value) in pairs {
        builder.push(key, value)?;
    }
    Ok(builder.finish()?.0.into_bytes())
}

/// What a database holds after `pairs` were put into it: the data of each key
/// in their order.
fn put(duplicates: Duplicates, pairs: &[Pair]) -> BTreeMap<Vec<u8>, Vec<Vec<u8>>> {
    let mut held: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
    for (key, value) in pairs {
        let data = held.entry(key.clone()).or_default();
        if duplicates == Duplicates::None {
            data.clear();
        }
        data.push(value.clone());
    }
    if duplicates == Duplicates::Sorted {
        for data in held.values_mut() {
            data.sort();
            data.dedup();
        }
    }
    held
}

/// The same of a file, which has to be sound.
fn held(bytes: &[u8]) -> BTreeMap<Vec<u8>, Vec<Vec<u8>>> {
    let verification = verify(MemorySource::new("file.db", bytes.to_vec())).unwrap();
    assert!(verification.is_clean(), "{:?}", verification.findings);
    assert!(verification.notes.is_empty(), "{:?}", verification.notes);
    let (pairs, report) = read_bytes(bytes).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    // The data of a key stand together.
    let mut keys: Vec<&[u8]> = pairs.iter().map(|(key, _)| key.as_slice()).collect();
    keys.dedup();
    let mut held: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
    for (key, value) in &pairs {
        held.entry(key.clone()).or_default().push(value.clone());
    }
    assert_eq!(held.len(), keys.len());
    held
}

fn records(shift: u32) -> impl Strategy<Value = Vec<Pair>> {
    let page = 1_usize << shift.min(12);
    let length = prop_oneof![
        20 => 0..40_usize,
        6 => page / 8..page / 2,
        1 => page - 80..page * 3,
    ];
    let byte = prop_oneof![8 => Just(b'k'), 1 => any::<u8>()];
    let key = (length.clone(), 0..400_u16, byte).prop_map(|(length, number, byte)| {
        let mut key = number.to_be_bytes().to_vec();
        key.resize(2 + length, byte);
        key
    });
    let value = (length, 0..200_u8).prop_map(|(length, byte)| vec![byte; length]);
    let copies = prop_oneof![10 => 1..2_usize, 2 => 1..8_usize, 1 => 1..200_usize];
    let group =
        (key, prop::collection::vec(value, 1..3), copies).prop_map(|(key, values, copies)| {
            let mut group = Vec::new();
            for copy in 0..copies {
                for value in &values {
                    let mut value = value.clone();
                    if copy > 0 {
                        value.push(u8::try_from(copy * 7 % 256).unwrap());
                    }
                    group.push((key.clone(), value));
                }
            }
            group
        });
    prop::collection::vec(group, 0..120).prop_map(|groups| {
        let mut pairs: Vec<Pair> = groups.into_iter().flatten().collect();
        // Any order that is the same every time.
        pairs.sort_by_key(|(key, value)| {
            let mut all = key.clone();
            all.extend(value);
            default_hash(&all).wrapping_mul(0x9e37_79b1)
        });
        pairs
    })
}

fn layouts() -> impl Strategy<Value = (Endian, u32, bool)> {
    (
        prop::sample::select(vec![Endian::Little, Endian::Big]),
        prop::sample::select(vec![9_u32, 9, 10, 12, 16]),
        any::<bool>(),
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn a_hash_file_holds_what_was_put(
        (layout, pairs) in layouts().prop_flat_map(|layout| (Just(layout), records(layout.1))),
        version in 7_u32..=9,
        duplicates in prop::sample::select(KINDS.to_vec()),
        given in prop::option::of(1_u64..600),
    ) {
        let (endian, shift, checksums) = layout;
        let file = file_params(endian, 1 << shift, checksums && version > 7);
        let params = HashParams {
            version,
            duplicates,
            table: given.map(HashTable::of_buckets),
            ..HashParams::default()
        };
        let (bytes, written) = hash(&file, &params, &budget(0), &pairs).unwrap();
        let expected = put(duplicates, &pairs);
        prop_assert_eq!(held(&bytes), expected.clone());
        prop_assert_eq!(written.keys, expected.len() as u64);
        let records: usize = expected.values().map(Vec::len).sum();
        prop_assert_eq!(written.records, records as u64);
        let (in_memory, _) = hash(&file, &params, &SortBudget::default(), &pairs).unwrap();
        prop_assert!(in_memory == bytes);
        let read = DatabaseFile::open(MemorySource::new("hash.db", bytes)).unwrap();
        prop_assert_eq!(read.database().meta().version, version);
        for (key, data) in expected.iter().take(5) {
            prop_assert_eq!(&read.database().get(key).unwrap(), data);
        }
    }

    #[test]
    fn a_btree_file_holds_what_was_put(
        (layout, pairs) in layouts().prop_flat_map(|layout| (Just(layout), records(layout.1))),
        duplicates in prop::sample::select(KINDS.to_vec()),
    ) {
        let (endian, shift, checksums) = layout;
        let file = file_params(endian, 1 << shift, checksums);
        let params = BtreeParams { duplicates, ..BtreeParams::default() };
        let bytes = btree(&file, &params, &budget(0), &pairs).unwrap();
        prop_assert_eq!(held(&bytes), put(duplicates, &pairs));
        prop_assert!(btree(&file, &params, &SortBudget::default(), &pairs).unwrap() == bytes);
    }
}

/// Many records, some keys with many data.
fn many() -> Vec<Pair> {
    let mut pairs = Vec::new();
    for number in 0..30_000_u32 {
        let scrambled = number.wrapping_mul(0x9e37_79b1);
        let key = format!("key {}", scrambled % 20_000).into_bytes();
        let key = if number % 10 == 0 {
            b"key 7".to_vec()
        } else {
            key
        };
        let length = (scrambled % 97) as usize;
        let mut value = number.to_be_bytes().to_vec();
        value.resize(4 + length, b'v');
        pairs.push((key, value));
    }
    pairs
}

#[test]
fn the_bytes_do_not_depend_on_the_budget() {
    let (file, pairs) = (file_params(Endian::Little, 1024, true), many());
    for duplicates in KINDS {
        let expected = put(duplicates, &pairs);
        let params = HashParams {
            duplicates,
            ..HashParams::default()
        };
        let (first, _) = hash(&file, &params, &budget(0), &pairs).unwrap();
        assert!(held(&first) == expected);
        let tree = BtreeParams {
            duplicates,
            ..BtreeParams::default()
        };
        let first_tree = btree(&file, &tree, &budget(0), &pairs).unwrap();
        assert!(held(&first_tree) == expected);
        for bytes in [200_000, 1 << 20, 256 << 20] {
            assert!(hash(&file, &params, &budget(bytes), &pairs).unwrap().0 == first);
            assert!(btree(&file, &tree, &budget(bytes), &pairs).unwrap() == first_tree);
        }
    }
}

/// Buckets in pieces of so many, built by so many threads.
fn in_pieces(threads: usize, table: HashTable, buckets: &BTreeMap<u32, Vec<Pair>>) -> Vec<u8> {
    let file = file_params(Endian::Big, 512, true);
    let params = HashParams {
        duplicates: Duplicates::Unsorted,
        table: Some(table),
        ..HashParams::default()
    };
    let mut file = NewFile::new(MemorySink::new("pieces.db"), &file).unwrap();
    let writer = file.hash(None, &params).unwrap();
    let pieces: Vec<Vec<(&u32, &Vec<Pair>)>> = buckets
        .iter()
        .collect::<Vec<_>>()
        .chunks(100)
        .map(<[_]>::to_vec)
        .collect();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(buckets) = pieces.get(index) else {
                        return;
                    };
                    let mut piece = writer.piece(index);
                    for (bucket, pairs) in buckets {
                        for (key, value) in *pairs {
                            piece.push(**bucket, key, value).unwrap();
                        }
                    }
                    piece.finish().unwrap();
                }
            });
        }
    });
    writer.finish().unwrap();
    file.finish().unwrap().0.into_bytes()
}

#[test]
fn the_bytes_do_not_depend_on_the_threads() {
    let pairs = many();
    let table = HashTable::of_buckets(1024);
    let mut buckets: BTreeMap<u32, Vec<Pair>> = BTreeMap::new();
    let mut sorted = pairs.clone();
    sorted.sort_by(|left, right| left.0.cmp(&right.0));
    for pair in sorted {
        let bucket = table.bucket_of(default_hash(&pair.0));
        buckets.entry(bucket).or_default().push(pair);
    }
    let one = in_pieces(1, table, &buckets);
    assert!(held(&one) == put(Duplicates::Unsorted, &pairs));
    for threads in [2, 3, 16] {
        assert!(in_pieces(threads, table, &buckets) == one);
    }
}

#[test]
fn several_databases_of_both_kinds_share_a_file() {
    let params = file_params(Endian::Little, 512, false);
    let mut file = NewFile::with_names(MemorySink::new("several.db"), &params).unwrap();
    let pairs = many();
    let mut expected = BTreeMap::new();
    for (index, duplicates) in [Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted]
        .into_iter()
        .enumerate()
    {
        let tree = BtreeParams {
            duplicates,
            ..BtreeParams::default()
        };
        let table = HashParams {
            duplicates,
            ..HashParams::default()
        };
        let pairs = &pairs[index * 3000..index * 3000 + 2500];
        let mut spool = BtreeSpool::new(&tree, Repeats::LastWins, &budget(0)).unwrap();
        let mut hashed =
            HashSpool::new(params.layout, &table, Repeats::LastWins, &budget(0)).unwrap();
        for (key, value) in pairs {
            spool.push(key, value).unwrap();
            hashed.push(key, value).unwrap();
        }
        let names = [format!("hash {index}"), format!("btree {index}")];
        hashed.write(&mut file, Some(names[0].as_bytes())).unwrap();
        spool.write(&mut file, Some(names[1].as_bytes())).unwrap();
        for name in names {
            expected.insert(name, put(duplicates, pairs));
        }
    }
    let bytes = file.finish().unwrap().0.into_bytes();
    let source = |bytes: Vec<u8>| MemorySource::new("several.db", bytes);
    let verification = verify(source(bytes.clone())).unwrap();
    assert!(verification.is_clean(), "{:?}", verification.findings);
    let read = DatabaseFile::open(source(bytes)).unwrap();
    for (name, expected) in &expected {
        let database = read.named(name.as_bytes()).unwrap();
        let mut found: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
        for record in database.records() {
            let record = record.unwrap();
            found.entry(record.key).or_default().push(record.value);
        }
        assert!(found == *expected, "{name}");
    }
}

#[test]
fn a_record_that_comes_twice_can_be_refused() {
    let pair = |key: &str, value: &str| (key.as_bytes().to_vec(), value.as_bytes().to_vec());
    let same_key = [pair("b", "1"), pair("a", "1"), pair("b", "2")];
    let same_value = [pair("b", "1"), pair("a", "1"), pair("b", "1")];
    for duplicates in KINDS {
        for pairs in [&same_key, &same_value] {
            let refused = match duplicates {
                Duplicates::None => true,
                Duplicates::Unsorted => false,
                Duplicates::Sorted => pairs == &same_value,
            };
            let file = FileParams::default();
            let params = HashParams {
                duplicates,
                ..HashParams::default()
            };
            let sink = MemorySink::new("hash.db");
            let mut builder =
                HashBuilder::new(sink, &file, &params, Repeats::Refused, &budget(0)).unwrap();
            for (key, value) in pairs {
                builder.push(key, value).unwrap();
            }
            let built = builder.finish();
            assert_eq!(built.is_err(), refused);
            if let Err(error) = built {
                assert!(matches!(error, Error::Parameter(_)));
                assert_eq!(
                    error.to_string(),
                    "hash.db: there are two records with the key b"
                );
            }
            let params = BtreeParams {
                duplicates,
                ..BtreeParams::default()
            };
            let sink = MemorySink::new("btree.db");
            let mut builder =
                BtreeSortBuilder::new(sink, &file, &params, Repeats::Refused, &budget(0)).unwrap();
            for (key, value) in pairs {
                builder.push(key, value).unwrap();
            }
            assert_eq!(builder.finish().is_err(), refused);
        }
    }
}

/// `bdbfile convert` took a damaged key for that of another record, and wrote
/// the duplicates of both one after the other: the real library refused the file.
#[test]
fn duplicates_of_an_order_of_their_own_come_together_or_not_at_all() {
    let pair = |key: &str, value: &str| (key.as_bytes().to_vec(), value.as_bytes().to_vec());
    let together = [pair("b", "2"), pair("b", "1"), pair("a", "1")];
    let apart = [pair("b", "1"), pair("a", "1"), pair("b", "2")];
    let file = file_params(Endian::Little, 512, false);
    for (fed, whole) in [(&together, true), (&apart, false)] {
        for order in [KeyOrder::AsFed, KeyOrder::Bytewise] {
            let params = HashParams {
                duplicates: Duplicates::Sorted,
                duplicate_order: order,
                ..HashParams::default()
            };
            let hash = hash(&file, &params, &budget(0), fed).map(|_| ());
            let params = BtreeParams {
                duplicates: Duplicates::Sorted,
                duplicate_order: order,
                ..BtreeParams::default()
            };
            let btree = btree(&file, &params, &budget(0), fed).map(|_| ());
            for made in [hash, btree] {
                if whole || order == KeyOrder::Bytewise {
                    made.unwrap();
                } else {
                    assert!(matches!(made, Err(Error::Parameter(_))), "{made:?}");
                }
            }
        }
    }
}

#[test]
fn buckets_are_written_once_and_keys_once() {
    let mut file = NewFile::new(MemorySink::new("once.db"), &FileParams::default()).unwrap();
    let params = HashParams {
        table: Some(HashTable::of_buckets(4)),
        ..HashParams::default()
    };
    let writer = file.hash(None, &params).unwrap();
    let mut piece = writer.piece(0);
    piece.push(1, b"a", b"").unwrap();
    piece.push(2, b"a", b"").unwrap();
    assert!(matches!(piece.push(1, b"b", b""), Err(Error::Parameter(_))));
    assert!(matches!(piece.push(4, b"b", b""), Err(Error::Parameter(_))));
    piece.push(3, b"c", b"").unwrap();
    let again = piece.push(3, b"c", b"");
    assert!(
        matches!(again, Err(Error::Order { record: 3, .. })),
        "{again:?}"
    );
}

#[test]
fn what_cannot_be_written_is_refused() {
    let file = file_params(Endian::Little, 4096, true);
    for version in [6, 7, 10] {
        let params = HashParams {
            version,
            ..HashParams::default()
        };
        let refused = hash(&file, &params, &budget(0), &[]);
        assert!(matches!(refused, Err(Error::Parameter(_))), "{version}");
    }
    let mut file = NewFile::new(MemorySink::new("none.db"), &file).unwrap();
    let refused = file.hash(None, &HashParams::default());
    assert!(matches!(refused, Err(Error::Parameter(_))));
}
