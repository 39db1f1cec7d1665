//! Copying a file whole, and hashing one.
//!
//! * `hash`: the hash of a file from those of its pieces.

mod hash;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use bdbfile::Workers;
use bdbfile::source::{PageSource, open_plain};
use bdbfile::write::{PageSink, SyncingSink};
use rustix::fs::SeekFrom;
use rustix::io::Errno;
use xxhash_rust::xxh3::xxh3_128;

use crate::stop::Stop;
use hash::{Node, PIECE};

/// The hash of a file's bytes.
pub(crate) type FileHash = blake3::Hash;

/// What is known of the bytes of a file that was copied.
#[derive(Debug)]
pub(crate) struct Copied {
    pub(crate) hash: FileHash,
    /// A short hash of each piece, by which the copy is compared.
    pieces: Vec<u128>,
}

/// Copies all bytes of `from` into the empty file of `to`; the hashes of what
/// was read. Where the file system can share the bytes, nothing is written;
/// else holes stay holes.
///
/// The bytes go through memory, since they are hashed anyway: what is written
/// is what was hashed, and it is no slower than to have the system copy them.
///
/// # Errors
/// Those of the system; `UnexpectedEof` for a file that is cut short meanwhile.
pub(crate) fn copy(
    from: &File,
    to: &SyncingSink,
    workers: Workers,
    stop: &Stop,
) -> io::Result<Copied> {
    let len = from.metadata()?.len();
    let shared = rustix::fs::ioctl_ficlone(to.file(), from).is_ok();
    let pieces = each_piece(from, len, workers, stop, |offset, piece| {
        let hashes = (hash::node(offset, len, piece), xxh3_128(piece));
        if shared {
            return Ok(hashes);
        }
        let end = offset.saturating_add(piece.len() as u64);
        let mut at = offset;
        while let Some(data) = next_data(from, at, end)? {
            to.write_at(data.start, within(piece, offset, &data))?;
            at = data.end;
        }
        Ok(hashes)
    })?;
    if !shared {
        to.file().set_len(len)?;
    }
    let (nodes, pieces): (Vec<Node>, Vec<u128>) = pieces.into_iter().unzip();
    let hash = hash::join(&nodes);
    Ok(Copied { hash, pieces })
}

impl Copied {
    /// Whether another source has the bytes that were copied. Pieces are
    /// compared by XXH3: what could change them meanwhile has no intent.
    pub(crate) fn is<S: PageSource>(
        &self,
        source: &S,
        workers: Workers,
        stop: &Stop,
    ) -> io::Result<bool> {
        let len = source.len();
        if len.div_ceil(PIECE as u64) != self.pieces.len() as u64 {
            return Ok(false);
        }
        let same = workers.all(self.pieces.len(), |index| {
            stop.check_io()?;
            let (offset, want) = piece_at(index, len);
            let bytes = source.bytes(offset, want)?;
            stop.counts().add(want as u64);
            Ok::<_, io::Error>(self.pieces.get(index) == Some(&xxh3_128(&bytes)))
        })?;
        Ok(same.into_iter().all(|same| same))
    }
}

/// The hash of the bytes of the file at `path`.
pub(crate) fn hash(path: &Path, workers: Workers, stop: &Stop) -> io::Result<FileHash> {
    hash_of(&open_plain(path)?, workers, stop)
}

fn hash_of(file: &File, workers: Workers, stop: &Stop) -> io::Result<FileHash> {
    let len = file.metadata()?.len();
    let nodes = each_piece(file, len, workers, stop, |offset, piece| {
        Ok(hash::node(offset, len, piece))
    })?;
    Ok(hash::join(&nodes))
}

/// Place and length of a piece of a file of `len` bytes.
fn piece_at(index: usize, len: u64) -> (u64, usize) {
    let offset = (index as u64).saturating_mul(PIECE as u64);
    let left = usize::try_from(len.saturating_sub(offset)).unwrap_or(PIECE);
    (offset, left.min(PIECE))
}

/// Reads a file of `len` bytes piece by piece, by several threads, and gives
/// what `take` makes of each piece with its place.
fn each_piece<T: Send>(
    file: &File,
    len: u64,
    workers: Workers,
    stop: &Stop,
    take: impl Fn(u64, &[u8]) -> io::Result<T> + Sync,
) -> io::Result<Vec<T>> {
    let pieces = usize::try_from(len.div_ceil(PIECE as u64)).map_err(io::Error::other)?;
    let buffers: Mutex<Vec<Vec<u8>>> = Mutex::default();
    let kept = || buffers.lock().unwrap_or_else(PoisonError::into_inner);
    workers.all(pieces, |index| {
        stop.check_io()?;
        let (offset, want) = piece_at(index, len);
        let mut buffer = kept().pop().unwrap_or_else(|| vec![0; PIECE]);
        let piece = buffer.get_mut(..want).unwrap_or_default();
        file.read_exact_at(piece, offset)?;
        let taken = take(offset, piece)?;
        stop.counts().add(want as u64);
        kept().push(buffer);
        Ok(taken)
    })
}

