//! A shell that has its mounts to itself, and can be another user: for tests
//! of what is mounted where and of who may do what. What it mounts is seen by
//! nobody else and is gone when it ends.

use std::io::{BufRead, BufReader, Lines, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::{CSMIGRATE, Listing};

/// An ordinary user, as the one that the calendar server runs as.
pub(crate) const ICSUSER: u32 = 12345;

/// What scripts may use: `csmigrate` with its logs in `logs`, and a user
/// without rights.
const PRELUDE: &str = r#"
set -eu
umask 022
csmigrate() { command csmigrate --log-dir logs "$@"; }
as_icsuser() { setpriv --reuid=12345 --regid=12345 --clear-groups "$@"; }
icsuser() { as_icsuser csmigrate --log-dir logs "$@"; }
full() { head -c "$1" /dev/zero >"$2"; }
"#;

/// The ways to mounts of one's own: the first that works is taken.
const WAYS: [&[&str]; 2] = [
    &["--mount", "sh"],
    &["--user", "--map-root-user", "--mount", "sh"],
];

/// A shell in a directory.
pub(crate) struct Shell {
    child: Child,
    stdin: Option<ChildStdin>,
    told: Lines<BufReader<ChildStdout>>,
    dir: PathBuf,
    scripts: TempDir,
}

impl Shell {
    /// A shell, or `None`, which is said, where no namespace can be made.
    pub(crate) fn start(dir: &Path) -> Option<Self> {
        let Some(way) = way() else {
            println!("skipped: no mount namespace can be made (unshare, util-linux)");
            return None;
        };
        let scripts = super::sandbox();
        let bin = scripts.path().join("bin");
        std::fs::create_dir(&bin).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut child = Command::new("unshare")
            .args(way)
            .args([
                "-c",
                "while read -r at; do sh \"$at\" </dev/null >\"$at.out\" 2>\"$at.err\"; echo $?; done",
            ])
            .current_dir(dir)
            .env("PATH", format!("{}:{path}:/usr/sbin:/sbin", bin.display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut shell = Self {
            stdin: child.stdin.take(),
            told: BufReader::new(child.stdout.take().unwrap()).lines(),
            child,
            dir: dir.canonicalize().unwrap(),
            scripts,
        };
        // Everybody can search this directory; that of a build, not always.
        let bin = bin.join("csmigrate").display().to_string();
        shell.must(&format!("touch {bin}; mount --bind '{CSMIGRATE}' {bin}"));
        Some(shell)
    }

    /// Runs a script to its end.
    pub(crate) fn run(&mut self, script: &str) -> Output {
        let at = self.scripts.path().join("script");
        std::fs::write(&at, format!("{PRELUDE}{script}\n")).unwrap();
        let stdin = self.stdin.as_mut().unwrap();
        writeln!(stdin, "{}", at.display()).unwrap();
        let status: i32 = self.told.next().unwrap().unwrap().parse().unwrap();
        let output = |end| std::fs::read(at.with_extension(end)).unwrap();
        Output {
            status: ExitStatus::from_raw(status << 8),
            stdout: output("out"),
            stderr: output("err"),
        }
    }

    /// Runs a script that must succeed.
    #[track_caller]
    pub(crate) fn must(&mut self, script: &str) -> Output {
        let output = self.run(script);
        assert!(
            output.status.success(),
            "{script}\n{}",
            super::stderr(&output)
        );
        output
    }

    /// A path of the directory as the shell sees it, with what is mounted.
    pub(crate) fn view(&self, path: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.child.id()));
        root.join(self.dir.strip_prefix("/").unwrap()).join(path)
    }

    /// The directory as the shell sees it, without the logs.
    pub(crate) fn listing(&self) -> Listing {
        let mut all = super::listing(&self.view(""));
        all.retain(|path, _| !path.starts_with("./logs"));
        all
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        drop(self.stdin.take());
        let _ = self.child.wait();
    }
}

/// Whether another user can be put on.
pub(crate) fn can_be_icsuser() -> bool {
    let can = Command::new("setpriv")
        .args(["--reuid=12345", "--regid=12345", "--clear-groups", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !can {
        println!("skipped: no other user can be put on (setpriv, util-linux, as root)");
    }
    can
}

fn way() -> Option<&'static [&'static str]> {
    static WAY: OnceLock<Option<&[&str]>> = OnceLock::new();
    *WAY.get_or_init(|| {
        let dir = tempfile::tempdir().unwrap();
        WAYS.into_iter().find(|way| {
            Command::new("unshare")
                .args(*way)
                .args(["-c", "mount -t tmpfs tmpfs ."])
                .current_dir(dir.path())
                .output()
                .is_ok_and(|output| output.status.success())
        })
    })
}
