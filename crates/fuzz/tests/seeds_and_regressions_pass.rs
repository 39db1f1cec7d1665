//! What every target begins with passes; and so does every input that once did
//! not, of which `testdata/fuzz/README.md` says in a line what it did.

use std::fs;
use std::path::{Path, PathBuf};

use fuzz::TARGETS;

fn regressions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/fuzz")
}

#[test]
fn every_seed_passes() {
    for target in TARGETS {
        let seeds = target.seeds();
        assert!(seeds.len() >= 10, "{}: {} seeds", target.name, seeds.len());
        for seed in &seeds {
            target.check(seed);
        }
        println!("{}: {} seeds", target.name, seeds.len());
    }
}

#[test]
fn every_regression_passes() {
    let known = fs::read_to_string(regressions().join("README.md")).unwrap();
    let mut passed = 0;
    for target in TARGETS {
        let Ok(entries) = fs::read_dir(regressions().join(target.name)) else {
            continue;
        };
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            let line = format!("* `{}/{name}`: ", target.name);
            assert!(known.contains(&line), "the README has no line \"{line}\"");
            target.check(&fs::read(&path).unwrap());
            passed += 1;
        }
    }
    let listed = known.lines().filter(|line| line.starts_with("* `")).count();
    assert_eq!(listed, passed, "each line of the README has its file");
    println!("{passed} regressions");
}
