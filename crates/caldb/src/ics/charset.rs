//! Bytes of any character set as text.

use encoding_rs::Encoding;

use crate::check::charset::encoding;

/// The character set of some values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Charset(&'static Encoding);

impl Charset {
    /// The first of these labels that somebody knows; UTF-8 where none is, or
    /// where it is plain ASCII, of which UTF-8 has all.
    pub(super) fn of<'l>(labels: impl IntoIterator<Item = &'l [u8]>) -> Self {
        let known = labels.into_iter().find_map(encoding);
        Self(known.unwrap_or(encoding_rs::UTF_8))
    }

    /// The character set of a label that somebody knows.
    pub(super) fn declared(label: &[u8]) -> Option<Self> {
        encoding(label).map(Self)
    }

    /// The bytes as text, and whether all of them are in the character set.
    /// Those that are not become U+FFFD.
    pub(super) fn decode(self, bytes: &[u8]) -> (String, bool) {
        let (text, wrong) = self.0.decode_without_bom_handling(bytes);
        (text.into_owned(), !wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_label_that_is_known_counts() {
        let charset = Charset::of([&b"klingon"[..], b"ISO-8859-1", b"UTF-8"]);
        assert_eq!(charset.decode(b"Caf\xe9"), ("Café".to_owned(), true));
        let charset = Charset::of([&b"klingon"[..]]);
        assert_eq!(
            charset.decode(b"Caf\xe9!"),
            ("Caf\u{fffd}!".to_owned(), false)
        );
        let charset = Charset::of([&b"Shift_JIS"[..]]);
        assert_eq!(charset.decode(b"\x95\x5c"), ("表".to_owned(), true));
    }
}
