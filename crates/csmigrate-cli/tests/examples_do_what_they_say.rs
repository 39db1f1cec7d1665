//! The examples of the libraries are programs that work: each is built and run,
//! on files that another makes or on the sample stores.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::{names, sandbox, stderr, testdata};

/// The examples, and the crates they are of.
const EXAMPLES: [(&str, &str); 7] = [
    ("bdbfile", "build"),
    ("bdbfile", "dump"),
    ("bdbfile", "foreign"),
    ("bdbfile", "salvage"),
    ("caldb", "list"),
    ("caldb", "to_ics"),
    ("csmigrate", "own_progress"),
];

/// The directory that the examples are in. `cargo test` has built them where it
/// was not told to run this test alone; what is missing or old is built here.
fn built() -> PathBuf {
    // This test lies in `deps`, beside the examples.
    let test = std::env::current_exe().unwrap();
    let examples = test.parent().unwrap().with_file_name("examples");
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let modified = |path: &Path| fs::metadata(path).and_then(|it| it.modified()).ok();
    for (of, name) in EXAMPLES {
        let source = crates.join(of).join(format!("examples/{name}.rs"));
        let written = modified(&source).unwrap_or_else(|| panic!("{of} has no {name}"));
        if modified(&examples.join(name)).is_some_and(|built| built > written) {
            continue;
        }
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--offline", "-p", of, "--example", name]);
        let done = support::output(cargo.current_dir(&crates)).unwrap();
        assert!(done.status.success(), "{}", stderr(&done));
    }
    for of in ["bdbfile", "caldb", "csmigrate"] {
        let found = names(&crates.join(of).join("examples"));
        let known = EXAMPLES.iter().filter(|(known, _)| *known == of);
        let known: Vec<_> = known.map(|(_, name)| format!("{name}.rs").into()).collect();
        assert_eq!(
            found, known as Vec<std::ffi::OsString>,
            "an example that is not run"
        );
    }
    examples
}

#[track_caller]
fn run(examples: &Path, name: &str, args: &[&Path]) -> (String, String) {
    let done: Output = support::output(Command::new(examples.join(name)).args(args)).unwrap();
    assert!(done.status.success(), "{name}: {}", stderr(&done));
    (
        String::from_utf8(done.stdout.clone()).unwrap(),
        stderr(&done),
    )
}

#[test]
fn each_example_runs_and_tells_what_it_should() {
    let examples = built();
    let dir = sandbox();
    let at = |name: &str| dir.path().join(name);

    run(&examples, "build", &[dir.path()]);
    assert_eq!(names(dir.path()), ["packages.db", "sorted.db", "wallet.db"]);
    let (sorted, odd) = run(&examples, "dump", &[&at("sorted.db")]);
    assert_eq!(sorted.lines().count(), 5);
    assert!(
        sorted.starts_with("amelie = a record\njdoe = a record\n"),
        "{sorted}"
    );
    assert_eq!(odd, "");
    let (wallet, _) = run(&examples, "dump", &[&at("wallet.db")]);
    assert!(wallet.contains("main: \\x03key2 = a record\n"), "{wallet}");
    let (packages, _) = run(&examples, "foreign", &[&at("packages.db")]);
    let mut lines: Vec<&str> = packages.lines().collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "1: 100 bytes",
            "2: 200 bytes",
            "3: 300 bytes",
            "other records: 2"
        ]
    );
    let (words, _) = run(&examples, "foreign", &[&at("wallet.db")]);
    assert_eq!(words, "key: 2\nname: 1\nversion: 1\nother records: 1\n");

    // Its metadata page and with that the tree are gone.
    support::flip(&at("sorted.db"), 0, 512);
    let (left, odd) = run(&examples, "salvage", &[&at("sorted.db")]);
    assert!(left.contains("jdoe = a record\n"), "{left}");
    assert!(odd.ends_with("5 records, 5 whole\n"), "{odd}");

    let store = testdata().join("composed-be");
    let (list, _) = run(&examples, "list", &[&store]);
    assert_eq!(list.lines().count(), 12);
    assert!(list.contains("jdoe2: \"\", 18 components\n"), "{list}");
    assert!(list.ends_with("not recognised: 0 records\n"), "{list}");
    let (text, told) = run(&examples, "to_ics", &[&store, Path::new("jdoe2")]);
    assert_eq!(text.matches("BEGIN:VEVENT\r\n").count(), 16);
    assert!(told.starts_with("18 components, 5 alarms\n"), "{told}");

    support::copy_dir(&store, &at("old"));
    let (told, _) = run(&examples, "own_progress", &[&at("old"), &at("new")]);
    assert!(
        told.contains("verify: 8 of 8: ics50deletelog.db, 279 records\n"),
        "{told}"
    );
    assert!(told.ends_with("519 records\n"), "{told}");
}
