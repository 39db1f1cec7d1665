//! What the project takes from others is what `deny.toml` allows: no shipped
//! crate reaches the real Berkeley DB, all comes from the public registry, and
//! every licence is on the list. `cargo deny check` tells the same and more;
//! these are the rules that must hold where it is not installed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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

fn table(name: &str) -> toml::Table {
    let text = fs::read_to_string(top().join(name)).unwrap();
    text.parse().unwrap()
}

/// The texts of a list.
fn texts(list: &toml::Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// A crate as the lock file has it.
#[derive(Debug)]
struct Locked {
    name: String,
    source: Option<String>,
    /// The names of what it needs, its tests included.
    needs: Vec<String>,
}

fn locked() -> Vec<Locked> {
    let lock = table("Cargo.lock");
    let text = |value: &toml::Value| value.as_str().unwrap().to_owned();
    let packages = lock["package"].as_array().unwrap().iter();
    let found: Vec<Locked> = packages
        .map(|package| Locked {
            name: text(&package["name"]),
            source: package.get("source").map(text),
            needs: package
                .get("dependencies")
                .map(texts)
                .unwrap_or_default()
                .iter()
                // Where there are several versions one follows the name.
                .map(|name| name.split(' ').next().unwrap().to_owned())
                .collect(),
        })
        .collect();
    assert!(found.len() > SHIPPED.len(), "there is something to look at");
    found
}

/// A crate and all that it needs, and all that these need.
fn reached(locked: &[Locked], from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut next = vec![from.to_owned()];
    while let Some(name) = next.pop() {
        if reached.insert(name.clone()) {
            let of_name = locked.iter().filter(|one| one.name == name);
            next.extend(of_name.flat_map(|one| one.needs.iter().cloned()));
        }
    }
    reached
}

/// What is denied, and who may use it all the same.
fn denied() -> Vec<(String, Vec<String>)> {
    let deny = table("deny.toml");
    let denied = deny["bans"]["deny"].as_array().unwrap().iter();
    let found: Vec<_> = denied
        .map(|one| {
            (
                one["name"].as_str().unwrap().to_owned(),
                texts(&one["wrappers"]),
            )
        })
        .collect();
    assert!(!found.is_empty(), "something is denied");
    found
}

#[test]
fn nothing_that_is_shipped_reaches_the_real_library() {
    let locked = locked();
    let denied = denied();
    for (name, wrappers) in &denied {
        let users: Vec<&str> = locked
            .iter()
            .filter(|one| one.needs.contains(name))
            .map(|one| one.name.as_str())
            .collect();
        assert!(!users.is_empty(), "{name}: the rule is about nothing");
        for user in users {
            assert!(wrappers.iter().any(|one| one == user), "{user} uses {name}");
        }
    }
    assert!(denied.iter().any(|(name, _)| name == "libdb-sys"));
    for shipped in SHIPPED {
        let reached = reached(&locked, shipped);
        assert!(reached.len() > 1, "{shipped} is in the lock file");
        for (name, wrappers) in &denied {
            for name in wrappers.iter().chain([name]) {
                assert!(!reached.contains(name), "{shipped} reaches {name}");
            }
        }
    }
}

#[test]
fn all_comes_from_the_public_registry() {
    let sources = &table("deny.toml")["sources"];
    assert_eq!(sources["unknown-registry"].as_str(), Some("deny"));
    assert_eq!(sources["unknown-git"].as_str(), Some("deny"));
    assert_eq!(texts(&sources["allow-git"]), [""; 0]);
    let allowed = texts(&sources["allow-registry"]);
    let ours: Vec<String> = table("Cargo.toml")["workspace"]["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| {
            member
                .as_str()
                .unwrap()
                .rsplit('/')
                .next()
                .unwrap()
                .to_owned()
        })
        .collect();
    for one in locked() {
        match &one.source {
            None => assert!(ours.contains(&one.name), "{} lies elsewhere", one.name),
            Some(source) => {
                let registry = source.strip_prefix("registry+").unwrap_or(source);
                assert!(
                    allowed.iter().any(|it| it == registry),
                    "{}: {source}",
                    one.name
                );
            }
        }
    }
}

/// For the machine that this runs on: of crates for others there may be none
/// here to ask.
#[test]
fn every_licence_is_on_the_list() {
    let licenses = &table("deny.toml")["licenses"];
    let allowed = texts(&licenses["allow"]);
    let mut exceptions: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for one in licenses["exceptions"].as_array().unwrap() {
        let name = one["crate"].as_str().unwrap();
        exceptions.insert(name.to_owned(), texts(&one["allow"]));
    }
    let Some(packages) = packages() else { return };
    let mut used = BTreeSet::new();
    for (name, licence) in &packages {
        let known = |one: &str| {
            let excepted = exceptions
                .get(name)
                .is_some_and(|also| also.iter().any(|it| it == one));
            excepted || allowed.iter().any(|it| it == one)
        };
        assert!(is_met(licence, &known), "{name}: {licence}");
        if exceptions.contains_key(name) {
            used.insert(name.clone());
        }
    }
    let locked = locked();
    for name in &used {
        let shipped = SHIPPED
            .iter()
            .find(|it| reached(&locked, it).contains(name));
        assert_eq!(shipped, None, "{name}: an exception for what is shipped");
    }
    assert_eq!(used.len(), exceptions.len(), "exceptions for nothing");
}

