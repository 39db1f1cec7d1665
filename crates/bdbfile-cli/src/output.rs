//! The file that a command writes: it appears whole and synced, or not at all.
//!
//! Until it is whole it has no name where the file system can do that, so that
//! nothing is left of it however the process ends. Elsewhere it has a name of
//! its own beside the target, which is removed on any error. It gets its name
//! by a call that fails where there is a file of that name.

use std::ffi::OsString;
use std::fs::{self, File, Metadata};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use bdbfile::spill::SpillPlace;
use bdbfile::write::SyncingSink;
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

use crate::failure::Failure;
use bdbfile::escape::escaped;

/// The permissions of a file that has no source, before the process's mask.
const PERMISSIONS: u32 = 0o666;

/// A file being written.
#[derive(Debug)]
pub(crate) struct Output {
    target: PathBuf,
    directory: PathBuf,
    file: File,
    /// The name it has until it is whole, if it has one.
    temporary: Option<PathBuf>,
}

impl Output {
    /// Begins a file, with the permissions of its source where it has one.
    pub(crate) fn begin(target: &Path, source: Option<&Path>) -> Result<Self, Failure> {
        let source = match source {
            Some(source) => Some(
                fs::metadata(source)
                    .map_err(|error| failed(source, &format!("cannot open the file: {error}")))?,
            ),
            None => None,
        };
        refuse_existing(target, source.as_ref())?;
        if target.file_name().is_none() {
            return Err(failed(target, "this is not the name of a file"));
        }
        let directory = match target.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
            _ => PathBuf::from("."),
        };
        let mode = source.map_or(PERMISSIONS, |source| {
            source.permissions().mode() & PERMISSIONS
        });
        let mode = Mode::from_raw_mode(mode);
        let cannot = |errno: Errno| {
            let error = io::Error::from(errno);
            failed(target, &format!("cannot make the file: {error}"))
        };
        let (file, temporary) = match unnamed(&directory, mode).map_err(cannot)? {
            Some(file) => (file, None),
            None => named(&directory, mode)
                .map(|(file, name)| (file, Some(name)))
                .map_err(cannot)?,
        };
        Ok(Self {
            target: target.to_owned(),
            directory,
            file,
            temporary,
        })
    }

    /// The name that errors give the file.
    pub(crate) fn name(&self) -> String {
        self.target.display().to_string()
    }

    /// A sink into the file, which is emptied: what another sink wrote before
    /// is gone.
    pub(crate) fn sink(&self) -> io::Result<SyncingSink> {
        self.file.set_len(0)?;
        Ok(SyncingSink::new(self.name(), self.file.try_clone()?))
    }

    /// Where a sort may put what does not fit into memory: beside the file,
    /// where there is to be room for it anyway.
    pub(crate) fn spill(&self) -> SpillPlace {
        SpillPlace::Directory(self.directory.clone())
    }

    /// Syncs the file, which the sink is done with, and gives it its name.
    pub(crate) fn publish(mut self, sink: SyncingSink) -> Result<(), Failure> {
        let sync =
            |error: io::Error| failed(&self.target, &format!("cannot sync the file: {error}"));
        sink.finish().map_err(sync)?;
        self.file.sync_all().map_err(sync)?;
        let named = match &self.temporary {
            None => link(
                &descriptor(&self.file),
                AtFlags::SYMLINK_FOLLOW,
                &self.target,
            ),
            Some(temporary) => rename(temporary, &self.target),
        };
        named.map_err(|errno| match errno {
            Errno::EXIST => taken(&self.target),
            errno => {
                let error = io::Error::from(errno);
                failed(
                    &self.target,
                    &format!("cannot give the file its name: {error}"),
                )
            }
        })?;
        self.temporary = None;
        File::open(&self.directory)
            .and_then(|directory| directory.sync_all())
            .map_err(|error| {
                let what =
                    format!("the file is there, but its directory cannot be synced: {error}");
                failed(&self.target, &what)
            })
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            let _ = fs::remove_file(temporary);
        }
    }
}

fn failed(path: &Path, what: &str) -> Failure {
    let path = path.display();
    Failure::Message(escaped(&format!("{path}: {what}")))
}

fn taken(target: &Path) -> Failure {
    failed(
        target,
        "there is a file of this name, and none is overwritten",
    )
}

/// Refuses a target that is there, whatever it is.
fn refuse_existing(target: &Path, source: Option<&Metadata>) -> Result<(), Failure> {
    match fs::symlink_metadata(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(failed(target, &format!("cannot look at it: {error}"))),
        Ok(found) => {
            // Behind a link, too.
            let found = fs::metadata(target).unwrap_or(found);
            let same = source
                .is_some_and(|source| (source.dev(), source.ino()) == (found.dev(), found.ino()));
            if same {
                return Err(failed(target, "this is the file that is read"));
            }
            Err(taken(target))
        }
    }
}

