//! A btree built in pieces has the same bytes whatever threads build them in
//! whatever order, is sound, and holds what was fed.

mod support;

use bdbfile::Error;
use bdbfile::layout::{Endian, PageLayout};
use bdbfile::source::MemorySource;
use bdbfile::verify::verify;
use bdbfile::write::{
    BtreeParams, BtreeWriter, Duplicates, FileParams, MemorySink, NewFile, RecnoParams,
};
use proptest::prelude::*;
use support::{Pair, read_bytes};

fn file_params(endian: Endian, page_size: u32, checksums: bool) -> FileParams {
    FileParams {
        layout: PageLayout {
            endian,
            page_size,
            checksums,
            bit_fields: false,
        },
        file_id: [9; 20],
    }
}

/// Builds a file whose pieces are dealt out to so many threads.
fn build(
    head: &FileParams,
    params: &BtreeParams,
    pieces: &[Vec<Pair>],
    threads: usize,
) -> Result<Vec<u8>, Error> {
    let mut file = NewFile::new(MemorySink::new("pieces.db"), head)?;
    let btree = file.btree(None, params)?;
    feed(&btree, pieces, threads)?;
    btree.finish()?;
    Ok(file.finish()?.0.into_bytes())
}

fn feed(
    btree: &BtreeWriter<'_, MemorySink>,
    pieces: &[Vec<Pair>],
    threads: usize,
) -> Result<(), Error> {
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|thread| {
                scope.spawn(move || {
                    for (index, pairs) in pieces.iter().enumerate().skip(thread).step_by(threads) {
                        let mut piece = btree.piece(index);
                        for (key, value) in pairs {
                            piece.push(key, value)?;
                        }
                        piece.finish()?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().unwrap())
    })
}

/// Pairs in order, of all kinds that a page size knows: short and long keys
/// and data, few and many duplicates.
fn pairs(duplicates: Duplicates, page_size: usize, choices: &[(u16, u8, u8)]) -> Vec<Vec<Pair>> {
    let mut pieces = vec![Vec::new()];
    for (number, (length, shape, cut)) in choices.iter().enumerate() {
        let mut key = format!("{number:06}").into_bytes();
        if shape % 11 == 0 {
            key.resize(key.len() + page_size / 2, b'k');
        }
        let copies = match (duplicates, shape % 16) {
            (Duplicates::None, _) => 1,
            (_, 0) => page_size / 8,
            (_, 1..4) => 3,
            _ => 1,
        };
        for copy in 0..copies {
            let mut value = format!("{copy:08}").into_bytes();
            let length = usize::from(*length) % (page_size / 4);
            let length = if shape % 13 == 0 {
                3 * page_size
            } else {
                length
            };
            value.resize(if copies > 8 { 12 } else { 8 + length }, b'v');
            pieces.last_mut().unwrap().push((key.clone(), value));
        }
        // Some pieces stay empty.
        for _ in 0..cut.saturating_sub(240) / 4 {
            pieces.push(Vec::new());
        }
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn one_thread_and_sixteen_build_the_same_bytes(
        big in any::<bool>(),
        shift in 9_u32..=13,
        checksums in any::<bool>(),
        kind in 0_usize..4,
        choices in prop::collection::vec(any::<(u16, u8, u8)>(), 0..400),
    ) {
        let endian = if big { Endian::Big } else { Endian::Little };
        let duplicates = [Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted, Duplicates::None];
        let params = BtreeParams {
            duplicates: duplicates[kind],
            record_numbers: kind == 3,
            ..BtreeParams::default()
        };
        let head = file_params(endian, 1 << shift, checksums);
        let pieces = pairs(params.duplicates, 1 << shift, &choices);
        let alone = build(&head, &params, &pieces, 1).unwrap();
        for threads in [2, 16] {
            prop_assert!(build(&head, &params, &pieces, threads).unwrap() == alone);
        }
        let all: Vec<Pair> = pieces.concat();
        let (found, report) = read_bytes(&alone).unwrap();
        prop_assert!(found == all);
        prop_assert!(report.findings.is_empty(), "{:?}", report.findings);
        let verified = verify(MemorySource::new("pieces.db", alone)).unwrap();
        prop_assert!(verified.findings.is_empty(), "{:?}", verified.findings);
    }
}

#[test]
fn a_piece_larger_than_what_is_kept_in_memory_goes_out_in_its_turn() {
    let head = file_params(Endian::Big, 4096, true);
    let params = BtreeParams {
        duplicates: Duplicates::Sorted,
        ..BtreeParams::default()
    };
    // Each piece is about 40 MB: long data, and one key with many duplicates.
    let pieces: Vec<Vec<Pair>> = (0..3_u8)
        .map(|piece| {
            let mut pairs: Vec<Pair> = (0..30_u32)
                .map(|number| {
                    (
                        vec![piece, 0, number.to_le_bytes()[0]],
                        vec![piece; 1 << 20],
                    )
                })
                .collect();
            pairs.extend((0..200_000_u32).map(|copy| {
                let mut value = copy.to_be_bytes().to_vec();
                value.resize(40, b'd');
                (vec![piece, 1], value)
            }));
            pairs
        })
        .collect();
    let alone = build(&head, &params, &pieces, 1).unwrap();
    assert!(build(&head, &params, &pieces, 3).unwrap() == alone);
    let (found, report) = read_bytes(&alone).unwrap();
    assert!(found == pieces.concat());
    assert!(report.findings.is_empty());
}

#[test]
fn a_piece_that_is_given_up_ends_the_others() {
    let mut file = NewFile::new(MemorySink::new("pieces.db"), &FileParams::default()).unwrap();
    let btree = file.btree(None, &BtreeParams::default()).unwrap();
    let mut second = btree.piece(1);
    second.push(b"b", b"").unwrap();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(move || second.finish());
        drop(btree.piece(0));
        let ended = waiting.join().unwrap();
        assert!(matches!(ended, Err(Error::GivenUp { .. })), "{ended:?}");
    });
    assert!(matches!(btree.finish(), Err(Error::GivenUp { .. })));
    assert!(file.finish().is_err());
}

