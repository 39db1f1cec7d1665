//! The source: is it there, is it a store, can all of it be read?

use std::fs::Metadata;
use std::io;
use std::path::{Path, PathBuf};

use bdbfile::source::FileSource;
use caldb::rules::RuleSet;
use caldb::{Profile, Role, Store};

use crate::error::{Error, Result};
use crate::report::Warning;
use crate::rewrite;
use crate::similar;

/// The source directory free of links, and the store in it.
pub(crate) fn find(named: &Path) -> Result<(PathBuf, Metadata, Store)> {
    let metadata = match std::fs::metadata(named) {
        Ok(metadata) => metadata,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Err(Error::SourceMissing {
                path: named.to_owned(),
                similar: similar::directories(named),
            });
        }
        Err(source) => {
            return Err(Error::Unreadable {
                path: named.to_owned(),
                source,
            });
        }
    };
    if !metadata.is_dir() {
        return Err(Error::SourceNotDirectory(named.to_owned()));
    }
    let source = named
        .canonicalize()
        .map_err(Error::io(named, "resolve the path"))?;
    let store = Store::find(named).map_err(|error| match error.into() {
        Error::NotAStore { path, .. } => Error::NotAStore {
            path,
            stores: stores_in(named),
        },
        other => other,
    })?;
    Ok((source, metadata, store))
}

/// Directories right below that are stores.
fn stores_in(dir: &Path) -> Vec<PathBuf> {
    let mut stores: Vec<PathBuf> = std::fs::read_dir(dir)
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir() && Store::find(path).is_ok())
        .collect();
    stores.sort();
    stores.truncate(3);
    stores
}

/// Opens every file for reading, once, so that the one nobody may read is
/// found before the others are copied.
pub(crate) fn check_readable(store: &Store) -> Result<()> {
    for file in store.files() {
        std::fs::File::open(&file.path).map_err(|source| Error::Unreadable {
            path: file.path.clone(),
            source,
        })?;
    }
    Ok(())
}

/// Opens every database, so that one of a kind that is not read is refused
/// before anything is copied. Its records are read later.
pub(super) fn check_databases(store: &Store) -> Result<()> {
    for file in &store.databases {
        let source =
            FileSource::open(&file.path).map_err(Error::io(&file.path, "read the file"))?;
        rewrite::open(source)?;
    }
    Ok(())
}

/// The longest version identifier that a rule is asked about, in bytes. The one
/// that is known by its version has a line.
const IDENTIFIER_AT_MOST: u64 = 1 << 16;

/// The text that the rules give the version identifier, in which `found` was
/// found; `None` where they leave it.
pub(super) fn new_identifier(
    store: &Store,
    rules: &RuleSet,
    found: Option<&str>,
) -> Result<Option<Vec<u8>>> {
    let (Some(conf), Some(found)) = (&store.conf, found) else {
        return Ok(None);
    };
    if conf.len() > IDENTIFIER_AT_MOST {
        return Ok(None);
    }
    let text = std::fs::read(&conf.path).map_err(|source| Error::Unreadable {
        path: conf.path.clone(),
        source,
    })?;
    Ok(rules.identifier(&text, found))
}

/// What is odd about the store by the names of its files, and what is done
/// about its version identifier.
pub(super) fn warnings(store: &Store, profile: &Profile, replaced: bool) -> Vec<Warning> {
    let mut warnings = odd_files(store, profile);
    if let Some(conf) = &store.conf
        && conf
            .fact
            .is_some_and(|fact| fact.role == Role::VersionIdentifier)
    {
        let text = if replaced {
            "rule identifier-stamp replaces the version identifier by that of the profile"
        } else {
            "carried byte for byte: what 6.3 writes in the version identifier was never published"
        };
        warnings.push(Warning::new(Some(&conf.name), text));
    }
    warnings
}

/// What is odd about the store by the names of its files.
pub(crate) fn odd_files(store: &Store, profile: &Profile) -> Vec<Warning> {
    let mut warnings: Vec<Warning> = store
        .missing_of(profile)
        .map(|fact| {
            let text = format!(
                "the store has no {} ({}), which the guides describe",
                fact.name, fact.holds
            );
            Warning::new(None, text)
        })
        .collect();
    for file in &store.databases {
        let known = file.name.to_str().and_then(|name| profile.file(name));
        if known.is_none() {
            let text = "no guide describes this database; it is migrated like the others";
            warnings.push(Warning::new(Some(&file.name), text));
        }
    }
    warnings
}
