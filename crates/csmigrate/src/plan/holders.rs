//! Who else has a hand in the source: processes that have its files open,
//! mapped or locked, as `/proc` tells them. Files are known by device and
//! inode, so it does not matter by what name a process opened them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bdbfile::Workers;
use caldb::Store;

use crate::error::{Error, Result};
use crate::plan::Request;
use crate::report::Warning;

/// What a process does with a file of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Hold {
    /// A database or log is open for reading, or mapped so.
    Reads,
    /// A region is open or mapped, and no database is: a process that is
    /// attached to the environment and may open any file of it.
    Attached,
    /// A file is locked.
    Locks,
    /// A database or log is open for writing, or mapped so.
    Writes,
}

/// A process that holds files of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holder {
    /// Its process id.
    pub process: u32,
    /// Its name, as the system gives it: cut off after 15 bytes.
    pub name: String,
    /// The most it does with any of them.
    pub hold: Hold,
    /// The files it does that with.
    pub files: Vec<OsString>,
}

/// What could be learnt of who holds the source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Holders {
    /// Whether the system tells at all.
    pub known: bool,
    /// The processes, by their ids.
    pub all: Vec<Holder>,
    /// Processes of other users that could not be looked at.
    pub unseen: usize,
}

impl Holder {
    /// Whether it may change the source, or a region of it is at work.
    pub fn is_in_the_way(&self) -> bool {
        self.hold != Hold::Reads
    }
}

impl std::fmt::Display for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let does = match self.hold {
            Hold::Reads => "reads",
            Hold::Attached => "is attached to",
            Hold::Locks => "has locked",
            Hold::Writes => "may write",
        };
        write!(f, "process {} ({}) {does} ", self.process, self.name)?;
        for (index, file) in self.files.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}", file.display())?;
        }
        Ok(())
    }
}

const PROC: &str = "/proc";

/// How long a process may hold what its parent had open, before it becomes
/// another program.
const A_MOMENT: Duration = Duration::from_millis(100);

/// Looks for processes, other than this one, that hold files of a store. One
/// that is in the way is looked at twice: a process that is being started has
/// for a moment what its parent had open.
pub(super) fn find(store: &Store, workers: Workers) -> Holders {
    let holders = look(store, workers);
    if !holders.all.iter().any(Holder::is_in_the_way) {
        return holders;
    }
    std::thread::sleep(A_MOMENT);
    look(store, workers)
}

fn look(store: &Store, workers: Workers) -> Holders {
    let Some(files) = Files::of(store) else {
        return Holders::default();
    };
    let mut holders = Holders {
        known: true,
        ..Holders::default()
    };
    let own = std::process::id();
    let others: Vec<u32> = processes().filter(|process| *process != own).collect();
    let of_each = workers.all(others.len(), |index| {
        let process = others.get(index).copied().unwrap_or(own);
        Ok::<_, Infallible>((process, files.used_by(process)))
    });
    let Ok(of_each) = of_each;
    // The system takes its time to tell of locks, and need not be asked where it
    // is seen that nobody has a file open that could be locked. (A lock that is
    // left to a mapping alone, by a process that shows its open files and not
    // its mappings, is not met: that process is counted as one not seen.)
    let mut each = of_each.iter();
    let locked = if each.all(|(_, used)| used.opened_none()) {
        Vec::new()
    } else {
        files.locked()
    };
    for (process, used) in of_each {
        let unseen = !(used.opened_seen && used.mapped_seen);
        holders.unseen = holders.unseen.saturating_add(usize::from(unseen));
        let mut uses = used.uses;
        let locks = locked.iter().filter(|(holder, _)| *holder == process);
        uses.extend(locks.map(|&(_, file)| Use {
            file,
            what: What::Locks,
        }));
        holders.all.extend(files.judge(process, &uses));
    }
    holders.all.sort_by_key(|holder| holder.process);
    holders
}

/// Fails where a process is in the way.
pub(super) fn check(request: &Request, holders: &Holders) -> Result<()> {
    let in_the_way = holders.all.iter().filter(|one| one.is_in_the_way());
    let in_the_way: Vec<Holder> = in_the_way.cloned().collect();
    if in_the_way.is_empty() {
        return Ok(());
    }
    Err(Error::Held {
        path: request.source.clone(),
        holders: in_the_way,
    })
}

/// Processes that only read.
pub(super) fn warnings(holders: &Holders) -> Vec<Warning> {
    let readers = holders.all.iter().filter(|one| !one.is_in_the_way());
    readers
        .map(|one| {
            let files: Vec<_> = one
                .files
                .iter()
                .map(|file| file.display().to_string())
                .collect();
            let text = format!(
                "{}: read by process {} ({}): a server that runs read-only, or a copy being made",
                files.join(", "),
                one.process,
                one.name
            );
            Warning::new("held-for-reading", None, text)
        })
        .collect()
}

/// The files of the source, by device and inode.
struct Files {
    known: Vec<Known>,
    by_id: HashMap<(u64, u64), usize>,
    by_inode: HashMap<u64, Vec<usize>>,
}

