//! From arguments to settings: first what was written, then what it means.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use csmigrate::caldb::Profile;
use csmigrate::caldb::rules::RuleChoice;
use csmigrate::{Export, Migration, Salvage};
use lexopt::Arg;
use option_table::Form;

use crate::flags::{self, Flag, Id};
use csmigrate::bdbfile::escape::escaped;

/// What the command is to do.
#[derive(Debug)]
pub(crate) enum Command {
    Usage,
    Version,
    Generate(Form),
    Inspect(InspectSettings),
    Export(Box<ExportSettings>),
    Migrate(Box<Settings>),
}

/// Checked settings of a look at a store.
#[derive(Debug)]
pub(crate) struct InspectSettings {
    pub(crate) dir: PathBuf,
    pub(crate) profile: Profile,
    pub(crate) rules: RuleChoice,
    pub(crate) quiet: bool,
    pub(crate) json: bool,
}

/// Checked settings of an export.
#[derive(Debug)]
pub(crate) struct ExportSettings {
    pub(crate) export: Export,
    pub(crate) source: PathBuf,
    pub(crate) target: PathBuf,
    pub(crate) quiet: bool,
}

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

/// The arguments as they were written.
#[derive(Debug, Default)]
struct Raw {
    command: Option<Id>,
    quiet: bool,
    dry_run: bool,
    no_recover: bool,
    ignore_logs: bool,
    salvage: bool,
    publish_salvaged: bool,
    log_level: Option<OsString>,
    backup: Option<OsString>,
    log_dir: Option<OsString>,
    threads: Option<OsString>,
    profile: Option<OsString>,
    rules: Option<OsString>,
    report: Vec<OsString>,
    inspect: Option<OsString>,
    export_ics: Option<OsString>,
    json: bool,
    progress: Option<OsString>,
    generate: Option<OsString>,
    operands: Vec<OsString>,
}

/// Reads the arguments, the program's own name first.
pub(crate) fn read(args: &[OsString]) -> Result<Command, String> {
    let raw = parse(args).map_err(|error| {
        let error = escaped(&error.to_string());
        format!("{error}; csmigrate -? explains the options")
    })?;
    match raw.command {
        Some(Id::Version) => Ok(Command::Version),
        Some(_) => Ok(Command::Usage),
        None => check(raw).map_err(|error| format!("{error}; csmigrate -? explains the options")),
    }
}

fn parse(args: &[OsString]) -> Result<Raw, lexopt::Error> {
    let mut raw = Raw::default();
    let mut parser = lexopt::Parser::from_iter(args.iter().cloned());
    while let Some(arg) = parser.next()? {
        let flag = match &arg {
            Arg::Short(name) => flags::short(*name),
            Arg::Long(name) => flags::long(name),
            Arg::Value(operand) => {
                raw.operands.push(operand.clone());
                continue;
            }
        };
        let Some(flag) = flag else {
            return Err(arg.unexpected());
        };
        let value = match flag.value {
            Some(_) => parser.value()?,
            None => OsString::new(),
        };
        raw.set(flag, value);
    }
    Ok(raw)
}

impl Raw {
    fn set(&mut self, flag: &Flag, value: OsString) {
        match flag.id {
            Id::Quiet => self.quiet = true,
            Id::DryRun => self.dry_run = true,
            Id::NoRecover => self.no_recover = true,
            Id::IgnoreLogs => self.ignore_logs = true,
            Id::Salvage => self.salvage = true,
            Id::PublishSalvaged => self.publish_salvaged = true,
            Id::Json => self.json = true,
            Id::Profile => self.profile = Some(value),
            Id::Rules => self.rules = Some(value),
            Id::Report => self.report.push(value),
            Id::Inspect => self.inspect = Some(value),
            Id::Progress => self.progress = Some(value),
            Id::Generate => self.generate = Some(value),
            Id::ExportIcs => self.export_ics = Some(value),
            Id::LogLevel => self.log_level = Some(value),
            Id::Backup => self.backup = Some(value),
            Id::LogDir => self.log_dir = Some(value),
            Id::Threads => self.threads = Some(value),
            // The first of these wins, whatever else is there.
            Id::Version | Id::Usage => {
                self.command.get_or_insert(flag.id);
            }
        }
    }
}

