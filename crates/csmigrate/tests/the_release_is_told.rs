//! Stores of every release and nature, put together from files that real
//! libraries wrote where these are unpacked: which release is told, which
//! natures, and that looking changes nothing.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use bdbfile::write::{BtreeBuilder, BtreeParams, FileParams, FileSink, KeyOrder};
use csmigrate::caldb::Profile;
use csmigrate::caldb::release::{Nature, Release};
use csmigrate::inspect::{Shutdown, StoreView};
use tempfile::TempDir;

/// The files that 5.x had already.
const EARLY: [&str; 6] = ["calprops", "events", "todos", "alarms", "gse", "journals"];
/// The files that came with 6.
const LATER: [&str; 2] = ["recurring", "deletelog"];

fn samples() -> Option<PathBuf> {
    let place = std::env::var_os("CSMIGRATE_SAMPLES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/samples"),
        PathBuf::from,
    );
    if place.join("data").is_dir() {
        return Some(place);
    }
    println!("skipped: no samples in {}", place.display());
    None
}

fn name_of(what: &str) -> String {
    format!("ics50{what}.db")
}

/// A store with the logs and regions of a sample environment, each of its
/// databases a copy of the one there.
fn store(environment: &Path, files: &[&str], identifier: Option<&str>) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(environment).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name();
        if name == "cal.db" {
            for file in files {
                fs::copy(entry.path(), dir.path().join(name_of(file))).unwrap();
            }
        } else {
            fs::copy(entry.path(), dir.path().join(name)).unwrap();
        }
    }
    if let Some(identifier) = identifier {
        let text = format!("caldb.version = \"{identifier}\"\n");
        fs::write(dir.path().join("ics50caldb.conf"), text).unwrap();
    }
    dir
}

/// Looks at a store, which must be as it was afterwards.
fn look(dir: &Path) -> StoreView {
    let listing = || {
        let mut all: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let modified = entry.metadata().unwrap().modified().unwrap();
                (entry.file_name(), modified, fs::read(entry.path()).unwrap())
            })
            .collect();
        all.sort();
        all
    };
    let before = listing();
    let view = StoreView::look(dir, Profile::shipped()).unwrap();
    assert!(before == listing(), "{} changed", dir.display());
    view
}

fn natures(view: &StoreView, what: &str) -> Vec<Nature> {
    let name = name_of(what);
    view.databases
        .iter()
        .find(|one| one.file.name == *OsStr::new(&name))
        .map(|one| one.traits.natures.clone())
        .unwrap()
}

fn all() -> Vec<&'static str> {
    EARLY.into_iter().chain(LATER).collect()
}

#[test]
fn each_release_by_the_environments_that_its_library_left() {
    let Some(samples) = samples() else { return };
    let environment = |name: &str| samples.join("odd").join(name);
    for machine in ["x86", "sparc"] {
        let dir = store(
            &environment(&format!("envclean-2.7.7-{machine}")),
            &EARLY,
            None,
        );
        let view = look(dir.path());
        assert_eq!(view.detection.conclusion.to_string(), "5.x", "{machine}");
        assert!(matches!(view.shutdown, Shutdown::Clean(_)), "{machine}");
    }
    for machine in ["", "-sparc"] {
        let early = environment(&format!("envclean-3.2.9{machine}"));
        let dir = store(&early, &EARLY, Some("3.0.0"));
        let view = look(dir.path());
        assert_eq!(view.detection.conclusion.to_string(), "6.0", "{machine}");
        assert_eq!(natures(&view, "events"), [Nature::NoLastPage]);

        let late = environment(&format!("envclean-4.2.52{machine}"));
        let told = |files: &[&str], identifier| {
            let dir = store(&late, files, identifier);
            look(dir.path()).detection.conclusion
        };
        let two = told(&all(), Some("3.0.0"));
        assert_eq!(two.to_string(), "6.1 to 6.3, most likely 6.2", "{machine}");
        let three = told(&all(), Some("3.1.0"));
        assert_eq!(three.likely(), Some(Release::V6_3), "{machine}: {three}");
    }
    let dirty = store(&environment("envdirty-4.2.52"), &all(), Some("3.0.0"));
    let view = look(dirty.path());
    assert!(matches!(view.shutdown, Shutdown::Unclean(_)));
    assert_eq!(view.detection.conclusion.likely(), Some(Release::V6_2));
}

