//! Why a migration is refused or fails. Each message is one line that says
//! what is wrong and what to do.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use bdbfile::Place;
use rustix::io::Errno;

use crate::plan::Holder;

/// A result of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// What kept a migration from being done. The source is unchanged and nothing
/// has been published, whichever it is; but for [`Error::NotDurable`] and
/// [`Error::SalvagedWithLosses`], which come after that.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The source directory does not exist.
    #[error("source directory {} does not exist{}; name the directory that holds the old ics50*.db files", path.display(), listed(similar))]
    SourceMissing {
        /// The directory as it was named.
        path: PathBuf,
        /// Directories beside it with similar names.
        similar: Vec<PathBuf>,
    },
    /// The source is no directory.
    #[error("source {} is not a directory; name the directory that holds the old ics50*.db files", .0.display())]
    SourceNotDirectory(PathBuf),
    /// The source has no database of a calendar store.
    #[error("source directory {} holds no ics50*.db file and is no calendar store{}; name the directory that holds the old ics50*.db files", path.display(), held_by(stores))]
    NotAStore {
        /// The directory as it was named.
        path: PathBuf,
        /// Directories in it or beside it that are stores.
        stores: Vec<PathBuf>,
    },
    /// A file of the source cannot be read.
    #[error("{}: cannot be read: {source}; {}", path.display(), read_remedy(source))]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Something with the name of a store file is no plain file.
    #[error("{}: has the name of a store file but is not a plain file; move it out of the source directory", .0.display())]
    NotPlain(PathBuf),
    /// The target is there and is no directory.
    #[error("target {} is not a directory; name a new or an empty directory", .0.display())]
    TargetNotDirectory(PathBuf),
    /// The target is there and not empty.
    #[error("target directory {} is not empty: it holds {}; name a new or an empty directory", path.display(), holds.display())]
    TargetNotEmpty {
        /// The directory as it was named.
        path: PathBuf,
        /// One of the entries found in it.
        holds: PathBuf,
    },
    /// The target is the source.
    #[error("target {} is the source directory itself; name another directory for the new store", .0.display())]
    TargetIsSource(PathBuf),
    /// The target lies in the source.
    #[error("target {} lies inside the source directory; name a directory outside it for the new store", .0.display())]
    TargetInsideSource(PathBuf),
    /// The backup would be the source, the target, or lie in the target.
    #[error("backup directory {} is {what}; name another directory with -b", path.display())]
    BackupMisplaced {
        /// The directory as it was named.
        path: PathBuf,
        /// What it is instead.
        what: &'static str,
    },
    /// The backup directory holds something else.
    #[error("backup directory {} holds no backup of this store but is not empty: it holds {}; name another with -b", path.display(), holds.display())]
    BackupForeign {
        /// The directory.
        path: PathBuf,
        /// One of the entries found in it.
        holds: PathBuf,
    },
    /// The backup directory holds an earlier backup that differs.
    #[error("backup directory {} holds an earlier backup that differs from the source ({}: {how}); move it away or name another with -b", path.display(), file.display())]
    BackupDiffers {
        /// The directory.
        path: PathBuf,
        /// The first file that differs.
        file: PathBuf,
        /// How it differs.
        how: &'static str,
    },
    /// The directory that something is to be made in does not exist.
    #[error("{what} directory {} cannot be made: {} does not exist{}; make it or name another", path.display(), parent.display(), listed(similar))]
    ParentMissing {
        /// "target" or "backup".
        what: &'static str,
        /// The directory that was to be made.
        path: PathBuf,
        /// The directory it was to be made in.
        parent: PathBuf,
        /// Directories with names similar to the parent's.
        similar: Vec<PathBuf>,
    },
    /// The place for something cannot be written to.
    #[error("{what} directory {} cannot be written: {source}; {}", path.display(), write_remedy(what, source))]
    NotWritable {
        /// "target" or "backup".
        what: &'static str,
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is not enough space.
    #[error("not enough space for {what} on the file system of {}: {need} bytes are needed and {free} are free; make room or name another directory{}", path.display(), if what.contains("backup") { " (-b for the backup)" } else { "" })]
    NoSpace {
        /// "the backup", "the new store", or both.
        what: &'static str,
        /// A directory on that file system.
        path: PathBuf,
        /// Bytes needed.
        need: u64,
        /// Bytes that may be used.
        free: u64,
    },
    /// The store was not cleanly shut down.
    #[error("source directory {} was not cleanly shut down: {}; start and stop the old server once more, or run db_recover of the Berkeley DB release that wrote it on a machine of the same kind, then run csmigrate again (--ignore-logs takes the files as they are)", path.display(), reasons.join("; "))]
    Unclean {
        /// The source directory.
        path: PathBuf,
        /// What shows it, a sentence each.
        reasons: Vec<String>,
    },
    /// The store was not cleanly shut down, and its logs cannot be replayed.
    #[error("source directory {} was not cleanly shut down: {}; its logs cannot be replayed for sure: {why}; run db_recover of the Berkeley DB release that wrote it on a machine of the same kind, then run csmigrate again (--ignore-logs takes the files as they are)", path.display(), reasons.join("; "))]
    NotRecoverable {
        /// The source directory.
        path: PathBuf,
        /// Why the logs cannot be replayed.
        why: String,
        /// What shows that it was not cleanly shut down, a sentence each.
        reasons: Vec<String>,
    },
    /// Another run holds a directory.
    #[error("another run of csmigrate is using {}; wait for it to end", .0.display())]
    Busy(PathBuf),
    /// Something that is no directory has the name of our own leftovers.
    #[error("{} is in the way: it has the name of what an interrupted run leaves, but is not a directory; look at it and move it away", .0.display())]
    InTheWay(PathBuf),
    /// A directory has the name of our own leftovers and is none.
    #[error("{} is in the way: it has the name of what an interrupted run leaves, but it holds {}; look at it and move it away", path.display(), holds.display())]
    NoLeftover {
        /// The directory in the way.
        path: PathBuf,
        /// What no run has made.
        holds: PathBuf,
    },
    /// Other processes may change the source, or are attached to it.
    #[error("source directory {} is in use: {}; stop the calendar server and whatever else uses it, then run csmigrate again", path.display(), listed_holders(holders))]
    Held {
        /// The source directory.
        path: PathBuf,
        /// The processes.
        holders: Vec<Holder>,
    },
    /// A file of the source changed while it was read.
    #[error("{}: changed while it was being migrated; stop the calendar server and run csmigrate again", .0.display())]
    SourceChanged(PathBuf),
    /// The source has a file that it had not when the run began.
    #[error("{}: appeared while the store was being migrated; stop the calendar server and run csmigrate again", .0.display())]
    SourceGrew(PathBuf),
    /// A database cannot be read.
    #[error("{error}{}", database_remedy(error, *copy))]
    Database {
        /// What is wrong, with file, page and slot.
        error: bdbfile::Error,
        /// Whether the file is one of the source or its working copy.
        copy: bool,
    },
    /// A database is of a kind that is read, but not migrated.
    #[error("{}: this version of csmigrate does not migrate it: it is {what}; nothing was published", file.display())]
    KindNotMigrated {
        /// The file.
        file: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A rule changed the key of a record.
    #[error("{}: a rule gives the record '{key}' another key, which csmigrate does not do; nothing was published", file.display())]
    RuleChangesKey {
        /// The new file.
        file: PathBuf,
        /// The key, what is no text escaped.
        key: String,
    },
    /// Keys of a database do not stand where they are looked for: no order and
    /// no hash function puts them there.
    #[error("{}: {found}; nothing was published; put a sound copy of the file, as from a hot backup, into the source directory and run csmigrate again", file.display())]
    Misplaced {
        /// The working copy of the file.
        file: PathBuf,
        /// Where, and what is wrong.
        found: String,
    },
    /// A written file does not hold what was read.
    #[error("{}: {what} differ: {read} read, {written} written; nothing was published; please report this", file.display())]
    Mismatch {
        /// The file.
        file: PathBuf,
        /// What was compared.
        what: &'static str,
        /// In the source.
        read: String,
        /// In the new file.
        written: String,
    },
    /// The target was filled by somebody else during the run.
    #[error("target directory {} appeared or was filled while the run went on; nothing was published; name a new or an empty directory and run csmigrate again", .0.display())]
    TargetTaken(PathBuf),
    /// The target holds what an interrupted run published, and that is not
    /// what this run would publish.
    #[error("target directory {} holds the store that an interrupted run published, but it differs from the source now ({why}); look at it, move it away and run csmigrate again", path.display())]
    PublishedDiffers {
        /// The directory.
        path: PathBuf,
        /// How.
        why: String,
    },
    /// All is in place, and the system could not be brought to say that it
    /// will stay there.
    #[error("{} is complete and verified, but the system could not make its name durable: {source}; see to the disk, then run the same command again: it will look at all of it once more", path.display())]
    NotDurable {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The run was asked to stop.
    #[error("stopped by {}; nothing was published; the same command can be run again", signal_name(*signal))]
    Stopped {
        /// The number it was asked with: that of a signal.
        signal: usize,
    },
    /// A file cannot be given the owner of its source.
    #[error("{}: cannot be given the owner of its source file (user {}, group {}): {source}; run as root of the machine itself, or as the user that the store belongs to", path.display(), owner.0, owner.1)]
    Owner {
        /// The new file.
        path: PathBuf,
        /// User and group.
        owner: (u32, u32),
        /// What the system said.
        source: io::Error,
    },
    /// Nothing at all can be saved of a damaged file.
    #[error("{}: nothing can be saved of it ({why}); nothing was published; put a sound copy of the file, as from a hot backup, into the source directory, or move it away if the store can do without it, and run csmigrate again", file.display())]
    NothingSaved {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Files are damaged, and what can be saved of them was not to be
    /// published.
    #[error(
        "nothing was published: {0}; look at the listing, csmigrateSalvage.log, and add --publish-salvaged to publish what can be saved"
    )]
    SalvageNotPublished(Losses),
    /// What could be saved of damaged files was published.
    #[error("published what could be saved: {0}; csmigrateSalvage.log lists each")]
    SalvagedWithLosses(Losses),
    /// Several of these at once.
    #[error("{}", joined_errors(.0))]
    Several(Vec<Error>),
    /// The system failed.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What was being done.
        action: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// What is lost of the damaged files of a store, all together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Losses {
    /// Damaged files.
    pub files: u64,
    /// Whole records found in them.
    pub saved: u64,
    /// Records known to be lost.
    pub lost: u64,
    /// Pages of which it is not known what they held.
    pub pages: u64,
}

impl std::fmt::Display for Losses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let files = if self.files == 1 { "file" } else { "files" };
        write!(
            f,
            "of {} damaged {files} {} records are saved and {} are known to be lost, and of {} pages it is not known what they held",
            self.files, self.saved, self.lost, self.pages
        )
    }
}

