//! Content lines, each ended by CRLF and none folded.

use std::fmt::{Display, Write};

/// The value of a record as it grows.
#[derive(Debug, Default)]
pub(super) struct Lines(String);

impl Lines {
    /// Lines within `BEGIN:kind` and `END:kind`.
    pub(super) fn component(kind: &str, fill: impl FnOnce(&mut Self)) -> Self {
        let mut lines = Self::default();
        lines.nested(kind, fill);
        lines
    }

    pub(super) fn nested(&mut self, kind: &str, fill: impl FnOnce(&mut Self)) {
        self.add("BEGIN", kind);
        fill(self);
        self.add("END", kind);
    }

    /// A line; `name` carries its parameters.
    pub(super) fn add(&mut self, name: impl Display, value: impl Display) {
        write!(self.0, "{name}:{value}\r\n").expect("a string takes every write");
    }

    pub(super) fn add_some(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.add(name, value);
        }
    }

    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}
