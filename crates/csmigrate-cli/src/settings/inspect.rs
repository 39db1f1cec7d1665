//! `--inspect`: looking at a store.

use std::path::PathBuf;

use csmigrate::caldb::Profile;
use csmigrate::caldb::rules::RuleChoice;

use super::raw::Raw;
use super::value::{profile, rules};
use crate::flags::Id;

/// Checked settings of a look at a store.
#[derive(Debug)]
pub(crate) struct InspectSettings {
    pub(crate) dir: PathBuf,
    pub(crate) profile: Profile,
    pub(crate) rules: RuleChoice,
    pub(crate) quiet: bool,
    pub(crate) json: bool,
}

pub(super) fn check(dir: PathBuf, raw: Raw) -> Result<InspectSettings, String> {
    raw.only(
        "--inspect",
        &[Id::Inspect, Id::Quiet, Id::Json, Id::Profile, Id::Rules],
    )?;
    if !raw.operands.is_empty() {
        return Err("--inspect looks at the one directory named with it".to_owned());
    }
    Ok(InspectSettings {
        dir,
        profile: profile(raw.profile)?,
        rules: rules(raw.rules)?,
        quiet: raw.quiet,
        json: raw.json,
    })
}
