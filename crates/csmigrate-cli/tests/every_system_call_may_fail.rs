//! Whatever call of the system fails, is cut short or is the last one: the
//! source is as it was, the target as it was or complete, the exit status
//! tells which, and the same command run again puts all in order.
//!
//! The calls are those of a real run: all that name something in the directory
//! it takes place in. strace makes each of them fail in turn.

mod support;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::namespace::{self, Namespace};
use support::promises::{End, Scene, State, Store, Way, fast_dir};
use support::strace::{self, Aim, Call, Fault, traced, with_fault, with_room};
use support::{
    big_store, changed, csmigrate, files_are_open, listing, on_threads, output, records, stderr,
    try_all,
};

/// Calls that change something, or open it.
const CHANGES: &[&str] = &[
    "open",
    "openat",
    "openat2",
    "creat",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "truncate",
    "ftruncate",
    "fallocate",
    "sendfile",
    "splice",
    "copy_file_range",
    "ioctl",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "syncfs",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "chmod",
    "fchmod",
    "fchmodat",
    "fchmodat2",
    "chown",
    "lchown",
    "fchown",
    "fchownat",
    "utimensat",
    "setxattr",
    "fsetxattr",
    "flock",
];
/// Calls that only read.
const READS: &[&str] = &["read", "pread64", "preadv", "getdents64", "mmap", "lseek"];
/// Calls that give the number of bytes written.
const WRITES: &[&str] = &["write", "pwrite64", "copy_file_range"];
const ERRORS: [&str; 4] = ["EIO", "ENOSPC", "EDQUOT", "EACCES"];

/// How many faults are tried unless all are.
const SOME: usize = 500;

/// A call of the run with no fault.
#[derive(Debug, Clone)]
struct Point {
    way: Way,
    name: String,
    keys: Vec<PathBuf>,
    /// Its number among the calls of this name with one of these keys.
    nth: usize,
    /// What it names, first to last.
    paths: Vec<PathBuf>,
    /// Whether the target is complete before it.
    published: bool,
    result: Option<i64>,
}

impl Point {
    /// Whether nothing else is concerned.
    fn of_a_log(&self) -> bool {
        self.paths.iter().all(|path| path.starts_with("logs"))
    }
}

#[derive(Debug, Clone)]
struct Case {
    point: Point,
    fault: Fault,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Point { way, name, nth, .. } = &self.point;
        let beside = if way.backup_beside { ", -b" } else { "" };
        write!(f, "target {:?}{beside}: {name} {nth}", way.target)?;
        for path in &self.point.paths {
            write!(f, " {}", path.display())?;
        }
        write!(f, ": {:?}", self.fault)
    }
}

/// What came of a case that kept all promises.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Outcome {
    end: End,
    target: State,
    leftovers: bool,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { end, target, .. } = self;
        let left = if self.leftovers { ", leftovers" } else { "" };
        write!(f, "{end:?}, target {target:?}{left}")
    }
}

/// The points of a run begun in one way.
fn points(store: &Store, way: Way) -> Vec<Point> {
    let scene = store.scene(way);
    let dir = scene.dir();
    let names: Vec<&str> = CHANGES.iter().chain(READS).copied().collect();
    let run = traced(&way.command(&dir), &scene.trace(), &names);
    assert_eq!(
        End::of(&run.output),
        End::Success,
        "{}",
        stderr(&run.output)
    );
    let mut points = Vec::new();
    for (index, call) in run.calls.iter().enumerate() {
        let (keys, paths) = (call.keys(&dir), call.paths(&dir));
        if paths.is_empty() {
            continue;
        }
        let alike = |other: &&Call| {
            (other.thread, &other.name) == (call.thread, &call.name)
                && other.keys(&dir).iter().any(|key| keys.contains(key))
        };
        points.push(Point {
            way,
            name: call.name.clone(),
            nth: run.calls[..=index].iter().filter(alike).count(),
            keys,
            paths,
            published: false,
            result: call.result,
        });
    }
    let new = |path: Option<&PathBuf>| path.is_some_and(|it| it.starts_with("new"));
    let publish = points
        .iter()
        .rposition(|point| point.name.starts_with("rename") && new(point.paths.last()))
        .expect("a rename publishes");
    for point in points.iter_mut().skip(publish + 1) {
        point.published = true;
    }
    points
}

