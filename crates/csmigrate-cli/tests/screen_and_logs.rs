//! What an administrator sees: for each file of `golden/`, the command line in
//! it leads to the exit status, the output, the logs and the changes on disk
//! that it tells. A new case is a new file; `CSMIGRATE_BLESS=1` writes what
//! was seen into the files, to be read before it is committed.
//!
//! A case is free text and sections, each headed by a line `-- name --`:
//! `needs` (`root`: another user is put on; `mounts`: a mount namespace),
//! `setup` (lines for a shell, in an empty directory), `command`, and then
//! what is seen. What differs from run to run is replaced: times, processes,
//! the host's name, seconds spent, the directory of the test.

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use support::Listing;

/// What a case may use. `$TESTDATA` has the sample stores, which are copied.
const PRELUDE: &str = r#"
umask 022
as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
store() { cp -r "$TESTDATA/composed-le" "${1:-old}"; }
put() { printf "$3" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
"#;

/// Sections that say what is done.
const GIVEN: [&str; 3] = ["needs", "setup", "command"];
/// Sections that say what is seen.
const SEEN: [&str; 6] = [
    "status",
    "stdout",
    "stderr",
    "csmigrate.log",
    "csmigrateError.log",
    "changes",
];

/// Where the command puts its logs unasked on a machine that had the product.
const PRODUCT: [&str; 2] = ["/var/opt/SUNWics5/logs", "/var/opt/sun/calendar/logs"];

#[test]
fn each_case_is_told_as_its_file_says() {
    if let Some(dir) = PRODUCT.into_iter().find(|dir| Path::new(dir).is_dir()) {
        println!("skipped: the logs would go to {dir}");
        return;
    }
    let machine = Machine::new();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let bless = std::env::var_os("CSMIGRATE_BLESS").is_some();
    let (mut wrong, mut held, mut skipped) = (String::new(), 0, 0);
    for name in support::names(&dir) {
        let path = dir.join(&name);
        let case = Case::read(&path);
        if let Some(why) = machine.lacks(&case) {
            println!("skipped: {}: {why}", name.display());
            skipped += 1;
            continue;
        }
        let seen = machine.run(&case);
        if bless {
            fs::write(&path, case.with(&seen)).unwrap();
        }
        for section in SEEN {
            let (expected, found) = (case.section(section), text(&seen, section));
            if expected != found && !bless {
                let _ = writeln!(
                    wrong,
                    "{}: {section}\n  expected:\n{}  found:\n{}",
                    name.display(),
                    shown(expected),
                    shown(found)
                );
            }
        }
        if let Some(broken) = broken_promise(&seen) {
            let _ = writeln!(wrong, "{}: {broken}", name.display());
        }
        held += 1;
    }
    println!("{held} cases, {skipped} skipped");
    assert!(held > 0, "no cases in {}", dir.display());
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What holds in every case, blessed or not.
fn broken_promise(seen: &BTreeMap<&str, String>) -> Option<String> {
    let status = text(seen, "status").trim();
    let stderr = text(seen, "stderr");
    let mut lines = stderr.lines();
    let explained = !stderr.is_empty() && lines.all(|line| line.starts_with("csmigrate: "));
    match status {
        "0" if !stderr.is_empty() => Some(format!("exit status 0, but: {stderr}")),
        "255" if !explained => Some(format!("not lines of explanation: {stderr:?}")),
        "0" => None,
        // A run that got as far as making its backup leaves that, and no other
        // trace.
        "255" => text(seen, "changes")
            .lines()
            .find(|line| !line.starts_with("+ ") || !line.contains("backup"))
            .map(|line| format!("exit status 255, but changed: {line}")),
        other => Some(format!("exit status {other}")),
    }
}

/// A case as its file tells it.
struct Case {
    title: String,
    sections: BTreeMap<String, String>,
}

impl Case {
    fn read(path: &Path) -> Self {
        let whole = fs::read_to_string(path).unwrap();
        let mut case = Self {
            title: String::new(),
            sections: BTreeMap::new(),
        };
        let mut section = None;
        for line in whole.lines() {
            let name = line
                .strip_prefix("-- ")
                .and_then(|rest| rest.strip_suffix(" --"));
            if let Some(name) = name {
                assert!(
                    GIVEN.contains(&name) || SEEN.contains(&name),
                    "{}: no section is called {name}",
                    path.display()
                );
                case.sections.insert(name.to_owned(), String::new());
                section = Some(name.to_owned());
                continue;
            }
            let text = match &section {
                Some(name) => case.sections.get_mut(name).unwrap(),
                None => &mut case.title,
            };
            text.push_str(line);
            text.push('\n');
        }
        assert!(!case.section("command").is_empty(), "{}", path.display());
        case
    }

    fn section(&self, name: &str) -> &str {
        self.sections.get(name).map_or("", String::as_str)
    }

    fn needs(&self, what: &str) -> bool {
        self.section("needs")
            .split_whitespace()
            .any(|need| need == what)
    }

    /// The file with what was seen.
    fn with(&self, seen: &BTreeMap<&str, String>) -> String {
        let mut whole = self.title.clone();
        for name in GIVEN {
            if let Some(text) = self.sections.get(name) {
                let _ = write!(whole, "-- {name} --\n{text}");
            }
        }
        for name in SEEN {
            let _ = write!(whole, "-- {name} --\n{}", text(seen, name));
        }
        whole
    }
}

/// Where cases are run.
struct Machine {
    /// Holds the command in a directory that everybody can search.
    bin: tempfile::TempDir,
    /// Holds the sample stores as they were committed.
    samples: tempfile::TempDir,
    mounts: bool,
    users: bool,
}

impl Machine {
    fn new() -> Self {
        let bin = support::sandbox();
        fs::copy(support::CSMIGRATE, bin.path().join("csmigrate")).unwrap();
        let samples = support::sandbox();
        for store in ["composed-le", "composed-be"] {
            let from = support::testdata().join(store);
            support::copy_dir(&from, &samples.path().join(store));
        }
        let works = |script: &str| {
            Command::new("sh")
                .args(["-euc", &format!("{PRELUDE}{script}")])
                .current_dir(bin.path())
                .stdin(Stdio::null())
                .output()
                .is_ok_and(|output| output.status.success())
        };
        Self {
            mounts: works("unshare -m sh -euc 'mkdir mnt; mount -t tmpfs tmpfs mnt'"),
            users: works("as_nobody ./csmigrate -V"),
            bin,
            samples,
        }
    }

    /// What a case needs and this machine or user has not.
    fn lacks(&self, case: &Case) -> Option<&'static str> {
        if case.needs("mounts") && !self.mounts {
            Some("no mount namespace can be made (unshare -m, as root)")
        } else if case.needs("root") && !self.users {
            Some("no other user can be put on (setpriv, as root)")
        } else {
            None
        }
    }

    fn run(&self, case: &Case) -> BTreeMap<&'static str, String> {
        let sandbox = support::sandbox();
        let dir = sandbox.path().canonicalize().unwrap();
        let outputs = tempfile::tempdir().unwrap();
        let script = format!(
            "{PRELUDE}\n{}\necho ready\nread -r go\n(\n{}) </dev/null >\"$OUTPUTS/stdout\" 2>\"$OUTPUTS/stderr\" && status=0 || status=$?\necho $status\nread -r go\n",
            case.section("setup"),
            case.section("command")
        );
        let mut command = if case.needs("mounts") {
            let mut command = Command::new("unshare");
            command.args(["-m", "sh"]);
            command
        } else {
            Command::new("sh")
        };
        let path = std::env::var("PATH").unwrap();
        let mut shell = command
            .args(["-euc", &script])
            .current_dir(&dir)
            .env("PATH", format!("{}:{path}", self.bin.path().display()))
            .env("TESTDATA", self.samples.path())
            .env("OUTPUTS", outputs.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // The directory as the shell sees it, with what is mounted there.
        let view = if case.needs("mounts") {
            let root = PathBuf::from(format!("/proc/{}/root", shell.id()));
            root.join(dir.strip_prefix("/").unwrap())
        } else {
            dir.clone()
        };
        let mut told = BufReader::new(shell.stdout.take().unwrap()).lines();
        let mut stdin = shell.stdin.take().unwrap();
        let ready = told.next().map(Result::unwrap);
        assert_eq!(ready.as_deref(), Some("ready"), "{}", case.title);
        let before = support::listing(&view);
        writeln!(stdin, "go").unwrap();
        let status = told.next().unwrap().unwrap();
        let after = support::listing(&view);
        writeln!(stdin, "go").unwrap();
        assert!(shell.wait().unwrap().success(), "{}", case.title);

        let output = |name| fs::read_to_string(outputs.path().join(name)).unwrap();
        let mut seen = BTreeMap::from([
            ("status", status),
            ("stdout", output("stdout")),
            ("stderr", output("stderr")),
            ("csmigrate.log", log(&after, "csmigrate.log")),
            ("csmigrateError.log", log(&after, "csmigrateError.log")),
            ("changes", changes(&before, &after)),
        ]);
        for text in seen.values_mut() {
            *text = normal(text, dir.to_str().unwrap());
        }
        seen
    }
}

fn text<'a>(seen: &'a BTreeMap<&str, String>, section: &str) -> &'a str {
    seen.get(section).map_or("", String::as_str)
}

