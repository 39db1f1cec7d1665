//! Files of dead servers hold any bytes at all. Whatever they are, a scan ends
//! with the records or with an error that names the rule: no panic, no endless
//! loop, and no memory beyond the file's own size.

mod support;

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::read::DatabaseFile;
use bdbfile::source::MemorySource;
use bdbfile::write::Duplicates;
use bdbfile::{Error, Rule};
use support::{Dice, Pair, Shape, build, read_bytes, samples};

/// A file with every kind of page a btree file has.
fn every_kind_of_page(endian: Endian, checksums: bool, duplicates: Duplicates) -> Vec<u8> {
    let params = Shape {
        layout: PageLayout {
            endian,
            page_size: 512,
            checksums,
            bit_fields: false,
        },
        duplicates,
        ..Shape::default()
    };
    let mut pairs: Vec<Pair> = Vec::new();
    for number in 0..120_u32 {
        let mut key = format!("key {number:04}").into_bytes();
        if number % 10 == 0 {
            key.resize(300, b'x');
        }
        let copies = match (duplicates, number % 20) {
            (Duplicates::None, _) => 1,
            (_, 3) => 60,
            (_, 7) => 4,
            _ => 1,
        };
        for copy in 0..copies {
            let len = if number % 15 == 0 { 1500 } else { 20 };
            let mut value = format!("{copy:04}").into_bytes();
            value.resize(len, b'v');
            pairs.push((key.clone(), value));
        }
    }
    build(&params, &pairs).unwrap().0
}

fn files() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for endian in Endian::BOTH {
        for duplicates in [Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted] {
            files.push(every_kind_of_page(endian, false, duplicates));
        }
        files.push(every_kind_of_page(endian, true, Duplicates::Sorted));
    }
    files
}

/// Small files of every other kind and generation, written by real libraries;
/// none where there are no samples.
fn samples_of_all_kinds() -> Vec<(String, Vec<u8>)> {
    let Some(root) = samples() else {
        return Vec::new();
    };
    let mut files = Vec::new();
    for writer in [
        "x86-2.7.7",
        "x64-3.0.55",
        "x86-3.2.9",
        "sparc-4.2.52",
        "x64-5.3.28",
    ] {
        for entry in std::fs::read_dir(root.join(writer)).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            // The smallest ones have every structure there is.
            if bytes.len() <= 160_000 && !path.to_string_lossy().contains("-crypt") {
                files.push((path.display().to_string(), bytes));
            }
        }
    }
    files.sort();
    files
}

/// Reads everything in a file in every way there is: all databases, one key or
/// number of each.
fn read_in_every_way(bytes: &[u8]) -> Result<u64, Error> {
    let file = DatabaseFile::open(MemorySource::new("damaged.db", bytes.to_vec()))?;
    let mut databases = vec![file.database()];
    for entry in file.names()? {
        databases.push(file.at(&entry)?);
    }
    let mut count = 0;
    for database in databases {
        let keyed = database.get(b"0000500").map(|found| found.len());
        let numbered = database.get_record(500).map(|found| found.is_some());
        assert!(keyed.is_err() || numbered.is_err());
        let scan = database.scan()?;
        scan.visit(scan.all(), |_| {
            count += 1;
            Ok::<_, Error>(())
        })?;
        scan.finish()?;
    }
    Ok(count)
}

#[test]
fn random_damage_of_every_kind_ends() {
    let mut dice = Dice(20_061_123);
    let (mut read, mut refused) = (0, 0);
    let files = samples_of_all_kinds();
    for (name, file) in &files {
        let page = page_size(file);
        assert!(read_in_every_way(file).is_ok(), "{name}");
        for _ in 0..40 {
            let mut damaged = file.clone();
            for _ in 0..=dice.roll(6) {
                let at = match dice.roll(3) {
                    0 => dice.roll(damaged.len() / page) * page + dice.roll(64),
                    1 => dice.roll(256),
                    _ => dice.roll(damaged.len()),
                };
                damaged[at] = match dice.roll(4) {
                    0 => 0,
                    1 => 0xff,
                    2 => damaged[at] ^ (1 << dice.roll(8)),
                    _ => u8::try_from(dice.roll(256)).unwrap(),
                };
            }
            match read_in_every_way(&damaged) {
                Ok(_) => read += 1,
                Err(error) => {
                    assert!(
                        error.rule().is_some(),
                        "{name}: not the file's fault: {error}"
                    );
                    refused += 1;
                }
            }
        }
    }
    println!(
        "{} files, {read} damaged ones read, {refused} refused",
        files.len()
    );
    assert!(files.is_empty() || (read > 500 && refused > 500));
}

fn page_size(file: &[u8]) -> usize {
    let preamble = bdbfile::layout::Preamble::read(file).unwrap();
    preamble.page_size as usize
}

/// A file of three pages of zeros behind a metadata page with these words.
fn tiny(endian: Endian, words: &[(usize, u32)], page_type: u8) -> Vec<u8> {
    let mut bytes = vec![0; 4 * 512];
    for (at, value) in words {
        endian.put_u32(&mut bytes, *at, *value);
    }
    bytes[25] = page_type;
    bytes
}

