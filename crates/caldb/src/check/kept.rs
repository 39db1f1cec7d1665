//! Entries kept until all files of a store are read: in memory as long as they
//! fit, in a temporary file beyond that, so that memory does not grow with the
//! store.
//!
//! They are kept in runs, each divided into parts by the hash of the series. A
//! part of all runs holds whole series: it can be judged by itself, by a thread
//! of its own, and only so much is in memory at once.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bdbfile::spill::{SpillFile, SpillPlace};

use super::calendars::Calendar;
use super::identity::{Entry, Identity, Traits};
use super::shown::KEY_KEPT;

/// Parts of a run. A store of 100 GB, all its records recognised, has 2 GB of
/// entries: 16 MB in a part.
pub(super) const PARTS: usize = 128;

/// Entries of a run, at most: sixteen bits count them.
const RUN: usize = 4 << 10;

/// Memory for what the checks keep of the records of a store, 40 bytes each,
/// and where the rest goes. The gatherers of a store share one.
#[derive(Debug)]
pub struct Keeping {
    /// Never longer than there was room for at first. It is one block, which
    /// is not moved: many that stay, between those that come and go, keep a
    /// process from giving these back to the system.
    memory: Mutex<Vec<u8>>,
    spill: SpillFile,
}

impl Keeping {
    /// Keeps so many bytes in memory, and the rest in a file that is made when
    /// it is needed; where that can't be written, in more memory. The bytes are
    /// asked for at once, but take up memory only as they are used. If the
    /// system does not grant them, all goes into the file.
    pub fn new(bytes: usize, spill: SpillPlace) -> Self {
        let mut memory = Vec::new();
        // Not granted, the room stays 0.
        let _ = memory.try_reserve_exact(bytes);
        Self {
            memory: Mutex::new(memory),
            spill: SpillFile::new(spill),
        }
    }

    /// Bytes in the temporary file.
    pub fn spilled(&self) -> u64 {
        self.spill.len()
    }

    fn hold(self: Arc<Self>, bytes: Vec<u8>) -> Held {
        if let Some(at) = self.put(&bytes) {
            return Held::InMemory { keeping: self, at };
        }
        match self.spill.append(&bytes) {
            Ok(at) => Held::InFile { keeping: self, at },
            Err(_) => Held::Apart(bytes),
        }
    }

    /// Puts bytes into memory, if there is room, and gives the place.
    fn put(&self, bytes: &[u8]) -> Option<usize> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let at = memory.len();
        let room = memory.capacity().saturating_sub(at);
        (bytes.len() <= room).then(|| {
            memory.extend_from_slice(bytes);
            at
        })
    }
}

/// The entries of the records of one unit of work.
#[derive(Debug, Default)]
pub(super) struct Kept {
    keeping: Option<Arc<Keeping>>,
    /// The run that is gathered, and the names in it.
    open: Vec<Entry>,
    names: Vec<u8>,
    runs: Vec<Run>,
    /// Of one run after the other where each part begins, in entries, and where
    /// the last ends. All in one: small blocks of memory that stay keep the
    /// large ones between them from going back to the system.
    starts: Vec<u16>,
}

/// Numbers in `starts` of each run.
const STARTS: usize = PARTS + 1;

/// Where a name is: the number of the run, the place among its names, and the
/// length.
const NAME_RUN: u32 = 40;
const NAME_PLACE: u32 = 8;

const _: () = assert!(RUN <= u16::MAX as usize && KEY_KEPT < 1 << NAME_PLACE);

/// Entries by the part they are in, and names after them.
#[derive(Debug)]
struct Run {
    /// The order of the first record of its unit of work.
    base: u64,
    held: Held,
}

/// Where the encoded entries of a run are.
#[derive(Debug)]
enum Held {
    /// In the memory that is shared.
    InMemory { keeping: Arc<Keeping>, at: usize },
    /// In the file.
    InFile { keeping: Arc<Keeping>, at: u64 },
    /// Where nothing is shared, or the file can't be written.
    Apart(Vec<u8>),
}

