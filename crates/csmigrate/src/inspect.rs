//! What a store is, when nothing is to be done to it: its files, the release
//! that wrote it, whether it was cleanly shut down. Nothing is written.
//!
//! ```no_run
//! use csmigrate::caldb::Profile;
//! use csmigrate::inspect::StoreView;
//!
//! let view = StoreView::look("csdb", Profile::shipped())?;
//! println!("{}", view.detection.conclusion);
//! # Ok::<(), csmigrate::Error>(())
//! ```

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use bdbfile::Workers;
use bdbfile::layout::Preamble;
use bdbfile::log::{Reason, Verdict};
use caldb::release::{self, DatabaseTraits, Detection, Internal, Traits};
use caldb::{FileProfile, Profile, Store, StoreFile};

use crate::database::Database;
use crate::error::{Error, Result};
use crate::plan::{shutdown, source};
use crate::recovery::{self, Recovery, Tried};
use crate::report::Warning;
use crate::rewrite;
use crate::stop::Stop;

/// What a directory holds.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct StoreView {
    /// The directory, as named.
    pub dir: PathBuf,
    /// The databases, in the order of the store.
    pub databases: Vec<DatabaseView>,
    /// The version identifier and the logs.
    pub companions: Vec<FileView>,
    /// The environment's region files.
    pub regions: Vec<OsString>,
    /// What lies in the directory and is not part of the store.
    pub others: Vec<OsString>,
    /// The release, and the evidence for it.
    pub detection: Detection,
    /// Whether the store was cleanly shut down.
    pub shutdown: Shutdown,
    /// What replaying its logs would do, where it was not.
    pub recovery: RecoveryView,
    /// What is odd, about the store and about its files.
    pub findings: Vec<Warning>,
}

/// A file of the store.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FileView {
    /// Its name.
    pub name: OsString,
    /// Its size in bytes.
    pub len: u64,
    /// What the profile says of it.
    pub known: Option<FileProfile>,
}

/// A database of the store.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DatabaseView {
    /// The file.
    pub file: FileView,
    /// Kind, version, byte order and page size by its first bytes; `None`
    /// where it is no Berkeley DB file.
    pub preamble: Option<Preamble>,
    /// What can be seen in it.
    pub traits: DatabaseTraits,
}

/// Whether the logs of a store can be replayed.
#[derive(Debug, Clone)]
pub enum RecoveryView {
    /// There is no need to: nothing shows that it was not cleanly shut down.
    NotNeeded,
    /// They can, and this is what it does.
    Possible(Recovery),
    /// They cannot: the reason, a sentence.
    Refused(String),
}

/// Whether a store was cleanly shut down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shutdown {
    /// It was: the evidence, a sentence each.
    Clean(Vec<String>),
    /// It was not: the reasons, a sentence each.
    Unclean(Vec<String>),
    /// There are neither logs nor regions to judge by.
    Unknown,
}

impl Shutdown {
    /// The name in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Clean(_) => "clean",
            Self::Unclean(_) => "unclean",
            Self::Unknown => "unknown",
        }
    }

    /// What shows it, a sentence each.
    pub fn why(&self) -> &[String] {
        match self {
            Self::Clean(why) | Self::Unclean(why) => why,
            Self::Unknown => &[],
        }
    }
}

impl StoreView {
    /// Looks at a directory. Of each database the head and the first leaves
    /// are read; where there are logs they are read whole, and all page
    /// headers; where they have to be replayed, that is done in memory, or in a
    /// temporary file. A damaged file is told of among the findings.
    ///
    /// # Errors
    /// When there is no store, or a file of it cannot be read.
    pub fn look(dir: impl AsRef<Path>, profile: &Profile) -> Result<Self> {
        let dir = dir.as_ref();
        let store = source::find(dir)?.store;
        for file in store.files() {
            source::open(file)?;
        }
        let environment = shutdown::environment(&store)?;
        let traits = Traits::look(&store, profile, &environment, Internal::All, Workers::ALONE)?;
        // What is damaged is among the traits already.
        let newest = shutdown::newest_page(&store, &environment, |_| ())?;
        let shutdown = match environment.judge(newest.as_ref()) {
            Verdict::Clean { why } => Shutdown::Clean(why),
            Verdict::NoEnvironment => Shutdown::Unknown,
            Verdict::Unclean { reasons } => {
                Shutdown::Unclean(reasons.iter().map(Reason::to_string).collect())
            }
        };
        let recovery = match &shutdown {
            Shutdown::Unclean(_) if store.logs.is_empty() => {
                RecoveryView::Refused("there is no log to replay".to_owned())
            }
            Shutdown::Unclean(_) => match recovery::replay_source(&store, &Stop::default())? {
                Tried::Replayed(replayed) => RecoveryView::Possible(replayed.recovery),
                Tried::Refused(why) => RecoveryView::Refused(why),
            },
            _ => RecoveryView::NotNeeded,
        };
        let mut findings = source::odd_files(&store, &Database::all_as_found(&store), profile);
        for one in &traits.databases {
            findings.extend(of_database(one));
        }
        Ok(Self {
            dir: dir.to_owned(),
            databases: databases(&store, profile, &traits)?,
            companions: store
                .conf
                .iter()
                .chain(&store.logs)
                .map(|file| FileView::of(file, profile))
                .collect(),
            regions: store
                .regions
                .iter()
                .filter_map(|path| path.file_name())
                .map(OsString::from)
                .collect(),
            others: store.others.clone(),
            detection: release::detect(profile, &traits),
            shutdown,
            recovery,
            findings,
        })
    }
}

impl FileView {
    fn of(file: &StoreFile, profile: &Profile) -> Self {
        let known = file.name.to_str().and_then(|name| profile.file(name));
        Self {
            name: file.name.clone(),
            len: file.len(),
            known: known.cloned(),
        }
    }

    /// What it holds, in words.
    pub fn holds(&self) -> &str {
        self.known.as_ref().map_or("", |known| known.holds.as_str())
    }
}

fn databases(store: &Store, profile: &Profile, traits: &Traits) -> Result<Vec<DatabaseView>> {
    let each = store.databases.iter().zip(&traits.databases);
    each.map(|(file, traits)| {
        let preamble = file.identify().map_err(|source| Error::Unreadable {
            path: file.path.clone(),
            source,
        })?;
        Ok(DatabaseView {
            file: FileView::of(file, profile),
            preamble,
            traits: traits.clone(),
        })
    })
    .collect()
}

/// What is odd about a database.
fn of_database(traits: &DatabaseTraits) -> Vec<Warning> {
    let name = &traits.name;
    let natures = traits.natures.iter().map(ToString::to_string);
    natures
        .chain(traits.problem.clone())
        .map(|text| Warning::new("nature", Some(name), text))
        .chain(rewrite::grouped(name, &traits.findings))
        .collect()
}
