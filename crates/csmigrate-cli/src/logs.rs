//! The two log files, csmigrate.log and csmigrateError.log: appended to, one
//! line an entry, whatever the data hold.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use csmigrate::observer::{Event, Stage};
use csmigrate::report::{FileReport, RecordOrder, Warning};
use csmigrate::{Inspection, PlannedFile};

use crate::escape::escaped;
use crate::settings::{LogLevel, Settings};

/// The migration log, as the product names it.
const MIGRATION_LOG: &str = "csmigrate.log";
/// The log of errors, as the product names it.
const ERROR_LOG: &str = "csmigrateError.log";

/// The open logs.
#[derive(Debug)]
pub(crate) struct Logs {
    migration: File,
    errors: File,
    level: LogLevel,
}

impl Logs {
    /// Opens both logs, making them where they are missing. They never go into
    /// the source, the target or the backup.
    pub(crate) fn open(settings: &Settings) -> Result<Self, String> {
        let dir = &settings.log_dir;
        for (what, other) in [
            ("source", &settings.source),
            ("target", &settings.target),
            ("backup", &settings.backup),
        ] {
            if lies_in(dir, other) {
                return Err(escaped(&format!(
                    "the logs would go into the {what} directory {}; name another place with --log-dir",
                    other.display()
                )));
            }
        }
        let open = |name: &str| {
            let path = dir.join(name);
            let opened = OpenOptions::new().append(true).create(true).open(&path);
            opened.map_err(|error| {
                escaped(&format!(
                    "{}: cannot open the log: {error}; name another place with --log-dir",
                    path.display()
                ))
            })
        };
        Ok(Self {
            migration: open(MIGRATION_LOG)?,
            errors: open(ERROR_LOG)?,
            level: settings.log_level,
        })
    }

    /// The first line of a run.
    pub(crate) fn begin(&mut self, args: &[OsString]) {
        let args: Vec<String> = args
            .iter()
            .skip(1)
            .map(|arg| format!("'{}'", arg.display()))
            .collect();
        let host = rustix::system::uname();
        self.line(&format!(
            "csmigrate {} on {}: {}",
            env!("CARGO_PKG_VERSION"),
            host.nodename().to_string_lossy(),
            args.join(" ")
        ));
    }

    /// The last line of a run that did what it was asked.
    pub(crate) fn end(&mut self) {
        self.line("done, exit status 0");
    }

    /// The last line of a run that did not; in both logs.
    pub(crate) fn error(&mut self, message: &str) {
        let entry = entry(&format!("error: {message}"));
        for log in [&mut self.migration, &mut self.errors] {
            write(log, &entry);
        }
        self.line("failed, exit status 255");
    }

    /// Logs an event.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Inspected(inspection) => self.inspected(inspection),
            Event::Done(stage, what) => self.line(&format!("{}: {what}", stage.name())),
            Event::File(stage, report) => self.file(*stage, report),
            Event::Warning(warning) => self.warning(warning),
            _ => {}
        }
    }

    fn inspected(&mut self, inspection: &Inspection) {
        for file in &inspection.databases {
            self.line(&format!("source file {}", planned(file)));
        }
        for file in &inspection.companions {
            self.line(&format!(
                "source file {}: {} bytes",
                file.name.display(),
                file.len
            ));
        }
        if self.level == LogLevel::Max {
            for name in &inspection.others {
                self.line(&format!("not part of the store: {}", name.display()));
            }
            for reason in &inspection.clean {
                self.line(&format!("cleanly shut down: {reason}"));
            }
        }
    }

    fn file(&mut self, stage: Stage, report: &FileReport) {
        let mut text = format!(
            "{}: {}: {} records read",
            stage.name(),
            report.name.display(),
            report.records_read
        );
        if stage == Stage::Verify {
            text = format!(
                "{text}, {} written, {} carried unrecognised, {} bytes in, {} out",
                report.records_written, report.unrecognised, report.bytes_in, report.bytes_out
            );
        }
        self.line(&text);
        if self.level == LogLevel::Max {
            let order = match report.order {
                RecordOrder::Bytewise => "in bytewise order",
                RecordOrder::AsFound => "in an order of their own",
            };
            self.line(&format!(
                "{}: {}: digest {}, records {order}, {} deleted items left behind",
                stage.name(),
                report.name.display(),
                report.digest,
                report.deleted
            ));
        }
    }

    fn warning(&mut self, warning: &Warning) {
        self.line(&format!("warning: {warning}"));
        if self.level == LogLevel::Max {
            for case in &warning.cases {
                match &warning.file {
                    Some(file) => self.line(&format!("odd: {}: {case}", file.display())),
                    None => self.line(&format!("odd: {case}")),
                }
            }
        }
    }

    fn line(&mut self, text: &str) {
        write(&mut self.migration, &entry(text));
    }
}

/// A database as the inspection saw it.
fn planned(file: &PlannedFile) -> String {
    let what = match &file.preamble {
        Some(preamble) => format!(
            "{} version {}, {}, pages of {}",
            preamble.kind, preamble.version, preamble.endian, preamble.page_size
        ),
        None => "not a Berkeley DB file".to_owned(),
    };
    format!(
        "{}: {} bytes, {what}: {}",
        file.name.display(),
        file.len,
        file.holds
    )
}

/// One line of a log: time (UTC), process, text.
fn entry(text: &str) -> String {
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ");
    format!("{now} [{}] {}\n", std::process::id(), escaped(text))
}

/// A log that cannot be written must not stop a migration half-way.
fn write(log: &mut File, entry: &str) {
    let _ = log.write_all(entry.as_bytes());
}

/// Whether an existing directory is another or lies in it.
fn lies_in(dir: &Path, other: &Path) -> bool {
    match (dir.canonicalize(), other.canonicalize()) {
        (Ok(dir), Ok(other)) => dir.starts_with(other),
        _ => false,
    }
}
