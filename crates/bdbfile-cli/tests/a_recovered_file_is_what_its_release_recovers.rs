//! `--recover` gives a file as the recovery of its own release leaves it, and
//! changes nothing: no file, no name, no time.

#[path = "support/store.rs"]
mod store;
mod support;

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use store::{DATABASE, LOG, Store};
use support::{bdbfile, complaint, entries, printed_text, samples, state};

/// The lines of the records of a dump that goes well; also what was said.
fn dumped(args: &[&OsStr]) -> (Vec<String>, String) {
    let output = bdbfile(&[&[OsStr::new("dump"), OsStr::new("--recover")], args].concat());
    let said = complaint(&output);
    assert!(output.status.success(), "{said}");
    let text = String::from_utf8(output.stdout).unwrap();
    let (_, records) = text.split_once("HEADER=END\n").unwrap();
    let records = records.strip_suffix("DATA=END\n").unwrap();
    (records.lines().map(str::to_owned).collect(), said)
}

/// Compares the records of a dump with those that are expected, in their order
/// unless they are of a hash database.
fn compare(file: &Path, name: Option<&str>, expected: &Path, what: &str) -> usize {
    let mut args = vec![file.as_os_str()];
    if let Some(name) = name {
        args.splice(..0, [OsStr::new("-s"), OsStr::new(name)]);
    }
    let (mut found, said) = dumped(&args);
    assert!(said.contains(": recovered"), "{said}");
    let text = fs::read_to_string(expected).unwrap();
    let mut wanted: Vec<String> = text.lines().map(str::to_owned).collect();
    if what.contains(" hash") || what.contains(" stress-hash") {
        for lines in [&mut found, &mut wanted] {
            let mut pairs: Vec<String> = lines.chunks(2).map(|pair| pair.join("\n")).collect();
            pairs.sort();
            *lines = pairs;
        }
    }
    assert!(found == wanted, "{what}: other records");
    wanted.len()
}

/// A copy of a folder, without what is not of the store.
fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for path in entries(from) {
        let name = path.file_name().unwrap();
        if !name.to_string_lossy().starts_with("expected-") {
            fs::copy(&path, to.join(name)).unwrap();
        }
    }
}

#[test]
fn in_every_sample() {
    let Some(root) = samples() else { return };
    let dir = tempfile::tempdir().unwrap();
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    for release in entries(&root) {
        if !release.is_dir() {
            continue;
        }
        for case in entries(&release) {
            let Ok(files) = fs::read_to_string(case.join("expected-files.txt")) else {
                continue;
            };
            let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
            let what = format!("{} {}", name(&release), name(&case));
            let store = dir.path().join("store");
            copy(&case, &store);
            let before = state(&store);
            let [cases, refused, lines] = counts.entry(name(&release)).or_default();
            *cases += 1;
            for line in files.lines() {
                let file = line.split(' ').next().unwrap();
                if name(&case) == "missinglogs-insufficient" {
                    refuses(&store.join(file));
                    *refused += 1;
                    continue;
                }
                *lines += compare_file(&case, &store.join(file), file, &what);
            }
            assert!(state(&store) == before, "{what}: something changed");
            fs::remove_dir_all(&store).unwrap();
        }
    }
    for (release, [cases, refused, lines]) in &counts {
        println!("{release}: {cases} cases, {lines} lines compared, {refused} files refused");
    }
    assert!(!counts.is_empty());
}

/// Compares all databases of a file; the number of lines.
fn compare_file(case: &Path, file: &Path, name: &str, what: &str) -> usize {
    let mut lines = 0;
    for expected in entries(case) {
        let text = expected.file_name().unwrap().to_string_lossy().into_owned();
        let Some(rest) = text.strip_prefix(&format!("expected-{name}")) else {
            continue;
        };
        let database = match rest.strip_suffix(".txt") {
            Some("") => None,
            Some(rest) if rest.starts_with("--") => Some(&rest[2..]),
            _ => continue,
        };
        let mut expected = expected;
        // The recovery of 3.2.9 breaks a file that was renamed; 4.2.52 has the
        // same records in the same case and keeps them.
        if what == "3.2.9-m32 rename" && fs::metadata(&expected).unwrap().len() == 0 {
            expected = case.join("../../4.2.52-m32/rename").join(&text);
        }
        lines += compare(file, database, &expected, &format!("{what} {name}"));
    }
    lines
}