impl Error {
    /// What it is, as one word that stays the same: for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SourceMissing { .. } => "source-missing",
            Self::SourceNotDirectory(_) => "source-not-directory",
            Self::NotAStore { .. } => "not-a-store",
            Self::Unreadable { .. } => "unreadable",
            Self::NotPlain(_) => "not-plain",
            Self::TargetNotDirectory(_) => "target-not-directory",
            Self::TargetNotEmpty { .. } => "target-not-empty",
            Self::TargetIsSource(_) => "target-is-source",
            Self::TargetInsideSource(_) => "target-inside-source",
            Self::BackupMisplaced { .. } => "backup-misplaced",
            Self::BackupForeign { .. } => "backup-foreign",
            Self::BackupDiffers { .. } => "backup-differs",
            Self::ParentMissing { .. } => "parent-missing",
            Self::NotWritable { .. } => "not-writable",
            Self::NoSpace { .. } => "no-space",
            Self::Unclean { .. } => "unclean",
            Self::NotRecoverable { .. } => "not-recoverable",
            Self::Busy(_) => "busy",
            Self::InTheWay(_) | Self::NoLeftover { .. } => "in-the-way",
            Self::Held { .. } => "held",
            Self::SourceChanged(_) | Self::SourceGrew(_) => "source-changed",
            Self::Database { error, .. } => match error {
                bdbfile::Error::Io { .. } => "io",
                bdbfile::Error::Limit { .. } => "limit",
                _ => "database",
            },
            Self::Misplaced { .. } => "database",
            Self::KindNotMigrated { .. } => "kind-not-migrated",
            Self::RuleChangesKey { .. } => "rule-changes-key",
            Self::Mismatch { .. } => "mismatch",
            Self::TargetTaken(_) => "target-taken",
            Self::PublishedDiffers { .. } => "published-differs",
            Self::NotDurable { .. } => "not-durable",
            Self::Stopped { .. } => "stopped",
            Self::Owner { .. } => "owner",
            Self::NothingSaved { .. } => "nothing-saved",
            Self::SalvageNotPublished(_) => "salvage-not-published",
            Self::SalvagedWithLosses(_) => "salvaged-with-losses",
            Self::Several(_) => "several",
            Self::Io { .. } => "io",
        }
    }

    /// The file or directory it is about, when it is about one.
    pub fn path(&self) -> Option<&Path> {
        let path: Option<&Path> = match self {
            Self::SourceMissing { path, .. }
            | Self::SourceNotDirectory(path)
            | Self::NotAStore { path, .. }
            | Self::Unreadable { path, .. }
            | Self::NotPlain(path)
            | Self::TargetNotDirectory(path)
            | Self::TargetNotEmpty { path, .. }
            | Self::TargetIsSource(path)
            | Self::TargetInsideSource(path)
            | Self::BackupMisplaced { path, .. }
            | Self::BackupForeign { path, .. }
            | Self::BackupDiffers { path, .. }
            | Self::ParentMissing { path, .. }
            | Self::NotWritable { path, .. }
            | Self::NoSpace { path, .. }
            | Self::Unclean { path, .. }
            | Self::NotRecoverable { path, .. }
            | Self::Busy(path)
            | Self::InTheWay(path)
            | Self::NoLeftover { path, .. }
            | Self::Held { path, .. }
            | Self::SourceChanged(path)
            | Self::SourceGrew(path)
            | Self::KindNotMigrated { file: path, .. }
            | Self::RuleChangesKey { file: path, .. }
            | Self::Mismatch { file: path, .. }
            | Self::NothingSaved { file: path, .. }
            | Self::Misplaced { file: path, .. }
            | Self::TargetTaken(path)
            | Self::PublishedDiffers { path, .. }
            | Self::NotDurable { path, .. }
            | Self::Owner { path, .. }
            | Self::Io { path, .. } => Some(path),
            Self::Database { error, .. } => error.file().map(Path::new),
            Self::Stopped { .. }
            | Self::SalvageNotPublished(_)
            | Self::SalvagedWithLosses(_)
            | Self::Several(_) => None,
        };
        path.filter(|path| !path.as_os_str().is_empty())
    }

    /// The page and the slot it is about, where it is about damage in one.
    pub fn place(&self) -> Place {
        match self {
            Self::Database {
                error: bdbfile::Error::Format(error),
                ..
            } => error.place,
            _ => Place::FILE,
        }
    }

    /// The errors that this is made of: itself, if it is one.
    pub fn all(&self) -> &[Self] {
        match self {
            Self::Several(all) => all,
            only => std::slice::from_ref(only),
        }
    }

    /// Whether no more files may be open.
    pub(crate) fn is_of_open_files(&self) -> bool {
        match self {
            Self::Unreadable { source, .. } | Self::Io { source, .. } => too_many_open(source),
            _ => false,
        }
    }

    /// The same, taken apart.
    pub(crate) fn into_all(self) -> Vec<Self> {
        match self {
            Self::Several(all) => all,
            only => vec![only],
        }
    }

    /// A failed call to the system; for use with `map_err`.
    pub(crate) fn io(path: &Path, action: &'static str) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            path,
            action,
            source,
        }
    }

    /// The same for calls that report through rustix.
    pub(crate) fn errno(path: &Path, action: &'static str) -> impl FnOnce(Errno) -> Self {
        let wrap = Self::io(path, action);
        move |errno| wrap(errno.into())
    }
}

