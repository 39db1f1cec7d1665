//! A directory that appears whole or not at all.
//!
//! Files are gathered in a staging directory and then published by one rename.
//! The staging directory stands beside the final one, or inside it where a
//! rename cannot do: when the final directory is a mount point, or when only
//! it may be written and not its parent. A staging directory that is not
//! published is removed with the files made in it, by their exact names.
//!
//! * `place`: where a directory is to appear, and what is there already.
//! * `directory`: a directory of ours, held open.
//! * `marker`: which files are being published.
//! * `leftover`: what an interrupted run left.

mod directory;
mod leftover;
mod marker;
mod place;

use std::ffi::{OsStr, OsString};
use std::fs::{File, Metadata};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags};
use rustix::io::Errno;

use crate::error::{Error, Result};
use crate::system;

use directory::Directory;
use marker::Marker;
pub(crate) use place::{Held, NAME_AT_MOST, Place};

/// A staging directory of this run.
#[derive(Debug)]
pub(crate) struct Staging {
    place: Place,
    /// Its lock tells other runs that this one lives.
    dir: Directory,
    made: Vec<OsString>,
    published: bool,
}

/// A directory that was published, all of it in place and synced, and its
/// marker still there.
#[derive(Debug)]
#[must_use]
pub(crate) struct Published {
    place: Place,
    _lock: Option<File>,
}

impl Staging {
    /// Makes the staging directory. What an interrupted run left in its place
    /// is removed first, if it is nothing but that.
    pub(crate) fn begin(place: Place) -> Result<Self> {
        place.clear()?;
        let path = &place.staging;
        let mut builder = std::fs::DirBuilder::new();
        builder.mode(0o700);
        builder.create(path).map_err(|error| {
            if error.kind() == io::ErrorKind::AlreadyExists {
                return Error::Busy(path.clone());
            }
            Error::io(path, "make the directory")(error)
        })?;
        let dir = Directory::hold(path).inspect_err(|error| {
            if !matches!(error, Error::Busy(_)) {
                let _ = std::fs::remove_dir(path);
            }
        })?;
        // Another run that found the directory before it was locked may have
        // taken it for a leftover and put its own in its place.
        if !is_still_there(&dir, path)? {
            return Err(Error::Busy(path.clone()));
        }
        Ok(Self {
            place,
            dir,
            made: Vec::new(),
            published: false,
        })
    }

    /// Where the files are until they are published.
    pub(crate) fn dir(&self) -> &Path {
        &self.place.staging
    }

    /// The path that a file has until it is published.
    pub(crate) fn path_of(&self, name: &OsStr) -> PathBuf {
        self.place.staging.join(name)
    }

    /// Makes an empty file.
    pub(crate) fn create(&mut self, name: &OsStr) -> Result<File> {
        let file = self.dir.create(name)?;
        self.made.push(name.to_owned());
        Ok(file)
    }

    /// Makes the directory appear with all its files, which are synced. It
    /// takes owner and mode after `like`, or keeps its own where it was there
    /// before. `last` is the file that appears last where they must appear
    /// one by one.
    ///
    /// # Errors
    /// [`Error::NotDurable`] where all is in place and only the last sync
    /// failed; else nothing was published.
    pub(crate) fn publish(mut self, like: &Metadata, last: Option<&OsStr>) -> Result<Published> {
        let place = self.place.clone();
        let existing = place
            .exists
            .then(|| std::fs::metadata(&place.path))
            .transpose()
            .map_err(Error::io(&place.path, "look at the directory"))?;
        let staging = place.staging.as_path();
        if !place.inside {
            system::take_after(self.dir.file(), staging, existing.as_ref().unwrap_or(like))?;
        }
        self.mark()?;
        self.dir
            .file()
            .sync_all()
            .map_err(Error::io(staging, "sync the directory"))?;
        // What the marker says is durable before it comes true.
        let marked = place.marked();
        system::sync_dir(marked).map_err(Error::io(marked, "sync the directory"))?;
        // What stands in its place now was neither written nor compared here.
        if !is_still_there(&self.dir, staging)? {
            return Err(Error::Busy(staging.to_owned()));
        }
        if place.inside {
            self.move_files(last)?;
        } else {
            rename(staging, &place.path, place.exists)?;
        }
        self.published = true;
        system::sync_dir(marked).map_err(|source| Error::NotDurable {
            path: place.path.clone(),
            source,
        })?;
        Ok(Published {
            place,
            _lock: self.dir.file().try_clone().ok(),
        })
    }

    /// Makes the directory appear with all its files, which are synced first,
    /// and leaves nothing that tells of it: for files that another run makes
    /// anew rather than look at again. A directory that was there keeps owner
    /// and mode, a new one is of whoever runs this.
    pub(crate) fn publish_unmarked(mut self) -> Result<()> {
        let place = self.place.clone();
        let staging = place.staging.as_path();
        if place.exists && !place.inside {
            let existing = std::fs::metadata(&place.path)
                .map_err(Error::io(&place.path, "look at the directory"))?;
            system::take_after(self.dir.file(), staging, &existing)?;
        }
        // All files at once: there may be very many.
        rustix::fs::syncfs(self.dir.file()).map_err(Error::errno(staging, "sync the files"))?;
        if !is_still_there(&self.dir, staging)? {
            return Err(Error::Busy(staging.to_owned()));
        }
        if place.inside {
            self.move_files(None)?;
        } else {
            rename(staging, &place.path, place.exists)?;
        }
        self.published = true;
        if place.inside {
            let removed = std::fs::remove_dir(staging);
            removed.map_err(Error::io(staging, "remove the directory"))?;
        }
        let written = place.written();
        system::sync_dir(written).map_err(Error::io(written, "sync the directory"))
    }