impl Kept {
    /// Entries that share the memory of others.
    pub(super) fn by(keeping: Arc<Keeping>) -> Self {
        Self {
            keeping: Some(keeping),
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, entry: Entry) {
        self.open.push(entry);
        if self.open.len() >= RUN {
            self.close_run();
        }
    }

    /// Keeps a calendar with its name.
    pub(super) fn push_calendar(&mut self, calendar: &Calendar) {
        let calid = calendar.calid.as_slice();
        let name = calid.get(..KEY_KEPT).unwrap_or(calid);
        let at = (self.names.len() as u64) << NAME_PLACE | name.len() as u64;
        self.names.extend_from_slice(name);
        self.push(Entry {
            identity: Identity::of_calendar(calid, at),
            order: calendar.order,
            page: calendar.place.page,
            slot: calendar.place.slot,
            traits: Traits::of_calendar(calendar),
            records: calendar.records,
        });
    }

    /// The name of the calendar of an entry that was read. All must have been
    /// settled.
    pub(super) fn name(&self, identity: Identity) -> bdbfile::Result<Vec<u8>> {
        let number = |bits: u64| usize::try_from(bits).unwrap_or(usize::MAX);
        let run = number(identity.rid >> NAME_RUN);
        let starts = self.starts.chunks_exact(STARTS).nth(run);
        let (Some(run), Some(&[.., entries])) = (self.runs.get(run), starts) else {
            return Ok(Vec::new());
        };
        let names = usize::from(entries).saturating_mul(Entry::LEN);
        let within = identity.rid & ((1 << NAME_RUN) - 1);
        let len = number(within & ((1 << NAME_PLACE) - 1));
        let start = names.saturating_add(number(within >> NAME_PLACE));
        let mut from_file = Vec::new();
        let name = run.bytes(start..start.saturating_add(len), &mut from_file)?;
        Ok(name.to_vec())
    }

    /// Puts what is still being gathered to the rest, and keeps no room for
    /// more.
    pub(super) fn settle(&mut self) {
        self.close_run();
        self.open = Vec::new();
        self.names = Vec::new();
    }

    /// Takes in the entries of records of which the first has this order. What
    /// they have in runs stays as it is, the rest is gathered here: a store is
    /// read by many small units, and a run of each would be many small runs.
    pub(super) fn append(&mut self, after: Self, base: u64) {
        self.starts.extend_from_slice(&after.starts);
        self.runs.extend(after.runs.into_iter().map(|run| Run {
            base: run.base.saturating_add(base),
            ..run
        }));
        if self.open.len().saturating_add(after.open.len()) > RUN {
            self.close_run();
        }
        let names = (self.names.len() as u64) << NAME_PLACE;
        self.names.extend_from_slice(&after.names);
        self.open.extend(after.open.into_iter().map(|mut entry| {
            entry.order = entry.order.saturating_add(base);
            if entry.traits.has(Traits::CALENDAR) {
                entry.identity.rid = entry.identity.rid.saturating_add(names);
            }
            entry
        }));
    }

    /// Makes a run of what is gathered.
    fn close_run(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let (mut bytes, starts) = divided(&self.open);
        self.open.clear();
        bytes.reserve_exact(self.names.len());
        bytes.append(&mut self.names);
        self.starts.extend_from_slice(&starts);
        let held = match self.keeping.clone() {
            Some(keeping) => keeping.hold(bytes),
            None => Held::Apart(bytes),
        };
        self.runs.push(Run { base: 0, held });
    }

    /// How many entries one part has.
    pub(super) fn count(&self, part: usize) -> usize {
        let starts = self.starts.chunks_exact(STARTS);
        starts.map(|starts| part_by(starts, part).len()).sum()
    }

    /// Adds the entries of one part to others, in no order. All must have been
    /// settled.
    pub(super) fn read(
        &self,
        part: usize,
        base: u64,
        entries: &mut Vec<Entry>,
    ) -> bdbfile::Result<()> {
        let mut from_file = Vec::new();
        let runs = self.runs.iter().zip(self.starts.chunks_exact(STARTS));
        for (number, (run, starts)) in runs.enumerate() {
            let Range { start, end } = part_by(starts, part);
            if start == end {
                continue;
            }
            let range = start.saturating_mul(Entry::LEN)..end.saturating_mul(Entry::LEN);
            let (chunks, _) = run.bytes(range, &mut from_file)?.as_chunks();
            entries.extend(chunks.iter().map(|chunk| {
                let mut entry = Entry::decode(chunk);
                let before = run.base.saturating_add(base);
                entry.order = entry.order.saturating_add(before);
                if entry.traits.has(Traits::CALENDAR) {
                    entry.identity.rid |= (number as u64) << NAME_RUN;
                }
                entry
            }));
        }
        Ok(())
    }
}

impl Run {
    /// Bytes of it, read into `room` where they are shared.
    fn bytes<'b>(
        &'b self,
        range: Range<usize>,
        room: &'b mut Vec<u8>,
    ) -> bdbfile::Result<&'b [u8]> {
        match &self.held {
            Held::Apart(bytes) => Ok(bytes.get(range).unwrap_or_default()),
            Held::InMemory { keeping, at } => {
                let memory = &keeping.memory;
                let memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
                let range = at.saturating_add(range.start)..at.saturating_add(range.end);
                room.clear();
                room.extend_from_slice(memory.get(range).unwrap_or_default());
                Ok(room)
            }
            Held::InFile { keeping, at } => {
                room.resize(range.len(), 0);
                keeping
                    .spill
                    .read(at.saturating_add(range.start as u64), room)?;
                Ok(room)
            }
        }
    }
}

