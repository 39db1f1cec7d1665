//! From arguments to settings: first what was written, then what it means.

mod value;
mod writing;

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use bdbfile::salvage::Mode;
use lexopt::Arg;

use crate::flags::{self, Command, Flag, Id, Operands, Verb};
use bdbfile::escape::escaped;

pub(crate) use value::{NewKind, is_page_size, lorder};
pub(crate) use writing::{Convert, Load, NewFileSettings};

/// What the program is to do.
#[derive(Debug)]
pub(crate) enum Task {
    Usage,
    Version,
    Generate(option_table::Form),
    Dump(Dump),
    List(Source),
    Stat {
        file: Source,
        json: bool,
    },
    Verify(Vec<Source>),
    Salvage {
        file: Source,
        form: Form,
        mode: Mode,
    },
    Convert(Convert),
    Load(Load),
    Rebuild(Convert),
    Log(Log),
}

/// A file that is read.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    /// The directory of the logs that are replayed on it first, if any are.
    pub(crate) logs: Option<PathBuf>,
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
    pub(crate) file: Source,
    pub(crate) form: Form,
    pub(crate) keys: bool,
    pub(crate) name: Option<Vec<u8>>,
}

/// Which records of which logs are printed, and how.
#[derive(Debug)]
pub(crate) struct Log {
    /// Log files, and directories of them.
    pub(crate) places: Vec<PathBuf>,
    pub(crate) full: bool,
    pub(crate) file: Option<String>,
    pub(crate) transaction: Option<u32>,
}

impl Source {
    /// The directory that it is in.
    pub(crate) fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }
}

/// The arguments as they were written.
#[derive(Debug, Default)]
struct Raw {
    task: Option<Id>,
    command: Option<&'static Command>,
    /// Options in the order given, with their values.
    given: Vec<(&'static Flag, OsString)>,
    operands: Vec<OsString>,
}

/// Reads the arguments, the program's own name first.
pub(crate) fn read(args: &[OsString]) -> Result<Task, String> {
    let explained = |error: String| format!("{error}; bdbfile -h explains the options");
    let raw = parse(args).map_err(|error| explained(escaped(&error.to_string())))?;
    match raw.task {
        Some(Id::Version) => Ok(Task::Version),
        Some(_) => Ok(Task::Usage),
        None => check(&raw).map_err(|error| explained(escaped(&error))),
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
        // The first of these wins, whatever else is there.
        if matches!(flag.id, Id::Version | Id::Usage) {
            raw.task.get_or_insert(flag.id);
        } else {
            raw.given.push((flag, value));
        }
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

    /// Whether an option is given.
    fn has(&self, id: Id) -> bool {
        self.given.iter().any(|(flag, _)| flag.id == id)
    }

    /// The values of an option that may be given several times.
    fn values(&self, id: Id) -> impl Iterator<Item = &OsStr> {
        self.given
            .iter()
            .filter(move |(flag, _)| flag.id == id)
            .map(|(_, value)| value.as_os_str())
    }

    /// The value of an option; the last one counts.
    fn value(&self, id: Id) -> Option<&OsStr> {
        self.values(id).last()
    }

    /// The value of an option, read; an error names the option.
    fn read<T>(
        &self,
        id: Id,
        read: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Option<T>, String> {
        let Some((flag, value)) = self.given.iter().rfind(|(flag, _)| flag.id == id) else {
            return Ok(None);
        };
        let value = value.to_string_lossy();
        match read(&value) {
            Ok(read) => Ok(Some(read)),
            Err(error) => Err(format!("{}: {error}", flag.name())),
        }
    }

    fn form(&self) -> Form {
        if self.has(Id::Print) {
            Form::Print
        } else {
            Form::Bytes
        }
    }

    /// The files, as many as the command wants.
    fn files<const N: usize>(&self) -> Result<[PathBuf; N], String> {
        let files: Vec<PathBuf> = self.operands.iter().map(PathBuf::from).collect();
        let count = files.len();
        <[PathBuf; N]>::try_from(files).map_err(|_| match (count, N) {
            (0, 1) => "the file is missing".to_owned(),
            (0, 2) => "the files SRC and DST are missing".to_owned(),
            (1, 2) => "the file DST is missing".to_owned(),
            (_, 2) => format!("{count} files are named where two are wanted"),
            _ => format!("{count} files are named where one is wanted"),
        })
    }

    fn file(&self) -> Result<Source, String> {
        let [path] = self.files()?;
        self.source(path)
    }

    /// A file that is read, with its logs where that is asked for.
    fn source(&self, path: PathBuf) -> Result<Source, String> {
        let mut source = Source { path, logs: None };
        match (self.has(Id::Recover), self.value(Id::Logs)) {
            (true, Some(logs)) => source.logs = Some(PathBuf::from(logs)),
            (true, None) => source.logs = Some(source.directory().to_owned()),
            (false, Some(_)) => return Err("--logs wants --recover".to_owned()),
            (false, None) => {}
        }
        Ok(source)
    }
}

fn check(raw: &Raw) -> Result<Task, String> {
    if let Some(form) = raw.read(Id::Generate, value::form)? {
        return Ok(Task::Generate(form));
    }
    let Some(command) = raw.command else {
        return Err("the command is missing".to_owned());
    };
    if let Some((flag, _)) = raw.given.iter().find(|(flag, _)| flag.id == Id::NotTaken) {
        let (name, why) = (flag.name(), flag.help.join(" "));
        return Err(format!("{name} of db_load is not taken over: {why}"));
    }
    if raw.operands.iter().any(|operand| operand.is_empty()) {
        return Err("the name of a file is empty".to_owned());
    }
    if command.operands == Operands::Files && raw.operands.is_empty() {
        raw.file()?;
    }
    match command.verb {
        Verb::Dump if raw.has(Id::List) && raw.has(Id::Name) => {
            Err("-l lists all names, and -s wants one".to_owned())
        }
        Verb::Dump if raw.has(Id::List) => Ok(Task::List(raw.file()?)),
        Verb::Dump => Ok(Task::Dump(Dump {
            file: raw.file()?,
            form: raw.form(),
            keys: raw.has(Id::Keys),
            name: raw.value(Id::Name).map(|name| name.to_owned().into_vec()),
        })),
        Verb::Stat => Ok(Task::Stat {
            file: raw.file()?,
            json: raw.has(Id::Json),
        }),
        Verb::Verify => {
            let files = raw.operands.iter().map(PathBuf::from);
            let files: Result<_, _> = files.map(|file| raw.source(file)).collect();
            Ok(Task::Verify(files?))
        }
        Verb::Salvage => Ok(Task::Salvage {
            file: raw.file()?,
            form: raw.form(),
            mode: if raw.has(Id::Aggressive) {
                Mode::Aggressive
            } else {
                Mode::Careful
            },
        }),
        Verb::Convert => Ok(Task::Convert(Convert::read(raw)?)),
        Verb::Rebuild => Ok(Task::Rebuild(Convert::read(raw)?)),
        Verb::Load => Ok(Task::Load(Load::read(raw)?)),
        Verb::Log if raw.operands.is_empty() => {
            Err("the directory of the logs is missing".to_owned())
        }
        Verb::Log => Ok(Task::Log(Log {
            places: raw.operands.iter().map(PathBuf::from).collect(),
            full: raw.has(Id::Full),
            file: raw.read(Id::Of, |name| Ok(name.to_owned()))?,
            transaction: raw.read(Id::Transaction, value::transaction)?,
        })),
    }
}