/// A tiny file may claim four thousand million buckets.
#[test]
fn hostile_hash_metadata_ends_at_once() {
    let (mut ended, mut read) = (0, 0);
    for endian in Endian::BOTH {
        for (version, flags_at, fields, spares) in
            [(9, 48, 72, 96), (6, 32, 56, 80), (5, 56, 32, 60)]
        {
            for max_bucket in [0, 1, 5, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff] {
                for spare in [0, 1, 3, 4, 0x7fff_ffff, 0x8000_0001, 0xffff_ffff] {
                    let high: u32 = u32::MAX >> u32::leading_zeros(max_bucket | 1);
                    let mut words = vec![
                        (12, 0x0006_1561),
                        (16, version),
                        (20, 512),
                        (flags_at, 1),
                        (fields, max_bucket),
                        (fields + 4, high),
                        (fields + 8, high >> 1),
                    ];
                    words.extend((0..32).map(|index| (spares + 4 * index, spare)));
                    let page_type = if version == 5 { 0 } else { 8 };
                    let file = tiny(endian, &words, page_type);
                    match read_in_every_way(&file) {
                        Ok(count) => {
                            assert_eq!(count, 0);
                            read += 1;
                        }
                        Err(error) => assert!(error.rule().is_some(), "{error}"),
                    }
                    ended += 1;
                }
            }
        }
    }
    println!("{ended} hostile hash files, {read} of them read as empty");
    assert!(read > 0 && ended > read);
}

/// A tiny file may claim a queue of any number of records, from any to any.
#[test]
fn hostile_queue_metadata_ends_at_once() {
    let ends = [0, 1, 2, 9, 0x7fff_ffff, 0xffff_fffe, 0xffff_ffff];
    let (mut ended, mut read) = (0, 0);
    for endian in Endian::BOTH {
        for first in ends {
            for next in ends {
                for (re_len, rec_page) in [
                    (1, 1),
                    (0, 1),
                    (400, 1),
                    (3, 121),
                    (u32::MAX, 1),
                    (3, u32::MAX),
                    (0, 0),
                ] {
                    for page_ext in [0, 1, u32::MAX] {
                        let words = [
                            (12, 0x0004_2253),
                            (16, 4),
                            (20, 512),
                            (72, first),
                            (76, next),
                            (80, re_len),
                            (88, rec_page),
                            (92, page_ext),
                        ];
                        match read_in_every_way(&tiny(endian, &words, 10)) {
                            Ok(count) => {
                                assert_eq!(count, 0);
                                read += 1;
                            }
                            Err(error) => assert!(error.rule().is_some(), "{error}"),
                        }
                        ended += 1;
                    }
                }
            }
        }
    }
    println!("{ended} hostile queues, {read} of them read as empty");
    assert!(read > 0 && ended > read);
}

#[test]
fn random_damage_ends() {
    let mut dice = Dice(20_061_122);
    let (mut read, mut refused) = (0, 0);
    for file in files() {
        for _ in 0..3000 {
            let mut damaged = file.clone();
            for _ in 0..=dice.roll(4) {
                let at = match dice.roll(3) {
                    // Headers and index arrays are where the structure is.
                    0 => dice.roll(damaged.len() / 512) * 512 + dice.roll(40),
                    _ => dice.roll(damaged.len()),
                };
                damaged[at] = match dice.roll(4) {
                    0 => 0,
                    1 => 0xff,
                    2 => damaged[at] ^ (1 << dice.roll(8)),
                    _ => u8::try_from(dice.roll(256)).unwrap(),
                };
            }
            match read_bytes(&damaged) {
                Ok(_) => read += 1,
                Err(error) => {
                    assert!(error.rule().is_some(), "the file is to blame: {error}");
                    refused += 1;
                }
            }
        }
    }
    println!("{read} damaged files read, {refused} refused");
    assert!(read > 1000 && refused > 1000);
}

#[test]
fn pages_swapped_zeroed_and_repeated_end() {
    for file in files() {
        let pages = file.len() / 512;
        for page in 0..pages {
            let at = page * 512;
            let mut zeroed = file.clone();
            zeroed[at..at + 512].fill(0);
            let _ = read_bytes(&zeroed);
            let mut swapped = file.clone();
            let other = (page + 1) % pages * 512;
            swapped.copy_within(other..other + 512, at);
            assert!(
                read_bytes(&swapped).is_err() || page == 0 || other == 0,
                "page {page} is another one now"
            );
        }
    }
}

#[test]
fn a_file_cut_short_anywhere_ends() {
    for file in files() {
        for len in (0..1600).chain((1600..file.len()).step_by(97)) {
            let _ = read_bytes(&file[..len]);
        }
        let half = &file[..file.len() / 2];
        assert_eq!(
            read_bytes(half).unwrap_err().rule(),
            Some(Rule::PageBeyondEnd)
        );
    }
}
