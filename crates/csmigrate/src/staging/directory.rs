//! A directory that this command made, held open. Its files are made and
//! removed in it itself: who renames it, or puts a link in its place, changes
//! nothing of that.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags};

use crate::error::{Error, Result};
use crate::lock;

/// The directory, locked until this is dropped.
#[derive(Debug)]
pub(super) struct Directory {
    path: PathBuf,
    file: File,
}

impl Directory {
    /// Opens and locks a directory of ours. A link is none.
    pub(super) fn hold(path: &Path) -> Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: lock::own(path)?,
        })
    }

    /// The directory as an open file, which holds the lock.
    pub(super) fn file(&self) -> &File {
        &self.file
    }

    /// Whether its path still leads to it.
    pub(super) fn is_still_there(&self) -> io::Result<bool> {
        let id = |it: &Metadata| (it.dev(), it.ino());
        match std::fs::symlink_metadata(&self.path) {
            Ok(now) => Ok(id(&now) == id(&self.file.metadata()?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Makes an empty file, which nothing else may have the name of.
    pub(super) fn create(&self, name: &OsStr) -> Result<File> {
        let flags =
            OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let open = || rustix::fs::openat(&self.file, name, flags, Mode::RUSR | Mode::WUSR);
        let made = rustix::io::retry_on_intr(open);
        made.map(File::from)
            .map_err(Error::errno(&self.path.join(name), "make the file"))
    }

    /// Moves a file of it to a path.
    pub(super) fn move_out(&self, name: &OsStr, to: &Path) -> Result<()> {
        rustix::fs::renameat(&self.file, name, CWD, to).map_err(Error::errno(to, "rename the file"))
    }

    /// The names in it, each with whether it is that of a plain file.
    pub(super) fn names(&self) -> io::Result<Vec<(OsString, bool)>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.file)? {
            let entry = entry?;
            let name = entry.file_name();
            if matches!(name.to_bytes(), b"." | b"..") {
                continue;
            }
            let stat = rustix::fs::statat(&self.file, name, AtFlags::SYMLINK_NOFOLLOW)?;
            let plain = FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile;
            names.push((OsStr::from_bytes(name.to_bytes()).to_owned(), plain));
        }
        Ok(names)
    }

    /// Removes a file of it.
    pub(super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.file, name, AtFlags::empty())?)
    }

    /// Removes the directory, which is empty. Locked until it is gone: who
    /// opened it before then sees that it is.
    pub(super) fn remove_itself(self) -> io::Result<()> {
        std::fs::remove_dir(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn names(dir: &Path) -> Vec<OsString> {
        let mut names: Vec<OsString> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_takes_its_place_is_neither_it_nor_touched() {
        let dir = tempfile::tempdir().unwrap();
        let [path, moved, precious] = ["own", "moved", "precious"].map(|it| dir.path().join(it));
        std::fs::create_dir(&path).unwrap();
        std::fs::create_dir(&precious).unwrap();
        std::fs::write(precious.join("ics50events.db"), "all of them").unwrap();
        let own = Directory::hold(&path).unwrap();
        own.create(OsStr::new("ics50events.db")).unwrap();
        assert!(own.is_still_there().unwrap());
        std::fs::rename(&path, &moved).unwrap();
        assert!(!own.is_still_there().unwrap());
        symlink(&precious, &path).unwrap();
        assert!(!own.is_still_there().unwrap());

        own.create(OsStr::new("ics50todos.db")).unwrap();
        assert_eq!(names(&moved), ["ics50events.db", "ics50todos.db"]);
        assert_eq!(own.names().unwrap().len(), 2);
        own.remove(OsStr::new("ics50events.db")).unwrap();
        own.remove(OsStr::new("ics50todos.db")).unwrap();
        own.remove_itself().unwrap_err();
        assert!(names(&moved).is_empty());
        assert_eq!(names(&precious), ["ics50events.db"]);
        assert!(path.is_symlink());
        Directory::hold(&path).unwrap_err();
    }

    #[test]
    fn a_name_that_is_taken_is_not_written_to_whatever_has_it() {
        let dir = tempfile::tempdir().unwrap();
        let [path, precious] = ["own", "precious"].map(|it| dir.path().join(it));
        std::fs::create_dir(&path).unwrap();
        std::fs::write(&precious, "precious").unwrap();
        symlink(&precious, path.join("ics50events.db")).unwrap();
        symlink("nowhere", path.join("ics50todos.db")).unwrap();
        let own = Directory::hold(&path).unwrap();
        for name in ["ics50events.db", "ics50todos.db"] {
            own.create(OsStr::new(name)).unwrap_err();
        }
        assert_eq!(std::fs::read(&precious).unwrap(), b"precious");
        assert!(own.names().unwrap().iter().all(|(_, plain)| !plain));
    }
}
