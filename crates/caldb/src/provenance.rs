//! Where a fact about the product comes from.

use std::fmt;

/// Where a fact comes from, and why it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Provenance {
    /// A published text says so; the text is named.
    Documented(&'static str),
    /// It follows from published texts; the reasoning is given.
    Inferred(&'static str),
    /// Nothing says so; it is what we do until somebody knows better.
    Assumed(&'static str),
    /// Made up by this project, for its own samples and tests.
    Composed(&'static str),
}

impl Provenance {
    /// The mark alone: documented, inferred, assumed or composed.
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Documented(_) => "documented",
            Self::Inferred(_) => "inferred",
            Self::Assumed(_) => "assumed",
            Self::Composed(_) => "composed",
        }
    }

    /// The source or the reasoning.
    pub const fn basis(self) -> &'static str {
        match self {
            Self::Documented(basis)
            | Self::Inferred(basis)
            | Self::Assumed(basis)
            | Self::Composed(basis) => basis,
        }
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.mark(), self.basis())
    }
}
