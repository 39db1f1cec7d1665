//! Files of real libraries, where they are there; else nothing.

use std::fs;
use std::path::{Path, PathBuf};

/// Where `./test` unpacks them.
fn root() -> PathBuf {
    std::env::var_os("CSMIGRATE_SAMPLES").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/samples"),
        PathBuf::from,
    )
}

fn entries(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    paths
}

/// Database files of at most so many bytes, of every release there is.
pub fn samples(longest: u64) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    for path in entries(&root().join("data"))
        .iter()
        .chain(&entries(&root()))
    {
        for path in entries(path) {
            let small = path.metadata().is_ok_and(|meta| meta.len() <= longest);
            if small && path.extension().is_some_and(|ext| ext == "db") {
                files.extend(fs::read(&path).ok());
            }
        }
    }
    files
}

/// The files of environments that were not cleanly shut down, each cut off
/// after so many bytes: a torn log is replayed as far as it goes.
pub fn unclean(longest: usize) -> Vec<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for release in entries(&root()) {
        for case in entries(&release) {
            let mut files = Vec::new();
            for path in entries(&case) {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                let of_store = name.starts_with("log.") || name.ends_with(".db");
                if let (true, Ok(mut bytes)) = (of_store, fs::read(&path)) {
                    bytes.truncate(longest);
                    files.push((name.into_owned(), bytes));
                }
            }
            if files.iter().any(|(name, _)| name.starts_with("log.")) {
                found.push(files);
            }
        }
    }
    found
}
