//! The marker: a file that says which files a run is about to publish.
//!
//! It is there, synced, before the first of them appears, and goes when all of
//! them are in place for good. A run that finds it knows by it what the run
//! before, which did not come to its end, had published: files of the name,
//! the length and the beginning that it says. Each new database has an id of
//! its own in its beginning. Being renamed into place itself, the marker is
//! never there by half.

use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::path::Path;
use std::str::FromStr;

use bdbfile::source::open_plain;

use crate::error::{Error, Result};
use crate::staging::directory::Directory;

/// What it is called in the staging directory, where it is written.
pub(super) const DRAFT: &str = "csmigrate-draft";

/// The first line; the number rises when what follows means something else.
const TITLE: &str = "csmigrate: files that are being published: bytes, beginning, name: 1\n";
/// The last line.
const END: &str = "end\n";
/// No marker is longer. A store has some twenty files.
const AT_MOST: u64 = 1 << 20;
/// Bytes of a file's beginning that tell it from others.
const BEGINNING: u64 = 1 << 16;

/// What a marker says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Marker {
    /// A line for each file, without its end.
    files: Vec<String>,
}

impl Marker {
    /// The marker of these files, all finished.
    pub(super) fn of(files: &[impl AsRef<Path>]) -> Result<Self> {
        let files = files.iter().map(|path| {
            let path = path.as_ref();
            line(path).map_err(Error::io(path, "read the new file"))
        });
        Ok(Self {
            files: files.collect::<Result<_>>()?,
        })
    }

    /// Writes it, synced, in the staging directory, and then makes it appear at
    /// `path` by a rename.
    pub(super) fn write(&self, staging: &Directory, path: &Path) -> Result<()> {
        let draft = OsStr::new(DRAFT);
        let mut file = staging.create(draft)?;
        file.write_all(self.to_string().as_bytes())
            .map_err(Error::io(path, "write the file"))?;
        file.sync_all().map_err(Error::io(path, "sync the file"))?;
        staging.move_out(draft, path)
    }

    /// Reads the marker at `path`, if there is one. Something else that has
    /// its name is an error.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        let in_the_way = || Error::InTheWay(path.to_owned());
        let metadata = match path.symlink_metadata() {
            Ok(metadata) => metadata,
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(Error::io(path, "look at it")(error)),
        };
        if !metadata.is_file() || metadata.len() > AT_MOST {
            return Err(in_the_way());
        }
        match std::fs::read_to_string(path) {
            Ok(text) => text.parse().map(Some).map_err(|NoMarker| in_the_way()),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(in_the_way()),
            Err(error) => Err(Error::io(path, "read it")(error)),
        }
    }

    /// How many files it names.
    pub(super) fn files(&self) -> usize {
        self.files.len()
    }

    /// Whether a path is that of a file it names.
    pub(super) fn names(&self, path: &Path) -> bool {
        path.symlink_metadata().is_ok_and(|it| it.is_file())
            && line(path).is_ok_and(|line| self.files.contains(&line))
    }
}

/// What the marker says of a file: its length, the hash of its beginning, its
/// name.
fn line(path: &Path) -> io::Result<String> {
    let file = open_plain(path)?;
    let len = file.metadata()?.len();
    let mut beginning = Vec::new();
    file.take(BEGINNING).read_to_end(&mut beginning)?;
    let name = path.file_name().unwrap_or(OsStr::new(""));
    let name = name.as_encoded_bytes().escape_ascii();
    Ok(format!("{len} {} {name}", blake3::hash(&beginning)))
}

impl std::fmt::Display for Marker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(TITLE)?;
        for file in &self.files {
            writeln!(f, "{file}")?;
        }
        f.write_str(END)
    }
}

/// A text that is no marker.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NoMarker;

impl FromStr for Marker {
    type Err = NoMarker;

    fn from_str(text: &str) -> std::result::Result<Self, NoMarker> {
        let files = text
            .strip_prefix(TITLE)
            .and_then(|rest| rest.strip_suffix(END))
            .filter(|files| files.is_empty() || files.ends_with('\n'))
            .ok_or(NoMarker)?;
        Ok(Self {
            files: files.lines().map(str::to_owned).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_as_it_was_written_and_nothing_else_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ics50events.db");
        std::fs::write(&file, "events").unwrap();
        let marker = Marker::of(&[&file]).unwrap();
        let path = dir.path().join("marker");
        marker
            .write(&Directory::hold(dir.path()).unwrap(), &path)
            .unwrap();
        assert_eq!(Marker::read(&path).unwrap(), Some(marker.clone()));
        assert!(marker.names(&file));
        let other = dir.path().join("ics50todos.db");
        std::fs::copy(&file, &other).unwrap();
        assert!(!marker.names(&other), "another name");
        std::fs::write(&file, "stneve").unwrap();
        assert!(!marker.names(&file), "other bytes");
        let text = marker.to_string();
        for len in 0..text.len() {
            assert_eq!(text[..len].parse::<Marker>(), Err(NoMarker), "{len} bytes");
        }
        for other in ["precious", "", "csmigrate\nend\n"] {
            std::fs::write(&path, other).unwrap();
            assert!(matches!(Marker::read(&path), Err(Error::InTheWay(_))));
        }
        assert_eq!(Marker::read(&dir.path().join("none")).unwrap(), None);
    }
}
