//! The grammar of a line, on its bytes as they are: a fold is part of whatever
//! it stands in.
//!
//! It is wider than the RFCs where real lines are: names may hold `_` and `.`
//! (`X-NSCP-TRIGGERED_BY`), a parameter may have no `=` (vCalendar 1.0), and
//! bytes beyond ASCII are taken in values and parameters of any charset.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while1};
use nom::character::complete::{char, one_of};
use nom::combinator::{opt, recognize};
use nom::multi::many0_count;
use nom::sequence::{delimited, pair, preceded};
use nom::{IResult, Parser};

use super::name::Name;

/// Whether a name may have a byte: looked up, for every name is gone through
/// byte by byte.
static OF_NAMES: [bool; 256] = of_names();

#[allow(
    clippy::indexing_slicing,
    reason = "done when compiled, and refused there if it does not fit"
)]
const fn of_names() -> [bool; 256] {
    let mut of_names = [false; 256];
    let mut byte = 0_u8;
    loop {
        of_names[byte as usize] =
            byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if byte == u8::MAX {
            return of_names;
        }
        byte = byte.saturating_add(1);
    }
}

/// Nobody asks why a line does not parse, so an error is nothing.
type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

/// Name, parameters with their semicolons, and value of a line.
pub(super) fn head(line: &[u8]) -> Option<(Name<'_>, &[u8], &[u8])> {
    let (rest, name) = name(line).ok()?;
    let (rest, params) = recognize(many0_count(param)).parse(rest).ok()?;
    let value = rest.strip_prefix(b":")?;
    Some((name, params, value))
}

/// A parameter: its name and its values, which may be none.
pub(super) fn param(input: &[u8]) -> Parsed<'_, (Name<'_>, &[u8])> {
    let values = recognize(pair(
        param_value,
        many0_count(preceded(char(','), param_value)),
    ));
    let name = preceded(folds, name);
    let (rest, (name, values)) =
        preceded(char(';'), pair(name, opt(preceded(char('='), values)))).parse(input)?;
    Ok((rest, (name, values.unwrap_or_default())))
}

/// One value of a parameter, without its quotes if it has any.
pub(super) fn param_value(input: &[u8]) -> Parsed<'_, &[u8]> {
    // Most have neither quotes nor folds before them.
    if !matches!(input.first(), Some(b'"' | b'\r' | b'\n')) {
        return take_while(is_unquoted).parse(input);
    }
    let quoted = delimited(char('"'), take_while(|byte| byte != b'"'), char('"'));
    alt((delimited(folds, quoted, folds), take_while(is_unquoted))).parse(input)
}

/// How many bytes of a name, up to a fold, stand at the front.
#[inline]
pub(super) fn name_len(bytes: &[u8]) -> usize {
    let end = bytes.iter().position(|byte| !is_name(*byte));
    end.unwrap_or(bytes.len())
}

/// A name, with the folds in it. It cannot begin with one.
#[inline]
fn name(input: &[u8]) -> Parsed<'_, Name<'_>> {
    let (name, rest) = input.split_at(name_len(input));
    if name.is_empty() {
        return Err(nom::Err::Error(()));
    }
    // Folds in a name are rare.
    if !matches!(rest.first(), Some(b'\r' | b'\n')) {
        return Ok((rest, Name::plain(name)));
    }
    recognize(pair(
        take_while1(is_name),
        many0_count(pair(fold, take_while(is_name))),
    ))
    .map(Name::folded)
    .parse(input)
}

/// Folds where they part nothing.
#[inline]
fn folds(input: &[u8]) -> Parsed<'_, usize> {
    if !matches!(input.first(), Some(b'\r' | b'\n')) {
        return Ok((input, 0));
    }
    many0_count(fold).parse(input)
}

fn fold(input: &[u8]) -> Parsed<'_, &[u8]> {
    let end = alt((tag("\r\n"), tag("\n"), tag("\r")));
    recognize(pair(end, one_of(" \t"))).parse(input)
}

#[inline]
fn is_name(byte: u8) -> bool {
    OF_NAMES
        .get(usize::from(byte))
        .is_some_and(|of_names| *of_names)
}

#[inline]
fn is_unquoted(byte: u8) -> bool {
    !matches!(byte, b'"' | b';' | b':' | b',')
}
