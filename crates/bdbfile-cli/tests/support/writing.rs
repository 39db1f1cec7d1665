//! What the tests of the commands that write share.

#![allow(dead_code)]

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

use crate::support::{BDBFILE, bdbfile, complaint, libdb_tool, printed, printed_text};

/// A directory to write to.
pub(crate) struct Place(TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file with these bytes.
    pub(crate) fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Runs a command that writes a file that was not there; gives its lines.
pub(crate) fn made(command: &str, options: &[&str], files: &[&Path]) -> String {
    if let Some(target) = files.last() {
        let _ = fs::remove_file(target);
    }
    let args: Vec<&OsStr> = [OsStr::new(command)]
        .into_iter()
        .chain(options.iter().map(OsStr::new))
        .chain(files.iter().map(|file| file.as_os_str()))
        .collect();
    printed_text(&args)
}

/// Fails with one line.
pub(crate) fn refused(args: &[&OsStr]) -> String {
    let output = bdbfile(args);
    assert_eq!(output.status.code(), Some(1), "{args:?}");
    assert!(output.stdout.is_empty());
    let message = complaint(&output);
    assert_eq!(message.lines().count(), 1, "{message}");
    message
        .trim_end()
        .trim_start_matches("bdbfile: ")
        .to_owned()
}

/// Loads a text from standard input.
pub(crate) fn load(text: &[u8], options: &[&str], target: &Path) -> Output {
    let _ = fs::remove_file(target);
    let mut child = Command::new(BDBFILE)
        .arg("load")
        .args(options)
        .arg(target)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails early does not read all of it.
    let _ = child.stdin.take().unwrap().write_all(text);
    child.wait_with_output().unwrap()
}

/// The text of a dump with numbers as keys.
pub(crate) fn dump(file: &Path) -> Vec<u8> {
    printed(&[OsStr::new("dump"), OsStr::new("-k"), file.as_os_str()])
}

/// The records of a dump, sorted, those of unsorted duplicates in their order.
pub(crate) fn records(dump: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let mut items = dump
        .split(|byte| *byte == b'\n')
        .filter(|line| line.first() == Some(&b' '));
    let mut records = Vec::new();
    while let (Some(key), Some(value)) = (items.next(), items.next()) {
        records.push((key.to_vec(), value.to_vec()));
    }
    records.sort_by(|left, right| left.0.cmp(&right.0));
    records
}

/// The file passes the checks of the real library, where it is installed, and
/// ours.
pub(crate) fn sound(file: &Path) {
    let ours = printed_text(&[OsStr::new("verify"), file.as_os_str()]);
    assert!(ours.ends_with(": no problems\n"), "{ours}");
    if let Some(output) = libdb_tool("db5.3_verify", &[OsStr::new("-q"), file.as_os_str()]) {
        assert!(output.status.success(), "{}: {output:?}", file.display());
    }
}

/// The same for a file with an order or a hash function of its application's
/// own, which the real library checks all but these of.
pub(crate) fn sound_but_for_order(file: &Path) {
    let args = [OsStr::new("-qo"), file.as_os_str()];
    if let Some(output) = libdb_tool("db5.3_verify", &args) {
        assert!(output.status.success(), "{}: {output:?}", file.display());
    }
}
