//! A disk that may lose power: what was synced it keeps, of the rest it keeps
//! what it likes.
//!
//! * Of a file, what was written since its last sync may be there or not, each
//!   sector of 512 bytes by itself, and the size may be the old or the new one.
//! * Names are changed in the order of the calls: a journal, of which the disk
//!   keeps some beginning. It keeps at least what was done up to the last
//!   change of a directory that was synced since, and up to the making of a
//!   file that was synced since.
//! * A disk without a journal keeps that order within each directory alone: the
//!   name of a directory may be there, and the names in it not. It keeps what
//!   was done in a directory that was synced since, and nothing else.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::Random;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// What lies in a directory after the power came back: directories have no
/// bytes.
pub(crate) type Found = BTreeMap<PathBuf, Option<Bytes>>;

/// The bytes of a file, hashed once and then shared: there are many states of a
/// disk, and most files are the same in most of them.
#[derive(Debug, Clone)]
pub(crate) struct Bytes(Arc<(u64, Vec<u8>)>);

impl Bytes {
    fn new(bytes: Vec<u8>) -> Self {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(&bytes);
        Self(Arc::new((hash, bytes)))
    }
}

impl Default for Bytes {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0.1
    }
}

impl PartialEq for Bytes {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Bytes {}

impl Hash for Bytes {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.0.hash(state);
    }
}

/// A file or a directory, whatever its names are.
pub(crate) type Node = usize;

/// The directory that all others are in.
pub(crate) const ROOT: Node = 0;

/// A change of a file's bytes that is not synced yet.
#[derive(Debug, Clone)]
enum Change {
    Write { at: usize, bytes: Vec<u8> },
    Resize(usize),
}

#[derive(Debug, Clone, Default)]
struct FileNode {
    durable: Bytes,
    pending: Vec<Change>,
}

/// A change of names.
#[derive(Debug, Clone)]
enum Entry {
    Make(Place, Node),
    Remove(Place),
    Move(Place, Place),
}

/// A name in a directory.
type Place = (Node, OsString);

impl Entry {
    /// The directories that it changes.
    fn dirs(&self) -> [Node; 2] {
        match self {
            Self::Make(place, _) | Self::Remove(place) => [place.0; 2],
            Self::Move(from, to) => [from.0, to.0],
        }
    }

    fn touches(&self, dir: Node) -> bool {
        self.dirs().contains(&dir)
    }
}

/// The directories of the disk, each with its names.
type Directories = HashMap<Node, BTreeMap<OsString, Node>>;

/// How much a disk keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// What was synced, and nothing else.
    Synced,
    /// All names; of the bytes and sizes what was synced.
    Names,
    /// All names and sizes, the bytes that were not synced zero.
    NamesAndSizes,
    /// Everything, as when only the process ends.
    Everything,
    /// Whatever chance, begun with this number, brings.
    Chance(u64),
    /// The same, on a disk that keeps the order of names within each directory
    /// alone.
    Apart(u64),
}

/// The disk, as the calls of one run make it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Disk {
    /// `None` is a directory.
    nodes: Vec<Option<FileNode>>,
    /// As it was before the run.
    initial: Directories,
    /// As it is for the processes.
    now: Directories,
    journal: Vec<Entry>,
    /// How many entries of the journal are safe.
    durable: usize,
    /// How many of them are safe in each directory, without a journal.
    durable_in: HashMap<Node, usize>,
}

impl Disk {
    /// A disk that holds what is in a directory, safely; some names at its top
    /// are not looked at now or later.
    pub(crate) fn holding(dir: &Path, without: &[&str]) -> Self {
        let mut disk = Self::empty();
        disk.take(dir, ROOT, without);
        disk.initial = disk.now.clone();
        disk.journal.clear();
        disk
    }

    pub(crate) fn empty() -> Self {
        let mut disk = Self::default();
        disk.new_node(None);
        disk.initial = disk.now.clone();
        disk
    }

    fn take(&mut self, dir: &Path, node: Node, without: &[&str]) {
        for name in super::names(dir) {
            if without.iter().any(|it| name == *it) {
                continue;
            }
            let path = dir.join(&name);
            let is_dir = fs::symlink_metadata(&path).unwrap().is_dir();
            let child = if is_dir {
                self.new_node(None)
            } else {
                self.new_node(Some(FileNode {
                    durable: Bytes::new(fs::read(&path).unwrap()),
                    pending: Vec::new(),
                }))
            };
            self.enter(Entry::Make((node, name), child));
            if is_dir {
                self.take(&path, child, &[]);
            }
        }
    }

