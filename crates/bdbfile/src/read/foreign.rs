//! Files of other programs that people take for Berkeley DB files, by name.

use crate::layout::Endian;

/// What a file that is no Berkeley DB file of 2.0 or later is, as far as its
/// first bytes tell.
pub(super) fn name(start: &[u8]) -> String {
    if start.is_empty() {
        return "it is empty".to_owned();
    }
    for (magic, what) in [
        (b"SQLite format 3\0".as_slice(), "an SQLite database"),
        (b"RpmP", "an rpm ndb package database"),
        (b"\x7fELF", "a program"),
        (b"\x1f\x8b", "compressed with gzip"),
        (b"\xfd7zXZ\0", "compressed with xz"),
        (b"BZh", "compressed with bzip2"),
        (b"PK\x03\x04", "a zip archive"),
        (b"VERSION=", "the text of a db_dump"),
        (b"GDBM", "a GDBM database"),
    ] {
        if start.starts_with(magic) {
            return format!("it is {what}");
        }
    }
    // The magic numbers of 1.85 stand at the beginning of the file.
    for endian in Endian::BOTH {
        match endian.u32(start, 0) {
            Some(0x0005_3162) => return format!("it is a Berkeley DB 1.85 btree, {endian}"),
            Some(0x0006_1561) => return format!("it is a Berkeley DB 1.85 hash file, {endian}"),
            Some(0x1357_9acd..=0x1357_9acf) => {
                return format!("it is a GDBM database, {endian}");
            }
            _ => {}
        }
        if endian.u32(start, 16) == Some(0xbeef_c0de) {
            return format!("it is an LMDB database, {endian}");
        }
        if endian.u32(start, 12) == Some(0x0004_0988) {
            return format!("it is a Berkeley DB log file, {endian}");
        }
    }
    let head = start.get(..16).unwrap_or(start);
    if start.iter().all(|byte| *byte == 0) {
        "it begins with zeros".to_owned()
    } else {
        format!("it begins with {head:02x?}")
    }
}
