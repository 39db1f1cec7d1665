//! Which properties RFC 5545 knows (3.6 and 3.8), where, and of what type.

/// Where a property stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Within(u8);

impl Within {
    /// Properties of a calendar: RFC 5545 knows none that a store has.
    pub(super) const CALENDAR: Self = Self(0);
    pub(super) const EVENT: Self = Self(1);
    pub(super) const TODO: Self = Self(2);
    pub(super) const JOURNAL: Self = Self(4);
    pub(super) const ALARM: Self = Self(8);
    const DATED: Self = Self(1 | 2);
    const ANY: Self = Self(1 | 2 | 4);

    const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// The types of values that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    /// Texts with commas between.
    Texts,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// A name, known or not.
    Token,
    Utc,
    Time,
    Times,
    TimesOrPeriods,
    Rule,
    Integer(i32, i32),
    Uri,
    UriOrBytes,
    Address,
    Duration,
    Place,
    Status,
    /// A time or a duration.
    Trigger,
}

/// A property that RFC 5545 knows.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub(super) name: &'static str,
    pub(super) within: Within,
    /// Where it stands once at most.
    once: Within,
    pub(super) kind: Type,
}

impl Known {
    /// Whether it stands once at most in such a component.
    pub(super) fn is_once(&self, within: Within) -> bool {
        self.once.has(within)
    }
}

const NONE: Within = Within(0);
const ALL: Within = Within::ANY.and(Within::ALARM);
const NOT_JOURNAL: Within = Within::DATED.and(Within::ALARM);
const EVENT_STATUS: &[&str] = &["TENTATIVE", "CONFIRMED", "CANCELLED"];
const TODO_STATUS: &[&str] = &["NEEDS-ACTION", "COMPLETED", "IN-PROCESS", "CANCELLED"];
const JOURNAL_STATUS: &[&str] = &["DRAFT", "FINAL", "CANCELLED"];

const fn known(name: &'static str, within: Within, once: Within, kind: Type) -> Known {
    Known {
        name,
        within,
        once,
        kind,
    }
}

static KNOWN: &[Known] = &[
    known("UID", Within::ANY, Within::ANY, Type::Text),
    known("DTSTAMP", Within::ANY, Within::ANY, Type::Utc),
    known("DTSTART", Within::ANY, Within::ANY, Type::Time),
    known("DTEND", Within::EVENT, Within::EVENT, Type::Time),
    known("DUE", Within::TODO, Within::TODO, Type::Time),
    known("DURATION", NOT_JOURNAL, NOT_JOURNAL, Type::Duration),
    known("RECURRENCE-ID", Within::ANY, Within::ANY, Type::Time),
    known("RRULE", Within::ANY, NONE, Type::Rule),
    known("RDATE", Within::ANY, NONE, Type::TimesOrPeriods),
    // Of RFC 2445, and deprecated; there is nothing else that says it.
    known("EXRULE", Within::ANY, NONE, Type::Rule),
    known("EXDATE", Within::ANY, NONE, Type::Times),
    known("CREATED", Within::ANY, Within::ANY, Type::Utc),
    known("LAST-MODIFIED", Within::ANY, Within::ANY, Type::Utc),
    known("COMPLETED", Within::TODO, Within::TODO, Type::Utc),
    known("SUMMARY", ALL, ALL, Type::Text),
    known("DESCRIPTION", ALL, NOT_JOURNAL, Type::Text),
    known("LOCATION", Within::DATED, Within::DATED, Type::Text),
    known("COMMENT", Within::ANY, NONE, Type::Text),
    known("CONTACT", Within::ANY, NONE, Type::Text),
    known("RELATED-TO", Within::ANY, NONE, Type::Text),
    known("CATEGORIES", Within::ANY, NONE, Type::Texts),
    known("RESOURCES", Within::DATED, NONE, Type::Texts),
    known("CLASS", Within::ANY, Within::ANY, Type::Token),
    known(
        "TRANSP",
        Within::EVENT,
        Within::EVENT,
        Type::OneOf(&["OPAQUE", "TRANSPARENT"]),
    ),
    known(
        "STATUS",
        Within::EVENT,
        Within::EVENT,
        Type::OneOf(EVENT_STATUS),
    ),
    known(
        "STATUS",
        Within::TODO,
        Within::TODO,
        Type::OneOf(TODO_STATUS),
    ),
    known(
        "STATUS",
        Within::JOURNAL,
        Within::JOURNAL,
        Type::OneOf(JOURNAL_STATUS),
    ),
    known(
        "PRIORITY",
        Within::DATED,
        Within::DATED,
        Type::Integer(0, 9),
    ),
    known(
        "PERCENT-COMPLETE",
        Within::TODO,
        Within::TODO,
        Type::Integer(0, 100),
    ),
    known(
        "SEQUENCE",
        Within::ANY,
        Within::ANY,
        Type::Integer(0, i32::MAX),
    ),
    known(
        "REPEAT",
        Within::ALARM,
        Within::ALARM,
        Type::Integer(0, i32::MAX),
    ),
    known("GEO", Within::DATED, Within::DATED, Type::Place),
    known("URL", Within::ANY, Within::ANY, Type::Uri),
    known("ATTACH", ALL, NONE, Type::UriOrBytes),
    known("ORGANIZER", Within::ANY, Within::ANY, Type::Address),
    known("ATTENDEE", ALL, NONE, Type::Address),
    known("REQUEST-STATUS", Within::ANY, NONE, Type::Status),
    known("ACTION", Within::ALARM, Within::ALARM, Type::Token),
    known("TRIGGER", Within::ALARM, Within::ALARM, Type::Trigger),
];

/// What RFC 5545 knows of a name in upper case, in such a component.
pub(super) fn property(name: &str, within: Within) -> Option<&'static Known> {
    let mut of_name = KNOWN.iter().filter(|known| known.name == name);
    of_name.find(|known| known.within.has(within))
}

/// Whether RFC 5545 knows a parameter of this name.
pub(super) fn is_parameter(name: &str) -> bool {
    const PARAMETERS: [&str; 18] = [
        "ALTREP",
        "CN",
        "CUTYPE",
        "DELEGATED-FROM",
        "DELEGATED-TO",
        "DIR",
        "FBTYPE",
        "FMTTYPE",
        "LANGUAGE",
        "MEMBER",
        "PARTSTAT",
        "RANGE",
        "RELATED",
        "RELTYPE",
        "ROLE",
        "RSVP",
        "SENT-BY",
        "TZID",
    ];
    PARAMETERS.contains(&name)
}

/// Whether the values of a parameter stand in quotes always: they are URIs.
pub(super) fn is_quoted(name: &str) -> bool {
    [
        "ALTREP",
        "DELEGATED-FROM",
        "DELEGATED-TO",
        "DIR",
        "MEMBER",
        "SENT-BY",
    ]
    .contains(&name)
}
