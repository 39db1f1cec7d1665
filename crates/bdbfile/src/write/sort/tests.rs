//! Against a plain sort of a vector.

use std::fs::File;
use std::sync::Arc;

use proptest::prelude::*;

use super::budget::Plan;
use super::record::PARKED_HEAD;
use super::{SortBudget, SortOrder, Sorted, Sorter};
use crate::error::Error;
use crate::spill::SpillPlace;

type Owned = (u32, Vec<u8>, Vec<u8>);

fn here() -> SpillPlace {
    SpillPlace::Directory(std::env::temp_dir())
}

/// So little that a few records are a run and two runs a merge.
fn tiny() -> Plan {
    Plan {
        run: 2048,
        buffer: 1024,
        fan_in: 2,
        park: PARKED_HEAD,
    }
}

fn all(mut sorted: Sorted) -> Vec<Owned> {
    let mut records = Vec::new();
    while let Some(record) = sorted.next().unwrap() {
        records.push((record.rank, record.key.to_vec(), record.value.to_vec()));
    }
    assert_eq!(sorted.records(), records.len() as u64);
    let bytes: usize = records
        .iter()
        .map(|(_, key, value)| key.len() + value.len())
        .sum();
    assert_eq!(sorted.bytes(), bytes as u64);
    assert!(sorted.next().unwrap().is_none());
    sorted.rewind().unwrap();
    for expected in &records {
        let record = sorted.next().unwrap().unwrap();
        assert_eq!((record.rank, record.key), (expected.0, &*expected.1));
        assert_eq!(record.value, expected.2);
    }
    records
}

fn expected(records: &[Owned], order: SortOrder) -> Vec<Owned> {
    let mut records = records.to_vec();
    match order {
        SortOrder::Keys => records.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1))),
        SortOrder::KeysAndValues => records.sort(),
    }
    records
}

fn check(records: &[Owned], order: SortOrder, plan: Plan) {
    let mut sorter = Sorter::with_plan(order, plan, here());
    for (rank, key, value) in records {
        sorter.push(*rank, key, value).unwrap();
    }
    assert_eq!(all(sorter.finish().unwrap()), expected(records, order));
}

/// Bytes that often begin alike and are of any length.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => prop::collection::vec(prop::sample::select(vec![0_u8, 1, b'a', 0xff]), 0..12),
        3 => (0..4_usize, prop::collection::vec(0..3_u8, 0..10)).prop_map(|(common, end)| {
            let mut bytes = vec![b'c'; common * 8];
            bytes.extend(end);
            bytes
        }),
        // Parked, with heads that are equal and rests that may be.
        1 => (50..140_usize, prop::collection::vec(0..2_u8, 0..3)).prop_map(|(common, end)| {
            let mut bytes = vec![b'p'; common];
            bytes.extend(end);
            bytes
        }),
        1 => (4000..9000_usize, 0..3_u8).prop_map(|(common, end)| {
            let mut bytes = vec![b'p'; common];
            bytes.push(end);
            bytes
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_records_come_out_as_a_plain_sort_has_them(
        records in prop::collection::vec((prop_oneof![Just(0_u32), 0..3_u32, any::<u32>()], bytes(), bytes()), 0..300),
        values in any::<bool>(),
        spills in any::<bool>(),
    ) {
        let order = if values { SortOrder::KeysAndValues } else { SortOrder::Keys };
        let plan = if spills { tiny() } else { Plan::new(1 << 20) };
        check(&records, order, plan);
    }
}

/// Numbers that look like chance and are the same everywhere.
fn scrambled(number: u32) -> u32 {
    number
        .wrapping_mul(0x9e37_79b1)
        .rotate_left(11)
        .wrapping_mul(0x85eb_ca6b)
}

#[test]
fn many_runs_take_several_passes() {
    let records: Vec<Owned> = (0..20_000)
        .map(|number| {
            let chance = scrambled(number);
            let key = format!("calendar {:05} event {}", chance % 500, chance % 3);
            (
                chance % 4,
                key.into_bytes(),
                number.to_string().into_bytes(),
            )
        })
        .collect();
    for order in [SortOrder::Keys, SortOrder::KeysAndValues] {
        check(&records, order, tiny());
        let wider = Plan {
            run: 8192,
            fan_in: 5,
            ..tiny()
        };
        check(&records, order, wider);
        check(&records, order, Plan::new(1 << 30));
    }
}

#[test]
fn long_items_with_one_beginning_are_sorted_by_their_ends() {
    let records: Vec<Owned> = (0..600)
        .map(|number| {
            let chance = scrambled(number);
            let mut value = vec![b'v'; 5000 + (chance % 3) as usize];
            value.extend_from_slice(&chance.to_be_bytes());
            let mut key = vec![b'k'; 70];
            key.push(u8::try_from(chance % 2).unwrap());
            (0, key, value)
        })
        .collect();
    for order in [SortOrder::Keys, SortOrder::KeysAndValues] {
        check(
            &records,
            order,
            Plan {
                run: 200_000,
                ..tiny()
            },
        );
        check(&records, order, tiny());
    }
}

#[test]
fn nothing_comes_out_as_nothing() {
    check(&[], SortOrder::Keys, tiny());
    check(
        &[(7, Vec::new(), Vec::new())],
        SortOrder::KeysAndValues,
        tiny(),
    );
}

#[test]
fn what_fits_the_budget_touches_no_file() {
    let budget = SortBudget {
        spill: SpillPlace::Directory("/nowhere/at/all".into()),
        ..SortBudget::default()
    };
    let mut sorter = Sorter::new(SortOrder::Keys, &budget);
    for number in 0..1000_u32 {
        sorter.push(0, &number.to_be_bytes(), &[0; 1000]).unwrap();
    }
    assert_eq!(all(sorter.finish().unwrap()).len(), 1000);
}

/// Pushes until an error comes.
fn failure(spill: SpillPlace) -> Error {
    let mut sorter = Sorter::with_plan(SortOrder::Keys, tiny(), spill);
    loop {
        if let Err(error) = sorter.push(0, b"key", &[1; 50]) {
            return error;
        }
    }
}

#[test]
fn failures_of_the_temporary_file_name_it() {
    let error = failure(SpillPlace::Directory("/nowhere/at/all".into()));
    let text = error.to_string();
    assert!(
        text.starts_with("temporary file in /nowhere/at/all: cannot create it: "),
        "{text}"
    );
    let full = SpillPlace::Made {
        name: "the full device".to_owned(),
        make: Arc::new(|| File::options().read(true).write(true).open("/dev/full")),
    };
    let error = failure(full);
    let text = error.to_string();
    assert!(matches!(error, Error::Io { .. }));
    assert!(text.starts_with("the full device: cannot write "), "{text}");
}

#[test]
fn a_temporary_file_that_loses_bytes_is_an_error() {
    // All that is written to it is lost.
    let null = SpillPlace::Made {
        name: "null".to_owned(),
        make: Arc::new(|| File::options().read(true).write(true).open("/dev/null")),
    };
    let mut sorter = Sorter::with_plan(SortOrder::Keys, tiny(), null);
    for _ in 0..100 {
        sorter.push(0, b"key", &[1; 50]).unwrap();
    }
    let failed = sorter.finish().map(all);
    assert!(matches!(failed, Err(Error::Io { .. })));
}
