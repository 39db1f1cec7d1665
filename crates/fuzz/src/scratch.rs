//! A directory for targets that want files: in memory where the system has
//! such a place, and gone when the process ends.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

thread_local! {
    static DIR: RefCell<Option<TempDir>> = const { RefCell::new(None) };
}

/// Where the directory is made.
fn place() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() {
        memory
    } else {
        std::env::temp_dir()
    }
}

/// Does `work` in an empty directory.
pub(crate) fn in_empty_dir(work: impl FnOnce(&Path)) {
    DIR.with_borrow_mut(|dir| {
        let dir = dir.get_or_insert_with(|| {
            tempfile::Builder::new()
                .prefix("fuzz-")
                .tempdir_in(place())
                .expect("a directory for temporary files")
        });
        for entry in fs::read_dir(dir.path()).expect("the directory is ours") {
            let path = entry.expect("the directory is ours").path();
            let removed = if path.is_dir() && !path.is_symlink() {
                fs::remove_dir_all(&path)
            } else {
                fs::remove_file(&path)
            };
            removed.expect("what is in the directory is ours");
        }
        work(dir.path());
    });
}