/// What is to be tried at a point.
fn faults(point: &Point) -> Vec<Fault> {
    if READS.contains(&point.name.as_str()) {
        return vec![Fault::Error("EIO")];
    }
    let mut faults: Vec<Fault> = ERRORS.into_iter().map(Fault::Error).collect();
    faults.push(Fault::Kill);
    if WRITES.contains(&point.name.as_str()) {
        // A disk that lies: it has taken half of it, or all.
        let len = point.result.and_then(|len| u64::try_from(len).ok());
        let len = len.unwrap_or_default();
        faults.push(Fault::Claim(len / 2));
        // The lines of a log are not equally long in all runs, and more than
        // it was given no disk takes.
        if !point.of_a_log() {
            faults.push(Fault::Claim(len));
        }
    }
    faults
}

/// A part of the cases that is spread over all of them, with every one that
/// concerns the names of target and backup or comes after the target is there.
fn some(cases: Vec<Case>) -> Vec<Case> {
    let rare = |case: &Case| {
        let point = &case.point;
        let names = ["mkdir", "rename", "unlink", "rmdir", "flock"];
        let name = point.published || names.iter().any(|name| point.name.starts_with(name));
        let whole = matches!(case.fault, Fault::Kill | Fault::Error("EIO"));
        let way = Way::ALL.iter().position(|way| *way == point.way);
        name && whole && way.is_some_and(|way| [0, 3, 5, 6].contains(&way))
    };
    let (mut chosen, others): (Vec<_>, Vec<_>) = cases.into_iter().partition(rare);
    let step = others
        .len()
        .div_ceil(SOME.saturating_sub(chosen.len()).max(1));
    // Each point has about five faults: a step that shares no factor with
    // their number meets all of them.
    let apart = |step: &usize| !step.is_multiple_of(5) && !step.is_multiple_of(7);
    let step = (step..step + 5).find(apart).unwrap_or(step);
    chosen.extend(others.into_iter().step_by(step));
    chosen
}

/// Tries one case; what is wrong is the error.
fn attempt(store: &Store, case: &Case) -> Result<Outcome, String> {
    let Case { point, fault } = case;
    let scene = store.scene(point.way);
    let dir = scene.dir();
    let command = point.way.command(&dir);
    let aim = Aim {
        name: &point.name,
        keys: &point.keys,
        nth: point.nth,
    };
    let run = with_fault(&command, &scene.trace(), &aim, fault);
    let met = |call: &&Call| match fault {
        Fault::Kill => call.result.is_none(),
        _ => call.injected,
    };
    let planned = |call: &Call| call.name == point.name && call.paths(&dir) == point.paths;
    let mut hit = run.calls.iter().filter(met);
    if !hit.clone().any(planned) {
        return Err(format!("the fault met another call: {:?}", hit.next()));
    }
    let killed = *fault == Fault::Kill;
    let known = Known {
        killed,
        published: point.published,
        removing: point.name.starts_with("unlink") || point.name == "rmdir",
        time_stays: killed || point.name == "utimensat",
    };
    after_a_fault(&scene, &run.output, known)
}

/// What is known of a fault.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    /// It kills the process.
    killed: bool,
    /// The target is complete before it.
    published: bool,
    /// It keeps something from being removed.
    removing: bool,
    /// It keeps the time of the source directory from being put back.
    time_stays: bool,
}

