//! A source that reads ahead, for who reads all of a file.

use std::borrow::Cow;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError};

use crossbeam::utils::CachePadded;

use super::PageSource;
use crate::workers::thread_number;

/// Bytes read at once.
const BLOCK: u64 = 64 << 10;

/// Blocks that a thread keeps, each in the place that its number gives it: a
/// walk is at a leaf, at a chain and at the page above at the same time. All
/// of them are to stay in the cache of the thread's own processor.
const KEPT: usize = 8;

/// Threads whose blocks are apart: what one has read is mostly of no use to
/// another, and to fill a block that was in another's cache costs more than to
/// read it.
const THREADS: usize = 16;

/// Reads another source by blocks of 64 KiB, and keeps some for each thread: a
/// page of a file then costs a copy in memory instead of a call of the system.
/// The first pages of a block are read alone, so that who reads here and there
/// reads no more than before: fewer, where the blocks before were read whole,
/// more, where little of them was wanted. As much as a block or more is passed
/// on.
///
/// What was read is not asked for again while it is kept. A file that is
/// changed by others meanwhile is seen as it was a while ago.
#[derive(Debug)]
pub struct ReadAhead<S> {
    source: S,
    kept: Box<[CachePadded<Mutex<Kept>>; KEPT * THREADS]>,
    /// Pages of a block that are read alone.
    alone: AtomicU8,
}

/// A block that a thread met.
#[derive(Debug, Default)]
struct Kept {
    number: Option<u64>,
    state: State,
    /// Bytes of it that were asked for.
    asked: u64,
    /// Room for its bytes, used again for the next.
    bytes: Vec<u8>,
}

/// Pages of a block that are read alone, before anything is known of the reader.
const ALONE: u8 = 2;
const FEWEST_ALONE: u8 = 1;
/// As many calls cost as much as the block.
const MOST_ALONE: u8 = 8;

/// What is known of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// So many pages of it were asked for.
    Met(u8),
    Read,
    /// Not all of it can be read, and which page cannot is to be told.
    Unreadable,
}

impl Default for State {
    fn default() -> Self {
        Self::Met(0)
    }
}

impl<S: PageSource> ReadAhead<S> {
    /// Reads `source` ahead.
    pub fn new(source: S) -> Self {
        Self {
            source,
            kept: Box::new(std::array::from_fn(|_| CachePadded::default())),
            alone: AtomicU8::new(ALONE),
        }
    }

    /// Learns from a block that is given up.
    fn learn(&self, block: &Kept) {
        if block.state == State::Read {
            let alone = self.alone.load(Ordering::Relaxed);
            let alone = if block.asked > BLOCK / 2 {
                (alone / 2).max(FEWEST_ALONE)
            } else {
                alone.saturating_mul(2).min(MOST_ALONE)
            };
            self.alone.store(alone, Ordering::Relaxed);
        }
    }

    /// The bytes from the block they lie in; `None` where it is not to be read
    /// as a whole, or cannot be.
    fn kept_bytes(&self, offset: u64, len: usize) -> Option<Vec<u8>> {
        let number = offset / BLOCK;
        let start = number.saturating_mul(BLOCK);
        let end = start.saturating_add(BLOCK).min(self.source.len());
        let mut places = self.kept.chunks_exact(KEPT);
        let places = places.nth(thread_number() % THREADS)?;
        let place = usize::try_from(number).ok()? % KEPT;
        let mut kept = places.get(place)?.lock();
        let kept = kept.as_mut().unwrap_or_else(PoisonError::get_mut);
        if kept.number != Some(number) {
            self.learn(kept);
            kept.number = Some(number);
            kept.state = State::default();
            kept.asked = 0;
        }
        kept.asked = kept.asked.saturating_add(len as u64);
        if let State::Met(pages) = kept.state {
            if pages < self.alone.load(Ordering::Relaxed) {
                kept.state = State::Met(pages.saturating_add(1));
                return None;
            }
            let all = usize::try_from(end.checked_sub(start)?).ok()?;
            kept.bytes.resize(all, 0);
            kept.state = match self.source.read_into(start, &mut kept.bytes) {
                Ok(()) => State::Read,
                Err(_) => State::Unreadable,
            };
        }
        if kept.state == State::Unreadable {
            return None;
        }
        let at = usize::try_from(offset.checked_sub(start)?).ok()?;
        Some(kept.bytes.get(at..at.checked_add(len)?)?.to_vec())
    }
}

impl<S: PageSource> PageSource for ReadAhead<S> {
    fn name(&self) -> &str {
        self.source.name()
    }

    fn len(&self) -> u64 {
        self.source.len()
    }

    fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
        let last = offset.saturating_add((len as u64).saturating_sub(1));
        let end = offset.checked_add(len as u64);
        let inside = end.is_some_and(|end| end <= self.len()) && len > 0;
        if inside
            && (len as u64) < BLOCK
            && offset / BLOCK == last / BLOCK
            && let Some(bytes) = self.kept_bytes(offset, len)
        {
            return Ok(Cow::Owned(bytes));
        }
        self.source.bytes(offset, len)
    }

    fn read_into(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.source.read_into(offset, into)
    }

    fn run<'a>(&'a self, offset: u64, len: usize, room: &'a mut Vec<u8>) -> io::Result<&'a [u8]> {
        self.source.run(offset, len, room)
    }

    fn data(&self, offset: u64) -> Option<Range<u64>> {
        self.source.data(offset)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU64;

    use super::*;
    use crate::source::MemorySource;

    const BLOCK_LEN: usize = 64 << 10;

    /// Counts what is read, and cannot read some of it.
    struct Counted {
        inner: MemorySource,
        read: AtomicU64,
        broken: Range<u64>,
    }

    impl PageSource for Counted {
        fn name(&self) -> &str {
            self.inner.name()
        }

        fn len(&self) -> u64 {
            self.inner.len()
        }

        fn bytes(&self, offset: u64, len: usize) -> io::Result<Cow<'_, [u8]>> {
            if offset < self.broken.end && self.broken.start < offset + len as u64 {
                return Err(io::Error::other("a bad block"));
            }
            self.read.fetch_add(len as u64, Ordering::Relaxed);
            self.inner.bytes(offset, len)
        }
    }

    fn counted(len: usize, broken: Range<u64>) -> (Vec<u8>, ReadAhead<Counted>) {
        let bytes: Vec<u8> = (0..len)
            .map(|at| (at / 7 % 256).try_into().unwrap())
            .collect();
        let source = ReadAhead::new(Counted {
            inner: MemorySource::new("memory", bytes.clone()),
            read: AtomicU64::new(0),
            broken,
        });
        (bytes, source)
    }

    fn read(source: &ReadAhead<Counted>) -> u64 {
        source.source.read.load(Ordering::Relaxed)
    }

    #[test]
    fn all_that_is_read_is_what_the_source_has() {
        let (bytes, source) = counted(3 * BLOCK_LEN + 1000, 0..0);
        for size in [1, 512, 4096, 65536, 300_000] {
            for round in 0..2 {
                for at in (0..bytes.len()).step_by(size) {
                    let len = size.min(bytes.len() - at);
                    let got = source.bytes(at as u64, len).unwrap();
                    assert_eq!(&*got, &bytes[at..at + len], "{at} {size} {round}");
                }
            }
        }
        for (at, len) in [
            (bytes.len() as u64, 1),
            (u64::MAX, 1),
            (u64::MAX, 2),
            (0, 9_999_999),
        ] {
            let error = source.bytes(at, len).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
    }

    #[test]
    fn a_page_here_and_there_costs_no_more_and_all_of_them_little_more() {
        let blocks = 40;
        let (_, source) = counted(blocks * BLOCK_LEN, 0..0);
        for block in 0..blocks {
            let at = block * BLOCK_LEN + 4096;
            source.bytes(at as u64, 4096).unwrap();
        }
        assert_eq!(read(&source), 4096 * blocks as u64);
        let (bytes, source) = counted(blocks * BLOCK_LEN, 0..0);
        for page in 0..bytes.len() / 4096 {
            source.bytes(page as u64 * 4096, 4096).unwrap();
        }
        let most = 4096 * blocks * usize::from(ALONE);
        let fewest = 4096 * blocks * usize::from(FEWEST_ALONE);
        let alone = usize::try_from(read(&source)).unwrap() - bytes.len();
        assert!((fewest..most * 2 / 3).contains(&alone), "{alone}");
    }

    #[test]
    fn who_wants_a_few_pages_of_each_block_soon_gets_them_alone() {
        let blocks = 200;
        let (bytes, source) = counted(blocks * BLOCK_LEN, 0..0);
        let wanted: Vec<usize> = (0..bytes.len() / 4096).step_by(4).collect();
        for page in &wanted {
            source.bytes(*page as u64 * 4096, 4096).unwrap();
        }
        let all = read(&source);
        let wanted = 4096 * wanted.len() as u64;
        assert!(all < wanted + wanted / 2, "{all} for {wanted}");
    }

    #[test]
    fn what_cannot_be_read_costs_nothing_around_it() {
        let broken = BLOCK + 8192..BLOCK + 12288;
        let (bytes, source) = counted(3 * BLOCK_LEN, broken.clone());
        for page in 0..bytes.len() as u64 / 4096 {
            let got = source.bytes(page * 4096, 4096);
            assert_eq!(got.is_err(), broken.contains(&(page * 4096)), "{page}");
        }
    }
}
