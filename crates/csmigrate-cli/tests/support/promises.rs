//! What a run promises, whatever happens to it, and whether that was kept: the
//! source as it was, the target as it was or complete, no half of a backup,
//! and a next run that puts all in order.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bdbfile::source::FileSource;
use bdbfile::write::{
    FileParams, FileSink, HashBuilder, HashParams, NewFile, QueueParams, RecnoParams, Repeats,
    SortBudget,
};
use rustix::fs::FallocateFlags;
use tempfile::TempDir;

use super::namespace::mount;
use super::{
    CSMIGRATE, Listing, NOBODY, changes, copy_dir, files_are_open, listing, names, output, records,
    set_mode, stderr, testdata,
};

/// Names of ours that a run may leave behind when it does not succeed.
const OURS: &str = ".csmigrate-";
/// The staging directory in a target whose files appear one by one.
const INSIDE: &str = ".csmigrate-staging";
/// The file there that says what is being published.
const MARKER: &str = ".csmigrate-staging-published";
/// The file that appears last where files appear one by one.
const LAST: &str = "ics50caldb.conf";
/// What takes up the room on a disk that is nearly full.
const FILLER: &str = "filler";
/// What setpriv is told to run a command as a user that owns nothing.
const AS_NOBODY: [&str; 3] = ["--reuid=65534", "--regid=65534", "--clear-groups"];

/// Files by name, with their bytes.
pub(crate) type Files = BTreeMap<OsString, Vec<u8>>;

/// What the target is before the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    Missing,
    Empty,
    /// An empty directory that something is mounted on.
    Mount,
    /// An empty directory, and the one that it is in may not be written.
    Closed,
}

/// How a run is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Way {
    pub(crate) target: Target,
    /// With the backup beside the source and not in it.
    pub(crate) backup_beside: bool,
}

impl Way {
    pub(crate) const ALL: [Self; 7] = [
        Self::new(Target::Missing, false),
        Self::new(Target::Missing, true),
        Self::new(Target::Empty, false),
        Self::new(Target::Empty, true),
        Self::new(Target::Mount, false),
        Self::new(Target::Mount, true),
        Self::new(Target::Closed, false),
    ];

    const fn new(target: Target, backup_beside: bool) -> Self {
        Self {
            target,
            backup_beside,
        }
    }

    /// All of them, as far as there can be mounts, and another user.
    pub(crate) fn all(mounts: bool) -> Vec<Self> {
        let mut as_nobody = Command::new("setpriv");
        as_nobody.args(AS_NOBODY).args([CSMIGRATE, "-V"]);
        let users = as_nobody.output().is_ok_and(|it| it.status.success());
        if !users {
            println!("left out: runs of another user: we are not root, or there is no setpriv");
        }
        let can = |way: &Self| match way.target {
            Target::Mount => mounts,
            Target::Closed => users,
            Target::Missing | Target::Empty => true,
        };
        Self::ALL.into_iter().filter(can).collect()
    }

    /// Whether the files of the target appear one by one.
    fn one_by_one(self) -> bool {
        matches!(self.target, Target::Mount | Target::Closed)
    }

    /// The command in `dir`, its calls all made by one thread.
    pub(crate) fn command(self, dir: &Path) -> Command {
        let mut command = Command::new(CSMIGRATE);
        if self.target == Target::Closed {
            // Root may write everywhere.
            command = Command::new("setpriv");
            command.args(AS_NOBODY).arg(CSMIGRATE);
        }
        command
            .current_dir(dir)
            .args(["-q", "--log-dir", "logs", "--threads", "1"]);
        if self.backup_beside {
            command.args(["-b", "saved"]);
        }
        command.args(["old", "new"]);
        command
    }
}

/// What the target is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum State {
    AsItWas,
    /// Some files are there, and the directory they come from.
    Partial,
    Complete,
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum End {
    Success,
    Failure,
    Killed,
    Other(String),
}

impl End {
    pub(crate) fn of(output: &Output) -> Self {
        match (output.status.code(), output.status.signal()) {
            (Some(0), _) => Self::Success,
            (Some(255), _) => Self::Failure,
            (_, Some(9)) => Self::Killed,
            _ => Self::Other(output.status.to_string()),
        }
    }
}

/// A store with every kind of file, and what becomes of it.
#[derive(Debug)]
pub(crate) struct Store {
    dir: TempDir,
    pub(crate) source: Files,
    backup: Files,
    target: Files,
}

