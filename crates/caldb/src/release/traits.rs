//! What can be seen in a store without reading all of its records: heads of
//! files, directories of named databases, the first leaves of each.

use std::ffi::OsString;
use std::io::{self, Read};

use bdbfile::Workers;
use bdbfile::layout::{Endian, Kind, Meta};
use bdbfile::log::Environment;
use bdbfile::read::{Database, DatabaseFile, Finding};
use bdbfile::source::{FileSource, PageSource, ReadAhead, open_plain};

use super::Nature;
use crate::files::Role;
use crate::profile::Profile;
use crate::store::{Store, StoreError, StoreFile};

/// Leaves of each database whose records are looked at.
const SAMPLE: usize = 256;

/// Bytes of these records after which no more are looked at: a leaf may lead to
/// a thousand times what is on it.
const SAMPLE_BYTES: usize = 8 << 20;

/// Bytes of the version identifier that are looked at.
const IDENTIFIER_BYTES: u64 = 64 << 10;

/// Which internal pages of a tree are read, of which a large one has thousands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Internal {
    /// Those above the leaves that are looked at: for who reads all of the file
    /// later.
    Above,
    /// All, which tells of damage in them.
    All,
}

/// What can be seen in a store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traits {
    /// The databases, in the order of the store.
    pub databases: Vec<DatabaseTraits>,
    /// What the version identifier says: the first number with dots in it.
    pub identifier: Option<String>,
    /// Byte order and version of the newest log.
    pub log: Option<(Endian, u32)>,
    /// Byte order and release (major, minor) of each region that says it.
    pub regions: Vec<(Endian, (u32, u32))>,
}

/// What can be seen in a database file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DatabaseTraits {
    /// The file's name.
    pub name: OsString,
    /// What it is for, where that is known.
    pub role: Option<Role>,
    /// The generation of its format; `None` where it is no Berkeley DB file.
    pub age: Option<Age>,
    /// Its byte order; `None` as above.
    pub endian: Option<Endian>,
    /// What is special about it, each once.
    pub natures: Vec<Nature>,
    /// What else the reader found.
    pub findings: Vec<Finding>,
    /// Why it cannot be read, where it cannot.
    pub problem: Option<String>,
}

/// Which releases of Berkeley DB write a version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Age {
    /// 2.x.
    V2,
    /// 3.0.
    V3_0,
    /// 3.1 to 4.0.
    V3_2,
    /// 4.1 to 5.3 (hash: to 4.5).
    V4,
    /// 4.6 to 5.3, of a hash file.
    V4_6,
    /// 6 and later.
    V6,
}

impl Age {
    /// The age of a version of the format of a kind of file.
    pub const fn of(kind: Kind, version: u32) -> Option<Self> {
        Some(match (kind, version) {
            (Kind::Btree, 0..=6) | (Kind::Hash, 0..=5) => Self::V2,
            (Kind::Btree, 7) | (Kind::Hash, 6) | (Kind::Queue, 1) => Self::V3_0,
            (Kind::Btree, 8) | (Kind::Hash, 7) | (Kind::Queue, 2 | 3) => Self::V3_2,
            (Kind::Btree, 9) | (Kind::Hash, 8) | (Kind::Queue, 4) => Self::V4,
            (Kind::Hash, 9) => Self::V4_6,
            (Kind::Btree | Kind::Hash, 10..) => Self::V6,
            _ => return None,
        })
    }

    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::V2 => "Berkeley DB 2.x",
            Self::V3_0 => "Berkeley DB 3.0",
            Self::V3_2 => "Berkeley DB 3.1 to 4.0",
            Self::V4 => "Berkeley DB 4.1 or later",
            Self::V4_6 => "Berkeley DB 4.6 or later",
            Self::V6 => "Berkeley DB 6 or later",
        }
    }
}