/// The text of a log, wherever it was put.
fn log(after: &Listing, name: &str) -> String {
    let logs: Vec<_> = after
        .iter()
        .filter(|(path, _)| path.ends_with(name))
        .map(|(_, entry)| String::from_utf8(entry.bytes.clone()).unwrap())
        .collect();
    assert!(logs.len() < 2, "two logs called {name}");
    logs.concat()
}

/// What became of the directory, without the logs and without the times of
/// directories they were made in.
fn changes(before: &Listing, after: &Listing) -> String {
    let logs: BTreeSet<_> = after
        .keys()
        .filter(|path| path.ends_with("csmigrate.log") || path.ends_with("csmigrateError.log"))
        .flat_map(|path| [path.clone(), path.parent().unwrap().to_owned()])
        .collect();
    let mut ignored = logs;
    // A target or backup may be made beside the others.
    ignored.insert(PathBuf::from("."));
    let without = |listing: &Listing| -> Listing {
        listing
            .iter()
            .filter(|(path, _)| !ignored.contains(*path))
            .map(|(path, entry)| (path.clone(), entry.clone()))
            .collect()
    };
    support::changes(&without(before), &without(after)).join("\n")
}

/// A text without what differs from run to run, its last line ended.
fn normal(text: &str, dir: &str) -> String {
    let mut out = String::new();
    for line in text.replace(dir, "$DIR").lines() {
        // Whether there are such processes is the machine's affair.
        if line.contains("could not be asked whether they hold the source") {
            continue;
        }
        out.push_str(&normal_line(line));
        out.push('\n');
    }
    out
}