impl Store {
    /// Makes one and migrates it once with no fault.
    pub(crate) fn new() -> Self {
        let dir = fast_dir();
        let old = dir.path().join("old");
        copy_dir(&testdata().join("composed-le"), &old);
        other_kinds(&old);
        let source = files(&old);
        let mut backup = source.clone();
        backup.retain(|name, _| !name.to_string_lossy().starts_with("__db."));
        let mut store = Self {
            dir,
            source,
            backup,
            target: Files::new(),
        };
        let scene = store.scene(Way::ALL[0]);
        let output = output(&mut scene.way.command(&scene.dir())).unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let new = scene.dir().join("new");
        assert_eq!(records(&new), records(&scene.dir().join("old")));
        for name in names(&new) {
            if name != LAST {
                let source = FileSource::open(&new.join(&name)).unwrap();
                let found = bdbfile::verify::verify(source).unwrap();
                assert!(found.is_clean(), "{found:?}");
            }
        }
        let target = without_ids(files(&new));
        drop(scene);
        store.target = target;
        assert!(store.target.contains_key(Path::new(LAST).as_os_str()));
        assert_eq!(store.target.len(), 12);
        store
    }

    /// A place where the store is to be migrated.
    pub(crate) fn scene(&self, way: Way) -> Scene<'_> {
        self.scene_of(way, None)
    }

    /// A place with a store on a disk of its own, with so many bytes left.
    pub(crate) fn scene_with_room(&self, way: Way, room: u64) -> Scene<'_> {
        self.scene_of(way, Some(room))
    }

    fn scene_of(&self, way: Way, room: Option<u64>) -> Scene<'_> {
        let mut scene = Scene::bare(self, way);
        let dir = scene.dir();
        if room.is_some() {
            mount("mount", &["-t", "tmpfs", "-o", "size=32m", "none"], &dir);
            scene.mounts.push(dir.clone());
        }
        let open = files_are_open();
        copy_dir(&self.dir.path().join("old"), &dir.join("old"));
        drop(open);
        fs::create_dir(dir.join("logs")).unwrap();
        if way.target != Target::Missing {
            fs::create_dir(dir.join("new")).unwrap();
        }
        scene.ready();
        if let Some(room) = room {
            let disk = rustix::fs::statvfs(&dir).unwrap();
            let taken = disk.f_bfree * disk.f_frsize - room;
            let filler = File::create_new(dir.join(FILLER)).unwrap();
            rustix::fs::fallocate(filler, FallocateFlags::empty(), 0, taken).unwrap();
        }
        scene
    }

    /// Bytes that a run writes, about.
    pub(crate) fn written(&self) -> u64 {
        let files = self.backup.values().chain(self.target.values());
        files.map(|bytes| bytes.len() as u64).sum()
    }

    /// Bytes of the largest file that is written.
    pub(crate) fn largest(&self) -> u64 {
        let files = self.backup.values().chain(self.target.values());
        files.map(|bytes| bytes.len() as u64).max().unwrap()
    }
}

/// A directory in which a run takes place.
#[derive(Debug)]
pub(crate) struct Scene<'s> {
    store: &'s Store,
    sandbox: TempDir,
    pub(crate) way: Way,
    before: Listing,
    mounts: Vec<PathBuf>,
}

impl Drop for Scene<'_> {
    fn drop(&mut self) {
        while let Some(place) = self.mounts.pop() {
            mount("umount", &["--lazy"], &place);
        }
        set_mode(&self.dir(), 0o755);
    }
}

impl<'s> Scene<'s> {
    /// With nothing in it. When there is, it is to be made [`ready`](Self::ready).
    pub(crate) fn bare(store: &'s Store, way: Way) -> Self {
        let sandbox = fast_dir();
        fs::create_dir(sandbox.path().join("dir")).unwrap();
        Self {
            store,
            sandbox,
            way,
            before: Listing::new(),
            mounts: Vec::new(),
        }
    }

    /// What is there now is what a run finds.
    pub(crate) fn ready(&mut self) {
        let dir = self.dir();
        if self.way.target == Target::Mount {
            let new = dir.join("new");
            mount("mount", &["--bind", new.to_str().unwrap()], &new);
            self.mounts.push(new);
        }
        if self.way.target == Target::Closed {
            set_mode(self.sandbox.path(), 0o755);
            for place in ["old", "new", "logs"] {
                for name in listing(&dir.join(place)).keys() {
                    let path = dir.join(place).join(name);
                    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
                }
            }
            set_mode(&dir, 0o555);
        }
        let _open = files_are_open();
        self.before = listing(&dir.join("old"));
    }

