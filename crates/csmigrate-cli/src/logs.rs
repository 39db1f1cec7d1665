//! The log files, csmigrate.log and csmigrateError.log, and csmigrateSalvage.log
//! where files are salvaged: appended to, one line an entry, whatever the data
//! hold.

mod listing;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use csmigrate::bdbfile::recover::FileState;
use csmigrate::inspect::Shutdown;
use csmigrate::observer::{Event, Found, Stage};
use csmigrate::recovery::Recovery;
use csmigrate::report::{FileReport, RecordOrder, Warning};
use csmigrate::{Inspection, PlannedFile};
use rustix::fs::{CWD, OFlags, RawMode};
use rustix::io::Errno;

use crate::logs::listing::Listing;
use crate::recovery;
use crate::settings::{LogLevel, Settings};
use csmigrate::bdbfile::escape::escaped;

/// The migration log, as the product names it.
pub(crate) const MIGRATION_LOG: &str = "csmigrate.log";
/// The log of errors, as the product names it.
pub(crate) const ERROR_LOG: &str = "csmigrateError.log";

/// What is saved and lost of damaged files: ours.
const SALVAGE_LOG: &str = "csmigrateSalvage.log";

/// The permissions of a new log, before the process's mask.
const PERMISSIONS: RawMode = 0o666;

/// The open logs.
#[derive(Debug)]
pub(crate) struct Logs {
    migration: Log,
    errors: Log,
    /// Where the listing of damaged files goes, and it, once there is one.
    salvage_path: PathBuf,
    salvage: Option<Listing>,
    level: LogLevel,
}

