//! Whether a record has the form of its file.
//!
//! A record is recognised when its key has the form and its value parses
//! wholly, every line of it, as what the file's role holds:
//!
//! | role | value |
//! |---|---|
//! | calendar properties | properties, at least one of them a calendar's; no component |
//! | events, todos, journals | one `VEVENT`, `VTODO`, `VJOURNAL` and nothing beside it |
//! | alarms | one `VALARM` |
//! | scheduling queue | one `VEVENT`, `VTODO`, `VJOURNAL` or `VFREEBUSY`; properties beside it |
//! | recurring | one `VEVENT` or `VTODO` |
//! | delete log | one `VEVENT` or `VTODO`, or properties alone that say who deleted it |
//!
//! This is the composed form (see [`form`](super::form)). All else is opaque.

use super::content_line::nesting::{Step, Steps};
use super::content_line::{Span, Value};
use super::fields::{Field, Fields, is_calendar_property};
use super::form::{RecordForm, ValueForm};
use super::key::Key;
use super::view::{View, time};
use crate::files::Role;

/// What is known of a record.
#[derive(Debug, Clone, Copy)]
#[allow(
    clippy::large_enum_variant,
    reason = "a box would be an allocation for every record"
)]
pub enum Recognised<'a> {
    /// Key and value have the form of the file.
    Lines(Record<'a>),
    /// They have not, or nobody knows the form: the record is carried as it is.
    Opaque,
}

/// A recognised record.
#[derive(Debug, Clone, Copy)]
pub struct Record<'a> {
    pub(super) role: Role,
    pub(super) key: Key<'a>,
    pub(super) value: &'a [u8],
    pub(super) kind: Option<Kind>,
    /// Of the component, or of the record when it has none.
    pub(super) fields: Fields<'a>,
    /// Of the lines beside the component.
    pub(super) method: Option<Value<'a>>,
    /// From the first component within the component to the end.
    pub(super) inner: &'a [u8],
    /// From the first rule of the component, or of the record when it has none,
    /// to the last.
    pub(super) rules: Span<'a>,
    /// Whether something within the component has a trigger at time 0.
    pub(super) zero_trigger: bool,
    /// The lines from the first to the last that are not plain.
    not_plain: &'a [u8],
}

/// The kinds of components that a store holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `VEVENT`
    Event,
    /// `VTODO`
    Todo,
    /// `VJOURNAL`
    Journal,
    /// `VALARM`
    Alarm,
    /// `VFREEBUSY`
    FreeBusy,
}

impl Kind {
    fn of(name: Value<'_>) -> Option<Self> {
        [
            (&b"VEVENT"[..], Self::Event),
            (b"VTODO", Self::Todo),
            (b"VALARM", Self::Alarm),
            (b"VJOURNAL", Self::Journal),
            (b"VFREEBUSY", Self::FreeBusy),
        ]
        .into_iter()
        .find_map(|(known, kind)| name.is_ignoring_case(known).then_some(kind))
    }
}

/// Recognises a record of a file.
pub fn recognise<'a>(form: &RecordForm, key: &'a [u8], value: &'a [u8]) -> Recognised<'a> {
    let key = match form.value {
        ValueForm::ContentLines { .. } => Key::parse(&form.key, key),
        ValueForm::Opaque => None,
    };
    let Some(key) = key else {
        return Recognised::Opaque;
    };
    let mut record = Record::new(form.role, key, value);
    if record.read().is_some_and(|whole| whole) {
        Recognised::Lines(record)
    } else {
        Recognised::Opaque
    }
}

impl<'a> Recognised<'a> {
    /// The record, when it is recognised.
    pub fn record(self) -> Option<Record<'a>> {
        match self {
            Self::Lines(record) => Some(record),
            Self::Opaque => None,
        }
    }
}

impl<'a> Record<'a> {
    /// What the file of the record is for.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Its key.
    pub fn key(&self) -> &Key<'a> {
        &self.key
    }

    /// Its value, byte for byte.
    pub fn value(&self) -> &'a [u8] {
        self.value
    }

    /// Of the lines of the value, those from the first to the last that have,
    /// beside ends and folds, a control character or a byte beyond ASCII.
    pub(crate) fn not_plain(&self) -> &'a [u8] {
        self.not_plain
    }

    /// The kind of its component, if it has one.
    pub fn kind(&self) -> Option<Kind> {
        self.kind
    }

    /// The value of the first property of a field: of its component, or its own
    /// where it has none.
    pub(crate) fn field(&self, field: Field) -> Option<Value<'a>> {
        self.fields.value(field)
    }

    /// What it says.
    pub fn view(&self) -> View<'_, 'a> {
        View::of(self)
    }

    /// A record of which nothing was read yet.
    fn new(role: Role, key: Key<'a>, value: &'a [u8]) -> Self {
        Self {
            role,
            key,
            value,
            kind: None,
            fields: Fields::new(),
            method: None,
            inner: &[],
            rules: Span::default(),
            zero_trigger: false,
            not_plain: &[],
        }
    }

    /// One pass over the lines; `None` as soon as they cannot be what the role
    /// holds, and whether they are it at the end.
    fn read(&mut self) -> Option<bool> {
        let role = self.role;
        let (mut beside, mut of_calendar) = (false, false);
        let mut steps = Steps::new(self.value);
        loop {
            let line = steps.rest();
            let Some(step) = steps.next() else {
                break;
            };
            match step.ok()? {
                Step::Property { property, depth } if depth < 2 => {
                    if depth == 0 {
                        beside = true;
                        if role == Role::SchedulingQueue {
                            if self.method.is_none() && property.is("METHOD") {
                                self.method = Some(property.value());
                            }
                            continue;
                        }
                        of_calendar |= is_calendar_property(property.raw_name());
                    }
                    if self.fields.add(property) == Some(Field::Rule) {
                        self.rules.take_in(line, steps.rest());
                    }
                }
                Step::Property { property, .. } => {
                    self.zero_trigger |=
                        property.is("TRIGGER") && time::is_zero(&property.value().unfolded());
                }
                Step::Begin { kind, depth: 0, .. } => {
                    let kind = Kind::of(kind).filter(|kind| holds(role, *kind))?;
                    if self.kind.replace(kind).is_some() {
                        return None;
                    }
                }
                Step::Begin { rest, depth: 1, .. } if self.inner.is_empty() => {
                    self.inner = rest;
                }
                Step::Begin { .. } | Step::End { .. } => {}
            }
        }
        self.not_plain = steps.not_plain();
        Some(match (role, self.kind) {
            (Role::CalendarProperties, _) => of_calendar,
            (Role::DeleteLog, Some(_)) => !beside,
            (Role::DeleteLog, None) => self.fields.value(Field::TriggeredBy).is_some(),
            (Role::SchedulingQueue, kind) => kind.is_some(),
            (_, kind) => kind.is_some() && !beside,
        })
    }
}

/// Whether the records of a file hold such components.
fn holds(role: Role, kind: Kind) -> bool {
    match role {
        Role::Events => kind == Kind::Event,
        Role::Todos => kind == Kind::Todo,
        Role::Journals => kind == Kind::Journal,
        Role::Alarms => kind == Kind::Alarm,
        Role::SchedulingQueue => kind != Kind::Alarm,
        Role::Recurring | Role::DeleteLog => matches!(kind, Kind::Event | Kind::Todo),
        Role::CalendarProperties | Role::VersionIdentifier => false,
    }
}
