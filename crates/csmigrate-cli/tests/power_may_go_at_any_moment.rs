//! The power may go at any moment: after any call of a run, whatever a disk
//! makes of what was not synced, the source is as it was, the target as it was
//! or complete, a backup whole or absent, and the next run puts all in order.
//!
//! A run of the real command is recorded and its calls are done again, one by
//! one, on the model of a disk in `support/disk.rs`. What that may hold when
//! the power comes back is put down as real files.

mod support;

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::path::{Path, PathBuf};

use support::disk::{self, Disk, Found, Kept, ROOT};
use support::namespace::{self, Namespace};
use support::promises::{End, Scene, State, Store, Way};
use support::replay::{RECORDED, Replay};
use support::strace::{self, traced};
use support::{files_are_open, on_threads, stderr, try_all};

/// How many states are tried unless all are.
const SOME: usize = 400;

/// What a disk may hold.
#[derive(Debug)]
struct Crash {
    way: Way,
    /// After which call, for whoever reads of it.
    after: String,
    kept: Kept,
    found: Found,
    /// Whether it is what a run leaves that was not disturbed: then the next
    /// one may just as well say that there is nothing left to do.
    finished: bool,
}

/// All that a disk may hold after each call of a run begun in one way, each
/// state once; the number of calls, and of states before doubles were left out.
fn crashes(store: &Store, way: Way, mixes: u64) -> (Vec<Crash>, usize, usize) {
    let scene = store.scene(way);
    let dir = scene.dir();
    // Logs are not synced and nobody promised them.
    let without = ["logs"];
    let mut replay = Replay::new(Disk::holding(&dir, &without), &dir);
    let run = traced(&way.command(&dir), &scene.trace(), RECORDED);
    assert_eq!(
        End::of(&run.output),
        End::Success,
        "{}",
        stderr(&run.output)
    );
    let mut crashes = Vec::new();
    let mut known: HashSet<u64> = HashSet::new();
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let (mut calls, mut states) = (0, 0);
    for call in &run.calls {
        let paths = call.paths(&dir);
        if paths.iter().any(|path| path.starts_with("logs")) || !replay.call(call) {
            continue;
        }
        calls += 1;
        let seed = calls as u64 * 1000;
        let mut kept = vec![
            Kept::Synced,
            Kept::Names,
            Kept::NamesAndSizes,
            Kept::Everything,
        ];
        kept.extend((0..mixes).map(|mix| Kept::Chance(seed + mix)));
        kept.extend((0..mixes).map(|mix| Kept::Apart(seed + mix)));
        for kept in kept {
            states += 1;
            let found = replay.disk.after_power_loss(kept);
            if known.insert(hasher.hash_one(&found)) {
                crashes.push(Crash {
                    way,
                    after: format!("{} {paths:?}", call.name),
                    kept,
                    found,
                    finished: false,
                });
            }
        }
    }
    // The model must have followed the run to its end.
    let end = replay.disk.after_power_loss(Kept::Everything);
    assert_eq!(differences(&end, &dir), Vec::<PathBuf>::new());
    for crash in &mut crashes {
        crash.finished = crash.found == end;
    }
    (crashes, calls, states)
}

/// Paths where a directory is not what was found.
fn differences(found: &Found, dir: &Path) -> Vec<PathBuf> {
    let real = support::listing(dir);
    let real: BTreeMap<&Path, &[u8]> = real
        .iter()
        .map(|(path, entry)| {
            let path = path.strip_prefix(".").unwrap_or(path);
            (path, entry.bytes.as_slice())
        })
        .filter(|(path, _)| *path != Path::new("") && !path.starts_with("logs"))
        .collect();
    let mut differences = Vec::new();
    for (path, bytes) in found {
        if real.get(path.as_path()) != Some(&bytes.as_deref().unwrap_or_default()) {
            differences.push(path.clone());
        }
    }
    let new = real.keys().filter(|path| !found.contains_key(**path));
    differences.extend(new.map(|path| path.to_path_buf()));
    differences
}

