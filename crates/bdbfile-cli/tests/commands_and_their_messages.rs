//! What each command prints, and the one line and the status it ends with when
//! it cannot do what it was asked.

mod support;

use std::ffi::OsStr;
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use support::{BDBFILE, bdbfile, complaint, printed_text, samples, testdata};
use tempfile::TempDir;

const EXPLAINED: &str = "; bdbfile -h explains the options\n";

/// Fails with one line, and prints nothing else.
fn refused<A: AsRef<OsStr>>(args: &[A]) -> String {
    let output = bdbfile(args);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let message = complaint(&output);
    assert_eq!(message.lines().count(), 1, "{message}");
    message
        .strip_prefix("bdbfile: ")
        .unwrap_or_else(|| panic!("{message}"))
        .to_owned()
}

/// A directory with a copy of a sample file, damaged where `damage` says.
fn damaged(sample: &str, damage: impl FnOnce(&mut Vec<u8>)) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("damaged.db");
    let mut bytes = fs::read(testdata(sample)).unwrap();
    damage(&mut bytes);
    fs::write(&file, bytes).unwrap();
    (dir, file)
}

#[test]
fn wrong_arguments() {
    for (args, message) in [
        (&[][..], "the command is missing"),
        (&["undump", "x"], "'undump' is not a command of bdbfile"),
        (&["--json"], "invalid option '--json'"),
        (
            &["--generate", "html"],
            "--generate: 'html' cannot be generated; what can is man, complete-bash, complete-zsh, complete-fish",
        ),
        (&["dump"], "the file is missing"),
        (&["dump", ""], "the name of a file is empty"),
        (&["dump", "a", "b"], "2 files are named where one is wanted"),
        (&["dump", "-j", "a"], "invalid option '-j'"),
        (&["dump", "-s"], "missing argument for option '-s'"),
        (
            &["dump", "-l", "-s", "x", "a"],
            "-l lists all names, and -s wants one",
        ),
        (&["stat", "-p", "a"], "invalid option '-p'"),
        (
            &["stat", "--json=yes", "a"],
            "unexpected argument for option '--json': \"yes\"",
        ),
        (&["verify"], "the file is missing"),
        (&["salvage", "--careful", "a"], "invalid option '--careful'"),
        (&["convert"], "the files SRC and DST are missing"),
        (&["convert", "a"], "the file DST is missing"),
        (
            &["rebuild", "a", "b", "c"],
            "3 files are named where two are wanted",
        ),
        (
            &["rebuild", "--kind", "hash", "a", "b"],
            "invalid option '--kind'",
        ),
        (&["load"], "the file is missing"),
        (&["load", "-h"], "missing argument for option '-h'"),
        (&["dump", "--logs", "x", "a"], "--logs wants --recover"),
        (&["salvage", "--recover", "a"], "invalid option '--recover'"),
        (&["log"], "the directory of the logs is missing"),
        (
            &["log", "--txn", "x", "a"],
            "--txn: 'x' is not the id of a transaction, as 80000003",
        ),
        (&["a\nb"], "'a\\u{a}b' is not a command of bdbfile"),
    ] {
        assert_eq!(refused(args), format!("{message}{EXPLAINED}"), "{args:?}");
    }
    let odd = OsStr::from_bytes(b"\xff\x1b");
    assert!(refused(&[odd]).ends_with(EXPLAINED));
}

#[test]
fn files_that_are_none() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| {
        dir.path()
            .join(name)
            .into_os_string()
            .into_string()
            .unwrap()
    };
    fs::write(path("empty"), "").unwrap();
    fs::write(
        path("text"),
        "not a database, but long enough to be one".repeat(99),
    )
    .unwrap();
    let cannot = "cannot open the file: No such file or directory (os error 2)\n";
    for (file, message) in [
        (path("missing"), cannot),
        (path("empty"), "this is not a Berkeley DB file"),
        (path("text"), "this is not a Berkeley DB file"),
        (path(""), "this is not a plain file\n"),
        ("/dev/null".to_owned(), "this is not a plain file\n"),
    ] {
        for args in [
            &["dump"][..],
            &["dump", "-l"],
            &["stat"],
            &["stat", "--json"],
        ] {
            let args: Vec<&str> = args.iter().copied().chain([file.as_str()]).collect();
            let found = refused(&args);
            assert!(found.starts_with(&format!("{file}: {message}")), "{found}");
        }
    }
}

