//! How a run ended.

use csmigrate::Error;
use serde::Serialize;

use crate::json::name;
use crate::report::known::Known;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Outcome {
    /// The target is in place.
    Migrated,
    /// Nothing would keep the migration from being done.
    DryRunPassed,
    /// An interrupted run had published the target; all of it was looked at
    /// again.
    AlreadyPublished,
    /// Nothing was begun.
    Refused,
    /// Begun, and given up.
    Failed,
    /// A signal asked for it.
    Stopped,
    /// The target is in place, with what could be saved of damaged files.
    Salvaged,
    /// The target is in place, and may not survive a power failure.
    NotDurable,
}

#[derive(Serialize)]
pub(crate) struct End<'a> {
    pub(crate) code: Outcome,
    pub(crate) status: u8,
    pub(crate) published: bool,
    pub(crate) errors: &'a [Problem],
}

/// Why a run failed.
#[derive(Debug, Serialize)]
pub(crate) struct Problem {
    pub(crate) code: &'static str,
    pub(crate) text: String,
    pub(crate) file: Option<String>,
    pub(crate) page: Option<u32>,
    pub(crate) slot: Option<u16>,
}

/// How the run ended, as far as it is known.
pub(super) fn end(known: &Known) -> End<'_> {
    let (status, published) = match known.outcome {
        Outcome::Migrated | Outcome::AlreadyPublished => (0, true),
        Outcome::DryRunPassed => (0, false),
        Outcome::Salvaged | Outcome::NotDurable => (crate::FAILURE, true),
        Outcome::Refused | Outcome::Failed | Outcome::Stopped => (crate::FAILURE, false),
    };
    End {
        code: known.outcome,
        status,
        published,
        errors: &known.problems,
    }
}

impl Problem {
    pub(crate) fn of(error: &Error) -> Self {
        let place = error.place();
        Self {
            code: error.code(),
            text: error.to_string(),
            file: error.path().map(name),
            page: place.page,
            slot: place.slot,
        }
    }
}
