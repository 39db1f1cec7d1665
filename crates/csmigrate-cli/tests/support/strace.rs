//! The command under strace: every call it makes, as data, and calls that
//! fail or are the last because strace makes them so.

use std::ffi::OsStr;
use std::fmt::Write;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Whether programs can be traced here. If not, that is said.
pub(crate) fn available() -> bool {
    let traceable = Command::new("strace")
        .args(["-f", "-o", "/dev/null", "true"])
        .stdin(Stdio::null())
        .output()
        .is_ok_and(|output| output.status.success());
    if !traceable {
        println!("skipped: strace is not installed or may not trace");
    }
    traceable
}

/// A call of the system, as strace tells it.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The thread that made it: the number of its first call among those of
    /// all threads, so that the first thread is 0.
    pub(crate) thread: u32,
    pub(crate) name: String,
    pub(crate) args: Vec<Arg>,
    /// What it gave; `None` where the thread ended in it.
    pub(crate) result: Option<i64>,
    /// Whether strace had a hand in it.
    pub(crate) injected: bool,
}

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Arg {
    /// A file descriptor and what it leads to; `None` for the working
    /// directory as such.
    Descriptor(Option<i32>, PathBuf),
    Text(Vec<u8>),
    /// Everything else, as it is printed.
    Other(String),
}

impl Arg {
    /// The descriptor's number.
    pub(crate) fn descriptor(&self) -> Option<i32> {
        match self {
            Self::Descriptor(number, _) => *number,
            _ => None,
        }
    }

    pub(crate) fn number(&self) -> Option<u64> {
        match self {
            Self::Other(text) => match text.strip_prefix("0x") {
                Some(hex) => u64::from_str_radix(hex, 16).ok(),
                None => text.parse().ok(),
            },
            _ => None,
        }
    }

    /// Whether it is a set of flags with this one.
    pub(crate) fn has(&self, flag: &str) -> bool {
        matches!(self, Self::Other(text) if text.split('|').any(|it| it == flag))
    }
}

/// Calls whose texts are paths.
const OF_PATHS: &[&str] = &[
    "open",
    "openat",
    "openat2",
    "creat",
    "mkdir",
    "mkdirat",
    "mknod",
    "mknodat",
    "rename",
    "renameat",
    "renameat2",
    "unlink",
    "unlinkat",
    "rmdir",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "chmod",
    "fchmodat",
    "fchmodat2",
    "chown",
    "lchown",
    "fchownat",
    "utimensat",
    "truncate",
];

impl Call {
    /// The paths it names, by texts and by descriptors, as they are from
    /// `dir`, the working directory; those that lie elsewhere are left out.
    pub(crate) fn paths(&self, dir: &Path) -> Vec<PathBuf> {
        let of_paths = OF_PATHS.contains(&self.name.as_str());
        let mut base = dir;
        let mut found = Vec::new();
        let mut args = self.args.iter().peekable();
        while let Some(arg) = args.next() {
            let path = match arg {
                Arg::Descriptor(_, path) if of_paths => {
                    base = path;
                    if matches!(args.peek(), Some(Arg::Text(_))) {
                        continue;
                    }
                    path.clone()
                }
                Arg::Descriptor(_, path) => path.clone(),
                Arg::Text(text) if of_paths => base.join(OsStr::from_bytes(text)),
                _ => continue,
            };
            if let Ok(inside) = plain(&path).strip_prefix(dir) {
                found.push(inside.to_owned());
            }
        }
        found
    }
}

