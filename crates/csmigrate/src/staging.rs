//! A directory that appears whole or not at all.
//!
//! Files are gathered in a staging directory and then published by one rename.
//! The staging directory stands beside the final one, or inside it where a
//! rename cannot do: when the final directory is a mount point, or when only
//! it may be written and not its parent. A staging directory that is not
//! published is removed with the files made in it, by their exact names.

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FlockOperation, RenameFlags};
use rustix::io::Errno;

use crate::error::{Error, Result};
use crate::system;

/// Where a directory is to appear, and where its files are gathered until then.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    /// The directory that is to appear, free of links.
    pub(crate) path: PathBuf,
    /// The directory it lies in.
    pub(crate) parent: PathBuf,
    /// Whether it is there already (and empty).
    pub(crate) exists: bool,
    /// The staging directory.
    staging: PathBuf,
    /// Whether that is inside `path`.
    inside: bool,
    /// Whether `path` is a mount point.
    mount: bool,
}

impl Place {
    /// The place of `path`, which lies in the existing directory `parent`.
    /// `word` tells staging directories of different purposes apart.
    pub(crate) fn new(path: PathBuf, parent: PathBuf, word: &str) -> io::Result<Self> {
        let exists = path.is_dir();
        let mount = exists && system::is_mount_point(&path, &parent)?;
        let inside = mount || exists && system::check_writable(&parent).is_err();
        let staging = if inside {
            path.join(format!(".csmigrate-{word}"))
        } else {
            let mut name = OsString::from(".");
            name.push(path.file_name().unwrap_or_default());
            name.push(format!(".csmigrate-{word}"));
            parent.join(name)
        };
        Ok(Self {
            path,
            parent,
            exists,
            staging,
            inside,
            mount,
        })
    }

    /// The directory that must be writable for this to work.
    pub(crate) fn written(&self) -> &Path {
        if self.inside {
            &self.path
        } else {
            &self.parent
        }
    }

    /// What the final directory holds, if anything. What an interrupted run
    /// left does not count.
    pub(crate) fn occupant(&self) -> io::Result<Option<PathBuf>> {
        if !self.exists {
            return Ok(None);
        }
        for entry in std::fs::read_dir(&self.path)? {
            let path = entry?.path();
            let ours = self.inside && path == self.staging;
            // A new ext file system is empty but for this.
            let found = self.mount && path.ends_with("lost+found") && path.is_dir();
            if !(ours || found) {
                return Ok(path.file_name().map(PathBuf::from));
            }
        }
        Ok(None)
    }

    /// Fails when the staging directory cannot be made because a living run
    /// has it, or because something else has its name.
    pub(crate) fn check_free(&self) -> Result<()> {
        leftover(&self.staging).map(drop)
    }
}

/// A staging directory of this run.
#[derive(Debug)]
pub(crate) struct Staging {
    place: Place,
    /// Holds the lock that tells other runs that this one lives.
    dir: File,
    made: Vec<OsString>,
    published: bool,
}

impl Staging {
    /// Makes the staging directory. What an interrupted run left in its place
    /// is removed first, if it is nothing but that.
    pub(crate) fn begin(place: Place) -> Result<Self> {
        let path = &place.staging;
        let mut builder = std::fs::DirBuilder::new();
        builder.mode(0o700);
        match builder.create(path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                remove_leftover(path)?;
                builder
                    .create(path)
                    .map_err(Error::io(path, "make the directory"))?;
            }
            Err(error) => return Err(Error::io(path, "make the directory")(error)),
        }
        let dir = lock(path)?;
        // Another run that found the directory before it was locked may have
        // taken it for a leftover and put its own in its place.
        if !is_still(path, &dir).map_err(Error::io(path, "look at the directory"))? {
            return Err(Error::Busy(path.clone()));
        }
        Ok(Self {
            place,
            dir,
            made: Vec::new(),
            published: false,
        })
    }

    /// The path that a file has until it is published.
    pub(crate) fn path_of(&self, name: &OsStr) -> PathBuf {
        self.place.staging.join(name)
    }

    /// Makes an empty file.
    pub(crate) fn create(&mut self, name: &OsStr) -> Result<File> {
        let path = self.path_of(name);
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
            .map_err(Error::io(&path, "make the file"))?;
        self.made.push(name.to_owned());
        Ok(file)
    }

    /// Makes the directory appear with all its files, which are synced. It
    /// takes owner and mode after `like`, or keeps its own where it was there
    /// before. `last` is the file that appears last where they must appear
    /// one by one.
    pub(crate) fn publish(mut self, like: &Metadata, last: Option<&OsStr>) -> Result<()> {
        let place = self.place.clone();
        if place.inside {
            return self.publish_inside(last);
        }
        let existing = place
            .exists
            .then(|| std::fs::metadata(&place.path))
            .transpose()
            .map_err(Error::io(&place.path, "look at the directory"))?;
        let staging = place.staging.as_path();
        system::take_after(&self.dir, existing.as_ref().unwrap_or(like))
            .map_err(Error::io(staging, "set owner and mode"))?;
        self.dir
            .sync_all()
            .map_err(Error::io(staging, "sync the directory"))?;
        rename(staging, &place.path, place.exists)?;
        self.published = true;
        system::sync_dir(&place.parent).map_err(Error::io(&place.parent, "sync the directory"))
    }

    fn publish_inside(&mut self, last: Option<&OsStr>) -> Result<()> {
        let place = self.place.clone();
        let (end, first): (Vec<_>, Vec<_>) = self
            .made
            .iter()
            .partition(|name| Some(name.as_os_str()) == last);
        let names: Vec<_> = first.into_iter().chain(end).collect();
        for (done, name) in names.iter().enumerate() {
            let moved = rename(&place.staging.join(name), &place.path.join(name), false);
            if moved.is_err() {
                // All or nothing: what appeared goes back and is removed.
                for name in names.iter().take(done) {
                    let _ = rename(&place.path.join(name), &place.staging.join(name), false);
                }
                return moved;
            }
        }
        std::fs::remove_dir(&place.staging)
            .map_err(Error::io(&place.staging, "remove the directory"))?;
        self.published = true;
        system::sync_dir(&place.path).map_err(Error::io(&place.path, "sync the directory"))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.published {
            return;
        }
        // What cannot be removed now is found and removed by the next run.
        for name in &self.made {
            let _ = std::fs::remove_file(self.path_of(name));
        }
        let _ = std::fs::remove_dir(&self.place.staging);
    }
}

