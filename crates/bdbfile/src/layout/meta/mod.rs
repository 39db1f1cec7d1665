//! Metadata pages: what stands on page 0 of a file, and on the first page of
//! each named database in it.
//!
//! Three generations differ in where the fields are: 2.x, 3.0, and everything
//! since 3.1. All facts here are seen in files of 2.7.7 to 18.1 of both byte
//! orders, but for what is marked.

mod btree;
mod generic;
mod hash;
mod queue;

pub use btree::{BtreeFields, BtreeFlags};
pub use hash::{HashFields, HashFlags, default_charkey, default_hash};
pub use queue::{QUEUE_RECORD_SET, QUEUE_RECORD_VALID, QueueFields, queue_number};

use generic::Generic;

use super::{Endian, Lsn, PageNo};

/// Bytes of the unique file id.
pub(crate) const UID_SIZE: usize = 20;

/// Where the checksum of a metadata page stands: after the IV, 20 bytes before
/// the end of the used part (4.1 and later).
const CHECKSUM: usize = 492;

/// Where the magic number stands that an encrypted file has once more, 32 bytes
/// before the checksum: 12 unused ones and an IV of 16 follow it.
const CRYPTO_MAGIC: usize = CHECKSUM - 16 - 12 - 4;

/// Where the longest of the access methods' own fields end: those of hash
/// tables.
const METHOD_END: usize = generic::END + 6 * 4 + 32 * 4;

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

/// The kinds of files, by their magic numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// Btree; recno files are btree files with a flag.
    Btree,
    /// Hash.
    Hash,
    /// Queue.
    Queue,
    /// Heap (5.2 and later).
    Heap,
    /// A file that a library was renaming or removing when it died.
    HalfRenamed,
}

impl Kind {
    /// The name libdb's tools use.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Btree => "btree",
            Self::Hash => "hash",
            Self::Queue => "queue",
            Self::Heap => "heap",
            Self::HalfRenamed => "file left half renamed or removed",
        }
    }

    /// Which generation of the format a version belongs to.
    const fn generation(self, version: u32) -> Generation {
        let (first, second) = match self {
            Self::Btree => (6, 7),
            Self::Hash => (5, 6),
            Self::Queue => (0, 1),
            Self::Heap | Self::HalfRenamed => (0, 0),
        };
        if version <= first {
            Generation::First
        } else if version <= second {
            Generation::Second
        } else {
            Generation::Third
        }
    }

    /// The first version that knows encryption and checksums; before it the
    /// bytes are unused and may hold anything.
    const fn first_guarded(self) -> u32 {
        match self {
            Self::Btree => 9,
            Self::Hash => 8,
            Self::Queue => 4,
            Self::Heap => 1,
            Self::HalfRenamed => u32::MAX,
        }
    }
}

impl std::fmt::Display for Kind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// Where the fields of a metadata page are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Generation {
    /// 2.x.
    First,
    /// 3.0.
    Second,
    /// 3.1 and later.
    Third,
}

/// What the first bytes of a file tell before anything else of it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preamble {
    /// The byte order in which the magic number makes sense.
    pub endian: Endian,
    /// The kind of file.
    pub kind: Kind,
    /// The version of the format.
    pub version: u32,
    /// The page size as it stands there, unchecked.
    pub page_size: u32,
    /// The encryption algorithm, 0 for none and in files from before 4.1.
    pub encryption: u8,
}

impl Preamble {
    /// Bytes that must be there to read one.
    pub const SIZE: usize = generic::TYPE + 1;

    /// Reads the preamble, or `None` when no byte order shows a known magic.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Endian::BOTH.into_iter().find_map(|endian| {
            let kind = match endian.u32(bytes, generic::MAGIC)? {
                BTREE_MAGIC => Kind::Btree,
                HASH_MAGIC => Kind::Hash,
                QUEUE_MAGIC => Kind::Queue,
                HEAP_MAGIC => Kind::Heap,
                RENAME_MAGIC => Kind::HalfRenamed,
                _ => return None,
            };
            let version = endian.u32(bytes, generic::VERSION)?;
            let encryption = *bytes.get(generic::ENCRYPTION)?;
            Some(Self {
                endian,
                kind,
                version,
                page_size: endian.u32(bytes, generic::PAGE_SIZE)?,
                encryption: if version >= kind.first_guarded() {
                    encryption
                } else {
                    0
                },
            })
        })
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
    /// All flags that are known.
    pub const KNOWN: u8 = Self::CHECKSUM | Self::PARTITIONED;

    /// Whether any bit of `flag` is set.
    pub const fn has(self, flag: u8) -> bool {
        self.0 & flag != 0
    }
}

