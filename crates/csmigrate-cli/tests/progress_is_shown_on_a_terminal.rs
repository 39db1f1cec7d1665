//! How far a run is, is shown on a terminal while it goes on, never more than
//! there is, and nowhere else unasked; `USR1` has it told in a line. Colours
//! are for terminals, and for who has not said otherwise.

mod support;

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use support::terminal::{Seen, Terminal, Written};
use support::{StepByStep, big_store, csmigrate, records, sandbox, sandbox_with, stderr};

/// Enough that a run is not over when it is found to have begun its backup.
const RECORDS: u32 = 8_000;

/// Longer than what is drawn is left as it is.
const A_WHILE: Duration = Duration::from_millis(250);

/// A run into `new`, its backup in `new.saved`, on a terminal of a usual kind.
fn command(dir: &Path, new: &str, args: &[&str]) -> Command {
    let saved = format!("{new}.saved");
    let mut command = csmigrate(dir, args);
    command.args(["-b", &saved, "old", new]);
    command.env("TERM", "xterm").env_remove("NO_COLOR");
    command
}

fn send(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// Waits until a run makes its backup: what it shows it has begun to show, and
/// what it is asked it answers.
fn wait_for_backup(child: &mut Child, dir: &Path, new: &str) {
    let staging = dir.join(format!(".{new}.saved.csmigrate-backup"));
    // Only a run that never does it meets this end.
    let patience = Instant::now() + Duration::from_secs(60);
    while !staging.exists() {
        let ended = child.try_wait().unwrap();
        assert!(ended.is_none(), "the run ended before its backup was seen");
        assert!(Instant::now() < patience, "there is no backup");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Holds a run in the middle, so that there is time to show something however
/// fast the machine is.
fn hold<'a>(dir: &'a Path, new: &'a str) -> impl FnOnce(&mut Child) + 'a {
    move |child| {
        wait_for_backup(child, dir, new);
        send(child, Signal::STOP);
        std::thread::sleep(A_WHILE);
        send(child, Signal::CONT);
    }
}

/// Lets a run go on a little at a time, each time after a while, so that what is
/// drawn is drawn at each step of it, however fast the machine is. Ends when
/// `wanted` was drawn, or with the run.
fn step_until(child: &mut Child, written: &Written, wanted: &str) {
    while !written.has(wanted) && child.try_wait().unwrap().is_none() {
        send(child, Signal::STOP);
        std::thread::sleep(A_WHILE / 2);
        send(child, Signal::CONT);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What a command writes to a terminal.
fn seen(mut command: Command, meanwhile: impl FnOnce(&mut Child)) -> Seen {
    let terminal = Terminal::new();
    command.stdout(terminal.end()).stderr(terminal.end());
    terminal.follow(command, meanwhile)
}

/// The percents that are drawn or printed, in their order, with their places.
fn percents(text: &str) -> Vec<(usize, u64)> {
    let total = text.match_indices("total ");
    let numbers = total.filter_map(|(at, word)| {
        let rest = text[at + word.len()..].trim_start();
        let (number, _) = rest.split_once(" %")?;
        Some((at, number.parse().ok()?))
    });
    numbers.collect()
}

/// The text without what moves the cursor, sets colours or clears lines.
fn lines(text: &str) -> Vec<String> {
    let plain = console::strip_ansi_codes(text);
    let lines = plain.split(['\r', '\n']);
    lines.map(|line| line.trim_end().to_owned()).collect()
}

#[test]
fn a_run_is_followed_to_its_end_and_never_beyond() {
    let sandbox = sandbox();
    let dir = sandbox.path();
    big_store(&dir.join("old"), RECORDS);
    // As it is in a pipe.
    let output = support::output(&mut command(dir, "piped", &[])).unwrap();
    let piped = String::from_utf8(output.stdout).unwrap();
    let terminal = Terminal::new();
    let mut drawn = command(dir, "drawn", &[]);
    drawn.stdout(terminal.end()).stderr(terminal.end());
    let Seen { text, well } = terminal.watch(drawn, |child, written| {
        wait_for_backup(child, dir, "drawn");
        step_until(child, written, "ics50events.db  ");
    });
    assert!(well, "{text}");
    let percents = percents(&text);
    let numbers: Vec<u64> = percents.iter().map(|(_, number)| *number).collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    // All is done when the line of the last stage stands there, and then once.
    let (last, before) = percents.split_last().expect("it was drawn");
    assert_eq!(last.1, 100);
    assert!(!before.is_empty(), "it was drawn");
    assert!(
        before.iter().all(|(_, number)| *number < 100),
        "{numbers:?}"
    );
    let verified = text.find("verify   8100 records").unwrap();
    let published = text.find("publish  drawn is in place").unwrap();
    assert!(verified < published && published < last.0);
    // A file that was worked on, with how large it is.
    let found = lines(&text);
    let file = |line: &String| line.contains("ics50events.db  ") && line.contains(" MiB");
    assert!(found.iter().any(file), "{text}");
    // What is printed stands whole above all that.
    let mut from = 0;
    for line in piped.lines().take_while(|line| !line.is_empty()) {
        let line = line.replace("piped", "drawn");
        let at = found[from..].iter().position(|one| *one == line);
        from += at.unwrap_or_else(|| panic!("{line:?} is not whole in {text}")) + 1;
    }
    assert!(from > 5, "there were lines");
}

#[test]
fn nothing_is_drawn_where_it_is_not_wanted() {
    let sandbox = sandbox();
    let dir = sandbox.path();
    big_store(&dir.join("old"), RECORDS);
    // Each into a target of its own.
    let shown = |new: &str, args: &[&str], term: &str| {
        let mut command = command(dir, new, args);
        command.env("TERM", term);
        let Seen { text, well } = seen(command, hold(dir, new));
        assert!(well, "{new}: {text}");
        text
    };
    assert!(!percents(&shown("wanted", &[], "xterm")).is_empty());
    assert_eq!(shown("quiet", &["-q"], "xterm"), "");
    let args = ["-q", "--progress", "always"];
    assert_eq!(shown("always-quiet", &args, "xterm"), "");
    let never = shown("never", &["--progress", "never"], "xterm");
    assert_eq!(percents(&never), []);
    let dumb = shown("dumb", &[], "dumb");
    assert!(!dumb.contains('\u{1b}'), "{dumb}");
    assert_eq!(percents(&dumb), []);
    let report = shown("report", &["--report", "-"], "xterm");
    assert!(report.starts_with('{') && report.trim_end().ends_with('}'));
    // Standard output alone is a terminal.
    let errors = dir.join("errors");
    let terminal = Terminal::new();
    let mut printed = command(dir, "printed", &[]);
    printed.stdout(terminal.end());
    printed.stderr(File::create(&errors).unwrap());
    let Seen { text, well } = terminal.follow(printed, hold(dir, "printed"));
    assert!(well && percents(&text).is_empty(), "{text}");
    assert_eq!(fs::read_to_string(&errors).unwrap(), "");
    // Standard error alone is one: what reads the pipe may print there too.
    for (new, args, wanted) in [
        ("piped-auto", &[][..], false),
        ("piped-always", &["--progress", "always"], true),
    ] {
        let terminal = Terminal::new();
        let (mut lines, pipe) = std::io::pipe().unwrap();
        let mut halved = command(dir, new, args);
        halved.stdout(pipe).stderr(terminal.end());
        let Seen { text, well } = terminal.follow(halved, hold(dir, new));
        assert!(well, "{new}: {text}");
        assert_eq!(!percents(&text).is_empty(), wanted, "{new}: {text}");
        let mut printed = String::new();
        lines.read_to_string(&mut printed).unwrap();
        assert!(printed.contains("in place") && !printed.contains('\u{1b}'));
    }
    // In a file it is in nobody's way.
    let terminal = Terminal::new();
    let mut kept = command(dir, "kept", &[]);
    kept.stdout(File::create(dir.join("lines")).unwrap());
    kept.stderr(terminal.end());
    let Seen { text, well } = terminal.follow(kept, hold(dir, "kept"));
    assert!(well && !percents(&text).is_empty(), "{text}");
    // Neither is.
    let mut piped = command(dir, "piped", &[]);
    piped.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = support::started(&mut piped).unwrap();
    hold(dir, "piped")(&mut child);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(stderr(&output), "");
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn a_terminal_that_goes_away_ends_no_run() {
    let sandbox = sandbox();
    let dir = sandbox.path();
    big_store(&dir.join("old"), RECORDS);
    let terminal = Terminal::new();
    let mut drawn = command(dir, "new", &[]);
    drawn.stdout(terminal.end()).stderr(terminal.end());
    let mut child = support::started(&mut drawn).unwrap();
    hold(dir, "new")(&mut child);
    drop((drawn, terminal));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(records(&dir.join("new")), records(&dir.join("old")));
}

#[test]
fn lines_are_printed_where_they_are_asked_for() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let errors = dir.join("errors");
    let command = command(dir, "new", &["--progress", "always"]);
    let mut run = StepByStep::start_with(command, File::create(&errors).unwrap().into());
    run.take_up_to("inspect");
    run.wait_until(|| fs::read_to_string(&errors).unwrap().ends_with('\n'));
    assert!(run.finish().status.success());
    let text = fs::read_to_string(&errors).unwrap();
    let told = |line: &str| line.starts_with("csmigrate: ") && line.contains(" % of the run; ");
    assert!(text.lines().all(told), "{text}");
}

/// What a run says when it is sent `USR1`.
fn answer(dir: &Path, new: &str, args: &[&str]) -> String {
    let errors = dir.join(format!("{new}.errors"));
    let mut command = command(dir, new, args);
    command.stdout(Stdio::null());
    command.stderr(File::create(&errors).unwrap());
    let mut child = support::started(&mut command).unwrap();
    wait_for_backup(&mut child, dir, new);
    send(&child, Signal::USR1);
    let status = child.wait().unwrap();
    let text = fs::read_to_string(&errors).unwrap();
    assert!(status.success(), "{text}");
    text
}

#[test]
fn usr1_has_it_told_in_a_line() {
    let sandbox = sandbox();
    let dir = sandbox.path();
    big_store(&dir.join("old"), RECORDS);
    for (new, args) in [("one", &[][..]), ("two", &["-q"])] {
        let text = answer(dir, new, args);
        assert_eq!(text.lines().count(), 1, "{text}");
        let steps = [
            "backup",
            "rewrite",
            "sync of the backup",
            "verify",
            "sync",
            "publish",
        ];
        let known = steps.map(|step| format!("csmigrate: {step}: "));
        assert!(known.iter().any(|step| text.starts_with(step)), "{text}");
        assert!(
            text.contains(" files, ") && text.contains(" bytes; "),
            "{text}"
        );
        assert!(
            text.contains(" % of the run; ") && text.ends_with(" s\n"),
            "{text}"
        );
    }
    // On a terminal it stands above what is drawn.
    let Seen { text, well } = seen(command(dir, "three", &[]), |child| {
        wait_for_backup(child, dir, "three");
        // It has it before it goes on.
        send(child, Signal::STOP);
        std::thread::sleep(A_WHILE);
        send(child, Signal::USR1);
        send(child, Signal::CONT);
    });
    assert!(well, "{text}");
    let told = |line: &String| line.starts_with("csmigrate: ") && line.ends_with(" s");
    assert!(lines(&text).iter().any(told), "{text}");
}

#[test]
fn usr1_that_was_ignored_stays_ignored() {
    const IGNORED: &str = "--ignore-signal=USR1";
    let known = Command::new("env").args([IGNORED, "true"]).output();
    if !known.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no `env` that has signals ignored");
        return;
    }
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let mut command = Command::new("env");
    command
        .args([IGNORED, support::CSMIGRATE, "--log-dir", "logs"])
        .args(["-b", "saved", "old", "new"])
        .current_dir(dir);
    let mut run = StepByStep::start(command);
    run.take_up_to("inspect");
    run.signal(Signal::USR1);
    let output = run.finish();
    assert!(output.status.success());
    assert_eq!(stderr(&output), "");
}

#[test]
fn colours_are_for_terminals_and_for_who_wants_them() {
    let sandbox = sandbox_with("composed-le");
    let dir = sandbox.path();
    let dry_run = || command(dir, "new", &["-d", "--progress", "never"]);
    let coloured = seen(dry_run(), |_| {}).text;
    assert!(coloured.contains("\u{1b}[1mfile"), "{coloured}");
    assert!(coloured.contains("\u{1b}[33mwarning: "), "{coloured}");
    let warnings = coloured.lines().find(|line| line.contains(" warnings; "));
    assert!(warnings.unwrap().starts_with("\u{1b}[33m"), "{coloured}");
    fs::create_dir(dir.join("full")).unwrap();
    fs::write(dir.join("full/file"), "").unwrap();
    let failing = seen(command(dir, "full", &[]), |_| {});
    assert!(!failing.well);
    assert!(
        failing.text.contains("\u{1b}[31mcsmigrate: "),
        "{}",
        failing.text
    );
    // Set and empty says nothing.
    for (name, value, wanted) in [
        ("NO_COLOR", "", true),
        ("NO_COLOR", "1", false),
        ("TERM", "dumb", false),
    ] {
        let mut command = dry_run();
        command.env(name, value);
        let text = seen(command, |_| {}).text;
        assert_eq!(text.contains('\u{1b}'), wanted, "{name}={value}: {text}");
        // Room and seconds differ.
        let same = |text: &str| {
            let lines = lines(text).into_iter();
            let lines = lines.filter(|line| !line.starts_with("space "));
            lines
                .take_while(|line| !line.starts_with("file"))
                .collect::<Vec<_>>()
        };
        assert!(same(&text).len() > 10);
        assert_eq!(same(&text), same(&coloured));
    }
}
