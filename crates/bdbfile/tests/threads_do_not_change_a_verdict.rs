//! A file is verified with the same result by one thread and by several,
//! whatever is wrong with it.

mod support;

use std::io::Write;
use std::num::NonZeroUsize;

use bdbfile::Workers;
use bdbfile::layout::{Endian, PageLayout};
use bdbfile::source::{FileSource, MappedSource, MemorySource, PageSource, ReadAhead};
use bdbfile::verify::{Verification, verify, verify_with};
use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, MemorySink};
use proptest::prelude::*;
use support::samples;

const PAGE: usize = 512;

/// A tree of several levels with items in chains, on small pages.
fn tall(endian: Endian, checksums: bool) -> Vec<u8> {
    let head = FileParams {
        layout: PageLayout {
            endian,
            page_size: 512,
            checksums,
            bit_fields: false,
        },
        file_id: [7; 20],
    };
    let sink = MemorySink::new("tall.db");
    let mut builder = BtreeBuilder::new(sink, &head, &BtreeParams::default()).unwrap();
    for number in 0..6000_usize {
        let key = format!("{number:08} a key that is not short");
        let len = if number % 40 == 0 { 1300 } else { number % 60 };
        builder.push(key.as_bytes(), &vec![b'v'; len]).unwrap();
    }
    builder.finish().unwrap().0.into_bytes()
}

fn by<S: PageSource>(threads: usize, source: S) -> Verification {
    let threads = NonZeroUsize::new(threads).unwrap();
    verify_with(source, Workers { threads }).unwrap()
}

fn all_alike(bytes: &[u8]) -> Verification {
    let memory = || MemorySource::new("memory", bytes.to_vec());
    let alone = verify(memory()).unwrap();
    for threads in [2, 5] {
        assert_eq!(by(threads, memory()), alone, "{threads} threads");
    }
    // From a file less is read twice.
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    let file = ReadAhead::new(FileSource::open(file.path()).unwrap());
    assert_eq!(by(2, file), alone, "read from a file");
    alone
}

#[test]
fn what_is_sound_is_sound_for_all() {
    for endian in [Endian::Little, Endian::Big] {
        for checksums in [false, true] {
            let found = all_alike(&tall(endian, checksums));
            assert!(found.is_clean() && found.notes.is_empty(), "{found:?}");
        }
    }
}

#[test]
fn leaves_that_changed_places_are_told_of_by_all() {
    let sound = tall(Endian::Little, false);
    let leaves: Vec<usize> = (1..sound.len() / PAGE)
        .filter(|page| sound[page * PAGE + 25] == 5)
        .collect();
    assert!(leaves.len() > 400, "{}", leaves.len());
    for step in [1, 7, 100, 333] {
        let mut bytes = sound.clone();
        let (left, right) = (leaves[step], leaves[step + 30]);
        // All but the page number and the links.
        let places = [left, right].map(|page| page * PAGE + 20);
        for at in 0..PAGE - 20 {
            bytes.swap(places[0] + at, places[1] + at);
        }
        assert!(!all_alike(&bytes).is_clean());
    }
}

#[test]
fn every_sample_has_one_verdict() {
    let Some(root) = samples() else { return };
    let mut files = 0;
    for folder in std::fs::read_dir(root).unwrap() {
        let folder = folder.unwrap().path();
        let entries = std::fs::read_dir(&folder).into_iter().flatten();
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.extension().is_some_and(|extension| extension == "db") {
                let alone = verify(MappedSource::open(&path).unwrap()).unwrap();
                let together = by(3, MappedSource::open(&path).unwrap());
                assert_eq!(together, alone, "{}", path.display());
                files += 1;
            }
        }
    }
    assert!(files > 500, "{files} samples");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn damage_is_told_of_alike(
        big in any::<bool>(),
        hits in prop::collection::vec(
            (any::<prop::sample::Index>(), 0..PAGE, any::<bool>(), any::<u8>()),
            1..4,
        ),
    ) {
        let mut bytes = tall(if big { Endian::Big } else { Endian::Little }, false);
        let pages = bytes.len() / PAGE;
        for (page, at, in_header, value) in hits {
            // Most of what can be wrong is in the header and the index array.
            let at = if in_header { at % 40 } else { at };
            bytes[page.index(pages) * PAGE + at] = value;
        }
        all_alike(&bytes);
    }
}
