//! Where a fact about the product comes from.

use std::fmt;

/// Where a fact comes from, and why it is believed. The text is the code's own
/// (`&'static str`) or that of a profile (`String`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Provenance<T = &'static str> {
    /// A published text says so, and is named; or it was seen in files that the
    /// real library wrote.
    Documented(T),
    /// It follows from published texts; the reasoning is given.
    Inferred(T),
    /// Nothing says so; it is what we do until somebody knows better.
    Assumed(T),
    /// Made up by this project, for its own samples and tests.
    Composed(T),
}

impl<T> Provenance<T> {
    /// The mark alone: documented, inferred, assumed or composed.
    pub const fn mark(&self) -> &'static str {
        match self {
            Self::Documented(_) => "documented",
            Self::Inferred(_) => "inferred",
            Self::Assumed(_) => "assumed",
            Self::Composed(_) => "composed",
        }
    }
}

impl<T: AsRef<str>> Provenance<T> {
    /// The source or the reasoning.
    pub fn basis(&self) -> &str {
        match self {
            Self::Documented(basis)
            | Self::Inferred(basis)
            | Self::Assumed(basis)
            | Self::Composed(basis) => basis.as_ref(),
        }
    }

    /// The same with the text borrowed.
    pub fn borrowed(&self) -> Provenance<&str> {
        match self {
            Self::Documented(basis) => Provenance::Documented(basis.as_ref()),
            Self::Inferred(basis) => Provenance::Inferred(basis.as_ref()),
            Self::Assumed(basis) => Provenance::Assumed(basis.as_ref()),
            Self::Composed(basis) => Provenance::Composed(basis.as_ref()),
        }
    }

    /// The same with a text of its own.
    pub fn owned(&self) -> Provenance<String> {
        match self.borrowed() {
            Provenance::Documented(basis) => Provenance::Documented(basis.to_owned()),
            Provenance::Inferred(basis) => Provenance::Inferred(basis.to_owned()),
            Provenance::Assumed(basis) => Provenance::Assumed(basis.to_owned()),
            Provenance::Composed(basis) => Provenance::Composed(basis.to_owned()),
        }
    }
}

impl<T: AsRef<str>> fmt::Display for Provenance<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.mark(), self.basis())
    }
}
