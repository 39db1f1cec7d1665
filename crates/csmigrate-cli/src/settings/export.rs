//! `--export-ics`: the calendars of a store as texts.

use std::ffi::OsString;
use std::path::PathBuf;

use csmigrate::Export;

use super::raw::Raw;
use super::value::{check_logs, profile};
use crate::flags::Id;

/// Checked settings of an export.
#[derive(Debug)]
pub(crate) struct ExportSettings {
    pub(crate) export: Export,
    pub(crate) source: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) quiet: bool,
}

pub(super) fn check(target: PathBuf, raw: Raw) -> Result<ExportSettings, String> {
    raw.only(
        "--export-ics",
        &[
            Id::ExportIcs,
            Id::Quiet,
            Id::NoRecover,
            Id::IgnoreLogs,
            Id::Profile,
        ],
    )?;
    let count = raw.operands.len();
    let Ok([source]) = <[OsString; 1]>::try_from(raw.operands) else {
        return Err(match count {
            0 => "source_dbdir is missing".to_owned(),
            _ => {
                format!("{count} directories are named where --export-ics wants one, source_dbdir")
            }
        });
    };
    if source.is_empty() {
        return Err("the name of a directory is empty".to_owned());
    }
    check_logs(raw.no_recover, raw.ignore_logs)?;
    let export = Export::new(&source, &target)
        .recover(!raw.no_recover)
        .ignore_logs(raw.ignore_logs)
        .profile(profile(raw.profile)?);
    Ok(ExportSettings {
        export,
        source: source.into(),
        target,
        quiet: raw.quiet,
    })
}
