//! Small files of every kind, by our own writers: both byte orders, with and
//! without checksums, every kind of page.

use bdbfile::Error;
use bdbfile::convert::{Arrival, NewDatabase, RecordKey, Take, write_database};
use bdbfile::layout::{Endian, PageLayout};
use bdbfile::write::{
    BTREE_VERSION, BTREE_VERSION_OLD, BtreeParams, Duplicates, FileParams, FixedLength,
    HASH_VERSION, HASH_VERSION_OLD, HASH_VERSION_SORTED, HashParams, MemorySink, NewFile,
    RecnoParams, Repeats, SortBudget,
};

/// Pages as small as they can be: more of them for as many bytes.
const PAGE_SIZE: u32 = 512;

/// A sound file.
#[derive(Debug, Clone)]
pub struct Seed {
    /// How its pages are laid out.
    pub layout: PageLayout,
    /// The file.
    pub bytes: Vec<u8>,
}

/// A file of every kind, in every layout.
pub fn databases() -> Vec<Seed> {
    let mut seeds = Vec::new();
    for endian in Endian::BOTH {
        for checksums in [false, true] {
            let layout = PageLayout {
                endian,
                page_size: PAGE_SIZE,
                checksums,
                bit_fields: false,
            };
            let kinds = kinds();
            let fitting = kinds
                .iter()
                .filter(|kind| !checksums || has_checksums(kind));
            for (number, kind) in fitting.enumerate() {
                let named: &[Option<&[u8]>] = if number % 4 == 1 {
                    &[Some(b"first"), Some(b"second")]
                } else {
                    &[None]
                };
                seeds.push(Seed {
                    layout,
                    bytes: build(layout, kind, named),
                });
            }
        }
    }
    seeds
}

fn kinds() -> Vec<NewDatabase> {
    let mut kinds = Vec::new();
    for duplicates in [Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted] {
        for version in [BTREE_VERSION, BTREE_VERSION_OLD] {
            kinds.push(NewDatabase::Btree(BtreeParams {
                version,
                duplicates,
                record_numbers: duplicates == Duplicates::None && version == BTREE_VERSION,
                ..BtreeParams::default()
            }));
        }
        for version in [HASH_VERSION, HASH_VERSION_OLD, HASH_VERSION_SORTED] {
            kinds.push(NewDatabase::Hash(HashParams {
                version,
                duplicates,
                ..HashParams::default()
            }));
        }
    }
    for fixed in [None, Some(FixedLength { len: 20, pad: b'-' })] {
        kinds.push(NewDatabase::Recno(RecnoParams {
            fixed,
            ..RecnoParams::default()
        }));
    }
    // Of the first kind of all, by its number: a file of one database.
    kinds.insert(
        0,
        NewDatabase::Queue {
            len: 20,
            pad: b'.',
            range: None,
        },
    );
    kinds
}

/// Whether pages of the version of a kind may have checksums.
fn has_checksums(kind: &NewDatabase) -> bool {
    match kind {
        NewDatabase::Btree(params) => params.version != BTREE_VERSION_OLD,
        NewDatabase::Hash(params) => params.version != HASH_VERSION_OLD,
        _ => true,
    }
}

fn build(layout: PageLayout, kind: &NewDatabase, names: &[Option<&[u8]>]) -> Vec<u8> {
    let params = FileParams {
        layout,
        file_id: *b"a file id of 20 byte",
    };
    let sink = MemorySink::new("seed.db");
    let alone = names.iter().all(Option::is_none);
    let file = if alone {
        NewFile::new(sink, &params)
    } else {
        NewFile::with_names(sink, &params)
    };
    let mut file = file.expect("the parameters go together");
    for name in names {
        let feed = |take: &mut Take<'_>| fill(kind, take);
        write_database(
            &mut file,
            *name,
            kind,
            Arrival::AnyOrder(&SortBudget::default()),
            Repeats::FirstWins,
            feed,
            |_| {},
        )
        .expect("the records fit the kind");
    }
    let (sink, _) = file.finish().expect("memory can be written");
    sink.into_bytes()
}

/// Records that bring every kind of page: long keys and data, many duplicates,
/// gaps between numbers.
fn fill(kind: &NewDatabase, take: &mut Take<'_>) -> Result<(), Error> {
    if let NewDatabase::Queue { .. } | NewDatabase::Recno(_) = kind {
        let fixed = !matches!(kind, NewDatabase::Recno(RecnoParams { fixed: None, .. }));
        for number in (1..=60_u32).filter(|number| number % 7 != 0) {
            let len = if !fixed && number % 20 == 5 { 700 } else { 16 };
            let value = vec![b'a' + (number % 26) as u8; len];
            take(RecordKey::Number(number), &value)?;
        }
        return Ok(());
    }
    let duplicates = match kind {
        NewDatabase::Btree(params) => params.duplicates,
        NewDatabase::Hash(params) => params.duplicates,
        _ => Duplicates::None,
    };
    for number in 0..40_u32 {
        let mut key = format!("key {number:03}").into_bytes();
        if number % 13 == 5 {
            key.resize(300, b'x');
        }
        let copies = match number {
            7 if duplicates != Duplicates::None => 40,
            9 if duplicates != Duplicates::None => 3,
            _ => 1,
        };
        for copy in 0..copies {
            let mut value = format!("{copy:03}").into_bytes();
            value.resize(if number % 15 == 4 { 700 } else { 12 }, b'v');
            take(RecordKey::Bytes(&key), &value)?;
        }
    }
    Ok(())
}
