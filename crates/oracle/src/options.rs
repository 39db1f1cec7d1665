//! What can be chosen when a database is made or opened.

/// An access method.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Method {
    /// Sorted tree.
    #[default]
    Btree,
    /// Extended linear hashing.
    Hash,
    /// Record numbers over a tree.
    Recno,
    /// Fixed-length records by number.
    Queue,
}

/// The byte order of a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ByteOrder {
    /// That of this machine.
    #[default]
    Native,
    /// Least significant byte first, as on x86.
    Little,
    /// Most significant byte first, as on SPARC.
    Big,
}

/// Whether a key may have several data items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Duplicates {
    /// One data item a key.
    #[default]
    None,
    /// Duplicates stay in the order they were put (`DB_DUP`).
    Unsorted,
    /// Duplicates are sorted (`DB_DUPSORT`).
    Sorted,
}

/// The order of the keys of a btree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The library's own: unsigned bytes, a prefix first.
    #[default]
    Bytewise,
    /// The opposite of [`Order::Bytewise`], through a comparator. The file does
    /// not say so: it must be named again at every open.
    Reversed,
}

/// The function that spreads the keys of a hash database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HashFunction {
    /// The library's own (FNV-1).
    #[default]
    Default,
    /// `h = 33 * h + byte`. It must be named again at every open.
    Times33,
}

/// How to make or open a database.
///
/// An open takes from the file all that the file says; it uses `order`,
/// `hash_function`, `name` and `cache_bytes` only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DatabaseOptions {
    /// Access method.
    pub method: Method,
    /// Page size in bytes; the file system's block size when `None`.
    pub page_size: Option<u32>,
    /// Byte order of the file.
    pub byte_order: ByteOrder,
    /// Duplicate data items.
    pub duplicates: Duplicates,
    /// Keep record counts in a btree (`DB_RECNUM`).
    pub record_numbers: bool,
    /// Renumber the records of a recno database after each that is deleted
    /// (`DB_RENUMBER`).
    pub renumber: bool,
    /// Checksum every page (`DB_CHKSUM`).
    pub checksums: bool,
    /// Fixed record length, for recno and queue.
    pub record_length: Option<u32>,
    /// Key order of a btree: other than the default it excludes a hash
    /// function.
    pub order: Order,
    /// Hash function of a hash database.
    pub hash_function: HashFunction,
    /// Name of the sub-database; the file's only database when `None`.
    pub name: Option<String>,
    /// Cache of a lone file. Inside an environment the environment's is used.
    pub cache_bytes: Option<u32>,
}
