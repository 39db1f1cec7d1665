//! Killed at any moment, a run leaves the target as it was or complete, and
//! the source unchanged; the next run finds nothing in its way.
//!
//! A kill shows what other processes see, not what a disk keeps when the power
//! goes: that rests on the syncs before the rename.

mod support;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime};

use support::{
    Listing, Random, StepByStep, big_store, changed, csmigrate, fails, listing, names, records,
    sandbox, succeeds,
};

const KILLS: u32 = 20;
/// About 40 MB.
const RECORDS: u32 = 32_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Absent,
    Empty,
    Complete,
}

/// A directory with a big store, and what it holds.
struct Scene {
    sandbox: tempfile::TempDir,
    source: Listing,
    source_time: SystemTime,
    records: BTreeMap<OsString, (u64, u64)>,
}

/// How a run is begun.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// Into an empty directory that is there.
    into_existing: bool,
    /// With the backup beside the source and not in it.
    backup_beside: bool,
}

impl Way {
    const ALL: [Self; 4] = [
        Self::new(false, false),
        Self::new(false, true),
        Self::new(true, false),
        Self::new(true, true),
    ];

    const fn new(into_existing: bool, backup_beside: bool) -> Self {
        Self {
            into_existing,
            backup_beside,
        }
    }

    fn args(self) -> &'static [&'static str] {
        if self.backup_beside {
            &["-b", "saved", "old", "new"]
        } else {
            &["old", "new"]
        }
    }
}

impl Scene {
    fn new(records_wanted: u32) -> Self {
        let sandbox = sandbox();
        let old = sandbox.path().join("old");
        big_store(&old, records_wanted);
        Self {
            source: listing(&old),
            source_time: fs::metadata(&old).unwrap().modified().unwrap(),
            records: records(&old),
            sandbox,
        }
    }

    fn dir(&self) -> &Path {
        self.sandbox.path()
    }

    fn prepare(&self, way: Way) {
        if way.into_existing {
            fs::create_dir(self.dir().join("new")).unwrap();
        }
    }

    /// What a killed run left: the state of the target, where nothing else is
    /// allowed, and a source with nothing of its own changed.
    #[track_caller]
    fn look(&self, way: Way) -> State {
        let new = self.dir().join("new");
        let state = if !new.exists() {
            State::Absent
        } else if names(&new).is_empty() {
            State::Empty
        } else {
            assert_eq!(
                names(&new),
                ["ics50caldb.conf", "ics50calprops.db", "ics50events.db"]
            );
            assert_eq!(records(&new), self.records);
            State::Complete
        };
        assert!(
            state != State::Absent || !way.into_existing,
            "the empty directory is gone"
        );
        for line in changed(&self.source, &self.dir().join("old")) {
            // A backup in the source is what the command is documented to
            // make there; cut short, it has the staging name, and a marker beside
            // it while it is renamed.
            let made = [
                "+ ./backup",
                "+ ./.backup.csmigrate-backup",
                "+ ./.backup.csmigrate-backup-published",
                "~ .",
            ];
            let allowed = made.iter().any(|made| {
                let rest = line.strip_prefix(made);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            // The time of the directory is put back by the run itself.
            let own_time = line == "~ .";
            assert!(
                allowed && !way.backup_beside && (own_time || line.starts_with('+')),
                "{line}"
            );
        }
        state
    }

    /// The next run does it, or says that it is done; then nothing is left
    /// over, and the scene is as it was in the beginning.
    #[track_caller]
    fn next_run(&self, way: Way, state: State) {
        let (dir, new) = (self.dir(), self.dir().join("new"));
        // A run whose end was not reached is brought to it; one that was at its
        // end has made a target like any other.
        let unfinished = dir.join(".new.csmigrate-staging-published").exists();
        if state == State::Complete && !unfinished {
            let message = fails(dir, way.args());
            assert!(
                message.contains("target directory new is not empty"),
                "{message}"
            );
        } else {
            succeeds(dir, way.args());
        }
        assert_eq!(records(&new), self.records);
        let (saved, backup) = (dir.join("saved"), dir.join("old/backup"));
        let backup = if way.backup_beside { saved } else { backup };
        assert_eq!(records(&backup), self.records);
        let old = fs::File::open(dir.join("old")).unwrap();
        fs::remove_dir_all(backup).unwrap();
        old.set_modified(self.source_time).unwrap();
        fs::remove_dir_all(new).unwrap();
        assert_eq!(names(dir), ["logs", "old"], "leftovers");
        assert_eq!(
            names(&dir.join("old")),
            ["ics50caldb.conf", "ics50calprops.db", "ics50events.db"],
            "leftovers"
        );
    }
}

#[test]
fn at_any_moment() {
    let scene = Scene::new(RECORDS);
    // How long a whole run takes only tells between which moments to choose.
    let way = Way::new(false, true);
    let began = Instant::now();
    succeeds(scene.dir(), way.args());
    let whole = began.elapsed();
    assert_eq!(scene.look(way), State::Complete);
    scene.next_run(way, State::Complete);

    let mut random = Random(20);
    let mut hits: BTreeMap<(State, bool), u32> = BTreeMap::new();
    for way in Way::ALL.into_iter().cycle().take(KILLS as usize) {
        scene.prepare(way);
        let after =
            Duration::from_micros(random.next() % u64::try_from(whole.as_micros()).unwrap().max(1));
        let mut child = csmigrate(scene.dir(), way.args())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(after);
        child.kill().unwrap();
        child.wait().unwrap();
        let state = scene.look(way);
        let staged = scene.dir().join(".new.csmigrate-staging").exists();
        *hits.entry((state, staged)).or_default() += 1;
        scene.next_run(way, state);
    }
    for ((state, staged), count) in hits {
        let beside = if staged { ", half written beside" } else { "" };
        println!("{count} kills left the target {state:?}{beside}");
    }
}

/// The moments that matter most, met for certain: all is written and nothing
/// published; all is published and the run not at its end.
#[test]
fn just_before_and_just_after_publishing() {
    let scene = Scene::new(2000);
    for way in Way::ALL {
        let new = scene.dir().join("new");
        let staging = scene.dir().join(".new.csmigrate-staging");

        scene.prepare(way);
        let mut run = StepByStep::start(csmigrate(scene.dir(), way.args()));
        run.take_up_to("backup");
        run.wait_until(|| staging.join("ics50events.db").exists());
        run.kill();
        let state = scene.look(way);
        assert_ne!(state, State::Complete);
        assert!(staging.exists());
        scene.next_run(way, state);

        scene.prepare(way);
        let mut run = StepByStep::start(csmigrate(scene.dir(), way.args()));
        run.take_up_to("verify");
        run.wait_until(|| new.join("ics50caldb.conf").exists());
        run.kill();
        assert_eq!(scene.look(way), State::Complete);
        assert!(!staging.exists());
        assert!(
            scene
                .dir()
                .join(".new.csmigrate-staging-published")
                .exists()
        );
        scene.next_run(way, State::Complete);
    }
}
