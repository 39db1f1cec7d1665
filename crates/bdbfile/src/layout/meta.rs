//! Metadata pages: what stands on page 0 of a file.
//!
//! Offsets are those of btree version 8 and later; all facts here are seen in
//! files written by libdb 3.2.9 to 5.3 in both byte orders.

use super::{Endian, Lsn, PageNo};

// Generic header, in the order of the file.
const LSN: usize = 0;
const PGNO: usize = LSN + Lsn::SIZE;
const MAGIC: usize = PGNO + 4;
const VERSION: usize = MAGIC + 4;
const PAGE_SIZE: usize = VERSION + 4;
const ENCRYPTION: usize = PAGE_SIZE + 4;
const TYPE: usize = ENCRYPTION + 1;
const META_FLAGS: usize = TYPE + 1;
const UNUSED: usize = META_FLAGS + 1;
const FREE: usize = UNUSED + 1;
const LAST_PGNO: usize = FREE + 4;
const PARTITIONS: usize = LAST_PGNO + 4;
const KEY_COUNT: usize = PARTITIONS + 4;
const RECORD_COUNT: usize = KEY_COUNT + 4;
const FLAGS: usize = RECORD_COUNT + 4;
const UID: usize = FLAGS + 4;

// Btree and recno, after the generic header.
const MAXKEY: usize = UID + UID_SIZE;
const MINKEY: usize = MAXKEY + 4;
const RE_LEN: usize = MINKEY + 4;
const RE_PAD: usize = RE_LEN + 4;
const ROOT: usize = RE_PAD + 4;

// The tail that 4.1 added. The checksum stands 20 bytes before the end of the
// used part, after the IV.
const CRYPTO_MAGIC: usize = 460;
const TRASH: usize = CRYPTO_MAGIC + 4;
const IV: usize = TRASH + 12;
const CHECKSUM: usize = IV + 16;

/// Bytes of the unique file id.
const UID_SIZE: usize = 20;

/// The used part of a metadata page, in bytes: what its checksum covers.
pub const META_USED: usize = CHECKSUM + 20;

/// Magic number of btree and recno files.
const BTREE_MAGIC: u32 = 0x0005_3162;
/// Magic number of hash files.
const HASH_MAGIC: u32 = 0x0006_1561;
/// Magic number of queue files.
const QUEUE_MAGIC: u32 = 0x0004_2253;
/// Magic number of heap files (5.2 and later).
const HEAP_MAGIC: u32 = 0x0007_4582;
/// Left on page 0 of a file that 4.1 and later were renaming or removing.
const RENAME_MAGIC: u32 = 0x0003_0800;

/// What the first bytes of a file tell before anything else of it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preamble {
    /// The byte order in which the magic number makes sense.
    pub endian: Endian,
    /// The kind of database, by its magic number.
    pub kind: &'static str,
    /// Whether the kind is btree (recno files are btree files with a flag).
    pub is_btree: bool,
    /// The version of the format.
    pub version: u32,
    /// The page size as it stands there, unchecked.
    pub page_size: u32,
    /// The encryption algorithm, 0 for none and in files from before 4.1, where
    /// the byte is unused and may hold anything.
    pub encryption: u8,
}

impl Preamble {
    /// Bytes that must be there to read one.
    pub const SIZE: usize = TYPE + 1;

    /// Reads the preamble, or `None` when no byte order shows a known magic.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Endian::BOTH.into_iter().find_map(|endian| {
            // With each kind the first version that knows encryption.
            let (kind, encrypts) = match endian.u32(bytes, MAGIC)? {
                BTREE_MAGIC => ("btree", 9),
                HASH_MAGIC => ("hash", 8),
                QUEUE_MAGIC => ("queue", 4),
                HEAP_MAGIC => ("heap", 1),
                RENAME_MAGIC => ("file left half renamed or removed", u32::MAX),
                _ => return None,
            };
            let version = endian.u32(bytes, VERSION)?;
            let encryption = *bytes.get(ENCRYPTION)?;
            Some(Self {
                endian,
                kind,
                is_btree: kind == "btree",
                version,
                page_size: endian.u32(bytes, PAGE_SIZE)?,
                encryption: if version >= encrypts { encryption } else { 0 },
            })
        })
    }
}

/// Flags of a btree metadata page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BtreeFlags(pub u32);

impl BtreeFlags {
    /// Duplicates are allowed.
    pub const DUP: u32 = 0x01;
    /// A recno database.
    pub const RECNO: u32 = 0x02;
    /// Record numbers are kept.
    pub const RECNUM: u32 = 0x04;
    /// Recno: records have one length.
    pub const FIXED_LENGTH: u32 = 0x08;
    /// Recno: deletions renumber.
    pub const RENUMBER: u32 = 0x10;
    /// Page 0 is the directory of named databases.
    pub const SUBDB: u32 = 0x20;
    /// Duplicates are sorted.
    pub const DUPSORT: u32 = 0x40;
    /// Compressed (4.8 and later).
    pub const COMPRESS: u32 = 0x80;
    /// All flags that a version 8 or 9 file can carry.
    pub const KNOWN: u32 = 0xff;

