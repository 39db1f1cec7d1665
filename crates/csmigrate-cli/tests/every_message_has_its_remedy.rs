//! `docs/troubleshooting.md` says of each error and warning what it means and
//! what to do: of all codes that `docs/report.md` lists and of no other, with
//! the message as the program has it.

mod documents;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use documents::{page, top};

/// The tables of one page, and what they are made from on the other.
const TABLES: [(&str, &[&str]); 2] = [
    ("Errors", &["Codes of errors"]),
    ("Warnings", &["Codes of warnings"]),
];

/// What is in so many messages that it tells none.
const IN_MANY: [&str; 2] = ["nothing was published:", "does not exist"];

#[test]
fn each_code_is_explained_and_no_other() {
    let codes = |document: &str, headings: &[&str]| -> BTreeSet<String> {
        let cells = page(document).first_cells().into_iter();
        let cells = cells.filter(|(heading, _)| headings.contains(&heading.as_str()));
        cells.map(|(_, cell)| cell).collect()
    };
    for (heading, headings) in TABLES {
        let explained = codes("docs/troubleshooting.md", &[heading]);
        let listed = codes("docs/report.md", headings);
        assert!(listed.len() > 30, "{heading}: {listed:?}");
        assert_eq!(explained, listed, "{heading}");
    }
}

#[test]
fn each_message_is_one_that_the_program_has() {
    let mut sources = String::new();
    for dir in ["csmigrate", "csmigrate-cli", "caldb", "bdbfile"] {
        read_all(&top().join("crates").join(dir).join("src"), &mut sources);
    }
    let (mut held, mut unknown) = (0, Vec::new());
    for line in page("docs/troubleshooting.md").text.lines() {
        // The messages are in the second column where the first has a code.
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").collect();
        let ([_, messages, _, _] | [messages, _]) = cells[..] else {
            continue;
        };
        for message in messages.split('`').skip(1).step_by(2) {
            for part in message.split('…') {
                let part = part.trim_matches(['\'', ' ', '(', ')', ':', ';']);
                if !part.is_empty() && !sources.contains(part) {
                    unknown.push(part.to_owned());
                }
                held += usize::from(!part.is_empty());
            }
        }
    }
    assert!(held > 90, "{held} messages");
    assert!(unknown.is_empty(), "no source has these: {unknown:#?}");
}

#[test]
fn each_error_has_the_beginning_of_its_message() {
    // The other way round: an error that is added is explained by what it says.
    let source = fs::read_to_string(top().join("crates/csmigrate/src/error.rs")).unwrap();
    let table = page("docs/troubleshooting.md").text;
    let messages: Vec<&str> = table.split('`').skip(1).step_by(2).collect();
    let pieces: Vec<&str> = messages
        .iter()
        .flat_map(|message| message.split('…'))
        .map(|piece| piece.trim_matches(['\'', ' ', '(', ')']))
        .filter(|piece| piece.len() > 5 && !IN_MANY.contains(piece))
        .collect();
    let mut held = 0;
    for error in source.split("#[error(").skip(1) {
        let text = error.split("\")]").next().unwrap();
        let text = text.split("\"\n    )]").next().unwrap();
        // Those that only pass on what others say.
        if text.starts_with("\"{}\"") || text.starts_with("\"{error}") {
            continue;
        }
        let known = pieces.iter().any(|piece| text.contains(piece));
        assert!(known, "docs/troubleshooting.md does not have: {text}");
        held += 1;
    }
    assert!(held > 30, "{held} errors");
}

fn read_all(dir: &Path, all: &mut String) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, all);
        } else {
            all.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}
