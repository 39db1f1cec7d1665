//! From arguments to settings: first what was written, then what it means.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use bdbfile::salvage::Mode;
use lexopt::Arg;

use crate::escape::escaped;
use crate::flags::{self, Command, Flag, Id, Verb};

/// What the program is to do.
#[derive(Debug)]
pub(crate) enum Task {
    Usage,
    Version,
    Dump(Dump),
    List(PathBuf),
    Stat {
        file: PathBuf,
        json: bool,
    },
    Verify(Vec<PathBuf>),
    Salvage {
        file: PathBuf,
        form: Form,
        mode: Mode,
    },
}

/// How records are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Two hex digits a byte.
    Bytes,
    /// Printable characters as themselves, the rest as `\xx`.
    Print,
}

/// What is dumped, and how.
#[derive(Debug)]
pub(crate) struct Dump {
    pub(crate) file: PathBuf,
    pub(crate) form: Form,
    pub(crate) keys: bool,
    pub(crate) name: Option<Vec<u8>>,
}

/// The arguments as they were written.
#[derive(Debug, Default)]
struct Raw {
    task: Option<Id>,
    command: Option<&'static Command>,
    print: bool,
    keys: bool,
    list: bool,
    json: bool,
    aggressive: bool,
    name: Option<OsString>,
    operands: Vec<OsString>,
}

const NO_FILE: &str = "the file is missing";

/// Reads the arguments, the program's own name first.
pub(crate) fn read(args: &[OsString]) -> Result<Task, String> {
    let explained = |error: String| format!("{error}; bdbfile -h explains the options");
    let raw = parse(args).map_err(|error| explained(escaped(&error.to_string())))?;
    match raw.task {
        Some(Id::Version) => Ok(Task::Version),
        Some(_) => Ok(Task::Usage),
        None => check(raw).map_err(explained),
    }
}

fn parse(args: &[OsString]) -> Result<Raw, lexopt::Error> {
    let mut raw = Raw::default();
    let mut parser = lexopt::Parser::from_iter(args.iter().cloned());
    while let Some(arg) = parser.next()? {
        let flag = match &arg {
            Arg::Short(name) => flags::find(raw.command, |flag| flag.short == Some(*name)),
            Arg::Long(name) => flags::find(raw.command, |flag| flag.long == Some(*name)),
            Arg::Value(word) => {
                raw.word(word)?;
                continue;
            }
        };
        let Some(flag) = flag else {
            return Err(arg.unexpected());
        };
        let value = match flag.value {
            Some(_) => parser.value()?,
            None => OsString::new(),
        };
        raw.set(flag, value);
    }
    Ok(raw)
}

impl Raw {
    /// Takes a word that is no option: the command first, then its files.
    fn word(&mut self, word: &OsString) -> Result<(), lexopt::Error> {
        if self.command.is_some() {
            self.operands.push(word.clone());
            return Ok(());
        }
        self.command = word.to_str().and_then(flags::command);
        if self.command.is_none() && self.task.is_none() {
            let word = word.to_string_lossy();
            return Err(format!("'{word}' is not a command of bdbfile").into());
        }
        Ok(())
    }

    fn set(&mut self, flag: &Flag, value: OsString) {
        match flag.id {
            Id::Print => self.print = true,
            Id::Keys => self.keys = true,
            Id::List => self.list = true,
            Id::Json => self.json = true,
            Id::Aggressive => self.aggressive = true,
            Id::Name => self.name = Some(value),
            // The first of these wins, whatever else is there.
            Id::Version | Id::Usage => {
                self.task.get_or_insert(flag.id);
            }
        }
    }
}

fn check(raw: Raw) -> Result<Task, String> {
    let Some(command) = raw.command else {
        return Err("the command is missing".to_owned());
    };
    if raw.operands.iter().any(|operand| operand.is_empty()) {
        return Err("the name of a file is empty".to_owned());
    }
    match command.verb {
        Verb::Dump if raw.list && raw.name.is_some() => {
            Err("-l lists all names, and -s wants one".to_owned())
        }
        Verb::Dump if raw.list => Ok(Task::List(one(raw.operands)?)),
        Verb::Dump => Ok(Task::Dump(Dump {
            file: one(raw.operands)?,
            form: form(raw.print),
            keys: raw.keys,
            name: raw.name.map(OsString::into_vec),
        })),
        Verb::Stat => Ok(Task::Stat {
            file: one(raw.operands)?,
            json: raw.json,
        }),
        Verb::Verify if raw.operands.is_empty() => Err(NO_FILE.to_owned()),
        Verb::Verify => Ok(Task::Verify(
            raw.operands.into_iter().map(PathBuf::from).collect(),
        )),
        Verb::Salvage => Ok(Task::Salvage {
            file: one(raw.operands)?,
            form: form(raw.print),
            mode: if raw.aggressive {
                Mode::Aggressive
            } else {
                Mode::Careful
            },
        }),
    }
}

fn form(print: bool) -> Form {
    if print { Form::Print } else { Form::Bytes }
}

fn one(operands: Vec<OsString>) -> Result<PathBuf, String> {
    let count = operands.len();
    match <[OsString; 1]>::try_from(operands) {
        Ok([file]) => Ok(file.into()),
        Err(_) if count == 0 => Err(NO_FILE.to_owned()),
        Err(_) => Err(format!("{count} files are named where one is wanted")),
    }
}
