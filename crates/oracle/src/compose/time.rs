//! Times in the documented form: UTC, basic, with a Z.

/// 1 March 2006, the first moment any sample is made: the clock is never read.
pub(super) const BASE: i64 = 1_141_171_200;
/// Seconds in a day.
pub(super) const DAY: i64 = 86_400;
/// Seconds in an hour.
pub(super) const HOUR: i64 = 3_600;

/// `YYYYMMDDTHHMMSSZ` of seconds since 1970.
pub(super) fn stamp(seconds: i64) -> String {
    let of_day = seconds.rem_euclid(DAY);
    let (hour, minute, second) = (of_day / HOUR, of_day / 60 % 60, of_day % 60);
    format!("{}T{hour:02}{minute:02}{second:02}Z", date(seconds))
}

/// `YYYYMMDD` of seconds since 1970.
pub(super) fn date(seconds: i64) -> String {
    // Days are counted from 1 March of year 0, so that a leap day ends a year
    // and 400 years are one period of 146,097 days.
    let days = seconds.div_euclid(DAY) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}{month:02}{day:02}")
}

#[cfg(test)]
mod tests {
    use super::{BASE, stamp};

    #[test]
    fn stamps_are_those_of_the_calendar() {
        assert_eq!(stamp(0), "19700101T000000Z");
        assert_eq!(stamp(BASE), "20060301T000000Z");
        assert_eq!(stamp(0x3c11_6259), "20011208T004409Z");
        assert_eq!(stamp(1_078_012_799), "20040228T235959Z");
        assert_eq!(stamp(1_078_012_800), "20040229T000000Z");
    }
}
