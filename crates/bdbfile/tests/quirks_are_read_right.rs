//! What old libraries wrote wrong, and what only looks like a Berkeley DB
//! file: read right with a finding, or refused by name.

mod support;

use bdbfile::layout::{Endian, PageLayout, log_hash};
use bdbfile::read::DatabaseFile;
use bdbfile::source::MemorySource;
use bdbfile::write::KeyOrder;
use bdbfile::{Error, Place, Rule};
use support::{Pair, Shape, build, read_bytes, samples};

/// A sample's bytes, or `None` where there are none.
fn sample(name: &str) -> Option<Vec<u8>> {
    Some(std::fs::read(samples()?.join(name)).unwrap())
}

fn open(bytes: &[u8]) -> Result<DatabaseFile<MemorySource>, Error> {
    DatabaseFile::open(MemorySource::new("quirk.db", bytes.to_vec()))
}

fn rules(bytes: &[u8]) -> Vec<Rule> {
    let (_, report) = read_bytes(bytes).unwrap();
    report.findings.iter().map(|finding| finding.rule).collect()
}

fn page_size(bytes: &[u8], endian: Endian) -> usize {
    endian.u32(bytes, 20).unwrap() as usize
}

fn endian(name: &str) -> Endian {
    if name.contains("-be") {
        Endian::Big
    } else {
        Endian::Little
    }
}

/// Lays the type bytes of a 2.x btree out as bit fields the other way round.
fn as_bit_fields(bytes: &mut [u8], endian: Endian) {
    let size = page_size(bytes, endian);
    for page in bytes.chunks_mut(size).skip(1) {
        if ![1, 3, 5].contains(&page[25]) {
            continue;
        }
        let entries = usize::from(endian.u16(page, 20).unwrap());
        let mut offsets: Vec<usize> = (0..entries)
            .map(|slot| usize::from(endian.u16(page, 26 + 2 * slot).unwrap()))
            .collect();
        offsets.sort_unstable();
        offsets.dedup();
        for offset in offsets {
            page[offset + 2] = page[offset + 2].rotate_left(1);
        }
    }
}

/// Solaris databases of 2.3.4 and before were unreadable for 2.3.5 and later. An
/// upgrade to a later version of the format does not touch the items.
#[test]
fn bit_fields_the_other_way_round_are_read() {
    for name in [
        "x86-2.7.7/bt-plain-le",
        "x86-2.7.7/bt-plain-be",
        "x86-2.7.7/bt-ovfl-le",
        "x86-2.7.7/bt-ovfl-be-512",
        "x86-2.7.7/bt-offdup-le",
        "x86-3.2.9/bt-plain-le",
        "x86-3.2.9/bt-dup-be",
        "x86-4.2.52/bt-plain-be",
        "x86-4.2.52/bt-dup-le",
    ] {
        let Some(good) = sample(&format!("{name}.db")) else {
            return;
        };
        let mut bytes = good.clone();
        as_bit_fields(&mut bytes, endian(name));
        assert_ne!(bytes, good);
        assert_eq!(
            read_bytes(&bytes).unwrap().0,
            read_bytes(&good).unwrap().0,
            "{name}"
        );
        assert_eq!(open(&bytes).unwrap().findings()[0].rule, Rule::BitFields);
        assert_eq!(open(&good).unwrap().findings(), [], "{name}");
    }
}

/// Makes the checksum of a page wrong.
fn break_checksum(bytes: &mut [u8], size: usize, page: usize) {
    let at = if page == 0 { 492 } else { page * size + 28 };
    for byte in &mut bytes[at..at + 4] {
        *byte ^= 0x5a;
    }
}

