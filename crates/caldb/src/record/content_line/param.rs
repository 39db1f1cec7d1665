//! The parameters of a line.

use std::borrow::Cow;

use super::grammar;
use super::name::Name;
use super::value::Value;

/// The parameters of a property, in their order.
#[derive(Debug, Clone)]
pub struct Params<'a> {
    rest: &'a [u8],
}

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Param<'a> {
    name: Name<'a>,
    values: &'a [u8],
}

/// The values of a parameter, quotes taken off.
#[derive(Debug, Clone)]
pub struct ParamValues<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Params<'a> {
    pub(super) fn new(params: &'a [u8]) -> Self {
        Self { rest: params }
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        let (rest, (name, values)) = grammar::param(self.rest).ok()?;
        self.rest = rest;
        Some(Param { name, values })
    }
}

impl<'a> Param<'a> {
    /// The name without folds.
    pub fn name(&self) -> Cow<'a, [u8]> {
        self.name.unfolded()
    }

    /// Whether this is the name, in whatever case.
    pub fn is(&self, name: &str) -> bool {
        self.name.is(name.as_bytes())
    }

    /// All values as they are written, with quotes, commas and folds.
    pub fn raw_values(&self) -> &'a [u8] {
        self.values
    }

    /// The values one by one; none when the parameter has no `=` or nothing
    /// after it.
    pub fn values(&self) -> ParamValues<'a> {
        ParamValues {
            rest: (!self.values.is_empty()).then_some(self.values),
        }
    }
}

impl<'a> Iterator for ParamValues<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        let (rest, value) = grammar::param_value(self.rest?).ok()?;
        self.rest = rest.strip_prefix(b",");
        Some(Value::new(value))
    }
}
