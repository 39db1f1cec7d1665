//! Small files of every kind that is written, with every structure in them:
//! what is damaged by name needs all of it to be there.

#![allow(dead_code)]

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::write::{
    BtreeParams, BtreeSpool, Duplicates, FileParams, HashParams, HashSpool, HashTable, MemorySink,
    NewFile, QueueParams, RecnoParams, Repeats, SortBudget,
};

/// The page size of all of them: small, so that few records make many pages.
pub(crate) const PAGE_SIZE: u32 = 512;

/// A kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Base {
    /// Three levels, long keys and data.
    Btree,
    /// The same with duplicates on the page and off it, not sorted.
    Duplicates,
    /// The same, sorted.
    Sorted,
    /// A btree that counts its records.
    Counted,
    /// Records by number, long ones among them.
    Recno,
    /// Buckets of several pages, long keys and data.
    Hash,
    /// The same with duplicates on the page and off it.
    HashDuplicates,
    /// Buckets of one page each.
    Wide,
    /// A queue whose first record is not number 1.
    Queue,
    /// A directory of a btree, a hash and a recno database.
    Named,
}

impl Base {
    pub(crate) const ALL: [Self; 10] = [
        Self::Btree,
        Self::Duplicates,
        Self::Sorted,
        Self::Counted,
        Self::Recno,
        Self::Hash,
        Self::HashDuplicates,
        Self::Wide,
        Self::Queue,
        Self::Named,
    ];

    /// The file in a byte order, with checksums or without.
    pub(crate) fn build(self, endian: Endian, checksums: bool) -> Vec<u8> {
        let params = FileParams {
            layout: PageLayout {
                endian,
                page_size: PAGE_SIZE,
                checksums,
                bit_fields: false,
            },
            file_id: [7; 20],
        };
        let sink = MemorySink::new("built.db");
        let mut file = match self {
            Self::Named => NewFile::with_names(sink, &params).unwrap(),
            _ => NewFile::new(sink, &params).unwrap(),
        };
        match self {
            Self::Btree => btree(&mut file, None, Duplicates::None, false),
            Self::Duplicates => btree(&mut file, None, Duplicates::Unsorted, false),
            Self::Sorted => btree(&mut file, None, Duplicates::Sorted, false),
            Self::Counted => btree(&mut file, None, Duplicates::None, true),
            Self::Recno => recno(&mut file, None),
            Self::Hash => hash(&mut file, None, Duplicates::None, (500, 6)),
            Self::HashDuplicates => hash(&mut file, None, Duplicates::Unsorted, (200, 6)),
            Self::Wide => hash(&mut file, None, Duplicates::None, (60, 22)),
            Self::Queue => queue(&mut file),
            Self::Named => {
                btree(&mut file, Some(b"first"), Duplicates::None, false);
                hash(&mut file, Some(b"second"), Duplicates::None, (500, 6));
                recno(&mut file, Some(b"third"));
            }
        }
        file.finish().unwrap().0.into_bytes()
    }
}

type Building = NewFile<MemorySink>;

/// The name, data and number of copies of each of `count` keys.
fn records(count: u32, duplicates: bool) -> impl Iterator<Item = (Vec<u8>, Vec<u8>)> {
    (0..count).flat_map(move |number| {
        let mut key = format!("key {number:04}").into_bytes();
        match number % 100 {
            5 => key.resize(1700, b'x'),
            50 => key.resize(300, b'y'),
            _ => {}
        }
        let copies = match number % 20 {
            3 if duplicates => 60,
            7 if duplicates => 4,
            _ => 1,
        };
        (0..copies).map(move |copy| {
            let mut value = format!("{copy:04} of {number}").into_bytes();
            let len = if number % 40 == 15 || (number, copy) == (23, 30) {
                1700
            } else {
                20
            };
            value.resize(len, b'v');
            (key.clone(), value)
        })
    })
}

fn btree(file: &mut Building, name: Option<&[u8]>, duplicates: Duplicates, record_numbers: bool) {
    let params = BtreeParams {
        duplicates,
        record_numbers,
        ..BtreeParams::default()
    };
    let mut spool = BtreeSpool::new(&params, Repeats::Refused, &SortBudget::default()).unwrap();
    for (key, value) in records(400, duplicates != Duplicates::None) {
        spool.push(&key, &value).unwrap();
    }
    spool.write(file, name).unwrap();
}

fn recno(file: &mut Building, name: Option<&[u8]>) {
    let mut writer = file.recno(name, &RecnoParams::default()).unwrap();
    for (number, (_, value)) in (1_u32..).zip(records(900, false)) {
        if !number.is_multiple_of(50) {
            writer.push(number, &value).unwrap();
        }
    }
    writer.finish().unwrap();
}

/// A hash database of so many keys in so many buckets.
fn hash(
    file: &mut Building,
    name: Option<&[u8]>,
    duplicates: Duplicates,
    (keys, buckets): (u32, u64),
) {
    let params = HashParams {
        version: 9,
        duplicates,
        table: Some(HashTable::of_buckets(buckets)),
        ..HashParams::default()
    };
    let mut spool = HashSpool::new(
        file.layout(),
        &params,
        Repeats::Refused,
        &SortBudget::default(),
    )
    .unwrap();
    for (key, value) in records(keys, duplicates != Duplicates::None) {
        spool.push(&key, &value).unwrap();
    }
    spool.write(file, name).unwrap();
}

fn queue(file: &mut Building) {
    let params = QueueParams {
        len: 40,
        pad: b'.',
        first: 3,
        next: 100,
    };
    let mut writer = file.queue(&params).unwrap();
    for number in 3..100 {
        let value = format!("record {number}");
        writer.push(number, value.as_bytes()).unwrap();
    }
    writer.finish().unwrap();
}