struct Known {
    name: OsString,
    region: bool,
    device: u64,
}

/// What a process uses, and whether that could be seen.
struct Used {
    uses: Vec<Use>,
    opened_seen: bool,
    mapped_seen: bool,
}

impl Used {
    /// Whether it is known to use none of the files but by mappings that cannot
    /// be seen.
    fn opened_none(&self) -> bool {
        self.opened_seen && self.uses.is_empty()
    }
}

/// That a process uses a file.
#[derive(Debug, Clone, Copy)]
struct Use {
    /// Which of the files.
    file: usize,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Reads,
    Writes,
    Locks,
}

impl Files {
    /// `None` where the system does not tell of processes.
    fn of(store: &Store) -> Option<Self> {
        if !Path::new(PROC).join("self/fd").is_dir() {
            return None;
        }
        let mut files = Self {
            known: Vec::new(),
            by_id: HashMap::new(),
            by_inode: HashMap::new(),
        };
        for file in store.databases.iter().chain(&store.logs) {
            files.add(&file.name, false, &file.metadata);
        }
        for path in &store.regions {
            if let (Some(name), Ok(metadata)) = (path.file_name(), std::fs::metadata(path)) {
                files.add(name, true, &metadata);
            }
        }
        Some(files)
    }

    fn add(&mut self, name: &OsStr, region: bool, metadata: &Metadata) {
        let index = self.known.len();
        self.known.push(Known {
            name: name.to_owned(),
            region,
            device: metadata.dev(),
        });
        self.by_id.insert((metadata.dev(), metadata.ino()), index);
        self.by_inode.entry(metadata.ino()).or_default().push(index);
    }

    /// The files a process has open and mapped.
    fn used_by(&self, process: u32) -> Used {
        let opened = self.opened_by(process);
        let mapped = self.mapped_by(process);
        let (opened_seen, mapped_seen) = (opened.is_some(), mapped.is_some());
        let ended = !(opened_seen && mapped_seen) && has_ended(process);
        Used {
            uses: opened.into_iter().chain(mapped).flatten().collect(),
            opened_seen: opened_seen || ended,
            mapped_seen: mapped_seen || ended,
        }
    }

    /// The files a process has open; `None` where that may not be seen.
    fn opened_by(&self, process: u32) -> Option<Vec<Use>> {
        let dir = Path::new(PROC).join(process.to_string());
        let mut uses = Vec::new();
        for entry in std::fs::read_dir(dir.join("fd")).ok()?.flatten() {
            let Ok(metadata) = std::fs::metadata(entry.path()) else {
                continue;
            };
            let Some(&file) = self.by_id.get(&(metadata.dev(), metadata.ino())) else {
                continue;
            };
            let info = std::fs::read_to_string(dir.join("fdinfo").join(entry.file_name()));
            let info = info.unwrap_or_default();
            let what = if is_read_only(&info) {
                What::Reads
            } else {
                What::Writes
            };
            uses.push(Use { file, what });
            if info.lines().any(|line| line.starts_with("lock:")) {
                let what = What::Locks;
                uses.push(Use { file, what });
            }
        }
        Some(uses)
    }

    /// The files a process has mapped; `None` where that may not be seen.
    fn mapped_by(&self, process: u32) -> Option<Vec<Use>> {
        let dir = Path::new(PROC).join(process.to_string());
        let maps = std::fs::read(dir.join("maps")).ok()?;
        let mut uses = Vec::new();
        for line in maps.split(|byte| *byte == b'\n') {
            let Some(mapping) = Mapping::parse(line) else {
                continue;
            };
            let alike = self.by_inode.get(&mapping.inode).into_iter().flatten();
            for &file in alike {
                let Some(known) = self.known.get(file) else {
                    continue;
                };
                // Some file systems give a mapping another device than the
                // file: then the link to what is mapped decides, or the name.
                let same = mapping.device == known.device
                    || match std::fs::metadata(dir.join("map_files").join(&mapping.range)) {
                        Ok(it) => (it.dev(), it.ino()) == (known.device, mapping.inode),
                        Err(_) => mapping.path.file_name() == Some(&known.name),
                    };
                if same {
                    let what = if mapping.writes {
                        What::Writes
                    } else {
                        What::Reads
                    };
                    uses.push(Use { file, what });
                }
            }
        }
        Some(uses)
    }

    /// Which files are locked, and by whom: those of processes that cannot be
    /// seen as well.
    fn locked(&self) -> Vec<(u32, usize)> {
        let locks = std::fs::read_to_string(Path::new(PROC).join("locks")).unwrap_or_default();
        locks
            .lines()
            .filter_map(|line| {
                // "1: POSIX ADVISORY WRITE 812 fe:00:131 0 EOF"
                let mut words = line
                    .split_whitespace()
                    .skip_while(|word| word.contains(|c: char| !c.is_ascii_digit()));
                let process = words.next()?.parse().ok()?;
                let mut id = words.next()?.split(':');
                let device = device(id.next()?, id.next()?)?;
                let inode = id.next()?.parse().ok()?;
                let file = *self.by_id.get(&(device, inode))?;
                Some((process, file))
            })
            .collect()
    }

