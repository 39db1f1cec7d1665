//! What the manual page and the completions are made of: the table of commands
//! and their options, and what the manual tells beside it.

use option_table::{Command, Completes, Group, Part, Program, Section};

use crate::flags::{self, COMMANDS, COMMON, Flag, Operands};

/// The program as what is made from its table takes it.
pub(crate) fn program() -> Program {
    let commands = COMMANDS.iter().map(|command| Command {
        name: command.name,
        help: command.help,
        options: command.taken().map(Flag::opt).collect(),
        operands: match command.operands {
            Operands::File
            | Operands::Files
            | Operands::SourceAndTarget
            | Operands::Target
            | Operands::Logs => Completes::Files,
        },
    });
    let syntax = COMMANDS.iter().map(|command| {
        let operands = command.operands.text();
        format!("bdbfile {} [options] {operands}", command.name)
    });
    Program {
        name: "bdbfile",
        version: env!("CARGO_PKG_VERSION"),
        about: "look into, check, save and write Berkeley DB files",
        syntax: syntax.collect(),
        description: DESCRIPTION,
        groups: vec![Group {
            title: flags::OF_ALL,
            options: COMMON.iter().map(Flag::opt).collect(),
        }],
        commands: commands.collect(),
        operands: Completes::Nothing,
        sections: SECTIONS,
    }
}

const DESCRIPTION: &[&str] = &[
    "Reads, verifies, salvages, converts and writes files of Berkeley DB: btree, hash and recno databases and queues of releases from 2.x on, in either byte order, on any machine and without libdb. Transaction logs of releases 3.0 to 4.2, 4.8 and 5.3 are printed and replayed.",
    "FILE, SRC and LOG are only read. DST must not be there: it appears whole and synced, or not at all.",
];

const SECTIONS: &[Section] = &[
    Section {
        title: "FILES",
        parts: &[
            Part::Item(
                "log.NNNNNNNNNN",
                "transaction logs: beside the file, or in the directory of --logs, with --recover; any that are named, with the command log.",
            ),
            Part::Item(
                "__dbq.NAME.N",
                "extents of a queue, beside it: they are read with it.",
            ),
        ],
    },
    Section {
        title: "EXIT STATUS",
        parts: &[
            Part::Item("0", "all went well."),
            Part::Item(
                "1",
                "a file cannot be read whole, or not be recovered; verify finds a problem; salvage or rebuild finds something that is lost; load leaves out a record whose key was there; log finds a log that is torn or cannot be replayed; or the command line is wrong.",
            ),
        ],
    },
    Section {
        title: "SIGNALS",
        parts: &[Part::Text(
            "None is caught. A DST that is not whole has no name, so that a command that is killed leaves nothing of it; where the file system knows no such files it is .bdbfile-PROCESS-N.tmp in the directory of DST.",
        )],
    },
    Section {
        title: "EXAMPLES",
        parts: &[
            Part::Example(
                "To print all records, as db_dump does:",
                "bdbfile dump -p ics50events.db",
            ),
            Part::Example(
                "To check files, as they will be when their logs are replayed:",
                "bdbfile verify --recover ics50events.db ics50todos.db",
            ),
            Part::Example(
                "To write a big-endian copy:",
                "bdbfile convert --lorder be ics50events.db copy.db",
            ),
            Part::Example(
                "To save what is left of a damaged file:",
                "bdbfile rebuild damaged.db saved.db",
            ),
        ],
    },
    Section {
        title: "SEE ALSO",
        parts: &[Part::Text("csmigrate(1), db_dump(1), db_verify(1)")],
    },
];
