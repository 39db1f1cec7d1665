//! Lines within components: `BEGIN` and `END` must pair.

use super::{Line, Lines, Property, Value};

/// Components within components, at most. A calendar has an alarm in an event
/// in the calendar itself; more than this is no calendar's.
pub const DEEPEST: usize = 8;

/// A step through nested lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step<'a> {
    /// A component begins. `rest` are the bytes from its `BEGIN` on.
    Begin {
        /// Its kind, such as `VEVENT`.
        kind: Value<'a>,
        /// How many components it is in.
        depth: usize,
        /// The bytes from its `BEGIN` line to the end of all lines.
        rest: &'a [u8],
    },
    /// A component ends.
    End {
        /// How many components it was in.
        depth: usize,
    },
    /// A property.
    Property {
        /// The line.
        property: Property<'a>,
        /// How many components it is in.
        depth: usize,
    },
}

/// Why lines do not nest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NestingError {
    /// A line does not parse.
    #[error("a line is no content line")]
    RawLine,
    /// An `END` ends nothing, or something else than what was begun.
    #[error("an END has no BEGIN")]
    Unpaired,
    /// A component is never ended.
    #[error("a BEGIN has no END")]
    Unended,
    /// More than [`DEEPEST`] components in each other.
    #[error("components lie too deep in each other")]
    TooDeep,
}

/// Walks through lines, keeping count of components. After an error or the last
/// line there is nothing more.
#[derive(Debug, Clone)]
pub struct Steps<'a> {
    lines: Lines<'a>,
    open: [Value<'a>; DEEPEST],
    depth: usize,
    over: bool,
}

impl<'a> Steps<'a> {
    /// Walks through the lines of these bytes.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            lines: Lines::new(bytes),
            open: [Value::default(); DEEPEST],
            depth: 0,
            over: false,
        }
    }

    /// The bytes of the lines not yet walked through.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.lines.rest()
    }

    /// Of the lines walked through, those from the first to the last that are
    /// not plain: see [`Lines::not_plain`].
    pub(crate) fn not_plain(&self) -> &'a [u8] {
        self.lines.not_plain()
    }

    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "a step handed over in memory costs as much again"
    )]
    fn step(&mut self, property: Property<'a>, rest: &'a [u8]) -> Result<Step<'a>, NestingError> {
        let kind = property.value();
        if property.is("BEGIN") {
            let depth = self.depth;
            let place = self.open.get_mut(depth).ok_or(NestingError::TooDeep)?;
            *place = kind;
            self.depth = self.depth.saturating_add(1);
            Ok(Step::Begin { kind, depth, rest })
        } else if property.is("END") {
            let depth = self.depth.checked_sub(1).ok_or(NestingError::Unpaired)?;
            let begun = self.open.get(depth).ok_or(NestingError::Unpaired)?;
            if begun != &kind && !begun.is_ignoring_case(&kind.unfolded()) {
                return Err(NestingError::Unpaired);
            }
            self.depth = depth;
            Ok(Step::End { depth })
        } else {
            Ok(self.property(property))
        }
    }

    #[inline]
    fn property(&self, property: Property<'a>) -> Step<'a> {
        Step::Property {
            property,
            depth: self.depth,
        }
    }
}

impl<'a> Iterator for Steps<'a> {
    type Item = Result<Step<'a>, NestingError>;

    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "a step handed over in memory costs as much again"
    )]
    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let rest = self.lines.rest();
        let step = match self.lines.next() {
            Some(Line::Property(property)) => self.step(property, rest),
            Some(Line::Raw(_)) => Err(NestingError::RawLine),
            None => {
                self.over = true;
                if self.depth == 0 {
                    return None;
                }
                Err(NestingError::Unended)
            }
        };
        self.over |= step.is_err();
        Some(step)
    }
}
