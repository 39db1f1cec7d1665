//! New files have the mode of their source files and, when root makes them,
//! the owner and group; so has the backup, which keeps the times too.

mod support;

use std::fs;
use std::os::unix::fs::{MetadataExt, chown};
use std::path::Path;

use support::{is_root, sandbox_with, set_mode, succeeds};

const GROUP: u32 = 4711;

fn of(path: &Path) -> (u32, u32, u32) {
    let it = fs::metadata(path).unwrap();
    (it.mode() & 0o7777, it.uid(), it.gid())
}

#[test]
fn mode_owner_and_group() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let old = dir.join("old");
    let modes = [
        ("ics50events.db", 0o640),
        ("ics50todos.db", 0o600),
        ("ics50caldb.conf", 0o444),
        ("log.0000000020", 0o660),
        ("", 0o750),
    ];
    for (name, mode) in modes {
        let path = old.join(name);
        if is_root() {
            chown(&path, Some(support::NOBODY), Some(GROUP)).unwrap();
        }
        set_mode(&path, mode);
    }
    if !is_root() {
        println!("skipped: owner and group, which only root can give");
    }
    // A umask that would keep everybody else out.
    let mut command = std::process::Command::new("sh");
    command
        .args(["-c", "umask 077; exec \"$@\"", "sh", support::CSMIGRATE])
        .args(["--log-dir", "logs", "old", "new"])
        .current_dir(dir);
    for log in ["csmigrate.log", "csmigrateError.log"] {
        fs::write(dir.join("logs").join(log), "").unwrap();
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", support::stderr(&output));

    let new = dir.join("new");
    let backup = old.join("backup");
    for (name, mode) in modes {
        assert_eq!(of(&old.join(name)).0, mode, "{name}: the source");
        assert_eq!(of(&backup.join(name)), of(&old.join(name)), "{name}");
        if !name.starts_with("log.") {
            assert_eq!(of(&new.join(name)), of(&old.join(name)), "{name}");
        }
    }
    for name in support::names(&backup) {
        let time = |dir: &Path| fs::metadata(dir.join(&name)).unwrap().modified().unwrap();
        assert_eq!(time(&backup), time(&old), "{}", name.display());
    }
}

/// A target that is there keeps its own owner and mode.
#[test]
fn but_for_a_directory_that_was_there() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let new = dir.join("new");
    fs::create_dir(&new).unwrap();
    set_mode(&new, 0o2751);
    if is_root() {
        chown(&new, Some(support::NOBODY), Some(GROUP)).unwrap();
        set_mode(&new, 0o2751);
    }
    let before = of(&new);
    succeeds(dir, ["old", "new"]);
    assert_eq!(of(&new), before);
    assert_eq!(support::records(&new), support::records(&dir.join("old")));
}
