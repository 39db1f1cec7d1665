//! Completions for bash, from version 4 on.

use std::fmt::Write;

use crate::{Completes, Opt, Program, quoted};

pub(crate) fn script(program: &Program) -> String {
    let name = program.name;
    let mut text = format!(
        "# Completions of {name} for bash, made by: {name} --generate complete-bash

_{name}() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev= command= word
    (( COMP_CWORD > 0 )) && prev=${{COMP_WORDS[COMP_CWORD - 1]}}
    # What follows an option's name and \"=\" is its value.
    if [[ $cur == = ]]; then
        cur=
    elif [[ $prev == = ]] && (( COMP_CWORD > 1 )); then
        prev=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
"
    );
    if !program.commands.is_empty() {
        text.push_str(
            "    for word in \"${COMP_WORDS[@]:1:COMP_CWORD - 1}\"; do
        [[ $word == -* ]] || { command=$word; break; }
    done
",
        );
    }
    text.push_str("    COMPREPLY=()\n    case $command,$prev in\n");
    for option in program.options() {
        value(&mut text, "*", option);
    }
    for command in &program.commands {
        for option in &command.options {
            value(&mut text, &quoted(command.name), option);
        }
    }
    text.push_str("    esac\n    if [[ $cur == -* ]]; then\n        case $command in\n");
    let common: Vec<&Opt> = program.options().collect();
    for command in &program.commands {
        let all = command.options.iter().chain(common.iter().copied());
        names(&mut text, &quoted(command.name), all);
    }
    names(&mut text, "*", common.iter().copied());
    text.push_str("        esac\n        return\n    fi\n    case $command in\n");
    for command in &program.commands {
        let reply = reply(command.operands);
        let _ = writeln!(text, "        {}) {reply} ;;", quoted(command.name));
    }
    let first = if program.commands.is_empty() {
        reply(program.operands)
    } else {
        let commands: Vec<&str> = program.commands.iter().map(|one| one.name).collect();
        words(&commands.join(" "))
    };
    let _ = writeln!(
        text,
        "        '') {first} ;;\n    esac\n}}\n\ncomplete -F _{name} {name}"
    );
    text
}

/// A case that completes the value of an option.
fn value(text: &mut String, command: &str, option: &Opt) {
    let Some(completes) = option.completes() else {
        return;
    };
    let names: Vec<String> = option
        .names()
        .map(|name| format!("{command},{}", quoted(&name)))
        .collect();
    let reply = reply(completes);
    let _ = writeln!(text, "        {}) {reply}; return ;;", names.join(" | "));
}

/// A case that completes the names of options.
fn names<'a>(text: &mut String, command: &str, options: impl Iterator<Item = &'a Opt>) {
    let names: Vec<String> = options.flat_map(Opt::names).collect();
    let reply = words(&names.join(" "));
    let _ = writeln!(text, "            {command}) {reply} ;;");
}

/// The command that completes a word.
fn reply(completes: Completes) -> String {
    let named = |action| {
        format!(
            "mapfile -t COMPREPLY < <(compgen {action} -- \"$cur\"); compopt -o filenames 2>/dev/null"
        )
    };
    match completes {
        Completes::Nothing => ":".to_owned(),
        Completes::Files => named("-f"),
        Completes::Directories => named("-d"),
        Completes::OneOf(all) => words(&Completes::words(all)),
    }
}

fn words(words: &str) -> String {
    let words = quoted(words);
    format!("mapfile -t COMPREPLY < <(compgen -W {words} -- \"$cur\")")
}
