//! A migration, and its dry run.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use csmigrate::bdbfile::escape::escaped;
use csmigrate::caldb::Profile;
use csmigrate::caldb::rules::RuleChoice;
use csmigrate::{Migration, Salvage};

use super::raw::Raw;
use super::value::{check_logs, named, profile, rules};

/// How much the log tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum LogLevel {
    #[default]
    Min,
    Max,
}

/// When it is shown how far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ProgressChoice {
    /// Where standard error is a terminal, and standard output no pipe.
    #[default]
    Auto,
    Always,
    Never,
}

/// Checked settings of a migration.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) migration: Migration,
    pub(crate) source: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) backup: PathBuf,
    pub(crate) quiet: bool,
    pub(crate) dry_run: bool,
    pub(crate) log_level: LogLevel,
    pub(crate) log_dir: PathBuf,
    pub(crate) report: Vec<Destination>,
    pub(crate) profile: Profile,
    /// The file that was laid over the shipped profile.
    pub(crate) profile_file: Option<PathBuf>,
    pub(crate) rules: RuleChoice,
    pub(crate) progress: ProgressChoice,
}

impl Settings {
    /// Whether nothing is printed but errors: so it was asked for, or standard
    /// output is the report's.
    pub(crate) fn is_silent(&self) -> bool {
        self.quiet || self.report.contains(&Destination::StandardOutput)
    }
}

/// Where a report goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination {
    /// Where nothing else is printed then.
    StandardOutput,
    File(PathBuf),
    /// A page for people: its name ends in `.html`.
    Page(PathBuf),
}

pub(super) fn check(raw: Raw) -> Result<Settings, String> {
    let [source, target] = two(raw.operands)?;
    let log_level = match raw.log_level.as_deref().map(OsStr::to_string_lossy) {
        None => LogLevel::default(),
        Some(level) if level == "min" => LogLevel::Min,
        Some(level) if level == "max" => LogLevel::Max,
        Some(level) => {
            let level = escaped(&level);
            return Err(format!("log level '{level}' is neither min nor max"));
        }
    };
    let salvage = match (raw.salvage, raw.publish_salvaged) {
        (false, false) => Salvage::Refuse,
        (true, false) => Salvage::List,
        (true, true) => Salvage::Publish,
        (false, true) => return Err("--publish-salvaged is for --salvage".to_owned()),
    };
    check_logs(raw.no_recover, raw.ignore_logs)?;
    let profile_file = raw.profile.clone().map(PathBuf::from);
    let profile = profile(raw.profile)?;
    let rules = rules(raw.rules)?;
    let mut migration = Migration::new(&source, &target)
        .recover(!raw.no_recover)
        .ignore_logs(raw.ignore_logs)
        .salvage(salvage)
        .profile(profile.clone())
        .rules(rules);
    if let Some(threads) = raw.threads {
        let threads = threads.to_string_lossy();
        let number = threads.parse::<NonZeroUsize>().map_err(|_| {
            let threads = escaped(&threads);
            format!("number of threads '{threads}' is not a whole number above 0")
        })?;
        migration = migration.threads(number);
    }
    let backup = if let Some(backup) = named("backup", raw.backup)? {
        migration = migration.backup_dir(&backup);
        backup
    } else {
        source.join("backup")
    };
    let log_dir = named("log", raw.log_dir)?.unwrap_or_else(default_log_dir);
    Ok(Settings {
        migration,
        source,
        target,
        backup,
        quiet: raw.quiet,
        dry_run: raw.dry_run,
        log_level,
        log_dir,
        report: raw
            .report
            .into_iter()
            .map(destination)
            .collect::<Result<_, _>>()?,
        profile,
        profile_file,
        rules,
        progress: progress(raw.progress.as_deref())?,
    })
}

fn progress(choice: Option<&OsStr>) -> Result<ProgressChoice, String> {
    match choice.map(OsStr::to_string_lossy) {
        None => Ok(ProgressChoice::default()),
        Some(choice) if choice == "auto" => Ok(ProgressChoice::Auto),
        Some(choice) if choice == "always" => Ok(ProgressChoice::Always),
        Some(choice) if choice == "never" => Ok(ProgressChoice::Never),
        Some(choice) => {
            let choice = escaped(&choice);
            Err(format!(
                "progress '{choice}' is neither auto nor always nor never"
            ))
        }
    }
}

fn destination(file: OsString) -> Result<Destination, String> {
    if file.is_empty() {
        return Err("the name of the report file is empty".to_owned());
    }
    if file == "-" {
        return Ok(Destination::StandardOutput);
    }
    let file = PathBuf::from(file);
    let html = file
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("html"));
    Ok(if html {
        Destination::Page(file)
    } else {
        Destination::File(file)
    })
}

fn two(operands: Vec<OsString>) -> Result<[PathBuf; 2], String> {
    let count = operands.len();
    let Ok([source, target]) = <[OsString; 2]>::try_from(operands) else {
        return Err(match count {
            0 => "source_dbdir and target_dbdir are missing".to_owned(),
            1 => "target_dbdir is missing".to_owned(),
            _ => format!("{count} directories are named where two are wanted"),
        });
    };
    if source.is_empty() || target.is_empty() {
        return Err("the name of a directory is empty".to_owned());
    }
    Ok([source.into(), target.into()])
}

/// Where the product keeps its logs. Documented for Solaris (6.3
/// Administration Guide, 2.1.7); for Linux inferred from where the guides put
/// the rest of its data there.
const PRODUCT_LOGS: &[&str] = &["/var/opt/SUNWics5/logs", "/var/opt/sun/calendar/logs"];

fn default_log_dir() -> PathBuf {
    PRODUCT_LOGS
        .iter()
        .map(Path::new)
        .find(|dir| dir.is_dir())
        .unwrap_or(Path::new("."))
        .to_owned()
}