impl Traits {
    /// Looks at the files of a store, by several threads; `environment` is what
    /// its logs and regions say. A damaged file is told of, and is no error.
    pub fn look(
        store: &Store,
        profile: &Profile,
        environment: &Environment,
        internal: Internal,
        workers: Workers,
    ) -> Result<Self, StoreError> {
        let mut traits = Self {
            log: environment
                .logs
                .as_ref()
                .and_then(|logs| logs.layout)
                .map(|layout| (layout.endian, layout.version)),
            ..Self::default()
        };
        let heads = environment.regions.iter().filter_map(|region| region.head);
        traits.regions.extend(heads.map(|head| {
            let (major, minor, _) = head.release;
            (head.endian, (major, minor))
        }));
        let look = |index: usize| {
            let file = store.databases.get(index);
            let look = |file: &StoreFile| {
                DatabaseTraits::look(file, profile, internal).map_err(|source| StoreError::Io {
                    path: file.path.clone(),
                    action: "read the file",
                    source,
                })
            };
            file.map(look).transpose()
        };
        let databases = workers.all(store.databases.len(), look)?;
        traits.databases = databases.into_iter().flatten().collect();
        if let Some(conf) = &store.conf {
            let text = head_of(conf).map_err(|source| StoreError::Io {
                path: conf.path.clone(),
                action: "read the file",
                source,
            })?;
            traits.identifier = identifier(&text);
        }
        Ok(traits)
    }

    /// Adds a nature that was found in a database otherwise, as by reading all
    /// of its records.
    pub fn add_nature(&mut self, file: &std::ffi::OsStr, nature: Nature) {
        if let Some(database) = self.databases.iter_mut().find(|one| one.name == file) {
            database.add(nature);
        }
    }
}

impl DatabaseTraits {
    /// A database of which nothing is known yet.
    pub fn new(name: impl Into<OsString>, role: Option<Role>) -> Self {
        Self {
            name: name.into(),
            role,
            age: None,
            endian: None,
            natures: Vec::new(),
            findings: Vec::new(),
            problem: None,
        }
    }

    fn look(file: &StoreFile, profile: &Profile, internal: Internal) -> io::Result<Self> {
        let known = file.name.to_str().and_then(|name| profile.file(name));
        let mut traits = Self::new(&file.name, known.map(|known| known.role));
        if let Some(preamble) = file.identify()? {
            traits.age = Age::of(preamble.kind, preamble.version);
            traits.endian = Some(preamble.endian);
        }
        let seen = DatabaseFile::open(ReadAhead::new(FileSource::open(&file.path)?))
            .and_then(|opened| traits.look_into(&opened, internal));
        match seen {
            Ok(()) => Ok(traits),
            Err(bdbfile::Error::Io { source, .. }) => Err(source),
            Err(error) => {
                traits.problem = Some(problem(&error));
                Ok(traits)
            }
        }
    }

    fn look_into<S: PageSource>(
        &mut self,
        file: &DatabaseFile<S>,
        internal: Internal,
    ) -> bdbfile::Result<()> {
        if keeps_no_last_page(file.meta(), self.age) {
            self.add(Nature::NoLastPage);
        }
        self.sample(&file.database(), internal)?;
        for name in file.names()? {
            self.sample(&file.at(&name)?, internal)?;
        }
        Ok(())
    }

    /// Looks at the first leaves of a database.
    fn sample<S: PageSource>(
        &mut self,
        database: &Database<'_, S>,
        internal: Internal,
    ) -> bdbfile::Result<()> {
        let scan = match internal {
            Internal::Above => database.scan_first(SAMPLE)?,
            Internal::All => database.scan()?,
        };
        let all = scan.all();
        let first = all.start..all.end.min(SAMPLE);
        let ordered = database.meta().kind == Kind::Btree && !database.meta().is_recno();
        let mut last: Option<Vec<u8>> = None;
        let mut out_of_order = false;
        let mut left = SAMPLE_BYTES;
        let visited = scan.visit(first, |record| {
            let len = record.key.len().saturating_add(record.value.len());
            left = left.checked_sub(len).ok_or(End::Enough)?;
            if ordered && !record.repeats_key {
                out_of_order |= last.as_deref().is_some_and(|last| record.key <= last);
                let last = last.get_or_insert_default();
                last.clear();
                last.extend_from_slice(record.key);
            }
            Ok(())
        });
        if let Err(End::Failed(error)) = visited {
            return Err(error);
        }
        if out_of_order {
            self.add(Nature::KeyOrder);
        }
        for finding in scan.finish()?.findings {
            self.note(finding);
        }
        Ok(())
    }

