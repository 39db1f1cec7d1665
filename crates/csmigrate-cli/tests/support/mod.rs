//! What several tests share: the sample stores, the command as it was built,
//! what a directory looks like, bigger stores, a standard output that holds
//! one line at a time.

#![allow(dead_code)]

pub(crate) mod contents;
pub(crate) mod disk;
pub(crate) mod killed;
pub(crate) mod namespace;
pub(crate) mod promises;
pub(crate) mod replay;
pub(crate) mod shell;
pub(crate) mod strace;
pub(crate) mod terminal;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;
use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, FileSink};
use rustix::pipe::PipeFlags;
use rustix::process::{Pid, Signal};
use tempfile::TempDir;

/// The command that the tests run.
pub(crate) const CSMIGRATE: &str = env!("CARGO_BIN_EXE_csmigrate");

/// A user that owns nothing.
pub(crate) const NOBODY: u32 = 65534;

/// Where the sample stores are. They are copied and never written.
pub(crate) fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata")
}

/// A directory of its own, that other users can look into, removed at the end.
pub(crate) fn sandbox() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    set_mode(dir.path(), 0o755);
    dir
}

/// A sandbox with a copy of a sample store in `old` and a place for logs.
pub(crate) fn sandbox_with(sample: &str) -> TempDir {
    let dir = sandbox();
    fs::create_dir(dir.path().join("logs")).unwrap();
    copy_dir(&testdata().join(sample), &dir.path().join("old"));
    dir
}

/// Copies the plain files of a directory. What else is in it is left out: a
/// sample store that somebody tried the command on has a backup.
pub(crate) fn copy_dir(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
    fs::set_permissions(path, mode).unwrap();
}

pub(crate) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether it is a directory that we may write in.
pub(crate) fn is_writable(dir: &Path) -> bool {
    use rustix::fs::Access;
    dir.is_dir() && rustix::fs::access(dir, Access::WRITE_OK | Access::EXEC_OK).is_ok()
}

/// How much is tried: a fixed part, or all with `CSMIGRATE_FAULTS=all`.
pub(crate) fn try_all() -> bool {
    std::env::var_os("CSMIGRATE_FAULTS").is_some_and(|value| value == "all")
}

/// Held by whoever has files of a store open while others start commands.
static OPEN: RwLock<()> = RwLock::new(());

/// To be held while files of a store are open. A command that another thread
/// starts meanwhile would for a moment, until it is itself, have them open too,
/// and be told as one that uses the store.
pub(crate) fn files_are_open() -> RwLockReadGuard<'static, ()> {
    OPEN.read().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a command to its end; it is started when no files of a store are open.
pub(crate) fn output(command: &mut Command) -> std::io::Result<Output> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    started(command)?.wait_with_output()
}

/// Starts a command when no files of a store are open.
pub(crate) fn started(command: &mut Command) -> std::io::Result<Child> {
    let _none_open = OPEN.write().unwrap_or_else(PoisonError::into_inner);
    command.spawn()
}

