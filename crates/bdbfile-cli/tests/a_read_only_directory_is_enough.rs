//! Reading never writes: all commands work for a user who may only read, in a
//! directory that nobody can write, and the system's own record of their calls
//! shows files opened for reading and nothing else.

#[path = "support/store.rs"]
mod store;
mod support;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use store::Store;
use support::{BDBFILE, complaint, entries, samples, set_mode, state, testdata};
use tempfile::TempDir;

/// A user that owns nothing.
const NOBODY: u32 = 65534;

/// What is run on each file.
const COMMANDS: &[&[&str]] = &[
    &["dump"],
    &["dump", "-pk"],
    &["stat"],
    &["stat", "--json"],
    &["verify"],
    &["salvage"],
    &["salvage", "--aggressive"],
];

/// What is run on a file of a store that was not closed.
const ON_A_STORE: &[&[&str]] = &[&["dump", "--recover"], &["stat", "--recover"]];

/// A directory with the command and, in `files`, databases that nobody may
/// write; in `store`, a store that was not closed.
fn read_only() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    set_mode(dir.path(), 0o755);
    fs::copy(BDBFILE, dir.path().join("bdbfile")).unwrap();
    let files = dir.path().join("files");
    fs::create_dir(&files).unwrap();
    for name in ["composed-be/ics50events.db", "composed-le/ics50todos.db"] {
        let to = name.replace('/', "-");
        fs::copy(testdata(name), files.join(to)).unwrap();
    }
    if let Some(root) = samples() {
        for name in [
            "x86-2.7.7/bt-dupovfl-be",
            "x86-3.2.9/h-offdup-le",
            "sparc-3.2.9/q-fix-be",
            "sparc-4.2.52/rn-var-be",
            "x64-5.3.28/subdb-le",
        ] {
            let from = root.join(format!("{name}.db"));
            let to = format!("{}.db", name.replace('/', "-"));
            fs::copy(from, files.join(to)).unwrap();
        }
    }
    let store = dir.path().join("store");
    fs::create_dir(&store).unwrap();
    Store::make(&store);
    for dir in [&files, &store] {
        for file in entries(dir) {
            set_mode(&file, 0o444);
        }
        set_mode(dir, 0o555);
    }
    (dir, files)
}

/// All that is run: the arguments, the file they name last included.
fn runs(files: &Path) -> Vec<Vec<OsString>> {
    let store = files.with_file_name("store");
    let mut runs = Vec::new();
    let mut add = |args: &[&str], file: &Path| {
        let args = args.iter().map(OsString::from);
        runs.push(args.chain([file.into()]).collect());
    };
    for file in entries(files) {
        for args in COMMANDS {
            add(args, &file);
        }
    }
    for args in ON_A_STORE {
        add(args, &store.join(store::DATABASE));
    }
    add(&["log"], &store.join(store::LOG));
    runs
}

/// So that they can be removed.
fn unlock(dir: &TempDir) {
    for name in ["files", "store"] {
        set_mode(&dir.path().join(name), 0o755);
    }
}

/// The user of a directory just made: the one who runs the tests.
fn user(dir: &TempDir) -> u32 {
    fs::metadata(dir.path()).unwrap().uid()
}

#[test]
fn for_a_user_who_may_only_read() {
    let (dir, files) = read_only();
    let store = files.with_file_name("store");
    let before = (state(&files), state(&store));
    for args in runs(&files) {
        let mut command = Command::new(dir.path().join("bdbfile"));
        command.args(&args).current_dir(&files);
        if user(&dir) == 0 {
            command.uid(NOBODY).gid(NOBODY);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", complaint(&output));
        assert!(!output.stdout.is_empty());
    }
    assert!((state(&files), state(&store)) == before);
    unlock(&dir);
}

#[test]
fn and_nothing_is_opened_for_writing() {
    let traceable = Command::new("strace")
        .args(["-o", "/dev/null", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !traceable {
        println!("skipped: strace is not installed or may not trace");
        return;
    }
    let (dir, files) = read_only();
    for args in runs(&files) {
        let calls = dir.path().join("calls");
        let output = Command::new("strace")
            .args([
                "-f",
                "-e",
                "trace=%file,write,pwrite64,ftruncate,fchmod,fchown,mmap",
            ])
            .arg("-o")
            .arg(&calls)
            .arg(dir.path().join("bdbfile"))
            .args(&args)
            .current_dir(&files)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", complaint(&output));
        let text = fs::read_to_string(&calls).unwrap();
        let file = args.last().unwrap().to_string_lossy();
        let opened = text
            .lines()
            .any(|call| call.contains("openat(") && call.contains(&*file));
        assert!(opened, "the trace shows the file:\n{text}");
        let odd: Vec<&str> = text.lines().filter(|call| changes(call)).collect();
        assert!(odd.is_empty(), "{args:?}: {odd:#?}");
    }
    unlock(&dir);
}

/// Whether a call can change anything but standard output and error.
fn changes(call: &str) -> bool {
    const LOOKS: [&str; 8] = [
        "execve",
        "access",
        "faccessat2",
        "newfstatat",
        "stat",
        "statx",
        "readlink",
        "mmap",
    ];
    const WRITES: [&str; 5] = ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC", "O_APPEND"];
    let Some((name, arguments)) = call.split_once('(') else {
        return false;
    };
    match name.rsplit(' ').next().unwrap_or(name) {
        "open" | "openat" | "openat2" => WRITES.iter().any(|flag| arguments.contains(flag)),
        "write" => !(arguments.starts_with("1, ") || arguments.starts_with("2, ")),
        "mmap" => arguments.contains("PROT_WRITE") && arguments.contains("MAP_SHARED"),
        name => !LOOKS.contains(&name),
    }
}
