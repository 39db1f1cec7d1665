//! iCalendar content lines (RFC 2445 section 4.1, RFC 5545 section 3.1), kept
//! to the byte.
//!
//! A line is a name, parameters, a colon and a value. It ends with CR LF, LF or
//! CR, and goes on after it when a space or a tab follows (a fold). [`Lines`]
//! divides any bytes into lines without a copy; what does not parse is a line
//! too, a [`Raw`] one. Every line knows its bytes, so to print the lines of an
//! input is to print that input, whatever it was.
//!
//! Nothing is unfolded or unescaped before it is asked for ([`Value`]).
//! Components (`BEGIN` to `END`) are in [`nesting`].

mod grammar;
mod name;
pub mod nesting;
mod param;
mod scan;
mod span;
mod value;

use std::borrow::Cow;

use scan::Stop;

pub(super) use name::{Mark, Name};
pub use param::{Param, ParamValues, Params};
pub(super) use span::Span;
pub use value::{List, Value};

/// The byte order mark of UTF-8, which some programs put before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The content lines of some bytes.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    rest: &'a [u8],
    begun: bool,
    not_plain: Span<'a>,
}

/// One line, with its folds and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// A line that parses.
    Property(Property<'a>),
    /// A line that does not.
    Raw(Raw<'a>),
}

/// Name, parameters and value of a line, each as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Property<'a> {
    name: Name<'a>,
    /// From the first semicolon up to the colon.
    params: &'a [u8],
    value: &'a [u8],
    end: &'a [u8],
}

/// A line that is no content line: blank, without a colon, with a quote that
/// is never closed, or a byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a> {
    body: &'a [u8],
    end: &'a [u8],
}

impl<'a> Lines<'a> {
    /// Looks at any bytes as lines.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            begun: false,
            not_plain: Span::default(),
        }
    }

    /// The bytes of the lines not yet given out.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Of the lines given out, those from the first to the last that are not
    /// plain: that have, beside ends and folds, a control character or a byte
    /// beyond ASCII.
    pub(crate) fn not_plain(&self) -> &'a [u8] {
        self.not_plain.bytes()
    }

    /// The next line where it is a name and a plain value with no fold, as most
    /// are.
    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "a line handed over in memory costs as much again"
    )]
    fn simple(&mut self) -> Option<Property<'a>> {
        let (name, rest) = self.rest.split_at(grammar::name_len(self.rest));
        let [b':', rest @ ..] = rest else {
            return None;
        };
        let Stop { at, plain } = scan::stop(rest);
        let (value, tail) = rest.split_at(at);
        let (end, rest) = tail.split_at(end_len(tail));
        if name.is_empty() || !plain || goes_on(rest) {
            return None;
        }
        self.begun = true;
        self.rest = rest;
        Some(Property {
            name: Name::plain(name),
            params: &[],
            value,
            end,
        })
    }

    /// The next line.
    #[inline(never)]
    fn any(&mut self) -> Option<Line<'a>> {
        let begun = std::mem::replace(&mut self.begun, true);
        if !begun && let Some(rest) = self.rest.strip_prefix(BYTE_ORDER_MARK) {
            let (body, _) = self.rest.split_at(BYTE_ORDER_MARK.len());
            self.pass(false, rest);
            return Some(Line::Raw(Raw { body, end: &[] }));
        }
        if self.rest.is_empty() {
            return None;
        }
        let Split {
            body,
            end,
            rest,
            plain,
        } = split(self.rest);
        self.pass(plain, rest);
        Some(match grammar::head(body) {
            Some((name, params, value)) => Line::Property(Property {
                name,
                params,
                value,
                end,
            }),
            None => Line::Raw(Raw { body, end }),
        })
    }

    /// Goes on to the bytes after a line.
    #[inline]
    fn pass(&mut self, plain: bool, rest: &'a [u8]) {
        if !plain {
            self.not_plain.take_in(self.rest, rest);
        }
        self.rest = rest;
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "a line handed over in memory costs as much again"
    )]
    fn next(&mut self) -> Option<Line<'a>> {
        match self.simple() {
            Some(property) => Some(Line::Property(property)),
            None => self.any(),
        }
    }
}

/// The first of some lines, and the rest.
struct Split<'a> {
    /// With all folds.
    body: &'a [u8],
    end: &'a [u8],
    rest: &'a [u8],
    /// Whether the body is plain but for its folds.
    plain: bool,
}

