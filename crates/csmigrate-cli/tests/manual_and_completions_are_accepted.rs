//! The manual pages of both commands are accepted by groff without a warning,
//! and their completions by the shells that they are for; bash and fish are asked
//! what they complete. What is not installed is named, and left out.

mod support;

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The commands.
const PROGRAMS: [&str; 2] = ["csmigrate", "bdbfile"];

/// What a command prints when it is to generate something.
fn generated(program: &str, form: &str) -> String {
    let args = [program, "--generate", form].map(OsString::from);
    let mut out = Vec::new();
    if program == "bdbfile" {
        bdbfile_cli::run(&args, &mut out);
    } else {
        let output = Command::new(support::CSMIGRATE)
            .args(&args[1..])
            .output()
            .unwrap();
        assert!(output.status.success());
        out = output.stdout;
    }
    assert!(!out.is_empty(), "{program} has no {form}");
    String::from_utf8(out).unwrap()
}

/// Whether a tool is there; it is said where not.
fn is_there(tool: &str) -> bool {
    let there = Command::new(tool).arg("--version").output().is_ok();
    if !there {
        eprintln!("skipped: there is no {tool} here");
    }
    there
}

fn written(dir: &Path, program: &str, form: &str) -> PathBuf {
    let path = dir.join(format!("{program}.{form}"));
    fs::write(&path, generated(program, form)).unwrap();
    path
}

#[test]
fn groff_has_nothing_to_say_against_the_manual_pages() {
    if !is_there("groff") {
        return;
    }
    let dir = support::sandbox();
    for program in PROGRAMS {
        let page = written(dir.path(), program, "man");
        let output = Command::new("groff")
            .args(["-ww", "-man", "-Tascii", "-P-cbou"])
            .arg(&page)
            .output()
            .unwrap();
        assert!(output.status.success());
        assert_eq!(support::stderr(&output), "", "{program}");
        let text = String::from_utf8(output.stdout).unwrap();
        for section in [
            "NAME",
            "SYNOPSIS",
            "OPTIONS",
            "FILES",
            "EXIT STATUS",
            "SIGNALS",
        ] {
            assert!(text.contains(section), "{program}: {section}");
        }
    }
}

#[test]
fn each_shell_takes_its_completions() {
    let dir = support::sandbox();
    for shell in ["bash", "zsh", "fish"] {
        if !is_there(shell) {
            continue;
        }
        for program in PROGRAMS {
            let script = written(dir.path(), program, &format!("complete-{shell}"));
            let output = Command::new(shell).arg("-n").arg(&script).output().unwrap();
            assert!(output.status.success(), "{shell}: {program}");
            assert_eq!(support::stderr(&output), "", "{shell}: {program}");
        }
    }
}

/// What bash completes when these words are there, the last of them begun.
fn completed(dir: &Path, words: &[&str]) -> Vec<String> {
    let script = written(dir, words[0], "complete-bash");
    let asked = r#"
        source "$1"
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        "_$1"
        printf '%s\n' "${COMPREPLY[@]}"
    "#;
    let output = Command::new("bash")
        .args(["--norc", "-c", asked, "bash"])
        .arg(script)
        .args(words)
        .current_dir(dir)
        .output()
        .unwrap();
    assert_eq!(support::stderr(&output), "", "{words:?}");
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().filter(|line| !line.is_empty());
    lines.map(str::to_owned).collect()
}

#[test]
fn bash_completes_options_values_and_names() {
    if !is_there("bash") {
        return;
    }
    let dir = support::sandbox();
    fs::create_dir(dir.path().join("old csdb")).unwrap();
    fs::write(dir.path().join("old.toml"), "").unwrap();
    for (words, expected) in [
        // Options.
        (&["csmigrate", "--publ"][..], &["--publish-salvaged"][..]),
        (&["csmigrate", "-d", "--no"], &["--no-recover"]),
        // Values: one of several, directories, files, and what is not known.
        (&["csmigrate", "-l", ""], &["min", "max"]),
        (&["csmigrate", "-l", "ma"], &["max"]),
        (&["csmigrate", "--rules", "i"], &["inferred"]),
        (&["csmigrate", "--rules", "=", "n"], &["none"]),
        (
            &["csmigrate", "--progress", "="],
            &["auto", "always", "never"],
        ),
        (&["csmigrate", "-b", "old"], &["old csdb"]),
        (
            &["csmigrate", "--profile", "old"],
            &["old csdb", "old.toml"],
        ),
        (&["csmigrate", "--threads", ""], &[]),
        // Operands.
        (&["csmigrate", "old"], &["old csdb"]),
        (&["bdbfile", "sal"], &["salvage"]),
        (&["bdbfile", "--gen"], &["--generate"]),
        (&["bdbfile", "verify", "old.t"], &["old.toml"]),
        // Options of a command, and of all.
        (
            &["bdbfile", "salvage", "--"],
            &["--aggressive", "--help", "--version", "--generate"],
        ),
        (&["bdbfile", "convert", "--lorder", ""], &["le", "be"]),
        // A name that means another thing elsewhere.
        (&["bdbfile", "log", "--file", "old.t"], &[]),
        (&["bdbfile", "load", "-f", "old.t"], &["old.toml"]),
    ] {
        let mut found = completed(dir.path(), words);
        found.sort();
        let mut expected = expected.to_vec();
        expected.sort_unstable();
        assert_eq!(found, expected, "{words:?}");
    }
}

#[test]
fn fish_completes_options_values_and_names() {
    if !is_there("fish") {
        return;
    }
    let dir = support::sandbox();
    fs::create_dir(dir.path().join("old")).unwrap();
    fs::write(dir.path().join("old.toml"), "").unwrap();
    for (line, expected) in [
        ("csmigrate --publ", &["--publish-salvaged"][..]),
        ("csmigrate --rules ", &["documented", "inferred", "none"]),
        ("csmigrate -b ol", &["old/"]),
        ("csmigrate ol", &["old/"]),
        ("csmigrate --profile ol", &["old.toml", "old/"]),
        ("csmigrate --threads ", &[]),
        ("bdbfile sal", &["salvage"]),
        ("bdbfile salvage --agg", &["--aggressive"]),
        ("bdbfile dump --agg", &[]),
        ("bdbfile convert --lorder ", &["be", "le"]),
        ("bdbfile verify old.t", &["old.toml"]),
    ] {
        let program = line.split(' ').next().unwrap();
        let script = written(dir.path(), program, "complete-fish");
        let output = Command::new("fish")
            .args(["--no-config", "-c", "source $argv[1]; complete -C $argv[2]"])
            .arg(script)
            .arg(line)
            .current_dir(dir.path())
            .output()
            .unwrap();
        assert_eq!(support::stderr(&output), "", "{line}");
        let lines = String::from_utf8(output.stdout).unwrap();
        // What it means follows after a tab.
        let words = lines.lines().filter_map(|line| line.split('\t').next());
        let mut found: Vec<&str> = words.collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{line}");
    }
}