/// What strace goes by when it is to look at calls on some paths only: the
/// texts of a call and what its descriptors lead to, not put together.
impl Call {
    /// Those in `dir`, as they are from there.
    pub(crate) fn keys(&self, dir: &Path) -> Vec<PathBuf> {
        let of_paths = OF_PATHS.contains(&self.name.as_str());
        let key = |arg: &Arg| match arg {
            Arg::Descriptor(Some(_), path) => Some(path.strip_prefix(dir).ok()?.to_owned()),
            Arg::Text(text) if of_paths => {
                let path = Path::new(OsStr::from_bytes(text));
                match path.strip_prefix(dir) {
                    Ok(inside) => Some(inside.to_owned()),
                    Err(_) if path.is_relative() => Some(path.to_owned()),
                    Err(_) => None,
                }
            }
            _ => None,
        };
        // Of an ioctl it knows the first descriptor alone.
        let args = if self.name == "ioctl" {
            1
        } else {
            self.args.len()
        };
        self.args.iter().take(args).filter_map(key).collect()
    }
}

/// A path without `.` and `..`; there are no links where these tests are.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// What strace is to do besides telling.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// The call fails and nothing is done.
    Error(&'static str),
    /// The process is killed as it makes the call, which is not done.
    Kill,
    /// Nothing is done and the call gives this.
    Claim(u64),
}

/// A run of the command under strace.
#[derive(Debug)]
pub(crate) struct Traced {
    pub(crate) output: Output,
    pub(crate) calls: Vec<Call>,
}

/// Runs `command` and lists the calls with these names, its texts whole.
pub(crate) fn traced(command: &Command, trace: &Path, names: &[&str]) -> Traced {
    // With the mark, a name that this machine does not have is no error.
    let names: Vec<String> = names.iter().map(|name| format!("?{name}")).collect();
    let names = format!("trace={}", names.join(","));
    let options = ["--seccomp-bpf", "-s", "16777216", "-e", &names];
    under_strace(command, trace, &options)
}

/// Which call is to fail: the `nth` of a thread with this name and one of these
/// keys. What else a run looks at, such as the processes of the machine, is not
/// the same in all runs.
#[derive(Debug, Clone)]
pub(crate) struct Aim<'a> {
    pub(crate) name: &'a str,
    pub(crate) keys: &'a [PathBuf],
    pub(crate) nth: usize,
}

/// Runs `command`, which has a working directory, and has a call fail so; lists
/// the calls with its name and keys.
pub(crate) fn with_fault(command: &Command, trace: &Path, aim: &Aim<'_>, fault: &Fault) -> Traced {
    let Aim { name, keys, nth } = aim;
    let dir = command.get_current_dir().unwrap();
    let names = format!("trace={name}");
    let how = match fault {
        Fault::Error(error) => format!("error={error}"),
        Fault::Kill => "signal=SIGKILL".to_owned(),
        Fault::Claim(result) => format!("retval={result}"),
    };
    let inject = format!("inject={name}:{how}:when={nth}");
    let mut options = vec!["-e", &names, "-e", &inject];
    let inside: Vec<PathBuf> = keys.iter().map(|key| dir.join(key)).collect();
    for path in keys.iter().chain(&inside) {
        options.extend(["-P", path.to_str().unwrap()]);
    }
    // A signal comes only where every call is a stop, and not with a filter.
    if *fault != Fault::Kill {
        options.push("--seccomp-bpf");
    }
    under_strace(command, trace, &options)
}

/// Runs `command` and has the system say that file systems have room, whatever
/// is true.
pub(crate) fn with_room(command: &Command, trace: &Path) -> Traced {
    // Type, block size, blocks, free blocks, blocks free for all.
    let mut hex = String::new();
    for number in [0x0102_1994_u64, 4096, 1 << 30, 1 << 30, 1 << 30] {
        // As it lies in memory.
        write!(hex, "{:016x}", number.swap_bytes()).unwrap();
    }
    let inject = format!("inject=statfs,fstatfs:poke_exit=@arg2={hex}");
    let options = ["--seccomp-bpf", "-e", "trace=statfs,fstatfs", "-e", &inject];
    under_strace(command, trace, &options)
}

fn under_strace(command: &Command, trace: &Path, options: &[&str]) -> Traced {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-y", "-xx", "-o"]).arg(trace);
    strace.args(options);
    strace.arg(command.get_program()).args(command.get_args());
    if let Some(dir) = command.get_current_dir() {
        strace.current_dir(dir);
    }
    let output = super::output(&mut strace).unwrap();
    let text = fs::read_to_string(trace);
    let text = text.unwrap_or_else(|error| panic!("{error}: {}", super::stderr(&output)));
    Traced {
        output,
        calls: parse(&text),
    }
}

