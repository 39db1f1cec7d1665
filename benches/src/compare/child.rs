//! What this program does as a process of its own: the work of the real
//! library, whose memory is to be told apart, taking memory, and reading.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

use bdbfile::Workers;
use oracle::BulkCopy;

use super::Result;

/// The first argument of such a process.
pub(super) const WORD: &str = "child";
/// Takes so many bytes of memory and gives them back.
pub(super) const TOUCH: &str = "touch";

/// Reads files.
pub(super) const READ: &str = "read";

/// Bytes that a thread reads of a file before it looks for more to do.
const PIECE: u64 = 8 << 20;
/// Bytes that are read by one call.
const BUFFER: usize = 256 << 10;

/// Copies by the real library: the usual way, and what was found to be the
/// fastest; each with the name of its work.
pub(super) fn bulk_copy(fastest: bool) -> (&'static str, BulkCopy) {
    let usual = BulkCopy::default();
    if !fastest {
        return ("bulk-copy", usual);
    }
    // A file that is read from end to end needs no cache, and a buffer that
    // stays in the processor's own is filled and emptied sooner.
    let fastest = BulkCopy {
        buffer: 256 << 10,
        source_cache: 1 << 20,
        ..usual
    };
    ("bulk-copy-fastest", fastest)
}

/// Does what the arguments say.
pub(super) fn work(arguments: &[OsString]) -> Result<()> {
    let copy = |work: &OsStr| {
        [false, true]
            .map(bulk_copy)
            .into_iter()
            .find(|(name, _)| work == *name)
    };
    match arguments {
        [work, bytes] if work == TOUCH => {
            let bytes = bytes.to_str().and_then(|bytes| bytes.parse().ok());
            // Not zeros: those would not be written.
            std::hint::black_box(vec![1_u8; bytes.ok_or("touch wants a number")?]);
        }
        [work, files @ ..] if work == READ => {
            for file in files {
                read(&File::open(file)?)?;
            }
        }
        [work, source, target] if copy(work).is_some() => {
            if let Some((_, copy)) = copy(work) {
                copy.run(Path::new(source), Path::new(target))?;
            }
        }
        _ => return Err("no such work".into()),
    }
    Ok(())
}

/// Reads a file by all processors.
fn read(file: &File) -> io::Result<()> {
    let workers = Workers::one_a_processor();
    let len = file.metadata()?.len();
    let pieces = usize::try_from(len.div_ceil(PIECE)).map_err(io::Error::other)?;
    let piece = |index| {
        let begin = index as u64 * PIECE;
        let mut buffer = vec![0; BUFFER];
        let mut at = begin;
        while at < begin + PIECE {
            match file.read_at(&mut buffer, at)? {
                0 => break,
                read => at += read as u64,
            }
        }
        std::hint::black_box(&buffer);
        Ok(())
    };
    workers.all(pieces, piece).map(drop)
}