/// What a run with a fault must have left, and the run after it.
fn after_a_fault(scene: &Scene<'_>, output: &Output, known: Known) -> Result<Outcome, String> {
    let Known {
        killed,
        published,
        removing,
        time_stays,
    } = known;
    let time_put_back = !time_stays;
    let (end, said) = (End::of(output), stderr(output));
    if matches!(end, End::Other(_)) || (end == End::Killed) != killed {
        return Err(format!("the run ended with {}: {said}", output.status));
    }
    let target = scene.check(time_put_back)?;
    let outcome = Outcome {
        end: end.clone(),
        target,
        leftovers: !scene.leftovers().is_empty(),
    };
    match end {
        // All is done and what was to be removed cannot be: the next run does.
        End::Success if removing && outcome.leftovers => {
            if target != State::Complete || !scene.backup()? {
                return Err("exit status 0, and not all is there".to_owned());
            }
        }
        End::Success => {
            scene.check_success(time_put_back)?;
            return Ok(outcome);
        }
        End::Failure if target == State::Partial => {
            return Err(format!("exit status 255 and the target is partial: {said}"));
        }
        End::Failure if said.trim().is_empty() => {
            return Err("exit status 255 and not a word".to_owned());
        }
        End::Failure if target == State::Complete && !published => {
            return Err(format!("exit status 255 and the target complete: {said}"));
        }
        End::Failure if target == State::Complete && !said.contains("complete") => {
            return Err(format!(
                "the target is complete and the message does not say so: {said}"
            ));
        }
        End::Failure | End::Killed | End::Other(_) => {}
    }
    scene
        .next_run(time_put_back)
        .map_err(|problem| format!("{outcome}; {problem}"))?;
    Ok(outcome)
}

/// Tells what came of the cases; fails when any broke a promise.
#[track_caller]
fn conclude<C: fmt::Display>(cases: &[C], results: &[Result<Outcome, String>]) {
    let mut outcomes: BTreeMap<&Outcome, u32> = BTreeMap::new();
    for outcome in results.iter().flatten() {
        *outcomes.entry(outcome).or_default() += 1;
    }
    for (outcome, count) in outcomes {
        println!("{count:5} {outcome}");
    }
    let broken: Vec<String> = cases
        .iter()
        .zip(results)
        .filter_map(|(case, result)| {
            let problem = result.as_ref().err()?.trim().replace('\n', " | ");
            Some(format!("{case}: {problem}"))
        })
        .collect();
    assert!(
        broken.is_empty(),
        "{} of {} cases broke a promise:\n{}",
        broken.len(),
        cases.len(),
        broken.join("\n")
    );
}

#[test]
fn each_call_of_a_run_fails_or_is_the_last() {
    if !strace::available() {
        return;
    }
    let mounts = match namespace::enter("each_call_of_a_run_fails_or_is_the_last") {
        Namespace::Done => return,
        Namespace::Own => true,
        Namespace::None => false,
    };
    let store = Store::new();
    let mut cases = Vec::new();
    for way in Way::all(mounts) {
        for point in points(&store, way) {
            for fault in faults(&point) {
                let point = point.clone();
                cases.push(Case { point, fault });
            }
        }
    }
    let all = cases.len();
    if !try_all() {
        cases = some(cases);
    }
    let results = on_threads(&cases, |case| attempt(&store, case));

    let mut tried: BTreeMap<(&str, String), u32> = BTreeMap::new();
    for case in &cases {
        let fault = match &case.fault {
            Fault::Error(error) => (*error).to_owned(),
            Fault::Kill => "killed".to_owned(),
            Fault::Claim(_) => "claimed".to_owned(),
        };
        *tried.entry((&case.point.name, fault)).or_default() += 1;
    }
    // What is no harm is worth a look.
    let mut harmless: BTreeMap<String, u32> = BTreeMap::new();
    for (case, result) in cases.iter().zip(&results) {
        let point = &case.point;
        if result.as_ref().is_ok_and(|it| it.end == End::Success) && !point.of_a_log() {
            let path = point.paths.last().unwrap().display();
            *harmless
                .entry(format!("{} {path}", point.name))
                .or_default() += 1;
        }
    }
    for (call, count) in harmless {
        println!("{count:5} without consequence: {call}");
    }
    println!("{} of {all} faults tried", cases.len());
    for ((name, fault), count) in tried {
        println!("{count:5} {name} {fault}");
    }
    conclude(&cases, &results);
}

