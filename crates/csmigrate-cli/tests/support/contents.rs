//! What a store holds: every record with the page it stands on, and which
//! pages of a file differ from those of another.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use bdbfile::Rule;
use bdbfile::layout::Kind;
use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;

use super::names;

/// A record: its key, empty where it has a number, and its data.
pub(crate) type Pair = (Vec<u8>, Vec<u8>);

/// A record and where its datum stands.
#[derive(Debug, Clone)]
pub(crate) struct Stored {
    pub(crate) pair: Pair,
    pub(crate) page: u32,
    pub(crate) slot: u16,
}

/// A database file.
#[derive(Debug, Clone)]
pub(crate) struct Contents {
    pub(crate) bytes: Vec<u8>,
    pub(crate) page_size: usize,
    pub(crate) records: Vec<Stored>,
}

/// Every database file of a directory; each must be sound.
pub(crate) fn contents(dir: &Path) -> BTreeMap<OsString, Contents> {
    let databases = names(dir).into_iter();
    databases
        .filter(|name| name.as_encoded_bytes().ends_with(b".db"))
        .map(|name| {
            let of_file = contents_of(&dir.join(&name));
            (name, of_file)
        })
        .collect()
}

pub(crate) fn contents_of(path: &Path) -> Contents {
    let source = FileSource::open(path).unwrap();
    let mut problems = bdbfile::verify::verify(&source).unwrap().findings;
    // A hash function of the application's own is kept, and told.
    problems.retain(|problem| problem.rule != Rule::HashFunction);
    assert!(problems.is_empty(), "{}: {problems:?}", path.display());
    let file = DatabaseFile::open(source).unwrap();
    let mut records = Vec::new();
    let databases = if file.meta().is_directory() {
        let entries = file.names().unwrap();
        entries.iter().map(|one| file.at(one).unwrap()).collect()
    } else {
        vec![file.database()]
    };
    for database in databases {
        let numbered = database.meta().is_recno() || database.meta().kind == Kind::Queue;
        let scan = database.scan().unwrap();
        scan.visit(scan.all(), |record| {
            let key = if numbered { &[] } else { record.key };
            records.push(Stored {
                pair: (key.to_vec(), record.value.to_vec()),
                page: record.page,
                slot: record.slot,
            });
            Ok::<_, bdbfile::Error>(())
        })
        .unwrap();
        scan.finish().unwrap();
    }
    Contents {
        bytes: fs::read(path).unwrap(),
        page_size: file.layout().page_size as usize,
        records,
    }
}

impl Contents {
    /// Which of its pages are not what they were, in the bytes of a later
    /// state of the file.
    pub(crate) fn changed_pages(&self, now: &[u8]) -> Vec<bool> {
        let pages = self.bytes.chunks(self.page_size).enumerate();
        pages
            .map(|(number, was)| {
                let from = number * self.page_size;
                now.get(from..from + was.len()) != Some(was)
            })
            .collect()
    }

    /// The type of a page, by its header.
    pub(crate) fn page_type(&self, number: usize) -> u8 {
        self.bytes[number * self.page_size + 25]
    }

    /// The records that must come back when some of the pages are damaged:
    /// those that do not depend on a damaged one. Whose chain or set of
    /// duplicates a page is of is not looked up: any damaged one counts.
    pub(crate) fn untouched(&self, damaged: &[bool]) -> Vec<&Stored> {
        let any = |types: &[u8]| {
            let pages = damaged.iter().enumerate();
            pages
                .filter(|(_, damaged)| **damaged)
                .any(|(number, _)| types.contains(&self.page_type(number)))
        };
        let (overflow, others) = (any(&[OVERFLOW]), any(NO_META));
        let records = self.records.iter();
        records
            .filter(|record| {
                let page = record.page as usize;
                let own = match self.page_type(page) {
                    LEAF | HASH | HASH_UNSORTED => damaged[page],
                    _ => others,
                };
                let long = record.pair.0.len() + record.pair.1.len() > self.page_size / 8;
                !(own || long && overflow)
            })
            .collect()
    }

    /// Whether a page that is not metadata is damaged: then it may say
    /// anything.
    pub(crate) fn may_say_anything(&self, damaged: &[bool]) -> bool {
        let pages = damaged.iter().enumerate();
        pages
            .filter(|(_, damaged)| **damaged)
            .any(|(number, _)| NO_META.contains(&self.page_type(number)))
    }
}

// Page types, as docs/format.md has them.
const OVERFLOW: u8 = 7;
const LEAF: u8 = 5;
const HASH_UNSORTED: u8 = 2;
const HASH: u8 = 13;
const NO_META: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13];

/// Records as a set in which each has its number.
pub(crate) fn counted<'a>(pairs: impl Iterator<Item = &'a Pair>) -> BTreeMap<&'a Pair, usize> {
    let mut counts = BTreeMap::new();
    for pair in pairs {
        *counts.entry(pair).or_default() += 1;
    }
    counts
}