    /// Where the run takes place.
    pub(crate) fn dir(&self) -> PathBuf {
        self.sandbox.path().join("dir")
    }

    /// A place for what is told of the run.
    pub(crate) fn trace(&self) -> PathBuf {
        self.sandbox.path().join("trace")
    }

    /// Makes room on a disk that was nearly full.
    pub(crate) fn make_room(&self) {
        fs::remove_file(self.dir().join(FILLER)).unwrap();
    }

    /// Whether the source holds what the store held, with nothing of its own
    /// changed since the scene was ready. The time of the directory itself is
    /// put back by the run, if it comes to that.
    pub(crate) fn check_source(&self, time_put_back: bool) -> Result<(), String> {
        let _open = files_are_open();
        let old = self.dir().join("old");
        for (name, bytes) in &self.store.source {
            if fs::read(old.join(name)).ok().as_ref() != Some(bytes) {
                return Err(format!("source: {} is not what it was", name.display()));
            }
        }
        let after = listing(&old);
        for change in changes(&self.before, &after) {
            let made = ["./backup", "./.backup.csmigrate-"].iter().any(|made| {
                let path = change.get(2..).unwrap_or_default();
                path.starts_with(made)
            });
            let time = change == "~ ." && !time_put_back;
            if self.way.backup_beside || !(made || time) {
                return Err(format!("source: {change}"));
            }
        }
        let known = |name: &OsString| {
            let text = name.to_string_lossy();
            self.store.source.contains_key(name)
                || !self.way.backup_beside && (text == "backup" || text.contains(OURS))
        };
        match names(&old).into_iter().find(|name| !known(name)) {
            Some(name) => Err(format!("source: {} is new", name.display())),
            None => Ok(()),
        }
    }

    /// What is in the target, if that is allowed.
    pub(crate) fn target(&self) -> Result<State, String> {
        let new = self.dir().join("new");
        if !new.exists() {
            return if self.way.target == Target::Missing {
                Ok(State::AsItWas)
            } else {
                Err("target: it is gone".to_owned())
            };
        }
        let staged = self.way.one_by_one() && new.join(INSIDE).exists();
        let mut found = without_ids(files(&new));
        if self.way.one_by_one() {
            found.remove(Path::new(MARKER).as_os_str());
        }
        if found == self.store.target {
            return Ok(State::Complete);
        }
        if found.is_empty() {
            return if self.way.target == Target::Missing {
                Err("target: an empty directory".to_owned())
            } else {
                Ok(State::AsItWas)
            };
        }
        for (name, bytes) in &found {
            match self.store.target.get(name) {
                None => return Err(format!("target: it holds {}", name.display())),
                Some(right) if right != bytes => {
                    return Err(format!(
                        "target: {} is wrong ({} bytes)",
                        name.display(),
                        bytes.len()
                    ));
                }
                Some(_) => {}
            }
        }
        let missing = |name: &&OsString| !found.contains_key(*name);
        let missing = self.store.target.keys().find(missing).unwrap();
        if staged && !found.contains_key(Path::new(LAST).as_os_str()) {
            Ok(State::Partial)
        } else {
            Err(format!("target: {} is missing", missing.display()))
        }
    }

    /// Whether there is a backup, which must be whole.
    pub(crate) fn backup(&self) -> Result<bool, String> {
        let place = if self.way.backup_beside {
            self.dir().join("saved")
        } else {
            self.dir().join("old/backup")
        };
        if !place.exists() {
            return Ok(false);
        }
        let found = files(&place);
        if found == self.store.backup {
            return Ok(true);
        }
        let wrong = |name: &&OsString| found.get(*name) != self.store.backup.get(*name);
        let wrong = self.store.backup.keys().chain(found.keys()).find(wrong);
        let wrong = wrong.map(|name| name.display().to_string());
        Err(format!("backup: {} is wrong", wrong.unwrap_or_default()))
    }