/// A limit of the system or a disk.
#[derive(Debug)]
struct Limit {
    way: Way,
    bytes: u64,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}, {} bytes", self.way, self.bytes)
    }
}

/// Limits from nothing to enough for all.
fn limits(ways: &[Way], enough: u64, step: u64) -> Vec<Limit> {
    let mut limits = Vec::new();
    for (index, way) in ways.iter().enumerate() {
        let offset = index as u64 * step / ways.len() as u64;
        let mut bytes = 0;
        while bytes < enough {
            limits.push(Limit { way: *way, bytes });
            bytes += step.max(1);
            // Not all at the same place within a page.
            if bytes == step {
                bytes += offset;
            }
        }
        let bytes = enough;
        limits.push(Limit { way: *way, bytes });
    }
    limits
}

/// The system cuts the write that crosses the limit short, and refuses the
/// next one.
#[test]
fn no_file_may_be_larger_than_so_many_bytes() {
    let can = Command::new("prlimit")
        .args(["--fsize=1000000", "true"])
        .output();
    if !can.is_ok_and(|output| output.status.success()) {
        println!("skipped: there is no prlimit");
        return;
    }
    let store = Store::new();
    let step = if try_all() { 1500 } else { 30_011 };
    let ways = [Way::ALL[0], Way::ALL[3]];
    let cases = limits(&ways, store.largest() + 1, step);
    let results = on_threads(&cases, |limit| {
        let scene = store.scene(limit.way);
        let run = limit.way.command(&scene.dir());
        let mut command = Command::new("prlimit");
        command
            .arg(format!("--fsize={}", limit.bytes))
            .arg(run.get_program())
            .args(run.get_args())
            .current_dir(scene.dir());
        let output = output(&mut command).unwrap();
        after_a_fault(&scene, &output, Known::default())
    });
    println!("{} limits tried", cases.len());
    let successes = results.iter().flatten();
    let successes = successes.filter(|outcome| outcome.end == End::Success);
    assert!(
        successes.count() >= ways.len(),
        "the largest limit is enough"
    );
    conclude(&cases, &results);
}

/// The disk is full after so many bytes, though there was room before: another
/// program is quicker. A write is cut short where it meets the end.
#[test]
fn the_disk_is_full_after_so_many_bytes() {
    if !cfg!(all(target_endian = "little", target_pointer_width = "64")) {
        println!("skipped: what a machine of this kind says of its room is not known here");
        return;
    }
    if !strace::available() {
        return;
    }
    match namespace::enter("the_disk_is_full_after_so_many_bytes") {
        Namespace::Own => {}
        Namespace::Done | Namespace::None => return,
    }
    let store = Store::new();
    let step = if try_all() { 4096 } else { 98_304 };
    let ways = if try_all() {
        Way::ALL[..6].to_vec()
    } else {
        vec![Way::ALL[1], Way::ALL[4]]
    };
    let cases = limits(&ways, store.written() + (256 << 10), step);
    let results = on_threads(&cases, |limit| {
        let scene = store.scene_with_room(limit.way, limit.bytes);
        let command = limit.way.command(&scene.dir());
        let run = with_room(&command, &scene.trace());
        scene.make_room();
        after_a_fault(&scene, &run.output, Known::default())
    });
    println!("{} disks tried", cases.len());
    let successes = results.iter().flatten();
    let successes = successes.filter(|outcome| outcome.end == End::Success);
    assert!(
        successes.count() >= ways.len(),
        "the largest disk is enough"
    );
    conclude(&cases, &results);
}

