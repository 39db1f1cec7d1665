//! The commands and their options, as a table: parsing, the usage text, the
//! manual page and the completions are made from it.

use std::fmt::Write;

use option_table::{Form, Opt, entry};

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Dump,
    Stat,
    Verify,
    Salvage,
    Convert,
    Load,
    Rebuild,
    Log,
}

/// The files that a command names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operands {
    /// One that is read.
    File,
    /// One or more that are read.
    Files,
    /// One that is read and one that is written.
    SourceAndTarget,
    /// One that is written.
    Target,
    /// Directories of logs, or logs.
    Logs,
}

impl Operands {
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::File => "FILE",
            Self::Files => "FILE...",
            Self::SourceAndTarget => "SRC DST",
            Self::Target => "DST",
            Self::Logs => "DIR|LOG...",
        }
    }
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
    ByteOrder,
    PageSize,
    FormatVersion,
    Kind,
    Checksums,
    NoChecksums,
    Uid,
    Memory,
    Threads,
    Keyword,
    From,
    KeepFirst,
    Plain,
    Recover,
    Logs,
    Full,
    Of,
    Transaction,
    /// One of the real program's that is not taken over.
    NotTaken,
    Version,
    Usage,
    Generate,
}

/// A command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Command {
    pub(crate) verb: Verb,
    pub(crate) name: &'static str,
    pub(crate) operands: Operands,
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
    /// What it does: lines of the usage text. Of an option that is not taken
    /// over why it is not; the usage text leaves it out.
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

/// An option with a long name and a value.
const fn setting(
    id: Id,
    long: &'static str,
    value: &'static str,
    help: &'static [&'static str],
) -> Flag {
    Flag {
        id,
        short: None,
        long: Some(long),
        value: Some(value),
        help,
    }
}

/// An option with a short name and a value.
const fn short_setting(
    id: Id,
    short: char,
    value: &'static str,
    help: &'static [&'static str],
) -> Flag {
    Flag {
        id,
        short: Some(short),
        long: None,
        value: Some(value),
        help,
    }
}

