//! Whatever the bytes: a verification ends, with no panic, and blames the file.

mod support;

use bdbfile::layout::{Endian, PageLayout};
use bdbfile::source::MemorySource;
use bdbfile::verify::verify;
use bdbfile::write::Duplicates;
use support::{Dice, Pair, Shape, build, samples};

/// Small files: of our builder, and where they are there of real libraries,
/// all kinds and generations.
fn files() -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for endian in Endian::BOTH {
        for duplicates in [Duplicates::None, Duplicates::Unsorted, Duplicates::Sorted] {
            let params = Shape {
                layout: PageLayout {
                    endian,
                    page_size: 512,
                    checksums: false,
                    bit_fields: false,
                },
                duplicates,
                ..Shape::default()
            };
            let mut pairs: Vec<Pair> = Vec::new();
            for number in 0..80_u32 {
                let mut key = format!("key {number:04}").into_bytes();
                if number % 10 == 0 {
                    key.resize(300, b'x');
                }
                let copies = if number == 33 && duplicates != Duplicates::None {
                    60
                } else {
                    1
                };
                for copy in 0..copies {
                    let len = if number % 15 == 0 { 1500 } else { 20 };
                    let mut value = format!("{copy:04}").into_bytes();
                    value.resize(len, b'v');
                    pairs.push((key.clone(), value));
                }
            }
            files.push(build(&params, &pairs).unwrap().0);
        }
    }
    if let Some(root) = samples() {
        for writer in ["x86-2.7.7", "x64-3.0.55", "sparc-3.2.9", "x64-5.3.28"] {
            let Ok(entries) = std::fs::read_dir(root.join(writer)) else {
                continue;
            };
            let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
            paths.sort();
            for path in paths {
                let small = path.metadata().is_ok_and(|meta| meta.len() < 150_000);
                if small && path.extension().is_some_and(|ext| ext == "db") {
                    files.push(std::fs::read(path).unwrap());
                }
            }
        }
    }
    files
}

#[test]
fn random_damage_ends() {
    let mut dice = Dice(20_061_122);
    let files = files();
    let each = 12_000 / files.len();
    let (mut clean, mut broken) = (0, 0);
    for file in &files {
        let page_size = usize::try_from(
            Endian::BOTH
                .into_iter()
                .filter_map(|endian| endian.u32(file, 20))
                .min()
                .unwrap(),
        )
        .unwrap();
        for _ in 0..each {
            let mut damaged = file.clone();
            for _ in 0..=dice.roll(6) {
                let at = match dice.roll(3) {
                    // Headers and index arrays are where the structure is.
                    0 => dice.roll(damaged.len() / page_size) * page_size + dice.roll(60),
                    1 => dice.roll(512.min(damaged.len())),
                    _ => dice.roll(damaged.len()),
                };
                damaged[at] = match dice.roll(4) {
                    0 => 0,
                    1 => 0xff,
                    2 => damaged[at] ^ (1 << dice.roll(8)),
                    _ => u8::try_from(dice.roll(256)).unwrap(),
                };
            }
            let found = verify(MemorySource::new("damaged", damaged)).unwrap();
            for problem in found.findings.iter().chain(&found.notes) {
                assert!(!problem.to_string().contains('\n'));
            }
            if found.is_clean() {
                clean += 1;
            } else {
                broken += 1;
            }
        }
    }
    println!(
        "{} files: {clean} damaged ones clean, {broken} not",
        files.len()
    );
    assert!(broken > 1000);
}

#[test]
fn files_cut_short_and_pages_in_each_others_place_end() {
    // Those of our builder, whose pages have 512 bytes.
    for file in files().iter().take(6) {
        for len in (0..1600).step_by(7).chain((1600..file.len()).step_by(997)) {
            let len = len.min(file.len());
            let _ = verify(MemorySource::new("cut", file[..len].to_vec())).unwrap();
        }
        let pages = file.len() / 512;
        for page in 1..pages {
            let mut swapped = file.clone();
            let other = (page % (pages - 1) + 1) * 512;
            swapped.copy_within(other..other + 512, page * 512);
            let found = verify(MemorySource::new("swapped", swapped)).unwrap();
            assert!(!found.is_clean(), "page {page} is another one now");
        }
    }
}

/// Many references to one long chain: reported, and the work does not grow with
/// their product.
#[test]
fn every_item_at_one_chain_ends() {
    let file = &files()[0];
    let mut damaged = file.clone();
    let first = (1..file.len() / 512)
        .find(|page| file[page * 512 + 25] == 7 && file[page * 512 + 12..page * 512 + 16] == [0; 4])
        .unwrap();
    for page in 1..file.len() / 512 {
        let at = page * 512;
        if file[at + 25] != 5 {
            continue;
        }
        let entries = usize::from(u16::from_le_bytes([file[at + 20], file[at + 21]]));
        for slot in 0..entries {
            let index = at + 26 + 2 * slot;
            let item = at + usize::from(u16::from_le_bytes([file[index], file[index + 1]]));
            damaged[item + 2] = 3;
            damaged[item + 4..item + 8]
                .copy_from_slice(&u32::try_from(first).unwrap().to_le_bytes());
        }
    }
    let found = verify(MemorySource::new("damaged", damaged)).unwrap();
    assert!(found.count() > 10);
}
