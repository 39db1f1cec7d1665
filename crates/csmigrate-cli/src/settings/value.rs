//! What the values of options mean, where several commands take them.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use csmigrate::bdbfile::escape::escaped;
use csmigrate::caldb::Profile;
use csmigrate::caldb::rules::RuleChoice;
use option_table::Form;

/// The shipped profile, or one read from a file that is laid over it.
pub(super) fn profile(file: Option<OsString>) -> Result<Profile, String> {
    let Some(file) = file else {
        return Ok(Profile::shipped().clone());
    };
    let name = escaped(&file.display().to_string());
    let text = std::fs::read(&file).map_err(|e| format!("profile {name}: cannot be read: {e}"))?;
    let text =
        String::from_utf8(text).map_err(|_| format!("profile {name}: is not text in UTF-8"))?;
    Profile::over_shipped(&name, &text).map_err(|error| escaped(&error.to_string()))
}

pub(super) fn rules(choice: Option<OsString>) -> Result<RuleChoice, String> {
    let Some(choice) = choice else {
        return Ok(RuleChoice::default());
    };
    let name = choice.to_string_lossy();
    RuleChoice::of_name(&name).ok_or_else(|| {
        let name = escaped(&name);
        format!("rules '{name}' are neither documented nor inferred nor none")
    })
}

pub(super) fn named(what: &str, value: Option<OsString>) -> Result<Option<PathBuf>, String> {
    match value {
        Some(value) if value.is_empty() => {
            Err(format!("the name of the {what} directory is empty"))
        }
        value => Ok(value.map(PathBuf::from)),
    }
}

pub(super) fn check_logs(no_recover: bool, ignore_logs: bool) -> Result<(), String> {
    if no_recover && ignore_logs {
        return Err("--no-recover refuses what --ignore-logs takes as it is".to_owned());
    }
    Ok(())
}

pub(super) fn generated(form: &OsStr) -> Result<Form, String> {
    let name = form.to_string_lossy();
    Form::of_name(&name).ok_or_else(|| {
        let (name, all) = (escaped(&name), Form::NAMES.replace('|', ", "));
        format!("'{name}' cannot be generated; what can is {all}")
    })
}
