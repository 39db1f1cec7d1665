//! The name of a line: told from others in a few steps, for every line of a
//! store is asked for several.

use std::borrow::Cow;

use super::value::Value;

/// A name as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::record) struct Name<'a> {
    raw: &'a [u8],
    /// Whether it has folds in it.
    folded: bool,
}

/// Length, first and last eight bytes of a name, in which case makes no
/// difference. Names of up to 16 bytes are the same where their marks are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::record) struct Mark {
    len: usize,
    head: u64,
    tail: u64,
}

impl<'a> Name<'a> {
    /// A name with no folds.
    #[inline]
    pub(super) const fn plain(raw: &'a [u8]) -> Self {
        Self { raw, folded: false }
    }

    /// A name with folds.
    pub(super) const fn folded(raw: &'a [u8]) -> Self {
        Self { raw, folded: true }
    }

    /// The bytes as written.
    pub(super) const fn raw(self) -> &'a [u8] {
        self.raw
    }

    /// The name without folds.
    pub(in crate::record) fn unfolded(self) -> Cow<'a, [u8]> {
        if self.folded {
            Value::new(self.raw).unfolded()
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// Whether this is the name, in whatever case.
    #[inline]
    pub(super) fn is(self, other: &[u8]) -> bool {
        if self.folded {
            Value::new(self.raw).is_ignoring_case(other)
        } else {
            self.raw.len() == other.len()
                && Mark::are_of_one_name(Mark::of(self.raw), self.raw, Mark::of(other), other)
        }
    }
}

impl Mark {
    /// The length of the longest name that a mark has wholly.
    const WHOLE: usize = 16;

    /// Without the bit in which upper and lower case differ. Of the bytes that
    /// a name can have no others become the same by that.
    const CASELESS: u64 = u64::from_le_bytes([!0x20; 8]);

    /// The mark of a name.
    #[inline]
    pub(in crate::record) const fn of(name: &[u8]) -> Self {
        let (head, tail) = match (name.first_chunk(), name.last_chunk()) {
            (Some(head), Some(tail)) => (u64::from_le_bytes(*head), u64::from_le_bytes(*tail)),
            _ => (up_to_seven(name), 0),
        };
        Self {
            len: name.len(),
            head: head & Self::CASELESS,
            tail: tail & Self::CASELESS,
        }
    }

    /// Whether two names, of these marks, are the same in whatever case.
    #[inline]
    pub(in crate::record) fn are_of_one_name(
        mark: Self,
        name: &[u8],
        other_mark: Self,
        other: &[u8],
    ) -> bool {
        mark == other_mark && (mark.len <= Self::WHOLE || name.eq_ignore_ascii_case(other))
    }
}

/// Up to seven bytes as a number; with their length they can be told from it.
#[inline]
const fn up_to_seven(name: &[u8]) -> u64 {
    match (name.first_chunk(), name.last_chunk()) {
        (Some(first), Some(last)) => {
            u32::from_le_bytes(*first) as u64 | (u32::from_le_bytes(*last) as u64) << 32
        }
        _ => match *name {
            [a] => u64::from_le_bytes([a, 0, 0, 0, 0, 0, 0, 0]),
            [a, b] => u64::from_le_bytes([a, b, 0, 0, 0, 0, 0, 0]),
            [a, b, c] => u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 0]),
            _ => 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_tell_names_apart_and_not_their_case() {
        let bytes: Vec<u8> = (0..=u8::MAX)
            .filter(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
            .collect();
        for len in 1..=Mark::WHOLE {
            let name = vec![b'm'; len];
            for at in 0..len {
                for byte in &bytes {
                    let mut other = name.clone();
                    other[at] = *byte;
                    let same = name.eq_ignore_ascii_case(&other);
                    assert_eq!(Mark::of(&name) == Mark::of(&other), same, "{byte} at {at}");
                }
            }
        }
        for byte in &bytes {
            for other in &bytes {
                let same = byte.eq_ignore_ascii_case(other);
                assert_eq!(Mark::of(&[*byte]) == Mark::of(&[*other]), same);
            }
        }
    }

    #[test]
    fn a_long_name_is_compared_to_the_last_byte() {
        let name = b"X-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY";
        let other = b"X-NSCP-CALPROPS-ACCEPT-CONTROL-ENTRY";
        assert_eq!(Mark::of(name), Mark::of(other));
        assert!(Name::plain(name).is(&name.to_ascii_lowercase()));
        assert!(!Name::plain(name).is(other));
    }

    #[test]
    fn folds_are_no_part_of_a_name() {
        let name = Name::folded(b"U\r\n I\n\tD");
        assert_eq!(name.unfolded(), &b"UID"[..]);
        assert!(name.is(b"uid") && !name.is(b"UIDS"));
        // As long as what is written here.
        assert!(!Name::folded(b"X\r A").is(b"X-XA"));
    }
}
