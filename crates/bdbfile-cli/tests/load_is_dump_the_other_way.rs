//! The text of `db_dump` comes back from the file that was made of it.

mod support;
#[path = "support/writing.rs"]
mod writing;

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use support::{bdbfile, complaint, libdb_tool, printed, samples, testdata};
use writing::{Place, load, made, refused, sound};

/// A text of one database in the form `print`.
fn text(header: &str, items: &[&str]) -> Vec<u8> {
    let mut text = format!("VERSION=3\nformat=print\n{header}HEADER=END\n");
    for item in items {
        text.extend([" ", item, "\n"]);
    }
    text.push_str("DATA=END\n");
    text.into_bytes()
}

fn dump(options: &[&str], file: &Path) -> String {
    let args: Vec<&OsStr> = [OsStr::new("dump")]
        .into_iter()
        .chain(options.iter().map(OsStr::new))
        .chain([file.as_os_str()])
        .collect();
    String::from_utf8(printed(&args)).unwrap()
}

/// The items of a dump, in lines.
fn items(options: &[&str], file: &Path) -> Vec<String> {
    let text = dump(options, file);
    let items = text.lines().filter_map(|line| line.strip_prefix(' '));
    items.map(str::to_owned).collect()
}

#[test]
fn dumps_of_the_real_program() {
    let place = Place::new();
    let mut files = vec![
        testdata("composed-le/ics50events.db"),
        testdata("composed-le/ics50deletelog.db"),
    ];
    if let Some(root) = samples() {
        for variant in [
            "bt-plain",
            "bt-dup",
            "bt-dupsort",
            "bt-offdup",
            "bt-offdupsort",
            "bt-ovfl",
            "bt-dupovfl",
            "bt-recnum",
            "bt-empty",
            "bt-plain-chk",
            "h-plain",
            "h-dup",
            "h-dupsort",
            "h-offdup",
            "h-ovfl",
            "rn-var",
            "rn-fix",
            "q-fix",
            "subdb",
        ] {
            files.push(root.join(format!("x64-5.3.28/{variant}-le.db")));
        }
    }
    let target = place.path("new.db");
    for file in files {
        // It writes into some files that it reads.
        let copy = place.path("copy.db");
        fs::copy(&file, &copy).unwrap();
        for form in [&[][..], &["-p"], &["-k"]] {
            let args: Vec<&OsStr> = form
                .iter()
                .map(OsStr::new)
                .chain([copy.as_os_str()])
                .collect();
            let Some(output) = libdb_tool("db5.3_dump", &args) else {
                return;
            };
            let source = place.file("text", &output.stdout);
            let from_pipe = load(&output.stdout, &["--memory", "64K"], &target);
            assert!(from_pipe.status.success(), "{}", complaint(&from_pipe));
            let piped = dump(form, &target);
            sound(&target);
            let source = source.display().to_string();
            made("load", &["-f", &source], &[&target]);
            sound(&target);
            let name = file.display();
            assert!(dump(form, &target) == piped, "{name}");
            let before = String::from_utf8(output.stdout).unwrap();
            if before.contains("type=hash") {
                // Another table, another order.
                let sorted = |text: &str| writing::records(text.as_bytes());
                assert!(sorted(&piped) == sorted(&before), "{name}");
            } else {
                assert!(piped == before, "{name}");
            }
        }
    }
}