/// The calls of a trace made with `-f -y -xx`, in the order in which they were
/// begun.
pub(crate) fn parse(trace: &str) -> Vec<Call> {
    let mut threads: Vec<&str> = Vec::new();
    let mut open: Vec<(u32, usize, String)> = Vec::new();
    let mut calls: Vec<Option<Call>> = Vec::new();
    for line in trace.lines() {
        let Some((thread, rest)) = line.split_once(' ') else {
            continue;
        };
        let known = threads.iter().position(|it| *it == thread);
        let thread = u32::try_from(known.unwrap_or_else(|| {
            threads.push(thread);
            threads.len() - 1
        }))
        .unwrap();
        let rest = rest.trim_start();
        if rest.starts_with("+++") || rest.starts_with("---") {
            continue;
        }
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            open.push((thread, calls.len(), begun.to_owned()));
            calls.push(None);
        } else if let Some(resumed) = rest.strip_prefix("<... ") {
            let at = open.iter().position(|(of, _, _)| *of == thread);
            let (_, index, begun) = open.swap_remove(at.expect("it was begun"));
            let (_, end) = resumed.split_once(" resumed>").unwrap();
            calls[index] = Some(call(thread, &format!("{begun}{end}")));
        } else {
            calls.push(Some(call(thread, rest)));
        }
    }
    for (thread, index, begun) in open {
        calls[index] = Some(call(thread, &begun));
    }
    calls.into_iter().flatten().collect()
}

fn call(thread: u32, line: &str) -> Call {
    let (name, rest) = line.split_once('(').unwrap_or((line, ""));
    let (args, end) = args(rest);
    let result = end.split_once("= ").and_then(|(_, result)| {
        let end = result.find([' ', '<']).unwrap_or(result.len());
        result[..end].parse().ok()
    });
    Call {
        thread,
        name: name.to_owned(),
        args,
        result,
        injected: end.ends_with("(INJECTED)"),
    }
}

/// The arguments up to the closing parenthesis, and what follows it.
fn args(text: &str) -> (Vec<Arg>, &str) {
    let mut args = Vec::new();
    let (mut depth, mut quoted, mut from) = (0_u32, false, 0);
    for (at, byte) in text.bytes().enumerate() {
        // All texts are in hexadecimal: there is no quote within one.
        match byte {
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'(' | b'[' | b'{' => depth += 1,
            b']' | b'}' => depth -= 1,
            b')' if depth > 0 => depth -= 1,
            b',' | b')' if depth == 0 => {
                args.push(arg(text[from..at].trim()));
                from = at + 1;
                if byte == b')' {
                    return (args, &text[from..]);
                }
            }
            _ => {}
        }
    }
    // It was cut short by the end of the process.
    args.push(arg(text[from..].trim()));
    (args, "")
}

fn arg(text: &str) -> Arg {
    if let Some(hex) = text.strip_prefix('"') {
        let hex = hex.split_once('"').map_or(hex, |(hex, _)| hex);
        return Arg::Text(bytes(hex));
    }
    if let Some((number, path)) = text.split_once('<') {
        let number = number.parse().ok();
        if number.is_some() || text.starts_with("AT_FDCWD") {
            let hex = path.split_once('>').map_or(path, |(hex, _)| hex);
            let path = PathBuf::from(OsStr::from_bytes(&bytes(hex)));
            return Arg::Descriptor(number, path);
        }
    }
    Arg::Other(text.to_owned())
}

/// The bytes of `\x12\x34`.
fn bytes(hex: &str) -> Vec<u8> {
    hex.split("\\x")
        .skip(1)
        .filter_map(|byte| u8::from_str_radix(byte.get(..2)?, 16).ok())
        .collect()
}
