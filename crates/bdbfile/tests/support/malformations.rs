//! The classic malformations: what is damaged, in which files, and what has to
//! be said of it. `docs/malformations.md` is made of this table.

// The functions here are lists, and what ends a case is what a case gives.
#![allow(clippy::too_many_lines, clippy::unnecessary_wraps)]

use bdbfile::{Place, Rule};

use crate::edit::{self, Edited, meta};
use crate::kinds::Base;

/// A malformation.
pub(crate) struct Case {
    /// What is wrong with the file.
    pub(crate) name: &'static str,
    /// The files it is put into.
    pub(crate) bases: &'static [Base],
    /// Whether its files have checksums: both with and without are tried where
    /// it is not said.
    pub(crate) checksums: Option<bool>,
    /// Whether the checksums are left as they were.
    pub(crate) unsealed: bool,
    /// Does it, and says what is expected; `None` where the file lacks what is
    /// to be damaged, which a file of our own builders never does.
    pub(crate) damage: fn(&mut Edited) -> Option<Expected>,
}

/// What is expected of a damaged file.
pub(crate) struct Expected {
    pub(crate) read: Read,
    /// A rule and place that a verification has to find; none where the file
    /// is sound as far as anybody can tell.
    pub(crate) verify: Option<(Rule, Place)>,
    /// Whether a salvage may take bytes for a record that the sound file does
    /// not have: nothing that is left tells that it is none.
    pub(crate) may_mislead: bool,
}

/// What a scan of everything gives.
pub(crate) enum Read {
    /// An error: rule, place, and the value found.
    Refused(Rule, Place, String),
    /// All records, and these findings among the report's.
    All(Vec<Rule>),
    /// So many records fewer, which the report has as deleted.
    Deleted(u64),
    /// Fewer records, and these findings among the report's.
    Fewer(Vec<Rule>),
    /// As many records, their bytes not all the same: nothing in what is read
    /// of the file tells.
    Altered,
}

impl Read {
    /// Whether records are other ones than in the sound file, or fewer, as far
    /// as the file can tell.
    pub(crate) const fn changes_records(&self) -> bool {
        matches!(self, Self::Deleted(_) | Self::Altered | Self::Fewer(_))
    }
}

fn refused(rule: Rule, place: Place, found: impl Into<String>) -> Expected {
    Expected {
        read: Read::Refused(rule, place, found.into()),
        verify: Some((rule, place)),
        may_mislead: false,
    }
}

fn all(findings: &[Rule]) -> Expected {
    Expected {
        read: Read::All(findings.to_vec()),
        verify: None,
        may_mislead: false,
    }
}

fn deleted(items: u64) -> Expected {
    Expected {
        read: Read::Deleted(items),
        ..all(&[])
    }
}

fn altered() -> Expected {
    Expected {
        read: Read::Altered,
        ..all(&[])
    }
}

fn fewer(findings: &[Rule]) -> Expected {
    Expected {
        read: Read::Fewer(findings.to_vec()),
        verify: None,
        may_mislead: false,
    }
}

impl Expected {
    fn may_mislead(mut self) -> Self {
        self.may_mislead = true;
        self
    }

    fn verify(mut self, rule: Rule, place: Place) -> Self {
        self.verify = Some((rule, place));
        self
    }
}

impl Case {
    const fn with_checksums(mut self) -> Self {
        self.checksums = Some(true);
        self.unsealed = true;
        self
    }

    const fn without_checksums(mut self) -> Self {
        self.checksums = Some(false);
        self
    }
}

const fn case(
    name: &'static str,
    bases: &'static [Base],
    damage: fn(&mut Edited) -> Option<Expected>,
) -> Case {
    Case {
        name,
        bases,
        checksums: None,
        unsealed: false,
        damage,
    }
}

/// All of them, by what they are about.
pub(crate) fn groups() -> Vec<(&'static str, Vec<Case>)> {
    vec![
        ("Loops", loops()),
        ("Wrong pages in a chain", wrong_pages()),
        ("Children and levels", children()),
        ("Items and entries", items()),
        ("Page numbers past the end", past_the_end()),
        ("Lengths that contradict each other", lengths()),
        ("Metadata pages", metadata()),
        ("Numbers of a hash table", hash_numbers()),
        ("Numbers of a queue", queue_numbers()),
        ("Directories of named databases", directories()),
        ("Free lists", free_lists()),
        ("Checksums", checksums()),
        ("Orders, counts and marks", orders()),
    ]
}

const LONG: &[Base] = &[
    Base::Btree,
    Base::Duplicates,
    Base::Sorted,
    Base::Recno,
    Base::Hash,
    Base::HashDuplicates,
    Base::Named,
];
const KEYED: &[Base] = &[Base::Btree, Base::Sorted, Base::Hash];
const TREES: &[Base] = &[Base::Btree, Base::Sorted, Base::Counted, Base::Recno];
const BTREES: &[Base] = &[Base::Btree, Base::Sorted];
const HASHES: &[Base] = &[Base::Hash, Base::HashDuplicates];
const DUPLICATES: &[Base] = &[Base::Duplicates, Base::Sorted, Base::HashDuplicates];

fn page(page: u32) -> Place {
    Place::page(page)
}