    /// Says which files are being published.
    fn mark(&self) -> Result<()> {
        let files: Vec<PathBuf> = self.made.iter().map(|name| self.path_of(name)).collect();
        Marker::of(&files)?.write(&self.dir, &self.place.marker)
    }

    /// Moves the files out of the staging directory, one by one.
    fn move_files(&mut self, last: Option<&OsStr>) -> Result<()> {
        let place = &self.place;
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
        Ok(())
    }
}

impl Published {
    /// What an interrupted run published, which was found to be whole: synced
    /// once more, since that run may have ended before it could.
    pub(crate) fn found(place: Place) -> Result<Self> {
        for dir in [&place.path, &place.parent] {
            system::sync_dir(dir).map_err(|source| Error::NotDurable {
                path: place.path.clone(),
                source,
            })?;
        }
        Ok(Self { place, _lock: None })
    }

    /// Removes the marker: from here on the directory is nobody's leftover.
    pub(crate) fn finish(self) -> Result<()> {
        let staging = &self.place.staging;
        match std::fs::remove_dir(staging) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::io(staging, "remove the directory")(error));
            }
            _ => {}
        }
        self.place.remove_marker()
    }

    /// The same, synced: for a directory that others are published after, so
    /// that its marker cannot outlive theirs.
    pub(crate) fn finish_for_good(self) -> Result<()> {
        let marked = self.place.marked().to_owned();
        self.finish()?;
        system::sync_dir(&marked).map_err(Error::io(&marked, "sync the directory"))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if self.published {
            return;
        }
        // What cannot be removed now is found and removed by the next run.
        let draft = OsString::from(marker::DRAFT);
        for name in self.made.iter().chain([&draft]) {
            let _ = self.dir.remove(name);
        }
        let _ = std::fs::remove_dir(&self.place.staging);
        let _ = self.place.remove_marker();
    }
}

fn is_still_there(dir: &Directory, path: &Path) -> Result<bool> {
    dir.is_still_there()
        .map_err(Error::io(path, "look at the directory"))
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
            let published = staging.publish(&like, None).unwrap();
            assert_eq!(names(&dir.path().join(&name)), ["ics50events.db"]);
            let again = place(dir.path(), &name);
            assert!(matches!(again.held().unwrap(), Held::Published));
            published.finish().unwrap();
            assert!(matches!(again.held().unwrap(), Held::Other(_)));
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
            place.marker = target.join(".csmigrate-staging-published");
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
                done.unwrap().finish().unwrap();
                assert_eq!(
                    names(&target),
                    ["ics50caldb.conf", "ics50events.db", "ics50todos.db"]
                );
            }
        }
    }

    /// What a run that was killed between two of its renames leaves.
    #[test]
    fn files_that_were_moved_one_by_one_are_known_again() {
        let dir = tempfile::tempdir().unwrap();
        let target = dir.path().join("csdb");
        std::fs::create_dir(&target).unwrap();
        let mut place = place(dir.path(), "csdb");
        place.staging = target.join(".csmigrate-staging");
        place.marker = target.join(".csmigrate-staging-published");
        place.inside = true;
        let mut staging = Staging::begin(place.clone()).unwrap();
        for name in ["ics50events.db", "ics50todos.db"] {
            staging.create(OsStr::new(name)).unwrap();
        }
        staging.mark().unwrap();
        let first = staging.path_of(OsStr::new("ics50events.db"));
        std::fs::rename(first, target.join("ics50events.db")).unwrap();
        staging.published = true; // Nothing is cleared up behind a killed run.
        drop(staging);
        assert!(matches!(place.held().unwrap(), Held::Nothing));
        assert!(place.check_free().unwrap());
        std::fs::write(target.join("ics50gse.db"), "precious").unwrap();
        assert!(matches!(place.held().unwrap(), Held::Other(_)));
        std::fs::remove_file(target.join("ics50gse.db")).unwrap();
        drop(Staging::begin(place).unwrap());
        assert!(names(&target).is_empty());
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

    /// Who may write beside the target puts a link to another store in the
    /// place of the staging directory.
    #[test]
    fn what_took_the_place_of_the_staging_directory_is_neither_written_nor_published() {
        let dir = tempfile::tempdir().unwrap();
        let like = std::fs::metadata(dir.path()).unwrap();
        let [store, moved] = ["oldcsdb", "moved"].map(|name| dir.path().join(name));
        std::fs::create_dir(&store).unwrap();
        std::fs::write(store.join("ics50events.db"), "all of them").unwrap();
        for publishes in [true, false] {
            let mut staging = Staging::begin(place(dir.path(), "csdb")).unwrap();
            staging.create(OsStr::new("ics50events.db")).unwrap();
            let own = staging.dir().to_owned();
            std::fs::rename(&own, &moved).unwrap();
            std::os::unix::fs::symlink(&store, &own).unwrap();
            staging.create(OsStr::new("ics50todos.db")).unwrap();
            if publishes {
                // The marker wants to know the files by their names.
                std::fs::write(store.join("ics50todos.db"), "").unwrap();
                let error = staging.publish(&like, None).unwrap_err();
                assert!(matches!(error, Error::Busy(_)), "{error}");
                assert_eq!(names(&store), ["ics50events.db", "ics50todos.db"]);
                std::fs::remove_file(store.join("ics50todos.db")).unwrap();
            } else {
                drop(staging);
            }
            assert_eq!(names(&store), ["ics50events.db"]);
            assert!(names(&moved).is_empty());
            std::fs::remove_dir(&moved).unwrap();
            std::fs::remove_file(own).unwrap();
            assert_eq!(names(dir.path()), ["oldcsdb"]);
        }
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
