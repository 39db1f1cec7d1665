//! The properties that the views ask for, picked out of a record as its lines
//! go by.

use super::content_line::{Mark, Property, Value};
use super::known::CALENDAR_PREFIX;

macro_rules! fields {
    ($($field:ident = $name:literal,)*) => {
        /// A property that a view has an accessor for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(usize)]
        pub(crate) enum Field {
            $($field,)*
        }

        impl Field {
            const COUNT: usize = [$(Self::$field),*].len();
            /// The names, in the order of the fields.
            pub(super) const NAMES: [&str; Self::COUNT] = [$($name),*];
            const ALL: [Self; Self::COUNT] = [$(Self::$field),*];
        }
    };
}

fields! {
    Uid = "UID",
    RecurrenceId = "RECURRENCE-ID",
    Start = "DTSTART",
    End = "DTEND",
    Due = "DUE",
    Stamp = "DTSTAMP",
    Created = "CREATED",
    LastModified = "LAST-MODIFIED",
    Summary = "SUMMARY",
    Location = "LOCATION",
    Description = "DESCRIPTION",
    Class = "CLASS",
    Status = "STATUS",
    Sequence = "SEQUENCE",
    Rule = "RRULE",
    Dates = "RDATE",
    ExceptRule = "EXRULE",
    ExceptDates = "EXDATE",
    Organizer = "ORGANIZER",
    Tombstone = "X-NSCP-TOMBSTONE",
    Charset = "X-NSCP-CHARSET",
    OriginalStart = "X-NSCP-ORIGINAL-DTSTART",
    TriggeredBy = "X-NSCP-TRIGGERED_BY",
    RequestStatus = "REQUEST-STATUS",
    Action = "ACTION",
    Trigger = "TRIGGER",
    Attendee = "ATTENDEE",
    CalendarId = "X-NSCP-CALPROPS-RELATIVE-CALID",
    CalendarName = "X-NSCP-CALPROPS-NAME",
    CalendarDescription = "X-NSCP-CALPROPS-DESCRIPTION",
    CalendarOwner = "X-NSCP-CALPROPS-PRIMARY-OWNER",
    CalendarOwners = "X-NSCP-CALPROPS-OWNERS",
    CalendarCharset = "X-NSCP-CALPROPS-CHARSET",
    CalendarLanguage = "X-NSCP-CALPROPS-LANGUAGE",
    CalendarZone = "X-NSCP-CALPROPS-TZID",
    CalendarResource = "X-NSCP-CALPROPS-RESOURCE",
    CalendarAccess = "X-NSCP-CALPROPS-ACCESS-CONTROL-ENTRY",
}

/// No name is this long.
const LENGTHS: usize = 40;

/// The fields by the marks of their names, the shorter names first.
struct Table {
    fields: [(Mark, Field); Field::COUNT],
    /// Where the names of a length begin.
    begins: [usize; LENGTHS + 1],
}

#[allow(
    clippy::indexing_slicing,
    reason = "done when compiled, and refused there if it does not fit"
)]
static TABLE: Table = {
    let mut table = Table {
        fields: [(Mark::of(b""), Field::Uid); Field::COUNT],
        begins: [0; LENGTHS + 1],
    };
    let (mut len, mut place) = (0, 0);
    while len < LENGTHS {
        table.begins[len] = place;
        let mut number = 0;
        while number < Field::COUNT {
            let name = Field::NAMES[number].as_bytes();
            if name.len() == len {
                table.fields[place] = (Mark::of(name), Field::ALL[number]);
                place += 1;
            }
            number += 1;
        }
        len += 1;
    }
    assert!(place == Field::COUNT);
    table.begins[LENGTHS] = place;
    table
};

impl Field {
    /// The field of a name that has no folds.
    #[inline]
    fn of(name: &[u8]) -> Option<Self> {
        let begin = *TABLE.begins.get(name.len())?;
        let end = *TABLE.begins.get(name.len().saturating_add(1))?;
        let mark = Mark::of(name);
        let alike = TABLE.fields.get(begin..end)?;
        let (_, field) = alike.iter().find(|(known_mark, field)| {
            let known = Self::NAMES.get(*field as usize);
            known.is_some_and(|known| {
                Mark::are_of_one_name(mark, name, *known_mark, known.as_bytes())
            })
        })?;
        Some(*field)
    }
}

/// The value of the first property of each field.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a> {
    first: [Option<Value<'a>>; Field::COUNT],
}

impl<'a> Fields<'a> {
    pub(super) const fn new() -> Self {
        Self {
            first: [None; Field::COUNT],
        }
    }

    /// Takes a property in, if it is one that a view asks for, and says
    /// which.
    #[inline]
    pub(super) fn add(&mut self, property: Property<'a>) -> Option<Field> {
        let field = Field::of(&property.name())?;
        if let Some(first) = self.first.get_mut(field as usize) {
            first.get_or_insert(property.value());
        }
        Some(field)
    }

    /// The value of the first property of a field.
    pub(super) fn value(&self, field: Field) -> Option<Value<'a>> {
        self.first.get(field as usize).copied().flatten()
    }
}

/// Whether a name is one of a calendar's properties.
pub(super) fn is_calendar_property(name: &[u8]) -> bool {
    CALENDAR_PREFIX.iter().any(|prefix| {
        name.get(..prefix.len())
            .is_some_and(|front| front.eq_ignore_ascii_case(prefix.as_bytes()))
    })
}