/// A metadata page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meta {
    /// Position in the log of the page's last change.
    pub lsn: Lsn,
    /// This page's number.
    pub pgno: PageNo,
    /// The kind of database, by its magic number.
    pub kind: Kind,
    /// Version of the format.
    pub version: u32,
    /// Page size in bytes.
    pub page_size: u32,
    /// The encryption algorithm, 0 for none and in files from before 4.1. Never
    /// written.
    pub encryption: u8,
    /// Page type: 8 hash, 9 btree, 10 queue. `None` in 2.x, which has none.
    pub page_type: Option<u8>,
    /// Flags of 4.1 and later; none before, where the byte is unused.
    pub meta_flags: MetaFlags,
    /// First page of the free list, or 0.
    pub free: PageNo,
    /// Last page of the file; 0 in files of 3.2 and before, which do not keep
    /// it.
    pub last_pgno: PageNo,
    /// Flags of the access method.
    pub flags: u32,
    /// The unique file id, opaque.
    pub uid: [u8; UID_SIZE],
    /// What the access method keeps.
    pub method: Method,
}

/// What an access method keeps on its metadata page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Method {
    /// Btree and recno.
    Btree(BtreeFields),
    /// Hash.
    Hash(Box<HashFields>),
    /// Queue.
    Queue(QueueFields),
}

impl Meta {
    /// Where the checksum of a metadata page stands.
    pub const CHECKSUM_AT: usize = CHECKSUM;

    /// Reads a metadata page of any generation; `None` where `page` is shorter
    /// than its used part or of a kind that has no fields known here.
    pub fn read(endian: Endian, page: &[u8]) -> Option<Self> {
        page.get(..META_USED)?;
        let preamble = Preamble::read(page).filter(|preamble| preamble.endian == endian)?;
        let (kind, version) = (preamble.kind, preamble.version);
        let generation = kind.generation(version);
        let generic = Generic::read(endian, kind, generation, page)?;
        let method = match kind {
            Kind::Btree => Method::Btree(BtreeFields::read(endian, generation, page)?),
            Kind::Hash => Method::Hash(Box::new(HashFields::read(endian, generation, page)?)),
            Kind::Queue => Method::Queue(QueueFields::read(endian, version, page)?),
            Kind::Heap | Kind::HalfRenamed => return None,
        };
        Some(Self {
            lsn: generic.lsn,
            pgno: generic.pgno,
            kind,
            version,
            page_size: preamble.page_size,
            encryption: preamble.encryption,
            page_type: generic.page_type,
            meta_flags: MetaFlags(if version >= kind.first_guarded() {
                generic.meta_flags
            } else {
                0
            }),
            free: generic.free,
            last_pgno: generic.last_pgno,
            flags: generic.flags,
            uid: generic.uid,
            method,
        })
    }

    /// Writes the metadata page of a database of the newest generation into
    /// `page`, which is zeroed first, with its checksum when the flags ask for
    /// one. Counts that only statistics use are left 0.
    pub fn write(&self, endian: Endian, page: &mut [u8]) {
        page.fill(0);
        self.put(endian, page);
        if self.meta_flags.has(MetaFlags::CHECKSUM) {
            Self::seal(endian, page);
        }
    }

    /// Writes the fields that are known here into a metadata page of the newest
    /// generation and leaves everything else on it as it was, the checksum too.
    pub(crate) fn put(&self, endian: Endian, page: &mut [u8]) {
        generic::write(self, endian, page);
        match &self.method {
            Method::Btree(fields) => {
                endian.put_u32(page, generic::MAGIC, BTREE_MAGIC);
                fields.write(endian, page);
            }
            Method::Hash(fields) => {
                endian.put_u32(page, generic::MAGIC, HASH_MAGIC);
                fields.write(endian, page);
            }
            Method::Queue(fields) => {
                endian.put_u32(page, generic::MAGIC, QUEUE_MAGIC);
                fields.write(endian, page);
            }
        }
    }

    /// Stores the right checksum in a metadata page.
    pub(crate) fn seal(endian: Endian, page: &mut [u8]) {
        let sum = super::page_checksum(page.get(..META_USED).unwrap_or_default(), CHECKSUM);
        endian.put_u32(page, CHECKSUM, sum);
    }