fn loops() -> Vec<Case> {
    vec![
        case("an overflow page leads to itself", LONG, |file| {
            let long = file.long_data()?;
            let first = long.chain[0];
            file.set32(first, edit::NEXT, first);
            Some(refused(
                Rule::PageTwice,
                page(first),
                format!("page {first}"),
            ))
        }),
        case("two overflow pages lead to each other", LONG, |file| {
            let long = file.long_data()?;
            let (first, second) = (long.chain[0], long.chain[1]);
            file.set32(second, edit::NEXT, first);
            Some(refused(
                Rule::PageTwice,
                page(second),
                format!("page {first}"),
            ))
        }),
        case(
            "an overflow page without bytes leads to itself",
            LONG,
            |file| {
                let long = file.long_data()?;
                let first = long.chain[0];
                file.set32(first, edit::NEXT, first);
                file.set16(first, edit::AREA, 0);
                Some(refused(Rule::OverflowFill, page(first), "0 bytes"))
            },
        ),
        case("an overflow chain of a key leads back", KEYED, |file| {
            let long = file.long_key()?;
            let (first, second) = (long.chain[0], long.chain[1]);
            file.set32(second, edit::NEXT, first);
            Some(refused(
                Rule::PageTwice,
                page(second),
                format!("page {first}"),
            ))
        }),
        case(
            "an overflow chain of a duplicate leads back",
            &[Base::Duplicates, Base::Sorted],
            |file| {
                let long = file.long_duplicate()?;
                let (first, second) = (long.chain[0], long.chain[1]);
                file.set32(second, edit::NEXT, first);
                Some(refused(
                    Rule::PageTwice,
                    page(second),
                    format!("page {first}"),
                ))
            },
        ),
        case("a leaf's next page is itself", TREES, |file| {
            let row = file.leaves()?;
            let (before, leaf) = (row[1], row[2]);
            file.set32(leaf, edit::NEXT, leaf);
            let found = format!(
                "the page says {before} and {leaf}, the tree {before} and {}",
                row[3]
            );
            Some(refused(Rule::LeafLink, page(leaf), found).verify(Rule::LinkRange, page(leaf)))
        }),
        case("a leaf's previous page is itself", TREES, |file| {
            let row = file.leaves()?;
            let (leaf, next) = (row[2], row[3]);
            file.set32(leaf, edit::PREV, leaf);
            let found = format!(
                "the page says {leaf} and {next}, the tree {} and {next}",
                row[1]
            );
            Some(refused(Rule::LeafLink, page(leaf), found).verify(Rule::LinkRange, page(leaf)))
        }),
        case("a leaf's next page is the one before it", TREES, |file| {
            let row = file.leaves()?;
            let (before, leaf) = (row[1], row[2]);
            file.set32(leaf, edit::NEXT, before);
            let found = format!(
                "the page says {before} and {before}, the tree {before} and {}",
                row[3]
            );
            Some(refused(Rule::LeafLink, page(leaf), found))
        }),
        case("the last leaf leads to the first", TREES, |file| {
            let row = file.leaves()?;
            let (first, before, last) = (row[0], row[row.len() - 2], row[row.len() - 1]);
            file.set32(last, edit::NEXT, first);
            let found = format!("the page says {before} and {first}, the tree {before} and 0");
            Some(refused(Rule::LeafLink, page(last), found))
        }),
        case("a page of a bucket leads to itself", HASHES, |file| {
            let row = file.bucket()?;
            file.set32(row[1], edit::NEXT, row[1]);
            let found = format!("page {}", row[1]);
            Some(
                refused(Rule::PageTwice, page(row[1]), found).verify(Rule::LinkRange, page(row[1])),
            )
        }),
        case(
            "the last page of a bucket leads to the first",
            HASHES,
            |file| {
                let row = file.bucket()?;
                let last = row[row.len() - 1];
                file.set32(last, edit::NEXT, row[0]);
                Some(refused(
                    Rule::PageTwice,
                    page(last),
                    format!("page {}", row[0]),
                ))
            },
        ),
        case(
            "a leaf of duplicates leads to the one before it",
            DUPLICATES,
            |file| {
                let row = duplicate_row(file)?;
                let (before, leaf, next) =
                    (row[0], row[1], row.get(2).copied().unwrap_or_default());
                file.set32(leaf, edit::NEXT, before);
                let found =
                    format!("the page says {before} and {before}, the tree {before} and {next}");
                Some(refused(Rule::LeafLink, page(leaf), found))
            },
        ),
        case(
            "the root of duplicates is its own child",
            DUPLICATES,
            |file| {
                let (at, slot, number) = file.off_page_duplicates()?;
                let root = file.get32(at, number);
                if !matches!(file.kind(root), edit::INTERNAL | edit::RECNO_INTERNAL) {
                    return None;
                }
                let _ = slot;
                let child = file.child(root, 1);
                file.set32(root, child, root);
                Some(refused(
                    Rule::PageTwice,
                    Place::slot(root, 1),
                    format!("page {root}"),
                ))
            },
        ),
        case(
            "the root of duplicates is the page it is named on",
            DUPLICATES,
            |file| {
                let (at, slot, number) = file.off_page_duplicates()?;
                file.set32(at, number, at);
                let _ = slot;
                Some(refused(
                    Rule::PageTwice,
                    Place::slot(at, slot),
                    format!("page {at}"),
                ))
            },
        ),
    ]
}

/// The leaves of a tree of duplicates that has several.
fn duplicate_row(file: &Edited) -> Option<Vec<u32>> {
    let (at, _, number) = file.off_page_duplicates()?;
    let root = file.get32(at, number);
    if !matches!(file.kind(root), edit::INTERNAL | edit::RECNO_INTERNAL) {
        return None;
    }
    Some(file.row(file.get32(root, file.child(root, 0))))
}

