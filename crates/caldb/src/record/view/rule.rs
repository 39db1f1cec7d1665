//! Recurrence rules.

use crate::record::content_line::{Line, Lines, Value};
use crate::record::fields::Field;
use crate::record::recognise::Record;

/// A recurrence rule, such as `FREQ=WEEKLY;COUNT=10`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule<'a>(Value<'a>);

/// The rules of a component.
#[derive(Debug, Clone)]
pub struct Rules<'a> {
    lines: Lines<'a>,
    /// How many components the next line is in, within that of the rules.
    depth: usize,
}

impl<'a> Rules<'a> {
    pub(super) fn of(record: &Record<'a>) -> Self {
        Self {
            lines: Lines::new(record.rules.bytes()),
            depth: 0,
        }
    }
}

impl<'a> Iterator for Rules<'a> {
    type Item = Rule<'a>;

    fn next(&mut self) -> Option<Rule<'a>> {
        for property in self.lines.by_ref().filter_map(Line::property) {
            if property.is("BEGIN") {
                self.depth = self.depth.saturating_add(1);
            } else if property.is("END") {
                self.depth = self.depth.saturating_sub(1);
            } else if self.depth == 0 && property.is("RRULE") {
                return Some(Rule(property.value()));
            }
        }
        None
    }
}

impl<'a> Rule<'a> {
    /// A value as a rule.
    pub const fn new(value: Value<'a>) -> Self {
        Self(value)
    }

    /// The rule as it is written.
    pub fn value(self) -> Value<'a> {
        self.0
    }

    /// Whether it has a COUNT or an UNTIL. On the wire rules stand in quotes,
    /// and may do so here.
    pub fn is_bounded(self) -> bool {
        let rule = self.0.unfolded();
        rule.split(|byte| matches!(byte, b';' | b'"')).any(|part| {
            [&b"COUNT="[..], b"UNTIL="].iter().any(|bound| {
                part.get(..bound.len())
                    .is_some_and(|front| front.eq_ignore_ascii_case(bound))
            })
        })
    }
}

/// Whether a record says that something recurs: by rule or by dates.
pub(super) fn recurs(record: &Record<'_>) -> bool {
    [
        Field::Rule,
        Field::Dates,
        Field::ExceptRule,
        Field::ExceptDates,
    ]
    .into_iter()
    .any(|field| record.fields.value(field).is_some())
}