/// Splits off the first line. A blank line is never gone on with: there is
/// nothing to fold.
#[expect(clippy::arithmetic_side_effects, reason = "places in one slice")]
fn split(bytes: &[u8]) -> Split<'_> {
    let (mut from, mut all_plain) = (0, true);
    loop {
        let (_, rest) = bytes.split_at(from);
        let Stop { at, plain } = scan::stop(rest);
        all_plain &= plain;
        let (body, tail) = bytes.split_at(from + at);
        let (end, rest) = tail.split_at(end_len(tail));
        if body.is_empty() || !goes_on(rest) {
            return Split {
                body,
                end,
                rest,
                plain: all_plain,
            };
        }
        from = bytes.len() - rest.len() + 1;
    }
}

/// The length of the end of a line that stands at the front.
#[inline]
fn end_len(bytes: &[u8]) -> usize {
    match bytes {
        [b'\r', b'\n', ..] => 2,
        [_, ..] => 1,
        [] => 0,
    }
}

/// Whether a line goes on with the bytes after its end.
#[inline]
fn goes_on(bytes: &[u8]) -> bool {
    matches!(bytes.first(), Some(b' ' | b'\t'))
}

impl<'a> Line<'a> {
    /// The property, when the line parses.
    pub fn property(self) -> Option<Property<'a>> {
        match self {
            Self::Property(property) => Some(property),
            Self::Raw(_) => None,
        }
    }

    /// Appends the line as it was.
    pub fn print(&self, into: &mut Vec<u8>) {
        match self {
            Self::Property(property) => property.print(into),
            Self::Raw(raw) => raw.print(into),
        }
    }
}

impl<'a> Property<'a> {
    /// The name as written, with any folds in it.
    pub fn raw_name(&self) -> &'a [u8] {
        self.name.raw()
    }

    /// The name without folds.
    pub fn name(&self) -> Cow<'a, [u8]> {
        self.name.unfolded()
    }

    /// Whether this is the name, in whatever case.
    #[inline]
    pub fn is(&self, name: &str) -> bool {
        self.name.is(name.as_bytes())
    }

    /// The parameters.
    pub fn params(&self) -> Params<'a> {
        Params::new(self.params)
    }

    /// The first parameter of a name, in whatever case.
    pub fn param(&self, name: &str) -> Option<Param<'a>> {
        self.params().find(|param| param.is(name))
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> Value<'a> {
        Value::new(self.value)
    }

    /// What ends the line: CR LF, LF, CR, or nothing at the end of the bytes.
    pub fn end(&self) -> &'a [u8] {
        self.end
    }

    /// Appends the line with another value, which is put as it is.
    pub fn print_with_value(&self, value: &[u8], into: &mut Vec<u8>) {
        let changed = Property { value, ..*self };
        changed.print(into);
    }

    /// Appends the line with one more parameter (`NAME=value`, as it is to be
    /// written) before the others. It stands on a fold of its own, so that what
    /// was folded stays as it was.
    pub fn print_with_param(&self, param: &[u8], into: &mut Vec<u8>) {
        let end: &[u8] = if self.end.is_empty() { b"\n" } else { self.end };
        into.extend_from_slice(self.name.raw());
        for part in [end, b" ;", param, end, b" "] {
            into.extend_from_slice(part);
        }
        self.print_from_params(into);
    }

    /// Appends the line as it was.
    pub fn print(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(self.name.raw());
        self.print_from_params(into);
    }

    fn print_from_params(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(self.params);
        into.push(b':');
        into.extend_from_slice(self.value);
        into.extend_from_slice(self.end);
    }
}

impl<'a> Raw<'a> {
    /// The line without its end.
    pub fn body(&self) -> &'a [u8] {
        self.body
    }

    /// Whether nothing is on the line.
    pub fn is_blank(&self) -> bool {
        self.body.is_empty()
    }

    /// Whether it is the byte order mark before the first line.
    pub fn is_byte_order_mark(&self) -> bool {
        self.body == BYTE_ORDER_MARK && self.end.is_empty()
    }

    /// Appends the line as it was.
    pub fn print(&self, into: &mut Vec<u8>) {
        into.extend_from_slice(self.body);
        into.extend_from_slice(self.end);
    }
}

/// Prints lines: the bytes they were parsed from.
pub fn print<'a>(lines: impl IntoIterator<Item = Line<'a>>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        line.print(&mut bytes);
    }
    bytes
}

#[cfg(test)]
mod tests;
