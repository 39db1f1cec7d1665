//! Every on-disk structure once, in the order `docs/format.md` draws them.
//!
//! Offsets are named sums: each constant is the one before it plus that field's
//! size. Byte order is applied in `endian` and nowhere else.

mod checksum;
mod endian;
mod hash_item;
mod item;
mod log;
mod lsn;
mod meta;
mod page;
mod region;
mod turn;

pub use checksum::{log_hash, page_checksum};
pub use endian::Endian;
pub use hash_item::{
    DuplicateSet, HASH_CHAIN_ITEM, HASH_DUPLICATE_LENGTHS, HASH_ITEM_HEADER, HASH_REFERENCE,
    HASH_TREE_ITEM, HashItem, SortedKey, hash_item, put_hash_chain, put_hash_duplicates,
    put_hash_inline, put_hash_tree,
};
pub(crate) use hash_item::{HASH_DUPLICATES, HASH_PLAIN};
pub use item::{
    BadItem, INTERNAL_CHILD, INTERNAL_HEADER, InternalItem, Item, ItemKind, LEAF_ITEM_HEADER,
    LeafItem, OFF_PAGE_ITEM, OFF_PAGE_PGNO, RECNO_CHILD, RECNO_INTERNAL_ITEM, align4,
    encode_deleted, encode_internal, encode_leaf_inline, encode_off_page, encode_recno_internal,
    internal_child, internal_item, internal_item_len, leaf_item, leaf_item_len, recno_child,
    recno_item,
};
pub(crate) use item::{DELETED, INTERNAL_RECORDS, ITEM_TYPE, KIND_INLINE, RECNO_RECORDS};
pub(crate) use log::FieldName;
pub use log::{
    BadLogRecord, LOG_FILE_HEADER, LOG_RECORD_HEADER, LOG_RECORD_PREFIX, LogBody, LogLayout, LogOp,
    LogRecord, LogRecordHeader, LogRecordKind, LogRecordType, LogValue,
};
pub use lsn::Lsn;
pub use meta::{
    BtreeFields, BtreeFlags, HashFields, HashFlags, Kind, META_USED, Meta, MetaFlags, Method,
    Preamble, QUEUE_RECORD_SET, QUEUE_RECORD_VALID, QueueFields, default_charkey, default_hash,
    queue_number,
};
pub use page::{INDEX_ENTRY, LARGEST_HEADER, PageHeader, PageLayout, PageType, PageView};
pub use region::{REGION_HEAD, RegionHead};
pub(crate) use turn::{
    has_key_in_chain, turn, turn_internal_item, turn_key_length, turn_recno_item,
};

/// The number of a page in its file, from 0. Page `n` stands at byte
/// `n * page size`.
pub type PageNo = u32;

/// No page: the end of a chain, an empty list.
pub const NO_PAGE: PageNo = 0;

/// The root of the first or only database of a file (seen: every btree file of
/// 3.2.9 to 5.3; libdb's verify insists).
pub const FIRST_ROOT: PageNo = 1;

/// The smallest page size (documented: Berkeley DB reference guide).
pub const MIN_PAGE_SIZE: u32 = 512;
/// The largest page size (documented: Berkeley DB reference guide).
pub const MAX_PAGE_SIZE: u32 = 65536;
