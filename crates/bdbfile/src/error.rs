//! One error type, split by who is to blame: the system, the file, the caller,
//! or a budget.

use std::fmt;
use std::io;

use crate::layout::PageNo;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, by whose fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system failed to do what it was asked.
    #[error("{file}: cannot {action}: {source}")]
    Io {
        /// The file the call was about.
        file: String,
        /// What was being done, as a verb phrase: "read 4096 bytes at 8192".
        action: String,
        /// What the system said.
        source: io::Error,
    },
    /// The file breaks a rule of the format, or uses a part of it that this
    /// crate refuses.
    #[error(transparent)]
    Format(Box<FormatError>),
    /// The caller asked for something that cannot be.
    #[error("{0}")]
    Parameter(String),
    /// A record was fed out of bytewise order to a builder that keeps it.
    #[error("{file}: record {record} does not follow the one before it in bytewise order")]
    Order {
        /// The file being built.
        file: String,
        /// The number of the record, from 0, in the piece it was fed to.
        record: u64,
    },
    /// Another part of the file being built was given up, which ends this one.
    #[error("{file}: given up, because another part of the file could not be built")]
    GivenUp {
        /// The file being built.
        file: String,
    },
    /// A budget was used up. No valid file meets one.
    #[error("{file}: {what} exceeds the limit of {limit}")]
    Limit {
        /// The file being worked on.
        file: String,
        /// What was counted.
        what: &'static str,
        /// The most there may be.
        limit: u64,
    },
}

impl Error {
    /// The rule that the file broke, when the file is to blame.
    pub fn rule(&self) -> Option<Rule> {
        match self {
            Self::Format(error) => Some(error.rule),
            _ => None,
        }
    }

    /// The file it is about; `None` where the caller is to blame.
    pub fn file(&self) -> Option<&str> {
        match self {
            Self::Io { file, .. }
            | Self::Order { file, .. }
            | Self::GivenUp { file }
            | Self::Limit { file, .. } => Some(file),
            Self::Format(error) => Some(&error.file),
            Self::Parameter(_) => None,
        }
    }
}

/// A place in a file: the file alone, a page of it, or a slot of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The page, when one page is meant.
    pub page: Option<PageNo>,
    /// The index of the slot on that page, from 0, when one item is meant.
    pub slot: Option<u16>,
}

impl Place {
    /// The file as a whole.
    pub const FILE: Self = Self {
        page: None,
        slot: None,
    };

    /// A page.
    pub const fn page(page: PageNo) -> Self {
        Self {
            page: Some(page),
            slot: None,
        }
    }

    /// A slot of a page.
    pub const fn slot(page: PageNo, slot: u16) -> Self {
        Self {
            page: Some(page),
            slot: Some(slot),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(page) = self.page {
            write!(f, "page {page}")?;
            if let Some(slot) = self.slot {
                write!(f, " slot {slot}")?;
            }
            Ok(())
        } else {
            f.write_str("the file")
        }
    }
}

/// A file broke a rule: which file, where, which rule, and the value found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormatError {
    /// The file.
    pub file: String,
    /// The place in it.
    pub place: Place,
    /// The rule that is broken.
    pub rule: Rule,
    /// The value that breaks it, in words.
    pub found: String,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if self.place.page.is_some() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "{}", self.rule)?;
        if !self.found.is_empty() {
            write!(f, ": {}", self.found)?;
        }
        Ok(())
    }
}

impl std::error::Error for FormatError {}

impl From<FormatError> for Error {
    fn from(error: FormatError) -> Self {
        Self::Format(Box::new(error))
    }
}

/// Builds the error for a broken rule.
pub(crate) fn broken(file: &str, place: Place, rule: Rule, found: impl Into<String>) -> Error {
    FormatError {
        file: file.to_owned(),
        place,
        rule,
        found: found.into(),
    }
    .into()
}

