//! Copying a file whole, and hashing one.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::Path;

use rustix::fs::SeekFrom;
use rustix::io::Errno;

use crate::stop::Stop;

/// Bytes worked on at a time.
const CHUNK: usize = 1 << 20;

/// The hash of a file's bytes.
pub(crate) type FileHash = blake3::Hash;

/// Copies all bytes of `from` into `to`, which is empty; the hash of what was
/// read. Where the file system can share the bytes, nothing is written; else
/// holes stay holes, and the system copies from file to file where it can.
pub(crate) fn copy(from: &File, to: &File, stop: &Stop) -> io::Result<FileHash> {
    if rustix::fs::ioctl_ficlone(to, from).is_ok() {
        return hash_of(from, stop);
    }
    let len = from.metadata()?.len();
    let mut copier = Copier {
        from,
        to,
        by_system: true,
    };
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; CHUNK];
    let mut at = 0;
    while let Some(data) = next_data(from, at, len)? {
        hash_hole(&mut hasher, data.start - at);
        at = data.start;
        while at < data.end {
            stop.check_io()?;
            let want = (data.end - at).min(CHUNK as u64);
            let chunk = read(from, at, want, &mut buffer)?;
            if chunk.is_empty() {
                // Cut short meanwhile: who compares the two will see it.
                return Ok(hasher.finalize());
            }
            hasher.update(chunk);
            copier.copy(at, chunk)?;
            at += chunk.len() as u64;
        }
    }
    hash_hole(&mut hasher, len - at);
    to.set_len(len)?;
    Ok(hasher.finalize())
}

/// The hash of the bytes of the file at `path`.
pub(crate) fn hash(path: &Path, stop: &Stop) -> io::Result<FileHash> {
    hash_of(&File::open(path)?, stop)
}

fn hash_of(file: &File, stop: &Stop) -> io::Result<FileHash> {
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; CHUNK];
    let mut at = 0;
    loop {
        stop.check_io()?;
        let chunk = read(file, at, CHUNK as u64, &mut buffer)?;
        if chunk.is_empty() {
            return Ok(hasher.finalize());
        }
        hasher.update(chunk);
        at += chunk.len() as u64;
    }
}

/// Up to `want` bytes of a file; none at its end.
fn read<'b>(file: &File, at: u64, want: u64, buffer: &'b mut [u8]) -> io::Result<&'b [u8]> {
    let want = usize::try_from(want).unwrap_or(CHUNK).min(buffer.len());
    let room = buffer.get_mut(..want).unwrap_or_default();
    loop {
        match file.read_at(room, at) {
            Ok(len) => return Ok(room.get(..len).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// Takes a hole of so many bytes into a hash.
fn hash_hole(hasher: &mut blake3::Hasher, mut len: u64) {
    const ZEROS: [u8; 4096] = [0; 4096];
    while len > 0 {
        let part = usize::try_from(len).unwrap_or(ZEROS.len()).min(ZEROS.len());
        hasher.update(ZEROS.get(..part).unwrap_or_default());
        len -= part as u64;
    }
}

/// The next range from `at` on that holds anything but a hole. A file system
/// that knows no holes has one range.
fn next_data(file: &File, at: u64, len: u64) -> io::Result<Option<Range<u64>>> {
    if at >= len {
        return Ok(None);
    }
    let start = match rustix::fs::seek(file, SeekFrom::Data(at)) {
        Ok(start) => start,
        Err(Errno::NXIO) => return Ok(None),
        Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(Some(at..len)),
        Err(errno) => return Err(errno.into()),
    };
    let end = rustix::fs::seek(file, SeekFrom::Hole(start))?;
    Ok((start < end).then_some(start..end.min(len)))
}

/// Copies ranges of a file.
struct Copier<'f> {
    from: &'f File,
    to: &'f File,
    /// Whether the system copies from file to file, as far as it is known.
    by_system: bool,
}

impl Copier<'_> {
    /// Puts `chunk`, which was read from there, to the same place.
    fn copy(&mut self, at: u64, chunk: &[u8]) -> io::Result<()> {
        let (mut from, mut to) = (at, at);
        let mut done = 0;
        while self.by_system && done < chunk.len() {
            let left = chunk.len() - done;
            match rustix::fs::copy_file_range(
                self.from,
                Some(&mut from),
                self.to,
                Some(&mut to),
                left,
            ) {
                Ok(0) => self.by_system = false,
                Ok(len) => done += len,
                Err(Errno::INTR) => {}
                // From one file system to another, or one that cannot do it.
                Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                    self.by_system = false;
                }
                Err(errno) => return Err(errno.into()),
            }
        }
        let rest = chunk.get(done..).unwrap_or_default();
        self.to.write_all_at(rest, at + done as u64)
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn a_copy_has_the_bytes_and_the_holes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("from");
        let from = File::create_new(&path).unwrap();
        from.set_len(40 << 20).unwrap();
        from.write_all_at(&vec![7; 100_000], 5 << 20).unwrap();
        from.write_all_at(b"end", (33 << 20) - 3).unwrap();
        let from = File::open(&path).unwrap();
        let to_path = dir.path().join("to");
        let to = File::create_new(&to_path).unwrap();
        let read = copy(&from, &to, &Stop::default()).unwrap();
        assert_eq!(read, blake3::hash(&std::fs::read(&path).unwrap()));
        assert_eq!(read, hash(&to_path, &Stop::default()).unwrap());
        let blocks = |file: &File| file.metadata().unwrap().blocks();
        assert!(blocks(&to) <= blocks(&from) + 16, "holes were written");
        assert_eq!(to.metadata().unwrap().len(), 40 << 20);
    }

    #[test]
    fn a_copy_ends_when_it_is_to_stop() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("from");
        std::fs::write(&path, [1; 100]).unwrap();
        let to = File::create_new(dir.path().join("to")).unwrap();
        let asked = std::sync::Arc::new(15.into());
        let stop = Stop::when(asked);
        copy(&File::open(&path).unwrap(), &to, &stop).unwrap_err();
        hash(&path, &stop).unwrap_err();
        assert_eq!(to.metadata().unwrap().len(), 0);
    }
}