    fn new_node(&mut self, file: Option<FileNode>) -> Node {
        let node = self.nodes.len();
        if file.is_none() {
            self.now.insert(node, BTreeMap::new());
        }
        self.nodes.push(file);
        node
    }

    fn enter(&mut self, entry: Entry) {
        apply(&mut self.now, &entry);
        self.journal.push(entry);
    }

    /// What a path leads to.
    pub(crate) fn node(&self, path: &Path) -> Option<Node> {
        let mut node = ROOT;
        for part in path.components() {
            if let Component::Normal(name) = part {
                node = *self.now.get(&node)?.get(name)?;
            }
        }
        Some(node)
    }

    fn place(&self, path: &Path) -> Place {
        let dir = self.node(path.parent().unwrap_or(Path::new("")));
        let name = path.file_name().unwrap_or(OsStr::new("")).to_owned();
        (dir.expect("the directory of a new name is there"), name)
    }

    /// Makes an empty file; its node.
    pub(crate) fn create(&mut self, path: &Path) -> Node {
        let node = self.new_node(Some(FileNode::default()));
        let place = self.place(path);
        self.enter(Entry::Make(place, node));
        node
    }

    pub(crate) fn make_dir(&mut self, path: &Path) {
        let node = self.new_node(None);
        let place = self.place(path);
        self.enter(Entry::Make(place, node));
    }

    pub(crate) fn remove(&mut self, path: &Path) {
        let place = self.place(path);
        self.enter(Entry::Remove(place));
    }

    pub(crate) fn rename(&mut self, from: &Path, to: &Path) {
        let (from, to) = (self.place(from), self.place(to));
        self.enter(Entry::Move(from, to));
    }

    fn file(&mut self, node: Node) -> &mut FileNode {
        self.nodes[node].as_mut().expect("it is a file")
    }

    pub(crate) fn write(&mut self, node: Node, at: usize, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        self.file(node).pending.push(Change::Write { at, bytes });
    }

    pub(crate) fn resize(&mut self, node: Node, len: usize) {
        self.file(node).pending.push(Change::Resize(len));
    }

    /// The bytes of a file as processes see it.
    pub(crate) fn bytes(&self, node: Node) -> Vec<u8> {
        let file = self.nodes[node].as_ref().expect("it is a file");
        let mut bytes = file.durable.to_vec();
        for change in &file.pending {
            change.apply(&mut bytes);
        }
        bytes
    }

    /// A file or directory is synced.
    pub(crate) fn sync(&mut self, node: Node) {
        let safe = if self.nodes[node].is_some() {
            let bytes = self.bytes(node);
            let file = self.file(node);
            if !file.pending.is_empty() {
                file.durable = Bytes::new(bytes);
                file.pending.clear();
            }
            let made = |entry: &Entry| matches!(entry, Entry::Make(_, made) if *made == node);
            self.journal.iter().position(made)
        } else {
            let last = self.journal.iter().rposition(|entry| entry.touches(node));
            self.sync_names(node, last.map_or(0, |index| index + 1));
            last
        };
        self.durable = self.durable.max(safe.map_or(0, |index| index + 1));
    }

    /// Makes so many entries safe as far as they are those of a directory. A
    /// move is safe on both sides or on none.
    fn sync_names(&mut self, dir: Node, count: usize) {
        let safe = self.durable_in.entry(dir).or_default();
        if count <= *safe {
            return;
        }
        *safe = count;
        for index in 0..count {
            for other in self.journal[index].dirs() {
                if other != dir && self.journal[index].touches(dir) {
                    self.sync_names(other, index + 1);
                }
            }
        }
    }

    pub(crate) fn sync_all(&mut self) {
        for node in 0..self.nodes.len() {
            if self.nodes[node].is_some() {
                self.sync(node);
            }
        }
        self.durable = self.journal.len();
        for dir in self.now.keys() {
            self.durable_in.insert(*dir, self.journal.len());
        }
    }

    /// The changes of names that are kept.
    fn entries(&self, kept: Kept, random: &mut Random) -> Vec<&Entry> {
        let some =
            |safe: usize, random: &mut Random| safe + below(random, self.journal.len() - safe + 1);
        let names = match kept {
            Kept::Synced => self.durable,
            Kept::Chance(_) => some(self.durable, random),
            _ => self.journal.len(),
        };
        if !matches!(kept, Kept::Apart(_)) {
            return self.journal[..names].iter().collect();
        }
        // In their order, so that the same number gives the same disk.
        let mut ends = BTreeMap::new();
        for dir in 0..self.nodes.len() {
            let safe = self.durable_in.get(&dir).copied().unwrap_or_default();
            if self.nodes[dir].is_none() {
                ends.insert(dir, some(safe, random));
            }
        }
        let mut entries = Vec::new();
        for (index, entry) in self.journal.iter().enumerate() {
            let dirs = entry.dirs();
            if dirs.iter().all(|dir| index < ends[dir]) {
                entries.push(entry);
            } else {
                // What comes later in these directories is lost with it.
                for dir in dirs {
                    ends.insert(dir, ends[&dir].min(index));
                }
            }
        }
        entries
    }