#[test]
fn help_and_version_come_before_all_else() {
    for args in [
        &["-h"][..],
        &["--help"],
        &["dump", "-h"],
        &["dump", "-p", "--help", "x"],
    ] {
        assert_eq!(printed_text(args), HELP);
    }
    for args in [&["-V"][..], &["--version"], &["stat", "-V"]] {
        let text = printed_text(args);
        assert!(text.starts_with(concat!("bdbfile ", env!("CARGO_PKG_VERSION"))));
        assert_eq!(text.lines().count(), 1);
    }
}

const HELP: &str = "\
usage: bdbfile dump [-p] [-k] [-l] [-s NAME] [--recover] [--logs DIR] FILE
       bdbfile stat [--json] [--recover] [--logs DIR] FILE
       bdbfile verify [--recover] [--logs DIR] FILE...
       bdbfile salvage [-p] [--aggressive] FILE
       bdbfile convert [--lorder le|be] [--page-size N] [--format-version N]
             [--kind KIND] [--checksums] [--no-checksums] [--file-id HEX]
             [--memory N] [--threads N] [--recover] [--logs DIR] SRC DST
       bdbfile load [-c NAME=VALUE] [-f FILE] [-n] [-t KIND] [-T]
             [--format-version N] [--file-id HEX] [--memory N] DST
       bdbfile rebuild [--lorder le|be] [--page-size N] [--format-version N]
             [--checksums] [--no-checksums] [--file-id HEX] [--memory N] SRC DST
       bdbfile log [--full] [--file NAME] [--txn ID] DIR|LOG...
       bdbfile -h
       bdbfile -V

Commands and their options:
  dump            print all records, as the text of Berkeley DB's db_dump
    -p            write printable characters as themselves
    -k            write record numbers as keys (recno databases and queues)
    -l            list the names of the databases instead
    -s NAME       only the database of this name
    --recover     as recovery would leave it; no file of it is changed
    --logs DIR    with --recover: the logs are in DIR, not beside the file
  stat            count the records and pages, and tell what is odd
    --json        as JSON
    --recover     as recovery would leave it; no file of it is changed
    --logs DIR    with --recover: the logs are in DIR, not beside the file
  verify          check all that can be told from the bytes of the files
    --recover     as recovery would leave it; no file of it is changed
    --logs DIR    with --recover: the logs are in DIR, not beside the file
  salvage         print the whole records that are left in a damaged file, as
                  dump does; tell what is lost
    -p            write printable characters as themselves
    --aggressive  also what is cut short, has lost its key, is marked
                  deleted or lies on damaged and free pages
  convert         write the databases of SRC into the new file DST: every
                  record, in the order found
    --lorder le|be
                  byte order of DST: little-endian (default) or big-endian
    --page-size N bytes of a page of DST: a power of two from 512 to 65536
    --format-version N
                  version of the format: btree and recno 9 (default) or 8,
                  hash 8 (default), 7 or 9
    --kind KIND   what every database becomes: btree, hash or recno
    --checksums   pages get checksums
    --no-checksums
                  pages get none, even where those of SRC have them
    --file-id HEX the id of DST, 40 hex digits; a fresh one unless told
    --memory N    memory for sorting, as 64M or 1G; 256M unless told
    --threads N   how many work at once; all processors unless told
    --recover     as recovery would leave it; no file of it is changed
    --logs DIR    with --recover: the logs are in DIR, not beside the file
  load            write the text of dump or db_dump into the new file DST
    -c NAME=VALUE a line of the header, in place of those of the text
    -f FILE       read the text from FILE, not from standard input
    -n            of records with one key keep the first, not the last
    -t KIND       what to make: btree, hash, recno or queue
    -T            the text has no header: lines of keys and data in turn
    --format-version N
                  version of the format: btree and recno 9 (default) or 8,
                  hash 8 (default), 7 or 9
    --file-id HEX the id of DST, 40 hex digits; a fresh one unless told
    --memory N    memory for sorting, as 64M or 1G; 256M unless told
  rebuild         write what salvage finds whole in a damaged SRC into the
                  new file DST; tell what is lost
    --lorder le|be
                  byte order of DST: little-endian (default) or big-endian
    --page-size N bytes of a page of DST: a power of two from 512 to 65536
    --format-version N
                  version of the format: btree and recno 9 (default) or 8,
                  hash 8 (default), 7 or 9
    --checksums   pages get checksums
    --no-checksums
                  pages get none, even where those of SRC have them
    --file-id HEX the id of DST, 40 hex digits; a fresh one unless told
    --memory N    memory for sorting, as 64M or 1G; 256M unless told
  log             print the records of transaction logs, a line each, and what
                  a recovery would do with each
    --full        long fields whole
    --file NAME   only records about the file of this name
    --txn ID      only records of this transaction, as 80000003

