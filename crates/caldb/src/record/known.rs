//! Which properties and shapes are known, and from where.
//!
//! A name that is not in the tables is no reason not to recognise a record:
//! what is stored is a superset of iCalendar.

use crate::provenance::Provenance::{self, Composed, Documented, Inferred};

/// What is known of a property, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PropertyFact {
    /// The name, in upper case.
    pub name: &'static str,
    /// What is read from it.
    pub means: &'static str,
    /// Where this comes from. That a record holds it as a content line is
    /// composed, whatever is said here.
    pub provenance: Provenance,
}

/// What is known of how something is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShapeFact {
    /// A name for it.
    pub id: &'static str,
    /// How it is spelt.
    pub shape: &'static str,
    /// Where this comes from.
    pub provenance: Provenance,
}

/// What the names of a calendar's properties begin with.
pub const CALENDAR_PREFIX: [&str; 2] = ["X-NSCP-CALPROPS-", "X-S1CS-CALPROPS-"];

const RFC: Provenance = Documented(
    "RFC 2445; the WCAP guides (819-2434, 819-4655) list it among what an event or todo has",
);
const WCAP: Provenance = Documented("WCAP guides 819-2434 (6 2005Q4) and 819-4655 (6.3)");
const CALPROPS: Provenance = Documented(
    "WCAP guide 819-4655, get_calprops: the X-tokens of a calendar; the sample block in 819-2434",
);
const DELETED: Provenance =
    Documented("WCAP guide 819-4655, fetch_deletedcomponents; a third-party server imitates it");

macro_rules! properties {
    ($($name:literal, $means:literal, $provenance:expr;)*) => {
        &[$(PropertyFact { name: $name, means: $means, provenance: $provenance }),*]
    };
}

/// The properties that views, checks and recognition read.
pub const PROPERTIES: &[PropertyFact] = properties! {
    "BEGIN", "the begin of a component", RFC;
    "END", "the end of a component", RFC;
    "UID", "what names a component and its series", RFC;
    "RECURRENCE-ID", "which instance of a series this is; always a UTC time, `0` for none",
        Documented("WCAP guides, rid in delete and fetch commands; source of public WCAP clients");
    "DTSTART", "when it starts", RFC;
    "DTEND", "when an event ends", RFC;
    "DUE", "when a todo is due", RFC;
    "DTSTAMP", "when it was last written", RFC;
    "CREATED", "when it was made", RFC;
    "LAST-MODIFIED", "when it was changed; in the delete log, when it was deleted", RFC;
    "SUMMARY", "title", RFC;
    "LOCATION", "place; the literal `<NONE>` means there is none",
        Documented("WCAP guides; `<NONE>` by the source of a public WCAP client");
    "DESCRIPTION", "text; the literal `<NONE>` means there is none",
        Documented("WCAP guides; `<NONE>` by the source of a public WCAP client");
    "CLASS", "who may see it", RFC;
    "STATUS", "status", RFC;
    "SEQUENCE", "how often it was changed", RFC;
    "RRULE", "by what rule it comes again", RFC;
    "RDATE", "at what further times it comes again", RFC;
    "EXRULE", "by what rule it does not", RFC;
    "EXDATE", "at what times it does not", RFC;
    "ORGANIZER", "who called it", RFC;
    "ATTENDEE", "who is invited; of an alarm, whom it is sent to", RFC;
    "ACTION", "what an alarm does", WCAP;
    "TRIGGER", "when an alarm goes off; time 0 means there is no alarm",
        Documented("WCAP guides; that time 0 means none by the source of public WCAP clients");
    "METHOD", "what a scheduling request asks",
        Inferred("iTIP (RFC 2446) needs one and clients pass its code; that the queue keeps it \
                  beside the component is composed");
    "REQUEST-STATUS", "what became of a scheduling request", WCAP;
    "X-NSCP-TOMBSTONE", "1: deleted but kept", WCAP;
    "X-NSCP-CHARSET", "the character set of the component", WCAP;
    "X-NSCP-ORIGINAL-DTSTART", "when it was to start before it was moved", WCAP;
    "X-NSCP-TRIGGERED_BY", "who deleted it", DELETED;
    "X-NSCP-CALPROPS-RELATIVE-CALID", "the calendar's id", CALPROPS;
    "X-NSCP-CALPROPS-NAME", "the calendar's name, which may be empty", CALPROPS;
    "X-NSCP-CALPROPS-DESCRIPTION", "the calendar's description", CALPROPS;
    "X-NSCP-CALPROPS-PRIMARY-OWNER", "the calendar's owner", CALPROPS;
    "X-NSCP-CALPROPS-OWNERS", "the calendar's other owners", CALPROPS;
    "X-NSCP-CALPROPS-CHARSET", "the calendar's character set", CALPROPS;
    "X-NSCP-CALPROPS-LANGUAGE", "the calendar's language", CALPROPS;
    "X-NSCP-CALPROPS-TZID", "the calendar's time zone", CALPROPS;
    "X-NSCP-CALPROPS-RESOURCE", "1: a room or a thing", CALPROPS;
    "X-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY", "who may do what, the first that matches wins",
        CALPROPS;
};

/// The shapes that recognition and views go by.
pub const SHAPES: &[ShapeFact] = &[
    ShapeFact {
        id: "key",
        shape: "identifiers as text with a NUL between: calid of a calendar; calid, uid, rid of a \
                component, a master and a deleted one; an aid as well of an alarm; calid, time, \
                offset, uid, sequence, rid of a queue entry",
        provenance: Composed(
            "which identifiers name what is documented (WCAP commands, event notification URIs, \
             csschedule); order and spelling in a key are this project's choice",
        ),
    },
    ShapeFact {
        id: "value",
        shape: "iCalendar content lines",
        provenance: Composed(
            "the 6.3 Administration Guide calls the schema a superset of iCalendar and what the \
             database returns a low-level format, so real values are probably not such lines",
        ),
    },
    ShapeFact {
        id: "calid",
        shape: "userid[@domain][:calendar-name]; what is before the first colon is the owner",
        provenance: Documented("Calendar Server 6.3 Administration Guide (819-4654), 15.2.1"),
    },
    ShapeFact {
        id: "ace",
        shape: "who^what^how^grant; either case; the grant letter may be cut off",
        provenance: Documented(
            "WCAP guides and administration guides 15.4.1; samples of both print 5.x entries in \
             upper case and one entry without its grant letter",
        ),
    },
    ShapeFact {
        id: "time",
        shape: "UTC in basic form, YYYYMMDDTHHMMSSZ",
        provenance: Documented("WCAP guides; csimport keeps UTC with the zone beside it"),
    },
    ShapeFact {
        id: "rid",
        shape: "a UTC time, `0` for a component that is no instance",
        provenance: Documented("WCAP guides; public clients never write a date"),
    },
];

/// What is known of a property, by its name in whatever case.
pub fn property(name: &[u8]) -> Option<&'static PropertyFact> {
    PROPERTIES
        .iter()
        .find(|fact| name.eq_ignore_ascii_case(fact.name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::fields::Field;

    #[test]
    fn every_property_that_is_read_has_its_provenance() {
        for name in Field::NAMES {
            assert!(property(name.as_bytes()).is_some(), "{name}");
        }
    }

    #[test]
    fn no_property_is_listed_twice() {
        let mut names: Vec<_> = PROPERTIES.iter().map(|fact| fact.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), PROPERTIES.len());
    }
}
