//! Completions for zsh.

use std::fmt::Write;

use crate::{Completes, Opt, Program, brief, quoted};

pub(crate) fn script(program: &Program) -> String {
    let name = program.name;
    let mut text = format!(
        "#compdef {name}
# Completions of {name} for zsh, made by: {name} --generate complete-zsh

_{name}() {{
    local context state state_descr line
    local -a commands
    typeset -A opt_args
"
    );
    let common: Vec<&Opt> = program.options().collect();
    if program.commands.is_empty() {
        let operands = format!("*:{}", action(program.operands, "operand"));
        arguments(&mut text, 4, "", common.into_iter(), &[&operands]);
    } else {
        let rest = ["1:command:->command", "*::operand:->operand"];
        arguments(&mut text, 4, " -C", common.iter().copied(), &rest);
        text.push_str("    case $state in\n    command)\n        commands=(\n");
        for command in &program.commands {
            let help = brief(command.help).replace(':', r"\:");
            let entry = quoted(&format!("{}:{help}", command.name));
            let _ = writeln!(text, "            {entry}");
        }
        text.push_str(
            "        )
        _describe command commands
        ;;
    operand)
        case $line[1] in
",
        );
        for command in &program.commands {
            let _ = writeln!(text, "        {})", command.name);
            let options = command.options.iter().chain(common.iter().copied());
            let operands = format!("*:{}", action(command.operands, "operand"));
            arguments(&mut text, 12, "", options, &[&operands]);
            text.push_str("            ;;\n");
        }
        text.push_str("        esac\n        ;;\n    esac\n");
    }
    let _ = write!(
        text,
        "}}

if [ \"$funcstack[1]\" = \"_{name}\" ]; then
    _{name} \"$@\"
else
    compdef _{name} {name}
fi
"
    );
    text
}

/// A call of `_arguments`.
fn arguments<'a>(
    text: &mut String,
    indent: usize,
    how: &str,
    options: impl Iterator<Item = &'a Opt>,
    rest: &[&str],
) {
    let indent = " ".repeat(indent);
    let specs = options.map(spec).chain(rest.iter().map(|one| quoted(one)));
    let _ = write!(text, "{indent}_arguments -s -S{how}");
    for spec in specs {
        let _ = write!(text, " \\\n{indent}    {spec}");
    }
    text.push('\n');
}

/// What `_arguments` is told of an option.
fn spec(option: &Opt) -> String {
    let help = brief(option.help);
    // Ends the help where it is not marked.
    let help = help.replace('\\', r"\\").replace(']', r"\]");
    let mut tail = format!("[{help}]");
    if let (Some(completes), Some(value)) = (option.completes(), option.value) {
        let _ = write!(tail, ":{}", action(completes, value));
    }
    let mark = |name: String, mark: &str| match option.value {
        Some(_) => format!("{name}{mark}"),
        None => name,
    };
    match (option.short, option.long) {
        (Some(short), Some(long)) => {
            let both = quoted(&format!("(-{short} --{long})"));
            let short = quoted(&mark(format!("-{short}"), "+"));
            let long = quoted(&mark(format!("--{long}"), "="));
            format!("{both}{{{short},{long}}}{}", quoted(&tail))
        }
        (Some(short), None) => quoted(&format!("{}{tail}", mark(format!("-{short}"), "+"))),
        (None, Some(long)) => quoted(&format!("{}{tail}", mark(format!("--{long}"), "="))),
        (None, None) => String::new(),
    }
}

/// What a value is called, and how it is completed.
fn action(completes: Completes, name: &str) -> String {
    let name = name.replace(':', r"\:");
    match completes {
        Completes::Nothing => format!("{name}: "),
        Completes::Files => format!("{name}:_files"),
        Completes::Directories => format!("{name}:_files -/"),
        Completes::OneOf(all) => format!("{name}:({})", Completes::words(all)),
    }
}