#[test]
fn natures_of_old_x86_stores_in_files_of_real_libraries() {
    let Some(samples) = samples() else { return };
    let environment = samples.join("odd/envclean-4.2.52");
    for (file, nature) in [
        ("x86bad-3.2.9/subdb-be.db", Nature::DirectoryOrder),
        ("x86bad-3.2.9/subdb-le.db", Nature::DirectoryOrder),
        ("x64-3.0.55/subdb-le.db", Nature::DirectoryOrder),
        ("x86-2.7.7/bt-dup-be.db", Nature::KeyLengths),
    ] {
        let dir = store(&environment, &all(), Some("3.0.0"));
        fs::copy(samples.join(file), dir.path().join("ics50events.db")).unwrap();
        let view = look(dir.path());
        assert!(natures(&view, "events").contains(&nature), "{file}");
        assert!(natures(&view, "todos").is_empty(), "{file}");
        let id = format!("nature-{}", nature.name());
        let evidence = &view.detection.evidence;
        assert!(evidence.iter().any(|one| one.id == id), "{file}");
        assert!(
            view.findings.iter().any(|one| one.text == nature.text()),
            "{file}"
        );
    }

    // The whole store by the misbuilt library.
    let dir = store(&environment, &[], Some("3.0.0"));
    for what in all() {
        fs::copy(
            samples.join("x86bad-3.2.9/subdb-be.db"),
            dir.path().join(name_of(what)),
        )
        .unwrap();
    }
    let conclusion = look(dir.path()).detection.conclusion;
    assert_eq!(
        conclusion.likely(),
        Some(Release::V6_3SolarisX86),
        "{conclusion}"
    );

    // Databases of SPARC in the environment of an x86 machine.
    let dir = store(&environment, &[], Some("3.0.0"));
    for what in all() {
        fs::copy(
            samples.join("sparc-4.2.52/bt-plain-be.db"),
            dir.path().join(name_of(what)),
        )
        .unwrap();
    }
    let conclusion = look(dir.path()).detection.conclusion;
    assert_eq!(
        conclusion.likely(),
        Some(Release::V6_3SolarisX86),
        "{conclusion}"
    );
}

#[test]
fn a_hash_function_of_its_own_shows() {
    /// Where a hash file keeps its function's value for a fixed text.
    const CHARKEY: usize = 72 + 5 * 4;
    let Some(samples) = samples() else { return };
    let dir = store(&samples.join("odd/envclean-4.2.52"), &all(), Some("3.0.0"));
    let path = dir.path().join("ics50alarms.db");
    let mut bytes = fs::read(samples.join("x86-4.2.52/h-plain-le.db")).unwrap();
    fs::write(&path, &bytes).unwrap();
    assert!(natures(&look(dir.path()), "alarms").is_empty());
    bytes[CHARKEY] ^= 0xff;
    fs::write(&path, &bytes).unwrap();
    let view = look(dir.path());
    assert_eq!(natures(&view, "alarms"), [Nature::HashFunction]);
    let releases = view.detection.conclusion.releases().to_vec();
    assert!(releases.contains(&Release::V6_3SolarisX86), "{releases:?}");
}

#[test]
fn files_of_stores_of_two_ages_are_mixed() {
    let Some(samples) = samples() else { return };
    let dir = store(&samples.join("odd/envclean-4.2.52"), &all(), Some("3.0.0"));
    let old = samples.join("x86-2.7.7/bt-plain-le.db");
    fs::copy(old, dir.path().join("ics50todos.db")).unwrap();
    let conclusion = look(dir.path()).detection.conclusion;
    assert_eq!(conclusion.name(), "mixed", "{conclusion}");
}

#[test]
fn an_order_of_keys_of_its_own_shows() {
    let dir = tempfile::tempdir().unwrap();
    for (what, order) in [("events", KeyOrder::AsFed), ("todos", KeyOrder::Bytewise)] {
        let path = dir.path().join(name_of(what));
        let sink = FileSink::new(what, fs::File::create_new(&path).unwrap());
        let params = BtreeParams {
            order,
            ..BtreeParams::default()
        };
        let mut builder = BtreeBuilder::new(sink, &FileParams::default(), &params).unwrap();
        for number in 0..100_u32 {
            // Numbers of a little-endian machine.
            let key = match what {
                "events" => (number * 7).to_le_bytes(),
                _ => number.to_be_bytes(),
            };
            builder.push(&key, b"value").unwrap();
        }
        builder.finish().unwrap();
    }
    let view = look(dir.path());
    assert_eq!(natures(&view, "events"), [Nature::KeyOrder]);
    assert_eq!(natures(&view, "todos"), []);
    assert_eq!(view.shutdown, Shutdown::Unknown);
}