/// Does `work` for every case on several threads; what it gave, in order.
pub(crate) fn on_threads<C: Sync, T: Send>(cases: &[C], work: impl Fn(&C) -> T + Sync) -> Vec<T> {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let threads = std::thread::available_parallelism().map_or(2, |threads| threads.get().max(2));
    let next = AtomicUsize::new(0);
    let mut results: Vec<(usize, T)> = std::thread::scope(|scope| {
        let worker = || {
            let mut results = Vec::new();
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(case) = cases.get(index) else {
                    return results;
                };
                results.push((index, work(case)));
            }
        };
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let done = workers.into_iter().map(|worker| worker.join().unwrap());
        done.flatten().collect()
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The command in a directory, its logs in `logs` there whatever the machine
/// has.
pub(crate) fn csmigrate(dir: &Path, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Command {
    fs::create_dir_all(dir.join("logs")).unwrap();
    let mut command = Command::new(CSMIGRATE);
    command
        .current_dir(dir)
        .args(["--log-dir", "logs"])
        .args(args)
        .stdin(Stdio::null());
    command
}

/// Runs the command to its end.
pub(crate) fn run(dir: &Path, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Output {
    csmigrate(dir, args).output().unwrap()
}

/// Runs the command, which must do what it was asked.
#[track_caller]
pub(crate) fn succeeds(dir: &Path, args: impl IntoIterator<Item: AsRef<OsStr>>) -> Output {
    let output = run(dir, args);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(stderr(&output), "");
    output
}

/// Runs the command, which must fail; its one line of explanation.
#[track_caller]
pub(crate) fn fails(dir: &Path, args: impl IntoIterator<Item: AsRef<OsStr>>) -> String {
    explained(&run(dir, args))
}

/// The one line that explains why a run failed, as it must have.
#[track_caller]
pub(crate) fn explained(output: &Output) -> String {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(255), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

/// The lines that explain why a run failed, of which there is at least one.
#[track_caller]
pub(crate) fn explained_lines(output: &Output) -> Vec<String> {
    let text = stderr(output);
    assert_eq!(output.status.code(), Some(255), "{text}");
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert!(!lines.is_empty());
    assert!(
        lines.iter().all(|line| line.starts_with("csmigrate: ")),
        "{text}"
    );
    lines
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn log(dir: &Path) -> String {
    fs::read_to_string(dir.join("logs/csmigrate.log")).unwrap()
}

/// The log without what differs from run to run: times and process ids.
pub(crate) fn log_texts(dir: &Path) -> Vec<String> {
    log(dir)
        .lines()
        .map(|line| {
            let (_, text) = line.split_once("] ").expect("time, process, text");
            text.to_owned()
        })
        .collect()
}

/// The names in a directory, sorted.
pub(crate) fn names(dir: &Path) -> Vec<OsString> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    names
}

/// What a name in a directory is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) mode: u32,
    pub(crate) owner: (u32, u32),
    pub(crate) inode: u64,
    /// Seconds and nanoseconds.
    pub(crate) modified: (i64, i64),
    /// The bytes of a file, the target of a link, nothing of others.
    pub(crate) bytes: Vec<u8>,
}

pub(crate) type Listing = BTreeMap<PathBuf, Entry>;

/// Everything below a directory, and itself under the name ".", links not
/// followed.
pub(crate) fn listing(dir: &Path) -> Listing {
    let mut all = Listing::new();
    let mut open = vec![PathBuf::new()];
    while let Some(relative) = open.pop() {
        let path = dir.join(&relative);
        let metadata = fs::symlink_metadata(&path).unwrap();
        let kind = metadata.file_type();
        let mut bytes = Vec::new();
        if kind.is_dir() {
            open.extend(names(&path).into_iter().map(|name| relative.join(name)));
        } else if kind.is_file() {
            bytes = fs::read(&path).unwrap();
        } else if kind.is_symlink() {
            let target = fs::read_link(&path).unwrap();
            bytes = target.into_os_string().into_encoded_bytes();
        }
        let entry = Entry {
            mode: metadata.mode(),
            owner: (metadata.uid(), metadata.gid()),
            inode: metadata.ino(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            bytes,
        };
        all.insert(Path::new(".").join(relative).components().collect(), entry);
    }
    all
}

/// How a directory changed since it was listed: see [`changes`].
pub(crate) fn changed(before: &Listing, dir: &Path) -> Vec<String> {
    changes(before, &listing(dir))
}

/// How one listing became another: a line for each name that is new, gone or
/// not what it was, marked `+`, `-` or `~`.
pub(crate) fn changes(before: &Listing, after: &Listing) -> Vec<String> {
    let mut lines = Vec::new();
    for name in before.keys().chain(after.keys()) {
        let mark = match (before.get(name), after.get(name)) {
            (Some(was), Some(is)) if was == is => continue,
            (Some(_), Some(_)) => '~',
            (None, _) => '+',
            (_, None) => '-',
        };
        lines.push(format!("{mark} {}", name.display()));
    }
    lines.sort_by(|left, right| left.get(2..).cmp(&right.get(2..)));
    lines.dedup();
    lines
}

/// Every record of the databases of a directory, as one number a file: its
/// records hashed one by one in their order, and how many.
pub(crate) fn records(dir: &Path) -> BTreeMap<OsString, (u64, u64)> {
    use std::hash::{DefaultHasher, Hash, Hasher};
    names(dir)
        .into_iter()
        .filter(|name| Path::new(name).extension() == Some(OsStr::new("db")))
        .map(|name| {
            let source = FileSource::open(&dir.join(&name)).unwrap();
            let file = DatabaseFile::open(source).unwrap();
            let database = file.database();
            let scan = database.scan().unwrap();
            let (mut count, mut hasher) = (0, DefaultHasher::new());
            scan.visit(scan.all(), |record| {
                (record.key, record.value).hash(&mut hasher);
                count += 1;
                Ok::<_, bdbfile::Error>(())
            })
            .unwrap();
            assert_eq!(scan.finish().unwrap().records, count);
            (name, (count, hasher.finish()))
        })
        .collect()
}

/// Makes a store whose one big file has so many records of about 1000 bytes.
pub(crate) fn big_store(dir: &Path, records: u32) {
    fs::create_dir(dir).unwrap();
    for (name, records) in [("ics50events.db", records), ("ics50calprops.db", 100)] {
        let file = File::create_new(dir.join(name)).unwrap();
        let params = FileParams {
            file_id: [7; 20],
            ..FileParams::default()
        };
        let sink = FileSink::new(name, file);
        let mut builder = BtreeBuilder::new(sink, &params, &BtreeParams::default()).unwrap();
        let mut random = Random(u64::from(records));
        for number in 0..records {
            let key = format!("{number:010}");
            let mut value = vec![0; 900 + usize::from(random.next().to_le_bytes()[0])];
            for chunk in value.chunks_mut(8) {
                let bytes = random.next().to_le_bytes();
                chunk.copy_from_slice(bytes.get(..chunk.len()).unwrap());
            }
            builder.push(key.as_bytes(), &value).unwrap();
        }
        builder.finish().unwrap();
    }
    fs::write(dir.join("ics50caldb.conf"), "version 3.0.0\n").unwrap();
}

/// Flips the bytes of a file from `at` on.
pub(crate) fn flip(path: &Path, at: u64, len: usize) {
    let file = File::options().read(true).write(true).open(path).unwrap();
    let mut bytes = vec![0; len];
    file.read_exact_at(&mut bytes, at).unwrap();
    for byte in &mut bytes {
        *byte = !*byte;
    }
    file.write_all_at(&bytes, at).unwrap();
}

/// Numbers that are the same in every run (splitmix64).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// A run whose standard output holds one line: it waits before the line after
/// that until somebody takes the one. So a test can act between two stages,
/// whatever the speed of the machine.
pub(crate) struct StepByStep {
    child: Child,
    lines: File,
}

impl StepByStep {
    pub(crate) fn start(command: Command) -> Self {
        Self::start_with(command, Stdio::piped())
    }

    /// The same, with a standard error that is looked at meanwhile.
    pub(crate) fn start_with(mut command: Command, stderr: Stdio) -> Self {
        // Each write is a packet of its own and the pipe has room for one.
        let (lines, output) =
            rustix::pipe::pipe_with(PipeFlags::DIRECT | PipeFlags::CLOEXEC).unwrap();
        rustix::pipe::fcntl_setpipe_size(&output, 4096).unwrap();
        let child = command
            .stdout(Stdio::from(output))
            .stderr(stderr)
            .spawn()
            .unwrap();
        // The other copy of the end that is written to.
        drop(command);
        Self {
            child,
            lines: File::from(lines),
        }
    }

    /// Takes lines up to the one that begins with `word`. The run then goes on
    /// until it has a second line after that one to print.
    #[track_caller]
    pub(crate) fn take_up_to(&mut self, word: &str) {
        loop {
            let line = self.take().expect("the run ended too early");
            if line.starts_with(word) {
                return;
            }
        }
    }

    fn take(&mut self) -> Option<String> {
        let mut buffer = [0; 4096];
        let len = std::io::Read::read(&mut self.lines, &mut buffer).unwrap();
        (len > 0).then(|| String::from_utf8_lossy(&buffer[..len]).into_owned())
    }

    /// Waits for something that the run will do before it waits for us.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, mut seen: impl FnMut() -> bool) {
        // Only a run that never does it meets this end.
        let patience = Instant::now() + Duration::from_secs(60);
        while !seen() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "the run ended before it happened");
            assert!(Instant::now() < patience, "it did not happen");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Sends the run a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let process = Pid::from_child(&self.child);
        rustix::process::kill_process(process, signal).unwrap();
    }

    /// Ends the run as a power cut would, as far as a process can be.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Lets the run go to its end.
    pub(crate) fn finish(mut self) -> Output {
        while self.take().is_some() {}
        self.child.wait_with_output().unwrap()
    }
}
