//! The rules by which records become text, and how often they were applied.

use crate::provenance::Provenance::{self, Assumed, Composed, Documented, Inferred};

/// A rule of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrittenRule {
    /// Which.
    pub applied: Applied,
    /// The name of the rule: one word that stays the same.
    pub id: &'static str,
    /// What is done, and when.
    pub does: &'static str,
    /// What is counted of it, in words.
    pub counts: &'static str,
    /// Where it comes from.
    pub provenance: Provenance,
}

macro_rules! rules {
    ($($applied:ident = $id:literal, $does:literal, $counts:literal, $provenance:expr;)*) => {
        /// A rule that was applied.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Applied {
            $(#[doc = $counts] $applied,)*
        }

        impl Applied {
            const ALL: &'static [Self] = &[$(Self::$applied,)*];
        }

        /// All rules by which records become text.
        pub const RULES: &[WrittenRule] = &[
            $(WrittenRule {
                applied: Applied::$applied,
                id: $id,
                does: $does,
                counts: $counts,
                provenance: $provenance,
            },)*
        ];
    };
}

rules! {
    Tombstone = "tombstone",
        "a component that is deleted but kept (X-NSCP-TOMBSTONE:1) is left out",
        "components that are deleted but kept, left out",
        Documented("WCAP guides: 1 means deleted");
    NoStart = "no-start",
        "an event without a start that is a time is not written, and told by its name",
        "events without a start, which RFC 5545 demands",
        Documented("RFC 5545, 3.6.1: DTSTART is required where there is no METHOD; a start is not made up");
    Uid = "uid",
        "a component without a UID has that of its key; where the key has none either, the hash of calendar and value, so that the same store gives the same UID",
        "components whose UID is not their own",
        Inferred("RFC 5545, 3.6.1 demands one; the key names the component");
    Stamp = "stamp",
        "a component without DTSTAMP has the time of LAST-MODIFIED, of CREATED, or 1970",
        "components whose DTSTAMP is not their own",
        Inferred("RFC 5545, 3.8.7.2 demands one, and says that without METHOD it is the same as LAST-MODIFIED");
    MasterRepeats = "master-repeats",
        "a master entry of which the component is there too is not written again",
        "master entries whose component is written",
        Composed("the samples keep a series in both files; what real ones keep was never published");
    MasterRules = "master-rules",
        "a component without rules has those of its master entry",
        "components with the rules of their master entry",
        Inferred("both have the same calendar, UID and kind, and neither is an instance");
    MasterAlone = "master-alone",
        "a master entry of which no component is there is written as a component",
        "master entries written as components",
        Inferred("it says when the series is, and nothing else does");
    QueuedAlarm = "queued-alarm",
        "an alarm of the queue stands in the component of its calendar, UID and recurrence id, if it does not stand there already",
        "alarms of the queue put into their components",
        Inferred("the alarm's key names the component (URIs of the event notification service)");
    AlarmRepeats = "alarm-repeats",
        "an alarm of the queue that its component has already is not written again",
        "alarms of the queue that their components have",
        Inferred("the same calendar, UID, recurrence id and lines");
    AlarmAlone = "alarm-alone",
        "an alarm of the queue whose component is not written, or is one of several, is left out",
        "alarms of the queue without a certain component, left out",
        Documented("RFC 5545, 3.6.6: an alarm stands in a component");
    ZeroAlarm = "zero-alarm",
        "an alarm at time 0 is left out",
        "alarms at time 0, left out",
        Documented("source of public WCAP clients: time 0 means that there is no alarm");
    AlarmWithoutTrigger = "alarm-without-trigger",
        "an alarm without a time that can be read is left out",
        "alarms without a time, left out",
        Documented("RFC 5545, 3.6.6: an alarm has a TRIGGER; none is made up");
    AlarmText = "alarm-text",
        "an alarm without the DESCRIPTION or SUMMARY that its ACTION wants has the title of its component",
        "alarms with the title of their component",
        Inferred("RFC 5545, 3.6.6 demands them; the server makes its mails of the component");
    AlarmAction = "alarm-action",
        "an alarm without ACTION, or with EMAIL and nobody to send to, is DISPLAY",
        "alarms that became DISPLAY",
        Assumed("RFC 5545, 3.6.6 demands an ACTION, and an ATTENDEE of EMAIL; DISPLAY demands least");
    NoneText = "none-text",
        "a LOCATION or DESCRIPTION of <NONE> is left out",
        "texts that mean there is none, left out",
        Documented("source of a public WCAP client: <NONE> means that there is none");
    TimeZero = "time-zero",
        "a COMPLETED or RECURRENCE-ID of 0 is left out",
        "times 0, left out",
        Documented("WCAP guides: a recurrence id of 0 is none; source of a public WCAP client: a COMPLETED of 0 means not completed");
    NotUtf8 = "charset",
        "text is UTF-8; bytes that are not in the character set of their record (X-NSCP-CHARSET, that of its calendar, that of the profile) are U+FFFD",
        "lines with bytes that are not in their character set",
        Documented("RFC 5545, 3.1.4; WCAP guides: X-NSCP-CHARSET is the character set of the component");
    Control = "control",
        "a control character that RFC 5545 has no way to write is U+FFFD",
        "lines with control characters",
        Documented("RFC 5545, 3.1: no value has any");
    Renamed = "renamed",
        "a property or parameter that RFC 5545 does not know there, knows once, or not with this value, has X- before its name; of a property the value is a text then",
        "properties and parameters with X- before their names",
        Documented("RFC 5545, 3.8.8.2: names that begin with X- are free, and nobody need understand them");
    Zone = "zone",
        "a local time with a zone (TZID) keeps it, and the zone is defined by the IANA time zone database, for 1970 to 2037",
        "zones defined",
        Documented("RFC 5545, 3.2.19: each TZID is to be defined");
    UnknownZone = "unknown-zone",
        "a local time with a zone that the database does not know has X-TZID instead, and no zone",
        "local times of an unknown zone",
        Documented("RFC 5545, 3.2.19 and 3.3.5: without a definition it is a time of wherever one is");
    Times = "times",
        "times stay as they are written, most of them UTC; the zone beside them stays in X-NSCP-DTSTART-TZID",
        "series whose times are UTC: daylight saving may move them by an hour",
        Documented("WCAP guides: times are kept in UTC with the zone beside them; by which of the two the server repeats a series was never published");
    Address = "address",
        "an ORGANIZER or ATTENDEE that is no URI is mailto: of the address beside it (X-S1CS-EMAIL, X-NSCP-ORGANIZER-EMAIL), with the value in X-S1CS-CALID; without an address, x-calid: and the value",
        "organizers and attendees whose calendar id became a URI",
        Inferred("RFC 5545, 3.3.3 demands a URI; WCAP guide 819-4655 shows the parameters; x-calid is a name of our own");
    Inner = "inner",
        "what stands in a component and is no alarm is left out",
        "parts of components that are no alarms, left out",
        Documented("RFC 5545, 3.6: nothing else stands in one");
    EmptyCalendar = "empty-calendar",
        "a calendar with no component has the definition of its zone, or of UTC",
        "calendars without a component",
        Documented("RFC 5545, 3.6: at least one component is demanded, and a zone is one");
}

