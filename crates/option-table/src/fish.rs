//! Completions for fish.

use std::fmt::Write;

use crate::{Completes, Opt, Program, brief};

pub(crate) fn script(program: &Program) -> String {
    let name = program.name;
    let mut text = format!(
        "# Completions of {name} for fish, made by: {name} --generate complete-fish

"
    );
    let operands = operands(program.operands);
    if program.commands.is_empty() && !operands.is_empty() {
        let _ = writeln!(text, "complete -c {name}{operands}");
    }
    for command in &program.commands {
        let help = quoted(&brief(command.help));
        let _ = writeln!(
            text,
            "complete -c {name} -n __fish_use_subcommand -f -a {} -d {help}",
            command.name
        );
    }
    for option in program.options() {
        line(&mut text, name, "", option);
    }
    for command in &program.commands {
        let when = quoted(&format!("__fish_seen_subcommand_from {}", command.name));
        for option in &command.options {
            line(&mut text, name, &format!(" -n {when}"), option);
        }
    }
    text
}

fn line(text: &mut String, program: &str, when: &str, option: &Opt) {
    let _ = write!(text, "complete -c {program}{when}");
    if let Some(short) = option.short {
        let _ = write!(text, " -s {}", quoted(&short.to_string()));
    }
    if let Some(long) = option.long {
        let _ = write!(text, " -l {long}");
    }
    if let Some(completes) = option.completes() {
        text.push_str(match completes {
            // Names of files are what fish offers by itself.
            Completes::Files => " -r -F",
            _ => " -x",
        });
        if let Some(list) = list(completes) {
            let _ = write!(text, " -a {}", quoted(&list));
        }
    }
    let _ = writeln!(text, " -d {}", quoted(&brief(option.help)));
}

/// How the operands of a program without commands are completed.
fn operands(completes: Completes) -> String {
    match list(completes) {
        Some(list) => format!(" -f -a {}", quoted(&list)),
        None if completes == Completes::Files => String::new(),
        None => " -f".to_owned(),
    }
}

/// What gives the words to choose from.
fn list(completes: Completes) -> Option<String> {
    match completes {
        Completes::Nothing | Completes::Files => None,
        Completes::Directories => Some("(__fish_complete_directories)".to_owned()),
        Completes::OneOf(all) => Some(Completes::words(all)),
    }
}

/// A text in single quotes, as fish takes it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', r"\\").replace('\'', r"\'"))
}