/// Renames without ever replacing anything but, with `over_empty`, an empty
/// directory (a rename refuses one that is not).
fn rename(from: &Path, to: &Path, over_empty: bool) -> Result<()> {
    let done = if over_empty {
        rustix::fs::rename(from, to)
    } else {
        match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            // A file system that cannot promise it: then look first.
            Err(Errno::INVAL | Errno::NOSYS) if !to.exists() => rustix::fs::rename(from, to),
            done => done,
        }
    };
    done.map_err(|errno| match errno {
        Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR => Error::TargetTaken(to.to_owned()),
        errno => Error::errno(to, "publish the directory")(errno),
    })
}

/// Opens and locks a directory; the lock ends with the process.
fn lock(path: &Path) -> Result<File> {
    let dir = File::open(path).map_err(Error::io(path, "open the directory"))?;
    match rustix::fs::flock(&dir, FlockOperation::NonBlockingLockExclusive) {
        // A file system without locks has no runs to tell apart either.
        Ok(()) | Err(Errno::NOTSUP | Errno::NOLCK | Errno::NOSYS) => Ok(dir),
        Err(Errno::WOULDBLOCK) => Err(Error::Busy(path.to_owned())),
        Err(errno) => Err(Error::errno(path, "lock the directory")(errno)),
    }
}