fn normal_line(line: &str) -> String {
    // 2024-05-01T12:00:00Z [4711] csmigrate 0.1.0 on host: 'old' 'new'
    if let Some((time, rest)) = line.split_once("Z [")
        && time.len() == 19
        && let Some((process, text)) = rest.split_once("] ")
        && process.bytes().all(|b| b.is_ascii_digit())
    {
        let text = match text.split_once(" on ") {
            Some((program, rest)) if program.starts_with("csmigrate ") => {
                let (_, args) = rest.split_once(": ").expect("host and arguments");
                format!("{program} on HOST: {args}")
            }
            _ => text.to_owned(),
        };
        return format!("TIME [PID] {}", normal_free(&text));
    }
    // The last column of the table.
    match line.rsplit_once(' ') {
        Some((rest, seconds)) if is_seconds(seconds) => {
            let columns: String = seconds
                .chars()
                .map(|c| if c == '.' { c } else { 'S' })
                .collect();
            format!("{rest} {columns}")
        }
        _ => normal_free(line),
    }
}

/// How much is free on a file system just made is the kernel's affair.
fn normal_free(line: &str) -> String {
    for needed in [" bytes are needed and ", " bytes needed, "] {
        if let Some((before, after)) = line.split_once(needed) {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            return format!("{before}{needed}FREE{rest}");
        }
    }
    line.to_owned()
}

fn is_seconds(word: &str) -> bool {
    word.split_once('.').is_some_and(|(whole, part)| {
        part.len() == 2 && (whole.bytes().chain(part.bytes())).all(|b| b.is_ascii_digit())
    })
}

fn shown(text: &str) -> String {
    text.lines().fold(String::new(), |mut all, line| {
        let _ = writeln!(all, "    {line}");
        all
    })
}
