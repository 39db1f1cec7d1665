//! Where a directory is to appear, and what is there already.

use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::staging::leftover::{self, Leftover};
use crate::staging::marker::Marker;
use crate::system;

/// The longest name that a file system takes, in bytes: what all in use have.
pub(crate) const NAME_AT_MOST: usize = 255;

/// Where a directory is to appear, and where its files are gathered until then.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The directory that is to appear, free of links.
    pub(crate) path: PathBuf,
    /// The directory it lies in.
    pub(crate) parent: PathBuf,
    /// Whether it is there already.
    pub(crate) exists: bool,
    /// The staging directory.
    pub(super) staging: PathBuf,
    /// The file that says that the directory is being published.
    pub(super) marker: PathBuf,
    /// Whether the staging directory is inside `path`.
    pub(super) inside: bool,
    /// Whether `path` is a mount point.
    mount: bool,
    /// Whether a name is that of a file which a run gathers there.
    ours: fn(&OsStr) -> bool,
}

/// What a place holds before a run.
#[derive(Debug)]
pub(crate) enum Held {
    /// Nothing, or what an interrupted run left, which is removed.
    Nothing,
    /// All files that an interrupted run published.
    Published,
    /// Something else, of which this is one.
    Other(PathBuf),
}

impl Place {
    /// The place of `path`, which lies in the existing directory `parent`.
    /// `word` tells staging directories of different purposes apart.
    pub(crate) fn new(path: PathBuf, parent: PathBuf, word: &str) -> io::Result<Self> {
        let exists = path.is_dir();
        let mount = exists && system::is_mount_point(&path, &parent)?;
        let inside = mount || exists && system::check_writable(&parent).is_err();
        let (staging, marker) = if inside {
            (
                path.join(format!(".csmigrate-{word}")),
                path.join(format!(".csmigrate-{word}-published")),
            )
        } else {
            let name = path.file_name().unwrap_or_default();
            (
                parent.join(own_name(name, word)),
                parent.join(own_name(name, &format!("{word}-published"))),
            )
        };
        Ok(Self {
            path,
            parent,
            exists,
            staging,
            marker,
            inside,
            mount,
            ours: caldb::store::is_store_name,
        })
    }

    /// The same place for files of other names than those of a store.
    pub(crate) fn holding(self, ours: fn(&OsStr) -> bool) -> Self {
        Self { ours, ..self }
    }

    /// The directory that must be writable for this to work.
    pub(crate) fn written(&self) -> &Path {
        if self.inside {
            &self.path
        } else {
            &self.parent
        }
    }

    /// What the final directory holds.
    pub(crate) fn held(&self) -> Result<Held> {
        let entries = self
            .entries()
            .map_err(Error::io(&self.path, "list the directory"))?;
        let Some(first) = entries.first() else {
            return Ok(Held::Nothing);
        };
        let Some(marker) = Marker::read(&self.marker)? else {
            return Ok(Held::Other(PathBuf::from(first)));
        };
        let strange = |name: &&OsString| !marker.names(&self.path.join(name));
        Ok(match entries.iter().find(strange) {
            Some(other) => Held::Other(PathBuf::from(other)),
            None if entries.len() == marker.files() => Held::Published,
            // One rename makes all appear, so some alone are not ours.
            None if !self.inside => Held::Other(PathBuf::from(first)),
            None => Held::Nothing,
        })
    }

    /// The names in the final directory, but for what is ours beside the files,
    /// and what a new ext file system holds.
    fn entries(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        if !self.exists {
            return Ok(names);
        }
        for entry in std::fs::read_dir(&self.path)? {
            let path = entry?.path();
            let ours = path == self.staging || path == self.marker;
            let found = self.mount && path.ends_with("lost+found") && path.is_dir();
            if !(ours || found) {
                names.extend(path.file_name().map(OsStr::to_owned));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Fails when the staging directory cannot be made because a living run
    /// has it, or because something else has its name. Whether an interrupted
    /// run left something.
    pub(crate) fn check_free(&self) -> Result<bool> {
        let marked = Marker::read(&self.marker)?.is_some();
        Ok(Leftover::find(&self.staging, self.ours)?.is_some() || marked)
    }

    /// Removes what an interrupted run left, by the exact names: its staging
    /// directory, the files it had moved out of that, its marker.
    pub(super) fn clear(&self) -> Result<()> {
        let marker = Marker::read(&self.marker)?;
        if let Some(marker) = marker.filter(|_| self.inside) {
            for name in self
                .entries()
                .map_err(Error::io(&self.path, "list the directory"))?
            {
                let path = self.path.join(name);
                if marker.names(&path) {
                    leftover::remove_file(&path)?;
                }
            }
        }
        if let Some(leftover) = Leftover::find(&self.staging, self.ours)? {
            leftover.remove()?;
        }
        // Last: while it is there, what it names is known to be ours.
        self.remove_marker()
    }

    /// The directory that the marker lies in.
    pub(super) fn marked(&self) -> &Path {
        self.written()
    }

    /// Removes the marker where there is one.
    pub(super) fn remove_marker(&self) -> Result<()> {
        match std::fs::remove_file(&self.marker) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io(&self.marker, "remove what a run left")(error))
            }
            _ => Ok(()),
        }
    }

    /// Whether this is the directory of these metadata, however it was named.
    pub(crate) fn is(&self, dir: &Metadata) -> bool {
        std::fs::metadata(&self.path).is_ok_and(|it| (it.dev(), it.ino()) == (dir.dev(), dir.ino()))
    }

    /// Whether this lies in the directory of these metadata, however both were
    /// named and mounted.
    pub(crate) fn lies_in(&self, dir: &Metadata) -> bool {
        system::lies_in(&self.parent, dir)
    }
}

/// The name, beside the directory `name`, of something of ours.
fn own_name(name: &OsStr, word: &str) -> OsString {
    let mut own = OsString::from(".");
    own.push(name);
    own.push(format!(".csmigrate-{word}"));
    if own.len() > NAME_AT_MOST {
        // Too long with the whole name in it.
        let hash = blake3::hash(name.as_encoded_bytes()).to_hex();
        let short = hash.get(..32).unwrap_or_default();
        return format!(".{short}.csmigrate-{word}").into();
    }
    own
}
