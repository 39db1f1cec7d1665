//! Copying a file whole, and comparing two.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

/// Bytes read at a time.
const CHUNK: usize = 1 << 20;

/// The hash of a file's bytes.
pub(crate) type FileHash = blake3::Hash;

/// Copies all bytes of `from` into `to`; the hash of what was read.
pub(crate) fn copy(from: &mut File, to: &mut File) -> io::Result<FileHash> {
    let mut hasher = blake3::Hasher::new();
    each_chunk(from, |chunk| {
        hasher.update(chunk);
        to.write_all(chunk)
    })?;
    Ok(hasher.finalize())
}

/// The hash of a file's bytes.
pub(crate) fn hash(path: &Path) -> io::Result<FileHash> {
    let mut hasher = blake3::Hasher::new();
    each_chunk(&mut File::open(path)?, |chunk| {
        hasher.update(chunk);
        Ok(())
    })?;
    Ok(hasher.finalize())
}

fn each_chunk(file: &mut File, mut each: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let len = match file.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(len) => len,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        each(buffer.get(..len).unwrap_or_default())?;
    }
}
