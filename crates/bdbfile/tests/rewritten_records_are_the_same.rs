//! Whatever is fed to the builder is what the reader gives back: any order of
//! bytes, any page size, with and without checksums and duplicates, items of
//! any length. The real library is the judge too, where its tools are
//! installed.

mod support;

use std::collections::BTreeMap;

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::write::{Duplicates, KeyOrder};
use proptest::prelude::*;
use support::{Pair, Shape, build, from_hex, libdb_tool, read_bytes};

fn params() -> impl Strategy<Value = Shape> {
    (
        prop::bool::ANY,
        9_u32..=16,
        prop::bool::ANY,
        prop::sample::select(vec![
            Duplicates::None,
            Duplicates::Unsorted,
            Duplicates::Sorted,
        ]),
        prop::bool::ANY,
        2_u32..=4,
    )
        .prop_map(
            |(big, shift, checksums, duplicates, record_numbers, minkey)| Shape {
                layout: PageLayout {
                    endian: if big { Endian::Big } else { Endian::Little },
                    page_size: 1 << shift,
                    checksums,
                    bit_fields: false,
                },
                duplicates,
                record_numbers: record_numbers && duplicates == Duplicates::None,
                minkey,
                order: KeyOrder::Bytewise,
            },
        )
}

/// Lengths that meet every case: in page, at the limits, one page, many.
fn length(shift: u32) -> impl Strategy<Value = usize> {
    let page = 1_usize << shift;
    prop_oneof![
        20 => 0..40_usize,
        6 => page / 8..page / 2,
        1 => page - 80..page * 3,
    ]
}

fn records(duplicates: Duplicates, shift: u32) -> impl Strategy<Value = Vec<Pair>> {
    let copies = if duplicates == Duplicates::None {
        1..2_usize
    } else {
        1..40
    };
    let values = prop::collection::vec(length(shift), copies);
    let entry = (
        prop::bool::weighted(0.1),
        length(shift),
        any::<u32>(),
        values,
    );
    prop::collection::vec(entry, 0..40).prop_map(move |entries| {
        let mut map: BTreeMap<Vec<u8>, Vec<Vec<u8>>> = BTreeMap::new();
        for (long, len, seed, values) in entries {
            // Keys that share long starts need long separators.
            let mut key = vec![b'k'; if long { len } else { len.min(30) }];
            key.extend_from_slice(&seed.to_be_bytes());
            let mut data: Vec<Vec<u8>> = values
                .iter()
                .enumerate()
                .map(|(index, len)| {
                    let mut value = index.to_be_bytes()[6..].to_vec();
                    value.resize(2 + len, seed.to_be_bytes()[3]);
                    value
                })
                .collect();
            if duplicates == Duplicates::Unsorted {
                data.reverse();
            }
            map.insert(key, data);
        }
        map.into_iter()
            .flat_map(|(key, data)| data.into_iter().map(move |value| (key.clone(), value)))
            .collect()
    })
}

fn cases() -> impl Strategy<Value = (Shape, Vec<Pair>)> {
    params().prop_flat_map(|params| {
        let shift = params.layout.page_size.trailing_zeros();
        let pairs = records(params.duplicates, shift);
        (Just(params), pairs)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_is_fed_is_read_back((params, pairs) in cases()) {
        let (bytes, written) = build(&params, &pairs).unwrap();
        let (found, report) = read_bytes(&bytes).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert!(found == pairs, "{} records read, {} fed", found.len(), pairs.len());
        prop_assert_eq!(written.records, pairs.len() as u64);
        prop_assert_eq!(report.records, written.records);
        prop_assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
}

#[test]
fn the_real_library_verifies_and_dumps_what_is_built() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    let dir = tempfile::tempdir().unwrap();
    let mut runner = TestRunner::deterministic();
    let mut judged = 0;
    for number in 0..150 {
        let (params, pairs) = cases().new_tree(&mut runner).unwrap().current();
        let path = dir.path().join(format!("{number}.db"));
        std::fs::write(&path, build(&params, &pairs).unwrap().0).unwrap();
        let Some(verify) = libdb_tool("db5.3_verify", &[path.as_os_str()]) else {
            return;
        };
        assert!(
            verify.status.success(),
            "{params:?}, {} records: {}",
            pairs.len(),
            String::from_utf8_lossy(&verify.stderr)
        );
        let Some(dump) = libdb_tool("db5.3_dump", &[path.as_os_str()]) else {
            return;
        };
        assert!(dump.status.success());
        assert!(dumped(&dump.stdout) == pairs, "{params:?}");
        std::fs::remove_file(&path).unwrap();
        judged += 1;
    }
    println!("{judged} files verified and dumped by the real library");
}

/// The records of a `db_dump` in its byte-value form.
fn dumped(text: &[u8]) -> Vec<Pair> {
    let lines = text
        .split(|byte| *byte == b'\n')
        .skip_while(|line| *line != b"HEADER=END")
        .skip(1)
        .take_while(|line| *line != b"DATA=END");
    from_hex(lines)
}