/// A log file.
#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: File,
    /// Why it could not be written, the first time. A log that cannot be
    /// written must not stop a migration half-way.
    trouble: Option<io::Error>,
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
            Log::open(&path).map_err(|error| {
                escaped(&format!(
                    "{}: cannot open the log: {error}; name another place with --log-dir",
                    path.display()
                ))
            })
        };
        Ok(Self {
            migration: open(MIGRATION_LOG)?,
            errors: open(ERROR_LOG)?,
            salvage_path: dir.join(SALVAGE_LOG),
            salvage: None,
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
        self.flush();
        self.line("done, exit status 0");
    }

    /// The last lines of a run that did not; in both logs.
    pub(crate) fn errors(&mut self, messages: &[String]) {
        self.flush();
        for message in messages {
            let entry = entry(&format!("error: {message}"));
            for log in [&mut self.migration, &mut self.errors] {
                log.write(&entry);
            }
        }
        self.line("failed, exit status 255");
    }

    /// A line on a log that could not be written.
    pub(crate) fn trouble(&self) -> Option<String> {
        let listing = self.salvage.as_ref().map(|listing| &listing.log);
        let logs = [&self.migration, &self.errors].into_iter().chain(listing);
        logs.into_iter().find_map(|log| {
            let error = log.trouble.as_ref()?;
            let path = log.path.display();
            Some(escaped(&format!(
                "warning: {path}: the log could not be written, and is not whole: {error}"
            )))
        })
    }

    /// Logs an event.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::Inspected(inspection) => self.inspected(inspection),
            Event::Done(stage, what) => self.line(&format!("{}: {what}", stage.name())),
            Event::Recovered(recovery) => self.recovered(recovery),
            Event::File(stage, report) => self.file(*stage, report),
            Event::Warning(warning) => self.warning(warning),
            Event::Salvaged { file, found } => self.salvaged(file, found),
            Event::Completed(_) => self.flush(),
            _ => {}
        }
    }

    fn inspected(&mut self, inspection: &Inspection) {
        let recovered = inspection.recovery.iter().flat_map(|one| &one.files);
        let made: Vec<_> = recovered
            .filter(|file| file.state == FileState::Created)
            .map(|file| &file.name)
            .collect();
        for file in &inspection.databases {
            let what = if made.contains(&&file.name) {
                "file of the logs"
            } else {
                "source file"
            };
            self.line(&format!("{what} {}", planned(file)));
        }
        for file in &inspection.companions {
            self.line(&format!(
                "source file {}: {} bytes",
                file.name.display(),
                file.len
            ));
        }
        for space in &inspection.space {
            self.line(&space.to_string());
        }
        if self.level == LogLevel::Max {
            if !inspection.holders.known {
                self.line("which processes hold the source cannot be told here");
            } else if inspection.holders.unseen > 0 {
                let unseen = inspection.holders.unseen;
                self.line(&format!(
                    "{unseen} processes of other users could not be asked whether they hold the source"
                ));
            }
            for name in &inspection.others {
                self.line(&format!("not part of the store: {}", name.display()));
            }
            if let Shutdown::Clean(why) = &inspection.shutdown {
                for reason in why {
                    self.line(&format!("cleanly shut down: {reason}"));
                }
            }
        }
    }

    fn recovered(&mut self, recovery: &Recovery) {
        for line in recovery::details(recovery) {
            self.line(&format!("{}: {line}", Stage::Recover.name()));
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

    /// Lists what is left of a damaged file; its damage and the sums are in
    /// the migration log as well.
    fn salvaged(&mut self, file: &OsStr, found: &Found<'_>) {
        let name = file.display();
        if let Found::Damage(damage) = found {
            self.line(&format!("salvage: {name}: {damage}"));
        }
        let listing = match &mut self.salvage {
            Some(listing) => listing,
            None => match Listing::open(&self.salvage_path) {
                Ok(listing) => self.salvage.insert(listing),
                Err(error) => {
                    // Told once, as any log that cannot be written.
                    let path = self.salvage_path.display();
                    let error = io::Error::new(error.kind(), format!("{path}: {error}"));
                    self.migration.trouble.get_or_insert(error);
                    return;
                }
            },
        };
        listing.add(&name.to_string(), found);
    }

    fn flush(&mut self) {
        if let Some(listing) = &mut self.salvage {
            listing.flush();
        }
    }

    fn line(&mut self, text: &str) {
        self.migration.write(&entry(text));
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

impl Log {
    /// Opens a log to append to it, and makes it where it is missing. It is
    /// often opened by root, and the directory may be anybody's: where a link
    /// of that name leads nothing is written, nor to anything but a file.
    fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::APPEND
            | OFlags::RDWR
            | OFlags::CREATE
            | OFlags::NOFOLLOW
            | OFlags::NONBLOCK
            | OFlags::NOCTTY
            | OFlags::CLOEXEC;
        let open = || rustix::fs::openat(CWD, path, flags, PERMISSIONS.into());
        let mut file = match rustix::io::retry_on_intr(open) {
            Ok(file) => File::from(file),
            Err(Errno::LOOP) => return Err(io::Error::other("this is a link")),
            Err(errno) => return Err(errno.into()),
        };
        if !file.metadata()?.is_file() {
            return Err(io::Error::other("this is not a plain file"));
        }
        let mut log = Self {
            path: path.to_owned(),
            trouble: None,
            file: file.try_clone()?,
        };
        // A line that an interrupted run or a full disk cut off gets its end.
        let mut last = [0];
        if file.seek(SeekFrom::End(-1)).is_ok()
            && file.read_exact(&mut last).is_ok()
            && last != *b"\n"
        {
            log.write("\n");
        }
        Ok(log)
    }

    fn write(&mut self, entry: &str) {
        if let Err(error) = self.file.write_all(entry.as_bytes()) {
            self.trouble.get_or_insert(error);
        }
    }
}

/// Whether an existing directory is another or lies in it, however they are
/// named and wherever they are mounted.
pub(crate) fn lies_in(dir: &Path, other: &Path) -> bool {
    let id = |path: &Path| {
        let metadata = path.metadata().ok()?;
        Some((metadata.dev(), metadata.ino()))
    };
    let (Ok(dir), Some(other)) = (dir.canonicalize(), id(other)) else {
        return false;
    };
    dir.ancestors().any(|dir| id(dir) == Some(other))
}
