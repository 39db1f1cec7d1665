//! The properties that the views ask for, picked out of a record as its lines
//! go by.

use super::content_line::{Property, Value};
use super::known::CALENDAR_PREFIX;

macro_rules! fields {
    ($($field:ident = $name:literal,)*) => {
        /// A property that a view has an accessor for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(usize)]
        pub(super) enum Field {
            $($field,)*
        }

        impl Field {
            const COUNT: usize = [$(Self::$field),*].len();
            #[cfg(test)]
            pub(super) const NAMES: [&str; Self::COUNT] = [$($name),*];
            /// No name is this long.
            const LENGTHS: usize = 64;
            /// Whether some name has this many bytes and begins like this:
            /// most properties are told to be no field by this alone.
            #[allow(clippy::indexing_slicing, reason = "done when compiled")]
            const MAYBE: [u32; Self::LENGTHS] = {
                let mut maybe = [0; Self::LENGTHS];
                $(maybe[$name.len()] |= initial($name.as_bytes()[0]);)*
                maybe
            };

            /// The field of a name that has no folds.
            #[inline]
            fn of(name: &[u8]) -> Option<Self> {
                let (first, length) = (*name.first()?, name.len());
                if Self::MAYBE.get(length)? & initial(first) == 0 {
                    return None;
                }
                $(if $name.len() == length && name.eq_ignore_ascii_case($name.as_bytes()) {
                    return Some(Self::$field);
                })*
                None
            }
        }
    };
}

/// A bit for a letter, in whatever case.
const fn initial(byte: u8) -> u32 {
    1 << (byte & 0x1f)
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

    /// Takes a property in, if it is one that a view asks for.
    #[inline]
    pub(super) fn add(&mut self, property: Property<'a>) {
        let name = property.raw_name();
        let field = if name.contains(&b'\n') || name.contains(&b'\r') {
            Field::of(&property.name())
        } else {
            Field::of(name)
        };
        if let Some(first) = field.and_then(|field| self.first.get_mut(field as usize)) {
            first.get_or_insert(property.value());
        }
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
