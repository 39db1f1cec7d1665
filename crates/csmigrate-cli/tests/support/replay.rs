//! The calls of a run, done again on the model of a disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::disk::{Disk, Node};
use super::strace::{Arg, Call};

/// Calls that must be recorded so that a disk can do them again.
pub(crate) const RECORDED: &[&str] = &[
    "open",
    "openat",
    "openat2",
    "creat",
    "close",
    "dup",
    "dup2",
    "dup3",
    "fcntl",
    "lseek",
    "read",
    "write",
    "writev",
    "pwrite64",
    "pwritev",
    "pwritev2",
    "truncate",
    "ftruncate",
    "fallocate",
    "sendfile",
    "splice",
    "copy_file_range",
    "ioctl",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "syncfs",
    "sync",
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
];

/// An open file: where it is, and whether it is only appended to.
#[derive(Debug, Clone, Copy)]
struct Open {
    node: Node,
    at: usize,
    append: bool,
}

/// A disk and what the process that changes it has open.
#[derive(Debug)]
pub(crate) struct Replay {
    pub(crate) disk: Disk,
    /// The directory that the disk holds.
    dir: PathBuf,
    /// What descriptors lead to. Copies of one share a place.
    descriptors: HashMap<i32, usize>,
    opened: Vec<Open>,
}

impl Replay {
    pub(crate) fn new(disk: Disk, dir: &Path) -> Self {
        Self {
            disk,
            dir: dir.to_owned(),
            descriptors: HashMap::new(),
            opened: Vec::new(),
        }
    }

    /// Does what a call did. False for one that changes nothing on the disk.
    pub(crate) fn call(&mut self, call: &Call) -> bool {
        let Some(result) = call.result.filter(|result| *result >= 0) else {
            return false;
        };
        let amount = usize::try_from(result).unwrap();
        let paths = call.paths(&self.dir);
        match (call.name.as_str(), paths.as_slice()) {
            ("open" | "openat" | "openat2" | "creat", paths) => {
                self.open(call, paths.last(), result)
            }
            ("close" | "dup" | "dup2" | "dup3" | "fcntl" | "lseek" | "read", _) => {
                self.descriptor(call, amount);
                false
            }
            ("sync" | "syncfs", _) => {
                self.disk.sync_all();
                true
            }
            // Elsewhere; and one call only says what is to be written soon.
            (_, []) | ("sync_file_range", _) => false,
            ("mkdir" | "mkdirat", [path]) => {
                self.disk.make_dir(path);
                true
            }
            ("unlink" | "unlinkat" | "rmdir", [path]) => {
                self.disk.remove(path);
                true
            }
            ("rename" | "renameat" | "renameat2", [from, to]) => {
                self.disk.rename(from, to);
                true
            }
            _ => self.bytes(call, amount),
        }
    }

    fn open(&mut self, call: &Call, path: Option<&PathBuf>, descriptor: i64) -> bool {
        let descriptor = i32::try_from(descriptor).unwrap();
        // The number may have led elsewhere before.
        self.descriptors.remove(&descriptor);
        let has = |flag: &str| call.args.iter().any(|arg| arg.has(flag));
        let Some(path) = path else { return false };
        let known = self.disk.node(path);
        let made = || has("O_CREAT").then(|| self.disk.create(path));
        let Some(node) = known.or_else(made) else {
            return false;
        };
        let empties = known.is_some() && has("O_TRUNC");
        if empties {
            self.disk.resize(node, 0);
        }
        self.descriptors.insert(descriptor, self.opened.len());
        self.opened.push(Open {
            node,
            at: 0,
            append: has("O_APPEND"),
        });
        known.is_none() || empties
    }

    /// Which of the open files an argument is.
    fn opened(&self, call: &Call, index: usize) -> Option<usize> {
        let descriptor = call.args.get(index)?.descriptor()?;
        self.descriptors.get(&descriptor).copied()
    }

