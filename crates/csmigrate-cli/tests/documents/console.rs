//! Blocks of `console`: commands behind `$ `, each with what it prints.
//!
//! What differs from run to run is made the same on both sides before they are
//! compared: times, processes, the host's name, seconds, free space, ids. For
//! anything else a document may write `[..]` for the rest of a word or line and
//! `...` for lines.

use std::fmt::Write as _;

use snapbox::data::DataFormat;
use snapbox::filter::NormalizeToExpected;
use snapbox::{Data, IntoData as _};

/// A command of a block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// What is typed; it may go over several lines.
    pub(crate) command: String,
    /// What is printed, on both outputs.
    pub(crate) output: String,
}

/// The commands of a block.
pub(crate) fn steps(text: &str) -> Result<Vec<Step>, String> {
    let mut steps: Vec<Step> = Vec::new();
    let mut typing = false;
    for line in text.lines() {
        let step = steps.last_mut();
        match (line.strip_prefix("$ "), line.strip_prefix("> "), step) {
            (Some(command), _, _) => {
                typing = true;
                steps.push(Step {
                    command: command.to_owned(),
                    output: String::new(),
                });
            }
            (None, Some(more), Some(step)) if typing => {
                step.command.push('\n');
                step.command.push_str(more);
            }
            (None, _, Some(step)) => {
                typing = false;
                step.output.push_str(line);
                step.output.push('\n');
            }
            (None, _, None) => return Err(format!("begins with no command: {line}")),
        }
    }
    if steps.is_empty() {
        return Err("has no command".to_owned());
    }
    Ok(steps)
}

/// Commands with their outputs as a block.
pub(crate) fn block(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        for (line, mark) in step.command.lines().zip(["$"].iter().chain(&[">"; 99])) {
            let _ = writeln!(text, "{mark} {line}");
        }
        text.push_str(&step.output);
    }
    text
}

/// Whether what was seen is what a document says.
pub(crate) fn same(said: &str, seen: &str) -> bool {
    let (said, seen) = (normal(said), normal(seen));
    said == elided(&said, &seen)
}

/// What was seen, with what the document leaves out left out.
pub(crate) fn elided(said: &str, seen: &str) -> String {
    let [said, seen] = [said, seen].map(|text| Data::text(text).coerce_to(DataFormat::Text));
    let filter = NormalizeToExpected::new().redact();
    filter.normalize(seen.into_data(), &said).to_string()
}

/// A text without what differs from run to run.
fn normal(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        // Whether there are such processes is the machine's affair.
        if !line.contains("could not be asked whether they hold the source") {
            out.push_str(&normal_line(line));
            out.push('\n');
        }
    }
    out
}

fn normal_line(line: &str) -> String {
    let mut line = line.to_owned();
    if let Some((time, rest)) = line.split_once("Z [")
        && time.len() == 19
        && let Some((process, text)) = rest.split_once("] ")
        && process.bytes().all(|b| b.is_ascii_digit())
    {
        line = match text.split_once(" on ") {
            Some((program, rest)) if program.starts_with("csmigrate ") => {
                let (_, args) = rest.split_once(": ").expect("host and arguments");
                format!("TIME [PID] {program} on HOST: {args}")
            }
            _ => format!("TIME [PID] {text}"),
        };
    }
    for needed in [" bytes are needed and ", " bytes needed, "] {
        if let Some((before, after)) = line.split_once(needed) {
            let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
            line = format!("{before}{needed}FREE{rest}");
        }
    }
    let is_seconds = |word: &str| {
        word.split_once('.').is_some_and(|(whole, part)| {
            part.len() == 2
                && whole
                    .bytes()
                    .chain(part.bytes())
                    .all(|b| b.is_ascii_digit())
        })
    };
    match line.rsplit_once(' ') {
        Some((rest, word)) if is_seconds(word) => format!("{} SECONDS", rest.trim_end()),
        _ => line,
    }
}

#[test]
fn commands_and_outputs_are_told_apart() {
    let text = "$ one\nout\n> no more of it\n$ for a in b; do\n>     c\n> done\n$ two\n...\n";
    let read = steps(text).unwrap();
    let commands: Vec<_> = read.iter().map(|step| step.command.as_str()).collect();
    assert_eq!(commands, ["one", "for a in b; do\n    c\ndone", "two"]);
    assert_eq!(read[0].output, "out\n> no more of it\n");
    assert_eq!(block(&read), text);
    assert!(steps("out\n").is_err());
    assert!(steps("").is_err());
}

#[test]
fn only_what_may_differ_may_differ() {
    for (said, seen) in [
        ("a 0.01\n", "a 12.34\n"),
        ("a  0.01\n", "a 12.34\n"),
        ("a [..] c\n", "a bb c\n"),
        ("a\n...\nd\n", "a\nb\nc\nd\n"),
        ("...\nd\n", "a\nd\n"),
        (
            "2026-11-23T05:07:26Z [6697] a\n",
            "2027-01-02T15:17:16Z [1] a\n",
        ),
    ] {
        assert!(same(said, seen), "{said}{seen}");
    }
    for (said, seen) in [
        ("a\n", "b\n"),
        ("a\n", ""),
        ("", "a\n"),
        ("a 0.01\n", "a 1\n"),
        ("a\n...\nd\n", "a\nb\nc\n"),
        ("a\nb\n", "a\nb\nc\n"),
        ("a [..] c\n", "a bb d\n"),
        (
            "2026-11-23T05:07:26Z [6697] a\n",
            "2026-11-23T05:07:26Z [6697] b\n",
        ),
    ] {
        assert!(!same(said, seen), "{said}{seen}");
    }
}