fn wrong_pages() -> Vec<Case> {
    vec![
        case("an overflow page has the type of a leaf", LONG, |file| {
            let long = file.long_data()?;
            file.set8(long.chain[1], edit::TYPE, edit::LEAF);
            let found = "type 5 in an overflow chain";
            Some(
                refused(Rule::PageType, page(long.chain[1]), found)
                    .verify(Rule::Level, page(long.chain[1])),
            )
        }),
        case("an overflow page is all zeros", LONG, |file| {
            let long = file.long_data()?;
            file.zero(long.chain[1]);
            let found = "the whole page is zeros";
            Some(
                refused(Rule::PageNumber, page(long.chain[1]), found)
                    .verify(Rule::ZeroPage, page(long.chain[1])),
            )
        }),
        case(
            "an overflow page is on the way to a free page",
            LONG,
            |file| {
                let long = file.long_data()?;
                let free = file.add_free_pages(2);
                file.set32(long.chain[0], edit::NEXT, free[0]);
                let found = "type 0 in an overflow chain";
                Some(refused(Rule::PageType, page(free[0]), found))
            },
        ),
        case("a leaf has the type of an overflow page", TREES, |file| {
            let leaf = file.leaves()?[2];
            file.set8(leaf, edit::TYPE, edit::OVERFLOW);
            let found = "type 7, level 1";
            Some(refused(Rule::PageType, page(leaf), found))
        }),
        case(
            "a leaf has the type of a recno leaf",
            &[Base::Btree, Base::Counted],
            |file| {
                let leaf = file.leaves()?[2];
                file.set8(leaf, edit::TYPE, edit::RECNO_LEAF);
                Some(refused(Rule::PageType, page(leaf), "type 6, level 1"))
            },
        ),
        case(
            "a recno leaf has the type of a leaf",
            &[Base::Recno],
            |file| {
                // With an odd number of records: an even one looks like pairs.
                let leaf = file
                    .leaves()?
                    .into_iter()
                    .skip(1)
                    .find(|leaf| file.entries(*leaf) % 2 == 1)?;
                file.set8(leaf, edit::TYPE, edit::LEAF);
                Some(
                    refused(Rule::PageType, page(leaf), "type 5, level 1")
                        .verify(Rule::OddEntries, page(leaf)),
                )
            },
        ),
        case("a leaf is all zeros", TREES, |file| {
            let leaf = file.leaves()?[2];
            file.zero(leaf);
            let found = "the whole page is zeros";
            Some(refused(Rule::PageNumber, page(leaf), found).verify(Rule::ZeroPage, page(leaf)))
        }),
        case("a leaf is another page of the file", TREES, |file| {
            let row = file.leaves()?;
            let size = file.page_size();
            let at = |page: u32| page as usize * size;
            file.bytes
                .copy_within(at(row[1])..at(row[1]) + size, at(row[2]));
            let found = format!("it says {}", row[1]);
            Some(refused(Rule::PageNumber, page(row[2]), found))
        }),
        case("an internal page is all zeros", TREES, |file| {
            let internal = file.inner()?;
            file.zero(internal);
            let found = "the whole page is zeros";
            Some(
                refused(Rule::PageNumber, page(internal), found)
                    .verify(Rule::ZeroPage, page(internal)),
            )
        }),
        case(
            "the first page of a bucket has the type of a leaf",
            HASHES,
            |file| {
                let row = file.bucket()?;
                file.set8(row[0], edit::TYPE, edit::LEAF);
                Some(
                    refused(Rule::PageType, page(row[0]), "type 5 in a bucket")
                        .verify(Rule::Level, page(row[0])),
                )
            },
        ),
        case(
            "a later page of a bucket has the type of an overflow page",
            HASHES,
            |file| {
                let row = file.bucket()?;
                file.set8(row[1], edit::TYPE, edit::OVERFLOW);
                Some(refused(Rule::PageType, page(row[1]), "type 7 in a bucket"))
            },
        ),
        case("a later page of a bucket is all zeros", HASHES, |file| {
            let row = file.bucket()?;
            file.zero(row[1]);
            let found = "the whole page is zeros";
            Some(
                refused(Rule::PageNumber, page(row[1]), found).verify(Rule::ZeroPage, page(row[1])),
            )
        }),
        case(
            "the first page of a bucket of several is all zeros",
            HASHES,
            |file| {
                let row = file.bucket()?;
                file.zero(row[0]);
                let found = format!("it is of a bucket and has {} entries", file.entries(row[1]));
                Some(refused(Rule::Unreferenced, page(row[1]), found))
            },
        ),
        case("a leaf of duplicates is all zeros", DUPLICATES, |file| {
            let leaf = duplicate_row(file)?[1];
            file.zero(leaf);
            let found = "the whole page is zeros";
            Some(refused(Rule::PageNumber, page(leaf), found).verify(Rule::ZeroPage, page(leaf)))
        }),
        case(
            "a leaf of duplicates has the type of a btree leaf",
            DUPLICATES,
            |file| {
                let leaf = duplicate_row(file)?[1];
                file.set8(leaf, edit::TYPE, edit::LEAF);
                Some(refused(Rule::PageType, page(leaf), "type 5, level 1").may_mislead())
            },
        ),
        case(
            "a page of a queue has the type of a leaf",
            &[Base::Queue],
            |file| {
                file.set8(2, edit::TYPE, edit::LEAF);
                Some(refused(Rule::PageType, page(2), "type 5 in a queue"))
            },
        ),
        case("a page of a queue is all zeros", &[Base::Queue], |file| {
            file.zero(2);
            Some(fewer(&[Rule::ZeroPage]))
        }),
    ]
}

fn children() -> Vec<Case> {
    vec![
        case("the root is its own child", TREES, |file| {
            let child = file.child(1, 1);
            file.set32(1, child, 1);
            Some(refused(Rule::PageTwice, Place::slot(1, 1), "page 1"))
        }),
        case("an internal page is its own child", TREES, |file| {
            let internal = file.inner()?;
            let child = file.child(internal, 0);
            file.set32(internal, child, internal);
            let found = format!("page {internal}");
            Some(refused(Rule::PageTwice, Place::slot(internal, 0), found))
        }),
        case("a child is the root", TREES, |file| {
            let internal = file.inner()?;
            let child = file.child(internal, 0);
            file.set32(internal, child, 1);
            Some(refused(Rule::PageTwice, Place::slot(internal, 0), "page 1"))
        }),
        case("a child is a page of its parent's level", TREES, |file| {
            let pages = file.internal(2);
            let (one, other) = (pages[0], *pages.last()?);
            if one == other {
                return None;
            }
            let child = file.child(one, 0);
            file.set32(one, child, other);
            Some(
                refused(
                    Rule::PageTwice,
                    Place::slot(one, 0),
                    format!("page {other}"),
                )
                .verify(Rule::Level, page(other)),
            )
        }),
        case(
            "an internal page states the level of its parent",
            TREES,
            |file| {
                let (internal, root) = (file.inner()?, 1);
                let level = file.get8(root, edit::LEVEL);
                file.set8(internal, edit::LEVEL, level);
                let found = format!("level {level} where the tree is at 2");
                Some(refused(Rule::Level, page(internal), found))
            },
        ),
        case(
            "an internal page states a higher level than the root",
            TREES,
            |file| {
                let internal = file.inner()?;
                file.set8(internal, edit::LEVEL, 9);
                let found = "level 9 where the tree is at 2";
                Some(refused(Rule::Level, page(internal), found))
            },
        ),
        case("a leaf states the level of its parent", TREES, |file| {
            let leaf = file.leaves()?[2];
            file.set8(leaf, edit::LEVEL, 2);
            Some(refused(Rule::Level, page(leaf), "2"))
        }),
        case("the root states level 255", TREES, |file| {
            file.set8(1, edit::LEVEL, 255);
            let below = file.get32(1, file.child(1, 0));
            if file.get8(below, edit::LEVEL) == 1 {
                let found = format!("type {} at level 254", file.kind(below));
                return Some(
                    refused(Rule::PageType, page(below), found).verify(Rule::Level, page(below)),
                );
            }
            let level = file.get8(below, edit::LEVEL);
            let found = format!("level {level} where the tree is at 254");
            Some(refused(Rule::Level, page(below), found))
        }),
        case("the root states level 0", TREES, |file| {
            file.set8(1, edit::LEVEL, 0);
            let found = format!("type {}, level 0", file.kind(1));
            Some(refused(Rule::PageType, page(1), found).verify(Rule::Level, page(1)))
        }),
        case("an internal page has no entries", TREES, |file| {
            let internal = file.inner()?;
            file.set16(internal, edit::ENTRIES, 0);
            Some(refused(Rule::EmptyInternal, page(internal), ""))
        }),
        case("two entries lead to one child", TREES, |file| {
            let internal = file.inner()?;
            let first = file.get32(internal, file.child(internal, 0));
            let second = file.child(internal, 1);
            file.set32(internal, second, first);
            let found = format!("page {first}");
            Some(refused(Rule::PageTwice, Place::slot(internal, 1), found))
        }),
        case(
            "an entry leads to a page of an overflow chain",
            BTREES,
            |file| {
                let internal = file.inner()?;
                let long = file.long_data()?;
                let child = file.child(internal, 0);
                file.set32(internal, child, long.chain[0]);
                let found = format!("page {}", long.chain[0]);
                let second = Place::slot(long.page, long.slot);
                Some(
                    refused(Rule::PageTwice, second, found)
                        .verify(Rule::PageTwice, Place::slot(internal, 0)),
                )
            },
        ),
    ]
}