/// Whether a path still leads to a directory that was opened by it.
fn is_still(path: &Path, dir: &File) -> io::Result<bool> {
    let id = |it: &Metadata| (it.dev(), it.ino());
    match std::fs::symlink_metadata(path) {
        Ok(now) => Ok(id(&now) == id(&dir.metadata()?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// The staging directory of a run that was interrupted, locked, and the names
/// in it: a directory with our name, that no living run holds, with nothing in
/// it but files of a store.
fn leftover(path: &Path) -> Result<Option<(File, Vec<OsString>)>> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => {}
        // A link is no directory of ours, wherever it leads.
        Ok(_) => return Err(Error::InTheWay(path.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io(path, "look at it")(error)),
    }
    let held = lock(path)?;
    let list = |error| Error::io(path, "list the directory")(error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(list)? {
        let entry = entry.map_err(list)?;
        let name = entry.file_name();
        let plain = entry.file_type().is_ok_and(|kind| kind.is_file());
        if !plain || !caldb::store::is_store_name(&name) {
            return Err(Error::NoLeftover {
                path: path.to_owned(),
                holds: PathBuf::from(name),
            });
        }
        names.push(name);
    }
    Ok(Some((held, names)))
}

/// Removes what an interrupted run left, by the exact names.
fn remove_leftover(path: &Path) -> Result<()> {
    let Some((held, names)) = leftover(path)? else {
        return Ok(());
    };
    for name in &names {
        let file = path.join(name);
        std::fs::remove_file(&file).map_err(Error::io(&file, "remove what a run left"))?;
    }
    // Locked until it is gone: who opened it before then sees that it is.
    let removed = std::fs::remove_dir(path);
    drop(held);
    removed.map_err(Error::io(path, "remove what a run left"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(dir: &Path, name: &str) -> Place {
        Place::new(dir.join(name), dir.to_owned(), "staging").unwrap()
    }

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn what_is_not_published_leaves_no_trace() {
        let dir = tempfile::tempdir().unwrap();
        let mut staging = Staging::begin(place(dir.path(), "csdb")).unwrap();
        staging.create(OsStr::new("ics50events.db")).unwrap();
        assert_eq!(names(dir.path()), [".csdb.csmigrate-staging"]);
        drop(staging);
        assert!(names(dir.path()).is_empty());
    }

    #[test]
    fn what_is_published_appears_whole_and_replaces_an_empty_directory() {
        let dir = tempfile::tempdir().unwrap();
        let like = std::fs::metadata(dir.path()).unwrap();
        for exists in [false, true] {
            let name = format!("csdb-{exists}");
            if exists {
                std::fs::create_dir(dir.path().join(&name)).unwrap();
            }
            let mut staging = Staging::begin(place(dir.path(), &name)).unwrap();
            staging.create(OsStr::new("ics50events.db")).unwrap();
            staging.publish(&like, None).unwrap();
            assert_eq!(names(&dir.path().join(&name)), ["ics50events.db"]);
        }
        assert_eq!(names(dir.path()), ["csdb-false", "csdb-true"]);
    }

    #[test]
    fn a_target_that_was_filled_meanwhile_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let like = std::fs::metadata(dir.path()).unwrap();
        for exists in [false, true] {
            let target = dir.path().join(format!("csdb-{exists}"));
            if exists {
                std::fs::create_dir(&target).unwrap();
            }
            let staging = Staging::begin(place(dir.path(), &format!("csdb-{exists}"))).unwrap();
            std::fs::create_dir_all(&target).unwrap();
            std::fs::write(target.join("precious"), "").unwrap();
            let error = staging.publish(&like, None).unwrap_err();
            assert!(matches!(error, Error::TargetTaken(_)), "{error}");
            assert_eq!(names(&target), ["precious"]);
        }
        assert_eq!(names(dir.path()), ["csdb-false", "csdb-true"]);
    }

    #[test]
    fn a_target_that_is_filled_from_inside_keeps_nothing_of_a_failure() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("csdb");
        std::fs::create_dir(&target).unwrap();
        let like = std::fs::metadata(&target).unwrap();
        for fails in [true, false] {
            let mut place = place(dir.path(), "csdb");
            place.staging = target.join(".csmigrate-staging");
            place.inside = true;
            let mut staging = Staging::begin(place).unwrap();
            for name in ["ics50caldb.conf", "ics50events.db", "ics50todos.db"] {
                staging.create(OsStr::new(name)).unwrap();
            }
            if fails {
                std::fs::write(target.join("ics50todos.db"), "precious").unwrap();
            }
            let done = staging.publish(&like, Some(OsStr::new("ics50caldb.conf")));
            if fails {
                let error = done.unwrap_err();
                assert!(matches!(error, Error::TargetTaken(_)), "{error}");
                assert_eq!(names(&target), ["ics50todos.db"]);
                std::fs::remove_file(target.join("ics50todos.db")).unwrap();
            } else {
                done.unwrap();
                assert_eq!(
                    names(&target),
                    ["ics50caldb.conf", "ics50events.db", "ics50todos.db"]
                );
            }
        }
    }

    #[test]
    fn a_leftover_is_removed_and_anything_else_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let left = dir.path().join(".csdb.csmigrate-staging");
        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("ics50todos.db"), "half").unwrap();
        drop(Staging::begin(place(dir.path(), "csdb")).unwrap());
        assert!(names(dir.path()).is_empty());

        std::fs::create_dir(&left).unwrap();
        std::fs::write(left.join("thesis.txt"), "").unwrap();
        let error = Staging::begin(place(dir.path(), "csdb")).unwrap_err();
        assert!(matches!(error, Error::NoLeftover { .. }), "{error}");
        assert_eq!(names(&left), ["thesis.txt"]);
    }

    #[test]
    fn a_link_with_the_name_of_a_leftover_is_not_followed() {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("oldcsdb");
        std::fs::create_dir(&store).unwrap();
        std::fs::write(store.join("ics50events.db"), "all of them").unwrap();
        let link = dir.path().join(".csdb.csmigrate-staging");
        std::os::unix::fs::symlink(&store, &link).unwrap();
        let error = Staging::begin(place(dir.path(), "csdb")).unwrap_err();
        assert!(matches!(error, Error::InTheWay(_)), "{error}");
        assert_eq!(names(&store), ["ics50events.db"]);
    }

    #[test]
    fn a_directory_that_another_took_the_place_of_is_not_ours() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("staging");
        std::fs::create_dir(&path).unwrap();
        let opened = File::open(&path).unwrap();
        assert!(is_still(&path, &opened).unwrap());
        std::fs::rename(&path, dir.path().join("moved")).unwrap();
        assert!(!is_still(&path, &opened).unwrap());
        std::fs::create_dir(&path).unwrap();
        assert!(!is_still(&path, &opened).unwrap());
    }

    #[test]
    fn a_living_run_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let mut living = Staging::begin(place(dir.path(), "csdb")).unwrap();
        living.create(OsStr::new("ics50events.db")).unwrap();
        let error = Staging::begin(place(dir.path(), "csdb")).unwrap_err();
        assert!(matches!(error, Error::Busy(_)), "{error}");
        assert!(living.path_of(OsStr::new("ics50events.db")).exists());
    }
}
