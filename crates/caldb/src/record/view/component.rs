//! Events and todos.

use super::alarm::Alarm;
use super::calid::Calid;
use super::rule::{self, Rules};
use super::series::Exception;
use crate::record::content_line::Value;
use crate::record::fields::Field;
use crate::record::recognise::{Kind, Record};

/// An event, a todo, a journal.
#[derive(Debug, Clone, Copy)]
pub struct Component<'r, 'a> {
    pub(super) record: &'r Record<'a>,
}

macro_rules! values {
    ($($(#[$doc:meta])* $name:ident = $field:ident;)*) => {
        $($(#[$doc])*
        pub fn $name(&self) -> Option<Value<'a>> {
            self.record.fields.value(Field::$field)
        })*
    };
}
pub(super) use values;

impl<'r, 'a> Component<'r, 'a> {
    /// Event, todo or journal.
    pub fn kind(&self) -> Kind {
        self.record.kind.unwrap_or(Kind::Event)
    }

    /// The calendar it is in.
    pub fn calid(&self) -> Calid<'a> {
        Calid::new(self.record.key.calid())
    }

    /// What names it and its series; `None` when it has no UID, or an empty
    /// one.
    pub fn uid(&self) -> Option<Value<'a>> {
        uid(self.record)
    }

    /// Which instance of its series it is, by its own RECURRENCE-ID or by its
    /// key.
    pub fn rid(&self) -> Option<Value<'a>> {
        rid(self.record)
    }

    values! {
        /// When it starts.
        start = Start;
        /// When it was to start before it was moved.
        original_start = OriginalStart;
        /// When it was last written (DTSTAMP).
        stamp = Stamp;
        /// When it was made.
        created = Created;
        /// When it was changed.
        last_modified = LastModified;
        /// Its title.
        summary = Summary;
        /// Where it is.
        location = Location;
        /// What it is about.
        description = Description;
        /// PUBLIC, PRIVATE or CONFIDENTIAL.
        class = Class;
        /// Its status.
        status = Status;
        /// How often it was changed.
        sequence = Sequence;
        /// Who called it.
        organizer = Organizer;
        /// The character set it declares.
        charset = Charset;
    }

    /// When it ends or is due.
    pub fn end(&self) -> Option<Value<'a>> {
        end(self.record)
    }

    /// Its recurrence rules.
    pub fn rules(&self) -> Rules<'a> {
        Rules::of(self.record)
    }

    /// Whether it has a rule, or dates, by which it comes again.
    pub fn recurs(&self) -> bool {
        rule::recurs(self.record)
    }

    /// Whether it stands for its series: it recurs and is no instance.
    pub fn is_master(&self) -> bool {
        self.recurs() && self.rid().is_none()
    }

    /// The component as an instance of a series, if it is one.
    pub fn exception(&self) -> Option<Exception<'r, 'a>> {
        let rid = self.rid()?;
        Some(Exception {
            component: *self,
            rid,
        })
    }

    /// Whether it is deleted but kept.
    pub fn is_tombstone(&self) -> bool {
        let tombstone = self.record.fields.value(Field::Tombstone);
        tombstone.is_some_and(|value| value.is(b"1"))
    }

    /// Whether a text is the literal `<NONE>`, which means there is none.
    pub fn has_none_text(&self) -> bool {
        [self.location(), self.description()]
            .into_iter()
            .flatten()
            .any(|text| text.is(b"<NONE>"))
    }

    /// Whether one of its alarms goes off at time 0.
    pub fn has_zero_alarm(&self) -> bool {
        // Few records have such a trigger anywhere.
        self.record.zero_trigger && self.alarms().any(|alarm| alarm.is_zero())
    }

    /// Its alarms.
    pub fn alarms(&self) -> impl Iterator<Item = Alarm<'a>> + use<'a> {
        Alarm::within(self.record.inner)
    }
}

pub(super) fn uid<'a>(record: &Record<'a>) -> Option<Value<'a>> {
    let uid = record.fields.value(Field::Uid);
    uid.filter(|uid| !uid.is_empty())
}

pub(super) fn rid<'a>(record: &Record<'a>) -> Option<Value<'a>> {
    let rid = record.fields.value(Field::RecurrenceId);
    rid.filter(|rid| !rid.is_empty() && !rid.is(b"0"))
        .or_else(|| record.key.rid().map(Value::new))
}

pub(super) fn end<'a>(record: &Record<'a>) -> Option<Value<'a>> {
    let end = record.fields.value(Field::End);
    end.or_else(|| record.fields.value(Field::Due))
}