/// Which entries of a run are of a part, by where its parts begin.
fn part_by(starts: &[u16], part: usize) -> Range<usize> {
    let start = |part: usize| starts.get(part).map_or(0, |at| usize::from(*at));
    start(part)..start(part.saturating_add(1))
}

/// Entries one part after the other, encoded, and where the parts begin.
fn divided(entries: &[Entry]) -> (Vec<u8>, [u16; STARTS]) {
    let mut ends = [0_u16; STARTS];
    for entry in entries {
        if let Some(count) = ends.get_mut(part_of(entry).saturating_add(1)) {
            *count = count.saturating_add(1);
        }
    }
    let mut before = 0_u16;
    for end in &mut ends {
        before = before.saturating_add(*end);
        *end = before;
    }
    let starts = ends;
    // From here on the end of what is there of each part, at its own index.
    let mut bytes = vec![0; entries.len().saturating_mul(Entry::LEN)];
    let (chunks, _) = bytes.as_chunks_mut();
    for entry in entries {
        let Some(at) = ends.get_mut(part_of(entry)) else {
            continue;
        };
        if let Some(chunk) = chunks.get_mut(usize::from(*at)) {
            *chunk = entry.encode();
        }
        *at = at.saturating_add(1);
    }
    (bytes, starts)
}

