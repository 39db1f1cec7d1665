//! A directory as a store: which of the store's files are there, and what else
//! lies beside them.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bdbfile::layout::Preamble;
use bdbfile::source::open_plain;

use crate::files::{Presence, Role};
use crate::profile::{FileProfile, Profile};

/// A file that belongs to the store.
#[derive(Debug, Clone)]
pub struct StoreFile {
    /// Its name in the directory.
    pub name: OsString,
    /// Its path.
    pub path: PathBuf,
    /// What is known of it; `None` for a database that no guide names, and
    /// for logs.
    pub fact: Option<&'static FileProfile>,
    /// What the system says of it: size, times, owner. Links are followed.
    pub metadata: Metadata,
}

impl StoreFile {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.metadata.len()
    }

    /// Whether the file has no bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the file holds, in words.
    pub fn holds(&self) -> &'static str {
        holds(self.fact)
    }

    /// Kind, version, byte order and page size as the file's first bytes tell
    /// them; `None` when it is no Berkeley DB file. Opens it for reading only.
    pub fn identify(&self) -> io::Result<Option<Preamble>> {
        identify(&self.path)
    }
}

/// What the first bytes of a file tell, as [`StoreFile::identify`] has it.
pub fn identify(path: &Path) -> io::Result<Option<Preamble>> {
    let mut head = Vec::with_capacity(Preamble::SIZE);
    open_plain(path)?
        .take(Preamble::SIZE as u64)
        .read_to_end(&mut head)?;
    Ok(Preamble::read(&head))
}

/// What a file holds of which so much is known, in words.
fn holds(fact: Option<&'static FileProfile>) -> &'static str {
    fact.map_or("not described in any guide", |fact| fact.holds.as_str())
}

/// What a file of this name holds, in words.
pub fn holds_by_name(name: &OsStr) -> &'static str {
    holds(fact(name))
}

/// What is known of a file of this name.
fn fact(name: &OsStr) -> Option<&'static FileProfile> {
    name.to_str().and_then(|name| Profile::shipped().file(name))
}

/// The files of a store's directory, told apart by name. Nothing is opened.
#[derive(Debug, Clone)]
pub struct Store {
    /// The directory.
    pub dir: PathBuf,
    /// The databases, `ics50*.db`, as [`database_order`] has them.
    pub databases: Vec<StoreFile>,
    /// The version identifier, `ics50caldb.conf`.
    pub conf: Option<StoreFile>,
    /// The transaction logs, `log.NNNNNNNNNN`, in order.
    pub logs: Vec<StoreFile>,
    /// The environment's region files, `__db.*`: never copied, never trusted.
    pub regions: Vec<PathBuf>,
    /// What else is in the directory and does not belong to the store: caches,
    /// backups, anything.
    pub others: Vec<OsString>,
}

/// Why a directory is not taken for a store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
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
    /// There is no `ics50*.db` in it.
    #[error("{}: holds no ics50*.db file", .0.display())]
    NoDatabase(PathBuf),
    /// Something with the name of a store file is no plain file.
    #[error("{}: has the name of a store file but is not a plain file", .0.display())]
    NotPlain(PathBuf),
}

/// What a name in the directory means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Database,
    Conf,
    Log,
    Region,
    Other,
}

impl Store {
    /// Looks at a directory.
    pub fn find(dir: &Path) -> Result<Self, StoreError> {
        let failed = |path: &Path, action, source| StoreError::Io {
            path: path.to_owned(),
            action,
            source,
        };
        let mut store = Self {
            dir: dir.to_owned(),
            databases: Vec::new(),
            conf: None,
            logs: Vec::new(),
            regions: Vec::new(),
            others: Vec::new(),
        };
        let entries = std::fs::read_dir(dir).map_err(|e| failed(dir, "list the directory", e))?;
        for entry in entries {
            let entry = entry.map_err(|e| failed(dir, "list the directory", e))?;
            let (name, path) = (entry.file_name(), entry.path());
            let kind = kind(&name);
            match kind {
                Kind::Region => store.regions.push(path),
                Kind::Other => store.others.push(name),
                Kind::Database | Kind::Conf | Kind::Log => {
                    let metadata =
                        std::fs::metadata(&path).map_err(|e| failed(&path, "look at it", e))?;
                    if !metadata.is_file() {
                        return Err(StoreError::NotPlain(path));
                    }
                    let file = StoreFile {
                        fact: fact(&name),
                        name,
                        path,
                        metadata,
                    };
                    match kind {
                        Kind::Database => store.databases.push(file),
                        Kind::Conf => store.conf = Some(file),
                        _ => store.logs.push(file),
                    }
                }
            }
        }
        if store.databases.is_empty() {
            return Err(StoreError::NoDatabase(dir.to_owned()));
        }
        store
            .databases
            .sort_by_cached_key(|file| database_order(&file.name));
        store.logs.sort_by(|left, right| left.name.cmp(&right.name));
        store.regions.sort();
        store.others.sort();
        Ok(store)
    }

    /// The files that make up the store and are worth keeping: databases,
    /// version identifier, logs.
    pub fn files(&self) -> impl Iterator<Item = &StoreFile> {
        self.databases.iter().chain(&self.conf).chain(&self.logs)
    }