/// Files of 4.1.25 in foreign byte order: every later release says "checksum
/// error" and reads none of their pages.
#[test]
fn checksums_that_are_all_wrong_are_the_writers_mistake() {
    for name in [
        "bt-plain-chk-be",
        "bt-dup-chk-le",
        "h-plain-chk-be",
        "rn-var-chk-le",
    ] {
        let Some(good) = sample(&format!("x64-5.3.28/{name}.db")) else {
            return;
        };
        let size = page_size(&good, endian(name));
        let mut bytes = good.clone();
        for page in 0..bytes.len() / size {
            break_checksum(&mut bytes, size, page);
        }
        assert_eq!(
            read_bytes(&bytes).unwrap().0,
            read_bytes(&good).unwrap().0,
            "{name}"
        );
        assert_eq!(rules(&bytes), [Rule::ChecksumsAllWrong], "{name}");

        // One page alone is damage, and named.
        let last = good.len() / size - 1;
        for page in [0, 1, last] {
            let mut bytes = good.clone();
            break_checksum(&mut bytes, size, page);
            let Err(Error::Format(error)) = read_bytes(&bytes) else {
                panic!("{name} page {page} was taken for sound");
            };
            assert_eq!(error.rule, Rule::Checksum, "{name}");
            assert_eq!(error.place, Place::page(u32::try_from(page).unwrap()));
        }
    }
}

/// 5.0 and later take the 0 of a 3.2 file for its size and lose its records;
/// 5.3's own upgrade leaves it one too high, which its verify then refuses.
#[test]
fn the_last_page_number_is_not_believed() {
    for name in [
        "x86-3.2.9/bt-plain-be.db",
        "x86-3.2.9/h-plain-le.db",
        "x86-2.7.7/bt-plain-le.db",
    ] {
        let Some(bytes) = sample(name) else { return };
        assert_eq!(open(&bytes).unwrap().meta().last_pgno, 0, "{name}");
        assert_eq!(rules(&bytes), [], "{name}");
    }
    for name in ["x64-5.3.28/bt-plain-be.db", "x64-4.8.30/h-plain-le.db"] {
        let Some(good) = sample(name) else { return };
        let endian = endian(name);
        let last = endian.u32(&good, 32).unwrap();
        let mut bytes = good.clone();
        endian.put_u32(&mut bytes, 32, last + 1);
        assert_eq!(
            read_bytes(&bytes).unwrap().0,
            read_bytes(&good).unwrap().0,
            "{name}"
        );
        assert_eq!(rules(&bytes), [Rule::LastPage], "{name}");
    }
}

/// Named databases of 3.0 on x86 and of libraries built with the wrong byte
/// order: "Subdatabase entry references invalid page 33554432".
#[test]
fn a_directory_in_the_wrong_byte_order_is_read() {
    for (name, wrong) in [
        ("x86bad-3.2.9/subdb-le.db", true),
        ("x86bad-3.2.9/subdb-be.db", true),
        ("x64-3.0.55/subdb-le.db", true),
        ("x64-3.0.55/subdb-be.db", true),
        ("x86-3.2.9/subdb-be.db", false),
        ("x64-5.3.28/subdb-le.db", false),
    ] {
        let Some(bytes) = sample(name) else { return };
        let file = open(&bytes).unwrap();
        let names = file.names().unwrap();
        assert_eq!(names.len(), 4, "{name}");
        for entry in names {
            assert_eq!(entry.little_endian, wrong, "{name}");
            let database = file.at(&entry).unwrap();
            assert!(database.records().all(|record| record.is_ok()), "{name}");
        }
        assert_eq!(
            file.named(b"nobody").unwrap_err().rule(),
            Some(Rule::NoSuchName)
        );
    }
}

/// 2.x in foreign byte order swapped a shared key's length once a duplicate:
/// where their number is even, every later release reads past the page.
#[test]
fn byte_reversed_key_lengths_are_read() {
    let (Some(be), Some(le)) = (
        sample("x86-2.7.7/bt-dup-be.db"),
        sample("x86-2.7.7/bt-dup-le.db"),
    ) else {
        return;
    };
    let (pairs, report) = read_bytes(&be).unwrap();
    assert_eq!(pairs, read_bytes(&le).unwrap().0);
    assert!(
        report
            .findings
            .iter()
            .all(|f| f.rule == Rule::KeyLengthOrder)
    );
    assert!(!report.findings.is_empty());
    assert_eq!(rules(&le), []);
    // A key is found by them too.
    let file = open(&be).unwrap();
    let database = file.database();
    for (key, _) in pairs.iter().step_by(7) {
        let all = pairs.iter().filter(|pair| pair.0 == *key);
        let all: Vec<Vec<u8>> = all.map(|pair| pair.1.clone()).collect();
        assert_eq!(database.get(key).unwrap(), all);
    }
}