    /// What a process is to the source by all it does with it.
    fn judge(&self, process: u32, uses: &[Use]) -> Option<Holder> {
        let name = |one: &Use| self.known.get(one.file);
        let is_region = |one: &Use| name(one).is_some_and(|name| name.region);
        let hold = |one: &Use| match one.what {
            What::Locks => Some(Hold::Locks),
            _ if is_region(one) => None,
            What::Writes => Some(Hold::Writes),
            What::Reads => Some(Hold::Reads),
        };
        let most = match uses.iter().filter_map(hold).max() {
            Some(most) => most,
            None if uses.is_empty() => return None,
            None => Hold::Attached,
        };
        let counts = |one: &&Use| hold(one).unwrap_or(Hold::Attached) == most;
        let mut files: Vec<OsString> = uses
            .iter()
            .filter(counts)
            .filter_map(|one| Some(name(one)?.name.clone()))
            .collect();
        files.sort();
        files.dedup();
        let comm = std::fs::read(Path::new(PROC).join(process.to_string()).join("comm"));
        let comm = comm.unwrap_or_default();
        Some(Holder {
            process,
            name: String::from_utf8_lossy(comm.trim_ascii_end()).into_owned(),
            hold: most,
            files,
        })
    }
}

/// A line of `/proc/PID/maps`.
struct Mapping {
    range: String,
    writes: bool,
    device: u64,
    inode: u64,
    path: PathBuf,
}

impl Mapping {
    /// "7f0000000000-7f0000001000 rw-s 00000000 fe:00 131   /csdb/__db.001"
    fn parse(line: &[u8]) -> Option<Self> {
        let mut words = line
            .splitn(6, |byte| *byte == b' ')
            .map(String::from_utf8_lossy);
        let range = words.next()?.into_owned();
        let rights = words.next()?;
        let (_offset, id, inode) = (words.next()?, words.next()?, words.next()?);
        let (major, minor) = id.split_once(':')?;
        let path = line.splitn(6, |byte| *byte == b' ').nth(5)?;
        Some(Self {
            range,
            writes: rights.contains('w') && rights.ends_with('s'),
            device: device(major, minor)?,
            inode: inode.parse().ok().filter(|inode| *inode != 0)?,
            path: PathBuf::from(OsStr::from_bytes(path.trim_ascii_start())),
        })
    }
}

/// A device as `stat` gives it, from its two numbers in hexadecimal.
fn device(major: &str, minor: &str) -> Option<u64> {
    let number = |text| u32::from_str_radix(text, 16).ok();
    Some(rustix::fs::makedev(number(major)?, number(minor)?))
}

/// The bits of a file's flags that tell reading from writing; none is reading.
const ACCESS_MODE: u32 = 0o3;

/// Whether `/proc/PID/fdinfo/N` says that a file is open for reading only.
fn is_read_only(info: &str) -> bool {
    let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
    let flags = flags.and_then(|octal| u32::from_str_radix(octal.trim(), 8).ok());
    flags.is_some_and(|flags| flags & ACCESS_MODE == 0)
}

/// Whether a process is gone, but for its number.
fn has_ended(process: u32) -> bool {
    // "812 (a name) S 1 ..."
    match std::fs::read_to_string(Path::new(PROC).join(process.to_string()).join("stat")) {
        Ok(stat) => stat
            .rsplit_once(") ")
            .is_some_and(|(_, rest)| rest.starts_with(['Z', 'X'])),
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
    }
}

/// All process ids.
fn processes() -> impl Iterator<Item = u32> {
    std::fs::read_dir(PROC)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mapping_is_read() {
        let line = b"7f00-7f01 rw-s 00000000 fe:0a 131     /a b/__db.001";
        let mapping = Mapping::parse(line).unwrap();
        assert_eq!(mapping.range, "7f00-7f01");
        assert!(mapping.writes);
        assert_eq!(mapping.device, rustix::fs::makedev(0xfe, 10));
        assert_eq!(mapping.inode, 131);
        assert_eq!(mapping.path, Path::new("/a b/__db.001"));
        let private = b"7f00-7f01 rw-p 00000000 fe:0a 131     /lib";
        assert!(!Mapping::parse(private).unwrap().writes);
        for none in [&b""[..], b"7f00-7f01 rw-p 00000000 00:00 0 ", b"a b c"] {
            assert!(Mapping::parse(none).is_none());
        }
    }

    #[test]
    fn only_what_is_open_for_reading_is_read_only() {
        assert!(is_read_only("pos:\t0\nflags:\t0100000\nmnt_id:\t5\n"));
        for other in ["flags:\t0100001", "flags:\t02", "", "flags:\tx"] {
            assert!(!is_read_only(other), "{other}");
        }
    }
}