    /// The documented files that every store has and this one lacks.
    pub fn missing(&self) -> impl Iterator<Item = &'static FileProfile> {
        self.missing_of(Profile::shipped())
    }

    /// The files that a profile says every store has, and this one lacks.
    pub fn missing_of<'p>(&self, profile: &'p Profile) -> impl Iterator<Item = &'p FileProfile> {
        profile.files.iter().filter(|fact| {
            fact.presence == Presence::Expected
                && match fact.role {
                    Role::VersionIdentifier => self.conf.is_none(),
                    _ => !self.databases.iter().any(|file| file.name == *fact.name),
                }
        })
    }
}

/// Whether a name is that of a file of some store: a database, the version
/// identifier or a log.
pub fn is_store_name(name: &OsStr) -> bool {
    matches!(kind(name), Kind::Database | Kind::Conf | Kind::Log)
}

/// Whether a name is that of a database of some store.
pub fn is_database_name(name: &OsStr) -> bool {
    kind(name) == Kind::Database
}

/// What the databases of a store are sorted by: the order of the shipped
/// profile, those that it does not name last.
pub fn database_order(name: &OsStr) -> (usize, OsString) {
    let files = &Profile::shipped().files;
    let place = files.iter().position(|known| name == known.name.as_str());
    (place.unwrap_or(files.len()), name.to_owned())
}

fn kind(name: &OsStr) -> Kind {
    let name = name.as_bytes();
    if name.iter().any(|byte| matches!(byte, b'/' | 0)) {
        // The name of no file. One may be asked about that stands in data.
        Kind::Other
    } else if name == b"ics50caldb.conf" {
        Kind::Conf
    } else if name.starts_with(b"ics50") && name.ends_with(b".db") {
        Kind::Database
    } else if name.strip_prefix(b"log.").is_some_and(is_log_number) {
        Kind::Log
    } else if name.starts_with(b"__db") {
        Kind::Region
    } else {
        Kind::Other
    }
}

/// Ten digits, or five as Berkeley DB before 2.5.9 had them.
fn is_log_number(digits: &[u8]) -> bool {
    matches!(digits.len(), 5 | 10) && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(names: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for name in names {
            if let Some(name) = name.strip_suffix('/') {
                std::fs::create_dir(dir.path().join(name)).unwrap();
            } else {
                std::fs::write(dir.path().join(name), name).unwrap();
            }
        }
        dir
    }

    #[test]
    fn files_are_told_apart_by_name() {
        let dir = directory(&[
            "ics50zebra.db",
            "ics50events.db",
            "ics50calprops.db",
            "ics50caldb.conf",
            "log.0000000002",
            "log.0000000001",
            "log.txt",
            "__db.001",
            "hotbackup/",
            "cld_cache/",
        ]);
        let store = Store::find(dir.path()).unwrap();
        let names = |files: &[StoreFile]| -> Vec<String> {
            files
                .iter()
                .map(|file| file.name.to_string_lossy().into_owned())
                .collect()
        };
        assert_eq!(
            names(&store.databases),
            ["ics50calprops.db", "ics50events.db", "ics50zebra.db"]
        );
        assert_eq!(store.databases[1].holds(), "events");
        assert_eq!(store.databases[2].fact, None);
        assert_eq!(names(&store.logs), ["log.0000000001", "log.0000000002"]);
        assert_eq!(store.regions.len(), 1);
        assert_eq!(store.others, ["cld_cache", "hotbackup", "log.txt"]);
        assert_eq!(store.files().count(), 6);
        let missing: Vec<_> = store.missing().map(|fact| fact.name.as_str()).collect();
        assert_eq!(
            missing,
            [
                "ics50todos.db",
                "ics50alarms.db",
                "ics50gse.db",
                "ics50journals.db"
            ],
            "recurring and deletelog are optional"
        );
    }

    #[test]
    fn what_leads_elsewhere_is_no_name_of_a_store() {
        for name in [
            "ics50/../../x.db",
            "ics50\0.db",
            "log.0000000001/",
            "/ics50.db",
        ] {
            assert!(!is_store_name(OsStr::new(name)), "{name}");
            assert!(!is_database_name(OsStr::new(name)), "{name}");
        }
        assert!(is_database_name(OsStr::new("ics50..db")));
    }

    #[test]
    fn a_directory_without_databases_is_no_store() {
        let dir = directory(&["ics50caldb.conf", "notes.txt"]);
        assert!(matches!(
            Store::find(dir.path()),
            Err(StoreError::NoDatabase(_))
        ));
    }

    #[test]
    fn a_directory_with_the_name_of_a_database_is_refused() {
        let dir = directory(&["ics50events.db/"]);
        assert!(matches!(
            Store::find(dir.path()),
            Err(StoreError::NotPlain(_))
        ));
    }

    #[test]
    fn a_file_is_identified_by_its_first_bytes() {
        let dir = directory(&["ics50events.db"]);
        let store = Store::find(dir.path()).unwrap();
        assert_eq!(store.databases[0].identify().unwrap(), None);
    }
}