Options of all:
  -h, --help      explain the commands and options
  -V, --version   print the version

FILE, SRC and LOG are only read. DST must not be there: it appears whole and
synced, or not at all. Exit status: 0 when all went well; 1 when a file cannot
be read whole, or not be recovered, verify finds a problem, salvage or rebuild
something that is lost, load leaves out a record whose key was there, or log
finds a log that is torn or cannot be replayed.
";

#[test]
fn names_of_databases() {
    let one = testdata("composed-be/ics50events.db").display().to_string();
    assert_eq!(
        refused(&["dump", "-l", &one]),
        format!("{one}: the file holds one database without a name\n")
    );
    let no_such = "the file has no database of this name: x\n";
    assert_eq!(
        refused(&["dump", "-s", "x", &one]),
        format!("{one}: {no_such}")
    );
    let Some(root) = samples() else { return };
    let several = root.join("x64-5.3.28/subdb-be.db").display().to_string();
    assert_eq!(
        printed_text(&["dump", "-l", &several]),
        "alpha\nbeta\ndelta\ngamma\n"
    );
    assert_eq!(
        refused(&["dump", "-s", "x", &several]),
        format!("{several}: {no_such}")
    );
}

#[test]
fn stat_counts_records_and_pages() {
    let file = testdata("composed-le/ics50deletelog.db")
        .display()
        .to_string();
    let expected = format!(
        "\
file               {file}
kind               btree version 9
byte order         little-endian
size               114688 bytes
pages              28 of 4096 bytes
  metadata         1
  btree internal   1, 30% full
  btree leaf       20, 56% full
  recno internal   2, 0% full
  recno leaf       4, 51% full
free list          0 pages
  flags            duplicates
  keys             139
  records          279
  duplicates       140
  height of tree   2
findings           0
"
    );
    assert_eq!(printed_text(&["stat", &file]), expected);
    let json: serde_json::Value =
        serde_json::from_str(&printed_text(&["stat", "--json", &file])).unwrap();
    assert_eq!(json["file"], file);
    assert_eq!(json["kind"], "btree");
    assert_eq!(json["byte_order"], "little-endian");
    assert_eq!(json["page_uses"][2]["what"], "btree leaf");
    assert_eq!(json["page_uses"][2]["pages"], 20);
    assert_eq!(json["databases"][0]["name"], serde_json::Value::Null);
    assert_eq!(json["databases"][0]["flags"][0], "duplicates");
    assert_eq!(json["databases"][0]["records"], 279);
    assert_eq!(json["databases"][0]["height"], 2);
    assert_eq!(json["findings"], serde_json::json!([]));
}

