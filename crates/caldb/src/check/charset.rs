//! Whether bytes are in a character set.

use encoding_rs::{DecoderResult, Encoding};

use crate::record::Record;
use crate::record::content_line::{Lines, Value};

/// A set of encodings, a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EncodingSet(u64);

/// The encodings a calendar may declare. UTF-16 is not among them: no content
/// line would be one in it.
static ENCODINGS: [&Encoding; 37] = [
    encoding_rs::UTF_8,
    encoding_rs::WINDOWS_1252,
    encoding_rs::ISO_8859_2,
    encoding_rs::ISO_8859_3,
    encoding_rs::ISO_8859_4,
    encoding_rs::ISO_8859_5,
    encoding_rs::ISO_8859_6,
    encoding_rs::ISO_8859_7,
    encoding_rs::ISO_8859_8,
    encoding_rs::ISO_8859_8_I,
    encoding_rs::ISO_8859_10,
    encoding_rs::ISO_8859_13,
    encoding_rs::ISO_8859_14,
    encoding_rs::ISO_8859_15,
    encoding_rs::ISO_8859_16,
    encoding_rs::WINDOWS_874,
    encoding_rs::WINDOWS_1250,
    encoding_rs::WINDOWS_1251,
    encoding_rs::WINDOWS_1253,
    encoding_rs::WINDOWS_1254,
    encoding_rs::WINDOWS_1255,
    encoding_rs::WINDOWS_1256,
    encoding_rs::WINDOWS_1257,
    encoding_rs::WINDOWS_1258,
    encoding_rs::IBM866,
    encoding_rs::KOI8_R,
    encoding_rs::KOI8_U,
    encoding_rs::MACINTOSH,
    encoding_rs::X_MAC_CYRILLIC,
    encoding_rs::GBK,
    encoding_rs::GB18030,
    encoding_rs::BIG5,
    encoding_rs::SHIFT_JIS,
    encoding_rs::EUC_JP,
    encoding_rs::ISO_2022_JP,
    encoding_rs::EUC_KR,
    encoding_rs::X_USER_DEFINED,
];

impl EncodingSet {
    /// The encodings in which a record's bytes are valid; its lines that are not
    /// plain will do.
    pub(super) fn of(bytes: &[u8]) -> Self {
        let bytes = &telling_lines(bytes);
        let bits = ENCODINGS.iter().enumerate().map(|(bit, encoding)| {
            let valid = is_valid(encoding, bytes);
            u64::from(valid) << bit
        });
        Self(bits.fold(0, |set, bit| set | bit))
    }

    pub(super) fn bits(self) -> u64 {
        self.0
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// Whether a declared character set is among them.
    pub(super) fn has(self, charset: CharsetCode) -> bool {
        let bit = charset.0.checked_sub(CharsetCode::FIRST);
        bit.is_some_and(|bit| self.0 & (1 << bit) != 0)
    }
}

/// What a calendar declares as its character set, in six bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CharsetCode(u8);

impl CharsetCode {
    /// Nothing.
    pub(super) const NONE: Self = Self(0);
    /// One that nobody knows, or that no record with more than ASCII is in.
    const UNKNOWN: Self = Self(1);
    /// The first of the encodings.
    const FIRST: u8 = 2;
    const BITS: u32 = 6;

    pub(super) fn of(label: &[u8]) -> Self {
        let known = encoding(label);
        let place = known.and_then(|known| ENCODINGS.iter().position(|one| *one == known));
        let place = place.and_then(|place| u8::try_from(place).ok());
        place.map_or(Self::UNKNOWN, |place| {
            Self(place.saturating_add(Self::FIRST))
        })
    }

    pub(super) fn bits(self) -> u16 {
        self.0.into()
    }