/// The bytes of a range of a file, of which `piece` stands at `offset`.
fn within<'p>(piece: &'p [u8], offset: u64, range: &Range<u64>) -> &'p [u8] {
    let at = |place: u64| usize::try_from(place.saturating_sub(offset)).unwrap_or(usize::MAX);
    piece
        .get(at(range.start)..at(range.end))
        .unwrap_or_default()
}

/// The next range from `at` on, up to `end`, that holds anything but a hole. A
/// file system that knows no holes has one range.
fn next_data(file: &File, at: u64, end: u64) -> io::Result<Option<Range<u64>>> {
    if at >= end {
        return Ok(None);
    }
    let start = match rustix::fs::seek(file, SeekFrom::Data(at)) {
        Ok(start) if start >= end => return Ok(None),
        Ok(start) => start,
        Err(Errno::NXIO) => return Ok(None),
        Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(Some(at..end)),
        Err(errno) => return Err(errno.into()),
    };
    let hole = rustix::fs::seek(file, SeekFrom::Hole(start))?;
    Ok((start < hole).then_some(start..hole.min(end)))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;
    use std::os::unix::fs::MetadataExt;

    use bdbfile::source::MemorySource;

    use super::*;

    const TWO: Workers = Workers {
        threads: NonZeroUsize::new(2).unwrap(),
    };

    #[test]
    fn a_copy_has_the_bytes_and_the_holes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("from");
        let from = File::create_new(&path).unwrap();
        from.set_len(40 << 20).unwrap();
        from.write_all_at(&vec![7; 100_000], 5 << 20).unwrap();
        // Over the end of a piece and the beginning of the next.
        from.write_all_at(&vec![8; 100_000], (20 << 20) - 5000)
            .unwrap();
        from.write_all_at(b"end", (33 << 20) - 3).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let from = File::open(&path).unwrap();
        for workers in [Workers::ALONE, TWO] {
            let to_path = dir.path().join(format!("to {}", workers.threads));
            let to = SyncingSink::new("to", File::create_new(&to_path).unwrap());
            let read = copy(&from, &to, workers, &Stop::default()).unwrap();
            assert_eq!(read.hash, blake3::hash(&bytes));
            assert_eq!(
                read.hash,
                hash(&to_path, workers, &Stop::default()).unwrap()
            );
            for at in [None, Some(0), Some(PIECE), Some(bytes.len() - 1)] {
                let mut bytes = bytes.clone();
                if let Some(at) = at {
                    bytes[at] ^= 1;
                }
                let source = MemorySource::new("copy", bytes);
                let is = read.is(&source, workers, &Stop::default()).unwrap();
                assert_eq!(is, at.is_none(), "{at:?}");
            }
            let shorter = MemorySource::new("copy", bytes[..bytes.len() - PIECE].to_vec());
            assert!(!read.is(&shorter, workers, &Stop::default()).unwrap());
            let blocks = |file: &File| file.metadata().unwrap().blocks();
            assert!(
                blocks(to.file()) <= blocks(&from) + 16,
                "holes were written"
            );
            assert!(std::fs::read(&to_path).unwrap() == bytes);
        }
    }

    #[test]
    fn a_file_of_no_bytes_is_copied() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("from");
        std::fs::write(&path, "").unwrap();
        let to = SyncingSink::new("to", File::create_new(dir.path().join("to")).unwrap());
        let from = File::open(&path).unwrap();
        let read = copy(&from, &to, TWO, &Stop::default()).unwrap();
        assert_eq!(read.hash, blake3::hash(b""));
    }

    #[test]
    fn a_copy_ends_when_it_is_to_stop() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("from");
        std::fs::write(&path, [1; 100]).unwrap();
        let to = SyncingSink::new("to", File::create_new(dir.path().join("to")).unwrap());
        let asked = std::sync::Arc::new(15.into());
        let stop = Stop::when(asked);
        copy(&File::open(&path).unwrap(), &to, TWO, &stop).unwrap_err();
        hash(&path, TWO, &stop).unwrap_err();
        assert_eq!(to.file().metadata().unwrap().len(), 0);
    }
}