    /// Whether a flag is set.
    pub const fn has(self, flag: u32) -> bool {
        self.0 & flag != 0
    }
}

/// The flags that 4.1 and later keep in one byte of every metadata page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct MetaFlags(pub u8);

impl MetaFlags {
    /// Pages carry checksums.
    pub const CHECKSUM: u8 = 0x01;
    /// Partitioned by range or callback (4.8+), or sliced (6.2+).
    pub const PARTITIONED: u8 = 0x02 | 0x04 | 0x08;

    /// Whether any bit of `flag` is set.
    pub const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// The metadata page of a btree, version 8 or 9.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BtreeMeta {
    /// Position in the log of the page's last change.
    pub lsn: Lsn,
    /// This page's number.
    pub pgno: PageNo,
    /// Version of the format.
    pub version: u32,
    /// Page size in bytes.
    pub page_size: u32,
    /// Page type, 9 for btree.
    pub page_type: u8,
    /// Flags of 4.1 and later; 0 in version 8, where the byte is unused.
    pub meta_flags: MetaFlags,
    /// First page of the free list, or 0.
    pub free: PageNo,
    /// Last page of the file; 0 in files of 3.1 and 3.2, which do not keep it.
    pub last_pgno: PageNo,
    /// Flags of the access method.
    pub flags: BtreeFlags,
    /// The unique file id, opaque.
    pub uid: [u8; UID_SIZE],
    /// Minimum number of keys a page, from which the overflow limit follows.
    pub minkey: u32,
    /// Recno: length of fixed records.
    pub re_len: u32,
    /// Recno: padding byte, as a number.
    pub re_pad: u32,
    /// Root page of the tree.
    pub root: PageNo,
}

impl BtreeMeta {
    /// Page type of a btree metadata page.
    pub const PAGE_TYPE: u8 = 9;
    /// Where the checksum of a metadata page stands.
    pub const CHECKSUM_AT: usize = CHECKSUM;

    /// Reads a metadata page; `None` where `page` is shorter than its used part.
    pub fn read(endian: Endian, page: &[u8]) -> Option<Self> {
        let u32_at = |at| endian.u32(page, at);
        let version = u32_at(VERSION)?;
        let mut uid = [0; UID_SIZE];
        uid.copy_from_slice(page.get(UID..UID + UID_SIZE)?);
        page.get(..META_USED)?;
        Some(Self {
            lsn: Lsn::read(endian, page, LSN)?,
            pgno: u32_at(PGNO)?,
            version,
            page_size: u32_at(PAGE_SIZE)?,
            page_type: *page.get(TYPE)?,
            meta_flags: MetaFlags(if version >= 9 {
                *page.get(META_FLAGS)?
            } else {
                0
            }),
            free: u32_at(FREE)?,
            last_pgno: u32_at(LAST_PGNO)?,
            flags: BtreeFlags(u32_at(FLAGS)?),
            uid,
            minkey: u32_at(MINKEY)?,
            re_len: u32_at(RE_LEN)?,
            re_pad: u32_at(RE_PAD)?,
            root: u32_at(ROOT)?,
        })
    }

    /// Writes the metadata page into `page`, which is zeroed first, with its
    /// checksum when the flags ask for one. Counts that only statistics use
    /// are left 0.
    pub fn write(&self, endian: Endian, page: &mut [u8]) {
        page.fill(0);
        self.lsn.put(endian, page, LSN);
        for (at, value) in [
            (PGNO, self.pgno),
            (MAGIC, BTREE_MAGIC),
            (VERSION, self.version),
            (PAGE_SIZE, self.page_size),
            (FREE, self.free),
            (LAST_PGNO, self.last_pgno),
            (FLAGS, self.flags.0),
            (MINKEY, self.minkey),
            (RE_LEN, self.re_len),
            (RE_PAD, self.re_pad),
            (ROOT, self.root),
        ] {
            endian.put_u32(page, at, value);
        }
        if let Some(byte) = page.get_mut(TYPE) {
            *byte = self.page_type;
        }
        if let Some(byte) = page.get_mut(META_FLAGS) {
            *byte = self.meta_flags.0;
        }
        if let Some(field) = page.get_mut(UID..UID + UID_SIZE) {
            field.copy_from_slice(&self.uid);
        }
        if self.meta_flags.has(MetaFlags::CHECKSUM) {
            let sum = super::page_checksum(page.get(..META_USED).unwrap_or_default(), CHECKSUM);
            endian.put_u32(page, CHECKSUM, sum);
        }
    }
}
