//! The stores that are compared on, made with the real library.

use std::fs;
use std::path::{Path, PathBuf};

use oracle::ByteOrder;
use oracle::compose::{StorePlan, StoreRelease, Surroundings, compose, write_version};

use super::Result;
use super::size::Size;
use crate::source::{self, Records};

/// What a store is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Calendars,
    BigEndian,
    OneFile,
    ManySmall,
    Overflow,
    Duplicates,
}

/// A store that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) shape: Shape,
    pub(super) size: Size,
}

/// Components in each calendar, and the bytes that such a calendar takes.
const COMPONENTS: u32 = 100;
const CALENDAR_BYTES: u64 = 354_000;

/// Records in each file of [`Shape::ManySmall`].
const SMALL_FILE: u32 = 500;

impl Shape {
    pub(super) const ALL: [Self; 6] = [
        Self::Calendars,
        Self::BigEndian,
        Self::OneFile,
        Self::ManySmall,
        Self::Overflow,
        Self::Duplicates,
    ];

    /// The name by which it is asked for.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Calendars => "calendars",
            Self::BigEndian => "big-endian",
            Self::OneFile => "one-file",
            Self::ManySmall => "many-small",
            Self::Overflow => "overflow",
            Self::Duplicates => "duplicates",
        }
    }

    pub(super) const fn what(self) -> &'static str {
        match self {
            Self::Calendars => "a composed store of 6.2 from an x86 server, all records recognised",
            Self::BigEndian => "the same from a SPARC server",
            Self::OneFile => "one huge file of events, no record recognised",
            Self::ManySmall => "many files of 300 kB, no record recognised",
            Self::Overflow => "one file, most data items too long for a page",
            Self::Duplicates => {
                "one file of unsorted duplicates, half of them in trees of their own"
            }
        }
    }

    fn make(self, dir: &Path, size: Size) -> Result<()> {
        match self {
            Self::Calendars => return calendars(dir, size, ByteOrder::Little),
            Self::BigEndian => return calendars(dir, size, ByteOrder::Big),
            Self::OneFile => one_file(dir, "ics50events.db", Records::Plain, size)?,
            Self::Overflow => one_file(dir, "ics50events.db", Records::Long, size)?,
            Self::Duplicates => one_file(dir, "ics50deletelog.db", Records::Duplicates, size)?,
            Self::ManySmall => {
                let records = record_count(Records::Plain, size)?;
                for file in 0..records / SMALL_FILE {
                    let begin = file * SMALL_FILE;
                    let path = dir.join(format!("ics50small{file:06}.db"));
                    source::make(&path, Records::Plain, begin..begin + SMALL_FILE)?;
                }
            }
        }
        write_version(dir, "3.0.0")?;
        Ok(())
    }
}

impl Order {
    /// The name of its directory and its plot.
    pub(super) fn name(&self) -> String {
        format!("{}-{}", self.shape.name(), self.size)
    }
}

/// The directory of a store in `data`, made if it is not there.
pub(super) fn at_hand(order: &Order, data: &Path) -> Result<PathBuf> {
    let dir = data.join(order.name());
    if dir.exists() {
        eprintln!("{}: as it was made before", order.name());
    } else {
        eprintln!("{}: making it with the real library", order.name());
        fs::create_dir_all(data)?;
        // It has its name when it is whole.
        let making = tempfile::tempdir_in(data)?;
        order.shape.make(making.path(), order.size)?;
        fs::rename(making.keep(), &dir)?;
    }
    let bytes: u64 = databases(&dir)?.iter().map(|(_, bytes)| bytes).sum();
    let Size(wanted) = order.size;
    if bytes.abs_diff(wanted) > wanted / 10 {
        return Err(format!("{}: it has {bytes} bytes", order.name()).into());
    }
    Ok(dir)
}

/// The databases of a store with their lengths, by name.
pub(super) fn databases(dir: &Path) -> Result<Vec<(PathBuf, u64)>> {
    let mut databases = Vec::new();
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        if path.extension().is_some_and(|extension| extension == "db") {
            databases.push((path, entry.metadata()?.len()));
        }
    }
    databases.sort();
    Ok(databases)
}

fn calendars(dir: &Path, size: Size, byte_order: ByteOrder) -> Result<()> {
    let Size(bytes) = size;
    let plan = StorePlan {
        calendars: u32::try_from(bytes / CALENDAR_BYTES)?.max(1),
        components: COMPONENTS,
        // No log that would have to be replayed, no region of this machine.
        surroundings: Surroundings::Nothing,
        cache_bytes: Some(u32::try_from(bytes.clamp(8 << 20, 1 << 30))?),
        ..StorePlan::of(StoreRelease::V6_2, byte_order)
    };
    compose(&plan, dir)?;
    Ok(())
}

fn one_file(dir: &Path, name: &str, records: Records, size: Size) -> Result<()> {
    let count = record_count(records, size)?;
    source::make(&dir.join(name), records, 0..count)?;
    Ok(())
}

fn record_count(records: Records, Size(bytes): Size) -> Result<u32> {
    Ok(u32::try_from(bytes / records.bytes_in_file())?.max(1))
}