    /// What is there if the power goes now.
    pub(crate) fn after_power_loss(&self, kept: Kept) -> Found {
        let mut random = match kept {
            Kept::Chance(seed) | Kept::Apart(seed) => Random(seed),
            _ => Random(0),
        };
        let mut directories = self.initial.clone();
        for node in self.now.keys() {
            directories.entry(*node).or_default();
        }
        for entry in self.entries(kept, &mut random) {
            apply(&mut directories, entry);
        }
        let mut found = Found::new();
        let mut open = vec![(ROOT, PathBuf::new())];
        while let Some((dir, path)) = open.pop() {
            for (name, node) in &directories[&dir] {
                let path = path.join(name);
                if let Some(file) = &self.nodes[*node] {
                    found.insert(path, Some(file.after_power_loss(kept, &mut random)));
                } else {
                    found.insert(path.clone(), None);
                    open.push((*node, path));
                }
            }
        }
        found
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Write { at, bytes: written } => put(bytes, *at, written),
            Self::Resize(len) => bytes.resize(*len, 0),
        }
    }
}

impl FileNode {
    fn after_power_loss(&self, kept: Kept, random: &mut Random) -> Bytes {
        if self.pending.is_empty() || matches!(kept, Kept::Synced | Kept::Names) {
            return self.durable.clone();
        }
        let mut bytes = self.durable.to_vec();
        match kept {
            Kept::Synced | Kept::Names => {}
            Kept::Everything => {
                for change in &self.pending {
                    change.apply(&mut bytes);
                }
            }
            Kept::NamesAndSizes => self.take_size(&mut bytes),
            Kept::Chance(_) | Kept::Apart(_) => {
                for change in &self.pending {
                    change.apply_by_chance(&mut bytes, random);
                }
                if below(random, 2) == 0 {
                    self.take_size(&mut bytes);
                }
            }
        }
        Bytes::new(bytes)
    }

    fn take_size(&self, bytes: &mut Vec<u8>) {
        let mut len = self.durable.len();
        for change in &self.pending {
            len = match change {
                Change::Write { at, bytes } => len.max(at + bytes.len()),
                Change::Resize(len) => *len,
            };
        }
        bytes.resize(len, 0);
    }
}

impl Change {
    fn apply_by_chance(&self, bytes: &mut Vec<u8>, random: &mut Random) {
        let chance = below(random, 3);
        match self {
            _ if chance == 0 => {}
            _ if chance == 1 => self.apply(bytes),
            Self::Resize(_) => {}
            Self::Write { at, bytes: written } => {
                // Cut where the sectors of the file begin.
                let mut from = 0;
                while from < written.len() {
                    let to = written.len().min(from + SECTOR - (at + from) % SECTOR);
                    if below(random, 2) == 0 {
                        put(bytes, at + from, &written[from..to]);
                    }
                    from = to;
                }
            }
        }
    }
}

fn put(bytes: &mut Vec<u8>, at: usize, written: &[u8]) {
    if bytes.len() < at + written.len() {
        bytes.resize(at + written.len(), 0);
    }
    bytes[at..at + written.len()].copy_from_slice(written);
}

fn apply(directories: &mut Directories, entry: &Entry) {
    let mut take = |(dir, name): &Place| directories.get_mut(dir).and_then(|it| it.remove(name));
    let (place, node) = match entry {
        Entry::Make(place, node) => (place, Some(*node)),
        Entry::Remove(place) => {
            take(place);
            return;
        }
        Entry::Move(from, to) => (to, take(from)),
    };
    let (dir, name) = place;
    if let (Some(dir), Some(node)) = (directories.get_mut(dir), node) {
        dir.insert(name.clone(), node);
    }
}

/// A number below another.
fn below(random: &mut Random, end: usize) -> usize {
    usize::try_from(random.next() % end as u64).unwrap()
}

/// Puts down what was found as real files in an empty directory.
pub(crate) fn put_down(found: &Found, dir: &Path) {
    for (path, bytes) in found {
        let path = dir.join(path);
        match bytes {
            None => fs::create_dir(&path).unwrap(),
            Some(bytes) => fs::write(&path, &**bytes).unwrap(),
        }
    }
}