/// Turns the length of each key that an even number of data share.
fn turn_key_lengths(bytes: &mut [u8], endian: Endian) {
    let size = page_size(bytes, endian);
    for page in bytes.chunks_mut(size).skip(1).filter(|page| page[25] == 5) {
        let entries = usize::from(endian.u16(page, 20).unwrap());
        let offset = |page: &[u8], slot| endian.u16(page, 26 + 2 * slot).unwrap();
        let keys: Vec<u16> = (0..entries)
            .step_by(2)
            .map(|slot| offset(page, slot))
            .collect();
        for run in keys.chunk_by(|left, right| left == right) {
            if run.len().is_multiple_of(2) {
                let at = usize::from(run[0]);
                page[at..at + 2].reverse();
            }
        }
    }
}

/// An upgrade of a file of 2.x leaves its lengths as they are (seen: survey).
#[test]
fn byte_reversed_key_lengths_are_read_in_later_formats() {
    for name in [
        "x86-3.2.9/bt-dup-le",
        "x86-3.2.9/bt-dup-be",
        "x86-4.2.52/bt-dup-le",
        "x86-4.2.52/bt-dup-be",
    ] {
        let Some(good) = sample(&format!("{name}.db")) else {
            return;
        };
        let mut bytes = good.clone();
        turn_key_lengths(&mut bytes, endian(name));
        assert_ne!(bytes, good, "{name}");
        let expected = read_bytes(&good).unwrap().0;
        assert_eq!(read_bytes(&bytes).unwrap().0, expected, "{name}");
        assert!(rules(&bytes).contains(&Rule::KeyLengthOrder), "{name}");
        assert!(!rules(&good).contains(&Rule::KeyLengthOrder), "{name}");
    }
}

/// An application that gave its own hash function: libdb refuses the file
/// without it ("incompatible hash function").
#[test]
fn a_hash_function_of_the_applications_own_is_no_obstacle() {
    for name in ["x64-5.3.28/h-plain-le.db", "x86-3.2.9/h-dup-be.db"] {
        let Some(good) = sample(name) else { return };
        let mut bytes = good.clone();
        let own = log_hash(b"%$sniglet^&\0");
        endian(name).put_u32(&mut bytes, 92, own);
        let (pairs, _) = read_bytes(&bytes).unwrap();
        assert_eq!(pairs, read_bytes(&good).unwrap().0);
        assert_eq!(rules(&bytes), [Rule::HashFunction], "{name}");
        let file = open(&bytes).unwrap();
        for (key, value) in pairs.iter().step_by(501) {
            assert!(file.database().get(key).unwrap().contains(value));
        }
    }
}

/// An application that gave its own order of keys: a search by bytes passes by
/// the key and calls it absent.
#[test]
fn keys_in_an_order_of_the_applications_own_are_found() {
    let mut pairs: Vec<Pair> = (0..3000_u32)
        .map(|number| (number.to_le_bytes().to_vec(), vec![7; 20]))
        .collect();
    let params = Shape {
        layout: PageLayout {
            page_size: 512,
            ..Shape::default().layout
        },
        order: KeyOrder::AsFed,
        ..Shape::default()
    };
    for reversed in [false, true] {
        if reversed {
            pairs.reverse();
        }
        let (bytes, _) = build(&params, &pairs).unwrap();
        let file = open(&bytes).unwrap();
        let database = file.database();
        assert_eq!(read_bytes(&bytes).unwrap().0, pairs);
        for (key, value) in pairs.iter().step_by(37) {
            assert_eq!(database.get(key).unwrap(), std::slice::from_ref(value));
        }
        assert!(
            database
                .get(&9_000_000_u32.to_le_bytes())
                .unwrap()
                .is_empty()
        );
        assert!(database.get(b"").unwrap().is_empty());
    }
}

