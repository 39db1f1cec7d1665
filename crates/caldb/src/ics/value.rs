//! Which values are of the types that RFC 5545 (3.3) gives them.

/// What a time is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Time {
    /// `20060525`
    Date,
    /// `20060525T153000`
    Local,
    /// `20060525T153000Z`
    Utc,
}

/// What kind of time this is, if it is one.
pub(super) fn time(text: &str) -> Option<Time> {
    let (date, clock) = match text.split_once('T') {
        None => (text, None),
        Some((date, clock)) => (date, Some(clock)),
    };
    let [year, month, day] = [
        number(date, 0, 4, 8)?,
        number(date, 4, 2, 8)?,
        number(date, 6, 2, 8)?,
    ];
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return None,
    };
    if !(1..=days).contains(&day) || year == 0 {
        return None;
    }
    let Some(clock) = clock else {
        return Some(Time::Date);
    };
    let (clock, kind) = match clock.strip_suffix('Z') {
        Some(clock) => (clock, Time::Utc),
        None => (clock, Time::Local),
    };
    let fits = number(clock, 0, 2, 6)? < 24
        && number(clock, 2, 2, 6)? < 60
        && number(clock, 4, 2, 6)? < 60;
    fits.then_some(kind)
}

/// The number of `len` digits at a place of a text that is `whole` bytes long.
fn number(text: &str, from: usize, len: usize, whole: usize) -> Option<u32> {
    if text.len() != whole {
        return None;
    }
    let digits = text.get(from..from.checked_add(len)?)?;
    let all = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| all)
}

/// What kind of times a list of them has, if it has but one kind.
pub(super) fn times(list: &str) -> Option<Time> {
    let mut times = list.split(',').map(time);
    let first = times.next()??;
    times.all(|time| time == Some(first)).then_some(first)
}

/// Whether this is a list of periods of UTC time.
pub(super) fn is_periods(list: &str) -> bool {
    list.split(',').all(|period| {
        period.split_once('/').is_some_and(|(from, to)| {
            time(from) == Some(Time::Utc)
                && (time(to) == Some(Time::Utc) || is_duration(to) && !to.starts_with('-'))
        })
    })
}

/// Whether this is a length of time, such as `-PT15M`.
pub(super) fn is_duration(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let Some(rest) = unsigned.strip_prefix('P') else {
        return false;
    };
    let (days, clock) = match rest.split_once('T') {
        None => (rest, None),
        Some((days, clock)) => (days, Some(clock)),
    };
    let in_order = |text: &str, units: &str| {
        let mut left = units;
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit());
            let Some((digits, tail)) = end.and_then(|end| rest.split_at_checked(end)) else {
                return false;
            };
            let mut tail = tail.chars();
            let unit = tail.next().and_then(|unit| left.split_once(unit));
            let Some((_, after)) = unit.filter(|_| (1..=9).contains(&digits.len())) else {
                return false;
            };
            (left, rest) = (after, tail.as_str());
        }
        true
    };
    let weeks = days.ends_with('W') && clock.is_none();
    let days_fit = in_order(days, if weeks { "W" } else { "D" });
    match clock {
        Some(clock) => days_fit && !clock.is_empty() && in_order(clock, "HMS"),
        None => days_fit && !days.is_empty(),
    }
}

/// Whether this is a recurrence rule, as far as its parts tell.
pub(super) fn is_rule(text: &str) -> bool {
    const PARTS: [&str; 14] = [
        "FREQ",
        "UNTIL",
        "COUNT",
        "INTERVAL",
        "BYSECOND",
        "BYMINUTE",
        "BYHOUR",
        "BYDAY",
        "BYMONTHDAY",
        "BYYEARDAY",
        "BYWEEKNO",
        "BYMONTH",
        "BYSETPOS",
        "WKST",
    ];
    const FREQUENCIES: [&str; 7] = [
        "SECONDLY", "MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY",
    ];
    const DAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let mut seen = Vec::new();
    for part in text.split(';') {
        let Some((name, value)) = part.split_once('=') else {
            return false;
        };
        if !PARTS.contains(&name) || seen.contains(&name) {
            return false;
        }
        seen.push(name);
        let fits = match name {
            "FREQ" => FREQUENCIES.contains(&value),
            "UNTIL" => time(value).is_some(),
            "COUNT" | "INTERVAL" => is_integer(value, 1..=i32::MAX),
            "WKST" => DAYS.contains(&value),
            "BYDAY" => value.split(',').all(|day| {
                let at = day.len().checked_sub(2);
                at.and_then(|at| day.split_at_checked(at))
                    .is_some_and(|(week, day)| {
                        DAYS.contains(&day) && (week.is_empty() || is_integer(week, -53..=53))
                    })
            }),
            _ => value.split(',').all(|one| is_integer(one, -366..=366)),
        };
        if !fits {
            return false;
        }
    }
    seen.contains(&"FREQ") && !(seen.contains(&"COUNT") && seen.contains(&"UNTIL"))
}

/// Whether this is a whole number in a range.
pub(super) fn is_integer(text: &str, range: std::ops::RangeInclusive<i32>) -> bool {
    text.parse().is_ok_and(|number| range.contains(&number))
}