fn items() -> Vec<Case> {
    vec![
        case("an item begins past the page", BTREES, |file| {
            let (leaf, slot) = file.plain_pair()?;
            let at = file.index(slot + 1);
            file.set16(leaf, at, 0xfff0);
            let found = "offset 65520, 0 bytes";
            Some(refused(
                Rule::ItemBounds,
                Place::slot(leaf, slot + 1),
                found,
            ))
        }),
        case("an item begins at the page's last byte", BTREES, |file| {
            let (leaf, slot) = file.plain_pair()?;
            let at = file.index(slot + 1);
            file.set16(leaf, at, 511);
            let found = "offset 511, 0 bytes";
            Some(refused(
                Rule::ItemBounds,
                Place::slot(leaf, slot + 1),
                found,
            ))
        }),
        case("an item begins in the page header", BTREES, |file| {
            let (leaf, slot) = file.plain_pair()?;
            let at = file.index(slot + 1);
            file.set16(leaf, at, 8);
            let found = "offset 8, 0 bytes";
            Some(refused(
                Rule::ItemBounds,
                Place::slot(leaf, slot + 1),
                found,
            ))
        }),
        case("an item begins in the index", BTREES, |file| {
            let (leaf, slot) = file.plain_pair()?;
            let at = file.index(slot + 1);
            let offset = file.header() + 4;
            file.set16(leaf, at, u16::try_from(offset).unwrap());
            let found = format!("offset {offset}, 0 bytes");
            Some(refused(
                Rule::ItemBounds,
                Place::slot(leaf, slot + 1),
                found,
            ))
        }),
        case("an item's length leads past the page", BTREES, |file| {
            let (leaf, slot) = file.plain_pair()?;
            let item = file.item(leaf, slot + 1);
            file.set16(leaf, item, 0xffff);
            let found = format!("offset {item}, 65535 bytes");
            Some(refused(
                Rule::ItemBounds,
                Place::slot(leaf, slot + 1),
                found,
            ))
        }),
        case(
            "an item's length leads into the next item",
            BTREES,
            |file| {
                let (leaf, slot) = file.plain_pair()?;
                let item = file.item(leaf, slot + 1);
                let len = file.get16(leaf, item);
                file.set16(leaf, item, len + 8);
                Some(altered().verify(Rule::ItemOverlap, Place::slot(leaf, slot)))
            },
        ),
        case("two items begin at the same place", BTREES, |file| {
            let (leaf, slot) = file.plain_pair()?;
            let (from, to) = (file.index(slot + 3), file.index(slot + 1));
            let offset = file.get16(leaf, from);
            file.set16(leaf, to, offset);
            Some(altered().verify(Rule::ItemOverlap, Place::slot(leaf, slot + 3)))
        }),
        case("a leaf has more entries than a page can", TREES, |file| {
            let leaf = file.leaves()?[2];
            file.set16(leaf, edit::ENTRIES, 0xfffe);
            Some(refused(Rule::Entries, page(leaf), "65534 entries"))
        }),
        case("a leaf has two entries more than it has", BTREES, |file| {
            // One whose items do not begin right behind its index.
            let leaf = file.leaves()?.into_iter().find(|leaf| {
                let end = file.index(file.entries(*leaf) + 2);
                usize::from(file.get16(*leaf, edit::AREA)) >= end
            })?;
            let entries = file.entries(leaf);
            file.set16(leaf, edit::ENTRIES, entries + 2);
            let offset = file.item(leaf, entries + 1);
            let found = format!("offset {offset}, 0 bytes");
            Some(
                refused(Rule::ItemBounds, Place::slot(leaf, entries + 1), found)
                    .verify(Rule::ItemBounds, Place::slot(leaf, entries)),
            )
        }),
        case("a leaf has an odd number of entries", BTREES, |file| {
            let leaf = file.leaves()?[2];
            let entries = file.entries(leaf) - 1;
            file.set16(leaf, edit::ENTRIES, entries);
            let found = format!("{entries} entries");
            Some(refused(Rule::OddEntries, page(leaf), found))
        }),
        case(
            "an internal page has more entries than a page can",
            TREES,
            |file| {
                let internal = file.inner()?;
                file.set16(internal, edit::ENTRIES, 0xffff);
                Some(refused(Rule::Entries, page(internal), "65535 entries"))
            },
        ),
        case(
            "a bucket page has more entries than a page can",
            HASHES,
            |file| {
                let row = file.bucket()?;
                file.set16(row[1], edit::ENTRIES, 0xfffe);
                Some(refused(Rule::Entries, page(row[1]), "65534 entries"))
            },
        ),
        case(
            "a bucket page has an odd number of entries",
            HASHES,
            |file| {
                let row = file.bucket()?;
                let entries = file.entries(row[1]) - 1;
                file.set16(row[1], edit::ENTRIES, entries);
                let found = format!("{entries} entries");
                Some(refused(Rule::OddEntries, page(row[1]), found))
            },
        ),
        case("an item of a bucket begins past the page", HASHES, |file| {
            let row = file.bucket()?;
            let at = file.index(0);
            file.set16(row[1], at, 0xfff0);
            let found = "offset 65520, 0 bytes";
            Some(refused(Rule::ItemBounds, Place::slot(row[1], 0), found))
        }),
        case(
            "an item of a bucket begins behind the one before it",
            HASHES,
            |file| {
                let row = file.bucket()?;
                let (first, second) = (file.index(0), file.index(1));
                let offset = file.get16(row[1], first);
                file.set16(row[1], second, offset + 1);
                let found = format!("offset {}, 0 bytes", offset + 1);
                Some(refused(Rule::ItemBounds, Place::slot(row[1], 1), found))
            },
        ),
        case("an item has a type that there is not", BTREES, |file| {
            let (leaf, slot) = file.plain_pair()?;
            let item = file.item(leaf, slot + 1);
            file.set8(leaf, item + 2, 9);
            Some(refused(
                Rule::ItemType,
                Place::slot(leaf, slot + 1),
                "type 0x09",
            ))
        }),
        case("the place of a key names duplicates", BTREES, |file| {
            let (leaf, slot) = file.plain_pair()?;
            let item = file.item(leaf, slot);
            file.set8(leaf, item + 2, 2);
            let found = "duplicates in the place of a key";
            Some(refused(Rule::ItemType, Place::slot(leaf, slot), found))
        }),
    ]
}

/// A page number that is past the end of every file here, and whose place in
/// bytes is that of page 5 where it is worked out in 32 bits.
const WRAPS: u32 = 0x0080_0005;

