//! The part of a metadata page that all access methods share.

use super::{Generation, Kind, Meta, UID_SIZE};
use crate::layout::{Endian, Lsn, PageNo};

// In the order of the file; the first six are the same in all generations.
const LSN: usize = 0;
const PGNO: usize = LSN + Lsn::SIZE;
pub(super) const MAGIC: usize = PGNO + 4;
pub(super) const VERSION: usize = MAGIC + 4;
pub(super) const PAGE_SIZE: usize = VERSION + 4;
pub(super) const ENCRYPTION: usize = PAGE_SIZE + 4;
pub(super) const TYPE: usize = ENCRYPTION + 1;
const META_FLAGS: usize = TYPE + 1;
const UNUSED: usize = META_FLAGS + 1;
const FREE: usize = UNUSED + 1;

// 3.1 and later.
const LAST_PGNO: usize = FREE + 4;
const PARTITIONS: usize = LAST_PGNO + 4;
const KEY_COUNT: usize = PARTITIONS + 4;
const RECORD_COUNT: usize = KEY_COUNT + 4;
const FLAGS: usize = RECORD_COUNT + 4;
const UID: usize = FLAGS + 4;
/// Where the access method's own fields begin.
pub(super) const END: usize = UID + UID_SIZE;

// 3.0, from the free list on.
const FLAGS_3_0: usize = FREE + 4;
const UID_3_0: usize = FLAGS_3_0 + 4;
/// Where the access method's own fields begin in 3.0.
pub(super) const END_3_0: usize = UID_3_0 + UID_SIZE;

/// Where the numbers of four bytes stand, in two stretches: between them are
/// single bytes.
pub(super) fn numbers() -> impl Iterator<Item = usize> {
    let before = (LSN..ENCRYPTION).step_by(4);
    before.chain((FREE..UID).step_by(4))
}

/// Where the fields of 2.x begin, which has no type byte.
pub(super) const FIELDS_2: usize = PAGE_SIZE + 4;

// 2.x btree: maxkey, minkey, free list, flags, re_len, re_pad, uid.
const BTREE_2_FREE: usize = FIELDS_2 + 8;
const BTREE_2_FLAGS: usize = BTREE_2_FREE + 4;
const BTREE_2_UID: usize = BTREE_2_FLAGS + 12;

// 2.x hash: overflow point, free list, max_bucket, high_mask, low_mask,
// ffactor, nelem, h_charkey, flags, 32 spares, uid.
const HASH_2_FREE: usize = FIELDS_2 + 4;
const HASH_2_FLAGS: usize = HASH_2_FREE + 28;
const HASH_2_UID: usize = HASH_2_FLAGS + 4 + 32 * 4;

/// The shared fields as they stand on a page.
pub(super) struct Generic {
    pub(super) lsn: Lsn,
    pub(super) pgno: PageNo,
    pub(super) page_type: Option<u8>,
    pub(super) meta_flags: u8,
    pub(super) free: PageNo,
    pub(super) last_pgno: PageNo,
    pub(super) flags: u32,
    pub(super) uid: [u8; UID_SIZE],
}

impl Generic {
    pub(super) fn read(
        endian: Endian,
        kind: Kind,
        generation: Generation,
        page: &[u8],
    ) -> Option<Self> {
        let (free, flags, uid) = match (generation, kind) {
            (Generation::First, Kind::Hash) => (HASH_2_FREE, HASH_2_FLAGS, HASH_2_UID),
            (Generation::First, _) => (BTREE_2_FREE, BTREE_2_FLAGS, BTREE_2_UID),
            (Generation::Second, _) => (FREE, FLAGS_3_0, UID_3_0),
            (Generation::Third, _) => (FREE, FLAGS, UID),
        };
        let typed = generation != Generation::First;
        let mut id = [0; UID_SIZE];
        id.copy_from_slice(page.get(uid..)?.get(..UID_SIZE)?);
        // 3.1 has half of an LSN in the place of the last page's number, and
        // writes the same version of btree and hash as 3.2, which has 0 there.
        // A number that is not plausible is dealt with where it is compared.
        let last_pgno = match generation {
            Generation::Third => endian.u32(page, LAST_PGNO)?,
            Generation::First | Generation::Second => 0,
        };
        Some(Self {
            lsn: Lsn::read(endian, page, LSN)?,
            pgno: endian.u32(page, PGNO)?,
            page_type: if typed { Some(*page.get(TYPE)?) } else { None },
            meta_flags: *page.get(META_FLAGS)?,
            free: endian.u32(page, free)?,
            last_pgno,
            flags: endian.u32(page, flags)?,
            uid: id,
        })
    }
}

/// Writes the shared fields of the newest generation, all but the magic.
pub(super) fn write(meta: &Meta, endian: Endian, page: &mut [u8]) {
    meta.lsn.put(endian, page, LSN);
    for (at, value) in [
        (PGNO, meta.pgno),
        (VERSION, meta.version),
        (PAGE_SIZE, meta.page_size),
        (FREE, meta.free),
        (LAST_PGNO, meta.last_pgno),
        (FLAGS, meta.flags),
    ] {
        endian.put_u32(page, at, value);
    }
    if let Some(byte) = page.get_mut(TYPE) {
        *byte = meta.right_page_type();
    }
    if let Some(byte) = page.get_mut(META_FLAGS) {
        *byte = meta.meta_flags.0;
    }
    if let Some(field) = page.get_mut(UID..UID + UID_SIZE) {
        field.copy_from_slice(&meta.uid);
    }
}
