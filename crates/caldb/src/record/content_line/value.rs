//! A value as it is written, and what it means when asked.

use std::borrow::Cow;

use memchr::{memchr, memchr2};

use super::scan;

/// The bytes of a value, folded and escaped as they were written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Value<'a>(&'a [u8]);

/// The parts of a value between separators that are not escaped.
#[derive(Debug, Clone)]
pub struct List<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Value<'a> {
    /// A value of these bytes.
    #[inline]
    pub const fn new(raw: &'a [u8]) -> Self {
        Self(raw)
    }

    /// The bytes as written.
    pub const fn raw(self) -> &'a [u8] {
        self.0
    }

    /// Whether it has no byte.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// The value without folds: copied only if it has any.
    pub fn unfolded(self) -> Cow<'a, [u8]> {
        let (before, mut tail) = self.0.split_at(scan::stop(self.0).at);
        if tail.is_empty() {
            return Cow::Borrowed(self.0);
        }
        let mut whole = Vec::with_capacity(self.0.len());
        whole.extend_from_slice(before);
        while !tail.is_empty() {
            let rest = after_fold(tail);
            let before;
            (before, tail) = rest.split_at(scan::stop(rest).at);
            whole.extend_from_slice(before);
        }
        Cow::Owned(whole)
    }

    /// The value as a text: without folds, and with `\n`, `\,`, `\;` and `\\`
    /// resolved. A backslash before anything else stays.
    pub fn text(self) -> Cow<'a, [u8]> {
        let unfolded = self.unfolded();
        if memchr(b'\\', &unfolded).is_none() {
            return unfolded;
        }
        let mut text = Vec::with_capacity(unfolded.len());
        let mut rest = unfolded.as_ref();
        while let Some(at) = memchr(b'\\', rest) {
            let (before, tail) = rest.split_at(at);
            text.extend_from_slice(before);
            rest = match tail {
                [_, b'n' | b'N', rest @ ..] => {
                    text.push(b'\n');
                    rest
                }
                [_, escaped @ (b',' | b';' | b'\\'), rest @ ..] => {
                    text.push(*escaped);
                    rest
                }
                [backslash, rest @ ..] => {
                    text.push(*backslash);
                    rest
                }
                [] => &[],
            };
        }
        text.extend_from_slice(rest);
        Cow::Owned(text)
    }

    /// The text with what is no UTF-8 replaced: for people to read.
    pub fn display(self) -> String {
        String::from_utf8_lossy(&self.text()).into_owned()
    }

    /// The parts between a separator, commas of a list or semicolons of a
    /// structure. One after a backslash divides nothing.
    pub fn split(self, separator: u8) -> List<'a> {
        List {
            rest: Some(self.0),
            separator,
        }
    }

    /// Whether the value, without folds, is this.
    pub fn is(self, other: &[u8]) -> bool {
        self.compare(other, |one, other| one == other)
    }

    /// Whether the value, without folds, is this in whatever case.
    #[inline]
    pub fn is_ignoring_case(self, other: &[u8]) -> bool {
        self.compare(other, <[u8]>::eq_ignore_ascii_case)
    }

    #[inline]
    fn compare(self, other: &[u8], same: impl Fn(&[u8], &[u8]) -> bool) -> bool {
        if self.0.len() <= other.len() {
            return self.0.len() == other.len() && same(self.0, other);
        }
        let (mut rest, mut other) = (self.0, other);
        loop {
            // What is before the first fold is no longer than the other.
            let front = rest.get(..=other.len()).unwrap_or(rest);
            let at = scan::stop(front).at;
            let Some((same_len, left)) = other.split_at_checked(at) else {
                return false;
            };
            let (before, fold) = rest.split_at(at);
            if !same(before, same_len) {
                return false;
            }
            if fold.is_empty() {
                return left.is_empty();
            }
            (rest, other) = (after_fold(fold), left);
        }
    }
}

/// The bytes after an end of line, and after the space or tab that follows it
/// in a parsed line.
fn after_fold(fold: &[u8]) -> &[u8] {
    let after = match fold {
        [b'\r', b'\n', after @ ..] | [_, after @ ..] => after,
        [] => fold,
    };
    match after {
        [b' ' | b'\t', after @ ..] | after => after,
    }
}

impl<'a> Iterator for List<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let rest = self.rest.take()?;
        let mut from = 0;
        while let Some(found) = rest
            .get(from..)
            .and_then(|tail| memchr2(self.separator, b'\\', tail))
        {
            let at = from.saturating_add(found);
            let (part, tail) = rest.split_at(at);
            if tail.first() == Some(&self.separator) {
                self.rest = tail.get(1..);
                return Some(Value(part));
            }
            // Past the backslash, the folds after it, and what it escapes.
            let after = tail.get(1..).unwrap_or_default();
            from = at.saturating_add(2).saturating_add(folds_len(after));
        }
        Some(Value(rest))
    }
}

/// How many bytes of folds stand at the front.
fn folds_len(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    loop {
        let end = rest.strip_prefix(b"\r\n").or(match rest {
            [b'\r' | b'\n', after @ ..] => Some(after),
            _ => None,
        });
        match end {
            Some([b' ' | b'\t', after @ ..]) => rest = after,
            _ => return bytes.len().saturating_sub(rest.len()),
        }
    }
}
