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

/// Nobody asks why a line does not parse, so an error is nothing.
type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

/// Name, parameters with their semicolons, and value of a line.
#[inline]
pub(super) fn head(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (rest, name) = name(line).ok()?;
    // Most lines have no parameter.
    if let Some(value) = rest.strip_prefix(b":") {
        return Some((name, &[], value));
    }
    let (rest, params) = recognize(many0_count(param)).parse(rest).ok()?;
    let value = rest.strip_prefix(b":")?;
    Some((name, params, value))
}

/// A parameter: its name and its values, which may be none.
pub(super) fn param(input: &[u8]) -> Parsed<'_, (&[u8], &[u8])> {
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
    let quoted = delimited(char('"'), take_while(|byte| byte != b'"'), char('"'));
    alt((delimited(folds, quoted, folds), take_while(is_unquoted))).parse(input)
}

/// A name, with the folds in it. It cannot begin with one.
#[inline]
fn name(input: &[u8]) -> Parsed<'_, &[u8]> {
    let (rest, first) = take_while1(is_name).parse(input)?;
    // Folds in a name are rare.
    if !matches!(rest.first(), Some(b'\r' | b'\n')) {
        return Ok((rest, first));
    }
    recognize(pair(
        take_while1(is_name),
        many0_count(pair(fold, take_while(is_name))),
    ))
    .parse(input)
}

/// Folds where they part nothing.
#[inline]
fn folds(input: &[u8]) -> Parsed<'_, usize> {
    many0_count(fold).parse(input)
}

fn fold(input: &[u8]) -> Parsed<'_, &[u8]> {
    let end = alt((tag("\r\n"), tag("\n"), tag("\r")));
    recognize(pair(end, one_of(" \t"))).parse(input)
}

#[inline]
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

#[inline]
fn is_unquoted(byte: u8) -> bool {
    !matches!(byte, b'"' | b';' | b':' | b',')
}
