//! The options, as a table: parsing, the usage text, the manual page and the
//! completions are made from it.

use std::fmt::Write;

use option_table::{Form, Opt, entry};

/// What an option means to the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Id {
    Quiet,
    DryRun,
    LogLevel,
    Backup,
    Version,
    Usage,
    LogDir,
    Threads,
    NoRecover,
    IgnoreLogs,
    Salvage,
    PublishSalvaged,
    Profile,
    Rules,
    Report,
    Inspect,
    ExportIcs,
    Json,
    Progress,
    Generate,
}

/// An option.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flag {
    pub(crate) id: Id,
    pub(crate) short: Option<char>,
    pub(crate) long: Option<&'static str>,
    /// The name of its value, if it has one.
    pub(crate) value: Option<&'static str>,
    /// Whether the product's guide documents it; the others are ours.
    pub(crate) documented: bool,
    /// What it does: lines of the usage text.
    pub(crate) help: &'static [&'static str],
}

/// All options in the order of the usage text.
pub(crate) const FLAGS: &[Flag] = &[
    Flag {
        id: Id::Quiet,
        short: Some('q'),
        long: None,
        value: None,
        documented: true,
        help: &["quiet: print nothing but errors"],
    },
    Flag {
        id: Id::DryRun,
        short: Some('d'),
        long: None,
        value: None,
        documented: true,
        help: &["dry run: read and check everything, write nothing but the logs"],
    },
    Flag {
        id: Id::LogLevel,
        short: Some('l'),
        long: None,
        value: Some("min|max"),
        documented: true,
        help: &[
            "log level: min logs stages, files and warnings (the default),",
            "max every odd case and the digests as well",
        ],
    },
    Flag {
        id: Id::Backup,
        short: Some('b'),
        long: None,
        value: Some("backup_dir"),
        documented: true,
        help: &[
            "where the backup of the source goes: a missing or empty",
            "directory, or one with an identical backup",
            "(default: source_dbdir/backup)",
        ],
    },
    Flag {
        id: Id::Version,
        short: Some('V'),
        long: Some("version"),
        value: None,
        documented: true,
        help: &["print the version"],
    },
    Flag {
        id: Id::Usage,
        short: Some('?'),
        long: Some("help"),
        value: None,
        documented: true,
        help: &["explain the options"],
    },
    Flag {
        id: Id::LogDir,
        short: None,
        long: Some("log-dir"),
        value: Some("dir"),
        documented: false,
        help: &[
            "where csmigrate.log and csmigrateError.log go (default: the",
            "calendar server's logs directory if there is one, else the",
            "current directory)",
        ],
    },
    Flag {
        id: Id::Threads,
        short: None,
        long: Some("threads"),
        value: Some("n"),
        documented: false,
        help: &[
            "work on n databases at a time (default: one a processor);",
            "the result does not depend on it",
        ],
    },
    Flag {
        id: Id::NoRecover,
        short: None,
        long: Some("no-recover"),
        value: None,
        documented: false,
        help: &[
            "refuse a store that was not cleanly shut down, also where its",
            "logs could be replayed",
        ],
    },
    Flag {
        id: Id::IgnoreLogs,
        short: None,
        long: Some("ignore-logs"),
        value: None,
        documented: false,
        help: &[
            "migrate a store that was not cleanly shut down as its files",
            "are, without what only its logs hold",
        ],
    },
    Flag {
        id: Id::Salvage,
        short: None,
        long: Some("salvage"),
        value: None,
        documented: false,
        help: &[
            "for a damaged store: list each record that is saved or lost in",
            "csmigrateSalvage.log, build what can be saved, and publish",
            "nothing (a store without damage is migrated as ever)",
        ],
    },
    Flag {
        id: Id::PublishSalvaged,
        short: None,
        long: Some("publish-salvaged"),
        value: None,
        documented: false,
        help: &[
            "with --salvage: publish what can be saved; the exit status is",
            "255 all the same",
        ],
    },
    Flag {
        id: Id::Profile,
        short: None,
        long: Some("profile"),
        value: Some("file"),
        documented: false,
        help: &[
            "take for true of the store what this file (TOML) says,",
            "instead of what is assumed (docs/profile.md)",
        ],
    },
    Flag {
        id: Id::Rules,
        short: None,
        long: Some("rules"),
        value: Some("documented|inferred|none"),
        documented: false,
        help: &[
            "documented (the default): only what the guides say;",
            "inferred: what probably changed as well; none: no rule at all",
        ],
    },
    Flag {
        id: Id::Report,
        short: None,
        long: Some("report"),
        value: Some("file"),
        documented: false,
        help: &[
            "write all that the log can tell to this file: as a page for",
            "people where its name ends in .html, else as JSON; - is",
            "standard output; may be given several times (docs/report.md)",
        ],
    },
    Flag {
        id: Id::Inspect,
        short: None,
        long: Some("inspect"),
        value: Some("dir"),
        documented: false,
        help: &[
            "tell what the store in dir is: its files, its release, how it",
            "was shut down; writes nothing at all, not even logs",
        ],
    },
    Flag {
        id: Id::ExportIcs,
        short: None,
        long: Some("export-ics"),
        value: Some("dir"),
        documented: false,
        help: &[
            "write each calendar of source_dbdir as a file that any calendar",
            "program reads, to dir, missing or empty (docs/export.md)",
        ],
    },
    Flag {
        id: Id::Json,
        short: None,
        long: Some("json"),
        value: None,
        documented: false,
        help: &["with --inspect: tell it as JSON (docs/inspect.md)"],
    },
    Flag {
        id: Id::Progress,
        short: None,
        long: Some("progress"),
        value: Some("auto|always|never"),
        documented: false,
        help: &[
            "show on standard error how far a run is: auto (the default)",
            "where that is a terminal and standard output no pipe; always",
            "also elsewhere, where not on a terminal by a line every two",
            "seconds; with -q never",
        ],
    },
    Flag {
        id: Id::Generate,
        short: None,
        long: Some("generate"),
        value: Some(Form::NAMES),
        documented: false,
        help: &["print the manual page, or the completions of a shell"],
    },
];

