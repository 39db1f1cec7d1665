//! A page's place is its number times the page size, which takes more than 32
//! bits: records past 4 GiB are read right, and a page number whose place in 32
//! bits is that of a sound page is not taken for it.

#[path = "support/edit.rs"]
mod edit;
mod support;

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::read::DatabaseFile;
use bdbfile::source::{FileSource, MappedSource, PageSource};
use bdbfile::{Error, Place, Rule};
use edit::{Edited, INTERNAL, LEAF, NEXT, NUMBER, OVERFLOW, PREV, meta};
use support::{Pair, Shape, build};

const PAGE_SIZE: u32 = 65536;

/// Pages of 4 GiB: what the number of a moved page is greater by.
const MOVED: u32 = u32::MAX / PAGE_SIZE + 1;

fn records() -> Vec<Pair> {
    (0..40_u32)
        .map(|number| {
            let key = format!("key {number:04}").into_bytes();
            // One is too long for its leaf.
            let len = if number == 20 { 150_000 } else { 12_000 };
            (key, vec![u8::try_from(number).unwrap(); len])
        })
        .collect()
}

/// A file of one tree as it is built: meta, root, leaves, a chain.
fn small(endian: Endian) -> Edited {
    let shape = Shape {
        layout: PageLayout {
            endian,
            page_size: PAGE_SIZE,
            checksums: false,
            bit_fields: false,
        },
        ..Shape::default()
    };
    let bytes = build(&shape, &records()).unwrap().0;
    let file = Edited::new(bytes, endian, PAGE_SIZE, false);
    assert_eq!(file.kind(1), INTERNAL);
    assert!(file.of_type(LEAF).len() > 3 && file.of_type(OVERFLOW).len() > 1);
    file
}

/// The same tree, all pages but the first two moved past 4 GiB.
fn moved(mut file: Edited) -> Edited {
    for page in 2..file.count() {
        for field in [NUMBER, PREV, NEXT] {
            let number = file.get32(page, field);
            if number != 0 {
                file.set32(page, field, number + MOVED);
            }
        }
        if file.kind(page) == LEAF {
            for slot in (1..file.entries(page)).step_by(2) {
                let item = file.item(page, slot);
                if file.get8(page, item + 2) == 3 {
                    let first = file.get32(page, item + 4);
                    file.set32(page, item + 4, first + MOVED);
                }
            }
        }
    }
    for slot in 0..file.entries(1) {
        let child = file.child(1, slot);
        let number = file.get32(1, child);
        file.set32(1, child, number + MOVED);
    }
    let last = file.get32(0, meta::LAST_PAGE);
    file.set32(0, meta::LAST_PAGE, last + MOVED);
    file
}

/// Writes it with a hole of 4 GiB in it.
fn write(path: &Path, moved: &Edited) {
    let file = File::create(path).unwrap();
    let size = u64::from(PAGE_SIZE);
    let (start, rest) = moved.bytes.split_at(2 * PAGE_SIZE as usize);
    file.write_all_at(start, 0).unwrap();
    file.write_all_at(rest, (2 + u64::from(MOVED)) * size)
        .unwrap();
}

fn scan<S: PageSource>(source: S) -> Result<Vec<Pair>, Error> {
    let file = DatabaseFile::open(source)?;
    let database = file.database();
    let scan = database.scan()?;
    let mut found = Vec::new();
    scan.visit(scan.all(), |record| {
        found.push((record.key.to_vec(), record.value.to_vec()));
        Ok::<_, Error>(())
    })?;
    Ok(found)
}

/// Both sources that read a file.
fn scan_both(path: &Path) -> [Result<Vec<Pair>, Error>; 2] {
    [
        scan(MappedSource::open(path).unwrap()),
        scan(FileSource::open(path).unwrap()),
    ]
}

#[test]
fn records_past_four_gib_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("large.db");
    for endian in Endian::BOTH {
        write(&path, &moved(small(endian)));
        assert!(path.metadata().unwrap().len() > 1 << 32);
        for found in scan_both(&path) {
            assert!(found.unwrap() == records(), "{endian}");
        }
        let file = DatabaseFile::open(MappedSource::open(&path).unwrap()).unwrap();
        let database = file.database();
        for (key, value) in &records() {
            assert!(database.get(key).unwrap() == [value.clone()], "{endian}");
        }
    }
}

/// The rule, place and value of the error that both sources end with.
fn refused(path: &Path) -> (Rule, Place, String) {
    let [mapped, read] = scan_both(path).map(|found| match found {
        Err(Error::Format(error)) => (error.rule, error.place, error.found),
        other => panic!("{other:?}"),
    });
    assert_eq!(mapped, read);
    mapped
}

#[test]
fn a_number_that_wraps_onto_a_sound_page_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("wrapped.db");
    for endian in Endian::BOTH {
        // A small file: in 32 bits page MOVED + 2 is page 2, a leaf.
        let mut file = small(endian);
        let child = file.child(1, 0);
        assert_eq!(file.get32(1, child), 2);
        file.set32(1, child, MOVED + 2);
        std::fs::write(&path, &file.bytes).unwrap();
        let found = format!("page {} of {}", MOVED + 2, file.count());
        assert_eq!(
            refused(&path),
            (Rule::PageBeyondEnd, Place::slot(1, 0), found)
        );

        // A large one: one more turn leads past its end.
        let mut file = moved(small(endian));
        let count = file.count() + MOVED;
        file.set32(1, child, 2 * MOVED + 2);
        write(&path, &file);
        let found = format!("page {} of {count}", 2 * MOVED + 2);
        assert_eq!(
            refused(&path),
            (Rule::PageBeyondEnd, Place::slot(1, 0), found)
        );

        // One turn less leads into the hole.
        file.set32(1, child, 2);
        write(&path, &file);
        let found = "the whole page is zeros".to_owned();
        assert_eq!(refused(&path), (Rule::PageNumber, Place::page(2), found));

        // The same of a chain.
        let mut file = small(endian);
        let chain = file.of_type(OVERFLOW);
        file.set32(chain[0], NEXT, chain[1] + MOVED);
        std::fs::write(&path, &file.bytes).unwrap();
        let found = format!("page {} of {}", chain[1] + MOVED, file.count());
        assert_eq!(
            refused(&path),
            (Rule::PageBeyondEnd, Place::page(chain[0]), found)
        );
    }
}