    /// Calls that change descriptors and nothing else.
    fn descriptor(&mut self, call: &Call, result: usize) {
        let opened = self.opened(call, 0);
        let copies = |what: &Arg| what.has("F_DUPFD") || what.has("F_DUPFD_CLOEXEC");
        match (call.name.as_str(), opened) {
            ("close", Some(open)) => {
                let closed = call.args.first().and_then(Arg::descriptor);
                // A call of another thread may have been given the number, and
                // be told of, before this one is: then it leads elsewhere.
                let paths = call.paths(&self.dir);
                let node = paths.first().map(|path| self.disk.node(path));
                let leads_there =
                    node.is_some_and(|node| node.is_none_or(|node| node == self.opened[open].node));
                if let (Some(closed), true) = (closed, leads_there) {
                    self.descriptors.remove(&closed);
                }
            }
            ("read", Some(open)) => self.opened[open].at += result,
            ("lseek", Some(open)) => self.opened[open].at = result,
            ("dup" | "dup2" | "dup3", Some(open)) => self.copied(open, result),
            ("fcntl", Some(open)) if copies(&call.args[1]) => self.copied(open, result),
            _ => {}
        }
    }

    fn copied(&mut self, open: usize, descriptor: usize) {
        let descriptor = i32::try_from(descriptor).unwrap();
        self.descriptors.insert(descriptor, open);
    }

    /// Calls that change the bytes of files, or sync them.
    fn bytes(&mut self, call: &Call, amount: usize) -> bool {
        let Some(open) = self.opened(call, 0) else {
            panic!("the disk does not know this call: {call:?}");
        };
        let Open { node, at, append } = self.opened[open];
        let number = |index: usize| {
            let number = call.args.get(index).and_then(Arg::number);
            usize::try_from(number.expect("a number")).unwrap()
        };
        let text = || match call.args.get(1) {
            Some(Arg::Text(bytes)) => bytes.get(..amount).expect("texts are whole"),
            other => panic!("{}: {other:?}", call.name),
        };
        match call.name.as_str() {
            "write" => {
                let at = if append {
                    self.disk.bytes(node).len()
                } else {
                    at
                };
                self.disk.write(node, at, text());
                self.opened[open].at = at + amount;
            }
            "pwrite64" => self.disk.write(node, number(3), text()),
            "ftruncate" => self.disk.resize(node, number(1)),
            "fallocate" => {
                assert_eq!(number(1), 0, "only room is made");
                let end = number(2) + number(3);
                if end > self.disk.bytes(node).len() {
                    self.disk.resize(node, end);
                }
            }
            "copy_file_range" => self.copy(call, open, amount),
            // FICLONE: the whole of another file.
            "ioctl" if matches!(&call.args[1], Arg::Other(what) if what.contains("FICLONE")) => {
                let from = self.opened(call, 2).expect("a source on this disk");
                let bytes = self.disk.bytes(self.opened[from].node);
                self.disk.write(node, 0, &bytes);
            }
            "fsync" | "fdatasync" => self.disk.sync(node),
            _ => panic!("the disk does not know this call: {call:?}"),
        }
        true
    }

    /// Copies from one file into another: by the places of the descriptors, or
    /// by given ones.
    fn copy(&mut self, call: &Call, from: usize, amount: usize) {
        let to = self.opened(call, 2).expect("a target on this disk");
        let given = |index: usize| match &call.args[index] {
            Arg::Other(text) => text.trim_matches(['[', ']']).parse::<usize>().ok(),
            _ => None,
        };
        let bytes = self.disk.bytes(self.opened[from].node);
        let at_from = given(1).unwrap_or(self.opened[from].at);
        let at_to = given(3).unwrap_or(self.opened[to].at);
        let copied = &bytes[at_from..at_from + amount];
        self.disk.write(self.opened[to].node, at_to, copied);
        if given(1).is_none() {
            self.opened[from].at += amount;
        }
        if given(3).is_none() {
            self.opened[to].at += amount;
        }
    }
}
