//! A file cut off anywhere: all of its records, or a name for what is wrong. A
//! reader that stops where the file does would pass the rest over.

#[path = "support/kinds.rs"]
mod kinds;
mod support;

use bdbfile::layout::{Endian, Preamble};
use bdbfile::read::DatabaseFile;
use bdbfile::salvage::{Mode, salvage};
use bdbfile::source::MemorySource;
use bdbfile::verify::verify;
use bdbfile::{Error, Rule};
use kinds::{Base, PAGE_SIZE};
use support::samples;

fn source(bytes: &[u8]) -> MemorySource {
    MemorySource::new("cut.db", bytes.to_vec())
}

/// How many records all databases of a file have, and the rules of what was
/// found odd.
fn scan(bytes: &[u8]) -> Result<(u64, Vec<Rule>), Error> {
    let file = DatabaseFile::open(source(bytes))?;
    let mut databases = vec![file.database()];
    for entry in file.names()? {
        databases.push(file.at(&entry)?);
    }
    let (mut records, mut found) = (0, Vec::new());
    for database in databases {
        let scan = database.scan()?;
        scan.visit(scan.all(), |_| Ok::<_, Error>(()))?;
        let report = scan.finish()?;
        records += report.records;
        found.extend(report.findings.iter().map(|finding| finding.rule));
    }
    Ok((records, found))
}

/// The lengths that a file is cut to: any on its first three pages, then whole
/// pages.
fn lengths(len: usize, page_size: usize) -> impl Iterator<Item = usize> {
    let start = (3 * page_size).min(len);
    (0..start).chain((start..len).step_by(page_size))
}

#[derive(Default)]
struct Counts {
    cuts: u64,
    refused: u64,
    whole: u64,
}

/// Reads a cut file in every way there is.
fn check(name: &str, all: u64, cut: &[u8], counts: &mut Counts) {
    let len = cut.len();
    counts.cuts += 1;
    match scan(cut) {
        Err(error) => {
            assert!(error.rule().is_some(), "{name} cut to {len}: {error}");
            counts.refused += 1;
        }
        Ok((records, found)) => {
            counts.whole += u64::from(records == all);
            let missing = [Rule::QueuePagesMissing, Rule::BucketsMissing];
            let named = found.iter().any(|rule| missing.contains(rule));
            assert!(
                records == all || named,
                "{name} cut to {len}: {records} records of {all}, {found:?}"
            );
        }
    }
    let found = salvage(source(cut), Mode::Careful, |_| Ok::<_, Error>(()));
    if let Err(error) = found {
        assert!(error.rule().is_some(), "{name} cut to {len}: {error}");
    }
}

#[test]
fn files_of_every_kind_that_is_written() {
    let mut counts = Counts::default();
    for base in Base::ALL {
        for endian in Endian::BOTH {
            for checksums in [false, true] {
                let whole = base.build(endian, checksums);
                let (all, _) = scan(&whole).unwrap();
                let name = format!("{base:?}, {endian}, {checksums}");
                for len in lengths(whole.len(), PAGE_SIZE as usize) {
                    check(&name, all, &whole[..len], &mut counts);
                    let verified = verify(source(&whole[..len])).unwrap();
                    let told = !verified.is_clean() || !verified.notes.is_empty();
                    assert!(told, "{name} cut to {len} is sound");
                }
            }
        }
    }
    let Counts {
        cuts,
        refused,
        whole,
    } = counts;
    println!("{cuts} cut files: {refused} refused, {whole} with all of their records");
    assert!(cuts > 60_000 && refused > 50_000);
}

#[test]
fn files_of_real_libraries() {
    let Some(root) = samples() else {
        return;
    };
    let mut counts = Counts::default();
    for writer in [
        "x86-2.7.7",
        "x64-3.0.55",
        "sparc-3.2.9",
        "x86-4.2.52",
        "x64-5.3.28",
    ] {
        let mut paths: Vec<_> = std::fs::read_dir(root.join(writer))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        paths.sort();
        for path in paths {
            let whole = std::fs::read(&path).unwrap();
            if whole.len() > 150_000 || path.to_string_lossy().contains("-crypt") {
                continue;
            }
            let size = Preamble::read(&whole).unwrap().page_size as usize;
            let (all, _) = scan(&whole).unwrap();
            // Whole pages, and a little more of the first three.
            let around = (0..3 * size).step_by(size / 8);
            for len in around.chain((0..whole.len()).step_by(size)) {
                let name = path.display().to_string();
                check(&name, all, &whole[..len.min(whole.len())], &mut counts);
            }
        }
    }
    let Counts {
        cuts,
        refused,
        whole,
    } = counts;
    println!("{cuts} cut files: {refused} refused, {whole} with all of their records");
    assert!(cuts > 2000 && refused > 1500);
}
