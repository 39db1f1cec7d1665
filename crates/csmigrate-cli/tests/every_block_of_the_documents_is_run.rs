//! Every block of code in the documents is what it says it is. By what stands
//! behind its fence:
//!
//! * `console`: each command behind `$ ` prints what stands below it, in a
//!   fresh directory that has the sample stores in `testdata`, document by
//!   document. A status that is not 0 is shown by `$ echo $?`. A comment that
//!   begins with `run` is run as well; it makes what the reader has already.
//!   One with `needs` says what the next block wants that may be missing: a
//!   command, or `samples`, the files that real libraries wrote.
//! * `usage`: what the command says of itself with `-?` or `-h`.
//! * `toml`: a profile that is taken.
//! * `rust`: an example that rustdoc runs.
//! * `yaml`, `ini`, `jinja`: lines of a file below `docs`.
//! * `sh` and `text`: run elsewhere, or not to be run; the lists of
//!   `documents/elsewhere.rs` say which and why.
//!
//! A block of any other kind is an error, and so is one without a fence.
//! `CSMIGRATE_BLESS=1` writes what was seen into the documents, to be read
//! before it is committed.

mod documents;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use documents::desk::{Desk, Tools};
use documents::elsewhere::{ELSEWHERE, TEXTS};
use documents::{Block, Page, Part, console, pages, top};
use serde_json::Value;

#[test]
fn and_each_prints_what_the_document_says() {
    let tools = Tools::new();
    let bless = std::env::var_os("CSMIGRATE_BLESS").is_some();
    let (mut wrong, mut held) = (String::new(), 0);
    for page in pages() {
        let mut judge = Judge {
            desk: Desk::new(&tools),
            page: &page,
            wrong: String::new(),
            blessed: page.text.clone(),
            held: 0,
        };
        // What the next block needs and this machine has not.
        let mut lacks: Option<String> = None;
        let mut seen = Vec::new();
        for part in page.parts() {
            match part {
                Part::Comment(text) => match text.trim_start().split_once(['\n', ' ']) {
                    Some(("needs", what)) => lacks = judge.desk.lacks(what.trim()),
                    Some(("run", script)) if lacks.is_none() => {
                        if let Err(why) = judge.desk.prepare(script) {
                            judge.complain(0, &why);
                        }
                    }
                    _ => {}
                },
                Part::Block(block) if block.kind.as_deref() == Some("console") => {
                    match lacks.take() {
                        Some(what) => {
                            println!("skipped: {}:{}: {what}", page.name, block.line);
                        }
                        None => seen.extend(judge.console(&block).map(|text| (block.range, text))),
                    }
                }
                Part::Block(block) => judge.other(&tools, &block),
            }
        }
        // From the last to the first the places of blocks stay right.
        for (range, text) in seen.into_iter().rev() {
            judge.blessed.replace_range(range, &text);
        }
        if bless && judge.blessed != page.text {
            fs::write(top().join(&page.name), &judge.blessed).unwrap();
        }
        wrong.push_str(&judge.wrong);
        held += judge.held;
    }
    println!("{held} commands");
    assert!(held > 40, "{held} commands");
    assert!(wrong.is_empty() || bless, "\n{wrong}");
}

#[test]
fn and_none_is_left_out_unseen() {
    let mut elsewhere: Vec<(String, String)> = Vec::new();
    let mut texts: BTreeMap<String, usize> = BTreeMap::new();
    for page in pages() {
        for block in page.blocks() {
            match block.kind.as_deref() {
                Some("sh") => elsewhere.push((page.name.clone(), block.first_line().to_owned())),
                Some("text") => *texts.entry(page.name.clone()).or_default() += 1,
                _ => {}
            }
        }
    }
    let mut listed: Vec<_> = ELSEWHERE
        .iter()
        .map(|(page, line, why)| {
            assert!(!why.is_empty());
            ((*page).to_owned(), (*line).to_owned())
        })
        .collect();
    elsewhere.sort();
    listed.sort();
    assert_eq!(
        elsewhere, listed,
        "blocks of `sh` in the documents, and in the list ELSEWHERE; \
         a command that can be run is a block of `console`"
    );
    let listed: BTreeMap<_, _> = TEXTS
        .iter()
        .map(|(page, number, why)| {
            assert!(!why.is_empty());
            ((*page).to_owned(), *number)
        })
        .collect();
    assert_eq!(
        texts, listed,
        "blocks of `text` in the documents, and in the list TEXTS; \
         what a command prints is a block of `console`"
    );
}

/// `cargo run` is stood in for above, so what it runs is looked at here.
#[test]
fn and_a_plain_cargo_run_runs_csmigrate() {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked"])
        .current_dir(top())
        .output()
        .unwrap();
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    let members = told["workspace_default_members"].as_array().unwrap();
    let mut programs = Vec::new();
    for package in told["packages"].as_array().unwrap() {
        if members.contains(&package["id"]) {
            let targets = package["targets"].as_array().unwrap().iter();
            let programs_of_it = targets.filter(|target| target["kind"][0] == "bin");
            programs.extend(programs_of_it.map(|target| target["name"].clone()));
        }
    }
    assert_eq!(programs, ["csmigrate"]);
}