fn past_the_end() -> Vec<Case> {
    vec![
        case("a child past the end", TREES, |file| {
            let internal = file.inner()?;
            let child = file.child(internal, 1);
            let count = file.count();
            file.set32(internal, child, count);
            let found = format!("page {count} of {count}");
            Some(refused(
                Rule::PageBeyondEnd,
                Place::slot(internal, 1),
                found,
            ))
        }),
        case(
            "a child whose place in bytes exceeds 32 bits",
            TREES,
            |file| {
                let internal = file.inner()?;
                let child = file.child(internal, 1);
                file.set32(internal, child, WRAPS);
                let found = format!("page {WRAPS} of {}", file.count());
                Some(refused(
                    Rule::PageBeyondEnd,
                    Place::slot(internal, 1),
                    found,
                ))
            },
        ),
        case("a leaf's next page past the end", TREES, |file| {
            let row = file.leaves()?;
            file.set32(row[2], edit::NEXT, WRAPS);
            let found = format!(
                "the page says {} and {WRAPS}, the tree {} and {}",
                row[1], row[1], row[3]
            );
            Some(refused(Rule::LeafLink, page(row[2]), found).verify(Rule::LinkRange, page(row[2])))
        }),
        case(
            "the first page of an overflow chain past the end",
            LONG,
            |file| {
                let long = file.long_data()?;
                file.set32(long.page, long.item + 4, WRAPS);
                let found = format!("page {WRAPS} of {}", file.count());
                Some(refused(
                    Rule::PageBeyondEnd,
                    Place::slot(long.page, long.slot),
                    found,
                ))
            },
        ),
        case(
            "the next page of an overflow page past the end",
            LONG,
            |file| {
                let long = file.long_data()?;
                file.set32(long.chain[0], edit::NEXT, WRAPS);
                let found = format!("page {WRAPS} of {}", file.count());
                Some(
                    refused(Rule::PageBeyondEnd, page(long.chain[0]), found)
                        .verify(Rule::LinkRange, page(long.chain[0])),
                )
            },
        ),
        case("the root of duplicates past the end", DUPLICATES, |file| {
            let (at, slot, number) = file.off_page_duplicates()?;
            file.set32(at, number, WRAPS);
            let found = format!("page {WRAPS} of {}", file.count());
            Some(refused(Rule::PageBeyondEnd, Place::slot(at, slot), found))
        }),
        case(
            "the next page of a bucket page past the end",
            HASHES,
            |file| {
                let row = file.bucket()?;
                file.set32(row[0], edit::NEXT, WRAPS);
                let found = format!("page {WRAPS} of {}", file.count());
                Some(
                    refused(Rule::PageBeyondEnd, page(row[0]), found)
                        .verify(Rule::LinkRange, page(row[0])),
                )
            },
        ),
        case("the root of the file past the end", TREES, |file| {
            file.set32(0, meta::ROOT, WRAPS);
            Some(refused(Rule::Root, page(0), WRAPS.to_string()))
        }),
        case(
            "the root of a named database past the end",
            &[Base::Named],
            |file| {
                let at = *file.of_type(9).first()?;
                file.set32(at, meta::ROOT, WRAPS);
                let found = format!("page {WRAPS} of {}", file.count());
                Some(refused(Rule::PageBeyondEnd, page(at), found))
            },
        ),
    ]
}

fn lengths() -> Vec<Case> {
    vec![
        case(
            "an overflow chain shorter than its item says",
            LONG,
            |file| {
                let long = file.long_data()?;
                let len = file.get32(long.page, long.item + 8);
                file.set32(long.page, long.item + 8, len + 1);
                let found = format!("{len} of {} bytes", len + 1);
                Some(refused(
                    Rule::OverflowShort,
                    Place::slot(long.page, long.slot),
                    found,
                ))
            },
        ),
        case(
            "an overflow chain longer than its item says",
            LONG,
            |file| {
                let long = file.long_data()?;
                let len = file.get32(long.page, long.item + 8);
                file.set32(long.page, long.item + 8, len - 1);
                let found = format!("{len} bytes where {} are stated", len - 1);
                Some(refused(
                    Rule::OverflowLong,
                    Place::slot(long.page, long.slot),
                    found,
                ))
            },
        ),
        case("an overflow chain cut off in the middle", LONG, |file| {
            let long = file.long_data()?;
            file.set32(long.chain[0], edit::NEXT, 0);
            let len = file.get32(long.page, long.item + 8);
            let found = format!("{} of {len} bytes", file.get16(long.chain[0], edit::AREA));
            Some(refused(
                Rule::OverflowShort,
                Place::slot(long.page, long.slot),
                found,
            ))
        }),
        case("an overflow item of no bytes with a chain", LONG, |file| {
            let long = file.long_data()?;
            file.set32(long.page, long.item + 8, 0);
            let found = format!("page {} after all 0 bytes", long.chain[0]);
            Some(refused(
                Rule::OverflowLong,
                Place::slot(long.page, long.slot),
                found,
            ))
        }),
        case(
            "an overflow item of more bytes than the file",
            LONG,
            |file| {
                let long = file.long_data()?;
                file.set32(long.page, long.item + 8, 0xffff_fff0);
                let found = "4294967280 bytes";
                Some(refused(
                    Rule::OverflowLength,
                    Place::slot(long.page, long.slot),
                    found,
                ))
            },
        ),
        case("an overflow page of more bytes than a page", LONG, |file| {
            let long = file.long_data()?;
            file.set16(long.chain[0], edit::AREA, 0xffff);
            Some(refused(
                Rule::OverflowFill,
                page(long.chain[0]),
                "65535 bytes",
            ))
        }),
        case("an overflow page of no bytes", LONG, |file| {
            let long = file.long_data()?;
            file.set16(long.chain[1], edit::AREA, 0);
            Some(refused(Rule::OverflowFill, page(long.chain[1]), "0 bytes"))
        }),
        case("two items with one overflow chain", KEYED, |file| {
            let (data, key) = (file.long_data()?, file.long_key()?);
            let (first, len) = (
                file.get32(data.page, data.item + 4),
                file.get32(data.page, data.item + 8),
            );
            file.set32(key.page, key.item + 4, first);
            file.set32(key.page, key.item + 8, len);
            // Whichever of them is read later.
            let (later, at) = (key.page, key.slot).max((data.page, data.slot));
            Some(
                refused(
                    Rule::PageTwice,
                    Place::slot(later, at),
                    format!("page {first}"),
                )
                .verify(Rule::OverflowReferences, page(first))
                .may_mislead(),
            )
        }),
        case(
            "a duplicate in a bucket whose lengths differ",
            &[Base::HashDuplicates],
            |file| {
                let (at, slot, item) = file.set_on_page()?;
                let len = file.get16(at, item + 1);
                file.set16(at, item + 1 + 2 + usize::from(len), len + 1);
                let found = format!("{len} before, {} after", len + 1);
                Some(refused(Rule::DuplicateLength, Place::slot(at, slot), found))
            },
        ),
        case(
            "a duplicate in a bucket that leads past its item",
            &[Base::HashDuplicates],
            |file| {
                let (at, slot, item) = file.set_on_page()?;
                file.set16(at, item + 1, 0xffff);
                let found = "65535 before, and no room for it";
                Some(refused(Rule::DuplicateLength, Place::slot(at, slot), found))
            },
        ),
    ]
}