#[test]
fn keys_of_two_pieces_that_overlap_are_refused() {
    let piece = |keys: [&str; 2]| {
        keys.map(|key| (key.as_bytes().to_vec(), Vec::new()))
            .to_vec()
    };
    for duplicates in [Duplicates::None, Duplicates::Unsorted] {
        let params = BtreeParams {
            duplicates,
            ..BtreeParams::default()
        };
        for second in [["b", "c"], ["a", "c"]] {
            let pieces = [piece(["a", "b"]), piece(second)];
            let built = build(&FileParams::default(), &params, &pieces, 1);
            assert!(matches!(built, Err(Error::Order { .. })), "{built:?}");
        }
    }
}

#[test]
fn a_file_holds_databases_of_several_kinds_by_their_names() {
    for endian in Endian::BOTH {
        let head = file_params(endian, 512, false);
        let mut file = NewFile::with_names(MemorySink::new("names.db"), &head).unwrap();
        let pieces = pairs(Duplicates::None, 512, &[(7, 1, 255); 300]);
        let btree = file.btree(Some(b"zebra"), &BtreeParams::default()).unwrap();
        feed(&btree, &pieces, 4).unwrap();
        btree.finish().unwrap();
        let mut recno = file
            .recno(Some(b"numbers"), &RecnoParams::default())
            .unwrap();
        for number in (1..3000_u32).filter(|number| number % 7 != 0) {
            recno
                .push(number, format!("record {number}").as_bytes())
                .unwrap();
        }
        recno.finish().unwrap();
        assert!(file.btree(Some(b"zebra"), &BtreeParams::default()).is_err());
        assert!(file.btree(None, &BtreeParams::default()).is_err());
        let empty = file.btree(Some(b"empty"), &BtreeParams::default()).unwrap();
        empty.finish().unwrap();
        let bytes = file.finish().unwrap().0.into_bytes();

        let source = MemorySource::new("names.db", bytes.clone());
        let verified = verify(source).unwrap();
        assert!(verified.findings.is_empty(), "{:?}", verified.findings);
        let file = bdbfile::read::DatabaseFile::open(MemorySource::new("names.db", bytes)).unwrap();
        let names: Vec<Vec<u8>> = file.names().unwrap().into_iter().map(|n| n.name).collect();
        assert_eq!(
            names,
            [b"empty".to_vec(), b"numbers".to_vec(), b"zebra".to_vec()]
        );
        let zebra = file.named(b"zebra").unwrap();
        let found: Vec<Pair> = zebra
            .records()
            .map(|record| record.map(|record| (record.key, record.value)))
            .collect::<Result<_, _>>()
            .unwrap();
        assert!(found == pieces.concat());
        let numbers = file.named(b"numbers").unwrap();
        for record in numbers.records() {
            let record = record.unwrap();
            let number = record.number.unwrap();
            assert_eq!(record.value, format!("record {number}").into_bytes());
        }
        assert_eq!(numbers.records().count(), 2999 - 2999 / 7);
        assert_eq!(file.named(b"empty").unwrap().records().count(), 0);
    }
}
