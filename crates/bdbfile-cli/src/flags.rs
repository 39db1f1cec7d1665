//! The commands and their options, as a table: parsing and the usage text are
//! both made from it.

use std::fmt::Write;

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Dump,
    Stat,
    Verify,
    Salvage,
}

/// What an option means to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Id {
    Print,
    Keys,
    List,
    Name,
    Json,
    Aggressive,
    Version,
    Usage,
}

/// A command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Command {
    pub(crate) verb: Verb,
    pub(crate) name: &'static str,
    /// Whether it takes several files.
    pub(crate) several: bool,
    /// What it does: lines of the usage text.
    pub(crate) help: &'static [&'static str],
    pub(crate) flags: &'static [Flag],
}

/// An option.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flag {
    pub(crate) id: Id,
    pub(crate) short: Option<char>,
    pub(crate) long: Option<&'static str>,
    /// The name of its value, if it has one.
    pub(crate) value: Option<&'static str>,
    /// What it does: lines of the usage text.
    pub(crate) help: &'static [&'static str],
}

/// An option with a short name and no value.
const fn short(id: Id, short: char, help: &'static [&'static str]) -> Flag {
    Flag {
        id,
        short: Some(short),
        long: None,
        value: None,
        help,
    }
}

/// An option with a long name and no value.
const fn long(id: Id, long: &'static str, help: &'static [&'static str]) -> Flag {
    Flag {
        id,
        short: None,
        long: Some(long),
        value: None,
        help,
    }
}

/// The form of keys and data.
const PRINT: Flag = short(
    Id::Print,
    'p',
    &["write printable characters as themselves"],
);

/// All commands in the order of the usage text.
pub(crate) const COMMANDS: &[Command] = &[
    Command {
        verb: Verb::Dump,
        name: "dump",
        several: false,
        help: &["print all records, as the text of Berkeley DB's db_dump"],
        flags: &[
            PRINT,
            short(
                Id::Keys,
                'k',
                &["write record numbers as keys (recno databases and queues)"],
            ),
            short(Id::List, 'l', &["list the names of the databases instead"]),
            Flag {
                id: Id::Name,
                short: Some('s'),
                long: None,
                value: Some("NAME"),
                help: &["only the database of this name"],
            },
        ],
    },
    Command {
        verb: Verb::Stat,
        name: "stat",
        several: false,
        help: &["count the records and pages, and tell what is odd"],
        flags: &[long(Id::Json, "json", &["as JSON"])],
    },
    Command {
        verb: Verb::Verify,
        name: "verify",
        several: true,
        help: &["check all that can be told from the bytes of the files"],
        flags: &[],
    },
    Command {
        verb: Verb::Salvage,
        name: "salvage",
        several: false,
        help: &[
            "print the whole records that are left in a damaged file, as",
            "dump does; tell what is lost",
        ],
        flags: &[
            PRINT,
            long(
                Id::Aggressive,
                "aggressive",
                &[
                    "also what is cut short, has lost its key, is marked",
                    "deleted or lies on damaged and free pages",
                ],
            ),
        ],
    },
];

/// The options that every command has, and none.
pub(crate) const COMMON: &[Flag] = &[
    Flag {
        id: Id::Usage,
        short: Some('h'),
        long: Some("help"),
        value: None,
        help: &["print this text"],
    },
    Flag {
        id: Id::Version,
        short: Some('V'),
        long: Some("version"),
        value: None,
        help: &["print the version"],
    },
];

/// The command of a name.
pub(crate) fn command(name: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.name == name)
}

/// The option that a test finds, of a command's or of those all have.
pub(crate) fn find(
    command: Option<&'static Command>,
    mut is: impl FnMut(&Flag) -> bool,
) -> Option<&'static Flag> {
    command
        .map_or(&[][..], |command| command.flags)
        .iter()
        .chain(COMMON)
        .find(|flag| is(flag))
}

/// The version, and what this is.
pub(crate) fn version() -> String {
    format!(
        "bdbfile {} (reads Berkeley DB files without libdb)\n",
        env!("CARGO_PKG_VERSION")
    )
}

const STATUS: &str = "
Files are only read. Exit status: 0 when all went well; 1 when a file cannot be
read whole, verify finds a problem, or salvage something that is lost.
";

impl Command {
    fn syntax(&self) -> String {
        let mut text = format!("bdbfile {}", self.name);
        for flag in self.flags {
            let _ = write!(text, " [{}]", flag.left(" "));
        }
        text.push_str(if self.several { " FILE..." } else { " FILE" });
        text
    }
}

impl Flag {
    /// Its names and its value, as they are written.
    fn left(&self, separator: &str) -> String {
        let mut names = Vec::new();
        names.extend(self.short.map(|short| format!("-{short}")));
        names.extend(self.long.map(|long| format!("--{long}")));
        if let Some(value) = self.value {
            return format!("{} {value}", names.join(separator));
        }
        names.join(separator)
    }
}

/// The usage text.
pub(crate) fn usage() -> String {
    let mut text = String::new();
    let common = COMMON
        .iter()
        .filter_map(|flag| flag.short.map(|short| format!("bdbfile -{short}")));
    let lines = COMMANDS.iter().map(Command::syntax).chain(common);
    for (index, line) in lines.enumerate() {
        let left = if index == 0 { "usage:" } else { "" };
        let _ = writeln!(text, "{left:<6} {line}");
    }
    text.push_str("\nCommands and their options:\n");
    for command in COMMANDS {
        entry(&mut text, command.name, command.help);
        for flag in command.flags {
            entry(&mut text, &format!("  {}", flag.left(", ")), flag.help);
        }
    }
    text.push_str("\nOptions of all:\n");
    for flag in COMMON {
        entry(&mut text, &flag.left(", "), flag.help);
    }
    text.push_str(STATUS);
    text
}

fn entry(text: &mut String, left: &str, help: &[&str]) {
    for (index, line) in help.iter().enumerate() {
        let left = if index == 0 { left } else { "" };
        let _ = writeln!(text, "  {left:<15} {line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_stands_for_two_options_and_lines_fit_a_terminal() {
        for command in COMMANDS {
            assert_eq!(
                super::command(command.name).map(|found| found.verb),
                Some(command.verb)
            );
            for flag in command.flags.iter().chain(COMMON) {
                if flag.short.is_some() {
                    let found = find(Some(command), |other| other.short == flag.short);
                    assert_eq!(found.map(|found| found.id), Some(flag.id));
                }
                if flag.long.is_some() {
                    let found = find(Some(command), |other| other.long == flag.long);
                    assert_eq!(found.map(|found| found.id), Some(flag.id));
                }
            }
        }
        assert!(usage().lines().all(|line| line.chars().count() <= 80));
    }
}