/// An option of the real program that is refused by name.
const fn not_taken(short: char, value: Option<&'static str>, why: &'static [&'static str]) -> Flag {
    Flag {
        id: Id::NotTaken,
        short: Some(short),
        long: None,
        value,
        help: why,
    }
}

const BYTE_ORDER: Flag = setting(
    Id::ByteOrder,
    "lorder",
    "le|be",
    &["byte order of DST: little-endian (default) or big-endian"],
);

const PAGE_SIZE: Flag = setting(
    Id::PageSize,
    "page-size",
    "N",
    &["bytes of a page of DST: a power of two from 512 to 65536"],
);

const FORMAT_VERSION: Flag = setting(
    Id::FormatVersion,
    "format-version",
    "N",
    &[
        "version of the format: btree and recno 9 (default) or 8,",
        "hash 8 (default), 7 or 9",
    ],
);

const KIND: Flag = setting(
    Id::Kind,
    "kind",
    "KIND",
    &["what every database becomes: btree, hash or recno"],
);

const CHECKSUMS: Flag = long(Id::Checksums, "checksums", &["pages get checksums"]);

const NO_CHECKSUMS: Flag = long(
    Id::NoChecksums,
    "no-checksums",
    &["pages get none, even where those of SRC have them"],
);

const FILE_ID: Flag = setting(
    Id::Uid,
    "file-id",
    "HEX",
    &["the id of DST, 40 hex digits; a fresh one unless told"],
);

const MEMORY: Flag = setting(
    Id::Memory,
    "memory",
    "N",
    &["memory for sorting, as 64M or 1G; 256M unless told"],
);

const RECOVER: Flag = long(
    Id::Recover,
    "recover",
    &["as recovery would leave it; no file of it is changed"],
);

const LOGS: Flag = setting(
    Id::Logs,
    "logs",
    "DIR",
    &["with --recover: the logs are in DIR, not beside the file"],
);

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
        operands: Operands::File,
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
            RECOVER,
            LOGS,
        ],
    },
    Command {
        verb: Verb::Stat,
        name: "stat",
        operands: Operands::File,
        help: &["count the records and pages, and tell what is odd"],
        flags: &[long(Id::Json, "json", &["as JSON"]), RECOVER, LOGS],
    },
    Command {
        verb: Verb::Verify,
        name: "verify",
        operands: Operands::Files,
        help: &["check all that can be told from the bytes of the files"],
        flags: &[RECOVER, LOGS],
    },
    Command {
        verb: Verb::Salvage,
        name: "salvage",
        operands: Operands::File,
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
    Command {
        verb: Verb::Convert,
        name: "convert",
        operands: Operands::SourceAndTarget,
        help: &[
            "write the databases of SRC into the new file DST: every",
            "record, in the order found",
        ],
        flags: &[
            BYTE_ORDER,
            PAGE_SIZE,
            FORMAT_VERSION,
            KIND,
            CHECKSUMS,
            NO_CHECKSUMS,
            FILE_ID,
            MEMORY,
            setting(
                Id::Threads,
                "threads",
                "N",
                &["how many work at once; all processors unless told"],
            ),
            RECOVER,
            LOGS,
        ],
    },
    Command {
        verb: Verb::Load,
        name: "load",
        operands: Operands::Target,
        help: &["write the text of dump or db_dump into the new file DST"],
        flags: &[
            short_setting(
                Id::Keyword,
                'c',
                "NAME=VALUE",
                &["a line of the header, in place of those of the text"],
            ),
            short_setting(
                Id::From,
                'f',
                "FILE",
                &["read the text from FILE, not from standard input"],
            ),
            short(
                Id::KeepFirst,
                'n',
                &["of records with one key keep the first, not the last"],
            ),
            short_setting(
                Id::Kind,
                't',
                "KIND",
                &["what to make: btree, hash, recno or queue"],
            ),
            short(
                Id::Plain,
                'T',
                &["the text has no header: lines of keys and data in turn"],
            ),
            FORMAT_VERSION,
            FILE_ID,
            MEMORY,
            not_taken(
                'h',
                Some("HOME"),
                &["environments are not joined; --help explains the options"],
            ),
            not_taken('P', Some("PASSWORD"), &["nothing is encrypted"]),
            not_taken(
                'r',
                Some("lsn|fileid"),
                &["no file is changed in place; convert makes a copy with both reset"],
            ),
            not_taken(
                'b',
                Some("DIR"),
                &["no objects are kept in files of their own"],
            ),
            not_taken(
                'o',
                Some("N"),
                &["no objects are kept in files of their own"],
            ),
        ],
    },
    Command {
        verb: Verb::Rebuild,
        name: "rebuild",
        operands: Operands::SourceAndTarget,
        help: &[
            "write what salvage finds whole in a damaged SRC into the",
            "new file DST; tell what is lost",
        ],
        flags: &[
            BYTE_ORDER,
            PAGE_SIZE,
            FORMAT_VERSION,
            CHECKSUMS,
            NO_CHECKSUMS,
            FILE_ID,
            MEMORY,
        ],
    },
    Command {
        verb: Verb::Log,
        name: "log",
        operands: Operands::Logs,
        help: &[
            "print the records of transaction logs, a line each, and what",
            "a recovery would do with each",
        ],
        flags: &[
            long(Id::Full, "full", &["long fields whole"]),
            setting(
                Id::Of,
                "file",
                "NAME",
                &["only records about the file of this name"],
            ),
            setting(
                Id::Transaction,
                "txn",
                "ID",
                &["only records of this transaction, as 80000003"],
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
        help: &["explain the commands and options"],
    },
    Flag {
        id: Id::Version,
        short: Some('V'),
        long: Some("version"),
        value: None,
        help: &["print the version"],
    },
    setting(
        Id::Generate,
        "generate",
        Form::NAMES,
        &["print the manual page, or the completions of a shell"],
    ),
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
        "bdbfile {} (reads and writes Berkeley DB files without libdb)\n",
        env!("CARGO_PKG_VERSION")
    )
}

const STATUS: &str = "
FILE, SRC and LOG are only read. DST must not be there: it appears whole and
synced, or not at all. Exit status: 0 when all went well; 1 when a file cannot
be read whole, or not be recovered, verify finds a problem, salvage or rebuild
something that is lost, load leaves out a record whose key was there, or log
finds a log that is torn or cannot be replayed.
";

/// The title of the options that all commands have.
pub(crate) const OF_ALL: &str = "Options of all";

/// Columns of a terminal.
const WIDTH: usize = 80;

impl Command {
    /// The options that it takes.
    pub(crate) fn taken(&self) -> impl Iterator<Item = &'static Flag> {
        self.flags.iter().filter(|flag| flag.id != Id::NotTaken)
    }

    /// The parts of its line in the usage text, none to be divided.
    fn syntax(&self) -> Vec<String> {
        let mut parts = vec![format!("bdbfile {}", self.name)];
        parts.extend(
            self.taken()
                .map(|flag| format!("[{}]", flag.opt().written(" "))),
        );
        parts.push(self.operands.text().to_owned());
        parts
    }
}

