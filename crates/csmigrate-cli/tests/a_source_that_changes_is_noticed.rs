//! A source that changes while it is migrated, because the server runs, ends
//! the run: nothing is published.

mod support;

use std::fs;
use std::io::Write;
use std::path::Path;

use support::{StepByStep, csmigrate, explained, names, sandbox_with};

const CHANGED: &str = "ics50todos.db: changed while it was being migrated; stop the calendar server and run csmigrate again";

/// The server adds a page to the todos.
fn grow(dir: &Path) {
    let path = dir.join("old/ics50todos.db");
    let mut file = fs::File::options().append(true).open(path).unwrap();
    file.write_all(&[0; 4096]).unwrap();
}

/// The server puts a file in place of the todos, alike but for its bytes.
fn replace(dir: &Path) {
    let path = dir.join("old/ics50todos.db");
    let time = fs::metadata(&path).unwrap().modified().unwrap();
    let other = dir.join("old/other");
    fs::copy(&path, &other).unwrap();
    support::flip(&other, 3 * 4096 + 100, 4);
    let file = fs::File::options().append(true).open(&other).unwrap();
    file.set_modified(time).unwrap();
    fs::rename(other, path).unwrap();
}

fn remove(dir: &Path) {
    fs::remove_file(dir.join("old/ics50todos.db")).unwrap();
}

#[test]
fn after_the_backup_was_made() {
    for change in [grow, replace, remove] {
        let sandbox = sandbox_with("composed-le");
        let dir = sandbox.path();
        let mut run = StepByStep::start(csmigrate(dir, ["old", "new"]));
        // The line that the files are rewritten waits for that on the backup.
        run.take_up_to("inspect");
        run.wait_until(|| {
            fs::read_to_string(dir.join("logs/csmigrate.log"))
                .is_ok_and(|log| log.contains(" backup: "))
        });
        change(dir);
        let message = explained(&run.finish());
        assert!(message.contains(CHANGED), "{message}");
        assert_eq!(names(dir), ["logs", "old"]);
    }
}

#[test]
fn before_the_backup_was_made() {
    for change in [grow, replace] {
        let sandbox = sandbox_with("composed-le");
        let dir = sandbox.path();
        let mut run = StepByStep::start(csmigrate(dir, ["old", "new"]));
        // The next line after the first is printed when all was looked at.
        run.wait_until(|| {
            fs::read_to_string(dir.join("logs/csmigrate.log"))
                .is_ok_and(|log| log.contains("source file log.0000000020"))
        });
        change(dir);
        let message = explained(&run.finish());
        assert!(message.contains(CHANGED), "{message}");
        assert_eq!(names(dir), ["logs", "old"]);
        assert!(!dir.join("old/backup").exists());
        assert!(!dir.join("old/.backup.csmigrate-backup").exists());
    }
}