/// What is said of the blocks of one document.
struct Judge<'a> {
    desk: Desk<'a>,
    page: &'a Page,
    wrong: String,
    blessed: String,
    held: usize,
}

impl Judge<'_> {
    fn complain(&mut self, line: usize, what: &str) {
        let _ = writeln!(self.wrong, "{}:{line}: {what}", self.page.name);
    }

    /// Runs a block; its text, where it should be another.
    fn console(&mut self, block: &Block) -> Option<String> {
        let mut steps = match console::steps(&block.text) {
            Ok(steps) => steps,
            Err(why) => {
                self.complain(block.line, &why);
                return None;
            }
        };
        let seen = match self.desk.run(&steps) {
            Ok(seen) => seen,
            Err(why) => {
                self.complain(block.line, &why);
                return None;
            }
        };
        let mut differs = false;
        for number in 0..steps.len() {
            let (text, status) = &seen[number];
            let next = steps.get(number + 1);
            if *status != 0 && next.is_none_or(|next| next.command != "echo $?") {
                let command = &steps[number].command;
                let what =
                    format!("`{command}` ends with status {status}, which is not shown\n{text}");
                self.complain(block.line, &what);
            }
            let step = &mut steps[number];
            if !console::same(&step.output, text) {
                differs = true;
                let what = format!(
                    "`{}` prints something else\n  the document says:\n{}  it prints:\n{}",
                    step.command,
                    shown(&step.output),
                    shown(text)
                );
                step.output = console::elided(&step.output, text);
                self.complain(block.line, &what);
            }
        }
        self.held += steps.len();
        differs.then(|| console::block(&steps))
    }

    /// What can be said of a block that is no console.
    fn other(&mut self, tools: &Tools, block: &Block) {
        let Some(kind) = &block.kind else {
            self.complain(
                block.line,
                "a block without a fence: nobody knows what it is",
            );
            return;
        };
        match kind.as_str() {
            "usage" => self.usage(tools, block),
            "toml" => {
                fs::write(self.desk.work().join("profile.toml"), &block.text).unwrap();
                let command = "csmigrate -q --profile profile.toml --inspect testdata/composed-le";
                if let Err(why) = self.desk.prepare(command) {
                    self.complain(block.line, &why);
                }
            }
            // `no_run` is for rustdoc: it is compiled alone.
            "rust" | "rust,no_run" => {
                if !is_doctest(&self.page.name) {
                    self.complain(
                        block.line,
                        "no crate includes this page as its documentation",
                    );
                }
            }
            "yaml" | "ini" | "jinja" => {
                if !is_part_of_a_file(&block.text) {
                    self.complain(block.line, "these lines are in no file below docs");
                }
            }
            // Held to their lists by the test below.
            "sh" | "text" => {}
            _ => self.complain(block.line, &format!("a block of an unknown kind: `{kind}`")),
        }
    }

    /// Every option and every word of a usage is in what the command says of
    /// itself.
    fn usage(&mut self, tools: &Tools, block: &Block) {
        let command = block.text.split_whitespace().next().unwrap_or_default();
        let option = match command {
            "csmigrate" => "-?",
            "bdbfile" => "-h",
            _ => {
                self.complain(block.line, "a usage of a command that is not ours");
                return;
            }
        };
        let help = tools.help_of(command, option);
        let known: Vec<&str> = words(&help).collect();
        for word in words(&block.text) {
            if !known.contains(&word) {
                let what = format!("`{command} {option}` says nothing of `{word}`");
                self.complain(block.line, &what);
            }
        }
    }
}

/// The words of a usage, without brackets, bars and dots.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_mark = |c: char| c.is_whitespace() || "[]|(),;:".contains(c);
    let words = text.split(is_mark).map(|word| word.trim_matches('.'));
    words.filter(|word| !word.is_empty())
}

fn is_doctest(page: &str) -> bool {
    let include = format!("/{page}\")");
    files_below(&top().join("crates"))
        .any(|text| text.contains("include_str!(") && text.contains(&include))
}

fn is_part_of_a_file(lines: &str) -> bool {
    files_below(&top().join("docs/many-servers")).any(|text| text.contains(lines))
}

fn files_below(dir: &Path) -> Box<dyn Iterator<Item = String>> {
    let entries: Vec<_> = fs::read_dir(dir).into_iter().flatten().collect();
    Box::new(entries.into_iter().flat_map(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path)
        } else {
            Box::new(fs::read_to_string(path).ok().into_iter())
        }
    }))
}

fn shown(text: &str) -> String {
    text.lines().fold(String::new(), |mut all, line| {
        let _ = writeln!(all, "    {line}");
        all
    })
}
