//! A record that is marked deleted still owns its overflow chains and its tree
//! of duplicates until the library removes it. A scan that forgot them told
//! the administrator of a sound file that pages were lost in it.

mod support;

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::write::Duplicates;
use support::{Pair, Shape, build, read_bytes};

const PAGE: usize = 512;
const LEAF: u8 = 5;
const DELETED: u8 = 0x80;

/// Marks the data items of a leaf's slots as deleted, where `which` says so.
fn delete(file: &mut [u8], which: impl Fn(usize) -> bool) -> u64 {
    let mut deleted = 0;
    for page in file.chunks_mut(PAGE).filter(|page| page[25] == LEAF) {
        let entries = usize::from(u16::from_le_bytes([page[20], page[21]]));
        for slot in (1..entries).step_by(2).filter(|slot| which(*slot)) {
            let at = 26 + 2 * slot;
            let offset = usize::from(u16::from_le_bytes([page[at], page[at + 1]]));
            page[offset + 2] |= DELETED;
            deleted += 1;
        }
    }
    deleted
}

fn file(duplicates: Duplicates) -> (Vec<u8>, Vec<Pair>) {
    let params = Shape {
        layout: PageLayout {
            endian: Endian::Little,
            page_size: 512,
            checksums: false,
            bit_fields: false,
        },
        duplicates,
        ..Shape::default()
    };
    let mut pairs = Vec::new();
    for number in 0..12_u8 {
        let key_len = if number % 2 == 0 { 400 } else { 8 };
        let mut key = vec![number];
        key.resize(key_len, b'k');
        let copies = match number % 3 {
            0 => 1,
            1 => 3,
            _ => 90,
        };
        for copy in 0..copies {
            let mut value = vec![copy];
            value.resize(if copy == 2 { 700 } else { 9 }, b'v');
            pairs.push((key.clone(), value));
        }
    }
    (build(&params, &pairs).unwrap().0, pairs)
}

#[test]
fn no_page_of_a_deleted_record_counts_as_lost() {
    for duplicates in [Duplicates::Unsorted, Duplicates::Sorted] {
        let (mut all_gone, _) = file(duplicates);
        let deleted = delete(&mut all_gone, |_| true);
        let (found, report) = read_bytes(&all_gone).unwrap();
        assert!(found.is_empty());
        assert_eq!(report.deleted, deleted);
        assert!(report.findings.is_empty(), "{:?}", report.findings);

        // The first of several duplicates: the others still need its key.
        let (mut some_gone, pairs) = file(duplicates);
        delete(&mut some_gone, |slot| slot == 1);
        let (found, report) = read_bytes(&some_gone).unwrap();
        assert!(!found.is_empty() && found.len() < pairs.len());
        assert!(found.iter().all(|pair| pairs.contains(pair)));
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
}
