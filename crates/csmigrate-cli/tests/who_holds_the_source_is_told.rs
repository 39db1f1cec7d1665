//! Other processes that have a hand in the source. One that may change it, or
//! that is attached to its regions, keeps a run from beginning and is named; a
//! server that runs read-only is told and left to itself; who is elsewhere is
//! no matter. By the files themselves, whatever their names were or are.

mod support;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use bdbfile::source::MappedSource;
use rustix::fs::FlockOperation;
use support::shell::Shell;
use support::{Listing, changed, explained, listing, log, records, run, sandbox_with, stderr};

/// What a process does with a file, whose path is in the test's directory.
#[derive(Debug, Clone, Copy)]
enum Hold {
    Reads(&'static str),
    Writes(&'static str),
    Maps(&'static str),
    Locks(&'static str),
    LocksAsPosix(&'static str),
}

use Hold::{Locks, LocksAsPosix, Maps, Reads, Writes};

enum Outcome {
    /// Refused: these files are named.
    Refused(&'static [&'static str]),
    /// The process is told, and the run goes on.
    Told,
    /// Nothing is said.
    Unheard,
}

use Outcome::{Refused, Told, Unheard};

struct Case {
    title: &'static str,
    /// Before the store is held.
    setup: &'static str,
    /// What one process each does.
    held: &'static [&'static [Hold]],
    /// When it is.
    then: &'static str,
    outcome: Outcome,
}

impl Case {
    const fn new(title: &'static str, held: &'static [&'static [Hold]], outcome: Outcome) -> Self {
        Self {
            title,
            setup: "",
            held,
            then: "",
            outcome,
        }
    }
}

const CASES: &[Case] = &[
    Case::new(
        "a database is open for writing",
        &[&[Writes("old/ics50events.db")]],
        Refused(&["ics50events.db"]),
    ),
    Case::new(
        "a server: regions, one database for reading, one for writing",
        &[&[
            Writes("old/__db.001"),
            Reads("old/ics50calprops.db"),
            Writes("old/ics50gse.db"),
        ]],
        Refused(&["ics50gse.db"]),
    ),
    Case::new(
        "a region is open, and no database",
        &[&[Writes("old/__db.002")]],
        Refused(&["__db.002"]),
    ),
    Case::new(
        "the same for reading",
        &[&[Reads("old/__db.001")]],
        Refused(&["__db.001"]),
    ),
    Case::new(
        "a region is mapped, and no database open",
        &[&[Maps("old/__db.003")]],
        Refused(&["__db.003"]),
    ),
    Case::new(
        "a database is locked",
        &[&[Locks("old/ics50todos.db")]],
        Refused(&["ics50todos.db"]),
    ),
    Case::new(
        "a database is locked the other way",
        &[&[LocksAsPosix("old/ics50gse.db")]],
        Refused(&["ics50gse.db"]),
    ),
    Case::new(
        "a region is locked",
        &[&[Locks("old/__db.001")]],
        Refused(&["__db.001"]),
    ),
    Case::new(
        "two processes, and a third that only reads",
        &[
            &[Writes("old/ics50events.db")],
            &[Reads("old/ics50alarms.db")],
            &[Writes("old/ics50todos.db")],
        ],
        Refused(&["ics50events.db", "ics50todos.db"]),
    ),
    Case {
        title: "the server runs on while its store was moved",
        setup: "mv old csdb",
        held: &[&[Writes("csdb/ics50events.db")]],
        then: "mkdir old; mv csdb/* old",
        outcome: Refused(&["ics50events.db"]),
    },
    Case {
        title: "a database by another name",
        setup: "ln old/ics50events.db other",
        held: &[&[Writes("other")]],
        then: "",
        outcome: Refused(&["ics50events.db"]),
    },
    Case {
        title: "a database that is a link to another disk",
        setup: "mkdir disk; mv old/ics50events.db disk; ln -s ../disk/ics50events.db old",
        held: &[&[Writes("disk/ics50events.db")]],
        then: "",
        outcome: Refused(&["ics50events.db"]),
    },
    Case::new(
        "a server that runs read-only",
        &[&[
            Reads("old/ics50events.db"),
            Writes("old/__db.001"),
            Reads("old/ics50calprops.db"),
        ]],
        Told,
    ),
    Case::new(
        "a database is open for reading",
        &[&[Reads("old/ics50events.db")]],
        Told,
    ),
    Case {
        title: "a file that is no longer the store's",
        setup: "cp old/ics50events.db copy",
        held: &[&[Writes("old/ics50events.db")]],
        then: "mv old/ics50events.db moved; mv copy old/ics50events.db",
        outcome: Unheard,
    },
    Case {
        title: "another store with the same names",
        setup: "cp -r old other",
        held: &[&[Writes("other/ics50events.db"), Writes("other/__db.001")]],
        then: "",
        outcome: Unheard,
    },
];

/// A process that holds files, until it is dropped.
enum Holder {
    Other(Child),
    /// This process, which maps or locks.
    This {
        _maps: Vec<MappedSource>,
        _locks: Vec<File>,
    },
}

impl Holder {
    fn start(dir: &Path, holds: &[Hold]) -> Self {
        let (mut maps, mut locks, mut streams) = (Vec::new(), Vec::new(), Vec::new());
        let open = |path: &str, writes| {
            let path = dir.join(path);
            File::options().read(true).write(writes).open(path).unwrap()
        };
        for hold in holds {
            match *hold {
                Reads(path) => streams.push(open(path, false)),
                Writes(path) => streams.push(open(path, true)),
                Maps(path) => maps.push(MappedSource::open(&dir.join(path)).unwrap()),
                Locks(path) => {
                    let file = open(path, false);
                    rustix::fs::flock(&file, FlockOperation::LockShared).unwrap();
                    locks.push(file);
                }
                LocksAsPosix(path) => {
                    let file = open(path, false);
                    rustix::fs::fcntl_lock(&file, FlockOperation::LockShared).unwrap();
                    locks.push(file);
                }
            }
        }
        if streams.is_empty() {
            return Self::This {
                _maps: maps,
                _locks: locks,
            };
        }
        assert!(maps.is_empty() && locks.is_empty() && streams.len() < 4);
        let mut streams = streams.into_iter().map(Stdio::from);
        let mut stream = || streams.next().unwrap_or_else(Stdio::null);
        let mut sleep = Command::new("sleep");
        sleep.arg("600");
        sleep.stdin(stream()).stdout(stream()).stderr(stream());
        Self::other(&mut sleep)
    }

    fn other(command: &mut Command) -> Self {
        let child = command.spawn().unwrap();
        // It is on its way, but may have this thread's name and files yet.
        let ours = fs::read_to_string("/proc/thread-self/comm").unwrap();
        while name_of(child.id()) == ours.trim_end() {
            std::thread::yield_now();
        }
        Self::Other(child)
    }

    /// Process id and name.
    fn who(&self) -> (u32, String) {
        let id = match self {
            Self::Other(child) => child.id(),
            Self::This { .. } => std::process::id(),
        };
        (id, name_of(id))
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        if let Self::Other(child) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The name of a process.
fn name_of(id: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{id}/comm")).unwrap();
    name.trim_end().to_owned()
}

#[track_caller]
fn shell(dir: &Path, script: &str) {
    let status = Command::new("sh")
        .args(["-euc", script])
        .current_dir(dir)
        .status();
    assert!(status.unwrap().success(), "{script}");
}

/// One case after the other: a child that another thread starts has, for a
/// moment, whatever is open here.
#[test]
fn each_case() {
    if !Path::new("/proc/self/fd").is_dir() {
        println!("skipped: there is no /proc to look into");
        return;
    }
    let mut wrong = Vec::new();
    for case in CASES {
        let sandbox = sandbox_with("composed-le");
        let dir = sandbox.path();
        shell(dir, case.setup);
        let of_this = |holds: &&[Hold]| !matches!(holds[0], Reads(_) | Writes(_));
        let (this, others): (Vec<_>, Vec<_>) = case.held.iter().copied().partition(of_this);
        let start = |holds: Vec<&'static [Hold]>| -> Vec<_> {
            let started = holds.into_iter().map(|it| (it, Holder::start(dir, it)));
            started.collect()
        };
        let mut holders = start(others);
        shell(dir, case.then);
        let before = listing(&dir.join("old"));
        // A lock of this process would end with any look at the file.
        holders.extend(start(this));
        if let Err(why) = judge(case, dir, &before, &holders) {
            wrong.push(format!("{}: {why}", case.title));
            continue;
        }
        // Who is gone holds nothing.
        drop(holders);
        let _ = fs::remove_dir_all(dir.join("new"));
        let output = run(dir, ["old", "new"]);
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() || text.contains(" process ") {
            wrong.push(format!("{}, who is gone: {}", case.title, stderr(&output)));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Runs the command while the store is held, dry and in earnest.
fn judge(
    case: &Case,
    dir: &Path,
    before: &Listing,
    holders: &[(&[Hold], Holder)],
) -> Result<(), String> {
    for dry in [true, false] {
        let args: &[&str] = if dry {
            &["-d", "old", "new"]
        } else {
            &["old", "new"]
        };
        let output = run(dir, args);
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        match case.outcome {
            Refused(files) => {
                if output.status.code() != Some(255) {
                    return Err(format!("not refused (dry: {dry})"));
                }
                let message = explained(&output);
                if let Some(file) = files.iter().find(|file| !message.contains(**file)) {
                    return Err(format!("{file} is not named: {message}"));
                }
                for (id, name) in holders.iter().filter_map(told_of) {
                    if !message.contains(&format!("process {id} ({name})")) {
                        return Err(format!("{id} ({name}) is not named: {message}"));
                    }
                }
            }
            Told | Unheard => {
                if output.status.code() != Some(0) {
                    return Err(format!("{} (dry: {dry})", stderr(&output)));
                }
                for (id, name) in holders.iter().map(|(_, holder)| holder.who()) {
                    let said = format!("read by process {id} ({name})");
                    let heard = told.contains(&said) && log(dir).contains(&said);
                    if matches!(case.outcome, Told) && !heard {
                        return Err(format!("{said:?} is not told (dry: {dry})"));
                    }
                    if matches!(case.outcome, Unheard) && told.contains(&format!("process {id} ")) {
                        return Err(format!("{id} is told: {told}"));
                    }
                }
                if !dry && records(&dir.join("new")) != records(&dir.join("old")) {
                    return Err("the records differ".to_owned());
                }
            }
        }
    }
    if let Refused(_) = case.outcome {
        let changed = changed(before, &dir.join("old"));
        if !changed.is_empty() || dir.join("new").exists() {
            return Err(format!("changed: {changed:?}"));
        }
    }
    Ok(())
}

/// Who is named in a refusal: who does more than read a database.
fn told_of((holds, holder): &(&[Hold], Holder)) -> Option<(u32, String)> {
    let reads = |hold: &Hold| matches!(hold, Reads(path) if !path.contains("__db"));
    (!holds.iter().all(reads)).then(|| holder.who())
}

/// In a container, say: layers of two file systems. What the kernel tells of a
/// mapping or a lock there has another device than the file itself.
#[test]
fn where_the_kernel_tells_another_device() {
    for (hold, file) in [
        (Writes("ics50gse.db"), "ics50gse.db"),
        (Maps("__db.001"), "__db.001"),
        (Locks("ics50events.db"), "ics50events.db"),
        (LocksAsPosix("ics50todos.db"), "ics50todos.db"),
    ] {
        let sandbox = sandbox_with("composed-le");
        let Some(mut shell) = Shell::start(sandbox.path()) else {
            return;
        };
        let layered = shell.run(
            "mkdir lower disk all; mv old lower; mount -t tmpfs tmpfs disk; mkdir disk/upper disk/work
            layers=lowerdir=lower,upperdir=disk/upper,workdir=disk/work
            mount -t overlay -o userxattr,$layers overlay all || mount -t overlay -o $layers overlay all",
        );
        if !layered.status.success() {
            println!("skipped: no layers can be mounted: {}", stderr(&layered));
            return;
        }
        let holder = Holder::start(&shell.view("all/old"), &[hold]);
        let (id, name) = holder.who();
        let message = explained(&shell.run("csmigrate all/old new"));
        let process = format!("process {id} ({name})");
        assert!(
            message.contains(file) && message.contains(&process),
            "{message}"
        );
        drop(holder);
        let output = shell.must("csmigrate all/old new");
        assert_eq!(stderr(&output), "");
    }
}

/// The name of a process is its own choice, and must not break a line.
#[test]
fn names_of_processes_stay_on_their_line() {
    if !Path::new("/proc/self/fd").is_dir() {
        println!("skipped: there is no /proc to look into");
        return;
    }
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let odd = dir.join("a\nb \u{1b}[2J)");
    let sleep = ["/bin/sleep", "/usr/bin/sleep"]
        .into_iter()
        .find(|path| Path::new(path).exists());
    let Some(sleep) = sleep else {
        println!("skipped: there is no sleep to give a name");
        return;
    };
    symlink(sleep, &odd).unwrap();
    let file = File::options()
        .write(true)
        .open(dir.join("old/ics50events.db"));
    let holder = Holder::other(Command::new(&odd).arg("600").stdout(file.unwrap()));
    let (id, _) = holder.who();
    let message = explained(&run(dir, ["old", "new"]));
    assert!(message.contains(&format!("process {id} (a")), "{message}");
    assert!(!message.trim_end().contains(char::is_control), "{message}");
}