fn metadata() -> Vec<Case> {
    const ANY: &[Base] = &[
        Base::Btree,
        Base::Recno,
        Base::Hash,
        Base::Queue,
        Base::Named,
    ];
    vec![
        case("a page size of 0", ANY, |file| page_size(file, 0)),
        case("a page size of 256", ANY, |file| page_size(file, 256)),
        case("a page size of 513", ANY, |file| page_size(file, 513)),
        case("a page size of 131072", ANY, |file| {
            page_size(file, 131_072)
        }),
        case("a page size of 4294967295", ANY, |file| {
            page_size(file, u32::MAX)
        }),
        case("the magic number of nothing known", ANY, |file| {
            file.set32(0, meta::MAGIC, 0x0102_0304);
            let found = "it begins with";
            Some(refused(Rule::NotBerkeleyDb, Place::FILE, found))
        }),
        case("the magic number of a heap", ANY, |file| {
            file.set32(0, meta::MAGIC, 0x0007_4582);
            let version = file.get32(0, meta::VERSION);
            let found = format!("heap version {version}");
            Some(refused(Rule::KindNotRead, page(0), found))
        }),
        case("a version before all", ANY, |file| version(file, 0)),
        case("a version after all", ANY, |file| version(file, 11)),
        case("a version of 4294967295", ANY, |file| {
            version(file, u32::MAX)
        }),
        case("the mark of encryption", ANY, |file| {
            file.set8(0, meta::ENCRYPTION, 1);
            Some(refused(Rule::Encrypted, page(0), "algorithm 1"))
        }),
        case("a metadata page with the type of a leaf", ANY, |file| {
            file.set8(0, edit::TYPE, edit::LEAF);
            Some(refused(Rule::MetaType, page(0), "5"))
        })
        .without_checksums(),
        case("a metadata page with another number", ANY, |file| {
            file.set32(0, edit::NUMBER, 3);
            Some(refused(Rule::MetaNumber, page(0), "3"))
        }),
        case(
            "flags that no release knows",
            &[Base::Btree, Base::Hash, Base::Recno],
            |file| {
                let flags = file.get32(0, meta::FLAGS) | 0x0800_0000;
                file.set32(0, meta::FLAGS, flags);
                Some(refused(Rule::Flags, page(0), format!("{flags:#x}")))
            },
        ),
        case("the flag of partitions", ANY, |file| {
            let flags = file.get8(0, meta::META_FLAGS) | 2;
            file.set8(0, meta::META_FLAGS, flags);
            Some(refused(Rule::Partitioned, page(0), format!("{flags:#x}")))
        }),
        case(
            "the magic number alone in the other byte order",
            ANY,
            |file| {
                file.swap32(0, meta::MAGIC);
                let version = file.get32(0, meta::VERSION).swap_bytes();
                let _ = version;
                Some(refused(Rule::VersionNotRead, page(0), ""))
            },
        ),
        case("the page size alone in the other byte order", ANY, |file| {
            let size = file.get32(0, meta::PAGE_SIZE).swap_bytes();
            page_size(file, size)
        }),
        case(
            "half of the metadata page in the other byte order",
            &[Base::Btree],
            |file| {
                for at in (48..96).step_by(4) {
                    file.swap32(0, at);
                }
                Some(refused(Rule::Root, page(0), 0x0100_0000_u32.to_string()))
            },
        ),
        case(
            "a minimum of 0 keys a page",
            &[Base::Btree, Base::Sorted, Base::Named],
            |file| minkey(file, 0),
        ),
        case(
            "a minimum of 1 key a page",
            &[Base::Btree, Base::Sorted, Base::Named],
            |file| minkey(file, 1),
        ),
        case(
            "a minimum of 100000 keys a page",
            &[Base::Btree, Base::Sorted, Base::Named],
            |file| minkey(file, 100_000),
        ),
        case(
            "a minimum of 4294967295 keys a page",
            &[Base::Btree, Base::Sorted, Base::Named],
            |file| minkey(file, u32::MAX),
        ),
        case("a root of 0", TREES, |file| {
            file.set32(0, meta::ROOT, 0);
            Some(refused(Rule::Root, page(0), "0"))
        }),
        case("a root that is a leaf in the middle", TREES, |file| {
            let leaf = file.leaves()?[2];
            file.set32(0, meta::ROOT, leaf);
            Some(refused(Rule::Root, page(0), leaf.to_string()))
        }),
        case(
            "a root of a named database that is page 0",
            &[Base::Named],
            |file| {
                let at = *file.of_type(9).first()?;
                file.set32(at, meta::ROOT, 0);
                Some(
                    refused(Rule::PageTwice, page(at), "page 0")
                        .verify(Rule::PageBeyondEnd, page(at)),
                )
            },
        ),
        case(
            "a root of a named database that is its metadata page",
            &[Base::Named],
            |file| {
                let at = *file.of_type(9).first()?;
                file.set32(at, meta::ROOT, at);
                Some(refused(Rule::PageTwice, page(at), format!("page {at}")))
            },
        ),
        case(
            "a record length where records have none",
            &[Base::Btree, Base::Recno],
            |file| {
                file.set32(0, meta::RE_LEN, u32::MAX);
                Some(all(&[]).verify(Rule::RecordLength, page(0)))
            },
        ),
        case("a fixed record length of 0", &[Base::Recno], |file| {
            let flags = file.get32(0, meta::FLAGS);
            file.set32(0, meta::FLAGS, flags | 8);
            Some(all(&[]).verify(Rule::RecordLength, page(0)))
        }),
        case(
            "a last page that the file has not",
            &[Base::Btree, Base::Recno],
            |file| {
                let last = file.count() + 3;
                file.set32(0, meta::LAST_PAGE, last);
                Some(all(&[Rule::LastPage]).verify(Rule::LastPage, page(0)))
            },
        ),
    ]
}

fn page_size(file: &mut Edited, size: u32) -> Option<Expected> {
    file.set32(0, meta::PAGE_SIZE, size);
    Some(refused(Rule::PageSize, page(0), size.to_string()))
}

fn version(file: &mut Edited, version: u32) -> Option<Expected> {
    file.set32(0, meta::VERSION, version);
    Some(refused(
        Rule::VersionNotRead,
        page(0),
        format!("version {version}"),
    ))
}