fn check(mut raw: Raw) -> Result<Command, String> {
    if let Some(form) = raw.generate {
        return generated(&form).map(Command::Generate);
    }
    if let Some(dir) = named("inspected", raw.inspect.take())? {
        return check_inspect(dir, raw).map(Command::Inspect);
    }
    if let Some(dir) = named("export", raw.export_ics.take())? {
        return check_export(dir, raw).map(Box::new).map(Command::Export);
    }
    if raw.json {
        return Err("--json is for --inspect".to_owned());
    }
    check_migrate(raw).map(Box::new).map(Command::Migrate)
}

fn check_inspect(dir: PathBuf, raw: Raw) -> Result<InspectSettings, String> {
    let unwanted = [
        ("-d", raw.dry_run),
        ("-l", raw.log_level.is_some()),
        ("-b", raw.backup.is_some()),
        ("--log-dir", raw.log_dir.is_some()),
        ("--threads", raw.threads.is_some()),
        ("--no-recover", raw.no_recover),
        ("--ignore-logs", raw.ignore_logs),
        ("--report", !raw.report.is_empty()),
        ("--salvage", raw.salvage),
        ("--publish-salvaged", raw.publish_salvaged),
        ("--progress", raw.progress.is_some()),
        ("--export-ics", raw.export_ics.is_some()),
    ];
    if let Some((name, _)) = unwanted.into_iter().find(|(_, given)| *given) {
        return Err(format!("{name} has no meaning with --inspect"));
    }
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

fn check_export(target: PathBuf, raw: Raw) -> Result<ExportSettings, String> {
    let unwanted = [
        ("-d", raw.dry_run),
        ("-l", raw.log_level.is_some()),
        ("-b", raw.backup.is_some()),
        ("--log-dir", raw.log_dir.is_some()),
        ("--threads", raw.threads.is_some()),
        ("--rules", raw.rules.is_some()),
        ("--report", !raw.report.is_empty()),
        ("--salvage", raw.salvage),
        ("--publish-salvaged", raw.publish_salvaged),
        ("--json", raw.json),
        ("--progress", raw.progress.is_some()),
    ];
    if let Some((name, _)) = unwanted.into_iter().find(|(_, given)| *given) {
        return Err(format!("{name} has no meaning with --export-ics"));
    }
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

fn check_logs(no_recover: bool, ignore_logs: bool) -> Result<(), String> {
    if no_recover && ignore_logs {
        return Err("--no-recover refuses what --ignore-logs takes as it is".to_owned());
    }
    Ok(())
}

fn check_migrate(raw: Raw) -> Result<Settings, String> {
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

fn generated(form: &OsStr) -> Result<Form, String> {
    let name = form.to_string_lossy();
    Form::of_name(&name).ok_or_else(|| {
        let (name, all) = (escaped(&name), Form::NAMES.replace('|', ", "));
        format!("'{name}' cannot be generated; what can is {all}")
    })
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

/// The shipped profile, or one read from a file that is laid over it.
fn profile(file: Option<OsString>) -> Result<Profile, String> {
    let Some(file) = file else {
        return Ok(Profile::shipped().clone());
    };
    let name = escaped(&file.display().to_string());
    let text = std::fs::read(&file).map_err(|e| format!("profile {name}: cannot be read: {e}"))?;
    let text =
        String::from_utf8(text).map_err(|_| format!("profile {name}: is not text in UTF-8"))?;
    Profile::over_shipped(&name, &text).map_err(|error| escaped(&error.to_string()))
}

fn rules(choice: Option<OsString>) -> Result<RuleChoice, String> {
    let Some(choice) = choice else {
        return Ok(RuleChoice::default());
    };
    let name = choice.to_string_lossy();
    RuleChoice::of_name(&name).ok_or_else(|| {
        let name = escaped(&name);
        format!("rules '{name}' are neither documented nor inferred nor none")
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

fn named(what: &str, value: Option<OsString>) -> Result<Option<PathBuf>, String> {
    match value {
        Some(value) if value.is_empty() => {
            Err(format!("the name of the {what} directory is empty"))
        }
        value => Ok(value.map(PathBuf::from)),
    }
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