    /// From the lowest bits.
    pub(super) fn from_bits(bits: u16) -> Self {
        let low = bits & ((1 << Self::BITS) - 1);
        Self(u8::try_from(low).unwrap_or_default())
    }
}

const _: () = assert!(ENCODINGS.len() + CharsetCode::FIRST as usize <= 1 << CharsetCode::BITS);

/// Whether a record is in a declared character set. ASCII is in every one that
/// content lines can be written in, but for the escapes of ISO-2022.
pub(super) fn is_in(label: &[u8], record: &Record<'_>) -> bool {
    are_in(label, record.value(), record.not_plain())
}

/// Whether lines are in a character set. `telling` are those of them from the
/// first to the last that are not plain.
fn are_in(label: &[u8], lines: &[u8], telling: &[u8]) -> bool {
    if is_plain(telling) {
        return true;
    }
    encoding(label).is_some_and(|encoding| {
        // Where ASCII is something else, what is before decides what is after.
        let whole = !encoding.is_ascii_compatible();
        holds(encoding, if whole { lines } else { telling })
    })
}

/// Whether bytes are valid as they stand, or when folds are taken out: a fold
/// may stand within a character.
fn holds(encoding: &'static Encoding, bytes: &[u8]) -> bool {
    is_valid(encoding, bytes) || is_valid(encoding, &telling_lines(bytes))
}

/// The lines that are more than ASCII, with their folds taken out: a few bytes
/// of most records.
fn telling_lines(bytes: &[u8]) -> Vec<u8> {
    let mut telling = Vec::new();
    let mut printed = Vec::new();
    for line in Lines::new(bytes) {
        printed.clear();
        line.print(&mut printed);
        if !is_plain(&printed) {
            telling.extend_from_slice(&Value::new(&printed).unfolded());
            telling.push(b'\n');
        }
    }
    telling
}

/// Whether bytes are ASCII without the escapes of ISO-2022.
fn is_plain(bytes: &[u8]) -> bool {
    bytes.is_ascii() && !bytes.contains(&0x1b)
}

/// The encoding of a label; `None` when nobody knows it, or for plain ASCII,
/// which no byte beyond it is in.
pub(crate) fn encoding(label: &[u8]) -> Option<&'static Encoding> {
    const ASCII: [&str; 4] = ["US-ASCII", "ASCII", "ANSI_X3.4-1968", "ISO646-US"];
    let label = label.trim_ascii();
    if label.eq_ignore_ascii_case(b"UTF-8") {
        return Some(encoding_rs::UTF_8);
    }
    if ASCII
        .iter()
        .any(|ascii| label.eq_ignore_ascii_case(ascii.as_bytes()))
    {
        return None;
    }
    Encoding::for_label(label)
}

fn is_valid(encoding: &'static Encoding, bytes: &[u8]) -> bool {
    if encoding == encoding_rs::UTF_8 {
        return std::str::from_utf8(bytes).is_ok();
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut buffer = [0; 1024];
    let mut rest = bytes;
    loop {
        let (result, read, _) = decoder.decode_to_utf8_without_replacement(rest, &mut buffer, true);
        rest = rest.get(read..).unwrap_or_default();
        match result {
            DecoderResult::InputEmpty => return true,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(label: &[u8], lines: &[u8]) -> bool {
        let mut read = Lines::new(lines);
        read.by_ref().for_each(drop);
        let telling = read.not_plain();
        let found = are_in(label, lines, telling);
        assert_eq!(found, are_in(label, lines, lines));
        found
    }

    #[test]
    fn bytes_are_in_a_character_set_or_not() {
        assert!(is_in(b"ISO-8859-1", b"Sm\xf8rrebr\xf8d"));
        assert!(is_in(b"utf-8", "Smørrebrød".as_bytes()));
        assert!(!is_in(b"utf-8", b"Sm\xf8rrebr\xf8d"));
        assert!(is_in(b"Shift_JIS", b"\x89\xef\x8bc"));
        assert!(!is_in(b"EUC-JP", b"\x89\xef\x8bc"));
        assert!(is_in(b"US-ASCII", b"plain"));
        assert!(!is_in(b"US-ASCII", b"Sm\xf8rrebr\xf8d"));
        assert!(is_in(b"x-nobody-knows", b"plain"));
        assert!(!is_in(b"x-nobody-knows", b"Sm\xf8rrebr\xf8d"));
    }

    #[test]
    fn a_fold_may_stand_within_a_character() {
        assert!(is_in(b"UTF-8", b"SUMMARY:Sm\xc3\r\n \xb8rrebr\r\nX:1\r\n"));
        assert!(!is_in(b"UTF-8", b"SUMMARY:Sm\xc3\r\nX:1\r\n"));
    }

    #[test]
    fn a_set_has_the_encodings_in_which_bytes_are_valid() {
        let set = EncodingSet::of(b"Sm\xf8rrebr\xf8d");
        assert!(
            set.has(CharsetCode::of(b"ISO-8859-1")) && set.has(CharsetCode::of(b"windows-1252"))
        );
        assert!(
            !set.has(CharsetCode::of(b"UTF-8"))
                && !set.has(CharsetCode::of(b"US-ASCII"))
                && !set.has(CharsetCode::of(b"x-nobody-knows"))
        );
    }
}
