//! What old libraries wrote in a way of their own: the candidates for what
//! makes stores of old Solaris x86 servers unreadable for newer libraries.
//! `docs/solaris-x86.md` tells the administrator about them.

use std::fmt;

use bdbfile::Rule;

use crate::fact::Fact;
use crate::provenance::Provenance;

/// A nature of a database file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Nature {
    /// The metadata page does not keep the last page.
    NoLastPage,
    /// Page numbers in the directory of named databases are little-endian.
    DirectoryOrder,
    /// Type bytes are laid out as bit fields.
    BitFields,
    /// Lengths of keys are in the other byte order.
    KeyLengths,
    /// The hash function is not the default.
    HashFunction,
    /// Keys are not in bytewise order.
    KeyOrder,
    /// Checksums are wrong on every page.
    Checksums,
}

impl Nature {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::NoLastPage,
        Self::DirectoryOrder,
        Self::BitFields,
        Self::KeyLengths,
        Self::HashFunction,
        Self::KeyOrder,
        Self::Checksums,
    ];

    /// What is known of each, in the order of [`ALL`](Self::ALL).
    pub const FACTS: &'static [Fact] = &[
        Fact {
            id: "nature.no-last-page",
            text: "the metadata page keeps no last page: the size of the file is taken. Berkeley DB 4.7, and 5.0 and later, take such a file for an empty one, and dumping a hash file with them destroys it",
            provenance: Provenance::Documented(
                "seen in files of 3.1 and 3.2, and in what the later tools do with them",
            ),
        },
        Fact {
            id: "nature.directory-order",
            text: "page numbers in a directory of named databases are little-endian: the order that leads to a metadata page is right",
            provenance: Provenance::Documented(
                "seen in files of 3.0 on x86, and of a library built with the byte order of SPARC",
            ),
        },
        Fact {
            id: "nature.bit-fields",
            text: "type bytes are laid out as bit fields, the deleted mark in the lowest bit: one key of a type that only this layout has decides",
            provenance: Provenance::Inferred(
                "Berkeley DB's change log of 2.3.5 says that Sun's compiler laid them out unlike gcc; no such file was found, so ours are patched",
            ),
        },
        Fact {
            id: "nature.key-lengths",
            text: "the length of a key with an even number of data is in the other byte order: the item that follows it decides",
            provenance: Provenance::Documented("seen in files of 2.7.7 in foreign byte order"),
        },
        Fact {
            id: "nature.hash-function",
            text: "the hash function is an application's own: records are read bucket by bucket, which needs no function",
            provenance: Provenance::Documented(
                "the metadata page keeps the function's value for a fixed text (seen)",
            ),
        },
        Fact {
            id: "nature.key-order",
            text: "keys stand in an order that is not bytewise: the order found is kept",
            provenance: Provenance::Documented(
                "Berkeley DB's interface lets an application compare keys its own way; the file does not say so, the keys do",
            ),
        },
        Fact {
            id: "nature.checksums",
            text: "checksums are wrong on every page: they are not looked at",
            provenance: Provenance::Documented("seen in files of 4.1.25 in foreign byte order"),
        },
    ];

    /// The nature that a finding of the reader stands for.
    pub const fn of_rule(rule: Rule) -> Option<Self> {
        match rule {
            Rule::DirectoryOrder => Some(Self::DirectoryOrder),
            Rule::BitFields => Some(Self::BitFields),
            Rule::KeyLengthOrder => Some(Self::KeyLengths),
            Rule::HashFunction => Some(Self::HashFunction),
            Rule::ChecksumsAllWrong => Some(Self::Checksums),
            _ => None,
        }
    }

    /// The name in reports for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoLastPage => "no-last-page",
            Self::DirectoryOrder => "directory-order",
            Self::BitFields => "bit-fields",
            Self::KeyLengths => "key-lengths",
            Self::HashFunction => "hash-function",
            Self::KeyOrder => "key-order",
            Self::Checksums => "checksums",
        }
    }

    /// What is found and what is done about it, in one sentence.
    pub const fn text(self) -> &'static str {
        match self {
            Self::NoLastPage => {
                "the metadata page does not keep the last page, as 3.1 and 3.2 write it; read right. Never open it with Berkeley DB 4.7 or later, not even to dump it"
            }
            Self::DirectoryOrder => {
                "the directory of named databases is in the wrong byte order, as an x86 build of 3.0 or a misbuilt library writes it; read right"
            }
            Self::BitFields => {
                "type bytes are laid out as bit fields, as releases up to 2.3.4 write them on some machines; read right"
            }
            Self::KeyLengths => {
                "lengths of keys with several data are in the wrong byte order, as 2.x writes them in foreign byte order; read right"
            }
            Self::HashFunction => {
                "the hash function is not the default one; records are read without it"
            }
            Self::KeyOrder => {
                "the keys are not in bytewise order: the server compares them in its own way; the order found is kept"
            }
            Self::Checksums => {
                "the checksums of all pages are wrong, as 4.1.25 writes them in foreign byte order; they are not looked at"
            }
        }
    }
}

impl fmt::Display for Nature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::Nature;

    #[test]
    fn every_nature_has_its_fact() {
        assert_eq!(Nature::FACTS.len(), Nature::ALL.len());
        for (nature, fact) in Nature::ALL.into_iter().zip(Nature::FACTS) {
            assert_eq!(fact.id, format!("nature.{}", nature.name()));
        }
    }
}