/// What became of the records of a calendar.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tally {
    /// Events written.
    pub events: u64,
    /// Todos written.
    pub todos: u64,
    /// Journals written.
    pub journals: u64,
    /// Alarms written, in all components.
    pub alarms: u64,
    /// How often each rule was applied.
    applied: [u64; Applied::ALL.len()],
}

impl Tally {
    /// How often a rule was applied.
    pub fn count(&self, applied: Applied) -> u64 {
        let count = self.applied.get(applied as usize);
        count.copied().unwrap_or_default()
    }

    /// Events, todos and journals written.
    pub fn components(&self) -> u64 {
        let both = self.events.saturating_add(self.todos);
        both.saturating_add(self.journals)
    }

    /// The rules that were applied, each with how often.
    pub fn applied(&self) -> impl Iterator<Item = (&'static WrittenRule, u64)> + use<'_> {
        let counts = self.applied.iter().copied();
        RULES.iter().zip(counts).filter(|(_, count)| *count > 0)
    }

    /// Counts a rule once more.
    pub fn add(&mut self, applied: Applied) {
        if let Some(count) = self.applied.get_mut(applied as usize) {
            *count = count.saturating_add(1);
        }
    }

    /// Adds what was counted elsewhere.
    pub fn append(&mut self, other: &Self) {
        self.events = self.events.saturating_add(other.events);
        self.todos = self.todos.saturating_add(other.todos);
        self.journals = self.journals.saturating_add(other.journals);
        self.alarms = self.alarms.saturating_add(other.alarms);
        for (mine, more) in self.applied.iter_mut().zip(other.applied) {
            *mine = mine.saturating_add(more);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_stands_at_its_own_place() {
        for (place, rule) in RULES.iter().enumerate() {
            assert_eq!(rule.applied as usize, place, "{}", rule.id);
            let mut tally = Tally::default();
            tally.add(rule.applied);
            let mut twice = tally.clone();
            twice.append(&tally);
            assert_eq!(twice.count(rule.applied), 2);
            assert_eq!(twice.applied().collect::<Vec<_>>(), [(rule, 2)]);
        }
    }
}