#[test]
fn stat_tells_what_is_odd() {
    // Bytes after the last whole page.
    let (_dir, file) = damaged("composed-le/ics50gse.db", |bytes| bytes.extend([1; 100]));
    let file = file.display().to_string();
    let text = printed_text(&["stat", &file]);
    let odd = "the size of the file is not a whole number of pages: 100 bytes after page 3";
    assert!(
        text.ends_with(&format!("findings           1\n  {odd}\n")),
        "{text}"
    );
    let json: serde_json::Value =
        serde_json::from_str(&printed_text(&["stat", "--json", &file])).unwrap();
    assert_eq!(json["findings"][0]["text"], odd);
}

#[test]
fn a_damaged_page_ends_a_dump_before_its_end() {
    let (_dir, file) = damaged("composed-be/ics50events.db", |bytes| {
        // The last leaf, wherever it is.
        let leaf = (1..132).rfind(|page| bytes[page * 4096 + 25] == 5).unwrap();
        bytes[leaf * 4096..(leaf + 1) * 4096].fill(0);
    });
    let file = file.display().to_string();
    let output = bdbfile(&["dump", &file]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.contains("HEADER=END\n"));
    assert!(!text.contains("DATA=END"));
    assert!(complaint(&output).contains("the whole page is zeros"));

    let output = bdbfile(&["verify", &file]);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.lines().all(|line| line.starts_with(&file)), "{text}");
    assert!(text.contains("the whole page is zeros"), "{text}");

    let output = bdbfile(&["salvage", &file]);
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.ends_with("DATA=END\n"));
    let whole = printed_text(&[
        OsStr::new("dump"),
        testdata("composed-be/ics50events.db").as_os_str(),
    ]);
    let found = text.lines().filter(|line| line.starts_with(' ')).count();
    let all = whole.lines().filter(|line| line.starts_with(' ')).count();
    assert!(found < all && found > all / 2, "{found} of {all}");
}

#[test]
fn verify_goes_on_to_the_next_file() {
    let sound = testdata("composed-be/ics50events.db").display().to_string();
    let clean = format!("{sound}: no problems\n");
    assert_eq!(printed_text(&["verify", &sound]), clean);
    let output = bdbfile(&["verify", &sound, "missing", &sound]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), clean.repeat(2));
    assert_eq!(complaint(&output).lines().count(), 1);
}

#[test]
fn salvage_of_a_sound_file_is_its_dump_in_any_order() {
    let mut files: Vec<PathBuf> = ["ics50events.db", "ics50deletelog.db", "ics50journals.db"]
        .iter()
        .map(|name| testdata("composed-be").join(name))
        .collect();
    if let Some(root) = samples() {
        for name in [
            "x64-5.3.28/h-offdup-be",
            "x86-3.2.9/h-dupsort-le",
            "sparc-4.2.52/q-fix-be",
            "sparc-3.2.9/bt-offdupsort-le",
        ] {
            files.push(root.join(format!("{name}.db")));
        }
    }
    for file in files {
        for form in [&[][..], &["-p"]] {
            let run = |command: &[&str]| {
                let args = command.iter().chain(form).map(OsStr::new);
                let args: Vec<&OsStr> = args.chain([file.as_os_str()]).collect();
                let text = printed_text(&args);
                let (header, records) = text.split_once("HEADER=END\n").unwrap();
                let mut lines: Vec<String> = records.lines().map(str::to_owned).collect();
                assert_eq!(lines.pop().as_deref(), Some("DATA=END"));
                let mut pairs: Vec<[String; 2]> = lines
                    .chunks(2)
                    .map(|pair| [pair[0].clone(), pair[1].clone()])
                    .collect();
                pairs.sort();
                (header.to_owned(), pairs)
            };
            let numbered = file.to_string_lossy().contains("q-");
            let dump: &[&str] = if numbered { &["dump", "-k"] } else { &["dump"] };
            assert!(run(&["salvage"]) == run(dump), "{}", file.display());
        }
    }
}