    fn note(&mut self, finding: Finding) {
        if let Some(nature) = Nature::of_rule(finding.rule) {
            self.add(nature);
        } else if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn add(&mut self, nature: Nature) {
        if !self.natures.contains(&nature) {
            self.natures.push(nature);
            self.natures.sort();
        }
    }
}

/// Why no more records are looked at.
enum End {
    Enough,
    Failed(bdbfile::Error),
}

impl From<bdbfile::Error> for End {
    fn from(error: bdbfile::Error) -> Self {
        Self::Failed(error)
    }
}

/// Whether a file of a version that has a place for the last page leaves it
/// empty. A queue may have its pages in other files.
fn keeps_no_last_page(meta: &Meta, age: Option<Age>) -> bool {
    age >= Some(Age::V3_2) && meta.kind != Kind::Queue && meta.last_pgno == 0
}

/// What is wrong with a file, without its name.
fn problem(error: &bdbfile::Error) -> String {
    let bdbfile::Error::Format(error) = error else {
        return error.to_string();
    };
    let place = match error.place.page {
        Some(_) => format!("{}: ", error.place),
        None => String::new(),
    };
    let found = match error.found.as_str() {
        "" => String::new(),
        found => format!(": {found}"),
    };
    format!("cannot be read: {place}{}{found}", error.rule)
}

fn head_of(file: &StoreFile) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    open_plain(&file.path)?
        .take(IDENTIFIER_BYTES)
        .read_to_end(&mut head)?;
    Ok(head)
}

/// The first number with dots in it, as 3.0.0 is one: the file's form is not
/// known. Lines that are comments (`!`, `#`) are passed over.
fn identifier(text: &[u8]) -> Option<String> {
    text.split(|byte| *byte == b'\n')
        .filter(|line| !matches!(line.trim_ascii_start().first(), Some(b'!' | b'#')))
        .flat_map(|line| line.split(|byte| !byte.is_ascii_digit() && *byte != b'.'))
        .filter_map(|word| str::from_utf8(word).ok())
        .map(|word| word.trim_matches('.'))
        .find(|word| word.contains('.') && !word.contains(".."))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use bdbfile::Budgets;
    use bdbfile::source::MemorySource;
    use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, KeyOrder, MemorySink};

    use super::*;

    /// Of a store of long items all that 256 leaves lead to was read, by one
    /// thread, before the run began.
    #[test]
    fn a_sample_ends_with_its_bytes_and_what_it_saw_counts() {
        let sink = MemorySink::new("long.db");
        let head = FileParams::default();
        let params = BtreeParams {
            order: KeyOrder::AsFed,
            ..BtreeParams::default()
        };
        let mut builder = BtreeBuilder::new(sink, &head, &params).unwrap();
        let value = vec![1; 1 << 20];
        for key in [2, 1].into_iter().chain(3..40_u8) {
            builder.push(&[key], &value).unwrap();
        }
        let bytes = builder.finish().unwrap().0.into_bytes();
        let source = MemorySource::new("long.db", bytes);
        // To give out more is an error.
        let budgets = Budgets {
            output: Some(SAMPLE_BYTES as u64 * 3 / 2),
            ..Budgets::default()
        };
        let file = DatabaseFile::open_within(source, budgets).unwrap();
        for internal in [Internal::Above, Internal::All] {
            let mut traits = DatabaseTraits::new("long.db", None);
            traits.look_into(&file, internal).unwrap();
            assert_eq!(traits.natures, [Nature::KeyOrder]);
        }
    }

    #[test]
    fn the_identifier_is_found_in_whatever_form() {
        let found = |text: &[u8]| identifier(text);
        assert_eq!(
            found(b"! of release 1.2\ncaldb.version = \"3.0.0\"\n").as_deref(),
            Some("3.0.0")
        );
        assert_eq!(found(b"\x00\x013.0.0\x00").as_deref(), Some("3.0.0"));
        assert_eq!(found(b"version 3.1.").as_deref(), Some("3.1"));
        assert_eq!(found(b"version 300 .. \n"), None);
        assert_eq!(found(b""), None);
    }
}