fn minkey(file: &mut Edited, keys: u32) -> Option<Expected> {
    let at = file.of_type(9).first().copied().unwrap_or_default();
    file.set32(at, meta::MINKEY, keys);
    Some(refused(Rule::MinKey, page(at), keys.to_string()))
}

fn hash_numbers() -> Vec<Case> {
    vec![
        case("a highest bucket past the mask", HASHES, |file| {
            let high = file.get32(0, meta::HIGH_MASK);
            file.set32(0, meta::MAX_BUCKET, high + 1);
            masks(file)
        }),
        case("a highest bucket of 4294967295", HASHES, |file| {
            file.set32(0, meta::MAX_BUCKET, u32::MAX);
            masks(file)
        }),
        case("a high mask that is no mask", HASHES, |file| {
            let high = file.get32(0, meta::HIGH_MASK);
            file.set32(0, meta::HIGH_MASK, high - 1);
            masks(file)
        }),
        case(
            "a low mask that is not half of the high one",
            HASHES,
            |file| {
                let high = file.get32(0, meta::HIGH_MASK);
                file.set32(0, meta::LOW_MASK, high);
                masks(file)
            },
        ),
        case("one bucket fewer", HASHES, |file| {
            let last = file.get32(0, meta::MAX_BUCKET);
            file.set32(0, meta::MAX_BUCKET, last - 1);
            let first = bucket_page(file, last);
            let found = format!("it is of a bucket and has {} entries", file.entries(first));
            Some(
                refused(Rule::Unreferenced, page(first), found)
                    .verify(Rule::SpareBucket, page(first)),
            )
        }),
        case("a doubling past the end", HASHES, |file| {
            file.set32(0, meta::SPARES + 4, WRAPS);
            let first = bucket_page_of_old(file, 1);
            let found = format!("it is of a bucket and has {} entries", file.entries(first));
            Some(refused(Rule::Unreferenced, page(first), found).verify(Rule::BucketPage, page(0)))
        }),
        case("a doubling on the pages of another", HASHES, |file| {
            let first = file.get32(0, meta::SPARES);
            file.set32(0, meta::SPARES + 4, first - 1);
            Some(refused(Rule::PageTwice, page(0), format!("page {first}")))
        }),
        case("a bucket on the metadata page", HASHES, |file| {
            file.set32(0, meta::SPARES, 0);
            Some(refused(Rule::BucketPage, page(0), "bucket 0"))
        }),
        case(
            "the only page of a bucket is all zeros",
            &[Base::Wide],
            |file| {
                let alone = file.of_type(edit::BUCKET).into_iter().find(|page| {
                    file.entries(*page) > 0
                        && file.get32(*page, edit::PREV) == 0
                        && file.get32(*page, edit::NEXT) == 0
                        && (0..file.entries(*page))
                            .all(|slot| matches!(file.get8(*page, file.item(*page, slot)), 1 | 2))
                })?;
                file.zero(alone);
                Some(fewer(&[Rule::BucketsMissing]))
            },
        ),
        case("an absurd number of elements", HASHES, |file| {
            file.set32(0, meta::ELEMENTS, u32::MAX);
            Some(all(&[]).verify(Rule::HashFields, page(0)))
        }),
        case("an absurd fill factor", HASHES, |file| {
            file.set32(0, meta::FFACTOR, u32::MAX);
            Some(all(&[]))
        }),
    ]
}

/// Where a bucket's first page is.
fn bucket_page(file: &Edited, bucket: u32) -> u32 {
    let doubling = if bucket == 0 { 0 } else { bucket.ilog2() + 1 };
    bucket + file.get32(0, meta::SPARES + 4 * doubling as usize)
}

/// The first page of bucket 1 where the doubling's own number is gone: our
/// builders put the buckets side by side.
fn bucket_page_of_old(file: &Edited, bucket: u32) -> u32 {
    bucket + file.get32(0, meta::SPARES)
}

fn masks(file: &Edited) -> Option<Expected> {
    let found = format!(
        "highest bucket {}, masks {:#x} and {:#x}",
        file.get32(0, meta::MAX_BUCKET),
        file.get32(0, meta::HIGH_MASK),
        file.get32(0, meta::LOW_MASK)
    );
    Some(refused(Rule::HashMasks, page(0), found))
}

fn queue_numbers() -> Vec<Case> {
    const QUEUE: &[Base] = &[Base::Queue];
    vec![
        case("no records a page", QUEUE, |file| {
            queue(file, meta::REC_PAGE, 0)
        }),
        case("one record a page more than fits", QUEUE, |file| {
            let records = file.get32(0, meta::REC_PAGE);
            queue(file, meta::REC_PAGE, records + 1)
        }),
        case("4294967295 records a page", QUEUE, |file| {
            queue(file, meta::REC_PAGE, u32::MAX)
        }),
        case("records of no bytes", QUEUE, |file| {
            queue(file, meta::QUEUE_RE_LEN, 0)
        }),
        case("records longer than a page", QUEUE, |file| {
            queue(file, meta::QUEUE_RE_LEN, 600)
        }),
        case("records of 4294967295 bytes", QUEUE, |file| {
            queue(file, meta::QUEUE_RE_LEN, u32::MAX)
        }),
        case("a first record past the last page", QUEUE, |file| {
            file.set32(0, meta::FIRST, 1_000_000);
            file.set32(0, meta::NEXT, 1_000_010);
            Some(fewer(&[Rule::QueuePagesMissing]))
        }),
        case("a next record past the last page", QUEUE, |file| {
            file.set32(0, meta::NEXT, 1_000_000);
            Some(all(&[Rule::QueuePagesMissing]))
        }),
        case("a next record of 0", QUEUE, |file| {
            file.set32(0, meta::NEXT, 0);
            Some(all(&[]).verify(Rule::QueueFields, page(0)))
        }),
    ]
}

fn queue(file: &mut Edited, field: usize, value: u32) -> Option<Expected> {
    file.set32(0, field, value);
    let found = format!(
        "{} records of {} bytes a page",
        file.get32(0, meta::REC_PAGE),
        file.get32(0, meta::QUEUE_RE_LEN)
    );
    Some(refused(Rule::QueueFields, page(0), found))
}

