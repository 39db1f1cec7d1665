//! Sizes of stores, as they are asked for: `100MB`, `1GB`.

use std::fmt;
use std::str::FromStr;

/// A size in bytes, told by the largest unit that keeps it whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size(pub(crate) u64);

pub(super) const GB: u64 = 1_000_000_000;

const UNITS: [(&str, u64); 3] = [("GB", GB), ("MB", 1_000_000), ("kB", 1_000)];

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is no size: a whole number and kB, MB or GB");
        let (unit, bytes) = UNITS
            .into_iter()
            .find(|(unit, _)| text.ends_with(unit))
            .ok_or_else(wrong)?;
        let number: u64 = text
            .strip_suffix(unit)
            .and_then(|number| number.parse().ok())
            .ok_or_else(wrong)?;
        match number.checked_mul(bytes) {
            Some(bytes) if bytes > 0 => Ok(Self(bytes)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = UNITS
            .into_iter()
            .find(|(_, bytes)| self.0.is_multiple_of(*bytes));
        match unit {
            Some((unit, bytes)) => write!(f, "{}{unit}", self.0 / bytes),
            None => write!(f, "{}", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_reads_as_it_is_told() {
        for text in ["1GB", "5GB", "100MB", "20MB", "1500kB"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        assert_eq!("2GB".parse(), Ok(Size(2_000_000_000)));
        assert_eq!(Size(1_000_000_000), "1000MB".parse().unwrap());
        for text in ["", "GB", "1", "1gb", "-1GB", "0MB", "99999999999GB"] {
            assert!(text.parse::<Size>().is_err(), "{text:?}");
        }
    }
}
