//! What a conversion did otherwise than a reader of its options might expect.

use std::fmt;

/// Something about a new database that its reader is to know. None of them
/// costs a record, unless it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Note {
    /// The keys of the source are not in bytewise order: the application
    /// compares them in its own way. They stand as they stood.
    OrderKept,
    /// The sorted duplicates of the source are not in bytewise order. They
    /// stand as they stood.
    DuplicateOrderKept,
    /// The hash function of the source is not known. Every key is in the
    /// bucket it was in.
    BucketsKept,
    /// The hash function of the source is not known, and the new database is
    /// no hash database with its buckets.
    HashFunctionLeft,
    /// The order within the pages of the source is not bytewise, and the new
    /// database is in bytewise order.
    OrderLost,
    /// The version of the format that is written has no checksums.
    ChecksumsLeftOut,
    /// A hash or recno database keeps no record numbers of a btree.
    RecordNumbersLeftOut,
    /// The records of the queue were in extent files, and are in one file.
    ExtentsJoined,
    /// Pages of this size are not written; a larger one was taken.
    PageSizeChanged {
        /// The page size of the source.
        from: u32,
        /// That of the new file.
        to: u32,
    },
    /// Records of a key that has one record only: one of them is kept.
    Repeated {
        /// How many were left out.
        records: u64,
    },
    /// Keys have several records in a database that said they have one: it
    /// allows duplicates now.
    DuplicatesAllowed,
    /// Records whose numbers are lost, or were given twice, follow the last
    /// number that is known.
    Renumbered {
        /// How many they are.
        records: u64,
    },
    /// No record has the length that the metadata state for all of them; the
    /// new database has that of the longest.
    RecordLengthFound {
        /// The length that is stated, in bytes.
        stated: u32,
        /// That of the longest record.
        found: u32,
    },
    /// All records had one length, and neither the metadata nor any record say
    /// which: records of the new database may have any.
    RecordLengthLost,
    /// The metadata of the database are lost, and it was made as what its
    /// pages look like.
    Guessed,
    /// Which records belong to which of several databases is not known.
    Mingled,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OrderKept => f.write_str(
                "the keys are not in bytewise order: the order found is kept",
            ),
            Self::DuplicateOrderKept => f.write_str(
                "the sorted duplicates are not in bytewise order: the order found is kept",
            ),
            Self::BucketsKept => f.write_str(
                "the hash function is not the default one: every key is in the bucket it was in",
            ),
            Self::HashFunctionLeft => f.write_str(
                "the hash function is not the default one: the new database does not use it",
            ),
            Self::OrderLost => f.write_str(
                "the keys were not in bytewise order, and now are: an application that compares them in its own way has to load them again",
            ),
            Self::ChecksumsLeftOut => {
                f.write_str("checksums are left out: this version of the format has none")
            }
            Self::RecordNumbersLeftOut => {
                f.write_str("the counts of record numbers are left out: only a btree has them")
            }
            Self::ExtentsJoined => f.write_str(
                "the records lay in extent files, and are all in the one file now",
            ),
            Self::PageSizeChanged { from, to } => {
                write!(f, "pages of {from} bytes are not written: they have {to}")
            }
            Self::Repeated { records } => write!(
                f,
                "{records} records are left out: another has their key"
            ),
            Self::DuplicatesAllowed => f.write_str(
                "keys have several records, so the database allows duplicates now",
            ),
            Self::Renumbered { records } => write!(
                f,
                "{records} records whose numbers are lost or were there twice follow the last number"
            ),
            Self::RecordLengthFound { stated, found } => write!(
                f,
                "the metadata state records of {stated} bytes, the longest has {found}: that is the length now"
            ),
            Self::RecordLengthLost => f.write_str(
                "the length of all records is not known, and none is there to tell: records may have any length now",
            ),
            Self::Guessed => {
                f.write_str("the metadata are lost: the database is what its pages look like")
            }
            Self::Mingled => f.write_str(
                "which records are whose of the several databases is not known: those with keys are one database, those with numbers another",
            ),
        }
    }
}