    /// Turns the numbers of a metadata page of the newest generation into the
    /// other byte order.
    pub(crate) fn turn(page: &mut [u8], from: Endian, to: Endian) {
        for at in generic::numbers()
            .chain((generic::END..METHOD_END).step_by(4))
            .chain([CRYPTO_MAGIC, CHECKSUM])
        {
            if let Some(number) = from.u32(page, at) {
                to.put_u32(page, at, number);
            }
        }
    }

    /// Whether the fields are where 3.1 and later have them.
    pub(crate) fn is_newest_generation(&self) -> bool {
        self.kind.generation(self.version) == Generation::Third
    }

    /// The page type that this kind of metadata page has since 3.0.
    pub const fn right_page_type(&self) -> u8 {
        match self.kind {
            Kind::Hash => 8,
            Kind::Queue => 10,
            _ => 9,
        }
    }

    /// Whether the database is a recno one: a btree with that flag.
    pub fn is_recno(&self) -> bool {
        self.kind == Kind::Btree && self.flags & BtreeFlags::RECNO != 0
    }

    /// The name of the access method, as libdb's tools have it.
    pub fn method_name(&self) -> &'static str {
        if self.is_recno() {
            "recno"
        } else {
            self.kind.name()
        }
    }

    /// Whether page 0 is the directory of named databases.
    pub fn is_directory(&self) -> bool {
        match self.kind {
            Kind::Btree => self.flags & BtreeFlags::SUBDB != 0,
            Kind::Hash => self.flags & HashFlags::SUBDB != 0,
            _ => false,
        }
    }

    /// Whether a key may have several records.
    pub fn has_duplicates(&self) -> bool {
        match self.kind {
            Kind::Btree => !self.is_recno() && self.flags & BtreeFlags::DUP != 0,
            Kind::Hash => self.flags & HashFlags::DUP != 0,
            _ => false,
        }
    }

    /// Whether the records of a key are sorted by their data.
    pub fn has_sorted_duplicates(&self) -> bool {
        match self.kind {
            Kind::Btree => self.flags & BtreeFlags::DUPSORT != 0,
            Kind::Hash => self.flags & HashFlags::DUPSORT != 0,
            _ => false,
        }
    }

    /// Whether a btree keeps record numbers.
    pub fn has_record_numbers(&self) -> bool {
        self.kind == Kind::Btree && self.flags & BtreeFlags::RECNUM != 0
    }

    /// The length of the records of a recno database, where it is fixed.
    pub fn fixed_length(&self) -> Option<u32> {
        let fixed = self.is_recno() && self.flags & BtreeFlags::FIXED_LENGTH != 0;
        self.btree().filter(|_| fixed).map(|fields| fields.re_len)
    }

    /// Whether the number of the last page is kept right by the releases that
    /// write this version. 3.1 has something else in its place and 3.2 nothing,
    /// under the same versions as 3.3.
    pub(crate) const fn keeps_last_page(&self) -> bool {
        match self.kind {
            Kind::Btree => self.version >= 9,
            Kind::Hash => self.version >= 8,
            _ => self.version >= 4,
        }
    }

    /// Whether pages carry checksums.
    pub fn has_checksums(&self) -> bool {
        self.meta_flags.has(MetaFlags::CHECKSUM)
    }

    /// Whether the file is of 2.x, whose pages know no types 12 and 13, no
    /// duplicate trees, and whose quirks are those of `docs/format.md`.
    pub fn is_first_generation(&self) -> bool {
        self.kind.generation(self.version) == Generation::First
    }

    /// The fields of a btree.
    pub fn btree(&self) -> Option<&BtreeFields> {
        match &self.method {
            Method::Btree(fields) => Some(fields),
            _ => None,
        }
    }

    /// The fields of a hash database.
    pub fn hash(&self) -> Option<&HashFields> {
        match &self.method {
            Method::Hash(fields) => Some(fields),
            _ => None,
        }
    }

    /// The fields of a queue.
    pub fn queue(&self) -> Option<&QueueFields> {
        match &self.method {
            Method::Queue(fields) => Some(fields),
            _ => None,
        }
    }
}

/// Where a word of a row of them is that begins at `base`.
const fn word_at(base: usize, index: usize) -> usize {
    base.saturating_add(index.saturating_mul(4))
}
