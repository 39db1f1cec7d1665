//! The verdicts on environments that real releases of Berkeley DB left: closed
//! in good order, killed, torn, with logs missing.
//!
//! The samples are not part of the repository; without them this says so.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bdbfile::log::{Environment, EnvironmentFiles, NewestPage, Reason, Verdict, inspect};
use support::samples;

/// The releases of the set of killed environments.
const KILLED: [&str; 3] = ["3.2.9-m32", "4.2.52-m32", "4.2.52-sparc"];

/// The directories in a directory, by name.
fn cases(folder: &Path) -> Vec<(String, PathBuf)> {
    let mut cases: Vec<_> = fs::read_dir(folder)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
        .collect();
    cases.sort();
    cases
}

/// What a store's directory says, and its newest page.
fn look(dir: &Path) -> (Environment, Option<NewestPage>) {
    let found = EnvironmentFiles::find(dir).unwrap();
    let environment = inspect(&found).unwrap();
    let newest = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !found.logs.contains(path) && !found.regions.contains(path))
        .filter_map(|path| NewestPage::of_file(&path).ok().flatten())
        .max_by_key(|page| page.lsn);
    (environment, newest)
}

/// The verdict, and the one that the logs alone allow.
fn verdicts(dir: &Path) -> (Verdict, Verdict) {
    let (mut environment, newest) = look(dir);
    let full = environment.judge(newest.as_ref());
    environment.regions.clear();
    (full, environment.judge(newest.as_ref()))
}

fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Clean { .. } => "clean".to_owned(),
        Verdict::NoEnvironment => "none".to_owned(),
        Verdict::Unclean { reasons } => {
            let names: Vec<_> = reasons
                .iter()
                .map(|reason| match reason {
                    Reason::Panic { .. } => "panic",
                    Reason::Attached { .. } => "attached",
                    Reason::RegionsUnknown { .. } => "regions unknown",
                    Reason::TornEnd(_) => "torn",
                    Reason::Unreadable(_) => "unreadable",
                    Reason::Gap { .. } => "gap",
                    Reason::StartMissing { .. } => "start missing",
                    Reason::PageBeyondLog { .. } => "page beyond log",
                    Reason::UncommittedOnPage { .. } => "uncommitted on page",
                    Reason::Changes { .. } => "changes",
                    Reason::NotFlushed { .. } => "not flushed",
                    Reason::Open { .. } => "open",
                    _ => "other",
                })
                .collect();
            format!("unclean: {}", names.join(", "))
        }
    }
}

/// `clean`, or whatever else the verdict is without its reasons.
fn is_clean(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Clean { .. })
}

#[test]
fn closed_and_killed_environments_are_told_apart() {
    let Some(folder) = samples() else { return };
    let mut counts = BTreeMap::new();
    for (name, dir) in cases(&folder.join("odd")) {
        let Some(state) = name.strip_prefix("env").and_then(|n| n.split('-').next()) else {
            continue;
        };
        let (full, alone) = verdicts(&dir);
        println!("{name}: {} | logs alone: {}", word(&full), word(&alone));
        println!("{full}");
        *counts
            .entry((state.to_owned(), is_clean(&full)))
            .or_insert(0) += 1;
        // Closed without a checkpoint: the regions say that the process
        // detached, and the newest page carries the last committed change.
        assert_eq!(
            is_clean(&full),
            ["clean", "nockp"].contains(&state),
            "{name}"
        );
        // Without regions nothing shows that the pages were flushed.
        assert_eq!(is_clean(&alone), state == "clean", "{name}");
    }
    println!("{counts:?}");
    assert_eq!(counts.values().sum::<i32>(), 26);
}

#[test]
fn no_killed_environment_is_clean() {
    let Some(folder) = samples() else { return };
    for release in KILLED {
        let mut clean = 0;
        let mut unclean = 0;
        for (name, dir) in cases(&folder.join(release)) {
            let (full, alone) = verdicts(&dir);
            println!(
                "{release}/{name}: {} | logs alone: {}",
                word(&full),
                word(&alone)
            );
            assert_eq!(is_clean(&full), name == "clean", "{release}/{name}");
            assert_eq!(is_clean(&alone), name == "clean", "{release}/{name}");
            if is_clean(&full) {
                clean += 1;
            } else {
                unclean += 1;
            }
        }
        println!("{release}: {clean} clean, {unclean} unclean");
        assert_eq!((clean, unclean), (1, 35), "{release}");
    }
}
