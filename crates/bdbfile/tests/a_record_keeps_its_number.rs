//! Records fed by their numbers, in any order, have those numbers in the recno
//! database that is written; the numbers between them stay free. What has no
//! place is refused.

use std::collections::BTreeMap;

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::read::DatabaseFile;
use bdbfile::source::MemorySource;
use bdbfile::verify::verify;
use bdbfile::write::{
    FileParams, FixedLength, MemorySink, NewFile, NumberSpool, RecnoParams, Repeats, SortBudget,
};
use bdbfile::{Error, Result};
use proptest::prelude::*;

/// A file with a recno database, and the numbers that were left out.
fn built(
    layout: PageLayout,
    params: &RecnoParams,
    repeats: Repeats,
    records: &[(u32, Vec<u8>)],
) -> Result<(Vec<u8>, Vec<u32>)> {
    let head = FileParams {
        layout,
        file_id: [5; 20],
    };
    let mut spool = NumberSpool::new(repeats, &SortBudget::default());
    for (number, value) in records {
        spool.push(*number, value)?;
    }
    let mut left_out = Vec::new();
    let mut file = NewFile::new(MemorySink::new("numbers.db"), &head)?;
    spool.write_recno(&mut file, None, params, &mut |left| {
        left_out.extend(left.number);
    })?;
    Ok((file.finish()?.0.into_bytes(), left_out))
}

/// The records of a file by their numbers.
fn held(bytes: &[u8]) -> BTreeMap<u32, Vec<u8>> {
    let file = DatabaseFile::open(MemorySource::new("numbers.db", bytes.to_vec())).unwrap();
    let database = file.database();
    let numbered = database.records().map(|record| {
        let record = record.unwrap();
        (record.number.unwrap(), record.value)
    });
    numbered.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_order_and_the_gaps(
        records in prop::collection::vec((1_u32..3000, prop::collection::vec(any::<u8>(), 0..700)), 0..200),
        (big, shift, checksums) in (any::<bool>(), 9_u32..=16, any::<bool>()),
        (fixed, first) in (any::<bool>(), any::<bool>()),
    ) {
        let layout = PageLayout {
            endian: if big { Endian::Big } else { Endian::Little },
            page_size: 1 << shift,
            checksums,
            bit_fields: false,
        };
        let params = RecnoParams {
            fixed: fixed.then_some(FixedLength { len: 700, pad: b'.' }),
            ..RecnoParams::default()
        };
        let mut wanted = BTreeMap::new();
        for (number, value) in &records {
            let mut value = value.clone();
            if fixed {
                value.resize(700, b'.');
            }
            if first {
                wanted.entry(*number).or_insert(value);
            } else {
                wanted.insert(*number, value);
            }
        }
        let repeats = if first { Repeats::FirstWins } else { Repeats::LastWins };
        let (bytes, left_out) = built(layout, &params, repeats, &records).unwrap();
        prop_assert_eq!(left_out.len(), records.len() - wanted.len());
        prop_assert!(held(&bytes) == wanted);
        let verified = verify(MemorySource::new("numbers.db", bytes)).unwrap();
        prop_assert!(verified.is_clean(), "{:?}", verified.findings);
    }
}

#[test]
fn what_has_no_place_is_refused() {
    let layout = FileParams::default().layout;
    let fixed = RecnoParams {
        fixed: Some(FixedLength { len: 4, pad: 0 }),
        ..RecnoParams::default()
    };
    let any = RecnoParams::default();
    let record = |number| (number, b"datum".to_vec());

    let zero = built(layout, &any, Repeats::Refused, &[record(0)]);
    assert!(matches!(zero, Err(Error::Parameter(_))), "{zero:?}");
    let twice = built(layout, &any, Repeats::Refused, &[record(3), record(3)]);
    assert!(matches!(twice, Err(Error::Parameter(_))), "{twice:?}");
    let long = built(layout, &fixed, Repeats::Refused, &[record(3)]);
    assert!(matches!(long, Err(Error::Parameter(_))), "{long:?}");
    let far = built(
        layout,
        &any,
        Repeats::Refused,
        &[record(1), record(u32::MAX)],
    );
    assert!(matches!(far, Err(Error::Limit { .. })), "{far:?}");

    // A writer that is fed by hand wants them in order.
    let mut file = NewFile::new(MemorySink::new("numbers.db"), &FileParams::default()).unwrap();
    let mut writer = file.recno(None, &any).unwrap();
    writer.push(5, b"").unwrap();
    let back = writer.push(5, b"");
    assert!(
        matches!(back, Err(Error::Order { record: 1, .. })),
        "{back:?}"
    );
}
