//! Alarms, in the queue and within a component.

use super::calid::Calid;
use super::time;
use crate::record::content_line::Value;
use crate::record::content_line::nesting::{Step, Steps};
use crate::record::fields::Field;
use crate::record::form::Identifier;
use crate::record::recognise::Record;

/// When an alarm goes off, and what it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Alarm<'a> {
    action: Option<Value<'a>>,
    trigger: Option<Value<'a>>,
    attendee: Option<Value<'a>>,
}

impl<'a> Alarm<'a> {
    /// The alarms from the first component within a component on. What follows
    /// the last is the end of the outer component.
    pub(super) fn within(inner: &'a [u8]) -> impl Iterator<Item = Self> + use<'a> {
        let mut steps = Steps::new(inner);
        std::iter::from_fn(move || {
            let mut alarm = None;
            loop {
                match steps.next()?.ok()? {
                    Step::Begin { kind, depth: 0, .. } if kind.is_ignoring_case(b"VALARM") => {
                        alarm = Some(Self::default());
                    }
                    Step::Property { property, depth: 1 } => {
                        if let Some(alarm) = &mut alarm {
                            let field = if property.is("ACTION") {
                                &mut alarm.action
                            } else if property.is("TRIGGER") {
                                &mut alarm.trigger
                            } else if property.is("ATTENDEE") {
                                &mut alarm.attendee
                            } else {
                                continue;
                            };
                            field.get_or_insert(property.value());
                        }
                    }
                    Step::End { depth: 0 } if alarm.is_some() => return alarm,
                    Step::Begin { .. } | Step::Property { .. } | Step::End { .. } => {}
                }
            }
        })
    }

    /// What it does, such as `EMAIL`.
    pub fn action(&self) -> Option<Value<'a>> {
        self.action
    }

    /// When it goes off: a time, or how long before.
    pub fn trigger(&self) -> Option<Value<'a>> {
        self.trigger
    }

    /// The first of those it is sent to.
    pub fn attendee(&self) -> Option<Value<'a>> {
        self.attendee
    }

    /// Whether it goes off at time 0, which the server's clients take for no
    /// alarm.
    pub fn is_zero(&self) -> bool {
        self.trigger
            .is_some_and(|trigger| time::is_zero(&trigger.unfolded()))
    }
}

/// An alarm in the queue.
#[derive(Debug, Clone, Copy)]
pub struct QueuedAlarm<'r, 'a> {
    pub(super) record: &'r Record<'a>,
}

impl<'a> QueuedAlarm<'_, 'a> {
    /// The calendar of its component.
    pub fn calid(&self) -> Calid<'a> {
        Calid::new(self.record.key.calid())
    }

    /// The component it belongs to.
    pub fn uid(&self) -> Option<&'a [u8]> {
        self.record.key.uid()
    }

    /// The instance it belongs to.
    pub fn rid(&self) -> Option<&'a [u8]> {
        self.record.key.rid()
    }

    /// Which of the component's alarms it is.
    pub fn aid(&self) -> &'a [u8] {
        self.record.key.part(Identifier::Aid)
    }

    /// What it does and when.
    pub fn alarm(&self) -> Alarm<'a> {
        let fields = &self.record.fields;
        Alarm {
            action: fields.value(Field::Action),
            trigger: fields.value(Field::Trigger),
            attendee: fields.value(Field::Attendee),
        }
    }
}