fn directories() -> Vec<Case> {
    const NAMED: &[Base] = &[Base::Named];
    vec![
        case("a name that leads to the directory itself", NAMED, |file| {
            entry(file, 0)
        }),
        case(
            "a name that leads to a page without metadata",
            NAMED,
            |file| {
                let leaf = file.leaves()?[2];
                entry(file, leaf)
            },
        ),
        case("a name that leads past the end", NAMED, |file| {
            entry(file, WRAPS)
        }),
        case("two names that lead to one database", NAMED, |file| {
            let first = file.bytes[directory(file, 1)..][..4].to_vec();
            let at = directory(file, 3);
            file.bytes[at..at + 4].copy_from_slice(&first);
            let metadata = u32::from_be_bytes(first.try_into().unwrap());
            Some(refused(
                Rule::PageTwice,
                Place::slot(1, 3),
                format!("page {metadata}"),
            ))
        }),
        case("a name with a page number of three bytes", NAMED, |file| {
            let item = file.item(1, 1);
            file.set16(1, item, 3);
            let at = directory(file, 1);
            let found = format!("first: {:02x?}", &file.bytes[at..at + 3]);
            Some(refused(Rule::DirectoryEntry, Place::slot(1, 1), found).may_mislead())
        }),
    ]
}

/// Where in the file the page number of a directory's entry stands.
fn directory(file: &Edited, slot: u16) -> usize {
    file.page_size() + file.item(1, slot) + 3
}

fn entry(file: &mut Edited, number: u32) -> Option<Expected> {
    let at = directory(file, 1);
    file.bytes[at..at + 4].copy_from_slice(&number.to_be_bytes());
    let found = format!("first: {:02x?}", number.to_be_bytes());
    Some(refused(Rule::DirectoryEntry, Place::slot(1, 1), found).may_mislead())
}

fn free_lists() -> Vec<Case> {
    const ANY: &[Base] = &[Base::Btree, Base::Recno, Base::Hash];
    vec![
        case("a free page leads to itself", ANY, |file| {
            let free = file.add_free_pages(3);
            file.set32(free[1], edit::NEXT, free[1]);
            Some(all(&[Rule::FreeList]).verify(Rule::LinkRange, page(free[1])))
        }),
        case("the free list leads in a circle", ANY, |file| {
            let free = file.add_free_pages(3);
            file.set32(free[2], edit::NEXT, free[0]);
            Some(all(&[Rule::FreeList]).verify(Rule::FreeList, page(free[2])))
        }),
        case("the free list leads past the end", ANY, |file| {
            file.set32(0, meta::FREE, WRAPS);
            Some(all(&[Rule::FreeList]).verify(Rule::FreeList, page(0)))
        }),
        case("the free list leads to a page in use", ANY, |file| {
            let used = file.long_data()?.chain[0];
            file.set32(0, meta::FREE, used);
            Some(all(&[Rule::FreeList]).verify(Rule::FreeList, page(0)))
        }),
        case("the free list leads to the metadata page", ANY, |file| {
            let free = file.add_free_pages(3);
            file.set32(free[2], edit::NEXT, 0);
            file.set32(free[1], edit::NEXT, 0);
            Some(all(&[Rule::Unreferenced]).verify(Rule::Unreferenced, page(free[2])))
        }),
    ]
}

fn checksums() -> Vec<Case> {
    vec![
        case(
            "metadata page",
            &[Base::Btree, Base::Hash, Base::Queue, Base::Named],
            |file| {
                let stored = file.get32(0, meta::CHECKSUM);
                file.set32(0, meta::CHECKSUM, stored ^ 1);
                let found = format!("stored {:08x}, computed {stored:08x}", stored ^ 1);
                Some(refused(Rule::Checksum, page(0), found))
            },
        )
        .with_checksums(),
        case("leaf", TREES, |file| {
            let leaf = file.leaves()?[2];
            wrong_checksum(file, leaf)
        })
        .with_checksums(),
        case("internal page", TREES, |file| {
            let internal = file.inner()?;
            wrong_checksum(file, internal)
        })
        .with_checksums(),
        case("overflow page", LONG, |file| {
            let chain = file.long_data()?.chain;
            wrong_checksum(file, chain[1])
        })
        .with_checksums(),
        case("page of a bucket", HASHES, |file| {
            let row = file.bucket()?;
            wrong_checksum(file, row[1])
        })
        .with_checksums(),
        case("page of a queue", &[Base::Queue], |file| {
            wrong_checksum(file, 2)
        })
        .with_checksums(),
    ]
}

fn wrong_checksum(file: &mut Edited, at: u32) -> Option<Expected> {
    let stored = file.get32(at, edit::CHECKSUM);
    file.set32(at, edit::CHECKSUM, stored ^ 1);
    let found = format!("stored {:08x}, computed {stored:08x}", stored ^ 1);
    Some(refused(Rule::Checksum, page(at), found))
}

fn orders() -> Vec<Case> {
    vec![
        case("two keys of a leaf in the wrong order", BTREES, |file| {
            let (leaf, slot) = file.plain_pair()?;
            let (one, other) = (file.index(slot), file.index(slot + 2));
            let (first, second) = (file.get16(leaf, one), file.get16(leaf, other));
            file.set16(leaf, one, second);
            file.set16(leaf, other, first);
            Some(altered().verify(Rule::KeyOrder, Place::slot(leaf, slot + 2)))
        }),
        case("a key outside the bounds of its page", BTREES, |file| {
            let (leaf, slot) = file.plain_pair()?;
            let last = file.entries(leaf) - 2;
            let _ = slot;
            let item = file.item(leaf, last);
            file.set8(leaf, item + 3, b'z');
            Some(altered().verify(Rule::KeyBounds, Place::slot(leaf, last)))
        }),
        case(
            "a wrong number of records below an entry",
            &[Base::Recno, Base::Counted],
            |file| {
                let internal = file.inner()?;
                let child = file.child(internal, 0);
                let records = file.get32(internal, child + 4);
                file.set32(internal, child + 4, records + 7);
                Some(all(&[]).verify(Rule::RecordCount, Place::slot(internal, 0)))
            },
        ),
        case(
            "a wrong number of records on the root",
            &[Base::Recno, Base::Counted],
            |file| {
                let records = file.get32(1, edit::PREV);
                file.set32(1, edit::PREV, records + 7);
                Some(all(&[]).verify(Rule::RecordCount, page(1)))
            },
        ),
        case("an item marked deleted", BTREES, |file| {
            let (leaf, slot) = file.plain_pair()?;
            let item = file.item(leaf, slot + 1);
            let kind = file.get8(leaf, item + 2);
            file.set8(leaf, item + 2, kind | 0x80);
            Some(deleted(1).verify(Rule::Deleted, Place::slot(leaf, slot + 1)))
        }),
        case("all items of a leaf marked deleted", BTREES, |file| {
            let (leaf, _) = file.plain_pair()?;
            let entries = file.entries(leaf);
            let mut marked = 0;
            for slot in (1..entries).step_by(2) {
                let item = file.item(leaf, slot);
                if file.get8(leaf, item + 2) == 1 {
                    file.set8(leaf, item + 2, 0x81);
                    marked += 1;
                }
            }
            Some(deleted(marked).verify(Rule::Deleted, Place::slot(leaf, 1)))
        }),
    ]
}
