//! What may be shown of names and data: text that a terminal prints and does
//! not obey, an entry a line. And data that would have it otherwise.

#![allow(dead_code)]

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use bdbfile::read::{DatabaseFile, Record};
use bdbfile::source::MemorySource;
use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, MemorySink, NewFile};

/// Line ends, controls of ASCII and of ISO 8859, escape sequences that clear
/// the screen and name the window, marks that turn a line around, bytes that
/// are no text, and a line that no run wrote. A file can have this name.
pub(crate) const HOSTILE: &[u8] =
    b"x\n\r\t\x07\x08\x1b[2J\x1b]0;y\x07\x7f\xc2\x85\xc2\x9b31m\xd8\x9c\
    \xe2\x80\x8f\xe2\x80\xa8\xe2\x80\xae\xe2\x81\xa6\xff\xfe\xed\xa0\x80\n\
    2026-01-01T00:00:00Z [1] done, exit status 0\n";

/// A name with that in it.
pub(crate) fn hostile(before: &str, after: &str) -> OsString {
    let name = [before.as_bytes(), HOSTILE, after.as_bytes()].concat();
    OsStr::from_bytes(&name).to_owned()
}

/// What was shown is harmless: nothing of it is obeyed, and no line is one that
/// the data brought.
#[track_caller]
pub(crate) fn assert_harmless(what: &str, shown: &[u8]) {
    let text = std::str::from_utf8(shown).unwrap_or_else(|error| panic!("{what}: {error}"));
    for line in text.split('\n') {
        assert!(!line.starts_with("2026-01-01T00:00:00Z [1] done"), "{what}");
        let obeyed = line.chars().find(|c| {
            let turns = matches!(
                c,
                '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
            );
            c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}')
        });
        assert_eq!(obeyed, None, "{what}: {}", line.escape_debug());
    }
}

/// Whether something of the hostile data is shown, by any of the escapes in
/// use.
pub(crate) fn shows_hostile(shown: &[u8]) -> bool {
    let text = String::from_utf8_lossy(shown);
    let escapes = [
        "\\u{1b}[2J",
        "\\x1b[2J",
        "\\1b[2J",
        "\\u001b[2J",
        "1b5b324a",
    ];
    escapes.iter().any(|escape| text.contains(escape))
}

/// A file of one btree with the records of another, as `change` changes them.
pub(crate) fn changed(from: &Path, change: impl Fn(&[u8], &[u8]) -> (Vec<u8>, Vec<u8>)) -> Vec<u8> {
    let file = DatabaseFile::open(MemorySource::new("from", std::fs::read(from).unwrap())).unwrap();
    let database = file.database();
    let scan = database.scan().unwrap();
    let mut pairs = Vec::new();
    scan.visit(scan.all(), |record: Record<'_>| {
        pairs.push(change(record.key, record.value));
        Ok::<_, bdbfile::Error>(())
    })
    .unwrap();
    pairs.sort();
    pairs.dedup_by(|one, other| one.0 == other.0);
    let sink = MemorySink::new("changed");
    let mut builder =
        BtreeBuilder::new(sink, &FileParams::default(), &BtreeParams::default()).unwrap();
    for (key, value) in &pairs {
        builder.push(key, value).unwrap();
    }
    builder.finish().unwrap().0.into_bytes()
}

/// A file of several databases whose names and records are hostile.
pub(crate) fn several() -> Vec<u8> {
    let sink = MemorySink::new("several");
    let mut file = NewFile::with_names(sink, &FileParams::default()).unwrap();
    for number in 0..3_u8 {
        let name = [HOSTILE, &[b'0' + number]].concat();
        let database = file.btree(Some(&name), &BtreeParams::default()).unwrap();
        let mut piece = database.piece(0);
        for record in 0..40_u8 {
            let key = [HOSTILE, &[record]].concat();
            piece.push(&key, HOSTILE).unwrap();
        }
        piece.finish().unwrap();
        database.finish().unwrap();
    }
    file.finish().unwrap().0.into_bytes()
}
