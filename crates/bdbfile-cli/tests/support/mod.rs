//! What several tests share: the command as it was built, the samples, the
//! programs of the real library.

#![allow(dead_code)]

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use bdbfile::layout::Kind;
use bdbfile::read::DatabaseFile;
use bdbfile::source::FileSource;

/// The command that the tests run.
pub(crate) const BDBFILE: &str = env!("CARGO_BIN_EXE_bdbfile");

/// Runs the command.
pub(crate) fn bdbfile<A: AsRef<OsStr>>(args: &[A]) -> Output {
    Command::new(BDBFILE).args(args).output().unwrap()
}

/// What the command prints when all goes well.
pub(crate) fn printed<A: AsRef<OsStr>>(args: &[A]) -> Vec<u8> {
    let output = bdbfile(args);
    assert!(output.status.success(), "{}", complaint(&output));
    assert_eq!(complaint(&output), "");
    output.stdout
}

/// What the command prints, as text.
pub(crate) fn printed_text<A: AsRef<OsStr>>(args: &[A]) -> String {
    String::from_utf8(printed(args)).unwrap()
}

/// What was written to standard error.
pub(crate) fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A file of the sample stores. They are never written.
pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../testdata")
        .join(name)
}

/// Where files written by real libraries are unpacked, or `None`, which is
/// said, when they are not there.
pub(crate) fn samples() -> Option<PathBuf> {
    let place = std::env::var_os("CSMIGRATE_SAMPLES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/samples"),
        PathBuf::from,
    );
    if place.join("data").is_dir() {
        return Some(place);
    }
    println!(
        "skipped: no samples in {} (./test unpacks them where it has them)",
        place.display()
    );
    None
}

/// A file that a real library wrote.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) path: PathBuf,
    /// The name of its records in the folder `data`.
    pub(crate) variant: String,
}

impl Sample {
    pub(crate) fn is_encrypted(&self) -> bool {
        self.variant.ends_with("-crypt")
    }

    pub(crate) fn is_hash(&self) -> bool {
        self.variant.starts_with("h-")
    }

    /// Kind, version and byte order, by its first page.
    pub(crate) fn format(&self) -> (&'static str, u32, &'static str) {
        let file = DatabaseFile::open(FileSource::open(&self.path).unwrap())
            .unwrap_or_else(|error| panic!("{error}"));
        let meta = file.meta();
        let kind = if meta.is_directory() {
            "several"
        } else {
            meta.method_name()
        };
        let order = match file.layout().endian.lorder() {
            1234 => "le",
            _ => "be",
        };
        (kind, meta.version, order)
    }

    /// Why `db_dump` of 5.3 is no judge of the file, if it is none.
    pub(crate) fn not_judged(&self) -> Option<&'static str> {
        let file = DatabaseFile::open(FileSource::open(&self.path).unwrap()).unwrap();
        let meta = file.meta();
        let foreign = file.layout().endian.lorder() != 1234;
        match (meta.kind, meta.version) {
            (Kind::Btree, ..=7) | (Kind::Hash, ..=6) | (Kind::Queue, ..=2) => {
                Some("too old for it")
            }
            (Kind::Hash, 7) => Some("it destroys hash files of 3.x"),
            (Kind::Btree, 8) if meta.is_directory() => Some("it destroys hash files of 3.x"),
            (Kind::Btree, 8) if foreign => Some("it reads btree files of 3.x wrong"),
            _ => None,
        }
    }
}

/// The files of the writers' folders.
pub(crate) fn sample_files(root: &Path) -> Vec<Sample> {
    let mut found = Vec::new();
    for writer in entries(root) {
        let name = writer.file_name().unwrap().to_string_lossy().into_owned();
        let starts = ["x86", "x64", "sparc"];
        if !writer.is_dir() || !starts.iter().any(|start| name.starts_with(start)) {
            continue;
        }
        for path in entries(&writer) {
            if path.extension().is_none_or(|extension| extension != "db") {
                continue;
            }
            let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
            let words: Vec<&str> = stem
                .split('-')
                .take_while(|word| !["le", "be"].contains(word))
                .collect();
            let variant = words.join("-");
            found.push(Sample { path, variant });
        }
    }
    found
}

/// What is in a directory, in the order of the names.
pub(crate) fn entries(dir: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

/// All that could change in a directory: names, bytes, times, modes.
pub(crate) fn state(dir: &Path) -> Vec<(PathBuf, Vec<u8>, i64, i64, u32)> {
    entries(dir)
        .into_iter()
        .map(|path| {
            let meta = fs::metadata(&path).unwrap();
            let bytes = fs::read(&path).unwrap();
            (path, bytes, meta.mtime(), meta.mtime_nsec(), meta.mode())
        })
        .collect()
}

/// A program of the real library, run, or `None`, which is said, when it is not
/// installed.
pub(crate) fn libdb_tool<A: AsRef<OsStr>>(name: &str, args: &[A]) -> Option<Output> {
    // Where cargo tests crates that link a libdb of their own it names that
    // one's place; the installed program is to use the installed library.
    let output = Command::new(name)
        .args(args)
        .env_remove("LD_LIBRARY_PATH")
        .output();
    match output {
        Ok(output) => Some(output),
        Err(error) => {
            println!("skipped: cannot run {name}: {error}");
            None
        }
    }
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
