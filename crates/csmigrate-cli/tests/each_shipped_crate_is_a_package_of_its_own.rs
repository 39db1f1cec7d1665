//! What is shipped can be packaged, with its licences and what it says of
//! itself, and neither it nor what it links asks for a newer Rust than it
//! states.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The crates that are shipped.
const SHIPPED: [&str; 6] = [
    "bdbfile",
    "bdbfile-cli",
    "caldb",
    "csmigrate",
    "csmigrate-cli",
    "option-table",
];

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn cargo(args: &[&str]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(args).current_dir(top()).stdin(Stdio::null());
    cargo.output().unwrap()
}

#[test]
fn each_can_be_packaged_with_its_licences() {
    for name in SHIPPED {
        let output = cargo(&[
            "package",
            "--list",
            "--quiet",
            "--offline",
            "--allow-dirty",
            "-p",
            name,
        ]);
        let why = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {why}");
        let list = String::from_utf8(output.stdout).unwrap();
        let files: BTreeSet<&str> = list.lines().collect();
        for wanted in ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "Cargo.toml"] {
            assert!(files.contains(wanted), "{name} has no {wanted}");
        }
        let of_tests = files.iter().find(|file| file.starts_with("tests/"));
        assert_eq!(of_tests, None, "{name}: its tests want the whole project");
    }
    // A target directory of its own: cargo holds that of the tests.
    let target = tempfile::tempdir().unwrap();
    let place = target.path().to_str().unwrap();
    let mut args = vec![
        "package",
        "--no-verify",
        "--quiet",
        "--offline",
        "--allow-dirty",
    ];
    args.extend(["--target-dir", place]);
    for name in SHIPPED {
        args.extend(["-p", name]);
    }
    let output = cargo(&args);
    let why = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{why}");
    for name in SHIPPED {
        let version = env!("CARGO_PKG_VERSION");
        let package = target
            .path()
            .join(format!("package/{name}-{version}.crate"));
        assert!(package.is_file(), "{}", package.display());
    }
}

/// A version of Rust: its numbers.
fn version(text: &str) -> Vec<u64> {
    text.split('.')
        .map(|number| number.parse().unwrap())
        .collect()
}

/// For the machine that this runs on: of crates for others there may be none
/// here to ask.
#[test]
fn nothing_that_is_linked_asks_for_a_newer_rust() {
    let host = String::from_utf8(cargo(&["-vV"]).stdout).unwrap();
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    let output = cargo(&[
        "metadata",
        "--format-version=1",
        "--offline",
        "--filter-platform",
        host,
    ]);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let packages: BTreeMap<&str, &Value> = packages
        .iter()
        .map(|one| (one["id"].as_str().unwrap(), one))
        .collect();
    let nodes = metadata["resolve"]["nodes"].as_array().unwrap().iter();
    // What is linked, and what runs when it is built; not what tests want.
    let needs: BTreeMap<&str, Vec<&str>> = nodes
        .map(|node| {
            let deps = node["deps"].as_array().unwrap().iter().filter(|dep| {
                let mut kinds = dep["dep_kinds"].as_array().unwrap().iter();
                kinds.any(|kind| kind["kind"].as_str() != Some("dev"))
            });
            let deps = deps.map(|dep| dep["pkg"].as_str().unwrap());
            (node["id"].as_str().unwrap(), deps.collect())
        })
        .collect();
    let is_shipped =
        |one: &Value| one["source"].is_null() && SHIPPED.contains(&one["name"].as_str().unwrap());
    let mut next: Vec<&str> = packages
        .iter()
        .filter(|(_, one)| is_shipped(one))
        .map(|(id, _)| *id)
        .collect();
    assert_eq!(next.len(), SHIPPED.len());
    let ours = packages[next[0]]["rust_version"].as_str().unwrap();
    let mut reached = BTreeSet::new();
    while let Some(id) = next.pop() {
        if !reached.insert(id) {
            continue;
        }
        next.extend(&needs[id]);
        let one = packages[id];
        if let Some(theirs) = one["rust_version"].as_str() {
            assert!(
                version(theirs) <= version(ours),
                "{}: {theirs}",
                one["name"]
            );
        }
        if is_shipped(one) {
            assert_eq!(one["rust_version"].as_str(), Some(ours), "{}", one["name"]);
        }
    }
    assert!(
        reached.len() > 2 * SHIPPED.len(),
        "there is something to look at"
    );
}
