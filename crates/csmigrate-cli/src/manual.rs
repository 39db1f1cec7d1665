//! What the manual page and the completions are made of: the table of options,
//! and what the manual tells beside it.

use option_table::{Completes, Group, Part, Program, Section};

use crate::flags;

/// The program as what is made from its table takes it.
pub(crate) fn program() -> Program {
    let syntax = flags::SYNTAX.lines().map(|line| {
        let line = line.trim_start_matches("usage:");
        line.trim_start().to_owned()
    });
    let groups = [("Documented by Sun", true), ("Of this version", false)];
    let groups = groups.map(|(title, documented)| Group {
        title,
        options: flags::group(documented).map(flags::Flag::opt).collect(),
    });
    Program {
        name: "csmigrate",
        version: env!("CARGO_PKG_VERSION"),
        about: "rewrite a Calendar Server 6.0, 6.1 or 6.2 store for 6.3",
        syntax: syntax.collect(),
        description: DESCRIPTION,
        groups: groups.into(),
        commands: Vec::new(),
        operands: Completes::Directories,
        sections: SECTIONS,
    }
}

const DESCRIPTION: &[&str] = &[
    "Rewrites the store of a Sun Java System Calendar Server 6.0, 6.1 or 6.2 in source_dbdir, a directory of Berkeley DB files (ics50*.db), into a store for 6.3 in target_dbdir. The target is a missing or empty directory.",
    "The source is only read. It is first copied to the backup, and the run works on that copy. The target appears, by one rename, when every file in it is written, synced, read again and compared. Where the store was not cleanly shut down its logs are replayed over the backup; where that cannot be done for sure the run is refused.",
    "The options -q, -d, -l, -b, -V and -? are those that Sun documented for the command of this name (Calendar Server 6.3 Administration Guide, 3.3); -V also prints that this is an independent reimplementation. All others are of this version, and have long names only.",
];

const SECTIONS: &[Section] = &[
    Section {
        title: "FILES",
        parts: &[
            Part::Item(
                "csmigrate.log, csmigrateError.log",
                "what a run did, and what went wrong; appended to. They are in the directory of --log-dir, else in the calendar server's logs directory (/var/opt/SUNWics5/logs or /var/opt/sun/calendar/logs) if there is one, else in the current directory.",
            ),
            Part::Item(
                "csmigrateSalvage.log",
                "each record that is saved or lost, beside the other logs, with --salvage.",
            ),
            Part::Item(
                "source_dbdir/backup",
                "the backup, where -b names no other place: every ics50*.db, ics50caldb.conf and log.* of the source. It is never overwritten: an identical one is used again, any other is refused.",
            ),
            Part::Item(
                ".NAME.csmigrate-staging, .NAME.csmigrate-backup",
                "beside the target or the backup NAME: a directory with files that are not published yet, locked while a run is at work. What a killed run left is removed by the next. Where nothing can be written beside, they are in NAME, without .NAME in their own names.",
            ),
            Part::Item(
                ".NAME.csmigrate-staging-published, .NAME.csmigrate-backup-published",
                "in the same places: which files are being published; removed at the end. By them the next run knows what one that was killed had published.",
            ),
        ],
    },
    Section {
        title: "EXIT STATUS",
        parts: &[
            Part::Item(
                "0",
                "every record is in the target, or a dry run found nothing that would prevent it.",
            ),
            Part::Item(
                "255",
                "anything else; each reason is a line on standard error. With --salvage also where a damaged file was salvaged and published.",
            ),
        ],
    },
    Section {
        title: "SIGNALS",
        parts: &[
            Part::Item(
                "SIGHUP, SIGINT, SIGTERM",
                "the run stops at the next bytes it reads, removes what it made, and ends with status 255; once the target is being published it goes on to its end.",
            ),
            Part::Item(
                "SIGUSR1",
                "a line on standard error tells the step, the files and bytes that are done in it, how much of the whole that is, and the time; also with -q.",
            ),
            Part::Text(
                "A signal that was ignored when the program began, as by nohup, stays ignored.",
            ),
        ],
    },
    Section {
        title: "ENVIRONMENT",
        parts: &[
            Part::Item(
                "NO_COLOR",
                "where it is set and not empty nothing is in colours.",
            ),
            Part::Item(
                "TERM",
                "where it is dumb or not set nothing is in colours, and no progress is shown unasked.",
            ),
        ],
    },
    Section {
        title: "EXAMPLES",
        parts: &[
            Part::Example(
                "To see what a store is, and write nothing:",
                "csmigrate --inspect csdb",
            ),
            Part::Example(
                "To read and check everything, and write nothing but the logs:",
                "csmigrate -d oldcsdb csdb",
            ),
            Part::Example(
                "To migrate, with every odd case in the log:",
                "csmigrate -l max oldcsdb csdb",
            ),
            Part::Example(
                "To migrate from a source that cannot be written:",
                "csmigrate -b /var/tmp/csdb-backup oldcsdb csdb",
            ),
        ],
    },
    Section {
        title: "SEE ALSO",
        parts: &[Part::Text("bdbfile(1)")],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::FLAGS;

    #[test]
    fn every_option_is_in_it() {
        let program = program();
        let options = program.groups.iter().flat_map(|group| &group.options);
        let mut told: Vec<_> = options.map(|option| (option.long, option.short)).collect();
        let mut all: Vec<_> = FLAGS.iter().map(|flag| (flag.long, flag.short)).collect();
        told.sort_unstable();
        all.sort_unstable();
        assert_eq!(told, all);
    }
}