impl From<caldb::StoreError> for Error {
    fn from(error: caldb::StoreError) -> Self {
        match error {
            caldb::StoreError::NoDatabase(path) => Self::NotAStore {
                path,
                stores: Vec::new(),
            },
            caldb::StoreError::NotPlain(path) => Self::NotPlain(path),
            caldb::StoreError::Io { path, source, .. } => Self::Unreadable { path, source },
            other => Self::Io {
                path: PathBuf::new(),
                action: "look at the store",
                source: io::Error::other(other),
            },
        }
    }
}

fn listed_holders(holders: &[Holder]) -> String {
    let each: Vec<String> = holders.iter().map(Holder::to_string).collect();
    each.join("; ")
}

fn joined_errors(errors: &[Error]) -> String {
    let each: Vec<String> = errors.iter().map(Error::to_string).collect();
    each.join("; ")
}

/// The name of a signal that ends programs.
fn signal_name(signal: usize) -> String {
    match signal {
        1 => "SIGHUP: the terminal is gone".to_owned(),
        2 => "SIGINT".to_owned(),
        15 => "SIGTERM".to_owned(),
        other => format!("request {other}"),
    }
}

fn listed(similar: &[PathBuf]) -> String {
    if similar.is_empty() {
        return String::new();
    }
    format!(", but there is {}", joined(similar))
}

