//! A test in a mount namespace of its own, where it may mount what it likes
//! and nobody else sees it.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

/// Set in the process that is inside.
const INSIDE: &str = "CSMIGRATE_TEST_IN_NAMESPACE";

/// Where a test finds itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Namespace {
    /// In one of its own.
    Own,
    /// It was run in one by another process, successfully.
    Done,
    /// There can be none here, which was said.
    None,
}

/// Runs the calling test, whose name this is, again in a namespace of its own.
pub(crate) fn enter(test: &str) -> Namespace {
    if env::var_os(INSIDE).is_some() {
        return Namespace::Own;
    }
    let mut unshare = Command::new("unshare");
    if !super::is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare.arg("--mount").stdin(Stdio::null());
    let mut attempt = Command::new("unshare");
    attempt.args(unshare.get_args()).stdin(Stdio::null());
    let can = attempt
        .args(["sh", "-c", "mount -t tmpfs none /mnt"])
        .output();
    if !can.is_ok_and(|output| output.status.success()) {
        println!("left out: what needs a mount: there are no mount namespaces for us here");
        return Namespace::None;
    }
    let output = unshare
        .arg(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(INSIDE, "yes")
        .output()
        .unwrap();
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "in its namespace it failed");
    Namespace::Done
}

/// Runs mount or umount, which must work.
#[track_caller]
pub(crate) fn mount(program: &str, args: &[&str], place: &Path) {
    let output = super::output(Command::new(program).args(args).arg(place)).unwrap();
    assert!(
        output.status.success(),
        "{program} {args:?} {}: {}",
        place.display(),
        String::from_utf8_lossy(&output.stderr)
    );
}
