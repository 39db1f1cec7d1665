//! What the file of a calendar is called: a calendar id comes from data and
//! may be anything; a name leads nowhere, is no other's on any file system, and
//! gives the calendar id back.

use std::ffi::{OsStr, OsString};
use std::fmt::Write;

/// What the names end with.
const END: &str = ".ics";

/// The longest name in bytes: what the file systems with the shortest take,
/// those that encrypt names.
const LONGEST: usize = 140;

/// Bytes of a name that is too long for all of its calendar id.
const KEPT: usize = 80;

/// Names that are no files on some systems, whatever they end with.
const RESERVED: [&str; 4] = ["con", "prn", "aux", "nul"];
const NUMBERED: [&str; 2] = ["com", "lpt"];

/// The name of the file of a calendar. Lower-case letters, digits, `-`, `_`,
/// `@` and dots stay as they are; any other byte becomes `%` and two digits, so
/// that no two ids have names that differ in case alone. What would be more than
/// 140 bytes is cut, with `%-` and a hash of the whole id behind.
pub fn file_name(calid: &[u8]) -> OsString {
    let mut name = String::new();
    for (place, byte) in calid.iter().enumerate() {
        let begins = place == 0 && (*byte == b'.' || is_reserved(calid));
        if is_plain(*byte) && !begins {
            name.push(char::from(*byte));
        } else {
            let _ = write!(name, "%{byte:02x}");
        }
    }
    if name.len().saturating_add(END.len()) > LONGEST {
        let hash = blake3::hash(calid).to_hex();
        let cut = name.get(..KEPT).unwrap_or_default();
        // Not within what stands for a byte.
        let end = match cut.rfind('%') {
            Some(at) if at.saturating_add(3) > cut.len() => at,
            _ => cut.len(),
        };
        let (kept, hash) = (cut.get(..end), hash.get(..32));
        name = format!("{}%-{}", kept.unwrap_or_default(), hash.unwrap_or_default());
    }
    name.push_str(END);
    name.into()
}

/// The calendar id of a file of this name; `None` where the name was cut, or is
/// none that [`file_name`] gives.
pub fn calid_of(name: &OsStr) -> Option<Vec<u8>> {
    let mut rest = name.to_str()?.strip_suffix(END)?.as_bytes();
    let mut calid = Vec::new();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let (digits, tail) = tail.split_at_checked(2)?;
            let digits = std::str::from_utf8(digits).ok()?;
            calid.push(u8::from_str_radix(digits, 16).ok()?);
            rest = tail;
        } else {
            calid.push(*first);
            rest = tail;
        }
    }
    (!calid.is_empty() && file_name(&calid) == name).then_some(calid)
}

/// Whether a name may be one that [`file_name`] gives.
pub(crate) fn is_name(name: &OsStr) -> bool {
    let Some(stem) = name.to_str().and_then(|name| name.strip_suffix(END)) else {
        return false;
    };
    !stem.is_empty()
        && !stem.starts_with('.')
        && stem.bytes().all(|byte| is_plain(byte) || byte == b'%')
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_@.".contains(&byte)
}

/// Whether what is before the first dot is the name of a device somewhere.
fn is_reserved(calid: &[u8]) -> bool {
    let stem = calid.split(|byte| *byte == b'.').next().unwrap_or_default();
    let Ok(stem) = std::str::from_utf8(stem) else {
        return false;
    };
    let numbered = |device: &&str| {
        let number = stem.strip_prefix(*device);
        number.is_some_and(|it| it.len() == 1 && it.bytes().all(|byte| byte.is_ascii_digit()))
    };
    RESERVED.contains(&stem) || NUMBERED.iter().any(numbered)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_lead_nowhere_and_give_the_calendar_back() {
        for (calid, name) in [
            (&b"jdoe"[..], "jdoe.ics"),
            (b"jdoe@example.com:work", "jdoe@example.com%3awork.ics"),
            (b"JDoe", "%4a%44oe.ics"),
            (b"../../etc/passwd", "%2e.%2f..%2fetc%2fpasswd.ics"),
            (b".", "%2e.ics"),
            (b"..", "%2e..ics"),
            (b"a\0b\r\n\x1b\xff", "a%00b%0d%0a%1b%ff.ics"),
            (b"%41", "%2541.ics"),
            (b"con", "%63on.ics"),
            (b"nul.txt", "%6eul.txt.ics"),
            (b"com1", "%63om1.ics"),
            (b"com", "com.ics"),
            (b"console", "console.ics"),
        ] {
            assert_eq!(file_name(calid), *name);
            assert!(is_name(OsStr::new(name)), "{name}");
            assert_eq!(calid_of(OsStr::new(name)).as_deref(), Some(calid), "{name}");
        }
        for name in [
            "jdoe",
            "%4A.ics",
            "%4.ics",
            ".ics",
            "%41b%zz.ics",
            "con.ics",
            "A.ics",
            "%61.ics",
        ] {
            assert_eq!(calid_of(OsStr::new(name)), None, "{name}");
        }
        for name in [".ics", ".a.ics", "a/b.ics", "a b.ics", "a.db"] {
            assert!(!is_name(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn long_calendar_ids_have_names_of_their_own() {
        let mut names = BTreeSet::new();
        for len in 130..400 {
            for byte in [b'a', b':', 0xff] {
                let calid = vec![byte; len];
                let name = file_name(&calid);
                assert!(name.len() <= LONGEST && is_name(&name), "{name:?}");
                let back = calid_of(&name);
                assert!(back.is_none() || back == Some(calid));
                assert!(names.insert(name));
            }
        }
    }
}