/// Logs that do not reach back far enough are no ground for anything.
fn refuses(file: &Path) {
    let output = bdbfile(&[
        OsStr::new("dump"),
        OsStr::new("--recover"),
        file.as_os_str(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let said = complaint(&output);
    let expected = "this is the first log file that can be used";
    assert!(
        said.contains(": cannot be recovered: ") && said.contains(expected),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn and_of_a_file_that_the_log_alone_holds() {
    let Some(root) = samples() else { return };
    let dir = tempfile::tempdir().unwrap();
    for release in ["3.2.9-m32", "4.2.52-m32", "4.2.52-sparc"] {
        let store = dir.path().join(release);
        copy(&root.join(release).join("create-lost"), &store);
        let file = store.join("new.db");
        assert!(!file.exists());
        let (records, said) = dumped(&[file.as_os_str()]);
        assert!(
            said.contains("new.db: recovered, which the log alone holds: "),
            "{said}"
        );

        let verified = bdbfile(&[
            OsStr::new("verify"),
            OsStr::new("--recover"),
            file.as_os_str(),
        ]);
        let text = String::from_utf8(verified.stdout.clone()).unwrap();
        assert_eq!(text, format!("{}: no problems\n", file.display()));
        assert!(verified.status.success());

        let new = dir.path().join(format!("{release}.db"));
        let args = [
            OsStr::new("convert"),
            OsStr::new("--recover"),
            file.as_os_str(),
            new.as_os_str(),
        ];
        assert!(bdbfile(&args).status.success());
        let text = printed_text(&[OsStr::new("dump"), new.as_os_str()]);
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with(' ')).collect();
        assert_eq!(lines, records);
        assert!(!file.exists());
    }
}

#[test]
fn with_logs_beside_it_or_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::make(dir.path());
    let file = dir.path().join(DATABASE);
    let before = state(dir.path());
    let plain = printed_text(&[OsStr::new("dump"), file.as_os_str()]);
    let whole: Vec<&str> = plain.lines().filter(|line| line.starts_with(' ')).collect();
    let (left, said) = dumped(&[file.as_os_str()]);
    assert_eq!(
        said,
        format!(
            "bdbfile: {}: recovered: logs from 1/28 to 1/164; of 1 transactions 1 redone, of 0 without a commit 0 undone; 1 pages of the file changed\n",
            file.display()
        )
    );
    // One record is gone, the first of its leaf.
    assert_eq!(left.len() + 2, whole.len());
    let mut lost = whole
        .chunks(2)
        .filter(|pair| !left.chunks(2).any(|other| other == *pair));
    assert_eq!(lost.by_ref().count(), 1);
    let stat = bdbfile(&[
        OsStr::new("stat"),
        OsStr::new("--recover"),
        file.as_os_str(),
    ]);
    let text = String::from_utf8(stat.stdout).unwrap();
    assert!(
        text.contains(&format!("  records          {}\n", left.len() / 2)),
        "{text}"
    );
    assert!(state(dir.path()) == before);

    let logs = dir.path().join("logs");
    fs::create_dir(&logs).unwrap();
    fs::rename(dir.path().join(LOG), logs.join(LOG)).unwrap();
    let (again, _) = dumped(&[OsStr::new("--logs"), logs.as_os_str(), file.as_os_str()]);
    assert_eq!(again, left);
    drop(store);
}

#[test]
fn and_what_cannot_be_recovered_is_said_to_be_so() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::make(dir.path());
    let refused = |name: &str| {
        let file = dir.path().join(name);
        let output = bdbfile(&[
            OsStr::new("dump"),
            OsStr::new("--recover"),
            file.as_os_str(),
        ]);
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        let start = format!("bdbfile: {}: ", file.display());
        complaint(&output).strip_prefix(&start).unwrap().to_owned()
    };
    assert_eq!(
        refused("missing.db"),
        "there is no such file, and after recovery none either\n"
    );
    let whole = fs::read(dir.path().join(DATABASE)).unwrap();
    let mut beyond = whole.clone();
    let leaf = store.leaf as usize * 4096;
    beyond[leaf..leaf + 8].copy_from_slice(&[1, 0, 0, 0, 0, 9, 0, 0]);
    fs::write(dir.path().join(DATABASE), beyond).unwrap();
    assert!(refused(DATABASE).starts_with(
        "cannot be recovered: ics50gse.db: page 2 was last changed at 1/2304, beyond the end of the log, whose last record is at 1/164: "
    ));
    fs::write(dir.path().join(DATABASE), whole).unwrap();
    fs::create_dir(dir.path().join("directory")).unwrap();
    assert_eq!(refused("directory"), "this is not a plain file\n");
    let elsewhere = tempfile::tempdir().unwrap();
    fs::rename(dir.path().join(DATABASE), elsewhere.path().join(DATABASE)).unwrap();
    assert_eq!(
        refused(DATABASE),
        "cannot be recovered: ics50gse.db: the log changes this file, first at 1/116, but it is not there, and the log does not make it\n"
    );
    fs::remove_file(store.dir.join(LOG)).unwrap();
    assert_eq!(
        refused(DATABASE),
        "cannot be recovered: there is no log to replay\n"
    );
    let alone = elsewhere.path().join(DATABASE);
    let output = bdbfile(&[
        OsStr::new("verify"),
        OsStr::new("--recover"),
        alone.as_os_str(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint(&output).ends_with(": cannot be recovered: there is no log to replay\n"));
}
