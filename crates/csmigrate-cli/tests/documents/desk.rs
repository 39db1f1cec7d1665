//! Where the commands of a document are run: a directory of its own with the
//! sample stores in `testdata`, the two commands in the path, and what stands
//! in for a calendar server.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::console::Step;
use super::top;

/// Places that documents name and that are the desk's own when it runs them.
const PLACES: [&str; 3] = ["/var/opt/SUNWics5", "/var/tmp", "/tmp"];

/// What a machine that runs this test has not. The server's commands print
/// nothing here: what they print was never published. Nor is there the user
/// that a store belongs to. `cargo run` builds for minutes; what it would run
/// is here already.
const STAND_INS: [(&str, &str); 6] = [
    ("stop-cal", ":"),
    ("start-cal", ":"),
    ("csversion", ":"),
    ("start-cal-readonly", ":"),
    (
        "chown",
        r#"[ "$1 $2" = "-R icsuser:icsgroup" ] || [ "$1" = "icsuser:icsgroup" ] || exec /bin/chown "$@""#,
    ),
    (
        "cargo",
        r#"case "$*" in
        "run --release -- "*) shift 3; exec csmigrate "$@" ;;
        "run --release -p bdbfile-cli -- "*) shift 5; exec bdbfile "$@" ;;
        *) echo "cargo $*: not run here" >&2; exit 99 ;;
        esac"#,
    ),
];

/// What the commands of all documents are run with.
pub(crate) struct Tools {
    bin: TempDir,
}

impl Tools {
    pub(crate) fn new() -> Self {
        let bin = tempfile::tempdir().unwrap();
        let path = |name: &str| bin.path().join(name);
        fs::copy(env!("CARGO_BIN_EXE_csmigrate"), path("csmigrate")).unwrap();
        fs::copy(bdbfile(), path("bdbfile")).unwrap();
        for (name, script) in STAND_INS {
            fs::write(path(name), format!("#!/bin/sh\n{script}\n")).unwrap();
            set_mode(&path(name), 0o755);
        }
        Self { bin }
    }

    /// What one of the two commands says of its options.
    pub(crate) fn help_of(&self, command: &str, option: &str) -> String {
        let output = Command::new(self.bin.path().join(command))
            .arg(option)
            .output()
            .unwrap();
        assert!(output.status.success(), "{command} {option}");
        String::from_utf8(output.stdout).unwrap()
    }
}

/// The command `bdbfile` as it is now. It is of another crate, so cargo is
/// asked for it; a run of all tests has built it already.
fn bdbfile() -> PathBuf {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .args(["build", "--quiet", "--locked", "-p", "bdbfile-cli"])
        .args(["--message-format", "json-render-diagnostics"])
        .current_dir(top());
    if !cfg!(debug_assertions) {
        cargo.arg("--release");
    }
    let output = cargo.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "bdbfile cannot be built");
    let told = String::from_utf8(output.stdout).unwrap();
    let found = told.lines().find_map(|line| {
        let message: Value = serde_json::from_str(line).unwrap();
        message["executable"].as_str().map(PathBuf::from)
    });
    found.expect("cargo names what it built")
}

/// One document's desk.
pub(crate) struct Desk<'a> {
    tools: &'a Tools,
    dir: TempDir,
}

impl<'a> Desk<'a> {
    pub(crate) fn new(tools: &'a Tools) -> Self {
        let desk = Self {
            tools,
            dir: tempfile::tempdir().unwrap(),
        };
        set_mode(desk.dir.path(), 0o755);
        for place in PLACES {
            fs::create_dir_all(desk.dir.path().join(place.trim_start_matches('/'))).unwrap();
        }
        for store in ["composed-le", "composed-be"] {
            let to = desk.work().join("testdata").join(store);
            fs::create_dir_all(&to).unwrap();
            for entry in fs::read_dir(top().join("testdata").join(store)).unwrap() {
                let entry = entry.unwrap();
                if entry.path().is_file() {
                    fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
                }
            }
        }
        desk
    }

    /// Where commands are typed.
    pub(crate) fn work(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    /// What of a command, or the `samples`, is not here.
    pub(crate) fn lacks(&self, what: &str) -> Option<String> {
        let (is_there, why) = match what {
            "samples" => (
                samples().is_dir(),
                "no samples; ./test unpacks them where it has them".to_owned(),
            ),
            _ => (
                self.shell(&format!("command -v {what}")).1,
                format!("no {what} here"),
            ),
        };
        (!is_there).then_some(why)
    }

    /// Runs what no reader sees; it must succeed.
    pub(crate) fn prepare(&self, script: &str) -> Result<(), String> {
        let (output, success) = self.shell(&format!("set -eu\n{script}"));
        success
            .then_some(())
            .ok_or_else(|| format!("cannot be prepared: {output}"))
    }

    /// Runs commands in one shell, one after the other: what each prints, and
    /// its status.
    pub(crate) fn run(&self, steps: &[Step]) -> Result<Vec<(String, i32)>, String> {
        let mut script = String::new();
        for step in steps {
            script.push_str(&step.command);
            // The next command finds the status of this one in `$?`.
            script.push_str("\nstatus=$?; printf '\\001%s\\001' $status; (exit $status)\n");
        }
        let (output, _) = self.shell(&script);
        let told: Vec<&str> = output.split('\u{1}').collect();
        let told: Vec<_> = told.chunks_exact(2).collect();
        if told.len() != steps.len() {
            return Err(format!(
                "the shell ends after {} commands:\n{output}",
                told.len()
            ));
        }
        let told = told.into_iter().map(|told| {
            let text = told[0].replace(self.dir.path().to_str().unwrap(), "");
            (text, told[1].parse().unwrap())
        });
        Ok(told.collect())
    }

    /// What a shell prints on both outputs, and whether it succeeds.
    fn shell(&self, script: &str) -> (String, bool) {
        let path = std::env::var("PATH").unwrap();
        let out = self.dir.path().join("out");
        let file = File::create(&out).unwrap();
        let status = Command::new("timeout")
            .args([
                "120",
                "sh",
                "-c",
                &format!("umask 022\n{}", self.placed(script)),
            ])
            .current_dir(self.work())
            .env(
                "PATH",
                format!("{}:{path}", self.tools.bin.path().display()),
            )
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .env("SAMPLES", samples())
            .stdin(Stdio::null())
            .stdout(file.try_clone().unwrap())
            .stderr(file)
            .status()
            .unwrap();
        let output = fs::read(out).unwrap();
        (
            String::from_utf8_lossy(&output).into_owned(),
            status.success(),
        )
    }

    /// Commands with the places they name put below the desk's directory.
    fn placed(&self, script: &str) -> String {
        let mut placed = String::new();
        let mut rest = script;
        while let Some(c) = rest.chars().next() {
            let in_a_path = placed.ends_with(|c: char| c.is_alphanumeric() || "./_-".contains(c));
            let ends = |after: &str| {
                !after.starts_with(|c: char| c.is_alphanumeric() || "._-".contains(c))
            };
            let place = PLACES
                .into_iter()
                .find(|place| !in_a_path && rest.strip_prefix(place).is_some_and(ends));
            let taken = place.map_or(c.len_utf8(), |place| {
                placed.push_str(self.dir.path().to_str().unwrap());
                place.len()
            });
            let (now, later) = rest.split_at(taken);
            placed.push_str(now);
            rest = later;
        }
        placed
    }
}

/// Where the files of real libraries are, if they are.
fn samples() -> PathBuf {
    std::env::var_os("CSMIGRATE_SAMPLES")
        .map_or_else(|| top().join("target/samples"), PathBuf::from)
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}