/// The names and licences of all crates of this machine's build; `None`, which
/// is said, where cargo cannot get them.
fn packages() -> Option<Vec<(String, String)>> {
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version=1",
            "--all-features",
            "--locked",
        ])
        .args(["--filter-platform", &host()])
        .current_dir(top())
        .output()
        .unwrap();
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).replace('\n', " ");
        println!("skipped: cargo cannot get the crates that are asked for their licences: {why}");
        return None;
    }
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    let found: Vec<_> = packages
        .map(|one| {
            let name = one["name"].as_str().unwrap().to_owned();
            let licence = one["license"].as_str().map(str::to_owned);
            let licence = licence.or_else(|| clarified(&name, one));
            let licence = licence.unwrap_or_else(|| panic!("{name}: no licence"));
            (name, licence)
        })
        .collect();
    assert!(found.len() > SHIPPED.len());
    Some(found)
}

/// The licence that `deny.toml` says a crate has which names only a file. That
/// must be the text of Apache 2.0, the one that any is said to be.
fn clarified(name: &str, package: &Value) -> Option<String> {
    let deny = table("deny.toml");
    let all = deny["licenses"]["clarify"].as_array().unwrap();
    let one = all.iter().find(|one| one["crate"].as_str() == Some(name))?;
    let place = Path::new(package["manifest_path"].as_str().unwrap()).parent()?;
    let file = place.join(one["license-files"][0]["path"].as_str().unwrap());
    let text = fs::read_to_string(file).unwrap();
    let words: Vec<&str> = text.split_whitespace().take(5).collect();
    assert_eq!(
        words,
        ["Apache", "License", "Version", "2.0,", "January"],
        "{name}"
    );
    let expression = one["expression"].as_str().unwrap();
    assert_eq!(expression, "Apache-2.0", "{name}");
    Some(expression.to_owned())
}

/// The machine that this runs on, as cargo calls it.
fn host() -> String {
    let output = Command::new(env!("CARGO")).arg("-vV").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("cargo tells its host").to_owned()
}

/// Whether licences of which these are known are enough for an expression, as
/// `(MIT OR Apache-2.0) AND Unicode-3.0`. A `/` is the `OR` of old crates.
fn is_met(expression: &str, known: &dyn Fn(&str) -> bool) -> bool {
    let spaced = expression.replace('/', " OR ");
    let spaced = spaced.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = any(&mut rest, known);
    assert!(rest.is_empty(), "{expression}");
    met
}

fn any(words: &mut &[&str], known: &dyn Fn(&str) -> bool) -> bool {
    let mut met = all(words, known);
    while let ["OR", rest @ ..] = *words {
        *words = rest;
        met |= all(words, known);
    }
    met
}

fn all(words: &mut &[&str], known: &dyn Fn(&str) -> bool) -> bool {
    let mut met = one(words, known);
    while let ["AND", rest @ ..] = *words {
        *words = rest;
        met &= one(words, known);
    }
    met
}

fn one(words: &mut &[&str], known: &dyn Fn(&str) -> bool) -> bool {
    match *words {
        ["(", rest @ ..] => {
            *words = rest;
            let met = any(words, known);
            assert_eq!(words.first(), Some(&")"));
            *words = &words[1..];
            met
        }
        // An exception takes nothing away; what is on the list names it.
        [name, "WITH", exception, rest @ ..] => {
            *words = rest;
            known(&format!("{name} WITH {exception}"))
        }
        [name, rest @ ..] => {
            *words = rest;
            known(name)
        }
        [] => panic!("an expression that ends too early"),
    }
}

#[test]
fn expressions_are_read_as_they_are_meant() {
    let known = |one: &str| ["MIT", "Apache-2.0 WITH LLVM-exception"].contains(&one);
    for (expression, met) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0/MIT", true),
        ("GPL-3.0 OR MIT", true),
        ("GPL-3.0 AND MIT", false),
        ("(GPL-3.0 OR MIT) AND MIT", true),
        ("MIT AND (GPL-3.0 OR Apache-2.0)", false),
        ("GPL-3.0 AND MIT OR MIT", true),
        ("Apache-2.0 WITH LLVM-exception OR GPL-3.0", true),
        ("Apache-2.0", false),
    ] {
        assert_eq!(is_met(expression, &known), met, "{expression}");
    }
}
