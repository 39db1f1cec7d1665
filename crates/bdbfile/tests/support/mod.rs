//! What several tests share: reading a file whole, building one, the samples.

#![allow(dead_code)]

use std::path::{Path, PathBuf};

use bdbfile::layout::PageLayout;
use bdbfile::read::{DatabaseFile, ScanReport};
use bdbfile::source::{MemorySource, PageSource};
use bdbfile::write::{
    BtreeBuilder, BtreeParams, Duplicates, FileParams, KeyOrder, MemorySink, Written,
};
use bdbfile::{Error, Result};

/// A key and its data.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

/// All records of a source in the order of the file, and what was odd.
pub(crate) fn read_all<S: PageSource>(source: S) -> Result<(Vec<Pair>, ScanReport)> {
    let file = DatabaseFile::open(source)?;
    let database = file.database();
    let scan = database.scan()?;
    let mut pairs = Vec::new();
    scan.visit(scan.all(), |record| {
        pairs.push((record.key.to_vec(), record.value.to_vec()));
        Ok::<_, Error>(())
    })?;
    Ok((pairs, scan.finish()?))
}

/// What kind of btree file to build.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    pub(crate) layout: PageLayout,
    pub(crate) duplicates: Duplicates,
    pub(crate) record_numbers: bool,
    pub(crate) minkey: u32,
    pub(crate) order: KeyOrder,
}

impl Default for Shape {
    fn default() -> Self {
        let btree = BtreeParams::default();
        Self {
            layout: FileParams::default().layout,
            duplicates: btree.duplicates,
            record_numbers: btree.record_numbers,
            minkey: btree.minkey,
            order: btree.order,
        }
    }
}

/// A file built in memory from records in order.
pub(crate) fn build(shape: &Shape, pairs: &[Pair]) -> Result<(Vec<u8>, Written)> {
    let file = FileParams {
        layout: shape.layout,
        file_id: [7; 20],
    };
    let params = BtreeParams {
        duplicates: shape.duplicates,
        record_numbers: shape.record_numbers,
        minkey: shape.minkey,
        order: shape.order,
        ..BtreeParams::default()
    };
    let mut builder = BtreeBuilder::new(MemorySink::new("built.db"), &file, &params)?;
    for (key, value) in pairs {
        builder.push(key, value)?;
    }
    let (sink, written, pages) = builder.finish()?;
    let bytes = sink.into_bytes();
    assert_eq!(bytes.len(), pages as usize * shape.layout.page_len());
    Ok((bytes, written))
}

/// All records of a file in memory.
pub(crate) fn read_bytes(bytes: &[u8]) -> Result<(Vec<Pair>, ScanReport)> {
    read_all(MemorySource::new("built.db", bytes.to_vec()))
}

/// Records from lines that are alternately key and data in hex, each behind one
/// blank: what `db_dump` writes, and what the samples' contents are kept in.
pub(crate) fn from_hex<'a>(lines: impl Iterator<Item = &'a [u8]>) -> Vec<Pair> {
    let lines: Vec<Vec<u8>> = lines
        .map(|line| {
            line[1..]
                .chunks(2)
                .map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap())
                .collect()
        })
        .collect();
    lines
        .chunks(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()))
        .collect()
}

/// Where files written by real libraries are unpacked, or `None`, which is
/// said, when they are not there.
pub(crate) fn samples() -> Option<PathBuf> {
    let place = std::env::var_os("CSMIGRATE_SAMPLES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/samples"),
        PathBuf::from,
    );
    if place.join("data").is_dir() {
        return Some(place);
    }
    println!(
        "skipped: no samples in {} (./test unpacks them where it has them)",
        place.display()
    );
    None
}

/// Runs a program of the real library, or `None`, which is said, when it is
/// not installed.
pub(crate) fn libdb_tool(name: &str, args: &[&std::ffi::OsStr]) -> Option<std::process::Output> {
    // Where cargo tests crates that link a libdb of their own it names that
    // one's place; the installed program is to use the installed library.
    let output = std::process::Command::new(name)
        .args(args)
        .env_remove("LD_LIBRARY_PATH")
        .output();
    match output {
        Ok(output) => Some(output),
        Err(error) => {
            println!("skipped: cannot run {name}: {error}");
            None
        }
    }
}

/// A small generator with a fixed seed: the same damage in every run.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from((self.0 >> 33) % sides.max(1) as u64).unwrap()
    }

    pub(crate) fn byte(&mut self) -> u8 {
        u8::try_from(self.roll(256)).unwrap()
    }
}