#[test]
fn records_in_any_order_and_keys_that_come_again() {
    let place = Place::new();
    let target = place.path("new.db");
    let plain = text("type=btree\n", &["b", "1", "a", "2", "b", "3"]);
    let output = load(&plain, &[], &target);
    assert!(output.status.success());
    let lines = String::from_utf8(output.stdout).unwrap();
    assert!(
        lines.contains("1 records are left out: a later one has their key"),
        "{lines}"
    );
    assert_eq!(items(&["-p"], &target), ["a", "2", "b", "3"]);

    let output = load(&plain, &["-n"], &target);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        complaint(&output),
        "bdbfile: not loaded: there is a record of this key: b\n"
    );
    assert_eq!(items(&["-p"], &target), ["a", "2", "b", "1"]);

    let options = ["-c", "duplicates=1"];
    assert!(load(&plain, &options, &target).status.success());
    assert_eq!(items(&["-p"], &target), ["a", "2", "b", "1", "b", "3"]);

    // Sorted duplicates exclude their like.
    let twice = text("type=btree\ndupsort=1\n", &["a", "2", "a", "1", "a", "2"]);
    for options in [&[][..], &["-t", "hash"]] {
        let output = load(&twice, options, &target);
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(items(&["-p"], &target), ["a", "1", "a", "2"]);
        sound(&target);
    }
    // A text in a file is taken to be in order until it is not.
    let file = place.file("text", &twice).display().to_string();
    let output = bdbfile(&[
        "load",
        "-f",
        &file,
        &place.path("other.db").display().to_string(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        items(&["-p"], &place.path("other.db")),
        ["a", "1", "a", "2"]
    );
}

#[test]
fn from_one_kind_to_another() {
    let place = Place::new();
    let target = place.path("new.db");
    let numbers = text(
        "type=recno\nkeys=1\nre_len=2\n",
        &["1", "aa", "10", "bb", "2", "cc"],
    );
    for (kind, expected) in [
        ("btree", ["1", "aa", "10", "bb", "2", "cc"]),
        ("recno", ["1", "aa", "2", "cc", "10", "bb"]),
        ("queue", ["1", "aa", "2", "cc", "10", "bb"]),
    ] {
        assert!(load(&numbers, &["-t", kind], &target).status.success());
        assert_eq!(items(&["-pk"], &target), expected);
        sound(&target);
    }
    let output = load(&numbers, &["-t", "hash"], &target);
    assert!(String::from_utf8_lossy(&output.stdout).contains("re_len is left out"));
    assert_eq!(items(&["-p"], &target).len(), 6);
    sound(&target);
    let pairs = text("type=btree\n", &["3", "c"]);
    assert!(load(&pairs, &["-t", "recno"], &target).status.success());
    assert_eq!(items(&["-pk"], &target), ["3", "c"]);
    let values = text("type=recno\n", &["a", "b"]);
    let options = ["-t", "queue", "-c", "re_len=3", "-c", "re_pad=-"];
    assert!(load(&values, &options, &target).status.success());
    assert_eq!(items(&["-p"], &target), ["a--", "b--"]);
    sound(&target);
    for (text, options, message) in [
        (
            &values,
            &["-t", "btree"][..],
            "standard input: line 4: the text of a recno database without keys cannot become a btree",
        ),
        (
            &values,
            &["-t", "queue"],
            "standard input: line 4: a queue has re_len",
        ),
        (
            &text("type=btree\n", &["k", "v"]),
            &["-t", "recno"],
            "standard input: line 5: the key 'k' is not the number of a record",
        ),
        (
            &text("type=queue\nre_len=2\n", &["abc"]),
            &[],
            "standard input: line 6: a record of 3 bytes, longer than re_len, which is 2",
        ),
    ] {
        let output = load(text, options, &target);
        assert_eq!(output.status.code(), Some(1));
        let found = complaint(&output);
        assert!(found.starts_with(&format!("bdbfile: {message}")), "{found}");
        assert!(!target.exists());
    }
}

#[test]
fn plain_text() {
    let place = Place::new();
    let target = place.path("new.db");
    let lines = b"b\n x\\0a\na\nDATA=END\n";
    assert!(
        load(lines, &["-T", "-t", "btree"], &target)
            .status
            .success()
    );
    assert_eq!(items(&["-p"], &target), ["a", "DATA=END", "b", " x\\0a"]);
    sound(&target);
    let options = [
        "-T",
        "-t",
        "btree",
        "-c",
        "database=name",
        "-c",
        "db_lorder=4321",
    ];
    assert!(load(lines, &options, &target).status.success());
    assert_eq!(dump(&["-l"], &target), "name\n");
    sound(&target);
    assert!(
        load(lines, &["-T", "-t", "recno"], &target)
            .status
            .success()
    );
    assert_eq!(
        items(&["-pk"], &target),
        ["1", "b", "2", " x\\0a", "3", "a", "4", "DATA=END"]
    );
    for (lines, options, message) in [
        (
            &b"a\n1\nb\n"[..],
            &["-t", "hash"][..],
            "standard input: line 3: a key without data after it\n",
        ),
        (
            b"a\n1",
            &["-t", "hash"],
            "standard input: line 2: the text ends within the line: it may have been cut\n",
        ),
        (
            b"a\n1\n",
            &[],
            "-T wants -t: the text does not say what to make of it; bdbfile -h explains the options\n",
        ),
    ] {
        let options: Vec<&str> = ["-T"].into_iter().chain(options.iter().copied()).collect();
        let output = load(lines, &options, &target);
        assert_eq!(complaint(&output), format!("bdbfile: {message}"));
        assert!(!target.exists());
    }
}

#[test]
fn several_databases() {
    let place = Place::new();
    let target = place.path("new.db");
    let one = text("database=one\ntype=btree\ndb_pagesize=1024\n", &["k", "1"]);
    let two = text("database=a\\2fb\ntype=hash\ndb_pagesize=512\n", &["k", "2"]);
    let output = load(&[one.clone(), two.clone()].concat(), &[], &target);
    assert_eq!(
        String::from_utf8(output.stdout)
            .unwrap()
            .replace(&target.display().to_string(), "DST"),
        "DST: one: 1 record, btree\n\
         DST: a/b: note: page size, byte order and checksums are those of the first database\n\
         DST: a/b: 1 record, hash\n\
         DST: 2 records, 7 pages, 2 databases\n"
    );
    assert_eq!(dump(&["-l"], &target), "a/b\none\n");
    sound(&target);
    let nameless = text("type=btree\n", &["k", "1"]);
    let queue = text("database=q\ntype=queue\nre_len=1\n", &["k"]);
    for (texts, message) in [
        (
            [&nameless, &nameless],
            "line 8: a database without a name follows another",
        ),
        (
            [&one, &nameless],
            "line 10: a database without a name follows another",
        ),
        (
            [&nameless, &one],
            "line 8: a database with a name follows one without",
        ),
        ([&one, &one], "line 10: there is a database of this name"),
        ([&one, &queue], "line 15: a queue has no name"),
    ] {
        let output = load(&[texts[0].clone(), texts[1].clone()].concat(), &[], &target);
        let found = complaint(&output);
        let message = format!("bdbfile: standard input: {message}");
        assert!(found.starts_with(&message), "{found}");
        assert!(!target.exists());
    }
}

#[test]
fn a_text_that_was_cut_makes_no_file() {
    let place = Place::new();
    let target = place.path("new.db");
    let whole = text(
        "type=btree\nduplicates=1\n",
        &["a", "1", "a", "2", "b", "\\0a3"],
    );
    for end in 0..whole.len() {
        let output = load(&whole[..end], &[], &target);
        assert_eq!(output.status.code(), Some(1), "{end}");
        assert!(complaint(&output).starts_with("bdbfile: standard input: line "));
        assert!(place.names().is_empty());
    }
    assert!(load(&whole, &[], &target).status.success());
    let more = [whole.as_slice(), b"x"].concat();
    assert!(!load(&more, &[], &target).status.success());
}

#[test]
fn options_of_the_real_program_that_are_not_taken_over() {
    let place = Place::new();
    let target = place.path("new.db");
    for (options, message) in [
        (
            ["-h", "/home"],
            "-h of db_load is not taken over: environments are not joined",
        ),
        (
            ["-P", "secret"],
            "-P of db_load is not taken over: nothing is encrypted",
        ),
        (
            ["-r", "lsn"],
            "-r of db_load is not taken over: no file is changed in place",
        ),
        (
            ["-b", "dir"],
            "-b of db_load is not taken over: no objects are kept",
        ),
        (
            ["-o", "1"],
            "-o of db_load is not taken over: no objects are kept",
        ),
        (
            ["-c", "type=hash"],
            "-c type=hash: a name that is not known",
        ),
        (
            ["-t", "heap"],
            "-t: 'heap' is not btree, hash, recno or queue",
        ),
        (["-f", "/no/such"], "/no/such: cannot open the file"),
    ] {
        let mut args = vec![OsStr::new("load")];
        args.extend(options.iter().map(OsStr::new));
        args.push(target.as_os_str());
        let found = refused(&args);
        assert!(found.starts_with(message), "{found}");
    }
    assert!(place.names().is_empty());
}