/// A file without a name; `None` where that cannot be, or cannot be given one
/// later.
fn unnamed(directory: &Path, mode: Mode) -> Result<Option<File>, Errno> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match rustix::fs::openat(CWD, directory, flags, mode) {
        Ok(file) => {
            let file = File::from(file);
            let can_be_named = descriptor(&file).symlink_metadata().is_ok();
            Ok(can_be_named.then_some(file))
        }
        // A file system without such files; a system that takes it for the
        // directory.
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOSYS) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// An open file as a path, which leads to it even where it has no name.
fn descriptor(file: &File) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// A file with a name that no other has.
fn named(directory: &Path, mode: Mode) -> Result<(File, PathBuf), Errno> {
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
    let process = std::process::id();
    let mut attempt = 0_u32;
    loop {
        let name = OsString::from(format!(".bdbfile-{process}-{attempt}.tmp"));
        let path = directory.join(name);
        match rustix::fs::openat(CWD, &path, flags, mode) {
            Ok(file) => return Ok((File::from(file), path)),
            // One that a killed process left.
            Err(Errno::EXIST) if attempt < 1000 => attempt = attempt.saturating_add(1),
            Err(errno) => return Err(errno),
        }
    }
}

/// Gives a file another name, which no other may have.
fn rename(from: &Path, to: &Path) -> Result<(), Errno> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // A file system that cannot promise that: a link can.
        Err(Errno::INVAL | Errno::NOSYS) => {
            link(from, AtFlags::empty(), to)?;
            let _ = fs::remove_file(from);
            Ok(())
        }
        done => done,
    }
}

fn link(from: &Path, flags: AtFlags, to: &Path) -> Result<(), Errno> {
    rustix::fs::linkat(CWD, from, CWD, to, flags)
}

/// Twenty bytes that no other file has.
pub(crate) fn fresh_file_id() -> Result<[u8; 20], Failure> {
    let mut id = [0; 20];
    let mut filled = 0;
    while filled < id.len() {
        let rest = id.get_mut(filled..).unwrap_or_default();
        match rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::empty()) {
            Ok(len) => filled = filled.saturating_add(len),
            Err(Errno::INTR) => {}
            Err(errno) => {
                let error = io::Error::from(errno);
                return Err(Failure::Message(format!("cannot make a file id: {error}")));
            }
        }
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use bdbfile::write::PageSink;

    use super::*;

    fn names(directory: &Path) -> Vec<OsString> {
        let mut names: Vec<OsString> = fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    }

    /// Both ways of waiting for a name.
    fn output(target: &Path, which: usize) -> Output {
        let unnamed = Output::begin(target, None).unwrap();
        if which == 0 {
            return unnamed;
        }
        let directory = unnamed.directory.clone();
        let (file, temporary) = named(&directory, Mode::from_raw_mode(PERMISSIONS)).unwrap();
        Output {
            target: target.to_owned(),
            directory,
            file,
            temporary: Some(temporary),
        }
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        for which in [0, 1] {
            let dir = tempfile::tempdir().unwrap();
            let target = dir.path().join("new.db");
            drop(output(&target, which));
            assert!(names(dir.path()).is_empty());
            let output = output(&target, which);
            let sink = output.sink().unwrap();
            sink.write_at(0, b"whole").unwrap();
            assert!(!target.exists());
            output.publish(sink).unwrap();
            assert_eq!(fs::read(&target).unwrap(), b"whole");
            assert_eq!(names(dir.path()), ["new.db"]);
        }
    }

    #[test]
    fn a_file_that_came_meanwhile_is_kept() {
        for which in [0, 1] {
            let dir = tempfile::tempdir().unwrap();
            let target = dir.path().join("new.db");
            let output = output(&target, which);
            fs::write(&target, "another's").unwrap();
            let sink = output.sink().unwrap();
            assert!(output.publish(sink).is_err());
            assert_eq!(fs::read(&target).unwrap(), b"another's");
            assert_eq!(names(dir.path()), ["new.db"]);
        }
    }

    #[test]
    fn what_cannot_be_a_target() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("source");
        fs::write(&source, "source").unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink("source", &link).unwrap();
        let dangling = dir.path().join("dangling");
        std::os::unix::fs::symlink("nowhere", &dangling).unwrap();
        let message = |target: &Path| match Output::begin(target, Some(&source)) {
            Err(Failure::Message(message)) => message,
            other => panic!("{other:?}"),
        };
        assert!(message(&source).ends_with("this is the file that is read"));
        assert!(message(&link).ends_with("this is the file that is read"));
        assert!(message(&dangling).ends_with("none is overwritten"));
        assert!(message(dir.path()).ends_with("none is overwritten"));
        assert!(message(&dir.path().join("no/such")).contains("cannot make the file"));
        fs::set_permissions(&source, fs::Permissions::from_mode(0o600)).unwrap();
        let target = dir.path().join("target");
        let output = Output::begin(&target, Some(&source)).unwrap();
        let sink = output.sink().unwrap();
        output.publish(sink).unwrap();
        assert_eq!(
            fs::metadata(&target).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}
