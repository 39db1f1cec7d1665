//! The definitions of time zones, of the IANA time zone database that comes
//! with the program.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use super::line::ContentLine;

/// Not that of the machine: the same store gives the same text everywhere.
static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The last year of which changes are written.
const LAST_YEAR: i16 = 2037;

/// The name that the database has for a zone, if it knows it.
pub(super) fn known(name: &str) -> Option<String> {
    let zone = ZONES.get(name).ok()?;
    zone.iana_name().map(str::to_owned)
}

/// One of the kinds of time that a zone has, and what it comes after.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Observance {
    daylight: bool,
    from: i32,
    to: i32,
    abbreviation: String,
}

/// Appends the definition of a zone that the database knows.
pub(super) fn define(name: &str, into: &mut Vec<u8>) {
    let Ok(zone) = ZONES.get(name) else {
        return;
    };
    line("BEGIN", "VTIMEZONE", into);
    ContentLine::new("TZID").text(name).print(into);
    for (observance, begins) in observances(&zone) {
        let kind = if observance.daylight {
            "DAYLIGHT"
        } else {
            "STANDARD"
        };
        line("BEGIN", kind, into);
        let mut begins = begins.iter();
        if let Some(first) = begins.next() {
            line("DTSTART", first, into);
        }
        let more: Vec<&str> = begins.map(String::as_str).collect();
        if !more.is_empty() {
            line("RDATE", &more.join(","), into);
        }
        line("TZOFFSETFROM", &offset(observance.from), into);
        line("TZOFFSETTO", &offset(observance.to), into);
        ContentLine::new("TZNAME")
            .text(&observance.abbreviation)
            .print(into);
        line("END", kind, into);
    }
    line("END", "VTIMEZONE", into);
}

/// The kinds of time of a zone from 1970 on, each with the local times at which
/// it begins.
fn observances(zone: &TimeZone) -> BTreeMap<Observance, Vec<String>> {
    let epoch = Timestamp::UNIX_EPOCH;
    let info = zone.to_offset_info(epoch);
    let mut before = info.offset();
    let mut found: BTreeMap<Observance, Vec<String>> = BTreeMap::new();
    let mut add = |daylight: bool, from: Offset, to: Offset, name: &str, at: Timestamp| {
        let observance = Observance {
            daylight,
            from: from.seconds(),
            to: to.seconds(),
            abbreviation: name.to_owned(),
        };
        // It begins by the clock as it was until then.
        let begins = from.to_datetime(at).strftime("%Y%m%dT%H%M%S").to_string();
        found.entry(observance).or_default().push(begins);
    };
    // The clock shows 1970 then, whatever the offset.
    let start = before.to_timestamp(jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0));
    let start = start.unwrap_or(epoch);
    add(
        info.dst().is_dst(),
        before,
        before,
        info.abbreviation(),
        start,
    );
    for change in zone.following(epoch) {
        let (at, after) = (change.timestamp(), change.offset());
        if after.to_datetime(at).year() > LAST_YEAR {
            break;
        }
        add(
            change.dst().is_dst(),
            before,
            after,
            change.abbreviation(),
            at,
        );
        before = after;
    }
    found
}

fn line(name: &str, value: &str, into: &mut Vec<u8>) {
    ContentLine::new(name).raw(value).print(into);
}

/// An offset as RFC 5545 writes it.
fn offset(seconds: i32) -> String {
    let sign = if seconds < 0 { '-' } else { '+' };
    let seconds = seconds.unsigned_abs();
    let [hours, minutes, rest] = [seconds / 3600, seconds / 60 % 60, seconds % 60];
    if rest == 0 {
        format!("{sign}{hours:02}{minutes:02}")
    } else {
        format!("{sign}{hours:02}{minutes:02}{rest:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_defined_by_its_changes() {
        assert_eq!(known("europe/paris"), Some("Europe/Paris".to_owned()));
        assert_eq!(known("Customized Time Zone"), None);
        let mut text = Vec::new();
        define("Europe/Paris", &mut text);
        let text = String::from_utf8(text).unwrap().replace("\r\n ", "");
        let summer = text
            .split("BEGIN:DAYLIGHT")
            .find(|it| it.contains("TZNAME:CEST"))
            .unwrap();
        assert!(summer.contains("20060326T020000"), "{text}");
        assert!(summer.contains("TZOFFSETFROM:+0100\r\nTZOFFSETTO:+0200\r\n"));
        assert!(text.contains("20061029T030000") && text.contains("20371025T030000"));
        assert!(!text.contains("2038"));
        assert_eq!(offset(-12_600), "-0330");
        assert_eq!(offset(561), "+000921");
    }

    #[test]
    fn a_zone_without_changes_has_one_kind_of_time() {
        let mut text = Vec::new();
        define("UTC", &mut text);
        assert_eq!(
            String::from_utf8(text).unwrap(),
            "BEGIN:VTIMEZONE\r\nTZID:UTC\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0000\r\nTZNAME:UTC\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n"
        );
    }
}