/// A 2.x btree of one leaf, made by hand.
fn by_hand(size: usize, endian: Endian, pairs: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut bytes = vec![0; 2 * size];
    let (meta, leaf) = bytes.split_at_mut(size);
    for (at, value) in [
        (12, 0x0005_3162),
        (16, 6),
        (20, u32::try_from(size).unwrap()),
        (28, 2),
    ] {
        endian.put_u32(meta, at, value);
    }
    let mut free = size & !3;
    for (slot, item) in pairs.iter().flat_map(|pair| [pair.0, pair.1]).enumerate() {
        free -= (3 + item.len()).next_multiple_of(4);
        endian.put_u16(leaf, 26 + 2 * slot, u16::try_from(free).unwrap());
        endian.put_u16(leaf, free, u16::try_from(item.len()).unwrap());
        leaf[free + 2] = 1;
        leaf[free + 3..free + 3 + item.len()].copy_from_slice(item);
    }
    endian.put_u32(leaf, 8, 1);
    endian.put_u16(leaf, 20, u16::try_from(2 * pairs.len()).unwrap());
    endian.put_u16(leaf, 22, u16::try_from(free).unwrap());
    leaf[24] = 1;
    leaf[25] = 5;
    bytes
}

/// 2.x before 2.6.4 took any page size; all later releases refuse such files.
#[test]
fn page_sizes_that_are_no_powers_of_two_are_read_in_2_x() {
    let pairs: [(&[u8], &[u8]); 3] = [(b"a", b"first"), (b"b", b""), (b"c", b"third")];
    for endian in Endian::BOTH {
        for size in [1000, 1500, 3000] {
            let mut bytes = by_hand(size, endian, &pairs);
            let (found, report) = read_bytes(&bytes).unwrap();
            assert_eq!(report.findings, []);
            assert!(found.iter().map(|(k, v)| (&k[..], &v[..])).eq(pairs));
            assert_eq!(
                open(&bytes).unwrap().database().get(b"c").unwrap(),
                [b"third"]
            );
            // No later version has such sizes.
            endian.put_u32(&mut bytes, 16, 9);
            assert_eq!(open(&bytes).unwrap_err().rule(), Some(Rule::PageSize));
        }
    }
}

/// People take many files for Berkeley DB files, and are told only that they
/// are of an "unexpected file type or format".
#[test]
fn other_files_are_refused_by_name() {
    let word = |at: usize, value: u32, endian: Endian| {
        let mut bytes = vec![0; 4096];
        endian.put_u32(&mut bytes, at, value);
        bytes
    };
    let start = |text: &[u8]| [text, &[b'x'; 1000]].concat();
    let mut cases: Vec<(Vec<u8>, &str)> = vec![
        (start(b"SQLite format 3\0"), "an SQLite database"),
        (start(b"RpmP"), "an rpm ndb package database"),
        (start(b"GDBM"), "a GDBM database"),
        (start(b"VERSION=3\n"), "the text of a db_dump"),
        (Vec::new(), "it is empty"),
        (b"some text of somebody".to_vec(), "it begins with"),
        (vec![0; 9000], "it begins with zeros"),
    ];
    for endian in Endian::BOTH {
        cases.push((word(0, 0x0005_3162, endian), "1.85 btree"));
        cases.push((word(0, 0x0006_1561, endian), "1.85 hash"));
        cases.push((word(0, 0x1357_9ace, endian), "a GDBM database"));
        cases.push((word(16, 0xbeef_c0de, endian), "an LMDB database"));
        cases.push((word(12, 0x0004_0988, endian), "log file"));
    }
    for (bytes, what) in cases {
        let error = open(&bytes).unwrap_err();
        assert_eq!(error.rule(), Some(Rule::NotBerkeleyDb), "{error}");
        assert!(error.to_string().contains(what), "{error}: {what}");
    }
    for endian in Endian::BOTH {
        let mut heap = word(12, 0x0007_4582, endian);
        endian.put_u32(&mut heap, 16, 1);
        let error = open(&heap).unwrap_err();
        assert_eq!(error.rule(), Some(Rule::KindNotRead), "{error}");
        assert!(error.to_string().contains("heap"), "{error}");
    }
}