/// Whether this is a URI: a scheme, a colon, and what a URI may have.
pub(super) fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        && !rest.is_empty()
        && rest
            .chars()
            .all(|c| !c.is_whitespace() && !c.is_control() && !"<>\"".contains(c))
}

/// Whether this is the URI of somebody: of a scheme that names people. What is
/// before the colon of a calendar id would do for a scheme.
pub(super) fn is_address_uri(text: &str) -> bool {
    const SCHEMES: [&str; 8] = [
        "mailto", "http", "https", "ldap", "ldaps", "sip", "tel", "urn",
    ];
    let scheme = text.split(':').next().unwrap_or_default();
    is_uri(text) && SCHEMES.iter().any(|one| scheme.eq_ignore_ascii_case(one))
}

/// Whether this is a mail address, as far as a URI is concerned.
pub(super) fn is_mail(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !"<>()[],;:\\\"%?&#/".contains(c);
    text.split_once('@')
        .is_some_and(|(who, at)| !who.is_empty() && !at.is_empty() && !at.contains('@'))
        && text.chars().all(plain)
}

/// Whether this is a place on earth: two numbers.
pub(super) fn is_place(text: &str) -> bool {
    let degrees = |text: &str, most: f64| {
        let plain = text
            .chars()
            .all(|c| c.is_ascii_digit() || "+-.".contains(c));
        plain && text.parse().is_ok_and(|it: f64| it.abs() <= most)
    };
    text.split_once(';')
        .is_some_and(|(latitude, longitude)| degrees(latitude, 90.0) && degrees(longitude, 180.0))
}

/// Whether these are bytes in base 64.
pub(super) fn is_base64(text: &str) -> bool {
    let data = text.trim_end_matches('=');
    text.len().is_multiple_of(4)
        && text.len().saturating_sub(data.len()) <= 2
        && data
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
}

/// Whether this is what became of a request, as `2.0;Success`.
pub(super) fn is_status(text: &str) -> bool {
    text.split_once(';').is_some_and(|(code, _)| {
        let mut numbers = code.split('.');
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        (2..=3).contains(&numbers.clone().count()) && numbers.all(digits)
    })
}

/// Whether this is a name.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_times_of_the_calendar() {
        for (text, kind) in [
            ("20060525", Some(Time::Date)),
            ("20060525T153000", Some(Time::Local)),
            ("20060525T153000Z", Some(Time::Utc)),
            ("20040229", Some(Time::Date)),
            ("20050229", None),
            ("20060631", None),
            ("20061301", None),
            ("00000101", None),
            ("20060525T240000Z", None),
            ("20060525T15300Z", None),
            ("2006052T1530000", None),
            ("+0060525", None),
            ("0", None),
            ("", None),
            ("2006é525", None),
        ] {
            assert_eq!(time(text), kind, "{text}");
        }
        assert_eq!(times("20060525,20060526"), Some(Time::Date));
        assert_eq!(times("20060525,20060526T000000Z"), None);
        assert!(is_periods(
            "20060525T153000Z/PT1H,20060525T153000Z/20060525T163000Z"
        ));
        assert!(!is_periods("20060525T153000Z/-PT1H"));
    }

    #[test]
    fn other_values_are_of_their_types_or_not() {
        for text in ["P1D", "-PT15M", "P1DT2H3M4S", "+P2W", "PT5S", "PT1H5S"] {
            assert!(is_duration(text), "{text}");
        }
        // The last is what the server was seen to write.
        for text in ["", "P", "PT", "P1WT1H", "PT1S2M", "1D", "PD", "P15M"] {
            assert!(!is_duration(text), "{text}");
        }
        for text in [
            "FREQ=WEEKLY",
            "FREQ=MONTHLY;BYDAY=-1FR,MO;COUNT=5",
            "FREQ=DAILY;UNTIL=20060525T153000Z",
        ] {
            assert!(is_rule(text), "{text}");
        }
        for text in [
            "",
            "WEEKLY",
            "COUNT=3",
            "FREQ=OFTEN",
            "FREQ=DAILY;COUNT=0",
            "FREQ=DAILY;FREQ=DAILY",
            "FREQ=DAILY;BYDAY=É",
        ] {
            assert!(!is_rule(text), "{text}");
        }
        assert!(is_uri("http://www.example.com/a") && !is_uri("a b:c") && !is_uri("x:"));
        assert!(is_address_uri("MAILTO:jdoe@example.com"));
        assert!(!is_address_uri("jdoe:work") && !is_address_uri("jdoe@example.com"));
        assert!(is_mail("jdoe@example.com") && !is_mail("none") && !is_mail("a@b?c=d"));
        assert!(is_place("37.386013;-122.082932") && !is_place("nan;1") && !is_place("91;1"));
        assert!(is_base64("TWFu") && is_base64("TQ==") && !is_base64("TQ=") && !is_base64("T!=="));
        assert!(is_status("2.0;Success") && is_status("3.1.2;Bad;X") && !is_status("Success"));
        assert!(is_token("PUBLIC") && !is_token("") && !is_token("<NONE>"));
    }
}