/// Looks at a state and runs the command on it; what is wrong is the error.
fn attempt(store: &Store, crash: &Crash) -> Result<State, String> {
    let mut scene = Scene::bare(store, crash.way);
    let dir = scene.dir();
    fs::create_dir(dir.join("logs")).unwrap();
    let open = files_are_open();
    disk::put_down(&crash.found, &dir);
    drop(open);
    scene.ready();
    let state = scene.check(true)?;
    let next = scene.next_run(true);
    if next.is_err() && crash.finished && scene.check_success(true).is_ok() {
        return Ok(state);
    }
    next.map_err(|problem| {
        let left = crash.found.keys().filter(|path| ours(path));
        let left: Vec<_> = left.map(|path| path.display()).collect();
        format!("target {state:?}; left {left:?}; {problem}")
    })?;
    Ok(state)
}

/// Whether a name is one that a run gives what is not finished.
fn ours(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().contains(".csmigrate-")
}

#[test]
fn after_each_call_of_a_run() {
    if !strace::available() {
        return;
    }
    let mounts = match namespace::enter("after_each_call_of_a_run") {
        Namespace::Done => return,
        Namespace::Own => true,
        Namespace::None => false,
    };
    let store = Store::new();
    let mixes = if try_all() { 20 } else { 2 };
    let (mut all, mut distinct) = (0, Vec::new());
    for way in Way::all(mounts) {
        let (crashes, calls, states) = crashes(&store, way, mixes);
        println!(
            "{way:?}: {calls} calls, {states} states, {} distinct",
            crashes.len()
        );
        all += crashes.len();
        let every = if try_all() {
            1
        } else {
            // States that differ in names are few and matter most: the last
            // ones of each run are all tried.
            (crashes.len() * 7).div_ceil(SOME)
        };
        let last = crashes.len().saturating_sub(SOME / 20);
        let chosen = crashes.into_iter().enumerate();
        let chosen = chosen.filter(|(index, _)| index % every == 0 || *index >= last);
        distinct.extend(chosen.map(|(_, crash)| crash));
    }
    println!("{} of {all} distinct states tried", distinct.len());
    let results = on_threads(&distinct, |crash| attempt(&store, crash));
    let mut states: BTreeMap<State, u32> = BTreeMap::new();
    let mut broken = Vec::new();
    for (crash, result) in distinct.iter().zip(results) {
        match result {
            Ok(state) => *states.entry(state).or_default() += 1,
            Err(problem) => broken.push(format!(
                "{:?}, after {}, kept {:?}: {problem}",
                crash.way, crash.after, crash.kept
            )),
        }
    }
    for (state, count) in states {
        println!("{count:5} target {state:?}");
    }
    assert!(
        broken.is_empty(),
        "{} of {} states broke a promise:\n{}",
        broken.len(),
        distinct.len(),
        broken.join("\n")
    );
}

/// All that a toy disk may hold, under `path`.
fn possible(disk: &Disk, path: &str) -> Vec<Option<Vec<u8>>> {
    let whole = [
        Kept::Synced,
        Kept::Names,
        Kept::NamesAndSizes,
        Kept::Everything,
    ];
    let kept = whole.into_iter().chain((0..200).map(Kept::Chance));
    let mut possible: Vec<_> = kept
        .map(|kept| {
            let found = disk.after_power_loss(kept);
            let bytes = found.get(Path::new(path)).cloned().flatten();
            bytes.map(|bytes| bytes.to_vec())
        })
        .collect();
    possible.sort();
    possible.dedup();
    possible
}

