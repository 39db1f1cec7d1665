//! The arguments as they were written.

use std::ffi::OsString;

use lexopt::Arg;

use crate::flags::{self, Flag, Id};

/// The arguments as they were written.
#[derive(Debug, Default)]
pub(super) struct Raw {
    pub(super) command: Option<Id>,
    pub(super) quiet: bool,
    pub(super) dry_run: bool,
    pub(super) no_recover: bool,
    pub(super) ignore_logs: bool,
    pub(super) salvage: bool,
    pub(super) publish_salvaged: bool,
    pub(super) log_level: Option<OsString>,
    pub(super) backup: Option<OsString>,
    pub(super) log_dir: Option<OsString>,
    pub(super) threads: Option<OsString>,
    pub(super) profile: Option<OsString>,
    pub(super) rules: Option<OsString>,
    pub(super) report: Vec<OsString>,
    pub(super) inspect: Option<OsString>,
    pub(super) export_ics: Option<OsString>,
    pub(super) json: bool,
    pub(super) progress: Option<OsString>,
    pub(super) generate: Option<OsString>,
    pub(super) operands: Vec<OsString>,
    /// All options that were given, in their order.
    pub(super) given: Vec<&'static Flag>,
}

/// Reads the arguments, the program's own name first.
pub(super) fn parse(args: &[OsString]) -> Result<Raw, lexopt::Error> {
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
    fn set(&mut self, flag: &'static Flag, value: OsString) {
        self.given.push(flag);
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

    /// Refuses every option but these, for what is asked by the option `by`.
    pub(super) fn only(&self, by: &str, wanted: &[Id]) -> Result<(), String> {
        let mut given = self.given.iter();
        match given.find(|flag| !wanted.contains(&flag.id)) {
            None => Ok(()),
            Some(flag) => Err(format!("{} has no meaning with {by}", flag.name())),
        }
    }
}