/// A large file is synced by a thread of its own while it is written. What
/// that thread meets must not be lost.
#[test]
fn a_sync_in_the_midst_of_writing_fails() {
    if !strace::available() {
        return;
    }
    let sandbox = fast_dir();
    let dir = sandbox.path();
    let old = dir.join("old");
    // More than is written between two syncs.
    let open = files_are_open();
    big_store(&old, 72_000);
    let (before, expected) = (listing(&old), records(&old));
    drop(open);
    let source_changes = || {
        let _open = files_are_open();
        changed(&before, &old)
    };
    let command = csmigrate(dir, ["-q", "-b", "saved", "old", "new"]);
    let trace = dir.join("trace");
    let faults = ERRORS.into_iter().map(Fault::Error).chain([Fault::Kill]);
    for (index, fault) in faults.enumerate() {
        if index > 0 && fault != Fault::Kill && !try_all() {
            continue;
        }
        let aim = Aim {
            name: "fdatasync",
            keys: &[".new.csmigrate-staging/ics50events.db".into()],
            nth: 1,
        };
        let run = with_fault(&command, &trace, &aim, &fault);
        assert!(
            run.calls
                .iter()
                .any(|call| call.injected || call.result.is_none()),
            "{fault:?}: nothing was synced: {:?}",
            run.calls
        );
        let killed = fault == Fault::Kill;
        let end = if killed { End::Killed } else { End::Failure };
        assert_eq!(End::of(&run.output), end, "{}", stderr(&run.output));
        assert_eq!(stderr(&run.output).lines().count(), usize::from(!killed));
        assert_eq!(source_changes(), [""; 0]);
        assert!(!dir.join("new").exists());
        assert_eq!(dir.join(".new.csmigrate-staging").exists(), killed);
    }
    let mut command = csmigrate(dir, ["-q", "-b", "saved", "old", "new"]);
    let output = output(&mut command).unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(source_changes(), [""; 0]);
    assert_eq!(records(&dir.join("new")), expected);
    assert_eq!(records(&dir.join("saved")), expected);
}

/// The parser of traces is part of the proof.
#[test]
fn a_trace_is_read_right() {
    let text = concat!(
        "17 openat(AT_FDCWD<\\x2f\\x61>, \"\\x62\\x2f\\x63\", O_RDONLY|O_CLOEXEC) = 5<\\x2f\\x61\\x2f\\x62>\n",
        "18 write(5<\\x2f\\x61\\x2f\\x62>, \"\\x28\\x2c\\x22\", 3 <unfinished ...>\n",
        "17 mkdir(\"\\x2f\\x61\\x2f\\x2e\\x2e\\x2f\\x61\\x2f\\x64\", 0700) = -1 EIO (Input/output error) (INJECTED)\n",
        "18 <... write resumed>) = 2\n",
        "17 +++ killed by SIGKILL +++\n",
        "18 rename(\"\\x65\", \"\\x66\") = ?\n",
    );
    let calls = strace::parse(text);
    let told: Vec<_> = calls
        .iter()
        .map(|call| {
            let paths = call.paths(Path::new("/a"));
            let paths: Vec<_> = paths
                .iter()
                .map(|path| path.to_str().unwrap().to_owned())
                .collect();
            (
                call.thread,
                call.name.as_str(),
                paths.join(" "),
                call.result,
                call.injected,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (0, "openat", "b/c".to_owned(), Some(5), false),
            (1, "write", "b".to_owned(), Some(2), false),
            (0, "mkdir", "d".to_owned(), Some(-1), true),
            (1, "rename", "e f".to_owned(), None, false),
        ]
    );
    assert_eq!(calls[1].args[1], strace::Arg::Text(b"(,\"".to_vec()));
    assert_eq!(calls[1].args[2].number(), Some(3));
    assert!(calls[0].args[2].has("O_CLOEXEC"));
}