/// By the highest bits of a hash, so the parts are of one size.
fn part_of(entry: &Entry) -> usize {
    const BITS: u32 = PARTS.ilog2();
    let (high, _) = entry.identity.series;
    usize::try_from(high >> (u64::BITS - BITS)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;
    use crate::check::charset::CharsetCode;
    use crate::check::gather::RecordPlace;

    const MANY: u64 = 3 * RUN as u64 + 17;

    fn entry(number: u64) -> Entry {
        let uid = number.to_le_bytes();
        Entry {
            identity: Identity::new(b"jdoe", &uid, Some(&uid), &mut Vec::new()),
            order: number,
            page: u32::try_from(number).unwrap() ^ 0xabcd,
            slot: 7,
            traits: Traits::ALARM,
            records: 0,
        }
    }

    fn kept(keeping: Option<&Arc<Keeping>>, numbers: Range<u64>) -> Kept {
        let mut kept = keeping.map_or_else(Kept::default, |one| Kept::by(Arc::clone(one)));
        numbers.for_each(|number| kept.push(entry(number)));
        kept
    }

    fn all(kept: &Kept) -> Vec<Entry> {
        let mut all = Vec::new();
        for part in 0..PARTS {
            let before = all.len();
            kept.read(part, 0, &mut all).unwrap();
            assert!(all[before..].iter().all(|entry| part_of(entry) == part));
        }
        all.sort_by_key(|entry| entry.order);
        all
    }

    fn keeping(bytes: usize, spill: SpillPlace) -> Arc<Keeping> {
        Arc::new(Keeping::new(bytes, spill))
    }

    #[test]
    fn all_come_back_from_wherever_they_are() {
        let expected: Vec<Entry> = (0..MANY).map(entry).collect();
        let here = || SpillPlace::Directory(std::env::temp_dir());
        let nowhere = SpillPlace::Directory("/nowhere/at/all".into());
        let full = SpillPlace::Made {
            name: "full".to_owned(),
            make: Arc::new(|| File::options().read(true).write(true).open("/dev/full")),
        };
        let whole = RUN * Entry::LEN;
        for (keeping, spilled) in [
            (None, 0),
            (Some(keeping(4 * whole, here())), 0),
            (Some(keeping(usize::MAX, here())), MANY * 40),
            (Some(keeping(0, here())), MANY * 40),
            (Some(keeping(whole + 1, here())), (MANY - RUN as u64) * 40),
            (Some(keeping(0, nowhere)), 0),
        ] {
            let mut kept = kept(keeping.as_ref(), 0..MANY);
            kept.settle();
            assert!(all(&kept) == expected);
            assert_eq!(keeping.map_or(0, |one| one.spilled()), spilled);
        }
        let mut kept = kept(Some(&keeping(0, full)), 0..MANY);
        kept.settle();
        assert!(all(&kept) == expected, "what can't be written stays");
    }

    #[test]
    fn what_follows_comes_after() {
        let keeping = keeping(
            RUN * Entry::LEN,
            SpillPlace::Directory(std::env::temp_dir()),
        );
        let mut first = kept(Some(&keeping), 0..5);
        let mut second = kept(Some(&keeping), 0..MANY);
        second.append(kept(Some(&keeping), 0..1), MANY);
        first.append(second, 5);
        first.settle();
        let orders: Vec<u64> = all(&first).iter().map(|entry| entry.order).collect();
        assert_eq!(orders, (0..MANY + 6).collect::<Vec<_>>());
    }

    #[test]
    fn calendars_keep_their_names() {
        let long = vec![b'x'; 2 * KEY_KEPT];
        let calids: [&[u8]; 4] = [b"jdoe", b"", b"lucy:work", &long];
        for memory in [0, 1 << 20] {
            let keeping = keeping(memory, SpillPlace::Directory(std::env::temp_dir()));
            let one = |calid: &&[u8]| {
                let mut kept = kept(Some(&keeping), 0..7);
                kept.push_calendar(&Calendar {
                    calid: calid.to_vec(),
                    place: RecordPlace::default(),
                    order: 7,
                    records: 65535,
                    charset: CharsetCode::of(b"Big5"),
                    without_owner: true,
                });
                kept
            };
            let together = calids.iter().map(one).reduce(|mut before, after| {
                before.append(after, 8);
                before
            });
            let mut together = together.unwrap();
            together.settle();
            let found = all(&together);
            let found = found
                .iter()
                .filter(|entry| entry.traits.has(Traits::CALENDAR));
            let mut names: Vec<Vec<u8>> = Vec::new();
            for entry in found {
                assert!(entry.traits.has(Traits::OWNERLESS));
                assert_eq!(entry.traits.charset(), CharsetCode::of(b"Big5"));
                assert_eq!(entry.records, 65535);
                names.push(together.name(entry.identity).unwrap());
            }
            let mut expected = calids.map(|calid| calid[..calid.len().min(KEY_KEPT)].to_vec());
            expected.sort();
            names.sort();
            assert_eq!(names, expected, "{memory} bytes of memory");
        }
    }

    #[test]
    fn the_runs_of_small_units_are_no_smaller() {
        let mut together = Kept::default();
        for unit in 0..MANY {
            together.append(kept(None, 0..1), unit);
        }
        together.settle();
        assert_eq!(together.runs.len(), 4);
        assert!(all(&together).iter().map(|entry| entry.order).eq(0..MANY));
    }

    #[test]
    fn what_is_lost_is_an_error() {
        let lost = SpillPlace::Made {
            name: "lost".to_owned(),
            make: Arc::new(|| File::options().read(true).write(true).open("/dev/null")),
        };
        let mut kept = kept(Some(&keeping(0, lost)), 0..1);
        kept.settle();
        let read = (0..PARTS).try_for_each(|part| kept.read(part, 0, &mut Vec::new()));
        assert!(read.unwrap_err().to_string().contains("lost"));
    }
}