#[test]
fn salvage_of_several_databases_can_be_loaded() {
    let Some(root) = samples() else { return };
    let file = root.join("x64-5.3.28/subdb-be.db");
    let text = bdbfile(&[OsStr::new("salvage"), file.as_os_str()]).stdout;
    let dir = tempfile::tempdir().unwrap();
    let dump = dir.path().join("text");
    fs::write(&dump, &text).unwrap();
    let loaded = dir.path().join("loaded.db");
    let args = [OsStr::new("-f"), dump.as_os_str(), loaded.as_os_str()];
    let Some(output) = support::libdb_tool("db5.3_load", &args) else {
        return;
    };
    assert!(output.status.success(), "{}", complaint(&output));
    let loaded = loaded.display().to_string();
    assert_eq!(printed_text(&["dump", "-l", &loaded]), "keyed\nnumbered\n");
    let records = |args: &[&OsStr]| {
        let text = printed_text(args);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.retain(|line| line.starts_with(' '));
        lines.sort();
        lines
    };
    let before = records(&[OsStr::new("dump"), file.as_os_str()]);
    assert!(before.len() == 2 * (1000 + 1000 + 700) + 500);
    assert!(before == records(&[OsStr::new("dump"), OsStr::new(&loaded)]));
}

#[test]
fn a_reader_that_goes_away_is_no_error_to_print() {
    let mut child = Command::new(BDBFILE)
        .arg("dump")
        .arg(testdata("composed-be/ics50events.db"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = [0; 10];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut line).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(complaint(&output), "");
}

#[test]
fn a_full_disk_is_an_error() {
    let Ok(full) = fs::OpenOptions::new().write(true).open("/dev/full") else {
        println!("skipped: there is no /dev/full");
        return;
    };
    let output = Command::new(BDBFILE)
        .arg("dump")
        .arg(testdata("composed-be/ics50events.db"))
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(complaint(&output).starts_with("bdbfile: cannot write the output: "));
}

#[test]
fn no_damage_makes_it_panic() {
    let mut seed = 1_u32;
    let mut random = move |below: usize| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (seed >> 8) as usize % below
    };
    for round in 0..60 {
        let (_dir, file) = damaged("composed-be/ics50deletelog.db", |bytes| {
            for _ in 0..=round % 7 {
                let page = random(28) * 4096;
                // Mostly headers and index arrays, where damage tells.
                let at = page + random(if round % 2 == 0 { 128 } else { 4096 });
                bytes[at] = u8::try_from(random(256)).unwrap();
            }
            if round % 5 == 0 {
                bytes.truncate(random(114_688));
            }
        });
        for args in [
            &["dump", "-p"][..],
            &["stat"],
            &["verify"],
            &["salvage", "--aggressive"],
        ] {
            let args: Vec<&OsStr> = args
                .iter()
                .map(OsStr::new)
                .chain([file.as_os_str()])
                .collect();
            let output = bdbfile(&args);
            assert!(matches!(output.status.code(), Some(0 | 1)), "{args:?}");
            let text = complaint(&output);
            assert!(
                text.lines().all(|line| line.starts_with("bdbfile: ")),
                "{args:?}: {text}"
            );
        }
    }
}

#[test]
fn a_queue_whose_extent_files_are_lost_is_not_taken_for_an_empty_one() {
    // Version 4, 5-byte records, 60 a page, 2 pages an extent; 2 are there.
    let mut bytes = vec![0_u8; 512];
    for (at, value) in [
        (12, 0x0004_2253_u32),
        (16, 4),
        (20, 512),
        (72, 1),
        (76, 3),
        (80, 5),
        (88, 60),
        (92, 2),
    ] {
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
    }
    bytes[25] = 10;
    let (_dir, file) = damaged("composed-le/ics50gse.db", |old| *old = bytes);
    let file = file.display().to_string();
    for command in ["dump", "stat", "salvage"] {
        let output = bdbfile(&[command, &file]);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1));
        let told = message.contains("files of their own") || message.contains("extent files");
        assert!(told, "{message}");
        let whole = String::from_utf8_lossy(&output.stdout).contains("DATA=END");
        assert!(!whole, "nobody loads what is left");
    }
}