/// Defines [`Rule`] with the sentence that each broken rule is reported by.
macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident => $text:literal,)*) => {
        /// The rules a file can break. Each is one check in the code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[$doc])* $name,)*
        }

        impl Rule {
            /// What is wrong when the rule is broken, in words.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

rules! {
    /// The file has no room for a metadata page.
    TooShort => "the file is too short to hold a metadata page",
    /// Offset 12 holds no Berkeley DB magic number in either byte order.
    NotBerkeleyDb => "this is not a Berkeley DB file",
    /// A heap file, or one left half renamed.
    KindNotRead => "this kind of database is not read",
    /// A version of the format that is not read.
    VersionNotRead => "this version of the format is not read",
    /// The page size is not a power of two from 512 to 65536.
    PageSize => "the page size is not a power of two from 512 to 65536",
    /// The metadata page does not say that it is one.
    MetaType => "the metadata page has the wrong page type",
    /// Page 0 does not say that it is page 0.
    MetaNumber => "the metadata page has the wrong page number",
    /// The file is encrypted.
    Encrypted => "the file is encrypted and cannot be read without its password",
    /// A flag that is not known.
    Flags => "the metadata page has flags that are not known",
    /// A name that the directory of named databases does not have.
    NoSuchName => "the file has no database of this name",
    /// An entry of the directory that leads to no metadata page.
    DirectoryEntry => "the directory entry of a named database leads to no metadata page",
    /// Page numbers in the directory are little-endian, not big-endian.
    DirectoryOrder => "the directory's page numbers are little-endian, as an x86 build of 3.0 or a library built with the wrong byte order writes them",
    /// A compressed btree (4.8 and later).
    Compressed => "compressed btrees are not read",
    /// A partitioned or sliced database (4.8 and later).
    Partitioned => "partitioned databases are not read",
    /// `minkey` below 2 or so big that no item fits.
    MinKey => "the minimum number of keys a page is out of range",
    /// The root of the tree is not page 1.
    Root => "the root of the tree is not page 1",
    /// The file's size is not a whole number of pages.
    FileSize => "the size of the file is not a whole number of pages",
    /// The metadata page's last page number is not the file's.
    LastPage => "the last page number in the metadata page is not that of the file",
    /// A page number points past the end of the file.
    PageBeyondEnd => "a page number points past the end of the file",
    /// A page's own number is not its position.
    PageNumber => "the page's own number is not its position in the file",
    /// A stored checksum is not that of the page.
    Checksum => "the page's checksum does not match its bytes",
    /// The page's type is not what its referrer needs.
    PageType => "the page has the wrong type for its place",
    /// A child is not exactly one level below its parent.
    Level => "the page has the wrong level for its place in the tree",
    /// An internal page with no entries.
    EmptyInternal => "an internal page has no entries",
    /// The index array runs past the page.
    Entries => "the page has more entries than it has room for",
    /// A leaf whose entries are not pairs.
    OddEntries => "the leaf's entries are not pairs of key and data",
    /// An item begins in the header or the index array, or ends past the page.
    ItemBounds => "the item lies outside the part of the page that items have",
    /// Large objects of 6.x and 18.1, which lie in files of their own.
    Blob => "large objects in files of their own are not read",
    /// An item's type byte is not known here.
    ItemType => "the item has a type that has no place here",
    /// A leaf's neighbours are not those of the tree walk.
    LeafLink => "the leaf's links to its neighbours are not those the tree gives",
    /// Two referrers for one page.
    PageTwice => "the page is referred to twice",
    /// An overflow chain is shorter than its item says.
    OverflowShort => "the overflow chain ends before the length its item states",
    /// An overflow chain is longer than its item says.
    OverflowLong => "the overflow chain goes on past the length its item states",
    /// An overflow item that is longer than the whole file.
    OverflowLength => "the overflow item states more bytes than the file has",
    /// An overflow page states more bytes than a page holds, or none.
    OverflowFill => "the overflow page states an impossible number of bytes",
    /// A duplicate of a set on a hash page does not fit, or its two lengths differ.
    DuplicateLength => "a duplicate in a set does not have the same length before and after it",
    /// Bucket numbers and masks of a hash database contradict each other.
    HashMasks => "the bucket numbers and masks of the hash database contradict each other",
    /// The first page of a bucket cannot be found.
    BucketPage => "the first page of a bucket cannot be found",
    /// Buckets without pages, or with pages of zeros, and fewer keys than stated.
    BucketsMissing => "fewer keys are found than the metadata page states, and buckets have no pages or pages of zeros; they count as empty",
    /// Numbers on a queue's metadata page that cannot be.
    QueueFields => "the record length or the records a page of the queue cannot be",
    /// Extent files of a queue of which there is none.
    QueueExtents => "the pages of the queue are in extent files beside it, and none of these is there",
    /// Pages that a queue's records should be on.
    QueuePagesMissing => "pages between the first and the last record of the queue are not there; they count as empty",
    /// A page of a queue with the type of an empty or a hash page.
    QueuePageType => "the page of the queue has the wrong type, as releases before 4.2 write it in foreign byte order",
    /// Checksums that are wrong on every page that was tried.
    ChecksumsAllWrong => "the checksums of all pages that were tried are wrong, as 4.1.25 writes them in foreign byte order; they are not looked at",
    /// Key lengths in the other byte order.
    KeyLengthOrder => "the lengths of keys with several duplicates are in the other byte order, as 2.x writes them in foreign byte order",
    /// Type bytes laid out as bit fields.
    BitFields => "type bytes are laid out as bit fields, as releases up to 2.3.4 write them on some machines",
    /// A hash function that is not the default.
    HashFunction => "the hash function is not the default one",
    /// The free list leads to a page that is not free, or in a circle.
    FreeList => "the free page list is damaged",
    /// A page that nothing refers to.
    Unreferenced => "nothing refers to the page",
    /// Flags of a database that exclude each other.
    FlagsClash => "the flags of the database contradict each other",
    /// A record length where records have none, or one that a record breaks.
    RecordLength => "the length of fixed records does not hold",
    /// A link to a neighbour that leads out of the file or to the page itself.
    LinkRange => "the page's link to a neighbour leads out of the file or to itself",
    /// A page of zeros where something was written.
    ZeroPage => "the whole page is zeros",
    /// An item that does not begin at a multiple of four.
    ItemAlignment => "the item does not begin at a multiple of four",
    /// Two items of a page lie over each other.
    ItemOverlap => "the item overlaps the one after it",
    /// Bytes of the item area that belong to no item.
    ItemGap => "there are bytes between items that belong to none",
    /// The header's start of the item area is not that of the lowest item.
    ItemArea => "the item area does not begin where the page header says",
    /// An item left with the mark of deletion.
    Deleted => "the item is marked deleted",
    /// A key that does not follow the one before it.
    KeyOrder => "the keys are not in bytewise order",
    /// A duplicate that does not follow the one before it.
    DuplicateOrder => "the sorted duplicates are not in bytewise order",
    /// A key outside what the entry above its page promises.
    KeyBounds => "the key lies outside the bounds that the entries above its page give",
    /// Several records of a key where each has one.
    UnexpectedDuplicates => "a key has several records in a database that has no duplicates",
    /// A number of records that is not that of the pages below.
    RecordCount => "the number of records is not that of the pages below",
    /// A page of an overflow chain that does not lead back to the one before.
    OverflowLink => "the overflow page does not lead back to the page before it",
    /// A chain with another number of references than items refer to it.
    OverflowReferences => "the overflow chain's count of references is not the number of items that refer to it",
    /// A page of a bucket that does not lead back to the one before.
    BucketLink => "the page of a bucket does not lead back to the page before it",
    /// A key on the pages of another bucket.
    BucketKey => "the key is not in the bucket that its hash value gives",
    /// A bucket that is not in use has records.
    SpareBucket => "a bucket that is not in use yet is not empty",
    /// Too many elements stated, or a table of doublings that leads nowhere.
    HashFields => "a number on the metadata page of the hash database cannot be",
    /// The mark before a queue's record.
    QueueRecord => "the mark of the queue's record is not known",
    /// A page that the system cannot read.
    Unreadable => "the page cannot be read",
    /// No page size and byte order under which pages are where they say.
    NoPages => "no page size and byte order make pages of the file's bytes",
    /// Page size, byte order or checksums are not what the metadata page says.
    Geometry => "the pages are not laid out as the metadata page states",
    /// A metadata page that says nothing usable.
    MetaLost => "the metadata page is damaged",
    /// Duplicates that an item names are not there.
    DuplicatesLost => "duplicates that the item names are not found",
    /// A log file breaks the format of logs.
    LogFormat => "the log file is damaged",
    /// A version of the log format that is not read.
    LogVersion => "this version of the log format is not read",
}
