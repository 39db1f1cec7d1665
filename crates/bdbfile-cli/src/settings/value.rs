//! Values of options, from their words.

use std::num::NonZeroUsize;

use bdbfile::layout::{Endian, Kind, MAX_PAGE_SIZE, MIN_PAGE_SIZE};
use option_table::Form;

/// A kind of database that can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NewKind {
    Btree,
    Hash,
    Recno,
    Queue,
}

impl NewKind {
    const ALL: [Self; 4] = [Self::Btree, Self::Hash, Self::Recno, Self::Queue];

    /// The name that libdb's tools give it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Btree => "btree",
            Self::Hash => "hash",
            Self::Recno => "recno",
            Self::Queue => "queue",
        }
    }

    /// The kind of a name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether records have numbers in the place of keys.
    pub(crate) const fn is_numbered(self) -> bool {
        matches!(self, Self::Recno | Self::Queue)
    }
}

pub(super) fn form(word: &str) -> Result<Form, String> {
    Form::of_name(word).ok_or_else(|| {
        let all = Form::NAMES.replace('|', ", ");
        format!("'{word}' cannot be generated; what can is {all}")
    })
}

pub(super) fn kind(word: &str) -> Result<NewKind, String> {
    NewKind::of(word).ok_or_else(|| format!("'{word}' is not btree, hash, recno or queue"))
}

/// A kind that any database can become.
pub(super) fn kind_to_become(word: &str) -> Result<NewKind, String> {
    match NewKind::of(word) {
        Some(NewKind::Queue) => {
            Err("a queue is written as it was read, and nothing becomes one".to_owned())
        }
        Some(kind) => Ok(kind),
        None => Err(format!("'{word}' is not btree, hash or recno")),
    }
}

pub(super) fn endian(word: &str) -> Result<Endian, String> {
    match word {
        "le" => Ok(Endian::Little),
        "be" => Ok(Endian::Big),
        // db_load's own words.
        _ => word
            .parse()
            .ok()
            .and_then(lorder)
            .ok_or_else(|| format!("'{word}' is not le or be")),
    }
}

/// The byte order of a number as libdb has it.
pub(crate) fn lorder(number: u32) -> Option<Endian> {
    Endian::BOTH
        .into_iter()
        .find(|endian| endian.lorder() == number)
}

pub(super) fn page_size(word: &str) -> Result<u32, String> {
    word.parse()
        .ok()
        .filter(|size| is_page_size(*size))
        .ok_or_else(|| {
            format!("'{word}' is not a power of two from {MIN_PAGE_SIZE} to {MAX_PAGE_SIZE}")
        })
}

pub(crate) fn is_page_size(size: u32) -> bool {
    size.is_power_of_two() && (MIN_PAGE_SIZE..=MAX_PAGE_SIZE).contains(&size)
}

pub(super) fn number(word: &str) -> Result<u32, String> {
    word.parse()
        .map_err(|_| format!("'{word}' is not a number"))
}

pub(super) fn threads(word: &str) -> Result<NonZeroUsize, String> {
    word.parse()
        .map_err(|_| format!("'{word}' is not a number of threads"))
}

/// Bytes, as `1000`, `64K`, `256M`, `1G`.
pub(super) fn bytes(word: &str) -> Result<usize, String> {
    let units = [(['K', 'k'], 10), (['M', 'm'], 20), (['G', 'g'], 30)];
    let (digits, shift) = units
        .into_iter()
        .find_map(|(unit, shift)| Some((word.strip_suffix(unit)?, shift)))
        .unwrap_or((word, 0));
    digits
        .parse::<usize>()
        .ok()
        .and_then(|number| number.checked_mul(1 << shift))
        .filter(|bytes| *bytes > 0)
        .ok_or_else(|| format!("'{word}' is not a number of bytes, as 64M"))
}

/// The id of a transaction, in hex as it is printed.
pub(super) fn transaction(word: &str) -> Result<u32, String> {
    let digits = word.strip_prefix("0x").unwrap_or(word);
    u32::from_str_radix(digits, 16)
        .map_err(|_| format!("'{word}' is not the id of a transaction, as 80000003"))
}

/// Twenty bytes in hex.
pub(super) fn file_id(word: &str) -> Result<[u8; 20], String> {
    let wrong = || format!("'{word}' is not 40 hex digits");
    let digits: Option<Vec<u32>> = word.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits
        .filter(|digits| digits.len() == 40)
        .ok_or_else(wrong)?;
    let mut id = [0; 20];
    for (byte, pair) in id.iter_mut().zip(digits.chunks(2)) {
        let value = pair.iter().fold(0, |value, digit| value << 4 | digit);
        *byte = u8::try_from(value).map_err(|_| wrong())?;
    }
    Ok(id)
}

/// The version of the format, of a kind that is told or not.
pub(super) fn format_version(word: &str) -> Result<u32, String> {
    let version = number(word)?;
    let known = [Kind::Btree, Kind::Hash]
        .into_iter()
        .any(|kind| written(kind).contains(&version));
    if known {
        Ok(version)
    } else {
        Err(format!("version {version} is not written"))
    }
}

/// The versions of a kind that are written, the default first.
pub(crate) const fn written(kind: Kind) -> &'static [u32] {
    match kind {
        Kind::Btree => &[9, 8],
        Kind::Hash => &[8, 7, 9],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_their_values() {
        assert_eq!(bytes("64K"), Ok(65536));
        assert_eq!(bytes("3m"), Ok(3 << 20));
        assert_eq!(bytes("17"), Ok(17));
        for wrong in [
            "",
            "K",
            "0",
            "-1",
            "1T",
            "99999999999999999999",
            "99999999999G",
        ] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
        assert_eq!(endian("be"), Ok(Endian::Big));
        assert_eq!(endian("1234"), Ok(Endian::Little));
        assert!(endian("5").is_err());
        assert_eq!(page_size("512"), Ok(512));
        assert!(page_size("1000").is_err());
        assert_eq!(file_id(&"0f".repeat(20)), Ok([15; 20]));
        assert!(file_id(&"0f".repeat(19)).is_err());
        assert!(file_id(&"é".repeat(20)).is_err());
        assert!(format_version("6").is_err());
    }
}