fn held_by(stores: &[PathBuf]) -> String {
    if stores.is_empty() {
        return String::new();
    }
    format!(", but there is one in {}", joined(stores))
}

fn joined(paths: &[PathBuf]) -> String {
    let mut all = OsString::new();
    for (index, path) in paths.iter().enumerate() {
        if index > 0 {
            all.push(" and ");
        }
        all.push(path);
    }
    all.display().to_string()
}

/// A sound file that is of no use here is not helped by another copy of it.
fn database_remedy(error: &bdbfile::Error, copy: bool) -> &'static str {
    use bdbfile::Rule;
    match error.rule() {
        _ if !copy => "",
        Some(
            Rule::KindNotRead
            | Rule::VersionNotRead
            | Rule::Encrypted
            | Rule::Compressed
            | Rule::Partitioned,
        ) => "; this version of csmigrate does not migrate such a file; nothing was published",
        _ => {
            "; nothing was published; put a sound copy of the file, as from a hot backup, into the source directory and run csmigrate again, or add --salvage to see what can be saved of it"
        }
    }
}

/// What helps depends on what the system said: to run as root does nothing for
/// a link that leads nowhere.
fn read_remedy(source: &io::Error) -> &'static str {
    match source.kind() {
        _ if too_many_open(source) => "raise the limit on open files (ulimit -n)",
        io::ErrorKind::PermissionDenied => "run as root or as the owner of the store",
        io::ErrorKind::NotFound => {
            "if it is a link that leads nowhere, put the file back or move the link away"
        }
        _ => "see to the disk or the mount that it is on",
    }
}

fn too_many_open(source: &io::Error) -> bool {
    let errno = Errno::from_io_error(source);
    matches!(errno, Some(Errno::MFILE | Errno::NFILE))
}

fn write_remedy(what: &str, source: &io::Error) -> &'static str {
    if what == "backup" {
        "name another place for the backup with -b"
    } else if source.kind() == io::ErrorKind::PermissionDenied {
        "run as root or name another directory"
    } else {
        "name another directory"
    }
}
