//! Byte order: the one place where it is applied.

use byteorder::{BigEndian, ByteOrder, LittleEndian};

/// The byte order of a file. Every number in a file is in the order its magic
/// number shows, whatever machine reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Endian {
    /// Least significant byte first (x86).
    Little,
    /// Most significant byte first (SPARC).
    Big,
}

impl Endian {
    /// Both orders, little first.
    pub const BOTH: [Self; 2] = [Self::Little, Self::Big];

    /// The u16 at `at`, or `None` where `bytes` has no two bytes there.
    #[inline]
    pub fn u16(self, bytes: &[u8], at: usize) -> Option<u16> {
        let field = bytes.get(at..at.checked_add(2)?)?;
        Some(match self {
            Self::Little => LittleEndian::read_u16(field),
            Self::Big => BigEndian::read_u16(field),
        })
    }

    /// The u32 at `at`, or `None` where `bytes` has no four bytes there.
    #[inline]
    pub fn u32(self, bytes: &[u8], at: usize) -> Option<u32> {
        let field = bytes.get(at..at.checked_add(4)?)?;
        Some(match self {
            Self::Little => LittleEndian::read_u32(field),
            Self::Big => BigEndian::read_u32(field),
        })
    }

    /// Puts a u16 at `at`; does nothing where there is no room for it.
    #[inline]
    pub fn put_u16(self, bytes: &mut [u8], at: usize, value: u16) {
        if let Some(field) = bytes.get_mut(at..at.saturating_add(2)) {
            match self {
                Self::Little => LittleEndian::write_u16(field, value),
                Self::Big => BigEndian::write_u16(field, value),
            }
        }
    }

    /// Puts a u32 at `at`; does nothing where there is no room for it.
    #[inline]
    pub fn put_u32(self, bytes: &mut [u8], at: usize, value: u32) {
        if let Some(field) = bytes.get_mut(at..at.saturating_add(4)) {
            match self {
                Self::Little => LittleEndian::write_u32(field, value),
                Self::Big => BigEndian::write_u32(field, value),
            }
        }
    }

    /// The number libdb uses for this order in `set_lorder` and `db_dump`.
    pub const fn lorder(self) -> u32 {
        match self {
            Self::Little => 1234,
            Self::Big => 4321,
        }
    }
}

impl std::fmt::Display for Endian {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Little => "little-endian",
            Self::Big => "big-endian",
        })
    }
}
