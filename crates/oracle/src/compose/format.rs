//! What old libraries wrote in other ways than the linked one: versions of the
//! format, and natures of their own.

/// The version of the format that files are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Format {
    /// That of the linked library: btree 9, hash 9.
    #[default]
    Current,
    /// That of 4.1 to 4.5: btree 9, hash 8.
    V4,
    /// That of 3.3 and 4.0: btree 8, hash 7.
    V3_3,
    /// That of 3.1 and 3.2: the same, and the metadata page does not keep the
    /// last page.
    V3_2,
    /// That of 2.x: btree 6. Hash files and named databases cannot be composed
    /// so, and sets of duplicates are small.
    V2,
}

impl Format {
    /// The version on the metadata page of a btree.
    pub(super) const fn btree(self) -> u32 {
        match self {
            Self::Current | Self::V4 => 9,
            Self::V3_3 | Self::V3_2 => 8,
            Self::V2 => 6,
        }
    }

    /// The version on the metadata page of a hash file.
    pub(super) const fn hash(self) -> u32 {
        match self {
            Self::Current => 9,
            Self::V4 => 8,
            Self::V3_3 | Self::V3_2 => 7,
            Self::V2 => 5,
        }
    }

    pub(super) const fn keeps_last_page(self) -> bool {
        !matches!(self, Self::V3_2 | Self::V2)
    }
}

/// A way in which an old library wrote files, put into finished files byte by
/// byte. An order of keys and a hash function of the application's own are no
/// such things: the linked library writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Nature {
    /// The metadata page does not keep the last page.
    NoLastPage,
    /// The last page that the metadata page keeps is one too high, as
    /// `db_upgrade` of 5.3 leaves it.
    LastPageTooHigh,
    /// The page numbers in the directory of named databases are little-endian.
    DirectoryOrder,
    /// The type bytes of items are laid out as bit fields, the deleted mark
    /// lowest.
    BitFields,
    /// The length of each key with an even number of data on its page is in the
    /// other byte order.
    KeyLengths,
    /// The checksums of all pages are wrong. Files get checksums by this.
    Checksums,
}

impl Nature {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::NoLastPage,
        Self::LastPageTooHigh,
        Self::DirectoryOrder,
        Self::BitFields,
        Self::KeyLengths,
        Self::Checksums,
    ];

    /// The name by which it is asked for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoLastPage => "no-last-page",
            Self::LastPageTooHigh => "last-page-too-high",
            Self::DirectoryOrder => "directory-order",
            Self::BitFields => "bit-fields",
            Self::KeyLengths => "key-lengths",
            Self::Checksums => "checksums",
        }
    }
}