/// The options of the product's guide, or those of ours.
pub(crate) fn group(documented: bool) -> impl Iterator<Item = &'static Flag> {
    let flags = FLAGS.iter();
    flags.filter(move |flag| flag.documented == documented)
}

impl Flag {
    /// Whether the usage text leaves it out: it is for who packages this.
    fn is_hidden(&self) -> bool {
        self.id == Id::Generate
    }

    /// Its name as it is written: that of the guide where it has one there.
    pub(crate) fn name(&self) -> String {
        match (self.short, self.long) {
            (Some(short), _) => format!("-{short}"),
            (None, long) => format!("--{}", long.unwrap_or_default()),
        }
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

/// The option with this short name.
pub(crate) fn short(name: char) -> Option<&'static Flag> {
    FLAGS.iter().find(|flag| flag.short == Some(name))
}

/// The option with this long name.
pub(crate) fn long(name: &str) -> Option<&'static Flag> {
    FLAGS.iter().find(|flag| flag.long == Some(name))
}

/// The version, and what this is.
pub(crate) fn version() -> String {
    format!(
        "csmigrate {} (independent reimplementation, not by Sun or Oracle)\n",
        env!("CARGO_PKG_VERSION")
    )
}

pub(crate) const SYNTAX: &str = "\
usage: csmigrate [-q] [-d] [-l min|max] [-b backup_dir] source_dbdir target_dbdir
       csmigrate --inspect dir [--json]
       csmigrate --export-ics dir source_dbdir
       csmigrate -V
       csmigrate -?
";

const PURPOSE: &str = "
Rewrites a Calendar Server 6.0, 6.1 or 6.2 store into a store for 6.3. The
source is only read; the backup is made first, and the run works on it. The
target, a missing or empty directory, appears when every file in it is written,
synced, read again and compared. Where the store was not cleanly shut down its
logs are replayed over the backup; where that cannot be done for sure the run is
refused.
";

const STATUS: &str = "
Exit status: 0 when every record is in the target, or a dry run found nothing
that would prevent it, or every component was exported; 255 otherwise.
";

/// The usage text.
pub(crate) fn usage() -> String {
    let mut text = format!("{SYNTAX}{PURPOSE}");
    for (title, documented) in [("Options", true), ("Options of this version", false)] {
        let _ = writeln!(text, "\n{title}:");
        for flag in group(documented).filter(|flag| !flag.is_hidden()) {
            entry(&mut text, &flag.opt().written(", "), flag.help);
        }
    }
    text.push_str(STATUS);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_syntax_line_names_the_documented_options() {
        for flag in FLAGS.iter().filter(|flag| flag.documented) {
            let short = flag.short.expect("documented options have short names");
            let shown = match flag.value {
                Some(value) => format!("[-{short} {value}]"),
                None => format!("-{short}"),
            };
            assert!(SYNTAX.contains(&shown), "{shown}");
        }
    }

    #[test]
    fn no_name_stands_for_two_options_and_lines_fit_a_terminal() {
        for flag in FLAGS {
            if let Some(name) = flag.short {
                assert_eq!(short(name).map(|found| found.id), Some(flag.id));
            }
            if let Some(name) = flag.long {
                assert_eq!(long(name).map(|found| found.id), Some(flag.id));
            }
        }
        assert!(usage().lines().all(|line| line.chars().count() <= 82));
    }
}