    /// Names of ours that a run left.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let mut found = Vec::new();
        for place in ["", "old", "new"] {
            let dir = self.dir().join(place);
            if dir.exists() {
                let names = names(&dir).into_iter();
                let names = names.map(|name| name.to_string_lossy().into_owned());
                found.extend(names.filter(|name| name.contains(OURS)));
            }
        }
        found
    }

    /// Whether there is nothing but what the run was told of, and leftovers.
    pub(crate) fn check_names(&self) -> Result<(), String> {
        for name in names(&self.dir()) {
            let text = name.to_string_lossy();
            let known = ["old", "new", "logs", FILLER].contains(&&*text)
                || text == "saved" && self.way.backup_beside;
            if !known && !text.contains(OURS) {
                return Err(format!("{text} is new"));
            }
        }
        Ok(())
    }

    /// What any run, however it ended, must have left.
    pub(crate) fn check(&self, time_put_back: bool) -> Result<State, String> {
        self.check_source(time_put_back)?;
        self.check_names()?;
        self.backup()?;
        self.target()
    }

    /// What a run that succeeded must have left.
    pub(crate) fn check_success(&self, time_put_back: bool) -> Result<(), String> {
        let state = self.check(time_put_back)?;
        if state != State::Complete {
            return Err(format!("exit status 0, and the target is {state:?}"));
        }
        if !self.backup()? {
            return Err("exit status 0, and no backup".to_owned());
        }
        let leftovers = self.leftovers();
        if !leftovers.is_empty() {
            return Err(format!("exit status 0, and it left {leftovers:?}"));
        }
        Ok(())
    }

    /// The same command again, with no fault.
    pub(crate) fn next_run(&self, time_put_back: bool) -> Result<(), String> {
        let output = output(&mut self.way.command(&self.dir())).unwrap();
        if output.status.code() != Some(0) {
            let said = stderr(&output);
            return Err(format!("the next run: {}: {said}", output.status));
        }
        self.check_success(time_put_back)
            .map_err(|problem| format!("after the next run: {problem}"))
    }
}

/// A directory where much is written and little of it is to last.
pub(crate) fn fast_dir() -> TempDir {
    const ENOUGH: u64 = 1 << 30;
    let memory = Path::new("/dev/shm");
    let room = rustix::fs::statvfs(memory).map_or(0, |it| it.f_bavail * it.f_frsize);
    let dir = if room > ENOUGH && super::is_writable(memory) {
        tempfile::tempdir_in(memory)
    } else {
        tempfile::tempdir()
    };
    dir.unwrap()
}

/// The plain files of a directory.
pub(crate) fn files(dir: &Path) -> Files {
    let mut files = Files::new();
    for name in names(dir) {
        let path = dir.join(&name);
        if fs::symlink_metadata(&path).unwrap().is_file() {
            files.insert(name, fs::read(path).unwrap());
        }
    }
    files
}

/// The ids of databases are new in every run, and nothing else is.
fn without_ids(mut files: Files) -> Files {
    for (name, bytes) in &mut files {
        if Path::new(name).extension().is_some_and(|it| it == "db")
            && let Some(id) = bytes.get_mut(52..72)
        {
            id.fill(0);
        }
    }
    files
}

/// Small databases of the kinds that the sample store has none of.
fn other_kinds(dir: &Path) {
    let params = FileParams {
        file_id: [9; 20],
        ..FileParams::default()
    };
    let sink = |name: &str| FileSink::new(name, File::create_new(dir.join(name)).unwrap());

    let hash = HashParams::default();
    let (repeats, budget) = (Repeats::default(), SortBudget::default());
    let sink_of_hash = sink("ics50hashed.db");
    let mut builder = HashBuilder::new(sink_of_hash, &params, &hash, repeats, &budget).unwrap();
    for number in 0..50 {
        let key = format!("key {number}");
        builder.push(key.as_bytes(), &[b'h'; 200]).unwrap();
    }
    builder.finish().unwrap();

    let mut file = NewFile::new(sink("ics50numbered.db"), &params).unwrap();
    let mut writer = file.recno(None, &RecnoParams::default()).unwrap();
    for number in 1..=50 {
        writer.push(number, &[b'r'; 200]).unwrap();
    }
    writer.finish().unwrap();
    file.finish().unwrap();

    let mut file = NewFile::new(sink("ics50queued.db"), &params).unwrap();
    let queue = QueueParams {
        len: 100,
        pad: b' ',
        first: 1,
        next: 51,
    };
    let mut writer = file.queue(&queue).unwrap();
    for number in 1..=50 {
        writer.push(number, &[b'q'; 100]).unwrap();
    }
    writer.finish().unwrap();
    file.finish().unwrap();
}