impl Flag {
    /// One name of it, for messages.
    pub(crate) fn name(&self) -> String {
        match (self.long, self.short) {
            (Some(long), _) => format!("--{long}"),
            (None, Some(short)) => format!("-{short}"),
            (None, None) => String::new(),
        }
    }

    /// Whether the usage text leaves it out: it is for who packages this.
    fn is_hidden(&self) -> bool {
        self.id == Id::Generate
    }

    /// The option as what is made from the table takes it.
    pub(crate) fn opt(&self) -> Opt {
        Opt {
            short: self.short,
            long: self.long,
            value: self.value,
            help: self.help,
        }
    }
}

/// The usage text.
pub(crate) fn usage() -> String {
    let mut text = String::new();
    let common = COMMON
        .iter()
        .filter_map(|flag| flag.short.map(|short| vec![format!("bdbfile -{short}")]));
    let commands = COMMANDS.iter().map(Command::syntax).chain(common);
    for (index, parts) in commands.enumerate() {
        let mut line = if index == 0 { "usage:" } else { "      " }.to_owned();
        for part in parts {
            let all = line.len().saturating_add(1).saturating_add(part.len());
            if all > WIDTH {
                let _ = writeln!(text, "{line}");
                line = " ".repeat(12);
            }
            line.push(' ');
            line.push_str(&part);
        }
        let _ = writeln!(text, "{line}");
    }
    text.push_str("\nCommands and their options:\n");
    for command in COMMANDS {
        entry(&mut text, command.name, command.help);
        for flag in command.taken() {
            entry(
                &mut text,
                &format!("  {}", flag.opt().written(", ")),
                flag.help,
            );
        }
    }
    let _ = writeln!(text, "\n{OF_ALL}:");
    for flag in COMMON.iter().filter(|flag| !flag.is_hidden()) {
        entry(&mut text, &flag.opt().written(", "), flag.help);
    }
    text.push_str(STATUS);
    text
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
                    if found.is_some_and(|found| found.id == Id::NotTaken) {
                        continue;
                    }
                    assert_eq!(found.map(|found| found.id), Some(flag.id));
                }
                if flag.long.is_some() {
                    let found = find(Some(command), |other| other.long == flag.long);
                    assert_eq!(found.map(|found| found.id), Some(flag.id));
                }
            }
        }
        assert!(usage().lines().all(|line| line.chars().count() <= WIDTH));
    }
}
