//! What a btree or recno database keeps on its metadata page.

use super::{Generation, generic};
use crate::layout::{Endian, FIRST_ROOT, PageNo};

// 3.0 and later, from the end of the shared fields.
const MAXKEY: usize = 0;
const MINKEY: usize = MAXKEY + 4;
const RE_LEN: usize = MINKEY + 4;
const RE_PAD: usize = RE_LEN + 4;
const ROOT: usize = RE_PAD + 4;

// 2.x: maxkey, minkey, free list, flags, re_len, re_pad. The root is always
// page 1.
const MINKEY_2: usize = generic::FIELDS_2 + 4;
const RE_LEN_2: usize = MINKEY_2 + 12;
const RE_PAD_2: usize = RE_LEN_2 + 4;

/// Flags of a btree metadata page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BtreeFlags;

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
    /// The file has named databases: on page 0, the directory of them, and on
    /// the metadata page of each.
    pub const SUBDB: u32 = 0x20;
    /// Duplicates are sorted.
    pub const DUPSORT: u32 = 0x40;
    /// Compressed (4.8 and later).
    pub const COMPRESS: u32 = 0x80;
    /// All flags that are known.
    pub const KNOWN: u32 = 0xff;
}

/// The fields of a btree or recno database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BtreeFields {
    /// Minimum number of keys a page, from which the overflow limit follows.
    pub minkey: u32,
    /// Recno: length of fixed records.
    pub re_len: u32,
    /// Recno: padding byte, as a number.
    pub re_pad: u32,
    /// Root page of the tree.
    pub root: PageNo,
}

impl BtreeFields {
    pub(super) fn read(endian: Endian, generation: Generation, page: &[u8]) -> Option<Self> {
        let fields = match generation {
            Generation::First => {
                return Some(Self {
                    minkey: endian.u32(page, MINKEY_2)?,
                    re_len: endian.u32(page, RE_LEN_2)?,
                    re_pad: endian.u32(page, RE_PAD_2)?,
                    root: FIRST_ROOT,
                });
            }
            Generation::Second => generic::END_3_0,
            Generation::Third => generic::END,
        };
        let field = |at: usize| endian.u32(page, fields.saturating_add(at));
        Some(Self {
            minkey: field(MINKEY)?,
            re_len: field(RE_LEN)?,
            re_pad: field(RE_PAD)?,
            root: field(ROOT)?,
        })
    }

    pub(super) fn write(&self, endian: Endian, page: &mut [u8]) {
        for (at, value) in [
            (MINKEY, self.minkey),
            (RE_LEN, self.re_len),
            (RE_PAD, self.re_pad),
            (ROOT, self.root),
        ] {
            endian.put_u32(page, generic::END.saturating_add(at), value);
        }
    }
}