/// A disk that could lose nothing would prove nothing.
#[test]
fn the_disk_loses_what_was_not_synced() {
    let whole = vec![7; 1024];
    let half = |first: bool| {
        let mut bytes = vec![0; 1024];
        let at = if first { 0 } else { 512 };
        bytes[at..at + 512].fill(7);
        bytes
    };
    let mut disk = Disk::empty();
    let file = disk.create(Path::new("staged"));
    disk.write(file, 0, &whole);
    disk.rename(Path::new("staged"), Path::new("published"));
    // The promise of a rename without a sync is broken in every way there is.
    let published = possible(&disk, "published");
    for way in [
        None,
        Some(vec![]),
        Some(vec![0; 1024]),
        Some(half(true)),
        Some(half(false)),
        Some(vec![7; 512]),
        Some(whole.clone()),
    ] {
        assert!(published.contains(&way), "{way:?}");
    }
    // Synced too late, the bytes are safe and the name is not.
    disk.sync(file);
    assert_eq!(possible(&disk, "published"), [None, Some(whole.clone())]);
    assert_eq!(possible(&disk, "staged"), [None, Some(whole.clone())]);
    disk.sync(ROOT);
    assert_eq!(possible(&disk, "published"), [Some(whole)]);
    assert_eq!(possible(&disk, "staged"), [None]);
}

#[test]
fn the_disk_keeps_names_in_their_order() {
    let mut disk = Disk::empty();
    disk.make_dir(Path::new("one"));
    disk.make_dir(Path::new("two"));
    let first = disk.create(Path::new("one/a"));
    disk.create(Path::new("two/b"));
    disk.remove(Path::new("two/b"));
    for seed in 0..200 {
        let found = disk.after_power_loss(Kept::Chance(seed));
        let has = |path: &str| found.contains_key(Path::new(path));
        assert!(has("one") || !has("two"), "{found:?}");
        assert!(has("one/a") || !has("two/b"), "{found:?}");
    }
    assert!(disk.after_power_loss(Kept::Synced).is_empty());
    // A new file that is synced has its name, and what was named before it.
    disk.sync(first);
    let found = disk.after_power_loss(Kept::Synced);
    let names: Vec<_> = found.keys().map(|path| path.to_str().unwrap()).collect();
    assert_eq!(names, ["one", "one/a", "two"]);
}

/// Without a journal a directory may be there before what is in it.
#[test]
fn the_disk_may_keep_the_order_of_each_directory_alone() {
    let mut disk = Disk::empty();
    disk.make_dir(Path::new("staged"));
    let dir = disk.node(Path::new("staged")).unwrap();
    let file = disk.create(Path::new("staged/file"));
    disk.sync(file);
    disk.rename(Path::new("staged"), Path::new("published"));
    disk.sync(ROOT);
    let empty = |disk: &Disk, kept| {
        let found = disk.after_power_loss(kept);
        assert!(found.contains_key(Path::new("published")), "{found:?}");
        !found.contains_key(Path::new("published/file"))
    };
    assert!(!(0..200).any(|seed| empty(&disk, Kept::Chance(seed))));
    assert!((0..200).any(|seed| empty(&disk, Kept::Apart(seed))));
    disk.sync(dir);
    assert!(!(0..200).any(|seed| empty(&disk, Kept::Apart(seed))));

    // A move out of it is kept on both sides or on none.
    disk.rename(Path::new("published/file"), Path::new("file"));
    for synced in [false, true] {
        if synced {
            disk.sync(ROOT);
        }
        let mut moved = 0;
        for seed in 0..200 {
            let found = disk.after_power_loss(Kept::Apart(seed));
            let has = |path: &str| found.contains_key(Path::new(path));
            assert!(has("file") != has("published/file"), "{found:?}");
            moved += u32::from(has("file"));
        }
        assert!(moved > 0 && (moved == 200) == synced, "{moved}");
    }
}

#[test]
fn the_disk_may_keep_the_old_bytes_of_a_file_that_is_written_again() {
    let mut disk = Disk::empty();
    let file = disk.create(Path::new("file"));
    disk.write(file, 0, b"old");
    disk.sync(file);
    disk.resize(file, 0);
    disk.write(file, 0, b"newer");
    let possible = possible(&disk, "file");
    for way in [&b""[..], b"old", b"newer"] {
        assert!(possible.contains(&Some(way.to_vec())), "{possible:?}");
    }
}
