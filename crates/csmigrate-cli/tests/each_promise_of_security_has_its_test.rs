//! `SECURITY.md` names the tests that hold each promise. They exist, they test
//! something, and no promise is without one.

use std::fs;
use std::path::{Path, PathBuf};

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The promises: what is promised, and the files that are named for it.
fn promises() -> Vec<(String, Vec<String>)> {
    let text = fs::read_to_string(top().join("SECURITY.md")).unwrap();
    let (_, rest) = text.split_once("\n## What is promised\n").unwrap();
    let (section, _) = rest.split_once("\n## ").unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| **"));
    rows.map(|row| {
        let (promise, tests) = row.rsplit_once(" | ").unwrap();
        let named = tests.split('`').skip(1).step_by(2);
        (promise.to_owned(), named.map(str::to_owned).collect())
    })
    .collect()
}

#[test]
fn and_each_test_is_there() {
    let promises = promises();
    assert!(promises.len() >= 8, "{}", promises.len());
    for (promise, tests) in promises {
        assert!(!tests.is_empty(), "{promise}");
        for test in tests {
            let path = Path::new(&test);
            let folder = path.parent().and_then(Path::file_name);
            assert!(folder.is_some_and(|it| it == "tests"), "{test}");
            let text = fs::read_to_string(top().join(&test));
            let text = text.unwrap_or_else(|error| panic!("{test}: {error}"));
            assert!(
                text.contains("#[test]") || text.contains("proptest!"),
                "{test}"
            );
        }
    }
}

/// All paths that are named anywhere on the page lead somewhere.
#[test]
fn and_each_file_that_is_named_is_there() {
    let text = fs::read_to_string(top().join("SECURITY.md")).unwrap();
    let named = text.split('`').skip(1).step_by(2);
    let paths: Vec<&str> = named
        .filter(|word| word.starts_with("crates/") || *word == "deny.toml")
        .collect();
    assert!(paths.len() > 10, "{paths:?}");
    for path in paths {
        assert!(top().join(path).is_file(), "{path}");
    }
}
